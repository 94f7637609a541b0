//! Functions of floats, with the rules by which C's results become Python's errors.

use super::libm;
use crate::lang::object::{Raised, overflow_error, value_error};

/// Why a function has no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// `math domain error`
    Domain,
    /// `math range error`
    Range,
}

impl From<Fault> for Raised {
    fn from(fault: Fault) -> Raised {
        match fault {
            Fault::Domain => value_error("math domain error"),
            Fault::Range => overflow_error("math range error"),
        }
    }
}

/// A result that came from `x`: a new NaN is a domain error, a new infinity a range or domain error.
pub(super) fn checked(x: f64, r: f64, can_overflow: bool) -> Result<f64, Fault> {
    if r.is_nan() && !x.is_nan() {
        return Err(Fault::Domain);
    }
    if r.is_infinite() && x.is_finite() {
        return Err(if can_overflow {
            Fault::Range
        } else {
            Fault::Domain
        });
    }
    Ok(r)
}

/// The same for two arguments.
pub(super) fn checked2(x: f64, y: f64, r: f64) -> Result<f64, Fault> {
    if r.is_nan() && !x.is_nan() && !y.is_nan() {
        return Err(Fault::Domain);
    }
    if r.is_infinite() && x.is_finite() && y.is_finite() {
        return Err(Fault::Range);
    }
    Ok(r)
}

pub(super) fn pow(x: f64, y: f64) -> Result<f64, Fault> {
    let r = x.powf(y);
    if x.is_finite() && y.is_finite() {
        if r.is_nan() || (r.is_infinite() && x == 0.0) {
            return Err(Fault::Domain);
        }
        if r.is_infinite() {
            return Err(Fault::Range);
        }
    }
    Ok(r)
}

pub(super) fn fmod(x: f64, y: f64) -> Result<f64, Fault> {
    if y.is_infinite() && x.is_finite() {
        return Ok(x);
    }
    checked2(x, y, x % y)
}

pub(super) fn remainder(x: f64, y: f64) -> Result<f64, Fault> {
    checked2(x, y, libm::remainder(x, y))
}

/// The fraction between 0.5 and 1 and the power of two.
pub(in crate::lang::stdlib) fn frexp(x: f64) -> (f64, i32) {
    if x == 0.0 || !x.is_finite() {
        return (x, 0);
    }
    let bits = x.to_bits();
    let exponent = ((bits >> 52) & 0x7ff) as i32;
    if exponent == 0 {
        let (fraction, exponent) = frexp(x * 2_f64.powi(64));
        return (fraction, exponent - 64);
    }
    let fraction = f64::from_bits((bits & !(0x7ff << 52)) | (1022 << 52));
    (fraction, exponent - 1022)
}

pub(super) fn ldexp(x: f64, exponent: i64) -> Result<f64, Fault> {
    let exponent = exponent.clamp(-5000, 5000) as i32;
    let r = libm::ldexp(x, exponent);
    if r.is_infinite() && x.is_finite() {
        Err(Fault::Range)
    } else {
        Ok(r)
    }
}

pub(super) fn nextafter(x: f64, y: f64) -> f64 {
    match x.partial_cmp(&y) {
        None => f64::NAN,
        Some(std::cmp::Ordering::Equal) => y,
        Some(std::cmp::Ordering::Less) => x.next_up(),
        Some(std::cmp::Ordering::Greater) => x.next_down(),
    }
}

pub(super) fn ulp(x: f64) -> f64 {
    if !x.is_finite() {
        return x.abs();
    }
    let x = x.abs();
    match x.next_up() {
        f64::INFINITY => x - x.next_down(),
        above => above - x,
    }
}

/// The logarithm of an integer too large for a float: of its leading bits, and the rest by the bit count.
pub(super) fn log_of_big(big: &num_bigint::BigInt, log: fn(f64) -> f64) -> f64 {
    use num_traits::ToPrimitive;
    let bits = big.bits();
    let shift = bits.saturating_sub(64);
    let lead = (big >> shift).to_f64().unwrap_or(f64::INFINITY);
    let (fraction, exponent) = frexp(lead);
    log(fraction) + log(2.0) * (exponent as f64 + shift as f64)
}

/// The exact sum of floats, rounded once (Shewchuk's algorithm: partial sums that do not overlap).
#[derive(Default)]
pub(super) struct ExactSum {
    partials: Vec<f64>,
    special: f64,
    infinite: f64,
}

impl ExactSum {
    pub(super) fn add(&mut self, term: f64) -> Result<(), Raised> {
        let (mut x, mut kept) = (term, 0);
        for i in 0..self.partials.len() {
            let mut y = self.partials[i];
            if x.abs() < y.abs() {
                std::mem::swap(&mut x, &mut y);
            }
            let high = x + y;
            let low = y - (high - x);
            if low != 0.0 {
                self.partials[kept] = low;
                kept += 1;
            }
            x = high;
        }
        self.partials.truncate(kept);
        if x == 0.0 {
            return Ok(());
        }
        if x.is_finite() {
            self.partials.push(x);
            return Ok(());
        }
        if term.is_finite() {
            return Err(overflow_error("intermediate overflow in fsum"));
        }
        if term.is_infinite() {
            self.infinite += term;
        }
        self.special += term;
        self.partials.clear();
        Ok(())
    }

    pub(super) fn total(mut self) -> Result<f64, Raised> {
        if self.special != 0.0 {
            return if self.infinite.is_nan() {
                Err(value_error("-inf + inf in fsum"))
            } else {
                Ok(self.special)
            };
        }
        let Some(mut high) = self.partials.pop() else {
            return Ok(0.0);
        };
        let mut low = 0.0;
        while let Some(y) = self.partials.pop() {
            let x = high;
            high = x + y;
            low = y - (high - x);
            if low != 0.0 {
                break;
            }
        }
        // Half-way cases round by the sign of what is left below.
        if let Some(&below) = self.partials.last()
            && ((low < 0.0 && below < 0.0) || (low > 0.0 && below > 0.0))
        {
            let y = low * 2.0;
            let x = high + y;
            if y == x - high {
                high = x;
            }
        }
        Ok(high)
    }
}
