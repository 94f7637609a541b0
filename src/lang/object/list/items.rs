//! Subscripts of lists: single places and slices.

use super::List;
use crate::lang::object::protocol::{
    SliceBounds, as_index, clamp_index, collect, slice_bounds, special,
};
use crate::lang::object::{
    Caller, Ref, Result, Slice, Special, Value, index_error, type_error, value_error,
};

/// An index for a sequence; the error names what a sequence can be indexed by.
pub fn index_of(caller: &mut dyn Caller, key: &Value, kind: &str) -> Result<i64> {
    if let Value::Int(i) = key {
        return Ok(*i);
    }
    if !key.is_int() && special(key, Special::Index).is_none() {
        return Err(type_error(format!(
            "{kind} indices must be integers or slices, not {}",
            key.type_name()
        )));
    }
    as_index(caller, key)?
        .as_int()
        .ok_or_else(|| index_error("cannot fit 'int' into an index-sized integer"))
}

pub(super) fn subscript(caller: &mut dyn Caller, list: &Ref<List>, key: &Value) -> Result<Value> {
    if let Some(slice) = key.exact::<Slice>() {
        let len = list.items.borrow().len();
        let bounds = slice_bounds(caller, slice, len)?;
        return Ok(Value::list(picked(&list.items.borrow(), bounds)));
    }
    let index = index_of(caller, key, "list")?;
    let items = list.items.borrow();
    clamp_index(index, items.len())
        .map(|place| items[place].clone())
        .ok_or_else(|| index_error("list index out of range"))
}

/// The elements that a slice covers.
pub fn picked<T: Clone>(items: &[T], bounds: SliceBounds) -> Vec<T> {
    if bounds.step == 1 {
        let start = bounds.start as usize;
        return items
            .get(start..start + bounds.count)
            .map_or(Vec::new(), <[T]>::to_vec);
    }
    bounds
        .places()
        .filter_map(|place| items.get(place).cloned())
        .collect()
}

pub(super) fn assign(
    caller: &mut dyn Caller,
    list: &Ref<List>,
    key: &Value,
    value: &Value,
) -> Result<()> {
    let Some(slice) = key.exact::<Slice>() else {
        let index = index_of(caller, key, "list")?;
        let mut items = list.items.borrow_mut();
        let Some(place) = clamp_index(index, items.len()) else {
            return Err(index_error("list assignment index out of range"));
        };
        let old = std::mem::replace(&mut items[place], value.clone());
        drop(items);
        drop(old);
        return Ok(());
    };
    let new = match collect(caller, value) {
        Ok(new) => new,
        Err(raised) if special(value, Special::Iter).is_some() => return Err(raised),
        Err(_) => return Err(type_error("can only assign an iterable")),
    };
    let len = list.items.borrow().len();
    let bounds = slice_bounds(caller, slice, len)?;
    let old = assign_slice(&mut list.items.borrow_mut(), bounds, new)?;
    drop(old);
    Ok(())
}

/// Puts elements in the place of those that a slice covers; returns the old ones.
pub fn assign_slice<T>(items: &mut Vec<T>, bounds: SliceBounds, new: Vec<T>) -> Result<Vec<T>> {
    if bounds.step == 1 {
        let start = (bounds.start as usize).min(items.len());
        let end = (start + bounds.count).min(items.len());
        return Ok(items.splice(start..end, new).collect());
    }
    if new.len() != bounds.count {
        return Err(value_error(format!(
            "attempt to assign sequence of size {} to extended slice of size {}",
            new.len(),
            bounds.count
        )));
    }
    let places = bounds.places().filter(|&place| place < items.len());
    let places: Vec<usize> = places.collect();
    Ok(places
        .into_iter()
        .zip(new)
        .map(|(place, value)| std::mem::replace(&mut items[place], value))
        .collect())
}

pub(super) fn delete(caller: &mut dyn Caller, list: &Ref<List>, key: &Value) -> Result<()> {
    if let Some(slice) = key.exact::<Slice>() {
        let len = list.items.borrow().len();
        let bounds = slice_bounds(caller, slice, len)?;
        let old = delete_slice(&mut list.items.borrow_mut(), bounds);
        drop(old);
        return Ok(());
    }
    let index = index_of(caller, key, "list")?;
    let mut items = list.items.borrow_mut();
    let Some(place) = clamp_index(index, items.len()) else {
        return Err(index_error("list assignment index out of range"));
    };
    let old = items.remove(place);
    drop(items);
    drop(old);
    Ok(())
}

/// Takes out the elements that a slice covers.
pub fn delete_slice<T>(items: &mut Vec<T>, bounds: SliceBounds) -> Vec<T> {
    let mut gone = vec![false; items.len()];
    for place in bounds.places().filter(|&place| place < items.len()) {
        gone[place] = true;
    }
    let (mut kept, mut out) = (Vec::with_capacity(items.len()), Vec::new());
    for (item, gone) in std::mem::take(items).into_iter().zip(gone) {
        if gone {
            out.push(item);
        } else {
            kept.push(item);
        }
    }
    *items = kept;
    out
}
