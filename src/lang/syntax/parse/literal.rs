//! Numbers.

use super::super::ast::{Constant, Expr, ExprKind};
use super::super::error::{Parse, fail};
use super::super::notice;
use super::builder::Builder;
use crate::base::span::Span;
use num_bigint::BigInt;
use std::rc::Rc;

/// As many digits as CPython converts from decimal.
const MAX_DECIMAL_DIGITS: usize = 4300;

impl Builder<'_> {
    /// Reads a `number` node.
    pub(super) fn number(&mut self) -> Parse<Expr> {
        let span = self.skip().span;
        let kind = ExprKind::Constant(number(self.source(span), span)?);
        let rest = &self.text.as_bytes()[span.end as usize..];
        notice::check_number(self.source(span), rest, span);
        Ok(Expr { kind, span })
    }
}

/// The value of a numeric literal.
fn number(text: &str, span: Span) -> Parse<Constant> {
    let bytes = text.as_bytes();
    if let [b @ b'0'..=b'9'] = bytes {
        return Ok(Constant::Int(i64::from(b - b'0')));
    }
    let digits;
    let digits = if bytes.contains(&b'_') {
        digits = text.replace('_', "");
        digits.as_str()
    } else {
        text
    };
    let radix = match bytes.get(1) {
        Some(b'x' | b'X') => 16,
        Some(b'o' | b'O') => 8,
        Some(b'b' | b'B') => 2,
        _ => return decimal(digits, span),
    };
    integer(&digits[2..], radix, span)
}

fn decimal(digits: &str, span: Span) -> Parse<Constant> {
    if let Some(imaginary) = digits.strip_suffix(['j', 'J']) {
        return Ok(Constant::Complex(float(imaginary)));
    }
    if digits.bytes().any(|b| matches!(b, b'.' | b'e' | b'E')) {
        return Ok(Constant::Float(float(digits)));
    }
    if digits.starts_with('0') && digits.bytes().any(|b| b != b'0') {
        let message = "leading zeros in decimal integer literals are not permitted; use an 0o prefix for octal integers";
        let zeros = digits.bytes().take_while(|&b| b == b'0').count() as u32;
        return fail(
            message,
            Span {
                start: span.start,
                end: span.start + zeros,
            },
        );
    }
    integer(digits, 10, span)
}

fn float(digits: &str) -> f64 {
    digits.parse().expect("the grammar's floats are Rust's")
}

fn integer(digits: &str, radix: u32, span: Span) -> Parse<Constant> {
    if let Ok(small) = i64::from_str_radix(digits, radix) {
        return Ok(Constant::Int(small));
    }
    if radix == 10 && digits.len() > MAX_DECIMAL_DIGITS {
        let message = format!(
            "Exceeds the limit ({MAX_DECIMAL_DIGITS} digits) for integer string conversion: value has {} digits; \
             use sys.set_int_max_str_digits() to increase the limit - \
             Consider hexadecimal for huge integer literals to avoid decimal conversion limits.",
            digits.len()
        );
        return fail(message, span);
    }
    let big =
        BigInt::parse_bytes(digits.as_bytes(), radix).expect("the grammar's integers are digits");
    Ok(Constant::BigInt(Rc::new(big)))
}
