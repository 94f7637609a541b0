//! The same elements in another arrangement.

pub mod convert;
pub mod join;
pub mod rearrange;
pub mod repeat;

pub use convert::*;
pub use join::*;
pub use rearrange::*;
pub use repeat::*;

use crate::tensor::ops::spec::Op;

/// The family's ops.
pub(super) static OPS: &[&Op] = &[
    &join::ATLEAST_1D,
    &join::ATLEAST_2D,
    &join::ATLEAST_3D,
    &repeat::BLOCK_DIAG,
    &convert::BOOL,
    &repeat::BROADCAST_TENSORS,
    &rearrange::BROADCAST_TO,
    &convert::BYTE,
    &repeat::CARTESIAN_PROD,
    &join::CAT,
    &convert::CHAR,
    &join::CHUNK,
    &convert::CLONE,
    &join::COLUMN_STACK,
    &convert::CONTIGUOUS,
    &convert::CPU,
    &convert::CUDA,
    &convert::DETACH,
    &repeat::DIAG,
    &repeat::DIAGFLAT,
    &rearrange::DIAGONAL,
    &repeat::DIAG_EMBED,
    &convert::DOUBLE,
    &join::DSTACK,
    &rearrange::EXPAND,
    &rearrange::EXPAND_AS,
    &rearrange::FLATTEN,
    &repeat::FLIP,
    &repeat::FLIPLR,
    &repeat::FLIPUD,
    &convert::FLOAT,
    &join::HSTACK,
    &rearrange::H_PROPERTY,
    &convert::INT,
    &convert::LONG,
    &repeat::MESHGRID,
    &rearrange::MOVEDIM,
    &rearrange::MT_PROPERTY,
    &rearrange::NARROW,
    &rearrange::PERMUTE,
    &rearrange::RAVEL,
    &repeat::REPEAT,
    &repeat::REPEAT_INTERLEAVE,
    &convert::REQUIRES_GRAD,
    &rearrange::RESHAPE,
    &rearrange::RESHAPE_AS,
    &repeat::ROLL,
    &repeat::ROT90,
    &rearrange::SELECT,
    &convert::SHORT,
    &join::SPLIT,
    &rearrange::SQUEEZE,
    &join::STACK,
    &rearrange::T,
    &join::TENSOR_SPLIT,
    &repeat::TILE,
    &convert::TO,
    &rearrange::TRANSPOSE,
    &repeat::TRIL,
    &repeat::TRIU,
    &convert::TYPE,
    &convert::TYPE_AS,
    &rearrange::T_PROPERTY,
    &join::UNBIND,
    &rearrange::UNFLATTEN,
    &rearrange::UNFOLD,
    &rearrange::UNSQUEEZE,
    &rearrange::VIEW,
    &rearrange::VIEW_AS,
    &join::VSTACK,
];
