//! Bessel's and Airy's functions, for one number: series near zero, asymptotic series far out, and the trapezoidal rule on
//! integrals where it converges exponentially. No tables, so that they stay small.

use std::f64::consts::PI;

/// exp(-x) I(x) of order 0 or 1 for `x >= 0`.
fn scaled_i(order: f64, x: f64) -> f64 {
    if x <= 25.0 {
        let quarter = x * x / 4.0;
        let (mut term, mut sum, mut k) = (1.0, 1.0, 0.0);
        while term > f64::EPSILON * 0.1 * sum {
            k += 1.0;
            term *= quarter / (k * (k + order));
            sum += term;
        }
        return sum * (x / 2.0).powf(order) * (-x).exp();
    }
    let mu = 4.0 * order * order;
    let (mut term, mut sum) = (1.0f64, 1.0f64);
    for k in 1..60 {
        let odd = f64::from(2 * k - 1);
        term *= -(mu - odd * odd) / (f64::from(k) * 8.0 * x);
        sum += term;
        if term.abs() < f64::EPSILON * 0.1 * sum.abs() {
            break;
        }
    }
    sum / (2.0 * PI * x).sqrt()
}

/// exp(-|x|) I0(x)
pub(super) fn i0e(x: f64) -> f64 {
    if x.is_infinite() {
        0.0
    } else {
        scaled_i(0.0, x.abs())
    }
}

/// exp(-|x|) I1(x)
pub(super) fn i1e(x: f64) -> f64 {
    let size = if x.is_infinite() {
        0.0
    } else {
        scaled_i(1.0, x.abs())
    };
    if x < 0.0 { -size } else { size }
}

/// I0(x)
pub(super) fn i0(x: f64) -> f64 {
    x.abs().exp() * i0e(x)
}

/// I1(x)
pub(super) fn i1(x: f64) -> f64 {
    x.abs().exp() * i1e(x)
}

/// exp(x) K(x) of any order for `x > 0`: the integral of exp(-x (cosh t - 1)) cosh(order t) over positive t.
fn scaled_k(order: f64, x: f64) -> f64 {
    let step = (0.5 / x.sqrt()).min(0.2);
    let (mut sum, mut t) = (0.5, 0.0f64);
    loop {
        t += step;
        let half = (t / 2.0).sinh();
        let fall = x * 2.0 * half * half;
        sum += (-fall).exp() * (order * t).cosh();
        if fall > 50.0 + order * t {
            return sum * step;
        }
    }
}

fn k_scaled_at(order: f64, x: f64) -> f64 {
    if x == 0.0 {
        f64::INFINITY
    } else if x < 0.0 || x.is_nan() {
        f64::NAN
    } else if x.is_infinite() {
        0.0
    } else {
        scaled_k(order, x)
    }
}

/// exp(x) K0(x)
pub(super) fn k0e(x: f64) -> f64 {
    k_scaled_at(0.0, x)
}

/// exp(x) K1(x)
pub(super) fn k1e(x: f64) -> f64 {
    k_scaled_at(1.0, x)
}

/// K0(x)
pub(super) fn k0(x: f64) -> f64 {
    k0e(x) * (-x).exp()
}

/// K1(x)
pub(super) fn k1(x: f64) -> f64 {
    k1e(x) * (-x).exp()
}

/// J and Y of order 0 or 1 for `x > 0`. Near zero their power series (Abramowitz and Stegun, 9.1); else Hankel's function
/// as K of an imaginary number, by the trapezoidal rule on `K0(z) = exp(-z) ∫ exp(-s²) / sqrt(s² + 2z) ds` and
/// `K1(z) = exp(-z) / z ∫ exp(-s²) s² sqrt(s² + 2z) ds` at `z = -ix`.
fn hankel(order: i32, x: f64) -> (f64, f64) {
    if x < 0.5 {
        return hankel_series(order, x);
    }
    let step = 0.08;
    let (mut re, mut im) = (0.0, 0.0);
    for k in 0..90 {
        let s = step * f64::from(k);
        let weight = (-s * s).exp() * if k == 0 { 1.0 } else { 2.0 };
        // The square root of s² - 2ix.
        let size = (s * s).hypot(2.0 * x);
        let (a, b) = (((size + s * s) / 2.0).sqrt(), ((size - s * s) / 2.0).sqrt());
        if order == 0 {
            re += weight * a / size;
            im += weight * b / size;
        } else {
            re += weight * s * s * a;
            im -= weight * s * s * b;
        }
    }
    let (sin, cos) = x.sin_cos();
    let (re, im) = (
        (re * cos - im * sin) * step * 2.0 / PI,
        (re * sin + im * cos) * step * 2.0 / PI,
    );
    // K0 is divided by i; K1 by z = -ix, and its sign changes.
    if order == 0 {
        (im, -re)
    } else {
        (im / x, -re / x)
    }
}

fn hankel_series(order: i32, x: f64) -> (f64, f64) {
    const EULER: f64 = 0.577_215_664_901_532_9;
    let quarter = x * x / 4.0;
    let shift = f64::from(order);
    let mut term = if order == 0 { 1.0 } else { x / 2.0 };
    // Digamma of k + 1 and of k + 1 + order.
    let (mut first, mut second) = (-EULER, -EULER + shift);
    let (mut j, mut rest) = (0.0, 0.0);
    for k in 1..20 {
        j += term;
        rest += term * (first + second);
        let k = f64::from(k);
        term *= -quarter / (k * (k + shift));
        first += 1.0 / k;
        second += 1.0 / (k + shift);
    }
    let pole = if order == 0 { 0.0 } else { 2.0 / x };
    (j, (2.0 * (x / 2.0).ln() * j - rest - pole) / PI)
}

