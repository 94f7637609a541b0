//! Raised exceptions as reports: frames, places, chains, notes.

use super::TraceEntry;
use super::special::syntax_part;
use crate::base::diagnostic::{Columns, Frame, Link, Place, Report};
use crate::base::render;
use crate::base::source::Source;
use crate::base::span::Span;
use crate::lang::object::protocol;
use crate::lang::object::{Caller, Exc, List, Raised, Tuple, Value, intern};

/// A longer chain of exceptions is cut.
const LONGEST_CHAIN: usize = 50;

/// What is shown of an exception that nothing caught.
pub fn report(caller: &mut dyn Caller, raised: &Raised) -> Report {
    let mut walk = Walk {
        seen: Vec::new(),
        suggest: true,
    };
    report_within(caller, raised, 0, &mut walk)
}

/// The same without the names that may have been meant, as the `traceback` module has it.
pub fn plain_report(caller: &mut dyn Caller, raised: &Raised) -> Report {
    let mut walk = Walk {
        seen: Vec::new(),
        suggest: false,
    };
    report_within(caller, raised, 0, &mut walk)
}

/// What holds for all exceptions of a report.
struct Walk {
    /// Those that were passed.
    seen: Vec<Value>,
    /// Whether names are suggested.
    suggest: bool,
}

/// The report of an exception that stands in so many groups; none of those that led to it is shown twice.
fn report_within(
    caller: &mut dyn Caller,
    raised: &Raised,
    depth: usize,
    walk: &mut Walk,
) -> Report {
    // The chain from the last exception to the first; a cycle in it ends it.
    let mut chain: Vec<(Raised, Option<Link>)> = Vec::new();
    let mut next = Some(raised.clone());
    while let Some(raised) = next.take() {
        let known = !chain.is_empty() && walk.seen.iter().any(|seen| seen.is(&raised.value()));
        if chain.len() == LONGEST_CHAIN || known {
            break;
        }
        walk.seen.push(raised.value());
        let (link, earlier) = earlier(&raised);
        chain.push((raised, link));
        next = earlier;
    }
    let mut shown: Option<Report> = None;
    for (raised, link) in chain.into_iter().rev() {
        let mut report = single(caller, &raised, depth, walk);
        report.earlier = link
            .zip(shown.take())
            .map(|(link, report)| (link, Box::new(report)));
        shown = Some(report);
    }
    shown.unwrap_or_default()
}

/// The exception that led to this one, as `raise ... from` or the handling of another say.
fn earlier(raised: &Raised) -> (Option<Link>, Option<Raised>) {
    let data = raised.data();
    if let Some(cause) = Raised::from_value(&data.cause.borrow()) {
        return (Some(Link::Cause), Some(cause));
    }
    let context = Raised::from_value(&data.context.borrow());
    match context.filter(|_| !data.suppress_context.get()) {
        Some(context) => (Some(Link::Context), Some(context)),
        None => (None, None),
    }
}

fn single(caller: &mut dyn Caller, raised: &Raised, depth: usize, walk: &mut Walk) -> Report {
    let members = members(caller, raised);
    let shown = if depth > render::DEEPEST_GROUP {
        0
    } else {
        render::WIDEST_GROUP
    };
    let group = members.iter().take(shown);
    let group: Vec<Report> = group
        .map(|one| report_within(caller, one, depth + 1, walk))
        .collect();
    let data = raised.data();
    let frames = data.trace.borrow().iter().rev().map(frame).collect();
    let syntax = data
        .place
        .borrow()
        .as_ref()
        .map(|(source, span)| place(source, *span))
        .or_else(|| told_place(raised));
    let help = data.help.borrow().clone();
    let headline = headline(caller, raised, walk.suggest);
    Report {
        earlier: None,
        frames,
        syntax,
        headline,
        notes: notes(caller, raised),
        more: members.len() - group.len(),
        group,
        help,
    }
}

/// The exceptions of a group.
fn members(caller: &mut dyn Caller, raised: &Raised) -> Vec<Raised> {
    let inner = match raised.is(Exc::BaseExceptionGroup) {
        true => super::group::exceptions(caller, &raised.value()).unwrap_or_default(),
        false => Vec::new(),
    };
    inner.iter().filter_map(Raised::from_value).collect()
}

