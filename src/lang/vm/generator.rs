//! Generators: resuming from native code, from `for` loops, and by `yield from`.

use crate::base::span::Span;
use crate::lang::object::code::{Frame, NO_REG, Op, Reg, Return};
use crate::lang::object::generator::{Generator, Outcome, Resume};
use crate::lang::object::protocol;
use crate::lang::object::{Exc, Kind, Raised, Ref, Result, Value, intern, type_error, value_error};

use super::call::Flow;
use super::machine::Vm;
use super::registers::Registers;

impl Vm {
    /// Takes the frame of a generator to run it; `None` if it has ended.
    #[inline(always)]
    fn take_frame(generator: &Ref<Generator>) -> Result<Option<Box<Frame>>> {
        if generator.running.get() {
            return Err(already_executing(generator));
        }
        Ok(generator.take())
    }

    /// Gets a frame ready to go on with a sent value.
    fn prepare(generator: &Ref<Generator>, frame: &mut Frame, value: Value) -> Result<()> {
        if !generator.started.get() {
            if !value.is_none() {
                return Err(type_error(format!(
                    "can't send non-None value to a just-started {}",
                    generator.kind.name()
                )));
            }
            generator.started.set(true);
            return Ok(());
        }
        match frame.code.ops[frame.pc - 1] {
            Op::Yield { dst: NO_REG, .. } => {}
            Op::Yield { dst, .. } => frame.regs[usize::from(dst)] = value,
            Op::YieldFrom { .. } => {
                frame.kept = value;
                frame.pc -= 1;
            }
            _ => {}
        }
        Ok(())
    }

    /// Resumes a generator from native code.
    pub(super) fn resume_generator(
        &mut self,
        generator: &Ref<Generator>,
        how: Resume,
    ) -> Result<Outcome> {
        let Some(mut frame) = Vm::take_frame(generator)? else {
            return match how {
                Resume::Send(_) => Ok(Outcome::Returned(Value::None)),
                Resume::Throw(raised) => Err(raised),
            };
        };
        match how {
            Resume::Send(value) => {
                if let Err(raised) = Vm::prepare(generator, &mut frame, value) {
                    generator.put(Some(frame));
                    return Err(raised);
                }
                self.start(generator, frame, Return::Host)?;
                self.deeper().inspect_err(|_| drop(self.lay_aside()))?;
                let result = self.run();
                self.native_depth -= 1;
                result
            }
            Resume::Throw(raised) => self.throw_into(generator, frame, raised),
        }
    }

    /// Puts a generator's frame on the stack.
    #[inline(always)]
    fn start(
        &mut self,
        generator: &Ref<Generator>,
        mut frame: Box<Frame>,
        ret: Return,
    ) -> Result<*mut Frame> {
        if self.is_too_deep() {
            generator.put(Some(frame));
            return Err(super::machine::too_deep());
        }
        generator.running.set(true);
        frame.ret = ret;
        let more = frame.more_mut();
        let none = more.generator.replace(generator.clone());
        debug_assert!(none.is_none());
        // Nothing is to be dropped.
        std::mem::forget(none);
        self.handling += more.handled.len();
        let spare = self.frames.swap_in(frame);
        generator.put(spare);
        Ok(self.frames.top())
    }

    /// Raises an exception where a generator is suspended.
    fn throw_into(
        &mut self,
        generator: &Ref<Generator>,
        mut frame: Box<Frame>,
        raised: Raised,
    ) -> Result<Outcome> {
        if !generator.started.replace(true) {
            let code = &frame.code;
            let begin = Span {
                end: code.span.start,
                ..code.span
            };
            raised.add_trace(&code.source, begin, &code.name);
            self.frames.recycle(frame);
            return Err(raised);
        }
        let mut raised = raised;
        if let Some(Op::YieldFrom { dst, iter }) = frame.code.ops.get(frame.pc - 1).copied() {
            let inner = frame.regs[usize::from(iter)].clone();
            generator.running.set(true);
            let answer = self.throw_to_inner(&inner, &raised);
            generator.running.set(false);
            match answer {
                Ok(Some(Outcome::Yielded(value))) => {
                    generator.put(Some(frame));
                    return Ok(Outcome::Yielded(value));
                }
                Ok(Some(Outcome::Returned(value))) => {
                    frame.regs[usize::from(dst)] = value;
                    self.start(generator, frame, Return::Host)?;
                    return self.run();
                }
                Ok(None) => {}
                Err(other) => raised = other,
            }
        }
        self.start(generator, frame, Return::Host)?;
        self.unwind(raised)?;
        self.run()
    }

