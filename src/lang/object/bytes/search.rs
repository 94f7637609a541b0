//! Methods of `bytes` and `bytearray` that look for parts, split and join.

use std::borrow::Cow;

use super::bytes_of;
use super::methods::{byte_arg, bytes_arg, like, own};
use crate::lang::object::native::{NativeSpec, bounds, size_arg};
use crate::lang::object::protocol::{collect, iter, truth};
use crate::lang::object::{Caller, Result, Tuple, Value, type_error, value_error};

/// The first place of a part.
pub(super) fn find_bytes(bytes: &[u8], part: &[u8]) -> Option<usize> {
    if part.is_empty() {
        return Some(0);
    }
    bytes.windows(part.len()).position(|window| window == part)
}

fn find_last(bytes: &[u8], part: &[u8]) -> Option<usize> {
    if part.is_empty() {
        return Some(bytes.len());
    }
    bytes.windows(part.len()).rposition(|window| window == part)
}

/// The places of all occurrences that do not overlap.
fn occurrences(bytes: &[u8], part: &[u8], most: usize) -> Vec<usize> {
    let mut places = Vec::new();
    let mut at = 0;
    while places.len() < most && at <= bytes.len() {
        let Some(found) = find_bytes(&bytes[at..], part) else {
            break;
        };
        places.push(at + found);
        at += found + part.len().max(1);
    }
    places
}

/// A part to look for: bytes or one byte's number.
fn part_arg<'a>(caller: &mut dyn Caller, value: &'a Value) -> Result<Cow<'a, [u8]>> {
    if let Some(bytes) = bytes_of(value) {
        return Ok(bytes);
    }
    if value.is_int() {
        return byte_arg(caller, value, "byte").map(|byte| Cow::Owned(vec![byte]));
    }
    Err(type_error(format!(
        "argument should be integer or bytes-like object, not '{}'",
        value.class_name()
    )))
}

fn find(caller: &mut dyn Caller, args: &[Value], last: bool) -> Result<Option<usize>> {
    let bytes = own(&args[0])?;
    let part = part_arg(caller, &args[1])?;
    let Some((start, end)) = bounds(caller, bytes.len(), &args[2], &args[3])? else {
        return Ok(None);
    };
    let inside = &bytes[start..end];
    let found = if last {
        find_last(inside, &part)
    } else {
        find_bytes(inside, &part)
    };
    Ok(found.map(|at| start + at))
}

fn starts_or_ends(
    caller: &mut dyn Caller,
    args: &[Value],
    name: &str,
    ends: bool,
) -> Result<Value> {
    let bytes = own(&args[0])?;
    let parts: Vec<Value> = match args[1].get::<Tuple>() {
        Some(tuple) => tuple.items.to_vec(),
        None if bytes_of(&args[1]).is_some() => vec![args[1].clone()],
        None => {
            return Err(type_error(format!(
                "{name} first arg must be bytes or a tuple of bytes, not {}",
                args[1].class_name()
            )));
        }
    };
    let window = bounds(caller, bytes.len(), &args[2], &args[3])?;
    for part in &parts {
        let part = bytes_arg(part)?;
        let Some((start, end)) = window else { continue };
        let inside = &bytes[start..end];
        if if ends {
            inside.ends_with(&part)
        } else {
            inside.starts_with(&part)
        } {
            return Ok(Value::Bool(true));
        }
    }
    Ok(Value::Bool(false))
}

