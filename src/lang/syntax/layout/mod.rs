//! The layout scanner: turns source text into the form the grammar reads.
//!
//! Comments, joined lines and indentation are dealt with here. What is left has `\n` at the end of each logical line,
//! [`INDENT`] and [`DEDENT`] around deeper blocks, and blanks only where two words would run together. Positions in
//! it are taken back to the source by a sorted list of shifts.

mod indentation;
mod token;

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
}
