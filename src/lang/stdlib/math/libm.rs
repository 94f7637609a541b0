//! The functions of the C library that Rust's own do not equal to the last digit.

// SAFETY: these are functions of the C standard library with exactly these types; they have no preconditions.
unsafe extern "C" {
    pub(super) safe fn acosh(x: f64) -> f64;
    pub(super) safe fn asinh(x: f64) -> f64;
    pub(super) safe fn atanh(x: f64) -> f64;
    pub(super) safe fn cbrt(x: f64) -> f64;
    pub(super) safe fn erf(x: f64) -> f64;
    pub(super) safe fn erfc(x: f64) -> f64;
    pub(super) safe fn ldexp(x: f64, exponent: i32) -> f64;
    pub(super) safe fn remainder(x: f64, y: f64) -> f64;
}
