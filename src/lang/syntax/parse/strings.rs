//! String and bytes literals: prefixes, escapes, concatenation.

use super::super::ast::{Constant, Expr, ExprKind, FPart};
use super::super::error::{Parse, fail};
use super::super::notice;
use super::Rule;
use super::builder::Builder;
use crate::base::character_names;
use crate::base::span::Span;
use std::borrow::Cow;
use std::rc::Rc;

/// A string token taken apart.
#[derive(Clone, Copy)]
struct Literal {
    raw: bool,
    bytes: bool,
    format: bool,
    /// What is between the quotes.
    body: Span,
}

/// Takes a string token apart; `None` for a prefix that does not exist.
fn take_apart(text: &str, span: Span) -> Option<Literal> {
    let prefix = text.bytes().position(|b| b == b'"' || b == b'\'')?;
    let mut literal = Literal {
        raw: false,
        bytes: false,
        format: false,
        body: span,
    };
    let (mut unicode, mut seen) = (false, 0);
    for b in text[..prefix].bytes() {
        let flag = match b {
            b'r' | b'R' => &mut literal.raw,
            b'b' | b'B' => &mut literal.bytes,
            b'f' | b'F' => &mut literal.format,
            b'u' | b'U' => &mut unicode,
            _ => return None,
        };
        if std::mem::replace(flag, true) {
            return None;
        }
        seen += 1;
    }
    if seen > 1 && (unicode || literal.bytes && literal.format) {
        return None;
    }
    let quote = text.as_bytes()[prefix];
    let width = if text.len() >= prefix + 6 && text.as_bytes()[prefix..].starts_with(&[quote; 3]) {
        3
    } else {
        1
    };
    literal.body = Span {
        start: span.start + (prefix + width) as u32,
        end: span.end - width as u32,
    };
    Some(literal)
}

impl Builder<'_> {
    /// Reads adjacent `string` nodes as one string.
    pub(super) fn strings(&mut self) -> Parse<Expr> {
        let first = self.node();
        let literal = self.literal()?;
        if !self.sees(Rule::string) && !literal.bytes && !literal.format {
            let text = self.decode(literal.body, literal.raw)?;
            return Ok(Expr {
                kind: ExprKind::Constant(Constant::Str(Rc::from(text.as_ref()))),
                span: first.span,
            });
        }
        if literal.bytes {
            self.join_bytes(literal, first.span)
        } else {
            self.join_text(literal, first.span)
        }
    }

    fn literal(&mut self) -> Parse<Literal> {
        let span = self.skip().span;
        match take_apart(self.source(span), span) {
            Some(literal) => Ok(literal),
            None => fail("invalid syntax", span),
        }
    }

    fn join_bytes(&mut self, mut literal: Literal, first: Span) -> Parse<Expr> {
        let mut bytes = Vec::new();
        let mut span = first;
        loop {
            if !literal.bytes {
                return fail("cannot mix bytes and nonbytes literals", first);
            }
            self.decode_bytes(literal, span, &mut bytes)?;
            if !self.sees(Rule::string) {
                break;
            }
            span = self.node().span;
            literal = self.literal()?;
        }
        let kind = ExprKind::Constant(Constant::Bytes(Rc::from(bytes)));
        Ok(Expr {
            kind,
            span: self.since(first.start),
        })
    }

    fn join_text(&mut self, mut literal: Literal, first: Span) -> Parse<Expr> {
        let mut parts = Vec::new();
        let mut text = String::new();
        let mut format = false;
        loop {
            if literal.bytes {
                return fail("cannot mix bytes and nonbytes literals", first);
            }
            format |= literal.format;
            if literal.format {
                self.format_parts(literal.body, literal.raw, &mut text, &mut parts)?;
            } else {
                text.push_str(&self.decode(literal.body, literal.raw)?);
            }
            if !self.sees(Rule::string) {
                break;
            }
            literal = self.literal()?;
        }
        let span = self.since(first.start);
        if !format {
            return Ok(Expr {
                kind: ExprKind::Constant(Constant::Str(Rc::from(text))),
                span,
            });
        }
        if !text.is_empty() {
            parts.push(FPart::Text(Rc::from(text)));
        }
        Ok(Expr {
            kind: ExprKind::JoinedStr(parts),
            span,
        })
    }

    /// The text that a literal's body stands for.
    pub(super) fn decode(&self, body: Span, raw: bool) -> Parse<Cow<'_, str>> {
        let text = self.source(body);
        if raw || !text.contains('\\') {
            return Ok(if text.contains('\r') {
                Cow::Owned(plain_newlines(text))
            } else {
                Cow::Borrowed(text)
            });
        }
        let text = if text.contains('\r') {
            Cow::Owned(plain_newlines(text))
        } else {
            Cow::Borrowed(text)
        };
        match unescape(&text) {
            Ok((text, strange)) => {
                note_strange(strange, body);
                Ok(Cow::Owned(text))
            }
            Err(message) => fail(format!("(unicode error) {message}"), body),
        }
    }

    fn decode_bytes(&self, literal: Literal, span: Span, out: &mut Vec<u8>) -> Parse<()> {
        let text = self.source(literal.body);
        if !text.is_ascii() {
            return fail("bytes can only contain ASCII literal characters", span);
        }
        let text = if text.contains('\r') {
            Cow::Owned(plain_newlines(text))
        } else {
            Cow::Borrowed(text)
        };
        if literal.raw {
            out.extend_from_slice(text.as_bytes());
            return Ok(());
        }
        match unescape_bytes(text.as_bytes(), out) {
            Ok(strange) => {
                note_strange(strange, span);
                Ok(())
            }
            Err(message) => fail(format!("(value error) {message}"), span),
        }
    }
}

