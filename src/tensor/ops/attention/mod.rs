//! Attention.
//!
//! - [`dot_product`]: `scaled_dot_product_attention`, fused where it can be, else from recorded operations.
//! - `kernel`: the loops behind it.

pub mod dot_product;
mod kernel;

pub use dot_product::scaled_dot_product_attention;

use crate::tensor::ops::spec::Op;

/// The family's ops.
pub(super) static OPS: &[&Op] = &[&dot_product::SCALED_DOT_PRODUCT_ATTENTION];
