//! The graph: what an operation leaves behind for the backward pass.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use smallvec::SmallVec;

use super::level;
use super::saved::{Keep, Saved};
use super::tensor::{Tensor, WeakTensor};
use super::watch;
use crate::tensor::array::{DType, Dims, Error, Result};

/// Gradients, one for each input of a node (or output of its operation); `None` stands for zeros.
pub type Grads = SmallVec<[Option<Tensor>; 2]>;

/// Where the gradient for an input goes: a node, and which of its outputs it belongs to.
#[derive(Clone)]
pub struct Edge {
    /// The node that made the input; `AccumulateGrad` for a leaf.
    pub node: Rc<Node>,
    /// Which output of that node the input was.
    pub output: u32,
}

/// The edges of a node, one for each input; `None` where no gradient is wanted.
pub type Edges = SmallVec<[Option<Edge>; 2]>;

/// Which inputs of a node want a gradient.
#[derive(Clone, Copy, Debug)]
pub struct Needs(u64);

impl Needs {
    /// From one flag an input. Inputs past the 63rd are always wanted.
    pub fn new(flags: impl Iterator<Item = bool>) -> Needs {
        let mut bits = !0;
        for (i, flag) in flags.enumerate().take(63) {
            if !flag {
                bits &= !(1 << i);
            }
        }
        Needs(bits)
    }

    /// Whether input `i` wants a gradient.
    #[inline]
    pub fn get(&self, i: usize) -> bool {
        self.0 >> i.min(63) & 1 == 1
    }

    /// The gradient for input `i`, computed only if it is wanted.
    #[inline]
    pub fn when(&self, i: usize, f: impl FnOnce() -> Result<Tensor>) -> Result<Option<Tensor>> {
        if self.get(i) { f().map(Some) } else { Ok(None) }
    }
}

/// The rule that turns gradients of outputs into gradients of inputs.
pub trait Backward {
    /// Applies the rule. Outputs that got no gradient are `None`.
    fn apply(&self, node: &Rc<Node>, grads: &[Option<Tensor>], needs: Needs) -> Result<Grads>;
    /// Lets go of saved values after the pass.
    fn release(&mut self) {}
    /// The saved values, of rules that show them, until they are let go of.
    fn kept(&self) -> Option<&dyn Keep> {
        None
    }
    /// The object behind the rule, for rules made outside of this wing.
    fn as_any(&self) -> Option<&dyn Any> {
        None
    }
}

/// What is known of an output: its shape and dtype.
#[derive(Clone, Debug)]
pub struct Meta {
    /// The shape.
    pub shape: Dims,
    /// The dtype.
    pub dtype: DType,
}

/// A hook on the gradient of a tensor: may replace it.
pub type TensorHook = Rc<dyn Fn(&Tensor) -> Result<Option<Tensor>>>;
/// A hook that runs after a gradient was added to a leaf's `.grad`.
pub type AccumulateHook = Rc<dyn Fn(&Tensor) -> Result<()>>;
/// A hook before a node runs: may replace the gradients of its outputs.
pub type PreHook = Rc<dyn Fn(&[Option<Tensor>]) -> Result<Option<Vec<Option<Tensor>>>>>;
/// A hook after a node ran: gets the gradients of inputs and of outputs, may replace the former.
pub type PostHook =
    Rc<dyn Fn(&[Option<Tensor>], &[Option<Tensor>]) -> Result<Option<Vec<Option<Tensor>>>>>;

/// The hooks of a node; each has a number by which it can be removed.
#[derive(Default)]
pub struct Hooks {
    /// On one output's gradient.
    pub tensor: Vec<(u64, u32, TensorHook)>,
    /// Tensors whose `.grad` is kept although they are no leaves.
    pub retain: Vec<(u32, WeakTensor)>,
    /// Before the node.
    pub pre: Vec<(u64, PreHook)>,
    /// After the node.
    pub post: Vec<(u64, PostHook)>,
}

/// What a node does.
pub enum Role {
    /// Adds the gradient to the `.grad` of a leaf.
    Accumulate(Tensor),
    /// Applies a rule.
    Apply(RefCell<Box<dyn Backward>>),
}

/// One step of the history.
pub struct Node {
    name: &'static str,
    sequence: u64,
    edges: RefCell<Edges>,
    outputs: SmallVec<[Meta; 1]>,
    role: Role,
    hooks: RefCell<Option<Box<Hooks>>>,
    extra: RefCell<Option<Rc<dyn Any>>>,
}

thread_local! {
    static SEQUENCE: Cell<u64> = const { Cell::new(0) };
    static HOOK_NUMBER: Cell<u64> = const { Cell::new(0) };
    static DROPPING: RefCell<Dropping> = const { RefCell::new(Dropping { busy: false, waiting: Vec::new() }) };
}

/// A fresh number for a hook.
pub fn next_hook_number() -> u64 {
    HOOK_NUMBER.replace(HOOK_NUMBER.get() + 1)
}

/// Pieces of dropped nodes. Dropping them one after the other here, rather than inside one another, keeps the stack flat
/// for chains of any length.
struct Dropping {
    busy: bool,
    waiting: Vec<(Edges, Option<Box<dyn Backward>>)>,
}

