//! The state of the machine.

use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::lang::object::caller::Session;
use crate::lang::object::code::{Code, Frame, Function, Return};
use crate::lang::object::generator::Outcome;
use crate::lang::object::heap::collect_if_due;
use crate::lang::object::{Dict, Exc, Raised, Ref, Result, Value, recursion_error};

/// So many loop rounds and calls pass between two looks at the collector.
const TICKS: u32 = 1024;
/// Native code may call itself by way of the script so deeply; the host stack is made for it.
const NATIVE_LIMIT: usize = 4000;
/// Frames kept for reuse.
const POOL_LIMIT: usize = 256;

/// The machine that runs scripts.
pub struct Vm {
    #[allow(clippy::vec_box)] // Frames must not move: the loop holds a pointer.
    pub(super) frames: Vec<Box<Frame>>,
    pub(super) session: Rc<Session>,
    pub(super) native_depth: usize,
    /// How many exceptions are being handled in all frames.
    pub(super) handling: usize,
    /// Whether the exception being raised was caught before and goes on.
    pub(super) reraising: bool,
    #[allow(clippy::vec_box)] // Its boxes go back among the frames as they are.
    pub(super) pool: Vec<Box<Frame>>,
    ticks: u32,
    interrupt: Arc<AtomicBool>,
}

impl Vm {
    /// A machine for a session.
    pub fn new(session: Rc<Session>) -> Vm {
        let (frames, pool) = (Vec::new(), Vec::new());
        let interrupt = Arc::clone(&session.interrupt);
        Vm {
            frames,
            session,
            native_depth: 0,
            handling: 0,
            reraising: false,
            pool,
            ticks: TICKS,
            interrupt,
        }
    }

    /// A frame for code, from the pool if there is one; its registers are unbound.
    #[inline]
    pub(super) fn new_frame(
        &mut self,
        code: Ref<Code>,
        function: Option<Ref<Function>>,
        globals: Ref<Dict>,
        ret: Return,
    ) -> Box<Frame> {
        let registers = usize::from(code.registers);
        match self.pool.pop() {
            Some(mut frame) => {
                frame.code = code;
                frame.function = function;
                frame.globals = globals;
                frame.regs.resize(registers, Value::Unbound);
                frame.pc = 0;
                frame.ret = ret;
                frame
            }
            None => Box::new(Frame {
                code,
                function,
                globals,
                namespace: None,
                regs: vec![Value::Unbound; registers],
                pc: 0,
                ret,
                handled: Vec::new(),
                generator: None,
                sent: Value::Unbound,
            }),
        }
    }

    /// Puts a frame on the stack, unless that is too deep.
    #[inline]
    pub(super) fn push(&mut self, frame: Box<Frame>) -> Result<()> {
        if self.frames.len() >= self.session.recursion_limit.get() {
            return Err(recursion_error("maximum recursion depth exceeded"));
        }
        self.frames.push(frame);
        Ok(())
    }

    /// Takes the running frame off the stack.
    #[inline]
    pub(super) fn pop(&mut self) -> Box<Frame> {
        let frame = self.frames.pop().expect("a frame is running");
        self.handling -= frame.handled.len();
        frame
    }

    /// Drops a frame's content and keeps the frame for another call.
    #[inline]
    pub(super) fn recycle(&mut self, mut frame: Box<Frame>) {
        if self.pool.len() < POOL_LIMIT {
            frame.regs.clear();
            frame.handled.clear();
            frame.function = None;
            frame.namespace = None;
            frame.generator = None;
            frame.sent = Value::Unbound;
            frame.ret = Return::Ignore;
            self.pool.push(frame);
        }
    }

    /// Counts a loop round or call, and now and then lets the collector run. Whether the script is to stop is looked up
    /// each time: one round may take long.
    #[inline(always)]
    pub(super) fn tick(&mut self) -> Result<()> {
        self.ticks -= 1;
        if self.ticks == 0 || self.interrupt.load(Ordering::Relaxed) {
            self.look_up()
        } else {
            Ok(())
        }
    }

    #[cold]
    fn look_up(&mut self) -> Result<()> {
        self.ticks = TICKS;
        collect_if_due();
        self.check_interrupt()
    }

    /// Raises KeyboardInterrupt if it was asked for.
    pub(super) fn check_interrupt(&self) -> Result<()> {
        if self.interrupt.swap(false, Ordering::Relaxed) {
            return Err(Raised::with_args(Exc::KeyboardInterrupt, []));
        }
        Ok(())
    }

    /// Notes one more level of native code.
    pub(super) fn deeper(&mut self) -> Result<()> {
        let limit = NATIVE_LIMIT.min(self.session.recursion_limit.get());
        if self.native_depth >= limit
            || self.frames.len() + self.native_depth > 2 * limit.max(self.frames.len())
        {
            return Err(recursion_error("maximum recursion depth exceeded"));
        }
        self.native_depth += 1;
        Ok(())
    }

    /// Runs a frame to its end or next `yield`.
    pub(super) fn run_frame(&mut self, frame: Box<Frame>) -> Result<Outcome> {
        self.deeper()?;
        let result = self.push(frame).and_then(|()| self.run());
        self.native_depth -= 1;
        result
    }

    /// Runs the frame on top, which returns to the host, and those that it calls.
    pub(super) fn run(&mut self) -> Result<Outcome> {
        loop {
            match self.steps() {
                Ok(outcome) => return Ok(outcome),
                Err(raised) => self.unwind(raised)?,
            }
        }
    }

    /// Runs module-level code.
    pub(super) fn run_top(
        &mut self,
        code: &Ref<Code>,
        globals: &Ref<Dict>,
        namespace: Option<Value>,
    ) -> Result<Value> {
        let mut frame = self.new_frame(code.clone(), None, globals.clone(), Return::Host);
        frame.namespace = namespace;
        match self.run_frame(frame)? {
            Outcome::Yielded(value) | Outcome::Returned(value) => Ok(value),
        }
    }
}
