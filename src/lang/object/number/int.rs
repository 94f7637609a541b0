//! The methods of `int`.

use num_bigint::{BigInt as Big, Sign};
use num_integer::Integer;
use num_traits::{One, Signed, Zero};

use super::parse::{MOST_DIGITS, parse_int};
use super::{BigInt, arithmetic, negate, rounding};
use crate::lang::object::bytes::{bytes_of, new_bytes};
use crate::lang::object::code::{BinOp, UnaryOp};
use crate::lang::object::native::{GetSetSpec, NativeSpec, size_arg};
use crate::lang::object::protocol::{self, as_index, call_special, special, truth, wrap};
use crate::lang::object::str::format::format_integer;
use crate::lang::object::{
    Args, Caller, Class, Ref, Result, Special, Value, overflow_error, type_error, value_error,
};

/// The receiver as an integer.
fn integer(value: &Value) -> Result<Big> {
    value
        .as_bigint()
        .ok_or_else(|| type_error("an int is wanted"))
}

/// The receiver as an exact `int`.
fn plain(value: &Value) -> Result<Value> {
    match value.unwrapped() {
        Value::Bool(b) => Ok(Value::Int(i64::from(*b))),
        other if other.is_int() => Ok(other.clone()),
        _ => Err(type_error("an int is wanted")),
    }
}

/// `repr` of an integer of any size.
pub fn int_repr(number: &Big) -> Result<String> {
    // 3.32 bits a digit: the exact count is only made near the limit.
    if number.bits() > 3 * MOST_DIGITS as u64 {
        let text = number.to_string();
        if text.trim_start_matches('-').len() > MOST_DIGITS {
            return Err(value_error(format!(
                "Exceeds the limit ({MOST_DIGITS} digits) for integer string conversion; use sys.set_int_max_str_digits() to increase the limit"
            )));
        }
        return Ok(text);
    }
    Ok(number.to_string())
}

pub(super) static METHODS: &[NativeSpec] = &[
    NativeSpec::new(
        "as_integer_ratio(self, /)",
        "Return integer ratio.\n\nReturn a pair of integers, whose ratio is exactly equal to the original int and with a positive denominator.",
        |_, a| Ok(Value::tuple([plain(&a[0])?, Value::Int(1)])),
    ),
    NativeSpec::new(
        "bit_count(self, /)",
        "Number of ones in the binary representation of the absolute value of self.",
        |_, a| {
            let ones: u32 = integer(&a[0])?
                .magnitude()
                .iter_u64_digits()
                .map(u64::count_ones)
                .sum();
            Ok(Value::Int(ones.into()))
        },
    ),
    NativeSpec::new(
        "bit_length(self, /)",
        "Number of bits necessary to represent self in binary.",
        |_, a| Ok(Value::Int(integer(&a[0])?.bits() as i64)),
    ),
    NativeSpec::new(
        "conjugate(self, /)",
        "Returns self, the complex conjugate of any int.",
        |_, a| plain(&a[0]),
    ),
    NativeSpec::new(
        "to_bytes(self, length=1, byteorder='big', *, signed=False)",
        "Return an array of bytes representing an integer.",
        to_bytes,
    ),
    NativeSpec::new("__abs__(self, /)", "abs(self)", |_, a| {
        let value = plain(&a[0])?;
        Ok(match value.as_bigint().filter(Big::is_negative) {
            Some(big) => BigInt::value(-big),
            None => value,
        })
    }),
    NativeSpec::new("__invert__(self, /)", "~self", |_, a| {
        Ok(negate(UnaryOp::Invert, a[0].unwrapped()).unwrap_or(Value::NotImplemented))
    }),
    NativeSpec::new("__bool__(self, /)", "True if self else False", |_, a| {
        Ok(Value::Bool(!integer(&a[0])?.is_zero()))
    }),
    NativeSpec::new("__int__(self, /)", "int(self)", |_, a| plain(&a[0])),
    NativeSpec::new(
        "__index__(self, /)",
        "Return self converted to an integer, if self is suitable for use as an index into a list.",
        |_, a| plain(&a[0]),
    ),
    NativeSpec::new(
        "__trunc__(self, /)",
        "Truncating an Integral returns itself.",
        |_, a| plain(&a[0]),
    ),
    NativeSpec::new(
        "__floor__(self, /)",
        "Flooring an Integral returns itself.",
        |_, a| plain(&a[0]),
    ),
    NativeSpec::new(
        "__ceil__(self, /)",
        "Ceiling of an Integral returns itself.",
        |_, a| plain(&a[0]),
    ),
    NativeSpec::new("__float__(self, /)", "float(self)", |c, a| {
        super::to_float(c, a[0].unwrapped()).map(Value::Float)
    }),
    NativeSpec::new(
        "__round__(self, ndigits=None, /)",
        "Rounding an Integral returns itself.\n\nRounding with an ndigits argument also returns an integer.",
        |c, a| {
            if a[1].is_none() {
                return plain(&a[0]);
            }
            let places = size_arg(c, &a[1])?;
            Ok(rounding::round_integer(&integer(&a[0])?, places))
        },
    ),
    NativeSpec::new(
        "__pow__(self, value, mod=None, /)",
        "Return pow(self, value, mod).",
        |_, a| {
            if !a[0].is_int() || !a[1].is_int() {
                return Ok(Value::NotImplemented);
            }
            if !a[2].is_none() {
                return power_modulo(&a[0], &a[1], &a[2]);
            }
            arithmetic(BinOp::Pow, a[0].unwrapped(), a[1].unwrapped())
                .unwrap_or(Ok(Value::NotImplemented))
        },
    ),
    NativeSpec::new(
        "__rpow__(self, value, mod=None, /)",
        "Return pow(value, self, mod).",
        |_, a| {
            if !a[0].is_int() || !a[1].is_int() {
                return Ok(Value::NotImplemented);
            }
            arithmetic(BinOp::Pow, a[1].unwrapped(), a[0].unwrapped())
                .unwrap_or(Ok(Value::NotImplemented))
        },
    ),
    NativeSpec::new(
        "__format__(self, format_spec, /)",
        "Convert to a string according to format_spec.",
        |c, a| {
            let spec = a[1].as_str().unwrap_or_default();
            if spec.is_empty() {
                return protocol::str(c, &a[0]).map(Value::from);
            }
            format_integer(&integer(&a[0])?, spec, &a[0].class_name()).map(Value::from)
        },
    ),
    NativeSpec::new("__repr__(self, /)", "Return repr(self).", |_, a| {
        int_repr(&integer(&a[0])?).map(Value::from)
    }),
    NativeSpec::new(
        "__getnewargs__(self, /)",
        "The arguments that make a copy.",
        |_, a| Ok(Value::tuple([plain(&a[0])?])),
    ),
];

