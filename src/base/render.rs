//! Reports put into text, in the shape of CPython 3.11's tracebacks.

use super::diagnostic::{Columns, Frame, Link, Place, Report};
use std::fmt::Write;

/// What a piece of a rendered report is, so that a front can colour it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// File, line number and function of a frame.
    Place,
    /// The marks under the failing expression.
    Caret,
    /// The exception's type.
    Kind,
    /// The word before a help line.
    Help,
}

/// Gives a piece of text its colour.
pub type Paint<'a> = &'a dyn Fn(Role, &str) -> String;

/// Leaves everything uncoloured.
pub fn plain(_: Role, text: &str) -> String {
    text.to_string()
}

/// How often a frame may repeat before the rest is folded.
const REPEATS_SHOWN: usize = 3;

/// Of larger groups of exceptions, so many are shown.
pub const WIDEST_GROUP: usize = 15;
/// Groups within more groups than this are not opened.
pub const DEEPEST_GROUP: usize = 10;

/// Where the text that is being written stands among groups of exceptions.
#[derive(Default)]
struct Groups {
    depth: usize,
    /// The last exception of a group is being written: a line has to end it.
    open: bool,
}

impl Groups {
    /// Adds lines, with a margin within a group.
    fn emit(&self, out: &mut String, text: &str, margin: char) {
        for line in text.split_inclusive('\n') {
            if self.depth > 0 {
                let _ = write!(out, "{:1$}{margin} ", "", 2 * self.depth);
            }
            out.push_str(line);
        }
    }
}

/// The traceback and the exception, as CPython prints them, ending with a line break.
pub fn traceback(report: &Report, paint: Paint) -> String {
    let mut out = String::new();
    write_chain(&mut out, report, &mut Groups::default(), paint);
    out
}

fn write_chain(out: &mut String, report: &Report, groups: &mut Groups, paint: Paint) {
    // A long chain of exceptions is a list, walked without recursion.
    let mut chain = vec![report];
    while let Some((_, earlier)) = &chain[chain.len() - 1].earlier {
        chain.push(earlier);
    }
    for report in chain.into_iter().rev() {
        let link = match report.earlier {
            None => "",
            Some((Link::Cause, _)) => {
                "\nThe above exception was the direct cause of the following exception:\n\n"
            }
            Some((Link::Context, _)) => {
                "\nDuring handling of the above exception, another exception occurred:\n\n"
            }
        };
        groups.emit(out, link, '|');
        if report.group.is_empty() && report.more == 0 {
            write_report(out, report, groups, ("Traceback", '|'), paint);
        } else if groups.depth > DEEPEST_GROUP {
            let text = format!("... (max_group_depth is {DEEPEST_GROUP})\n");
            groups.emit(out, &text, '|');
        } else {
            write_group(out, report, groups, paint);
        }
    }
}

/// One exception with its frames.
fn write_report(
    out: &mut String,
    report: &Report,
    groups: &Groups,
    (title, margin): (&str, char),
    paint: Paint,
) {
    if !report.frames.is_empty() {
        let title = format!("{title} (most recent call last):\n");
        groups.emit(out, &title, margin);
        let mut frames = String::new();
        write_frames(&mut frames, &report.frames, paint);
        groups.emit(out, &frames, '|');
    }
    groups.emit(out, &exception(report, paint), '|');
}

/// A group of exceptions, each behind a numbered line.
fn write_group(out: &mut String, report: &Report, groups: &mut Groups, paint: Paint) {
    let outermost = groups.depth == 0;
    groups.depth += usize::from(outermost);
    let title = "Exception Group Traceback";
    let margin = if outermost { '+' } else { '|' };
    write_report(out, report, groups, (title, margin), paint);
    groups.open = false;
    let count = report.group.len() + usize::from(report.more > 0);
    for i in 0..count {
        let last = i + 1 == count;
        groups.open |= last;
        let member = report.group.get(i);
        let title = member.map_or("...".to_string(), |_| (i + 1).to_string());
        let branch = if i == 0 { "+-" } else { "  " };
        let width = 2 * groups.depth;
        let _ = writeln!(
            out,
            "{:width$}{branch}+---------------- {title} ----------------",
            ""
        );
        groups.depth += 1;
        match member {
            Some(member) => write_chain(out, member, groups, paint),
            None => {
                let plural = if report.more > 1 { "s" } else { "" };
                let text = format!("and {} more exception{plural}\n", report.more);
                groups.emit(out, &text, '|');
            }
        }
        if last && groups.open {
            let width = 2 * groups.depth;
            let _ = writeln!(out, "{:width$}+------------------------------------", "");
            groups.open = false;
        }
        groups.depth -= 1;
    }
    if outermost {
        groups.depth = 0;
    }
}

