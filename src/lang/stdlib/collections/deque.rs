//! `deque`: a queue with two ends.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

use super::deque_methods::DEQUE;
use crate::lang::object::heap::{HeapType, Visit};
use crate::lang::object::iter::{Iter, NativeIter};
use crate::lang::object::{
    Args, Caller, Class, Kind, Ref, Result, Value, protocol, runtime_error, type_error, value_error,
};
use crate::lang::stdlib::arguments;
use crate::lang::stdlib::define::{class_of, iterator_class};

/// A queue with two ends. Never hold a borrow of `items` while script code may run.
#[derive(Default)]
pub(super) struct Deque {
    pub(super) items: RefCell<VecDeque<Value>>,
    /// The most elements it keeps.
    pub(super) limit: Cell<Option<usize>>,
    /// Changes whenever elements come or go.
    pub(super) version: Cell<u64>,
}

class_of! {
    /// `collections.deque`
    deque_class DEQUE;
    iter_class ITER;
}

static ITER: crate::lang::object::native::ClassSpec = iterator_class(
    "_collections",
    "_deque_iterator",
    "The elements of a deque.",
    None,
);

impl HeapType for Deque {
    const KIND: Kind = Kind::Foreign;
    const TRACED: bool = true;

    fn trace(&self, visit: &mut Visit) {
        if let Ok(items) = self.items.try_borrow() {
            items.iter().for_each(|item| item.trace(visit));
        }
    }

    fn clear(&self) {
        let old = self.items.take();
        drop(old);
    }

    fn class(&self) -> Ref<Class> {
        deque_class()
    }
}

impl Deque {
    /// The deque in `self`.
    pub(super) fn of(value: &Value) -> Result<Ref<Deque>> {
        value.get::<Deque>().cloned().ok_or_else(|| {
            type_error(format!(
                "descriptor requires a 'collections.deque' object but received a '{}'",
                value.class_name()
            ))
        })
    }

    /// A deque of these elements.
    pub(super) fn with(items: VecDeque<Value>, limit: Option<usize>) -> Ref<Deque> {
        let deque = Deque {
            items: RefCell::new(items),
            limit: Cell::new(limit),
            version: Cell::new(0),
        };
        Ref::new(deque)
    }

    pub(super) fn len(&self) -> usize {
        self.items.borrow().len()
    }

    pub(super) fn touch(&self) {
        self.version.set(self.version.get().wrapping_add(1));
    }

    /// Adds at the right end; with a full limit, the leftmost goes.
    pub(super) fn push(&self, item: Value) {
        self.touch();
        let mut items = self.items.borrow_mut();
        items.push_back(item);
        let gone = if self.limit.get().is_some_and(|limit| items.len() > limit) {
            items.pop_front()
        } else {
            None
        };
        drop(items);
        drop(gone);
    }

    /// Adds at the left end; with a full limit, the rightmost goes.
    pub(super) fn push_left(&self, item: Value) {
        self.touch();
        let mut items = self.items.borrow_mut();
        items.push_front(item);
        let gone = if self.limit.get().is_some_and(|limit| items.len() > limit) {
            items.pop_back()
        } else {
            None
        };
        drop(items);
        drop(gone);
    }

    /// Adds all elements of an iterable, which may be the deque itself.
    pub(super) fn extend(&self, caller: &mut dyn Caller, source: &Value, left: bool) -> Result<()> {
        let own = source
            .get::<Deque>()
            .is_some_and(|other| std::ptr::eq(&**other, self));
        if own {
            let items: Vec<Value> = self.items.borrow().iter().cloned().collect();
            items.into_iter().for_each(|item| {
                if left {
                    self.push_left(item)
                } else {
                    self.push(item)
                }
            });
            return Ok(());
        }
        protocol::for_each(caller, source, |_, item| {
            if left {
                self.push_left(item)
            } else {
                self.push(item)
            }
            Ok(true)
        })
    }

