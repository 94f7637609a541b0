//! `_literal`: the values of literals in text, for `ast.literal_eval`. Nothing of the text is run.

use std::borrow::Cow;

use num_traits::Num;

use super::define::def;
use crate::lang::object::code::{BinOp, UnaryOp};
use crate::lang::object::{
    BigInt, Caller, Complex, Dict, Exc, ModuleSpec, Raised, Ref, Result, Value, protocol,
    type_error, value_error,
};

/// `_literal`
pub(super) static LITERAL: ModuleSpec = ModuleSpec {
    name: "_literal",
    doc: "The values of literals in text.",
    functions: &[def(
        "literal_eval(text, /)",
        "The value of a literal.",
        |caller, args| {
            let Some(text) = args[0].as_str() else {
                return Err(type_error("a string is required"));
            };
            let text = text.trim_start_matches([' ', '\t']);
            let mut reader = Reader {
                text,
                at: 0,
                depth: 0,
            };
            reader.blanks(false);
            let value = reader.items(caller)?;
            reader.blanks(true);
            if reader.at < text.len() {
                return Err(reader.unexpected());
            }
            Ok(value)
        },
    )],
    setup: |_, _| Ok(()),
};

struct Reader<'t> {
    text: &'t str,
    at: usize,
    /// Open brackets: inside them, line breaks are blanks.
    depth: usize,
}

fn syntax_error(message: &str) -> Raised {
    Raised::new(Exc::SyntaxError, message)
}

fn malformed(what: &str) -> Raised {
    value_error(format!("malformed node or string on line 1: {what}"))
}

impl<'t> Reader<'t> {
    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    /// Skips blanks and comments, and inside brackets (or at the end) line breaks.
    fn blanks(&mut self, lines: bool) {
        while let Some(c) = self.peek() {
            match c {
                ' ' | '\t' | '\u{c}' => self.at += 1,
                '\n' | '\r' if lines || self.depth > 0 => self.at += 1,
                '\\' if self.text[self.at..].starts_with("\\\n") => self.at += 2,
                '#' => {
                    let rest = &self.text[self.at..];
                    self.at += rest.find('\n').unwrap_or(rest.len());
                }
                _ => return,
            }
        }
    }

    fn eat(&mut self, sign: char) -> bool {
        self.blanks(false);
        let found = self.peek() == Some(sign);
        if found {
            self.at += sign.len_utf8();
        }
        found
    }

    /// What cannot be read: a name or operator is no literal, anything else no expression.
    fn unexpected(&self) -> Raised {
        match self.peek() {
            Some(c) if c.is_alphabetic() || c == '_' => malformed("<ast.Name object>"),
            Some('.' | '[' | '(' | '*' | '/' | '%' | '<' | '>' | '=' | '&' | '|' | '^') => {
                malformed("<ast.Call object>")
            }
            None => syntax_error("invalid syntax"),
            Some(_) => syntax_error("invalid syntax"),
        }
    }

    /// A value, or several with commas between them as a tuple.
    fn items(&mut self, caller: &mut dyn Caller) -> Result<Value> {
        let first = self.value(caller)?;
        if !self.eat(',') {
            return Ok(first);
        }
        let mut items = vec![first];
        loop {
            self.blanks(false);
            if matches!(self.peek(), None | Some(')' | '\n')) {
                return Ok(Value::tuple(items));
            }
            items.push(self.value(caller)?);
            if !self.eat(',') {
                return Ok(Value::tuple(items));
            }
        }
    }

    /// A value, or the sum of a real and an imaginary number.
    fn value(&mut self, caller: &mut dyn Caller) -> Result<Value> {
        caller.enter_native()?;
        let result = self.sum(caller);
        caller.leave_native();
        result
    }

    fn sum(&mut self, caller: &mut dyn Caller) -> Result<Value> {
        let left = self.signed(caller)?;
        self.blanks(false);
        let op = match self.peek() {
            Some('+') => BinOp::Add,
            Some('-') => BinOp::Sub,
            _ => return Ok(left),
        };
        self.at += 1;
        let right = self.signed(caller)?;
        let fits = left.as_number().is_some() && right.get::<Complex>().is_some();
        if !fits {
            return Err(malformed("<ast.BinOp object>"));
        }
        protocol::binary(caller, op, &left, &right)
    }

    fn signed(&mut self, caller: &mut dyn Caller) -> Result<Value> {
        self.blanks(false);
        let op = match self.peek() {
            Some('-') => UnaryOp::Neg,
            Some('+') => UnaryOp::Pos,
            _ => return self.atom(caller),
        };
        self.at += 1;
        let value = self.signed(caller)?;
        let number = value.as_number().is_some() || value.get::<Complex>().is_some();
        if !number || matches!(value, Value::Bool(_)) {
            return Err(malformed("<ast.UnaryOp object>"));
        }
        protocol::unary(caller, op, &value)
    }