/// The lines `traceback.format_exception_only` gives: the place of a syntax error, type and message, notes.
pub fn exception(report: &Report, paint: Paint) -> String {
    let mut out = String::new();
    if let Some(place) = &report.syntax {
        write_location(&mut out, place, None, paint);
        write_syntax_line(&mut out, place, paint);
    }
    let kind_ends = report
        .headline
        .find([':', '\n', ' '])
        .unwrap_or(report.headline.len());
    let (kind, message) = report.headline.split_at(kind_ends);
    let _ = writeln!(out, "{}{message}", paint(Role::Kind, kind));
    for note in &report.notes {
        let _ = writeln!(out, "{note}");
    }
    out
}

/// The line that goes after a traceback where we know better, ending with a line break; empty without one.
pub fn help(report: &Report, paint: Paint) -> String {
    match report.help() {
        Some(text) => format!("{} {text}\n", paint(Role::Help, "help:")),
        None => String::new(),
    }
}

fn write_frames(out: &mut String, frames: &[Frame], paint: Paint) {
    let mut i = 0;
    while i < frames.len() {
        let same = |f: &&Frame| {
            f.place.line == frames[i].place.line
                && f.function == frames[i].function
                && f.place.file == frames[i].place.file
        };
        let run = frames[i..].iter().take_while(same).count();
        for frame in &frames[i..i + run.min(REPEATS_SHOWN)] {
            write_location(out, &frame.place, Some(&frame.function), paint);
            write_source_line(out, &frame.place, paint);
        }
        if run > REPEATS_SHOWN {
            let more = run - REPEATS_SHOWN;
            let _ = writeln!(
                out,
                "  [Previous line repeated {more} more time{}]",
                if more == 1 { "" } else { "s" }
            );
        }
        i += run;
    }
}

fn write_location(out: &mut String, place: &Place, function: Option<&str>, paint: Paint) {
    let file = paint(Role::Place, &format!("\"{}\"", place.file));
    let line = paint(Role::Place, &place.line.to_string());
    let _ = write!(out, "  File {file}, line {line}");
    if let Some(name) = function {
        let _ = write!(out, ", in {}", paint(Role::Place, name));
    }
    out.push('\n');
}

/// The line of a frame and the marks below it, which are left out where they would mark the whole line.
fn write_source_line(out: &mut String, place: &Place, paint: Paint) {
    let Some(text) = &place.text else { return };
    let line = text.trim();
    if line.is_empty() {
        return;
    }
    let _ = writeln!(out, "    {line}");
    let Some(columns) = place.columns else { return };
    let indent = text.chars().count() - text.trim_start().chars().count();
    let letters: Vec<char> = line.chars().collect();
    let start = columns.start.saturating_sub(indent).min(letters.len());
    let end = columns
        .end
        .saturating_sub(indent)
        .clamp(start, letters.len());
    let goes_on = columns.end == usize::MAX;
    let anchor = if goes_on {
        None
    } else {
        operator(&letters[start..end])
    };
    if start == end || (anchor.is_none() && end - start >= letters.len()) {
        return;
    }
    let mark = |i: usize| match anchor {
        Some(a) if !(a.start..a.end).contains(&(i - start)) => '~',
        _ => '^',
    };
    let marks: String = (start..end)
        .flat_map(|i| widened(letters[i], mark(i)))
        .collect();
    let _ = writeln!(
        out,
        "    {}{}",
        padding(&letters[..start]),
        paint(Role::Caret, &marks)
    );
}

/// The line of a syntax error: marked by one caret at least, which may stand behind the line's end.
fn write_syntax_line(out: &mut String, place: &Place, paint: Paint) {
    let Some(text) = &place.text else { return };
    let line = text.trim_start_matches([' ', '\t', '\x0c']);
    let indent = text.chars().count() - line.chars().count();
    let line = line.trim_end();
    let _ = writeln!(out, "    {line}");
    // A mark within the indentation is not shown.
    let Some(columns) = place.columns.filter(|columns| columns.start >= indent) else {
        return;
    };
    let letters: Vec<char> = line.chars().collect();
    let start = columns.start.saturating_sub(indent).min(letters.len());
    let end = columns
        .end
        .saturating_sub(indent)
        .min(letters.len())
        .max(start + 1);
    let mark = |i: usize| widened(letters.get(i).copied().unwrap_or(' '), '^');
    let marks: String = (start..end).flat_map(mark).collect();
    let _ = writeln!(
        out,
        "    {}{}",
        padding(&letters[..start]),
        paint(Role::Caret, &marks)
    );
}

/// Blanks as wide as the given text; tabs stay tabs.
fn padding(letters: &[char]) -> String {
    letters
        .iter()
        .flat_map(|&c| widened(c, if c == '\t' { '\t' } else { ' ' }))
        .collect()
}

