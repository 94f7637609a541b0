//! `A = L D L^T` of symmetric matrices, and `A = L D L^H` of Hermitian ones, by the pivoting of Bunch and Kaufman (LAPACK's
//! `sytf2` and `sytrs`, `hetf2` and `hetrs`, lower form).
//!
//! What tells the two apart is `turn`: the conjugate for Hermitian matrices, else the number itself.

use super::batch::{
    check_square, each, first_failure, integers, matrices, over_field, sizes, squares, together,
    with,
};
use super::kernels::{Field, Matrix};

type Turn<S> = fn(S) -> S;

fn turn<S: Field>(hermitian: bool) -> Turn<S> {
    if hermitian { S::conj } else { |v| v }
}

use crate::tensor::array::error::{bail, ensure};
use crate::tensor::array::{DType, Result};
use crate::tensor::core::Tensor;
use crate::tensor::core::record::underivable;
use crate::tensor::ops::args::{Args, Out};
use crate::tensor::ops::samples::Sample;
use crate::tensor::ops::spec::{LINALG, Op};
use crate::tensor::ops::to_dtype;

/// The largest element of a part of a column or row, and where it is.
fn largest(at: impl Iterator<Item = usize>, value: impl Fn(usize) -> f64) -> (usize, f64) {
    at.fold((0, 0.0), |(best, most), i| {
        let v = value(i);
        if v > most { (i, v) } else { (best, most) }
    })
}

/// Which row is exchanged with which, and whether two columns are taken at once; nothing for a column of zeros.
fn choose<S: Field>(a: &Matrix<S>, k: usize) -> Option<(usize, bool)> {
    let limit = (1.0 + 17f64.sqrt()) / 8.0;
    let n = a.rows;
    let here = a[(k, k)].weight();
    let (i, column) = largest(k + 1..n, |i| a[(i, k)].weight());
    if here.is_nan() || here.max(column) == 0.0 {
        return None;
    }
    if here >= limit * column {
        return Some((k, false));
    }
    let row = largest(k..i, |j| a[(i, j)].weight())
        .1
        .max(largest(i + 1..n, |j| a[(j, i)].weight()).1);
    Some(if here >= limit * column * (column / row) {
        (k, false)
    } else {
        (i, a[(i, i)].weight() < limit * row)
    })
}

/// Exchanges rows and columns `k` and `p > k` of the part that is left, of which the lower triangle is read.
fn exchange<S: Field>(a: &mut Matrix<S>, k: usize, p: usize, first: usize, turn: Turn<S>) {
    let n = a.columns;
    for i in p + 1..n {
        a.data.swap(i * n + k, i * n + p);
    }
    for i in k + 1..p {
        (a[(i, k)], a[(p, i)]) = (turn(a[(p, i)]), turn(a[(i, k)]));
    }
    a[(p, k)] = turn(a[(p, k)]);
    a.data.swap(k * n + k, p * n + p);
    if first < k {
        a.data.swap(k * n + first, p * n + first);
    }
}

/// Takes a block of one column out of the rest.
fn eliminate_one<S: Field>(a: &mut Matrix<S>, k: usize, turn: Turn<S>) {
    let (n, pivot) = (a.rows, S::ONE / a[(k, k)]);
    for j in k + 1..n {
        let factor = pivot * turn(a[(j, k)]);
        for i in j..n {
            let x = a[(i, k)];
            a[(i, j)] -= x * factor;
        }
    }
    (k + 1..n).for_each(|i| a[(i, k)] = a[(i, k)] * pivot);
}

/// Takes a block of two columns out of the rest.
fn eliminate_two<S: Field>(a: &mut Matrix<S>, k: usize, turn: Turn<S>) {
    let n = a.rows;
    let between = a[(k + 1, k)];
    let (low, high) = (a[(k + 1, k + 1)] / between, a[(k, k)] / turn(between));
    let inner = S::ONE / (low * high - S::ONE);
    let scale = (inner / turn(between), inner / between);
    for j in k + 2..n {
        let first = scale.0 * (low * a[(j, k)] - a[(j, k + 1)]);
        let second = scale.1 * (high * a[(j, k + 1)] - a[(j, k)]);
        for i in j..n {
            let taken = a[(i, k)] * turn(first) + a[(i, k + 1)] * turn(second);
            a[(i, j)] -= taken;
        }
        (a[(j, k)], a[(j, k + 1)]) = (first, second);
    }
}

