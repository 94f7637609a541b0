//! Arithmetic of `int`, `float` and `complex`.

use num_bigint::BigInt as Big;
use num_integer::Integer;
use num_traits::{Signed, ToPrimitive, Zero};

use super::{BigInt, Complex};
use crate::lang::object::code::{BinOp, UnaryOp};
use crate::lang::object::heap::Ref;
use crate::lang::object::{
    Instance, Kind, Result, Value, memory_error, overflow_error, value_error, zero_division_error,
};

/// `a op b` for two numbers; `None` where an operand is no plain number.
#[inline]
pub fn arithmetic(op: BinOp, a: &Value, b: &Value) -> Option<Result<Value>> {
    match (a, b) {
        (Value::Int(x), Value::Int(y)) if op != BinOp::MatMul => Some(integers(op, *x, *y)),
        (Value::Float(x), Value::Float(y)) => floats(op, *x, *y),
        (Value::Float(x), Value::Int(y)) => floats(op, *x, *y as f64),
        (Value::Int(x), Value::Float(y)) => floats(op, *x as f64, *y),
        _ => mixed(op, a, b),
    }
}

/// Whether a value is an instance of a script class: its methods come first.
fn is_instance(value: &Value) -> bool {
    value.exact::<Instance>().is_some()
}

fn mixed(op: BinOp, a: &Value, b: &Value) -> Option<Result<Value>> {
    if let (Value::Bool(x), Value::Bool(y)) = (a, b) {
        match op {
            BinOp::And => return Some(Ok(Value::Bool(x & y))),
            BinOp::Or => return Some(Ok(Value::Bool(x | y))),
            BinOp::Xor => return Some(Ok(Value::Bool(x ^ y))),
            _ => {}
        }
    }
    let numeric = |v: &Value| match v {
        Value::Int(_) | Value::Float(_) | Value::Bool(_) => true,
        Value::Obj(object) => matches!(object.kind(), Kind::BigInt | Kind::Complex),
        _ => false,
    };
    if op == BinOp::MatMul || !numeric(a) || !numeric(b) || is_instance(a) || is_instance(b) {
        return None;
    }
    if a.get::<Complex>().is_some() || b.get::<Complex>().is_some() {
        return complexes(op, to_complex(a)?, to_complex(b)?);
    }
    if a.as_float().is_some() || b.as_float().is_some() {
        let as_float = |v: &Value| match v.as_number() {
            Some(x) if x.is_finite() || v.as_float().is_some() => Ok(x),
            _ => Err(overflow_error("int too large to convert to float")),
        };
        return match (as_float(a), as_float(b)) {
            (Ok(x), Ok(y)) => floats(op, x, y),
            (Err(raised), _) | (_, Err(raised)) => Some(Err(raised)),
        };
    }
    if let (Some(x), Some(y)) = (a.as_int(), b.as_int()) {
        return Some(integers(op, x, y));
    }
    Some(big_integers(op, &a.as_bigint()?, &b.as_bigint()?))
}

fn integers(op: BinOp, x: i64, y: i64) -> Result<Value> {
    let quick = match op {
        BinOp::Add => x.checked_add(y),
        BinOp::Sub => x.checked_sub(y),
        BinOp::Mul => x.checked_mul(y),
        BinOp::FloorDiv if y != 0 => floor_div(x, y),
        BinOp::Mod if y != 0 => Some(floor_mod(x, y)),
        BinOp::Pow if y >= 0 => u32::try_from(y).ok().and_then(|y| x.checked_pow(y)),
        BinOp::And => Some(x & y),
        BinOp::Or => Some(x | y),
        BinOp::Xor => Some(x ^ y),
        BinOp::LShift if (0..63).contains(&y) => (x << y >> y == x).then_some(x << y),
        BinOp::RShift if y >= 0 => Some(x >> y.min(63)),
        BinOp::TrueDiv if y != 0 && x.unsigned_abs() < 1 << 53 && y.unsigned_abs() < 1 << 53 => {
            return Ok(Value::Float(x as f64 / y as f64));
        }
        _ => None,
    };
    match quick {
        Some(result) => Ok(Value::Int(result)),
        None => big_integers(op, &x.into(), &y.into()),
    }
}

