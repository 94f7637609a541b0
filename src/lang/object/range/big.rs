//! Ranges whose bounds do not fit into 64 bits.

use num_bigint::BigInt as Big;
use num_integer::Integer;
use num_traits::{Signed, Zero};

use super::Range;
use crate::lang::object::heap::{HeapType, Kind, Ref, Visit};
use crate::lang::object::iter::{Iter, NativeIter, Reduced, again};
use crate::lang::object::native::receiver;
use crate::lang::object::protocol::{as_index, eq, special};
use crate::lang::object::{
    BigInt, Caller, Class, Result, Slice, Special, Value, index_error, overflow_error, type_error,
    types, value_error,
};

/// A range of integers of any size; `step` is not 0.
#[derive(Clone, PartialEq, Eq)]
pub struct BigRange {
    /// The first number, if there is any.
    pub start: Big,
    /// The number before which it ends.
    pub stop: Big,
    /// The distance of neighbours.
    pub step: Big,
}

impl HeapType for BigRange {
    const KIND: Kind = Kind::Foreign;
    const TRACED: bool = false;

    fn class(&self) -> Ref<Class> {
        types().range.clone()
    }
}

impl From<Range> for BigRange {
    fn from(range: Range) -> BigRange {
        BigRange {
            start: range.start.into(),
            stop: range.stop.into(),
            step: range.step.into(),
        }
    }
}

impl BigRange {
    /// The range in a value, be it large or small.
    pub fn of(value: &Value) -> Option<BigRange> {
        match value.exact::<BigRange>() {
            Some(big) => Some((**big).clone()),
            None => value.exact::<Range>().map(|range| (**range).into()),
        }
    }

    /// The value: a small range where the numbers fit.
    pub fn value(self) -> Value {
        let parts = [&self.start, &self.stop, &self.step].map(|part| i64::try_from(part).ok());
        match parts {
            [Some(start), Some(stop), Some(step)] => {
                Value::from(Ref::new(Range { start, stop, step }))
            }
            _ => Value::from(Ref::new(self)),
        }
    }

    /// How many numbers it has.
    pub fn len(&self) -> Big {
        let span = match self.step.is_positive() {
            true => &self.stop - &self.start,
            false => &self.start - &self.stop,
        };
        if !span.is_positive() {
            return Big::zero();
        }
        (span - 1_u8) / self.step.abs() + 1_u8
    }

    fn at(&self, place: &Big) -> Big {
        &self.start + place * &self.step
    }

    /// The place of a number.
    fn place(&self, number: &Big) -> Option<Big> {
        let (place, rest) = (number - &self.start).div_rem(&self.step);
        let inside = rest.is_zero() && !place.is_negative() && place < self.len();
        inside.then_some(place)
    }

    fn search(&self, caller: &mut dyn Caller, value: &Value) -> Result<Option<Big>> {
        if let Some(number) = value.as_bigint() {
            return Ok(self.place(&number));
        }
        let (mut place, len) = (Big::zero(), self.len());
        while place < len {
            if eq(caller, &BigInt::value(self.at(&place)), value)? {
                return Ok(Some(place));
            }
            place += 1_u8;
            caller.poll()?;
        }
        Ok(None)
    }

    /// Whether two ranges have the same numbers, as `==` has it.
    pub fn equals(&self, other: &BigRange) -> bool {
        let len = self.len();
        len == other.len()
            && (len.is_zero()
                || self.start == other.start && (len == Big::from(1_u8) || self.step == other.step))
    }

    /// `count`, `index`, `in`
    pub fn find(&self, caller: &mut dyn Caller, value: &Value) -> Result<Option<Value>> {
        Ok(self.search(caller, value)?.map(BigInt::value))
    }

    /// `iter(range)`
    pub fn iter(&self) -> Value {
        Iter::native(BigRangeIter {
            next: self.start.clone(),
            step: self.step.clone(),
            left: self.len(),
        })
    }

