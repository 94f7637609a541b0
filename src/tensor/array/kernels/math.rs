//! Elementary functions in single precision without branches or calls, so that loops over them become SIMD code.
//!
//! The formulas are those of the Cephes library (S. Moshier), with errors of one or two units in the last place. Double
//! precision uses the standard library.

/// Functions that have a form for SIMD.
pub trait Math: Sized {
    /// e to the power of a number.
    fn exp_(self) -> Self;
    /// The natural logarithm.
    fn ln_(self) -> Self;
    /// The hyperbolic tangent.
    fn tanh_(self) -> Self;
    /// The sine.
    fn sin_(self) -> Self;
    /// The cosine.
    fn cos_(self) -> Self;
    /// 1 / (1 + exp(-x))
    fn sigmoid_(self) -> Self;
}

impl Math for f64 {
    #[inline]
    fn exp_(self) -> f64 {
        self.exp()
    }
    #[inline]
    fn ln_(self) -> f64 {
        self.ln()
    }
    #[inline]
    fn tanh_(self) -> f64 {
        self.tanh()
    }
    #[inline]
    fn sin_(self) -> f64 {
        self.sin()
    }
    #[inline]
    fn cos_(self) -> f64 {
        self.cos()
    }
    #[inline]
    fn sigmoid_(self) -> f64 {
        1.0 / (1.0 + (-self).exp())
    }
}

const FOUR_BY_PI: f32 = 1.273_239_5;

/// Adding and subtracting this rounds to an integer, which then stands in the low bits.
const ROUND: f32 = 12_582_912.0;

#[inline(always)]
fn select(condition: bool, yes: f32, no: f32) -> f32 {
    if condition { yes } else { no }
}

/// Horner's rule.
#[inline(always)]
fn polynomial<const N: usize>(x: f32, coefficients: [f32; N]) -> f32 {
    let mut sum = coefficients[0];
    for c in &coefficients[1..] {
        sum = sum * x + c;
    }
    sum
}

#[inline(always)]
fn exp(x: f32) -> f32 {
    let x = select(x < -104.0, -104.0, select(x > 89.0, 89.0, x));
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    let power = (shifted.to_bits() as i32).wrapping_sub(ROUND.to_bits() as i32);
    let r = x - n * 0.693_359_4;
    let r = r + n * 2.121_944_4e-4;
    let p = polynomial(
        r,
        [
            1.987_569_1e-4,
            1.398_199_9e-3,
            8.333_452e-3,
            4.166_579_6e-2,
            1.666_666_5e-1,
            0.5,
        ],
    );
    let y = p * (r * r) + r + 1.0;
    // In two steps, so that neither overflows before the result does.
    let half = power >> 1;
    let scale = |k: i32| f32::from_bits((k.wrapping_add(127) << 23) as u32);
    y * scale(half) * scale(power.wrapping_sub(half))
}

/// The logarithm of a positive normal number.
#[inline(always)]
fn ln_normal(x: f32) -> f32 {
    let bits = x.to_bits();
    let mantissa = f32::from_bits(bits & 0x007f_ffff | 0x3f00_0000);
    let e = ((bits >> 23) as i32 - 126) as f32;
    let low = mantissa < std::f32::consts::FRAC_1_SQRT_2;
    let e = e - select(low, 1.0, 0.0);
    let x = (mantissa - 1.0) + select(low, mantissa, 0.0);
    let z = x * x;
    let p = polynomial(
        x,
        [
            7.037_683_6e-2,
            -1.151_461e-1,
            1.167_699_9e-1,
            -1.242_014_1e-1,
            1.424_932_3e-1,
            -1.666_805_8e-1,
            2.000_071_5e-1,
            -2.499_999_4e-1,
            3.333_333e-1,
        ],
    );
    let y = p * x * z + e * -2.121_944_4e-4 - z * 0.5;
    x + y + e * 0.693_359_4
}

#[inline(always)]
fn ln(x: f32) -> f32 {
    let tiny = x < f32::MIN_POSITIVE;
    let scaled = select(tiny, x * 8_388_608.0, x);
    let y = ln_normal(scaled) - select(tiny, 15.942_385, 0.0);
    let y = select(x == f32::INFINITY, f32::INFINITY, y);
    let y = select(x == 0.0, f32::NEG_INFINITY, y);
    select(x < 0.0 || x.is_nan(), f32::NAN, y)
}

#[inline(always)]
fn tanh(x: f32) -> f32 {
    let size = x.abs();
    let z = x * x;
    let p = polynomial(
        z,
        [
            -5.704_988_7e-3,
            2.063_908_8e-2,
            -5.373_971_5e-2,
            1.333_144_2e-1,
            -3.333_328e-1,
        ],
    );
    let near = p * z * x + x;
    let far = 1.0 - 2.0 / (exp(2.0 * size) + 1.0);
    let far = f32::from_bits(far.to_bits() | x.to_bits() & 0x8000_0000);
    select(size < 0.625, near, far)
}