/// Factors in place. Gives the pivots, counted from 1 and negative for blocks of two, and the first column of zeros (or 0).
fn factor<S: Field>(a: &mut Matrix<S>, turn: Turn<S>) -> (Vec<i64>, i64) {
    let n = a.rows;
    for i in 0..n {
        // A Hermitian matrix has a real diagonal.
        a[(i, i)] = S::real(0.5) * (a[(i, i)] + turn(a[(i, i)]));
    }
    let (mut pivots, mut zero, mut k) = (Vec::new(), 0, 0);
    while k < n {
        let Some((p, two)) = choose(a, k) else {
            if zero == 0 {
                zero = k as i64 + 1;
            }
            pivots.push(k as i64 + 1);
            k += 1;
            continue;
        };
        let last = k + usize::from(two);
        if p != last {
            exchange(a, last, p, k, turn);
        }
        if two {
            eliminate_two(a, k, turn);
            pivots.extend([-(p as i64) - 1; 2]);
        } else {
            eliminate_one(a, k, turn);
            pivots.push(p as i64 + 1);
        }
        k = last + 1;
    }
    for i in 0..n {
        (i + 1..n).for_each(|j| a[(i, j)] = S::ZERO);
    }
    (pivots, zero)
}

/// `LD`, the pivots and LAPACK's `info`.
fn factored(a: &Args, name: &str, check: bool) -> Result<Vec<Tensor>> {
    let x = a.tensor("A")?;
    let n = check_square(x, "torch.linalg.ldl_factor_ex")?;
    let (batch, ..) = sizes(x);
    let hermitian = a.bool("hermitian")?;
    let mut pivots = Vec::new();
    let (ld, info) = over_field!(x.dtype(), S => each::<S, i64>(x, &x.shape(), |_, mut matrix| {
        let (rows, zero) = factor(&mut matrix, turn(hermitian));
        pivots.extend(rows);
        Ok((matrix.data, zero))
    }))?;
    let ld = underivable(Tensor::from_array(ld), [x], "linalg_ldl_factor_ex");
    let info = integers(info, &batch)?;
    if check && let Some((_, k)) = first_failure(&info)? {
        bail!(Runtime, "{name}: Unknown error code: {k}.");
    }
    Ok(vec![ld, integers(pivots, &with(&batch, &[n]))?, info])
}

fn samples(m: &crate::tensor::ops::samples::Make) -> Vec<Sample> {
    squares(m).into_iter().map(Sample::rough).collect()
}

/// `torch.linalg.ldl_factor`
pub static LINALG_LDL_FACTOR: Op = Op {
    signature: "linalg_ldl_factor(A, *, hermitian=False, out=None) -> (LD, pivots)",
    faces: LINALG,
    doc: "The packed factors of symmetric `A = L D L^T`, of which the lower triangle is read, and the rows exchanged.",
    examples: &[(
        "torch.linalg.ldl_factor(torch.tensor([[0., 2.], [2., 1.]])).pivots",
        "tensor([-2, -2], dtype=torch.int32)",
    )],
    samples,
    call: |a| {
        let mut values = factored(a, "torch.linalg.ldl_factor", true)?;
        values.truncate(2);
        Ok(Out::Named {
            name: "linalg_ldl_factor",
            fields: &["LD", "pivots"],
            values,
        })
    },
    ..Op::BASE
};

/// `torch.linalg.ldl_factor_ex`
pub static LINALG_LDL_FACTOR_EX: Op = Op {
    signature: "linalg_ldl_factor_ex(A, *, hermitian=False, check_errors=False, out=None) -> (LD, pivots, info)",
    faces: LINALG,
    doc: "The packed factors of `A = L D L^T`, the rows exchanged, and the first zero on the diagonal of `D` (or 0).",
    samples,
    call: |a| {
        let name = "torch.linalg.ldl_factor_ex";
        Ok(Out::Named {
            name: "linalg_ldl_factor_ex",
            fields: &["LD", "pivots", "info"],
            values: factored(a, name, a.bool("check_errors")?)?,
        })
    },
    ..Op::BASE
};

/// `row i of b -= factor * row j of b`
fn subtract<S: Field>(b: &mut Matrix<S>, i: usize, j: usize, factor: S) {
    for c in 0..b.columns {
        let taken = factor * b[(j, c)];
        b[(i, c)] -= taken;
    }
}

/// Solves with the block of two columns at `k`.
fn solve_block<S: Field>(a: &Matrix<S>, b: &mut Matrix<S>, k: usize, turn: Turn<S>) {
    let between = a[(k + 1, k)];
    let (first, second) = (a[(k, k)] / turn(between), a[(k + 1, k + 1)] / between);
    let denominator = first * second - S::ONE;
    for c in 0..b.columns {
        let (x, y) = (b[(k, c)] / turn(between), b[(k + 1, c)] / between);
        b[(k, c)] = (second * x - y) / denominator;
        b[(k + 1, c)] = (first * y - x) / denominator;
    }
}

