//! Tensors with a part replaced, other sizes for the same memory, sums down to a size.

use super::part::{diagonal, select_index, slice};
use crate::tensor::array::error::ensure;
use crate::tensor::array::layout::{show, wrap_dim};
use crate::tensor::array::{Array, DType, Layout, Result};
use crate::tensor::core::{Tensor, no_grad, record};
use crate::tensor::ops::args::{Arg, Args};
use crate::tensor::ops::create::strided_layout;
use crate::tensor::ops::samples::{Make, Sample, sample};
use crate::tensor::ops::spec::{FUNCTION, IN_PLACE, METHOD, Op};
use crate::tensor::ops::view::as_strided;
use crate::tensor::ops::{copy_, fill_, in_place, sum_to};

/// A copy of `x` whose part that `show_part` shows is replaced by `src`.
fn replaced(
    x: &Tensor,
    src: &Tensor,
    show_part: impl FnOnce(&Tensor) -> Result<Tensor>,
) -> Result<Tensor> {
    let out = super::clone(x)?;
    let part = show_part(&out)?;
    ensure!(
        part.shape() == src.shape(),
        "expected src to have a size equal to the slice of self. src size = {}, slice size = {}",
        show(&src.shape()),
        show(&part.shape())
    );
    copy_(&part, src)?;
    Ok(out)
}

/// `torch.as_strided_scatter`
pub static AS_STRIDED_SCATTER: Op = Op {
    signature: "as_strided_scatter(input, src, size, stride, storage_offset=None) -> Tensor",
    faces: FUNCTION | METHOD,
    doc: "A copy of `input` with `src` in what `as_strided` would show.",
    examples: &[(
        "torch.as_strided_scatter(torch.zeros(4), torch.ones(2), (2,), (2,))",
        "tensor([1., 0., 1., 0.])",
    )],
    samples: |m| {
        vec![
            sample([
                m.tensor(&[6]).into(),
                m.tensor(&[2, 2]).into(),
                vec![2i64, 2].into(),
                vec![3i64, 1].into(),
            ])
            .rough(),
        ]
    },
    call: |a| {
        let (x, src) = (a.tensor("input")?, a.tensor("src")?);
        let dense = if crate::tensor::core::requires_recording(&[x, src]) {
            super::contiguous(x)?
        } else {
            Tensor::from_array(x.array().copy_dense()?)
        };
        let layout = strided_layout(a, &dense)?;
        Ok(as_strided_scatter(&dense, src, layout)?.into())
    },
    ..Op::BASE
};

/// `torch.as_strided_scatter`. The gradient for `x` is the part inside of what is replaced, although what is outside stays:
/// that is what `as_strided_scatter_backward` of PyTorch gives.
fn as_strided_scatter(x: &Tensor, src: &Tensor, layout: Layout) -> Result<Tensor> {
    let part = |t: &Tensor| {
        let mut own = layout.clone();
        own.offset += t.array().layout().offset;
        Ok(as_strided("AsStridedBackward0", t, own))
    };
    let out = no_grad(|| replaced(x, src, part))?.to_array();
    Ok(record("AsStridedScatterBackward0", [x, src], out, (), {
        let layout = layout.clone();
        move |g, (), c| {
            let g = super::contiguous(g)?;
            let inside = as_strided("AsStridedBackward0", &g, layout.clone());
            let for_x = || {
                let blank = Tensor::from_array(Array::zeros(&g.shape(), g.dtype())?);
                replaced(&blank, &inside, |t| {
                    Ok(as_strided("AsStridedBackward0", t, layout.clone()))
                })
            };
            Ok([c.when(0, for_x)?, c.when(1, || Ok(inside.clone()))?])
        }
    }))
}

/// `torch.diagonal_scatter`
pub static DIAGONAL_SCATTER: Op = Op {
    signature: "diagonal_scatter(input, src, offset=0, dim1=0, dim2=1) -> Tensor",
    faces: FUNCTION | METHOD,
    node: "DiagonalScatterBackward0",
    doc: "A copy of `input` with `src` on the diagonal of two dimensions.",
    examples: &[(
        "torch.diagonal_scatter(torch.zeros(2, 2), torch.ones(2))",
        "tensor([[1., 0.],\n        [0., 1.]])",
    )],
    samples: |m| {
        vec![sample([
            m.tensor(&[3, 4]).into(),
            m.tensor(&[3]).into(),
            Arg::Int(1),
        ])]
    },
    call: |a| {
        let out = replaced(a.tensor("input")?, a.tensor("src")?, |t| {
            diagonal(t, a.int("offset")?, a.int("dim1")?, a.int("dim2")?)
        })?;
        Ok(out.into())
    },
    ..Op::BASE
};

