//! Images as a whole: borders, sizes, patches.

pub mod pad;

pub use pad::{constant_pad, pad};

use crate::tensor::ops::spec::Op;

/// The family's ops.
pub(super) static OPS: &[&Op] = &[&pad::CONSTANT_PAD_ND, &pad::PAD];