fn plain_newlines(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

/// Up to three octal digits: their value and how many they are.
fn octal(bytes: &[u8]) -> (u32, usize) {
    let digits = bytes
        .iter()
        .take(3)
        .take_while(|b| matches!(b, b'0'..=b'7'))
        .count();
    (
        bytes[..digits]
            .iter()
            .fold(0, |n, b| n * 8 + u32::from(b - b'0')),
        digits,
    )
}

/// Exactly so many hexadecimal digits.
fn hexadecimal(bytes: &[u8], digits: usize) -> Option<u32> {
    let text = bytes
        .get(..digits)
        .filter(|t| t.iter().all(u8::is_ascii_hexdigit))?;
    u32::from_str_radix(std::str::from_utf8(text).ok()?, 16).ok()
}

/// What a one-letter escape stands for; `None` for a joined line and for no escape.
fn simple_escape(b: u8) -> Option<u8> {
    Some(match b {
        b'\\' | b'\'' | b'"' => b,
        b'n' => b'\n',
        b't' => b'\t',
        b'r' => b'\r',
        b'a' => 7,
        b'b' => 8,
        b'f' => 12,
        b'v' => 11,
        _ => return None,
    })
}

/// Warns about the first escape of a literal that is none.
fn note_strange(strange: Option<String>, span: Span) {
    if let Some(strange) = strange {
        let kind = if strange.as_bytes()[1].is_ascii_digit() {
            "octal escape"
        } else {
            "escape"
        };
        notice::deprecation(format!("invalid {kind} sequence '{strange}'"), span);
    }
}

/// An octal escape beyond what a byte holds.
fn too_large(code: u32) -> Option<String> {
    (code > 0o377).then(|| format!("\\{code:o}"))
}

/// The text that one with escapes stands for, and the first of them that is none.
fn unescape(text: &str) -> Result<(String, Option<String>), String> {
    let mut strange = None;
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let place = text.len() - rest.len() + at;
        rest = &rest[at + 1..];
        let Some(&b) = rest.as_bytes().first() else {
            out.push('\\');
            break;
        };
        if let Some(plain) = simple_escape(b) {
            out.push(plain as char);
            rest = &rest[1..];
            continue;
        }
        match b {
            b'\n' => rest = &rest[1..],
            b'0'..=b'7' => {
                let (code, digits) = octal(rest.as_bytes());
                out.push(char::from_u32(code).unwrap_or('\u{fffd}'));
                rest = &rest[digits..];
                strange = strange.or_else(|| too_large(code));
            }
            b'x' | b'u' | b'U' => {
                let (digits, shape) = match b {
                    b'x' => (2, "\\xXX"),
                    b'u' => (4, "\\uXXXX"),
                    _ => (8, "\\UXXXXXXXX"),
                };
                let found = rest.as_bytes()[1..]
                    .iter()
                    .take(digits)
                    .take_while(|b| b.is_ascii_hexdigit())
                    .count();
                let Some(code) = hexadecimal(&rest.as_bytes()[1..], digits) else {
                    return Err(cannot_decode(
                        place,
                        place + found + 1,
                        &format!("truncated {shape} escape"),
                    ));
                };
                if code > 0x10_ffff {
                    return Err(cannot_decode(
                        place,
                        place + digits + 1,
                        "illegal Unicode character",
                    ));
                }
                // A lone surrogate has no place in our strings.
                out.push(char::from_u32(code).unwrap_or('\u{fffd}'));
                rest = &rest[1 + digits..];
            }
            b'N' => {
                let name = rest[1..].strip_prefix('{').and_then(|t| t.split_once('}'));
                let Some((name, _)) = name else {
                    return Err(cannot_decode(
                        place,
                        place + 1,
                        "malformed \\N character escape",
                    ));
                };
                let Some(c) = character_names::character(name) else {
                    return Err(cannot_decode(
                        place,
                        place + name.len() + 3,
                        "unknown Unicode character name",
                    ));
                };
                out.push(c);
                rest = &rest[name.len() + 3..];
            }
            _ => {
                out.push('\\');
                let c = rest.chars().next().unwrap_or('\\');
                strange.get_or_insert_with(|| format!("\\{c}"));
            }
        }
    }
    out.push_str(rest);
    Ok((out, strange))
}

