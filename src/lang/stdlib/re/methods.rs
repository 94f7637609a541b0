//! The methods of `re.Pattern`, which are the functions of `re` too.

use super::matched;
use super::pattern::{Mode, Pattern, Scanner, Spans, Subject, match_or_none, subject};
use super::substitute::substitute;
use super::translate::flag;
use crate::lang::object::iter::Iter;
use crate::lang::object::native::{ClassSpec, GetSetSpec};
use crate::lang::object::{Caller, Dict, NativeSpec, Ref, Result, Value, protocol};
use crate::lang::stdlib::arguments;
use crate::lang::stdlib::define::{class_of, def, iterator_class, native_iter};

/// `re.Pattern`
pub(super) static PATTERN: ClassSpec = ClassSpec {
    name: "Pattern",
    module: "re",
    doc: "A compiled regular expression.",
    methods: METHODS,
    class_methods: &[def(
        "__class_getitem__(cls, item, /)",
        "The class itself.",
        |_, args| Ok(args[0].clone()),
    )],
    attributes: ATTRIBUTES,
    ..ClassSpec::EMPTY
};

static ATTRIBUTES: &[GetSetSpec] = &[
    GetSetSpec {
        name: "flags",
        doc: "The flags.",
        get: |_, this| Ok(Value::Int(Pattern::of(this)?.translated.flags)),
        set: None,
    },
    GetSetSpec {
        name: "groupindex",
        doc: "Numbers of the named groups.",
        get: |_, this| {
            let dict = Dict::new();
            for (name, number) in &Pattern::of(this)?.translated.names {
                dict.set_str(name, Value::from(*number));
            }
            Ok(crate::lang::object::root::MappingProxy::over(Value::from(
                dict,
            )))
        },
        set: None,
    },
    GetSetSpec {
        name: "groups",
        doc: "How many groups there are.",
        get: |_, this| Ok(Value::from(Pattern::of(this)?.translated.groups)),
        set: None,
    },
    GetSetSpec {
        name: "pattern",
        doc: "The text of the expression.",
        get: |_, this| Ok(Pattern::of(this)?.source.clone()),
        set: None,
    },
];

/// The places, in bytes, of `pos` and `endpos`.
fn bounds(
    caller: &mut dyn Caller,
    subject: &Subject,
    pos: &Value,
    endpos: &Value,
) -> Result<(usize, usize)> {
    let text = subject.as_str();
    if pos.as_int() == Some(0) && endpos.is_unbound() {
        return Ok((0, text.len()));
    }
    let byte = |place: i64| {
        let place = usize::try_from(place).unwrap_or(0);
        if subject.is_simple() {
            place.min(text.len())
        } else {
            text.char_indices()
                .nth(place)
                .map_or(text.len(), |(byte, _)| byte)
        }
    };
    let from = byte(arguments::int(caller, pos)?);
    let to = if endpos.is_unbound() {
        text.len()
    } else {
        byte(arguments::int(caller, endpos)?)
    };
    Ok((from, to))
}

fn attempt(caller: &mut dyn Caller, args: &[Value], mode: Mode) -> Result<Value> {
    let pattern = Pattern::of(&args[0])?;
    let subject = subject(&args[1])?;
    pattern.check(&subject)?;
    let (from, to) = bounds(caller, &subject, &args[2], &args[3])?;
    let spans = if from > to {
        None
    } else {
        pattern.find(&subject.as_str()[..to], from, mode)?
    };
    Ok(match_or_none(
        pattern,
        &args[1],
        &subject,
        spans,
        (from, to),
    ))
}

fn scanner(caller: &mut dyn Caller, args: &[Value]) -> Result<(Scanner, usize)> {
    let pattern = Pattern::of(&args[0])?;
    let subject = subject(&args[1])?;
    pattern.check(&subject)?;
    let (from, to) = bounds(caller, &subject, &args[2], &args[3])?;
    Ok((Scanner::new(pattern.clone(), subject, from, to), from))
}

