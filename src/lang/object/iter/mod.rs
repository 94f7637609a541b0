//! Native iterators.

mod adapters;
pub mod methods;
mod reduce;
mod sequence;

use std::cell::RefCell;

pub use adapters::{
    CallIter, EnumerateIter, FilterIter, ListedIter, MapIter, ReverseIter, ZipIter,
};
pub use reduce::{Reduced, again};
pub use sequence::{DictIter, RangeIter, SequenceIter, StrIter};

use super::heap::{HeapType, Kind, Ref, Visit};
use super::set::SetIter;
use super::{Caller, Class, Result, Value};

/// An iterator written in Rust.
pub trait NativeIter {
    /// The next element; `None` at the end, and from then on.
    fn next(&mut self, caller: &mut dyn Caller) -> Result<Option<Value>>;
    /// The next element of an iterator whose elements are pairs, without the tuple; `None` for other iterators.
    fn next_pair(&mut self, _: &mut dyn Caller) -> Option<Result<Option<(Value, Value)>>> {
        None
    }
    /// Shows the references it holds to the collector.
    fn trace(&self, visit: &mut Visit);
    /// Its script class.
    fn class(&self) -> Ref<Class>;
    /// The arguments that its representation shows; `None` for that of `object`.
    fn shown(&self) -> Option<Vec<Value>> {
        None
    }
    /// How many elements are left, if it is known (`__length_hint__`).
    fn len_hint(&self) -> Option<usize> {
        None
    }
    /// The call that makes an iterator which goes on from here; `None` where it cannot be copied.
    fn reduce(&self) -> Option<Reduced> {
        None
    }
    /// Takes the state that `reduce` gave.
    fn set_state(&mut self, _: &Value) {}
}

/// A native iterator on the heap.
pub struct Iter {
    /// What it runs over.
    pub state: RefCell<IterState>,
    class: Ref<Class>,
}

/// The common iterators unboxed, the others behind a pointer. The tag is a word of its own, to be read at once.
#[repr(u64)]
pub enum IterState {
    /// Over a list or tuple.
    Sequence(SequenceIter),
    /// Over a range.
    Range(RangeIter),
    /// Over the characters of a string.
    Str(StrIter),
    /// Over a dict or one of its views.
    Dict(DictIter),
    /// Over a set.
    Set(SetIter),
    /// Any other.
    Native(Box<dyn NativeIter>),
}

impl IterState {
    /// The iterator behind the state.
    fn get_mut(&mut self) -> &mut dyn NativeIter {
        match self {
            IterState::Sequence(iter) => iter,
            IterState::Range(iter) => iter,
            IterState::Str(iter) => iter,
            IterState::Dict(iter) => iter,
            IterState::Set(iter) => iter,
            IterState::Native(iter) => &mut **iter,
        }
    }
}

impl Iter {
    /// An iterator object.
    pub fn new(mut state: IterState) -> Ref<Iter> {
        let class = state.get_mut().class();
        Ref::new(Iter {
            state: RefCell::new(state),
            class,
        })
    }

    /// An iterator object of a rarer kind.
    pub fn native(iter: impl NativeIter + 'static) -> Value {
        Value::from(Iter::new(IterState::Native(Box::new(iter))))
    }

    /// The next element of an iterator over a list, tuple or range; `None` for others.
    #[inline(always)]
    pub fn step(&self) -> Option<Option<Value>> {
        match &mut *self.state.try_borrow_mut().ok()? {
            IterState::Range(iter) => Some(iter.step()),
            IterState::Sequence(iter) => Some(iter.step()),
            IterState::Str(_) | IterState::Dict(_) | IterState::Set(_) | IterState::Native(_) => {
                None
            }
        }
    }

    /// The next pair of an iterator whose elements are pairs; `None` for other iterators.
    pub fn next_pair(&self, caller: &mut dyn Caller) -> Option<Result<Option<(Value, Value)>>> {
        match &mut *self.state.try_borrow_mut().ok()? {
            IterState::Dict(iter) => iter.next_pair(caller),
            IterState::Native(iter) => {
                if let Err(raised) = caller.enter_native() {
                    return Some(Err(raised));
                }
                let pair = iter.next_pair(caller);
                caller.leave_native();
                pair
            }
            IterState::Sequence(_)
            | IterState::Range(_)
            | IterState::Str(_)
            | IterState::Set(_) => None,
        }
    }

    /// The next element.
    #[inline]
    pub fn next(&self, caller: &mut dyn Caller) -> Result<Option<Value>> {
        let Ok(mut state) = self.state.try_borrow_mut() else {
            return Err(super::value_error("iterator already executing"));
        };
        match &mut *state {
            IterState::Sequence(iter) => Ok(iter.step()),
            IterState::Range(iter) => Ok(iter.step()),
            IterState::Str(iter) => Ok(iter.step()),
            IterState::Dict(iter) => iter.step(),
            IterState::Set(iter) => iter.step(),
            IterState::Native(iter) => {
                // Iterators over iterators may be nested without end.
                caller.enter_native()?;
                let item = iter.next(caller);
                caller.leave_native();
                item
            }
        }
    }

    /// The arguments that its representation shows, if it shows any.
    pub fn shown(&self) -> Option<Vec<Value>> {
        self.state
            .try_borrow_mut()
            .ok()
            .and_then(|mut state| state.get_mut().shown())
    }

    /// How many elements are left, if it is known.
    pub fn len_hint(&self) -> Option<usize> {
        self.state
            .try_borrow_mut()
            .ok()
            .and_then(|mut state| state.get_mut().len_hint())
    }
}

impl HeapType for Iter {
    const KIND: Kind = Kind::Iter;
    const TRACED: bool = true;

    fn trace(&self, visit: &mut Visit) {
        if let Ok(mut state) = self.state.try_borrow_mut() {
            state.get_mut().trace(visit);
        }
    }

    fn class(&self) -> Ref<Class> {
        self.class.clone()
    }
}
