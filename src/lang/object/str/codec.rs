//! Text to bytes and back.

use super::methods::{text, text_arg};
use crate::lang::object::bytes::{bytes_of, new_bytes};
use crate::lang::object::native::NativeSpec;
use crate::lang::object::{Caller, Exc, Raised, Result, Value, intern, protocol, type_error};

pub(super) static METHODS: &[NativeSpec] = &[NativeSpec::new(
    "encode(self, encoding='utf-8', errors='strict')",
    "Encode the string using the codec registered for encoding.",
    |c, a| {
        let encoding = text_arg(&a[1], "encode() argument 'encoding'")?;
        let errors = text_arg(&a[2], "encode() argument 'errors'")?;
        encoded(c, text(&a[0])?, encoding, errors).map(new_bytes)
    },
)];

/// Text to bytes; encodings and handlers of errors that are not native are looked for in `codecs`.
pub fn encoded(
    caller: &mut dyn Caller,
    text: &str,
    encoding: &str,
    errors: &str,
) -> Result<Vec<u8>> {
    match encode(text, encoding, errors) {
        Err(raised) if raised.is(Exc::LookupError) => {
            let answer = by_library(caller, "_encode", Value::str(text), encoding, errors)?;
            match bytes_of(&answer) {
                Some(bytes) => Ok(bytes.into_owned()),
                None => Err(type_error("encoder must return a bytes object")),
            }
        }
        answer => answer,
    }
}

/// Bytes to text; encodings and handlers of errors that are not native are looked for in `codecs`.
pub fn decoded(
    caller: &mut dyn Caller,
    bytes: &[u8],
    encoding: &str,
    errors: &str,
) -> Result<Value> {
    match decode(bytes, encoding, errors) {
        Err(raised) if raised.is(Exc::LookupError) => by_library(
            caller,
            "_decode",
            new_bytes(bytes.to_vec()),
            encoding,
            errors,
        ),
        answer => answer.map(Value::from),
    }
}

fn by_library(
    caller: &mut dyn Caller,
    function: &str,
    source: Value,
    encoding: &str,
    errors: &str,
) -> Result<Value> {
    let is_known = Encoding::find(encoding).is_ok();
    let Some(importer) = caller.session().importer.get() else {
        return Err(unknown_handler(errors));
    };
    let module = Value::from(importer(caller, "codecs")?);
    let function = protocol::get_attr(caller, &module, &intern(function))?;
    let args = [
        source,
        Value::str(encoding),
        Value::str(errors),
        Value::Bool(is_known),
    ];
    caller.call_positional(&function, &args)
}

/// An encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8; with a byte order mark if true.
    Utf8(bool),
    /// ASCII.
    Ascii,
    /// ISO 8859-1.
    Latin1,
    /// UTF-16; the byte order if it is said.
    Utf16(Option<Order>),
    /// UTF-32; the byte order if it is said.
    Utf32(Option<Order>),
}

/// A byte order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The lowest byte first.
    Little,
    /// The highest byte first.
    Big,
}

impl Encoding {
    /// The encoding of a name.
    pub fn find(name: &str) -> Result<Encoding> {
        let plain: String = name.to_ascii_lowercase().replace([' ', '_'], "-");
        Ok(match plain.as_str() {
            "utf-8" | "utf8" | "u8" | "cp65001" => Encoding::Utf8(false),
            "utf-8-sig" => Encoding::Utf8(true),
            "ascii" | "us-ascii" | "646" => Encoding::Ascii,
            "latin-1" | "latin1" | "iso-8859-1" | "iso8859-1" | "8859" | "l1" | "cp819" => {
                Encoding::Latin1
            }
            "utf-16" | "utf16" | "u16" => Encoding::Utf16(None),
            "utf-16-le" | "utf-16le" => Encoding::Utf16(Some(Order::Little)),
            "utf-16-be" | "utf-16be" => Encoding::Utf16(Some(Order::Big)),
            "utf-32" | "utf32" | "u32" => Encoding::Utf32(None),
            "utf-32-le" | "utf-32le" => Encoding::Utf32(Some(Order::Little)),
            "utf-32-be" | "utf-32be" => Encoding::Utf32(Some(Order::Big)),
            _ => {
                return Err(Raised::new(
                    Exc::LookupError,
                    format!("unknown encoding: {name}"),
                ));
            }
        })
    }

