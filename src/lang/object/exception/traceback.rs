//! Tracebacks and the frames they show, as scripts see them.

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

use super::{Exception, TraceEntry};
use crate::base::source::Source;
use crate::base::span::Span;
use crate::lang::object::caller::{FrameView, Locals};
use crate::lang::object::code::{Code, Frame};
use crate::lang::object::heap::{HeapType, Kind, Visit};
use crate::lang::object::native::{ClassSpec, GetSetSpec, NativeSpec, bind_arguments, receiver};
use crate::lang::object::root::methods::no_instances;
use crate::lang::object::{
    Args, Caller, Class, Dict, Name, Ref, Result, Value, type_error, types, value_error,
};

/// The place where an exception passed a frame, and the places further in.
pub struct Traceback {
    entry: TraceEntry,
    /// The line, where a script says which.
    line: Option<usize>,
    frame: OnceCell<Value>,
    /// The place further in, or None.
    next: RefCell<Value>,
}

impl Traceback {
    /// The traceback of an exception; None before it was raised. It is the same one until the exception passes more
    /// frames, and part of the later one then.
    pub fn of(exception: &Exception) -> Value {
        let trace = exception.trace.borrow();
        let mut shown = exception.shown.borrow_mut();
        let known = depth(&shown);
        if known > trace.len() {
            *shown = Value::None;
        }
        for entry in &trace[depth(&shown)..] {
            *shown = Traceback::around(entry.clone(), shown.clone());
        }
        shown.clone()
    }

    /// Gives an exception the traceback of another.
    pub fn share(from: &Exception, to: &Exception) {
        to.shown.replace(Traceback::of(from));
        to.trace.replace(from.trace.borrow().clone());
    }

    fn around(entry: TraceEntry, next: Value) -> Value {
        Value::from(Ref::new(Traceback {
            entry,
            line: None,
            frame: OnceCell::new(),
            next: RefCell::new(next),
        }))
    }

    /// The places, innermost first.
    pub fn entries(&self) -> Vec<TraceEntry> {
        let mut entries = vec![self.entry.clone()];
        let mut next = self.next.borrow().clone();
        while let Some(traceback) = next.exact::<Traceback>().cloned() {
            entries.push(traceback.entry.clone());
            next = traceback.next.borrow().clone();
        }
        entries.reverse();
        entries
    }

    fn line(&self) -> usize {
        let told = || self.entry.source.line(self.entry.span.start as usize);
        self.line.unwrap_or_else(told)
    }
}

/// How many places a traceback has.
fn depth(traceback: &Value) -> usize {
    let found = traceback.exact::<Traceback>();
    found.map_or(0, |traceback| traceback.entries().len())
}

impl HeapType for Traceback {
    const KIND: Kind = Kind::Foreign;
    const TRACED: bool = true;

    fn trace(&self, visit: &mut Visit) {
        if let Ok(next) = self.next.try_borrow() {
            next.trace(visit);
        }
        if let Some(frame) = self.frame.get() {
            frame.trace(visit);
        }
    }

    fn clear(&self) {
        drop(self.next.take());
    }

    fn class(&self) -> Ref<Class> {
        types().traceback.clone()
    }
}

/// `traceback`
pub static TRACEBACK: ClassSpec = ClassSpec {
    name: "traceback",
    attributes: &[
        GetSetSpec::new("tb_lineno", "The line.", |_, v| {
            Ok(Value::from(receiver::<Traceback>(v)?.line()))
        }),
        GetSetSpec::new("tb_lasti", "The instruction.", |_, v| {
            Ok(Value::Int(
                receiver::<Traceback>(v)?.entry.span.start.into(),
            ))
        }),
        GetSetSpec::new("tb_next", "The place further in.", |_, v| {
            Ok(receiver::<Traceback>(v)?.next.borrow().clone())
        })
        .set(|_, v, next| set_next(receiver::<Traceback>(v)?, next)),
        GetSetSpec::new("tb_frame", "The frame.", |_, v| {
            let traceback = receiver::<Traceback>(v)?;
            Ok(traceback.frame.get_or_init(|| frame_of(traceback)).clone())
        }),
    ],
    make: Some(make),
    ..ClassSpec::EMPTY
};

fn frame_of(traceback: &Traceback) -> Value {
    let entry = &traceback.entry;
    Value::from(Ref::new(FrameObject {
        name: entry.function.clone(),
        source: entry.source.clone(),
        line: traceback.line(),
        first_line: traceback.line(),
        code: None,
        globals: Dict::new(),
        locals: Value::from(Dict::new()),
        back: Value::None,
    }))
}

fn set_next(traceback: &Ref<Traceback>, next: Value) -> Result<()> {
    check_next(&next)?;
    let mut further = next.clone();
    while let Some(found) = further.exact::<Traceback>().cloned() {
        if found.same(traceback) {
            return Err(value_error("traceback loop detected"));
        }
        further = found.next.borrow().clone();
    }
    let old = traceback.next.replace(next);
    drop(old);
    Ok(())
}

fn check_next(next: &Value) -> Result<()> {
    if next.is_none() || next.exact::<Traceback>().is_some() {
        return Ok(());
    }
    Err(type_error(format!(
        "expected traceback object, got '{}'",
        next.class_name()
    )))
}

/// `TracebackType(tb_next, tb_frame, tb_lasti, tb_lineno)`
fn make(_: &mut dyn Caller, _: &Ref<Class>, args: Args) -> Result<Value> {
    let names = ["tb_next", "tb_frame", "tb_lasti", "tb_lineno"];
    let [next, frame, _, line] = bind_arguments("traceback", names, 4, args)?;
    check_next(&next)?;
    let Some(place) = frame.exact::<FrameObject>() else {
        return Err(type_error(format!(
            "traceback() argument 'tb_frame' must be frame, not {}",
            frame.class_name()
        )));
    };
    let line = line.as_int().and_then(|line| usize::try_from(line).ok());
    let start = place.source.line_start(line.unwrap_or(0));
    let entry = TraceEntry {
        source: place.source.clone(),
        span: Span::new(start, start),
        function: place.name.clone(),
    };
    Ok(Value::from(Ref::new(Traceback {
        entry,
        line,
        frame: OnceCell::from(frame.clone()),
        next: RefCell::new(next),
    })))
}

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
