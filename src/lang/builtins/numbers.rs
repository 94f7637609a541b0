//! Functions of numbers.

use num_bigint::{BigInt as Big, Sign};
use num_traits::ToPrimitive;

use crate::lang::object::bytes::bytes_of;
use crate::lang::object::code::BinOp;
use crate::lang::object::number::{divide, power_modulo, round_to_integer, round_to_places};
use crate::lang::object::protocol::{self, as_index, binary, call_special};
use crate::lang::object::str::char_str;
use crate::lang::object::{
    Caller, Instance, List, NativeSpec, Result, Special, Value, type_error, value_error,
};

pub(super) static FUNCTIONS: &[NativeSpec] = &[
    NativeSpec::new("abs(x, /)", "Return the absolute value of the argument.", |c, a| match &a[0] {
        Value::Int(i) if *i != i64::MIN => Ok(Value::Int(i.abs())),
        Value::Float(x) => Ok(Value::Float(x.abs())),
        other => match call_special(c, other, Special::Abs, &[])? {
            Some(answer) => Ok(answer),
            None => Err(type_error(format!("bad operand type for abs(): '{}'", other.class_name()))),
        },
    })
    .examples(&[("abs(-3)", "3")]),
    NativeSpec::new("round(number, ndigits=None)", "Round a number to a given precision in decimal digits.\n\nThe return value is an integer if ndigits is omitted or None. Otherwise the return value has the same type as the number. ndigits may be negative.", round)
        .examples(&[("round(2.5)", "2"), ("round(3.14159, 2)", "3.14")]),
    NativeSpec::new("pow(base, exp, mod=None)", "Equivalent to base**exp with 2 arguments or base**exp % mod with 3 arguments.", power)
        .examples(&[("pow(2, 10)", "1024"), ("pow(3, -1, 7)", "5")]),
    NativeSpec::new("divmod(x, y, /)", "Return the tuple (x//y, x%y).", div_mod).examples(&[("divmod(7, 2)", "(3, 1)")]),
    NativeSpec::new("sum(iterable, /, start=0)", "Return the sum of a 'start' value (default: 0) plus an iterable of numbers", sum)
        .examples(&[("sum([1, 2, 3])", "6")]),
    NativeSpec::new("bin(number, /)", "Return the binary representation of an integer.", |c, a| digits(c, &a[0], "0b", 2))
        .examples(&[("bin(10)", "'0b1010'")]),
    NativeSpec::new("oct(number, /)", "Return the octal representation of an integer.", |c, a| digits(c, &a[0], "0o", 8)),
    NativeSpec::new("hex(number, /)", "Return the hexadecimal representation of an integer.", |c, a| digits(c, &a[0], "0x", 16)),
    NativeSpec::new("chr(i, /)", "Return a Unicode string of one character with ordinal i; 0 <= i <= 0x10ffff.", |c, a| {
        let code = as_index(c, &a[0])?;
        let found = code.as_int().and_then(|code| u32::try_from(code).ok()).and_then(char::from_u32);
        found.map(|c| Value::from(char_str(c))).ok_or_else(|| value_error("chr() arg not in range(0x110000)"))
    }),
    NativeSpec::new("ord(c, /)", "Return the Unicode code point for a one-character string.", order),
];

fn round(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    match (&args[0], &args[1]) {
        (Value::Float(x), Value::None) => return round_to_integer(*x),
        (Value::Float(x), Value::Int(places)) => {
            return round_to_places(*x, *places).map(Value::Float);
        }
        _ => {}
    }
    let places = std::slice::from_ref(&args[1]);
    let places = if args[1].is_none() { &[] } else { places };
    match call_special(caller, &args[0], Special::Round, places)? {
        Some(answer) => Ok(answer),
        None => Err(type_error(format!(
            "type {} doesn't define __round__ method",
            args[0].class_name()
        ))),
    }
}

