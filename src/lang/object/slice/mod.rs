//! `slice`: the bounds between brackets.

pub mod methods;

use super::heap::{HeapType, Kind, Ref, Visit};
use super::{Class, Value, types};

/// A slice; each part is any value, `None` where it was left out.
pub struct Slice {
    /// Where it begins.
    pub start: Value,
    /// Before which it ends.
    pub stop: Value,
    /// The distance of neighbours.
    pub step: Value,
}

impl HeapType for Slice {
    const KIND: Kind = Kind::Slice;
    const TRACED: bool = true;

    fn trace(&self, visit: &mut Visit) {
        [&self.start, &self.stop, &self.step]
            .into_iter()
            .for_each(|part| part.trace(visit));
    }

    fn class(&self) -> Ref<Class> {
        types().slice.clone()
    }
}
