//! Methods of `str` that change letters, and `translate`.

use unicode_general_category::{GeneralCategory, get_general_category};

use super::methods::{text, text_arg};
use crate::lang::object::native::NativeSpec;
use crate::lang::object::protocol::{dict_set, get_item};
use crate::lang::object::{Caller, Dict, Exc, Result, Value, type_error, value_error};

pub(super) static METHODS: &[NativeSpec] = &[
    NativeSpec::new(
        "lower(self, /)",
        "Return a copy of the string converted to lowercase.",
        |_, a| Ok(Value::from(text(&a[0])?.to_lowercase())),
    ),
    NativeSpec::new(
        "upper(self, /)",
        "Return a copy of the string converted to uppercase.",
        |_, a| Ok(Value::from(text(&a[0])?.to_uppercase())),
    ),
    NativeSpec::new(
        "casefold(self, /)",
        "Return a version of the string suitable for caseless comparisons.",
        |_, a| {
            let mut out = String::new();
            text(&a[0])?.chars().for_each(|c| fold(c, &mut out));
            Ok(Value::from(out))
        },
    ),
    NativeSpec::new(
        "capitalize(self, /)",
        "Return a capitalized version of the string.\n\nMore specifically, make the first character have upper case and the rest lower case.",
        |_, a| {
            let own: Vec<char> = text(&a[0])?.chars().collect();
            let mut out = own.first().map(|c| title_char(*c)).unwrap_or_default();
            (1..own.len()).for_each(|at| lower(&own, at, &mut out));
            Ok(Value::from(out))
        },
    ),
    NativeSpec::new(
        "swapcase(self, /)",
        "Convert uppercase characters to lowercase and lowercase characters to uppercase.",
        |_, a| {
            let own: Vec<char> = text(&a[0])?.chars().collect();
            let mut out = String::with_capacity(own.len());
            for (at, c) in own.iter().enumerate() {
                match (c.is_uppercase(), c.is_lowercase()) {
                    (true, _) => lower(&own, at, &mut out),
                    (_, true) => out.extend(c.to_uppercase()),
                    _ => out.push(*c),
                }
            }
            Ok(Value::from(out))
        },
    ),
    NativeSpec::new(
        "title(self, /)",
        "Return a version of the string where each word is titlecased.",
        |_, a| {
            let own: Vec<char> = text(&a[0])?.chars().collect();
            let mut out = String::with_capacity(own.len());
            let mut inside = false;
            for (at, c) in own.iter().enumerate() {
                match inside {
                    true => lower(&own, at, &mut out),
                    false => out.push_str(&title_char(*c)),
                }
                inside = is_cased(*c);
            }
            Ok(Value::from(out))
        },
    ),
    NativeSpec::new(
        "translate(self, table, /)",
        "Replace each character in the string using the given translation table.",
        translate,
    ),
];

/// Whether a character has a case.
pub(super) fn is_cased(c: char) -> bool {
    c.is_lowercase() || c.is_uppercase() || is_title(c)
}

/// Whether a letter is in title case: a digraph, or one with an iota below.
pub(super) fn is_title(c: char) -> bool {
    get_general_category(c) == GeneralCategory::TitlecaseLetter
}

/// A character between letters that does not end a word: a mark, a sign of format or a point.
fn is_ignored(c: char) -> bool {
    use GeneralCategory::{EnclosingMark, Format, ModifierLetter, ModifierSymbol, NonspacingMark};
    let category = get_general_category(c);
    matches!(
        category,
        EnclosingMark | Format | ModifierLetter | ModifierSymbol | NonspacingMark
    ) || "'.·:’․".contains(c)
}

/// The lower case of a character of a text; a sigma at the end of a word has a form of its own.
fn lower(text: &[char], at: usize, out: &mut String) {
    if text[at] != 'Σ' {
        out.extend(text[at].to_lowercase());
        return;
    }
    let cased = |mut chars: &mut dyn Iterator<Item = &char>| {
        let next = (&mut chars).find(|c| !is_ignored(**c));
        next.is_some_and(|c| is_cased(*c))
    };
    let ends = cased(&mut text[..at].iter().rev()) && !cased(&mut text[at + 1..].iter());
    out.push(if ends { 'ς' } else { 'σ' });
}

