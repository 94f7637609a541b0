//! Normalisation.
//!
//! Batch, layer, group and instance normalisation are one op (`normalize`) on an array cut into channels in different
//! ways; its first derivative is a loop, and higher ones are made of ops.

pub mod batch;
mod channels;
mod columns;
mod kernel;
pub mod layer;
mod moments;
mod normalize;
mod places;

pub use batch::{BatchNorm, batch_norm, instance_norm};
pub use layer::{group_norm, layer_norm, rms_norm};

use crate::tensor::ops::spec::Op;

/// The family's ops.
pub(super) static OPS: &[&Op] = &[
    &batch::BATCH_NORM,
    &batch::INSTANCE_NORM,
    &layer::GROUP_NORM,
    &layer::LAYER_NORM,
    &layer::LOCAL_RESPONSE_NORM,
    &layer::NORMALIZE,
    &layer::RMS_NORM,
];
