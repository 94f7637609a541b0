//! The same elements in another arrangement.

pub mod convert;
pub mod copies;
pub mod grid;
pub mod join;
pub mod part;
pub mod rearrange;
mod reinterpret;
pub mod repeat;
pub mod strided;
pub mod transpose;
pub mod triangle;

pub use convert::*;
pub use grid::*;
pub use join::*;
pub use part::*;
pub use rearrange::*;
pub use repeat::*;
pub use strided::*;
pub use transpose::*;
pub use triangle::*;

use crate::tensor::ops::spec::Op;

/// The family's ops.
pub(super) static OPS: &[&Op] = &[
    &copies::ALIAS_COPY,
    &copies::AS_STRIDED_COPY,
    &strided::AS_STRIDED_SCATTER,
    &join::ATLEAST_1D,
    &join::ATLEAST_2D,
    &join::ATLEAST_3D,
    &grid::BLOCK_DIAG,
    &convert::BFLOAT16,
    &convert::BOOL,
    &convert::CDOUBLE,
    &convert::CFLOAT,
    &grid::BROADCAST_TENSORS,
    &rearrange::BROADCAST_TO,
    &convert::BYTE,
    &grid::CARTESIAN_PROD,
    &join::CAT,
    &convert::CHALF,
    &convert::CHAR,
    &join::CHUNK,
    &convert::CLONE,
    &join::COLUMN_STACK,
    &grid::COMBINATIONS,
    &convert::CONTIGUOUS,
    &convert::CPU,
    &convert::CUDA,
    &convert::DETACH,
    &triangle::DIAG,
    &triangle::DIAGFLAT,
    &part::DIAGONAL,
    &copies::DIAGONAL_COPY,
    &strided::DIAGONAL_SCATTER,
    &triangle::DIAG_EMBED,
    &convert::DOUBLE,
    &copies::DSPLIT,
    &join::DSTACK,
    &rearrange::EXPAND,
    &rearrange::EXPAND_AS,
    &copies::EXPAND_COPY,
    &strided::FILL_DIAGONAL,
    &rearrange::FLATTEN,
    &repeat::FLIP,
    &repeat::FLIPLR,
    &repeat::FLIPUD,
    &convert::FLOAT,
    &convert::HALF,
    &copies::HSPLIT,
    &join::HSTACK,
    &transpose::H_PROPERTY,
    &transpose::MH_PROPERTY,
    &convert::INT,
    &convert::LONG,
    &grid::MESHGRID,
    &rearrange::MOVEDIM,
    &transpose::MT_PROPERTY,
    &part::NARROW,
    &copies::NARROW_COPY,
    &rearrange::PERMUTE,
    &copies::PERMUTE_COPY,
    &rearrange::RAVEL,
    &repeat::REPEAT,
    &repeat::REPEAT_INTERLEAVE,
    &convert::REQUIRES_GRAD,
    &rearrange::RESHAPE,
    &rearrange::RESHAPE_AS,
    &strided::RESIZE,
    &strided::RESIZE_AS,
    &repeat::ROLL,
    &repeat::ROT90,
    &part::SELECT,
    &copies::SELECT_COPY,
    &strided::SELECT_SCATTER,
    &convert::SHORT,
    &copies::SLICE_COPY,
    &strided::SLICE_SCATTER,
    &join::SPLIT,
    &copies::SPLIT_WITH_SIZES_COPY,
    &rearrange::SQUEEZE,
    &copies::SQUEEZE_COPY,
    &join::STACK,
    &strided::SUM_TO_SIZE,
    &transpose::T,
    &join::TENSOR_SPLIT,
    &repeat::TILE,
    &convert::TO,
    &transpose::TRANSPOSE,
    &copies::TRANSPOSE_COPY,
    &triangle::TRIL,
    &triangle::TRIU,
    &convert::TYPE,
    &convert::TYPE_AS,
    &copies::T_COPY,
    &transpose::T_PROPERTY,
    &join::UNBIND,
    &copies::UNBIND_COPY,
    &rearrange::UNFLATTEN,
    &part::UNFOLD,
    &copies::UNFOLD_COPY,
    &copies::UNSAFE_CHUNK,
    &copies::UNSAFE_SPLIT,
    &copies::UNSAFE_SPLIT_WITH_SIZES,
    &rearrange::UNSQUEEZE,
    &copies::UNSQUEEZE_COPY,
    &rearrange::VIEW,
    &rearrange::VIEW_AS,
    &copies::VIEW_COPY,
    &copies::VSPLIT,
    &join::VSTACK,
];
