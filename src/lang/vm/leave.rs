//! How frames end, and how those of generators are laid aside.

use crate::lang::object::code::Return;
use crate::lang::object::generator::Outcome;
use crate::lang::object::{Result, Value, type_error};

use super::machine::Vm;
use super::registers::Registers;

/// What the end of a frame means for the loop.
pub(super) enum After {
    /// The frame below goes on.
    Below,
    /// The run is over.
    Host(Outcome),
}

impl Vm {
    /// Ends the running frame with a result.
    #[inline(never)]
    pub(super) fn finish(&mut self, value: Value) -> Result<After> {
        let mut frame = self.pop();
        let (ret, kept) = (frame.ret, std::mem::take(&mut frame.kept));
        if let Some(generator) = frame.generator.take() {
            generator.running.set(false);
        }
        self.recycle(frame);
        match ret {
            Return::Host => return Ok(After::Host(Outcome::Returned(value))),
            Return::Register(dst) | Return::YieldFrom(dst) => self.below().set(dst, value),
            Return::Init(dst) => {
                if !value.is_none() {
                    let name = value.class_name();
                    return Err(type_error(format!(
                        "__init__() should return None, not '{name}'"
                    )));
                }
                self.below().set(dst, kept);
            }
            Return::Operator(dst) => {
                let frame = self
                    .frames
                    .last_mut()
                    .expect("an operator has a frame below");
                let op = frame.code.ops[frame.pc - 1];
                let regs = Registers::of(&mut frame.regs);
                self.operator_result(regs, dst, op, value)?;
            }
            // The generator is exhausted: the loop's exit jump comes next.
            Return::ForIter(_) | Return::Ignore => {}
        }
        Ok(After::Below)
    }

    /// The registers of the frame that is now on top.
    #[inline(always)]
    pub(super) fn below(&mut self) -> Registers {
        let frame = self
            .frames
            .last_mut()
            .expect("a frame that does not return to the host has one below");
        Registers::of(&mut frame.regs)
    }

    /// The frame on top goes on behind the exit jump of its loop.
    #[inline(always)]
    pub(super) fn skip_exit(&mut self) {
        if let Some(frame) = self.frames.last_mut() {
            frame.pc += 1;
        }
    }

    /// Puts the running frame back into its generator.
    #[inline(always)]
    pub(super) fn lay_aside(&mut self) {
        let mut frame = self.pop();
        let generator = frame.generator.take().expect("only generators yield");
        generator.running.set(false);
        *generator.frame.borrow_mut() = Some(frame);
    }

    /// Suspends the running generator with a value.
    #[inline(never)]
    pub(super) fn suspend(&mut self, value: Value) -> After {
        let ret = self.frames.last().map_or(Return::Ignore, |frame| frame.ret);
        self.lay_aside();
        match ret {
            Return::ForIter(dst) => {
                self.below().set(dst, value);
                self.skip_exit();
                After::Below
            }
            // What the inner generator yields, the outer one yields too; it stays at its `yield from`.
            Return::YieldFrom(_) => self.suspend(value),
            _ => After::Host(Outcome::Yielded(value)),
        }
    }
}
