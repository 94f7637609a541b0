//! `%` formatting of texts and bytes.

use num_bigint::{BigInt, Sign};
use num_traits::ToPrimitive;

use super::decimal;
use crate::lang::object::bytes::bytes_of;
use crate::lang::object::protocol::{self, get_item};
use crate::lang::object::{
    Caller, Raised, Result, Special, Tuple, Value, memory_error, overflow_error, type_error,
    value_error,
};

/// What is formatted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A `str`.
    Text,
    /// A `bytes` or `bytearray`, each byte as the character of its number.
    Bytes,
}

#[derive(Default)]
struct Flags {
    left: bool,
    plus: bool,
    blank: bool,
    alternate: bool,
    zero: bool,
    width: Option<usize>,
    precision: Option<usize>,
}

/// The values that are put in, one by one.
struct Values<'a> {
    all: &'a Value,
    tuple: Option<Vec<Value>>,
    next: usize,
    mapping: bool,
}

impl Values<'_> {
    fn take(&mut self) -> Result<Value> {
        let found = match &self.tuple {
            Some(items) => items.get(self.next).cloned(),
            None if self.next == 0 => Some(self.all.clone()),
            None => None,
        };
        self.next += 1;
        found.ok_or_else(|| type_error("not enough arguments for format string"))
    }

    fn is_used_up(&self) -> bool {
        match &self.tuple {
            Some(items) => self.next >= items.len(),
            None => self.next > 0,
        }
    }
}

/// `template % values`
pub fn percent(
    caller: &mut dyn Caller,
    template: &str,
    values: &Value,
    kind: Kind,
) -> Result<String> {
    let chars: Vec<char> = template.chars().collect();
    let tuple = values.get::<Tuple>().map(|t| t.items.to_vec());
    let is_text = match kind {
        Kind::Text => values.as_str().is_some(),
        Kind::Bytes => values.as_str().is_some() || bytes_of(values).is_some(),
    };
    let mapping =
        tuple.is_none() && !is_text && protocol::special(values, Special::Getitem).is_some();
    let mut values = Values {
        all: values,
        tuple,
        next: 0,
        mapping,
    };
    let mut out = String::with_capacity(template.len() + 16);
    let mut at = 0;
    while let Some(&c) = chars.get(at) {
        at += 1;
        if c != '%' {
            out.push(c);
            continue;
        }
        at = conversion(caller, &chars, at, &mut values, kind, &mut out)?;
    }
    if !values.is_used_up() && !values.mapping {
        let what = if kind == Kind::Text {
            "string"
        } else {
            "bytes"
        };
        return Err(type_error(format!(
            "not all arguments converted during {what} formatting"
        )));
    }
    Ok(out)
}

/// One conversion, from the place after the percent sign; returns the place after it.
fn conversion(
    caller: &mut dyn Caller,
    chars: &[char],
    mut at: usize,
    values: &mut Values,
    kind: Kind,
    out: &mut String,
) -> Result<usize> {
    let mut item = None;
    if chars.get(at) == Some(&'(') {
        let (key, end) = key(chars, at + 1)?;
        if !values.mapping {
            return Err(type_error("format requires a mapping"));
        }
        let key = match kind {
            Kind::Text => Value::from(key),
            Kind::Bytes => crate::lang::object::bytes::from_latin(&key),
        };
        item = Some(get_item(caller, values.all, &key)?);
        at = end;
    }
    let mut flags = Flags::default();
    while let Some(&c) = chars.get(at) {
        match c {
            '-' => flags.left = true,
            '+' => flags.plus = true,
            ' ' => flags.blank = true,
            '#' => flags.alternate = true,
            '0' => flags.zero = true,
            _ => break,
        }
        at += 1;
    }
    let width = size(chars, &mut at, values, "width")?;
    if let Some(width) = width {
        flags.left |= width < 0;
        flags.width = Some(width.unsigned_abs() as usize);
    }
    if chars.get(at) == Some(&'.') {
        at += 1;
        let precision = size(chars, &mut at, values, "precision")?;
        flags.precision = Some(precision.unwrap_or(0).max(0) as usize);
    }
    while matches!(chars.get(at), Some('h' | 'l' | 'L')) {
        at += 1;
    }
    let Some(&c) = chars.get(at) else {
        return Err(value_error("incomplete format"));
    };
    if c == '%' && chars[at - 1] == '%' {
        out.push('%');
        return Ok(at + 1);
    }
    let value = match item {
        Some(value) => value,
        None => values.take()?,
    };
    let converter = Converter {
        kind,
        place: at,
        flags,
    };
    out.push_str(&converter.convert(caller, c, &value)?);
    Ok(at + 1)
}

