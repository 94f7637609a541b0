//! The exponential in a form that compilers turn into SIMD code.

use crate::tensor::array::Real;

/// A float type with a vectorisable exponential.
pub(crate) trait Exp: Real {
    /// e^x
    fn fast_exp(self) -> Self;
}

impl Exp for f32 {
    /// After Cephes' `expf`: e^x = 2^n * e^r with |r| <= ln(2) / 2. The error stays below one unit in the last place.
    #[inline(always)]
    fn fast_exp(self) -> f32 {
        const ROUND: f32 = 12_582_912.0; // 1.5 * 2^23: adding it rounds to an integer in the low bits
        let x = self.clamp(-104.0, 88.722_84);
        let shifted = x * std::f32::consts::LOG2_E + ROUND;
        let n = shifted.to_bits() as i32 - ROUND.to_bits() as i32;
        let whole = shifted - ROUND;
        let r = x - whole * 0.693_359_4;
        let r = r - whole * -2.121_944_4e-4;
        let mut p = 1.987_569_1e-4;
        p = p * r + 1.398_199_9e-3;
        p = p * r + 8.333_452e-3;
        p = p * r + 4.166_579_6e-2;
        p = p * r + 1.666_666_5e-1;
        p = p * r + 0.5;
        let e = p * r * r + r + 1.0;
        // Two factors, so that results below the normal range come out right.
        let half = n >> 1;
        let power = |n: i32| f32::from_bits(((n + 127) << 23) as u32);
        let out = e * power(half) * power(n - half);
        // Above the range, infinity; a NaN stays one.
        let out = if self > 88.722_84 { f32::INFINITY } else { out };
        if self.is_nan() { self } else { out }
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
