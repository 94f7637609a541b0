//! One result for each element: arithmetic, comparison, functions of one number.
//!
//! The macros compute an [`Array`] without history; `record` adds that.

use std::cell::Ref;

use crate::tensor::array::kernels::pointwise::{self as kernels, Side};
use crate::tensor::array::promote::Promotion;
use crate::tensor::array::{Array, DType, Element, Error, Result};
use crate::tensor::core::{Operand, Tensor, default_dtype};
use crate::tensor::ops::spec::Op;

/// The dtype in which two operands meet (`torch.result_type`).
#[inline]
pub fn result_type(x: &Operand, y: &Operand) -> DType {
    if let (Operand::Tensor(x), Operand::Tensor(y)) = (x, y) {
        let dtype = x.dtype();
        if dtype == y.dtype() {
            return dtype;
        }
    }
    let mut p = Promotion::default();
    for operand in [x, y] {
        match operand {
            Operand::Tensor(t) => p.tensor(t.dtype(), t.ndim()),
            Operand::Scalar(s) => p.scalar(*s, default_dtype()),
        }
    }
    p.result()
}

/// Refuses integers without a sign where PyTorch has no kernel of this name for them, or would have to join them with others.
#[inline]
pub(super) fn check_unsigned(dtype: DType, x: &Operand, y: &Operand, kernel: &str) -> Result<()> {
    if !dtype.is_unsigned() {
        return Ok(());
    }
    let own = |o: &Operand| match o {
        Operand::Tensor(t) => t.dtype(),
        Operand::Scalar(_) => dtype,
    };
    crate::tensor::ops::unsigned::join(own(x), own(y), kernel)
}

/// [`result_type`], but at least the default float dtype.
#[inline]
pub fn float_result_type(x: &Operand, y: &Operand) -> DType {
    let dtype = result_type(x, y);
    if dtype.is_differentiable() {
        dtype
    } else {
        default_dtype()
    }
}

enum Held<'a> {
    Borrowed(Ref<'a, Array>),
    Converted(Array),
    Number,
}

impl<'a> Held<'a> {
    fn new(x: &Operand<'a>, dtype: DType) -> Result<Held<'a>> {
        Ok(match x {
            Operand::Tensor(t) => {
                let array = t.array();
                if array.dtype() == dtype {
                    Held::Borrowed(array)
                } else {
                    Held::Converted(array.to_dtype(dtype)?)
                }
            }
            Operand::Scalar(_) => Held::Number,
        })
    }

    fn side<T: Element>(&self, x: &Operand) -> Side<'_, T> {
        match (self, x) {
            (Held::Borrowed(array), _) => Side::Array(array),
            (Held::Converted(array), _) => Side::Array(array),
            (Held::Number, Operand::Scalar(s)) => Side::Scalar(T::from_scalar(*s)),
            (Held::Number, Operand::Tensor(_)) => unreachable!("tensors are held as arrays"),
        }
    }
}

/// `f` of each pair, computed in `T`.
#[inline]
pub fn map2<T: Element, U: Element>(
    x: &Operand,
    y: &Operand,
    f: impl Fn(T, T) -> U + Copy + Sync,
) -> Result<Array> {
    let (hx, hy) = (Held::new(x, T::DTYPE)?, Held::new(y, T::DTYPE)?);
    kernels::binary(hx.side(x), hy.side(y), f)
}

/// [`map2`] with the loop given.
pub fn map2_loop<T: Element, U: Element>(
    x: &Operand,
    y: &Operand,
    f: kernels::Loop2<T, U>,
) -> Result<Array> {
    let (hx, hy) = (Held::new(x, T::DTYPE)?, Held::new(y, T::DTYPE)?);
    kernels::binary_loop(hx.side(x), hy.side(y), f)
}

/// `"exp_cpu" not implemented for 'Long'`
#[cold]
pub fn unsupported(name: &str, dtype: DType) -> Error {
    Error::not_implemented(format!(
        "\"{name}\" not implemented for '{}'",
        dtype.scalar_name()
    ))
}

