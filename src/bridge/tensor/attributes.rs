//! Attributes of tensors: `shape`, `grad`, `requires_grad`, `data` and the like.

use super::extra::{extra_dict, set_extra};
use super::object::{expect_tensor, tensor_of, tensor_value};
use crate::bridge::autograd::node_value;
use crate::bridge::define::{attribute, getter};
use crate::bridge::error::OrRaise;
use crate::bridge::values::{device, dtype_value, size_value, word};
use crate::bridge::warning;
use crate::lang::object::native::GetSetSpec;
use crate::lang::object::{
    Args, Caller, Dict, GetSet, Instance, Property, Raised, Ref, Result, Str, Value,
    attribute_error, protocol, runtime_error, type_error,
};

/// `tensor.name = value`; `Value::Unbound` deletes.
pub(super) fn set_attribute(
    caller: &mut dyn Caller,
    this: &Value,
    name: &Value,
    value: Value,
) -> Result<()> {
    let Some(name) = name.get::<Str>().map(|name| name.interned()) else {
        return Err(type_error("attribute name must be string"));
    };
    if this.exact::<Instance>().is_some() {
        return if value.is_unbound() {
            protocol::generic_delete_attr(caller, this, &name)
        } else {
            protocol::generic_set_attr(caller, this, &name, value)
        };
    }
    let found = this.with_class(|class| class.lookup(&name));
    if let Some(descriptor) = found.as_ref().and_then(|found| found.exact::<GetSet>()) {
        let Some(set) = descriptor.spec.set else {
            return Err(not_writable(&name));
        };
        return set(caller, this, value);
    }
    if let Some(property) = found.as_ref().and_then(|found| found.exact::<Property>()) {
        if property.set.is_none() || value.is_unbound() {
            return Err(not_writable(&name));
        }
        caller.call(&property.set, Args::positional(&[this.clone(), value]))?;
        return Ok(());
    }
    let tensor = expect_tensor(this)?;
    if value.is_unbound() {
        let removed = extra_dict(tensor).and_then(|dict| dict.remove_name(&name));
        return match removed {
            Some(_) => Ok(()),
            None => Err(attribute_error(format!(
                "'{}' object has no attribute '{name}'",
                this.class_name()
            ))),
        };
    }
    set_extra(tensor).set_name(&name, value);
    Ok(())
}

fn not_writable(name: &Str) -> Raised {
    let name = name.as_str();
    attribute_error(format!(
        "attribute '{name}' of 'torch._C.TensorBase' objects is not writable"
    ))
}

const NON_LEAF_GRAD: &str = "The .grad attribute of a Tensor that is not a leaf Tensor is being accessed. Its .grad attribute won't be populated during autograd.backward(). If you indeed want the .grad field to be populated for a non-leaf Tensor, use .retain_grad() on the non-leaf Tensor. If you access the non-leaf Tensor by mistake, make sure you access the leaf Tensor instead. See github.com/pytorch/pytorch/pull/30531 for more information. (Triggered internally at /__w/pytorch/pytorch/build/aten/src/ATen/core/TensorBody.h:488.)";

fn grad(caller: &mut dyn Caller, this: &Value) -> Result<Value> {
    let tensor = expect_tensor(this)?;
    if let Some(grad) = tensor.grad() {
        return Ok(tensor_value(grad));
    }
    if !tensor.is_leaf() && !tensor.retains_grad() {
        warning::warn_user(caller, NON_LEAF_GRAD)?;
    }
    Ok(Value::None)
}

fn set_grad(_: &mut dyn Caller, this: &Value, value: Value) -> Result<()> {
    let tensor = expect_tensor(this)?;
    match &value {
        Value::None | Value::Unbound => tensor.assign_grad(None).or_raise(),
        value => match tensor_of(value) {
            Some(grad) => tensor.assign_grad(Some(grad.clone())).or_raise(),
            None => Err(type_error(format!(
                "assigned grad expected to be a Tensor or None but got grad of type {}",
                value.class_name()
            ))),
        },
    }
}

fn set_requires_grad(_: &mut dyn Caller, this: &Value, value: Value) -> Result<()> {
    match value {
        Value::Bool(on) => expect_tensor(this)?.set_requires_grad(on).or_raise(),
        _ => Err(runtime_error("requires_grad must be a bool")),
    }
}

fn set_data(_: &mut dyn Caller, this: &Value, value: Value) -> Result<()> {
    match tensor_of(&value) {
        Some(data) => expect_tensor(this)?.set_data(data).or_raise(),
        None if value.is_unbound() => Err(runtime_error(
            "Deleting tensor data is not allowed. Delete tensor instead!",
        )),
        None => Err(type_error(format!(
            "Variable data has to be a tensor, but got {}",
            value.class_name()
        ))),
    }
}

