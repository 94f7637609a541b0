//! Tensors as matrices, powers in columns, dot products, diagonals.

use super::batch::{check_float, rectangles, with};
use super::matmul::{dot, matmul};
use super::systems::{inverse, solve};
use crate::tensor::array::error::ensure;
use crate::tensor::array::{Array, DType, Dims, Result};
use crate::tensor::core::Tensor;
use crate::tensor::ops::samples::sample;
use crate::tensor::ops::spec::{FUNCTION, LINALG, METHOD, Op};
use crate::tensor::ops::{diagonal, flip, mul, permute, reshape_to, sum_dims, to_dtype};

/// `torch.linalg.tensorinv`
pub static LINALG_TENSORINV: Op = Op {
    signature: "linalg_tensorinv(A, ind=2, *, out=None) -> Tensor",
    faces: LINALG,
    doc: "The inverse of a tensor as a map from its last dimensions to its first `ind`.",
    samples: |m| {
        rectangles(m, &[&[2, 2, 4]])
            .into_iter()
            .map(|s| s.with("ind", 2i64))
            .collect()
    },
    call: |a| {
        let (x, ind) = (a.tensor("A")?, a.int("ind")?);
        check_float(x, "tensorinv")?;
        ensure!(ind > 0, "Expected a strictly positive integer for 'ind'");
        let shape = x.shape();
        let ind = (ind as usize).min(shape.len());
        let size = |s: &[usize]| s.iter().product::<usize>();
        let (rows, columns) = (size(&shape[..ind]), size(&shape[ind..]));
        ensure!(
            rows == columns,
            "Expected self to satisfy the requirement prod(self.shape[ind:]) == prod(self.shape[:ind]), but got {columns} != {rows}"
        );
        let turned: Dims = shape[ind..].iter().chain(&shape[..ind]).copied().collect();
        Ok(reshape_to(&inverse(&reshape_to(x, &[rows, columns])?)?, &turned)?.into())
    },
    ..Op::BASE
};

/// `torch.linalg.tensorsolve`
pub static LINALG_TENSORSOLVE: Op = Op {
    signature: "linalg_tensorsolve(A, B, dims=None, *, out=None) -> Tensor",
    faces: LINALG,
    doc: "The `X` for which `tensordot(A, X, X.ndim)` is `B`.",
    samples: |m| {
        if !m.floating() {
            return Vec::new();
        }
        vec![sample([
            m.tensor(&[2, 2, 4]).into(),
            m.tensor(&[2, 2]).into(),
        ])]
    },
    call: |a| {
        let (mut x, b) = (a.tensor("A")?.clone(), a.tensor("B")?);
        if let Some(dims) = a.opt_ints("dims")? {
            let moved = crate::tensor::array::layout::wrap_dims(&dims, x.ndim())?;
            let mut order: Vec<i64> = (0..x.ndim() as i64).collect();
            order.retain(|d| !moved.contains(&(*d as usize)));
            order.extend(moved.iter().map(|d| *d as i64));
            x = permute(&x, &order)?;
        }
        let shape = x.shape();
        let rest: Dims = shape[b.ndim().min(shape.len())..].iter().copied().collect();
        let (rows, columns) = (b.numel(), rest.iter().product::<usize>());
        ensure!(
            rows == columns,
            "Expected self to satisfy the requirement prod(self.shape[other.ndim:]) == prod(self.shape[:other.ndim]), but got {columns} != {rows}"
        );
        let flat = solve(&reshape_to(&x, &[rows, columns])?, &reshape_to(b, &[rows])?)?;
        Ok(reshape_to(&flat, &rest)?.into())
    },
    ..Op::BASE
};

/// Powers of the elements in columns.
fn vander(x: &Tensor, count: usize) -> Result<Tensor> {
    let mut powers = vec![crate::tensor::ops::ones_like(x)?];
    for k in 1..count {
        powers.push(mul(&powers[k - 1], x)?);
    }
    powers.truncate(count);
    if powers.is_empty() {
        let shape = with(&x.shape(), &[0]);
        return Ok(Tensor::from_array(Array::zeros(&shape, x.dtype())?));
    }
    crate::tensor::ops::stack(&powers, -1)
}

