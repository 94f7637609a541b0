//! Integers in the mini-language.

use num_bigint::{BigInt, Sign};
use num_traits::ToPrimitive;

use super::{Spec, format_float};
use crate::lang::object::{Result, overflow_error, value_error};

/// `format(number, spec)` for an instance of a class.
pub fn format_integer(number: &BigInt, text: &str, class: &str) -> Result<String> {
    let spec = Spec::parse(text, Some('d'), '>', class)?;
    match spec.kind {
        Some('e' | 'E' | 'f' | 'F' | 'g' | 'G' | '%') => {
            return match number.to_f64().filter(|x| x.is_finite()) {
                Some(x) => format_float(x, text),
                None => Err(overflow_error("int too large to convert to float")),
            };
        }
        Some('d' | 'n' | 'b' | 'o' | 'x' | 'X' | 'c') => {}
        _ => return Err(spec.unknown_kind(class)),
    }
    if spec.precision.is_some() {
        return Err(value_error(
            "Precision not allowed in integer format specifier",
        ));
    }
    if spec.no_negative_zero {
        return Err(value_error(
            "Negative zero coercion (z) not allowed in integer format specifier",
        ));
    }
    if spec.kind == Some('c') {
        return character(number, &spec);
    }
    let digits = number.magnitude().to_str_radix(match spec.kind {
        Some('b') => 2,
        Some('o') => 8,
        Some('x' | 'X') => 16,
        _ => 10,
    });
    let (digits, prefix) = match spec.kind {
        Some('b') => (digits, "0b"),
        Some('o') => (digits, "0o"),
        Some('x') => (digits, "0x"),
        Some('X') => (digits.to_uppercase(), "0X"),
        _ => (digits, ""),
    };
    let prefix = if spec.alternate { prefix } else { "" };
    Ok(spec.number(number.sign() == Sign::Minus, prefix, &digits, ""))
}

fn character(number: &BigInt, spec: &Spec) -> Result<String> {
    if spec.sign.is_some() {
        return Err(value_error(
            "Sign not allowed with integer format specifier 'c'",
        ));
    }
    if spec.alternate {
        return Err(value_error(
            "Alternate form (#) not allowed with integer format specifier 'c'",
        ));
    }
    match number.to_u32().and_then(char::from_u32) {
        Some(c) => Ok(spec.pad(&c.to_string(), 1)),
        None => Err(overflow_error("%c arg not in range(0x110000)")),
    }
}
