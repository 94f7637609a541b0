//! Triangles and diagonals of matrices.

use super::part::diagonal;
use super::rearrange::reshape_to;
use crate::tensor::array::error::{bail, ensure};
use crate::tensor::array::layout::wrap_dim;
use crate::tensor::array::{Array, Element, Result};
use crate::tensor::core::{Tensor, record};
use crate::tensor::ops::args::Arg;
use crate::tensor::ops::samples::{Make, Sample, sample};
use crate::tensor::ops::spec::{FUNCTION, IN_PLACE, METHOD, Op};

fn matrices(m: &Make) -> Vec<Sample> {
    vec![
        sample([m.tensor(&[3, 4]).into()]),
        sample([m.tensor(&[2, 3, 3]).into(), Arg::Int(1)]),
        sample([m.tensor(&[3, 2]).into(), Arg::Int(-1)]),
    ]
}

/// `torch.tril`
pub static TRIL: Op = Op {
    signature: "tril(input, diagonal=0, *, out=None) -> Tensor",
    faces: FUNCTION | METHOD | IN_PLACE,
    doc: "The lower triangle of matrices, 0 elsewhere.",
    examples: &[(
        "torch.tril(torch.ones(2, 2))",
        "tensor([[1., 0.],\n        [1., 1.]])",
    )],
    samples: matrices,
    call: |a| Ok(triangle(a.tensor("input")?, a.int("diagonal")?, false)?.into()),
    ..Op::BASE
};

/// `torch.triu`
pub static TRIU: Op = Op {
    signature: "triu(input, diagonal=0, *, out=None) -> Tensor",
    faces: FUNCTION | METHOD | IN_PLACE,
    doc: "The upper triangle of matrices, 0 elsewhere.",
    examples: &[(
        "torch.triu(torch.ones(2, 2))",
        "tensor([[1., 1.],\n        [0., 1.]])",
    )],
    samples: matrices,
    call: |a| Ok(triangle(a.tensor("input")?, a.int("diagonal")?, true)?.into()),
    ..Op::BASE
};

/// `torch.tril` or `torch.triu`
pub fn triangle(x: &Tensor, diagonal: i64, upper: bool) -> Result<Tensor> {
    let name = if upper { "triu" } else { "tril" };
    let shape = x.shape();
    ensure!(
        shape.len() >= 2,
        "{name}: input tensor must have at least 2 dimensions"
    );
    let (rows, columns) = (shape[shape.len() - 2], shape[shape.len() - 1]);
    let from = x.array().contiguous()?.as_bits();
    let out = dispatch_bits!(from.dtype(), T => {
        let all: &[T] = &from.slice::<T>();
        Array::build::<T>(&shape, |out| {
            for (r, (o, x)) in out.chunks_mut(columns.max(1)).zip(all.chunks(columns.max(1))).enumerate() {
                let first = ((r % rows.max(1)) as i64).saturating_add(diagonal);
                let first = if upper { first } else { first.saturating_add(1) };
                let cut = first.clamp(0, o.len() as i64) as usize;
                let (kept, blank) = if upper { (cut..o.len(), 0..cut) } else { (0..cut, cut..o.len()) };
                o[kept.clone()].copy_from_slice(&x[kept]);
                o[blank].fill(T::ZERO);
            }
        })
    })?
    .of_dtype(x.dtype());
    let node = if upper {
        "TriuBackward0"
    } else {
        "TrilBackward0"
    };
    Ok(record(node, [x], out, (), move |g, (), _| {
        Ok([Some(triangle(g, diagonal, upper)?)])
    }))
}

/// `torch.diag`
pub static DIAG: Op = Op {
    signature: "diag(input, diagonal=0, *, out=None) -> Tensor",
    faces: FUNCTION | METHOD,
    doc: "A matrix with the vector on its diagonal, or the diagonal of a matrix.",
    examples: &[(
        "torch.diag(torch.tensor([1, 2]))",
        "tensor([[1, 0],\n        [0, 2]])",
    )],
    samples: |m| {
        vec![
            sample([m.tensor(&[3]).into()]),
            sample([m.tensor(&[3, 3]).into(), Arg::Int(1)]),
        ]
    },
    call: |a| {
        let (x, k) = (a.tensor("input")?, a.int("diagonal")?);
        Ok(match x.ndim() {
            1 => diag_embed(x, k, -2, -1)?,
            2 => crate::tensor::ops::clone(&diagonal(x, k, 0, 1)?)?,
            n => bail!("diag(): Supports 1D or 2D tensors. Got {n}D"),
        }
        .into())
    },
    ..Op::BASE
};

/// `torch.diagflat`
pub static DIAGFLAT: Op = Op {
    signature: "diagflat(input, offset=0) -> Tensor",
    faces: FUNCTION | METHOD,
    doc: "A matrix with all elements on its diagonal.",
    examples: &[(
        "torch.diagflat(torch.tensor([1, 2]))",
        "tensor([[1, 0],\n        [0, 2]])",
    )],
    samples: |m| vec![sample([m.tensor(&[2, 2]).into()])],
    call: |a| {
        let x = a.tensor("input")?;
        Ok(diag_embed(&reshape_to(x, &[x.numel()])?, a.int("offset")?, -2, -1)?.into())
    },
    ..Op::BASE
};

/// `torch.diag_embed`
pub static DIAG_EMBED: Op = Op {
    signature: "diag_embed(input, offset=0, dim1=-2, dim2=-1) -> Tensor",
    faces: FUNCTION | METHOD,
    doc: "Matrices with the last dimension on their diagonal.",
    examples: &[(
        "torch.diag_embed(torch.tensor([[1, 2]])).shape",
        "torch.Size([1, 2, 2])",
    )],
    samples: |m| {
        vec![
            sample([m.tensor(&[2, 3]).into()]),
            sample([m.tensor(&[2, 3]).into(), Arg::Int(-1)]),
        ]
    },
    call: |a| {
        Ok(diag_embed(
            a.tensor("input")?,
            a.int("offset")?,
            a.int("dim1")?,
            a.int("dim2")?,
        )?
        .into())
    },
    ..Op::BASE
};

/// `torch.diag_embed`
pub fn diag_embed(x: &Tensor, offset: i64, dim1: i64, dim2: i64) -> Result<Tensor> {
    let n = x.ndim() + 1;
    let (a, b) = (wrap_dim(dim1, n)?, wrap_dim(dim2, n)?);
    ensure!(
        a != b,
        "diagonal dimensions cannot be identical {dim1}, {dim2}"
    );
    let mut shape = x.shape();
    let size = shape.pop().unwrap_or(1) + offset.unsigned_abs() as usize;
    shape.insert(a.min(b), size);
    shape.insert(a.max(b), size);
    let out = Array::zeros(&shape, x.dtype())?;
    let full = Tensor::from_array(out.clone());
    let place = crate::tensor::core::no_grad(|| diagonal(&full, offset, a as i64, b as i64))?;
    place.array().assign(&x.array())?;
    Ok(record(
        "DiagEmbedBackward0",
        [x],
        out,
        (),
        move |g, (), _| Ok([Some(diagonal(g, offset, a as i64, b as i64)?)]),
    ))
}
