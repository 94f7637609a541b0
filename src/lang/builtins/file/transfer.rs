//! Reading and writing of files: lines and their ends, text and its encodings.

use super::buffer::Buffer;
use super::open::FileObject;
use crate::lang::object::bytes::{bytes_of, new_bytes};
use crate::lang::object::exception::system_error;
use crate::lang::object::str::codec::{Encoding, decode, encode};
use crate::lang::object::{Result, Value, type_error, value_error};

/// Does something with the open file.
pub(super) fn with<T>(
    file: &FileObject,
    f: impl FnOnce(&mut Buffer) -> std::io::Result<T>,
) -> Result<T> {
    let mut shared = file.shared.borrow_mut();
    let Some(buffer) = shared.as_mut() else {
        return Err(value_error("I/O operation on closed file."));
    };
    f(buffer).map_err(|error| system_error(&error, None))
}

/// How lines of a file end.
#[derive(Clone, Copy, PartialEq)]
enum Ending {
    Newline,
    Return,
    Both,
    /// Any of them.
    Universal,
}

fn ending(file: &FileObject) -> Ending {
    match file.text.as_ref().and_then(|text| text.newline.as_deref()) {
        None if file.text.is_none() => Ending::Newline,
        None | Some("") => Ending::Universal,
        Some("\r") => Ending::Return,
        Some("\r\n") => Ending::Both,
        Some(_) => Ending::Newline,
    }
}

/// The length of the first line with its end; nothing if more bytes are needed to tell.
fn line_length(bytes: &[u8], ending: Ending, last: bool) -> Option<usize> {
    let find = |byte: u8| bytes.iter().position(|&b| b == byte);
    match ending {
        Ending::Newline => find(b'\n').map(|at| at + 1),
        Ending::Return => find(b'\r').map(|at| at + 1),
        Ending::Both => bytes
            .windows(2)
            .position(|pair| pair == b"\r\n")
            .map(|at| at + 2),
        Ending::Universal => {
            let at = bytes.iter().position(|&b| b == b'\n' || b == b'\r')?;
            match (bytes[at], bytes.get(at + 1)) {
                (b'\r', Some(b'\n')) => Some(at + 2),
                (b'\r', None) if !last => None,
                _ => Some(at + 1),
            }
        }
    }
}

/// Whether bytes of the encoding can be cut at line ends without decoding them.
pub(super) fn is_wide(encoding: Encoding) -> bool {
    matches!(
        encoding,
        Encoding::Utf16(_) | Encoding::Utf32(_) | Encoding::Utf8(true)
    )
}

/// The next bytes of a file, as `end` measures them.
pub(super) fn take(
    file: &FileObject,
    mut end: impl FnMut(&[u8], bool) -> Option<usize>,
) -> Result<Vec<u8>> {
    let Some(text) = file.text.as_ref().filter(|text| is_wide(text.encoding)) else {
        return with(file, |buffer| buffer.read_until(end));
    };
    let mut decoded = file.decoded.borrow_mut();
    if decoded.is_none() {
        let all = with(file, Buffer::read_all)?;
        let all = decode(&all, &text.encoding_name, &text.errors)?;
        *decoded = Some((all.into_bytes(), 0));
    }
    let Some((bytes, at)) = decoded.as_mut() else {
        return Ok(Vec::new());
    };
    let rest = &bytes[*at..];
    let len = end(rest, true).unwrap_or(rest.len());
    let taken = rest[..len].to_vec();
    *at += len;
    Ok(taken)
}