pub(super) static CLASS_METHODS: &[NativeSpec] = &[NativeSpec::new(
    "from_bytes(cls, bytes, byteorder='big', *, signed=False)",
    "Return the integer represented by the given array of bytes.",
    |c, a| {
        let bytes = match bytes_of(&a[1]) {
            Some(bytes) => bytes.into_owned(),
            None => byte_values(c, &a[1])?,
        };
        let signed = truth(c, &a[3])?;
        let number = match (is_big_endian(&a[2])?, signed) {
            (true, true) => Big::from_signed_bytes_be(&bytes),
            (true, false) => Big::from_bytes_be(Sign::Plus, &bytes),
            (false, true) => Big::from_signed_bytes_le(&bytes),
            (false, false) => Big::from_bytes_le(Sign::Plus, &bytes),
        };
        let number = BigInt::value(number);
        match a[0].exact::<Class>() {
            Some(class) if !class.native => c.call_positional(&a[0], &[number]),
            _ => Ok(number),
        }
    },
)];

fn byte_values(caller: &mut dyn Caller, value: &Value) -> Result<Vec<u8>> {
    let items = match value.as_str() {
        Some(_) => Err(type_error("")),
        None => protocol::collect(caller, value),
    };
    let items = items.map_err(|_| {
        type_error(format!(
            "cannot convert '{}' object to bytes",
            value.class_name()
        ))
    })?;
    let byte = |item: &Value| item.as_int().and_then(|i| u8::try_from(i).ok());
    let bytes: Option<Vec<u8>> = items.iter().map(byte).collect();
    bytes.ok_or_else(|| value_error("bytes must be in range(0, 256)"))
}

fn is_big_endian(order: &Value) -> Result<bool> {
    match order.as_str() {
        Some("big") => Ok(true),
        Some("little") => Ok(false),
        _ => Err(value_error("byteorder must be either 'little' or 'big'")),
    }
}

fn to_bytes(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let number = integer(&args[0])?;
    let Ok(len) = usize::try_from(size_arg(caller, &args[1])?) else {
        return Err(value_error("length argument must be non-negative"));
    };
    let big_endian = is_big_endian(&args[2])?;
    let signed = truth(caller, &args[3])?;
    if number.is_negative() && !signed {
        return Err(overflow_error("can't convert negative int to unsigned"));
    }
    let mut bytes = if signed {
        number.to_signed_bytes_le()
    } else {
        number.to_bytes_le().1
    };
    if number.is_zero() {
        bytes.clear();
    }
    if bytes.len() > len {
        return Err(overflow_error("int too big to convert"));
    }
    bytes.resize(len, if number.is_negative() { 0xff } else { 0 });
    if big_endian {
        bytes.reverse();
    }
    Ok(new_bytes(bytes))
}

