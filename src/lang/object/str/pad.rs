//! Methods of `str` that pad and trim.

use super::methods::{text, text_arg};
use super::tests_of::is_space;
use crate::lang::object::native::{NativeSpec, size_arg};
use crate::lang::object::{Caller, Result, Value, type_error};

fn fill_arg(value: &Value) -> Result<char> {
    let Some(text) = value.as_str() else {
        return Err(type_error(format!(
            "The fill character must be a unicode character, not {}",
            value.class_name()
        )));
    };
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        (Some(c), None) => Ok(c),
        _ => Err(type_error(
            "The fill character must be exactly one character long",
        )),
    }
}

/// Pads to a width; `left` says how many of the missing characters go before the text.
fn padded(
    caller: &mut dyn Caller,
    args: &[Value],
    left: fn(usize, usize) -> usize,
) -> Result<Value> {
    let own = text(&args[0])?;
    let width = usize::try_from(size_arg(caller, &args[1])?).unwrap_or(0);
    let fill = fill_arg(&args[2])?;
    let room = width.saturating_sub(own.chars().count());
    if room > 1 << 36 {
        return Err(crate::lang::object::memory_error(""));
    }
    let left = left(room, width);
    let mut out = String::with_capacity(own.len() + room);
    out.extend(std::iter::repeat_n(fill, left));
    out.push_str(own);
    out.extend(std::iter::repeat_n(fill, room - left));
    Ok(Value::from(out))
}

/// The text without what `strip` takes off: white space, or the characters of the argument.
fn stripped<'a>(args: &'a [Value], name: &str, left: bool, right: bool) -> Result<&'a str> {
    let mut own = text(&args[0])?;
    let chars = match args[1].as_str() {
        Some(chars) => Some(chars),
        None if args[1].is_none() => None,
        None => return Err(type_error(format!("{name} arg must be None or str"))),
    };
    let gone = |c: char| chars.map_or_else(|| is_space(c), |chars| chars.contains(c));
    if left {
        own = own.trim_start_matches(gone);
    }
    if right {
        own = own.trim_end_matches(gone);
    }
    Ok(own)
}

pub(super) static METHODS: &[NativeSpec] = &[
    NativeSpec::new(
        "center(self, width, fillchar=' ', /)",
        "Return a centered string of length width.",
        |c, a| padded(c, a, |room, width| room / 2 + (room & width & 1)),
    ),
    NativeSpec::new(
        "ljust(self, width, fillchar=' ', /)",
        "Return a left-justified string of length width.",
        |c, a| padded(c, a, |_, _| 0),
    ),
    NativeSpec::new(
        "rjust(self, width, fillchar=' ', /)",
        "Return a right-justified string of length width.",
        |c, a| padded(c, a, |room, _| room),
    ),
    NativeSpec::new(
        "zfill(self, width, /)",
        "Pad a numeric string with zeros on the left, to fill a field of the given width.",
        |c, a| {
            let own = text(&a[0])?;
            let width = usize::try_from(size_arg(c, &a[1])?).unwrap_or(0);
            let zeros = "0".repeat(width.saturating_sub(own.chars().count()));
            let (sign, rest) = own.split_at(usize::from(own.starts_with(['+', '-'])));
            Ok(Value::from(format!("{sign}{zeros}{rest}")))
        },
    ),
    NativeSpec::new(
        "strip(self, chars=None, /)",
        "Return a copy of the string with leading and trailing whitespace removed.\n\nIf chars is given and not None, remove characters in chars instead.",
        |_, a| stripped(a, "strip", true, true).map(Value::from),
    ),
    NativeSpec::new(
        "lstrip(self, chars=None, /)",
        "Return a copy of the string with leading whitespace removed.\n\nIf chars is given and not None, remove characters in chars instead.",
        |_, a| stripped(a, "lstrip", true, false).map(Value::from),
    ),
    NativeSpec::new(
        "rstrip(self, chars=None, /)",
        "Return a copy of the string with trailing whitespace removed.\n\nIf chars is given and not None, remove characters in chars instead.",
        |_, a| stripped(a, "rstrip", false, true).map(Value::from),
    ),
    NativeSpec::new(
        "removeprefix(self, prefix, /)",
        "Return a str with the given prefix string removed if present.",
        |_, a| {
            let (own, part) = (text(&a[0])?, text_arg(&a[1], "removeprefix() argument")?);
            Ok(Value::from(own.strip_prefix(part).unwrap_or(own)))
        },
    ),
    NativeSpec::new(
        "removesuffix(self, suffix, /)",
        "Return a str with the given suffix string removed if present.",
        |_, a| {
            let (own, part) = (text(&a[0])?, text_arg(&a[1], "removesuffix() argument")?);
            Ok(Value::from(own.strip_suffix(part).unwrap_or(own)))
        },
    ),
    NativeSpec::new(
        "expandtabs(self, tabsize=8)",
        "Return a copy where all tab characters are expanded using spaces.",
        |c, a| {
            let own = text(&a[0])?;
            let size = usize::try_from(size_arg(c, &a[1])?).unwrap_or(0);
            let mut out = String::with_capacity(own.len());
            let mut column = 0;
            for c in own.chars() {
                match c {
                    '\t' if size > 0 => {
                        let blanks = size - column % size;
                        out.extend(std::iter::repeat_n(' ', blanks));
                        column += blanks;
                    }
                    '\t' => {}
                    c => {
                        out.push(c);
                        column = if matches!(c, '\n' | '\r') {
                            0
                        } else {
                            column + 1
                        };
                    }
                }
            }
            Ok(Value::from(out))
        },
    ),
];
