//! What native code may ask of the machine that runs it: call back into the script, suspend, import, look at frames.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::code::{Code, Function};
use super::generator::{Generator, Outcome, Resume};
use super::heap::Ref;
use super::module::Module;
use super::native::ModuleSpec;
use super::output::Output;
use super::{Dict, Name, Result, Value};

/// The arguments of a call.
#[derive(Clone, Copy, Default)]
pub struct Args<'a> {
    /// By position.
    pub positional: &'a [Value],
    /// By name.
    pub keywords: &'a [(Name, Value)],
}

impl<'a> Args<'a> {
    /// Positional arguments alone.
    pub fn positional(positional: &'a [Value]) -> Args<'a> {
        Args {
            positional,
            keywords: &[],
        }
    }

    /// A named argument.
    pub fn keyword(&self, name: &str) -> Option<&'a Value> {
        self.keywords
            .iter()
            .find(|(key, _)| key.as_str() == name)
            .map(|(_, value)| value)
    }
}

/// The running frame, as `globals()`, `locals()` and `super()` see it.
pub struct FrameView {
    /// The globals.
    pub globals: Ref<Dict>,
    /// The names of the locals with their values; for modules and class bodies the namespace itself.
    pub locals: Locals,
    /// The code.
    pub code: Ref<Code>,
    /// The part of the source that is running.
    pub span: crate::base::span::Span,
    /// The cell content of `__class__`, if the function has it.
    pub class_cell: Option<Value>,
    /// The first parameter.
    pub first_argument: Option<Value>,
}

/// The locals of a frame.
pub enum Locals {
    /// Of a module or class body: its namespace.
    Namespace(Value),
    /// Of a function: a copy of its variables.
    Copy(Ref<Dict>),
}

/// The state that all code of a session shares.
pub struct Session {
    /// `sys.modules`
    pub modules: Ref<Dict>,
    /// The namespace of builtins.
    pub builtins: Ref<Dict>,
    /// Native modules that can be imported; sorted by name.
    pub natives: RefCell<Vec<&'static ModuleSpec>>,
    /// `sys.path`
    pub path: Value,
    /// Standard output, buffered.
    pub output: RefCell<Output>,
    /// Set by the signal handler, it makes the program raise KeyboardInterrupt.
    pub interrupt: Arc<AtomicBool>,
    /// `sys.setrecursionlimit`
    pub recursion_limit: Cell<usize>,
    /// `sys.argv`
    pub argv: Value,
    /// `sys.warnoptions`
    pub warnings: Value,
    /// `sys.flags.optimize`: whether `assert` is left out.
    pub optimize: u8,
    /// Finds and runs modules; set by the interpreter.
    pub importer: Cell<Option<Importer>>,
    /// Compiles text; set by the interpreter.
    pub compiler: Cell<Option<Compiler>>,
    /// Makes syntax trees; set by the interpreter.
    pub trees: Cell<Option<TreeMaker>>,
}

/// Imports a module by its absolute dotted name, and its packages before it; returns the module itself.
pub type Importer = fn(&mut dyn Caller, &str) -> Result<Ref<Module>>;

/// Compiles text under a file name. The mode is `exec`, `eval` or `single`; the last argument tells that names at
/// the top live in a separate namespace.
pub type Compiler = fn(&mut dyn Caller, &str, &str, &str, bool) -> Result<Ref<Code>>;

/// Makes the syntax tree of a text under a file name. The mode is `exec`, `eval`, `single` or `literal`; the nodes are
/// instances of classes in a namespace.
pub type TreeMaker = fn(&mut dyn Caller, &str, &str, &str, &Ref<Dict>) -> Result<Value>;

/// The machine that runs scripts, as native code sees it.
pub trait Caller {
    /// Calls anything callable.
    fn call(&mut self, callee: &Value, args: Args) -> Result<Value>;
    /// Resumes a generator; raises what it raises, StopIteration excepted: its end is `Outcome::Returned`.
    fn resume(&mut self, generator: &Ref<Generator>, how: Resume) -> Result<Outcome>;
    /// Runs code with these globals, and a separate namespace for class bodies and `exec` with locals.
    fn run_code(
        &mut self,
        code: &Ref<Code>,
        globals: &Ref<Dict>,
        namespace: Option<Value>,
    ) -> Result<Value>;
    /// Runs the body of a class in a namespace; returns the cell of `__class__` if a method captures it.
    fn run_class_body(&mut self, body: &Ref<Function>, namespace: &Value) -> Result<Value>;
    /// The frame that is running, or the one so many script frames above it.
    fn frame(&self, depth: usize) -> Option<FrameView>;
    /// Keeps what `locals()` gave to a function with its frame: what is added to it is there at the next call.
    fn keep_locals(&mut self, locals: &Ref<Dict>);
    /// The exception that is being handled.
    fn handled(&self) -> Option<Value>;
    /// Raises KeyboardInterrupt if it was asked for; to be called in long native loops.
    fn poll(&mut self) -> Result<()>;
    /// Notes that native code is about to call itself by way of the script: raises RecursionError when too deep.
    fn enter_native(&mut self) -> Result<()>;
    /// The end of what `enter_native` began.
    fn leave_native(&mut self);
    /// What the session's code shares.
    fn session(&self) -> &Rc<Session>;
}

impl dyn Caller + '_ {
    /// Calls with positional arguments.
    pub fn call_positional(&mut self, callee: &Value, args: &[Value]) -> Result<Value> {
        self.call(callee, Args::positional(args))
    }
}
