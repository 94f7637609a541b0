//! Methods of `str` that split and join, and `format`.

use super::format::{Fields, format_fields};
use super::methods::text;
use super::search::separator;
use super::tests_of::is_space;
use crate::lang::object::native::{NativeSpec, size_arg};
use crate::lang::object::protocol::{self, collect, truth};
use crate::lang::object::{Caller, Exc, List, Result, Tuple, Value, type_error};

pub(super) static METHODS: &[NativeSpec] = &[
    NativeSpec::new(
        "split(self, sep=None, maxsplit=-1)",
        "Return a list of the substrings in the string, using sep as the separator string.",
        |c, a| {
            let own = text(&a[0])?;
            let most = usize::try_from(size_arg(c, &a[2])?).ok();
            if a[1].is_none() {
                return Ok(match most.is_none() && own.is_ascii() {
                    true => Value::list(ascii_words(own)),
                    false => listed(words(own, most)),
                });
            }
            let sep = optional_separator(&a[1])?;
            Ok(match most {
                Some(most) => listed(own.splitn(most + 1, sep)),
                None => listed(own.split(sep)),
            })
        },
    ),
    NativeSpec::new(
        "rsplit(self, sep=None, maxsplit=-1)",
        "Return a list of the substrings in the string, using sep as the separator string, from the end.",
        |c, a| {
            let own = text(&a[0])?;
            let most = usize::try_from(size_arg(c, &a[2])?).ok();
            let mut parts: Vec<&str> = if a[1].is_none() {
                words_from_end(own, most)
            } else {
                let sep = optional_separator(&a[1])?;
                match most {
                    Some(most) => own.rsplitn(most + 1, sep).collect(),
                    None => own.rsplit(sep).collect(),
                }
            };
            parts.reverse();
            Ok(listed(parts))
        },
    ),
    NativeSpec::new(
        "splitlines(self, keepends=False)",
        "Return a list of the lines in the string, breaking at line boundaries.",
        |c, a| {
            let keep = truth(c, &a[1])?;
            Ok(listed(lines(text(&a[0])?, keep)))
        },
    ),
    NativeSpec::new(
        "join(self, iterable, /)",
        "Concatenate any number of strings.\n\nThe string whose method is called is inserted in between each given string.",
        join,
    ),
    NativeSpec::new(
        "format(self, /, *args, **kwargs)",
        "Return a formatted version of the string, using substitutions from args and kwargs.",
        |c, a| {
            let template = text(&a[0])?.to_string();
            let positional = a[1].exact::<Tuple>().map_or(&[][..], |t| &t.items[..]);
            let fields = Fields {
                positional: Some(positional),
                named: a[2].clone(),
            };
            format_fields(c, &template, &fields).map(Value::from)
        },
    ),
    NativeSpec::new(
        "format_map(self, mapping, /)",
        "Return a formatted version of the string, using substitutions from mapping.",
        |c, a| {
            let template = text(&a[0])?.to_string();
            let fields = Fields {
                positional: None,
                named: a[1].clone(),
            };
            format_fields(c, &template, &fields).map(Value::from)
        },
    ),
];

fn optional_separator(value: &Value) -> Result<&str> {
    match value.as_str() {
        Some(_) => separator(value),
        None => Err(type_error(format!(
            "must be str or None, not {}",
            value.class_name()
        ))),
    }
}

fn listed<'a>(parts: impl IntoIterator<Item = &'a str>) -> Value {
    Value::list(parts.into_iter().map(Value::from).collect())
}

/// The words of a text; after `most` splits the rest is one word.
fn words(text: &str, most: Option<usize>) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = text.trim_start_matches(is_space);
    while !rest.is_empty() {
        if most.is_some_and(|most| parts.len() >= most) {
            parts.push(rest);
            break;
        }
        let end = rest.find(is_space).unwrap_or(rest.len());
        parts.push(&rest[..end]);
        rest = rest[end..].trim_start_matches(is_space);
    }
    parts
}

fn ascii_words(text: &str) -> Vec<Value> {
    const SPACES: u64 = 1 << b' ' | 0b11111 << 9 | 0b1111 << 28;
    let is_space = |byte: u8| byte <= b' ' && SPACES >> byte & 1 != 0;
    let (bytes, mut at) = (text.as_bytes(), 0);
    let mut parts = Vec::with_capacity((text.len() / 4 + 1).min(16));
    loop {
        while at < bytes.len() && is_space(bytes[at]) {
            at += 1;
        }
        let start = at;
        while at < bytes.len() && !is_space(bytes[at]) {
            at += 1;
        }
        if start == at {
            return parts;
        }
        parts.push(Value::from(&text[start..at]));
    }
}

/// The same from the end, last word first.
fn words_from_end(text: &str, most: Option<usize>) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = text.trim_end_matches(is_space);
    while !rest.is_empty() {
        if most.is_some_and(|most| parts.len() >= most) {
            parts.push(rest);
            break;
        }
        let start = rest
            .char_indices()
            .rev()
            .find(|(_, c)| is_space(*c))
            .map_or(0, |(at, c)| at + c.len_utf8());
        parts.push(&rest[start..]);
        rest = rest[..start].trim_end_matches(is_space);
    }
    parts
}

/// The lines of a text, with their ends if `keep`.
pub fn lines(text: &str, keep: bool) -> Vec<&str> {
    let is_end = |c: char| {
        matches!(
            c,
            '\n' | '\r'
                | '\x0b'
                | '\x0c'
                | '\x1c'
                | '\x1d'
                | '\x1e'
                | '\u{85}'
                | '\u{2028}'
                | '\u{2029}'
        )
    };
    let mut parts = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let Some(at) = rest.find(is_end) else {
            parts.push(rest);
            break;
        };
        let end = &rest[at..];
        let len = if end.starts_with("\r\n") {
            2
        } else {
            end.chars().next().map_or(0, char::len_utf8)
        };
        parts.push(&rest[..if keep { at + len } else { at }]);
        rest = &rest[at + len..];
    }
    parts
}

fn join(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let sep = text(&args[0])?;
    if let Some(list) = args[1].exact::<List>() {
        return joined(sep, &list.items.borrow());
    }
    if let Some(tuple) = args[1].exact::<Tuple>() {
        return joined(sep, &tuple.items);
    }
    let items = match protocol::iter(caller, &args[1]) {
        Ok(iterator) => collect(caller, &iterator)?,
        Err(raised) if !raised.is(Exc::TypeError) => return Err(raised),
        Err(_) => return Err(type_error("can only join an iterable")),
    };
    joined(sep, &items)
}

fn joined(sep: &str, items: &[Value]) -> Result<Value> {
    let mut len = sep.len() * items.len().saturating_sub(1);
    for (i, item) in items.iter().enumerate() {
        match item.as_str() {
            Some(text) => len += text.len(),
            None => {
                return Err(type_error(format!(
                    "sequence item {i}: expected str instance, {} found",
                    item.class_name()
                )));
            }
        }
    }
    let mut out = String::with_capacity(len);
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            out.push_str(sep);
        }
        out.push_str(item.as_str().unwrap_or_default());
    }
    Ok(Value::from(out))
}
