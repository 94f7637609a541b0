//! Tracebacks and the frames they show, as scripts see them.

use std::rc::Rc;

use super::{Exception, TraceEntry};
use crate::base::source::Source;
use crate::lang::object::caller::{FrameView, Locals};
use crate::lang::object::code::{Code, Frame};
use crate::lang::object::heap::{HeapType, Kind, Visit};
use crate::lang::object::native::{ClassSpec, GetSetSpec, NativeSpec, receiver};
use crate::lang::object::root::methods::no_instances;
use crate::lang::object::{Class, Dict, Name, Ref, Value, types};

/// The place where an exception passed a frame, and the places further in.
pub struct Traceback {
    /// Outermost first.
    entries: Rc<[TraceEntry]>,
    at: usize,
}

impl Traceback {
    /// The traceback of an exception; None before it was raised.
    pub fn of(exception: &Exception) -> Value {
        let trace = exception.trace.borrow();
        if trace.is_empty() {
            return Value::None;
        }
        let entries = trace.iter().rev().cloned().collect();
        Value::from(Ref::new(Traceback { entries, at: 0 }))
    }

    /// The places, innermost first.
    pub fn entries(&self) -> Vec<TraceEntry> {
        self.entries[self.at..].iter().rev().cloned().collect()
    }

    fn entry(&self) -> &TraceEntry {
        &self.entries[self.at]
    }
}

impl HeapType for Traceback {
    const KIND: Kind = Kind::Foreign;
    const TRACED: bool = false;

    fn class(&self) -> Ref<Class> {
        types().traceback.clone()
    }
}

fn line(entry: &TraceEntry) -> usize {
    entry.source.line(entry.span.start as usize)
}

/// `traceback`
pub static TRACEBACK: ClassSpec = ClassSpec {
    name: "traceback",
    attributes: &[
        GetSetSpec::new("tb_lineno", "The line.", |_, v| {
            Ok(Value::from(line(receiver::<Traceback>(v)?.entry())))
        }),
        GetSetSpec::new("tb_lasti", "The instruction.", |_, v| {
            Ok(Value::Int(
                receiver::<Traceback>(v)?.entry().span.start.into(),
            ))
        }),
        GetSetSpec::new("tb_next", "The place further in.", |_, v| {
            let traceback = receiver::<Traceback>(v)?;
            let at = traceback.at + 1;
            if at >= traceback.entries.len() {
                return Ok(Value::None);
            }
            let entries = traceback.entries.clone();
            Ok(Value::from(Ref::new(Traceback { entries, at })))
        }),
        GetSetSpec::new("tb_frame", "The frame.", |_, v| {
            let entry = receiver::<Traceback>(v)?.entry();
            Ok(Value::from(Ref::new(FrameObject {
                name: entry.function.clone(),
                source: entry.source.clone(),
                line: line(entry),
                first_line: line(entry),
                code: None,
                globals: Dict::new(),
                locals: Value::from(Dict::new()),
                back: Value::None,
            })))
        }),
    ],
    make: Some(no_instances),
    ..ClassSpec::EMPTY
};

/// What scripts see of a frame.
pub struct FrameObject {
    name: Name,
    source: Rc<Source>,
    line: usize,
    first_line: usize,
    code: Option<Ref<Code>>,
    globals: Ref<Dict>,
    locals: Value,
    back: Value,
}

impl FrameObject {
    /// The frame of a suspended generator.
    pub fn suspended(frame: &Frame) -> Value {
        let code = &frame.code;
        let span = code
            .spans
            .get(frame.pc.saturating_sub(1))
            .copied()
            .unwrap_or(code.span);
        let locals = Dict::new();
        for (name, value) in code.locals.iter().zip(&frame.regs) {
            if !value.is_unbound() {
                locals.set_name(name, value.clone());
            }
        }
        Value::from(Ref::new(FrameObject {
            name: code.name.clone(),
            source: code.source.clone(),
            line: code.source.line(span.start as usize),
            first_line: code.source.line(code.span.start as usize),
            code: Some(Ref::clone(code)),
            globals: Ref::clone(&frame.globals),
            locals: Value::from(locals),
            back: Value::None,
        }))
    }

