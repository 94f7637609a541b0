//! The machine as native code sees it.

use std::rc::Rc;

use crate::lang::object::caller::{FrameView, Locals, Session};
use crate::lang::object::code::{Cell, Code, Frame, Function, Return};
use crate::lang::object::generator::{Generator, Outcome, Resume};
use crate::lang::object::{Args, Caller, Dict, Ref, Result, Value};

use super::machine::Vm;

impl Caller for Vm {
    fn call(&mut self, callee: &Value, args: Args) -> Result<Value> {
        self.call_directly(callee, args)
    }

    fn resume(&mut self, generator: &Ref<Generator>, how: Resume) -> Result<Outcome> {
        self.resume_generator(generator, how)
    }

    fn run_code(
        &mut self,
        code: &Ref<Code>,
        globals: &Ref<Dict>,
        namespace: Option<Value>,
    ) -> Result<Value> {
        self.run_top(code, globals, namespace)
    }

    fn run_class_body(&mut self, body: &Ref<Function>, namespace: &Value) -> Result<Value> {
        let mut frame = self.frames.aside(body.clone(), Return::Host);
        frame.more_mut().namespace = Some(namespace.clone());
        self.run_to_end(frame)
    }

    fn frame(&self, depth: usize) -> Option<FrameView> {
        let index = self.frames.len().checked_sub(depth + 1)?;
        self.frames.frames().get(index).map(|frame| view(frame))
    }

    fn keep_locals(&mut self, locals: &Ref<Dict>) {
        if self.frames.len() > 0 {
            self.frames.top().more_mut().namespace = Some(Value::from(locals));
        }
    }

    fn handled(&self) -> Option<Value> {
        self.handled_exception()
    }

    fn poll(&mut self) -> Result<()> {
        self.check_interrupt()
    }

    fn enter_native(&mut self) -> Result<()> {
        self.deeper()
    }

    fn leave_native(&mut self) {
        self.native_depth -= 1;
    }

    fn session(&self) -> &Rc<Session> {
        &self.session
    }
}

impl Vm {
    /// Runs a frame that is no generator's.
    pub(super) fn run_to_end(&mut self, frame: Box<Frame>) -> Result<Value> {
        match self.run_frame(frame)? {
            Outcome::Returned(value) | Outcome::Yielded(value) => Ok(value),
        }
    }
}

/// The content of a register: of the cell in it, if it holds one.
fn content(frame: &Frame, reg: usize) -> Value {
    match frame.regs[reg].exact::<Cell>() {
        Some(cell) if frame.code.cells.contains(&(reg as u16)) => cell.0.borrow().clone(),
        _ => frame.regs[reg].clone(),
    }
}

fn view(frame: &Frame) -> FrameView {
    let code = &frame.code;
    let free = |name: &str| {
        let index = code.free.iter().position(|free| free.as_str() == name)?;
        let value = frame.function()?.closure[index].0.borrow().clone();
        (!value.is_unbound()).then_some(value)
    };
    let first = (code.params.count() > 0)
        .then(|| content(frame, 0))
        .filter(|value| !value.is_unbound());
    FrameView {
        globals: Ref::clone(&frame.globals),
        locals: locals(frame),
        code: Ref::clone(code),
        span: code
            .spans
            .get(frame.pc.max(1) - 1)
            .copied()
            .unwrap_or_default(),
        class_cell: free("__class__"),
        first_argument: first,
    }
}

fn locals(frame: &Frame) -> Locals {
    let flags = &frame.code.flags;
    if let Some(namespace) = &frame.more().namespace
        && (flags.module || flags.class_body)
    {
        return Locals::Namespace(namespace.clone());
    }
    if flags.module {
        return Locals::Namespace(Value::from(&*frame.globals));
    }
    // What an earlier call of `locals()` gave is brought up to date.
    let kept = frame
        .more()
        .namespace
        .as_ref()
        .and_then(|kept| kept.exact::<Dict>());
    let dict = kept.cloned().unwrap_or_else(Dict::new);
    for (reg, name) in frame
        .code
        .locals
        .iter()
        .enumerate()
        .filter(|(_, name)| !name.as_str().starts_with('.'))
    {
        let value = content(frame, reg);
        if !value.is_unbound() {
            dict.set_name(name, value);
        } else if kept.is_some() {
            drop(dict.table.borrow_mut().remove_name(name));
        }
    }
    if let Some(function) = frame.function() {
        for (name, cell) in frame.code.free.iter().zip(&function.closure) {
            let value = cell.0.borrow().clone();
            if !value.is_unbound() && name.as_str() != "__class__" {
                dict.set_name(name, value);
            }
        }
    }
    Locals::Copy(dict)
}
