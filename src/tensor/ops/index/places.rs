//! Where elements are not zero, and elements picked and put by masks and by places.

use super::index_put::{index, index_array, index_backward, index_put};
use crate::tensor::array::error::{bail, ensure};
use crate::tensor::array::layout::show;
use crate::tensor::array::{Array, DType, Element, Result};
use crate::tensor::core::{Tensor, record};
use crate::tensor::ops::args::{Arg, Out};
use crate::tensor::ops::samples::{Make, Sample, sample};
use crate::tensor::ops::spec::{FUNCTION, IN_PLACE, METHOD, Op};
use crate::tensor::ops::{expand_to, in_place, reshape_to, slice};

/// `torch.nonzero`
pub static NONZERO: Op = Op {
    signature: "nonzero(input, *, as_tuple=False, out=None) -> Tensor or tuple",
    faces: FUNCTION | METHOD,
    doc: "The places of the elements that are not 0, one row each, or one tensor a dimension.",
    examples: &[(
        "torch.nonzero(torch.tensor([0, 3, 0, 4]))",
        "tensor([[1],\n        [3]])",
    )],
    samples: |m| vec![sample([m.mask(&[2, 3]).into()])],
    call: |a| {
        let x = a.tensor("input")?;
        if a.bool("as_tuple")? {
            let x = if x.ndim() == 0 {
                reshape_to(x, &[1])?
            } else {
                x.clone()
            };
            return Ok(nonzero_tuple(&x)?.into());
        }
        Ok(nonzero(x)?.into())
    },
    ..Op::BASE
};

/// `torch.nonzero`
pub fn nonzero(x: &Tensor) -> Result<Tensor> {
    let shape = x.shape();
    let flags = x.array().to_dtype(DType::Bool)?.to_vec::<bool>()?;
    let mut out = Vec::new();
    let mut rows = 0;
    for (i, _) in flags.iter().enumerate().filter(|(_, f)| **f) {
        let mut rest = i;
        let mut step: usize = shape.iter().product();
        for n in &shape {
            step /= n;
            out.push((rest / step) as i64);
            rest %= step;
        }
        rows += 1;
    }
    Tensor::from_vec(out, &[rows, shape.len()])
}

/// `torch.nonzero(x, as_tuple=True)`
pub fn nonzero_tuple(x: &Tensor) -> Result<Vec<Tensor>> {
    let all = nonzero(x)?;
    let rows = all.array().to_vec::<i64>()?;
    let (n, d) = (all.shape()[0], all.shape()[1]);
    if d == 0 {
        // A 0-dim mask picks the whole, once or not at all.
        return Ok(Vec::new());
    }
    (0..d)
        .map(|k| Tensor::from_vec((0..n).map(|r| rows[r * d + k]).collect(), &[n]))
        .collect()
}

/// `torch.argwhere`
pub static ARGWHERE: Op = Op {
    signature: "argwhere(input) -> Tensor",
    faces: FUNCTION | METHOD,
    doc: "The places of the elements that are not 0, one row each.",
    examples: &[("torch.argwhere(torch.tensor([0, 3]))", "tensor([[1]])")],
    samples: |m| vec![sample([m.mask(&[2, 3]).into()])],
    call: |a| Ok(nonzero(a.tensor("input")?)?.into()),
    ..Op::BASE
};

/// `torch.nonzero_static`
pub static NONZERO_STATIC: Op = Op {
    signature: "nonzero_static(input, *, size, fill_value=-1, out=None) -> Tensor",
    faces: FUNCTION | METHOD,
    doc: "The first `size` rows of `nonzero`, filled up with `fill_value`.",
    examples: &[(
        "torch.nonzero_static(torch.tensor([0, 3]), size=2)",
        "tensor([[ 1],\n        [-1]])",
    )],
    samples: |m| vec![sample([m.mask(&[2, 3]).into()]).with("size", 4i64)],
    call: |a| {
        let (x, size) = (a.tensor("input")?, a.int("size")?);
        ensure!(
            size >= 0,
            "nonzero_static: 'size' must be an non-negative integer"
        );
        let all = nonzero(x)?;
        let width = all.shape()[1];
        let mut rows = all.to_vec::<i64>()?;
        rows.resize(size as usize * width, a.int("fill_value")?);
        Ok(Tensor::from_vec(rows, &[size as usize, width])?.into())
    },
    ..Op::BASE
};

