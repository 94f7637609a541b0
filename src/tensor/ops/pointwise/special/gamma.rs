//! The gamma function's relatives, for one number. Where no other source is named, the formulas and limits are those of
//! the Cephes library (S. Moshier), as in `ATen/native/Math.h`.

use crate::tensor::array::Real;

/// The derivative of the gamma function's logarithm.
pub(super) fn digamma(x: f64) -> f64 {
    const A: [f64; 7] = [
        8.333_333_333_333_333e-2,
        -2.109_279_609_279_609_3e-2,
        7.575_757_575_757_576e-3,
        -4.166_666_666_666_667e-3,
        3.968_253_968_253_968e-3,
        -8.333_333_333_333_333e-3,
        8.333_333_333_333_333e-2,
    ];
    if x == 0.0 {
        return f64::INFINITY.copysign(-x);
    }
    if x < 0.0 {
        if x == x.trunc() {
            return f64::NAN;
        }
        let angle = std::f64::consts::PI * x.fract();
        return digamma(1.0 - x) - std::f64::consts::PI / angle.tan();
    }
    let (mut x, mut sum) = (x, 0.0);
    while x < 10.0 {
        sum -= 1.0 / x;
        x += 1.0;
    }
    let z = 1.0 / (x * x);
    let tail = z * A.iter().fold(0.0, |sum, a| sum * z + a);
    sum + x.ln() - 0.5 / x - tail
}

/// The derivative of digamma, computed in the type of the tensor: at negative integers it is a large number that depends
/// on the rounding of pi.
pub(super) fn trigamma<T: Real>(x: T) -> T {
    let (mut x, mut sign, mut sum) = (x, T::ONE, T::ZERO);
    if x < T::lit(0.5) {
        let pi = T::lit(std::f64::consts::PI);
        let sine = (pi * x).sin();
        sum = -(pi * pi) / (sine * sine);
        x = T::ONE - x;
        sign = -T::ONE;
    }
    for _ in 0..6 {
        sum = sum + T::ONE / (x * x);
        x = x + T::ONE;
    }
    let z = T::ONE / (x * x);
    let last = T::lit(1.0 / 30.0) - z * T::lit(1.0 / 42.0);
    let series = T::ONE + T::lit(0.5) / x + z * (T::lit(1.0 / 6.0) - z * last);
    sign * (sum + series / x)
}

/// Hurwitz's zeta function, by the Euler-Maclaurin formula.
pub(super) fn zeta(x: f64, q: f64) -> f64 {
    // (2k)! / B2k
    const A: [f64; 12] = [
        12.0,
        -720.0,
        30240.0,
        -1_209_600.0,
        47_900_160.0,
        -1.892_437_580_318_379e9,
        7.472_424_96e10,
        -2.950_130_727_918_164e12,
        1.164_678_281_435_006_7e14,
        -4.597_978_722_407_473e15,
        1.815_210_540_194_354_7e17,
        -7.166_165_256_175_667e18,
    ];
    if x == 1.0 {
        return f64::INFINITY;
    }
    if x < 1.0 {
        return f64::NAN;
    }
    if q <= 0.0 {
        if q == q.floor() {
            return f64::INFINITY;
        }
        if x != x.floor() {
            return f64::NAN;
        }
    }
    if x.is_nan() || q.is_nan() {
        return f64::NAN;
    }
    let (mut sum, mut at) = (q.powf(-x), q);
    let mut steps = 0;
    let mut term = 0.0;
    while steps < 9 || at <= 9.0 {
        steps += 1;
        at += 1.0;
        term = at.powf(-x);
        sum += term;
        if term.abs() < f64::EPSILON * sum.abs() {
            return sum;
        }
    }
    sum += term * at / (x - 1.0) - 0.5 * term;
    let (mut factor, mut k) = (1.0, 0.0);
    for a in A {
        factor *= x + k;
        term /= at;
        let part = factor * term / a;
        sum += part;
        if (part / sum).abs() < f64::EPSILON {
            break;
        }
        factor *= x + k + 1.0;
        term /= at;
        k += 2.0;
    }
    sum
}