/// The form for comparisons: the lower case of the upper case, but for the scripts whose small letters came late.
fn fold(c: char, out: &mut String) {
    match c {
        'ı' | '\u{13a0}'..='\u{13f5}' => out.push(c),
        '\u{13f8}'..='\u{13fd}' | '\u{ab70}'..='\u{abbf}' => out.extend(c.to_uppercase()),
        'ẞ' => out.push_str("ss"),
        c => out.extend(c.to_uppercase().flat_map(char::to_lowercase)),
    }
}

fn title_char(c: char) -> String {
    let code = u32::from(c);
    let at = |code: u32| char::from_u32(code).unwrap_or(c).to_string();
    match code {
        0x1c4..=0x1c6 => at(0x1c5),
        0x1c7..=0x1c9 => at(0x1c8),
        0x1ca..=0x1cc => at(0x1cb),
        0x1f1..=0x1f3 => at(0x1f2),
        0x149 => c.to_uppercase().collect(),
        0x10d0..=0x10ff | 0x1fbc | 0x1fcc | 0x1ffc => at(code),
        0x1f80..=0x1faf => at(code | 8),
        0x1fb3 | 0x1fc3 | 0x1ff3 => at(code + 9),
        // The iota stays a mark below the capital.
        0x1fb2 | 0x1fb4 | 0x1fb7 | 0x1fc2 | 0x1fc4 | 0x1fc7 | 0x1ff2 | 0x1ff4 | 0x1ff7 => {
            let upper: String = c.to_uppercase().collect();
            upper.trim_end_matches('Ι').to_string() + "\u{345}"
        }
        _ => {
            let mut upper = c.to_uppercase();
            let first = upper.next().into_iter();
            first.chain(upper.flat_map(char::to_lowercase)).collect()
        }
    }
}

fn translate(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let own = text(&args[0])?.to_string();
    let mut out = String::with_capacity(own.len());
    for c in own.chars() {
        let code = i64::from(u32::from(c));
        let found = match get_item(caller, &args[1], &Value::Int(code)) {
            Ok(found) => found,
            Err(raised) if raised.is(Exc::LookupError) => {
                out.push(c);
                continue;
            }
            Err(raised) => return Err(raised),
        };
        if found.is_none() {
            continue;
        }
        match (found.as_str(), found.as_int()) {
            (Some(text), _) => out.push_str(text),
            (None, Some(code)) => match u32::try_from(code).ok().and_then(char::from_u32) {
                Some(c) => out.push(c),
                None => return Err(value_error("character mapping must be in range(0x110000)")),
            },
            (None, None) => {
                return Err(type_error(
                    "character mapping must return integer, None or str",
                ));
            }
        }
    }
    Ok(Value::from(out))
}

pub(super) static STATIC_METHODS: &[NativeSpec] = &[NativeSpec::new(
    "maketrans(x, y=..., z=..., /)",
    "Return a translation table usable for str.translate().",
    make_table,
)];

fn make_table(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let table = Dict::new();
    let code = |c: char| Value::Int(i64::from(u32::from(c)));
    if args[1].is_unbound() {
        let Some(dict) = args[0].get::<Dict>() else {
            return Err(type_error(
                "if you give only one argument to maketrans it must be a dict",
            ));
        };
        for (key, value) in dict.entries() {
            let key = match key.as_str() {
                Some(text) => {
                    let mut chars = text.chars();
                    match (chars.next(), chars.next()) {
                        (Some(c), None) => code(c),
                        _ => {
                            return Err(value_error(
                                "string keys in translate table must be of length 1",
                            ));
                        }
                    }
                }
                None if key.is_int() => key,
                None => {
                    return Err(type_error(
                        "keys in translate table must be strings or integers",
                    ));
                }
            };
            dict_set(caller, &table, key, value)?;
        }
        return Ok(Value::from(table));
    }
    let from = text_arg(&args[0], "first maketrans argument").map_err(|_| {
        type_error("first maketrans argument must be a string if there is a second argument")
    })?;
    let to = text_arg(&args[1], "maketrans() argument 2")?;
    if from.chars().count() != to.chars().count() {
        return Err(value_error(
            "the first two maketrans arguments must have equal length",
        ));
    }
    for (a, b) in from.chars().zip(to.chars()) {
        dict_set(caller, &table, code(a), code(b))?;
    }
    if !args[2].is_unbound() {
        for c in text_arg(&args[2], "maketrans() argument 3")?.chars() {
            dict_set(caller, &table, code(c), Value::None)?;
        }
    }
    Ok(Value::from(table))
}