    /// Calls `f` with each element until it says stop; refuses changes meanwhile.
    pub(super) fn visit(
        &self,
        caller: &mut dyn Caller,
        mut f: impl FnMut(&mut dyn Caller, usize, &Value) -> Result<bool>,
    ) -> Result<()> {
        let version = self.version.get();
        let mut i = 0;
        loop {
            let Some(item) = self.items.borrow().get(i).cloned() else {
                return Ok(());
            };
            if !f(caller, i, &item)? {
                return Ok(());
            }
            if self.version.get() != version {
                return Err(runtime_error("deque mutated during iteration"));
            }
            i += 1;
        }
    }
}

/// `maxlen`: a count or None.
pub(super) fn limit_of(caller: &mut dyn Caller, value: &Value) -> Result<Option<usize>> {
    if value.is_none() || value.is_unbound() {
        return Ok(None);
    }
    if !value.is_int() {
        return Err(type_error("an integer is required"));
    }
    let limit = arguments::int(caller, value)?;
    usize::try_from(limit)
        .map(Some)
        .map_err(|_| value_error("maxlen must be non-negative"))
}

/// `deque(iterable, maxlen)`; for script classes `__init__` fills it.
pub(super) fn make(caller: &mut dyn Caller, class: &Ref<Class>, args: Args) -> Result<Value> {
    let deque = Ref::new(Deque::default());
    if class.native {
        if args.positional.len() > 2 {
            return Err(type_error(format!(
                "deque() takes at most 2 arguments ({} given)",
                args.positional.len()
            )));
        }
        if let Some((name, _)) = args
            .keywords
            .iter()
            .find(|(name, _)| !matches!(name.as_str(), "iterable" | "maxlen"))
        {
            return Err(type_error(format!(
                "'{name}' is an invalid keyword argument for deque()"
            )));
        }
        let argument = |place: usize, name: &str| {
            args.positional
                .get(place)
                .or_else(|| args.keyword(name))
                .cloned()
                .unwrap_or_default()
        };
        fill(
            caller,
            &deque,
            &argument(0, "iterable"),
            &argument(1, "maxlen"),
        )?;
    }
    Ok(protocol::wrap(class, Value::from(deque)))
}

/// What `__init__` does.
pub(super) fn fill(
    caller: &mut dyn Caller,
    deque: &Ref<Deque>,
    source: &Value,
    limit: &Value,
) -> Result<()> {
    deque.limit.set(limit_of(caller, limit)?);
    let old = deque.items.take();
    drop(old);
    if source.is_unbound() {
        Ok(())
    } else {
        deque.extend(caller, source, false)
    }
}

/// Over a deque, from either end.
struct DequeIter {
    deque: Ref<Deque>,
    place: usize,
    version: u64,
    backwards: bool,
}

impl NativeIter for DequeIter {
    fn next(&mut self, _: &mut dyn Caller) -> Result<Option<Value>> {
        if self.deque.version.get() != self.version {
            return Err(runtime_error("deque mutated during iteration"));
        }
        let items = self.deque.items.borrow();
        let place = if self.backwards {
            items.len().checked_sub(self.place + 1)
        } else {
            Some(self.place)
        };
        let item = place.and_then(|place| items.get(place).cloned());
        self.place += usize::from(item.is_some());
        Ok(item)
    }

    fn trace(&self, visit: &mut Visit) {
        visit(self.deque.as_any());
    }

    fn class(&self) -> Ref<Class> {
        iter_class()
    }

    fn len_hint(&self) -> Option<usize> {
        Some(self.deque.len().saturating_sub(self.place))
    }
}

/// An iterator over a deque.
pub(super) fn iterate(deque: Ref<Deque>, backwards: bool) -> Value {
    let version = deque.version.get();
    Iter::native(DequeIter {
        deque,
        place: 0,
        version,
        backwards,
    })
}