    fn name(self) -> &'static str {
        match self {
            Encoding::Utf8(_) => "utf-8",
            Encoding::Ascii => "ascii",
            Encoding::Latin1 => "latin-1",
            Encoding::Utf16(_) => "utf-16",
            Encoding::Utf32(_) => "utf-32",
        }
    }
}

fn unknown_handler(errors: &str) -> Raised {
    Raised::new(
        Exc::LookupError,
        format!("unknown error handler name '{errors}'"),
    )
}

/// Text to bytes.
pub fn encode(text: &str, encoding: &str, errors: &str) -> Result<Vec<u8>> {
    let encoding = Encoding::find(encoding)?;
    match encoding {
        Encoding::Utf8(mark) => {
            let mut out = if mark {
                "\u{feff}".as_bytes().to_vec()
            } else {
                Vec::new()
            };
            out.extend_from_slice(text.as_bytes());
            Ok(out)
        }
        Encoding::Ascii => narrow(text, encoding, 128, errors),
        Encoding::Latin1 => narrow(text, encoding, 256, errors),
        Encoding::Utf16(order) => {
            let mark = order.is_none().then_some('\u{feff}');
            let all: String = mark.into_iter().chain(text.chars()).collect();
            let bytes = |unit: u16| {
                if order == Some(Order::Big) {
                    unit.to_be_bytes()
                } else {
                    unit.to_le_bytes()
                }
            };
            Ok(all.encode_utf16().flat_map(bytes).collect())
        }
        Encoding::Utf32(order) => {
            let mark = order.is_none().then_some('\u{feff}');
            let bytes = |c: char| {
                let unit = u32::from(c);
                if order == Some(Order::Big) {
                    unit.to_be_bytes()
                } else {
                    unit.to_le_bytes()
                }
            };
            Ok(mark
                .into_iter()
                .chain(text.chars())
                .flat_map(bytes)
                .collect())
        }
    }
}

fn narrow(text: &str, encoding: Encoding, limit: u32, errors: &str) -> Result<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    for (at, c) in text.chars().enumerate() {
        let code = u32::from(c);
        if code < limit {
            out.push(code as u8);
            continue;
        }
        match errors {
            "ignore" => {}
            "replace" => out.push(b'?'),
            "xmlcharrefreplace" => out.extend(format!("&#{code};").bytes()),
            "backslashreplace" => {
                let escaped = match code {
                    0..0x100 => format!("\\x{code:02x}"),
                    0x100..0x1_0000 => format!("\\u{code:04x}"),
                    _ => format!("\\U{code:08x}"),
                };
                out.extend(escaped.bytes());
            }
            "strict" => {
                let run = text
                    .chars()
                    .skip(at)
                    .take_while(|&c| u32::from(c) >= limit)
                    .count();
                let args = [
                    Value::from(encoding.name()),
                    Value::from(text),
                    Value::from(at),
                    Value::from(at + run),
                    Value::from(format!("ordinal not in range({limit})")),
                ];
                return Err(Raised::with_args(Exc::UnicodeEncodeError, args));
            }
            other => return Err(unknown_handler(other)),
        }
    }
    Ok(out)
}

/// Bytes to text.
pub fn decode(bytes: &[u8], encoding: &str, errors: &str) -> Result<String> {
    let encoding = Encoding::find(encoding)?;
    match encoding {
        Encoding::Utf8(mark) => {
            let start = if mark && bytes.starts_with(&[0xef, 0xbb, 0xbf]) {
                3
            } else {
                0
            };
            utf8(&bytes[start..], errors)
        }
        Encoding::Latin1 => Ok(bytes.iter().map(|&b| char::from(b)).collect()),
        Encoding::Ascii => {
            let mut out = String::with_capacity(bytes.len());
            for (at, &byte) in bytes.iter().enumerate() {
                if byte.is_ascii() {
                    out.push(char::from(byte));
                } else {
                    handle(
                        &mut out,
                        bytes,
                        encoding,
                        (at, at + 1),
                        "ordinal not in range(128)",
                        errors,
                    )?;
                }
            }
            Ok(out)
        }
        Encoding::Utf16(order) => utf16(bytes, order, errors),
        Encoding::Utf32(order) => utf32(bytes, order, errors),
    }
}