/// `torch.linalg.vander`
pub static LINALG_VANDER: Op = Op {
    signature: "linalg_vander(x, *, N=None) -> Tensor",
    faces: LINALG,
    node: "CatBackward0",
    doc: "The powers of each element, from 0 to `N - 1`.",
    examples: &[(
        "torch.linalg.vander(torch.tensor([1, 2, 3]))",
        "tensor([[1, 1, 1],\n        [1, 2, 4],\n        [1, 3, 9]])",
    )],
    samples: |m| {
        if m.dtype == DType::Bool {
            return Vec::new();
        }
        vec![sample([m.tensor(&[3]).into()])]
    },
    call: |a| {
        let x = a.tensor("x")?;
        let x = &crate::tensor::ops::atleast_1d(x)?;
        let own = x.shape()[x.ndim() - 1] as i64;
        let count = a.opt_int("N")?.unwrap_or(own);
        ensure!(count >= 1, "N must be greater than 1.");
        let x = if x.dtype() == DType::Bool || x.dtype().is_integer() {
            to_dtype(x, DType::Int64)?
        } else {
            x.clone()
        };
        Ok(vander(&x, count as usize)?.into())
    },
    ..Op::BASE
};

/// `torch.vander`
pub static VANDER: Op = Op {
    signature: "vander(x, N=None, increasing=False) -> Tensor",
    doc: "The powers of each element of a vector, the highest first unless `increasing`.",
    examples: &[(
        "torch.vander(torch.tensor([1, 2]), 3)",
        "tensor([[1, 1, 1],\n        [4, 2, 1]])",
    )],
    samples: |m| {
        if m.dtype == DType::Bool {
            return Vec::new();
        }
        vec![sample([m.tensor(&[3]).into()])]
    },
    call: |a| {
        let x = a.tensor("x")?;
        ensure!(x.ndim() == 1, "x must be a one-dimensional tensor.");
        let count = a.opt_int("N")?.unwrap_or(x.numel() as i64);
        ensure!(count >= 0, "N must be non-negative.");
        let out = vander(x, count as usize)?;
        Ok(if a.bool("increasing")? {
            out
        } else {
            flip(&out, &[1])?
        }
        .into())
    },
    ..Op::BASE
};

/// `torch.linalg.vecdot`
pub static LINALG_VECDOT: Op = Op {
    signature: "linalg_vecdot(x, y, *, dim=-1, out=None) -> Tensor",
    faces: LINALG,
    doc: "The dot products of vectors.",
    examples: &[(
        "torch.linalg.vecdot(torch.tensor([1., 2.]), torch.tensor([3., 4.]))",
        "tensor(11.)",
    )],
    samples: |m| super::matmul::pairs(m, &[(&[2, 3], &[2, 3]), (&[3], &[2, 3])]),
    call: |a| {
        let (x, y, dim) = (a.tensor("x")?, a.tensor("y")?, a.int("dim")?);
        Ok(sum_dims(
            &mul(&crate::tensor::ops::conj(x)?, y)?,
            Some(&[dim]),
            false,
            Some(x.dtype()),
        )?
        .into())
    },
    ..Op::BASE
};

/// `torch.vdot`
pub static VDOT: Op = Op {
    signature: "vdot(input, other, *, out=None) -> Tensor",
    faces: FUNCTION | METHOD,
    node: "VdotBackward0",
    doc: "The dot product, the first factor conjugated.",
    examples: &[(
        "torch.vdot(torch.tensor([1., 2.]), torch.tensor([3., 4.]))",
        "tensor(11.)",
    )],
    samples: |m| super::matmul::pairs(m, &[(&[3], &[3])]),
    call: |a| Ok(dot(a.tensor("input")?, a.tensor("other")?)?.into()),
    ..Op::BASE
};

/// `torch.linalg.diagonal`
pub static LINALG_DIAGONAL: Op = Op {
    signature: "linalg_diagonal(A, *, offset=0, dim1=-2, dim2=-1) -> Tensor",
    faces: LINALG,
    doc: "A view of the diagonal of two dimensions, which becomes the last dimension.",
    examples: &[(
        "torch.linalg.diagonal(torch.tensor([[1, 2], [3, 4]]))",
        "tensor([1, 4])",
    )],
    samples: |m| vec![sample([m.tensor(&[3, 4]).into()])],
    call: |a| {
        let x = a.tensor("A")?;
        Ok(diagonal(x, a.int("offset")?, a.int("dim1")?, a.int("dim2")?)?.into())
    },
    ..Op::BASE
};

/// `torch.linalg.matmul`
pub static LINALG_MATMUL: Op = Op {
    signature: "linalg_matmul(input, other, *, out=None) -> Tensor",
    faces: LINALG,
    doc: "The product of vectors, matrices or batches of matrices.",
    samples: |m| super::matmul::pairs(m, &[(&[2, 3], &[3, 2])]),
    call: |a| Ok(matmul(a.tensor("input")?, a.tensor("other")?)?.into()),
    ..Op::BASE
};
