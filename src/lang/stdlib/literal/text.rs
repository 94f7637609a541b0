//! Strings and bytes among literals.

use std::borrow::Cow;

use super::{Reader, syntax_error};
use crate::lang::object::{Result, Value};

impl<'t> Reader<'t> {
    /// One string literal or several next to each other.
    pub(super) fn strings(&mut self) -> Result<Value> {
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
            super::super::arguments::new_bytes(bytes)
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
