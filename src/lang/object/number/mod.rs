//! `int` beyond 64 bits, and `complex`; small integers and floats are immediate values.

mod arithmetic;
mod complex;
mod float;
mod int;
pub mod methods;
mod operators;
mod parse;
mod rounding;

pub use arithmetic::{arithmetic, float_div_mod, negate};
pub use complex::{complex_repr, to_complex};
pub use float::to_float;
pub use int::{int_repr, power_modulo, to_int};
pub use operators::divide;
pub use parse::{MOST_DIGITS, parse_complex, parse_float, parse_int};
pub use rounding::{ceil, floor, round_integer, round_to_integer, round_to_places, truncate};

use num_traits::ToPrimitive;

use super::heap::{HeapType, Kind, Ref};
use super::{Class, Value, types};

/// An integer that does not fit into 64 bits.
pub struct BigInt(pub num_bigint::BigInt);

impl BigInt {
    /// The smallest representation of an integer.
    pub fn value(number: num_bigint::BigInt) -> Value {
        match number.to_i64() {
            Some(small) => Value::Int(small),
            None => Value::from(Ref::new(BigInt(number))),
        }
    }
}

impl Value {
    /// The integer of any size, if this is an `int` or `bool`.
    pub fn as_bigint(&self) -> Option<num_bigint::BigInt> {
        match self.as_int() {
            Some(small) => Some(small.into()),
            None => self.get::<BigInt>().map(|big| big.0.clone()),
        }
    }

    /// Whether this is an `int` or `bool`.
    pub fn is_int(&self) -> bool {
        self.as_int().is_some() || self.get::<BigInt>().is_some()
    }
}

/// A complex number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Complex {
    /// The real part.
    pub re: f64,
    /// The imaginary part.
    pub im: f64,
}

impl HeapType for BigInt {
    const KIND: Kind = Kind::BigInt;
    const TRACED: bool = false;

    fn class(&self) -> Ref<Class> {
        types().int.clone()
    }
}

impl HeapType for Complex {
    const KIND: Kind = Kind::Complex;
    const TRACED: bool = false;

    fn class(&self) -> Ref<Class> {
        types().complex.clone()
    }
}

/// `repr` of a float: the shortest digits that read back as the same number, in Python's notation.
pub fn float_repr(x: f64) -> String {
    if x.is_nan() {
        return "nan".to_string();
    }
    if x.is_infinite() {
        return if x > 0.0 { "inf" } else { "-inf" }.to_string();
    }
    let mut scientific = format!("{x:e}");
    // Two shortest forms can be equally near; the one that ends in an even digit is meant. Fewer digits leave no choice.
    let digits = scientific
        .bytes()
        .take_while(|&b| b != b'e')
        .filter(u8::is_ascii_digit)
        .count();
    if digits >= 16 {
        scientific = format!("{x:.*e}", digits - 1);
    }
    let (digits, exponent) = scientific
        .split_once('e')
        .expect("LowerExp writes an exponent");
    let exponent: i32 = exponent
        .parse()
        .expect("LowerExp writes a decimal exponent");
    if (-4..16).contains(&exponent) {
        // As many places as the digits fill.
        let places = usize::try_from(
            digits.bytes().filter(u8::is_ascii_digit).count() as i32 - 1 - exponent,
        );
        format!("{x:.*}", places.unwrap_or(0).max(1))
    } else {
        let sign = if exponent < 0 { '-' } else { '+' };
        format!("{digits}e{sign}{:02}", exponent.abs())
    }
}
