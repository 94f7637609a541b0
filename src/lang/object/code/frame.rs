//! The state of one call: registers, place in the code, and where its result goes. Frames live on the heap, so that
//! deep recursion and suspended generators need no host stack.

use super::{Code, Function, Reg};
use crate::lang::object::generator::Generator;
use crate::lang::object::heap::{Ref, Visit};
use crate::lang::object::{Dict, Value};

/// What happens with the result of a frame.
#[derive(Clone, Debug)]
pub enum Return {
    /// It ends the run loop that was entered for this frame.
    Host,
    /// It goes into a register of the frame below.
    Register(Reg),
    /// It must be None; the new instance goes into a register of the frame below.
    Init(Reg, Value),
    /// It is a binary operator's result; if it is NotImplemented, the frame below looks further.
    Operator(Reg),
    /// The generator's next element for a `for` loop; its end takes the loop's exit.
    ForIter(Reg),
    /// The generator's next element for a `yield from` of the frame below.
    YieldFrom(Reg),
    /// It is dropped.
    Ignore,
}

/// The state of one call.
pub struct Frame {
    /// The code.
    pub code: Ref<Code>,
    /// The function, for its free variables; `None` for modules.
    pub function: Option<Ref<Function>>,
    /// The globals.
    pub globals: Ref<Dict>,
    /// The namespace of a class body, or of code run with separate locals.
    pub namespace: Option<Value>,
    /// The registers.
    pub regs: Vec<Value>,
    /// The instruction to run next.
    pub pc: usize,
    /// What happens with the result.
    pub ret: Return,
    /// The exceptions being handled, innermost last.
    pub handled: Vec<Value>,
    /// The generator whose body this is.
    pub generator: Option<Ref<Generator>>,
    /// What was sent to a generator that is suspended in `yield from`.
    pub sent: Value,
}

impl Frame {
    /// Shows all references to the collector.
    pub fn trace(&self, visit: &mut Visit) {
        visit(self.code.as_any());
        if let Some(function) = &self.function {
            visit(function.as_any());
        }
        visit(self.globals.as_any());
        if let Some(namespace) = &self.namespace {
            namespace.trace(visit);
        }
        self.sent.trace(visit);
        self.regs
            .iter()
            .chain(&self.handled)
            .for_each(|value| value.trace(visit));
    }
}
