//! Sums, products, quotients, powers.

use super::parts::{both, imag, join, real};
use crate::tensor::array::{Array, DType, Result, Scalar};
use crate::tensor::core::{Operand, Tensor};
use crate::tensor::ops::{add, add_scaled, atan2, div, exp, log, mul, neg, norm, sub, sum_dims};

/// The parts of an operand.
fn parts(x: &Operand, dtype: DType) -> Result<(Tensor, Tensor)> {
    match x {
        Operand::Tensor(t) => both(t, dtype),
        Operand::Scalar(s) => {
            let part =
                |v: f64| Tensor::from_array(Array::from_scalar(Scalar::Float(v), dtype.to_real()));
            Ok((part(s.to_f64()), part(s.imaginary())))
        }
    }
}

/// A pair of parts as an operand of formulas.
pub(super) type Pair = (Tensor, Tensor);

pub(super) fn times((a, b): &Pair, (c, d): &Pair) -> Result<Pair> {
    Ok((
        sub(&mul(a, c)?, &mul(b, d)?)?,
        add(&mul(a, d)?, &mul(b, c)?)?,
    ))
}

pub(super) fn joined((re, im): Pair) -> Result<Tensor> {
    join(&re, &im)
}

/// `x + alpha * y` in a complex dtype.
pub fn complex_add(x: &Operand, y: &Operand, alpha: Scalar, dtype: DType) -> Result<Tensor> {
    let (a, b) = parts(x, dtype)?;
    let mut second = parts(y, dtype)?;
    if alpha.is_complex() {
        second = times(&second, &parts(&Operand::Scalar(alpha), dtype)?)?;
    }
    let alpha = if alpha.is_complex() {
        Scalar::Int(1)
    } else {
        alpha
    };
    let sum = |p: &Tensor, q: &Tensor| add_scaled(p.into(), q.into(), alpha);
    join(&sum(&a, &second.0)?, &sum(&b, &second.1)?)
}

/// `x * y` in a complex dtype.
pub fn complex_mul(x: &Operand, y: &Operand, dtype: DType) -> Result<Tensor> {
    joined(times(&parts(x, dtype)?, &parts(y, dtype)?)?)
}

/// `x / y` in a complex dtype.
pub fn complex_div(x: &Operand, y: &Operand, dtype: DType) -> Result<Tensor> {
    let (c, d) = parts(y, dtype)?;
    let size = add(&mul(&c, &c)?, &mul(&d, &d)?)?;
    let (re, im) = times(&parts(x, dtype)?, &(c, neg(&d)?))?;
    join(&div(&re, &size)?, &div(&im, &size)?)
}

/// `-z`
pub fn complex_neg(z: &Tensor) -> Result<Tensor> {
    join(&neg(&real(z)?)?, &neg(&imag(z)?)?)
}

/// Sums over dimensions.
pub fn complex_sum(
    z: &Tensor,
    dims: Option<&[i64]>,
    keepdim: bool,
    dtype: DType,
) -> Result<Tensor> {
    let (re, im) = both(z, dtype)?;
    join(
        &sum_dims(&re, dims, keepdim, None)?,
        &sum_dims(&im, dims, keepdim, None)?,
    )
}

/// A product of matrices, by four products of their parts.
pub fn complex_product(
    x: &Tensor,
    y: &Tensor,
    f: impl Fn(&Tensor, &Tensor) -> Result<Tensor>,
) -> Result<Tensor> {
    let ((a, b), (c, d)) = (both(x, x.dtype())?, both(y, y.dtype())?);
    join(
        &sub(&f(&a, &c)?, &f(&b, &d)?)?,
        &add(&f(&a, &d)?, &f(&b, &c)?)?,
    )
}

/// The absolute value; its gradient at 0 is 0.
pub fn complex_abs(z: &Tensor) -> Result<Tensor> {
    norm(
        &super::parts::view_as_real(z)?,
        2.0,
        Some(&[-1]),
        false,
        None,
    )
}

/// The angle in the complex plane.
pub fn complex_angle(z: &Tensor) -> Result<Tensor> {
    atan2(&imag(z)?, &real(z)?)
}

/// `e ** z`
pub(super) fn exponential((a, b): &Pair) -> Result<Pair> {
    use crate::tensor::ops::{cos, sin};
    let size = exp(a)?;
    Ok((mul(&size, &cos(b)?)?, mul(&size, &sin(b)?)?))
}

/// The principal logarithm.
pub(super) fn logarithm(z: &Tensor) -> Result<Pair> {
    Ok((log(&complex_abs(z)?)?, complex_angle(z)?))
}

/// The principal square root: `t = sqrt((|z| + |re|) / 2)` is one part, `im / 2 t` the other.
pub fn complex_sqrt(z: &Tensor) -> Result<Tensor> {
    use crate::tensor::ops::{abs, eq, ge, lt, ones_like, sqrt, where_};
    let (re, im) = (real(z)?, imag(z)?);
    let t = sqrt(&mul(&add(&complex_abs(z)?, &abs(&re)?)?, 0.5)?)?;
    let divisor = where_(&eq(&t, 0i64)?, &ones_like(&t)?, &mul(&t, 2i64)?)?;
    let other = div(&im, &divisor)?;
    let right = ge(&re, 0i64)?;
    let signed = where_(&lt(&im, 0i64)?, &neg(&t)?, &t)?;
    join(
        &where_(&right, &t, &abs(&other)?)?,
        &where_(&right, &other, &signed)?,
    )
}

/// `x ** y` in a complex dtype.
pub fn complex_pow(x: &Operand, y: &Operand, dtype: DType) -> Result<Tensor> {
    let base = parts(x, dtype)?;
    if let Operand::Scalar(s) = y
        && s.imaginary() == 0.0
    {
        let n = s.to_f64();
        if n == n.trunc() && (0.0..=8.0).contains(&n) {
            return whole_power(&base, n as usize);
        }
    }
    let z = join(&base.0, &base.1)?;
    if matches!(y, Operand::Scalar(s) if s.to_f64() == 0.5 && s.imaginary() == 0.0) {
        return complex_sqrt(&z);
    }
    let power = times(&parts(y, dtype)?, &logarithm(&z)?)?;
    joined(exponential(&power)?)
}

/// A small power, by products.
fn whole_power(base: &Pair, n: usize) -> Result<Tensor> {
    if n == 0 {
        let one = crate::tensor::ops::ones_like(&base.0)?;
        return join(&one, &crate::tensor::ops::zeros_like(&base.0)?);
    }
    let mut out = base.clone();
    for _ in 1..n {
        out = times(&out, base)?;
    }
    joined(out)
}
