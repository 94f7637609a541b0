//! `tuple`: a fixed sequence.

pub mod methods;

use super::heap::{HeapType, Kind, Ref, Visit};
use super::{Class, Value, types};

/// A tuple.
pub struct Tuple {
    /// The elements.
    pub items: Box<[Value]>,
}

impl Tuple {
    /// A tuple of these elements.
    pub fn new(items: impl Into<Box<[Value]>>) -> Tuple {
        Tuple {
            items: items.into(),
        }
    }
}

impl HeapType for Tuple {
    const KIND: Kind = Kind::Tuple;
    const TRACED: bool = true;

    fn trace(&self, visit: &mut Visit) {
        self.items.iter().for_each(|item| item.trace(visit));
    }

    fn class(&self) -> Ref<Class> {
        types().tuple.clone()
    }
}
