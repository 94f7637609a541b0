//! What an operation gives back.

use crate::tensor::array::{DType, Dims, Scalar};
use crate::tensor::core::Tensor;

/// What an op returns.
#[derive(Clone, Debug)]
pub enum Out {
    /// `None`
    None,
    /// A tensor.
    Tensor(Tensor),
    /// A tuple of tensors.
    Tensors(Vec<Tensor>),
    /// A list of tensors.
    TensorList(Vec<Tensor>),
    /// A named tuple, `torch.return_types.<name>`.
    Named {
        /// The name after `torch.return_types.`
        name: &'static str,
        /// The fields' names.
        fields: &'static [&'static str],
        /// The fields.
        values: Vec<Tensor>,
    },
    /// A Python number.
    Scalar(Scalar),
    /// A string.
    Str(String),
    /// A dtype.
    DType(DType),
    /// A `torch.Size`.
    Size(Dims),
    /// A tuple.
    Tuple(Vec<Out>),
    /// A list.
    List(Vec<Out>),
}

impl Out {
    /// The tensor, where there is exactly one.
    pub fn tensor(&self) -> Option<&Tensor> {
        if let Out::Tensor(t) = self {
            Some(t)
        } else {
            None
        }
    }

    /// All tensors in it.
    pub fn tensors(&self) -> Vec<Tensor> {
        match self {
            Out::Tensor(t) => vec![t.clone()],
            Out::Tensors(ts) | Out::TensorList(ts) | Out::Named { values: ts, .. } => ts.clone(),
            Out::Tuple(items) | Out::List(items) => items.iter().flat_map(Out::tensors).collect(),
            Out::None | Out::Scalar(_) | Out::Str(_) | Out::DType(_) | Out::Size(_) => Vec::new(),
        }
    }
}

impl From<Tensor> for Out {
    fn from(t: Tensor) -> Out {
        Out::Tensor(t)
    }
}

impl From<Vec<Tensor>> for Out {
    fn from(ts: Vec<Tensor>) -> Out {
        Out::Tensors(ts)
    }
}

impl From<bool> for Out {
    fn from(b: bool) -> Out {
        Out::Scalar(Scalar::Bool(b))
    }
}

impl From<i64> for Out {
    fn from(i: i64) -> Out {
        Out::Scalar(Scalar::Int(i))
    }
}

impl From<f64> for Out {
    fn from(x: f64) -> Out {
        Out::Scalar(Scalar::Float(x))
    }
}

impl From<Scalar> for Out {
    fn from(s: Scalar) -> Out {
        Out::Scalar(s)
    }
}