/// What happens with bytes that cannot be decoded.
fn handle(
    out: &mut String,
    bytes: &[u8],
    encoding: Encoding,
    (start, end): (usize, usize),
    reason: &str,
    errors: &str,
) -> Result<()> {
    match errors {
        "ignore" => {}
        "replace" => out.push('\u{fffd}'),
        "backslashreplace" => {
            for byte in &bytes[start..end] {
                out.push_str(&format!("\\x{byte:02x}"));
            }
        }
        "strict" | "surrogateescape" | "surrogatepass" => {
            let args = [
                Value::from(encoding.name()),
                new_bytes(bytes.to_vec()),
                Value::from(start),
                Value::from(end),
                Value::from(reason),
            ];
            return Err(Raised::with_args(Exc::UnicodeDecodeError, args));
        }
        other => return Err(unknown_handler(other)),
    }
    Ok(())
}

fn utf8(bytes: &[u8], errors: &str) -> Result<String> {
    let mut out = String::with_capacity(bytes.len());
    let mut at = 0;
    loop {
        match std::str::from_utf8(&bytes[at..]) {
            Ok(rest) => {
                out.push_str(rest);
                return Ok(out);
            }
            Err(error) => {
                let good = at + error.valid_up_to();
                out.push_str(&String::from_utf8_lossy(&bytes[at..good]));
                let first = bytes[good];
                let (len, reason) = match error.error_len() {
                    None => (bytes.len() - good, "unexpected end of data"),
                    Some(len) if matches!(first, 0x80..=0xc1 | 0xf5..=0xff) => {
                        (len, "invalid start byte")
                    }
                    Some(len) => (len, "invalid continuation byte"),
                };
                handle(
                    &mut out,
                    bytes,
                    Encoding::Utf8(false),
                    (good, good + len),
                    reason,
                    errors,
                )?;
                at = good + len;
            }
        }
    }
}

fn utf16(bytes: &[u8], order: Option<Order>, errors: &str) -> Result<String> {
    let (order, start) = match (order, bytes) {
        (Some(order), _) => (order, 0),
        (None, [0xfe, 0xff, ..]) => (Order::Big, 2),
        (None, [0xff, 0xfe, ..]) => (Order::Little, 2),
        (None, _) => (Order::Little, 0),
    };
    let units = bytes[start..].chunks_exact(2).map(|pair| match order {
        Order::Little => u16::from_le_bytes([pair[0], pair[1]]),
        Order::Big => u16::from_be_bytes([pair[0], pair[1]]),
    });
    let mut out = String::new();
    let mut at = start;
    for unit in char::decode_utf16(units) {
        match unit {
            Ok(c) => {
                out.push(c);
                at += 2 * c.len_utf16();
            }
            Err(_) => {
                handle(
                    &mut out,
                    bytes,
                    Encoding::Utf16(None),
                    (at, at + 2),
                    "illegal encoding",
                    errors,
                )?;
                at += 2;
            }
        }
    }
    if bytes.len() % 2 == 1 {
        let end = bytes.len();
        handle(
            &mut out,
            bytes,
            Encoding::Utf16(None),
            (end - 1, end),
            "truncated data",
            errors,
        )?;
    }
    Ok(out)
}

fn utf32(bytes: &[u8], order: Option<Order>, errors: &str) -> Result<String> {
    let (order, start) = match (order, bytes) {
        (Some(order), _) => (order, 0),
        (None, [0, 0, 0xfe, 0xff, ..]) => (Order::Big, 4),
        (None, [0xff, 0xfe, 0, 0, ..]) => (Order::Little, 4),
        (None, _) => (Order::Little, 0),
    };
    let mut out = String::new();
    for (i, unit) in bytes[start..].chunks(4).enumerate() {
        let at = start + 4 * i;
        let code = <[u8; 4]>::try_from(unit).ok().map(|unit| match order {
            Order::Little => u32::from_le_bytes(unit),
            Order::Big => u32::from_be_bytes(unit),
        });
        match code.map(char::from_u32) {
            Some(Some(c)) => out.push(c),
            Some(None) => {
                let reason = "code point not in range(0x110000)";
                handle(
                    &mut out,
                    bytes,
                    Encoding::Utf32(None),
                    (at, at + 4),
                    reason,
                    errors,
                )?;
            }
            None => {
                handle(
                    &mut out,
                    bytes,
                    Encoding::Utf32(None),
                    (at, bytes.len()),
                    "truncated data",
                    errors,
                )?;
            }
        }
    }
    Ok(out)
}
