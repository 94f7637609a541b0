//! Elements picked and put by their places.

pub mod combine;
pub mod scatter;
pub mod select;
pub mod sort;
pub mod subscript;

pub use combine::*;
pub use scatter::*;
pub use sort::*;
pub use subscript::*;

use crate::tensor::ops::spec::Op;

/// The family's ops.
pub(super) static OPS: &[&Op] = &[
    &sort::ARGSORT,
    &subscript::ARGWHERE,
    &sort::BINCOUNT,
    &sort::BUCKETIZE,
    &scatter::GATHER,
    &sort::HISTC,
    &scatter::INDEX_ADD,
    &scatter::INDEX_COPY,
    &scatter::INDEX_FILL,
    &subscript::INDEX_PUT,
    &combine::INDEX_REDUCE,
    &subscript::INDEX_SELECT,
    &sort::ISIN,
    &subscript::MASKED_SCATTER,
    &subscript::MASKED_SELECT,
    &sort::MSORT,
    &subscript::NONZERO,
    &subscript::NONZERO_STATIC,
    &subscript::PUT,
    &scatter::SCATTER,
    &scatter::SCATTER_ADD,
    &combine::SCATTER_REDUCE,
    &sort::SEARCHSORTED,
    &sort::SORT,
    &subscript::TAKE,
    &scatter::TAKE_ALONG_DIM,
    &sort::TOPK,
    &sort::UNIQUE,
    &sort::UNIQUE_CONSECUTIVE,
    &subscript::UNRAVEL_INDEX,
];
