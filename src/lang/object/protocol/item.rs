//! Subscripts.

use crate::lang::object::class::Special;
use crate::lang::object::{
    Args, Caller, Class, Dict, Kind, List, Result, Slice, Tuple, Value, index_error, key_error,
    type_error, value_error,
};

/// A place from an index that may count from the end; `None` where there is no such place.
#[inline]
pub fn clamp_index(index: i64, len: usize) -> Option<usize> {
    let place = if index < 0 { index + len as i64 } else { index };
    usize::try_from(place).ok().filter(|&place| place < len)
}

/// `obj[key]`
pub fn get_item(caller: &mut dyn Caller, obj: &Value, key: &Value) -> Result<Value> {
    match (obj.kind(), key) {
        (Some(Kind::List), Value::Int(index)) => {
            let items = obj
                .exact::<List>()
                .expect("the kind says so")
                .items
                .borrow();
            let place = clamp_index(*index, items.len());
            return place
                .map(|i| items[i].clone())
                .ok_or_else(|| index_error("list index out of range"));
        }
        (Some(Kind::Tuple), Value::Int(index)) => {
            let items = &obj.exact::<Tuple>().expect("the kind says so").items;
            let place = clamp_index(*index, items.len());
            return place
                .map(|i| items[i].clone())
                .ok_or_else(|| index_error("tuple index out of range"));
        }
        (Some(Kind::Dict), _) => {
            let dict = obj.exact::<Dict>().expect("the kind says so").clone();
            return super::dict_get(caller, &dict, key)?.ok_or_else(|| key_error(key));
        }
        _ => {}
    }
    if let Some(found) =
        super::call_special(caller, obj, Special::Getitem, std::slice::from_ref(key))?
    {
        return Ok(found);
    }
    if let Some(class) = obj.exact::<Class>() {
        return class_item(caller, &class.clone().into(), key);
    }
    Err(type_error(format!(
        "'{}' object is not subscriptable",
        obj.class_name()
    )))
}

/// `Class[key]`
fn class_item(caller: &mut dyn Caller, class: &Value, key: &Value) -> Result<Value> {
    let hook = super::find_attr(caller, class, &Special::ClassGetitem.name())?;
    match hook {
        Some(hook) => caller.call(&hook, Args::positional(std::slice::from_ref(key))),
        None if class
            .exact::<Class>()
            .is_some_and(|class| class.same(&crate::lang::object::types().type_)) =>
        {
            Ok(crate::lang::object::root::alias::generic(class, key))
        }
        None => {
            let name = class
                .exact::<Class>()
                .map(|c| c.name().as_str().to_string())
                .unwrap_or_default();
            Err(type_error(format!("type '{name}' is not subscriptable")))
        }
    }
}

/// `obj[key] = value`
pub fn set_item(caller: &mut dyn Caller, obj: &Value, key: &Value, value: Value) -> Result<()> {
    match (obj.kind(), key) {
        (Some(Kind::List), Value::Int(index)) => {
            let list = obj.exact::<List>().expect("the kind says so");
            let mut items = list.items.borrow_mut();
            let Some(place) = clamp_index(*index, items.len()) else {
                return Err(index_error("list assignment index out of range"));
            };
            let old = std::mem::replace(&mut items[place], value);
            drop(items);
            drop(old);
            return Ok(());
        }
        (Some(Kind::Dict), _) => {
            let dict = obj.exact::<Dict>().expect("the kind says so").clone();
            return super::dict_set(caller, &dict, key.clone(), value);
        }
        _ => {}
    }
    match super::call_special(caller, obj, Special::Setitem, &[key.clone(), value])? {
        Some(_) => Ok(()),
        None => Err(type_error(format!(
            "'{}' object does not support item assignment",
            obj.class_name()
        ))),
    }
}

/// `del obj[key]`
pub fn delete_item(caller: &mut dyn Caller, obj: &Value, key: &Value) -> Result<()> {
    if let Some(dict) = obj.exact::<Dict>().cloned() {
        return match super::dict_remove(caller, &dict, key)? {
            Some(_) => Ok(()),
            None => Err(key_error(key)),
        };
    }
    match super::call_special(caller, obj, Special::Delitem, std::slice::from_ref(key))? {
        Some(_) => Ok(()),
        None => Err(type_error(format!(
            "'{}' object doesn't support item deletion",
            obj.class_name()
        ))),
    }
}

/// The places that a slice of a sequence covers: `count` of them, from `start` on in steps of `step`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SliceBounds {
    /// The first place.
    pub start: i64,
    /// The end as `slice.indices` gives it.
    pub stop: i64,
    /// The distance of neighbours; not 0.
    pub step: i64,
    /// How many places.
    pub count: usize,
}

impl SliceBounds {
    /// The places in order.
    pub fn places(self) -> impl Iterator<Item = usize> {
        (0..self.count as i64).map(move |i| (self.start + i * self.step) as usize)
    }
}

/// The bounds of a slice for a sequence of `len` elements; parts may be anything with `__index__`.
pub fn slice_bounds(caller: &mut dyn Caller, slice: &Slice, len: usize) -> Result<SliceBounds> {
    let part = |caller: &mut dyn Caller, value: &Value| -> Result<Option<i64>> {
        if value.is_none() {
            return Ok(None);
        }
        if value.as_bigint().is_none() && super::special(value, Special::Index).is_none() {
            return Err(type_error(
                "slice indices must be integers or None or have an __index__ method",
            ));
        }
        let index = super::as_index(caller, value)?;
        let negative = || {
            index
                .as_bigint()
                .is_some_and(|big| big.sign() == num_bigint::Sign::Minus)
        };
        Ok(Some(index.as_int().unwrap_or_else(|| {
            if negative() { i64::MIN } else { i64::MAX }
        })))
    };
    let (start, stop) = (part(caller, &slice.start)?, part(caller, &slice.stop)?);
    let step = part(caller, &slice.step)?.unwrap_or(1);
    if step == 0 {
        return Err(value_error("slice step cannot be zero"));
    }
    Ok(clamp_slice(start, stop, step.max(-i64::MAX), len))
}

/// The bounds of a slice whose parts are known.
pub fn clamp_slice(start: Option<i64>, stop: Option<i64>, step: i64, len: usize) -> SliceBounds {
    let len = len as i64;
    let (low, high) = if step > 0 { (0, len) } else { (-1, len - 1) };
    let clamp = |bound: i64| {
        (if bound < 0 {
            bound.saturating_add(len)
        } else {
            bound
        })
        .clamp(low, high)
    };
    let start = start.map_or(if step > 0 { low } else { high }, clamp);
    let stop = stop.map_or(if step > 0 { high } else { low }, clamp);
    let span = if step > 0 { stop - start } else { start - stop };
    let count = if span <= 0 {
        0
    } else {
        (span - 1) / step.abs() + 1
    };
    SliceBounds {
        start,
        stop,
        step,
        count: count as usize,
    }
}
