//! Values of the language as arguments of the tensor wing, and its results as values: one translation for all ops.

use smallvec::SmallVec;

use super::error::OrRaise;
use super::tensor::{TensorObject, legacy_type, tensor_value};
use super::values::{
    DTypeObject, DeviceObject, GeneratorObject, dtype_value, return_types, size_value,
};
use crate::lang::object::class::Special;
use crate::lang::object::{
    BigInt, Caller, Class, Complex, Kind, List, Range, Ref, Result, Str, Tuple, Value, protocol,
    types, value_error,
};
use crate::tensor::array::{DType, Scalar};
use crate::tensor::ops::{Arg, Out};

/// Lists nested deeper than this are no data.
const DEEPEST: usize = 64;

/// A value as an argument.
#[inline]
pub(super) fn to_arg(caller: &mut dyn Caller, value: &Value) -> Result<Arg> {
    nested(caller, value, 0)
}

fn nested(caller: &mut dyn Caller, value: &Value, depth: usize) -> Result<Arg> {
    Ok(match value {
        Value::None | Value::Unbound => Arg::None,
        Value::Bool(b) => Arg::Bool(*b),
        Value::Int(i) => Arg::Int(*i),
        Value::Float(x) => Arg::Float(*x),
        Value::NotImplemented | Value::Ellipsis => Arg::Other(value.class_name()),
        Value::Obj(_) => {
            if let Some(tensor) = value.exact::<TensorObject>() {
                return Ok(Arg::Tensor(tensor.0.clone()));
            }
            return object(caller, value, depth);
        }
    })
}

fn object(caller: &mut dyn Caller, value: &Value, depth: usize) -> Result<Arg> {
    let plain = value.unwrapped();
    match plain.kind() {
        Some(Kind::Str) => {
            if let Some(text) = plain.exact::<Str>() {
                return Ok(Arg::Str(text.as_str().to_string()));
            }
        }
        Some(Kind::List) => {
            if let Some(list) = plain.exact::<List>() {
                let items = list.items.borrow().clone();
                return all(caller, &items, depth, value).map(Arg::List);
            }
        }
        Some(Kind::Tuple) => {
            if let Some(tuple) = plain.exact::<Tuple>().cloned() {
                return all(caller, &tuple.items, depth, value).map(Arg::Tuple);
            }
        }
        Some(Kind::Range) => {
            if let Some(range) = plain.exact::<Range>() {
                let numbers = (0..range.len() as i64).map(|i| range.start + i * range.step);
                return Ok(Arg::List(numbers.map(Arg::Int).collect()));
            }
        }
        Some(Kind::Complex) => {
            if let Some(c) = plain.get::<Complex>() {
                return Ok(Arg::Complex(c.re, c.im));
            }
        }
        Some(Kind::BigInt) if plain.exact::<BigInt>().is_some() => {
            return Err(value_error("Overflow when unpacking long long"));
        }
        Some(Kind::Foreign) => {
            if let Some(arg) = foreign(plain) {
                return Ok(arg);
            }
        }
        Some(Kind::Class) => {
            if let Some(dtype) = dtype_of(plain).or_else(|| legacy_type(plain)) {
                return Ok(Arg::DType(dtype));
            }
        }
        _ => match plain {
            Value::Int(_) | Value::Bool(_) | Value::Float(_) => {
                return nested(caller, &plain.clone(), depth);
            }
            _ => {}
        },
    }
    by_methods(caller, value)
}

fn all(caller: &mut dyn Caller, items: &[Value], depth: usize, whole: &Value) -> Result<Vec<Arg>> {
    if depth == DEEPEST {
        return Err(value_error(format!(
            "too many dimensions '{}'",
            whole.class_name()
        )));
    }
    let mut args = Vec::with_capacity(items.len());
    for item in items {
        args.push(nested(caller, item, depth + 1)?);
    }
    Ok(args)
}

fn foreign(value: &Value) -> Option<Arg> {
    if let Some(tensor) = value.exact::<TensorObject>() {
        return Some(Arg::Tensor(tensor.0.clone()));
    }
    if let Some(dtype) = value.exact::<DTypeObject>() {
        return Some(Arg::DType(dtype.0));
    }
    if let Some(device) = value.exact::<DeviceObject>() {
        return Some(Arg::Device(device.text()));
    }
    let generator = value.exact::<GeneratorObject>()?;
    Some(Arg::Generator(generator.0.clone()))
}

/// Numbers by `__index__` or `__float__`; everything else is known by its type alone.
fn by_methods(caller: &mut dyn Caller, value: &Value) -> Result<Arg> {
    if value.kind() == Some(Kind::Instance) {
        let name = value.type_name();
        if name == "numpy.ndarray" {
            // An array of one integer counts as that; others are known by their type.
            let index = protocol::as_index(caller, value).ok();
            let index = index.and_then(|i| i.as_int()).map(Arg::Int);
            return Ok(index.unwrap_or(Arg::Other(name)));
        }
        if protocol::special(value, Special::Index).is_some()
            && let Some(i) = protocol::as_index(caller, value)?.as_int()
        {
            return Ok(Arg::Int(i));
        }
        if protocol::special(value, Special::Float).is_some()
            && let Some(x) = protocol::call_special(caller, value, Special::Float, &[])?
                .and_then(|x| x.as_float())
        {
            return Ok(Arg::Float(x));
        }
    }
    Ok(Arg::Other(value.type_name()))
}

