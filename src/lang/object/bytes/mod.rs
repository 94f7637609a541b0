//! `bytes` and `bytearray`.

mod change;
mod element;
pub mod methods;
mod search;
mod text;
mod view;

use std::borrow::Cow;
use std::cell::{Cell, RefCell, RefMut};

pub use view::{MemoryView, memoryview_class};

use super::heap::{HeapType, Kind, Ref, Visit};
use super::iter::{NativeIter, Reduced, again};
use super::{Caller, Class, Exc, Raised, Result, Special, Value, type_error, types};

/// Immutable bytes.
pub struct Bytes(pub Box<[u8]>);

/// Bytes that can be changed, and how many views of them there are: while there is one, their number stays.
pub struct ByteArray(pub RefCell<Vec<u8>>, Cell<usize>);

impl ByteArray {
    /// An array that holds the bytes.
    pub fn new(bytes: Vec<u8>) -> ByteArray {
        ByteArray(RefCell::new(bytes), Cell::new(0))
    }

    /// The bytes, to be made more or fewer.
    fn resize(&self) -> Result<RefMut<'_, Vec<u8>>> {
        if self.1.get() > 0 {
            return Err(Raised::new(
                Exc::BufferError,
                "Existing exports of data: object cannot be re-sized",
            ));
        }
        Ok(self.0.borrow_mut())
    }
}

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

/// The content of a `bytes`, `bytearray` or `memoryview`.
pub fn bytes_of(value: &Value) -> Option<Cow<'_, [u8]>> {
    if let Some(bytes) = value.get::<Bytes>() {
        return Some(Cow::Borrowed(&bytes.0));
    }
    if let Some(bytes) = value.get::<ByteArray>() {
        return Some(Cow::Owned(bytes.0.borrow().clone()));
    }
    let view = value.get::<MemoryView>()?;
    Some(Cow::Owned(view.bytes()))
}

/// Lets the memory of a `bytearray`, or the part of it that a `memoryview` without gaps shows, be changed; nothing
/// where the value has no memory that may be written to.
pub fn change_bytes<R>(value: &Value, change: impl FnOnce(&mut [u8]) -> R) -> Option<R> {
    if let Some(bytes) = value.get::<ByteArray>() {
        return Some(change(&mut bytes.0.borrow_mut()));
    }
    let view = value.get::<MemoryView>()?;
    let (array, range) = view.writable()?;
    array.0.borrow_mut().get_mut(range).map(change)
}

/// An iterator over bytes as they are at the time.
pub(super) struct BytesIter {
    of: Value,
    at: usize,
}

impl BytesIter {
    fn left(&self) -> usize {
        let len = match (self.of.get::<Bytes>(), self.of.get::<ByteArray>()) {
            (Some(bytes), _) => bytes.0.len(),
            (_, Some(array)) => array.0.borrow().len(),
            _ => 0,
        };
        len.saturating_sub(self.at)
    }
}

impl NativeIter for BytesIter {
    fn next(&mut self, _: &mut dyn Caller) -> Result<Option<Value>> {
        let byte = match (self.of.get::<Bytes>(), self.of.get::<ByteArray>()) {
            (Some(bytes), _) => bytes.0.get(self.at).copied(),
            (_, Some(array)) => array.0.borrow().get(self.at).copied(),
            _ => None,
        };
        match byte {
            Some(_) => self.at += 1,
            None => self.of = Value::None,
        }
        Ok(byte.map(|byte| Value::Int(byte.into())))
    }

    fn trace(&self, visit: &mut Visit) {
        self.of.trace(visit);
    }

    fn class(&self) -> Ref<Class> {
        types().bytes_iterator.clone()
    }

    fn len_hint(&self) -> Option<usize> {
        Some(self.left())
    }

    fn reduce(&self) -> Option<Reduced> {
        Some(again(&self.of, Some(self.at)))
    }

    fn set_state(&mut self, state: &Value) {
        self.at = usize::try_from(state.as_int().unwrap_or(0)).unwrap_or(0);
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
    shown(bytes, false)
}

/// `repr` of bytes; that of a `bytearray` has a backslash before every apostrophe, whatever the quotes.
fn shown(bytes: &[u8], of_array: bool) -> String {
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
            byte if byte == quote || of_array && byte == b'\'' => {
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
