//! Methods of `bytes` and `bytearray` that treat them as ASCII text, decode them, or show them as hexadecimal.

use super::methods::{bytes_arg, like, of_class, own};
use super::{bytes_of, new_bytes};
use crate::lang::object::native::{NativeSpec, size_arg};
use crate::lang::object::str::codec::decoded;
use crate::lang::object::{Caller, Result, Value, type_error, value_error};

fn mapped(args: &[Value], f: fn(&u8) -> u8) -> Result<Value> {
    Ok(like(&args[0], own(&args[0])?.iter().map(f).collect()))
}

fn all(args: &[Value], test: fn(&u8) -> bool) -> Result<Value> {
    let bytes = own(&args[0])?;
    Ok(Value::Bool(!bytes.is_empty() && bytes.iter().all(test)))
}

fn is_space(byte: &u8) -> bool {
    byte.is_ascii_whitespace() || *byte == 0x0b
}

fn stripped(args: &[Value], left: bool, right: bool) -> Result<Value> {
    let bytes = own(&args[0])?;
    let chars = if args[1].is_none() {
        None
    } else {
        Some(bytes_arg(&args[1])?)
    };
    let gone = |b: &u8| {
        chars
            .as_ref()
            .map_or_else(|| is_space(b), |chars| chars.contains(b))
    };
    let start = if left {
        bytes.iter().position(|b| !gone(b)).unwrap_or(bytes.len())
    } else {
        0
    };
    let end = if right {
        bytes
            .iter()
            .rposition(|b| !gone(b))
            .map_or(start, |at| at + 1)
    } else {
        bytes.len()
    };
    Ok(like(&args[0], bytes[start..end.max(start)].to_vec()))
}

fn padded(
    caller: &mut dyn Caller,
    args: &[Value],
    name: &str,
    left: fn(usize, usize) -> usize,
) -> Result<Value> {
    let bytes = own(&args[0])?;
    let width = usize::try_from(size_arg(caller, &args[1])?).unwrap_or(0);
    let fill = match bytes_of(&args[2]).as_deref() {
        Some([fill]) => *fill,
        _ => {
            return Err(type_error(format!(
                "{name}() argument 2 must be a byte string of length 1, not {}",
                args[2].class_name()
            )));
        }
    };
    let room = width.saturating_sub(bytes.len());
    let left = left(room, width);
    let mut out = vec![fill; left];
    out.extend_from_slice(&bytes);
    out.extend(std::iter::repeat_n(fill, room - left));
    Ok(like(&args[0], out))
}

fn capitalized(bytes: &[u8], each_word: bool) -> Vec<u8> {
    let mut inside = false;
    let change = |&byte: &u8| {
        let changed = if inside {
            byte.to_ascii_lowercase()
        } else {
            byte.to_ascii_uppercase()
        };
        inside = if each_word {
            byte.is_ascii_alphabetic()
        } else {
            true
        };
        changed
    };
    bytes.iter().map(change).collect()
}