/// `torch.unravel_index`
pub static UNRAVEL_INDEX: Op = Op {
    signature: "unravel_index(indices, shape) -> tuple of Tensors",
    doc: "The coordinates in `shape` of places counted in row-major order, one tensor a dimension.",
    examples: &[(
        "torch.unravel_index(torch.tensor([1, 5]), (2, 3))",
        "(tensor([0, 1]), tensor([1, 2]))",
    )],
    samples: |m| vec![sample([m.index(&[4], 6).into(), vec![2i64, 3].into()])],
    call: |a| {
        let (at, shape) = (a.tensor("indices")?, a.ints("shape")?);
        ensure!(
            at.dtype().is_integer(),
            Type,
            "expected 'indices' to be integer dtype, but got torch.{}",
            at.dtype().name()
        );
        ensure!(
            shape.iter().all(|n| *n >= 0),
            Value,
            "'shape' cannot have negative values, but got {}",
            show(&shape).replace('[', "(").replace(']', ")")
        );
        let values = at.to_vec::<i64>()?;
        let mut out = Vec::new();
        for (i, n) in shape.iter().enumerate() {
            let step = shape[i + 1..].iter().product::<i64>().max(1);
            let coordinate = |v: &i64| v.div_euclid(step).rem_euclid((*n).max(1));
            let part = values.iter().map(coordinate).collect();
            out.push(Tensor::from_vec::<i64>(part, &at.shape())?);
        }
        Ok(Out::Tensors(out))
    },
    ..Op::BASE
};

fn masked(m: &Make) -> Vec<Sample> {
    vec![
        sample([m.tensor(&[2, 3]).into(), m.mask(&[2, 3]).into()]),
        sample([m.tensor(&[2, 3]).into(), m.mask(&[3]).into()]),
    ]
}

/// `torch.masked_select`
pub static MASKED_SELECT: Op = Op {
    signature: "masked_select(input, mask, *, out=None) -> Tensor",
    faces: FUNCTION | METHOD,
    node: "MaskedSelectBackward0",
    doc: "The elements where the mask holds, in one dimension.",
    examples: &[(
        "torch.masked_select(torch.tensor([1, 2]), torch.tensor([False, True]))",
        "tensor([2])",
    )],
    samples: masked,
    call: |a| {
        let (x, mask) = (a.tensor("input")?, a.tensor("mask")?);
        ensure!(
            mask.dtype() == DType::Bool,
            "masked_select: expected BoolTensor for mask"
        );
        let shape = crate::tensor::ops::broadcast_tensor_shapes(x, mask)?;
        let (x, mask) = (expand_to(x, &shape)?, expand_to(mask, &shape)?);
        let (x, mask) = if shape.is_empty() {
            (reshape_to(&x, &[1])?, reshape_to(&mask, &[1])?)
        } else {
            (x, mask)
        };
        let places: Vec<Option<Tensor>> = nonzero_tuple(&mask)?.into_iter().map(Some).collect();
        Ok(index(&x, &places)?.into())
    },
    ..Op::BASE
};