/// The key between parentheses, which may be nested.
fn key(chars: &[char], start: usize) -> Result<(String, usize)> {
    let mut depth = 1;
    for (at, &c) in chars.iter().enumerate().skip(start) {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Ok((chars[start..at].iter().collect(), at + 1));
        }
    }
    Err(value_error("incomplete format key"))
}

/// A width or precision: digits, or `*` for the next value.
fn size(chars: &[char], at: &mut usize, values: &mut Values, what: &str) -> Result<Option<i64>> {
    if chars.get(*at) == Some(&'*') {
        *at += 1;
        let value = values.take()?;
        return match value.as_int() {
            Some(size) => fitting(size, what).map(Some),
            None if value.is_int() => Err(too_large(what)),
            None => Err(type_error("* wants int")),
        };
    }
    let mut number: Option<i64> = None;
    while let Some(digit) = chars.get(*at).and_then(|c| c.to_digit(10)) {
        let next = number
            .unwrap_or(0)
            .checked_mul(10)
            .and_then(|n| n.checked_add(i64::from(digit)))
            .filter(|&n| what == "width" || n <= i64::from(i32::MAX));
        if next.is_none() {
            return Err(value_error(format!("{what} too big")));
        }
        number = next;
        *at += 1;
    }
    number.map(|size| fitting(size, what)).transpose()
}

/// A size that memory may hold.
fn fitting(size: i64, what: &str) -> Result<i64> {
    if what == "precision" && i32::try_from(size).is_err() {
        return Err(too_large(what));
    }
    if size.unsigned_abs() > 1 << 36 {
        return Err(memory_error(""));
    }
    Ok(size)
}

fn too_large(what: &str) -> Raised {
    let kind = if what == "width" { "ssize_t" } else { "int" };
    overflow_error(format!("Python int too large to convert to C {kind}"))
}

struct Converter {
    kind: Kind,
    place: usize,
    flags: Flags,
}

impl Converter {
    fn convert(&self, caller: &mut dyn Caller, c: char, value: &Value) -> Result<String> {
        match c {
            's' | 'b' if self.kind == Kind::Bytes => {
                Ok(self.text(&crate::lang::object::bytes::to_latin(caller, value)?))
            }
            's' => Ok(self.text(&protocol::str(caller, value)?)),
            'r' => match self.kind {
                Kind::Text => Ok(self.text(&protocol::repr(caller, value)?)),
                Kind::Bytes => Ok(self.text(&protocol::ascii(caller, value)?)),
            },
            'a' => Ok(self.text(&protocol::ascii(caller, value)?)),
            'c' => self.character(value),
            'd' | 'i' | 'u' | 'x' | 'X' | 'o' => self.integer(caller, c, value),
            'e' | 'E' | 'f' | 'F' | 'g' | 'G' => self.float(caller, c, value),
            other => Err(value_error(format!(
                "unsupported format character '{other}' (0x{:x}) at index {}",
                u32::from(other),
                self.place
            ))),
        }
    }

    fn pad(&self, text: String) -> String {
        let room = self
            .flags
            .width
            .unwrap_or(0)
            .saturating_sub(text.chars().count());
        if self.flags.left {
            text + &" ".repeat(room)
        } else {
            " ".repeat(room) + &text
        }
    }

    fn text(&self, text: &str) -> String {
        self.pad(match self.flags.precision {
            Some(most) => text.chars().take(most).collect(),
            None => text.to_string(),
        })
    }

