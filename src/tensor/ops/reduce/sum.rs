//! Sums.

use crate::tensor::array::error::ensure;
use crate::tensor::array::kernels::reduce as kernels;
use crate::tensor::array::layout::wrap_dims;
use crate::tensor::array::{Array, DType, Dims, Result};
use crate::tensor::core::{Tensor, record};
use crate::tensor::ops::samples::{Make, Sample, sample};
use crate::tensor::ops::shape::{expand_to, unsqueeze};
use crate::tensor::ops::spec::{FUNCTION, METHOD, Op};

/// Samples of a reduction over any dimensions.
pub fn over_dims(m: &Make) -> Vec<Sample> {
    vec![
        sample([m.tensor(&[2, 3, 4]).into()]),
        sample([m.tensor(&[2, 3]).into(), 1i64.into()]),
        sample([m.tensor(&[2, 3, 2]).into(), vec![0i64, -1].into()]).with("keepdim", true),
        sample([m.tensor(&[]).into()]),
    ]
}

/// `torch.sum`
pub static SUM: Op = Op {
    signature: "sum(input, dim=None, keepdim=False, *, dtype=None, out=None) -> Tensor",
    faces: FUNCTION | METHOD,
    doc: "The sum of all elements, or over the dimensions `dim`.",
    examples: &[
        ("torch.sum(torch.tensor([[1, 2], [3, 4]]))", "tensor(10)"),
        (
            "torch.tensor([[1., 2.], [3., 4.]]).sum(dim=0)",
            "tensor([4., 6.])",
        ),
    ],
    samples: |m| {
        let mut all = over_dims(m);
        all.push(sample([m.tensor(&[0, 3]).into(), 0i64.into()]));
        all
    },
    call: |a| {
        let x = a.tensor("input")?;
        let dims = a.opt_ints("dim")?;
        Ok(sum_dims(x, dims.as_deref(), a.bool("keepdim")?, a.dtype("dtype")?)?.into())
    },
    ..Op::BASE
};

/// Which dimensions are reduced: all of them for `None` or an empty list.
pub fn reduced(dims: Option<&[i64]>, ndim: usize) -> Result<Dims> {
    ensure!(ndim <= 64, "only tensors with up to 64 dims are supported");
    match dims {
        None | Some([]) => Ok((0..ndim).collect()),
        Some(dims) => {
            let dims = wrap_dims(dims, ndim)?;
            Ok(if ndim == 0 { Dims::new() } else { dims })
        }
    }
}

/// Puts reduced dimensions back with size 1 and stretches to the former shape.
pub fn unreduce(g: &Tensor, shape: &[usize], dims: &[usize], keepdim: bool) -> Result<Tensor> {
    let mut g = g.clone();
    if !keepdim {
        let mut sorted = Dims::from_slice(dims);
        sorted.sort_unstable();
        for d in sorted {
            g = unsqueeze(&g, d as i64)?;
        }
    }
    expand_to(&g, shape)
}

/// `torch.sum` of everything.
pub fn sum(x: &Tensor) -> Result<Tensor> {
    sum_dims(x, None, false, None)
}

/// `torch.sum`
pub fn sum_dims(
    x: &Tensor,
    dims: Option<&[i64]>,
    keepdim: bool,
    dtype: Option<DType>,
) -> Result<Tensor> {
    let array = x.to_array();
    let name = if dims.is_none() {
        "SumBackward0"
    } else {
        "SumBackward1"
    };
    let dims = reduced(dims, array.ndim())?;
    let dtype = dtype.unwrap_or(if array.dtype().is_differentiable() {
        array.dtype()
    } else {
        DType::Int64
    });
    if dtype.is_complex() {
        let dims: Vec<i64> = dims.iter().map(|d| *d as i64).collect();
        return crate::tensor::ops::complex::complex_sum(x, Some(&dims), keepdim, dtype);
    }
    let whole = dims.len() == array.ndim() && array.layout().is_dense();
    let out = if whole && array.dtype() == DType::Bool && dtype == DType::Int64 {
        Ok(Array::scalar(count_true(&array.slice::<bool>())))
    } else {
        compute!(dtype, T => kernels::sum_dims::<T>(&array.to_dtype(<T as crate::tensor::array::Element>::DTYPE)?, &dims),
        bool => {
            let any = kernels::sum_dims::<i64>(&array.to_dtype(DType::Int64)?, &dims)?;
            any.to_dtype(DType::Bool)
        })
    }?;
    let shape = array.dims();
    let out = if keepdim {
        out.reshape(&kernels::reduced_shape(&shape, &dims, true))?
    } else {
        out
    };
    Ok(record(name, [x], out, (), move |g, (), _| {
        Ok([Some(unreduce(g, &shape, &dims, keepdim)?)])
    }))
}

/// How many are true, counted in bytes as far as they go.
fn count_true(all: &[bool]) -> i64 {
    let few = |part: &[bool]| i64::from(part.iter().map(|b| u8::from(*b)).sum::<u8>());
    all.chunks(128).map(few).sum()
}

/// Sums down to a shape that broadcasts to `x`'s.
pub fn sum_to(x: &Tensor, shape: &[usize]) -> Result<Tensor> {
    let from = x.shape();
    if from.as_slice() == shape {
        return Ok(x.clone());
    }
    let extra = from.len() - shape.len();
    let shrinks = |d: &usize| *d < extra || shape[*d - extra] == 1 && from[*d] != 1;
    let dims: Vec<i64> = (0..from.len()).filter(shrinks).map(|d| d as i64).collect();
    let out = if dims.is_empty() {
        x.clone()
    } else {
        sum_dims(x, Some(&dims), true, None)?
    };
    crate::tensor::ops::shape::view_as_shape(&out, shape)
}
