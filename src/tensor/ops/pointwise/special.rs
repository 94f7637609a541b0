//! The error function and its relatives, for one number.

/// The error function in a float type.
pub trait Erf: Sized {
    /// erf
    fn erf(self) -> Self;
    /// 1 - erf
    fn erfc(self) -> Self;
    /// The inverse of erf.
    fn erfinv(self) -> Self;
}

impl Erf for f32 {
    fn erf(self) -> f32 {
        libm::erff(self)
    }
    fn erfc(self) -> f32 {
        libm::erfcf(self)
    }
    fn erfinv(self) -> f32 {
        erfinv(f64::from(self)) as f32
    }
}

impl Erf for f64 {
    fn erf(self) -> f64 {
        libm::erf(self)
    }
    fn erfc(self) -> f64 {
        libm::erfc(self)
    }
    fn erfinv(self) -> f64 {
        erfinv(self)
    }
}

/// After `calc_erfinv` in `ATen/native/Math.h`: a rational approximation and two Newton steps.
fn erfinv(y: f64) -> f64 {
    const A: [f64; 4] = [0.886226899, -1.645349621, 0.914624893, -0.140543331];
    const B: [f64; 4] = [-2.118377725, 1.442710462, -0.329097515, 0.012229801];
    const C: [f64; 4] = [-1.970840454, -1.624906493, 3.429567803, 1.641345311];
    const D: [f64; 2] = [3.543889200, 1.637067800];
    let size = y.abs();
    if size > 1.0 || y.is_nan() {
        return f64::NAN;
    }
    if size == 1.0 {
        return f64::INFINITY.copysign(y);
    }
    let mut x = if size <= 0.7 {
        let z = y * y;
        let top = ((A[3] * z + A[2]) * z + A[1]) * z + A[0];
        let bottom = (((B[3] * z + B[2]) * z + B[1]) * z + B[0]) * z + 1.0;
        y * top / bottom
    } else {
        let z = (-((1.0 - size) / 2.0).ln()).sqrt();
        let top = ((C[3] * z + C[2]) * z + C[1]) * z + C[0];
        let bottom = (D[1] * z + D[0]) * z + 1.0;
        (top / bottom).copysign(y)
    };
    for _ in 0..2 {
        x -= (libm::erf(x) - y) / (std::f64::consts::FRAC_2_SQRT_PI * (-x * x).exp());
    }
    x
}
