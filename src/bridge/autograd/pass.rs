//! Backward passes: `backward`, `grad`, hooks, and the comparison with finite differences.

use std::rc::Rc;

use super::watch::explained;
use crate::bridge::callback::{self, lend};
use crate::bridge::error::{OrRaise, carried};
use crate::bridge::library::optional_attr;
use crate::bridge::tensor::{tensor_of, tensor_value};
use crate::bridge::warning;
use crate::lang::object::{
    Args, Caller, Result, Tuple, Value, intern, protocol, runtime_error, type_error,
};
use crate::tensor::array;
use crate::tensor::autograd;
use crate::tensor::core::Tensor;
use crate::tensor::core::node::TensorHook;
use crate::tensor::ops;

/// A tensor or a sequence of tensors.
fn tensors(caller: &mut dyn Caller, value: &Value) -> Result<Vec<Tensor>> {
    if let Some(tensor) = tensor_of(value) {
        return Ok(vec![tensor.clone()]);
    }
    let mut out = Vec::new();
    for item in protocol::collect(caller, value)? {
        match tensor_of(&item) {
            Some(tensor) => out.push(tensor.clone()),
            None => {
                return Err(type_error(format!(
                    "expected Tensor, but got {}",
                    item.class_name()
                )));
            }
        }
    }
    Ok(out)
}

/// Gradients for so many outputs: `None`, a tensor, or a sequence of both.
fn gradients(caller: &mut dyn Caller, value: &Value, count: usize) -> Result<Vec<Option<Tensor>>> {
    if value.is_none() || value.is_unbound() {
        return Ok(vec![None; count]);
    }
    if let Some(tensor) = tensor_of(value) {
        return Ok(vec![Some(tensor.clone())]);
    }
    let unfit = |value: &Value| {
        type_error(format!(
            "gradients can be either Tensors or None, but got {}",
            value.class_name()
        ))
    };
    if value.as_str().is_some() {
        return Err(unfit(value));
    }
    let mut out = Vec::new();
    for item in protocol::collect(caller, value)? {
        match (item.is_none(), tensor_of(&item)) {
            (true, _) => out.push(None),
            (_, Some(tensor)) => out.push(Some(tensor.clone())),
            _ => return Err(unfit(&item)),
        }
    }
    if out.len() != count {
        return Err(runtime_error(format!(
            "got {count} tensors and {} gradients",
            out.len()
        )));
    }
    Ok(out)
}

fn flag(value: &Value) -> Option<bool> {
    match value {
        Value::None | Value::Unbound => None,
        value => Some(value.native_truth().unwrap_or(true)),
    }
}

/// `backward(tensors, gradients, retain_graph, create_graph, inputs)`
pub(in crate::bridge) fn backward(
    caller: &mut dyn Caller,
    outputs: &Value,
    [grads, retain, create, inputs]: [&Value; 4],
) -> Result<()> {
    let outputs = tensors(caller, outputs)?;
    let grads = gradients(caller, grads, outputs.len())?;
    let inputs = match inputs {
        Value::None | Value::Unbound => None,
        given => Some(tensors(caller, given)?),
    };
    let (retain, create) = (flag(retain), flag(create).unwrap_or(false));
    let done = lend(caller, || {
        autograd::backward_many(&outputs, &grads, retain, create, inputs.as_deref())
    });
    warning::show_pending(caller)?;
    done.or_raise().map_err(explained)
}

/// `torch.autograd.grad`
pub(in crate::bridge) fn grad(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let outputs = tensors(caller, &args[0])?;
    let inputs = tensors(caller, &args[1])?;
    let grads = gradients(caller, &args[2], outputs.len())?;
    let create = flag(&args[4]).unwrap_or(false);
    let retain = flag(&args[3]).unwrap_or(create);
    let materialize = flag(&args[7]).unwrap_or(false);
    if materialize && flag(&args[5]) == Some(false) {
        return Err(crate::lang::object::value_error(
            "Expected allow_unused to be True or not passed when materialize_grads=True, but got: allow_unused=False.",
        ));
    }
    if inputs.is_empty() {
        return Err(runtime_error(
            "`inputs` argument to `grad()` cannot be empty.",
        ));
    }
    let unused = flag(&args[5]).unwrap_or(materialize);
    if flag(&args[6]).unwrap_or(false) {
        return batched(caller, args, grads);
    }
    let found = lend(caller, || {
        autograd::grad(&outputs, &inputs, &grads, retain, create, unused)
    });
    warning::show_pending(caller)?;
    let found = found.or_raise().map_err(explained)?;
    let mut out = Vec::with_capacity(found.len());
    for (g, x) in found.into_iter().zip(&inputs) {
        out.push(match g {
            Some(g) => tensor_value(g),
            None if materialize => {
                let zeros = array::Array::zeros(&x.shape(), x.dtype()).or_raise()?;
                tensor_value(Tensor::from_array(zeros))
            }
            None => Value::None,
        });
    }
    Ok(Value::tuple(out))
}