static METHODS: &[NativeSpec] = &[
    def("__copy__(self)", "The pattern itself.", |_, args| {
        Ok(args[0].clone())
    }),
    def(
        "__deepcopy__(self, memo, /)",
        "The pattern itself.",
        |_, args| Ok(args[0].clone()),
    ),
    def(
        "__eq__(self, value, /)",
        "Whether pattern and flags are equal.",
        |caller, args| {
            let (a, b) = (Pattern::of(&args[0])?, args[1].get::<Pattern>());
            let Some(b) = b else {
                return Ok(Value::NotImplemented);
            };
            let equal = protocol::eq(caller, &a.source, &b.source)?
                && a.translated.flags == b.translated.flags;
            Ok(Value::Bool(equal))
        },
    ),
    def("__hash__(self, /)", "The hash.", |caller, args| {
        protocol::hash(caller, &Pattern::of(&args[0])?.source).map(Value::Int)
    }),
    def(
        "__reduce__(self, /)",
        "How it is made anew.",
        |caller, args| {
            let pattern = Pattern::of(&args[0])?;
            let module = caller
                .session()
                .modules
                .get_str("re")
                .unwrap_or(Value::None);
            let compile =
                protocol::get_attr(caller, &module, &crate::lang::object::intern("compile"))?;
            Ok(Value::tuple([
                compile,
                Value::tuple([pattern.source.clone(), Value::Int(pattern.translated.flags)]),
            ]))
        },
    ),
    def(
        "__repr__(self, /)",
        "The text that stands for it.",
        |caller, args| {
            let pattern = Pattern::of(&args[0])?;
            let shown: String = protocol::repr(caller, &pattern.source)?
                .chars()
                .take(200)
                .collect();
            let mut flags = pattern.translated.flags;
            if !pattern.bytes
                && flags & (flag::LOCALE | flag::UNICODE | flag::ASCII) == flag::UNICODE
            {
                flags &= !flag::UNICODE;
            }
            let names = super::flag_names(flags);
            Ok(Value::str(if names.is_empty() {
                format!("re.compile({shown})")
            } else {
                format!("re.compile({shown}, {})", names.join("|"))
            }))
        },
    ),
    def(
        "findall(self, string, pos=0, endpos=...)",
        "A list of all matches, or of their groups.",
        |caller, args| {
            let (mut scanner, _) = scanner(caller, args)?;
            let subject = scanner.subject.clone();
            let text_of = |span: Option<(usize, usize)>| match span {
                Some((from, to)) => subject.slice(from, to),
                None => subject.value(""),
            };
            let mut found = Vec::new();
            while let Some(spans) = scanner.step()? {
                found.push(match &spans[..] {
                    [whole] => text_of(*whole),
                    [_, group] => text_of(*group),
                    all => Value::tuple(
                        all[1..]
                            .iter()
                            .map(|span| text_of(*span))
                            .collect::<Vec<_>>(),
                    ),
                });
                if found.len() % 4096 == 0 {
                    caller.poll()?;
                }
            }
            Ok(Value::list(found))
        },
    ),
    def(
        "finditer(self, string, pos=0, endpos=...)",
        "An iterator over all matches.",
        |caller, args| {
            let (scanner, from) = scanner(caller, args)?;
            Ok(Iter::native(Matches {
                scanner,
                string: args[1].clone(),
                from,
            }))
        },
    ),
    def(
        "fullmatch(self, string, pos=0, endpos=...)",
        "The match of the whole text.",
        |caller, args| attempt(caller, args, Mode::Full),
    ),
    def(
        "match(self, string, pos=0, endpos=...)",
        "The match at the beginning of the text.",
        |caller, args| attempt(caller, args, Mode::Match),
    ),
    def(
        "search(self, string, pos=0, endpos=...)",
        "The first match in the text.",
        |caller, args| attempt(caller, args, Mode::Search),
    ),
    def(
        "split(self, string, maxsplit=0)",
        "The parts of the text between matches.",
        |caller, args| {
            let most = arguments::int(caller, &args[2])?;
            split(Pattern::of(&args[0])?, &args[1], most)
        },
    ),
    def(
        "sub(self, repl, string, count=0)",
        "The text with matches replaced.",
        |caller, args| {
            let count = usize::try_from(arguments::int(caller, &args[3])?).unwrap_or(0);
            let pattern = Pattern::of(&args[0])?.clone();
            substitute(caller, &pattern, &args[1], &args[2], count).map(|(text, _)| text)
        },
    ),
    def(
        "subn(self, repl, string, count=0)",
        "The text with matches replaced, and how many.",
        |caller, args| {
            let count = usize::try_from(arguments::int(caller, &args[3])?).unwrap_or(0);
            let pattern = Pattern::of(&args[0])?.clone();
            let (text, done) = substitute(caller, &pattern, &args[1], &args[2], count)?;
            Ok(Value::tuple([text, Value::from(done)]))
        },
    ),
];

/// The parts of a text between matches, with the texts of groups between them.
fn split(pattern: &Ref<Pattern>, string: &Value, most: i64) -> Result<Value> {
    let subject = subject(string)?;
    pattern.check(&subject)?;
    if most < 0 {
        return Ok(Value::list(vec![string.clone()]));
    }
    let end = subject.as_str().len();
    let mut scanner = Scanner::new(pattern.clone(), subject.clone(), 0, end);
    let (mut parts, mut copied, mut done) = (Vec::new(), 0, 0);
    while most == 0 || done < most {
        let Some(spans) = scanner.step()? else { break };
        let (from, to) = spans[0].unwrap_or_default();
        parts.push(subject.slice(copied, from));
        let text_of = |span: &Option<(usize, usize)>| {
            span.map_or(Value::None, |(from, to)| subject.slice(from, to))
        };
        parts.extend(spans[1..].iter().map(text_of));
        copied = to;
        done += 1;
    }
    parts.push(subject.slice(copied, end));
    Ok(Value::list(parts))
}

static MATCHES: ClassSpec = iterator_class(
    "re",
    "callable_iterator",
    "The matches of a regular expression.",
    None,
);

class_of! {
    matches_class MATCHES;
}

struct Matches {
    scanner: Scanner,
    string: Value,
    from: usize,
}

native_iter!(Matches, matches_class, this => [this.string]);

impl Matches {
    fn step(&mut self, _: &mut dyn Caller) -> Result<Option<Value>> {
        let found: Option<Spans> = self.scanner.step()?;
        Ok(found.map(|spans| {
            let bounds = (self.from, self.scanner.end);
            matched::value(
                &self.scanner.pattern,
                &self.string,
                &self.scanner.subject,
                spans,
                bounds,
            )
        }))
    }
}
