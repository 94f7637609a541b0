//! New tensors: filled, counted, copied from data.

pub mod fill;

pub use fill::*;

use crate::tensor::ops::spec::Op;

/// The family's ops.
pub(super) static OPS: &[&Op] = &[
    &fill::EMPTY,
    &fill::EMPTY_LIKE,
    &fill::FULL,
    &fill::FULL_LIKE,
    &fill::NEW_EMPTY,
    &fill::NEW_FULL,
    &fill::NEW_ONES,
    &fill::NEW_ZEROS,
    &fill::ONES,
    &fill::ONES_LIKE,
    &fill::ZEROS,
    &fill::ZEROS_LIKE,
];
