//! The state of the machine.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::lang::object::caller::Session;
use crate::lang::object::code::{Code, Frame, Return};
use crate::lang::object::generator::Outcome;
use crate::lang::object::heap::collect_if_due;
use crate::lang::object::{Dict, Exc, Raised, Ref, Result, Value, recursion_error};

use super::stack::Stack;

/// So many loop rounds and calls pass between two looks at the collector.
const TICKS: u32 = 1024;
/// Native code may call itself by way of the script so deeply; the host stack is made for it.
const NATIVE_LIMIT: usize = 4000;

/// The machine that runs scripts.
pub struct Vm {
    pub(super) frames: Stack,
    pub(super) session: Rc<Session>,
    pub(super) native_depth: usize,
    /// How many exceptions are being handled in all frames.
    pub(super) handling: usize,
    /// Whether the exception being raised comes from looking for the method of a call.
    pub(super) at_callee: Cell<bool>,
    /// Whether the exception being raised was caught before and goes on.
    pub(super) reraising: bool,
    ticks: u32,
    interrupt: Arc<AtomicBool>,
}

impl Vm {
    /// A machine for a session.
    pub fn new(session: Rc<Session>) -> Vm {
        let interrupt = Arc::clone(&session.interrupt);
        Vm {
            frames: Stack::default(),
            session,
            native_depth: 0,
            handling: 0,
            at_callee: Cell::new(false),
            reraising: false,
            ticks: TICKS,
            interrupt,
        }
    }

    /// Begins to run the frame that is ready above the others, unless that is too deep.
    #[inline(always)]
    pub(super) fn begin(&mut self) -> Result<*mut Frame> {
        if self.is_due() || self.is_too_deep() {
            return self.begin_or_not();
        }
        Ok(self.frames.begin())
    }

    #[cold]
    #[inline(never)]
    fn begin_or_not(&mut self) -> Result<*mut Frame> {
        let looked = match self.is_too_deep() {
            true => Err(too_deep()),
            false => self.look_up(),
        };
        if looked.is_err() {
            self.frames.cancel();
        }
        looked.map(|()| self.frames.begin())
    }

    /// Whether no more frames may be stacked.
    #[inline(always)]
    pub(super) fn is_too_deep(&self) -> bool {
        self.frames.len() >= self.session.recursion_limit.get()
    }

    /// Puts a frame on the stack, unless that is too deep.
    #[inline(always)]
    pub(super) fn push(&mut self, frame: Box<Frame>) -> Result<()> {
        if self.is_too_deep() {
            return Err(too_deep());
        }
        self.frames.push(frame);
        Ok(())
    }

    /// Takes the running frame off the stack.
    #[inline(always)]
    pub(super) fn pop(&mut self) -> Box<Frame> {
        let frame = self.frames.pop();
        self.handling -= frame.more().handled.len();
        frame
    }

    /// Ends the running frame.
    #[inline(always)]
    pub(super) fn end_frame(&mut self) {
        let frame = self.frames.top();
        if frame.has_more() {
            self.handling -= frame.more().handled.len();
        }
        self.frames.end();
    }

    /// Counts a loop round or call, and now and then lets the collector run. Whether the script is to stop is looked up
    /// each time: one round may take long.
    #[inline(always)]
    pub(super) fn tick(&mut self) -> Result<()> {
        if self.is_due() {
            self.look_up()
        } else {
            Ok(())
        }
    }

    /// The same, for who has something to do before looking.
    #[inline(always)]
    pub(super) fn is_due(&mut self) -> bool {
        self.ticks = self.ticks.wrapping_sub(1);
        self.ticks == 0 || self.interrupt.load(Ordering::Relaxed)
    }

    #[cold]
    pub(super) fn look_up(&mut self) -> Result<()> {
        self.ticks = TICKS;
        self.frames.trim();
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
        // A level of nested containers takes two.
        let limit = NATIVE_LIMIT.min(2 * self.session.recursion_limit.get());
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
        let frame = Frame::of_module(code.clone(), globals.clone(), Return::Host);
        let mut frame = Box::new(frame);
        if namespace.is_some() {
            frame.more_mut().namespace = namespace;
        }
        match self.run_frame(frame)? {
            Outcome::Yielded(value) | Outcome::Returned(value) => Ok(value),
        }
    }
}

#[cold]
#[inline(never)]
pub(super) fn too_deep() -> Raised {
    recursion_error("maximum recursion depth exceeded")
}