fn floor_div(x: i64, y: i64) -> Option<i64> {
    let quotient = x.checked_div(y)?;
    Some(if x % y != 0 && (x < 0) != (y < 0) {
        quotient - 1
    } else {
        quotient
    })
}

fn floor_mod(x: i64, y: i64) -> i64 {
    let rest = x.wrapping_rem(y);
    if rest != 0 && (rest < 0) != (y < 0) {
        rest + y
    } else {
        rest
    }
}

fn big_integers(op: BinOp, x: &Big, y: &Big) -> Result<Value> {
    let needs_divisor = matches!(op, BinOp::FloorDiv | BinOp::Mod | BinOp::TrueDiv);
    if needs_divisor && y.is_zero() {
        return Err(zero_division_error(match op {
            BinOp::TrueDiv => "division by zero",
            BinOp::Mod => "integer modulo by zero",
            _ => "integer division or modulo by zero",
        }));
    }
    Ok(match op {
        BinOp::Add => BigInt::value(x + y),
        BinOp::Sub => BigInt::value(x - y),
        BinOp::Mul => BigInt::value(x * y),
        BinOp::FloorDiv => BigInt::value(x.div_floor(y)),
        BinOp::Mod => BigInt::value(x.mod_floor(y)),
        BinOp::And => BigInt::value(x & y),
        BinOp::Or => BigInt::value(x | y),
        BinOp::Xor => BigInt::value(x ^ y),
        BinOp::TrueDiv => return true_div(x, y),
        BinOp::Pow => return power(x, y),
        BinOp::LShift | BinOp::RShift => return shift(op, x, y),
        BinOp::MatMul => Value::NotImplemented,
    })
}

/// The correctly rounded quotient of two integers.
fn true_div(x: &Big, y: &Big) -> Result<Value> {
    // Scale so that the integer quotient has at least 66 bits; a sticky bit then makes the last rounding right.
    let shift = 66 - (x.bits() as i64 - y.bits() as i64);
    let (num, den) = if shift > 0 {
        (x << shift as u64, y.clone())
    } else {
        (x.clone(), y << (-shift) as u64)
    };
    let (mut quotient, rest) = num.abs().div_rem(&den.abs());
    if !rest.is_zero() {
        quotient |= Big::from(1);
    }
    let magnitude = quotient.to_f64().unwrap_or(f64::INFINITY);
    let exponent = i32::try_from(-shift).unwrap_or(if shift > 0 { -5000 } else { 5000 });
    // Two steps, so that neither power overflows by itself.
    let half = exponent / 2;
    let scaled = magnitude * 2_f64.powi(half) * 2_f64.powi(exponent - half);
    if scaled.is_infinite() {
        return Err(overflow_error(
            "integer division result too large for a float",
        ));
    }
    Ok(Value::Float(if x.is_negative() == y.is_negative() {
        scaled
    } else {
        -scaled
    }))
}

fn power(x: &Big, y: &Big) -> Result<Value> {
    if y.is_negative() {
        let base = x.to_f64().unwrap_or(f64::INFINITY);
        let exponent = y.to_f64().unwrap_or(f64::NEG_INFINITY);
        return floats(BinOp::Pow, base, exponent).unwrap_or(Ok(Value::NotImplemented));
    }
    let Some(exponent) = y.to_u32() else {
        return match x.to_i64() {
            Some(0 | 1) => Ok(BigInt::value(x.clone())),
            Some(-1) => Ok(Value::Int(if y.is_even() { 1 } else { -1 })),
            _ => Err(memory_error("")),
        };
    };
    if x.bits().saturating_mul(u64::from(exponent)) > MOST_BITS {
        return Err(memory_error(""));
    }
    Ok(BigInt::value(x.pow(exponent)))
}

