//! Functions of matrices, and products of many.

use super::batch::{adjoint, check_matrix, check_square, rectangles, squares};
use super::matmul::matmul;
use super::spectral::{eigh, svd};
use super::systems::solve;
use crate::tensor::array::error::ensure;
use crate::tensor::array::layout::show;
use crate::tensor::array::{DType, Dims, Result};
use crate::tensor::core::{Tensor, no_grad};
use crate::tensor::ops::args::{Arg, Out};
use crate::tensor::ops::samples::sample;
use crate::tensor::ops::spec::{FUNCTION, LINALG, METHOD, Op};
use crate::tensor::ops::{
    abs, add, eye, mul, reshape_to, sqrt, sub, sum_dims, to_dtype, unsqueeze,
};

/// `torch.linalg.polar`
pub static LINALG_POLAR: Op = Op {
    signature: "linalg_polar(A, *, out=None) -> (U, H)",
    faces: LINALG,
    node: "LinalgPolarBackward0",
    doc: "`A = U H`: orthonormal columns and a positive semidefinite matrix.",
    samples: |m| rectangles(m, &[&[3, 3], &[3, 2]]),
    call: |a| {
        let x = a.tensor("A")?;
        let (m, n) = check_matrix(x, "linalg.polar", "A")?;
        ensure!(
            m >= n,
            "linalg.polar: expected A to have at least as many rows as columns, got {m} by {n} matrices"
        );
        let [u, s, vh] = svd(x, false, "linalg.polar")?;
        let v = adjoint(&vh)?;
        let h = matmul(&mul(&v, &unsqueeze(&s, -2)?)?, &vh)?;
        Ok(Out::Named {
            name: "linalg_polar",
            fields: &["U", "H"],
            values: vec![matmul(&u, &vh)?, h],
        })
    },
    ..Op::BASE
};

/// `torch.linalg.matrix_sqrth`
pub static LINALG_MATRIX_SQRTH: Op = Op {
    signature: "linalg_matrix_sqrth(A) -> Tensor",
    faces: LINALG,
    node: "LinalgMatrixSqrthBackward0",
    doc: "The positive definite square root of a positive definite matrix, of which the lower triangle is read.",
    examples: &[(
        "torch.linalg.matrix_sqrth(torch.tensor([[4., 0.], [0., 9.]]))",
        "tensor([[2., 0.],\n        [0., 3.]])",
    )],
    samples: super::batch::positive_definite,
    call: |a| {
        let (d, v) = eigh(a.tensor("A")?, false, "linalg.matrix_sqrth")?;
        let scaled = mul(&v, &unsqueeze(&sqrt(&d)?, -2)?)?;
        Ok(matmul(&scaled, &adjoint(&v)?)?.into())
    },
    ..Op::BASE
};

/// `torch.linalg.matrix_exp`
pub static LINALG_MATRIX_EXP: Op = Op {
    signature: "linalg_matrix_exp(A) -> Tensor",
    faces: LINALG,
    node: "LinalgMatrixExpBackward0",
    doc: "The exponential of square matrices.",
    samples: squares,
    call: |a| Ok(matrix_exp(a.tensor("A")?)?.into()),
    ..Op::BASE
};

/// `torch.matrix_exp`
pub static MATRIX_EXP: Op = Op {
    signature: "matrix_exp(input) -> Tensor",
    faces: FUNCTION | METHOD,
    node: "LinalgMatrixExpBackward0",
    doc: "The exponential of square matrices.",
    examples: &[(
        "torch.matrix_exp(torch.zeros(2, 2))",
        "tensor([[1., 0.],\n        [0., 1.]])",
    )],
    samples: squares,
    call: |a| Ok(matrix_exp(a.tensor("input")?)?.into()),
    ..Op::BASE
};

/// Scaling, a Pade approximant of order 13, and squaring: Higham, 2005.
fn matrix_exp(x: &Tensor) -> Result<Tensor> {
    const B: [f64; 14] = [
        64_764_752_532_480_000.0,
        32_382_376_266_240_000.0,
        7_771_770_303_897_600.0,
        1_187_353_796_428_800.0,
        129_060_195_264_000.0,
        10_559_470_521_600.0,
        670_442_572_800.0,
        33_522_128_640.0,
        1_323_241_920.0,
        40_840_800.0,
        960_960.0,
        16_380.0,
        182.0,
        1.0,
    ];
    let n = check_square(x, "linalg.matrix_exp")?;
    if x.numel() == 0 {
        return crate::tensor::ops::clone(x);
    }
    // The coefficients span seventeen decimal places: computed in double.
    let wide = if x.dtype().is_complex() {
        DType::Complex128
    } else {
        DType::Float64
    };
    let a = to_dtype(x, wide)?;
    let sums = no_grad(|| sum_dims(&abs(&a)?, Some(&[-2]), false, None))?;
    let norm = sums.to_vec::<f64>()?.into_iter().fold(0.0, f64::max);
    let squarings = if norm.is_finite() {
        (norm / 5.37).log2().ceil().max(0.0) as i32
    } else {
        0
    };
    let a = mul(&a, 0.5f64.powi(squarings))?;
    let one = eye(n, n, wide)?;
    let a2 = matmul(&a, &a)?;
    let a4 = matmul(&a2, &a2)?;
    let a6 = matmul(&a4, &a2)?;
    let sum = |c: [f64; 4], first: &Tensor| -> Result<Tensor> {
        let mut out = mul(first, c[0])?;
        for (power, c) in [&a6, &a4, &a2].into_iter().zip(&c[1..]) {
            out = add(&out, &mul(power, *c)?)?;
        }
        Ok(out)
    };
    let odd = matmul(&a6, &sum([0.0, B[13], B[11], B[9]], &one)?)?;
    let odd = matmul(&a, &add(&odd, &sum([B[1], B[7], B[5], B[3]], &one)?)?)?;
    let even = matmul(&a6, &sum([0.0, B[12], B[10], B[8]], &one)?)?;
    let even = add(&even, &sum([B[0], B[6], B[4], B[2]], &one)?)?;
    let mut out = solve(&sub(&even, &odd)?, &add(&even, &odd)?)?;
    for _ in 0..squarings {
        out = matmul(&out, &out)?;
    }
    to_dtype(&out, x.dtype())
}

