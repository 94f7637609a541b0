//! Functions and code as data: instructions, code objects, functions, cells, frames.

mod builtin;
mod frame;
mod function;
pub mod methods;
mod op;

use std::cell::{Cell as StdCell, RefCell};
use std::rc::Rc;

pub use frame::{Frame, More, Return};
pub use function::{Cell, Closure, Function, Method, Own};
pub use op::{BinOp, CmpOp, Conversion, NO_REG, Op, Reg, UnaryOp};

use super::heap::{HeapType, Kind, Ref, Visit};
use super::{Class, Name, Value, types};
use crate::base::source::Source;
use crate::base::span::Span;

/// A compiled body: of a module, function, lambda, comprehension or class.
pub struct Code {
    /// `co_name`
    pub name: Name,
    /// `co_qualname`
    pub qualname: Name,
    /// The file it was compiled from.
    pub source: Rc<Source>,
    /// Where in the file it begins (the `def` or `class` line).
    pub span: Span,
    /// The instructions.
    pub ops: Vec<Op>,
    /// For each instruction, the part of the source that it stands for.
    pub spans: Vec<Span>,
    /// Constants, inner code objects among them.
    pub consts: Vec<Value>,
    /// Names with their caches.
    pub sites: Vec<Site>,
    /// How many registers a frame needs, rounded up to an even number.
    pub registers: u16,
    /// The parameters.
    pub params: Params,
    /// So many positional arguments are just moved into the first registers, and the body begins; `u16::MAX` if
    /// there is more to do for any number of arguments.
    pub plain: u16,
    /// Names of the parameters and the other locals, by register.
    pub locals: Vec<Name>,
    /// Names of the free variables.
    pub free: Vec<Name>,
    /// For each free variable, where the frame that makes the function has its cell.
    pub captures: Vec<Capture>,
    /// Registers that hold cells (after `MakeCell`).
    pub cells: Vec<Reg>,
    /// Where to go on when an instruction raises; inner ranges stand before outer ones.
    pub handlers: Vec<Handler>,
    /// Comprehensions that are part of the code, inner ones first: tracebacks show them as functions.
    pub inlined: Vec<Inlined>,
    /// What sort of body it is, and what `MakeFunction` finds in registers.
    pub flags: Flags,
    /// The docstring.
    pub doc: Option<Value>,
}

/// Instructions of a comprehension within other code.
pub struct Inlined {
    /// The instructions.
    pub ops: std::ops::Range<u32>,
    /// `<listcomp>` and the like.
    pub name: Name,
    /// The comprehension itself.
    pub span: Span,
}

impl Code {
    /// The site that an instruction names.
    #[inline(always)]
    pub fn site(&self, index: u16) -> &Site {
        debug_assert!(usize::from(index) < self.sites.len());
        // SAFETY: the compiler names only sites that it has made.
        unsafe { self.sites.get_unchecked(usize::from(index)) }
    }
}

/// The parameters of a code object, in the order of their registers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Params {
    /// Parameters before `/`.
    pub positional_only: u16,
    /// All parameters that can be given by position, the positional-only ones included.
    pub positional: u16,
    /// Keyword-only parameters.
    pub keyword_only: u16,
    /// Whether there is `*args`.
    pub star: bool,
    /// Whether there is `**kwargs`.
    pub double_star: bool,
}

impl Params {
    /// Whether so many positional arguments fill all registers of the parameters, one each.
    #[inline(always)]
    pub fn are_plain(&self, given: usize) -> bool {
        given == usize::from(self.positional)
            && self.keyword_only == 0
            && !self.star
            && !self.double_star
    }

    /// How many registers they fill.
    pub fn count(&self) -> usize {
        usize::from(self.positional + self.keyword_only)
            + usize::from(self.star)
            + usize::from(self.double_star)
    }
}

/// Properties of a code object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    /// It has `yield`: calling it makes a generator.
    pub generator: bool,
    /// It is an `async def`: that is a coroutine.
    pub coroutine: bool,
    /// It is an `async def` with `yield`: that is an asynchronous generator.
    pub async_generator: bool,
    /// It is a class body: its frame has a namespace.
    pub class_body: bool,
    /// It is a module, cell or expression at top level.
    pub module: bool,
    /// `MakeFunction` finds a tuple of defaults.
    pub defaults: bool,
    /// `MakeFunction` finds a dict of keyword-only defaults.
    pub keyword_defaults: bool,
    /// `MakeFunction` finds a dict of annotations.
    pub annotations: bool,
}

/// Where the cell of a free variable comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Capture {
    /// A cell register of the frame that makes the function.
    Cell(Reg),
    /// A free variable of the function that is running there.
    Free(u16),
}

/// A range of instructions whose exceptions are caught.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handler {
    /// The first instruction.
    pub start: u32,
    /// The instruction after the last.
    pub end: u32,
    /// Where to go on.
    pub target: u32,
    /// The register that receives the exception.
    pub exc: Reg,
}

/// A place in the code where a name is used, with what was found there the last time.
#[derive(Default)]
pub struct Site {
    /// The name; for `CallKw`, unused.
    pub name: Option<Name>,
    /// Names of the last arguments of a call, or of the keyword patterns of a class pattern.
    pub keywords: Box<[Name]>,
    /// Of a method's call: where the method's name ends in the text.
    pub callee_end: u32,
    /// What was found.
    pub cache: Cache,
}

/// What was found at a site; the meaning of the numbers depends on `kind`.
#[derive(Default)]
pub struct Cache {
    /// How the name was resolved.
    pub kind: StdCell<Resolved>,
    /// Version of the class, or of the globals' keys.
    pub version: StdCell<u32>,
    /// Id of the instance's shape, or version of the builtins' keys.
    pub shape: StdCell<u32>,
    /// Place of the value in the instance or dict.
    pub place: StdCell<u32>,
    /// The value itself, for what was found on the class.
    pub value: RefCell<Value>,
}

/// How a name was resolved at a site.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Resolved {
    /// Not yet.
    #[default]
    Unknown,
    /// At a place of an instance of a known shape.
    Slot,
    /// On the class, to be returned as it is.
    ClassValue,
    /// On the class, a function or native that becomes a method.
    ClassMethod,
    /// At a place of the global dict.
    Global,
    /// In the builtins.
    Builtin,
    /// A new slot of an instance: the shape before is known, the shape after follows from it.
    Grow,
}

impl Site {
    /// A site for a name.
    pub fn named(name: Name) -> Site {
        Site {
            name: Some(name),
            ..Site::default()
        }
    }

    /// A site for the keywords of a call, and the method's name if there is one.
    pub fn keywords(name: Option<Name>, keywords: Box<[Name]>) -> Site {
        Site {
            name,
            keywords,
            ..Site::default()
        }
    }

    /// The name of a site that has one.
    #[inline(always)]
    pub fn name(&self) -> &Name {
        self.name
            .as_ref()
            .expect("the compiler gives a name to every site that needs one")
    }
}

impl HeapType for Code {
    const KIND: Kind = Kind::Code;
    const TRACED: bool = true;

    fn trace(&self, visit: &mut Visit) {
        self.consts.iter().for_each(|value| value.trace(visit));
        for site in &self.sites {
            if let Ok(value) = site.cache.value.try_borrow() {
                value.trace(visit);
            }
        }
    }

    fn clear(&self) {
        for site in &self.sites {
            drop(site.cache.value.take());
            site.cache.kind.set(Resolved::Unknown);
        }
    }

    fn class(&self) -> Ref<Class> {
        types().code.clone()
    }
}