    fn atom(&mut self, caller: &mut dyn Caller) -> Result<Value> {
        match self.peek() {
            Some('(') => self.bracketed(caller, ')'),
            Some('[') => self.bracketed(caller, ']'),
            Some('{') => self.braces(caller),
            Some(c) if c.is_ascii_digit() || c == '.' => self.number(),
            Some('\'' | '"') => self.strings(),
            Some(c) if c.is_alphabetic() || c == '_' => {
                let rest = &self.text[self.at..];
                let end = rest
                    .find(|c: char| !c.is_alphanumeric() && c != '_')
                    .unwrap_or(rest.len());
                let word = &rest[..end];
                let quoted = matches!(rest[end..].chars().next(), Some('\'' | '"'));
                let prefix = matches!(
                    word.to_ascii_lowercase().as_str(),
                    "r" | "b" | "u" | "br" | "rb"
                );
                if quoted && prefix {
                    return self.strings();
                }
                self.at += end;
                match word {
                    "None" => Ok(Value::None),
                    "True" => Ok(Value::Bool(true)),
                    "False" => Ok(Value::Bool(false)),
                    "set" if self.text[self.at..].starts_with("()") => {
                        self.at += 2;
                        let class = Value::from(&crate::lang::object::types().set);
                        caller.call_positional(&class, &[])
                    }
                    _ if self.text[self.at..].starts_with('(') => {
                        Err(malformed("<ast.Call object>"))
                    }
                    _ => Err(malformed("<ast.Name object>")),
                }
            }
            _ => Err(self.unexpected()),
        }
    }

    fn bracketed(&mut self, caller: &mut dyn Caller, end: char) -> Result<Value> {
        let open = self.text[self.at..].chars().next().unwrap_or('(');
        self.at += 1;
        self.depth += 1;
        let mut items = Vec::new();
        let mut comma = false;
        loop {
            if self.eat(end) {
                self.depth -= 1;
                break;
            }
            if !items.is_empty() && !comma {
                return Err(self.unclosed(open));
            }
            items.push(self.value(caller)?);
            comma = self.eat(',');
        }
        if end == ']' {
            return Ok(Value::list(items));
        }
        if items.len() == 1 && !comma {
            return Ok(items.remove(0));
        }
        Ok(Value::tuple(items))
    }

    fn unclosed(&self, open: char) -> Raised {
        if self.at >= self.text.len() {
            return syntax_error(&format!("'{open}' was never closed"));
        }
        match self.unexpected() {
            raised if raised.is(Exc::SyntaxError) => {
                syntax_error("invalid syntax. Perhaps you forgot a comma?")
            }
            raised => raised,
        }
    }

    fn braces(&mut self, caller: &mut dyn Caller) -> Result<Value> {
        self.at += 1;
        self.depth += 1;
        let dict = Dict::new();
        let mut items = Vec::new();
        let (mut first, mut comma) = (true, true);
        loop {
            if self.eat('}') {
                self.depth -= 1;
                break;
            }
            if !comma {
                return Err(self.unclosed('{'));
            }
            let key = self.value(caller)?;
            if (first || items.is_empty()) && self.eat(':') {
                let value = self.value(caller)?;
                protocol::dict_set(caller, &dict, key, value)?;
            } else if dict.is_empty() {
                items.push(key);
            } else {
                return Err(syntax_error("':' expected after dictionary key"));
            }
            first = false;
            comma = self.eat(',');
        }
        if items.is_empty() {
            return Ok(Value::from(dict));
        }
        let class = Value::from(&crate::lang::object::types().set);
        caller.call_positional(&class, &[Value::list(items)])
    }

