//! `range`: an arithmetic progression of 64-bit integers.

pub mod big;
pub mod methods;

use super::heap::{HeapType, Kind, Ref};
use super::{Class, types};

/// A range; `step` is not 0.
#[derive(Clone, Copy)]
pub struct Range {
    /// The first number, if there is any.
    pub start: i64,
    /// The number before which it ends.
    pub stop: i64,
    /// The distance of neighbours.
    pub step: i64,
}

impl Range {
    /// How many numbers it has.
    pub fn len(&self) -> u64 {
        let (low, high) = if self.step > 0 {
            (self.start, self.stop)
        } else {
            (self.stop, self.start)
        };
        if low >= high {
            0
        } else {
            (high.abs_diff(low) - 1) / self.step.unsigned_abs() + 1
        }
    }

    /// Whether it has no numbers.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number at a place that is below `len`.
    pub fn at(&self, index: u64) -> i64 {
        self.start
            .wrapping_add((index as i64).wrapping_mul(self.step))
    }
}

impl HeapType for Range {
    const KIND: Kind = Kind::Range;
    const TRACED: bool = false;

    fn class(&self) -> Ref<Class> {
        types().range.clone()
    }
}
