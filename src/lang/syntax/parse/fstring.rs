//! The inside of f-strings: text and replacement fields, as CPython 3.11 takes them apart.

use super::super::ast::{Conversion, Expr, ExprKind, FPart};
use super::super::error::{Parse, SyntaxError, fail};
use super::super::layout;
use super::super::run::parse_nodes;
use super::Rule;
use super::builder::Builder;
use crate::base::span::Span;
use std::rc::Rc;

/// A position in the body of an f-string.
struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
    end: usize,
    raw: bool,
    /// 0 in the string itself, 1 in a format specification, 2 in one within that.
    level: usize,
    /// The whole literal's body, for messages.
    body: Span,
}

impl Cursor<'_> {
    fn peek(&self) -> Option<u8> {
        if self.at < self.end {
            Some(self.bytes[self.at])
        } else {
            None
        }
    }

    fn fail<T>(&self, message: &str) -> Parse<T> {
        fail(format!("f-string: {message}"), self.body)
    }
}

impl Builder<'_> {
    /// Adds the parts of an f-string's body to what came before: `text` is not yet among the parts.
    pub(super) fn format_parts(
        &mut self,
        body: Span,
        raw: bool,
        text: &mut String,
        parts: &mut Vec<FPart>,
    ) -> Parse<()> {
        let (at, end) = (body.start as usize, body.end as usize);
        let mut cursor = Cursor {
            bytes: self.text.as_bytes(),
            at,
            end,
            raw,
            level: 0,
            body,
        };
        self.fstrings += 1;
        let result = self.parts_until_end(&mut cursor, text, parts);
        self.fstrings -= 1;
        result
    }

    fn parts_until_end(
        &mut self,
        cursor: &mut Cursor<'_>,
        text: &mut String,
        parts: &mut Vec<FPart>,
    ) -> Parse<()> {
        loop {
            self.literal_text(cursor, text)?;
            match cursor.peek() {
                None => return Ok(()),
                Some(b'}') if cursor.level > 0 => return Ok(()),
                Some(b'}') => return cursor.fail("single '}' is not allowed"),
                Some(_) => {
                    let field = self.field(cursor, text)?;
                    if !text.is_empty() {
                        parts.push(FPart::Text(Rc::from(std::mem::take(text))));
                    }
                    parts.push(field);
                }
            }
        }
    }

    /// Reads text up to a lone brace.
    fn literal_text(&mut self, cursor: &mut Cursor<'_>, text: &mut String) -> Parse<()> {
        loop {
            let start = cursor.at;
            while let Some(b) = cursor.peek() {
                match b {
                    b'{' | b'}' => break,
                    b'\\' if !cursor.raw => self.pass_escape(cursor),
                    _ => cursor.at += 1,
                }
            }
            text.push_str(&self.decode(Span::new(start, cursor.at), cursor.raw)?);
            let doubled = cursor.level == 0 && cursor.at + 1 < cursor.end && {
                let brace = cursor.bytes[cursor.at];
                cursor.bytes[cursor.at + 1] == brace
            };
            if !doubled {
                return Ok(());
            }
            text.push(cursor.bytes[cursor.at] as char);
            cursor.at += 2;
        }
    }

    fn pass_escape(&self, cursor: &mut Cursor<'_>) {
        cursor.at += 1;
        match cursor.peek() {
            // The backslash is text, and the brace a brace.
            Some(b'{' | b'}') | None => {}
            Some(b'N') if cursor.bytes.get(cursor.at + 1) == Some(&b'{') => {
                while cursor.peek().is_some_and(|b| b != b'}') {
                    cursor.at += 1;
                }
                cursor.at = (cursor.at + 1).min(cursor.end);
            }
            Some(_) => cursor.at += 1,
        }
    }

    /// Reads a field from its `{` to its `}`. The text of `{x=}` goes to the text before the field.
    fn field(&mut self, cursor: &mut Cursor<'_>, text: &mut String) -> Parse<FPart> {
        if cursor.level >= 2 {
            return cursor.fail("expressions nested too deeply");
        }
        cursor.at += 1;
        let start = cursor.at;
        pass_expression(cursor)?;
        let value = Box::new(self.field_value(Span::new(start, cursor.at), cursor)?);
        let mut shows_text = false;
        if cursor.peek() == Some(b'=') {
            cursor.at += 1;
            while cursor.peek().is_some_and(|b| b.is_ascii_whitespace()) {
                cursor.at += 1;
            }
            text.push_str(&self.text[start..cursor.at]);
            shows_text = true;
        }
        let mut conversion = conversion(cursor)?;
        let mut spec = None;
        if cursor.peek() == Some(b':') {
            cursor.at += 1;
            let (mut text, mut parts) = (String::new(), Vec::new());
            cursor.level += 1;
            self.parts_until_end(cursor, &mut text, &mut parts)?;
            cursor.level -= 1;
            if !text.is_empty() {
                parts.push(FPart::Text(Rc::from(text)));
            }
            spec = Some(parts);
        }
        if cursor.peek() != Some(b'}') {
            return cursor.fail("expecting '}'");
        }
        cursor.at += 1;
        if shows_text && spec.is_none() && conversion == Conversion::None {
            conversion = Conversion::Repr;
        }
        Ok(FPart::Field {
            value,
            conversion,
            spec,
        })
    }

    fn field_value(&mut self, span: Span, cursor: &Cursor<'_>) -> Parse<Expr> {
        if self.text[span.range()]
            .trim_matches([' ', '\t', '\n', '\r', '\u{c}'])
            .is_empty()
        {
            return match cursor.peek() {
                Some(b @ (b'!' | b'=' | b':')) => {
                    cursor.fail(&format!("expression required before '{}'", b as char))
                }
                _ => cursor.fail("empty expression not allowed"),
            };
        }
        let layout = layout::scan_field(self.text, span);
        let within = |error: SyntaxError| {
            let message = match error.message.strip_prefix("f-string: ") {
                Some(_) => error.message,
                None => format!("f-string: {}", error.message),
            };
            Box::new(SyntaxError { message, ..error })
        };
        let nodes = parse_nodes(Rule::field_input, self.text, &layout).map_err(|e| within(*e))?;
        let height = std::mem::replace(&mut self.height, 0);
        let mut value = self
            .with_nodes(nodes, |b| b.field_expression())
            .map_err(|e| within(*e))?;
        if let ExprKind::Tuple(_) = value.kind
            && self.text.as_bytes()[value.span.start as usize] != b'('
        {
            value.span = Span {
                start: span.start - 1,
                end: span.end + 1,
            };
        }
        self.grow()?;
        self.height = self.height.max(height);
        Ok(value)
    }

    fn field_expression(&mut self) -> Parse<Expr> {
        if self.sees(Rule::yield_expr) {
            return self.yield_expr();
        }
        self.item_or_tuple("cannot use starred expression here")
    }
}