    /// Throws into what a `yield from` waits for; `None` if that cannot be thrown into.
    fn throw_to_inner(&mut self, inner: &Value, raised: &Raised) -> Result<Option<Outcome>> {
        if let Some(inner) = inner.exact::<Generator>().cloned() {
            if raised.is(Exc::GeneratorExit) {
                return match self.resume_generator(&inner, Resume::Throw(raised.clone())) {
                    Ok(Outcome::Yielded(_)) => Err(crate::lang::object::runtime_error(
                        "generator ignored GeneratorExit",
                    )),
                    Ok(Outcome::Returned(_)) => Ok(None),
                    Err(other) if other.is(Exc::GeneratorExit) || other.is(Exc::StopIteration) => {
                        Ok(None)
                    }
                    Err(other) => Err(other),
                };
            }
            return self
                .resume_generator(&inner, Resume::Throw(raised.clone()))
                .map(Some);
        }
        let name = if raised.is(Exc::GeneratorExit) {
            "close"
        } else {
            "throw"
        };
        let Some(method) = protocol::find_attr(self, inner, &intern(name))? else {
            return Ok(None);
        };
        if name == "close" {
            self.call_directly(&method, Default::default())?;
            return Ok(None);
        }
        match self.call_directly(
            &method,
            crate::lang::object::Args::positional(&[raised.value()]),
        ) {
            Ok(value) => Ok(Some(Outcome::Yielded(value))),
            Err(stop) if stop.is(Exc::StopIteration) => Ok(Some(Outcome::Returned(
                stop.first_arg().unwrap_or(Value::None),
            ))),
            Err(other) => Err(other),
        }
    }

    /// Pushes the frame of a generator that a `for` loop goes through; nothing if it has ended.
    #[inline(always)]
    pub(super) fn resume_for(
        &mut self,
        generator: &Ref<Generator>,
        dst: Reg,
    ) -> Result<Option<*mut Frame>> {
        let Some(mut frame) = Vm::take_frame(generator)? else {
            return Ok(None);
        };
        if frame.receives {
            Vm::prepare(generator, &mut frame, Value::None)?;
        }
        generator.started.set(true);
        let frame = self.start(generator, frame, Return::ForIter(dst))?;
        Ok(Some(frame))
    }

    /// One step of `yield from`: the value to be yielded, or the flow if the result is there or a frame was pushed.
    pub(super) fn yield_from(
        &mut self,
        regs: Registers,
        frame: &mut Frame,
        dst: Reg,
        iter: Reg,
    ) -> Result<std::result::Result<Flow, Value>> {
        let sent = std::mem::take(&mut frame.kept);
        // A coroutine is awaited as it is; nothing else may iterate over it.
        let awaits = frame.code.flags.coroutine || frame.code.flags.async_generator;
        if sent.is_unbound() && !(awaits && regs.get(iter).kind() == Some(Kind::Generator)) {
            let value = regs.get(iter);
            let is_coroutine = |generator: &Ref<Generator>| {
                generator.kind == crate::lang::object::generator::GeneratorKind::Coroutine
            };
            if value.exact::<Generator>().is_some_and(is_coroutine) {
                return Err(type_error(
                    "cannot 'yield from' a coroutine object in a non-coroutine generator",
                ));
            }
            let iterator = protocol::iter(self, value)?;
            regs.set(iter, iterator);
        }
        let sent = if sent.is_unbound() { Value::None } else { sent };
        let iterator = regs.get(iter).clone();
        if let Some(generator) = iterator.exact::<Generator>() {
            let Some(mut inner) = Vm::take_frame(generator)? else {
                regs.set(dst, Value::None);
                return Ok(Ok(Flow::Done));
            };
            if let Err(raised) = Vm::prepare(generator, &mut inner, sent) {
                generator.put(Some(inner));
                return Err(raised);
            }
            frame.receives = true;
            self.start(generator, inner, Return::YieldFrom(dst))?;
            return Ok(Ok(Flow::Pushed));
        }
        let step = if sent.is_none() {
            self.next_or_result(&iterator)
        } else {
            let send = protocol::get_attr(self, &iterator, &intern("send"))?;
            match self.call_directly(&send, crate::lang::object::Args::positional(&[sent])) {
                Ok(value) => Ok(Outcome::Yielded(value)),
                Err(stop) if stop.is(Exc::StopIteration) => {
                    Ok(Outcome::Returned(stop.first_arg().unwrap_or(Value::None)))
                }
                Err(other) => Err(other),
            }
        };
        match step? {
            Outcome::Yielded(value) => {
                frame.receives = true;
                Ok(Err(value))
            }
            Outcome::Returned(value) => {
                regs.set(dst, value);
                Ok(Ok(Flow::Done))
            }
        }
    }

    /// The next element of any iterator, or the value of its StopIteration.
    fn next_or_result(&mut self, iterator: &Value) -> Result<Outcome> {
        if iterator.kind() == Some(Kind::Iter) {
            return Ok(match protocol::next(self, iterator)? {
                Some(value) => Outcome::Yielded(value),
                None => Outcome::Returned(Value::None),
            });
        }
        match protocol::call_special(self, iterator, crate::lang::object::Special::Next, &[]) {
            Ok(Some(value)) => Ok(Outcome::Yielded(value)),
            Ok(None) => Err(type_error(format!(
                "'{}' object is not an iterator",
                iterator.class_name()
            ))),
            Err(stop) if stop.is(Exc::StopIteration) => {
                Ok(Outcome::Returned(stop.first_arg().unwrap_or(Value::None)))
            }
            Err(raised) => Err(raised),
        }
    }
}

#[cold]
#[inline(never)]
fn already_executing(generator: &Generator) -> Raised {
    value_error(format!("{} already executing", generator.kind.name()))
}
