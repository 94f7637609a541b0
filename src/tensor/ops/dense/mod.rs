//! Products with a matrix of weights, as layers compute them.

pub mod bilinear;
pub(super) mod kernel;
pub mod linear;

pub use bilinear::bilinear;
pub(super) use kernel::vectors;
pub use linear::*;

use crate::tensor::ops::spec::Op;

/// The family's ops.
pub(super) static OPS: &[&Op] = &[&bilinear::BILINEAR, &linear::LINEAR];
