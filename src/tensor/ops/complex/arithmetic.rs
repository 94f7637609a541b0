//! Kernels of complex numbers, and what is computed from their parts.

use super::math;
use super::parts::{both, join, real};
use crate::tensor::array::kernels::rounded::hypot;
use crate::tensor::array::kernels::{pointwise as kernels, reduce, vectorize};
use crate::tensor::array::{Array, Complex, DType, Result};
use crate::tensor::core::{Operand, Saved, Tensor, record};
use crate::tensor::ops::pointwise::{map2, map2_loop, unsupported};
use crate::tensor::ops::reduce::scan::scan;
use crate::tensor::ops::{add, atan2, div, mul, sub, sum_dims, to_dtype, where_, zeros_like};

type C = Complex<f64>;

/// `f` of each pair, computed in double, as an array of the dtype.
pub fn complex_pairs(
    x: &Operand,
    y: &Operand,
    dtype: DType,
    f: &(dyn Fn(C, C) -> C + Sync),
) -> Result<Array> {
    map2::<C, C>(x, y, f)?.to_dtype(dtype)
}

/// Smith's quotient without branches, and in the steps of `c10::complex`, whose products and sums are fused.
#[inline(always)]
fn quotient<T: num_traits::Float>([a, b, c, d]: [T; 4]) -> [T; 2] {
    let by_real = c.abs() >= d.abs();
    let (large, small) = if by_real { (c, d) } else { (d, c) };
    let ratio = small / large;
    let scale = T::one() / small.mul_add(ratio, large);
    let (first, second) = if by_real { (b, a) } else { (a, b) };
    let re = first.mul_add(ratio, second) * scale;
    let (first, second) = if by_real { (-a, b) } else { (b, -a) };
    let im = first.mul_add(ratio, second) * scale;
    let by_zero = c == T::zero() && d == T::zero();
    let infinite = T::one() / c.abs();
    [
        if by_zero { a * infinite } else { re },
        if by_zero { b * infinite } else { im },
    ]
}

#[inline(always)]
fn zip<T: Copy>(
    out: &mut [Complex<T>],
    x: &[Complex<T>],
    y: &[Complex<T>],
    f: impl Fn([T; 4]) -> [T; 2],
) {
    vectorize(
        #[inline(always)]
        || {
            for ((o, x), y) in out.iter_mut().zip(x).zip(y) {
                let [re, im] = f([x.re, x.im, y.re, y.im]);
                *o = Complex { re, im };
            }
        },
    );
}

/// The parts of a result from those of two numbers, in the precision of the dtype as PyTorch computes them.
macro_rules! of_parts {
    ($( $doc:literal $name:ident |$parts:pat_param| $body:expr; )*) => {$(
        #[doc = $doc]
        pub fn $name(x: &Operand, y: &Operand, dtype: DType) -> Result<Array> {
            if dtype == DType::Complex64 {
                return map2_loop::<Complex<f32>, Complex<f32>>(x, y, &|out, x, y| zip(out, x, y, |$parts| $body));
            }
            map2_loop::<C, C>(x, y, &|out, x, y| zip(out, x, y, |$parts| $body))?.to_dtype(dtype)
        }
    )*};
}

of_parts! {
    "`x + y`" complex_add |[a, b, c, d]| [a + c, b + d];
    "`x - y`" complex_sub |[a, b, c, d]| [a - c, b - d];
    "`x * y`" complex_mul |[a, b, c, d]| [a * c - b * d, a * d + b * c];
    "`x / y`" complex_div |parts| quotient(parts);
}

/// The function with this name of each element, computed in double.
pub fn complex_map(name: &str, z: &Array) -> Result<Array> {
    let Some(f) = math::function(name) else {
        return Err(unsupported(&format!("{name}_cpu"), z.dtype()));
    };
    kernels::unary::<C, C>(&z.to_dtype(DType::Complex128)?, f)?.to_dtype(z.dtype())
}

/// `f` of each row, computed in double.
pub fn complex_fold(x: &Array, dims: &[usize], f: &(dyn Fn(&[C]) -> C + Sync)) -> Result<Array> {
    let wide = x.to_dtype(DType::Complex128)?;
    reduce::fold::<C, C>(&wide, dims, f)?.to_dtype(x.dtype())
}

