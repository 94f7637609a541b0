//! Raising: the search for a handler, frame by frame.

use crate::lang::object::code::{Frame, Inlined, Op, Return};
use crate::lang::object::exception::type_error;
use crate::lang::object::generator::GeneratorKind;
use crate::lang::object::protocol;
use crate::lang::object::{Args, Caller, Class, Exc, Raised, Result, Value, runtime_error};

use super::machine::Vm;

impl Vm {
    /// Takes the machine to the handler of an exception; `Err` if it leaves the frames of this run.
    pub(super) fn unwind(&mut self, mut raised: Raised) -> Result<()> {
        if !std::mem::take(&mut self.reraising) {
            self.set_context(&raised);
            self.note_frame(&raised);
        }
        loop {
            let frame = self.frames.top();
            let at = (frame.pc.max(1) - 1) as u32;
            let handler = frame
                .code
                .handlers
                .iter()
                .find(|h| (h.start..h.end).contains(&at))
                .copied();
            if let Some(handler) = handler {
                frame.regs[usize::from(handler.exc)] = raised.value();
                frame.pc = handler.target as usize;
                return Ok(());
            }
            let frame = self.pop();
            let at_host = matches!(frame.ret, Return::Host);
            raised = self.leave_frame(frame, raised);
            if at_host {
                return Err(raised);
            }
            self.note_frame(&raised);
        }
    }

    /// Adds the running frame to the traceback.
    fn note_frame(&self, raised: &Raised) {
        if let Some(frame) = self.frames.frames().last() {
            let (code, at) = (&frame.code, frame.pc.max(1) - 1);
            let mut span = code.spans.get(at).copied().unwrap_or_default();
            if self.at_callee.take()
                && let Some(Op::CallMethod { site, .. } | Op::CallMethodKw { site, .. }) =
                    code.ops.get(at)
            {
                let site = code.site(*site);
                span.end = site.callee_end;
                // In a chain over several lines, the name alone is marked.
                let text = code.source.text.get(span.start as usize..span.end as usize);
                if text.is_some_and(|text| text.contains('\n')) {
                    let length = site.name.as_ref().map_or(0, |name| name.len() as u32);
                    span.start = span.end.saturating_sub(length);
                }
            }
            let within = |part: &&Inlined| part.ops.contains(&(at as u32));
            for part in code.inlined.iter().filter(within) {
                raised.add_trace(&code.source, span, &part.name);
                span = part.span;
            }
            raised.add_trace(&code.source, span, &code.name);
        }
    }

    /// Ends a frame that an exception leaves.
    fn leave_frame(&mut self, frame: Box<Frame>, raised: Raised) -> Raised {
        let Some(generator) = frame.more().generator.clone() else {
            self.frames.recycle(frame);
            return raised;
        };
        generator.running.set(false);
        if let Some(spare) = generator.take() {
            self.frames.keep(spare);
        }
        self.frames.recycle(frame);
        let kind = generator.kind;
        let stops = raised.is(Exc::StopIteration)
            || kind == GeneratorKind::AsyncGenerator && raised.is(Exc::StopAsyncIteration);
        if !stops {
            return raised;
        }
        let stop = raised.0.class().name();
        let wrapped = runtime_error(format!("{} raised {stop}", kind.name()));
        wrapped.data().cause.replace(raised.value());
        wrapped.data().context.replace(raised.value());
        wrapped.data().suppress_context.set(true);
        wrapped
            .data()
            .trace
            .replace(raised.data().trace.borrow().clone());
        wrapped
    }

    /// The exception that is being handled, in the innermost frame that handles one.
    pub(super) fn handled_exception(&self) -> Option<Value> {
        if self.handling == 0 {
            return None;
        }
        let frames = self.frames.frames().iter().rev();
        frames
            .map(|frame| frame.more().handled.last())
            .find_map(|last| last.cloned())
    }

    /// Notes which exception was being handled when this one was raised.
    fn set_context(&self, raised: &Raised) {
        let Some(handled) = self.handled_exception() else {
            return;
        };
        let own = raised.value();
        if handled.is(&own) || !raised.data().context.borrow().is_none() {
            return;
        }
        // Cut a chain that would lead back to the new exception; a slower walker tells one that leads back elsewhere.
        let mut link = handled.clone();
        let (mut slow, mut odd) = (handled.clone(), false);
        while let Some(earlier) = Raised::from_value(&link) {
            let next = earlier.data().context.borrow().clone();
            if next.is(&own) {
                earlier.data().context.replace(Value::None);
                break;
            }
            if next.is(&slow) {
                break;
            }
            odd = !odd;
            if odd && let Some(step) = Raised::from_value(&slow) {
                slow = step.data().context.borrow().clone();
            }
            link = next;
        }
        raised.data().context.replace(handled);
    }

    /// `raise exc` or `raise exc from cause`
    pub(super) fn raise(&mut self, exc: &Value, cause: Option<&Value>) -> Raised {
        let raised = match self.exception_of(exc, "exceptions must derive from BaseException") {
            Ok(raised) | Err(raised) => raised,
        };
        match cause {
            None => raised,
            Some(Value::None) => {
                raised.data().cause.replace(Value::None);
                raised.data().suppress_context.set(true);
                raised
            }
            Some(cause) => {
                match self.exception_of(cause, "exception causes must derive from BaseException") {
                    Ok(cause) => {
                        raised.data().cause.replace(cause.value());
                        raised.data().suppress_context.set(true);
                        raised
                    }
                    Err(error) => error,
                }
            }
        }
    }

    /// The exception that a value is, or an instance of the class that it is.
    fn exception_of(&mut self, value: &Value, refusal: &str) -> Result<Raised> {
        if let Some(raised) = Raised::from_value(value) {
            return Ok(raised);
        }
        let base = crate::lang::object::types().exception(Exc::BaseException);
        if value
            .exact::<Class>()
            .is_some_and(|class| class.is_subclass(base))
        {
            let made = self.call(value, Args::default())?;
            if let Some(raised) = Raised::from_value(&made) {
                return Ok(raised);
            }
            let (class, own) = (
                protocol::repr(self, value)?,
                protocol::repr(self, &Value::from(made.class()))?,
            );
            return Err(type_error(format!(
                "calling {class} should have returned an instance of BaseException, not {own}"
            )));
        }
        Err(type_error(refusal))
    }

    /// Whether an exception matches what stands after `except`.
    pub(super) fn matches_exception(&mut self, exc: &Value, class: &Value) -> Result<bool> {
        let base = crate::lang::object::types()
            .exception(Exc::BaseException)
            .clone();
        let is_exception = |value: &Value| {
            value
                .exact::<Class>()
                .is_some_and(|class| class.is_subclass(&base))
        };
        if let Some(tuple) = class.get::<crate::lang::object::Tuple>().cloned() {
            for item in &tuple.items {
                if self.matches_exception(exc, item)? {
                    return Ok(true);
                }
            }
            return Ok(false);
        }
        if !is_exception(class) {
            return Err(type_error(
                "catching classes that do not inherit from BaseException is not allowed",
            ));
        }
        Ok(exc.with_class(|own| {
            class
                .exact::<Class>()
                .is_some_and(|class| own.is_subclass(class))
        }))
    }
}
