//! Python's syntax of regular expressions, checked and translated into that of the matching engine. Literals are
//! written as code points, groups by number only, and flags out, so that both sides agree on every character.

mod escape;
mod group;
mod set;

use std::fmt::Write;

/// A mistake in a pattern: what, and at which character.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) message: String,
    pub(super) place: Option<usize>,
}

/// The flags, with Python's numbers.
pub(super) mod flag {
    pub(in super::super) const IGNORECASE: i64 = 2;
    pub(in super::super) const LOCALE: i64 = 4;
    pub(in super::super) const MULTILINE: i64 = 8;
    pub(in super::super) const DOTALL: i64 = 16;
    pub(in super::super) const UNICODE: i64 = 32;
    pub(in super::super) const VERBOSE: i64 = 64;
    pub(in super::super) const DEBUG: i64 = 128;
    pub(in super::super) const ASCII: i64 = 256;
}

/// A translated pattern.
#[derive(Debug, Default)]
pub(super) struct Translated {
    /// The text for the engine; [`DOLLAR`] stands where the end of the text is meant.
    pub(super) text: String,
    /// The flags, those of the pattern itself included.
    pub(super) flags: i64,
    /// How many groups there are.
    pub(super) groups: usize,
    /// Names of groups.
    pub(super) names: Vec<(String, usize)>,
    /// The groups in the order in which they close.
    pub(super) closing: Vec<usize>,
}

/// Stands for `$` outside multi-line mode: the end of the text, or the place before a newline at its end.
pub(super) const DOLLAR: char = '\u{f8ff}';

/// Deeper nesting of groups is refused.
const DEEPEST: usize = 200;

struct Translator {
    chars: Vec<char>,
    at: usize,
    out: Translated,
    flags: i64,
    depth: usize,
    open: Vec<usize>,
    bytes: bool,
}

type Step<T = ()> = Result<T, Fault>;

/// Translates a pattern.
pub(super) fn translate(pattern: &str, flags: i64, bytes: bool) -> Step<Translated> {
    let mut t = Translator {
        chars: pattern.chars().collect(),
        at: 0,
        out: Translated::default(),
        flags,
        depth: 0,
        open: Vec::new(),
        bytes,
    };
    t.global_flags()?;
    t.alternatives()?;
    if t.at < t.chars.len() {
        return Err(t.fault("unbalanced parenthesis", t.at));
    }
    if t.flags & flag::IGNORECASE != 0 {
        t.out.text.insert_str(0, "(?i)");
    }
    t.out.flags = t.flags
        | if bytes || t.flags & flag::ASCII != 0 {
            0
        } else {
            flag::UNICODE
        };
    Ok(t.out)
}

/// Writes a character so that the engine takes it for itself.
fn literal(out: &mut String, c: char) {
    if c.is_ascii_alphanumeric() || c == '_' || (!c.is_ascii() && c != DOLLAR) {
        out.push(c);
    } else {
        let _ = write!(out, "\\x{{{:x}}}", u32::from(c));
    }
}

impl Translator {
    fn fault(&self, message: impl Into<String>, place: usize) -> Fault {
        Fault {
            message: message.into(),
            place: Some(place),
        }
    }

    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn eat(&mut self, c: char) -> bool {
        let found = self.peek() == Some(c);
        self.at += usize::from(found);
        found
    }

    fn ascii(&self) -> bool {
        self.bytes || self.flags & flag::ASCII != 0
    }

    fn verbose(&self) -> bool {
        self.flags & flag::VERBOSE != 0
    }

    /// `(?flags)` at the beginning of the pattern.
    fn global_flags(&mut self) -> Step {
        loop {
            let rest: String = self.chars[self.at..].iter().take(16).collect();
            let Some(inner) = rest
                .strip_prefix("(?")
                .and_then(|rest| rest.split_once(')'))
                .map(|(inner, _)| inner)
            else {
                return Ok(());
            };
            if inner.is_empty() || !inner.chars().all(|c| "aiLmsux".contains(c)) {
                return Ok(());
            }
            let length = inner.len();
            for letter in inner.chars() {
                self.flags |= self.flag_of(letter)?;
            }
            self.at += length + 3;
        }
    }

