//! New tensors: filled, counted, copied from data.

pub mod constant;
pub mod data;
pub mod range;

pub use constant::*;
pub use data::*;
pub use range::*;

use crate::tensor::ops::spec::Op;

/// The family's ops.
pub(super) static OPS: &[&Op] = &[
    &range::ARANGE,
    &data::AS_STRIDED,
    &data::AS_TENSOR,
    &constant::EMPTY,
    &constant::EMPTY_LIKE,
    &range::EYE,
    &constant::FULL,
    &constant::FULL_LIKE,
    &range::LINSPACE,
    &range::LOGSPACE,
    &constant::NEW_EMPTY,
    &constant::NEW_FULL,
    &constant::NEW_ONES,
    &data::NEW_TENSOR,
    &constant::NEW_ZEROS,
    &constant::ONES,
    &constant::ONES_LIKE,
    &range::RANGE,
    &data::SCALAR_TENSOR,
    &data::TENSOR,
    &range::TRIL_INDICES,
    &range::TRIU_INDICES,
    &constant::ZEROS,
    &constant::ZEROS_LIKE,
];
