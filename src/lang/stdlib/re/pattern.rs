//! `re.Pattern`: a compiled regular expression, and how it searches.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use fancy_regex::{Regex, RegexBuilder, RegexInput};

use super::translate::{DOLLAR, Fault, Translated, flag, translate};
use super::{matched, methods};
use crate::lang::object::heap::{HeapType, Visit};
use crate::lang::object::{
    ByteArray, Bytes, Class, Kind, Raised, Ref, Result, Str, Value, runtime_error, type_error,
    value_error,
};
use crate::lang::stdlib::arguments;
use crate::lang::stdlib::define::class_of;

/// How a pattern is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// Anywhere from a place on.
    Search,
    /// At a place.
    Match,
    /// At a place, up to the end.
    Full,
    /// At a place, and not empty.
    NonEmpty,
}

/// A compiled regular expression.
pub(super) struct Pattern {
    pub(super) source: Value,
    pub(super) bytes: bool,
    pub(super) translated: Translated,
    /// By what `$` means and by kind: as it is, up to the end, not empty.
    compiled: [[OnceCell<std::result::Result<Regex, String>>; 3]; 2],
}

class_of! {
    /// `re.Pattern`
    pattern_class methods::PATTERN;
}

impl HeapType for Pattern {
    const KIND: Kind = Kind::Foreign;
    const TRACED: bool = false;

    fn trace(&self, _: &mut Visit) {}

    fn class(&self) -> Ref<Class> {
        pattern_class()
    }
}

/// A text to search in: bytes are looked at as characters of the same numbers.
#[derive(Clone)]
pub(super) enum Subject {
    Text(Ref<Str>),
    Bytes(Rc<str>),
}

impl Subject {
    pub(super) fn as_str(&self) -> &str {
        match self {
            Subject::Text(text) => text.as_str(),
            Subject::Bytes(text) => text,
        }
    }

    /// Whether places and bytes are the same.
    pub(super) fn is_simple(&self) -> bool {
        match self {
            Subject::Text(text) => text.is_ascii(),
            Subject::Bytes(text) => text.is_ascii(),
        }
    }

    /// A part of the text as a value.
    pub(super) fn slice(&self, from: usize, to: usize) -> Value {
        self.value(&self.as_str()[from..to])
    }

    /// Text as a value of the subject's type.
    pub(super) fn value(&self, text: &str) -> Value {
        match self {
            Subject::Text(_) => Value::str(text),
            Subject::Bytes(_) => arguments::new_bytes(from_latin(text)),
        }
    }
}

/// Bytes as characters of the same numbers.
pub(super) fn to_latin(bytes: &[u8]) -> String {
    bytes.iter().map(|&byte| char::from(byte)).collect()
}

/// Characters below 256 as bytes.
pub(super) fn from_latin(text: &str) -> Vec<u8> {
    text.chars()
        .map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?'))
        .collect()
}

/// The text of a string or bytes-like object.
pub(super) fn subject(value: &Value) -> Result<Subject> {
    if let Some(text) = value.get::<Str>() {
        return Ok(Subject::Text(text.clone()));
    }
    let bytes = if let Some(bytes) = value.get::<Bytes>() {
        to_latin(&bytes.0)
    } else if let Some(bytes) = value.get::<ByteArray>() {
        to_latin(&bytes.0.borrow())
    } else {
        return Err(type_error(format!(
            "expected string or bytes-like object, got '{}'",
            value.class_name()
        )));
    };
    Ok(Subject::Bytes(bytes.into()))
}

/// The places of a match and its groups, in bytes.
pub(super) type Spans = Vec<Option<(usize, usize)>>;

impl Pattern {
    /// The pattern in `self`.
    pub(super) fn of(value: &Value) -> Result<&Ref<Pattern>> {
        value
            .get::<Pattern>()
            .ok_or_else(|| type_error("a compiled pattern is required"))
    }

    fn regex(&self, text: &str, mode: Mode) -> Result<&Regex> {
        let before_newline = text.ends_with('\n');
        let kind = match mode {
            Mode::Search | Mode::Match => 0,
            Mode::Full => 1,
            Mode::NonEmpty => 2,
        };
        let cell = &self.compiled[usize::from(before_newline)][kind];
        let compiled = cell.get_or_init(|| {
            let dollar = if before_newline { "(?=\\n?\\z)" } else { "\\z" };
            let mut pattern = self.translated.text.replace(DOLLAR, dollar);
            if mode == Mode::Full {
                pattern = format!("(?:{pattern})\\z");
            }
            let mut builder = RegexBuilder::new(&pattern);
            builder.backtrack_limit(usize::MAX);
            builder.delegate_size_limit(1 << 30);
            builder.find_not_empty(mode == Mode::NonEmpty);
            builder.build().map_err(|error| error.to_string())
        });
        compiled
            .as_ref()
            .map_err(|error| runtime_error(error.clone()))
    }

    /// Tries the pattern in a part of a text.
    pub(super) fn find(&self, text: &str, from: usize, mode: Mode) -> Result<Option<Spans>> {
        let regex = match self.regex(text, mode) {
            Ok(regex) => regex,
            // A pattern that matches nothing but the empty text cannot match otherwise.
            Err(_) if mode == Mode::NonEmpty => return Ok(None),
            Err(raised) => return Err(raised),
        };
        let input = RegexInput::new(text)
            .from_pos(from)
            .anchored(mode != Mode::Search);
        let found = regex
            .captures_input(input)
            .map_err(|error| runtime_error(error.to_string()))?;
        Ok(found.map(|captures| {
            (0..=self.translated.groups)
                .map(|i| captures.get(i).map(|m| (m.start(), m.end())))
                .collect()
        }))
    }

