//! What a tensor knows of its history: whether it wants a gradient, where it came from, its gradient and hooks.

use std::rc::Rc;

use super::mode::is_inference;
use super::node::{AccumulateHook, Edge, Node, TensorHook, next_hook_number};
use super::tensor::Tensor;
use crate::tensor::array::Result;
use crate::tensor::array::error::ensure;
use crate::tensor::array::layout::show;

/// History.
impl Tensor {
    /// Whether operations on it are recorded.
    #[inline]
    pub fn requires_grad(&self) -> bool {
        if self.0.requires_grad.get() || self.0.grad_fn.borrow().is_some() {
            return true;
        }
        self.0
            .view
            .borrow()
            .as_ref()
            .is_some_and(|v| v.base.requires_grad())
    }

    /// `x.requires_grad = on`, with its refusals.
    pub fn set_requires_grad(&self, on: bool) -> Result<()> {
        if !self.is_leaf() {
            ensure!(
                on,
                "you can only change requires_grad flags of leaf variables. If you want to use a computed variable in a subgraph that doesn't require differentiation use var_no_grad = var.detach()."
            );
            return Ok(());
        }
        ensure!(
            !on || self.dtype().is_differentiable(),
            "only Tensors of floating point{} dtype can require gradients",
            if super::level::level() == 1 {
                " and complex"
            } else {
                ""
            }
        );
        ensure!(
            !on || !self.is_inference() || is_inference(),
            "Setting requires_grad=True on inference tensor outside InferenceMode is not allowed."
        );
        self.0.requires_grad.set(on);
        Ok(())
    }

    /// The same tensor, made to require a gradient.
    pub fn with_grad(self) -> Result<Tensor> {
        self.set_requires_grad(true)?;
        Ok(self)
    }

    /// Whether the tensor was not computed from tensors that require a gradient.
    #[inline]
    pub fn is_leaf(&self) -> bool {
        self.grad_fn().is_none()
    }

    /// The node that made it.
    pub fn grad_fn(&self) -> Option<Rc<Node>> {
        let stale = self.0.view.borrow().as_ref().and_then(|v| {
            let wanted = self.0.grad_fn.borrow().is_some()
                || v.base.requires_grad() && v.base.grad_fn().is_some();
            (wanted && v.version.get() != self.version()).then(|| (v.regenerate, v.base.clone()))
        });
        if let Some((regenerate, base)) = stale {
            // A layout was already checked when the view was made, so this does not fail; if it did, the history would
            // be missing rather than wrong.
            let _ = regenerate(self, &base);
        }
        self.0.grad_fn.borrow().clone()
    }

    /// Which output of [`Tensor::grad_fn`] it is.
    #[inline]
    pub fn output_nr(&self) -> u32 {
        self.0.output_nr.get()
    }

    /// Ties it to the node that made it.
    #[inline]
    pub fn set_history(&self, node: Rc<Node>, output: u32) {
        if self.0.retains_grad.get() {
            self.move_retention(&node, output);
        }
        self.0.output_nr.set(output);
        *self.0.grad_fn.borrow_mut() = Some(node);
        if let Some(view) = self.0.view.borrow().as_ref() {
            view.version.set(self.version());
        }
    }

    /// Forgets the history: `detach_()`.
    pub fn clear_history(&self) {
        *self.0.grad_fn.borrow_mut() = None;
        self.0.requires_grad.set(false);
        self.0.output_nr.set(0);
    }

    /// Where gradients for this tensor go; `None` if it requires none.
    #[inline]
    pub fn gradient_edge(&self) -> Option<Edge> {
        if let Some(node) = self.grad_fn() {
            return Some(Edge {
                node,
                output: self.output_nr(),
            });
        }
        if !self.requires_grad() {
            return None;
        }
        let mut more = self.0.more.borrow_mut();
        let more = more.get_or_insert_default();
        let node = more.accumulate.upgrade().unwrap_or_else(|| {
            let node = Node::accumulate(self.clone());
            more.accumulate = Rc::downgrade(&node);
            node
        });
        Some(Edge { node, output: 0 })
    }

    /// The accumulated gradient.
    #[inline]
    pub fn grad(&self) -> Option<Tensor> {
        self.0.grad.borrow().clone()
    }

    /// Sets the gradient without checks; see [`Tensor::assign_grad`].
    #[inline]
    pub fn set_grad(&self, grad: Option<Tensor>) {
        let old = std::mem::replace(&mut *self.0.grad.borrow_mut(), grad);
        drop(old);
    }

