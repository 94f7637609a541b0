//! Lines and how far they are indented.

use super::super::error::{ErrorKind, SyntaxError};
use super::token::line_breaks;
use super::{
    CLASSES, Class, DEDENT, Fault, INDENT, LayoutError, MAX_INDENTS, Scan, Scanner, is_word,
    layout_fault, tab_error,
};
use crate::base::span::Span;

impl<'a> Scanner<'a> {
    pub(super) fn lines(&mut self) -> Scan<()> {
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
    pub(super) fn logical_line(&mut self) -> Scan<()> {
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
    pub(super) fn finish_line(&mut self) {
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
