//! Convolutions.
//!
//! `kernel` has the three products that a convolution and its derivatives are made of; `geometry` the sizes and
//! PyTorch's refusals.

pub mod convolution;
mod direct;
pub mod fold;
mod geometry;
mod kernel;
mod strips;
mod weights;

pub use convolution::{ConvOptions, Padding, conv, conv_transpose, conv2d};

use crate::tensor::ops::spec::Op;

/// The family's ops.
pub(super) static OPS: &[&Op] = &[
    &convolution::CONV1D,
    &convolution::CONV2D,
    &convolution::CONV3D,
    &convolution::CONV_TRANSPOSE1D,
    &convolution::CONV_TRANSPOSE2D,
    &convolution::CONV_TRANSPOSE3D,
    &fold::FOLD,
    &fold::UNFOLD,
];
