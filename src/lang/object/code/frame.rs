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
    /// The registers: at least as many as the code needs. What is not bound yet holds no object.
    pub regs: Vec<Value>,
    /// The instruction to run next.
    pub pc: usize,
    /// What happens with the result.
    pub ret: Return,
    /// Whether the instruction at which a generator is suspended wants what is sent.
    pub receives: bool,
    /// Whether `more` was touched.
    has_more: bool,
    /// What was sent to a generator that is suspended in `yield from`; the instance that an `__init__` is called for.
    pub kept: Value,
    more: More,
}

/// What most calls do without.
#[derive(Default)]
pub struct More {
    /// What a module's frame runs, and in which globals.
    module: Option<(Ref<Code>, Ref<Dict>)>,
    /// The generator whose body this is.
    pub generator: Option<Ref<Generator>>,
    /// The exceptions being handled, innermost last.
    pub handled: Vec<Value>,
    /// The namespace of a class body, or of code run with separate locals.
    pub namespace: Option<Value>,
}

impl Frame {
    /// A frame for the call of a function. Its registers are unbound.
    pub fn of_function(function: Ref<Function>, ret: Return) -> Frame {
        // SAFETY: the frame holds the function, which holds both and never lets go of them.
        let (code, globals) = unsafe { (Kept::new(&function.code), Kept::new(&function.globals)) };
        Frame::new(code, globals, Some(function), ret)
    }

    /// A frame for module-level code. Its registers are unbound.
    pub fn of_module(code: Ref<Code>, globals: Ref<Dict>, ret: Return) -> Frame {
        // SAFETY: the frame holds both.
        let kept = unsafe { (Kept::new(&code), Kept::new(&globals)) };
        let mut frame = Frame::new(kept.0, kept.1, None, ret);
        frame.more_mut().module = Some((code, globals));
        frame
    }

    fn new(
        code: Kept<Code>,
        globals: Kept<Dict>,
        function: Option<Ref<Function>>,
        ret: Return,
    ) -> Frame {
        let registers = usize::from(code.registers);
        Frame {
            code,
            globals,
            function,
            regs: vec![Value::Unbound; registers],
            pc: 0,
            ret,
            receives: false,
            has_more: false,
            kept: Value::Unbound,
            more: More::default(),
        }
    }

    /// Makes an emptied frame one for the call of a function. The locals from `first` on are unbound; the registers
    /// before are to be filled.
    #[inline(always)]
    pub fn reuse(&mut self, function: Ref<Function>, ret: Return, first: usize) {
        // SAFETY: as in `of_function`.
        unsafe {
            self.code = Kept::new(&function.code);
            self.globals = Kept::new(&function.globals);
        }
        if self.regs.len() < usize::from(self.code.registers) {
            self.make_room();
        }
        self.pc = 0;
        self.ret = ret;
        self.receives = false;
        // An emptied frame has no function: nothing is to be dropped.
        std::mem::forget(self.function.replace(function));
        for reg in first..self.code.locals.len() {
            // SAFETY: locals are registers of the code, for which there is room. An emptied frame holds no objects:
            // nothing needs dropping.
            unsafe { std::ptr::write(self.regs.as_mut_ptr().add(reg), Value::Unbound) };
        }
    }

    #[cold]
    #[inline(never)]
    fn make_room(&mut self) {
        let registers = usize::from(self.code.registers);
        self.regs.resize(registers, Value::Unbound);
    }

    /// Lets go of all objects; the room for registers stays.
    pub fn empty(&mut self) {
        self.kept = Value::Unbound;
        if self.has_more {
            self.has_more = false;
            let more = &mut self.more;
            more.handled.clear();
            more.namespace = None;
            more.generator = None;
            more.module = None;
        }
        self.empty_registers();
    }

    /// The same where nothing is kept, and there is nothing `more`.
    #[inline(always)]
    pub fn empty_registers(&mut self) {
        let first = self.regs.as_mut_ptr();
        // SAFETY: there are as many registers as the code needs, an even number.
        let end = unsafe { first.add(usize::from(self.code.registers)) };
        let mut place = first;
        while place != end {
            // SAFETY: `place` and the next one are registers.
            unsafe {
                if (*place).is_heap() {
                    drop(std::mem::take(&mut *place));
                }
                if (*place.add(1)).is_heap() {
                    drop(std::mem::take(&mut *place.add(1)));
                }
                place = place.add(2);
            }
        }
        // The last, because it keeps the code.
        self.function = None;
    }

    /// What most calls do without.
    #[inline(always)]
    pub fn more(&self) -> &More {
        &self.more
    }

    /// The same, to be changed.
    #[inline(always)]
    pub fn more_mut(&mut self) -> &mut More {
        self.has_more = true;
        &mut self.more
    }

    /// Whether there may be more than most calls have.
    #[inline(always)]
    pub fn has_more(&self) -> bool {
        self.has_more
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
        if let Some((code, globals)) = &self.more.module {
            visit(code.as_any());
            visit(globals.as_any());
        }
        if let Some(namespace) = &self.more.namespace {
            namespace.trace(visit);
        }
        self.kept.trace(visit);
        self.regs
            .iter()
            .chain(&self.more.handled)
            .for_each(|value| value.trace(visit));
    }
}