/// The array in which a float function computes: integers become the default float dtype.
#[inline]
pub fn as_float(x: &Tensor) -> Result<Array> {
    let array = x.array();
    if array.dtype().is_differentiable() {
        Ok(array.clone())
    } else {
        array.to_dtype(default_dtype())
    }
}

/// A function of one float, as an array: `unary_float!(x, |v| v.exp())`. Integers are converted first. With `in wide` in the
/// widest registers; after `unless`, what is to hold of a number, and the function of those of which it does not.
macro_rules! unary_float {
    (@run $T:ident, $array:ident, $f:expr) => {
        $crate::tensor::array::kernels::pointwise::unary::<$T, $T>(&$array, $f)
    };
    (@run $T:ident, $array:ident, $f:expr, |$r:ident| $fits:expr => $other:expr) => {
        $crate::tensor::array::kernels::pointwise::unary_unless::<$T, $T>(&$array, $f, |$r: $T| $fits, |$r: $T| $other)
    };
    (@run $T:ident, $array:ident, $f:expr, wide) => {
        $crate::tensor::array::kernels::pointwise::unary_wide::<$T, $T>(&$array, $f)
    };
    ($x:expr, |$v:ident| $body:expr $(, in $wide:ident)? $(, unless |$r:ident| $fits:expr => $other:expr)?) => {{
        let array = $crate::tensor::ops::pointwise::as_float($x)?;
        compute_float!(array.dtype(), T => {
            #[allow(unused_imports)] // Each body needs some of them.
            use $crate::tensor::array::kernels::math::Math as _;
            #[allow(unused_imports)] // Each body needs some of them.
            use $crate::tensor::array::{Element as _, Number as _, Real as _};
            let array = array.to_dtype(<T as $crate::tensor::array::Element>::DTYPE)?;
            unary_float!(@run T, array, #[inline(always)] |$v: T| -> T { $body } $(, $wide)? $(, |$r| $fits => $other)?)
        }, other => unreachable!("converted to a float type"))
    }};
}

pub mod arithmetic;
pub mod clamp;
pub mod compare;
pub mod power;
pub mod simple;
pub mod special;
pub mod three;
pub mod transcendental;

pub use arithmetic::*;
pub use clamp::*;
pub use compare::*;
pub use power::*;
pub use simple::*;
pub use special::*;
pub use three::*;
pub use transcendental::*;

/// The family's ops.
pub(super) static OPS: &[&Op] = &[
    &simple::ABS,
    &transcendental::ACOS,
    &transcendental::ACOSH,
    &arithmetic::ADD,
    &three::ADDCDIV,
    &three::ADDCMUL,
    &special::AIRY_AI,
    &compare::ALLCLOSE,
    &transcendental::ASIN,
    &transcendental::ASINH,
    &transcendental::ATAN,
    &simple::ATAN2,
    &transcendental::ATANH,
    &special::BESSEL_J0,
    &special::BESSEL_J1,
    &special::BESSEL_Y0,
    &special::BESSEL_Y1,
    &compare::BITWISE_AND,
    &compare::BITWISE_LEFT_SHIFT,
    &compare::BITWISE_NOT,
    &compare::BITWISE_OR,
    &compare::BITWISE_RIGHT_SHIFT,
    &compare::BITWISE_XOR,
    &simple::CEIL,
    &special::CHEBYSHEV_POLYNOMIAL_T,
    &special::CHEBYSHEV_POLYNOMIAL_U,
    &special::CHEBYSHEV_POLYNOMIAL_V,
    &special::CHEBYSHEV_POLYNOMIAL_W,
    &clamp::CLAMP,
    &clamp::CLAMP_MAX,
    &clamp::CLAMP_MIN,
    &three::COPY,
    &special::COPYSIGN,
    &transcendental::COS,
    &transcendental::COSH,
    &transcendental::DEG2RAD,
    &special::DIGAMMA,
    &arithmetic::DIV,
    &special::ENTR,
    &compare::EQ,
    &compare::EQUAL,
    &transcendental::ERF,
    &transcendental::ERFC,
    &special::ERFCX,
    &transcendental::ERFINV,
    &transcendental::EXP,
    &transcendental::EXP2,
    &transcendental::EXPM1,
    &three::FILL,
    &special::FLOAT_POWER,
    &simple::FLOOR,
    &simple::FLOOR_DIVIDE,
    &clamp::FMAX,
    &clamp::FMIN,
    &simple::FMOD,
    &simple::FRAC,
    &special::FREXP,
    &special::GCD,
    &compare::GE,
    &compare::GT,
    &special::HEAVISIDE,
    &special::HERMITE_POLYNOMIAL_H,
    &special::HERMITE_POLYNOMIAL_HE,
    &special::HYPOT,
    &special::I0,
    &special::I0E,
    &special::I1,
    &special::I1E,
    &special::IGAMMA,
    &special::IGAMMAC,
    &compare::ISCLOSE,
    &compare::ISFINITE,
    &compare::ISINF,
    &compare::ISNAN,
    &compare::ISNEGINF,
    &compare::ISPOSINF,
    &compare::ISREAL,
    &special::LAGUERRE_POLYNOMIAL_L,
    &special::LCM,
    &special::LDEXP,
    &compare::LE,
    &special::LEGENDRE_POLYNOMIAL_P,
    &three::LERP,
    &special::LGAMMA,
    &transcendental::LOG,
    &transcendental::LOG10,
    &transcendental::LOG1P,
    &transcendental::LOG2,
    &special::LOGADDEXP,
    &special::LOGADDEXP2,
    &compare::LOGICAL_AND,
    &compare::LOGICAL_NOT,
    &compare::LOGICAL_OR,
    &compare::LOGICAL_XOR,
    &special::LOGIT,
    &special::LOG_NDTR,
    &compare::LT,
    &three::MASKED_FILL,
    &clamp::MAXIMUM,
    &clamp::MINIMUM,
    &special::MODIFIED_BESSEL_I0,
    &special::MODIFIED_BESSEL_I1,
    &special::MODIFIED_BESSEL_K0,
    &special::MODIFIED_BESSEL_K1,
    &arithmetic::MUL,
    &special::MVLGAMMA,
    &simple::NAN_TO_NUM,
    &special::NDTR,
    &special::NDTRI,
    &compare::NE,
    &arithmetic::NEG,
    &special::NEXTAFTER,
    &special::POLYGAMMA,
    &special::POLYGAMMA_METHOD,
    &power::POW,
    &transcendental::RAD2DEG,
    &transcendental::RECIPROCAL,
    &simple::RELU,
    &simple::REMAINDER,
    &simple::ROUND,
    &arithmetic::RSUB,
    &transcendental::RSQRT,
    &special::SCALED_MODIFIED_BESSEL_K0,
    &special::SCALED_MODIFIED_BESSEL_K1,
    &special::SHIFTED_CHEBYSHEV_POLYNOMIAL_T,
    &special::SHIFTED_CHEBYSHEV_POLYNOMIAL_U,
    &special::SHIFTED_CHEBYSHEV_POLYNOMIAL_V,
    &special::SHIFTED_CHEBYSHEV_POLYNOMIAL_W,
    &transcendental::SIGMOID,
    &simple::SIGN,
    &compare::SIGNBIT,
    &transcendental::SIN,
    &special::SINC,
    &transcendental::SINH,
    &special::SPHERICAL_BESSEL_J0,
    &transcendental::SQRT,
    &power::SQUARE,
    &arithmetic::SUB,
    &transcendental::TAN,
    &transcendental::TANH,
    &simple::TRUNC,
    &three::WHERE,
    &three::WHERE_METHOD,
    &special::XLOG1PY,
    &power::XLOGY,
    &three::ZERO,
    &special::ZETA,
];