/// Sine and cosine of a number below 8192 in size.
#[inline(always)]
fn sin_cos(x: f32) -> (f32, f32) {
    let size = x.abs();
    // The octant, made even.
    let octant = ((size * FOUR_BY_PI) as i32 + 1) & !1;
    let n = octant as f32;
    let r = size - n * 0.785_156_25;
    let r = r - n * 2.418_756_5e-4;
    let r = r - n * 3.774_895e-8;
    let z = r * r;
    let c =
        polynomial(z, [2.443_315_7e-5, -1.388_731_6e-3, 4.166_664_6e-2]) * z * z - z * 0.5 + 1.0;
    let s = polynomial(z, [-1.951_529_6e-4, 8.332_161e-3, -1.666_665_5e-1]) * z * r + r;
    let swapped = octant & 2 != 0;
    let flip = |v: f32, odd: bool| f32::from_bits(v.to_bits() ^ if odd { 0x8000_0000 } else { 0 });
    let sine = flip(select(swapped, c, s), octant & 4 != 0);
    let sine = f32::from_bits(sine.to_bits() ^ x.to_bits() & 0x8000_0000);
    let cosine = flip(select(swapped, s, c), (octant - 2) & 4 == 0);
    (sine, cosine)
}

impl Math for f32 {
    #[inline(always)]
    fn exp_(self) -> f32 {
        exp(self)
    }
    #[inline(always)]
    fn ln_(self) -> f32 {
        ln(self)
    }
    #[inline(always)]
    fn tanh_(self) -> f32 {
        tanh(self)
    }
    #[inline(always)]
    fn sin_(self) -> f32 {
        if self.abs() < 8192.0 {
            sin_cos(self).0
        } else {
            self.sin()
        }
    }
    #[inline(always)]
    fn cos_(self) -> f32 {
        if self.abs() < 8192.0 {
            sin_cos(self).1
        } else {
            self.cos()
        }
    }
    #[inline(always)]
    fn sigmoid_(self) -> f32 {
        1.0 / (1.0 + exp(-self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn worst(f: impl Fn(f32) -> f32, exact: impl Fn(f64) -> f64, low: f32, high: f32) -> f64 {
        let n = 100_000;
        let at = |i: i32| low + (high - low) * i as f32 / n as f32;
        let error = |x: f32| {
            let (got, want) = (f(x), exact(f64::from(x)));
            (f64::from(got) - want).abs() / f64::from((want as f32).abs().max(1e-30))
        };
        (0..n).map(|i| error(at(i))).fold(0.0, f64::max)
    }

    #[test]
    fn errors_are_small() {
        let ulp = f64::from(f32::EPSILON);
        assert!(worst(Math::exp_, f64::exp, -80.0, 88.0) < 2.0 * ulp);
        assert!(worst(Math::ln_, f64::ln, 1e-30, 3e30) < 1.5 * ulp);
        assert!(worst(Math::ln_, f64::ln, 1.1, 50.0) < 1.5 * ulp);
        assert!(worst(Math::tanh_, f64::tanh, -10.0, 10.0) < 2.5 * ulp);
        assert!(worst(Math::sin_, f64::sin, 0.1, 3.0) < 2.0 * ulp);
        assert!(worst(Math::cos_, f64::cos, -1.5, 1.5) < 2.0 * ulp);
    }

    #[test]
    fn limits_are_kept() {
        assert_eq!(
            (
                0.0f32.exp_(),
                f32::INFINITY.exp_(),
                f32::NEG_INFINITY.exp_()
            ),
            (1.0, f32::INFINITY, 0.0)
        );
        assert!(f32::NAN.exp_().is_nan() && f32::NAN.ln_().is_nan() && (-1.0f32).ln_().is_nan());
        assert_eq!(
            (1.0f32.ln_(), 0.0f32.ln_(), f32::INFINITY.ln_()),
            (0.0, f32::NEG_INFINITY, f32::INFINITY)
        );
        assert_eq!(
            (f32::INFINITY.tanh_(), (-30.0f32).tanh_(), 0.0f32.tanh_()),
            (1.0, -1.0, 0.0)
        );
        assert!(f32::NAN.tanh_().is_nan() && f32::INFINITY.sin_().is_nan());
        assert!((1e-40f32.ln_() - (-92.103_4)).abs() < 1e-3);
        assert!((1e5f32.sin_() - 1e5f32.sin()).abs() < 1e-6);
    }
}