/// The place that a SyntaxError was given as an argument.
fn told_place(raised: &Raised) -> Option<Place> {
    if !raised.is(Exc::SyntaxError) {
        return None;
    }
    let value = raised.value();
    let part = |name: &str| syntax_part(&value, name).ok();
    let line = usize::try_from(part("lineno")?.as_int()?).ok()?;
    let at = |name: &str| usize::try_from(part(name)?.as_int()?).ok();
    let start = at("offset").filter(|start| *start > 0);
    let columns = start.map(|start| Columns {
        start: start - 1,
        end: at("end_offset").unwrap_or(0).max(start + 1) - 1,
    });
    let file = part("filename")?.as_str().unwrap_or("<string>").to_string();
    let text = part("text")?
        .as_str()
        .map(|text| text.trim_end().to_string());
    Some(Place {
        file,
        line,
        columns: columns.filter(|_| text.is_some()),
        text,
    })
}

fn frame(entry: &TraceEntry) -> Frame {
    Frame {
        place: place(&entry.source, entry.span),
        function: entry.function.as_str().to_string(),
    }
}

/// A span as line and columns; a span over several lines goes to the end of its first one.
fn place(source: &Source, span: Span) -> Place {
    let (line, start) = source.line_column(span.start as usize);
    let (last_line, end) = source.line_column(span.end as usize);
    let end = if last_line > line { usize::MAX } else { end };
    let text = (line <= source.line_count()).then(|| source.line_text(line).to_string());
    Place {
        file: source.name.clone(),
        line,
        text,
        columns: Some(Columns { start, end }),
    }
}

/// `Kind: message`, where the kind has its module before it unless that is the program or the language itself.
fn headline(caller: &mut dyn Caller, raised: &Raised, suggest: bool) -> String {
    let class = Value::from(raised.value().class());
    let mut text = |name: &str| {
        let found = protocol::find_attr(caller, &class, &intern(name))
            .ok()
            .flatten();
        found.and_then(|value| value.as_str().map(str::to_string))
    };
    let name = text("__qualname__").unwrap_or_else(|| raised.0.class().name().as_str().to_string());
    let kind = match text("__module__") {
        Some(module) if module != "builtins" && module != "__main__" => format!("{module}.{name}"),
        _ => name,
    };
    match message(caller, raised) {
        Ok(message) if message.is_empty() => kind,
        Ok(message) => match suggestion(raised).filter(|_| suggest) {
            Some(near) => format!("{kind}: {message}. Did you mean: '{near}'?"),
            None => format!("{kind}: {message}"),
        },
        Err(_) => format!("{kind}: <exception str() failed>"),
    }
}

/// The name that may have been meant; `str` of the exception does not have it.
fn suggestion(raised: &Raised) -> Option<String> {
    if let Some(near) = &*raised.data().near.borrow() {
        return Some(near.clone());
    }
    // What is said in the help is not said twice.
    if !raised.is(Exc::AttributeError) || raised.data().help.borrow().is_some() {
        return None;
    }
    let (name, obj) = (
        raised.0.get(&intern("name"))?,
        raised.0.get(&intern("obj"))?,
    );
    protocol::nearest_attribute(&obj, name.as_str()?)
}

fn message(caller: &mut dyn Caller, raised: &Raised) -> Result<String, Raised> {
    // The message of a SyntaxError names file and line again; here they stand above it.
    let placed = raised.data().place.borrow().is_some() || told_place(raised).is_some();
    if placed && raised.is(Exc::SyntaxError) {
        let first = raised.first_arg();
        if let Some(text) = first.as_ref().and_then(Value::as_str) {
            return Ok(text.to_string());
        }
    }
    protocol::str(caller, &raised.value())
}

/// What `add_note` has added.
fn notes(caller: &mut dyn Caller, raised: &Raised) -> Vec<String> {
    let Some(notes) = raised.0.get(&intern("__notes__")) else {
        return Vec::new();
    };
    let items: Vec<Value> = match (notes.exact::<List>(), notes.exact::<Tuple>()) {
        (Some(list), _) => list.items.borrow().to_vec(),
        (None, Some(tuple)) => tuple.items.to_vec(),
        (None, None) => return Vec::new(),
    };
    let mut lines = Vec::new();
    for item in items {
        let text =
            protocol::str(caller, &item).unwrap_or_else(|_| "<note str() failed>".to_string());
        lines.extend(text.split('\n').map(str::to_string));
    }
    lines
}