/// `torch.autograd.grad` for each of the gradients along the first dimension, stacked.
fn batched(caller: &mut dyn Caller, args: &[Value], grads: Vec<Option<Tensor>>) -> Result<Value> {
    let parts: array::Result<Vec<Option<Vec<Tensor>>>> = grads
        .iter()
        .map(|g| g.as_ref().map(|g| ops::unbind(g, 0)).transpose())
        .collect();
    let parts = parts.or_raise()?;
    let count = parts.iter().flatten().next().map_or(0, Vec::len);
    let mut rows = Vec::with_capacity(count);
    for i in 0..count {
        let mut own = args.to_vec();
        let one = |p: &Option<Vec<Tensor>>| p.as_ref()?.get(i).cloned().map(tensor_value);
        let slices: Vec<Value> = parts.iter().map(|p| one(p).unwrap_or_default()).collect();
        own[2] = Value::tuple(slices);
        own[3] = Value::Bool(true);
        own[6] = Value::Bool(false);
        rows.push(grad(caller, &own)?);
    }
    let columns = rows
        .first()
        .and_then(|r| r.get::<Tuple>())
        .map_or(0, |r| r.items.len());
    let mut out = Vec::with_capacity(columns);
    for j in 0..columns {
        let cell = |row: &Value| tensor_of(row.get::<Tuple>()?.items.get(j)?).cloned();
        let column: Option<Vec<Tensor>> = rows.iter().map(cell).collect();
        out.push(match column {
            Some(column) => tensor_value(ops::stack(&column, 0).or_raise()?),
            None => Value::None,
        });
    }
    Ok(Value::tuple(out))
}

/// A hook on a tensor's gradient that calls a function of the script.
pub(in crate::bridge) fn tensor_hook(function: &Value) -> TensorHook {
    let function = function.clone();
    Rc::new(move |grad| {
        let answer = callback::call(&function, &[tensor_value(grad.clone())])?;
        match (answer.is_none(), tensor_of(&answer)) {
            (true, _) => Ok(None),
            (_, Some(tensor)) => {
                check_hooked(&function, grad, tensor).map_err(carried)?;
                Ok(Some(tensor.clone()))
            }
            _ => Err(carried(type_error(format!(
                "expected Variable, but hook returned '{}'",
                answer.class_name()
            )))),
        }
    })
}

/// A hook may change the values of a gradient, neither its size nor its dtype.
fn check_hooked(function: &Value, grad: &Tensor, given: &Tensor) -> Result<()> {
    let changed = if given.shape() != grad.shape() {
        "size of value".to_string()
    } else if given.dtype() != grad.dtype() {
        let name = |t: &Tensor| format!("torch.{}Tensor", t.dtype().scalar_name());
        format!("type of value (was {} got {})", name(grad), name(given))
    } else {
        return Ok(());
    };
    let name = callback::with_caller(|caller| {
        let name = optional_attr(caller, function, &intern("__name__"))?;
        Ok(name.and_then(|n| n.as_str().map(str::to_string)))
    })?;
    let name = name.unwrap_or_else(|| "<unknown>".into());
    Err(runtime_error(format!(
        "hook '{name}' has changed the {changed}"
    )))
}

/// Gradients as a tuple for a hook of the script.
pub(super) fn tensors_value(grads: &[Option<Tensor>]) -> Value {
    let value = |g: &Option<Tensor>| g.clone().map_or(Value::None, tensor_value);
    Value::tuple(grads.iter().map(value).collect::<Vec<_>>())
}

/// What a hook on a node answered.
pub(super) fn optional_tensors(answer: &Value) -> Result<Option<Vec<Option<Tensor>>>> {
    if answer.is_none() {
        return Ok(None);
    }
    if let Some(tensor) = tensor_of(answer) {
        return Ok(Some(vec![Some(tensor.clone())]));
    }
    let items = match answer.get::<crate::lang::object::Tuple>() {
        Some(tuple) => tuple.items.to_vec(),
        None => match answer.get::<crate::lang::object::List>() {
            Some(list) => list.items.borrow().clone(),
            None => return Err(type_error("expected a tuple of Tensors")),
        },
    };
    Ok(Some(items.iter().map(|v| tensor_of(v).cloned()).collect()))
}

/// `torch.autograd.gradcheck(func, inputs)`
pub(in crate::bridge) fn check_gradients(
    caller: &mut dyn Caller,
    function: &Value,
    inputs: &Value,
    second: bool,
) -> Result<bool> {
    let inputs = tensors(caller, inputs)?;
    if !inputs.iter().any(Tensor::requires_grad) {
        return Err(crate::lang::object::value_error(
            "gradcheck expects at least one input tensor to require gradient, but none of them have requires_grad=True.",
        ));
    }
    let shares = |x: &Tensor| {
        let a = x.array();
        let mut dims = a.layout().strides.iter().zip(a.shape());
        x.requires_grad() && dims.any(|(stride, size)| *stride == 0 && *size > 1)
    };
    if let Some(i) = inputs.iter().position(shares) {
        return Err(runtime_error(format!(
            "The {i}th input has a dimension with stride 0. gradcheck only supports inputs that are non-overlapping to be able to compute the numerical gradients correctly. You should call .contiguous on the input before passing it to gradcheck."
        )));
    }
    let run = |inputs: &[Tensor]| {
        let args: Vec<Value> = inputs.iter().cloned().map(tensor_value).collect();
        callback::with_caller(|caller| {
            let answer = caller.call(function, Args::positional(&args))?;
            tensors(caller, &answer)
        })
        .map_err(carried)
    };
    lend(caller, || {
        if second {
            autograd::gradgradcheck(&run, &inputs)
        } else {
            autograd::gradcheck(&run, &inputs)
        }
    })
    .or_raise()?;
    Ok(true)
}
