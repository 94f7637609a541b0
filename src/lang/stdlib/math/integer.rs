//! Functions of integers of any size.

use num_bigint::BigInt as Big;
use num_integer::Integer;
use num_traits::{One, Signed, ToPrimitive, Zero};

use crate::lang::object::{BigInt, Caller, Result, Value, overflow_error, protocol, value_error};
use crate::lang::stdlib::arguments;

fn non_negative(caller: &mut dyn Caller, value: &Value, name: &str) -> Result<Big> {
    let n = arguments::integer(caller, value)?;
    if n.is_negative() {
        return Err(value_error(format!(
            "{name} must be a non-negative integer"
        )));
    }
    Ok(n)
}

/// The product of `from..=to`, halved again and again so that factors of like size meet.
fn product(from: u64, to: u64) -> Big {
    if from > to {
        return Big::one();
    }
    if to - from < 8 {
        return (from..=to).fold(Big::one(), |p, i| p * i);
    }
    let middle = from + (to - from) / 2;
    product(from, middle) * product(middle + 1, to)
}

pub(super) fn factorial(caller: &mut dyn Caller, value: &Value) -> Result<Value> {
    let n = arguments::integer(caller, value)?;
    if n.is_negative() {
        return Err(value_error("factorial() not defined for negative values"));
    }
    match n.to_u64().filter(|&n| i64::try_from(n).is_ok()) {
        Some(n) if n <= 100_000_000 => Ok(BigInt::value(product(2, n))),
        _ => Err(overflow_error(format!(
            "factorial() argument should not exceed {}",
            i64::MAX
        ))),
    }
}

pub(super) fn perm(caller: &mut dyn Caller, n: &Value, k: &Value) -> Result<Value> {
    if k.is_none() {
        return factorial(caller, n);
    }
    let (n, k) = (non_negative(caller, n, "n")?, non_negative(caller, k, "k")?);
    if k > n {
        return Ok(Value::Int(0));
    }
    Ok(BigInt::value(falling(caller, &n, &k)?))
}

/// `n * (n - 1) * ... `, `k` factors.
fn falling(caller: &mut dyn Caller, n: &Big, k: &Big) -> Result<Big> {
    let Some(k) = k.to_u64() else {
        return Err(overflow_error(format!("k must not exceed {}", i64::MAX)));
    };
    if let Some(n) = n.to_u64() {
        return Ok(product(n - k + 1, n));
    }
    let mut result = Big::one();
    for i in 0..k {
        caller.poll()?;
        result *= n - i;
    }
    Ok(result)
}

pub(super) fn comb(caller: &mut dyn Caller, n: &Value, k: &Value) -> Result<Value> {
    let (n, k) = (non_negative(caller, n, "n")?, non_negative(caller, k, "k")?);
    if k > n {
        return Ok(Value::Int(0));
    }
    let k = (&n - &k).min(k);
    if k > Big::from(i64::MAX) {
        return Err(overflow_error(format!(
            "min(n - k, k) must not exceed {}",
            i64::MAX
        )));
    }
    let low = product(2, k.to_u64().unwrap_or(u64::MAX));
    Ok(BigInt::value(falling(caller, &n, &k)? / low))
}

pub(super) fn isqrt(caller: &mut dyn Caller, value: &Value) -> Result<Value> {
    let n = arguments::integer(caller, value)?;
    if n.is_negative() {
        return Err(value_error("isqrt() argument must be nonnegative"));
    }
    Ok(BigInt::value(n.sqrt()))
}

pub(super) fn gcd(caller: &mut dyn Caller, integers: &[Value]) -> Result<Value> {
    let mut result = Big::zero();
    for value in integers {
        result = result.gcd(&arguments::integer(caller, value)?);
    }
    Ok(BigInt::value(result.abs()))
}

pub(super) fn lcm(caller: &mut dyn Caller, integers: &[Value]) -> Result<Value> {
    let mut result = Big::one();
    for value in integers {
        let n = arguments::integer(caller, value)?;
        result = if n.is_zero() || result.is_zero() {
            Big::zero()
        } else {
            result.lcm(&n)
        };
    }
    Ok(BigInt::value(result.abs()))
}

pub(super) fn prod(caller: &mut dyn Caller, values: &Value, start: &Value) -> Result<Value> {
    use crate::lang::object::code::BinOp;
    let mut result = if start.is_unbound() {
        Value::Int(1)
    } else {
        start.clone()
    };
    protocol::for_each(caller, values, |caller, item| {
        result = protocol::binary(caller, BinOp::Mul, &result, &item)?;
        Ok(true)
    })?;
    Ok(result)
}
