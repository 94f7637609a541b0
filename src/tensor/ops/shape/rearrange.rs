//! Views: other shapes and orders of the same memory.

use crate::tensor::array::error::{bail, ensure};
use crate::tensor::array::layout::{infer_size, wrap_dim, wrap_dims};
use crate::tensor::array::{Dims, Result};
use crate::tensor::core::Tensor;
use crate::tensor::ops::args::Arg;
use crate::tensor::ops::samples::sample;
use crate::tensor::ops::spec::{FUNCTION, METHOD, Op};
use crate::tensor::ops::sum_to;
use crate::tensor::ops::view::record_view;

/// `Tensor.view`
pub static VIEW: Op = Op {
    signature: "view(input, *size, dtype=None) -> Tensor",
    faces: METHOD,
    doc: "The same memory in another shape; one size may be -1. With a dtype, the elements converted bit by bit.",
    examples: &[(
        "torch.arange(6).view(2, -1)",
        "tensor([[0, 1, 2],\n        [3, 4, 5]])",
    )],
    samples: |m| {
        vec![
            sample([m.tensor(&[2, 6]).into(), Arg::Int(3), Arg::Int(-1)]),
            sample([m.tensor(&[2, 3]).into(), vec![6i64].into()]),
            sample([m.tensor(&[]).into(), vec![1i64, 1].into()]),
        ]
    },
    call: |a| {
        let x = a.tensor("input")?;
        if let [Arg::DType(d)] = a.star() {
            ensure!(*d == x.dtype(), NotImplemented, "torch.Tensor.view(dtype)");
            return Ok(x.clone().into());
        }
        Ok(view(x, &a.ints("size")?)?.into())
    },
    ..Op::BASE
};

/// `torch.reshape`
pub static RESHAPE: Op = Op {
    signature: "reshape(input, *shape) -> Tensor",
    faces: FUNCTION | METHOD,
    doc: "The elements in another shape; a view where possible, else a copy.",
    examples: &[(
        "torch.arange(4).reshape(2, 2)",
        "tensor([[0, 1],\n        [2, 3]])",
    )],
    samples: |m| vec![sample([m.tensor(&[2, 6]).into(), vec![3i64, -1].into()])],
    call: |a| Ok(reshape(a.tensor("input")?, &a.ints("shape")?)?.into()),
    ..Op::BASE
};

/// `torch.t`
pub static T: Op = Op {
    signature: "t(input) -> Tensor",
    faces: FUNCTION | METHOD,
    doc: "The transpose of a matrix; tensors of fewer dimensions stay as they are.",
    examples: &[("torch.tensor([[1, 2]]).t()", "tensor([[1],\n        [2]])")],
    samples: |m| {
        vec![
            sample([m.tensor(&[2, 3]).into()]),
            sample([m.tensor(&[3]).into()]),
        ]
    },
    call: |a| Ok(t(a.tensor("input")?)?.into()),
    ..Op::BASE
};

/// `torch.transpose`
pub static TRANSPOSE: Op = Op {
    signature: "transpose(input, dim0, dim1) -> Tensor",
    aliases: &["swapaxes", "swapdims"],
    faces: FUNCTION | METHOD,
    doc: "A view with two dimensions exchanged.",
    examples: &[(
        "torch.ones(2, 3).transpose(0, 1).shape",
        "torch.Size([3, 2])",
    )],
    samples: |m| {
        vec![sample([
            m.tensor(&[2, 3, 4]).into(),
            Arg::Int(0),
            Arg::Int(-1),
        ])]
    },
    call: |a| Ok(transpose(a.tensor("input")?, a.int("dim0")?, a.int("dim1")?)?.into()),
    ..Op::BASE
};

/// `torch.permute`
pub static PERMUTE: Op = Op {
    signature: "permute(input, *dims) -> Tensor",
    faces: FUNCTION | METHOD,
    doc: "A view with the dimensions in another order.",
    examples: &[(
        "torch.ones(2, 3, 4).permute(2, 0, 1).shape",
        "torch.Size([4, 2, 3])",
    )],
    samples: |m| {
        vec![sample([
            m.tensor(&[2, 3, 4]).into(),
            vec![2i64, 0, 1].into(),
        ])]
    },
    call: |a| Ok(permute(a.tensor("input")?, &a.ints("dims")?)?.into()),
    ..Op::BASE
};

/// `torch.unsqueeze`
pub static UNSQUEEZE: Op = Op {
    signature: "unsqueeze(input, dim) -> Tensor",
    faces: FUNCTION | METHOD,
    doc: "A view with a new dimension of size 1.",
    examples: &[(
        "torch.tensor([1, 2]).unsqueeze(1)",
        "tensor([[1],\n        [2]])",
    )],
    samples: |m| {
        vec![
            sample([m.tensor(&[2, 3]).into(), Arg::Int(-1)]),
            sample([m.tensor(&[]).into(), Arg::Int(0)]),
        ]
    },
    call: |a| Ok(unsqueeze(a.tensor("input")?, a.int("dim")?)?.into()),
    ..Op::BASE
};