    fn number(&mut self) -> Result<Value> {
        let rest = &self.text[self.at..];
        let lower = rest.to_ascii_lowercase();
        for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] {
            if lower.starts_with(prefix) {
                let digits = rest[2..]
                    .find(|c: char| !c.is_digit(radix) && c != '_')
                    .map_or(&rest[2..], |end| &rest[2..2 + end]);
                self.at += 2 + digits.len();
                let number = num_bigint::BigInt::from_str_radix(&digits.replace('_', ""), radix);
                return number
                    .map(BigInt::value)
                    .map_err(|_| syntax_error("invalid syntax"));
            }
        }
        let bytes = rest.as_bytes();
        let mut end = 0;
        let mut float = false;
        while let Some(&b) = bytes.get(end) {
            match b {
                b'0'..=b'9' | b'_' => end += 1,
                b'.' => {
                    float = true;
                    end += 1;
                }
                b'e' | b'E' => {
                    let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
                    if !bytes.get(end + 1 + sign).is_some_and(u8::is_ascii_digit) {
                        break;
                    }
                    float = true;
                    end += 1 + sign;
                }
                _ => break,
            }
        }
        let digits = rest[..end].replace('_', "");
        self.at += end;
        if matches!(bytes.get(end), Some(b'j' | b'J')) {
            self.at += 1;
            let im = digits
                .parse()
                .map_err(|_| syntax_error("invalid decimal literal"))?;
            return Ok(Value::from(Ref::new(Complex { re: 0.0, im })));
        }
        if float {
            let number = digits.parse().map_err(|_| syntax_error("invalid syntax"))?;
            return Ok(Value::Float(number));
        }
        if digits.len() > 1 && digits.starts_with('0') && digits.bytes().any(|b| b != b'0') {
            return Err(syntax_error(
                "leading zeros in decimal integer literals are not permitted; use an 0o prefix for octal integers",
            ));
        }
        let number: std::result::Result<num_bigint::BigInt, _> = digits.parse();
        number
            .map(BigInt::value)
            .map_err(|_| syntax_error("invalid decimal literal"))
    }

    /// One string literal or several next to each other.
    fn strings(&mut self) -> Result<Value> {
        let (mut text, mut bytes, mut is_bytes) = (String::new(), Vec::new(), None);
        loop {
            let rest = &self.text[self.at..];
            let quote = rest.find(['\'', '"']).unwrap_or(0);
            let prefix = rest[..quote].to_ascii_lowercase();
            let own = prefix.contains('b');
            if is_bytes.is_some_and(|known| known != own) {
                return Err(syntax_error("cannot mix bytes and nonbytes literals"));
            }
            is_bytes = Some(own);
            self.at += quote;
            let body = self.quoted()?;
            let value = if prefix.contains('r') {
                Cow::Borrowed(body)
            } else {
                Cow::Owned(unescaped(body, own)?)
            };
            if own {
                bytes.extend(value.chars().map(|c| u32::from(c) as u8));
            } else {
                text.push_str(&value);
            }
            self.blanks(false);
            let rest = &self.text[self.at..];
            let word = rest
                .find(|c: char| !c.is_ascii_alphabetic())
                .unwrap_or(rest.len());
            let next = matches!(rest[word..].chars().next(), Some('\'' | '"')) && word <= 2;
            if !next {
                break;
            }
        }
        Ok(if is_bytes == Some(true) {
            super::arguments::new_bytes(bytes)
        } else {
            Value::str(text)
        })
    }

    /// The inside of a quoted text.
    fn quoted(&mut self) -> Result<&'t str> {
        let rest = &self.text[self.at..];
        let quote = &rest[..1];
        let triple = rest.starts_with(&quote.repeat(3));
        let mark = if triple {
            quote.repeat(3)
        } else {
            quote.to_string()
        };
        let begin = mark.len();
        let mut at = begin;
        while at < rest.len() {
            if rest[at..].starts_with(&mark) {
                self.at += at + mark.len();
                return Ok(&rest[begin..at]);
            }
            let c = rest[at..].chars().next().unwrap_or('\0');
            if c == '\n' && !triple {
                break;
            }
            at += c.len_utf8();
            if c == '\\' {
                at += rest[at..].chars().next().map_or(0, char::len_utf8);
            }
        }
        Err(syntax_error(if triple {
            "unterminated triple-quoted string literal (detected at line 1)"
        } else {
            "unterminated string literal (detected at line 1)"
        }))
    }
}

/// A text with its escapes replaced; for bytes, characters stand for bytes of the same number.
fn unescaped(body: &str, bytes: bool) -> Result<String> {
    let mut out = String::with_capacity(body.len());
    let mut chars = body.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '\\' {
            if bytes && !c.is_ascii() {
                return Err(syntax_error(
                    "bytes can only contain ASCII literal characters",
                ));
            }
            out.push(c);
            continue;
        }
        let Some(escape) = chars.next() else {
            break;
        };
        let digits = match escape {
            '\n' => continue,
            'n' => {
                out.push('\n');
                continue;
            }
            't' => {
                out.push('\t');
                continue;
            }
            'r' => {
                out.push('\r');
                continue;
            }
            'a' => {
                out.push('\u{7}');
                continue;
            }
            'b' => {
                out.push('\u{8}');
                continue;
            }
            'f' => {
                out.push('\u{c}');
                continue;
            }
            'v' => {
                out.push('\u{b}');
                continue;
            }
            '\\' | '\'' | '"' => {
                out.push(escape);
                continue;
            }
            '0'..='7' => {
                let mut code = escape.to_digit(8).unwrap_or(0);
                for _ in 0..2 {
                    match chars.peek().and_then(|c| c.to_digit(8)) {
                        Some(digit) => {
                            code = code * 8 + digit;
                            chars.next();
                        }
                        None => break,
                    }
                }
                out.extend(char::from_u32(code));
                continue;
            }
            'x' => 2,
            'u' if !bytes => 4,
            'U' if !bytes => 8,
            other => {
                out.push('\\');
                out.push(other);
                continue;
            }
        };
        let text: String = chars.by_ref().take(digits).collect();
        let code = u32::from_str_radix(&text, 16)
            .ok()
            .filter(|_| text.len() == digits);
        match code.and_then(char::from_u32) {
            Some(c) => out.push(c),
            None => return Err(syntax_error("(unicode error) truncated escape")),
        }
    }
    Ok(out)
}
