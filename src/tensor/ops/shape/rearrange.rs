//! Views: other shapes and orders of the same memory.

use super::reinterpret::view_dtype;
use crate::tensor::array::error::{bail, ensure};
use crate::tensor::array::layout::{infer_size, wrap_dim, wrap_dims, wrap_own_dim};
use crate::tensor::array::{Dims, Result};
use crate::tensor::core::Tensor;
use crate::tensor::ops::args::Arg;
use crate::tensor::ops::in_place;
use crate::tensor::ops::samples::sample;
use crate::tensor::ops::spec::{FUNCTION, IN_PLACE, METHOD, Op};
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
        let dtype = match a.star() {
            [Arg::DType(d)] => Some(*d),
            _ => a.dtype("dtype")?,
        };
        if let Some(dtype) = dtype {
            return Ok(view_dtype(x, dtype)?.into());
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
    faces: FUNCTION | METHOD | IN_PLACE,
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
    in_place: Some(|a| {
        Ok(in_place::relayout(a.tensor("input")?, |x| unsqueeze(x, a.int("dim")?))?.into())
    }),
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
    ensure!(
        x.numel() == shape.iter().product::<usize>(),
        "shape '{}' is invalid for input of size {}",
        crate::tensor::array::layout::show(shape),
        x.numel()
    );
    if x.array().layout().view(shape).is_some() {
        return view_as_shape(x, shape);
    }
    unsafe_view(&super::contiguous(x)?, shape)
}

