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
        crate::tensor::array::kernels::math::Math::erf_(self)
    }
    fn erfc(self) -> f32 {
        libm::erfcf(self)
    }
    fn erfinv(self) -> f32 {
        crate::tensor::array::kernels::rounded::erfinv(self)
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

/// exp(x²) erfc(x); far out its asymptotic series (Abramowitz and Stegun, 7.1.23).
pub(super) fn erfcx(x: f64) -> f64 {
    if x < 0.0 {
        return 2.0 * (x * x).exp() - erfcx(-x);
    }
    if x < 25.0 {
        return (x * x).exp() * libm::erfc(x);
    }
    let (mut term, mut sum) = (1.0, 1.0);
    for k in 1..8 {
        term *= -f64::from(2 * k - 1) / (2.0 * x * x);
        sum += term;
    }
    sum * 0.5 * std::f64::consts::FRAC_2_SQRT_PI / x
}

/// The logarithm of the normal distribution function.
pub(super) fn log_ndtr(x: f64) -> f64 {
    let t = x * std::f64::consts::FRAC_1_SQRT_2;
    if x < -1.0 {
        (erfcx(-t) / 2.0).ln() - t * t
    } else {
        (-libm::erfc(t) / 2.0).ln_1p()
    }
}

/// The inverse of the normal distribution function: P. Acklam's rational approximation and a step of Halley's method.
pub(super) fn ndtri(p: f64) -> f64 {
    const A: [f64; 6] = [
        -3.969683028665376e1,
        2.209460984245205e2,
        -2.759285104469687e2,
        1.383_577_518_672_69e2,
        -3.066479806614716e1,
        2.506628277459239,
    ];
    const B: [f64; 6] = [
        -5.447609879822406e1,
        1.615858368580409e2,
        -1.556989798598866e2,
        6.680131188771972e1,
        -1.328068155288572e1,
        1.0,
    ];
    const C: [f64; 6] = [
        -7.784894002430293e-3,
        -3.223964580411365e-1,
        -2.400758277161838,
        -2.549732539343734,
        4.374664141464968,
        2.938163982698783,
    ];
    const D: [f64; 5] = [
        7.784695709041462e-3,
        3.224671290700398e-1,
        2.445134137142996,
        3.754408661907416,
        1.0,
    ];
    if !(0.0..=1.0).contains(&p) {
        return f64::NAN;
    }
    if p == 0.0 || p == 1.0 {
        return f64::INFINITY.copysign(p - 0.5);
    }
    if p > 0.5 {
        return -ndtri(1.0 - p);
    }
    let horner = |c: &[f64], x: f64| c.iter().fold(0.0, |sum, c| sum * x + c);
    let x = if p < 0.02425 {
        let q = (-2.0 * p.ln()).sqrt();
        horner(&C, q) / horner(&D, q)
    } else {
        let q = p - 0.5;
        q * horner(&A, q * q) / horner(&B, q * q)
    };
    let error = 0.5 * libm::erfc(-x * std::f64::consts::FRAC_1_SQRT_2) - p;
    let step = error * (2.0 * std::f64::consts::PI).sqrt() * (x * x / 2.0).exp();
    x - step / (1.0 + x * step / 2.0)
}