/// `torch.masked_scatter`
pub static MASKED_SCATTER: Op = Op {
    signature: "masked_scatter(input, mask, source) -> Tensor",
    faces: FUNCTION | METHOD | IN_PLACE,
    node: "MaskedScatterBackward0",
    doc: "The tensor with the elements of `source`, one after the other, where the mask holds.",
    examples: &[(
        "torch.zeros(2).masked_scatter(torch.tensor([False, True]), torch.tensor([5.]))",
        "tensor([0., 5.])",
    )],
    samples: |m| {
        vec![sample([
            m.tensor(&[2, 3]).into(),
            m.mask(&[2, 3]).into(),
            m.tensor(&[6]).into(),
        ])]
    },
    call: |a| {
        let (x, mask, source) = (a.tensor("input")?, a.tensor("mask")?, a.tensor("source")?);
        ensure!(
            x.dtype() == source.dtype(),
            "masked_scatter: expected self and source to have same dtypes but got {} and {}",
            x.dtype().scalar_name(),
            source.dtype().scalar_name()
        );
        ensure!(
            mask.dtype() == DType::Bool,
            "masked_scatter_ only supports boolean masks, but got mask with dtype {}",
            mask.dtype().scalar_name()
        );
        let shape = crate::tensor::ops::broadcast_tensor_shapes(x, mask)?;
        let (x, mask) = (expand_to(x, &shape)?, expand_to(mask, &shape)?);
        // A number is written to as a row of one.
        let row: &[usize] = if shape.is_empty() { &[1] } else { &shape };
        let (x, mask) = (reshape_to(&x, row)?, reshape_to(&mask, row)?);
        let places: Vec<Option<Tensor>> = nonzero_tuple(&mask)?.into_iter().map(Some).collect();
        let n = places
            .first()
            .and_then(|p| p.as_ref())
            .map_or(0, Tensor::numel);
        let flat = reshape_to(source, &[source.numel()])?;
        ensure!(
            n <= source.numel(),
            "Number of elements of source < number of ones in mask"
        );
        let out = index_put(&x, &places, &slice(&flat, 0, 0, n, 1), false)?;
        Ok(reshape_to(&out, &shape)?.into())
    },
    in_place: Some(|a| {
        let (x, mask) = (a.tensor("input")?, a.tensor("mask")?);
        ensure!(
            mask.ndim() <= x.ndim(),
            "expand(CPUBoolType{{{}}}, size={}): the number of sizes provided ({}) must be greater or equal to the number of dimensions in the tensor ({})",
            show(&mask.shape()),
            show(&x.shape()),
            x.ndim(),
            mask.ndim()
        );
        let mut inner = a.copy();
        inner.set("mask", expand_to(mask, &x.shape())?.into());
        let done = in_place::apply(x, |source| {
            inner.set("input", source.clone().into());
            Ok((MASKED_SCATTER.call)(&inner)?.tensors().swap_remove(0))
        })?;
        Ok(done.into())
    }),
    ..Op::BASE
};

/// `torch.take`
pub static TAKE: Op = Op {
    signature: "take(input, index, *, out=None) -> Tensor",
    faces: FUNCTION | METHOD,
    node: "TakeBackward0",
    doc: "The elements at places counted in row-major order.",
    examples: &[(
        "torch.take(torch.tensor([[4, 5], [6, 7]]), torch.tensor([0, 3]))",
        "tensor([4, 7])",
    )],
    samples: |m| {
        vec![sample([
            m.tensor(&[2, 3]).into(),
            m.index(&[2, 2], 6).into(),
        ])]
    },
    call: |a| {
        let (x, at) = (a.tensor("input")?, a.tensor("index")?);
        ensure!(
            at.dtype() == DType::Int64,
            "take(): Expected a long tensor for index, but got {}",
            at.dtype().scalar_name()
        );
        ensure!(
            x.numel() > 0 || at.numel() == 0,
            Index,
            "take(): tried to take from an empty tensor"
        );
        Ok(index(&reshape_to(x, &[x.numel()])?, &[Some(at.clone())])?.into())
    },
    ..Op::BASE
};

/// `torch.put`
pub static PUT: Op = Op {
    signature: "put(input, index, source, accumulate=False) -> Tensor",
    faces: FUNCTION | METHOD | IN_PLACE,
    node: "PutBackward0",
    doc: "The tensor with `source` written (or added) at places counted in row-major order.",
    examples: &[(
        "torch.zeros(3).put(torch.tensor([1]), torch.tensor([5.]))",
        "tensor([0., 5., 0.])",
    )],
    samples: |m| {
        vec![sample([
            m.tensor(&[2, 3]).into(),
            m.index(&[1], 6).into(),
            m.tensor(&[1]).into(),
        ])]
    },
    call: |a| {
        let (x, at, source) = (a.tensor("input")?, a.tensor("index")?, a.tensor("source")?);
        let (n, count) = (x.numel() as i64, at.numel());
        ensure!(
            source.numel() == count,
            Index,
            "put_(): Expected source and index to have the same number of elements, but got source.numel() = {}, index.numel() = {count}",
            source.numel()
        );
        ensure!(
            n > 0 || count == 0,
            Index,
            "put_(): Tried to put elements into an empty tensor"
        );
        if at.dtype() == DType::Int64
            && let Some(i) = at.to_vec::<i64>()?.iter().find(|i| !(-n..n).contains(*i))
        {
            bail!(
                Index,
                "out of range: tried to access index {i} on a tensor of {n} elements."
            );
        }
        let flat = reshape_to(x, &[x.numel()])?;
        let values = reshape_to(source, &at.shape())?;
        let out = index_put(&flat, &[Some(at.clone())], &values, a.bool("accumulate")?)?;
        Ok(reshape_to(&out, &x.shape())?.into())
    },
    ..Op::BASE
};