/// What `f` makes of the elements along a dimension, one after the other.
pub fn complex_scan(x: &Array, d: usize, f: &mut dyn FnMut(C, C) -> C, start: C) -> Result<Array> {
    let wide = x.to_dtype(DType::Complex128)?;
    scan::<C, C>(&wide, d, &mut |x, o| {
        let mut state = start;
        for (o, v) in o.iter_mut().zip(x) {
            state = f(state, *v);
            *o = state;
        }
    })?
    .to_dtype(x.dtype())
}

/// Equality, and logic; complex numbers have no order.
pub fn complex_compare(name: &str, x: &Operand, y: &Operand) -> Result<Tensor> {
    use crate::tensor::ops::{eq, logical_and, logical_or, logical_xor, not};
    let (x, y) = (x.to_tensor(), y.to_tensor());
    let equal = || {
        let ((p, q), (r, s)) = (both(&x, DType::Complex128)?, both(&y, DType::Complex128)?);
        logical_and(&eq(&p, &r)?, &eq(&q, &s)?)
    };
    let truths = |f: fn(&Tensor, &Tensor) -> Result<Tensor>| {
        f(&to_dtype(&x, DType::Bool)?, &to_dtype(&y, DType::Bool)?)
    };
    match name {
        "eq" => equal(),
        "ne" => not(&equal()?),
        "logical_and" => truths(|a, b| logical_and(a, b)),
        "logical_or" => truths(|a, b| logical_or(a, b)),
        "logical_xor" => truths(|a, b| logical_xor(a, b)),
        _ => {
            let dtype = if x.dtype().is_complex() {
                x.dtype()
            } else {
                y.dtype()
            };
            Err(unsupported(&format!("{name}_cpu"), dtype))
        }
    }
}

/// `x ** y` of each pair.
pub fn complex_powers(x: &Operand, y: &Operand, dtype: DType) -> Result<Array> {
    complex_pairs(x, y, dtype, &math::pow)
}

/// The absolute value; its gradient at 0 is 0.
pub fn complex_abs(z: &Tensor) -> Result<Tensor> {
    let size = if z.dtype() == DType::Complex64 {
        kernels::unary::<Complex<f32>, f32>(
            &z.array(),
            #[inline(always)]
            |z| hypot(z.re, z.im),
        )?
    } else {
        complex_map("abs", &z.array())?.to_dtype(z.dtype().to_real())?
    };
    Ok(record(
        "AbsBackward0",
        [z],
        size,
        Saved::input(z),
        |g, z, c| Ok([Some(mul(g, &complex_sgn(&c.get(z)?)?)?)]),
    ))
}

/// The number of length 1 with the same angle, or 0.
pub fn complex_sgn(z: &Tensor) -> Result<Tensor> {
    let out = complex_map("sgn", &z.array())?;
    let kept = (Saved::input(z), Saved::result(&out));
    Ok(record("SgnBackward0", [z], out, kept, |g, (z, y), c| {
        // Only what is across the direction turns it: (g - Re(g conj(y)) y) / |z|.
        let (z, y) = (c.get(z)?, c.get(y)?);
        let along = real(&mul(g, &super::conj(&y)?)?)?;
        let across = div(&sub(g, &mul(&y, &along)?)?, &complex_abs(&z)?)?;
        let none = crate::tensor::ops::eq(&complex_abs(&z)?, 0i64)?;
        Ok([Some(where_(&none, &zeros_like(&across)?, &across)?)])
    }))
}

/// The angle in the complex plane.
pub fn complex_angle(z: &Tensor) -> Result<Tensor> {
    atan2(&super::imag(z)?, &real(z)?)
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

/// A function of two that is linear in each, by four of their parts: products of matrices, convolutions.
pub fn complex_product(
    x: &Tensor,
    y: &Tensor,
    f: &dyn Fn(&Tensor, &Tensor) -> Result<Tensor>,
) -> Result<Tensor> {
    let ((a, b), (c, d)) = (both(x, x.dtype())?, both(y, y.dtype())?);
    join(
        &sub(&f(&a, &c)?, &f(&b, &d)?)?,
        &add(&f(&a, &d)?, &f(&b, &c)?)?,
    )
}
