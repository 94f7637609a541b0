//! `sub`: replacement of matches by a template or by what a function returns.

use super::matched;
use super::pattern::{Pattern, Scanner, Spans, Subject, raise, subject};
use super::translate::Fault;
use crate::lang::object::{Caller, Ref, Result, Value, index_error, protocol, type_error};

enum Part {
    Text(String),
    Group(usize),
}

/// A replacement with references to groups.
pub(super) struct Template {
    parts: Vec<Part>,
}

impl Template {
    /// Reads a template.
    pub(super) fn parse(source: &Value, pattern: &Ref<Pattern>) -> Result<Template> {
        let found = subject(source).map_err(|_| {
            type_error(format!(
                "decoding to str: need a bytes-like object, {} found",
                source.class_name()
            ))
        })?;
        let text = found.as_str();
        if !text.contains('\\') {
            return Ok(Template {
                parts: vec![Part::Text(text.to_string())],
            });
        }
        let mut reader = Reader {
            chars: text.chars().collect(),
            at: 0,
            parts: Vec::new(),
            text: String::new(),
        };
        match reader.read(pattern) {
            Ok(()) => {
                let rest = std::mem::take(&mut reader.text);
                reader.parts.push(Part::Text(rest));
                Ok(Template {
                    parts: reader.parts,
                })
            }
            Err(Wrong::Name(name)) => Err(index_error(format!(
                "unknown group name {}",
                protocol::repr_str(&name)
            ))),
            Err(Wrong::Fault(fault)) => Err(raise(&fault, source, text)),
        }
    }

    /// Writes the template with the groups of a match filled in.
    pub(super) fn expand(&self, spans: &Spans, text: &str, out: &mut String) {
        for part in &self.parts {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Group(group) => {
                    if let Some((from, to)) = spans[*group] {
                        out.push_str(&text[from..to]);
                    }
                }
            }
        }
    }
}

enum Wrong {
    Name(String),
    Fault(Fault),
}

fn fault(message: impl Into<String>, place: usize) -> Wrong {
    Wrong::Fault(Fault {
        message: message.into(),
        place: Some(place),
    })
}

struct Reader {
    chars: Vec<char>,
    at: usize,
    parts: Vec<Part>,
    text: String,
}

impl Reader {
    fn read(&mut self, pattern: &Ref<Pattern>) -> std::result::Result<(), Wrong> {
        while self.at < self.chars.len() {
            let c = self.chars[self.at];
            self.at += 1;
            if c == '\\' {
                self.escape(pattern)?
            } else {
                self.text.push(c)
            }
        }
        Ok(())
    }

    fn group(&mut self, number: usize) {
        let before = std::mem::take(&mut self.text);
        self.parts.push(Part::Text(before));
        self.parts.push(Part::Group(number));
    }

    fn escape(&mut self, pattern: &Ref<Pattern>) -> std::result::Result<(), Wrong> {
        let begin = self.at - 1;
        let Some(&c) = self.chars.get(self.at) else {
            return Err(fault("bad escape (end of pattern)", begin));
        };
        self.at += 1;
        match c {
            'g' => return self.named(pattern),
            '0' => self.octal(begin + 1, 3),
            '1'..='9' => return self.numbered(begin, pattern),
            'n' => self.text.push('\n'),
            't' => self.text.push('\t'),
            'r' => self.text.push('\r'),
            'f' => self.text.push('\u{c}'),
            'v' => self.text.push('\u{b}'),
            'a' => self.text.push('\u{7}'),
            'b' => self.text.push('\u{8}'),
            '\\' => self.text.push('\\'),
            c if c.is_ascii_alphabetic() => return Err(fault(format!("bad escape \\{c}"), begin)),
            c => {
                self.text.push('\\');
                self.text.push(c);
            }
        }
        Ok(())
    }

    /// Up to so many octal digits from a place on.
    fn octal(&mut self, from: usize, most: usize) {
        self.at = from;
        while self.at < from + most
            && self
                .chars
                .get(self.at)
                .is_some_and(|c| ('0'..='7').contains(c))
        {
            self.at += 1;
        }
        let digits: String = self.chars[from..self.at].iter().collect();
        let code = u32::from_str_radix(&digits, 8).unwrap_or(0) & 0xff;
        self.text.extend(char::from_u32(code));
    }

