//! Losses: how far outputs are from what they should be.

pub mod binary;
mod ctc;
pub mod difference;
pub mod margin;
pub mod nll;
pub mod reduction;

pub use binary::{binary_cross_entropy, binary_cross_entropy_with_logits};
pub use difference::{huber_loss, l1_loss, mse_loss, smooth_l1_loss};
pub use nll::{cross_entropy, nll_loss};
pub use reduction::Reduction;

use crate::tensor::ops::spec::Op;

/// The family's ops.
pub(super) static OPS: &[&Op] = &[
    &binary::BINARY_CROSS_ENTROPY,
    &binary::BINARY_CROSS_ENTROPY_WITH_LOGITS,
    &binary::GAUSSIAN_NLL_LOSS,
    &binary::KL_DIV,
    &binary::POISSON_NLL_LOSS,
    &ctc::CTC_LOSS,
    &difference::HUBER_LOSS,
    &difference::L1_LOSS,
    &difference::MSE_LOSS,
    &difference::SMOOTH_L1_LOSS,
    &margin::COSINE_EMBEDDING_LOSS,
    &margin::COSINE_SIMILARITY,
    &margin::HINGE_EMBEDDING_LOSS,
    &margin::MARGIN_RANKING_LOSS,
    &margin::MULTILABEL_MARGIN_LOSS,
    &margin::MULTILABEL_SOFT_MARGIN_LOSS,
    &margin::MULTI_MARGIN_LOSS,
    &margin::PAIRWISE_DISTANCE,
    &margin::SOFT_MARGIN_LOSS,
    &margin::TRIPLET_MARGIN_LOSS,
    &nll::CROSS_ENTROPY,
    &nll::NLL_LOSS,
];
