//! Methods of `str` that change letters, and `translate`.

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
            Ok(Value::from(
                text(&a[0])?
                    .to_lowercase()
                    .replace('ß', "ss")
                    .replace('ς', "σ"),
            ))
        },
    ),
    NativeSpec::new(
        "capitalize(self, /)",
        "Return a capitalized version of the string.\n\nMore specifically, make the first character have upper case and the rest lower case.",
        |_, a| {
            let own = text(&a[0])?;
            let mut chars = own.chars();
            let first: String = chars.next().map(title_char).unwrap_or_default();
            Ok(Value::from(first + &chars.as_str().to_lowercase()))
        },
    ),
    NativeSpec::new(
        "swapcase(self, /)",
        "Convert uppercase characters to lowercase and lowercase characters to uppercase.",
        |_, a| {
            let own = text(&a[0])?;
            let mut out = String::with_capacity(own.len());
            for c in own.chars() {
                if c.is_uppercase() {
                    out.extend(c.to_lowercase());
                } else {
                    out.extend(c.to_uppercase());
                }
            }
            Ok(Value::from(out))
        },
    ),
    NativeSpec::new(
        "title(self, /)",
        "Return a version of the string where each word is titlecased.",
        |_, a| {
            let own = text(&a[0])?;
            let mut out = String::with_capacity(own.len());
            let mut inside = false;
            for c in own.chars() {
                if inside {
                    out.extend(c.to_lowercase());
                } else {
                    out.push_str(&title_char(c));
                }
                inside = is_cased(c);
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

/// The digraphs of which a title-case form exists.
pub(super) fn is_title(c: char) -> bool {
    matches!(c, 'ǅ' | 'ǈ' | 'ǋ' | 'ǲ')
}

fn title_char(c: char) -> String {
    match c {
        'Ǆ' | 'ǆ' => "ǅ".to_string(),
        'Ǉ' | 'ǉ' => "ǈ".to_string(),
        'Ǌ' | 'ǌ' => "ǋ".to_string(),
        'Ǳ' | 'ǳ' => "ǲ".to_string(),
        'ß' => "Ss".to_string(),
        'ﬁ' => "Fi".to_string(),
        'ﬂ' => "Fl".to_string(),
        c => c.to_uppercase().collect(),
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