/// Integers grow to 2^32 bits at most: beyond that, MemoryError.
const MOST_BITS: u64 = 1 << 32;

fn shift(op: BinOp, x: &Big, y: &Big) -> Result<Value> {
    if y.is_negative() {
        return Err(value_error("negative shift count"));
    }
    let by = y.to_u64().unwrap_or(u64::MAX);
    if op == BinOp::RShift {
        let gone = if x.is_negative() {
            Big::from(-1)
        } else {
            Big::zero()
        };
        return Ok(BigInt::value(if by > x.bits() { gone } else { x >> by }));
    }
    if x.is_zero() {
        return Ok(Value::Int(0));
    }
    if x.bits().saturating_add(by) > MOST_BITS {
        return Err(memory_error(""));
    }
    Ok(BigInt::value(x << by))
}

fn floats(op: BinOp, x: f64, y: f64) -> Option<Result<Value>> {
    Some(match op {
        BinOp::Add => Ok(Value::Float(x + y)),
        BinOp::Sub => Ok(Value::Float(x - y)),
        BinOp::Mul => Ok(Value::Float(x * y)),
        BinOp::TrueDiv if y == 0.0 => Err(zero_division_error("float division by zero")),
        BinOp::TrueDiv => Ok(Value::Float(x / y)),
        BinOp::FloorDiv if y == 0.0 => Err(zero_division_error("float floor division by zero")),
        BinOp::Mod if y == 0.0 => Err(zero_division_error("float modulo")),
        BinOp::FloorDiv => Ok(Value::Float(float_div_mod(x, y).0)),
        BinOp::Mod => Ok(Value::Float(float_div_mod(x, y).1)),
        BinOp::Pow => return Some(float_power(x, y)),
        _ => return None,
    })
}

/// `divmod(x, y)` for floats, as CPython's `float_divmod` defines it; `y` is not 0.
pub fn float_div_mod(x: f64, y: f64) -> (f64, f64) {
    let mut rest = x % y;
    let mut quotient = (x - rest) / y;
    if rest != 0.0 {
        if (y < 0.0) != (rest < 0.0) {
            rest += y;
            quotient -= 1.0;
        }
    } else {
        rest = 0.0_f64.copysign(y);
    }
    let whole = if quotient == 0.0 {
        0.0_f64.copysign(x / y)
    } else {
        let floor = quotient.floor();
        if quotient - floor > 0.5 {
            floor + 1.0
        } else {
            floor
        }
    };
    (whole, rest)
}

fn float_power(x: f64, y: f64) -> Result<Value> {
    if x == 0.0 && y < 0.0 && y.is_finite() {
        return Err(zero_division_error(
            "0.0 cannot be raised to a negative power",
        ));
    }
    if x < 0.0 && x.is_finite() && y.is_finite() && y != y.trunc() {
        return complex_power(Complex { re: x, im: 0.0 }, Complex { re: y, im: 0.0 });
    }
    let result = x.powf(y);
    if result.is_infinite() && x.is_finite() && y.is_finite() {
        let message = Value::str("Numerical result out of range");
        return Err(crate::lang::object::Raised::with_args(
            crate::lang::object::Exc::OverflowError,
            [Value::Int(34), message],
        ));
    }
    Ok(Value::Float(result))
}

fn to_complex(value: &Value) -> Option<Complex> {
    match value.get::<Complex>() {
        Some(complex) => Some(**complex),
        None => value.as_number().map(|re| Complex { re, im: 0.0 }),
    }
}

