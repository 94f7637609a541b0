//! Arithmetic and comparison of small numbers: what takes a few instructions, inside the loop itself.

use crate::lang::object::Value;
use crate::lang::object::code::{BinOp, CmpOp};

/// Integers below this are exact as floats, and so is the rounding of their quotient.
const EXACT: i64 = 1 << 53;

/// `a op b`; `None` where that takes more than a few instructions, or raises.
#[inline(always)]
pub(super) fn binary(op: BinOp, a: &Value, b: &Value) -> Option<Value> {
    match (a, b) {
        (Value::Int(x), Value::Int(y)) => integers(op, *x, *y),
        (Value::Float(x), Value::Float(y)) => floats(op, *x, *y),
        (Value::Float(x), Value::Int(y)) => floats(op, *x, *y as f64),
        (Value::Int(x), Value::Float(y)) => floats(op, *x as f64, *y),
        _ => None,
    }
}

/// `a op value`
#[inline(always)]
pub(super) fn binary_int(op: BinOp, a: &Value, value: i64) -> Option<Value> {
    match a {
        Value::Int(x) => integers(op, *x, value),
        Value::Float(x) => floats(op, *x, value as f64),
        _ => None,
    }
}

#[inline(always)]
fn integers(op: BinOp, x: i64, y: i64) -> Option<Value> {
    Some(Value::Int(match op {
        BinOp::Add => x.checked_add(y)?,
        BinOp::Sub => x.checked_sub(y)?,
        BinOp::Mul => x.checked_mul(y)?,
        // The remainder has the sign of the divisor: for positive ones, the Euclidean division is Python's.
        BinOp::FloorDiv if y > 0 => x.div_euclid(y),
        BinOp::Mod if y > 0 => x.rem_euclid(y),
        BinOp::And => x & y,
        BinOp::Or => x | y,
        BinOp::Xor => x ^ y,
        BinOp::RShift if (0..64).contains(&y) => x >> y,
        BinOp::TrueDiv
            if y != 0 && (-EXACT..EXACT).contains(&x) && (-EXACT..EXACT).contains(&y) =>
        {
            return Some(Value::Float(x as f64 / y as f64));
        }
        _ => return None,
    }))
}

#[inline(always)]
fn floats(op: BinOp, x: f64, y: f64) -> Option<Value> {
    Some(Value::Float(match op {
        BinOp::Add => x + y,
        BinOp::Sub => x - y,
        BinOp::Mul => x * y,
        BinOp::TrueDiv if y != 0.0 => x / y,
        _ => return None,
    }))
}

/// Comparison of small numbers and identity.
#[inline(always)]
pub(super) fn compare(op: CmpOp, a: &Value, b: &Value) -> Option<bool> {
    match (a, b) {
        (Value::Int(x), Value::Int(y)) => integers_compared(op, *x, *y),
        (Value::Float(x), Value::Float(y)) => floats_compared(op, *x, *y),
        (Value::Float(x), Value::Int(y)) if (-EXACT..EXACT).contains(y) => {
            floats_compared(op, *x, *y as f64)
        }
        (Value::Int(x), Value::Float(y)) if (-EXACT..EXACT).contains(x) => {
            floats_compared(op, *x as f64, *y)
        }
        _ => match op {
            CmpOp::Is => Some(a.is(b)),
            CmpOp::IsNot => Some(!a.is(b)),
            _ => None,
        },
    }
}

/// `a op value`, with a small integer
#[inline(always)]
pub(super) fn compare_int(op: CmpOp, a: &Value, value: i64) -> Option<bool> {
    match a {
        Value::Int(x) => integers_compared(op, *x, value),
        Value::Float(x) => floats_compared(op, *x, value as f64),
        _ => None,
    }
}

#[inline(always)]
fn integers_compared(op: CmpOp, x: i64, y: i64) -> Option<bool> {
    // The number of the bit: 0 if less, 1 if equal, 2 if greater.
    let order = u8::from(x >= y) + u8::from(x > y);
    ((op as u8) < CmpOp::In as u8).then_some(op as u32 >> order & 1 != 0)
}

/// Whether a float is the same object as another number is left to others.
#[inline(always)]
fn floats_compared(op: CmpOp, x: f64, y: f64) -> Option<bool> {
    let ordered = u8::from(x < y) | u8::from(x == y) << 1 | u8::from(x > y) << 2;
    let order = if ordered == 0 { 8 } else { ordered };
    ((op as u8) < CmpOp::Is as u8).then_some(op as u8 & order != 0)
}