/// Coefficients of the denominator of Hankel's Q for `x > 5` (`QQ` in `j0.c` and `j1.c` of Cephes), after the leading 1.
const DENOMINATORS: [[f64; 7]; 2] = [
    [
        64.317_825_611_817_8,
        8.564_300_259_769_806e2,
        3.882_401_836_054_016e3,
        7.240_467_741_956_525e3,
        5_930.727_011_873_169,
        2.062_093_316_603_278_4e3,
        2.420_057_402_402_913_8e2,
    ],
    [
        74.237_327_703_567_52,
        1.056_448_860_382_628_2e3,
        4.986_410_583_376_536e3,
        9.562_318_924_047_562e3,
        7.997_041_604_473_507e3,
        2.826_192_785_176_390_8e3,
        3.360_936_078_106_982_7e2,
    ],
];

/// J and Y as PyTorch has them: for `x > 5` it uses the rational functions of Cephes but leaves out the leading 1 of Q's
/// denominator (`bessel_j0_forward` in `ATen/native/Math.h`), so that its values are off by up to 1e-6.
fn as_pytorch(order: i32, x: f64) -> (f64, f64) {
    let (j, y) = hankel(order, x);
    if x <= 5.0 {
        return (j, y);
    }
    let (sin, cos) = (x - (0.25 + 0.5 * f64::from(order)) * PI).sin_cos();
    let square = 25.0 / (x * x);
    let shorter = DENOMINATORS[order as usize]
        .iter()
        .fold(0.0, |sum, c| sum * square + c);
    let off = (y * cos - j * sin) * square.powi(7) / shorter;
    (j - off * sin, y + off * cos)
}

/// J of order 0 or 1; NaN at infinity, where the cosine has no value, as in PyTorch.
fn j(order: i32, x: f64) -> f64 {
    if !x.is_finite() {
        return f64::NAN;
    }
    let size = if x == 0.0 {
        f64::from(1 - order)
    } else {
        as_pytorch(order, x.abs()).0
    };
    if order == 1 && x < 0.0 { -size } else { size }
}

/// Y of order 0 or 1.
fn y(order: i32, x: f64) -> f64 {
    if x == 0.0 {
        f64::NEG_INFINITY
    } else if x < 0.0 || !x.is_finite() {
        f64::NAN
    } else {
        as_pytorch(order, x).1
    }
}

/// J0(x)
pub(super) fn j0(x: f64) -> f64 {
    j(0, x)
}

/// J1(x)
pub(super) fn j1(x: f64) -> f64 {
    j(1, x)
}

/// Y0(x)
pub(super) fn y0(x: f64) -> f64 {
    y(0, x)
}

/// Y1(x)
pub(super) fn y1(x: f64) -> f64 {
    y(1, x)
}

/// sin(x) / x
pub(super) fn spherical_j0(x: f64) -> f64 {
    if x.is_infinite() {
        0.0
    } else if x.abs() < 1e-4 {
        1.0 - x * x / 6.0
    } else {
        x.sin() / x
    }
}

/// Airy's function: its Maclaurin series, K of order 1/3, or the asymptotic series for the oscillating side
/// (Abramowitz and Stegun, 10.4).
pub(super) fn airy_ai(x: f64) -> f64 {
    if x.is_infinite() {
        return f64::NAN;
    }
    if x > 103.892 {
        return 0.0;
    }
    let phase = 2.0 / 3.0 * x.abs().powf(1.5);
    if x > 1.0 {
        return (x / 3.0).sqrt() / PI * scaled_k(1.0 / 3.0, phase) * (-phase).exp();
    }
    if x > -7.0 || x.is_nan() {
        return airy_series(x);
    }
    let (mut even, mut odd, mut term) = (1.0, 0.0, 1.0f64);
    for k in 1..30 {
        let n = f64::from(k);
        let next = term * (6.0 * n - 5.0) * (6.0 * n - 3.0) * (6.0 * n - 1.0)
            / (216.0 * n * (2.0 * n - 1.0) * phase);
        if next > term {
            break;
        }
        term = next;
        match k % 4 {
            0 => even += term,
            1 => odd += term,
            2 => even -= term,
            _ => odd -= term,
        }
    }
    let angle = phase + PI / 4.0;
    (angle.sin() * even - angle.cos() * odd) / (PI.sqrt() * x.abs().powf(0.25))
}

fn airy_series(x: f64) -> f64 {
    let cube = x * x * x;
    let (mut f, mut g) = (1.0, x);
    let (mut for_f, mut for_g) = (1.0, x);
    for k in 1..60 {
        let n = f64::from(3 * k);
        for_f *= cube / (n * (n - 1.0));
        for_g *= cube / (n * (n + 1.0));
        f += for_f;
        g += for_g;
    }
    0.355_028_053_887_817_2 * f - 0.258_819_403_792_806_8 * g
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_formulas_meet_where_they_change() {
        let near = |a: f64, b: f64| assert!((a - b).abs() <= 1e-10 * b.abs(), "{a} against {b}");
        near(i0(25.0), i0(25.0 + 1e-13));
        near(i1e(25.0), i1e(25.0 + 1e-13));
        near(airy_ai(1.0), airy_ai(1.0 + 1e-13));
        near(airy_ai(-7.0 + 1e-13), airy_ai(-7.0));
        near(j0(0.5), j0(0.5 - 1e-13));
        near(y1(0.5), y1(0.5 - 1e-13));
        // Wronskians: J1 Y0 - J0 Y1 = 2 / (pi x), I0 K1 + I1 K0 = 1 / x
        near(j1(4.3) * y0(4.3) - j0(4.3) * y1(4.3), 2.0 / (PI * 4.3));
        near(i0(2.5) * k1(2.5) + i1(2.5) * k0(2.5), 0.4);
    }
}
