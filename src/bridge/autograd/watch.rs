//! Where in the script things happened: the operations behind nodes, in anomaly mode, and writes in place.

use std::any::Any;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use super::node::metadata;
use crate::base::span::Span;
use crate::bridge::callback;
use crate::bridge::error::carried;
use crate::bridge::tensor::{tensor_of, tensor_value};
use crate::lang::object::{Caller, Code, List, Raised, Ref, Value, type_error};
use crate::tensor::array;
use crate::tensor::core::watch::{self, SavedHooks};
use crate::tensor::core::{Node, Tensor, warning};

/// How many writes are remembered.
const WRITES: usize = 64;

/// A write: the memory, and where in the script it happened.
type Write = (usize, Ref<Code>, Span);

thread_local! {
    static LAST: RefCell<VecDeque<Write>> = const { RefCell::new(VecDeque::new()) };
}

/// Takes part in what is watched.
pub(in crate::bridge) fn install() {
    watch::set_callbacks(made, failed);
}

/// The script's frames, the outermost first, as tracebacks show them.
fn frames(caller: &mut dyn Caller) -> Vec<Value> {
    let mut out = Vec::new();
    while let Some(frame) = caller.frame(out.len()) {
        let source = frame.code.source.clone();
        let (line, _) = source.line_column(frame.span.start as usize);
        let text = source.line_text(line).trim().to_string();
        let name = &frame.code.name;
        out.push(Value::str(format!(
            "  File \"{}\", line {line}, in {name}\n    {text}\n",
            source.name
        )));
    }
    out.reverse();
    out
}

fn made(node: &Rc<Node>) {
    let _ = callback::with_caller(|caller| {
        let frames = frames(caller);
        metadata(node).set_str("traceback_", Value::list(frames));
        Ok(())
    });
}

fn failed(node: &Rc<Node>) {
    let known = metadata(node).get_str("traceback_");
    let lines: Vec<String> = known
        .as_ref()
        .and_then(|value| value.get::<List>())
        .map(|list| {
            let items = list.items.borrow();
            items
                .iter()
                .filter_map(Value::as_str)
                .map(str::to_string)
                .collect()
        })
        .unwrap_or_default();
    let text = match lines.is_empty() {
        true => "No forward pass information available. Enable detect anomaly during forward pass for more information.".to_string(),
        false => format!(
            "Traceback of forward call that caused the error:\n{}",
            lines.concat()
        ),
    };
    warning::warn_user(&format!("Error detected in {}. {text}", node.name()));
}

/// Notes where a recorded tensor was written to, if that just happened.
#[inline]
pub(in crate::bridge) fn note_write(caller: &mut dyn Caller) {
    let written = watch::take_written();
    if written != 0 {
        remember(caller, written);
    }
}

#[cold]
fn remember(caller: &mut dyn Caller, written: usize) {
    let Some(frame) = caller.frame(0) else { return };
    LAST.with_borrow_mut(|last| {
        if last.len() == WRITES {
            last.pop_front();
        }
        last.push_back((written, frame.code, frame.span));
    });
}

thread_local! {
    /// Where an optimizer took its last step.
    static STEP: RefCell<Option<(Ref<Code>, Span)>> = const { RefCell::new(None) };
}

/// Notes that an optimizer changes its parameters here.
pub(in crate::bridge) fn note_step(caller: &mut dyn Caller) {
    STEP.set(caller.frame(0).map(|frame| (frame.code, frame.span)));
}

fn line_of(code: &Code, span: Span) -> (usize, String) {
    let (line, _) = code.source.line_column(span.start as usize);
    (line, code.source.line_text(line).trim().to_string())
}

/// What is known of who changed a kept value: the write itself, else the last step of an optimizer.
fn place_of_change() -> Option<String> {
    place_of_write().or_else(|| {
        let (line, text) = STEP.with_borrow(|step| {
            let (code, span) = step.as_ref()?;
            Some(line_of(code, *span))
        })?;
        Some(format!(
            "it may have been changed by the step at line {line}: {text}; after a step, compute the loss again before backward()"
        ))
    })
}

/// Where the memory of the last stale value was written to.
fn place_of_write() -> Option<String> {
    let stale = watch::stale();
    LAST.with_borrow(|last| {
        let (_, code, span) = last.iter().rev().find(|(memory, ..)| *memory == stale)?;
        let (line, text) = line_of(code, *span);
        Some(format!("it was changed in place at line {line}: {text}"))
    })
}

/// The exception of a backward pass with a line that says what may be done.
#[cold]
pub(super) fn explained(raised: Raised) -> Raised {
    let message = raised.first_arg();
    let message = message.as_ref().and_then(Value::as_str).unwrap_or_default();
    match place_of_change().filter(|_| message.contains("modified by an inplace operation")) {
        Some(place) => raised.with_help(place),
        None => raised,
    }
}

/// Hooks of the script on values that are kept for backward passes.
pub(in crate::bridge) struct ScriptHooks {
    /// Called with a value that is to be kept.
    pub(in crate::bridge) pack: Value,
    /// Called with what `pack` gave.
    pub(in crate::bridge) unpack: Value,
}

impl SavedHooks for ScriptHooks {
    fn pack(&self, x: &Tensor) -> array::Result<Box<dyn Any>> {
        let packed = callback::call(&self.pack, &[tensor_value(x.clone())])?;
        Ok(Box::new(packed))
    }

    fn unpack(&self, packed: &dyn Any) -> array::Result<Tensor> {
        let packed = packed.downcast_ref::<Value>().cloned().unwrap_or_default();
        let answer = callback::call(&self.unpack, &[packed])?;
        match tensor_of(&answer) {
            Some(tensor) => Ok(tensor.clone()),
            None => Err(carried(type_error(format!(
                "Output of saved tensor unpack_hook expected to be a Tensor but got result of type {}",
                answer.class_name()
            )))),
        }
    }
}