/// Solves for `b` in place.
fn solve<S: Field>(a: &Matrix<S>, pivots: &[i64], b: &mut Matrix<S>, turn: Turn<S>) {
    let n = a.rows;
    // Where each block starts, how many columns it has, and the row that its last one was exchanged with.
    let (mut blocks, mut k) = (Vec::new(), 0);
    while k < n {
        let size = if pivots[k] < 0 && k + 1 < n { 2 } else { 1 };
        let row = (pivots[k].unsigned_abs() as usize).clamp(1, n) - 1;
        blocks.push((k, size, row));
        k += size;
    }
    for &(k, size, row) in &blocks {
        b.swap_rows(k + size - 1, row);
        for j in k..k + size {
            (k + size..n).for_each(|i| subtract(b, i, j, a[(i, j)]));
        }
        if size == 2 {
            solve_block(a, b, k, turn);
        } else {
            (0..b.columns).for_each(|c| b[(k, c)] /= a[(k, k)]);
        }
    }
    for &(k, size, row) in blocks.iter().rev() {
        for j in k..k + size {
            (k + size..n).for_each(|i| subtract(b, j, i, turn(a[(i, j)])));
        }
        b.swap_rows(k + size - 1, row);
    }
}

/// `torch.linalg.ldl_solve`
pub static LINALG_LDL_SOLVE: Op = Op {
    signature: "linalg_ldl_solve(LD, pivots, B, *, hermitian=False, out=None) -> Tensor",
    faces: LINALG,
    doc: "The solution of `A X = B` from the result of `ldl_factor`.",
    samples: |m| {
        let pivots = Tensor::from_vec(vec![2i64, -3, -3], &[3]).expect("three pivots");
        let with_right = |mut s: Sample| {
            s.args.push(pivots.clone().into());
            s.args.push(m.tensor(&[3, 2]).into());
            s.rough()
        };
        squares(m).into_iter().take(1).map(with_right).collect()
    },
    call: |a| {
        let (ld, pivots, b) = (a.tensor("LD")?, a.tensor("pivots")?, a.tensor("B")?);
        Ok(ldl_solve(ld, pivots, b, a.bool("hermitian")?)?.into())
    },
    ..Op::BASE
};

fn ldl_solve(ld: &Tensor, pivots: &Tensor, b: &Tensor, hermitian: bool) -> Result<Tensor> {
    let name = "torch.linalg.ldl_solve";
    let n = check_square(ld, name)?;
    ensure!(
        b.ndim() >= 2,
        Index,
        "Dimension out of range (expected to be in range of [-{0}, {1}], but got -2)",
        b.ndim().max(1),
        b.ndim().max(1) - 1
    );
    let (_, rows, columns) = sizes(b);
    ensure!(
        rows == n,
        "Incompatible matrix sizes for {name}: each A matrix is {n} by {n} but each b matrix is {rows} by {columns}"
    );
    let shape = ld.shape();
    ensure!(
        pivots.shape()[..] == shape[..shape.len() - 1],
        "{name}: Expected LD.shape[:-1] and pivots.shape to be the same, but got pivots with shape {} instead",
        crate::tensor::array::layout::show(&pivots.shape())
    );
    ensure!(
        pivots.dtype().is_integer(),
        "{name}: Expected pivots to be integers. Got {}",
        pivots.dtype().scalar_name()
    );
    ensure!(
        b.dtype() == ld.dtype(),
        "Expected b and A to have the same dtype, but found b of type {} and A of type {} instead.",
        b.dtype().scalar_name(),
        ld.dtype().scalar_name()
    );
    let (lds, bs) = together(ld, b)?;
    let (batch, ..) = sizes(&lds);
    let pivots = to_dtype(pivots, DType::Int64)?;
    let pivots = crate::tensor::ops::expand_to(&pivots, &with(&batch, &[n]))?.to_vec::<i64>()?;
    let (out, _) = over_field!(b.dtype(), S => {
        let factors = matrices::<S>(&lds)?;
        each::<S, ()>(&bs, &bs.shape(), |i, mut b| {
            solve(&factors[i], &pivots[i * n..(i + 1) * n], &mut b, turn(hermitian));
            Ok((b.data, ()))
        })
    })?;
    Ok(underivable(
        Tensor::from_array(out),
        [ld, b],
        "linalg_ldl_solve",
    ))
}