    fn flag_of(&self, letter: char) -> Step<i64> {
        Ok(match letter {
            'a' => flag::ASCII,
            'i' => flag::IGNORECASE,
            'L' if !self.bytes => {
                return Err(self.fault(
                    "bad inline flags: cannot use 'L' flag with a str pattern",
                    self.at + 3,
                ));
            }
            'L' => flag::LOCALE,
            'm' => flag::MULTILINE,
            's' => flag::DOTALL,
            'u' if self.bytes => {
                return Err(self.fault(
                    "bad inline flags: cannot use 'u' flag with a bytes pattern",
                    self.at + 3,
                ));
            }
            'u' => flag::UNICODE,
            'x' => flag::VERBOSE,
            _ => return Err(self.fault("unknown flag", self.at)),
        })
    }

    /// Alternatives up to a closing parenthesis or the end.
    fn alternatives(&mut self) -> Step {
        loop {
            self.sequence()?;
            if !self.eat('|') {
                return Ok(());
            }
            self.out.text.push('|');
        }
    }

    /// In verbose mode, skips blanks and comments.
    fn skip_blanks(&mut self) {
        while self.verbose() {
            match self.peek() {
                Some(c) if c.is_ascii_whitespace() || c == '\u{b}' => self.at += 1,
                Some('#') => {
                    while self.peek().is_some_and(|c| c != '\n') {
                        self.at += 1;
                    }
                }
                _ => return,
            }
        }
    }

    fn sequence(&mut self) -> Step {
        // Where the last item begins in the output: `None` where there is nothing to repeat.
        let mut item: Option<usize> = None;
        let mut repeated = false;
        loop {
            self.skip_blanks();
            let Some(c) = self.peek() else { return Ok(()) };
            let begin = self.at;
            match c {
                '|' | ')' => return Ok(()),
                '*' | '+' | '?' | '{' => {
                    if let Some((low, high)) = self.quantifier()? {
                        match item {
                            _ if repeated => return Err(self.fault("multiple repeat", begin)),
                            None => return Err(self.fault("nothing to repeat", begin)),
                            Some(from) => self.repeat(from, low, high),
                        }
                        repeated = true;
                        continue;
                    }
                    self.at += 1;
                    item = Some(self.out.text.len());
                    literal(&mut self.out.text, c);
                }
                '^' | '$' => {
                    self.at += 1;
                    item = None;
                    self.anchor(c);
                }
                _ => {
                    let from = self.out.text.len();
                    let is_item = self.atom(c)?;
                    // A comment leaves what stands before it as it is.
                    if self.out.text.len() == from && !is_item {
                        continue;
                    }
                    item = is_item.then_some(from);
                }
            }
            repeated = false;
        }
    }

    fn anchor(&mut self, c: char) {
        let multiline = self.flags & flag::MULTILINE != 0;
        match (c, multiline) {
            ('^', true) => self.out.text.push_str("(?m:^)"),
            ('^', false) => self.out.text.push_str("\\A"),
            (_, true) => self.out.text.push_str("(?m:$)"),
            (_, false) => self.out.text.push(DOLLAR),
        }
    }

