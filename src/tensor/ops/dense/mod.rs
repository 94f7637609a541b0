//! Products with a matrix of weights, as layers compute them.

mod kernel;
pub mod linear;

pub use linear::*;

use crate::tensor::ops::spec::Op;

/// The family's ops.
pub(super) static OPS: &[&Op] = &[&linear::LINEAR];
