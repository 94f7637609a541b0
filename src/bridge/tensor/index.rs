//! Subscripts: `x[0]`, `x[1:, None]`, `x[mask]`, `x[[0, 2]] = 1`.

use smallvec::SmallVec;

use super::derived::keep_class;
use super::object::{expect_tensor, tensor_of, tensor_value};
use crate::bridge::autograd::note_write;
use crate::bridge::callback::watched;
use crate::bridge::convert::{scalar, to_arg};
use crate::bridge::error::{OrRaise, raised};
use crate::bridge::numpy::as_data;
use crate::bridge::warning;
use crate::lang::object::class::Special;
use crate::lang::object::{
    Caller, List, Range, Result, Slice, Tuple, Value, index_error, protocol, type_error,
    value_error,
};
use crate::tensor::core::{Operand, Tensor};
use crate::tensor::ops::index::Index;
use crate::tensor::ops::index::subscript;
use crate::tensor::ops::{self, Arg, Out};

/// The tensors along the first dimension.
pub(super) fn unbind(tensor: &Tensor) -> Result<Vec<Tensor>> {
    ops::unbind(tensor, 0).or_raise()
}

/// `x[key]`
pub(super) fn get(caller: &mut dyn Caller, this: &Value, key: &Value) -> Result<Value> {
    let value = part(caller, this, key)?;
    Ok(keep_class(std::slice::from_ref(this), value))
}

fn part(caller: &mut dyn Caller, this: &Value, key: &Value) -> Result<Value> {
    let tensor = expect_tensor(this)?;
    if let Value::Int(i) = key {
        return watched(caller, || subscript::get(tensor, &[Index::Int(*i)]))
            .map(tensor_value)
            .or_raise();
    }
    let items = items(caller, key)?;
    let out = watched(caller, || subscript::get(tensor, &items)).map_err(raised)?;
    warning::show_pending(caller)?;
    Ok(tensor_value(out))
}

/// `x[key] = value`
pub(super) fn set(caller: &mut dyn Caller, this: &Value, key: &Value, value: &Value) -> Result<()> {
    let tensor = expect_tensor(this)?.clone();
    let items = items(caller, key)?;
    let mut put = |v| watched(caller, || subscript::set(&tensor, &items, v));
    let result = match (tensor_of(value), scalar(value)) {
        (Some(v), _) => put(Operand::Tensor(v)),
        (_, Some(number)) => put(Operand::Scalar(number)),
        _ => {
            return Err(type_error(format!(
                "can't assign a {} to a torch.{}Tensor",
                value.type_name(),
                tensor.dtype().scalar_name()
            )));
        }
    };
    result.map_err(raised)?;
    note_write(caller);
    warning::show_pending(caller)
}

fn made(out: Option<crate::tensor::array::Result<Out>>) -> Result<Tensor> {
    match out {
        Some(Ok(Out::Tensor(tensor))) => Ok(tensor),
        Some(Err(error)) => Err(raised(error)),
        _ => Err(crate::lang::object::not_implemented_error("torch.tensor")),
    }
}

type Items = SmallVec<[Index; 4]>;

/// The items of a subscript.
fn items(caller: &mut dyn Caller, key: &Value) -> Result<Items> {
    let mut out = Items::new();
    match key.exact::<Tuple>() {
        Some(tuple) => {
            for part in tuple.clone().items.iter() {
                out.push(item(caller, part)?);
            }
        }
        None if key.get::<Tuple>().is_some() => {
            // A `torch.Size` or named tuple counts as its elements.
            for part in protocol::collect(caller, key)? {
                out.push(item(caller, &part)?);
            }
        }
        None => out.push(item(caller, key)?),
    }
    Ok(out)
}

fn bound(caller: &mut dyn Caller, value: &Value) -> Result<Option<i64>> {
    match value {
        Value::None => Ok(None),
        Value::Int(i) => Ok(Some(*i)),
        value => match protocol::special(value, Special::Index) {
            Some(_) => Ok(protocol::as_index(caller, value)?.as_int()),
            None if value.is_int() => Ok(value.as_int()),
            None => Err(type_error(
                "slice indices must be integers or None or have an __index__ method",
            )),
        },
    }
}

fn item(caller: &mut dyn Caller, value: &Value) -> Result<Index> {
    Ok(match value {
        Value::Int(i) => Index::Int(*i),
        Value::Bool(b) => Index::Bool(*b),
        Value::None => Index::None,
        Value::Ellipsis => Index::Ellipsis,
        value => {
            if let Some(slice) = value.exact::<Slice>().cloned() {
                let start = bound(caller, &slice.start)?;
                let stop = bound(caller, &slice.stop)?;
                let step = bound(caller, &slice.step)?;
                if step == Some(0) {
                    return Err(value_error("slice step cannot be zero"));
                }
                return Ok(Index::Slice(start, stop, step));
            }
            if let Some(tensor) = tensor_of(value) {
                return Ok(tensor_item(tensor));
            }
            if let Some(data) = as_data(caller, value)?
                && let Some(tensor) = tensor_of(&data)
            {
                return Ok(tensor_item(tensor));
            }
            if value.get::<List>().is_some()
                || value.get::<Tuple>().is_some()
                || value.get::<Range>().is_some()
            {
                return list_item(caller, value).map(Index::Tensor);
            }
            if value.is_int() {
                return Err(value_error("Overflow when unpacking long long"));
            }
            if protocol::special(value, Special::Index).is_some()
                && let Some(i) = protocol::as_index(caller, value)?.as_int()
            {
                return Ok(Index::Int(i));
            }
            if value.as_str().is_some() {
                return Err(type_error("new(): invalid data type 'str'"));
            }
            return Err(index_error(
                "only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are valid indices (got "
                    .to_string()
                    + &value.class_name()
                    + ")",
            ));
        }
    })
}

/// A 0-dim integer tensor selects as its number does; everything else gathers.
fn tensor_item(tensor: &Tensor) -> Index {
    let is_integer = tensor.ndim() == 0
        && !tensor.dtype().is_floating_point()
        && tensor.dtype() != crate::tensor::array::DType::Bool
        && tensor.dtype() != crate::tensor::array::DType::UInt8;
    match tensor.item() {
        Ok(number) if is_integer => Index::Int(number.to_i64()),
        _ => Index::Tensor(tensor.clone()),
    }
}

/// A list of integers, bools or tensors as an index tensor.
fn list_item(caller: &mut dyn Caller, value: &Value) -> Result<Tensor> {
    let items = protocol::collect(caller, value)?;
    if items.is_empty() {
        return Tensor::from_vec(Vec::<i64>::new(), &[0]).or_raise();
    }
    if items.iter().all(|v| tensor_of(v).is_some()) {
        let tensors: Vec<Arg> = items.iter().filter_map(tensor_of).map(Arg::from).collect();
        return made(
            ops::registry::function("stack").map(|stack| stack.call([Arg::List(tensors)], [])),
        );
    }
    let arg = to_arg(caller, value)?;
    made(ops::registry::function("tensor").map(|make| make.call([arg], [])))
}
