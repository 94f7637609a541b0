//! Products of vectors and matrices.

pub mod matmul;

pub use matmul::*;

use crate::tensor::ops::spec::Op;

/// The family's ops.
pub(super) static OPS: &[&Op] = &[&matmul::MATMUL, &matmul::MM];
