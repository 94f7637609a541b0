//! The methods of `float`.

use num_bigint::BigInt as Big;
use num_traits::ToPrimitive;

use super::parse::parse_float;
use super::{BigInt, float_repr, rounding};
use crate::lang::object::bytes::bytes_of;
use crate::lang::object::native::{GetSetSpec, NativeSpec, clamped_arg, no_keywords};
use crate::lang::object::protocol::{self, as_index, call_special, special, wrap};
use crate::lang::object::str::format::format_float;
use crate::lang::object::{
    Args, Caller, Class, Instance, Ref, Result, Special, Value, overflow_error, type_error,
    value_error,
};

/// The receiver as a float.
fn float(value: &Value) -> Result<f64> {
    value
        .as_float()
        .ok_or_else(|| type_error("a float is wanted"))
}

pub(super) static METHODS: &[NativeSpec] = &[
    NativeSpec::new(
        "as_integer_ratio(self, /)",
        "Return integer ratio.\n\nReturn a pair of integers, whose ratio is exactly equal to the original float and with a positive denominator.",
        |_, a| ratio(float(&a[0])?),
    ),
    NativeSpec::new(
        "conjugate(self, /)",
        "Return self, the complex conjugate of any float.",
        |_, a| float(&a[0]).map(Value::Float),
    ),
    NativeSpec::new(
        "hex(self, /)",
        "Return a hexadecimal representation of a floating-point number.",
        |_, a| Ok(Value::from(to_hex(float(&a[0])?))),
    ),
    NativeSpec::new(
        "is_integer(self, /)",
        "Return True if the float is an integer.",
        |_, a| {
            let x = float(&a[0])?;
            Ok(Value::Bool(x.is_finite() && x == x.trunc()))
        },
    ),
    NativeSpec::new("__abs__(self, /)", "abs(self)", |_, a| {
        Ok(Value::Float(float(&a[0])?.abs()))
    }),
    NativeSpec::new("__bool__(self, /)", "True if self else False", |_, a| {
        Ok(Value::Bool(float(&a[0])? != 0.0))
    }),
    NativeSpec::new("__int__(self, /)", "int(self)", |_, a| {
        rounding::truncate(float(&a[0])?)
    }),
    NativeSpec::new(
        "__trunc__(self, /)",
        "Return the Integral closest to x between 0 and x.",
        |_, a| rounding::truncate(float(&a[0])?),
    ),
    NativeSpec::new(
        "__floor__(self, /)",
        "Return the floor as an Integral.",
        |_, a| rounding::floor(float(&a[0])?),
    ),
    NativeSpec::new(
        "__ceil__(self, /)",
        "Return the ceiling as an Integral.",
        |_, a| rounding::ceil(float(&a[0])?),
    ),
    NativeSpec::new("__float__(self, /)", "float(self)", |_, a| {
        float(&a[0]).map(Value::Float)
    }),
    NativeSpec::new(
        "__round__(self, ndigits=None, /)",
        "Return the Integral closest to x, rounding half toward even.\n\nWhen an argument is passed, work like built-in round(x, ndigits).",
        |c, a| {
            let x = float(&a[0])?;
            if a[1].is_none() {
                return rounding::round_to_integer(x);
            }
            let places = clamped_arg(c, &a[1])?;
            rounding::round_to_places(x, places).map(Value::Float)
        },
    ),
    NativeSpec::new(
        "__format__(self, format_spec, /)",
        "Formats the float according to format_spec.",
        |c, a| {
            let spec = a[1].as_str().unwrap_or_default();
            if spec.is_empty() {
                return protocol::str(c, &a[0]).map(Value::from);
            }
            format_float(float(&a[0])?, spec).map(Value::from)
        },
    ),
    NativeSpec::new("__repr__(self, /)", "Return repr(self).", |_, a| {
        Ok(Value::from(float_repr(float(&a[0])?)))
    }),
    NativeSpec::new(
        "__getnewargs__(self, /)",
        "The arguments that make a copy.",
        |_, a| Ok(Value::tuple([Value::Float(float(&a[0])?)])),
    ),
];

pub(super) static CLASS_METHODS: &[NativeSpec] = &[NativeSpec::new(
    "fromhex(cls, string, /)",
    "Create a floating-point number from a hexadecimal string.",
    |c, a| {
        let Some(text) = a[1].as_str() else {
            return Err(type_error("bad argument type for built-in operation"));
        };
        let x = from_hex(text)
            .ok_or_else(|| value_error("invalid hexadecimal floating-point string"))?;
        if x.is_infinite() && !text.contains(['i', 'I']) {
            return Err(overflow_error(
                "hexadecimal value too large to represent as a float",
            ));
        }
        c.call_positional(&a[0], &[Value::Float(x)])
    },
)];

pub(super) static ATTRIBUTES: &[GetSetSpec] = &[
    GetSetSpec::new("real", "the real part of a complex number", |_, v| {
        float(v).map(Value::Float)
    }),
    GetSetSpec::new("imag", "the imaginary part of a complex number", |_, _| {
        Ok(Value::Float(0.0))
    }),
];

/// The mantissa as an integer and the power of two it is multiplied with.
fn parts(x: f64) -> (i64, i32) {
    let bits = x.to_bits();
    let exponent = ((bits >> 52) & 0x7ff) as i32;
    let fraction = (bits & ((1 << 52) - 1)) as i64;
    if exponent == 0 {
        (fraction, -1074)
    } else {
        (fraction | (1 << 52), exponent - 1075)
    }
}

