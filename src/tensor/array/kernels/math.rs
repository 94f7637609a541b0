//! Elementary functions in single precision without branches or calls, so that loops over them become SIMD code. Products
//! and sums are fused, which is one instruction inside of [`vectorize`](super::vectorize) and a slow call elsewhere.
//!
//! Where PyTorch calls SLEEF (N. Shibata), the formula is SLEEF's, step by step, and the bits are the same: the exponential
//! inside of activations, and the logarithm of 1 plus a number. What it leaves to its mathematical library is computed in
//! double precision and rounded once, which gives the nearest number, as that library nearly always does. The rest follows
//! the Cephes library (S. Moshier). Double precision uses the standard library.

/// Functions that have a form for SIMD.
pub trait Math: Sized {
    /// e to the power of a number, as activations compute it.
    fn exp_(self) -> Self;
    /// e to the power of a number, rounded to the nearest.
    fn nearest_exp(self) -> Self;
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
    /// The error function to seven places, for sums with larger numbers, and the e^(-x²) in it.
    fn rough_erf(self) -> (Self, Self);
    /// The square root of each number.
    fn roots(out: &mut [Self], x: &[Self]);
}

impl Math for f64 {
    #[inline]
    fn exp_(self) -> f64 {
        self.exp()
    }
    #[inline]
    fn nearest_exp(self) -> f64 {
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
    fn rough_erf(self) -> (f64, f64) {
        (libm::erf(self), (-(self * self)).exp())
    }
    #[inline]
    fn roots(out: &mut [f64], x: &[f64]) {
        out.iter_mut().zip(x).for_each(|(o, x)| *o = x.sqrt());
    }
}

/// Adding and subtracting this rounds to an integer, which then stands in the low bits.
const ROUND: f32 = 12_582_912.0;

#[inline(always)]
fn select(condition: bool, yes: f32, no: f32) -> f32 {
    if condition { yes } else { no }
}

/// Horner's rule.
#[inline(always)]
pub(super) fn polynomial<T: num_traits::Float, const N: usize>(x: T, coefficients: [T; N]) -> T {
    let mut sum = coefficients[0];
    for c in &coefficients[1..] {
        sum = sum.mul_add(x, *c);
    }
    sum
}

/// 2 to the power of an integer in the range of exponents.
#[inline(always)]
fn power_of_two(k: i32) -> f32 {
    f32::from_bits((k.wrapping_add(127) << 23) as u32)
}

/// `Sleef_expf_u10`
#[inline(always)]
fn exp(x: f32) -> f32 {
    let limited = select(x < -104.0, -104.0, select(x > 104.0, 104.0, x));
    let shifted = limited * std::f32::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    let power = (shifted.to_bits() as i32).wrapping_sub(ROUND.to_bits() as i32);
    let r = n.mul_add(-0.693_145_75, limited);
    let r = n.mul_add(-1.428_606_8e-6, r);
    let p = polynomial(
        r,
        [
            1.985_276_2e-4,
            1.393_043_6e-3,
            8.333_361e-3,
            4.166_648_5e-2,
            1.666_666_7e-1,
            0.5,
        ],
    );
    let y = 1.0 + (r * r).mul_add(p, r);
    // In two steps, so that neither overflows before the result does.
    let half = power >> 1;
    y * power_of_two(half) * power_of_two(power.wrapping_sub(half))
}

/// Adding and subtracting this rounds a double to an integer, which then stands in the low bits.
pub(super) const ROUND_WIDE: f64 = 6_755_399_441_055_744.0;

/// `x`, a number below 1000 in size, as `n * ln(2) + r`: 2^n and e^r - 1. The polynomial has the least error in ratio.
#[inline(always)]
fn reduced<const N: usize>(x: f64, coefficients: [f64; N]) -> (f64, f64) {
    let shifted = x.mul_add(std::f64::consts::LOG2_E, ROUND_WIDE);
    let r = (shifted - ROUND_WIDE).mul_add(-std::f64::consts::LN_2, x);
    let scale = f64::from_bits((shifted.to_bits() << 52).wrapping_add(1f64.to_bits()));
    (scale, r * polynomial(r, coefficients))
}

/// For an error of 2^-38.
const EXP_M1: [f64; 8] = [
    2.4801619169919883e-05,
    0.00019907587232416052,
    0.0013888978616774469,
    0.008333283547574155,
    0.04166666594736711,
    0.1666666678608411,
    0.5000000000121501,
    0.9999999999955359,
];

/// For an error of 2^-32, of which at most a third is left in a sum with 1.
const EXP: [f64; 7] = [
    0.00019841258406970327,
    0.0013941113882334126,
    0.008333403179034745,
    0.04166635314504731,
    0.16666666247042022,
    0.5000000046944293,
    1.000000000031457,
];

/// `x` within the numbers whose exponential is one of single precision.
#[inline(always)]
fn wide(x: f32) -> f64 {
    f64::from(select(x < -104.0, -104.0, select(x > 89.0, 89.0, x)))
}

#[inline(always)]
fn nearest_exp(x: f32) -> f32 {
    let (scale, part) = reduced(wide(x), EXP);
    part.mul_add(scale, scale) as f32
}

#[inline(always)]
fn exp_m1(x: f32) -> f32 {
    let (scale, part) = reduced(wide(x), EXP_M1);
    select(x == 0.0, x, part.mul_add(scale, scale - 1.0) as f32)
}

/// (e^2x - 1) / (e^2x + 1)
#[inline(always)]
fn tanh(x: f32) -> f32 {
    let limited = select(x < -10.0, -10.0, select(x > 10.0, 10.0, x));
    let (scale, part) = reduced(2.0 * f64::from(limited), EXP_M1);
    let less = part.mul_add(scale, scale - 1.0);
    select(x == 0.0, x, (less / (less + 2.0)) as f32)
}

/// `Sleef_log1pf_u10`: pairs of numbers hold what one of them would round away.
#[inline(always)]
fn ln_1p(x: f32) -> f32 {
    let sum = x + 1.0;
    let e = (((sum * (1.0 / 0.75)).to_bits() >> 23) as i32).wrapping_sub(127);
    let t = power_of_two(e.wrapping_neg());
    let m = x.mul_add(t, t - 1.0);
    let e = e as f32;
    let high = e * std::f32::consts::LN_2;
    let low = e.mul_add(-1.904_654_3e-9, e.mul_add(std::f32::consts::LN_2, -high));
    // m / (2 + m)
    let below = 2.0 + m;
    let below_low = (2.0 - below) + m;
    let inverse = 1.0 / below;
    let q = m * inverse;
    let missed = inverse.mul_add(m, -q);
    let off = (-below_low).mul_add(inverse, (-below).mul_add(inverse, 1.0));
    let q_low = q.mul_add(off, missed);
    let z = q * q;
    let p = polynomial(z, [3.027_295e-1, 3.996_108_2e-1, 6.666_695e-1]);
    let (twice, twice_low) = (2.0 * q, 2.0 * q_low);
    let first = high + twice;
    let first_low = (((high - first) + twice) + low) + twice_low;
    let tail = z * q * p;
    let second = first + tail;
    let second_low = ((first - second) + tail) + first_low;
    let y = second + second_low;
    let y = select(x > 1e38, f32::INFINITY, y);
    let y = select(x < -1.0 || x.is_nan(), f32::NAN, y);
    let y = select(x == -1.0, f32::NEG_INFINITY, y);
    select(x == 0.0, x, y)
}

/// A ratio of polynomials in double precision, with an error of 2^-30.
#[inline(always)]
fn erf(x: f32) -> f32 {
    // Beyond it the nearest number is 1.
    const END: f32 = 3.95;
    let limited = f64::from(select(x < -END, -END, select(x > END, END, x)));
    let square = limited * limited;
    let above = polynomial(
        square,
        [
            -5.03628688819e-08,
            -1.1119465066e-06,
            0.000294095912103,
            0.00280709601961,
            0.050385765103,
            0.163801457922,
            1.12837916801,
        ],
    );
    let below = polynomial(
        square,
        [
            -7.25790566798e-07,
            3.74624866153e-05,
            0.000996163168543,
            0.0131655387571,
            0.104152528562,
            0.478498629944,
            1.0,
        ],
    );
    (limited * above / below) as f32
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
            1.167_699_84e-1,
            -1.242_014_1e-1,
            1.424_932_3e-1,
            -1.666_805_8e-1,
            2.000_071_4e-1,
            -2.499_999_4e-1,
            3.333_333e-1,
        ],
    );
    let y = (p * x).mul_add(z, e * -2.121_944_4e-4);
    let y = z.mul_add(-0.5, y);
    e.mul_add(0.693_359_4, x + y)
}

