//! What a node keeps for its backward pass, by PyTorch's names: `y.grad_fn._saved_result`.

use std::rc::Rc;

use crate::bridge::error::OrRaise;
use crate::bridge::tensor::tensor_value;
use crate::lang::object::{Result, Value, runtime_error};
use crate::tensor::core::{Node, Saved, Tensor, level};

/// Which operand a kept value is, for operations of two.
const PAIRS: &[&str] = &["DivBackward0", "MulBackward0"];
const OPERANDS: &[&str] = &["self", "other"];

/// The value of this name; nothing if the node has none.
pub(super) fn kept(node: &Rc<Node>, name: &str) -> Result<Option<Value>> {
    let Some(name) = name.strip_prefix("_saved_") else {
        return Ok(None);
    };
    let mut names = Vec::new();
    let mut values = Vec::new();
    let alive = node.each_kept(&mut |saved| {
        names.push(match PAIRS.contains(&node.name()) {
            true => OPERANDS.get(names.len()).copied(),
            false => saved.and_then(|saved| operand(node, saved)),
        });
        values.push(saved.map(|saved| saved.get(node)));
    });
    let known = ["other", "result", "self"].contains(&name);
    if !alive && known && node.variable().is_none() && !node.edges().is_empty() {
        return Err(runtime_error(level::second_backward_message()));
    }
    // Of several values none can be told apart by what it is.
    if values.len() > 1 && !PAIRS.contains(&node.name()) {
        return Ok(None);
    }
    let Some(i) = names.iter().position(|known| *known == Some(name)) else {
        return Ok(None);
    };
    match values.swap_remove(i) {
        Some(value) => Ok(Some(tensor_value(value.or_raise()?))),
        None => Ok(Some(Value::None)),
    }
}

/// The name of the only value that an operation of one input keeps.
fn operand(node: &Rc<Node>, saved: &Saved) -> Option<&'static str> {
    match saved {
        Saved::Result(..) | Saved::Packed(_, Some(_)) => Some("result"),
        Saved::Input(x, _) => is_input(node, x).then_some("self"),
        Saved::Number(_) | Saved::Packed(_, None) => None,
    }
}

/// Whether a tensor is what the node's first gradient is for.
fn is_input(node: &Rc<Node>, x: &Tensor) -> bool {
    let edges = node.edges();
    let first = edges.first().and_then(Option::as_ref);
    first.zip(x.gradient_edge()).is_some_and(|(first, own)| {
        Rc::ptr_eq(&first.node, &own.node) && first.output == own.output
    })
}
