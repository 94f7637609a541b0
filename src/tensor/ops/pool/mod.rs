//! Pooling: one number for each window of a sequence, an image or a volume.

pub mod adaptive;
pub mod average;
mod check;
pub mod fractional;
mod kernel;
pub mod max;
mod places;
pub mod unpool;
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
    &adaptive::ADAPTIVE_MAX_POOL1D,
    &adaptive::ADAPTIVE_MAX_POOL2D,
    &adaptive::ADAPTIVE_MAX_POOL3D,
    &max::MAX_POOL1D,
    &max::MAX_POOL2D,
    &max::MAX_POOL3D,
    &unpool::MAX_UNPOOL1D,
    &unpool::MAX_UNPOOL2D,
    &unpool::MAX_UNPOOL3D,
];
