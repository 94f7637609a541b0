//! Views of parts: narrow, select, diagonal, unfold.

use super::rearrange::unsqueeze;
use crate::tensor::array::Result;
use crate::tensor::array::error::ensure;
use crate::tensor::array::layout::wrap_dim;
use crate::tensor::core::Tensor;
use crate::tensor::ops::args::Arg;
use crate::tensor::ops::samples::sample;
use crate::tensor::ops::spec::{FUNCTION, METHOD, Op};
use crate::tensor::ops::view::record_view;

/// `torch.narrow`
pub static NARROW: Op = Op {
    signature: "narrow(input, dim, start, length) -> Tensor",
    faces: FUNCTION | METHOD,
    doc: "A view of `length` indices of a dimension from `start`.",
    examples: &[("torch.arange(5).narrow(0, 1, 2)", "tensor([1, 2])")],
    samples: |m| {
        vec![sample([
            m.tensor(&[2, 5]).into(),
            Arg::Int(1),
            Arg::Int(-4),
            Arg::Int(3),
        ])]
    },
    call: |a| {
        if let Arg::Tensor(start) = a.arg("start") {
            ensure!(
                start.ndim() == 0 && start.dtype().is_integer(),
                "start must be an 0-dim integral Tensor."
            );
        }
        let start = a.int("start")?;
        Ok(narrow(a.tensor("input")?, a.int("dim")?, start, a.int("length")?)?.into())
    },
    ..Op::BASE
};

/// `torch.narrow`
pub fn narrow(x: &Tensor, dim: i64, start: i64, length: i64) -> Result<Tensor> {
    ensure!(
        x.ndim() > 0,
        "narrow() cannot be applied to a 0-dim tensor."
    );
    ensure!(length >= 0, "narrow(): length must be non-negative.");
    let d = wrap_dim(dim, x.ndim())?;
    let size = x.shape()[d] as i64;
    ensure!(
        (-size..=size).contains(&start),
        Index,
        "start out of range (expected to be in range of [{}, {size}], but got {start})",
        -size
    );
    let start = if start < 0 { start + size } else { start };
    ensure!(
        start + length <= size,
        "start ({start}) + length ({length}) exceeds dimension size ({size})."
    );
    Ok(slice(x, d, start as usize, length as usize, 1))
}

/// A view of every `step`-th index of a dimension.
pub fn slice(x: &Tensor, dim: usize, start: usize, len: usize, step: usize) -> Tensor {
    let layout = x.array().layout().slice(dim, start, len, step);
    let shape = x.shape();
    record_view("SliceBackward0", x, layout, move |g, _| {
        slice_backward(g, &shape, dim, start, step)
    })
}

/// Zeros of a shape with `g` in a slice.
pub fn slice_backward(
    g: &Tensor,
    shape: &[usize],
    dim: usize,
    start: usize,
    step: usize,
) -> Result<Tensor> {
    let out = crate::tensor::array::Array::zeros(shape, g.dtype())?;
    let len = g.shape()[dim];
    let part = out.with_layout(out.layout().slice(dim, start, len, step));
    part.assign(&g.array())?;
    Ok(crate::tensor::core::record(
        "SliceBackward0",
        [g],
        out,
        (),
        move |g, (), _| Ok([Some(slice(g, dim, start, len, step))]),
    ))
}

/// `torch.select`
pub static SELECT: Op = Op {
    signature: "select(input, dim, index) -> Tensor",
    faces: FUNCTION | METHOD,
    doc: "A view of one index of a dimension, which goes away.",
    examples: &[(
        "torch.tensor([[1, 2], [3, 4]]).select(0, 1)",
        "tensor([3, 4])",
    )],
    samples: |m| {
        vec![sample([
            m.tensor(&[2, 3]).into(),
            Arg::Int(1),
            Arg::Int(-1),
        ])]
    },
    call: |a| {
        let (x, i) = (a.tensor("input")?, a.int("index")?);
        ensure!(
            x.ndim() > 0,
            Index,
            "select() cannot be applied to a 0-dim tensor."
        );
        let d = wrap_dim(a.int("dim")?, x.ndim())?;
        let n = x.shape()[d] as i64;
        ensure!(
            (-n..n).contains(&i),
            Index,
            "select(): index {i} out of range for tensor of size {} at dimension {d}",
            crate::tensor::array::layout::show(&x.shape())
        );
        Ok(select_index(x, d, if i < 0 { i + n } else { i } as usize).into())
    },
    ..Op::BASE
};

/// A view of one index of a dimension; both must be in range.
pub fn select_index(x: &Tensor, dim: usize, index: usize) -> Tensor {
    let array = x.array();
    let layout = array.layout().select(dim, index);
    let shape = array.dims();
    drop(array);
    record_view("SelectBackward0", x, layout, move |g, _| {
        slice_backward(&unsqueeze(g, dim as i64)?, &shape, dim, index, 1)
    })
}

