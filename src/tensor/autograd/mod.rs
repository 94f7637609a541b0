//! The backward pass.
//!
//! - [`engine`]: walks the graph in PyTorch's order, without recursion.
//! - [`check`]: compares derivatives with finite differences.

pub mod check;
pub mod engine;

pub use check::{gradcheck, gradgradcheck};
pub use engine::{backward, backward_many, grad, leaves, pass_accumulates, pass_number};
