//! One result for each element: arithmetic, comparison, functions of one number.
//!
//! The macros compute an [`Array`](crate::tensor::array::Array) without history; `record` adds that.

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

/// Runs a kernel on two operands converted to `T`.
#[inline(always)]
pub fn with_sides<T: Element, R>(
    x: &Operand,
    y: &Operand,
    f: impl FnOnce(Side<'_, T>, Side<'_, T>) -> Result<R>,
) -> Result<R> {
    let (hx, hy) = (Held::new(x, T::DTYPE)?, Held::new(y, T::DTYPE)?);
    f(hx.side(x), hy.side(y))
}

/// `f` of each pair, computed in `T`.
#[inline(always)]
pub fn map2<T: Element, U: Element>(
    x: &Operand,
    y: &Operand,
    f: impl Fn(T, T) -> U + Copy + Sync + Send,
) -> Result<Array> {
    with_sides::<T, _>(x, y, |x, y| kernels::binary(x, y, f))
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

/// A function of one float, as an array: `unary_float!(x, |v| v.exp())`. Integers are converted first.
macro_rules! unary_float {
    ($x:expr, |$v:ident| $body:expr) => {{
        let array = $crate::tensor::ops::pointwise::as_float($x)?;
        dispatch_float!(array.dtype(), T => {
            #[allow(unused_imports)]
            use $crate::tensor::array::{Element as _, Number as _, Real as _};
            $crate::tensor::array::kernels::pointwise::unary::<T, T>(&array, |$v: T| -> T { $body })
        }, other => unreachable!("converted to a float type"))
    }};
}

pub mod arithmetic;
pub mod transcendental;

pub use arithmetic::*;
pub use transcendental::*;

/// The family's ops.
pub(super) static OPS: &[&Op] = &[
    &arithmetic::ADD,
    &arithmetic::DIV,
    &transcendental::EXP,
    &arithmetic::MUL,
    &arithmetic::NEG,
    &arithmetic::SUB,
];
