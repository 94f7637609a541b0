//! Rows of a table, looked up by number.

pub mod bag;
pub mod lookup;

pub use lookup::embedding;

use crate::tensor::ops::spec::Op;

/// The family's ops.
pub(super) static OPS: &[&Op] = &[&bag::EMBEDDING_BAG, &lookup::EMBEDDING, &lookup::ONE_HOT];
