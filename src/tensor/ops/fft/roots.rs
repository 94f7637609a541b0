//! Roots of unity.

use std::f64::consts::PI;

use crate::tensor::array::Complex;

/// What transforms compute with.
pub(super) type C = Complex<f64>;

/// `exp(-2 pi i k / n)`
pub(super) fn root(k: usize, n: usize) -> C {
    // By quarters, so that what should be 0 or 1 is.
    let eighths = 8 * (k % n);
    let (quarter, rest) = ((eighths + n) / (2 * n) % 4, eighths as i64);
    let inside = rest - (eighths + n) as i64 / (2 * n) as i64 * 2 * n as i64;
    let (s, c) = (2.0 * PI * inside as f64 / (8 * n) as f64).sin_cos();
    let (re, im) = match quarter {
        0 => (c, -s),
        1 => (-s, -c),
        2 => (-c, s),
        _ => (s, c),
    };
    C { re, im }
}
