//! String and bytes literals: prefixes, escapes, concatenation.

use super::super::ast::{Constant, Expr, ExprKind, FPart};
use super::super::error::{Parse, fail};
use super::super::notice;
use super::Rule;
use super::builder::Builder;
use super::escape::{unescape, unescape_bytes};
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
