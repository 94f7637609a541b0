//! Tensors brought together: grids, products, blocks, combinations.

use super::join::{cat, stack};
use super::rearrange::{expand_to, reshape_to};
use crate::tensor::array::error::{bail, ensure};
use crate::tensor::array::{Array, Dims, Result};
use crate::tensor::core::Tensor;
use crate::tensor::ops::args::{Arg, Out};
use crate::tensor::ops::samples::sample;
use crate::tensor::ops::spec::Op;

/// `torch.meshgrid`
pub static MESHGRID: Op = Op {
    signature: "meshgrid(*tensors, indexing=None) -> tuple of Tensors",
    doc: "The coordinates of a grid; `indexing` is 'ij' or 'xy'.",
    examples: &[(
        "torch.meshgrid(torch.arange(2), torch.arange(2), indexing='ij')[0]",
        "tensor([[0, 0],\n        [1, 1]])",
    )],
    samples: |m| vec![sample([m.tensor(&[2]).into(), m.tensor(&[3]).into()])],
    call: |a| {
        let mut tensors = a.tensors("tensors")?;
        ensure!(
            !tensors.is_empty(),
            "meshgrid expects a non-empty TensorList"
        );
        let swap = match a.opt_str("indexing")? {
            None | Some("ij") => false,
            Some("xy") => tensors.len() >= 2,
            Some(other) => bail!(
                "torch.meshgrid: indexing must be one of \"xy\" or \"ij\", but received: {other}"
            ),
        };
        if swap {
            tensors.swap(0, 1);
        }
        for t in &tensors {
            ensure!(
                t.ndim() <= 1,
                "torch.meshgrid: Expected 0D or 1D tensor in the tensor list but got: {t}"
            );
        }
        let shape: Dims = tensors.iter().map(Tensor::numel).collect();
        let mut out = Vec::new();
        for (i, t) in tensors.iter().enumerate() {
            let mut own = Dims::from_elem(1, shape.len());
            own[i] = t.numel();
            let grid = expand_to(&reshape_to(t, &own)?, &shape)?;
            out.push(grid);
        }
        if swap {
            out.swap(0, 1);
        }
        Ok(Out::Tensors(out))
    },
    ..Op::BASE
};

/// `torch.broadcast_tensors`
pub static BROADCAST_TENSORS: Op = Op {
    signature: "broadcast_tensors(*tensors) -> list of Tensors",
    doc: "Views of all tensors stretched to a common shape.",
    examples: &[(
        "torch.broadcast_tensors(torch.zeros(2, 1), torch.zeros(3))[1].shape",
        "torch.Size([2, 3])",
    )],
    samples: |m| vec![sample([m.tensor(&[2, 1]).into(), m.tensor(&[3]).into()])],
    call: |a| {
        let tensors = a.tensors("tensors")?;
        let mut shape = Dims::new();
        for t in &tensors {
            shape = crate::tensor::array::layout::broadcast_shapes(&shape, &t.shape())?;
        }
        Ok(Out::Tensors(
            tensors
                .iter()
                .map(|t| expand_to(t, &shape))
                .collect::<Result<_>>()?,
        ))
    },
    ..Op::BASE
};

/// `torch.cartesian_prod`
pub static CARTESIAN_PROD: Op = Op {
    signature: "cartesian_prod(*tensors) -> Tensor",
    doc: "All combinations of the elements of vectors.",
    examples: &[(
        "torch.cartesian_prod(torch.tensor([1, 2]), torch.tensor([3]))",
        "tensor([[1, 3],\n        [2, 3]])",
    )],
    samples: |m| vec![sample([m.tensor(&[2]).into(), m.tensor(&[3]).into()])],
    call: |a| {
        let tensors = a.tensors("tensors")?;
        if let [only] = tensors.as_slice() {
            return Ok(only.clone().into());
        }
        let shape: Dims = tensors.iter().map(Tensor::numel).collect();
        let mut columns = Vec::new();
        for (i, t) in tensors.iter().enumerate() {
            let mut own = Dims::from_elem(1, shape.len());
            own[i] = t.numel();
            let grid = expand_to(&reshape_to(t, &own)?, &shape)?;
            columns.push(reshape_to(&grid, &[shape.iter().product()])?);
        }
        Ok(stack(&columns, 1)?.into())
    },
    ..Op::BASE
};

