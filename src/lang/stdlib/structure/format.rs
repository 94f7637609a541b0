//! The formats of `struct`: what they mean, and how values are packed by them.

use num_bigint::{BigInt as Big, Sign};
use num_traits::{One, ToPrimitive};

use super::error;
use crate::lang::object::class::Special;
use crate::lang::object::{BigInt, Caller, Result, Value, protocol, type_error};
use crate::lang::stdlib::arguments;

/// One run of equal items.
#[derive(Clone, Debug)]
struct Item {
    code: char,
    count: usize,
    size: usize,
    /// Where it begins.
    at: usize,
}

/// A format.
#[derive(Clone, Debug)]
pub(super) struct Format {
    items: Vec<Item>,
    big: bool,
    /// How many bytes it takes.
    pub(super) size: usize,
}

/// The size of a code; in native mode, of the C type.
fn size_of(code: char, native: bool) -> Option<usize> {
    Some(match code {
        'x' | 'c' | 'b' | 'B' | '?' | 's' | 'p' => 1,
        'h' | 'H' | 'e' => 2,
        'i' | 'I' | 'f' => 4,
        'l' | 'L' => {
            if native {
                8
            } else {
                4
            }
        }
        'q' | 'Q' | 'd' => 8,
        'n' | 'N' | 'P' if native => 8,
        _ => return None,
    })
}

impl Format {
    /// The format in a string or bytes.
    pub(super) fn of(value: &Value) -> Result<Format> {
        if let Some(text) = value.as_str() {
            return Format::parse(text);
        }
        match arguments::bytes(value) {
            Ok(bytes) => Format::parse(&String::from_utf8_lossy(&bytes)),
            Err(_) => Err(type_error(format!(
                "Struct() argument 1 must be a str or bytes object, not {}",
                value.class_name()
            ))),
        }
    }

    fn parse(text: &str) -> Result<Format> {
        let (order, rest) = match text.chars().next() {
            Some(c @ ('@' | '=' | '<' | '>' | '!')) => (c, &text[1..]),
            _ => ('@', text),
        };
        let native = order == '@';
        let (mut items, mut at, mut count) = (Vec::new(), 0_usize, String::new());
        for c in rest.chars() {
            if c.is_ascii_whitespace() && count.is_empty() {
                continue;
            }
            if c.is_ascii_digit() {
                count.push(c);
                continue;
            }
            let size = size_of(c, native).ok_or_else(|| error("bad char in struct format"))?;
            let number: usize = if count.is_empty() {
                1
            } else {
                count.parse().map_err(|_| too_long())?
            };
            count.clear();
            if native && size > 1 {
                at = at.next_multiple_of(size);
            }
            items.push(Item {
                code: c,
                count: number,
                size,
                at,
            });
            at = size
                .checked_mul(number)
                .and_then(|n| at.checked_add(n))
                .filter(|&n| n < 1 << 40)
                .ok_or_else(too_long)?;
        }
        if !count.is_empty() {
            return Err(error("repeat count given without format specifier"));
        }
        let big = matches!(order, '>' | '!')
            || (matches!(order, '@' | '=') && cfg!(target_endian = "big"));
        Ok(Format {
            items,
            big,
            size: at,
        })
    }

    /// How many values it takes.
    fn values(&self) -> usize {
        let count = |item: &Item| match item.code {
            'x' => 0,
            's' | 'p' => 1,
            _ => item.count,
        };
        self.items.iter().map(count).sum()
    }

    /// The bytes of values.
    pub(super) fn pack(&self, caller: &mut dyn Caller, values: &[Value]) -> Result<Vec<u8>> {
        if values.len() != self.values() {
            return Err(error(format!(
                "pack expected {} items for packing (got {})",
                self.values(),
                values.len()
            )));
        }
        let mut out = vec![0; self.size];
        let mut values = values.iter();
        for item in &self.items {
            let whole = item.at..item.at + item.size * item.count;
            match item.code {
                'x' => {}
                's' | 'p' => {
                    let value = values.next().cloned().unwrap_or_default();
                    pack_text(item, &value, &mut out[whole])?;
                }
                _ => {
                    for (part, value) in out[whole].chunks_exact_mut(item.size).zip(values.by_ref())
                    {
                        self.pack_one(caller, item, value, part)?;
                    }
                }
            }
        }
        Ok(out)
    }

    fn pack_one(
        &self,
        caller: &mut dyn Caller,
        item: &Item,
        value: &Value,
        part: &mut [u8],
    ) -> Result<()> {
        let little: Vec<u8> = match item.code {
            'c' => match arguments::bytes(value) {
                Ok(bytes) if bytes.len() == 1 => bytes,
                _ => return Err(error("char format requires a bytes object of length 1")),
            },
            '?' => vec![u8::from(protocol::truth(caller, value)?)],
            'f' => {
                let x = real(caller, value)?;
                let narrow = x as f32;
                if narrow.is_infinite() && x.is_finite() {
                    return Err(crate::lang::object::overflow_error(
                        "float too large to pack with f format",
                    ));
                }
                narrow.to_le_bytes().to_vec()
            }
            'd' => real(caller, value)?.to_le_bytes().to_vec(),
            'e' => half_bits(real(caller, value)?)?.to_le_bytes().to_vec(),
            code => integer_bytes(caller, code, item.size, value)?,
        };
        part.copy_from_slice(&little);
        if self.big {
            part.reverse();
        }
        Ok(())
    }

