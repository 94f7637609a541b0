//! The layout scanner: turns source text into the form the grammar reads.
//!
//! Comments, joined lines and indentation are dealt with here. What is left has `\n` at the end of each logical line,
//! [`INDENT`] and [`DEDENT`] around deeper blocks, and blanks only where two words would run together. Positions in
//! it are taken back to the source by a sorted list of shifts.

use super::error::{ErrorKind, SyntaxError};
use crate::base::span::Span;

/// Opens a deeper block.
pub(super) const INDENT: u8 = 1;
/// Closes it.
pub(super) const DEDENT: u8 = 2;

const MAX_BRACKETS: usize = 200;
const MAX_INDENTS: usize = 100;

/// From `at` on, source positions are positions here plus `delta`.
#[derive(Clone, Copy)]
struct Shift {
    at: u32,
    delta: i32,
}

/// Text for the grammar, or as much of it as could be laid out.
pub(super) struct Layout {
    /// The marked text. With an error it ends where the error is.
    pub(super) text: String,
    shifts: Vec<Shift>,
    /// The first error.
    pub(super) error: Option<LayoutError>,
}

/// What is wrong with the layout of a text.
#[derive(Clone, Debug)]
pub(super) struct LayoutError {
    pub(super) error: SyntaxError,
    pub(super) kind: Fault,
}

/// How an error of the layout stands to errors of the grammar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The tokenizer's: reported whatever else is wrong.
    Token,
    /// An unfinished triple-quoted string; a `Token` fault too.
    OpenString,
    /// The text ends after a backslash; a `Token` fault too.
    OpenLine,
    /// Reported unless the grammar finds an earlier error.
    Indentation,
    /// A bracket that was never closed, reported unless the grammar finds an error in its line.
    OpenBracket,
}

impl Layout {
    /// The same shifts for another text that starts alike.
    pub(super) fn with_text(&self, text: String) -> Layout {
        Layout {
            text,
            shifts: self.shifts.clone(),
            error: None,
        }
    }

    /// Takes a growing sequence of positions back to the source.
    pub(super) fn mapper(&self) -> Mapper<'_> {
        Mapper {
            shifts: &self.shifts,
            next: 0,
            delta: 0,
        }
    }

    /// Takes one position back to the source.
    pub(super) fn source_position(&self, at: usize) -> usize {
        self.mapper().map(at)
    }
}

/// A cursor in the list of shifts.
pub(super) struct Mapper<'a> {
    shifts: &'a [Shift],
    next: usize,
    delta: i32,
}

impl Mapper<'_> {
    /// The source position for one here, which is not before the last one asked for.
    pub(super) fn map(&mut self, at: usize) -> usize {
        while let Some(shift) = self.shifts.get(self.next)
            && shift.at as usize <= at
        {
            self.delta = shift.delta;
            self.next += 1;
        }
        (at as i64 + i64::from(self.delta)) as usize
    }

    /// The source position for the end of a token: just after its last byte.
    pub(super) fn map_end(&mut self, at: usize) -> usize {
        if at == 0 { 0 } else { self.map(at - 1) + 1 }
    }
}

/// Lays out a source text.
pub(super) fn scan(source: &str) -> Layout {
    scan_from(source, if source.starts_with('\u{feff}') { 3 } else { 0 })
}

/// Lays out a source text from some position on.
pub(super) fn scan_from(source: &str, start: usize) -> Layout {
    let mut scanner = Scanner::new(source);
    scanner.at = start;
    if let Err(error) = scanner.lines()
        && (scanner.error.is_none() || error.kind != Fault::Indentation)
    {
        // The tokenizer's own errors come before all others.
        scanner.error = Some(*error);
    }
    if let Some(length) = scanner.sound {
        scanner.out.truncate(length);
    }
    Layout {
        text: scanner.out,
        shifts: scanner.shifts,
        error: scanner.error,
    }
}