/// `torch.select_scatter`
pub static SELECT_SCATTER: Op = Op {
    signature: "select_scatter(input, src, dim, index) -> Tensor",
    faces: FUNCTION | METHOD,
    node: "SelectScatterBackward0",
    doc: "A copy of `input` with `src` at one index of a dimension.",
    examples: &[(
        "torch.select_scatter(torch.zeros(2, 2), torch.ones(2), 0, 1)",
        "tensor([[0., 0.],\n        [1., 1.]])",
    )],
    samples: |m| {
        vec![sample([
            m.tensor(&[3, 2]).into(),
            m.tensor(&[3]).into(),
            Arg::Int(1),
            Arg::Int(-1),
        ])]
    },
    call: |a| {
        let out = replaced(a.tensor("input")?, a.tensor("src")?, |t| {
            ensure!(
                t.ndim() > 0,
                Index,
                "select() cannot be applied to a 0-dim tensor."
            );
            let (d, i) = (wrap_dim(a.int("dim")?, t.ndim())?, a.int("index")?);
            let n = t.shape()[d] as i64;
            ensure!(
                (-n..n).contains(&i),
                Index,
                "select(): index {i} out of range for tensor of size {} at dimension {d}",
                show(&t.shape())
            );
            Ok(select_index(t, d, i.rem_euclid(n.max(1)) as usize))
        })?;
        Ok(out.into())
    },
    ..Op::BASE
};

/// The view that `dim`, `start`, `end` and `step` name.
fn sliced(a: &Args, x: &Tensor) -> Result<Tensor> {
    ensure!(x.ndim() > 0, "slice() cannot be applied to a 0-dim tensor.");
    let (d, step) = (wrap_dim(a.int("dim")?, x.ndim())?, a.int("step")?);
    ensure!(step > 0, "slice step must be positive");
    let n = x.shape()[d] as i64;
    let inside = |i: i64| if i < 0 { (i + n).max(0) } else { i.min(n) };
    let start = a.opt_int("start")?.map_or(0, inside);
    let end = a.opt_int("end")?.map_or(n, inside).max(start);
    let len = (end - start + step - 1) / step;
    Ok(slice(x, d, start as usize, len as usize, step as usize))
}

fn slices(m: &Make) -> Vec<Sample> {
    vec![sample([
        m.tensor(&[5, 2]).into(),
        Arg::Int(0),
        Arg::Int(1),
        Arg::Int(-1),
        Arg::Int(2),
    ])]
}

/// The view that `slice_copy` copies; PyTorch has no function for it.
pub static SLICE: Op = Op {
    signature: "slice(input, dim=0, start=None, end=None, step=1) -> Tensor",
    samples: slices,
    call: |a| Ok(sliced(a, a.tensor("input")?)?.into()),
    ..Op::BASE
};

/// `torch.slice_scatter`
pub static SLICE_SCATTER: Op = Op {
    signature: "slice_scatter(input, src, dim=0, start=None, end=None, step=1) -> Tensor",
    faces: FUNCTION | METHOD,
    doc: "A copy of `input` with `src` at every `step`-th index of a dimension.",
    examples: &[(
        "torch.slice_scatter(torch.zeros(4), torch.ones(2), step=2)",
        "tensor([1., 0., 1., 0.])",
    )],
    samples: |m| {
        let mut all = slices(m);
        all[0].args.insert(1, m.tensor(&[2, 2]).into());
        all
    },
    call: |a| Ok(replaced(a.tensor("input")?, a.tensor("src")?, |t| sliced(a, t))?.into()),
    ..Op::BASE
};

/// `Tensor.fill_diagonal_`
pub static FILL_DIAGONAL: Op = Op {
    signature: "fill_diagonal(input, fill_value, wrap=False) -> Tensor",
    faces: IN_PLACE,
    doc: "Writes a number on the main diagonal; with `wrap`, a tall matrix gets one more below each full block.",
    examples: &[(
        "torch.zeros(2, 2).fill_diagonal_(1.)",
        "tensor([[1., 0.],\n        [0., 1.]])",
    )],
    samples: |m| {
        vec![
            sample([m.tensor(&[2, 3]).into(), Arg::Int(1)]),
            sample([m.tensor(&[7, 2]).into(), Arg::Int(1), Arg::Bool(true)]),
        ]
    },
    call: |a| {
        let out = super::clone(a.tensor("input")?)?;
        fill_diagonal_(&out, a)?;
        Ok(out.into())
    },
    in_place: Some(|a| {
        let x = a.tensor("input")?;
        fill_diagonal_(x, a)?;
        Ok(x.clone().into())
    }),
    ..Op::BASE
};

