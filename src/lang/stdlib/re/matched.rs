//! `re.Match`: what a pattern has found.

use super::pattern::{Pattern, Spans, Subject};
use super::substitute;
use crate::lang::object::heap::{HeapType, Visit};
use crate::lang::object::native::{ClassSpec, GetSetSpec};
use crate::lang::object::{
    Class, Dict, Kind, NativeSpec, Ref, Result, Value, index_error, protocol, type_error,
};
use crate::lang::stdlib::arguments::star;
use crate::lang::stdlib::define::{class_of, def};

/// A match.
pub(super) struct Match {
    pub(super) pattern: Ref<Pattern>,
    string: Value,
    pub(super) subject: Subject,
    /// In bytes.
    pub(super) spans: Spans,
    /// `pos` and `endpos`, in bytes.
    bounds: (usize, usize),
}

class_of! {
    /// `re.Match`
    match_class MATCH;
}

impl HeapType for Match {
    const KIND: Kind = Kind::Foreign;
    const TRACED: bool = true;

    fn trace(&self, visit: &mut Visit) {
        self.string.trace(visit);
    }

    fn class(&self) -> Ref<Class> {
        match_class()
    }
}

/// A match as a value.
pub(super) fn value(
    pattern: &Ref<Pattern>,
    string: &Value,
    subject: &Subject,
    spans: Spans,
    bounds: (usize, usize),
) -> Value {
    let (pattern, string, subject) = (pattern.clone(), string.clone(), subject.clone());
    Value::from(Ref::new(Match {
        pattern,
        string,
        subject,
        spans,
        bounds,
    }))
}

fn of(value: &Value) -> Result<&Ref<Match>> {
    value
        .get::<Match>()
        .ok_or_else(|| type_error("a match is required"))
}

impl Match {
    /// The text of a group.
    pub(super) fn text(&self, group: usize) -> Option<Value> {
        self.spans[group].map(|(from, to)| self.subject.slice(from, to))
    }

    fn number(&self, key: &Value) -> Result<usize> {
        self.pattern
            .group_number(key)
            .ok_or_else(|| index_error("no such group"))
    }

    /// The place in characters.
    fn place(&self, byte: usize) -> usize {
        if self.subject.is_simple() {
            byte
        } else {
            self.subject.as_str()[..byte].chars().count()
        }
    }

    fn span(&self, group: usize) -> (Value, Value) {
        match self.spans[group] {
            Some((from, to)) => (Value::from(self.place(from)), Value::from(self.place(to))),
            None => (Value::Int(-1), Value::Int(-1)),
        }
    }

    /// The group that closed last.
    fn last(&self) -> Option<usize> {
        self.pattern
            .translated
            .closing
            .iter()
            .rev()
            .copied()
            .find(|&group| self.spans[group].is_some())
    }

    fn group(&self, key: &Value) -> Result<Value> {
        let number = self.number(key)?;
        Ok(self.text(number).unwrap_or(Value::None))
    }
}

static MATCH: ClassSpec = ClassSpec {
    name: "Match",
    module: "re",
    doc: "What a regular expression has found.",
    methods: METHODS,
    class_methods: &[def(
        "__class_getitem__(cls, item, /)",
        "The class itself.",
        |_, args| Ok(args[0].clone()),
    )],
    attributes: ATTRIBUTES,
    ..ClassSpec::EMPTY
};

macro_rules! attributes {
    ($($name:literal $doc:literal $get:expr;)*) => {
        static ATTRIBUTES: &[GetSetSpec] = &[$(GetSetSpec { name: $name, doc: $doc, get: $get, set: None },)*];
    };
}