/// Lays out the expression of an f-string's field, as if it stood in parentheses.
pub(super) fn scan_field(source: &str, span: Span) -> Layout {
    let mut scanner = Scanner::new(&source[..span.end as usize]);
    scanner.at = span.start as usize;
    scanner.copied = scanner.at;
    scanner.shift();
    scanner.brackets.push((b'(', scanner.at));
    let result = scanner.logical_line();
    scanner.finish_line();
    Layout {
        text: scanner.out,
        shifts: scanner.shifts,
        error: result.err().map(|e| *e),
    }
}

type Scan<T> = Result<T, Box<LayoutError>>;

fn token_fault<T>(message: impl Into<String>, start: usize, end: usize) -> Scan<T> {
    fault(Fault::Token, message, start, end)
}

fn fault<T>(kind: Fault, message: impl Into<String>, start: usize, end: usize) -> Scan<T> {
    Err(Box::new(LayoutError {
        error: SyntaxError::new(message, Span::new(start, end)),
        kind,
    }))
}

fn layout_fault<T>(message: &str, kind: ErrorKind, span: Span) -> Scan<T> {
    let error = SyntaxError {
        message: message.to_string(),
        span,
        kind,
    };
    Err(Box::new(LayoutError {
        error,
        kind: Fault::Indentation,
    }))
}

fn tab_error<T>(span: Span) -> Scan<T> {
    layout_fault(
        "inconsistent use of tabs and spaces in indentation",
        ErrorKind::Tab,
        span,
    )
}

/// An open bracket and where it stands.
type Bracket = (u8, usize);

struct Scanner<'a> {
    source: &'a str,
    bytes: &'a [u8],
    /// The next byte to look at.
    at: usize,
    /// Bytes from here to `at` are still to be copied.
    copied: usize,
    out: String,
    shifts: Vec<Shift>,
    brackets: Vec<Bracket>,
    /// Columns of the open blocks, with tabs of eight and of one.
    indents: Vec<(u32, u32)>,
    error: Option<LayoutError>,
    /// How much of `out` precedes the error.
    sound: Option<usize>,
}

/// What a byte means to the scanner.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Plain,
    Blank,
    Newline,
    Comment,
    Backslash,
    Quote,
    Open,
    Close,
    High,
    Bad,
}

static CLASSES: [Class; 256] = classes();

const fn classes() -> [Class; 256] {
    let mut table = [Class::Plain; 256];
    let mut i = 0;
    while i < 256 {
        table[i] = match i as u8 {
            b' ' | b'\t' | 0x0c => Class::Blank,
            b'\n' | b'\r' => Class::Newline,
            b'#' => Class::Comment,
            b'\\' => Class::Backslash,
            b'"' | b'\'' => Class::Quote,
            b'(' | b'[' | b'{' => Class::Open,
            b')' | b']' | b'}' => Class::Close,
            0x80.. => Class::High,
            0..0x20 | 0x7f => Class::Bad,
            _ => Class::Plain,
        };
        i += 1;
    }
    table
}

