//! Values as text.

use crate::lang::object::protocol;
use crate::lang::object::{NativeSpec, Value, type_error};

pub(super) static FUNCTIONS: &[NativeSpec] = &[
    NativeSpec::new(
        "repr(obj, /)",
        "Return the canonical string representation of the object.",
        |c, a| protocol::repr(c, &a[0]).map(Value::from),
    ),
    NativeSpec::new(
        "ascii(obj, /)",
        "Return an ASCII-only representation of an object.",
        |c, a| protocol::ascii(c, &a[0]).map(Value::from),
    ),
    NativeSpec::new(
        "format(value, format_spec='', /)",
        "Return type(value).__format__(value, format_spec)",
        |c, a| match a[1].as_str() {
            Some(spec) => {
                let spec = spec.to_string();
                protocol::format(c, &a[0], &spec).map(Value::from)
            }
            None => Err(type_error(format!(
                "format() argument 2 must be str, not {}",
                a[1].class_name()
            ))),
        },
    )
    .examples(&[("format(3.14159, '.2f')", "'3.14'")]),
];
