//! Length of a vector of floats, with the rounding error of each square carried along, so that the result is nearly
//! always the float nearest to the true one.

use super::{float::frexp, libm};

/// `sqrt(sum(x * x))`
pub(super) fn norm(values: &[f64]) -> f64 {
    let largest = values.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
    if largest.is_infinite() {
        return largest;
    }
    if values.iter().any(|x| x.is_nan()) {
        return f64::NAN;
    }
    if largest == 0.0 || values.len() == 1 {
        return largest;
    }
    let (_, exponent) = frexp(largest);
    let exponent = exponent.clamp(-1000, 1020);
    let up = libm::ldexp(1.0, -exponent);
    let (mut sum, mut error) = (0.0, 0.0);
    for x in values {
        let x = x * up;
        add_square(&mut sum, &mut error, x, 1.0);
    }
    let root = (sum + error).sqrt();
    // One step of Newton's method on the exact difference.
    add_square(&mut sum, &mut error, root, -1.0);
    libm::ldexp(root + (sum + error) / (2.0 * root), exponent)
}

/// Adds `sign * x * x` with both rounding errors.
fn add_square(sum: &mut f64, error: &mut f64, x: f64, sign: f64) {
    let square = x * x;
    let square_error = x.mul_add(x, -square);
    let (a, b) = (*sum, sign * square);
    let s = a + b;
    let bb = s - a;
    *error += ((a - (s - bb)) + (b - bb)) + sign * square_error;
    *sum = s;
}
