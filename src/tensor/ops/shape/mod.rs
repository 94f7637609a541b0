//! The same elements in another arrangement.

pub mod convert;
pub mod rearrange;

pub use convert::*;
pub use rearrange::*;

use crate::tensor::ops::spec::Op;

/// The family's ops.
pub(super) static OPS: &[&Op] = &[
    &convert::CLONE,
    &convert::CONTIGUOUS,
    &rearrange::EXPAND,
    &rearrange::NARROW,
    &rearrange::PERMUTE,
    &rearrange::RESHAPE,
    &rearrange::T,
    &rearrange::TRANSPOSE,
    &rearrange::UNSQUEEZE,
    &rearrange::VIEW,
];