/// An attribute that is the same for every tensor here.
macro_rules! always {
    ($name:literal, $value:expr) => {
        getter($name, "Whether it is of this kind.", |_, _| Ok($value))
    };
}

/// The attributes.
pub(super) static ATTRIBUTES: &[GetSetSpec] = &[
    getter("shape", "The size of each dimension.", |_, this| {
        Ok(size_value(expect_tensor(this)?.shape()))
    }),
    getter("dtype", "The type of the elements.", |_, this| {
        Ok(dtype_value(expect_tensor(this)?.dtype()))
    }),
    getter("device", "Where the tensor is.", |_, _| Ok(device::cpu())),
    getter("layout", "How the elements lie in memory.", |_, _| {
        Ok(word::word("strided").unwrap_or_default())
    }),
    attribute("grad", "The accumulated gradient.", grad, set_grad),
    attribute("_grad", "The accumulated gradient.", grad, set_grad),
    getter("grad_fn", "The node that made the tensor.", |_, this| {
        Ok(expect_tensor(this)?
            .grad_fn()
            .map_or(Value::None, node_value))
    }),
    attribute(
        "requires_grad",
        "Whether operations on it are recorded.",
        |_, this| Ok(Value::Bool(expect_tensor(this)?.requires_grad())),
        set_requires_grad,
    ),
    attribute(
        "data",
        "The same memory without history.",
        |_, this| Ok(tensor_value(expect_tensor(this)?.data())),
        set_data,
    ),
    getter("is_leaf", "Whether it was not computed.", |_, this| {
        Ok(Value::Bool(expect_tensor(this)?.is_leaf()))
    }),
    getter(
        "retains_grad",
        "Whether a computed tensor keeps its gradient.",
        |_, this| Ok(Value::Bool(expect_tensor(this)?.retains_grad())),
    ),
    getter("ndim", "The number of dimensions.", |_, this| {
        Ok(Value::from(expect_tensor(this)?.ndim()))
    }),
    getter("itemsize", "How many bytes an element takes.", |_, this| {
        Ok(Value::from(expect_tensor(this)?.dtype().size()))
    }),
    getter("nbytes", "How many bytes the elements take.", |_, this| {
        let tensor = expect_tensor(this)?;
        Ok(Value::from(tensor.numel() * tensor.dtype().size()))
    }),
    getter("output_nr", "Which output of its node it is.", |_, this| {
        Ok(Value::Int(i64::from(expect_tensor(this)?.output_nr())))
    }),
    getter("_version", "How often it was written to.", |_, this| {
        if expect_tensor(this)?.is_inference() {
            return Err(runtime_error(
                "Inference tensors do not track version counter.",
            ));
        }
        Ok(Value::Int(i64::from(expect_tensor(this)?.version())))
    }),
    getter("_base", "The tensor that it is a view of.", |_, this| {
        Ok(expect_tensor(this)?
            .base()
            .map_or(Value::None, tensor_value))
    }),
    attribute(
        "name",
        "A name.",
        |_, this| Ok(expect_tensor(this)?.name().map_or(Value::None, Value::str)),
        |_, this, value| {
            expect_tensor(this)?.set_name(value.as_str().map(str::to_string));
            Ok(())
        },
    ),
    getter("__dict__", "The attributes that were set.", |_, this| {
        Ok(Value::from(match this.exact::<Instance>() {
            Some(instance) => instance.dict(),
            None => set_extra(expect_tensor(this)?) as Ref<Dict>,
        }))
    }),
    always!("is_cuda", Value::Bool(false)),
    always!("is_cpu", Value::Bool(true)),
    always!("is_mps", Value::Bool(false)),
    always!("is_xpu", Value::Bool(false)),
    always!("is_meta", Value::Bool(false)),
    always!("is_sparse", Value::Bool(false)),
    always!("is_sparse_csr", Value::Bool(false)),
    always!("is_quantized", Value::Bool(false)),
    always!("is_nested", Value::Bool(false)),
    always!("is_mkldnn", Value::Bool(false)),
    always!("is_vulkan", Value::Bool(false)),
    always!("is_ipu", Value::Bool(false)),
    always!("is_mtia", Value::Bool(false)),
    always!("is_maia", Value::Bool(false)),
    always!("is_xla", Value::Bool(false)),
    always!("volatile", Value::Bool(false)),
];
