//! Short forms for what the rooms of the bridge declare.

use crate::lang::object::native::GetSetSpec;
pub(super) use crate::lang::object::native::class_of;
use crate::lang::object::{Caller, NativeSpec, Result, Value};

/// The implementation of a native.
pub(super) type Call = fn(&mut dyn Caller, &[Value]) -> Result<Value>;

/// A native without examples.
pub(super) const fn def(signature: &'static str, doc: &'static str, call: Call) -> NativeSpec {
    NativeSpec {
        signature,
        doc,
        examples: &[],
        call,
    }
}

/// Reads an attribute.
pub(super) type Get = fn(&mut dyn Caller, &Value) -> Result<Value>;
/// Sets an attribute, or deletes it.
pub(super) type Set = fn(&mut dyn Caller, &Value, Value) -> Result<()>;

/// A read-only attribute.
pub(super) const fn getter(name: &'static str, doc: &'static str, get: Get) -> GetSetSpec {
    GetSetSpec {
        name,
        doc,
        get,
        set: None,
    }
}

/// An attribute that can be set.
pub(super) const fn attribute(
    name: &'static str,
    doc: &'static str,
    get: Get,
    set: Set,
) -> GetSetSpec {
    GetSetSpec {
        name,
        doc,
        get,
        set: Some(set),
    }
}