pub(super) static METHODS: &[NativeSpec] = &[
    NativeSpec::new(
        "find(self, sub, start=None, end=None, /)",
        "Return the lowest index where the subsection is found, or -1.",
        |c, a| Ok(find(c, a, false)?.map_or(Value::Int(-1), Value::from)),
    ),
    NativeSpec::new(
        "rfind(self, sub, start=None, end=None, /)",
        "Return the highest index where the subsection is found, or -1.",
        |c, a| Ok(find(c, a, true)?.map_or(Value::Int(-1), Value::from)),
    ),
    NativeSpec::new(
        "index(self, sub, start=None, end=None, /)",
        "Return the lowest index where the subsection is found.\n\nRaises ValueError when it is not found.",
        |c, a| {
            find(c, a, false)?
                .map(Value::from)
                .ok_or_else(|| value_error("subsection not found"))
        },
    ),
    NativeSpec::new(
        "rindex(self, sub, start=None, end=None, /)",
        "Return the highest index where the subsection is found.\n\nRaises ValueError when it is not found.",
        |c, a| {
            find(c, a, true)?
                .map(Value::from)
                .ok_or_else(|| value_error("subsection not found"))
        },
    ),
    NativeSpec::new(
        "count(self, sub, start=None, end=None, /)",
        "Return the number of non-overlapping occurrences of the subsection.",
        |c, a| {
            let bytes = own(&a[0])?;
            let part = part_arg(c, &a[1])?;
            let Some((start, end)) = bounds(c, bytes.len(), &a[2], &a[3])? else {
                return Ok(Value::Int(0));
            };
            Ok(Value::from(
                occurrences(&bytes[start..end], &part, usize::MAX).len(),
            ))
        },
    ),
    NativeSpec::new(
        "startswith(self, prefix, start=None, end=None, /)",
        "Return True if it starts with the specified prefix, False otherwise.",
        |c, a| starts_or_ends(c, a, "startswith", false),
    ),
    NativeSpec::new(
        "endswith(self, suffix, start=None, end=None, /)",
        "Return True if it ends with the specified suffix, False otherwise.",
        |c, a| starts_or_ends(c, a, "endswith", true),
    ),
    NativeSpec::new(
        "replace(self, old, new, count=-1, /)",
        "Return a copy with all occurrences of old replaced by new.",
        |c, a| {
            let (bytes, old, new) = (own(&a[0])?, bytes_arg(&a[1])?, bytes_arg(&a[2])?);
            let most = usize::try_from(size_arg(c, &a[3])?).unwrap_or(usize::MAX);
            let mut out = Vec::with_capacity(bytes.len());
            let mut at = 0;
            for place in occurrences(&bytes, &old, most) {
                out.extend_from_slice(&bytes[at..place]);
                out.extend_from_slice(&new);
                at = place + old.len();
            }
            out.extend_from_slice(&bytes[at..]);
            Ok(like(&a[0], out))
        },
    ),
    NativeSpec::new(
        "split(self, sep=None, maxsplit=-1)",
        "Return a list of the sections, using sep as the delimiter.",
        |c, a| split(c, a, false),
    ),
    NativeSpec::new(
        "rsplit(self, sep=None, maxsplit=-1)",
        "Return a list of the sections, using sep as the delimiter, from the end.",
        |c, a| split(c, a, true),
    ),
    NativeSpec::new(
        "splitlines(self, keepends=False)",
        "Return a list of the lines, breaking at line boundaries.",
        |c, a| {
            let keep = truth(c, &a[1])?;
            let bytes = own(&a[0])?;
            let (mut parts, mut at) = (Vec::new(), 0);
            while at < bytes.len() {
                let end = bytes[at..]
                    .iter()
                    .position(|b| matches!(b, b'\n' | b'\r'))
                    .map(|found| at + found);
                let Some(end) = end else {
                    parts.push(like(&a[0], bytes[at..].to_vec()));
                    break;
                };
                let next = if bytes[end..].starts_with(b"\r\n") {
                    end + 2
                } else {
                    end + 1
                };
                parts.push(like(
                    &a[0],
                    bytes[at..if keep { next } else { end }].to_vec(),
                ));
                at = next;
            }
            Ok(Value::list(parts))
        },
    ),
    NativeSpec::new(
        "partition(self, sep, /)",
        "Partition into three parts using the given separator.",
        |_, a| {
            let (bytes, sep) = (own(&a[0])?, separator(&a[1])?);
            Ok(match find_bytes(&bytes, &sep) {
                Some(at) => three(&a[0], [&bytes[..at], &sep, &bytes[at + sep.len()..]]),
                None => three(&a[0], [&bytes, b"", b""]),
            })
        },
    ),
    NativeSpec::new(
        "rpartition(self, sep, /)",
        "Partition into three parts using the given separator, from the end.",
        |_, a| {
            let (bytes, sep) = (own(&a[0])?, separator(&a[1])?);
            Ok(match find_last(&bytes, &sep) {
                Some(at) => three(&a[0], [&bytes[..at], &sep, &bytes[at + sep.len()..]]),
                None => three(&a[0], [b"", b"", &bytes]),
            })
        },
    ),
    NativeSpec::new(
        "join(self, iterable, /)",
        "Concatenate any number of bytes objects.",
        |c, a| {
            let sep = own(&a[0])?;
            let mut out = Vec::new();
            let items = iter(c, &a[1]).map_err(|_| type_error("can only join an iterable"))?;
            for (i, item) in collect(c, &items)?.iter().enumerate() {
                let Some(part) = bytes_of(item) else {
                    return Err(type_error(format!(
                        "sequence item {i}: expected a bytes-like object, {} found",
                        item.class_name()
                    )));
                };
                if i > 0 {
                    out.extend_from_slice(&sep);
                }
                out.extend_from_slice(&part);
            }
            Ok(like(&a[0], out))
        },
    ),
];