/// A value as an argument, where nothing of the script may be called.
pub(super) fn plain_arg(value: &Value) -> Arg {
    match value.unwrapped() {
        Value::None | Value::Unbound => Arg::None,
        Value::Bool(b) => Arg::Bool(*b),
        Value::Int(i) => Arg::Int(*i),
        Value::Float(x) => Arg::Float(*x),
        plain => match plain.kind() {
            Some(Kind::Str) => Arg::Str(plain.as_str().unwrap_or_default().to_string()),
            Some(Kind::Tuple) => {
                let tuple = plain.exact::<Tuple>();
                Arg::Tuple(tuple.map_or(Vec::new(), |t| t.items.iter().map(plain_arg).collect()))
            }
            Some(Kind::List) => {
                let items = plain
                    .exact::<List>()
                    .map(|list| list.items.borrow().clone());
                // A list that holds itself is no argument of any layer.
                let flat = |v: &Value| match v.kind() {
                    Some(Kind::List) => Arg::Other("list".into()),
                    _ => plain_arg(v),
                };
                Arg::List(items.unwrap_or_default().iter().map(flat).collect())
            }
            Some(Kind::Foreign) => foreign(plain).unwrap_or_else(|| Arg::Other(value.class_name())),
            _ => Arg::Other(value.class_name()),
        },
    }
}

/// Values as arguments.
pub(super) fn to_args(caller: &mut dyn Caller, values: &[Value]) -> Result<SmallVec<[Arg; 4]>> {
    let mut args = SmallVec::with_capacity(values.len());
    for value in values {
        args.push(to_arg(caller, value)?);
    }
    Ok(args)
}

/// A number, from a value of the language.
#[inline]
pub(super) fn scalar(value: &Value) -> Option<Scalar> {
    match value {
        Value::Float(x) => Some(Scalar::Float(*x)),
        Value::Int(i) => Some(Scalar::Int(*i)),
        Value::Bool(b) => Some(Scalar::Bool(*b)),
        Value::Obj(_) => match value.unwrapped() {
            Value::Float(x) => Some(Scalar::Float(*x)),
            Value::Int(i) => Some(Scalar::Int(*i)),
            Value::Bool(b) => Some(Scalar::Bool(*b)),
            other => other.get::<Complex>().map(|c| Scalar::Complex(c.re, c.im)),
        },
        _ => None,
    }
}

/// A number as a value.
#[inline]
pub(super) fn scalar_value(scalar: Scalar) -> Value {
    match scalar {
        Scalar::Bool(b) => Value::Bool(b),
        Scalar::Int(i) => Value::Int(i),
        Scalar::UInt(i) => Value::from(i as usize),
        Scalar::Float(x) => Value::Float(x),
        Scalar::Complex(re, im) => Value::from(Ref::new(Complex { re, im })),
    }
}

/// A dtype, from a `torch.dtype` or one of Python's number types.
pub(super) fn dtype_of(value: &Value) -> Option<DType> {
    if let Some(dtype) = value.exact::<DTypeObject>() {
        return Some(dtype.0);
    }
    let class = value.exact::<Class>()?;
    let t = types();
    [
        (&t.float, DType::Float64),
        (&t.complex, DType::Complex128),
        (&t.int, DType::Int64),
        (&t.bool, DType::Bool),
    ]
    .iter()
    .find(|(known, _)| known.same(class))
    .map(|(_, dtype)| *dtype)
}

/// Refuses a device other than the CPU.
pub(super) fn check_device(value: &Value) -> Result<()> {
    if let Some(device) = value.exact::<DeviceObject>() {
        return device.check();
    }
    match value.as_str() {
        Some(text) => crate::tensor::ops::args::check_device(text).or_raise(),
        None => Ok(()),
    }
}

/// A result as a value.
pub(super) fn out_value(out: Out) -> Value {
    match out {
        Out::None => Value::None,
        Out::Tensor(t) => tensor_value(t),
        Out::Tensors(ts) => Value::tuple(ts.into_iter().map(tensor_value).collect::<Vec<_>>()),
        Out::TensorList(ts) => Value::list(ts.into_iter().map(tensor_value).collect()),
        Out::Named {
            name,
            fields,
            values,
        } => return_types::named(name, fields, values.into_iter().map(tensor_value).collect()),
        Out::Scalar(s) => scalar_value(s),
        Out::Str(s) => Value::str(s),
        Out::DType(d) => dtype_value(d),
        Out::Size(dims) => size_value(dims),
        Out::Tuple(items) => Value::tuple(items.into_iter().map(out_value).collect::<Vec<_>>()),
        Out::List(items) => Value::list(items.into_iter().map(out_value).collect()),
    }
}

/// An argument as a value: what a layer keeps as an attribute.
pub(super) fn arg_value(arg: Arg) -> Value {
    match arg {
        Arg::None => Value::None,
        Arg::Bool(b) => Value::Bool(b),
        Arg::Int(i) => Value::Int(i),
        Arg::Float(x) => Value::Float(x),
        Arg::Complex(re, im) => Value::from(Ref::new(Complex { re, im })),
        Arg::Str(s) => Value::str(s),
        Arg::Tensor(t) => tensor_value(t),
        Arg::List(items) => Value::list(items.into_iter().map(arg_value).collect()),
        Arg::Tuple(items) => Value::tuple(items.into_iter().map(arg_value).collect::<Vec<_>>()),
        Arg::DType(d) => dtype_value(d),
        Arg::Generator(g) => Value::from(crate::lang::object::Ref::new(GeneratorObject(g))),
        Arg::Device(text) => match super::values::device::parse(&text) {
            Ok(device) => Value::from(crate::lang::object::Ref::new(device)),
            Err(_) => Value::str(text),
        },
        Arg::Other(name) => Value::str(name),
    }
}
