//! The object behind a tensor value: a handle. Two objects may stand for one tensor; `is` and `id` ask the tensor.

use crate::lang::object::foreign::declare_handles;
use crate::lang::object::{AnyRef, Class, HeapType, Kind, Ref, Result, Value, type_error};
use crate::tensor::core::Tensor;

/// A tensor on the heap.
pub(in crate::bridge) struct TensorObject(pub(in crate::bridge) Tensor);

impl HeapType for TensorObject {
    const KIND: Kind = Kind::Foreign;
    const TRACED: bool = false;

    fn class(&self) -> Ref<Class> {
        if self.0.is_parameter() {
            super::parameter_class()
        } else {
            super::tensor_class()
        }
    }
}

/// A tensor as a value.
#[inline]
pub(in crate::bridge) fn tensor_value(tensor: Tensor) -> Value {
    Value::from(Ref::new(TensorObject(tensor)))
}

/// The tensor in a value, if it is one.
#[inline]
pub(in crate::bridge) fn tensor_of(value: &Value) -> Option<&Tensor> {
    value.get::<TensorObject>().map(|object| &object.0)
}

/// The tensor in a value that a method was called on.
#[inline]
pub(in crate::bridge) fn expect_tensor(value: &Value) -> Result<&Tensor> {
    match tensor_of(value) {
        Some(tensor) => Ok(tensor),
        None => Err(not_a_tensor(value)),
    }
}

#[cold]
fn not_a_tensor(value: &Value) -> crate::lang::object::Raised {
    type_error(format!(
        "descriptor for 'torch._C.TensorBase' objects doesn't apply to a '{}' object",
        value.class_name()
    ))
}

fn same(a: &AnyRef, b: &AnyRef) -> bool {
    match (a.downcast::<TensorObject>(), b.downcast::<TensorObject>()) {
        (Some(a), Some(b)) => a.0.same(&b.0),
        _ => false,
    }
}

fn identity(object: &AnyRef) -> usize {
    match object.downcast::<TensorObject>() {
        Some(object) => object.0.address(),
        None => object.address(),
    }
}

/// Tells the language that tensor objects are handles.
pub(super) fn declare() {
    declare_handles::<TensorObject>(same, identity);
}