pub(super) static METHODS: &[NativeSpec] = &[
    NativeSpec::new(
        "decode(self, encoding='utf-8', errors='strict')",
        "Decode the bytes using the codec registered for encoding.",
        |c, a| {
            let encoding = a[1].as_str().unwrap_or("utf-8");
            let errors = a[2].as_str().unwrap_or("strict");
            decoded(c, &own(&a[0])?, encoding, errors)
        },
    ),
    NativeSpec::new(
        "hex(self, sep=..., bytes_per_sep=1)",
        "Create a string of hexadecimal numbers from a bytes object.",
        hex,
    ),
    NativeSpec::new(
        "lower(self, /)",
        "Return a copy with all ASCII characters converted to lowercase.",
        |_, a| mapped(a, u8::to_ascii_lowercase),
    ),
    NativeSpec::new(
        "upper(self, /)",
        "Return a copy with all ASCII characters converted to uppercase.",
        |_, a| mapped(a, u8::to_ascii_uppercase),
    ),
    NativeSpec::new(
        "swapcase(self, /)",
        "Return a copy with uppercase ASCII characters converted to lowercase and vice versa.",
        |_, a| {
            mapped(a, |b| {
                if b.is_ascii_lowercase() {
                    b.to_ascii_uppercase()
                } else {
                    b.to_ascii_lowercase()
                }
            })
        },
    ),
    NativeSpec::new(
        "capitalize(self, /)",
        "Return a copy with only its first character capitalized (ASCII).",
        |_, a| Ok(like(&a[0], capitalized(&own(&a[0])?, false))),
    ),
    NativeSpec::new("title(self, /)", "Return a titlecased version.", |_, a| {
        Ok(like(&a[0], capitalized(&own(&a[0])?, true)))
    }),
    NativeSpec::new(
        "isalpha(self, /)",
        "Return True if all characters are alphabetic.",
        |_, a| all(a, u8::is_ascii_alphabetic),
    ),
    NativeSpec::new(
        "isalnum(self, /)",
        "Return True if all characters are alphanumeric.",
        |_, a| all(a, u8::is_ascii_alphanumeric),
    ),
    NativeSpec::new(
        "isdigit(self, /)",
        "Return True if all characters are digits.",
        |_, a| all(a, u8::is_ascii_digit),
    ),
    NativeSpec::new(
        "isspace(self, /)",
        "Return True if all characters are whitespace.",
        |_, a| all(a, is_space),
    ),
    NativeSpec::new(
        "isascii(self, /)",
        "Return True if all characters are ASCII.",
        |_, a| Ok(Value::Bool(own(&a[0])?.is_ascii())),
    ),
    NativeSpec::new(
        "islower(self, /)",
        "Return True if all cased characters are lowercase and there is at least one.",
        |_, a| {
            let bytes = own(&a[0])?;
            Ok(Value::Bool(
                bytes.iter().any(u8::is_ascii_lowercase)
                    && !bytes.iter().any(u8::is_ascii_uppercase),
            ))
        },
    ),
    NativeSpec::new(
        "isupper(self, /)",
        "Return True if all cased characters are uppercase and there is at least one.",
        |_, a| {
            let bytes = own(&a[0])?;
            Ok(Value::Bool(
                bytes.iter().any(u8::is_ascii_uppercase)
                    && !bytes.iter().any(u8::is_ascii_lowercase),
            ))
        },
    ),
    NativeSpec::new(
        "istitle(self, /)",
        "Return True if it is titlecased.",
        |_, a| {
            let bytes = own(&a[0])?;
            Ok(Value::Bool(
                bytes.iter().any(u8::is_ascii_alphabetic) && capitalized(&bytes, true) == bytes[..],
            ))
        },
    ),
    NativeSpec::new(
        "strip(self, bytes=None, /)",
        "Strip leading and trailing bytes contained in the argument.",
        |_, a| stripped(a, true, true),
    ),
    NativeSpec::new(
        "lstrip(self, bytes=None, /)",
        "Strip leading bytes contained in the argument.",
        |_, a| stripped(a, true, false),
    ),
    NativeSpec::new(
        "rstrip(self, bytes=None, /)",
        "Strip trailing bytes contained in the argument.",
        |_, a| stripped(a, false, true),
    ),
    NativeSpec::new(
        "center(self, width, fillchar=..., /)",
        "Return a centered copy of length width.",
        |c, a| {
            padded(c, &with_fill(a), "center", |room, width| {
                room / 2 + (room & width & 1)
            })
        },
    ),
    NativeSpec::new(
        "ljust(self, width, fillchar=..., /)",
        "Return a left-justified copy of length width.",
        |c, a| padded(c, &with_fill(a), "ljust", |_, _| 0),
    ),
    NativeSpec::new(
        "rjust(self, width, fillchar=..., /)",
        "Return a right-justified copy of length width.",
        |c, a| padded(c, &with_fill(a), "rjust", |room, _| room),
    ),
    NativeSpec::new(
        "zfill(self, width, /)",
        "Pad a numeric string with zeros on the left, to fill a field of the given width.",
        |c, a| {
            let bytes = own(&a[0])?;
            let width = usize::try_from(size_arg(c, &a[1])?).unwrap_or(0);
            let (sign, rest) = bytes.split_at(usize::from(
                bytes.starts_with(b"+") || bytes.starts_with(b"-"),
            ));
            let zeros = vec![b'0'; width.saturating_sub(bytes.len())];
            Ok(like(&a[0], [sign, &zeros, rest].concat()))
        },
    ),
    NativeSpec::new(
        "expandtabs(self, tabsize=8)",
        "Return a copy where all tab characters are expanded using spaces.",
        |c, a| {
            let size = usize::try_from(size_arg(c, &a[1])?).unwrap_or(0);
            let (mut out, mut column) = (Vec::new(), 0);
            for &byte in own(&a[0])?.iter() {
                if byte == b'\t' {
                    let blanks = if size > 0 { size - column % size } else { 0 };
                    out.extend(std::iter::repeat_n(b' ', blanks));
                    column += blanks;
                } else {
                    out.push(byte);
                    column = if matches!(byte, b'\n' | b'\r') {
                        0
                    } else {
                        column + 1
                    };
                }
            }
            Ok(like(&a[0], out))
        },
    ),
    NativeSpec::new(
        "removeprefix(self, prefix, /)",
        "Return a copy with the given prefix removed if present.",
        |_, a| {
            let (bytes, part) = (own(&a[0])?, bytes_arg(&a[1])?);
            Ok(like(
                &a[0],
                bytes.strip_prefix(&part[..]).unwrap_or(&bytes).to_vec(),
            ))
        },
    ),
    NativeSpec::new(
        "removesuffix(self, suffix, /)",
        "Return a copy with the given suffix removed if present.",
        |_, a| {
            let (bytes, part) = (own(&a[0])?, bytes_arg(&a[1])?);
            Ok(like(
                &a[0],
                bytes.strip_suffix(&part[..]).unwrap_or(&bytes).to_vec(),
            ))
        },
    ),
    NativeSpec::new(
        "translate(self, table, /, delete=...)",
        "Return a copy with each character mapped by the given translation table.",
        |_, a| {
            let table = if a[1].is_none() {
                None
            } else {
                Some(bytes_arg(&a[1])?)
            };
            if table.as_ref().is_some_and(|table| table.len() != 256) {
                return Err(value_error("translation table must be 256 characters long"));
            }
            let deleted = match &a[2] {
                Value::Unbound => std::borrow::Cow::Borrowed(&b""[..]),
                given => bytes_arg(given)?,
            };
            let kept = own(&a[0])?
                .iter()
                .filter(|b| !deleted.contains(b))
                .copied()
                .collect::<Vec<u8>>();
            let out = kept
                .iter()
                .map(|&b| table.as_ref().map_or(b, |table| table[usize::from(b)]))
                .collect();
            Ok(like(&a[0], out))
        },
    ),
];

