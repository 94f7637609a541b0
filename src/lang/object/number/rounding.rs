//! Rounding as `round`, `math.floor` and their like do it.

use num_bigint::BigInt as Big;
use num_integer::Integer;
use num_traits::{FromPrimitive, Signed, ToPrimitive, Zero};

use super::BigInt;
use crate::lang::object::{Result, Value, overflow_error, value_error};

/// A float without fraction as an integer.
fn whole(x: f64) -> Result<Value> {
    if x.is_nan() {
        return Err(value_error("cannot convert float NaN to integer"));
    }
    if x.is_infinite() {
        return Err(overflow_error("cannot convert float infinity to integer"));
    }
    if x.abs() < 9e18 {
        return Ok(Value::Int(x as i64));
    }
    Ok(BigInt::value(Big::from_f64(x).unwrap_or_default()))
}

/// `int(x)`
pub fn truncate(x: f64) -> Result<Value> {
    whole(x.trunc())
}

/// `math.floor(x)`
pub fn floor(x: f64) -> Result<Value> {
    whole(x.floor())
}

/// `math.ceil(x)`
pub fn ceil(x: f64) -> Result<Value> {
    whole(x.ceil())
}

/// `round(x)`: halves go to the even neighbour.
pub fn round_to_integer(x: f64) -> Result<Value> {
    whole(x.round_ties_even())
}

/// `round(x, places)`: rounds the exact decimal value.
pub fn round_to_places(x: f64, places: i64) -> Result<f64> {
    if !x.is_finite() || x == 0.0 || places > 323 {
        return Ok(x);
    }
    if places < -308 {
        return Ok(0.0_f64.copysign(x));
    }
    let rounded = if places >= 0 {
        let text = format!("{x:.*}", places as usize);
        text.parse().unwrap_or(x)
    } else {
        let step = Big::from(10).pow(places.unsigned_abs() as u32);
        let exact = Big::from_f64(x.trunc()).unwrap_or_default();
        let sticky = x.fract() != 0.0;
        to_multiple(&exact, &step, sticky)
            .to_f64()
            .unwrap_or(f64::INFINITY)
            .copysign(x)
    };
    if rounded.is_infinite() {
        return Err(overflow_error("rounded value too large to represent"));
    }
    Ok(rounded)
}

/// The multiple of `step` nearest to a number, halves to the even one; `sticky`: the number is a bit further from 0.
fn to_multiple(number: &Big, step: &Big, sticky: bool) -> Big {
    let (quotient, rest) = number.abs().div_rem(step);
    let twice: Big = rest * 2;
    let up = twice > *step || (twice == *step && (sticky || quotient.is_odd()));
    let multiple = (if up { quotient + 1 } else { quotient }) * step;
    if number.is_negative() {
        -multiple
    } else {
        multiple
    }
}

/// `round(number, places)` for an integer: a negative number of places rounds to tens, hundreds ...
pub fn round_integer(number: &Big, places: i64) -> Value {
    if places >= 0 || number.is_zero() {
        return BigInt::value(number.clone());
    }
    let digits = number.bits() as f64 * 0.302 + 2.0;
    if places.unsigned_abs() as f64 > digits + 1.0 {
        return Value::Int(0);
    }
    let step = Big::from(10).pow(places.unsigned_abs() as u32);
    BigInt::value(to_multiple(number, &step, false))
}
