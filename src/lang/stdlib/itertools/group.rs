//! `groupby` and `pairwise`.

use std::cell::RefCell;
use std::rc::Rc;

use crate::lang::object::iter::Iter;
use crate::lang::object::native::ClassSpec;
use crate::lang::object::{Caller, NativeSpec, Result, Value, protocol};
use crate::lang::stdlib::define::{call_spec, class_of, def, iterator_class, native_iter};

class_of! {
    groupby_class GROUPBY;
    grouper_class GROUPER;
    pairwise_class PAIRWISE;
}

static GROUPBY: ClassSpec = iterator_class(
    "itertools",
    "groupby",
    GROUPBY_NEW.doc,
    Some(|caller, _, args| call_spec(caller, &GROUPBY_NEW, args)),
);
static GROUPER: ClassSpec =
    iterator_class("itertools", "_grouper", "The elements of one group.", None);
static GROUPBY_NEW: NativeSpec = def(
    "groupby(iterable, key=None)",
    "Keys with the iterators of neighbouring elements of that key.",
    |caller, args| {
        let source = protocol::iter(caller, &args[0])?;
        let shared = Shared {
            source,
            key_function: args[1].clone(),
            state: RefCell::default(),
        };
        Ok(Iter::native(GroupBy {
            shared: Rc::new(shared),
        }))
    },
);

/// What a `groupby` and its groups have in common. Both hold it, so neither shows it to the collector: a reference
/// counted twice would be taken for one that is not there.
struct Shared {
    source: Value,
    key_function: Value,
    state: RefCell<State>,
}

/// Keys and values are unbound where there are none.
#[derive(Default)]
struct State {
    target: Value,
    key: Value,
    value: Value,
    group: u64,
}

impl Shared {
    /// Reads the next element; false at the end.
    fn advance(&self, caller: &mut dyn Caller) -> Result<bool> {
        let Some(value) = protocol::next(caller, &self.source)? else {
            return Ok(false);
        };
        let key = if self.key_function.is_none() {
            value.clone()
        } else {
            caller.call_positional(&self.key_function, std::slice::from_ref(&value))?
        };
        let mut state = self.state.borrow_mut();
        let old = (
            std::mem::replace(&mut state.key, key),
            std::mem::replace(&mut state.value, value),
        );
        drop(state);
        drop(old);
        Ok(true)
    }
}

struct GroupBy {
    shared: Rc<Shared>,
}

native_iter!(GroupBy, groupby_class, this => []);

impl GroupBy {
    fn step(&mut self, caller: &mut dyn Caller) -> Result<Option<Value>> {
        self.shared.state.borrow_mut().group += 1;
        loop {
            let (target, key) = {
                let state = self.shared.state.borrow();
                (state.target.clone(), state.key.clone())
            };
            if !key.is_unbound()
                && (target.is_unbound() || !protocol::identical_or_equal(caller, &target, &key)?)
            {
                break;
            }
            if !self.shared.advance(caller)? {
                return Ok(None);
            }
        }
        let mut state = self.shared.state.borrow_mut();
        state.target = state.key.clone();
        let group = Grouper {
            shared: self.shared.clone(),
            key: state.key.clone(),
            number: state.group,
        };
        let key = state.key.clone();
        drop(state);
        Ok(Some(Value::tuple([key, Iter::native(group)])))
    }
}

struct Grouper {
    shared: Rc<Shared>,
    key: Value,
    number: u64,
}

native_iter!(Grouper, grouper_class, this => [this.key]);

impl Grouper {
    fn step(&mut self, caller: &mut dyn Caller) -> Result<Option<Value>> {
        if self.shared.state.borrow().group != self.number {
            return Ok(None);
        }
        if self.shared.state.borrow().value.is_unbound() && !self.shared.advance(caller)? {
            return Ok(None);
        }
        let key = self.shared.state.borrow().key.clone();
        if !protocol::identical_or_equal(caller, &self.key, &key)? {
            return Ok(None);
        }
        let mut state = self.shared.state.borrow_mut();
        state.key = Value::Unbound;
        Ok(Some(std::mem::take(&mut state.value)))
    }
}

static PAIRWISE: ClassSpec = iterator_class(
    "itertools",
    "pairwise",
    PAIRWISE_NEW.doc,
    Some(|caller, _, args| call_spec(caller, &PAIRWISE_NEW, args)),
);
static PAIRWISE_NEW: NativeSpec = def(
    "pairwise(iterable, /)",
    "Pairs of neighbours.",
    |caller, args| {
        let source = protocol::iter(caller, &args[0])?;
        Ok(Iter::native(Pairwise {
            source,
            last: Value::Unbound,
        }))
    },
);

struct Pairwise {
    source: Value,
    last: Value,
}

native_iter!(Pairwise, pairwise_class, this => [this.source, this.last]);

impl Pairwise {
    fn step(&mut self, caller: &mut dyn Caller) -> Result<Option<Value>> {
        if self.last.is_unbound() {
            match protocol::next(caller, &self.source.clone())? {
                Some(first) => self.last = first,
                None => return Ok(None),
            }
        }
        let Some(item) = protocol::next(caller, &self.source.clone())? else {
            return Ok(None);
        };
        let before = std::mem::replace(&mut self.last, item.clone());
        Ok(Some(Value::tuple([before, item])))
    }
}
