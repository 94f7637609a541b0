//! What layers apply between products: activations, softmax, dropout.

mod curve;
pub mod curves;
pub mod dropout;
pub(super) mod exp;
pub mod others;
pub mod softmax;

pub use curves::{gelu, logsigmoid, silu};
pub use dropout::dropout;
pub use others::{glu, gumbel_softmax, prelu, rrelu};
pub use softmax::{implicit_dim, log_softmax, softmax};

use crate::tensor::ops::spec::Op;

/// The family's ops.
pub(super) static OPS: &[&Op] = &[
    &curves::CELU,
    &curves::ELU,
    &curves::GELU,
    &curves::HARDSHRINK,
    &curves::HARDSIGMOID,
    &curves::HARDSWISH,
    &curves::HARDTANH,
    &curves::LEAKY_RELU,
    &curves::LOGSIGMOID,
    &curves::MISH,
    &curves::RELU6,
    &curves::SELU,
    &curves::SILU,
    &curves::SOFTPLUS,
    &curves::SOFTSHRINK,
    &curves::THRESHOLD,
    &dropout::ALPHA_DROPOUT,
    &dropout::DROPOUT,
    &dropout::DROPOUT1D,
    &dropout::DROPOUT2D,
    &dropout::DROPOUT3D,
    &dropout::DROPOUT_FUNCTIONAL,
    &dropout::FEATURE_ALPHA_DROPOUT,
    &others::GLU,
    &others::GUMBEL_SOFTMAX,
    &others::PRELU,
    &others::RRELU,
    &others::SOFTSIGN,
    &others::TANHSHRINK,
    &softmax::LOG_SOFTMAX,
    &softmax::LOG_SOFTMAX_FUNCTIONAL,
    &softmax::SOFTMAX,
    &softmax::SOFTMAX_FUNCTIONAL,
    &softmax::SOFTMIN,
];
