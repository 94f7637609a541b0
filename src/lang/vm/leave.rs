//! How frames end, and how those of generators are laid aside.

use crate::lang::object::code::Return;
use crate::lang::object::generator::Outcome;
use crate::lang::object::{Generator, Ref, Result, Value, type_error};

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
        let frame = self.frames.top();
        let (ret, kept) = (frame.ret, std::mem::take(&mut frame.kept));
        let spare = frame.more().generator.as_ref().and_then(|generator| {
            generator.running.set(false);
            generator.take()
        });
        self.end_frame();
        if let Some(spare) = spare {
            self.frames.keep(spare);
        }
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
                let frame = self.frames.top();
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
        Registers::of(&mut self.frames.top().regs)
    }

    /// The frame on top goes on behind the exit jump of its loop.
    #[inline(always)]
    pub(super) fn skip_exit(&mut self) {
        self.frames.top().pc += 1;
    }

    /// Puts the running frame back into its generator.
    #[inline(always)]
    pub(super) fn lay_aside(&mut self) -> Ref<Generator> {
        let more = self.frames.top().more_mut();
        self.handling -= more.handled.len();
        let generator = more.generator.take().expect("only generators yield");
        let frame = self.frames.swap_out(generator.take());
        generator.running.set(false);
        generator.put(Some(frame));
        generator
    }

    /// Suspends the running generator with a value.
    #[inline(never)]
    pub(super) fn suspend(&mut self, value: Value) -> After {
        let ret = self.frames.top().ret;
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
