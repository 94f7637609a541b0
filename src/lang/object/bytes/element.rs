//! The elements of memory views: numbers in the machine's own format.

use num_bigint::BigInt as Big;

use super::{bytes_of, new_bytes};
use crate::lang::object::number::to_float;
use crate::lang::object::protocol::{as_index, special, truth};
use crate::lang::object::{BigInt, Caller, Result, Special, Value, type_error, value_error};

/// The type of an element: a code of the `struct` module, in the sizes and the order of
/// a little-endian machine.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Format(u8);

impl Format {
    pub(super) const BYTE: Format = Format(b'B');

    /// The format of a code such as `i` or `@i`.
    pub(super) fn of(code: &str) -> Option<Format> {
        let code = code.strip_prefix('@').unwrap_or(code);
        match code.as_bytes() {
            [code] if b"cbB?hHiIlLqQnNfd".contains(code) => Some(Format(*code)),
            b"u" | b"w" => Some(Format(b'w')),
            _ => None,
        }
    }

    pub(super) fn code(self) -> char {
        char::from(self.0)
    }

    pub(super) fn is_byte(self) -> bool {
        matches!(self.0, b'B' | b'b' | b'c')
    }

    /// How many bytes an element has.
    pub(super) fn size(self) -> usize {
        match self.0 {
            b'c' | b'b' | b'B' | b'?' => 1,
            b'h' | b'H' => 2,
            b'i' | b'I' | b'f' | b'w' => 4,
            _ => 8,
        }
    }

    fn is_signed(self) -> bool {
        matches!(self.0, b'b' | b'h' | b'i' | b'l' | b'q' | b'n')
    }

    /// The element in its bytes.
    pub(super) fn unpack(self, bytes: &[u8]) -> Value {
        let mut wide = [0; 8];
        wide[..bytes.len()].copy_from_slice(bytes);
        let number = u64::from_le_bytes(wide);
        match self.0 {
            b'c' => new_bytes(bytes),
            b'?' => Value::Bool(number != 0),
            b'f' => Value::Float(f32::from_bits(number as u32).into()),
            b'd' => Value::Float(f64::from_bits(number)),
            b'w' => {
                char::from_u32(number as u32).map_or(Value::None, |c| Value::from(c.to_string()))
            }
            _ if self.is_signed() => {
                let unused = 64 - 8 * self.size();
                Value::Int((number << unused) as i64 >> unused)
            }
            _ => BigInt::value(Big::from(number)),
        }
    }

    /// The bytes of an element.
    pub(super) fn pack(self, caller: &mut dyn Caller, value: &Value) -> Result<Vec<u8>> {
        let code = self.code();
        let bad_type = || type_error(format!("memoryview: invalid type for format '{code}'"));
        let bad_value = || value_error(format!("memoryview: invalid value for format '{code}'"));
        match self.0 {
            b'c' => match bytes_of(value) {
                Some(bytes) if bytes.len() == 1 => Ok(bytes.into_owned()),
                Some(_) => Err(bad_value()),
                None => Err(bad_type()),
            },
            b'?' => Ok(vec![u8::from(truth(caller, value)?)]),
            b'f' => {
                let x = to_float(caller, value).map_err(|_| bad_type())?;
                Ok((x as f32).to_le_bytes().to_vec())
            }
            b'd' => {
                let x = to_float(caller, value).map_err(|_| bad_type())?;
                Ok(x.to_le_bytes().to_vec())
            }
            _ => {
                if !value.is_int() && special(value, Special::Index).is_none() {
                    return Err(bad_type());
                }
                let number = as_index(caller, value)?;
                let bits = 8 * self.size() as u32;
                let (low, high) = if self.is_signed() {
                    (-(1i128 << (bits - 1)), (1i128 << (bits - 1)) - 1)
                } else {
                    (0, (1i128 << bits) - 1)
                };
                let number = number
                    .as_bigint()
                    .and_then(|big| i128::try_from(big).ok())
                    .filter(|number| (low..=high).contains(number))
                    .ok_or_else(bad_value)?;
                Ok(number.to_le_bytes()[..self.size()].to_vec())
            }
        }
    }
}
