//! Recurrent networks: whole sequences by several layers, and single steps.
//!
//! - [`sequence`]: `torch.lstm`, `gru`, `rnn_tanh`, `rnn_relu`.
//! - [`cell`]: one step from recorded operations, and `torch.lstm_cell` and so on.
//! - `layer`: one layer in one direction, fused where it can be.
//! - `kernel` and `gradients`: the loops behind it, and `shares`: what of them each thread does.
//! - [`packed`]: sequences of different lengths.

pub mod cell;
mod gradients;
mod kernel;
mod layer;
pub mod packed;
pub mod sequence;
mod shares;

use crate::tensor::ops::spec::Op;

/// The family's ops.
pub(super) static OPS: &[&Op] = &[
    &sequence::GRU,
    &cell::GRU_CELL,
    &sequence::LSTM,
    &cell::LSTM_CELL,
    &packed::PACK_PADDED_SEQUENCE,
    &packed::PAD_PACKED_SEQUENCE,
    &sequence::RNN_RELU,
    &cell::RNN_RELU_CELL,
    &sequence::RNN_TANH,
    &cell::RNN_TANH_CELL,
];

/// What a step computes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Lstm,
    Gru,
    Tanh,
    Relu,
}

impl Mode {
    /// Rows of the weights for each hidden unit.
    fn gates(self) -> usize {
        match self {
            Mode::Lstm => 4,
            Mode::Gru => 3,
            Mode::Tanh | Mode::Relu => 1,
        }
    }
}
