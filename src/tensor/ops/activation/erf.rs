//! The error function, for the GELU formulas.

use crate::tensor::array::{DType, Element, Real};

/// The error function.
#[inline]
pub(super) fn erf<T: Real>(x: T) -> T {
    if T::DTYPE == DType::Float32 {
        T::lit(f64::from(libm::erff(Element::to_f64(x) as f32)))
    } else {
        T::lit(libm::erf(Element::to_f64(x)))
    }
}
