//! Changes to a whole tree of modules: dtype, training mode, gradients.

use super::state::{entries, expect_state};
use super::walk::{self, What};
use crate::bridge::convert::{dtype_of, to_arg};
use crate::bridge::error::OrRaise;
use crate::bridge::tensor::{legacy_type, tensor_of, tensor_value};
use crate::bridge::values::DeviceObject;
use crate::lang::object::{Args, Caller, Result, Value, protocol, type_error, value_error};
use crate::tensor::array::DType;
use crate::tensor::core::{Tensor, level, no_grad};
use crate::tensor::ops::{self, Arg};

/// Replaces the values of all parameters, their gradients and buffers; the tensors stay the same objects.
pub(super) fn replace_all(root: &Value, f: &dyn Fn(&Tensor) -> Result<Tensor>) -> Result<()> {
    for place in walk::modules(root, "", true).into_iter().rev() {
        let state = expect_state(&place.module)?.clone();
        for (_, value) in entries(&state.parameters()) {
            let Some(parameter) = tensor_of(&value) else {
                continue;
            };
            let grad = parameter.grad();
            let new = f(&parameter.data())?;
            if !new.same(parameter) {
                parameter.set_data(&new).or_raise()?;
            }
            if let Some(grad) = grad {
                let new = f(&grad)?;
                parameter.set_grad(Some(new));
            }
        }
        let buffers = state.buffers();
        for (name, value) in entries(&buffers) {
            if let Some(buffer) = tensor_of(&value) {
                let new = f(buffer)?;
                if !new.same(buffer) {
                    buffers.set_name(&name, tensor_value(new));
                }
            }
        }
    }
    Ok(())
}

/// A tensor in another dtype; itself if it has that already.
pub(super) fn cast(tensor: &Tensor, dtype: DType) -> Result<Tensor> {
    if tensor.dtype() == dtype {
        return Ok(tensor.clone());
    }
    no_grad(|| ops::to_dtype(tensor, dtype)).or_raise()
}

/// All floating point values in another dtype.
pub(super) fn to_float(root: &Value, dtype: DType) -> Result<()> {
    replace_all(root, &|tensor| {
        if tensor.dtype().is_floating_point() {
            cast(tensor, dtype)
        } else {
            Ok(tensor.clone())
        }
    })
}

/// `module.to(...)`: a dtype, a device, a tensor, or both.
pub(super) fn to(root: &Value, args: Args) -> Result<()> {
    let named = args.keywords.iter().map(|(name, value)| {
        match name.as_str() {
            "device" | "dtype" | "non_blocking" | "memory_format" | "copy" | "tensor" => Ok(value),
            other => Err(type_error(format!(
                "to() received an invalid combination of arguments - got an unexpected keyword argument '{other}'"
            ))),
        }
    });
    let mut dtype = None;
    for value in args.positional[1..].iter().map(Ok).chain(named) {
        let value = value?;
        if let Some(found) = dtype_of(value) {
            dtype = Some(found);
        } else if let Some(tensor) = tensor_of(value) {
            dtype = Some(tensor.dtype());
        } else if let Some(device) = value.exact::<DeviceObject>() {
            device.check()?;
        } else if let Some(text) = value.as_str() {
            crate::bridge::values::device::parse(text)?.check()?;
        }
    }
    let Some(dtype) = dtype else {
        return Ok(());
    };
    if !dtype.is_floating_point() && !dtype.is_complex() {
        return Err(type_error(format!(
            "nn.Module.to only accepts floating point or complex dtypes, but got desired dtype=torch.{}",
            dtype.name()
        )));
    }
    to_float(root, dtype)
}

/// `module.type(dst_type)`
pub(super) fn set_type(root: &Value, target: &Value) -> Result<()> {
    let dtype = dtype_of(target)
        .or_else(|| legacy_type(target))
        .or_else(|| {
            let text = target.as_str()?.strip_prefix("torch.")?;
            DType::by_name(text)
                .or_else(|| legacy_type(&crate::bridge::tensor::legacy_class(text)?))
        });
    match dtype {
        Some(dtype) => replace_all(root, &|tensor| cast(tensor, dtype)),
        None => Err(value_error("invalid type")),
    }
}

/// `_apply(fn)`: a function of the script on every tensor.
pub(super) fn apply_function(
    caller: &mut dyn Caller,
    root: &Value,
    function: &Value,
) -> Result<()> {
    let caller = std::cell::RefCell::new(caller);
    replace_all(root, &|tensor| {
        let args = [tensor_value(tensor.clone())];
        let answer = caller
            .borrow_mut()
            .call(function, Args::positional(&args))?;
        match tensor_of(&answer) {
            Some(new) => Ok(new.detach()),
            None => Err(type_error("_apply() expects a function of tensors")),
        }
    })
}

/// `train(mode)`: the module, then its children by their own method.
pub(super) fn train(caller: &mut dyn Caller, this: &Value, mode: &Value) -> Result<()> {
    let Value::Bool(on) = mode else {
        return Err(value_error("training mode is expected to be boolean"));
    };
    expect_state(this)?.training.set(*on);
    for (_, child) in walk::children(this)? {
        protocol::call_method(caller, &child, "train", std::slice::from_ref(mode))?;
    }
    Ok(())
}

/// `zero_grad(set_to_none)`
pub(super) fn zero_grad(this: &Value, set_to_none: &Value) -> Result<()> {
    for (_, value) in walk::members(this, What::Parameters, "", true, true)? {
        if let Some(tensor) = tensor_of(&value) {
            zero_gradient(tensor, set_to_none)?;
        }
    }
    Ok(())
}

/// Forgets a gradient, or fills it with zeros.
pub(in crate::bridge) fn zero_gradient(tensor: &Tensor, set_to_none: &Value) -> Result<()> {
    let none = set_to_none
        .native_truth()
        .filter(|_| !set_to_none.is_unbound())
        .unwrap_or_else(level::zero_grad_sets_none);
    let Some(grad) = tensor.grad() else {
        return Ok(());
    };
    if none {
        tensor.set_grad(None);
        return Ok(());
    }
    let grad = if grad.grad_fn().is_some() {
        let detached = grad.detach();
        tensor.set_grad(Some(detached.clone()));
        detached
    } else {
        grad
    };
    grad.array().fill(0i64.into()).or_raise()?;
    grad.bump_version();
    Ok(())
}

/// `requires_grad_(on)`
pub(super) fn require_grad(this: &Value, on: bool) -> Result<()> {
    for (_, value) in walk::members(this, What::Parameters, "", true, true)? {
        if let Some(tensor) = tensor_of(&value) {
            tensor.set_requires_grad(on).or_raise()?;
        }
    }
    Ok(())
}

/// Moves to a device: the CPU is where everything is.
pub(super) fn to_device(caller: &mut dyn Caller, root: &Value, device: &Value) -> Result<()> {
    let has_any = !walk::members(root, What::Parameters, "", true, true)?.is_empty()
        || !walk::members(root, What::Buffers, "", true, true)?.is_empty();
    if !has_any {
        return Ok(());
    }
    match to_arg(caller, device)? {
        Arg::Device(text) | Arg::Str(text) => ops::args::check_device(&text).or_raise(),
        _ => ops::args::check_device("cuda").or_raise(),
    }
}