    fn numbered(&mut self, begin: usize, pattern: &Ref<Pattern>) -> std::result::Result<(), Wrong> {
        let digit = |place: usize| self.chars.get(place).copied().filter(char::is_ascii_digit);
        let octal = |c: Option<char>| c.is_some_and(|c| ('0'..='7').contains(&c));
        let (first, second, third) = (digit(begin + 1), digit(begin + 2), digit(begin + 3));
        if octal(first) && octal(second) && octal(third) {
            self.octal(begin + 1, 3);
            return Ok(());
        }
        let length = if second.is_some() { 2 } else { 1 };
        let digits: String = self.chars[begin + 1..begin + 1 + length].iter().collect();
        self.at = begin + 1 + length;
        let number: usize = digits.parse().unwrap_or(0);
        if number > pattern.translated.groups {
            return Err(fault(
                format!("invalid group reference {number}"),
                begin + 1,
            ));
        }
        self.group(number);
        Ok(())
    }

    fn named(&mut self, pattern: &Ref<Pattern>) -> std::result::Result<(), Wrong> {
        if self.chars.get(self.at) != Some(&'<') {
            return Err(fault("missing <", self.at));
        }
        let from = self.at + 1;
        let Some(length) = self.chars[from..].iter().position(|&c| c == '>') else {
            let message = if from == self.chars.len() {
                "missing group name"
            } else {
                "missing >, unterminated name"
            };
            return Err(fault(message, from));
        };
        let name: String = self.chars[from..from + length].iter().collect();
        self.at = from + length + 1;
        if name.is_empty() {
            return Err(fault("missing group name", from));
        }
        if name.chars().all(|c| c.is_ascii_digit()) {
            let number: usize = name.parse().unwrap_or(usize::MAX);
            if number > pattern.translated.groups {
                return Err(fault(format!("invalid group reference {name}"), from));
            }
            self.group(number);
            return Ok(());
        }
        if !name.starts_with(|c: char| c == '_' || c.is_alphabetic())
            || !name.chars().all(|c| c == '_' || c.is_alphanumeric())
        {
            let shown = protocol::repr_str(&name);
            return Err(fault(format!("bad character in group name {shown}"), from));
        }
        match pattern
            .translated
            .names
            .iter()
            .find(|(known, _)| *known == name)
        {
            Some((_, number)) => self.group(*number),
            None => return Err(Wrong::Name(name)),
        }
        Ok(())
    }
}

/// The text with the first `count` matches replaced (0: all), and how many there were.
pub(super) fn substitute(
    caller: &mut dyn Caller,
    pattern: &Ref<Pattern>,
    replacement: &Value,
    string: &Value,
    count: usize,
) -> Result<(Value, usize)> {
    let subject: Subject = subject(string)?;
    pattern.check(&subject)?;
    let template = if protocol::is_callable(replacement) {
        None
    } else {
        Some(Template::parse(replacement, pattern)?)
    };
    let text = subject.as_str();
    let mut scanner = Scanner::new(pattern.clone(), subject.clone(), 0, text.len());
    let (mut out, mut copied, mut done) = (String::new(), 0, 0);
    while count == 0 || done < count {
        let Some(spans) = scanner.step()? else { break };
        let (from, to) = spans[0].unwrap_or_default();
        out.push_str(&text[copied..from]);
        copied = to;
        match &template {
            Some(template) => template.expand(&spans, text, &mut out),
            None => {
                let found = matched::value(pattern, string, &subject, spans, (0, text.len()));
                let answer = caller.call_positional(replacement, &[found])?;
                push_answer(&mut out, &answer, pattern.bytes)?;
            }
        }
        done += 1;
        if done % 4096 == 0 {
            caller.poll()?;
        }
    }
    if done == 0 && string.exact::<crate::lang::object::Str>().is_some() {
        return Ok((string.clone(), 0));
    }
    out.push_str(&text[copied..]);
    Ok((subject.value(&out), done))
}

/// Adds what a replacing function returned.
fn push_answer(out: &mut String, answer: &Value, bytes: bool) -> Result<()> {
    if answer.is_none() {
        return Ok(());
    }
    match subject(answer) {
        Ok(found) if matches!(found, Subject::Bytes(_)) == bytes => {
            out.push_str(found.as_str());
            Ok(())
        }
        _ => Err(type_error(format!(
            "sequence item 0: expected {} instance, {} found",
            if bytes { "a bytes-like object" } else { "str" },
            answer.class_name()
        ))),
    }
}
