//! Elements picked and put by their places.

pub mod combine;
pub mod count;
pub mod index_put;
pub mod places;
pub mod scatter;
pub mod search;
pub mod select;
pub mod sort;
pub mod subscript;
pub mod unique;

pub use combine::*;
pub use index_put::*;
pub use places::*;
pub use scatter::*;
pub use sort::*;
pub use subscript::*;

use crate::tensor::ops::spec::Op;

/// The family's ops.
pub(super) static OPS: &[&Op] = &[
    &sort::ARGSORT,
    &places::ARGWHERE,
    &count::BINCOUNT,
    &search::BUCKETIZE,
    &scatter::GATHER,
    &count::HISTC,
    &scatter::INDEX_ADD,
    &scatter::INDEX_COPY,
    &scatter::INDEX_FILL,
    &index_put::INDEX_PUT,
    &combine::INDEX_REDUCE,
    &places::INDEX_SELECT,
    &search::ISIN,
    &places::MASKED_SCATTER,
    &places::MASKED_SELECT,
    &sort::MSORT,
    &places::NONZERO,
    &places::NONZERO_STATIC,
    &places::PUT,
    &scatter::SCATTER,
    &scatter::SCATTER_ADD,
    &combine::SCATTER_REDUCE,
    &search::SEARCHSORTED,
    &sort::SORT,
    &places::TAKE,
    &scatter::TAKE_ALONG_DIM,
    &sort::TOPK,
    &unique::UNIQUE,
    &unique::UNIQUE_CONSECUTIVE,
    &places::UNRAVEL_INDEX,
];