    /// A running frame, with the one that called it.
    pub fn running(view: FrameView, back: Value) -> Value {
        let code = view.code;
        Value::from(Ref::new(FrameObject {
            name: code.name.clone(),
            source: code.source.clone(),
            line: code.source.line(view.span.start as usize),
            first_line: code.source.line(code.span.start as usize),
            code: Some(code),
            globals: view.globals,
            locals: match view.locals {
                Locals::Namespace(namespace) => namespace,
                Locals::Copy(dict) => Value::from(dict),
            },
            back,
        }))
    }
}

impl HeapType for FrameObject {
    const KIND: Kind = Kind::Foreign;
    const TRACED: bool = true;

    fn trace(&self, visit: &mut Visit) {
        visit(self.globals.as_any());
        self.locals.trace(visit);
        self.back.trace(visit);
        if let Some(code) = &self.code {
            visit(code.as_any());
        }
    }

    fn class(&self) -> Ref<Class> {
        types().frame.clone()
    }
}

/// The code of a frame of which only the place is known.
struct CodePlace {
    name: Name,
    source: Rc<Source>,
    line: usize,
}

impl HeapType for CodePlace {
    const KIND: Kind = Kind::Foreign;
    const TRACED: bool = false;

    fn class(&self) -> Ref<Class> {
        types().code_place.clone()
    }
}

/// `code`, as far as a traceback knows it.
pub static CODE_PLACE: ClassSpec = ClassSpec {
    name: "code",
    attributes: &[
        GetSetSpec::new("co_name", "The function's name.", |_, v| {
            Ok(Value::from(&receiver::<CodePlace>(v)?.name))
        }),
        GetSetSpec::new("co_qualname", "The function's name.", |_, v| {
            Ok(Value::from(&receiver::<CodePlace>(v)?.name))
        }),
        GetSetSpec::new("co_filename", "The file.", |_, v| {
            Ok(Value::from(receiver::<CodePlace>(v)?.source.name.as_str()))
        }),
        GetSetSpec::new("co_firstlineno", "The line.", |_, v| {
            Ok(Value::from(receiver::<CodePlace>(v)?.line))
        }),
    ],
    make: Some(no_instances),
    ..ClassSpec::EMPTY
};

fn code_of(frame: &FrameObject) -> Value {
    match &frame.code {
        Some(code) => Value::from(code),
        None => Value::from(Ref::new(CodePlace {
            name: frame.name.clone(),
            source: frame.source.clone(),
            line: frame.first_line,
        })),
    }
}

/// `frame`
pub static FRAME: ClassSpec = ClassSpec {
    name: "frame",
    methods: &[NativeSpec::new(
        "__repr__(self, /)",
        "Return repr(self).",
        |_, a| {
            let frame = receiver::<FrameObject>(&a[0])?;
            Ok(Value::from(format!(
                "<frame at {:#x}, file '{}', line {}, code {}>",
                frame.address(),
                frame.source.name,
                frame.line,
                frame.name
            )))
        },
    )],
    attributes: &[
        GetSetSpec::new("f_lineno", "The line.", |_, v| {
            Ok(Value::from(receiver::<FrameObject>(v)?.line))
        }),
        GetSetSpec::new("f_code", "The code.", |_, v| {
            Ok(code_of(receiver::<FrameObject>(v)?))
        }),
        GetSetSpec::new("f_globals", "The globals.", |_, v| {
            Ok(Value::from(&receiver::<FrameObject>(v)?.globals))
        }),
        GetSetSpec::new("f_locals", "The locals.", |_, v| {
            Ok(receiver::<FrameObject>(v)?.locals.clone())
        }),
        GetSetSpec::new("f_back", "The calling frame.", |_, v| {
            Ok(receiver::<FrameObject>(v)?.back.clone())
        }),
    ],
    make: Some(no_instances),
    ..ClassSpec::EMPTY
};