fn is_word(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'_' || b >= 0x80
}

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
    fn new(source: &'a str) -> Scanner<'a> {
        Scanner {
            source,
            bytes: source.as_bytes(),
            at: 0,
            copied: 0,
            out: String::with_capacity(source.len() + source.len() / 16),
            shifts: Vec::with_capacity(source.len() / 8),
            brackets: Vec::new(),
            indents: Vec::new(),
            error: None,
            sound: None,
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// Copies what was passed, and goes on copying from `next` on.
    fn copy_then(&mut self, next: usize) {
        self.out.push_str(&self.source[self.copied..self.at]);
        self.copied = next;
        self.at = next;
    }

    fn shift(&mut self) {
        let shift = Shift {
            at: self.out.len() as u32,
            delta: self.copied as i32 - self.out.len() as i32,
        };
        match self.shifts.last_mut() {
            Some(last) if last.at == shift.at => *last = shift,
            _ => self.shifts.push(shift),
        }
    }

    fn mark(&mut self, mark: u8) {
        self.shift();
        self.out.push(mark as char);
    }

    /// Keeps the first error that leaves the tokenizer at work.
    fn soft(&mut self, kind: Fault, error: SyntaxError) {
        if self.error.is_none() {
            self.sound = Some(self.out.len());
            self.error = Some(LayoutError { error, kind });
        }
    }

    fn lines(&mut self) -> Scan<()> {
        let mut block_opened = None;
        while let Some(columns) = self.indentation()? {
            let start = self.at;
            self.indent(columns, block_opened)?;
            self.shift();
            let line = self.out.len();
            self.logical_line()?;
            self.finish_line();
            let opens = self.out.as_bytes()[line..].ends_with(b":\n");
            block_opened = opens.then_some((start, line));
        }
        self.copied = self.at;
        if let Some(header) = block_opened {
            self.missing_block(header, Span::new(self.at, self.at));
        }
        for _ in 0..self.indents.len() {
            self.mark(DEDENT);
        }
        self.shift();
        Ok(())
    }

    /// Passes blank lines, and the blanks before the next line; its columns, or `None` at the end of the text.
    fn indentation(&mut self) -> Scan<Option<(u32, u32)>> {
        let (mut column, mut alternate) = (0, 0);
        loop {
            match self.peek() {
                None => return Ok(None),
                Some(b' ') => (column, alternate) = (column + 1, alternate + 1),
                Some(b'\t') => (column, alternate) = ((column / 8 + 1) * 8, alternate + 1),
                Some(0x0c) | Some(b'\n' | b'\r') => (column, alternate) = (0, 0),
                Some(b'#') => {
                    self.skip_comment();
                    continue;
                }
                Some(b'\\') => {
                    self.joined_line()?;
                    continue;
                }
                Some(_) => {
                    self.copied = self.at;
                    return Ok(Some((column, alternate)));
                }
            }
            self.at += 1;
        }
    }

    /// Opens or closes blocks for a line at these columns.
    fn indent(&mut self, columns: (u32, u32), header: Option<(usize, usize)>) -> Scan<()> {
        let (current, alternate) = self.indents.last().copied().unwrap_or((0, 0));
        let here = Span::new(self.at, self.at);
        if columns.0 == current && columns.1 != alternate
            || columns.0 > current && columns.1 <= alternate
            || columns.0 < current && columns.1 >= alternate
        {
            return tab_error(here);
        }
        if columns.0 > current {
            if self.indents.len() + 1 >= MAX_INDENTS {
                let message = "too many levels of indentation".to_string();
                let error = SyntaxError {
                    message,
                    span: here,
                    kind: ErrorKind::Indentation,
                };
                return Err(Box::new(LayoutError {
                    error,
                    kind: Fault::Token,
                }));
            }
            if header.is_none() {
                // CPython points at the last blank.
                let blank = Span::new(self.at - 1, self.at - 1);
                return layout_fault("unexpected indent", ErrorKind::Indentation, blank);
            }
            self.indents.push(columns);
            self.mark(INDENT);
            return Ok(());
        }
        if let Some(header) = header {
            self.missing_block(header, self.next_token());
        }
        while let Some(&(column, _)) = self.indents.last()
            && column > columns.0
        {
            self.indents.pop();
            self.mark(DEDENT);
        }
        let (column, alternate) = self.indents.last().copied().unwrap_or((0, 0));
        if column != columns.0 {
            let message = "unindent does not match any outer indentation level";
            let rest = &self.bytes[self.at..];
            let line = rest.iter().take_while(|&&b| !matches!(b, b'\n' | b'\r'));
            let end = self.at + line.count();
            return layout_fault(message, ErrorKind::Indentation, Span::new(end, end));
        }
        if alternate != columns.1 {
            tab_error(here)
        } else {
            Ok(())
        }
    }

    /// The token that stands where a block was expected.
    fn next_token(&self) -> Span {
        let rest = &self.bytes[self.at..];
        let word = rest.iter().take_while(|&&b| is_word(b)).count();
        Span::new(self.at, self.at + word.max(usize::from(!rest.is_empty())))
    }

    /// No deeper line follows a header, given by its places in the source and in the marked text.
    fn missing_block(&mut self, (start, line): (usize, usize), here: Span) {
        let what = block_owner(&self.out[line..]);
        let Some(what) = what else { return };
        let number = 1 + line_breaks(&self.bytes[..start]);
        let message = format!("expected an indented block after {what} on line {number}");
        self.soft(
            Fault::Indentation,
            SyntaxError {
                message,
                span: here,
                kind: ErrorKind::Indentation,
            },
        );
    }

    /// Passes a logical line up to its newline or the end of the text.
    fn logical_line(&mut self) -> Scan<()> {
        while let Some(b) = self.peek() {
            match CLASSES[b as usize] {
                Class::Plain => self.at += 1,
                Class::Newline if self.brackets.is_empty() => return Ok(()),
                Class::Blank | Class::Newline | Class::Comment | Class::Backslash => {
                    self.blanks()?
                }
                Class::Quote => self.string(b)?,
                Class::Open => self.open(b)?,
                Class::Close => self.close(b)?,
                Class::High => self.word()?,
                Class::Bad => return self.bad(),
            }
        }
        if let Some(&(bracket, place)) = self.brackets.last() {
            let message = format!("'{}' was never closed", bracket as char);
            self.copy_then(self.at);
            self.soft(
                Fault::OpenBracket,
                SyntaxError::new(message, Span::new(place, place + 1)),
            );
        }
        Ok(())
    }

    /// Ends a logical line with its mark.
    fn finish_line(&mut self) {
        self.copy_then(self.at);
        if self.out.ends_with(' ') {
            self.out.pop();
        }
        self.mark(b'\n');
        self.at += match self.bytes[self.at..] {
            [b'\r', b'\n', ..] => 2,
            [_, ..] => 1,
            [] => 0,
        };
        self.copied = self.at;
        self.shift();
    }

    /// Reduces blanks, comments and joined lines, and within brackets newlines, to one blank or nothing.
    fn blanks(&mut self) -> Scan<()> {
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

    fn skip_comment(&mut self) {
        while self.peek().is_some_and(|b| b != b'\n' && b != b'\r') {
            self.at += 1;
        }
    }

    /// A backslash that joins the next line.
    fn joined_line(&mut self) -> Scan<()> {
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
    fn string(&mut self, quote: u8) -> Scan<()> {
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

    fn open(&mut self, bracket: u8) -> Scan<()> {
        if self.brackets.len() >= MAX_BRACKETS {
            return token_fault("too many nested parentheses", self.at, self.at + 1);
        }
        self.brackets.push((bracket, self.at));
        self.at += 1;
        Ok(())
    }

    fn close(&mut self, bracket: u8) -> Scan<()> {
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
    fn word(&mut self) -> Scan<()> {
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

    fn bad(&self) -> Scan<()> {
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

fn line_breaks(bytes: &[u8]) -> usize {
    let lone = |(i, &b): (usize, &u8)| b == b'\n' || b == b'\r' && bytes.get(i + 1) != Some(&b'\n');
    bytes.iter().enumerate().filter(|&p| lone(p)).count()
}

/// What a header introduces, as CPython's messages call it.
fn block_owner(header: &str) -> Option<&'static str> {
    let word: &str = header.trim_start_matches(['\u{1}', '\u{2}']);
    let end = word.bytes().position(|b| !is_word(b)).unwrap_or(word.len());
    Some(match &word[..end] {
        "if" => "'if' statement",
        "elif" => "'elif' statement",
        "else" => "'else' statement",
        "for" => "'for' statement",
        "while" => "'while' statement",
        "with" => "'with' statement",
        "try" => "'try' statement",
        "except" if word[end..].starts_with('*') => "'except*' statement",
        "except" => "'except' statement",
        "finally" => "'finally' statement",
        "def" => "function definition",
        "class" => "class definition",
        "match" => "'match' statement",
        "case" => "'case' statement",
        _ => return None,
    })
}
