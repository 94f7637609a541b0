//! Items and slices of a view, read and assigned.

use super::super::ByteArray;
use super::super::methods::bytes_arg;
use super::{MemoryView, new_view, view};
use crate::lang::object::native::receiver;
use crate::lang::object::protocol::{self, clamp_index, slice_bounds, special};
use crate::lang::object::{
    Caller, Raised, Ref, Result, Slice, Special, Tuple, Value, index_error, not_implemented_error,
    type_error, value_error,
};

pub(super) fn one_dimension(view: &MemoryView) -> Result<()> {
    match view.shape.len() {
        1 => Ok(()),
        0 => Err(type_error("invalid indexing of 0-dim memory")),
        _ => Err(not_implemented_error(
            "multi-dimensional sub-views are not implemented",
        )),
    }
}

/// The part of a view that a slice covers.
fn narrowed(caller: &mut dyn Caller, view: &MemoryView, slice: &Slice) -> Result<MemoryView> {
    one_dimension(view)?;
    let bounds = slice_bounds(caller, slice, view.shape[0])?;
    let mut new = view.clone();
    new.start += bounds.start * view.strides[0];
    new.strides = vec![bounds.step * view.strides[0]];
    new.shape = vec![bounds.count];
    Ok(new)
}

/// The place of the element that an index or a tuple of them names.
fn place_of(caller: &mut dyn Caller, view: &MemoryView, key: &Value) -> Result<i64> {
    let indices: Vec<Value> = match key.get::<Tuple>() {
        Some(tuple) => tuple.items.to_vec(),
        None => vec![key.clone()],
    };
    let is_index = |key: &Value| key.is_int() || special(key, Special::Index).is_some();
    if !indices.iter().all(is_index) {
        return Err(type_error("memoryview: invalid slice key"));
    }
    if indices.len() > view.shape.len() {
        return Err(type_error(format!(
            "cannot index {}-dimension view with {}-element tuple",
            view.shape.len(),
            indices.len()
        )));
    }
    if indices.len() < view.shape.len() {
        return Err(not_implemented_error("sub-views are not implemented"));
    }
    let mut place = view.start;
    for (dimension, index) in indices.iter().enumerate() {
        let out = || {
            let dimension = dimension + 1;
            index_error(format!("index out of bounds on dimension {dimension}"))
        };
        let index = protocol::as_index(caller, index)?;
        let index = index
            .as_int()
            .ok_or_else(|| index_error("cannot fit 'int' into an index-sized integer"))?;
        let index = clamp_index(index, view.shape[dimension]).ok_or_else(out)?;
        place += index as i64 * view.strides[dimension];
    }
    Ok(place)
}

pub(super) fn subscript(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let view = view(&args[0])?.clone();
    if let Some(slice) = args[1].exact::<Slice>() {
        return narrowed(caller, &view, slice).map(|part| Value::from(Ref::new(part)));
    }
    let place = place_of(caller, &view, &args[1])?;
    Ok(view.item(place))
}

pub(super) fn assign(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let view = view(&args[0])?.clone();
    let target = view.of.get::<ByteArray>().cloned();
    let Some(array) = target.filter(|_| !view.readonly) else {
        return Err(type_error("cannot modify read-only memory"));
    };
    let size = view.format.size();
    let (places, new) = match args[1].exact::<Slice>() {
        Some(slice) => {
            let part = narrowed(caller, &view, slice)?;
            let new = new_view(caller, &args[2]).map_err(|_| bytes_wanted(&args[2]))?;
            let new = receiver::<MemoryView>(&new)?;
            if new.format.code() != view.format.code() || new.shape != part.shape {
                return Err(value_error(
                    "memoryview assignment: lvalue and rvalue have different structures",
                ));
            }
            (part.places(), new.bytes())
        }
        None => {
            let place = place_of(caller, &view, &args[1])?;
            let new = view.format.pack(caller, &args[2])?;
            (vec![place as usize], new)
        }
    };
    let mut bytes = array.0.borrow_mut();
    for (place, new) in places.into_iter().zip(new.chunks(size)) {
        if let Some(old) = bytes.get_mut(place..place + size) {
            old.copy_from_slice(new);
        }
    }
    Ok(Value::None)
}

fn bytes_wanted(value: &Value) -> Raised {
    bytes_arg(value).err().unwrap_or_else(|| {
        type_error(format!(
            "a bytes-like object is required, not '{}'",
            value.class_name()
        ))
    })
}
