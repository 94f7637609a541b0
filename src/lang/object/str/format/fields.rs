//! `str.format`: texts with replacement fields.

use crate::lang::object::protocol::{self, get_attr, get_item};
use crate::lang::object::{
    Caller, Dict, Exc, Raised, Ref, Result, Value, intern, key_error, value_error,
};

/// What the fields are filled from.
pub struct Fields<'a> {
    /// By position; `None` for `format_map`.
    pub positional: Option<&'a [Value]>,
    /// By name: any mapping.
    pub named: Value,
}

/// How fields without a number are numbered.
#[derive(Clone, Copy, PartialEq)]
enum Numbering {
    Unknown,
    Automatic(usize),
    Manual,
}

struct Formatter<'a> {
    fields: &'a Fields<'a>,
    numbering: Numbering,
}

/// Fills the fields of a template.
pub fn format_fields(caller: &mut dyn Caller, template: &str, fields: &Fields) -> Result<String> {
    let mut formatter = Formatter {
        fields,
        numbering: Numbering::Unknown,
    };
    let chars: Vec<char> = template.chars().collect();
    formatter.fill(caller, &chars, 2)
}

/// A replacement field taken apart.
struct Field<'a> {
    name: &'a [char],
    conversion: Option<char>,
    spec: &'a [char],
}

impl Formatter<'_> {
    fn fill(&mut self, caller: &mut dyn Caller, text: &[char], depth: usize) -> Result<String> {
        if depth == 0 {
            return Err(value_error("Max string recursion exceeded"));
        }
        let mut out = String::new();
        let mut at = 0;
        while let Some(&c) = text.get(at) {
            let doubled = text.get(at + 1) == Some(&c);
            match c {
                '{' | '}' if doubled => {
                    out.push(c);
                    at += 2;
                }
                '}' => return Err(value_error("Single '}' encountered in format string")),
                '{' => {
                    let end = field_end(text, at + 1)?;
                    out.push_str(&self.field(caller, &text[at + 1..end], depth)?);
                    at = end + 1;
                }
                c => {
                    out.push(c);
                    at += 1;
                }
            }
        }
        Ok(out)
    }

    fn field(&mut self, caller: &mut dyn Caller, text: &[char], depth: usize) -> Result<String> {
        let field = parse(text)?;
        let value = self.value(caller, field.name)?;
        let value = match field.conversion {
            None => value,
            Some('r') => Value::from(protocol::repr(caller, &value)?),
            Some('s') => Value::from(protocol::str(caller, &value)?),
            Some('a') => Value::from(protocol::ascii(caller, &value)?),
            Some(other) if u32::from(other) > 32 && u32::from(other) < 127 => {
                return Err(value_error(format!("Unknown conversion specifier {other}")));
            }
            Some(other) => {
                return Err(value_error(format!(
                    "Unknown conversion specifier \\x{:x}",
                    u32::from(other)
                )));
            }
        };
        let nested = field.spec.iter().any(|c| matches!(c, '{' | '}'));
        let spec = if nested {
            self.fill(caller, field.spec, depth - 1)?
        } else {
            field.spec.iter().collect()
        };
        protocol::format(caller, &value, &spec)
    }

    /// The value that a field name such as `0.name[key]` leads to.
    fn value(&mut self, caller: &mut dyn Caller, name: &[char]) -> Result<Value> {
        let first_end = name
            .iter()
            .position(|c| matches!(c, '.' | '['))
            .unwrap_or(name.len());
        let mut value = self.first(caller, &name[..first_end])?;
        let mut at = first_end;
        while let Some(&c) = name.get(at) {
            if c == '.' {
                let rest = &name[at + 1..];
                let len = rest
                    .iter()
                    .position(|c| matches!(c, '.' | '['))
                    .unwrap_or(rest.len());
                if len == 0 {
                    return Err(value_error("Empty attribute in format string"));
                }
                let attribute: String = rest[..len].iter().collect();
                value = get_attr(caller, &value, &intern(&attribute))?;
                at += 1 + len;
            } else if c == '[' {
                let rest = &name[at + 1..];
                let Some(len) = rest.iter().position(|c| *c == ']') else {
                    return Err(value_error("Missing ']' in format string"));
                };
                if len == 0 {
                    return Err(value_error("Empty attribute in format string"));
                }
                let key: String = rest[..len].iter().collect();
                let key = match number(&key)? {
                    Some(index) => Value::from(index),
                    None => Value::from(key),
                };
                value = get_item(caller, &value, &key)?;
                at += 2 + len;
            } else {
                return Err(value_error(
                    "Only '.' or '[' may follow ']' in format field specifier",
                ));
            }
        }
        Ok(value)
    }

    /// The argument that a field begins with.
    fn first(&mut self, caller: &mut dyn Caller, name: &[char]) -> Result<Value> {
        let name: String = name.iter().collect();
        let index = if name.is_empty() {
            Some(self.next_number()?)
        } else {
            number(&name)?
        };
        let Some(index) = index else {
            return self.named(caller, &name);
        };
        if !name.is_empty() {
            if let Numbering::Automatic(_) = self.numbering {
                return Err(value_error(
                    "cannot switch from automatic field numbering to manual field specification",
                ));
            }
            self.numbering = Numbering::Manual;
        }
        let Some(positional) = self.fields.positional else {
            return Err(value_error("Format string contains positional fields"));
        };
        positional.get(index).cloned().ok_or_else(|| {
            Raised::new(
                Exc::IndexError,
                format!("Replacement index {index} out of range for positional args tuple"),
            )
        })
    }

    fn next_number(&mut self) -> Result<usize> {
        let next = match self.numbering {
            Numbering::Unknown => 0,
            Numbering::Automatic(next) => next,
            Numbering::Manual => {
                return Err(value_error(
                    "cannot switch from manual field specification to automatic field numbering",
                ));
            }
        };
        self.numbering = Numbering::Automatic(next + 1);
        Ok(next)
    }

    fn named(&self, caller: &mut dyn Caller, name: &str) -> Result<Value> {
        if let Some(dict) = self.fields.named.exact::<Dict>() {
            let dict: &Ref<Dict> = dict;
            return dict
                .get_str(name)
                .ok_or_else(|| key_error(&Value::from(name)));
        }
        get_item(caller, &self.fields.named, &Value::from(name))
    }
}

