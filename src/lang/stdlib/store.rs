//! `_array`: memory of its own, the base of `array.array`.

use super::define::{class_of, def};
use crate::lang::object::bytes::methods::new_array;
use crate::lang::object::native::{ClassSpec, GetSetSpec};
use crate::lang::object::protocol::wrap;
use crate::lang::object::{ByteArray, ModuleSpec, Value, type_error};

/// `_array`
pub(super) static ARRAY: ModuleSpec = ModuleSpec {
    name: "_array",
    doc: "Memory for numbers of one kind.",
    functions: &[def(
        "address(store, /)",
        "Where in memory the bytes are.",
        |_, a| match a[0].get::<ByteArray>() {
            Some(bytes) => Ok(Value::from(bytes.0.borrow().as_ptr() as usize)),
            None => Err(type_error("a store is wanted")),
        },
    )],
    setup: |_, module| {
        module.set("store", Value::from(&store_class()));
        Ok(())
    },
};

class_of! { store_class STORE; }

static STORE: ClassSpec = ClassSpec {
    name: "store",
    module: "_array",
    doc: "Memory that grows; what derives from it is bytes-like.",
    attributes: &[GetSetSpec::new(
        "_bytes",
        "The memory as a bytearray that shares it.",
        |_, v| Ok(v.unwrapped().clone()),
    )],
    make: Some(|_, class, _| Ok(wrap(class, new_array(Vec::new())))),
    solid: true,
    ..ClassSpec::EMPTY
};