    /// `x.grad = g`, with its refusals.
    pub fn assign_grad(&self, grad: Option<Tensor>) -> Result<()> {
        if let Some(g) = &grad {
            ensure!(!g.same(self), "can't assign Variable as its own grad");
            ensure!(
                g.dtype() == self.dtype(),
                "attempting to assign a gradient with dtype '{}' to a tensor with grad_dtype '{}'. The gradient must match the tensor's grad_dtype (defaults to the tensor's dtype). You can set the tensor's grad_dtype attribute with a specific dtype, or None to allow any dtype. Set grad_dtype with caution. Diverging the dtypes of a tensor and its gradient may break downstream systems that assume they match.",
                g.dtype().cpp_name(),
                self.dtype().scalar_name()
            );
            ensure!(
                g.shape() == self.shape(),
                "attempting to assign a gradient of size '{}' to a tensor of size '{}'. Please ensure that the gradient and the tensor are the same size",
                show(&g.shape()),
                show(&self.shape())
            );
        }
        self.set_grad(grad);
        Ok(())
    }

    /// `retain_grad()`: keeps `.grad` although the tensor is no leaf.
    pub fn retain_grad(&self) -> Result<()> {
        ensure!(
            self.requires_grad(),
            "can't retain_grad on Tensor that has requires_grad=False"
        );
        if let Some(node) = self.grad_fn()
            && !self.0.retains_grad.replace(true)
        {
            node.hooks_mut()
                .retain
                .push((self.output_nr(), self.downgrade()));
        }
        Ok(())
    }

    /// The gradient that is kept is that of the values as they are now: after a write, the new node's.
    #[cold]
    fn move_retention(&self, node: &Rc<Node>, output: u32) {
        if let Some(old) = self.0.grad_fn.borrow().as_ref() {
            old.hooks_mut().retain.retain(|(_, x)| !x.is(self));
        }
        node.hooks_mut().retain.push((output, self.downgrade()));
    }

    /// Whether `retain_grad` was called.
    pub fn retains_grad(&self) -> bool {
        self.0.retains_grad.get()
    }

    /// Adds a hook on the gradient; the number removes it.
    pub fn register_hook(&self, hook: TensorHook) -> Result<u64> {
        ensure!(
            self.requires_grad(),
            "cannot register a hook on a tensor that doesn't require gradient"
        );
        let number = next_hook_number();
        match self.grad_fn() {
            Some(node) => node
                .hooks_mut()
                .tensor
                .push((number, self.output_nr(), hook)),
            None => self.more(|m| m.hooks.push((number, hook))),
        }
        Ok(number)
    }

    /// Adds a hook that runs after a gradient was added to a leaf's `.grad`.
    pub fn register_post_accumulate_grad_hook(&self, hook: AccumulateHook) -> Result<u64> {
        ensure!(
            self.is_leaf(),
            "post accumulate grad hooks cannot be registered on non-leaf tensors"
        );
        ensure!(
            self.requires_grad(),
            "cannot register a hook on a tensor that doesn't require gradient"
        );
        let number = next_hook_number();
        self.more(|m| m.post_accumulate.push((number, hook)));
        Ok(number)
    }

    /// Removes a hook by its number.
    pub fn remove_hook(&self, number: u64) {
        self.more(|m| {
            m.hooks.retain(|(n, _)| *n != number);
            m.post_accumulate.retain(|(n, _)| *n != number);
        });
        if let Some(node) = self.0.grad_fn.borrow().as_ref()
            && node.hooks().is_some()
        {
            node.hooks_mut().tensor.retain(|(n, ..)| *n != number);
        }
    }

    /// A leaf's hooks on its gradient.
    pub fn leaf_hooks(&self) -> Vec<TensorHook> {
        let more = self.0.more.borrow();
        more.as_ref()
            .map(|m| m.hooks.iter().map(|(_, h)| h.clone()).collect())
            .unwrap_or_default()
    }

    /// A leaf's hooks after accumulation.
    pub fn post_accumulate_hooks(&self) -> Vec<AccumulateHook> {
        let more = self.0.more.borrow();
        more.as_ref()
            .map(|m| m.post_accumulate.iter().map(|(_, h)| h.clone()).collect())
            .unwrap_or_default()
    }
}
