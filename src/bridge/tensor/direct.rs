//! A straight way for the methods that scripts call most: where every argument is of the plainest kind, no argument is
//! translated. Anything else, errors included, takes the general way of [`call`](crate::bridge::call).

use smallvec::SmallVec;

use super::object::tensor_value;
use crate::bridge::convert::scalar_value;
use crate::bridge::values::size_value;
use crate::lang::object::Value;
use crate::tensor::core::Tensor;
use crate::tensor::ops::{self, Callable};

/// A method on its receiver and the other arguments; `None` where the general way has to be taken.
pub(in crate::bridge) type Direct = fn(&Tensor, &[Value]) -> Option<Value>;

/// The straight way of a method, if it has one.
pub(in crate::bridge) fn direct(callable: Callable) -> Option<Direct> {
    if !callable.method || callable.in_place {
        return None;
    }
    Some(match callable.entry.op.name() {
        "item" => item,
        "reshape" => reshape,
        "size" => size,
        "view" => view,
        _ => return None,
    })
}

fn item(x: &Tensor, args: &[Value]) -> Option<Value> {
    if !args.is_empty() {
        return None;
    }
    x.item().ok().map(scalar_value)
}

fn size(x: &Tensor, args: &[Value]) -> Option<Value> {
    match args {
        [] => Some(size_value(x.shape())),
        [Value::Int(dim)] => x.size(*dim).ok().map(Value::from),
        _ => None,
    }
}

fn view(x: &Tensor, args: &[Value]) -> Option<Value> {
    ops::view(x, &ints(args)?).ok().map(tensor_value)
}

fn reshape(x: &Tensor, args: &[Value]) -> Option<Value> {
    ops::reshape(x, &ints(args)?).ok().map(tensor_value)
}

/// The arguments, if they are integers.
fn ints(args: &[Value]) -> Option<SmallVec<[i64; 4]>> {
    args.iter()
        .map(|arg| match arg {
            Value::Int(i) => Some(*i),
            _ => None,
        })
        .collect()
}