/// A text of digits as a number.
fn number(text: &str) -> Result<Option<usize>> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return Ok(None);
    }
    match text.parse() {
        Ok(number) => Ok(Some(number)),
        Err(_) => Err(value_error("Too many decimal digits in format string")),
    }
}

/// The place of the brace that closes the field which begins at `start`.
fn field_end(text: &[char], start: usize) -> Result<usize> {
    if start >= text.len() {
        return Err(value_error("Single '{' encountered in format string"));
    }
    let mut depth = 1;
    let mut bracket = false;
    let mut in_name = true;
    for (at, &c) in text.iter().enumerate().skip(start) {
        match c {
            '[' if in_name => bracket = true,
            ']' if in_name => bracket = false,
            '{' if in_name && !bracket => {
                return Err(value_error("unexpected '{' in field name"));
            }
            ':' | '!' if !bracket && depth == 1 => in_name = false,
            '{' if !bracket => depth += 1,
            '}' if !bracket => {
                depth -= 1;
                if depth == 0 {
                    return Ok(at);
                }
            }
            _ => {}
        }
    }
    Err(value_error("expected '}' before end of string"))
}

fn parse(text: &[char]) -> Result<Field<'_>> {
    let mut bracket = false;
    let mut end = text.len();
    for (at, &c) in text.iter().enumerate() {
        match c {
            '[' => bracket = true,
            ']' => bracket = false,
            ':' | '!' if !bracket => {
                end = at;
                break;
            }
            _ => {}
        }
    }
    let (name, rest) = text.split_at(end);
    match rest {
        [] => Ok(Field {
            name,
            conversion: None,
            spec: &[],
        }),
        ['!'] => Err(value_error("unmatched '{' in format spec")),
        ['!', conversion] => Ok(Field {
            name,
            conversion: Some(*conversion),
            spec: &[],
        }),
        ['!', conversion, ':', spec @ ..] => Ok(Field {
            name,
            conversion: Some(*conversion),
            spec,
        }),
        ['!', ..] => Err(value_error("expected ':' after conversion specifier")),
        [_, spec @ ..] => Ok(Field {
            name,
            conversion: None,
            spec,
        }),
    }
}
