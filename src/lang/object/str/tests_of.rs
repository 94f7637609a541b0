//! Methods of `str` that test its characters.

use unicode_general_category::{GeneralCategory, get_general_category};

use super::case::{is_cased, is_title};
use super::methods::text;
use crate::lang::object::native::NativeSpec;
use crate::lang::object::protocol::is_print;
use crate::lang::object::{Result, Value};

fn all(value: &Value, test: fn(char) -> bool) -> Result<Value> {
    let own = text(value)?;
    Ok(Value::Bool(!own.is_empty() && own.chars().all(test)))
}

/// White space as `str.split` sees it.
pub fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\x1c'..='\x1f').contains(&c)
}

fn is_decimal(c: char) -> bool {
    c.is_ascii_digit() || !c.is_ascii() && get_general_category(c) == GeneralCategory::DecimalNumber
}

fn is_digit(c: char) -> bool {
    is_decimal(c)
        || matches!(u32::from(c), 0xb2 | 0xb3 | 0xb9 | 0x1369..=0x1371 | 0x19da | 0x2070 | 0x2074..=0x2079 | 0x2080..=0x2089
            | 0x2460..=0x2468 | 0x2474..=0x247c | 0x2488..=0x2490 | 0x24ea | 0x24f5..=0x24fd | 0x24ff | 0x2776..=0x277e
            | 0x2780..=0x2788 | 0x278a..=0x2792)
}

fn is_numeric(c: char) -> bool {
    c.is_numeric() || "一二三四五六七八九十百千万亿零〇壹贰叁肆伍陆柒捌玖拾億萬".contains(c)
}

fn is_alpha(c: char) -> bool {
    c.is_alphabetic() && !c.is_numeric()
}

/// Whether a text could be a name.
pub fn is_identifier(text: &str) -> bool {
    let mut chars = text.chars();
    let start = |c| c == '_' || pest::unicode::XID_START(c);
    chars.next().is_some_and(start) && chars.all(pest::unicode::XID_CONTINUE)
}

pub(super) static METHODS: &[NativeSpec] = &[
    NativeSpec::new(
        "isalpha(self, /)",
        "Return True if the string is an alphabetic string, False otherwise.",
        |_, a| all(&a[0], is_alpha),
    ),
    NativeSpec::new(
        "isalnum(self, /)",
        "Return True if the string is an alpha-numeric string, False otherwise.",
        |_, a| all(&a[0], |c| is_alpha(c) || is_numeric(c)),
    ),
    NativeSpec::new(
        "isdecimal(self, /)",
        "Return True if the string is a decimal string, False otherwise.",
        |_, a| all(&a[0], is_decimal),
    ),
    NativeSpec::new(
        "isdigit(self, /)",
        "Return True if the string is a digit string, False otherwise.",
        |_, a| all(&a[0], is_digit),
    ),
    NativeSpec::new(
        "isnumeric(self, /)",
        "Return True if the string is a numeric string, False otherwise.",
        |_, a| all(&a[0], is_numeric),
    ),
    NativeSpec::new(
        "isspace(self, /)",
        "Return True if the string is a whitespace string, False otherwise.",
        |_, a| all(&a[0], is_space),
    ),
    NativeSpec::new(
        "isascii(self, /)",
        "Return True if all characters in the string are ASCII, False otherwise.",
        |_, a| Ok(Value::Bool(text(&a[0])?.is_ascii())),
    ),
    NativeSpec::new(
        "isprintable(self, /)",
        "Return True if the string is printable, False otherwise.",
        |_, a| Ok(Value::Bool(text(&a[0])?.chars().all(is_print))),
    ),
    NativeSpec::new(
        "isidentifier(self, /)",
        "Return True if the string is a valid Python identifier, False otherwise.",
        |_, a| Ok(Value::Bool(is_identifier(text(&a[0])?))),
    ),
    NativeSpec::new(
        "islower(self, /)",
        "Return True if the string is a lowercase string, False otherwise.",
        |_, a| {
            let own = text(&a[0])?;
            let other = |c: char| c.is_uppercase() || is_title(c);
            Ok(Value::Bool(
                own.chars().any(char::is_lowercase) && !own.chars().any(other),
            ))
        },
    ),
    NativeSpec::new(
        "isupper(self, /)",
        "Return True if the string is an uppercase string, False otherwise.",
        |_, a| {
            let own = text(&a[0])?;
            let other = |c: char| c.is_lowercase() || is_title(c);
            Ok(Value::Bool(
                own.chars().any(char::is_uppercase) && !own.chars().any(other),
            ))
        },
    ),
    NativeSpec::new(
        "istitle(self, /)",
        "Return True if the string is a title-cased string, False otherwise.",
        |_, a| {
            let (mut inside, mut any) = (false, false);
            for c in text(&a[0])?.chars() {
                let upper = c.is_uppercase() || is_title(c);
                if upper && inside || c.is_lowercase() && !inside {
                    return Ok(Value::Bool(false));
                }
                inside = is_cased(c);
                any |= inside;
            }
            Ok(Value::Bool(any))
        },
    ),
];
