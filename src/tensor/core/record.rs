//! Making results remember how they came about.

use std::rc::Rc;

use smallvec::SmallVec;

use super::is_grad_enabled;
use super::level::second_backward_message;
use super::node::{Backward, Edges, Grads, Meta, Needs, Node};
use super::saved::{Keep, Saved};
use super::tensor::{Operand, Tensor};
use crate::tensor::array::{Array, Error, Result};

/// Anything that may be a tensor with a history.
pub trait Input {
    /// The tensor, if it is one.
    fn tensor(&self) -> Option<&Tensor>;
}

impl Input for &Tensor {
    #[inline]
    fn tensor(&self) -> Option<&Tensor> {
        Some(self)
    }
}

impl Input for Tensor {
    #[inline]
    fn tensor(&self) -> Option<&Tensor> {
        Some(self)
    }
}

impl Input for Option<&Tensor> {
    #[inline]
    fn tensor(&self) -> Option<&Tensor> {
        *self
    }
}

impl Input for &Operand<'_> {
    #[inline]
    fn tensor(&self) -> Option<&Tensor> {
        match self {
            Operand::Tensor(t) => Some(t),
            Operand::Scalar(_) => None,
        }
    }
}

/// Whether an operation on these inputs is to be recorded.
#[inline]
pub fn requires_recording<I: Input>(inputs: &[I]) -> bool {
    is_grad_enabled()
        && inputs
            .iter()
            .any(|i| i.tensor().is_some_and(Tensor::requires_grad))
}

/// What a backward rule is called with, beside the gradients.
pub struct Context<'a> {
    node: &'a Rc<Node>,
    /// Which inputs want a gradient.
    pub needs: Needs,
}

impl Context<'_> {
    /// A kept value.
    #[inline]
    pub fn get(&self, saved: &Saved) -> Result<Tensor> {
        saved.get(self.node)
    }

    /// The gradient for input `i`, computed only if it is wanted.
    #[inline]
    pub fn when(&self, i: usize, f: impl FnOnce() -> Result<Tensor>) -> Result<Option<Tensor>> {
        self.needs.when(i, f)
    }
}

struct Rule<S, F> {
    saved: Option<S>,
    rule: F,
}

impl<S: Keep, F> Rule<S, F> {
    fn saved(&self) -> Result<&S> {
        self.saved
            .as_ref()
            .ok_or_else(|| Error::runtime(second_backward_message()))
    }

    fn let_go(&mut self) {
        if self.saved.as_ref().is_some_and(|s| !s.is_nothing()) {
            self.saved = None;
        }
    }
}

struct One<S, F>(Rule<S, F>);

impl<S, F, const N: usize> Backward for One<S, F>
where
    S: Keep,
    F: Fn(&Tensor, &S, &Context) -> Result<[Option<Tensor>; N]>,
{
    fn apply(&self, node: &Rc<Node>, grads: &[Option<Tensor>], needs: Needs) -> Result<Grads> {
        let saved = self.0.saved()?;
        match &grads[0] {
            Some(g) => Ok((self.0.rule)(g, saved, &Context { node, needs })?
                .into_iter()
                .collect()),
            None => Ok(SmallVec::from_elem(None, N)),
        }
    }

    fn release(&mut self) {
        self.0.let_go();
    }

    fn kept(&self) -> Option<&dyn Keep> {
        self.0.saved.as_ref().map(|saved| saved as &dyn Keep)
    }
}

struct Many<S, F>(Rule<S, F>);

impl<S, F> Backward for Many<S, F>
where
    S: Keep,
    F: Fn(&[Option<Tensor>], &S, &Context) -> Result<Vec<Option<Tensor>>>,
{
    fn apply(&self, node: &Rc<Node>, grads: &[Option<Tensor>], needs: Needs) -> Result<Grads> {
        let grads = (self.0.rule)(grads, self.0.saved()?, &Context { node, needs })?;
        Ok(grads.into_iter().collect())
    }

    fn release(&mut self) {
        self.0.let_go();
    }
}

/// The edges to inputs.
pub fn edges<I: Input>(inputs: &[I]) -> Edges {
    let tensors: SmallVec<[Option<&Tensor>; 4]> = inputs.iter().map(Input::tensor).collect();
    edges_to(&tensors)
}

#[inline(never)]
fn edges_to(inputs: &[Option<&Tensor>]) -> Edges {
    inputs
        .iter()
        .map(|i| i.and_then(Tensor::gradient_edge))
        .collect()
}

fn meta(array: &Array) -> Meta {
    Meta {
        shape: array.dims(),
        dtype: array.dtype(),
    }
}

/// What all rules have in common, compiled once.
#[inline(never)]
fn node_of(
    name: &'static str,
    inputs: &[Option<&Tensor>],
    out: &Array,
    rule: Box<dyn Backward>,
) -> Rc<Node> {
    Node::new(
        name,
        edges_to(inputs),
        SmallVec::from_buf([meta(out)]),
        rule,
    )
}