pub(super) static ATTRIBUTES: &[GetSetSpec] = &[
    GetSetSpec::new("real", "the real part of a complex number", |_, v| plain(v)),
    GetSetSpec::new("imag", "the imaginary part of a complex number", |_, _| {
        Ok(Value::Int(0))
    }),
    GetSetSpec::new(
        "numerator",
        "the numerator of a rational number in lowest terms",
        |_, v| plain(v),
    ),
    GetSetSpec::new(
        "denominator",
        "the denominator of a rational number in lowest terms",
        |_, _| Ok(Value::Int(1)),
    ),
];

/// `pow(base, exponent, modulus)` for integers.
pub fn power_modulo(base: &Value, exponent: &Value, modulus: &Value) -> Result<Value> {
    let (Some(base), Some(exponent), Some(modulus)) =
        (base.as_bigint(), exponent.as_bigint(), modulus.as_bigint())
    else {
        return Err(type_error(
            "pow() 3rd argument not allowed unless all arguments are integers",
        ));
    };
    if modulus.is_zero() {
        return Err(value_error("pow() 3rd argument cannot be 0"));
    }
    let size = modulus.abs();
    let (base, exponent) = if exponent.is_negative() {
        let gcd = base.extended_gcd(&size);
        if !gcd.gcd.abs().is_one() {
            return Err(value_error("base is not invertible for the given modulus"));
        }
        let inverse = if gcd.gcd.is_negative() { -gcd.x } else { gcd.x };
        (inverse.mod_floor(&size), -exponent)
    } else {
        (base.mod_floor(&size), exponent)
    };
    let power = base.modpow(&exponent, &size);
    Ok(BigInt::value(power.mod_floor(&modulus)))
}

/// `int(...)`
pub(super) fn make(caller: &mut dyn Caller, class: &Ref<Class>, args: Args) -> Result<Value> {
    if args.positional.len() > 2 {
        return Err(type_error(format!(
            "int() takes at most 2 arguments ({} given)",
            args.positional.len()
        )));
    }
    let mut base = args.positional.get(1);
    for (name, value) in args.keywords {
        match name.as_str() {
            "base" => base = Some(value),
            other if class.native => {
                return Err(type_error(format!(
                    "'{other}' is an invalid keyword argument for int()"
                )));
            }
            _ => {}
        }
    }
    let number = match (args.positional.first(), base) {
        (None, None) => Value::Int(0),
        (None, Some(_)) => return Err(type_error("int() missing string argument")),
        (Some(value), None) => to_int(caller, value)?,
        (Some(value), Some(base)) => {
            let base = crate::lang::object::native::clamped_arg(caller, base)?;
            if base != 0 && !(2..=36).contains(&base) {
                return Err(value_error("int() base must be >= 2 and <= 36, or 0"));
            }
            let Some(text) = text_of(value) else {
                return Err(type_error(
                    "int() can't convert non-string with explicit base",
                ));
            };
            from_text(caller, &text, value, base as u32)?
        }
    };
    Ok(wrap(class, number))
}

fn text_of(value: &Value) -> Option<String> {
    match value.as_str() {
        Some(text) => Some(text.to_string()),
        None => bytes_of(value).map(|bytes| bytes.iter().map(|&b| char::from(b)).collect()),
    }
}

fn from_text(caller: &mut dyn Caller, text: &str, value: &Value, base: u32) -> Result<Value> {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    if digits > MOST_DIGITS && !base.is_power_of_two() {
        return Err(value_error(format!(
            "Exceeds the limit ({MOST_DIGITS} digits) for integer string conversion: value has {digits} digits; use sys.set_int_max_str_digits() to increase the limit"
        )));
    }
    match parse_int(text, base) {
        Some(number) => Ok(BigInt::value(number)),
        None => {
            let shown = protocol::repr(caller, value)?;
            Err(value_error(format!(
                "invalid literal for int() with base {base}: {shown}"
            )))
        }
    }
}

/// `int(value)`
pub fn to_int(caller: &mut dyn Caller, value: &Value) -> Result<Value> {
    if value.exact::<crate::lang::object::Instance>().is_none() {
        if let Ok(number) = plain(value) {
            return Ok(number);
        }
        if let Some(x) = value.as_float() {
            return rounding::truncate(x);
        }
    }
    if let Some(answer) = call_special(caller, value, Special::Int, &[])? {
        return match plain(&answer) {
            Ok(number) => {
                protocol::check_exact(caller, &answer, "__int__", "int")?;
                Ok(number)
            }
            Err(_) => Err(type_error(format!(
                "__int__ returned non-int (type {})",
                answer.class_name()
            ))),
        };
    }
    if special(value, Special::Index).is_some() {
        return as_index(caller, value);
    }
    if let Some(answer) = call_special(caller, value, Special::Trunc, &[])? {
        let message = "The delegation of int() to __trunc__ is deprecated.";
        protocol::deprecated(caller, message)?;
        return as_index(caller, &answer);
    }
    if let Some(text) = text_of(value) {
        return from_text(caller, &text, value, 10);
    }
    Err(type_error(format!(
        "int() argument must be a string, a bytes-like object or a real number, not '{}'",
        value.class_name()
    )))
}