/// A contiguous tensor in another shape, which does not count as a view: the tensor itself is not used any more.
pub fn unsafe_view(x: &Tensor, shape: &[usize]) -> Result<Tensor> {
    let out = x.array().reshape(shape)?;
    let from = x.shape();
    Ok(crate::tensor::core::record(
        "UnsafeViewBackward0",
        [x],
        out,
        (),
        move |g, (), _| Ok([Some(reshape_to(g, &from)?)]),
    ))
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

/// `Tensor.view_as`
pub static VIEW_AS: Op = Op {
    signature: "view_as(input, other) -> Tensor",
    faces: METHOD,
    doc: "`view` to the size of `other`.",
    examples: &[(
        "torch.arange(4).view_as(torch.zeros(2, 2))",
        "tensor([[0, 1],\n        [2, 3]])",
    )],
    samples: |m| {
        vec![sample([
            m.tensor(&[2, 3]).into(),
            m.tensor(&[6]).detach().into(),
        ])]
    },
    call: |a| Ok(view(a.tensor("input")?, &signed(&a.tensor("other")?.shape()))?.into()),
    ..Op::BASE
};

/// `Tensor.reshape_as`
pub static RESHAPE_AS: Op = Op {
    signature: "reshape_as(input, other) -> Tensor",
    faces: METHOD,
    doc: "`reshape` to the size of `other`.",
    examples: &[(
        "torch.arange(4).reshape_as(torch.zeros(2, 2))",
        "tensor([[0, 1],\n        [2, 3]])",
    )],
    samples: |m| vec![sample([m.tensor(&[2, 3]).into(), m.tensor(&[6]).into()])],
    call: |a| Ok(reshape(a.tensor("input")?, &signed(&a.tensor("other")?.shape()))?.into()),
    ..Op::BASE
};

/// `Tensor.expand_as`
pub static EXPAND_AS: Op = Op {
    signature: "expand_as(input, other) -> Tensor",
    faces: METHOD,
    doc: "`expand` to the size of `other`.",
    examples: &[(
        "torch.tensor([[1], [2]]).expand_as(torch.zeros(2, 2))",
        "tensor([[1, 1],\n        [2, 2]])",
    )],
    samples: |m| {
        vec![sample([
            m.tensor(&[3, 1]).into(),
            m.tensor(&[2, 3, 4]).into(),
        ])]
    },
    call: |a| Ok(expand_to(a.tensor("input")?, &a.tensor("other")?.shape())?.into()),
    ..Op::BASE
};

/// `torch.broadcast_to`
pub static BROADCAST_TO: Op = Op {
    signature: "broadcast_to(input, size) -> Tensor",
    faces: FUNCTION | METHOD,
    doc: "A view stretched to `size`.",
    examples: &[(
        "torch.broadcast_to(torch.tensor([1, 2]), (2, 2))",
        "tensor([[1, 2],\n        [1, 2]])",
    )],
    samples: |m| vec![sample([m.tensor(&[3, 1]).into(), vec![2i64, 3, 4].into()])],
    call: |a| Ok(expand(a.tensor("input")?, &a.ints("size")?)?.into()),
    ..Op::BASE
};

/// `torch.squeeze`
pub static SQUEEZE: Op = Op {
    signature: "squeeze(input, dim=None) -> Tensor",
    faces: FUNCTION | METHOD | IN_PLACE,
    doc: "A view without the dimensions of size 1, or without those of them that `dim` names.",
    examples: &[("torch.ones(1, 2, 1).squeeze().shape", "torch.Size([2])")],
    samples: |m| {
        vec![
            sample([m.tensor(&[1, 3, 1]).into()]),
            sample([m.tensor(&[1, 3, 1]).into(), Arg::Int(-1)]),
            sample([m.tensor(&[2, 3]).into(), Arg::Int(0)]),
        ]
    },
    call: |a| {
        let dims = a.opt_ints("dim")?;
        Ok(squeeze(a.tensor("input")?, dims.as_deref())?.into())
    },
    in_place: Some(|a| {
        Ok(in_place::relayout(a.tensor("input")?, |x| {
            squeeze(x, a.opt_ints("dim")?.as_deref())
        })?
        .into())
    }),
    ..Op::BASE
};

/// `torch.squeeze`
pub fn squeeze(x: &Tensor, dims: Option<&[i64]>) -> Result<Tensor> {
    let shape = x.shape();
    let (name, dims) = match dims {
        None => ("SqueezeBackward0", (0..shape.len()).collect()),
        Some(dims) if shape.is_empty() => {
            wrap_dims(dims, 0)?;
            ("SqueezeBackward1", Dims::new())
        }
        Some(dims) => (
            if dims.len() == 1 {
                "SqueezeBackward1"
            } else {
                "SqueezeBackward2"
            },
            wrap_dims(dims, shape.len())?,
        ),
    };
    let layout = x.array().layout().squeeze(&dims);
    Ok(record_view(name, x, layout, move |g, _| {
        reshape_to(g, &shape)
    }))
}

/// `torch.squeeze` of one dimension.
pub fn squeeze_dim(x: &Tensor, dim: i64) -> Result<Tensor> {
    squeeze(x, Some(&[dim]))
}

/// `torch.flatten`
pub static FLATTEN: Op = Op {
    signature: "flatten(input, start_dim=0, end_dim=-1) -> Tensor",
    faces: FUNCTION | METHOD,
    doc: "The dimensions from `start_dim` to `end_dim` made into one.",
    examples: &[(
        "torch.ones(2, 3, 4).flatten(1).shape",
        "torch.Size([2, 12])",
    )],
    samples: |m| {
        vec![
            sample([m.tensor(&[2, 3, 2]).into(), Arg::Int(1)]),
            sample([m.tensor(&[]).into()]),
        ]
    },
    call: |a| Ok(flatten(a.tensor("input")?, a.int("start_dim")?, a.int("end_dim")?)?.into()),
    ..Op::BASE
};

/// `torch.flatten`
pub fn flatten(x: &Tensor, start: i64, end: i64) -> Result<Tensor> {
    let n = x.ndim();
    let (start, end) = (wrap_dim(start, n)?, wrap_dim(end, n)?);
    ensure!(
        start <= end,
        "flatten() has invalid args: start_dim cannot come after end_dim"
    );
    let shape = x.shape();
    if n == 0 {
        return reshape_to(x, &[1]);
    }
    if start == end {
        return Ok(x.clone());
    }
    let mut sizes = Dims::from_slice(&shape[..start]);
    sizes.push(shape[start..=end].iter().product());
    sizes.extend_from_slice(&shape[end + 1..]);
    reshape_to(x, &sizes)
}

/// `torch.unflatten`
pub static UNFLATTEN: Op = Op {
    signature: "unflatten(input, dim, sizes) -> Tensor",
    faces: FUNCTION | METHOD,
    doc: "One dimension made into several.",
    examples: &[(
        "torch.ones(6).unflatten(0, (2, -1)).shape",
        "torch.Size([2, 3])",
    )],
    samples: |m| {
        vec![sample([
            m.tensor(&[2, 6]).into(),
            Arg::Int(1),
            vec![3i64, -1].into(),
        ])]
    },
    call: |a| {
        let x = a.tensor("input")?;
        let d = wrap_dim(a.int("dim")?, x.ndim())?;
        wrap_own_dim(a.int("dim")?, x.ndim()).map_err(|e| {
            crate::tensor::array::Error::runtime(format!(
                "unflatten got an unexpected error:\n{}",
                e.message()
            ))
        })?;
        let shape = x.shape();
        let inner = infer_size(&a.ints("sizes")?, shape[d]).map_err(|_| {
            crate::tensor::array::Error::runtime(format!(
                "unflatten: Provided sizes {} don't multiply up to the size of dim {d} ({}) in the input tensor",
                crate::tensor::array::layout::show(&a.ints("sizes").unwrap_or_default()),
                shape[d]
            ))
        })?;
        let mut sizes = Dims::from_slice(&shape[..d]);
        sizes.extend_from_slice(&inner);
        sizes.extend_from_slice(&shape[d + 1..]);
        Ok(view_as_shape(x, &sizes)?.into())
    },
    ..Op::BASE
};

/// `torch.ravel`
pub static RAVEL: Op = Op {
    signature: "ravel(input) -> Tensor",
    faces: FUNCTION | METHOD,
    doc: "All elements in one dimension.",
    examples: &[("torch.ones(2, 3).ravel().shape", "torch.Size([6])")],
    samples: |m| vec![sample([m.tensor(&[2, 3]).into()])],
    call: |a| Ok(reshape(a.tensor("input")?, &[-1])?.into()),
    ..Op::BASE
};

/// `torch.movedim`
pub static MOVEDIM: Op = Op {
    signature: "movedim(input, source, destination) -> Tensor",
    aliases: &["moveaxis"],
    faces: FUNCTION | METHOD,
    doc: "Dimensions moved to other places; the rest keep their order.",
    examples: &[(
        "torch.ones(2, 3, 4).movedim(0, -1).shape",
        "torch.Size([3, 4, 2])",
    )],
    samples: |m| {
        vec![sample([
            m.tensor(&[2, 3, 4]).into(),
            Arg::Int(0),
            Arg::Int(-1),
        ])]
    },
    call: |a| {
        let x = a.tensor("input")?;
        let n = x.ndim();
        let (source, destination) = (a.ints("source")?, a.ints("destination")?);
        ensure!(
            source.len() == destination.len(),
            "movedim: Invalid source or destination dims: source ({source:?} dims) should contain the same number of dims as destination ({destination:?} dims)"
        );
        let (from, to) = (
            distinct_dims(&source, n, "source")?,
            distinct_dims(&destination, n, "destination")?,
        );
        let mut order: Vec<Option<usize>> = vec![None; n];
        from.iter().zip(&to).for_each(|(f, t)| order[*t] = Some(*f));
        let mut rest = (0..n).filter(|d| !from.contains(d));
        let order: Vec<i64> = order
            .into_iter()
            .map(|d| d.or_else(|| rest.next()).expect("as many as dimensions") as i64)
            .collect();
        Ok(permute(x, &order)?.into())
    },
    ..Op::BASE
};

/// The dimensions that an argument of `movedim` names, none of them twice.
fn distinct_dims(dims: &[i64], n: usize, argument: &str) -> Result<Dims> {
    let wrapped: Dims = dims
        .iter()
        .map(|d| wrap_dim(*d, n))
        .collect::<Result<_>>()?;
    let repeated = |(i, d)| wrapped[..i].contains(d);
    ensure!(
        !wrapped.iter().enumerate().any(repeated),
        "movedim: repeated dim in `{argument}` ({dims:?})"
    );
    Ok(wrapped)
}

/// The shape that two tensors broadcast to.
pub fn broadcast_tensor_shapes(x: &Tensor, y: &Tensor) -> Result<Dims> {
    crate::tensor::array::layout::broadcast_shapes(x.array().shape(), y.array().shape())
}
