//! The state of one call: registers, place in the code, and where its result goes. Frames live on the heap, so that
//! deep recursion and suspended generators need no host stack.

use std::mem::ManuallyDrop;
use std::ops::Deref;

use super::{Code, Function, Reg};
use crate::lang::object::generator::Generator;
use crate::lang::object::heap::{Ref, Visit};
use crate::lang::object::{Dict, Value};

/// What happens with the result of a frame.
#[derive(Clone, Copy, Debug)]
pub enum Return {
    /// It ends the run loop that was entered for this frame.
    Host,
    /// It goes into a register of the frame below.
    Register(Reg),
    /// It must be None; the new instance, which the frame keeps, goes into a register of the frame below.
    Init(Reg),
    /// It is a binary operator's result; if it is NotImplemented, the frame below looks further.
    Operator(Reg),
    /// The generator's next element for a `for` loop; its end takes the loop's exit.
    ForIter(Reg),
    /// The generator's next element for a `yield from` of the frame below.
    YieldFrom(Reg),
    /// It is dropped.
    Ignore,
}

/// A pointer that counts for nothing: another field of the frame keeps what it points to alive.
pub struct Kept<T>(ManuallyDrop<Ref<T>>);

impl<T> Kept<T> {
    /// # Safety
    /// What is pointed to must outlive all uses of the pointer.
    #[inline(always)]
    unsafe fn new(of: &Ref<T>) -> Kept<T> {
        // SAFETY: the copy is never dropped, so the count stays right; the caller vouches for life.
        Kept(ManuallyDrop::new(unsafe { std::ptr::read(of) }))
    }
}

impl<T> Deref for Kept<T> {
    type Target = Ref<T>;

    #[inline(always)]
    fn deref(&self) -> &Ref<T> {
        &self.0
    }
}

/// The state of one call.
pub struct Frame {
    /// The code, of the function or of the module.
    pub code: Kept<Code>,
    /// The globals, of the function or of the module.
    pub globals: Kept<Dict>,
    /// The function, for its free variables; `None` for modules.
    function: Option<Ref<Function>>,
    /// What a module's frame runs, and in which globals.
    module: Option<(Ref<Code>, Ref<Dict>)>,
    /// The registers: at least as many as the code needs, and those beyond are unbound.
    pub regs: Vec<Value>,
    /// The instruction to run next.
    pub pc: usize,
    /// What happens with the result.
    pub ret: Return,
    /// The generator whose body this is.
    pub generator: Option<Ref<Generator>>,
    /// The exceptions being handled, innermost last.
    pub handled: Vec<Value>,
    /// The namespace of a class body, or of code run with separate locals.
    pub namespace: Option<Value>,
    /// What was sent to a generator that is suspended in `yield from`; the instance that an `__init__` is called for.
    pub kept: Value,
}

impl Frame {
    /// A frame for the call of a function. Its registers are unbound.
    pub fn of_function(function: Ref<Function>, ret: Return) -> Frame {
        // SAFETY: the frame holds the function, which holds both and never lets go of them.
        let (code, globals) = unsafe { (Kept::new(&function.code), Kept::new(&function.globals)) };
        Frame::new(code, globals, Some(function), None, ret)
    }

    /// A frame for module-level code. Its registers are unbound.
    pub fn of_module(code: Ref<Code>, globals: Ref<Dict>, ret: Return) -> Frame {
        // SAFETY: the frame holds both.
        let kept = unsafe { (Kept::new(&code), Kept::new(&globals)) };
        Frame::new(kept.0, kept.1, None, Some((code, globals)), ret)
    }

    fn new(
        code: Kept<Code>,
        globals: Kept<Dict>,
        function: Option<Ref<Function>>,
        module: Option<(Ref<Code>, Ref<Dict>)>,
        ret: Return,
    ) -> Frame {
        let registers = usize::from(code.registers);
        Frame {
            code,
            globals,
            function,
            module,
            regs: vec![Value::Unbound; registers],
            pc: 0,
            ret,
            generator: None,
            handled: Vec::new(),
            namespace: None,
            kept: Value::Unbound,
        }
    }

    /// Makes an emptied frame one for the call of a function.
    #[inline(always)]
    pub fn reuse(&mut self, function: Ref<Function>, ret: Return) {
        // SAFETY: as in `of_function`.
        unsafe {
            self.code = Kept::new(&function.code);
            self.globals = Kept::new(&function.globals);
        }
        let registers = usize::from(self.code.registers);
        if self.regs.len() < registers {
            self.regs.resize(registers, Value::Unbound);
        }
        self.pc = 0;
        self.ret = ret;
        // An emptied frame has no function: nothing is to be dropped.
        std::mem::forget(self.function.replace(function));
    }

    /// Lets go of everything but the room for registers.
    #[inline(always)]
    pub fn empty(&mut self) {
        let used = usize::from(self.code.registers).min(self.regs.len());
        for place in &mut self.regs[..used] {
            if place.is_heap() {
                drop(std::mem::take(place));
            } else {
                // SAFETY: what is on no heap needs no dropping.
                unsafe { std::ptr::write(place, Value::Unbound) };
            }
        }
        if !self.handled.is_empty() {
            self.handled.clear();
        }
        if self.namespace.is_some() {
            self.namespace = None;
        }
        if self.generator.is_some() {
            self.generator = None;
        }
        if !self.kept.is_unbound() {
            self.kept = Value::Unbound;
        }
        if self.module.is_some() {
            self.module = None;
        }
        // The last, because it keeps the code.
        self.function = None;
    }

    /// The function whose body this is; `None` for modules.
    #[inline(always)]
    pub fn function(&self) -> Option<&Ref<Function>> {
        self.function.as_ref()
    }

    /// Shows all references to the collector.
    pub fn trace(&self, visit: &mut Visit) {
        if let Some(function) = &self.function {
            visit(function.as_any());
        }
        if let Some((code, globals)) = &self.module {
            visit(code.as_any());
            visit(globals.as_any());
        }
        if let Some(namespace) = &self.namespace {
            namespace.trace(visit);
        }
        self.kept.trace(visit);
        self.regs
            .iter()
            .chain(&self.handled)
            .for_each(|value| value.trace(visit));
    }
}
