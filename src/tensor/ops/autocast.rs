//! Automatic mixed precision: which operations run in the lower precision while it is on, and which in float32
//! (`aten/src/ATen/autocast_mode.h`, the lists for the CPU).

use super::args::Arg;
use super::to_dtype;
use crate::tensor::array::{DType, Result};
use crate::tensor::core::Tensor;
use crate::tensor::core::mode::autocast;

/// Operations and layers that run in the lower precision.
const LOWER: &[&str] = &[
    "Conv1d",
    "Conv2d",
    "Conv3d",
    "ConvTranspose1d",
    "ConvTranspose2d",
    "ConvTranspose3d",
    "Linear",
    "addbmm",
    "addmm",
    "baddbmm",
    "bmm",
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose3d",
    "linear",
    "matmul",
    "mm",
    "scaled_dot_product_attention",
];

/// Operations and layers that run in float32.
const FULL: &[&str] = &[
    "BCELoss",
    "BCEWithLogitsLoss",
    "CosineEmbeddingLoss",
    "CrossEntropyLoss",
    "HingeEmbeddingLoss",
    "HuberLoss",
    "KLDivLoss",
    "L1Loss",
    "MSELoss",
    "MarginRankingLoss",
    "MultiLabelMarginLoss",
    "MultiMarginLoss",
    "NLLLoss",
    "PoissonNLLLoss",
    "SmoothL1Loss",
    "SoftMarginLoss",
    "TripletMarginLoss",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "cdist",
    "cosine_embedding_loss",
    "cross_entropy",
    "hinge_embedding_loss",
    "huber_loss",
    "kl_div",
    "l1_loss",
    "margin_ranking_loss",
    "mse_loss",
    "multi_margin_loss",
    "multilabel_margin_loss",
    "nll_loss",
    "poisson_nll_loss",
    "prod",
    "quantile",
    "smooth_l1_loss",
    "soft_margin_loss",
    "trace",
    "triplet_margin_loss",
];

/// The dtype that an operation or layer of this name runs in; nothing where it keeps that of its arguments.
pub fn target(name: &str) -> Option<DType> {
    let lower = autocast()?;
    if LOWER.binary_search(&name).is_ok() {
        return Some(lower);
    }
    FULL.binary_search(&name).ok().map(|_| DType::Float32)
}

/// A tensor of single or lower precision in this dtype.
pub fn cast(x: &Tensor, dtype: DType) -> Result<Tensor> {
    let eligible = x.dtype().is_floating_point() && x.dtype() != DType::Float64;
    if eligible && x.dtype() != dtype {
        to_dtype(x, dtype)
    } else {
        Ok(x.clone())
    }
}

/// An argument with its tensors in this dtype.
pub fn cast_arg(arg: Arg, dtype: DType) -> Result<Arg> {
    Ok(match arg {
        Arg::Tensor(x) => Arg::Tensor(cast(&x, dtype)?),
        other => other,
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn names_are_sorted() {
        assert!(super::LOWER.is_sorted() && super::FULL.is_sorted());
    }
}
