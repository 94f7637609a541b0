//! Copies and conversions.

use crate::tensor::array::{DType, Result};
use crate::tensor::core::{Tensor, record};
use crate::tensor::ops::samples;
use crate::tensor::ops::spec::{FUNCTION, METHOD, Op};

/// `torch.clone`
pub static CLONE: Op = Op {
    signature: "clone(input, *, memory_format=None) -> Tensor",
    faces: FUNCTION | METHOD,
    doc: "A copy with its own memory. Gradients flow back to `input`.",
    examples: &[("torch.tensor([1, 2]).clone()", "tensor([1, 2])")],
    samples: samples::pointwise,
    call: |a| Ok(clone(a.tensor("input")?)?.into()),
    ..Op::BASE
};

/// `Tensor.contiguous`
pub static CONTIGUOUS: Op = Op {
    signature: "contiguous(input, memory_format=None) -> Tensor",
    faces: METHOD,
    doc: "The tensor itself if its elements lie in row-major order, else a copy where they do.",
    examples: &[("torch.ones(2, 3).t().contiguous().is_contiguous()", "True")],
    samples: samples::pointwise,
    call: |a| Ok(contiguous(a.tensor("input")?)?.into()),
    ..Op::BASE
};

/// `torch.clone`
pub fn clone(x: &Tensor) -> Result<Tensor> {
    let out = x.array().copy_dense()?;
    Ok(record("CloneBackward0", [x], out, (), |g, (), _| {
        Ok([Some(g.clone())])
    }))
}

/// `Tensor.contiguous`
pub fn contiguous(x: &Tensor) -> Result<Tensor> {
    if x.array().is_contiguous() {
        return Ok(x.clone());
    }
    let out = x.array().copy()?;
    Ok(record("CloneBackward0", [x], out, (), |g, (), _| {
        Ok([Some(g.clone())])
    }))
}

/// `Tensor.to(dtype)`
pub fn to_dtype(x: &Tensor, dtype: DType) -> Result<Tensor> {
    let from = x.dtype();
    if from == dtype {
        return Ok(x.clone());
    }
    let out = x.array().to_dtype(dtype)?;
    Ok(record("ToCopyBackward0", [x], out, (), move |g, (), _| {
        Ok([Some(to_dtype(g, from)?)])
    }))
}
