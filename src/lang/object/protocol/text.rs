//! `repr`, `str`, `format`.

use unicode_general_category::{GeneralCategory, get_general_category};

use std::fmt::Write;

use crate::lang::object::class::Special;
use crate::lang::object::str::format::{format_float, format_integer, format_text};
use crate::lang::object::{Args, Caller, Native, Result, Str, Value, type_error};

/// `str(value)`
pub fn str(caller: &mut dyn Caller, value: &Value) -> Result<String> {
    if let Some(text) = value.exact::<Str>() {
        return Ok(text.as_str().to_string());
    }
    if !matches!(value, Value::Obj(_)) {
        return repr(caller, value);
    }
    match super::call_special(caller, value, Special::Str, &[])? {
        Some(answer) => text_of(answer, "__str__"),
        None => repr(caller, value),
    }
}

/// What `object.__str__` answers: the representation, whose refusal names `__str__`.
pub fn default_str(caller: &mut dyn Caller, value: &Value) -> Result<Value> {
    match super::call_special(caller, value, Special::Repr, &[])? {
        Some(answer) => Ok(answer),
        None => repr(caller, value).map(Value::from),
    }
}

/// `repr(value)`
pub fn repr(caller: &mut dyn Caller, value: &Value) -> Result<String> {
    match value {
        Value::Int(i) => return Ok(i.to_string()),
        Value::Bool(b) => return Ok(if *b { "True" } else { "False" }.to_string()),
        Value::None => return Ok("None".to_string()),
        Value::Float(x) => return Ok(crate::lang::object::number::float_repr(*x)),
        Value::NotImplemented => return Ok("NotImplemented".to_string()),
        Value::Ellipsis => return Ok("Ellipsis".to_string()),
        Value::Unbound => return Ok("<unbound>".to_string()),
        Value::Obj(_) => {}
    }
    caller.enter_native()?;
    let answer = super::call_special(caller, value, Special::Repr, &[]);
    caller.leave_native();
    match answer? {
        Some(answer) => text_of(answer, "__repr__"),
        None => Ok(format!("<{} object>", value.class_name())),
    }
}

fn text_of(answer: Value, method: &str) -> Result<String> {
    match answer.as_str() {
        Some(text) => Ok(text.to_string()),
        None => Err(type_error(format!(
            "{method} returned non-string (type {})",
            answer.class_name()
        ))),
    }
}

/// `ascii(value)`
pub fn ascii(caller: &mut dyn Caller, value: &Value) -> Result<String> {
    let text = repr(caller, value)?;
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c as u32 {
            code @ 0..128 => out.push(char::from(code as u8)),
            code @ 128..256 => _ = write!(out, "\\x{code:02x}"),
            code @ 256..0x1_0000 => _ = write!(out, "\\u{code:04x}"),
            code => _ = write!(out, "\\U{code:08x}"),
        }
    }
    Ok(out)
}

/// `format(value, spec)`
pub fn format(caller: &mut dyn Caller, value: &Value, spec: &str) -> Result<String> {
    if spec.is_empty()
        && matches!(
            value,
            Value::Int(_) | Value::Float(_) | Value::Bool(_) | Value::None
        )
    {
        return repr(caller, value);
    }
    if spec.is_empty()
        && let Some(text) = value.exact::<Str>()
    {
        return Ok(text.as_str().to_string());
    }
    match value {
        Value::Float(x) => return format_float(*x, spec),
        Value::Int(i) => return format_integer(&(*i).into(), spec, "int"),
        _ => {}
    }
    if let Some(text) = value.exact::<Str>() {
        return format_text(text.as_str(), spec);
    }
    let method = super::special(value, Special::Format);
    let answer = match method {
        Some(method) if method.exact::<Native>().is_some() => caller.call(
            &method,
            Args::positional(&[value.clone(), Value::str(spec)]),
        )?,
        Some(_) => super::call_special(caller, value, Special::Format, &[Value::str(spec)])?
            .unwrap_or_default(),
        None => return str(caller, value),
    };
    match answer.as_str() {
        Some(text) => Ok(text.to_string()),
        None => Err(type_error(format!(
            "__format__ must return a str, not {}",
            answer.class_name()
        ))),
    }
}

/// The repr of a string: single quotes unless it has those and no double ones.
pub fn repr_str(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') {
        '"'
    } else {
        '\''
    };
    let mut out = String::with_capacity(text.len() + 2);
    out.push(quote);
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c == quote => {
                out.push('\\');
                out.push(c);
            }
            c if is_print(c) => out.push(c),
            c => match c as u32 {
                code @ 0..256 => _ = write!(out, "\\x{code:02x}"),
                code @ 256..0x1_0000 => _ = write!(out, "\\u{code:04x}"),
                code => _ = write!(out, "\\U{code:08x}"),
            },
        }
    }
    out.push(quote);
    out
}

/// Whether `repr` shows a character as it is: all but controls, separators other than the blank, and unassigned ones.
pub fn is_print(c: char) -> bool {
    if c.is_ascii() {
        return !c.is_ascii_control();
    }
    use GeneralCategory as G;
    let invisible = matches!(
        get_general_category(c),
        G::Control
            | G::Format
            | G::Surrogate
            | G::PrivateUse
            | G::Unassigned
            | G::LineSeparator
            | G::ParagraphSeparator
            | G::SpaceSeparator
    );
    !invisible
}
