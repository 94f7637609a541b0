//! Methods that change a `bytearray`.

use super::methods::{byte_arg, bytes_arg, new_array, values};
use super::{ByteArray, bytes_of};
use crate::lang::object::list::items::{assign_slice, delete_slice, index_of};
use crate::lang::object::list::methods::{repeated, repetitions};
use crate::lang::object::native::{NativeSpec, receiver, size_arg};
use crate::lang::object::protocol::{clamp_index, iter, slice_bounds};
use crate::lang::object::{Caller, Result, Slice, Value, index_error, type_error, value_error};

pub(super) static METHODS: &[NativeSpec] = &[
    NativeSpec::new(
        "append(self, item, /)",
        "Append a single item to the end of the bytearray.",
        |c, a| {
            let byte = byte_arg(c, &a[1], "byte")?;
            receiver::<ByteArray>(&a[0])?.resize()?.push(byte);
            Ok(Value::None)
        },
    ),
    NativeSpec::new(
        "extend(self, iterable_of_ints, /)",
        "Append all the items from the iterator or sequence to the end of the bytearray.",
        |c, a| {
            let not_iterable = format!("can't extend bytearray with {}", a[1].class_name());
            let more = any_bytes(c, &a[1], &not_iterable)?;
            extend(receiver::<ByteArray>(&a[0])?, more)?;
            Ok(Value::None)
        },
    ),
    NativeSpec::new(
        "insert(self, index, item, /)",
        "Insert a single item into the bytearray before the given index.",
        |c, a| {
            let index = size_arg(c, &a[1])?;
            let byte = byte_arg(c, &a[2], "byte")?;
            let mut bytes = receiver::<ByteArray>(&a[0])?.resize()?;
            let len = bytes.len() as i64;
            let place = if index < 0 { index + len } else { index }.clamp(0, len);
            bytes.insert(place as usize, byte);
            Ok(Value::None)
        },
    ),
    NativeSpec::new(
        "pop(self, index=-1, /)",
        "Remove and return a single item from the bytearray.",
        |c, a| {
            let index = size_arg(c, &a[1])?;
            let array = receiver::<ByteArray>(&a[0])?;
            let len = array.0.borrow().len();
            if len == 0 {
                return Err(index_error("pop from empty bytearray"));
            }
            match clamp_index(index, len) {
                Some(place) => Ok(Value::Int(array.resize()?.remove(place).into())),
                None => Err(index_error("pop index out of range")),
            }
        },
    ),
    NativeSpec::new(
        "remove(self, value, /)",
        "Remove the first occurrence of a value in the bytearray.",
        |c, a| {
            let byte = byte_arg(c, &a[1], "byte")?;
            let array = receiver::<ByteArray>(&a[0])?;
            let found = array.0.borrow().iter().position(|&b| b == byte);
            match found {
                Some(place) => {
                    array.resize()?.remove(place);
                    Ok(Value::None)
                }
                None => Err(value_error("value not found in bytearray")),
            }
        },
    ),
    NativeSpec::new(
        "clear(self, /)",
        "Remove all items from the bytearray.",
        |_, a| {
            receiver::<ByteArray>(&a[0])?.resize()?.clear();
            Ok(Value::None)
        },
    ),
    NativeSpec::new("copy(self, /)", "Return a copy of B.", |_, a| {
        Ok(new_array(receiver::<ByteArray>(&a[0])?.0.borrow().clone()))
    }),
    NativeSpec::new(
        "reverse(self, /)",
        "Reverse the order of the values in B in place.",
        |_, a| {
            receiver::<ByteArray>(&a[0])?.0.borrow_mut().reverse();
            Ok(Value::None)
        },
    ),
    NativeSpec::new(
        "__setitem__(self, key, value, /)",
        "Set self[key] to value.",
        set_item,
    ),
    NativeSpec::new("__delitem__(self, key, /)", "Delete self[key].", |c, a| {
        let array = receiver::<ByteArray>(&a[0])?.clone();
        let len = array.0.borrow().len();
        if let Some(slice) = a[1].exact::<Slice>() {
            let bounds = slice_bounds(c, slice, len)?;
            if bounds.count > 0 {
                delete_slice(&mut *array.resize()?, bounds);
            }
            return Ok(Value::None);
        }
        let index = index_of(c, &a[1], "bytearray")?;
        let Some(place) = clamp_index(index, len) else {
            return Err(index_error("bytearray index out of range"));
        };
        array.resize()?.remove(place);
        Ok(Value::None)
    }),
    NativeSpec::new(
        "__iadd__(self, value, /)",
        "Implement self+=value.",
        |_, a| {
            let Some(more) = bytes_of(&a[1]) else {
                return Err(type_error(format!(
                    "can't concat {} to bytearray",
                    a[1].class_name()
                )));
            };
            let more = more.into_owned();
            extend(receiver::<ByteArray>(&a[0])?, more)?;
            Ok(a[0].clone())
        },
    ),
    NativeSpec::new(
        "__imul__(self, value, /)",
        "Implement self*=value.",
        |c, a| {
            let array = receiver::<ByteArray>(&a[0])?.clone();
            let Some(count) = repetitions(c, &a[1])? else {
                return Ok(Value::NotImplemented);
            };
            let bytes = repeated(&array.0.borrow(), count)?;
            *array.resize()? = bytes;
            Ok(a[0].clone())
        },
    ),
];

/// Bytes at the end; none are welcome even where there are views.
fn extend(array: &ByteArray, more: Vec<u8>) -> Result<()> {
    if !more.is_empty() {
        array.resize()?.extend(more);
    }
    Ok(())
}

/// The bytes of a bytes-like object or an iterable of numbers; what is neither is refused with the message.
fn any_bytes(caller: &mut dyn Caller, value: &Value, not_iterable: &str) -> Result<Vec<u8>> {
    if let Ok(bytes) = bytes_arg(value) {
        return Ok(bytes.into_owned());
    }
    match iter(caller, value) {
        Ok(iterator) => values(caller, &iterator, "bytearray"),
        Err(_) => Err(type_error(not_iterable)),
    }
}

fn set_item(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let array = receiver::<ByteArray>(&args[0])?.clone();
    if let Some(slice) = args[1].exact::<Slice>() {
        const WANTED: &str =
            "can assign only bytes, buffers, or iterables of ints in range(0, 256)";
        if args[2].as_str().is_some() || args[2].is_int() {
            return Err(type_error(WANTED));
        }
        let new = any_bytes(caller, &args[2], WANTED)?;
        let len = array.0.borrow().len();
        let bounds = slice_bounds(caller, slice, len)?;
        if bounds.step != 1 && new.len() != bounds.count {
            return Err(value_error(format!(
                "attempt to assign bytes of size {} to extended slice of size {}",
                new.len(),
                bounds.count
            )));
        }
        let mut bytes = if new.len() == bounds.count {
            array.0.borrow_mut()
        } else {
            array.resize()?
        };
        assign_slice(&mut bytes, bounds, new)?;
        return Ok(Value::None);
    }
    let index = index_of(caller, &args[1], "bytearray")?;
    let byte = byte_arg(caller, &args[2], "byte")?;
    let mut bytes = array.0.borrow_mut();
    match clamp_index(index, bytes.len()) {
        Some(place) => {
            bytes[place] = byte;
            Ok(Value::None)
        }
        None => Err(index_error("bytearray index out of range")),
    }
}