fn power(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    if args[2].is_none() {
        return binary(caller, BinOp::Pow, &args[0], &args[1]);
    }
    let plain = args.iter().all(|value| value.exact::<Instance>().is_none());
    if plain && args.iter().all(Value::is_int) {
        return power_modulo(&args[0], &args[1], &args[2]);
    }
    let is_number = |value: &Value| value.is_int() || value.as_float().is_some();
    if !plain || !args[..2].iter().all(is_number) {
        match call_special(caller, &args[0], Special::Pow, &args[1..3])? {
            Some(Value::NotImplemented) | None => {}
            Some(answer) => return Ok(answer),
        }
    }
    Err(type_error(if args.iter().all(is_number) {
        "pow() 3rd argument not allowed unless all arguments are integers".to_string()
    } else {
        format!(
            "unsupported operand type(s) for ** or pow(): '{}', '{}', '{}'",
            args[0].class_name(),
            args[1].class_name(),
            args[2].class_name()
        )
    }))
}

fn div_mod(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let plain = args.iter().all(|value| value.exact::<Instance>().is_none());
    if plain && let Some(answer) = divide(&args[0], &args[1]) {
        return answer;
    }
    for (which, receiver, other) in [(Special::Divmod, 0, 1), (Special::Rdivmod, 1, 0)] {
        let answer = call_special(
            caller,
            &args[receiver],
            which,
            std::slice::from_ref(&args[other]),
        )?;
        match answer {
            None | Some(Value::NotImplemented) => {}
            Some(answer) => return Ok(answer),
        }
    }
    Err(type_error(format!(
        "unsupported operand type(s) for divmod(): '{}' and '{}'",
        args[0].class_name(),
        args[1].class_name()
    )))
}

fn sum(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let refused = match args[1].kind() {
        Some(crate::lang::object::Kind::Str) => {
            "sum() can't sum strings [use ''.join(seq) instead]"
        }
        Some(crate::lang::object::Kind::Bytes) => {
            "sum() can't sum bytes [use b''.join(seq) instead]"
        }
        Some(crate::lang::object::Kind::ByteArray) => {
            "sum() can't sum bytearray [use b''.join(seq) instead]"
        }
        _ => "",
    };
    if !refused.is_empty() {
        return Err(type_error(refused));
    }
    let mut total = args[1].clone();
    if let Some(list) = args[0].exact::<List>() {
        let items = list.items.borrow();
        let mut sums = items.iter().map_while(|item| {
            total = small_sum(&total, item)?;
            Some(())
        });
        if sums.by_ref().count() == items.len() {
            return Ok(total);
        }
        // Some element has a method of its own to be called: from the beginning again.
        total = args[1].clone();
    }
    protocol::for_each(caller, &args[0], |caller, item| {
        total = match small_sum(&total, &item) {
            Some(sum) => sum,
            None => binary(caller, BinOp::Add, &total, &item)?,
        };
        Ok(true)
    })?;
    Ok(total)
}

/// The sum of two small numbers.
#[inline(always)]
fn small_sum(a: &Value, b: &Value) -> Option<Value> {
    match (a, b) {
        (Value::Float(x), Value::Float(y)) => Some(Value::Float(x + y)),
        (Value::Int(x), Value::Int(y)) => x.checked_add(*y).map(Value::Int),
        (Value::Int(x), Value::Bool(y)) => x.checked_add(i64::from(*y)).map(Value::Int),
        (Value::Int(x), Value::Float(y)) if x.unsigned_abs() < 1 << 53 => {
            Some(Value::Float(*x as f64 + y))
        }
        _ => None,
    }
}

fn digits(caller: &mut dyn Caller, value: &Value, prefix: &str, radix: u32) -> Result<Value> {
    let number: Big = as_index(caller, value)?.as_bigint().unwrap_or_default();
    let sign = if number.sign() == Sign::Minus {
        "-"
    } else {
        ""
    };
    Ok(Value::from(format!(
        "{sign}{prefix}{}",
        number.magnitude().to_str_radix(radix)
    )))
}

fn order(_: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let wrong = |len: usize| {
        type_error(format!(
            "ord() expected a character, but string of length {len} found"
        ))
    };
    if let Some(text) = args[0].as_str() {
        let mut chars = text.chars();
        return match (chars.next(), chars.next()) {
            (Some(c), None) => Ok(Value::Int(u32::from(c).to_i64().unwrap_or(0))),
            _ => Err(wrong(text.chars().count())),
        };
    }
    match bytes_of(&args[0]).as_deref() {
        Some([byte]) => Ok(Value::Int((*byte).into())),
        Some(bytes) => Err(wrong(bytes.len())),
        None => Err(type_error(format!(
            "ord() expected string of length 1, but {} found",
            args[0].class_name()
        ))),
    }
}