    fn character(&self, value: &Value) -> Result<String> {
        let wrong = || match self.kind {
            Kind::Text => type_error("%c requires int or char"),
            Kind::Bytes => type_error("%c requires an integer in range(256) or a single byte"),
        };
        if let Some(code) = value.as_bigint() {
            let most = if self.kind == Kind::Text {
                0x11_0000
            } else {
                256
            };
            let c = code
                .to_u32()
                .filter(|&code| code < most)
                .and_then(char::from_u32);
            return match (c, self.kind) {
                (Some(c), _) => Ok(self.pad(c.to_string())),
                (None, Kind::Text) => Err(overflow_error("%c arg not in range(0x110000)")),
                (None, Kind::Bytes) => Err(overflow_error("%c arg not in range(256)")),
            };
        }
        let text = match self.kind {
            Kind::Text => value.as_str().map(str::to_string),
            Kind::Bytes => crate::lang::object::bytes::bytes_of(value)
                .map(|b| b.iter().map(|&b| char::from(b)).collect()),
        };
        let text = text.ok_or_else(wrong)?;
        if text.chars().count() == 1 {
            Ok(self.pad(text))
        } else {
            Err(wrong())
        }
    }

    fn sign(&self, negative: bool) -> &'static str {
        match (negative, self.flags.plus, self.flags.blank) {
            (true, ..) => "-",
            (_, true, _) => "+",
            (_, _, true) => " ",
            _ => "",
        }
    }

    /// A number with zeros or blanks before it.
    fn number(&self, sign: &str, prefix: &str, digits: &str) -> String {
        let width = self.flags.width.unwrap_or(0);
        let used = sign.len() + prefix.len() + digits.len();
        if self.flags.zero && !self.flags.left && used < width {
            return format!("{sign}{prefix}{}{digits}", "0".repeat(width - used));
        }
        self.pad(format!("{sign}{prefix}{digits}"))
    }

    fn integer(&self, caller: &mut dyn Caller, c: char, value: &Value) -> Result<String> {
        let number = integer_of(caller, c, value)?;
        let radix = match c {
            'x' | 'X' => 16,
            'o' => 8,
            _ => 10,
        };
        let mut digits = number.magnitude().to_str_radix(radix);
        if let Some(least) = self.flags.precision {
            digits = "0".repeat(least.saturating_sub(digits.len())) + &digits;
        }
        let prefix = match (c, self.flags.alternate) {
            ('x', true) => "0x",
            ('X', true) => "0X",
            ('o', true) => "0o",
            _ => "",
        };
        if c == 'X' {
            digits = digits.to_uppercase();
        }
        Ok(self.number(self.sign(number.sign() == Sign::Minus), prefix, &digits))
    }

    fn float(&self, caller: &mut dyn Caller, c: char, value: &Value) -> Result<String> {
        let x = crate::lang::object::number::to_float(caller, value)?;
        let precision = self.flags.precision.unwrap_or(6);
        let digits = decimal(x.abs(), c, precision, self.flags.alternate, false);
        let negative = x.is_sign_negative() && !x.is_nan();
        Ok(self.number(self.sign(negative), "", &digits))
    }
}

fn integer_of(caller: &mut dyn Caller, c: char, value: &Value) -> Result<BigInt> {
    if let Some(number) = value.as_bigint() {
        return Ok(number);
    }
    if matches!(c, 'x' | 'X' | 'o') {
        return match protocol::special(value, Special::Index) {
            Some(_) => Ok(protocol::as_index(caller, value)?
                .as_bigint()
                .unwrap_or_default()),
            None => Err(type_error(format!(
                "%{c} format: an integer is required, not {}",
                value.class_name()
            ))),
        };
    }
    let whole = match value.as_float() {
        Some(x) => Some(crate::lang::object::number::truncate(x)?),
        None if protocol::special(value, Special::Int).is_some() => {
            protocol::call_special(caller, value, Special::Int, &[])?
        }
        None if protocol::special(value, Special::Index).is_some() => {
            Some(protocol::as_index(caller, value)?)
        }
        None => None,
    };
    match whole.and_then(|whole| whole.as_bigint()) {
        Some(number) => Ok(number),
        None => Err(type_error(format!(
            "%{c} format: a real number is required, not {}",
            value.class_name()
        ))),
    }
}
