//! Many elements in, one out, over some dimensions.

pub mod extreme;
pub mod hash;
pub mod mean;
pub mod scan;
pub mod sum;

pub use extreme::*;
pub use mean::*;
pub use scan::*;
pub use sum::*;

use crate::tensor::ops::spec::Op;

/// The family's ops.
pub(super) static OPS: &[&Op] = &[
    &extreme::ALL,
    &extreme::AMAX,
    &extreme::AMIN,
    &extreme::AMINMAX,
    &extreme::ANY,
    &extreme::ARGMAX,
    &extreme::ARGMIN,
    &extreme::COUNT_NONZERO,
    &scan::CUMMAX,
    &scan::CUMMIN,
    &scan::CUMPROD,
    &scan::CUMSUM,
    &scan::DIFF,
    &mean::DIST,
    &hash::HASH_TENSOR,
    &extreme::KTHVALUE,
    &mean::LINALG_VECTOR_NORM,
    &scan::LOGCUMSUMEXP,
    &mean::LOGSUMEXP,
    &extreme::MAX,
    &mean::MEAN,
    &extreme::MEDIAN,
    &extreme::MIN,
    &extreme::MODE,
    &mean::NANMEAN,
    &mean::NANSUM,
    &mean::NORM,
    &mean::PROD,
    &mean::STD,
    &mean::STD_MEAN,
    &sum::SUM,
    &mean::VAR,
    &mean::VAR_MEAN,
];