fn ratio(x: f64) -> Result<Value> {
    if x.is_nan() {
        return Err(value_error("cannot convert NaN to integer ratio"));
    }
    if x.is_infinite() {
        return Err(overflow_error("cannot convert Infinity to integer ratio"));
    }
    let (mut mantissa, mut exponent) = parts(x);
    while mantissa != 0 && mantissa % 2 == 0 && exponent < 0 {
        (mantissa, exponent) = (mantissa / 2, exponent + 1);
    }
    if mantissa == 0 {
        exponent = 0;
    }
    let numerator = Big::from(if x.is_sign_negative() {
        -mantissa
    } else {
        mantissa
    });
    let one = Big::from(1);
    let (numerator, denominator) = if exponent >= 0 {
        (numerator << exponent as u32, one)
    } else {
        (numerator, one << exponent.unsigned_abs())
    };
    Ok(Value::tuple([
        BigInt::value(numerator),
        BigInt::value(denominator),
    ]))
}

fn to_hex(x: f64) -> String {
    let sign = if x.is_sign_negative() && !x.is_nan() {
        "-"
    } else {
        ""
    };
    if !x.is_finite() {
        return float_repr(x);
    }
    if x == 0.0 {
        return format!("{sign}0x0.0p+0");
    }
    let bits = x.to_bits();
    let exponent = ((bits >> 52) & 0x7ff) as i32;
    let fraction = bits & ((1 << 52) - 1);
    let (first, exponent) = if exponent == 0 {
        (0, -1022)
    } else {
        (1, exponent - 1023)
    };
    let plus = if exponent < 0 { "" } else { "+" };
    format!("{sign}0x{first}.{fraction:013x}p{plus}{exponent}")
}

fn from_hex(text: &str) -> Option<f64> {
    let text = text.trim().to_ascii_lowercase();
    let (negative, body) = match text.strip_prefix('-') {
        Some(body) => (true, body),
        None => (false, text.strip_prefix('+').unwrap_or(&text)),
    };
    let magnitude = match body {
        "inf" | "infinity" => f64::INFINITY,
        "nan" => f64::NAN,
        _ => hex_magnitude(body.strip_prefix("0x").unwrap_or(body))?,
    };
    Some(if negative { -magnitude } else { magnitude })
}

fn hex_magnitude(body: &str) -> Option<f64> {
    let (digits, exponent) = match body.split_once('p') {
        Some((digits, exponent)) => (digits, exponent.parse::<i64>().ok()?),
        None => (body, 0),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all = format!("{whole}{fraction}");
    let mantissa = Big::parse_bytes(all.as_bytes(), 16)?;
    let exponent = exponent - 4 * fraction.len() as i64;
    // Exact scaling by the integer quotient keeps the rounding right.
    let (two, exponent) = (Big::from(2), exponent.clamp(-5000, 5000));
    let value = if exponent >= 0 {
        (mantissa * two.pow(exponent as u32)).to_f64()?
    } else {
        let quotient = super::arithmetic(
            crate::lang::object::code::BinOp::TrueDiv,
            &BigInt::value(mantissa),
            &BigInt::value(two.pow(exponent.unsigned_abs() as u32)),
        )?;
        quotient.ok()?.as_float()?
    };
    Some(value)
}

/// `float(value)` for anything but text.
pub fn to_float(caller: &mut dyn Caller, value: &Value) -> Result<f64> {
    let plain = value.exact::<Instance>().is_none();
    if plain && let Some(x) = value.as_float() {
        return Ok(x);
    }
    if plain && value.is_int() {
        return match value.as_number().filter(|x| x.is_finite()) {
            Some(x) => Ok(x),
            None => Err(overflow_error("int too large to convert to float")),
        };
    }
    if let Some(answer) = call_special(caller, value, Special::Float, &[])? {
        return match answer.as_float() {
            Some(x) => {
                let method = format!("{}.__float__", value.class_name());
                crate::lang::object::protocol::check_exact(caller, &answer, &method, "float")?;
                Ok(x)
            }
            None => Err(type_error(format!(
                "{}.__float__ returned non-float (type {})",
                value.class_name(),
                answer.class_name()
            ))),
        };
    }
    if special(value, Special::Index).is_some() {
        let index = as_index(caller, value)?;
        return to_float(caller, &index);
    }
    Err(type_error(format!(
        "must be real number, not {}",
        value.class_name()
    )))
}

/// `float(...)`
pub(super) fn make(caller: &mut dyn Caller, class: &Ref<Class>, args: Args) -> Result<Value> {
    if class.native {
        no_keywords("float", args)?;
    }
    let x = match args.positional {
        [] => 0.0,
        [value] => match (value.as_str(), bytes_of(value)) {
            (Some(text), _) => from_text(caller, text, value)?,
            (_, Some(bytes)) => {
                let text: String = bytes.iter().map(|&b| char::from(b)).collect();
                from_text(caller, &text, value)?
            }
            _ => {
                let known = value.is_int()
                    || value.as_float().is_some()
                    || special(value, Special::Float).is_some()
                    || special(value, Special::Index).is_some();
                if !known {
                    return Err(type_error(format!(
                        "float() argument must be a string or a real number, not '{}'",
                        value.class_name()
                    )));
                }
                to_float(caller, value)?
            }
        },
        more if class.native => {
            return Err(type_error(format!(
                "float expected at most 1 argument, got {}",
                more.len()
            )));
        }
        [value, ..] => to_float(caller, value)?,
    };
    Ok(wrap(class, Value::Float(x)))
}

fn from_text(caller: &mut dyn Caller, text: &str, value: &Value) -> Result<f64> {
    match parse_float(text) {
        Some(x) => Ok(x),
        None => Err(value_error(format!(
            "could not convert string to float: {}",
            protocol::repr(caller, value)?
        ))),
    }
}
