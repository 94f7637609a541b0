//! The [`Tensor`]: an array with a history. Views and versions, grad mode, the graph's nodes, printing.
//!
//! - [`tensor`]: the handle. One pointer, cheap to clone; `same` tells identity.
//! - `history`: whether a tensor wants a gradient, where it came from, its gradient and hooks.
//! - [`node`]: what an operation leaves behind for the backward pass, and the edges between nodes.
//! - [`mod@record`]: the function that ops call to make their result remember how it came about.
//! - [`mod@rederive`]: gradients of fused operations that can be differentiated again.
//! - [`saved`]: values kept for the backward pass, with the check that nobody wrote to them since.
//! - [`mode`]: grad mode, default dtype, and other settings of the thread.
//! - [`level`]: the differences between today's PyTorch and PyTorch 1.x, all of them.
//! - [`printing`]: `repr(tensor)` as `torch._tensor_str` writes it.
//! - [`generator`]: the random streams.
//! - [`warning`]: what PyTorch warns of.
//! - [`watch`]: what may be watched while operations run.

pub mod generator;
mod history;
pub mod level;
pub mod mode;
pub mod node;
pub mod number;
pub mod printing;
pub mod record;
pub mod rederive;
pub mod saved;
pub mod tensor;
pub mod warning;
pub mod watch;

pub use generator::Generator;
pub use mode::{default_dtype, is_grad_enabled, no_grad};
pub use node::{Backward, Edge, Grads, Needs, Node};
pub use record::{record, record_many, requires_recording};
pub use rederive::rederive;
pub use saved::{Keep, Saved};
pub use tensor::{Device, Operand, Tensor};