/// Ties a result to a rule.
#[inline(never)]
fn tie(name: &'static str, inputs: &[Option<&Tensor>], y: &Tensor, rule: Box<dyn Backward>) {
    let node = node_of(name, inputs, &y.array(), rule);
    y.set_history(node, 0);
}

/// Whether a result of these inputs is to be tied to them.
#[inline(never)]
fn is_recorded(inputs: &[Option<&Tensor>], y: &Tensor) -> bool {
    is_grad_enabled()
        && inputs.iter().flatten().any(|t| t.requires_grad())
        && y.dtype().is_differentiable()
}

/// A node with a rule for one output, not yet tied to a tensor.
pub fn node_for<S: Keep, I: Input, const N: usize>(
    name: &'static str,
    inputs: &[I; N],
    out: &Array,
    saved: S,
    rule: impl Fn(&Tensor, &S, &Context) -> Result<[Option<Tensor>; N]> + 'static,
) -> Rc<Node> {
    let rule = One(Rule {
        saved: Some(saved),
        rule,
    });
    node_of(
        name,
        &inputs.each_ref().map(Input::tensor),
        out,
        Box::new(rule),
    )
}

/// The result of an operation with one output. If some input requires a gradient, the result remembers the rule:
/// `rule(gradient, saved, context)` gives one gradient an input. Rules compute with ops, so that they can be
/// differentiated again. The engine sums gradients down to a broadcast input's shape and converts their dtype.
#[inline]
pub fn record<S: Keep, I: Input, const N: usize>(
    name: &'static str,
    inputs: [I; N],
    out: Array,
    saved: S,
    rule: impl Fn(&Tensor, &S, &Context) -> Result<[Option<Tensor>; N]> + 'static,
) -> Tensor {
    let y = Tensor::from_array(out);
    let tensors = inputs.each_ref().map(Input::tensor);
    if is_recorded(&tensors, &y) {
        let rule = One(Rule {
            saved: Some(saved),
            rule,
        });
        tie(name, &tensors, &y, Box::new(rule));
    }
    y
}

/// [`record`] for any number of inputs and outputs; the rule gets one gradient an output.
pub fn record_many<S: Keep, I: Input>(
    name: &'static str,
    inputs: &[I],
    outs: Vec<Array>,
    saved: S,
    rule: impl Fn(&[Option<Tensor>], &S, &Context) -> Result<Vec<Option<Tensor>>> + 'static,
) -> Vec<Tensor> {
    let metas: SmallVec<[Meta; 1]> = outs.iter().map(meta).collect();
    let ys: Vec<Tensor> = outs.into_iter().map(Tensor::from_array).collect();
    if requires_recording(inputs) {
        let rule = Many(Rule {
            saved: Some(saved),
            rule,
        });
        let node = Node::new(name, edges(inputs), metas, Box::new(rule));
        set_histories(&ys, &node);
    }
    ys
}

/// Records a rule of another layer's making.
pub fn record_rule<I: Input>(
    name: &'static str,
    inputs: &[I],
    ys: &[Tensor],
    rule: Box<dyn Backward>,
) -> Rc<Node> {
    let metas = ys.iter().map(|y| meta(&y.array())).collect();
    let node = Node::new(name, edges(inputs), metas, rule);
    set_histories(ys, &node);
    node
}

fn set_histories(ys: &[Tensor], node: &Rc<Node>) {
    for (i, y) in ys.iter().enumerate() {
        if y.dtype().is_differentiable() {
            y.set_history(node.clone(), i as u32);
        }
    }
}

/// A gradient that was computed with a look at an input `x` on which it does not depend smoothly: differentiated again,
/// it gives `x` a gradient of 0, as the backward nodes of PyTorch do that take `self`.
pub fn flat_in(y: Tensor, x: &Tensor) -> Tensor {
    if !requires_recording(&[x]) {
        return y;
    }
    let kept = Saved::input(x);
    record("FlatBackward0", [&y, x], y.to_array(), kept, |g, x, c| {
        let none = || {
            let x = c.get(x)?;
            Ok(Tensor::from_array(Array::zeros(&x.shape(), x.dtype())?))
        };
        Ok([c.when(0, || Ok(g.clone()))?, c.when(1, none)?])
    })
}

/// A gradient that cannot be differentiated again: PyTorch has no derivative of the function of this name.
pub fn underivable<const N: usize>(y: Tensor, inputs: [&Tensor; N], of: &'static str) -> Tensor {
    record(
        "NotImplemented",
        inputs,
        y.to_array(),
        (),
        move |_, (), _| {
            Err(Error::runtime(format!(
                "derivative for aten::{of} is not implemented"
            )))
        },
    )
}

/// The same tensor under another node's name: for ops that are composed of others but have a name of their own.
pub fn named(name: &'static str, y: Tensor) -> Tensor {
    if y.grad_fn().is_none() || !requires_recording(&[&y]) {
        return y;
    }
    record(name, [&y], y.to_array(), (), |g, (), _| {
        Ok([Some(g.clone())])
    })
}