    /// Refuses a text of the other kind.
    pub(super) fn check(&self, subject: &Subject) -> Result<()> {
        match (self.bytes, subject) {
            (true, Subject::Text(_)) => Err(type_error(
                "cannot use a bytes pattern on a string-like object",
            )),
            (false, Subject::Bytes(_)) => Err(type_error(
                "cannot use a string pattern on a bytes-like object",
            )),
            _ => Ok(()),
        }
    }

    /// The number of a group from its number or name.
    pub(super) fn group_number(&self, key: &Value) -> Option<usize> {
        if let Some(number) = key.as_int() {
            return usize::try_from(number)
                .ok()
                .filter(|&number| number <= self.translated.groups);
        }
        let name = key.as_str()?;
        self.translated
            .names
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, number)| *number)
    }
}

/// All matches of a pattern in a text, one after the other, as `finditer` gives them.
pub(super) struct Scanner {
    pub(super) pattern: Ref<Pattern>,
    pub(super) subject: Subject,
    /// Where the text ends for this search.
    pub(super) end: usize,
    next: usize,
    /// Whether the last match was empty, so that the next may not be empty at the same place.
    advance: bool,
    done: bool,
}

impl Scanner {
    pub(super) fn new(pattern: Ref<Pattern>, subject: Subject, from: usize, end: usize) -> Scanner {
        Scanner {
            pattern,
            subject,
            end,
            next: from,
            advance: false,
            done: from > end,
        }
    }

    /// The next match.
    pub(super) fn step(&mut self) -> Result<Option<Spans>> {
        if self.done {
            return Ok(None);
        }
        let text = &self.subject.as_str()[..self.end];
        let mut found = None;
        if self.advance {
            found = self.pattern.find(text, self.next, Mode::NonEmpty)?;
            if found.is_none() {
                match text[self.next..].chars().next() {
                    Some(c) => self.next += c.len_utf8(),
                    None => {
                        self.done = true;
                        return Ok(None);
                    }
                }
            }
        }
        if found.is_none() {
            found = self.pattern.find(text, self.next, Mode::Search)?;
        }
        match found.as_ref().and_then(|spans| spans[0]) {
            Some((from, to)) => {
                self.advance = from == to;
                self.next = to;
            }
            None => self.done = true,
        }
        Ok(found)
    }
}

thread_local! {
    static CACHE: RefCell<HashMap<(String, bool, i64), Ref<Pattern>>> = RefCell::default();
}

/// Forgets the compiled patterns.
pub(super) fn purge() {
    let old = CACHE.take();
    drop(old);
}

/// A pattern from text, bytes or a compiled pattern.
pub(super) fn compile(source: &Value, flags: i64) -> Result<Ref<Pattern>> {
    if let Some(pattern) = source.get::<Pattern>() {
        if flags != 0 {
            return Err(value_error(
                "cannot process flags argument with a compiled pattern",
            ));
        }
        return Ok(pattern.clone());
    }
    let (text, bytes) = match (source.as_str(), arguments::bytes(source)) {
        (Some(text), _) => (text.to_string(), false),
        (None, Ok(bytes)) => (to_latin(&bytes), true),
        _ => {
            return Err(type_error(
                "first argument must be string or compiled pattern",
            ));
        }
    };
    let key = (text, bytes, flags);
    if let Some(known) = CACHE.with_borrow(|cache| cache.get(&key).cloned()) {
        return Ok(known);
    }
    if !bytes && flags & flag::LOCALE != 0 {
        return Err(value_error("cannot use LOCALE flag with a str pattern"));
    }
    if bytes && flags & flag::UNICODE != 0 {
        return Err(value_error("cannot use UNICODE flag with a bytes pattern"));
    }
    let translated =
        translate(&key.0, flags, bytes).map_err(|fault| raise(&fault, source, &key.0))?;
    let pattern = Ref::new(Pattern {
        source: source.unwrapped().clone(),
        bytes,
        translated,
        compiled: Default::default(),
    });
    if flags & flag::DEBUG == 0 {
        let old = CACHE.with_borrow_mut(|cache| {
            let old = if cache.len() >= 512 {
                Some(std::mem::take(cache))
            } else {
                None
            };
            cache.insert(key, pattern.clone());
            old
        });
        drop(old);
    }
    Ok(pattern)
}

/// A fault as `re.error`.
pub(super) fn raise(fault: &Fault, source: &Value, text: &str) -> Raised {
    let mut message = fault.message.clone();
    let (mut line, mut column) = (Value::None, Value::None);
    if let Some(place) = fault.place {
        message.push_str(&format!(" at position {place}"));
        let before: Vec<char> = text.chars().take(place).collect();
        let lines = before.iter().filter(|&&c| c == '\n').count() + 1;
        let columns = place - before.iter().rposition(|&c| c == '\n').map_or(0, |i| i + 1) + 1;
        if text.contains('\n') {
            message.push_str(&format!(" (line {lines}, column {columns})"));
        }
        (line, column) = (Value::from(lines), Value::from(columns));
    }
    Raised::of_class(&super::error_class(), [Value::str(message)])
        .with_attr("msg", Value::str(fault.message.clone()))
        .with_attr("pattern", source.clone())
        .with_attr("pos", fault.place.map_or(Value::None, Value::from))
        .with_attr("lineno", line)
        .with_attr("colno", column)
}

/// A match as a value, or None.
pub(super) fn match_or_none(
    pattern: &Ref<Pattern>,
    string: &Value,
    subject: &Subject,
    spans: Option<Spans>,
    bounds: (usize, usize),
) -> Value {
    match spans {
        Some(spans) => matched::value(pattern, string, subject, spans, bounds),
        None => Value::None,
    }
}