/// `torch.linalg.multi_dot`
pub static LINALG_MULTI_DOT: Op = Op {
    signature: "linalg_multi_dot(tensors, *, out=None) -> Tensor",
    faces: LINALG,
    doc: "The product of several matrices, multiplied in the order that costs least.",
    examples: &[(
        "torch.linalg.multi_dot([torch.ones(1, 2), torch.ones(2, 2), torch.ones(2, 1)])",
        "tensor([[4.]])",
    )],
    samples: |m| {
        if !m.floating() {
            return Vec::new();
        }
        let all = [[2usize, 3], [3, 4], [4, 2]]
            .iter()
            .map(|s| Arg::Tensor(m.tensor(s)));
        vec![sample([Arg::List(all.collect())])]
    },
    call: |a| Ok(multi_dot(&a.tensors("tensors")?)?.into()),
    ..Op::BASE
};

fn multi_dot(tensors: &[Tensor]) -> Result<Tensor> {
    let n = tensors.len();
    ensure!(
        n >= 2,
        "multi_dot(): expected at least 2 tensors but got {n}"
    );
    let (first, last) = (&tensors[0], &tensors[n - 1]);
    for (t, place, edge) in [(first, "first", true), (last, "last", true)]
        .into_iter()
        .chain(tensors[1..n - 1].iter().map(|t| (t, "", false)))
    {
        if edge {
            ensure!(
                matches!(t.ndim(), 1 | 2),
                "multi_dot(): the {place} tensor must be 1D or 2D but got {}D",
                t.ndim()
            );
        } else {
            ensure!(
                t.ndim() == 2,
                "multi_dot(): tensor {} must be 2D but got {}D",
                tensors.iter().position(|x| x.same(t)).unwrap_or(0),
                t.ndim()
            );
        }
    }
    let mut all = tensors.to_vec();
    if first.ndim() == 1 {
        all[0] = unsqueeze(first, 0)?;
    }
    if last.ndim() == 1 {
        all[n - 1] = unsqueeze(last, -1)?;
    }
    for i in 1..n {
        let (left, right) = (all[i - 1].shape(), all[i].shape());
        ensure!(
            left[1] == right[0],
            "multi_dot(): tensors {} and {i} with shapes {} and {} cannot be multiplied",
            i - 1,
            show(&tensors[i - 1].shape()),
            show(&tensors[i].shape())
        );
    }
    let out = chain(&all)?;
    let shape: Dims = [(first, 0), (last, 1)]
        .into_iter()
        .filter(|(t, _)| t.ndim() == 2)
        .map(|(_, d)| out.shape()[d])
        .collect();
    reshape_to(&out, &shape)
}

/// The product in the cheapest order, by dynamic programming (Cormen et al., 15.2).
fn chain(all: &[Tensor]) -> Result<Tensor> {
    let n = all.len();
    let mut size: Vec<usize> = all.iter().map(|t| t.shape()[0]).collect();
    size.push(all[n - 1].shape()[1]);
    let mut cost = vec![vec![0usize; n]; n];
    let mut cut = vec![vec![0usize; n]; n];
    for length in 1..n {
        for i in 0..n - length {
            let j = i + length;
            let price = |k: usize| {
                let joined = size[i]
                    .saturating_mul(size[k + 1])
                    .saturating_mul(size[j + 1]);
                cost[i][k]
                    .saturating_add(cost[k + 1][j])
                    .saturating_add(joined)
            };
            let best = (i..j).min_by_key(|k| price(*k)).unwrap_or(i);
            let least = price(best);
            (cost[i][j], cut[i][j]) = (least, best);
        }
    }
    multiplied(all, &cut, 0, n - 1)
}

fn multiplied(all: &[Tensor], cut: &[Vec<usize>], i: usize, j: usize) -> Result<Tensor> {
    if i == j {
        return Ok(all[i].clone());
    }
    let k = cut[i][j];
    matmul(
        &multiplied(all, cut, i, k)?,
        &multiplied(all, cut, k + 1, j)?,
    )
}