attributes! {
    "endpos" "Where the search ended." |_, this| { let m = of(this)?; Ok(Value::from(m.place(m.bounds.1))) };
    "lastgroup" "The name of the last group that matched." |_, this| {
        let m = of(this)?;
        let name = m.last().and_then(|last| m.pattern.translated.names.iter().find(|(_, number)| *number == last));
        Ok(name.map_or(Value::None, |(name, _)| Value::str(name.clone())))
    };
    "lastindex" "The number of the last group that matched." |_, this| {
        Ok(of(this)?.last().map_or(Value::None, Value::from))
    };
    "pos" "Where the search began." |_, this| { let m = of(this)?; Ok(Value::from(m.place(m.bounds.0))) };
    "re" "The regular expression." |_, this| Ok(Value::from(&of(this)?.pattern));
    "regs" "The places of all groups." |_, this| {
        let m = of(this)?;
        let spans = (0..m.spans.len()).map(|group| m.span(group)).map(|(from, to)| Value::tuple([from, to]));
        Ok(Value::tuple(spans.collect::<Vec<_>>()))
    };
    "string" "The text that was searched." |_, this| Ok(of(this)?.string.clone());
}

static METHODS: &[NativeSpec] = &[
    def("__copy__(self)", "The match itself.", |_, args| {
        Ok(args[0].clone())
    }),
    def(
        "__deepcopy__(self, memo, /)",
        "The match itself.",
        |_, args| Ok(args[0].clone()),
    ),
    def(
        "__getitem__(self, key, /)",
        "The text of a group.",
        |_, args| of(&args[0])?.group(&args[1]),
    ),
    def(
        "__repr__(self, /)",
        "The text that stands for it.",
        |caller, args| {
            let m = of(&args[0])?;
            let (from, to) = m.span(0);
            let shown = protocol::repr(caller, &m.text(0).unwrap_or(Value::None))?;
            let (from, to) = (from.as_int().unwrap_or(0), to.as_int().unwrap_or(0));
            Ok(Value::str(format!(
                "<re.Match object; span=({from}, {to}), match={shown}>"
            )))
        },
    ),
    def("end(self, group=0, /)", "Where a group ends.", |_, args| {
        let m = of(&args[0])?;
        Ok(m.span(m.number(&args[1])?).1)
    }),
    def(
        "expand(self, template)",
        "A template with the groups filled in.",
        |_, args| {
            let m = of(&args[0])?;
            let template = substitute::Template::parse(&args[1], &m.pattern)?;
            let mut out = String::new();
            template.expand(&m.spans, m.subject.as_str(), &mut out);
            Ok(m.subject.value(&out))
        },
    ),
    def(
        "group(self, *groups)",
        "The text of a group, or a tuple of several.",
        |_, args| {
            let m = of(&args[0])?;
            match &star(&args[1])[..] {
                [] => Ok(m.text(0).unwrap_or(Value::None)),
                [one] => m.group(one),
                several => {
                    let texts: Result<Vec<Value>> =
                        several.iter().map(|key| m.group(key)).collect();
                    Ok(Value::tuple(texts?))
                }
            }
        },
    ),
    def(
        "groupdict(self, default=None)",
        "A dict of the named groups.",
        |_, args| {
            let m = of(&args[0])?;
            let dict = Dict::new();
            for (name, number) in &m.pattern.translated.names {
                dict.set_str(name, m.text(*number).unwrap_or_else(|| args[1].clone()));
            }
            Ok(Value::from(dict))
        },
    ),
    def(
        "groups(self, default=None)",
        "A tuple of the texts of all groups.",
        |_, args| {
            let m = of(&args[0])?;
            let texts =
                (1..m.spans.len()).map(|group| m.text(group).unwrap_or_else(|| args[1].clone()));
            Ok(Value::tuple(texts.collect::<Vec<_>>()))
        },
    ),
    def(
        "span(self, group=0, /)",
        "Where a group begins and ends.",
        |_, args| {
            let m = of(&args[0])?;
            let (from, to) = m.span(m.number(&args[1])?);
            Ok(Value::tuple([from, to]))
        },
    ),
    def(
        "start(self, group=0, /)",
        "Where a group begins.",
        |_, args| {
            let m = of(&args[0])?;
            Ok(m.span(m.number(&args[1])?).0)
        },
    ),
];