fn widened(under: char, mark: char) -> impl Iterator<Item = char> {
    std::iter::repeat_n(mark, if is_wide(under) { 2 } else { 1 })
}

/// Whether a terminal gives the character two cells: East Asian wide and full-width ones, and emoji.
fn is_wide(c: char) -> bool {
    matches!(u32::from(c),
        0x1100..=0x115f | 0x2e80..=0x303e | 0x3041..=0xa4cf | 0xac00..=0xd7a3 | 0xf900..=0xfaff
        | 0xfe30..=0xfe6f | 0xff00..=0xff60 | 0xffe0..=0xffe6 | 0x1f300..=0x1faff | 0x20000..=0x3fffd)
}

/// Where in an expression its outermost operator stands, or the brackets of its outermost subscript; nothing for
/// other expressions. CPython parses the text again for this; a scan of the outermost level finds the same.
fn operator(expression: &[char]) -> Option<Columns> {
    let mut scan = Scan {
        text: expression,
        at: 0,
        operand: false,
        unary_first: false,
        found: None,
    };
    scan.run()?;
    match scan.found {
        Some((POWER, _)) if scan.unary_first => None,
        Some((_, columns)) => Some(columns),
        None if scan.unary_first => None,
        None => subscript(expression),
    }
}

const POWER: u8 = 6;

/// A walk over the outermost level of an expression.
struct Scan<'a> {
    text: &'a [char],
    at: usize,
    /// Whether an operand has just been passed, so that an operator is a binary one.
    operand: bool,
    unary_first: bool,
    /// The loosest operator so far: how tightly it binds, and where it is.
    found: Option<(u8, Columns)>,
}

impl Scan<'_> {
    /// Walks to the end; `None` if the expression is of another kind than arithmetic.
    fn run(&mut self) -> Option<()> {
        while let Some(&c) = self.text.get(self.at) {
            match c {
                ' ' | '\t' => self.at += 1,
                '(' | '[' | '{' => {
                    self.at = closing(self.text, self.at)? + 1;
                    self.operand = true;
                }
                '"' | '\'' => {
                    self.at = string_end(self.text, self.at)?;
                    self.operand = true;
                }
                '.' => self.at += 1,
                _ if c.is_alphanumeric() || c == '_' => self.word()?,
                '+' | '-' | '~' if !self.operand => {
                    self.unary_first |= self.found.is_none();
                    self.at += 1;
                }
                _ => self.binary(c)?,
            }
        }
        Some(())
    }

    fn word(&mut self) -> Option<()> {
        let rest = &self.text[self.at..];
        let length = rest
            .iter()
            .take_while(|c| c.is_alphanumeric() || **c == '_')
            .count();
        let word: String = rest[..length].iter().collect();
        self.at += length;
        self.operand = true;
        let exponent = word.starts_with(|c: char| c.is_ascii_digit()) && word.ends_with(['e', 'E']);
        if exponent && matches!(self.text.get(self.at), Some('+' | '-')) {
            self.at += 1;
        }
        let other = [
            "if", "else", "or", "and", "not", "in", "is", "lambda", "await", "yield", "for",
        ];
        (!other.contains(&word.as_str())).then_some(())
    }

    fn binary(&mut self, c: char) -> Option<()> {
        let next = self.text.get(self.at + 1).copied();
        let doubled = next == Some(c);
        let (binds, length) = match (c, doubled) {
            ('|', _) => (0, 1),
            ('^', _) => (1, 1),
            ('&', _) => (2, 1),
            ('<' | '>', true) => (3, 2),
            ('+' | '-', _) => (4, 1),
            ('*', true) => (POWER, 2),
            ('/', true) => (5, 2),
            ('*' | '/' | '%' | '@', _) => (5, 1),
            _ => return None,
        };
        let columns = Columns {
            start: self.at,
            end: self.at + length,
        };
        // Operators associate to the left, so the last of the loosest is the outermost; powers to the right.
        if self
            .found
            .is_none_or(|(b, _)| binds < b || (binds == b && binds != POWER))
        {
            self.found = Some((binds, columns));
        }
        self.at += length;
        self.operand = false;
        // `a += b` is no expression.
        (self.text.get(self.at) != Some(&'=')).then_some(())
    }
}

/// The last pair of square brackets, if the expression ends with it and has something before it.
fn subscript(expression: &[char]) -> Option<Columns> {
    let mut at = 0;
    let mut last = None;
    while at < expression.len() {
        match expression[at] {
            '(' | '[' | '{' => {
                let close = closing(expression, at)?;
                last = Some((at, close));
                at = close + 1;
            }
            '"' | '\'' => at = string_end(expression, at)?,
            _ => at += 1,
        }
    }
    let (open, close) = last?;
    let fits = open > 0 && expression[open] == '[' && close + 1 == expression.len();
    fits.then_some(Columns {
        start: open,
        end: close + 1,
    })
}

