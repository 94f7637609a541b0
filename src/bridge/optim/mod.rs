//! `torch.optim`: the base class of optimizers, classes for those of the tensor wing, schedulers.

mod base;
mod class;
mod package;
mod saved;
mod step;

pub(super) use class::optimizer_names;
pub(super) use package::MODULES;

use super::error::OrRaise;
use super::tensor::tensor_value;
use crate::lang::object::{Result, Value};
use crate::tensor::core::{Tensor, no_grad};

/// A kept tensor in the dtype of its parameter, shared if it has that already.
fn convert_state(parameter: &Tensor, kept: &Tensor) -> Result<Value> {
    if !parameter.dtype().is_floating_point() || kept.dtype() == parameter.dtype() {
        return Ok(tensor_value(kept.clone()));
    }
    no_grad(|| crate::tensor::ops::to_dtype(kept, parameter.dtype()))
        .map(tensor_value)
        .or_raise()
}
