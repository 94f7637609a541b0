//! Elementary functions in single precision without branches or calls, so that loops over them become SIMD code. Products
//! and sums are fused, which is one instruction inside of [`vectorize`](super::vectorize) and a slow call elsewhere.
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
    /// e to the power of a number, minus 1, precise near 0.
    fn exp_m1_(self) -> Self;
    /// The logarithm of 1 plus a number, precise near 0.
    fn ln_1p_(self) -> Self;
    /// The error function.
    fn erf_(self) -> Self;
    /// The error function to seven places, for sums with larger numbers.
    fn rough_erf_(self) -> Self;
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
    #[inline]
    fn exp_m1_(self) -> f64 {
        self.exp_m1()
    }
    #[inline]
    fn ln_1p_(self) -> f64 {
        self.ln_1p()
    }
    #[inline]
    fn erf_(self) -> f64 {
        libm::erf(self)
    }
    #[inline]
    fn rough_erf_(self) -> f64 {
        libm::erf(self)
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
        sum = sum.mul_add(x, *c);
    }
    sum
}

/// `x` as `n * ln(2) + r`: `n` in the low bits of a number and as itself, `r`, and e^r - 1 - r.
#[inline(always)]
fn reduced(x: f32) -> (i32, f32, f32) {
    let shifted = x.mul_add(std::f32::consts::LOG2_E, ROUND);
    let n = shifted - ROUND;
    let power = (shifted.to_bits() as i32).wrapping_sub(ROUND.to_bits() as i32);
    let r = n.mul_add(-0.693_359_4, x);
    let r = n.mul_add(2.121_944_4e-4, r);
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
    (power, r, p * (r * r))
}

/// 2 to the power of an integer in the range of exponents.
#[inline(always)]
fn power_of_two(k: i32) -> f32 {
    f32::from_bits((k.wrapping_add(127) << 23) as u32)
}

#[inline(always)]
fn exp(x: f32) -> f32 {
    let (power, r, more) = reduced(select(x < -104.0, -104.0, select(x > 89.0, 89.0, x)));
    let y = more + r + 1.0;
    // In two steps, so that neither overflows before the result does.
    let half = power >> 1;
    y * power_of_two(half) * power_of_two(power.wrapping_sub(half))
}

#[inline(always)]
fn exp_m1(x: f32) -> f32 {
    let (power, r, more) = reduced(select(x < -18.0, -18.0, select(x > 89.0, 89.0, x)));
    // Half of it first, which does not overflow before the result does.
    let scale = power_of_two(power.wrapping_sub(1));
    let y = ((more + r) * scale + (scale - 0.5)) * 2.0;
    select(x == 0.0, x, y)
}

/// The logarithm of 1 + x, corrected for what rounding took away from the sum.
#[inline(always)]
fn ln_1p(x: f32) -> f32 {
    let sum = 1.0 + x;
    let y = ln(sum) * (x / (sum - 1.0));
    select(sum == 1.0 || sum == f32::INFINITY, x, y)
}

/// A polynomial near 0 and one for the logarithm of the complement elsewhere, after N. Juffa's `erff`.
#[inline(always)]
fn erf(x: f32) -> f32 {
    let size = x.abs();
    let t = select(size > 4.0, 4.0, size);
    let s = t * t;
    let far = polynomial(
        t,
        [
            -1.728_534_7e-5,
            3.831_979_7e-4,
            -3.883_964_4e-3,
            2.425_462_2e-2,
        ],
    );
    let far = polynomial(t, [far, -1.067_778_8e-1, -6.348_467e-1, -1.287_175_1e-1]);
    let far = 1.0 - exp(far * t - t);
    let far = f32::from_bits(far.to_bits() | x.to_bits() & 0x8000_0000);
    let near = polynomial(
        s,
        [
            -5.967_617e-4,
            4.991_194_2e-3,
            -2.676_813_5e-2,
            1.128_199_3e-1,
            -3.761_253_4e-1,
            1.283_791_7e-1,
        ],
    );
    select(size > 0.927_734_4, far, near.mul_add(x, x))
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
    let y = (p * x).mul_add(z, e * -2.121_944_4e-4);
    let y = z.mul_add(-0.5, y);
    e.mul_add(0.693_359_4, x + y)
}

/// Formula 7.1.26 of Abramowitz and Stegun, with an error of 1.5e-7.
#[inline(always)]
fn rough_erf(x: f32) -> f32 {
    let size = x.abs();
    let t = 1.0 / size.mul_add(0.327_591_1, 1.0);
    let p = polynomial(
        t,
        [
            1.061_405_4,
            -1.453_152,
            1.421_413_8,
            -0.284_496_75,
            0.254_829_6,
        ],
    );
    let y = (-p * t).mul_add(exp(-size * size), 1.0);
    f32::from_bits(y.to_bits() | x.to_bits() & 0x8000_0000)
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
    let near = (p * z).mul_add(x, x);
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
    #[inline(always)]
    fn exp_m1_(self) -> f32 {
        exp_m1(self)
    }
    #[inline(always)]
    fn ln_1p_(self) -> f32 {
        ln_1p(self)
    }
    #[inline(always)]
    fn erf_(self) -> f32 {
        erf(self)
    }
    #[inline(always)]
    fn rough_erf_(self) -> f32 {
        rough_erf(self)
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
        assert!(worst(Math::exp_m1_, f64::exp_m1, -20.0, 88.0) < 2.5 * ulp);
        assert!(worst(Math::exp_m1_, f64::exp_m1, -1e-3, 1e-3) < 2.5 * ulp);
        assert!(worst(Math::ln_1p_, f64::ln_1p, -0.99, 30.0) < 3.0 * ulp);
        assert!(worst(Math::ln_1p_, f64::ln_1p, -1e-3, 1e-3) < 3.0 * ulp);
        assert!(worst(Math::erf_, libm::erf, -5.0, 5.0) < 2.5 * ulp);
        for i in -500..500 {
            let x = i as f32 * 0.01;
            let error = f64::from(x.rough_erf_()) - libm::erf(f64::from(x));
            assert!(error.abs() < 4.0 * ulp, "{x}: {error}");
        }
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
        let infinite = (f32::INFINITY, f32::NEG_INFINITY);
        assert_eq!(
            (infinite.0.exp_m1_(), infinite.1.exp_m1_()),
            (infinite.0, -1.0)
        );
        assert_eq!((infinite.0.ln_1p_(), (-1f32).ln_1p_()), infinite);
        assert_eq!((infinite.0.erf_(), infinite.1.erf_()), (1.0, -1.0));
        assert_eq!((-0f32).exp_m1_().to_bits(), (-0f32).to_bits());
        assert_eq!((-0f32).ln_1p_().to_bits(), (-0f32).to_bits());
        for f in [f32::exp_m1_, f32::ln_1p_, f32::erf_] {
            assert!(f(f32::NAN).is_nan());
        }
        assert!((-1.5f32).ln_1p_().is_nan());
        assert!(f32::NAN.tanh_().is_nan() && f32::INFINITY.sin_().is_nan());
        assert!((1e-40f32.ln_() - (-92.103_4)).abs() < 1e-3);
        assert!((1e5f32.sin_() - 1e5f32.sin()).abs() < 1e-6);
    }
}