/// ATen's `exp_u20`: rounded to twenty units in the last place, and 0 where a result would be less than normal numbers.
#[inline(always)]
fn rough_exp(x: f32) -> f32 {
    const LEAST: f32 = -87.336_55;
    let limited = select(x < LEAST, LEAST, select(x > 88.722_84, 88.722_84, x));
    let n = limited.mul_add(std::f32::consts::LOG2_E, 0.5).floor();
    let whole = ((n + ROUND).to_bits() as i32).wrapping_sub(ROUND.to_bits() as i32);
    let r = (-n).mul_add(std::f32::consts::LN_2, limited);
    let p = polynomial(
        r,
        [
            0.008_289_291,
            0.041_897_822,
            0.166_676_52,
            0.499_991_5,
            0.999_999_7,
            1.0,
        ],
    );
    // In two steps, so that neither overflows before the result does.
    let y = p * power_of_two(whole.wrapping_sub(1)) * 2.0;
    select(x < LEAST, 0.0, y)
}

/// Formula 7.1.26 of Abramowitz and Stegun, with an error of 1.5e-7, in the steps of ATen's `Vectorized<float>::erf`.
#[inline(always)]
fn rough_erf(x: f32) -> (f32, f32) {
    let size = x.abs();
    let t = 1.0 / size.mul_add(0.327_591_1, 1.0);
    let p = polynomial(
        t,
        [
            1.061_405_4,
            -1.453_152_1,
            1.421_413_8,
            -0.284_496_72,
            0.254_829_6,
        ],
    );
    let e = rough_exp(-(x * x));
    let y = (-e * t).mul_add(p, 1.0);
    (y.copysign(x), e)
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

/// Sine (for `quarter` 0) or cosine (1) of a number that [`fits_sine`].
#[inline(always)]
fn sine(x: f32, quarter: u64) -> f32 {
    let wide = f64::from(x);
    let shifted = wide.mul_add(std::f64::consts::FRAC_2_PI, ROUND_WIDE);
    let n = shifted - ROUND_WIDE;
    let r = n.mul_add(-std::f64::consts::FRAC_PI_2, wide);
    let r = n.mul_add(-6.123_233_995_736_766e-17, r);
    let z = r * r;
    let s = polynomial(
        z,
        [
            2.724879697172411e-06,
            -0.0001984007721187128,
            0.008333331854804234,
            -0.16666666663794288,
            0.0,
        ],
    )
    .mul_add(r, r);
    let c = polynomial(
        z,
        [
            -2.7235723715714644e-07,
            2.4799845652465633e-05,
            -0.0013888885031236814,
            0.04166666663669742,
            -0.4999999999996262,
            1.0,
        ],
    );
    let turn = shifted.to_bits().wrapping_add(quarter);
    let y = if turn & 1 == 0 { s } else { c };
    let y = f64::from_bits(y.to_bits() ^ (turn & 2) << 62) as f32;
    select(x == 0.0 && quarter == 0, x, y)
}

/// Whether quarters of a turn in a number can be told from double precision.
pub fn fits_sine<T: num_traits::Float + super::super::Element>(x: T) -> bool {
    x.abs() < T::from_f64(1e9)
}

impl Math for f32 {
    #[inline(always)]
    fn exp_(self) -> f32 {
        exp(self)
    }
    #[inline(always)]
    fn nearest_exp(self) -> f32 {
        nearest_exp(self)
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
        sine(self, 0)
    }
    #[inline(always)]
    fn cos_(self) -> f32 {
        sine(self, 1)
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
    fn rough_erf(self) -> (f32, f32) {
        rough_erf(self)
    }
    #[inline]
    fn roots(out: &mut [f32], x: &[f32]) {
        super::root::roots(out, x);
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
            let error = f64::from(x.rough_erf().0) - libm::erf(f64::from(x));
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