/// `torch.diagonal`
pub static DIAGONAL: Op = Op {
    signature: "diagonal(input, offset=0, dim1=0, dim2=1) -> Tensor",
    faces: FUNCTION | METHOD,
    doc: "A view of the diagonal of two dimensions, which becomes the last dimension.",
    examples: &[(
        "torch.tensor([[1, 2], [3, 4]]).diagonal()",
        "tensor([1, 4])",
    )],
    samples: |m| {
        vec![
            sample([m.tensor(&[3, 4]).into()]),
            sample([
                m.tensor(&[3, 2, 4]).into(),
                Arg::Int(1),
                Arg::Int(0),
                Arg::Int(2),
            ]),
            sample([m.tensor(&[3, 4]).into(), Arg::Int(-1)]),
        ]
    },
    call: |a| {
        Ok(diagonal(
            a.tensor("input")?,
            a.int("offset")?,
            a.int("dim1")?,
            a.int("dim2")?,
        )?
        .into())
    },
    ..Op::BASE
};

/// `torch.diagonal`
pub fn diagonal(x: &Tensor, offset: i64, dim1: i64, dim2: i64) -> Result<Tensor> {
    let (a, b) = (wrap_dim(dim1, x.ndim())?, wrap_dim(dim2, x.ndim())?);
    ensure!(
        a != b,
        "diagonal dimensions cannot be identical {dim1}, {dim2}"
    );
    let shape = x.shape();
    let mut layout = x.array().layout().clone();
    let length = if offset >= 0 {
        (shape[a] as i64).min(shape[b] as i64 - offset)
    } else {
        (shape[a] as i64 + offset).min(shape[b] as i64)
    }
    .max(0) as usize;
    if length > 0 {
        let (down, right) = if offset >= 0 {
            (0, offset)
        } else {
            (-offset, 0)
        };
        layout.offset += down as usize * layout.strides[a] + right as usize * layout.strides[b];
    }
    let stride = layout.strides[a] + layout.strides[b];
    for d in [a.max(b), a.min(b)] {
        layout.shape.remove(d);
        layout.strides.remove(d);
    }
    layout.shape.push(length);
    layout.strides.push(stride);
    Ok(record_view("DiagonalBackward0", x, layout, move |g, _| {
        diagonal_backward(g, &shape, offset, dim1, dim2)
    }))
}

fn diagonal_backward(
    g: &Tensor,
    shape: &[usize],
    offset: i64,
    dim1: i64,
    dim2: i64,
) -> Result<Tensor> {
    let out = crate::tensor::array::Array::zeros(shape, g.dtype())?;
    let full = Tensor::from_array(out.clone());
    crate::tensor::core::no_grad(|| diagonal(&full, offset, dim1, dim2))?
        .array()
        .assign(&g.array())?;
    Ok(crate::tensor::core::record(
        "DiagonalBackwardBackward0",
        [g],
        out,
        (),
        move |g, (), _| Ok([Some(diagonal(g, offset, dim1, dim2)?)]),
    ))
}

/// `Tensor.unfold`
pub static UNFOLD: Op = Op {
    signature: "unfold(input, dimension, size, step) -> Tensor",
    faces: METHOD,
    doc: "A view of all stretches of `size` along a dimension, `step` apart; the stretch is a new last dimension.",
    examples: &[(
        "torch.arange(5).unfold(0, 2, 2)",
        "tensor([[0, 1],\n        [2, 3]])",
    )],
    samples: |m| {
        vec![sample([
            m.tensor(&[2, 5]).into(),
            Arg::Int(1),
            Arg::Int(3),
            Arg::Int(1),
        ])]
    },
    call: |a| {
        let x = a.tensor("input")?;
        let d = wrap_dim(a.int("dimension")?, x.ndim())?;
        let (size, step) = (a.int("size")?, a.int("step")?);
        let mut layout = x.array().layout().clone();
        let n = layout.shape.get(d).copied().unwrap_or(1) as i64;
        ensure!(size >= 0, "size is {size} but must be >= 0");
        ensure!(
            size <= n,
            "maximum size for tensor at dimension {d} is {n} but size is {size}"
        );
        ensure!(step > 0, "step is {step} but must be > 0");
        if layout.shape.is_empty() {
            layout.shape.push(size as usize);
            layout.strides.push(1);
        } else {
            let stride = layout.strides[d];
            layout.shape[d] = ((n - size) / step + 1) as usize;
            layout.strides[d] = stride * step as usize;
            layout.shape.push(size as usize);
            layout.strides.push(stride);
        }
        Ok(crate::tensor::ops::view::as_strided("UnfoldBackward0", x, layout).into())
    },
    ..Op::BASE
};
