//! Real-valued distributions, by the algorithms that CPython names, operation by operation, so that the same stream
//! gives the same numbers.

use std::f64::consts::{E, PI, TAU};

use super::generator::{Random, unit};
use crate::lang::object::{Caller, Result, Value, value_error, zero_division_error};

/// `a + (b - a) * random()`
pub(super) fn uniform(caller: &mut dyn Caller, this: &Value, a: f64, b: f64) -> Result<f64> {
    Ok(a + (b - a) * unit(caller, this)?)
}

/// Between `low` and `high`, most often near `mode`; `None` where they are equal.
pub(super) fn triangular(
    caller: &mut dyn Caller,
    this: &Value,
    low: f64,
    high: f64,
    mode: Option<f64>,
) -> Result<Option<f64>> {
    let u = unit(caller, this)?;
    let c = match mode {
        None => 0.5,
        Some(_) if high == low => return Ok(None),
        Some(mode) => (mode - low) / (high - low),
    };
    let (u, c, low, high) = if u > c {
        (1.0 - u, 1.0 - c, high, low)
    } else {
        (u, c, low, high)
    };
    Ok(Some(low + (high - low) * (u * c).sqrt()))
}

/// The normal distribution by the ratio of uniform deviates (Kinderman and Monahan 1977).
pub(super) fn normal(caller: &mut dyn Caller, this: &Value, mu: f64, sigma: f64) -> Result<f64> {
    let magic = 4.0 * (-0.5_f64).exp() / 2.0_f64.sqrt();
    loop {
        let u1 = unit(caller, this)?;
        let u2 = 1.0 - unit(caller, this)?;
        let z = magic * (u1 - 0.5) / u2;
        if z * z / 4.0 <= -u2.ln() {
            return Ok(mu + z * sigma);
        }
    }
}

/// The normal distribution in pairs (Box and Muller 1958).
pub(super) fn gauss(caller: &mut dyn Caller, this: &Value, mu: f64, sigma: f64) -> Result<f64> {
    let z = match Random::of(this)?.gauss_next.take() {
        Some(z) => z,
        None => {
            let angle = unit(caller, this)? * TAU;
            let radius = (-2.0 * (1.0 - unit(caller, this)?).ln()).sqrt();
            Random::of(this)?.gauss_next.set(Some(angle.sin() * radius));
            angle.cos() * radius
        }
    };
    Ok(mu + z * sigma)
}

pub(super) fn exponential(caller: &mut dyn Caller, this: &Value, lambda: f64) -> Result<f64> {
    let u = unit(caller, this)?;
    if lambda == 0.0 {
        return Err(zero_division_error("float division by zero"));
    }
    Ok(-(1.0 - u).ln() / lambda)
}

/// The circular normal distribution (Fisher 1993, after Best and Fisher 1979).
pub(super) fn von_mises(caller: &mut dyn Caller, this: &Value, mu: f64, kappa: f64) -> Result<f64> {
    if kappa <= 1e-6 {
        return Ok(TAU * unit(caller, this)?);
    }
    let s = 0.5 / kappa;
    let r = s + (1.0 + s * s).sqrt();
    let z = loop {
        let u1 = unit(caller, this)?;
        let z = (PI * u1).cos();
        let d = z / (r + z);
        let u2 = unit(caller, this)?;
        if u2 < 1.0 - d * d || u2 <= (1.0 - d) * d.exp() {
            break z;
        }
    };
    let q = 1.0 / r;
    let f = (q + z) / (1.0 + q * z);
    let angle = if unit(caller, this)? > 0.5 {
        mu + f.acos()
    } else {
        mu - f.acos()
    };
    let turned = angle % TAU;
    Ok(if turned < 0.0 { turned + TAU } else { turned })
}

/// The gamma distribution: Cheng 1977 for `alpha` above 1, the exponential one at 1, Ahrens and Dieter 1974 below.
pub(super) fn gamma(caller: &mut dyn Caller, this: &Value, alpha: f64, beta: f64) -> Result<f64> {
    if alpha <= 0.0 || beta <= 0.0 {
        return Err(value_error("gammavariate: alpha and beta must be > 0.0"));
    }
    if alpha > 1.0 {
        return gamma_above_one(caller, this, alpha, beta);
    }
    if alpha == 1.0 {
        return Ok(-(1.0 - unit(caller, this)?).ln() * beta);
    }
    loop {
        let u = unit(caller, this)?;
        let b = (E + alpha) / E;
        let p = b * u;
        let x = if p <= 1.0 {
            p.powf(1.0 / alpha)
        } else {
            -((b - p) / alpha).ln()
        };
        let u1 = unit(caller, this)?;
        let fits = if p > 1.0 {
            u1 <= x.powf(alpha - 1.0)
        } else {
            u1 <= (-x).exp()
        };
        if fits {
            return Ok(x * beta);
        }
    }
}

fn gamma_above_one(caller: &mut dyn Caller, this: &Value, alpha: f64, beta: f64) -> Result<f64> {
    let ainv = (2.0 * alpha - 1.0).sqrt();
    let bbb = alpha - 4.0_f64.ln();
    let ccc = alpha + ainv;
    let magic = 1.0 + 4.5_f64.ln();
    loop {
        let u1 = unit(caller, this)?;
        if u1 <= 1e-7 || u1 >= 0.999_999_9 {
            continue;
        }
        let u2 = 1.0 - unit(caller, this)?;
        let v = (u1 / (1.0 - u1)).ln() / ainv;
        let x = alpha * v.exp();
        let z = u1 * u1 * u2;
        let r = bbb + ccc * v - x;
        if r + magic - 4.5 * z >= 0.0 || r >= z.ln() {
            return Ok(x * beta);
        }
    }
}

pub(super) fn beta(caller: &mut dyn Caller, this: &Value, a: f64, b: f64) -> Result<f64> {
    let y = gamma(caller, this, a, 1.0)?;
    if y == 0.0 {
        return Ok(0.0);
    }
    Ok(y / (y + gamma(caller, this, b, 1.0)?))
}

pub(super) fn pareto(caller: &mut dyn Caller, this: &Value, alpha: f64) -> Result<f64> {
    let u = 1.0 - unit(caller, this)?;
    if alpha == 0.0 {
        return Err(zero_division_error("float division by zero"));
    }
    Ok(u.powf(-1.0 / alpha))
}

pub(super) fn weibull(caller: &mut dyn Caller, this: &Value, alpha: f64, beta: f64) -> Result<f64> {
    let u = 1.0 - unit(caller, this)?;
    if beta == 0.0 {
        return Err(zero_division_error("float division by zero"));
    }
    Ok(alpha * (-u.ln()).powf(1.0 / beta))
}
