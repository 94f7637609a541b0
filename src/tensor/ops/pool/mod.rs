//! Pooling: one number for each window of a sequence, an image or a volume.

pub mod average;
pub mod fractional;
mod kernel;
pub mod max;
mod window;

pub use average::adaptive_mean;
pub use max::{MaxPool, max_pool};

use crate::tensor::ops::spec::Op;

/// The family's ops.
pub(super) static OPS: &[&Op] = &[
    &average::ADAPTIVE_AVG_POOL1D,
    &average::ADAPTIVE_AVG_POOL2D,
    &average::ADAPTIVE_AVG_POOL3D,
    &average::AVG_POOL1D,
    &average::AVG_POOL2D,
    &average::AVG_POOL3D,
    &fractional::FRACTIONAL_MAX_POOL2D,
    &fractional::FRACTIONAL_MAX_POOL3D,
    &average::LP_POOL1D,
    &average::LP_POOL2D,
    &average::LP_POOL3D,
    &max::ADAPTIVE_MAX_POOL1D,
    &max::ADAPTIVE_MAX_POOL2D,
    &max::ADAPTIVE_MAX_POOL3D,
    &max::MAX_POOL1D,
    &max::MAX_POOL2D,
    &max::MAX_POOL3D,
    &max::MAX_UNPOOL1D,
    &max::MAX_UNPOOL2D,
    &max::MAX_UNPOOL3D,
];
