//! What may be watched while operations run: nodes as they are made, values as they are kept for the backward pass,
//! writes in place, tensors of inference mode where they must not be. Off, each costs one look at a flag.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::node::Node;
use super::tensor::Tensor;
use crate::tensor::array::{Result, Storage};

/// `torch.autograd.set_detect_anomaly`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Anomaly {
    /// Whether nodes note where they were made.
    pub on: bool,
    /// Whether gradients that are not numbers are errors.
    pub check_nan: bool,
}

/// What is done with values that operations keep: `torch.autograd.graph.saved_tensors_hooks`.
pub trait SavedHooks {
    /// Puts a value away.
    fn pack(&self, x: &Tensor) -> Result<Box<dyn Any>>;
    /// Gets it back.
    fn unpack(&self, packed: &dyn Any) -> Result<Tensor>;
}

/// Called with a node.
pub type OnNode = fn(&Rc<Node>);

thread_local! {
    static ANOMALY: Cell<Anomaly> = const { Cell::new(Anomaly { on: false, check_nan: false }) };
    static CALLBACKS: Cell<Option<(OnNode, OnNode)>> = const { Cell::new(None) };
    static HOOKS: RefCell<Vec<Rc<dyn SavedHooks>>> = const { RefCell::new(Vec::new()) };
    static ACTIVE: Cell<bool> = const { Cell::new(false) };
    static WRITTEN: Cell<usize> = const { Cell::new(0) };
    static STALE: Cell<usize> = const { Cell::new(0) };
    static MISUSED: Cell<bool> = const { Cell::new(false) };
}

fn refresh() {
    ACTIVE.set(ANOMALY.get().on || HOOKS.with_borrow(|all| !all.is_empty()));
}

/// Whether operations may call back while they run.
#[inline]
pub fn is_active() -> bool {
    ACTIVE.get()
}

/// The mode.
pub fn anomaly() -> Anomaly {
    ANOMALY.get()
}

/// Sets the mode and returns what it was.
pub fn set_anomaly(mode: Anomaly) -> Anomaly {
    let before = ANOMALY.replace(mode);
    refresh();
    before
}

/// Who is told, in anomaly mode, of nodes that are made and of nodes that fail.
pub fn set_callbacks(made: OnNode, failed: OnNode) {
    CALLBACKS.set(Some((made, failed)));
}

/// Tells of a node that was made.
#[inline]
pub fn node_made(node: &Rc<Node>) {
    if ACTIVE.get()
        && ANOMALY.get().on
        && let Some((made, _)) = CALLBACKS.get()
    {
        made(node);
    }
}

/// Tells of a node whose rule failed.
pub fn node_failed(node: &Rc<Node>) {
    if ANOMALY.get().on
        && let Some((_, failed)) = CALLBACKS.get()
    {
        failed(node);
    }
}

/// Puts hooks on values that are kept from now on.
pub fn push_hooks(hooks: Rc<dyn SavedHooks>) {
    HOOKS.with_borrow_mut(|all| all.push(hooks));
    refresh();
}

/// Takes the last hooks away.
pub fn pop_hooks() {
    let last = HOOKS.with_borrow_mut(Vec::pop);
    refresh();
    drop(last);
}

/// The hooks on values that are kept.
#[inline]
pub fn hooks() -> Option<Rc<dyn SavedHooks>> {
    if !ACTIVE.get() {
        return None;
    }
    HOOKS.with_borrow(|all| all.last().cloned())
}

/// Notes a recorded write to memory.
pub fn note_write(storage: &Storage) {
    WRITTEN.set(storage.identity());
}

/// The memory that was written to since the last call, 0 for none.
#[inline]
pub fn take_written() -> usize {
    WRITTEN.replace(0)
}

/// Notes that a kept value was written to.
pub fn note_stale(storage: &Storage) {
    STALE.set(storage.identity());
}

/// The memory of the last kept value that was found to be written to.
pub fn stale() -> usize {
    STALE.get()
}

/// Notes that a tensor of inference mode was kept for a backward pass.
pub fn note_misuse() {
    MISUSED.set(true);
}

/// Whether that happened since the last call.
#[inline]
pub fn take_misuse() -> bool {
    MISUSED.replace(false)
}
