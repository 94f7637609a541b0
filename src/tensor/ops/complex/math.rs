//! Functions of one complex number, in double precision.
//!
//! Inverse functions follow Kahan, 1987, "Branch cuts for complex elementary functions": each side of a cut is where C's
//! library has it.

use crate::tensor::array::{Complex, Element};

type C = Complex<f64>;

/// A name and its function.
type Function = (&'static str, fn(C) -> C);

/// The functions of a complex number that have a complex value.
static FUNCTIONS: &[Function] = &[
    ("abs", |z| C::new(z.abs(), 0.0)),
    ("acos", acos),
    ("acosh", acosh),
    ("asin", asin),
    ("asinh", asinh),
    ("atan", |z| turned_back(atanh(turned(z)))),
    ("atanh", atanh),
    ("conj", C::conj),
    ("cos", |z| cosh(turned(z))),
    ("cosh", cosh),
    ("deg2rad", |z| z.scale(std::f64::consts::PI / 180.0)),
    ("exp", exp),
    ("exp2", |z| exp(z.scale(std::f64::consts::LN_2))),
    ("expm1", expm1),
    ("log", log),
    ("log10", |z| log(z).scale(std::f64::consts::LOG10_E)),
    ("log1p", log1p),
    ("log2", |z| log(z).scale(std::f64::consts::LOG2_E)),
    ("neg", |z| -z),
    ("rad2deg", |z| z.scale(180.0 / std::f64::consts::PI)),
    ("reciprocal", |z| ONE / z),
    ("rsqrt", |z| ONE / sqrt(z)),
    ("sgn", sgn),
    ("sigmoid", |z| ONE / (ONE + exp(-z))),
    ("sin", |z| turned_back(sinh(turned(z)))),
    ("sinc", |z| {
        let z = z.scale(std::f64::consts::PI);
        if z == C::default() {
            ONE
        } else {
            turned_back(sinh(turned(z))) / z
        }
    }),
    ("sinh", sinh),
    ("sqrt", sqrt),
    ("tan", |z| turned_back(tanh(turned(z)))),
    ("tanh", tanh),
];

const ONE: C = <C as Element>::ONE;

/// The function with this name.
pub(super) fn function(name: &str) -> Option<fn(C) -> C> {
    let at = FUNCTIONS.binary_search_by_key(&name, |(known, _)| known);
    at.ok().map(|i| FUNCTIONS[i].1)
}

/// `i z`, with which circular functions become hyperbolic ones.
fn turned(z: C) -> C {
    C::new(-z.im, z.re)
}

fn turned_back(z: C) -> C {
    C::new(z.im, -z.re)
}

fn sgn(z: C) -> C {
    let size = z.abs();
    if size == 0.0 {
        C::default()
    } else {
        C::new(z.re / size, z.im / size)
    }
}

/// `e ** z`
pub(super) fn exp(z: C) -> C {
    let size = z.re.exp();
    if z.im == 0.0 {
        return C::new(size, z.im);
    }
    C::new(size * z.im.cos(), size * z.im.sin())
}

fn expm1(z: C) -> C {
    let half = (0.5 * z.im).sin();
    C::new(
        z.re.exp_m1() * z.im.cos() - 2.0 * half * half,
        z.re.exp() * z.im.sin(),
    )
}

/// The principal logarithm.
pub(super) fn log(z: C) -> C {
    let size = z.abs();
    // Near the unit circle the logarithm of the length is that of 1 plus something small.
    let re = if (0.5..2.0).contains(&size) {
        let (x, y) = (z.re.abs(), z.im.abs());
        let (high, low) = (x.max(y), x.min(y));
        0.5 * ((high - 1.0) * (high + 1.0) + low * low).ln_1p()
    } else {
        size.ln()
    };
    C::new(re, z.im.atan2(z.re))
}

fn log1p(z: C) -> C {
    let one = C::new(1.0 + z.re, z.im);
    if z.abs() < 0.5 {
        let re = 0.5 * (z.re * (2.0 + z.re) + z.im * z.im).ln_1p();
        return C::new(re, one.im.atan2(one.re));
    }
    log(one)
}

/// The principal square root.
pub fn sqrt(z: C) -> C {
    if z == C::default() {
        return C::new(0.0, z.im);
    }
    if z.im.is_infinite() {
        return C::new(f64::INFINITY, z.im);
    }
    if z.re.is_infinite() {
        return if z.re > 0.0 {
            C::new(z.re, 0.0f64.copysign(z.im))
        } else {
            C::new(0.0, f64::INFINITY.copysign(z.im))
        };
    }
    let t = (0.5 * (z.abs() + z.re.abs())).sqrt();
    if z.re >= 0.0 {
        C::new(t, 0.5 * z.im / t)
    } else {
        C::new(0.5 * z.im.abs() / t, t.copysign(z.im))
    }
}

fn sinh(z: C) -> C {
    if z.im == 0.0 {
        return C::new(z.re.sinh(), z.im);
    }
    C::new(z.re.sinh() * z.im.cos(), z.re.cosh() * z.im.sin())
}

fn cosh(z: C) -> C {
    if z.im == 0.0 || z.re == 0.0 {
        let sign = 1.0f64.copysign(z.re) * 1.0f64.copysign(z.im);
        return C::new(z.re.cosh() * z.im.cos(), 0.0f64.copysign(sign));
    }
    C::new(z.re.cosh() * z.im.cos(), z.re.sinh() * z.im.sin())
}

/// By tangents, so that nothing overflows.
fn tanh(z: C) -> C {
    if z.re.abs() > 20.0 {
        let rest = 4.0 * z.im.sin() * z.im.cos() * (-2.0 * z.re.abs()).exp();
        return C::new(1.0f64.copysign(z.re), rest);
    }
    let (t, s) = (z.im.tan(), z.re.sinh());
    let (rho, beta) = ((1.0 + s * s).sqrt(), 1.0 + t * t);
    if t.is_infinite() {
        return C::new(rho / s, 1.0 / t);
    }
    let below = 1.0 + beta * s * s;
    C::new(beta * rho * s / below, t / below)
}

/// The roots of `1 - z` and `1 + z`; zeros keep the signs that tell the sides of a cut.
fn around_one(z: C) -> (C, C) {
    (
        sqrt(C::new(1.0 - z.re, -z.im)),
        sqrt(C::new(1.0 + z.re, z.im)),
    )
}

fn asin(z: C) -> C {
    let (a, b) = around_one(z);
    C::new(z.re.atan2((a * b).re), (a.conj() * b).im.asinh())
}

fn acos(z: C) -> C {
    let (a, b) = around_one(z);
    C::new(2.0 * a.re.atan2(b.re), (b.conj() * a).im.asinh())
}

fn acosh(z: C) -> C {
    let (a, b) = (sqrt(z - ONE), sqrt(z + ONE));
    C::new((a.conj() * b).re.asinh(), 2.0 * a.im.atan2(b.re))
}

fn asinh(z: C) -> C {
    turned_back(asin(turned(z)))
}

fn atanh(z: C) -> C {
    let (x, y) = (z.re, z.im);
    let away = (1.0 - x) * (1.0 - x) + y * y;
    C::new(
        0.25 * (4.0 * x / away).ln_1p(),
        0.5 * (2.0 * y).atan2((1.0 - x) * (1.0 + x) - y * y),
    )
}

/// `x ** y`: whole powers by products, roots as such.
pub(super) fn pow(x: C, y: C) -> C {
    if y.im == 0.0 {
        let n = y.re;
        if n == n.trunc() && n.abs() <= 16.0 {
            let whole = (0..n.abs() as u32).fold(ONE, |product, _| product * x);
            return if n < 0.0 { ONE / whole } else { whole };
        }
        if n == 0.5 {
            return sqrt(x);
        }
    }
    if x == C::default() {
        return if y.re > 0.0 { x } else { log(x) * y };
    }
    exp(y * log(x))
}

impl C {
    /// `log(exp(x) + exp(y))` without overflow.
    pub fn log_add_exp(self, y: C) -> C {
        let (low, high) = if self.re < y.re { (self, y) } else { (y, self) };
        if low.re.is_nan() || high.re.is_nan() {
            return C::new(f64::NAN, f64::NAN);
        }
        if low.re == high.re && low.re.is_infinite() {
            return if low.re < 0.0 {
                low
            } else {
                log(exp(low) + exp(high))
            };
        }
        high + log1p(exp(low - high))
    }

    /// `log(sum(exp(row)))` without overflow.
    pub fn log_sum_exp(row: &[C]) -> C {
        let top = row.iter().fold(f64::NEG_INFINITY, |m, v| m.max(v.re));
        let top = if top.is_finite() { top } else { 0.0 };
        let sum = row
            .iter()
            .fold(C::default(), |s, v| s + exp(C::new(v.re - top, v.im)));
        log(sum) + C::new(top, 0.0)
    }
}