/// `torch.block_diag`
pub static BLOCK_DIAG: Op = Op {
    signature: "block_diag(*tensors) -> Tensor",
    node: "BlockDiagBackward0",
    doc: "A matrix with the given ones along its diagonal.",
    examples: &[(
        "torch.block_diag(torch.tensor([[1]]), torch.tensor([[2]]))",
        "tensor([[1, 0],\n        [0, 2]])",
    )],
    samples: |m| vec![sample([m.tensor(&[2, 2]).into(), m.tensor(&[1, 3]).into()])],
    call: |a| {
        let tensors: Vec<Tensor> = a
            .tensors("tensors")?
            .iter()
            .map(super::join::atleast_2d)
            .collect::<Result<_>>()?;
        let width: usize = tensors.iter().map(|t| t.shape()[1]).sum();
        let mut at = 0;
        let mut rows = Vec::new();
        for t in &tensors {
            let (h, w) = (t.shape()[0], t.shape()[1]);
            let blank = |n: usize| {
                Ok(Tensor::from_array(Array::zeros(&[h, n], t.dtype())?)) as Result<Tensor>
            };
            rows.push(cat(&[blank(at)?, t.clone(), blank(width - at - w)?], 1)?);
            at += w;
        }
        Ok(cat(&rows, 0)?.into())
    },
    ..Op::BASE
};

/// `torch.combinations`
pub static COMBINATIONS: Op = Op {
    signature: "combinations(input, r=2, with_replacement=False) -> Tensor",
    node: "IndexBackward0",
    doc: "All choices of `r` elements of a vector, one row each, in the order of their places.",
    examples: &[(
        "torch.combinations(torch.tensor([1, 2, 3]))",
        "tensor([[1, 2],\n        [1, 3],\n        [2, 3]])",
    )],
    samples: |m| {
        vec![
            sample([m.tensor(&[4]).into()]),
            sample([m.tensor(&[3]).into(), Arg::Int(3), Arg::Bool(true)]),
        ]
    },
    call: |a| {
        let (x, r) = (a.tensor("input")?, a.int("r")?);
        ensure!(
            x.ndim() == 1,
            "Expect a 1D vector, but got shape {}",
            crate::tensor::array::layout::show(&x.shape())
        );
        ensure!(r >= 0, "Expect a non-negative number, but got {r}");
        if r == 0 {
            return Ok(Tensor::from_array(Array::zeros(&[0], x.dtype())?).into());
        }
        let places = choices(x.numel(), r as usize, a.bool("with_replacement")?);
        let rows = places.len() / r as usize;
        let at = Tensor::from_vec(places, &[rows, r as usize])?;
        Ok(crate::tensor::ops::index(x, &[Some(at)])?.into())
    },
    ..Op::BASE
};

/// The places of all choices of `r` out of `n`, in lexicographic order, one after the other.
fn choices(n: usize, r: usize, repeated: bool) -> Vec<i64> {
    let step = usize::from(!repeated);
    let first: Vec<usize> = (0..r).map(|i| i * step).collect();
    let last = |i: usize| (n + i * step).checked_sub(1 + (r - 1) * step);
    let mut out = Vec::new();
    let mut now = first;
    if n == 0 || last(0).is_none() {
        return out;
    }
    loop {
        out.extend(now.iter().map(|i| *i as i64));
        let Some(i) = (0..r).rev().find(|i| Some(now[*i]) < last(*i)) else {
            return out;
        };
        let start = now[i] + 1;
        for (k, place) in now[i..].iter_mut().enumerate() {
            *place = start + k * step;
        }
    }
}
