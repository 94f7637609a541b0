//! The exponential in a form that compilers turn into SIMD code.

use crate::tensor::array::Real;
use crate::tensor::array::kernels::math::Math;

/// A float type with a vectorisable exponential.
pub(crate) trait Exp: Real {
    /// e^x
    fn fast_exp(self) -> Self;
}

impl Exp for f32 {
    #[inline(always)]
    fn fast_exp(self) -> f32 {
        self.exp_()
    }
}

impl Exp for f64 {
    #[inline(always)]
    fn fast_exp(self) -> f64 {
        self.exp()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_precise() {
        let mut x = -103.0f32;
        while x < 88.7 {
            let (got, exact) = (x.fast_exp(), f64::from(x).exp());
            let error = (f64::from(got) - exact).abs();
            assert!(error <= exact * 1.2e-7 + 1.5e-45, "{x}: {got} {exact}");
            x += 0.0137;
        }
        assert_eq!(f32::NEG_INFINITY.fast_exp(), 0.0);
        assert_eq!(f32::INFINITY.fast_exp(), f32::INFINITY);
        assert_eq!(0f32.fast_exp(), 1.0);
        assert!(f32::NAN.fast_exp().is_nan());
    }
}
