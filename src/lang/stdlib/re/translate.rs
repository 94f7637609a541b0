//! Python's syntax of regular expressions, checked and translated into that of the matching engine. Literals are
//! written as code points, groups by number only, and flags out, so that both sides agree on every character.

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

/// One member of a character class.
enum Member {
    Char(char),
    Set(String),
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

    fn group(&mut self) -> Step<bool> {
        let begin = self.at - 1;
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.fault("too many nested groups", begin));
        }
        let flags = self.flags;
        let repeatable = if self.eat('?') {
            self.extension(begin)?
        } else {
            self.capture(begin, None).map(|()| true)?
        };
        self.flags = flags;
        self.depth -= 1;
        Ok(repeatable)
    }

    fn close(&mut self, begin: usize) -> Step {
        if self.eat(')') {
            Ok(())
        } else {
            Err(self.fault("missing ), unterminated subpattern", begin))
        }
    }

    /// The inside of a capturing group.
    fn capture(&mut self, begin: usize, name: Option<(String, usize)>) -> Step {
        self.out.groups += 1;
        let number = self.out.groups;
        if let Some((name, place)) = name {
            if let Some((_, known)) = self.out.names.iter().find(|(known, _)| *known == name) {
                let message = format!(
                    "redefinition of group name {} as group {number}; was group {known}",
                    crate::lang::object::protocol::repr_str(&name)
                );
                return Err(self.fault(message, place));
            }
            self.out.names.push((name, number));
        }
        self.open.push(number);
        self.out.text.push('(');
        self.alternatives()?;
        self.close(begin)?;
        self.out.text.push(')');
        self.open.pop();
        self.out.closing.push(number);
        Ok(())
    }

    /// The inside of a group that is none for the script.
    fn plain(&mut self, begin: usize, head: &str) -> Step {
        self.out.text.push_str(head);
        self.alternatives()?;
        self.close(begin)?;
        self.out.text.push(')');
        Ok(())
    }

    fn extension(&mut self, begin: usize) -> Step<bool> {
        let Some(c) = self.peek() else {
            return Err(self.fault("unexpected end of pattern", self.at));
        };
        self.at += 1;
        match c {
            ':' => self.plain(begin, "(?:").map(|()| true),
            '=' => self.plain(begin, "(?=").map(|()| true),
            '!' => self.plain(begin, "(?!").map(|()| true),
            '>' => self.plain(begin, "(?>").map(|()| true),
            '#' => {
                while let Some(c) = self.peek() {
                    self.at += 1;
                    if c == ')' {
                        return Ok(false);
                    }
                }
                Err(self.fault("missing ), unterminated comment", begin))
            }
            '<' => match self.peek() {
                Some('=') => (self.at += 1, self.plain(begin, "(?<=").map(|()| true)).1,
                Some('!') => (self.at += 1, self.plain(begin, "(?<!").map(|()| true)).1,
                Some(c) => Err(self.fault(format!("unknown extension ?<{c}"), begin + 1)),
                None => Err(self.fault("unexpected end of pattern", self.at)),
            },
            'P' => self.named(begin),
            '(' => self.conditional(begin).map(|()| true),
            c if "aiLmsux-".contains(c) => self.scoped(begin, c),
            c => Err(self.fault(format!("unknown extension ?{c}"), begin + 1)),
        }
    }

    /// `(?P<name>...)` and `(?P=name)`
    fn named(&mut self, begin: usize) -> Step<bool> {
        if self.eat('<') {
            let place = self.at;
            let name = self.name('>')?;
            self.check_name(&name, place)?;
            return self.capture(begin, Some((name, place))).map(|()| true);
        }
        if self.eat('=') {
            let place = self.at;
            let name = self.name(')')?;
            self.check_name(&name, place)?;
            let number = self.number_of(&name, place)?;
            self.reference(number, place)?;
            return Ok(true);
        }
        match self.peek() {
            Some(c) => Err(self.fault(format!("unknown extension ?P{c}"), begin + 1)),
            None => Err(self.fault("unexpected end of pattern", self.at)),
        }
    }

    /// The text up to a closing character.
    fn name(&mut self, end: char) -> Step<String> {
        let begin = self.at;
        while let Some(c) = self.peek() {
            self.at += 1;
            if c == end {
                let name: String = self.chars[begin..self.at - 1].iter().collect();
                if name.is_empty() {
                    return Err(self.fault("missing group name", begin));
                }
                return Ok(name);
            }
        }
        if begin == self.at {
            return Err(self.fault("missing group name", begin));
        }
        Err(self.fault(format!("missing {end}, unterminated name"), begin))
    }

    fn check_name(&self, name: &str, place: usize) -> Step {
        let mut chars = name.chars();
        let good = chars.next().is_some_and(|c| c == '_' || c.is_alphabetic())
            && chars.all(|c| c == '_' || c.is_alphanumeric());
        if good {
            return Ok(());
        }
        let shown = crate::lang::object::protocol::repr_str(name);
        Err(self.fault(format!("bad character in group name {shown}"), place))
    }

    fn number_of(&self, name: &str, place: usize) -> Step<usize> {
        match self.out.names.iter().find(|(known, _)| known == name) {
            Some((_, number)) => Ok(*number),
            None => {
                let shown = crate::lang::object::protocol::repr_str(name);
                Err(self.fault(format!("unknown group name {shown}"), place))
            }
        }
    }

    /// Writes a reference to what a group matched.
    fn reference(&mut self, number: usize, place: usize) -> Step {
        if self.open.contains(&number) {
            return Err(self.fault("cannot refer to an open group", place));
        }
        let _ = write!(self.out.text, "(?:\\{number})");
        Ok(())
    }

    /// `(?(1)yes|no)`
    fn conditional(&mut self, begin: usize) -> Step {
        let place = self.at;
        let name = self.name(')')?;
        let number = match name.parse::<usize>() {
            Ok(0) => return Err(self.fault("bad group number", place)),
            Ok(number) if number > self.out.groups => {
                return Err(self.fault(format!("invalid group reference {number}"), place));
            }
            Ok(number) => number,
            Err(_) => {
                self.check_name(&name, place)?;
                self.number_of(&name, place)?
            }
        };
        let _ = write!(self.out.text, "(?({number})");
        self.sequence()?;
        if self.eat('|') {
            self.out.text.push('|');
            self.sequence()?;
            if self.peek() == Some('|') {
                return Err(self.fault("conditional backref with more than two branches", self.at));
            }
        }
        self.close(begin)?;
        self.out.text.push(')');
        Ok(())
    }

    /// `(?i-s:...)`: flags for a part of the pattern.
    fn scoped(&mut self, begin: usize, first: char) -> Step<bool> {
        let (mut on, mut off, mut negative) = (0, 0, false);
        let mut c = first;
        loop {
            match c {
                '-' if negative => return Err(self.fault("missing flag", self.at)),
                '-' => negative = true,
                ':' => break,
                ')' if !negative && on != 0 => {
                    return Err(
                        self.fault("global flags not at the start of the expression", begin)
                    );
                }
                c if "aiLmsux".contains(c) => {
                    let bit = self.flag_of(c)?;
                    if negative { off |= bit } else { on |= bit }
                }
                c if c.is_alphabetic() => return Err(self.fault("unknown flag", self.at - 1)),
                _ => return Err(self.fault("missing -, : or )", self.at - 1)),
            }
            let Some(next) = self.peek() else {
                return Err(self.fault("missing -, : or )", self.at));
            };
            c = next;
            self.at += 1;
        }
        self.flags = (self.flags | on) & !off;
        let head = match (on & flag::IGNORECASE != 0, off & flag::IGNORECASE != 0) {
            (true, _) => "(?i:",
            (_, true) => "(?-i:",
            _ => "(?:",
        };
        self.plain(begin, head).map(|()| true)
    }

    /// What a class letter such as `d` stands for.
    fn shorthand(&self, letter: char, in_class: bool) -> String {
        let ascii = self.ascii();
        let set = match letter.to_ascii_lowercase() {
            'd' if ascii => "0-9",
            's' if ascii => " \\t\\n\\r\\x0b\\x0c",
            'w' if ascii => "a-zA-Z0-9_",
            'd' => "\\d",
            's' => "\\s\\x1c-\\x1f",
            _ => "\\w",
        };
        match (letter.is_ascii_uppercase(), in_class) {
            (true, _) => format!("[^{set}]"),
            (false, true) => set.to_string(),
            (false, false) => format!("[{set}]"),
        }
    }

    /// An escape outside a class; false for boundaries.
    fn escape(&mut self) -> Step<bool> {
        let begin = self.at - 1;
        let Some(c) = self.peek() else {
            return Err(self.fault("bad escape (end of pattern)", begin));
        };
        self.at += 1;
        match c {
            'd' | 'D' | 's' | 'S' | 'w' | 'W' => {
                let set = self.shorthand(c, false);
                self.out.text.push_str(&set);
                Ok(true)
            }
            'A' | 'b' | 'B' => {
                self.out.text.push('\\');
                self.out.text.push(c);
                Ok(false)
            }
            'Z' => {
                self.out.text.push_str("\\z");
                Ok(false)
            }
            '1'..='9' => self.numbered(begin, c).map(|()| true),
            c => {
                let found = self.char_escape(begin, c)?;
                literal(&mut self.out.text, found);
                Ok(true)
            }
        }
    }

    /// `\1` to `\99`, or three octal digits.
    fn numbered(&mut self, begin: usize, first: char) -> Step {
        let mut digits = first.to_string();
        if let Some(second) = self.peek().filter(char::is_ascii_digit) {
            digits.push(second);
            let third = self.chars.get(self.at + 1).copied();
            let octal = |c: char| ('0'..='7').contains(&c);
            if octal(first) && octal(second) && third.is_some_and(octal) {
                digits.extend(third);
                self.at += 2;
                let code = u32::from_str_radix(&digits, 8).unwrap_or(0);
                if code > 0o377 {
                    return Err(self.fault(
                        format!("octal escape value \\{digits} outside of range 0-0o377"),
                        begin,
                    ));
                }
                literal(&mut self.out.text, char::from_u32(code).unwrap_or('\0'));
                return Ok(());
            }
            self.at += 1;
        }
        let number: usize = digits.parse().unwrap_or(0);
        if number > self.out.groups {
            return Err(self.fault(format!("invalid group reference {number}"), begin + 1));
        }
        self.reference(number, begin)
    }

    /// The character that an escape stands for, inside a class and outside.
    fn char_escape(&mut self, begin: usize, c: char) -> Step<char> {
        let digits = match c {
            'n' => return Ok('\n'),
            't' => return Ok('\t'),
            'r' => return Ok('\r'),
            'f' => return Ok('\u{c}'),
            'v' => return Ok('\u{b}'),
            'a' => return Ok('\u{7}'),
            '0' => {
                let from = self.at - 1;
                while self.at < from + 3 && self.peek().is_some_and(|c| ('0'..='7').contains(&c)) {
                    self.at += 1;
                }
                let digits: String = self.chars[from..self.at].iter().collect();
                return Ok(
                    char::from_u32(u32::from_str_radix(&digits, 8).unwrap_or(0)).unwrap_or('\0')
                );
            }
            'x' => 2,
            'u' if !self.bytes => 4,
            'U' if !self.bytes => 8,
            c if c.is_ascii_alphabetic() => {
                return Err(self.fault(format!("bad escape \\{c}"), begin));
            }
            c => return Ok(c),
        };
        let from = self.at;
        while self.at < from + digits && self.peek().is_some_and(|c| c.is_ascii_hexdigit()) {
            self.at += 1;
        }
        let text: String = self.chars[from..self.at].iter().collect();
        if text.len() != digits {
            return Err(self.fault(format!("incomplete escape \\{c}{text}"), begin));
        }
        let code = u32::from_str_radix(&text, 16).ok().and_then(char::from_u32);
        code.ok_or_else(|| self.fault(format!("bad escape \\{c}{text}"), begin))
    }

    /// A character class behind its opening bracket.
    fn class(&mut self) -> Step {
        let begin = self.at - 1;
        self.out.text.push('[');
        if self.eat('^') {
            self.out.text.push('^');
        }
        let first = self.at;
        loop {
            let Some(c) = self.peek() else {
                return Err(self.fault("unterminated character set", begin));
            };
            if c == ']' && self.at > first {
                self.at += 1;
                break;
            }
            let place = self.at;
            let member = self.member(begin)?;
            if self.peek() == Some('-') && self.chars.get(self.at + 1).is_some_and(|&c| c != ']') {
                self.at += 1;
                let last = self.member(begin)?;
                self.range(place, &member, &last)?;
                continue;
            }
            match member {
                Member::Char(c) => literal(&mut self.out.text, c),
                Member::Set(set) => self.out.text.push_str(&set),
            }
        }
        self.out.text.push(']');
        Ok(())
    }

    fn range(&mut self, place: usize, first: &Member, last: &Member) -> Step {
        let shown: String = self.chars[place..self.at].iter().collect();
        let bad = self.fault(format!("bad character range {shown}"), place);
        let (Member::Char(a), Member::Char(b)) = (first, last) else {
            return Err(bad);
        };
        if a > b {
            return Err(bad);
        }
        literal(&mut self.out.text, *a);
        self.out.text.push('-');
        literal(&mut self.out.text, *b);
        Ok(())
    }

    fn member(&mut self, class: usize) -> Step<Member> {
        let begin = self.at;
        let Some(c) = self.peek() else {
            return Err(self.fault("unterminated character set", class));
        };
        self.at += 1;
        if c != '\\' {
            return Ok(Member::Char(c));
        }
        let Some(c) = self.peek() else {
            return Err(self.fault("bad escape (end of pattern)", begin));
        };
        self.at += 1;
        Ok(match c {
            'd' | 'D' | 's' | 'S' | 'w' | 'W' => Member::Set(self.shorthand(c, true)),
            'b' => Member::Char('\u{8}'),
            '1'..='7' => {
                self.at -= 1;
                let from = self.at;
                while self.at < from + 3 && self.peek().is_some_and(|c| ('0'..='7').contains(&c)) {
                    self.at += 1;
                }
                let digits: String = self.chars[from..self.at].iter().collect();
                let code = u32::from_str_radix(&digits, 8).unwrap_or(0);
                if code > 0o377 {
                    let message = format!("octal escape value \\{digits} outside of range 0-0o377");
                    return Err(self.fault(message, begin));
                }
                Member::Char(char::from_u32(code).unwrap_or('\0'))
            }
            '8' | '9' => return Err(self.fault(format!("bad escape \\{c}"), begin)),
            c => Member::Char(self.char_escape(begin, c)?),
        })
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
