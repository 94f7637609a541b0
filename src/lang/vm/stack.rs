//! The stack of frames: those that run, and above them some that are empty, to be used again.

use crate::lang::object::code::{Frame, Function, Reg, Return};
use crate::lang::object::{Ref, Value};

use super::registers::Registers;

/// So many empty frames are kept.
const SPARE: usize = 256;

/// The frames, boxed so that they stay where they are: the loop holds a pointer.
#[derive(Default)]
pub(super) struct Stack {
    /// The running ones, then the empty ones.
    #[allow(clippy::vec_box)]
    all: Vec<Box<Frame>>,
    running: usize,
}

impl Stack {
    /// How many frames run.
    #[inline(always)]
    pub(super) fn len(&self) -> usize {
        self.running
    }

    /// The running frames, outermost first.
    pub(super) fn frames(&self) -> &[Box<Frame>] {
        &self.all[..self.running]
    }

    /// The frame on top.
    #[inline(always)]
    pub(super) fn top(&mut self) -> &mut Frame {
        debug_assert!(self.running > 0);
        // SAFETY: the first `running` frames run, and the loop and those it calls ask only while one does.
        unsafe { self.all.get_unchecked_mut(self.running.wrapping_sub(1)) }
    }

    /// The frame below the one on top, which does not return to the host.
    #[inline(always)]
    pub(super) fn below(&mut self) -> &mut Frame {
        debug_assert!(self.running > 1);
        // SAFETY: a frame that does not return to the host has one below.
        unsafe { self.all.get_unchecked_mut(self.running.wrapping_sub(2)) }
    }

    /// An empty frame made ready for the call of a function. It runs after `begin`; its registers before `first` are to
    /// be filled, and the other locals are unbound.
    #[inline(always)]
    pub(super) fn next(
        &mut self,
        function: Ref<Function>,
        ret: Return,
        first: usize,
    ) -> &mut Frame {
        if self.running == self.all.len() {
            return self.first_frame(function, ret);
        }
        // SAFETY: just looked at.
        let frame = unsafe { self.all.get_unchecked_mut(self.running) };
        frame.reuse(function, ret, first);
        frame
    }

    #[cold]
    #[inline(never)]
    fn first_frame(&mut self, function: Ref<Function>, ret: Return) -> &mut Frame {
        self.all.push(Box::new(Frame::of_function(function, ret)));
        &mut self.all[self.running]
    }

    /// Begins to run the frame that `next` has made ready.
    #[inline(always)]
    pub(super) fn begin(&mut self) -> *mut Frame {
        debug_assert!(self.running < self.all.len());
        self.running += 1;
        self.top()
    }

    /// Empties the frame that `next` has made ready, which will not run.
    #[cold]
    pub(super) fn cancel(&mut self) {
        self.all[self.running].empty();
    }

    /// Ends the frame on top, which has nothing `more`, with a result for a register of the frame below; returns that.
    #[inline(always)]
    pub(super) fn return_to_below(&mut self, dst: Reg, value: Value) -> *mut Frame {
        let below: *mut Frame = self.below();
        // SAFETY: two different frames of the stack.
        Registers::of(unsafe { &mut (*below).regs }).set(dst, value);
        self.top().empty_registers();
        self.running -= 1;
        below
    }

    /// Empties the frame on top, which has come to its end.
    #[inline(always)]
    pub(super) fn end(&mut self) {
        self.top().empty();
        self.running -= 1;
    }

    /// A frame for the call of a function that is not on the stack yet; its registers are unbound.
    pub(super) fn aside(&mut self, function: Ref<Function>, ret: Return) -> Box<Frame> {
        if self.running < self.all.len()
            && let Some(mut frame) = self.all.pop()
        {
            frame.reuse(function, ret, 0);
            return frame;
        }
        Box::new(Frame::of_function(function, ret))
    }

    /// Puts a frame on top.
    #[inline(always)]
    pub(super) fn push(&mut self, frame: Box<Frame>) -> *mut Frame {
        let spare = match self.all.get_mut(self.running) {
            Some(place) => std::mem::replace(place, frame),
            None => frame,
        };
        self.all.push(spare);
        self.running += 1;
        self.top()
    }

    /// Puts a frame on top, and returns the empty frame that was there, if there was one.
    #[inline(always)]
    pub(super) fn swap_in(&mut self, frame: Box<Frame>) -> Option<Box<Frame>> {
        let spare = match self.all.get_mut(self.running) {
            Some(place) => Some(std::mem::replace(place, frame)),
            None => {
                self.all.push(frame);
                None
            }
        };
        self.running += 1;
        spare
    }

    /// Takes the frame on top off, and puts an empty one there, if there is one.
    #[inline(always)]
    pub(super) fn swap_out(&mut self, spare: Option<Box<Frame>>) -> Box<Frame> {
        match spare {
            Some(spare) => {
                self.running -= 1;
                std::mem::replace(&mut self.all[self.running], spare)
            }
            None => self.pop(),
        }
    }

    /// Takes the frame on top off.
    pub(super) fn pop(&mut self) -> Box<Frame> {
        self.running -= 1;
        let last = self.all.pop().expect("a frame is running");
        match self.all.get_mut(self.running) {
            Some(place) => std::mem::replace(place, last),
            None => last,
        }
    }

    /// Empties a frame that is not on the stack, and keeps it for another call.
    pub(super) fn recycle(&mut self, mut frame: Box<Frame>) {
        frame.empty();
        self.keep(frame);
    }

    /// Keeps an empty frame for another call.
    pub(super) fn keep(&mut self, frame: Box<Frame>) {
        self.all.push(frame);
        self.trim();
    }

    /// Gives back what deep recursion has left.
    pub(super) fn trim(&mut self) {
        self.all.truncate(self.running + SPARE);
    }

    /// Gives back all empty frames.
    pub(super) fn forget(&mut self) {
        self.all.truncate(self.running);
    }
}