/// `Tensor.expand`
pub static EXPAND: Op = Op {
    signature: "expand(input, *size, implicit=False) -> Tensor",
    faces: METHOD,
    doc: "A view stretched along dimensions of size 1; -1 leaves a dimension as it is.",
    examples: &[(
        "torch.tensor([[1], [2]]).expand(-1, 3)",
        "tensor([[1, 1, 1],\n        [2, 2, 2]])",
    )],
    samples: |m| {
        vec![
            sample([m.tensor(&[2, 1]).into(), vec![4i64, -1, 3].into()]),
            sample([m.tensor(&[]).into(), vec![2i64].into()]),
        ]
    },
    call: |a| Ok(expand(a.tensor("input")?, &a.ints("size")?)?.into()),
    ..Op::BASE
};

fn signed(shape: &[usize]) -> Vec<i64> {
    shape.iter().map(|s| *s as i64).collect()
}

/// `Tensor.view`
pub fn view(x: &Tensor, sizes: &[i64]) -> Result<Tensor> {
    let shape = infer_size(sizes, x.numel())?;
    view_as_shape(x, &shape)
}

/// `Tensor.view` to a shape of the same size.
pub fn view_as_shape(x: &Tensor, shape: &[usize]) -> Result<Tensor> {
    let layout = x.array().layout().view(shape);
    let Some(layout) = layout else {
        bail!(
            "view size is not compatible with input tensor's size and stride (at least one dimension spans across two contiguous subspaces). Use .reshape(...) instead."
        );
    };
    let from = x.shape();
    Ok(record_view("ViewBackward0", x, layout, move |g, _| {
        reshape_to(g, &from)
    }))
}

/// `torch.reshape`
pub fn reshape(x: &Tensor, sizes: &[i64]) -> Result<Tensor> {
    let shape = infer_size(sizes, x.numel())?;
    reshape_to(x, &shape)
}

/// `torch.reshape` to a shape of the same size.
pub fn reshape_to(x: &Tensor, shape: &[usize]) -> Result<Tensor> {
    if x.array().layout().view(shape).is_some() {
        return view_as_shape(x, shape);
    }
    let copy = super::contiguous(x)?;
    let layout = copy
        .array()
        .layout()
        .view(shape)
        .expect("a contiguous tensor has every shape of its size");
    let from = x.shape();
    Ok(record_view(
        "UnsafeViewBackward0",
        &copy,
        layout,
        move |g, _| reshape_to(g, &from),
    ))
}

/// `torch.t`
pub fn t(x: &Tensor) -> Result<Tensor> {
    let n = x.ndim();
    ensure!(
        n <= 2,
        "t() expects a tensor with <= 2 dimensions, but self is {n}D"
    );
    let layout = if n == 2 {
        x.array().layout().transpose(0, 1)
    } else {
        x.array().layout().clone()
    };
    Ok(record_view("TBackward0", x, layout, |g, _| t(g)))
}

/// `torch.transpose`
pub fn transpose(x: &Tensor, dim0: i64, dim1: i64) -> Result<Tensor> {
    let n = x.ndim();
    let (a, b) = (wrap_dim(dim0, n)?, wrap_dim(dim1, n)?);
    let layout = x.array().layout().transpose(a, b);
    Ok(record_view("TransposeBackward0", x, layout, move |g, _| {
        transpose(g, dim0, dim1)
    }))
}

/// `torch.permute`
pub fn permute(x: &Tensor, dims: &[i64]) -> Result<Tensor> {
    let n = x.ndim();
    ensure!(
        dims.len() == n,
        "permute(sparse_coo): number of dimensions in the tensor input does not match the length of the desired ordering of dimensions i.e. input.dim() = {n} is not equal to len(dims) = {}",
        dims.len()
    );
    let order = wrap_dims(dims, n).map_err(|e| match e.kind() {
        crate::tensor::array::ErrorKind::Runtime => {
            crate::tensor::array::Error::runtime("permute(): duplicate dims are not allowed.")
        }
        _ => e,
    })?;
    let mut back = vec![0i64; n];
    order
        .iter()
        .enumerate()
        .for_each(|(i, d)| back[*d] = i as i64);
    let layout = x.array().layout().permute(&order);
    Ok(record_view("PermuteBackward0", x, layout, move |g, _| {
        permute(g, &back)
    }))
}

/// `torch.unsqueeze`
pub fn unsqueeze(x: &Tensor, dim: i64) -> Result<Tensor> {
    let d = wrap_dim(dim, x.ndim() + 1)?;
    let layout = x.array().layout().unsqueeze(d);
    let shape = x.shape();
    Ok(record_view("UnsqueezeBackward0", x, layout, move |g, _| {
        reshape_to(g, &shape)
    }))
}

/// `Tensor.expand`
pub fn expand(x: &Tensor, sizes: &[i64]) -> Result<Tensor> {
    let layout = x.array().layout().expand(sizes)?;
    let from: Dims = x.shape();
    Ok(record_view("ExpandBackward0", x, layout, move |g, _| {
        sum_to(g, &from)
    }))
}

/// `Tensor.expand` to a shape.
pub fn expand_to(x: &Tensor, shape: &[usize]) -> Result<Tensor> {
    expand(x, &signed(shape))
}

/// `torch.squeeze` of one dimension.
pub fn squeeze_dim(x: &Tensor, dim: i64) -> Result<Tensor> {
    let d = wrap_dim(dim, x.ndim())?;
    let layout = x.array().layout().squeeze(&[d]);
    let shape = x.shape();
    Ok(record_view("SqueezeBackward1", x, layout, move |g, _| {
        reshape_to(g, &shape)
    }))
}

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