    /// The values in bytes, which have the format's size.
    pub(super) fn unpack(&self, bytes: &[u8]) -> Vec<Value> {
        let mut values = Vec::with_capacity(self.values());
        for item in &self.items {
            let whole = &bytes[item.at..item.at + item.size * item.count];
            match item.code {
                'x' => {}
                's' => values.push(arguments::new_bytes(whole)),
                'p' => {
                    let len = whole
                        .first()
                        .map_or(0, |&len| usize::from(len))
                        .min(whole.len().saturating_sub(1));
                    values.push(arguments::new_bytes(whole.get(1..=len).unwrap_or_default()));
                }
                _ => values.extend(
                    whole
                        .chunks_exact(item.size)
                        .map(|part| self.unpack_one(item.code, part)),
                ),
            }
        }
        values
    }

    fn unpack_one(&self, code: char, part: &[u8]) -> Value {
        let mut little = [0_u8; 8];
        little[..part.len()].copy_from_slice(part);
        if self.big {
            little[..part.len()].reverse();
        }
        let bits = u64::from_le_bytes(little);
        let shift = 64 - 8 * part.len() as u32;
        match code {
            'c' => arguments::new_bytes([little[0]]),
            '?' => Value::Bool(bits != 0),
            'f' => Value::Float(f64::from(f32::from_bits(bits as u32))),
            'd' => Value::Float(f64::from_bits(bits)),
            'e' => Value::Float(half_value(bits as u16)),
            'b' | 'h' | 'i' | 'l' | 'q' | 'n' => Value::Int((bits << shift) as i64 >> shift),
            _ => BigInt::value(Big::from(bits)),
        }
    }
}

fn too_long() -> crate::lang::object::Raised {
    error("total struct size too long")
}

fn pack_text(item: &Item, value: &Value, out: &mut [u8]) -> Result<()> {
    let bytes = arguments::bytes(value).map_err(|_| {
        error(format!(
            "argument for '{}' must be a bytes object",
            item.code
        ))
    })?;
    if item.code == 's' {
        let len = bytes.len().min(out.len());
        out[..len].copy_from_slice(&bytes[..len]);
    } else if let Some((first, rest)) = out.split_first_mut() {
        let len = bytes.len().min(rest.len());
        rest[..len].copy_from_slice(&bytes[..len]);
        *first = len.min(255) as u8;
    }
    Ok(())
}

fn real(caller: &mut dyn Caller, value: &Value) -> Result<f64> {
    arguments::number(caller, value).map_err(|_| error("required argument is not a float"))
}

/// The bytes of an integer, the lowest first.
fn integer_bytes(
    caller: &mut dyn Caller,
    code: char,
    size: usize,
    value: &Value,
) -> Result<Vec<u8>> {
    if !value.is_int() && protocol::special(value, Special::Index).is_none() {
        return Err(error("required argument is not an integer"));
    }
    let number = arguments::integer(caller, value)?;
    let bits = 8 * size;
    let signed = matches!(code, 'b' | 'h' | 'i' | 'l' | 'q' | 'n');
    let (low, high) = if signed {
        (-(Big::one() << (bits - 1)), (Big::one() << (bits - 1)) - 1)
    } else {
        (Big::ZERO, (Big::one() << bits) - 1)
    };
    if number < low || number > high {
        return Err(match code {
            'b' => error("byte format requires -128 <= number <= 127"),
            'B' => error("ubyte format requires 0 <= number <= 255"),
            'h' => error("short format requires -32768 <= number <= 32767"),
            'H' => error("ushort format requires 0 <= number <= 65535"),
            'q' | 'Q' | 'n' | 'N' => error("argument out of range"),
            'P' => error("int too large to convert"),
            'I' | 'L' if number.sign() == Sign::Minus => error("argument out of range"),
            _ if number.bits() > 63 => error("argument out of range"),
            code => error(format!(
                "'{code}' format requires {low} <= number <= {high}"
            )),
        });
    }
    let whole = if number.sign() == Sign::Minus {
        number.to_i64().unwrap_or(0) as u64
    } else {
        number.to_u64().unwrap_or(0)
    };
    Ok(whole.to_le_bytes()[..size].to_vec())
}

/// A float as an IEEE half, rounded to nearest even.
fn half_bits(x: f64) -> Result<u16> {
    let sign = if x.is_sign_negative() { 0x8000 } else { 0 };
    let size = x.abs();
    if size.is_nan() {
        return Ok(sign | 0x7e00);
    }
    if size.is_infinite() {
        return Ok(sign | 0x7c00);
    }
    if size < 2_f64.powi(-14) {
        return Ok(sign | (size * 2_f64.powi(24)).round_ties_even() as u16);
    }
    let (fraction, exponent) = crate::lang::stdlib::math::frexp(size);
    let mantissa = (fraction * 2048.0).round_ties_even() as u32;
    let bits = (((exponent + 14) as u32) << 10) + (mantissa - 1024);
    if bits >= 0x7c00 {
        return Err(crate::lang::object::overflow_error(
            "float too large to pack with e format",
        ));
    }
    Ok(sign | bits as u16)
}

fn half_value(bits: u16) -> f64 {
    let sign = if bits & 0x8000 == 0 { 1.0 } else { -1.0 };
    let (exponent, mantissa) = (i32::from(bits >> 10 & 0x1f), f64::from(bits & 0x3ff));
    sign * match exponent {
        0 => mantissa * 2_f64.powi(-24),
        31 if mantissa == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (1.0 + mantissa / 1024.0) * 2_f64.powi(exponent - 15),
    }
}