/// Where the bracket opened at `open` is closed.
fn closing(text: &[char], open: usize) -> Option<usize> {
    let mut depth = 0;
    let mut at = open;
    while at < text.len() {
        match text[at] {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at);
                }
            }
            '"' | '\'' => {
                at = string_end(text, at)?;
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    None
}

/// The place after the string that starts at `start`.
fn string_end(text: &[char], start: usize) -> Option<usize> {
    let quote = text[start];
    let triple = text[start..].starts_with(&[quote; 3]);
    let length = if triple { 3 } else { 1 };
    let mut at = start + length;
    while at < text.len() {
        match text[at] {
            '\\' => at += 2,
            c if c == quote && (!triple || text[at..].starts_with(&[quote; 3])) => {
                return Some(at + length);
            }
            _ => at += 1,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(line: usize, text: &str, start: usize, end: usize) -> Place {
        let columns = Some(Columns { start, end });
        Place {
            file: "x.nn".into(),
            line,
            text: Some(text.into()),
            columns,
        }
    }

    fn frame(line: usize, text: &str, start: usize, end: usize, function: &str) -> Frame {
        Frame {
            place: place(line, text, start, end),
            function: function.into(),
        }
    }

    #[test]
    fn a_traceback_has_cpythons_shape() {
        let mut report = Report::new("ZeroDivisionError: division by zero");
        report.frames = vec![
            frame(3, "print(f(1))", 6, 10, "<module>"),
            frame(2, "    return x + x / 0  # oops", 15, 20, "f"),
        ];
        report.help = Some("divide by something else".into());
        let expected = "Traceback (most recent call last):\n  File \"x.nn\", line 3, in <module>\n    \
            print(f(1))\n          ^^^^\n  File \"x.nn\", line 2, in f\n    return x + x / 0  # oops\n               \
            ~~^~~\nZeroDivisionError: division by zero\n";
        assert_eq!(traceback(&report, &plain), expected);
        assert_eq!(help(&report, &plain), "help: divide by something else\n");
    }

    #[test]
    fn repeated_frames_are_folded() {
        let mut report = Report::new("RecursionError: maximum recursion depth exceeded");
        report.frames = vec![frame(2, "    return f()", 11, 14, "f"); 996];
        let text = traceback(&report, &plain);
        assert_eq!(text.matches("in f\n").count(), 3);
        assert!(
            text.contains("  [Previous line repeated 993 more times]\n"),
            "{text}"
        );
    }

    #[test]
    fn a_syntax_error_marks_its_place() {
        let mut report = Report::new("SyntaxError: '(' was never closed");
        report.syntax = Some(place(1, "  print(1", 7, 8));
        let expected =
            "  File \"x.nn\", line 1\n    print(1\n         ^\nSyntaxError: '(' was never closed\n";
        assert_eq!(traceback(&report, &plain), expected);
    }

    #[test]
    fn chained_exceptions_come_first() {
        let mut report = Report::new("ValueError: b");
        report.earlier = Some((Link::Cause, Box::new(Report::new("KeyError: 'a'"))));
        let text = traceback(&report, &plain);
        assert!(
            text.starts_with("KeyError: 'a'\n\nThe above exception was the direct cause"),
            "{text}"
        );
    }

    #[test]
    fn wide_characters_take_two_cells() {
        let mut report = Report::new("NameError: name '坏' is not defined");
        report.frames = vec![frame(1, "f('输入', 坏, 1)", 8, 9, "<module>")];
        let text = traceback(&report, &plain);
        assert!(text.contains("\n              ^^\n"), "{text}");
    }

    #[test]
    fn the_outermost_operator_is_found() {
        let found = |text: &str| {
            let letters: Vec<char> = text.chars().collect();
            operator(&letters).map(|c| text[c.start..c.end].to_string() + &format!(" {}", c.start))
        };
        assert_eq!(found("a + b * c").as_deref(), Some("+ 2"));
        assert_eq!(found("a - b + c").as_deref(), Some("+ 6"));
        assert_eq!(found("a ** b ** c").as_deref(), Some("** 2"));
        assert_eq!(found("(a + b)*c").as_deref(), Some("* 7"));
        assert_eq!(found("x[1] @ f('+')").as_deref(), Some("@ 5"));
        assert_eq!(found("x[1][k + 2]").as_deref(), Some("[k + 2] 4"));
        assert_eq!(found("1e-3 - x").as_deref(), Some("- 5"));
        for other in [
            "f(a + b)",
            "a.b",
            "-a",
            "-a ** b",
            "a < b",
            "not a + b",
            "[1, 2]",
            "lambda: a + b",
            "x += 1",
        ] {
            assert_eq!(found(other), None, "{other}");
        }
    }
}