fn conversion(cursor: &mut Cursor<'_>) -> Parse<Conversion> {
    if cursor.peek() != Some(b'!') {
        return Ok(Conversion::None);
    }
    cursor.at += 1;
    let conversion = match cursor.peek() {
        None => return cursor.fail("expecting '}'"),
        Some(b's') => Conversion::Str,
        Some(b'r') => Conversion::Repr,
        Some(b'a') => Conversion::Ascii,
        Some(_) => return cursor.fail("invalid conversion character: expected 's', 'r', or 'a'"),
    };
    cursor.at += 1;
    Ok(conversion)
}

/// Passes the expression of a field, up to what ends it.
fn pass_expression(cursor: &mut Cursor<'_>) -> Parse<()> {
    let mut open: Vec<u8> = Vec::new();
    let mut quote: Option<(u8, usize)> = None;
    while let Some(b) = cursor.peek() {
        let rest = &cursor.bytes[cursor.at..cursor.end];
        if b == b'\\' {
            return fail(
                "f-string expression part cannot include a backslash",
                cursor.body,
            );
        }
        if let Some((q, width)) = quote {
            if b == q && rest.len() >= width && rest[..width].iter().all(|&b| b == q) {
                cursor.at += width;
                quote = None;
            } else {
                cursor.at += 1;
            }
            continue;
        }
        match b {
            b'"' | b'\'' => {
                let width = if rest.starts_with(&[b; 3]) { 3 } else { 1 };
                quote = Some((b, width));
                cursor.at += width;
                continue;
            }
            b'(' | b'[' | b'{' if open.len() >= 200 => {
                return cursor.fail("too many nested parenthesis");
            }
            b'(' | b'[' | b'{' => open.push(b),
            b'#' => return fail("f-string expression part cannot include '#'", cursor.body),
            b'!' | b'=' | b'<' | b'>' if open.is_empty() && rest.get(1) == Some(&b'=') => {
                cursor.at += 1
            }
            b'!' | b':' | b'}' | b'=' if open.is_empty() => break,
            b')' | b']' | b'}' => match open.pop() {
                None => return cursor.fail(&format!("unmatched '{}'", b as char)),
                Some(o) if !matches!((o, b), (b'(', b')') | (b'[', b']') | (b'{', b'}')) => {
                    let (b, o) = (b as char, o as char);
                    return cursor.fail(&format!(
                        "closing parenthesis '{b}' does not match opening parenthesis '{o}'"
                    ));
                }
                Some(_) => {}
            },
            _ => {}
        }
        cursor.at += 1;
    }
    if quote.is_some() {
        return cursor.fail("unterminated string");
    }
    if let Some(&bracket) = open.last() {
        return cursor.fail(&format!("unmatched '{}'", bracket as char));
    }
    if cursor.peek().is_none() {
        return cursor.fail("expecting '}'");
    }
    Ok(())
}
