//! Arguments of library functions as Rust values, with CPython's words for those that do not fit.

use num_bigint::BigInt as Big;
use num_traits::ToPrimitive;

use crate::lang::object::bytes::bytes_of;
use crate::lang::object::class::Special;
use crate::lang::object::{
    Bytes, Caller, Result, Value, overflow_error, protocol, type_error, value_error,
};

/// A float from anything with `__float__` or `__index__`.
pub(super) fn number(caller: &mut dyn Caller, value: &Value) -> Result<f64> {
    match value {
        Value::Float(x) => return Ok(*x),
        Value::Int(i) => return Ok(*i as f64),
        _ => {}
    }
    if let Some(x) = value.as_number() {
        if x.is_infinite() && value.is_int() {
            return Err(overflow_error("int too large to convert to float"));
        }
        return Ok(x);
    }
    if value.as_str().is_none() {
        if let Some(answer) = protocol::call_special(caller, value, Special::Float, &[])? {
            return answer.as_float().ok_or_else(|| {
                type_error(format!(
                    "{}.__float__ returned non-float (type {})",
                    value.class_name(),
                    answer.class_name()
                ))
            });
        }
        if protocol::special(value, Special::Index).is_some() {
            let index = protocol::as_index(caller, value)?;
            return number(caller, &index);
        }
    }
    Err(type_error(format!(
        "must be real number, not {}",
        value.class_name()
    )))
}

/// An integer of any size from anything with `__index__`.
pub(super) fn integer(caller: &mut dyn Caller, value: &Value) -> Result<Big> {
    let index = protocol::as_index(caller, value)?;
    Ok(index.as_bigint().unwrap_or_default())
}

/// An integer that fits into 64 bits.
pub(super) fn int(caller: &mut dyn Caller, value: &Value) -> Result<i64> {
    if let Value::Int(i) = value {
        return Ok(*i);
    }
    protocol::as_index(caller, value)?
        .as_int()
        .ok_or_else(|| overflow_error("Python int too large to convert to C ssize_t"))
}

/// A count: an integer that is not negative.
pub(super) fn count(caller: &mut dyn Caller, value: &Value, refusal: &str) -> Result<usize> {
    usize::try_from(int(caller, value)?).map_err(|_| value_error(refusal))
}

/// A count, or nothing for `None`.
pub(super) fn optional_int(caller: &mut dyn Caller, value: &Value) -> Result<Option<i64>> {
    match value {
        Value::None | Value::Unbound => Ok(None),
        value => int(caller, value).map(Some),
    }
}

/// A string.
pub(super) fn text<'a>(value: &'a Value, function: &str, place: &str) -> Result<&'a str> {
    value.as_str().ok_or_else(|| {
        type_error(format!(
            "{function}() {place} must be str, not {}",
            value.class_name()
        ))
    })
}

/// The bytes of a bytes-like object.
pub(super) fn bytes(value: &Value) -> Result<Vec<u8>> {
    match bytes_of(value) {
        Some(bytes) => Ok(bytes.into_owned()),
        None => Err(type_error(format!(
            "a bytes-like object is required, not '{}'",
            value.class_name()
        ))),
    }
}

/// A new bytes object.
pub(super) fn new_bytes(bytes: impl Into<Box<[u8]>>) -> Value {
    Value::from(crate::lang::object::Ref::new(Bytes(bytes.into())))
}

/// The text of a path: a string, bytes, or anything with `__fspath__`.
pub(super) fn path(caller: &mut dyn Caller, value: &Value) -> Result<String> {
    if let Some(text) = value.as_str() {
        return Ok(text.to_string());
    }
    if let Some(bytes) = value.get::<Bytes>() {
        return Ok(String::from_utf8_lossy(&bytes.0).into_owned());
    }
    match protocol::call_special(caller, value, Special::Fspath, &[])? {
        Some(answer) => match answer.as_str() {
            Some(text) => Ok(text.to_string()),
            None => Err(type_error(format!(
                "expected {}.__fspath__() to return str or bytes, not {}",
                value.class_name(),
                answer.class_name()
            ))),
        },
        None => Err(type_error(format!(
            "expected str, bytes or os.PathLike object, not {}",
            value.class_name()
        ))),
    }
}

/// The integer that a whole float stands for; `None` for what is no number.
pub(super) fn big_of_float(x: f64) -> Result<Value> {
    use num_traits::FromPrimitive;
    if x.is_nan() {
        return Err(value_error("cannot convert float NaN to integer"));
    }
    match x.to_i64() {
        Some(small) if x.abs() < 9e18 => Ok(Value::Int(small)),
        _ => match Big::from_f64(x) {
            Some(big) => Ok(crate::lang::object::BigInt::value(big)),
            None => Err(overflow_error("cannot convert float infinity to integer")),
        },
    }
}

/// The elements of `*args`.
pub(super) fn star(value: &Value) -> Vec<Value> {
    value
        .exact::<crate::lang::object::Tuple>()
        .map(|tuple| tuple.items.to_vec())
        .unwrap_or_default()
}

/// The entries of `**kwargs`.
pub(super) fn double_star(value: &Value) -> Vec<(Value, Value)> {
    value
        .exact::<crate::lang::object::Dict>()
        .map(|dict| dict.entries())
        .unwrap_or_default()
}
