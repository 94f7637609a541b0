//! The same memory in another shape or format.

use super::super::element::Format;
use super::{packed_strides, view};
use crate::lang::object::protocol::{self};
use crate::lang::object::{Caller, Ref, Result, Value, type_error, value_error};

pub(super) fn cast(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let view = view(&args[0])?.clone();
    if !view.is_contiguous() {
        return Err(type_error(
            "memoryview: casts are restricted to C-contiguous views",
        ));
    }
    let Some(code) = args[1].as_str() else {
        return Err(type_error(format!(
            "cast() argument 'format' must be str, not {}",
            args[1].class_name()
        )));
    };
    let Some(format) = Format::of(code) else {
        return Err(value_error(
            "memoryview: destination format must be a native single character format prefixed with an optional '@'",
        ));
    };
    if !view.format.is_byte() && !format.is_byte() {
        return Err(type_error(
            "memoryview: cannot cast between two non-byte formats",
        ));
    }
    let bytes = view.count() * view.format.size();
    if bytes % format.size() != 0 {
        return Err(type_error(
            "memoryview: length is not a multiple of itemsize",
        ));
    }
    let shape = if args[2].is_none() {
        vec![bytes / format.size()]
    } else {
        wanted_shape(caller, &args[2])?
    };
    if shape.iter().product::<usize>() * format.size() != bytes {
        return Err(type_error(
            "memoryview: product(shape) * itemsize != buffer size",
        ));
    }
    let mut new = (*view).clone();
    new.strides = packed_strides(&shape, format);
    (new.format, new.shape) = (format, shape);
    Ok(Value::from(Ref::new(new)))
}

fn wanted_shape(caller: &mut dyn Caller, shape: &Value) -> Result<Vec<usize>> {
    let mut sizes = Vec::new();
    for size in protocol::collect(caller, shape)? {
        match size.as_int().and_then(|i| usize::try_from(i).ok()) {
            Some(size) if size > 0 => sizes.push(size),
            _ => {
                return Err(value_error(
                    "memoryview.cast(): elements of shape must be integers > 0",
                ));
            }
        }
    }
    Ok(sizes)
}
