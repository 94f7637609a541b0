//! Batches of matrices: checks, and the way to the kernels and back.

use super::kernels::{Field, Matrix};
use crate::tensor::array::error::ensure;
use crate::tensor::array::layout::broadcast_shapes;
use crate::tensor::array::{Array, DType, Dims, Result};
use crate::tensor::core::Tensor;
use crate::tensor::ops::samples::{Make, Sample, sample};
use crate::tensor::ops::{expand_to, transpose};

/// The conjugate transpose.
pub(super) fn adjoint(x: &Tensor) -> Result<Tensor> {
    crate::tensor::ops::conj(&transpose(x, -2, -1)?)
}

/// Runs the expression with `S` bound to the type in which matrices of a dtype are computed with.
macro_rules! over_field {
    ($dtype:expr, $S:ident => $body:expr) => {
        if $dtype.is_complex() {
            type $S = $crate::tensor::array::Complex<f64>;
            $body
        } else {
            type $S = f64;
            $body
        }
    };
}
pub(super) use over_field;

/// The sizes of a batch of matrices: those before the last two, and those.
pub(super) fn sizes(x: &Tensor) -> (Dims, usize, usize) {
    let mut batch = x.shape();
    let n = batch.pop().unwrap_or(1);
    let m = batch.pop().unwrap_or(1);
    (batch, m, n)
}

/// The sizes, a matrix's last.
pub(super) fn with(batch: &[usize], sizes: &[usize]) -> Dims {
    batch.iter().chain(sizes).copied().collect()
}

/// Refuses what is no batch of floating point matrices.
pub(super) fn check_matrix(x: &Tensor, name: &str, argument: &str) -> Result<(usize, usize)> {
    ensure!(
        x.ndim() >= 2,
        "{name}: The input tensor {argument} must have at least 2 dimensions."
    );
    check_float(x, name)?;
    let (_, m, n) = sizes(x);
    Ok((m, n))
}

pub(super) fn check_float(x: &Tensor, name: &str) -> Result<()> {
    ensure!(
        x.dtype().is_floating_point() || x.dtype().is_complex(),
        NotImplemented,
        "{name}: Expected a floating point or complex tensor as input. Got {}",
        x.dtype().scalar_name()
    );
    ensure!(
        !x.dtype().is_small(),
        "{name}: Low precision dtypes not supported. Got {}",
        x.dtype().scalar_name()
    );
    Ok(())
}

/// Refuses what is no batch of square matrices.
pub(super) fn check_square(x: &Tensor, name: &str) -> Result<usize> {
    ensure!(
        x.ndim() >= 2,
        "{name}: The input tensor A must have at least 2 dimensions."
    );
    let (_, m, n) = sizes(x);
    ensure!(
        m == n,
        "{name}: A must be batches of square matrices, but they are {m} by {n} matrices"
    );
    check_float(x, name)?;
    Ok(n)
}

/// The matrices of a batch, one after the other.
pub(super) fn matrices<S: Field>(x: &Tensor) -> Result<Vec<Matrix<S>>> {
    let (batch, m, n) = sizes(x);
    let values = x.to_vec::<S>()?;
    let count = batch.iter().product();
    Ok((0..count)
        .map(|i| Matrix {
            rows: m,
            columns: n,
            data: values[i * m * n..(i + 1) * m * n].to_vec(),
        })
        .collect())
}

/// The other way round; of other sizes, if need be.
pub(super) fn gathered<S: Field>(
    values: impl IntoIterator<Item = Vec<S>>,
    shape: &[usize],
    dtype: DType,
) -> Result<Array> {
    let all: Vec<S> = values.into_iter().flatten().collect();
    Array::from_vec(all, shape).to_dtype(dtype)
}

/// `f` of each matrix, which may give another one, as an array; and what else it gives, in a list.
pub(super) fn each<S: Field, K>(
    x: &Tensor,
    shape: &[usize],
    mut f: impl FnMut(usize, Matrix<S>) -> Result<(Vec<S>, K)>,
) -> Result<(Array, Vec<K>)> {
    let (mut values, mut rest) = (Vec::new(), Vec::new());
    for (i, a) in matrices(x)?.into_iter().enumerate() {
        let (new, other) = f(i, a)?;
        values.extend(new);
        rest.push(other);
    }
    Ok((Array::from_vec(values, shape).to_dtype(x.dtype())?, rest))
}

/// Integers as int32, as LAPACK gives them.
pub(super) fn integers(values: Vec<i64>, shape: &[usize]) -> Result<Tensor> {
    Ok(Tensor::from_array(
        Array::from_vec(values, shape).to_dtype(DType::Int32)?,
    ))
}

/// Both batches of matrices stretched to one batch.
pub(super) fn together(a: &Tensor, b: &Tensor) -> Result<(Tensor, Tensor)> {
    let ((ba, ma, na), (bb, mb, nb)) = (sizes(a), sizes(b));
    let batch = broadcast_shapes(&ba, &bb)?;
    Ok((
        expand_to(a, &with(&batch, &[ma, na]))?,
        expand_to(b, &with(&batch, &[mb, nb]))?,
    ))
}

/// Where in a batch something went wrong, for messages.
pub(super) fn place(x: &Tensor, i: usize) -> String {
    if x.ndim() > 2 {
        format!("(Batch element {i}): ")
    } else {
        String::new()
    }
}

/// The first matrix of a batch that LAPACK's `info` is positive for, and that `info`.
pub(super) fn first_failure(info: &Tensor) -> Result<Option<(usize, i64)>> {
    let numbers = info.to_vec::<i64>()?;
    Ok(numbers.into_iter().enumerate().find(|(_, k)| *k > 0))
}

/// Square matrices to test with.
pub(super) fn squares(m: &Make) -> Vec<Sample> {
    rectangles(m, &[&[3, 3], &[2, 2, 2]])
}

/// Matrices of any sizes to test with.
pub(super) fn rectangles(m: &Make, shapes: &[&[usize]]) -> Vec<Sample> {
    if !m.floating() {
        return Vec::new();
    }
    shapes
        .iter()
        .map(|s| sample([m.tensor(s).into()]))
        .collect()
}

/// Positive definite matrices to test with; gradients of them are not those of finite differences, which break symmetry.
pub(super) fn positive_definite(m: &Make) -> Vec<Sample> {
    squares(m)
        .into_iter()
        .map(|mut s| {
            if let crate::tensor::ops::Arg::Tensor(t) = &s.args[0] {
                let n = sizes(t).1;
                let product = crate::tensor::ops::matmul(t, &adjoint(t).expect("matrices"));
                let sum = product.and_then(|p| {
                    crate::tensor::ops::add(&p, &crate::tensor::ops::eye(n, n, m.dtype)?)
                });
                s.args[0] = sum.expect("matrices of one size").into();
            }
            s.rough()
        })
        .collect()
}