fn fill_diagonal_(x: &Tensor, a: &Args) -> Result<()> {
    let shape = x.shape();
    ensure!(shape.len() >= 2, "dimensions must larger than 1");
    if shape.len() > 2 {
        ensure!(
            shape.iter().all(|n| *n == shape[0]),
            "all dimensions of input must be of equal length"
        );
    }
    let layout = x.array().layout().clone();
    let size = shape.iter().copied().min().unwrap_or(0);
    let part = |length: usize, first: usize| {
        as_strided(
            "AsStridedBackward0",
            x,
            Layout {
                shape: [length].into_iter().collect(),
                strides: [layout.strides.iter().sum()].into_iter().collect(),
                offset: layout.offset + first,
            },
        )
    };
    let value = a.operand("fill_value")?;
    fill_(&part(size, 0), value)?;
    let (rows, columns) = (shape[0], shape[1]);
    if a.bool("wrap")? && shape.len() == 2 && rows > columns + 1 {
        let count = x.numel().div_ceil(columns + 1) - size;
        fill_(&part(count, layout.strides[0] * (columns + 1)), value)?;
    }
    Ok(())
}

/// `Tensor.resize_`
pub static RESIZE: Op = Op {
    signature: "resize(input, *sizes, memory_format=None) -> Tensor",
    faces: IN_PLACE,
    doc: "Gives the tensor another size over the same elements; more elements than there were are zeros.",
    examples: &[("torch.arange(4).resize_(2)", "tensor([0, 1])")],
    samples: |m| vec![sample([m.tensor(&[2, 3]).detach().into(), vec![3i64, 1].into()]).rough()],
    call: |a| {
        let out = Tensor::from_array(a.tensor("input")?.array().copy()?);
        resize_(&out, &a.sizes("sizes")?)?;
        Ok(out.into())
    },
    in_place: Some(|a| {
        let x = a.tensor("input")?;
        resize_(x, &a.sizes("sizes")?)?;
        Ok(x.clone().into())
    }),
    ..Op::BASE
};

/// `torch.resize_as_`
pub static RESIZE_AS: Op = Op {
    signature: "resize_as_(input, the_template, *, memory_format=None) -> Tensor",
    faces: FUNCTION | METHOD,
    doc: "`resize_` to the size of another tensor.",
    examples: &[(
        "torch.arange(4).resize_as_(torch.zeros(2))",
        "tensor([0, 1])",
    )],
    samples: |m| vec![sample([m.tensor(&[2, 3]).into(), m.tensor(&[4]).into()]).rough()],
    call: |a| {
        let x = a.tensor("input")?;
        resize_(x, &a.tensor("the_template")?.shape())?;
        Ok(x.clone().into())
    },
    ..Op::BASE
};

/// `x.resize_(shape)`. Where the memory does not suffice, `x` gets new memory, which views of the old do not see.
fn resize_(x: &Tensor, shape: &[usize]) -> Result<()> {
    ensure!(
        !x.requires_grad(),
        "cannot resize variables that require grad"
    );
    if x.shape()[..] == *shape {
        return Ok(());
    }
    let old = x.to_array();
    let mut layout = Layout::contiguous(shape);
    layout.offset = old.layout().offset;
    let there = old.storage().borrow().len() / old.dtype().size();
    if layout.end() <= there {
        x.set_array(old.with_layout(layout));
        return Ok(());
    }
    let memory = Array::zeros(&[layout.end()], old.dtype())?;
    let whole = |n: usize| Layout::contiguous(&[n]);
    memory
        .with_layout(whole(there))
        .assign(&old.with_layout(whole(there)))?;
    x.set_array(memory.with_layout(layout));
    Ok(())
}

/// `Tensor.sum_to_size`
pub static SUM_TO_SIZE: Op = Op {
    signature: "sum_to_size(input, *size) -> Tensor",
    faces: METHOD,
    node: "SumBackward1",
    doc: "Sums down to a size that broadcasts to the tensor's.",
    examples: &[(
        "torch.ones(2, 3).sum_to_size(1, 3)",
        "tensor([[2., 2., 2.]])",
    )],
    samples: |m| vec![sample([m.tensor(&[2, 3]).into(), vec![2i64, 1].into()])],
    call: |a| {
        let (x, size) = (a.tensor("input")?, a.sizes("size")?);
        ensure!(
            Layout::contiguous(&size).broadcast(&x.shape()).is_some(),
            "size {{{}}} is not expandable to size {{{}}}.",
            show(&size),
            show(&x.shape())
        );
        let keeps = !size.is_empty() && size == x.shape();
        let x = if keeps || x.dtype().is_differentiable() {
            x.clone()
        } else {
            super::to_dtype(x, DType::Int64)?
        };
        Ok(sum_to(&x, &size)?.into())
    },
    ..Op::BASE
};

/// `x.as_strided_(size, stride)`
pub(in crate::tensor::ops) fn as_strided_(a: &Args) -> Result<Tensor> {
    in_place::relayout(a.tensor("input")?, |x| {
        Ok(as_strided("AsStridedBackward0", x, strided_layout(a, x)?))
    })
}
