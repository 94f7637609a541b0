//! Layers: their parameters, how they start, and what they compute.
//!
//! Each layer is a [`Layer`]: a spec that says what an instance holds and a function that reads it through [`State`]. The
//! instances themselves belong to whoever uses the layers. [`init`] holds the schemes of `torch.nn.init`.

pub mod init;
pub mod linear;
pub mod spec;

pub use spec::{Field, Fields, Layer, LayerState, State, all, find};

/// All layers, sorted by name.
pub static LAYERS: &[&Layer] = &[&linear::LINEAR];
