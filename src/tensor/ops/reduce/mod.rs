//! Many elements in, one out, over some dimensions.

pub mod sum;

pub use sum::*;

use crate::tensor::ops::spec::Op;

/// The family's ops.
pub(super) static OPS: &[&Op] = &[&sum::SUM];