/// The index tensors for one dimension.
pub(super) fn only(d: usize, places: &Tensor) -> Vec<Option<Tensor>> {
    let mut tensors = vec![None; d];
    tensors.push(Some(places.clone()));
    tensors
}

/// `torch.index_select`
pub static INDEX_SELECT: Op = Op {
    signature: "index_select(input, dim, index, *, out=None) -> Tensor",
    faces: FUNCTION | METHOD,
    node: "IndexSelectBackward0",
    doc: "The given indices of a dimension.",
    examples: &[(
        "torch.index_select(torch.tensor([4, 5, 6]), 0, torch.tensor([2, 0]))",
        "tensor([6, 4])",
    )],
    samples: |m| {
        vec![sample([
            m.tensor(&[3, 4]).into(),
            Arg::Int(1),
            m.index(&[3], 4).into(),
        ])]
    },
    call: |a| Ok(index_select(a.tensor("input")?, a.int("dim")?, a.tensor("index")?)?.into()),
    ..Op::BASE
};

/// Elements of the last dimension, of each row in turn.
fn columns(x: &Array, places: &Tensor) -> Result<Array> {
    let (x, places) = (x.contiguous()?, places.to_vec::<i64>()?);
    let mut shape = x.dims();
    let n = std::mem::replace(&mut shape[x.ndim() - 1], places.len()).max(1);
    let out = dispatch_bits!(x.dtype(), T => {
        let bits = x.clone().of_dtype(<T as Element>::DTYPE);
        let all: &[T] = &bits.slice::<T>();
        Array::build::<T>(&shape, |out| {
            for (o, row) in out.chunks_exact_mut(places.len().max(1)).zip(all.chunks_exact(n)) {
                o.iter_mut().zip(&places).for_each(|(o, p)| *o = row[*p as usize]);
            }
        })
    })?;
    Ok(out.of_dtype(x.dtype()))
}

/// `torch.index_select`
pub fn index_select(x: &Tensor, dim: i64, places: &Tensor) -> Result<Tensor> {
    let d = crate::tensor::array::layout::wrap_dim(dim, x.ndim())?;
    ensure!(
        places.ndim() <= 1,
        Index,
        "index_select(): Index is supposed to be a vector"
    );
    ensure!(
        matches!(places.dtype(), DType::Int64 | DType::Int32),
        "index_select(): Expected dtype int32 or int64 for index"
    );
    if x.ndim() == 0 {
        ensure!(
            places.numel() == 1,
            "index_select(): Index to scalar can have only 1 value, got {} value(s)",
            places.numel()
        );
        return crate::tensor::ops::clone(x);
    }
    let places = if places.ndim() == 0 {
        reshape_to(places, &[1])?
    } else {
        places.clone()
    };
    let n = x.shape()[d] as i64;
    if let Some(i) = places
        .to_vec::<i64>()?
        .iter()
        .find(|i| !(0..n).contains(*i))
    {
        bail!(Index, "index out of range in self: {i}");
    }
    let tensors = only(d, &places);
    let array = x.array();
    let out = if d + 1 == x.ndim() && d > 0 {
        columns(&array, &places)?
    } else {
        index_array(&array, &tensors)?
    };
    let shape = x.shape();
    Ok(record(
        "IndexSelectBackward0",
        [x],
        out,
        (),
        move |g, (), _| Ok([Some(index_backward(g, &shape, &tensors)?)]),
    ))
}
