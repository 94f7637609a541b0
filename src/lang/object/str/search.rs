//! Methods of `str` that look for parts: `find`, `count`, `startswith`, `replace` and their like.

use super::Str;
use super::methods::{text, text_arg};
use crate::lang::object::native::{NativeSpec, bounds, receiver, size_arg};
use crate::lang::object::{Caller, Result, Tuple, Value, type_error, value_error};

/// The part of a text between two places, which may be None or count from the end: where it begins in characters,
/// and its range in bytes. Nothing where it would begin behind its end.
struct Window {
    first: usize,
    start: usize,
    end: usize,
}

fn window(
    caller: &mut dyn Caller,
    own: &Str,
    start: &Value,
    end: &Value,
) -> Result<Option<Window>> {
    let Some((first, last)) = bounds(caller, own.len(), start, end)? else {
        return Ok(None);
    };
    Ok(Some(Window {
        first,
        start: own.byte_offset(first),
        end: own.byte_offset(last),
    }))
}

fn find(caller: &mut dyn Caller, args: &[Value], last: bool) -> Result<Option<usize>> {
    let own = receiver::<Str>(&args[0])?.clone();
    let Some(part) = args[1].as_str() else {
        return Err(type_error(format!(
            "must be str, not {}",
            args[1].class_name()
        )));
    };
    let Some(Window { first, start, end }) = window(caller, &own, &args[2], &args[3])? else {
        return Ok(None);
    };
    let inside = &own.as_str()[start..end];
    let found = if last {
        inside.rfind(part)
    } else {
        inside.find(part)
    };
    Ok(found.map(|at| {
        if own.is_ascii() {
            first + at
        } else {
            first + inside[..at].chars().count()
        }
    }))
}

fn place_or_minus_one(place: Option<usize>) -> Value {
    place.map_or(Value::Int(-1), Value::from)
}

fn starts_or_ends(
    caller: &mut dyn Caller,
    args: &[Value],
    name: &str,
    ends: bool,
) -> Result<Value> {
    let own = receiver::<Str>(&args[0])?.clone();
    let wrong = |value: &Value| {
        type_error(format!(
            "{name} first arg must be str or a tuple of str, not {}",
            value.class_name()
        ))
    };
    let parts: Vec<Value> = match args[1].get::<Tuple>() {
        Some(tuple) => tuple.items.to_vec(),
        None if args[1].as_str().is_some() => vec![args[1].clone()],
        None => return Err(wrong(&args[1])),
    };
    let window = window(caller, &own, &args[2], &args[3])?;
    for part in &parts {
        let Some(part) = part.as_str() else {
            return Err(type_error(format!(
                "tuple for {name} must only contain str, not {}",
                part.class_name()
            )));
        };
        let Some(Window { start, end, .. }) = window else {
            continue;
        };
        let inside = &own.as_str()[start..end];
        if if ends {
            inside.ends_with(part)
        } else {
            inside.starts_with(part)
        } {
            return Ok(Value::Bool(true));
        }
    }
    Ok(Value::Bool(false))
}

pub(super) static METHODS: &[NativeSpec] = &[
    NativeSpec::new(
        "find(self, sub, start=None, end=None, /)",
        "Return the lowest index in S where substring sub is found.\n\nReturn -1 on failure.",
        |c, a| find(c, a, false).map(place_or_minus_one),
    ),
    NativeSpec::new(
        "rfind(self, sub, start=None, end=None, /)",
        "Return the highest index in S where substring sub is found.\n\nReturn -1 on failure.",
        |c, a| find(c, a, true).map(place_or_minus_one),
    ),
    NativeSpec::new(
        "index(self, sub, start=None, end=None, /)",
        "Return the lowest index in S where substring sub is found.\n\nRaises ValueError when the substring is not found.",
        |c, a| {
            find(c, a, false)?
                .map(Value::from)
                .ok_or_else(|| value_error("substring not found"))
        },
    ),
    NativeSpec::new(
        "rindex(self, sub, start=None, end=None, /)",
        "Return the highest index in S where substring sub is found.\n\nRaises ValueError when the substring is not found.",
        |c, a| {
            find(c, a, true)?
                .map(Value::from)
                .ok_or_else(|| value_error("substring not found"))
        },
    ),
    NativeSpec::new(
        "count(self, sub, start=None, end=None, /)",
        "Return the number of non-overlapping occurrences of substring sub in string S[start:end].",
        |c, a| {
            let own = receiver::<Str>(&a[0])?.clone();
            let Some(part) = a[1].as_str() else {
                return Err(type_error(format!(
                    "must be str, not {}",
                    a[1].class_name()
                )));
            };
            let Some(Window { start, end, .. }) = window(c, &own, &a[2], &a[3])? else {
                return Ok(Value::Int(0));
            };
            let inside = &own.as_str()[start..end];
            let count = if part.is_empty() {
                inside.chars().count() + 1
            } else {
                inside.matches(part).count()
            };
            Ok(Value::from(count))
        },
    ),
    NativeSpec::new(
        "startswith(self, prefix, start=None, end=None, /)",
        "Return True if S starts with the specified prefix, False otherwise.",
        |c, a| starts_or_ends(c, a, "startswith", false),
    ),
    NativeSpec::new(
        "endswith(self, suffix, start=None, end=None, /)",
        "Return True if S ends with the specified suffix, False otherwise.",
        |c, a| starts_or_ends(c, a, "endswith", true),
    ),
    NativeSpec::new(
        "replace(self, old, new, count=-1, /)",
        "Return a copy with all occurrences of substring old replaced by new.\n\nIf the optional argument count is given, only the first count occurrences are replaced.",
        |c, a| {
            let own = text(&a[0])?;
            let (old, new) = (
                text_arg(&a[1], "replace() argument 1")?,
                text_arg(&a[2], "replace() argument 2")?,
            );
            let count = size_arg(c, &a[3])?;
            Ok(Value::from(match usize::try_from(count) {
                Ok(count) => own.replacen(old, new, count),
                Err(_) => own.replace(old, new),
            }))
        },
    ),
    NativeSpec::new(
        "partition(self, sep, /)",
        "Partition the string into three parts using the given separator.",
        |_, a| {
            let (own, sep) = (text(&a[0])?, separator(&a[1])?);
            Ok(three(
                own.split_once(sep)
                    .map(|(before, after)| [before, sep, after])
                    .unwrap_or([own, "", ""]),
            ))
        },
    ),
    NativeSpec::new(
        "rpartition(self, sep, /)",
        "Partition the string into three parts using the given separator, from the end.",
        |_, a| {
            let (own, sep) = (text(&a[0])?, separator(&a[1])?);
            Ok(three(
                own.rsplit_once(sep)
                    .map(|(before, after)| [before, sep, after])
                    .unwrap_or(["", "", own]),
            ))
        },
    ),
];

/// A separator, which must not be empty.
pub(super) fn separator(value: &Value) -> Result<&str> {
    match value.as_str() {
        Some("") => Err(value_error("empty separator")),
        Some(text) => Ok(text),
        None => Err(type_error(format!(
            "must be str, not {}",
            value.class_name()
        ))),
    }
}

fn three(parts: [&str; 3]) -> Value {
    Value::tuple(parts.map(Value::from))
}