impl Node {
    /// A node that applies a rule; `outputs` describes the results of the operation.
    pub fn new(
        name: &'static str,
        edges: Edges,
        outputs: SmallVec<[Meta; 1]>,
        rule: Box<dyn Backward>,
    ) -> Rc<Node> {
        let sequence = SEQUENCE.replace(SEQUENCE.get() + 1);
        let node = Rc::new(Node {
            name,
            sequence,
            edges: RefCell::new(edges),
            outputs,
            role: Role::Apply(RefCell::new(rule)),
            hooks: RefCell::new(None),
            extra: RefCell::new(None),
        });
        watch::node_made(&node);
        node
    }

    /// The node that adds to a leaf's `.grad`.
    pub fn accumulate(leaf: Tensor) -> Rc<Node> {
        let meta = Meta {
            shape: leaf.array().dims(),
            dtype: leaf.dtype(),
        };
        Rc::new(Node {
            name: "AccumulateGrad",
            sequence: u64::MAX,
            edges: RefCell::default(),
            outputs: SmallVec::from_elem(meta, 1),
            role: Role::Accumulate(leaf),
            hooks: RefCell::new(None),
            extra: RefCell::new(None),
        })
    }

    /// The name, such as `AddBackward0`, in the words of the level.
    pub fn name(&self) -> &'static str {
        level::node_name(self.name)
    }

    /// When it was made; later nodes run first.
    #[inline]
    pub fn sequence(&self) -> u64 {
        self.sequence
    }

    /// `next_functions`
    #[inline]
    pub fn edges(&self) -> std::cell::Ref<'_, Edges> {
        self.edges.borrow()
    }

    /// What is known of the operation's outputs.
    #[inline]
    pub fn outputs(&self) -> &[Meta] {
        &self.outputs
    }

    /// What the node does.
    #[inline]
    pub fn role(&self) -> &Role {
        &self.role
    }

    /// The leaf of an `AccumulateGrad` node.
    pub fn variable(&self) -> Option<&Tensor> {
        match &self.role {
            Role::Accumulate(leaf) => Some(leaf),
            Role::Apply(_) => None,
        }
    }

    /// Lets go of saved values.
    pub fn release(&self) {
        if let Role::Apply(rule) = &self.role
            && let Ok(mut rule) = rule.try_borrow_mut()
        {
            rule.release();
        }
    }

    /// Shows the values that the rule keeps, in its order; false if there are none, or none any more.
    pub fn each_kept(&self, see: &mut dyn FnMut(Option<&Saved>)) -> bool {
        let Role::Apply(rule) = &self.role else {
            return false;
        };
        match rule.try_borrow() {
            Ok(rule) => rule.kept().map(|kept| kept.each(see)).is_some(),
            Err(_) => false,
        }
    }

    /// The hooks, to read; `None` if there never were any.
    #[inline]
    pub fn hooks(&self) -> std::cell::Ref<'_, Option<Box<Hooks>>> {
        self.hooks.borrow()
    }

    /// The hooks, to change.
    pub fn hooks_mut(&self) -> std::cell::RefMut<'_, Box<Hooks>> {
        std::cell::RefMut::map(self.hooks.borrow_mut(), |h| h.get_or_insert_default())
    }

    /// The slot where a layer above keeps what it wants beside a node.
    pub fn extra(&self) -> Option<Rc<dyn Any>> {
        self.extra.borrow().clone()
    }

    /// Fills the slot.
    pub fn set_extra(&self, extra: Option<Rc<dyn Any>>) {
        *self.extra.borrow_mut() = extra;
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let edges = std::mem::take(self.edges.get_mut());
        let rule = match &mut self.role {
            Role::Apply(rule) => Some(std::mem::replace(rule.get_mut(), Box::new(Gone))),
            Role::Accumulate(_) => None,
        };
        drop_later(edges, rule);
    }
}

/// The rule of a node that is being dropped.
struct Gone;

impl Backward for Gone {
    fn apply(&self, _: &Rc<Node>, _: &[Option<Tensor>], _: Needs) -> Result<Grads> {
        Err(Error::runtime(level::second_backward_message()))
    }
}

fn drop_later(edges: Edges, rule: Option<Box<dyn Backward>>) {
    let first = DROPPING.try_with(|d| {
        let mut d = d.borrow_mut();
        if d.busy {
            return Some((edges, rule, false));
        }
        d.busy = true;
        Some((edges, rule, true))
    });
    let Ok(Some((edges, rule, first))) = first else {
        return;
    };
    if !first {
        DROPPING.with(|d| d.borrow_mut().waiting.push((edges, rule)));
        return;
    }
    drop((edges, rule));
    while let Some(piece) = DROPPING.with(|d| {
        let mut d = d.borrow_mut();
        let piece = d.waiting.pop();
        d.busy = piece.is_some();
        piece
    }) {
        drop(piece);
    }
}

/// A link to a node that does not keep it.
pub type WeakNode = Weak<Node>;