/// Bytes of a file as what scripts get: text with its line ends translated, or bytes.
pub(super) fn delivered(file: &FileObject, bytes: Vec<u8>) -> Result<Value> {
    let Some(text) = &file.text else {
        return Ok(new_bytes(bytes));
    };
    let decoded = if is_wide(text.encoding) {
        String::from_utf8(bytes).unwrap_or_default()
    } else if text.encoding == Encoding::Utf8(false) {
        match String::from_utf8(bytes) {
            Ok(decoded) => decoded,
            Err(error) => decode(error.as_bytes(), "utf-8", &text.errors)?,
        }
    } else {
        decode(&bytes, &text.encoding_name, &text.errors)?
    };
    if text.newline.is_none() && decoded.contains('\r') {
        return Ok(Value::from(
            decoded.replace("\r\n", "\n").replace('\r', "\n"),
        ));
    }
    Ok(Value::from(decoded))
}

/// The length of the first `count` characters in bytes; nothing if more bytes are needed.
pub(super) fn chars_length(
    bytes: &[u8],
    encoding: Encoding,
    count: usize,
    universal: bool,
    last: bool,
) -> Option<usize> {
    let (mut at, mut seen) = (0, 0);
    while seen < count {
        let first = *bytes.get(at)?;
        let len = match (encoding, first) {
            (Encoding::Ascii | Encoding::Latin1, _) => 1,
            (_, 0xc2..=0xdf) => 2,
            (_, 0xe0..=0xef) => 3,
            (_, 0xf0..=0xf4) => 4,
            _ => 1,
        };
        at += len;
        if universal && first == b'\r' {
            match bytes.get(at) {
                Some(b'\n') => at += 1,
                None if !last => return None,
                _ => {}
            }
        }
        if at > bytes.len() {
            return None;
        }
        seen += 1;
    }
    Some(at)
}

/// The next line; empty at the end.
pub(super) fn line(file: &FileObject, most: Option<usize>) -> Result<Value> {
    let ending = ending(file);
    let most = most.unwrap_or(usize::MAX);
    let mut bytes = take(file, |bytes, last| match line_length(bytes, ending, last) {
        Some(len) => Some(len.min(most)),
        None if bytes.len() >= most => Some(most),
        None => None,
    })?;
    if file.text.is_some() && most != usize::MAX {
        // A character is not cut in two.
        while std::str::from_utf8(&bytes).is_err_and(|error| error.error_len().is_none()) {
            let more = take(file, |bytes, _| Some(bytes.len().min(1)))?;
            if more.is_empty() {
                break;
            }
            bytes.extend(more);
        }
    }
    delivered(file, bytes)
}

pub(super) fn is_empty(value: &Value) -> bool {
    value.native_truth() == Some(false) || bytes_of(value).is_some_and(|bytes| bytes.is_empty())
}

/// Writes text or bytes; returns how much.
pub(super) fn write(file: &FileObject, value: &Value) -> Result<Value> {
    let Some(text) = &file.text else {
        let Some(bytes) = bytes_of(value) else {
            return Err(type_error(format!(
                "a bytes-like object is required, not '{}'",
                value.class_name()
            )));
        };
        with(file, |buffer| buffer.write(&bytes))?;
        return Ok(Value::from(bytes.len()));
    };
    let Some(written) = value.as_str() else {
        return Err(type_error(format!(
            "write() argument must be str, not {}",
            value.class_name()
        )));
    };
    let translated = match text.newline.as_deref() {
        Some(newline @ ("\r" | "\r\n")) => written.replace('\n', newline),
        _ => written.to_string(),
    };
    let first = with(file, Buffer::tell).unwrap_or(1) == 0;
    let bytes = match text.encoding {
        // The byte order mark stands at the beginning alone.
        Encoding::Utf16(None) if !first => encode(&translated, "utf-16-le", &text.errors)?,
        Encoding::Utf32(None) if !first => encode(&translated, "utf-32-le", &text.errors)?,
        Encoding::Utf8(true) if !first => translated.into_bytes(),
        Encoding::Utf8(false) => translated.into_bytes(),
        _ => encode(&translated, &text.encoding_name, &text.errors)?,
    };
    with(file, |buffer| buffer.write(&bytes))?;
    Ok(Value::from(written.chars().count()))
}