fn complexes(op: BinOp, x: Complex, y: Complex) -> Option<Result<Value>> {
    let made = |re, im| Ok(Value::from(Ref::new(Complex { re, im })));
    Some(match op {
        BinOp::Add => made(x.re + y.re, x.im + y.im),
        BinOp::Sub => made(x.re - y.re, x.im - y.im),
        BinOp::Mul => made(x.re * y.re - x.im * y.im, x.re * y.im + x.im * y.re),
        BinOp::TrueDiv if y.re == 0.0 && y.im == 0.0 => {
            Err(zero_division_error("complex division by zero"))
        }
        BinOp::TrueDiv => {
            let quotient = complex_div(x, y);
            made(quotient.re, quotient.im)
        }
        BinOp::Pow => complex_power(x, y),
        _ => return None,
    })
}

/// Smith's method, which keeps the intermediate results small.
fn complex_div(x: Complex, y: Complex) -> Complex {
    if y.re.abs() >= y.im.abs() {
        let ratio = y.im / y.re;
        let den = y.re + y.im * ratio;
        Complex {
            re: (x.re + x.im * ratio) / den,
            im: (x.im - x.re * ratio) / den,
        }
    } else {
        let ratio = y.re / y.im;
        let den = y.re * ratio + y.im;
        Complex {
            re: (x.re * ratio + x.im) / den,
            im: (x.im * ratio - x.re) / den,
        }
    }
}

fn complex_power(x: Complex, y: Complex) -> Result<Value> {
    let made = |re, im| Ok(Value::from(Ref::new(Complex { re, im })));
    if y.re == 0.0 && y.im == 0.0 {
        return made(1.0, 0.0);
    }
    if x.re == 0.0 && x.im == 0.0 {
        if y.im != 0.0 || y.re < 0.0 {
            return Err(zero_division_error("0.0 to a negative or complex power"));
        }
        return made(0.0, 0.0);
    }
    if y.im == 0.0 && y.re == y.re.trunc() && y.re.abs() <= 100.0 {
        let mut result = Complex { re: 1.0, im: 0.0 };
        for _ in 0..y.re.abs() as u32 {
            result = Complex {
                re: result.re * x.re - result.im * x.im,
                im: result.re * x.im + result.im * x.re,
            };
        }
        let result = if y.re < 0.0 {
            complex_div(Complex { re: 1.0, im: 0.0 }, result)
        } else {
            result
        };
        return made(result.re, result.im);
    }
    let (length, angle) = (x.re.hypot(x.im), x.im.atan2(x.re));
    let mut size = length.powf(y.re);
    let mut turn = angle * y.re;
    if y.im != 0.0 {
        size /= (angle * y.im).exp();
        turn += y.im * length.ln();
    }
    if turn.is_infinite() {
        // Sine and cosine have no value there, which is all that C tells.
        return Err(zero_division_error("0.0 to a negative or complex power"));
    }
    made(size * turn.cos(), size * turn.sin())
}

/// `-a`, `+a`, `~a` for numbers; `None` for anything else.
pub fn negate(op: UnaryOp, a: &Value) -> Option<Value> {
    if is_instance(a) {
        return None;
    }
    match (op, a) {
        (UnaryOp::Neg, Value::Float(x)) => return Some(Value::Float(-x)),
        (UnaryOp::Pos, Value::Float(x)) => return Some(Value::Float(*x)),
        _ => {}
    }
    if let Some(complex) = a.get::<Complex>() {
        return match op {
            UnaryOp::Neg => Some(Value::from(Ref::new(Complex {
                re: -complex.re,
                im: -complex.im,
            }))),
            UnaryOp::Pos => Some(a.clone()),
            _ => None,
        };
    }
    match (op, a.as_int()) {
        (UnaryOp::Pos, Some(i)) => Some(Value::Int(i)),
        (UnaryOp::Invert, Some(i)) => Some(Value::Int(!i)),
        (UnaryOp::Neg, Some(i)) if i != i64::MIN => Some(Value::Int(-i)),
        _ => {
            let big = a.as_bigint()?;
            match op {
                UnaryOp::Neg => Some(BigInt::value(-big)),
                UnaryOp::Pos => Some(BigInt::value(big)),
                UnaryOp::Invert => Some(BigInt::value(-big - 1)),
                UnaryOp::Not => None,
            }
        }
    }
}