fn separator(value: &Value) -> Result<Cow<'_, [u8]>> {
    let sep = bytes_arg(value)?;
    if sep.is_empty() {
        Err(value_error("empty separator"))
    } else {
        Ok(sep)
    }
}

fn three(receiver: &Value, parts: [&[u8]; 3]) -> Value {
    Value::tuple(parts.map(|part| like(receiver, part.to_vec())))
}

fn split(caller: &mut dyn Caller, args: &[Value], from_end: bool) -> Result<Value> {
    let most = usize::try_from(size_arg(caller, &args[2])?).unwrap_or(usize::MAX);
    let bytes = own(&args[0])?;
    if args[1].is_none() {
        let parts = words(&bytes, most, from_end);
        return Ok(Value::list(
            parts
                .into_iter()
                .map(|part| like(&args[0], part.to_vec()))
                .collect(),
        ));
    }
    let sep = separator(&args[1])?;
    let mut places = occurrences(&bytes, &sep, if from_end { usize::MAX } else { most });
    if from_end && places.len() > most {
        places.drain(..places.len() - most);
    }
    let (mut parts, mut at) = (Vec::new(), 0);
    for place in places {
        parts.push(like(&args[0], bytes[at..place].to_vec()));
        at = place + sep.len();
    }
    parts.push(like(&args[0], bytes[at..].to_vec()));
    Ok(Value::list(parts))
}

/// The runs of bytes between white space; after `most` splits the rest is one of them.
fn words(bytes: &[u8], most: usize, from_end: bool) -> Vec<&[u8]> {
    let is_space = |b: &u8| b.is_ascii_whitespace() || *b == 0x0b;
    let trimmed = |rest: &mut &[u8]| {
        while let Some(b) = if from_end { rest.last() } else { rest.first() }
            && is_space(b)
        {
            *rest = if from_end {
                &rest[..rest.len() - 1]
            } else {
                &rest[1..]
            };
        }
    };
    let mut parts = Vec::new();
    let mut rest = bytes;
    trimmed(&mut rest);
    while !rest.is_empty() {
        let gap = if from_end {
            rest.iter().rposition(is_space)
        } else {
            rest.iter().position(is_space)
        };
        match gap.filter(|_| parts.len() < most) {
            None => {
                parts.push(rest);
                break;
            }
            Some(gap) if from_end => {
                parts.push(&rest[gap + 1..]);
                rest = &rest[..gap];
            }
            Some(gap) => {
                parts.push(&rest[..gap]);
                rest = &rest[gap + 1..];
            }
        }
        trimmed(&mut rest);
    }
    if from_end {
        parts.reverse();
    }
    parts
}
