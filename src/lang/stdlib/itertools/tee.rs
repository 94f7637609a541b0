//! `tee`

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use crate::lang::object::iter::Iter;
use crate::lang::object::native::ClassSpec;
use crate::lang::object::{Caller, Result, Value, protocol};
use crate::lang::stdlib::arguments;
use crate::lang::stdlib::define::{class_of, iterator_class, native_iter};

class_of! {
    tee_class TEE;
}

static TEE: ClassSpec = iterator_class(
    "itertools",
    "_tee",
    "One of several iterators over the same elements.",
    None,
);

/// What the iterators of one `tee` have in common; as several hold it, none shows it to the collector.
struct Shared {
    source: Value,
    state: RefCell<State>,
}

struct State {
    /// Elements that not all iterators have passed yet.
    waiting: VecDeque<Value>,
    /// How many elements all iterators have passed.
    passed: usize,
    /// How many elements each has passed; `None` for those that are gone.
    places: Vec<Option<usize>>,
}

struct Tee {
    shared: Rc<Shared>,
    number: usize,
}

native_iter!(Tee, tee_class, this => []);

impl Tee {
    fn step(&mut self, caller: &mut dyn Caller) -> Result<Option<Value>> {
        let place = self.shared.state.borrow().places[self.number].unwrap_or(0);
        let known = {
            let state = self.shared.state.borrow();
            state.waiting.get(place - state.passed).cloned()
        };
        let item = match known {
            Some(item) => item,
            None => {
                let Some(item) = protocol::next(caller, &self.shared.source)? else {
                    return Ok(None);
                };
                self.shared
                    .state
                    .borrow_mut()
                    .waiting
                    .push_back(item.clone());
                item
            }
        };
        let freed = {
            let mut state = self.shared.state.borrow_mut();
            state.places[self.number] = Some(place + 1);
            state.trim()
        };
        drop(freed);
        Ok(Some(item))
    }
}

impl State {
    /// Takes out the elements that all iterators have passed.
    fn trim(&mut self) -> Vec<Value> {
        let slowest = self
            .places
            .iter()
            .flatten()
            .copied()
            .min()
            .unwrap_or(self.passed);
        let gone = slowest - self.passed;
        self.passed = slowest;
        if gone == 0 {
            Vec::new()
        } else {
            self.waiting.drain(..gone).collect()
        }
    }
}

impl Drop for Tee {
    fn drop(&mut self) {
        if let Ok(mut state) = self.shared.state.try_borrow_mut() {
            state.places[self.number] = None;
            let freed = state.trim();
            drop(state);
            drop(freed);
        }
    }
}

/// `tee(iterable, n)`
pub(super) fn tee(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let n = arguments::count(caller, &args[1], "n must be >= 0")?;
    let source = protocol::iter(caller, &args[0])?;
    let state = State {
        waiting: VecDeque::new(),
        passed: 0,
        places: vec![Some(0); n],
    };
    let shared = Rc::new(Shared {
        source,
        state: RefCell::new(state),
    });
    let tees = (0..n).map(|number| {
        Iter::native(Tee {
            shared: shared.clone(),
            number,
        })
    });
    Ok(Value::tuple(tees.collect::<Vec<_>>()))
}
