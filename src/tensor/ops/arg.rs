//! One argument of an operation.

use crate::base::spec::Default;
use crate::tensor::array::{DType, Scalar};
use crate::tensor::core::{Generator, Tensor};

/// An argument.
#[derive(Clone)]
pub enum Arg {
    /// `None`
    None,
    /// A `bool`.
    Bool(bool),
    /// An `int`.
    Int(i64),
    /// A `float`.
    Float(f64),
    /// A `complex`: real and imaginary part.
    Complex(f64, f64),
    /// A `str`.
    Str(String),
    /// A tensor.
    Tensor(Tensor),
    /// A list.
    List(Vec<Arg>),
    /// A tuple or `torch.Size`.
    Tuple(Vec<Arg>),
    /// A dtype.
    DType(DType),
    /// A generator.
    Generator(Generator),
    /// A device, by its text.
    Device(String),
    /// Anything else, by the name of its type: accepted where it is not looked at.
    Other(String),
}

impl Arg {
    /// Python's name of the type.
    pub fn type_name(&self) -> &str {
        match self {
            Arg::None => "NoneType",
            Arg::Bool(_) => "bool",
            Arg::Int(_) => "int",
            Arg::Float(_) => "float",
            Arg::Complex(..) => "complex",
            Arg::Str(_) => "str",
            Arg::Tensor(t) if t.is_parameter() => "Parameter",
            Arg::Tensor(_) => "Tensor",
            Arg::List(_) => "list",
            Arg::Tuple(_) => "tuple",
            Arg::DType(_) => "torch.dtype",
            Arg::Generator(_) => "torch.Generator",
            Arg::Device(_) => "torch.device",
            Arg::Other(name) => name,
        }
    }

    /// The elements of a list or tuple.
    pub fn items(&self) -> Option<&[Arg]> {
        match self {
            Arg::List(items) | Arg::Tuple(items) => Some(items),
            _ => None,
        }
    }

    /// An integer, from an `int`, a `bool` or an integer tensor of one element.
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Arg::Int(i) => Some(*i),
            Arg::Bool(b) => Some(i64::from(*b)),
            Arg::Tensor(t) if t.numel() == 1 && !t.dtype().is_floating_point() => {
                t.item().ok().map(Scalar::to_i64)
            }
            _ => None,
        }
    }

    /// A number, from a Python number or a tensor of one element.
    pub fn as_scalar(&self) -> Option<Scalar> {
        match self {
            Arg::Int(i) => Some(Scalar::Int(*i)),
            Arg::Bool(b) => Some(Scalar::Bool(*b)),
            Arg::Float(x) => Some(Scalar::Float(*x)),
            Arg::Complex(re, im) => Some(Scalar::Complex(*re, *im)),
            Arg::Tensor(t) if t.numel() == 1 => t.item().ok(),
            _ => None,
        }
    }
}

impl From<Default> for Arg {
    fn from(default: Default) -> Arg {
        match default {
            Default::None | Default::Absent => Arg::None,
            Default::Bool(b) => Arg::Bool(b),
            Default::Int(i) => Arg::Int(i),
            Default::Float(x) => Arg::Float(x),
            Default::Str(s) => Arg::Str(s.into()),
            Default::Tuple(_) => Arg::Tuple(default.items().into_iter().map(Arg::from).collect()),
        }
    }
}

impl From<Tensor> for Arg {
    fn from(t: Tensor) -> Arg {
        Arg::Tensor(t)
    }
}

impl From<&Tensor> for Arg {
    fn from(t: &Tensor) -> Arg {
        Arg::Tensor(t.clone())
    }
}

impl From<i64> for Arg {
    fn from(i: i64) -> Arg {
        Arg::Int(i)
    }
}

impl From<f64> for Arg {
    fn from(x: f64) -> Arg {
        Arg::Float(x)
    }
}

impl From<bool> for Arg {
    fn from(b: bool) -> Arg {
        Arg::Bool(b)
    }
}

impl From<&str> for Arg {
    fn from(s: &str) -> Arg {
        Arg::Str(s.into())
    }
}

impl From<DType> for Arg {
    fn from(d: DType) -> Arg {
        Arg::DType(d)
    }
}

impl From<Scalar> for Arg {
    fn from(s: Scalar) -> Arg {
        match s {
            Scalar::Bool(b) => Arg::Bool(b),
            Scalar::Int(i) => Arg::Int(i),
            Scalar::UInt(i) => Arg::Int(i as i64),
            Scalar::Float(x) => Arg::Float(x),
            Scalar::Complex(re, im) => Arg::Complex(re, im),
        }
    }
}

impl<T: Into<Arg>> From<Vec<T>> for Arg {
    fn from(items: Vec<T>) -> Arg {
        Arg::Tuple(items.into_iter().map(Into::into).collect())
    }
}
