//! Gradients of a fused operation that can themselves be differentiated.
//!
//! A fused kernel computes its gradients with loops, which leave no history. Where a graph of the gradients is wanted, the
//! operation is done once more with operations that are recorded, and those are differentiated.

use std::sync::OnceLock;

use super::record::{Context, record};
use super::tensor::Tensor;
use crate::tensor::array::Result;

/// `grad(outputs, inputs, grads, retain_graph, create_graph, allow_unused)`
pub type Grad =
    fn(&[Tensor], &[Tensor], &[Option<Tensor>], bool, bool, bool) -> Result<Vec<Option<Tensor>>>;

static GRAD: OnceLock<Grad> = OnceLock::new();

/// Makes the engine's `grad` known here; a rule runs only under an engine, which has done so before.
pub fn provide(grad: Grad) {
    let _ = GRAD.set(grad);
}

/// The gradients of the inputs that want one, from `composed`, which does the same as the fused operation.
pub fn rederive(
    inputs: &[Option<Tensor>],
    grads: &[Option<Tensor>],
    c: &Context,
    composed: impl FnOnce(&[Option<Tensor>]) -> Result<Vec<Tensor>>,
) -> Result<Vec<Option<Tensor>>> {
    // Each input gets a node of its own, so that a tensor that is given twice is told apart.
    let apart = |(i, x): (usize, &Option<Tensor>)| -> Option<Tensor> {
        let x = x.as_ref()?;
        if !(c.needs.get(i) && x.requires_grad()) {
            return Some(x.clone());
        }
        Some(record(
            "AliasBackward0",
            [x],
            x.to_array(),
            (),
            |g, (), _| Ok([Some(g.clone())]),
        ))
    };
    let inputs: Vec<Option<Tensor>> = inputs.iter().enumerate().map(apart).collect();
    let (outputs, seeds): (Vec<Tensor>, Vec<Option<Tensor>>) = composed(&inputs)?
        .into_iter()
        .zip(grads)
        .filter(|(y, g)| g.is_some() && y.requires_grad())
        .map(|(y, g)| (y, g.clone()))
        .unzip();
    let wanted: Vec<usize> = (0..inputs.len())
        .filter(|i| c.needs.get(*i) && inputs[*i].as_ref().is_some_and(Tensor::requires_grad))
        .collect();
    let mut found = vec![None; inputs.len()];
    let (Some(grad), false) = (GRAD.get(), outputs.is_empty() || wanted.is_empty()) else {
        return Ok(found);
    };
    let targets: Vec<Tensor> = wanted.iter().filter_map(|i| inputs[*i].clone()).collect();
    let gradients = grad(&outputs, &targets, &seeds, true, true, true)?;
    for (i, g) in wanted.into_iter().zip(gradients) {
        found[i] = g;
    }
    Ok(found)
}
