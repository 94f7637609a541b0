//! Images as a whole: borders, sizes, patches.

pub mod pad;
pub mod resample;
pub mod shuffle;

pub use pad::{constant_pad, pad};

use crate::tensor::ops::spec::Op;

/// The family's ops.
pub(super) static OPS: &[&Op] = &[
    &shuffle::CHANNEL_SHUFFLE,
    &pad::CONSTANT_PAD_ND,
    &resample::INTERPOLATE,
    &pad::PAD,
    &shuffle::PIXEL_SHUFFLE,
    &shuffle::PIXEL_UNSHUFFLE,
];