/// The arguments with a blank for the fill byte that was left out.
fn with_fill(args: &[Value]) -> Vec<Value> {
    let mut args = args.to_vec();
    if args[2].is_unbound() {
        args[2] = new_bytes(*b" ");
    }
    args
}

fn hex(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let bytes = own(&args[0])?;
    let pairs: Vec<String> = bytes.iter().map(|b| format!("{b:02x}")).collect();
    let sep = match (args[1].as_str(), bytes_of(&args[1])) {
        _ if args[1].is_unbound() => return Ok(Value::from(pairs.concat())),
        (Some(text), _) => text.to_string(),
        (_, Some(bytes)) => bytes.iter().map(|&b| char::from(b)).collect(),
        _ => {
            let len = crate::lang::object::protocol::len(caller, &args[1])?;
            return Err(match len {
                1 => type_error("sep must be str or bytes."),
                _ => value_error("sep must be length 1."),
            });
        }
    };
    if !sep.is_ascii() {
        return Err(value_error("sep must be ASCII."));
    }
    if sep.chars().count() != 1 {
        return Err(value_error("sep must be length 1."));
    }
    let group = size_arg(caller, &args[2])?;
    if group == 0 {
        return Ok(Value::from(pairs.concat()));
    }
    let size = group.unsigned_abs() as usize;
    // A positive size counts the groups from the right.
    let first = if group > 0 { pairs.len() % size } else { 0 };
    let (head, tail) = pairs.split_at(first);
    let mut groups: Vec<String> = tail.chunks(size).map(<[String]>::concat).collect();
    if !head.is_empty() {
        groups.insert(0, head.concat());
    }
    Ok(Value::from(groups.join(&sep)))
}

pub(super) static CLASS_METHODS: &[NativeSpec] = &[NativeSpec::new(
    "fromhex(cls, string, /)",
    "Create a bytes object from a string of hexadecimal numbers.",
    |c, a| {
        let Some(text) = a[1].as_str() else {
            return Err(type_error(format!(
                "fromhex() argument must be str, not {}",
                a[1].class_name()
            )));
        };
        let mut out = Vec::new();
        let mut high = None;
        for (at, digit) in text.chars().enumerate() {
            if (digit.is_ascii_whitespace() || digit == '\x0b') && high.is_none() {
                continue;
            }
            let Some(value) = digit.to_digit(16) else {
                return Err(value_error(format!(
                    "non-hexadecimal number found in fromhex() arg at position {at}"
                )));
            };
            match high.take() {
                None => high = Some(value),
                Some(high) => out.push((high * 16 + value) as u8),
            }
        }
        if high.is_some() {
            return Err(value_error(format!(
                "non-hexadecimal number found in fromhex() arg at position {}",
                text.chars().count()
            )));
        }
        of_class(c, &a[0], out)
    },
)];

pub(super) static STATIC_METHODS: &[NativeSpec] = &[NativeSpec::new(
    "maketrans(frm, to, /)",
    "Return a translation table useable for the bytes or bytearray translate method.",
    |_, a| {
        let (from, to) = (bytes_arg(&a[0])?, bytes_arg(&a[1])?);
        if from.len() != to.len() {
            return Err(value_error("maketrans arguments must have same length"));
        }
        let mut table: Vec<u8> = (0..=255).collect();
        for (&a, &b) in from.iter().zip(to.iter()) {
            table[usize::from(a)] = b;
        }
        Ok(new_bytes(table))
    },
)];