    /// `reversed(range)`
    pub fn reversed(&self) -> Value {
        let left = self.len();
        Iter::native(BigRangeIter {
            next: self.at(&(&left - 1_u8)),
            step: -&self.step,
            left,
        })
    }

    /// `range[key]`
    pub fn subscript(&self, caller: &mut dyn Caller, key: &Value) -> Result<Value> {
        let len = self.len();
        if let Some(slice) = key.exact::<Slice>() {
            let [start, stop, step] = indices(caller, slice, &len)?;
            let part = BigRange {
                start: self.at(&start),
                stop: self.at(&stop),
                step: &self.step * step,
            };
            return Ok(part.value());
        }
        if !key.is_int() && special(key, Special::Index).is_none() {
            return Err(type_error(format!(
                "range indices must be integers or slices, not {}",
                key.class_name()
            )));
        }
        let mut place = as_index(caller, key)?.as_bigint().unwrap_or_default();
        if place.is_negative() {
            place += &len;
        }
        if place.is_negative() || place >= len {
            return Err(index_error("range object index out of range"));
        }
        Ok(BigInt::value(self.at(&place)))
    }
}

/// `len(range)`, which must fit into 64 bits.
pub fn len(value: &Value) -> Result<Value> {
    let len = receiver::<BigRange>(value)?.len();
    match i64::try_from(&len) {
        Ok(len) => Ok(Value::Int(len)),
        Err(_) => Err(overflow_error(
            "Python int too large to convert to C ssize_t",
        )),
    }
}

/// The start, stop and step of a slice of so many elements, as `slice.indices` gives them.
pub fn indices(caller: &mut dyn Caller, slice: &Slice, len: &Big) -> Result<[Big; 3]> {
    let mut part = |value: &Value| -> Result<Option<Big>> {
        if value.is_none() {
            return Ok(None);
        }
        if !value.is_int() && special(value, Special::Index).is_none() {
            return Err(type_error(
                "slice indices must be integers or None or have an __index__ method",
            ));
        }
        Ok(as_index(caller, value)?.as_bigint())
    };
    let step = part(&slice.step)?.unwrap_or_else(|| 1.into());
    if step.is_zero() {
        return Err(value_error("slice step cannot be zero"));
    }
    let (low, high) = match step.is_negative() {
        false => (Big::zero(), len.clone()),
        true => (Big::from(-1), len - 1_u8),
    };
    let clamp = |bound: Big| {
        let bound = if bound.is_negative() {
            bound + len
        } else {
            bound
        };
        bound.clamp(low.clone(), high.clone())
    };
    let (first, last) = match step.is_negative() {
        false => (low.clone(), high.clone()),
        true => (high.clone(), low.clone()),
    };
    let start = part(&slice.start)?.map_or(first, clamp);
    let stop = part(&slice.stop)?.map_or(last, clamp);
    Ok([start, stop, step])
}

/// Over a large range.
struct BigRangeIter {
    next: Big,
    step: Big,
    left: Big,
}

impl NativeIter for BigRangeIter {
    fn next(&mut self, _: &mut dyn Caller) -> Result<Option<Value>> {
        if self.left.is_zero() {
            return Ok(None);
        }
        self.left -= 1_u8;
        let next = &self.next + &self.step;
        Ok(Some(BigInt::value(std::mem::replace(&mut self.next, next))))
    }

    fn trace(&self, _: &mut Visit) {}

    fn class(&self) -> Ref<Class> {
        types().longrange_iterator.clone()
    }

    fn len_hint(&self) -> Option<usize> {
        usize::try_from(&self.left).ok()
    }

    fn reduce(&self) -> Option<Reduced> {
        let rest = BigRange {
            start: self.next.clone(),
            stop: &self.next + &self.step * &self.left,
            step: self.step.clone(),
        };
        Some(again(&rest.value(), None))
    }
}
