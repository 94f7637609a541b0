//! Numbers among literals.

use num_traits::Num;

use super::{Reader, syntax_error};
use crate::lang::object::{BigInt, Complex, Ref, Result, Value};

impl<'t> Reader<'t> {
    pub(super) fn number(&mut self) -> Result<Value> {
        let rest = &self.text[self.at..];
        let lower = rest.to_ascii_lowercase();
        for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] {
            if lower.starts_with(prefix) {
                let digits = rest[2..]
                    .find(|c: char| !c.is_digit(radix) && c != '_')
                    .map_or(&rest[2..], |end| &rest[2..2 + end]);
                self.at += 2 + digits.len();
                let number = num_bigint::BigInt::from_str_radix(&digits.replace('_', ""), radix);
                return number
                    .map(BigInt::value)
                    .map_err(|_| syntax_error("invalid syntax"));
            }
        }
        let bytes = rest.as_bytes();
        let mut end = 0;
        let mut float = false;
        while let Some(&b) = bytes.get(end) {
            match b {
                b'0'..=b'9' | b'_' => end += 1,
                b'.' => {
                    float = true;
                    end += 1;
                }
                b'e' | b'E' => {
                    let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
                    if !bytes.get(end + 1 + sign).is_some_and(u8::is_ascii_digit) {
                        break;
                    }
                    float = true;
                    end += 1 + sign;
                }
                _ => break,
            }
        }
        let digits = rest[..end].replace('_', "");
        self.at += end;
        if matches!(bytes.get(end), Some(b'j' | b'J')) {
            self.at += 1;
            let im = digits
                .parse()
                .map_err(|_| syntax_error("invalid decimal literal"))?;
            return Ok(Value::from(Ref::new(Complex { re: 0.0, im })));
        }
        if float {
            let number = digits.parse().map_err(|_| syntax_error("invalid syntax"))?;
            return Ok(Value::Float(number));
        }
        if digits.len() > 1 && digits.starts_with('0') && digits.bytes().any(|b| b != b'0') {
            return Err(syntax_error(
                "leading zeros in decimal integer literals are not permitted; use an 0o prefix for octal integers",
            ));
        }
        let number: std::result::Result<num_bigint::BigInt, _> = digits.parse();
        number
            .map(BigInt::value)
            .map_err(|_| syntax_error("invalid decimal literal"))
    }
}