    /// The bounds of a quantifier; nothing where a brace is an ordinary character.
    fn quantifier(&mut self) -> Step<Option<(usize, Option<usize>)>> {
        let begin = self.at;
        match self.chars[self.at] {
            '*' => (self.at += 1, Ok(Some((0, None)))).1,
            '+' => (self.at += 1, Ok(Some((1, None)))).1,
            '?' => (self.at += 1, Ok(Some((0, Some(1))))).1,
            _ => {
                self.at += 1;
                if self.peek() == Some('}') {
                    self.at = begin;
                    return Ok(None);
                }
                let low = self.number();
                let high = if self.eat(',') { self.number() } else { low };
                let exact = self.chars[begin..self.at].iter().all(|&c| c != ',');
                if !self.eat('}') || (exact && low.is_none()) {
                    self.at = begin;
                    return Ok(None);
                }
                let bounds = (low.unwrap_or(0), if exact { low } else { high });
                if bounds.1.is_some_and(|high| high < bounds.0) {
                    return Err(self.fault("min repeat greater than max repeat", begin + 1));
                }
                Ok(Some(bounds))
            }
        }
    }

    fn number(&mut self) -> Option<usize> {
        let begin = self.at;
        while self.peek().is_some_and(|c| c.is_ascii_digit()) {
            self.at += 1;
        }
        self.chars[begin..self.at]
            .iter()
            .collect::<String>()
            .parse()
            .ok()
    }

    /// Writes a quantifier behind the item that begins at `from`.
    fn repeat(&mut self, from: usize, low: usize, high: Option<usize>) {
        let sign = match (low, high) {
            (0, None) => "*".to_string(),
            (1, None) => "+".to_string(),
            (0, Some(1)) => "?".to_string(),
            (low, None) => format!("{{{low},}}"),
            (low, Some(high)) => format!("{{{low},{high}}}"),
        };
        self.out.text.push_str(&sign);
        if self.eat('?') {
            self.out.text.push('?');
        } else if self.eat('+') {
            self.out.text.insert_str(from, "(?>");
            self.out.text.push(')');
        }
    }

    /// One item; false for those that cannot be repeated, such as boundaries.
    fn atom(&mut self, c: char) -> Step<bool> {
        self.at += 1;
        match c {
            '.' => {
                let dot = if self.flags & flag::DOTALL != 0 {
                    "(?s:.)"
                } else {
                    "[^\\n]"
                };
                self.out.text.push_str(dot);
                Ok(true)
            }
            '[' => self.class().map(|()| true),
            '(' => self.group(),
            '\\' => self.escape(),
            c => {
                literal(&mut self.out.text, c);
                Ok(true)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(pattern: &str) -> String {
        translate(pattern, 0, false).unwrap().text
    }

    fn message(pattern: &str) -> String {
        let fault = translate(pattern, 0, false).unwrap_err();
        format!("{} at position {}", fault.message, fault.place.unwrap())
    }

    #[test]
    fn patterns_are_written_for_the_engine() {
        assert_eq!(text("a.b"), "a[^\\n]b");
        assert_eq!(text("[]^-]"), "[\\x{5d}\\x{5e}\\x{2d}]");
        assert_eq!(text("(?P<x>a)(?P=x)"), "(a)(?:\\1)");
        assert_eq!(text("x{,3}y{"), "x{0,3}y\\x{7b}");
        assert_eq!(text("a*+"), "(?>a*)");
        assert_eq!(text("(?x) a # c\n b"), "ab");
    }

    #[test]
    fn mistakes_are_told_in_cpythons_words() {
        assert_eq!(
            message("(a"),
            "missing ), unterminated subpattern at position 0"
        );
        assert_eq!(message("a)"), "unbalanced parenthesis at position 1");
        assert_eq!(message("*a"), "nothing to repeat at position 0");
        assert_eq!(message("a**"), "multiple repeat at position 2");
        assert_eq!(message("[a"), "unterminated character set at position 0");
        assert_eq!(message("[z-a]"), "bad character range z-a at position 1");
        assert_eq!(message("\\q"), "bad escape \\q at position 0");
        assert_eq!(message("\\2"), "invalid group reference 2 at position 1");
        assert_eq!(
            message("(?P<1>a)"),
            "bad character in group name '1' at position 4"
        );
    }
}