fn cannot_decode(start: usize, end: usize, why: &str) -> String {
    format!("'unicodeescape' codec can't decode bytes in position {start}-{end}: {why}")
}

fn unescape_bytes(text: &[u8], out: &mut Vec<u8>) -> Result<Option<String>, String> {
    let mut strange = None;
    let mut at = 0;
    while at < text.len() {
        let b = text[at];
        at += 1;
        let Some(&next) = text.get(at).filter(|_| b == b'\\') else {
            out.push(b);
            continue;
        };
        if let Some(plain) = simple_escape(next) {
            out.push(plain);
            at += 1;
            continue;
        }
        match next {
            b'\n' => at += 1,
            b'0'..=b'7' => {
                let (code, digits) = octal(&text[at..]);
                out.push(code as u8);
                at += digits;
                strange = strange.or_else(|| too_large(code));
            }
            b'x' => match hexadecimal(&text[at + 1..], 2) {
                Some(code) => {
                    out.push(code as u8);
                    at += 3;
                }
                None => return Err(format!("invalid \\x escape at position {}", at - 1)),
            },
            _ => {
                out.push(b'\\');
                strange.get_or_insert_with(|| format!("\\{}", next as char));
            }
        }
    }
    Ok(strange)
}

/// What is wrong with the number that starts a text, if it is followed by what no number can be followed by.
pub(in crate::lang::syntax) fn bad_number(text: &str) -> Option<(String, usize)> {
    let bytes = text.as_bytes();
    let radix = match bytes {
        [b'0', b'x' | b'X', ..] => Some(("hexadecimal", 16)),
        [b'0', b'o' | b'O', ..] => Some(("octal", 8)),
        [b'0', b'b' | b'B', ..] => Some(("binary", 2)),
        _ => None,
    };
    let mut at = if radix.is_some() { 2 } else { 0 };
    let base = radix.map_or(10, |r| r.1);
    while bytes
        .get(at)
        .is_some_and(|&b| (b as char).is_digit(base) || b == b'_' && next_is_digit(bytes, at, base))
    {
        at += 1;
    }
    let name = radix.map_or("decimal", |r| r.0);
    let rest = &bytes[at..];
    match (rest.first(), radix) {
        (Some(b'0'..=b'9'), Some(_)) => {
            return Some((
                format!("invalid digit '{}' in {name} literal", rest[0] as char),
                at,
            ));
        }
        (_, Some(_)) if at == 2 => return Some((format!("invalid {name} literal"), at)),
        (Some(b'_'), _) => return Some((format!("invalid {name} literal"), at)),
        _ => {}
    }
    if radix.is_none() {
        if bytes.get(at) == Some(&b'.') {
            at += 1;
            while bytes
                .get(at)
                .is_some_and(|&b| b.is_ascii_digit() || b == b'_' && next_is_digit(bytes, at, 10))
            {
                at += 1;
            }
        }
        if let Some(b'e' | b'E') = bytes.get(at) {
            let sign = usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
            if bytes.get(at + 1 + sign).is_some_and(u8::is_ascii_digit) {
                at += 2 + sign;
                while bytes.get(at).is_some_and(|&b| {
                    b.is_ascii_digit() || b == b'_' && next_is_digit(bytes, at, 10)
                }) {
                    at += 1;
                }
            } else if sign == 1 {
                return Some(("invalid decimal literal".to_string(), at));
            }
        }
        if let Some(b'j' | b'J') = bytes.get(at) {
            at += 1;
            if continues_word(&bytes[at..]) {
                return Some(("invalid imaginary literal".to_string(), at));
            }
        }
    }
    continues_word(&bytes[at..]).then(|| (format!("invalid {name} literal"), at))
}

fn next_is_digit(bytes: &[u8], at: usize, base: u32) -> bool {
    bytes
        .get(at + 1)
        .is_some_and(|&b| (b as char).is_digit(base))
}

/// Whether a word goes on here that is none of the keywords allowed after a number.
fn continues_word(rest: &[u8]) -> bool {
    let Some(&b) = rest.first() else { return false };
    let keywords: [&[u8]; 8] = [b"and", b"else", b"for", b"if", b"in", b"is", b"not", b"or"];
    (b.is_ascii_alphanumeric() || b == b'_' || b >= 0x80)
        && !keywords.iter().any(|k| rest.starts_with(k))
}
