//! The tokens that matter to layout: words, strings, brackets, blanks.

use super::{CLASSES, Class, Fault, MAX_BRACKETS, Scan, Scanner, fault, is_word, token_fault};

/// Whether the blank between two bytes keeps two tokens apart.
fn blank_matters(before: u8, after: u8) -> bool {
    let wordish = |b| is_word(b) || b == b'"' || b == b'\'';
    if wordish(before) {
        return wordish(after) || after == b'.' && before.is_ascii_digit();
    }
    match after {
        b'=' => b"<>=!+-*/%&|^@:".contains(&before),
        b'*' | b'/' | b'<' | b'.' => before == after,
        b'>' => before == b'>' || before == b'-',
        b'0'..=b'9' => before == b'.',
        _ => false,
    }
}

impl<'a> Scanner<'a> {
    /// Reduces blanks, comments and joined lines, and within brackets newlines, to one blank or nothing.
    pub(super) fn blanks(&mut self) -> Scan<()> {
        let start = self.at;
        loop {
            match self.peek().map(|b| CLASSES[b as usize]) {
                Some(Class::Blank) => self.at += 1,
                Some(Class::Newline) if !self.brackets.is_empty() => self.at += 1,
                Some(Class::Comment) => self.skip_comment(),
                Some(Class::Backslash) => self.joined_line()?,
                _ => break,
            }
        }
        let before = if start > self.copied {
            self.bytes[start - 1]
        } else {
            self.out.bytes().last().unwrap_or(0)
        };
        let keep = self
            .peek()
            .is_some_and(|after| blank_matters(before, after));
        if keep && self.at == start + 1 && self.bytes[start] == b' ' {
            return Ok(());
        }
        let end = self.at;
        self.at = start;
        self.copy_then(end);
        if keep {
            self.out.push(' ');
        }
        self.shift();
        Ok(())
    }

    pub(super) fn skip_comment(&mut self) {
        while self.peek().is_some_and(|b| b != b'\n' && b != b'\r') {
            self.at += 1;
        }
    }

    /// A backslash that joins the next line.
    pub(super) fn joined_line(&mut self) -> Scan<()> {
        let place = self.at;
        match self.bytes[self.at + 1..] {
            [b'\r', b'\n', ..] => self.at += 3,
            [b'\n' | b'\r', ..] => self.at += 2,
            [] => {
                return fault(
                    Fault::OpenLine,
                    "unexpected EOF while parsing",
                    place,
                    place + 1,
                );
            }
            _ => {
                let message = "unexpected character after line continuation character";
                return token_fault(message, place + 1, place + 1);
            }
        }
        if self.at >= self.bytes.len() {
            return fault(
                Fault::OpenLine,
                "unexpected EOF while parsing",
                place,
                place + 1,
            );
        }
        Ok(())
    }

    /// Passes a string literal, whose prefix has been passed already.
    pub(super) fn string(&mut self, quote: u8) -> Scan<()> {
        let start = self.at;
        if self.bytes[self.at..].starts_with(&[quote; 3]) {
            self.at += 3;
            loop {
                match self.peek() {
                    None => return self.unterminated(Fault::OpenString, start),
                    Some(b'\\') => self.at = (self.at + 2).min(self.bytes.len()),
                    Some(b) if b == quote && self.bytes[self.at..].starts_with(&[quote; 3]) => {
                        break;
                    }
                    Some(_) => self.at += 1,
                }
            }
            self.at += 3;
            return Ok(());
        }
        self.at += 1;
        loop {
            match self.peek() {
                None | Some(b'\n' | b'\r') => return self.unterminated(Fault::Token, start),
                Some(b'\\') if self.bytes[self.at + 1..].starts_with(b"\r\n") => self.at += 3,
                Some(b'\\') => self.at = (self.at + 2).min(self.bytes.len()),
                Some(b) if b == quote => break,
                Some(_) => self.at += 1,
            }
        }
        self.at += 1;
        Ok(())
    }

    fn unterminated(&self, kind: Fault, start: usize) -> Scan<()> {
        let what = if kind == Fault::OpenString {
            "triple-quoted string"
        } else {
            "string"
        };
        let read = self.source[..self.at]
            .strip_suffix('\n')
            .unwrap_or(&self.source[..self.at]);
        let line = 1 + line_breaks(read.as_bytes());
        fault(
            kind,
            format!("unterminated {what} literal (detected at line {line})"),
            start,
            start,
        )
    }

    pub(super) fn open(&mut self, bracket: u8) -> Scan<()> {
        if self.brackets.len() >= MAX_BRACKETS {
            return token_fault("too many nested parentheses", self.at, self.at + 1);
        }
        self.brackets.push((bracket, self.at));
        self.at += 1;
        Ok(())
    }

    pub(super) fn close(&mut self, bracket: u8) -> Scan<()> {
        let place = self.at;
        let Some((opened, start)) = self.brackets.pop() else {
            return token_fault(format!("unmatched '{}'", bracket as char), place, place + 1);
        };
        if !matches!(
            (opened, bracket),
            (b'(', b')') | (b'[', b']') | (b'{', b'}')
        ) {
            let (close, open) = (bracket as char, opened as char);
            let mut message = format!(
                "closing parenthesis '{close}' does not match opening parenthesis '{open}'"
            );
            if line_breaks(&self.bytes[start..place]) > 0 {
                message += &format!(" on line {}", 1 + line_breaks(&self.bytes[..start]));
            }
            return token_fault(message, place, place + 1);
        }
        self.at += 1;
        Ok(())
    }

    /// Passes the rest of an identifier that holds characters beyond ASCII.
    pub(super) fn word(&mut self) -> Scan<()> {
        let mut start = self.at;
        while start > self.copied && is_word(self.bytes[start - 1]) {
            start -= 1;
        }
        let first = start;
        for c in self.source[start..].chars() {
            let fits = if start == first {
                c == '_' || pest::unicode::XID_START(c)
            } else {
                c == '_' || pest::unicode::XID_CONTINUE(c)
            };
            if !c.is_ascii() && !fits {
                let message = match is_printable(c) {
                    true => format!("invalid character '{c}' (U+{:04X})", c as u32),
                    false => format!("invalid non-printable character U+{:04X}", c as u32),
                };
                return token_fault(message, start, start + c.len_utf8());
            }
            if c.is_ascii() && !is_word(c as u8) {
                break;
            }
            start += c.len_utf8();
        }
        self.at = start;
        Ok(())
    }

    pub(super) fn bad(&self) -> Scan<()> {
        let b = self.bytes[self.at];
        if b == 0 {
            return token_fault("source code cannot contain null bytes", self.at, self.at);
        }
        token_fault(
            format!("invalid non-printable character U+{b:04X}"),
            self.at,
            self.at + 1,
        )
    }
}

/// Whether CPython would print a character: neither a control nor a separator other than the blank.
fn is_printable(c: char) -> bool {
    !c.is_control()
        && !c.is_whitespace()
        && !matches!(c as u32, 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f | 0xfeff)
}

pub(super) fn line_breaks(bytes: &[u8]) -> usize {
    let lone = |(i, &b): (usize, &u8)| b == b'\n' || b == b'\r' && bytes.get(i + 1) != Some(&b'\n');
    bytes.iter().enumerate().filter(|&p| lone(p)).count()
}