/// The `n`-th derivative of digamma, `n` at least 2.
pub(super) fn polygamma(n: i64, x: f64) -> f64 {
    let order = n as f64;
    let sign = if n % 2 == 0 { -1.0 } else { 1.0 };
    sign * libm::lgamma(order + 1.0).exp() * zeta(order + 1.0, x)
}

/// `x ** a * exp(-x) / gamma(a + 1)`
fn prefactor(a: f64, x: f64) -> f64 {
    if a < 150.0 {
        return (a * x.ln() - x - libm::lgamma(a + 1.0)).exp();
    }
    // Near each other the two large exponents cancel; Stirling's series takes the rest.
    let d = (x - a) / a;
    let exponent = a * (d.ln_1p() - d);
    let stirling = 1.0 / (12.0 * a) - 1.0 / (360.0 * a * a * a);
    (exponent - stirling).exp() / (2.0 * std::f64::consts::PI * a).sqrt()
}

/// The lower function by its series.
fn lower_series(a: f64, x: f64) -> f64 {
    let (mut term, mut sum, mut at) = (1.0, 1.0, a);
    for _ in 0..200_000 {
        at += 1.0;
        term *= x / at;
        sum += term;
        if term <= f64::EPSILON * 0.5 * sum {
            break;
        }
    }
    sum * prefactor(a, x)
}

/// The upper function by its series around `x = 0`.
fn upper_series(a: f64, x: f64) -> f64 {
    let (mut factor, mut sum) = (1.0, 0.0);
    for n in 1..2000 {
        factor *= -x / f64::from(n);
        let term = factor / (a + f64::from(n));
        sum += term;
        if term.abs() <= f64::EPSILON * 0.5 * f64::abs(sum) {
            break;
        }
    }
    let log = x.ln();
    -(a * log - libm::lgamma(1.0 + a)).exp_m1() - (a * log - libm::lgamma(a)).exp() * sum
}

/// The upper function by its continued fraction (Lentz's method).
fn upper_fraction(a: f64, x: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let mut b = x + 1.0 - a;
    let mut c = 1.0 / TINY;
    let mut d = 1.0 / b;
    let mut fraction = d;
    for i in 1..200_000 {
        let n = f64::from(i);
        let an = -n * (n - a);
        b += 2.0;
        let next = an * d + b;
        d = 1.0 / if next.abs() < TINY { TINY } else { next };
        c = b + an / c;
        if c.abs() < TINY {
            c = TINY;
        }
        let step = d * c;
        fraction *= step;
        if (step - 1.0).abs() <= f64::EPSILON {
            break;
        }
    }
    prefactor(a, x) * a * fraction
}

/// What both incomplete functions say at their borders: (lower, upper).
fn incomplete_at_border(a: f64, x: f64) -> Option<(f64, f64)> {
    let nan = (f64::NAN, f64::NAN);
    if x < 0.0 || a < 0.0 {
        return Some(nan);
    }
    if a == 0.0 {
        return Some(if x > 0.0 { (1.0, 0.0) } else { nan });
    }
    if x == 0.0 {
        return Some((0.0, 1.0));
    }
    if a.is_infinite() {
        return Some(if x.is_infinite() { nan } else { (0.0, 1.0) });
    }
    if x.is_infinite() {
        return Some((1.0, 0.0));
    }
    (a.is_nan() || x.is_nan()).then_some(nan)
}

/// The regularized lower incomplete gamma function.
pub(super) fn igamma(a: f64, x: f64) -> f64 {
    if let Some((lower, _)) = incomplete_at_border(a, x) {
        return lower;
    }
    if x > 1.0 && x > a {
        1.0 - igammac(a, x)
    } else {
        lower_series(a, x)
    }
}

/// The regularized upper incomplete gamma function.
pub(super) fn igammac(a: f64, x: f64) -> f64 {
    if let Some((_, upper)) = incomplete_at_border(a, x) {
        return upper;
    }
    let lower = if x > 1.1 {
        x < a
    } else if x <= 0.5 {
        -0.4 / x.ln() < a
    } else {
        x * 1.1 < a
    };
    if lower {
        1.0 - lower_series(a, x)
    } else if x > 1.1 {
        upper_fraction(a, x)
    } else {
        upper_series(a, x)
    }
}
