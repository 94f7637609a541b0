//! `bytes` and `bytearray`.

mod change;
pub mod methods;
mod search;
mod text;

use std::borrow::Cow;
use std::cell::RefCell;

use super::heap::{HeapType, Kind, Ref};
use super::{Caller, Class, Result, Special, Value, type_error, types};

/// Immutable bytes.
pub struct Bytes(pub Box<[u8]>);

/// Bytes that can be changed.
pub struct ByteArray(pub RefCell<Vec<u8>>);

impl HeapType for Bytes {
    const KIND: Kind = Kind::Bytes;
    const TRACED: bool = false;

    fn class(&self) -> Ref<Class> {
        types().bytes.clone()
    }
}

impl HeapType for ByteArray {
    const KIND: Kind = Kind::ByteArray;
    const TRACED: bool = false;

    fn class(&self) -> Ref<Class> {
        types().bytearray.clone()
    }
}

/// A new `bytes`.
pub fn new_bytes(bytes: impl Into<Box<[u8]>>) -> Value {
    Value::from(Ref::new(Bytes(bytes.into())))
}

/// The content of a `bytes` or `bytearray`.
pub fn bytes_of(value: &Value) -> Option<Cow<'_, [u8]>> {
    match value.get::<Bytes>() {
        Some(bytes) => Some(Cow::Borrowed(&bytes.0)),
        None => value
            .get::<ByteArray>()
            .map(|bytes| Cow::Owned(bytes.0.borrow().clone())),
    }
}

/// Bytes of characters below 256.
pub fn from_latin(text: &str) -> Value {
    let bytes: Vec<u8> = text
        .chars()
        .map(|c| u8::try_from(c).unwrap_or(b'?'))
        .collect();
    new_bytes(bytes)
}

/// Bytes, or what an object's `__bytes__` gives, each as the character of its number.
pub fn to_latin(caller: &mut dyn Caller, value: &Value) -> Result<String> {
    let text = |bytes: &[u8]| bytes.iter().map(|&b| char::from(b)).collect();
    if let Some(bytes) = bytes_of(value) {
        return Ok(text(&bytes));
    }
    if let Some(answer) = super::protocol::call_special(caller, value, Special::Bytes, &[])?
        && let Some(bytes) = bytes_of(&answer)
    {
        return Ok(text(&bytes));
    }
    Err(type_error(format!(
        "%b requires a bytes-like object, or an object that implements __bytes__, not '{}'",
        value.class_name()
    )))
}

/// `repr` of bytes, the prefix `b` included.
pub fn bytes_repr(bytes: &[u8]) -> String {
    let quote = if bytes.contains(&b'\'') && !bytes.contains(&b'"') {
        b'"'
    } else {
        b'\''
    };
    let mut out = String::with_capacity(bytes.len() + 3);
    out.push('b');
    out.push(char::from(quote));
    for &byte in bytes {
        match byte {
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            byte if byte == quote => {
                out.push('\\');
                out.push(char::from(byte));
            }
            0x20..=0x7e => out.push(char::from(byte)),
            byte => out.push_str(&format!("\\x{byte:02x}")),
        }
    }
    out.push(char::from(quote));
    out
}
