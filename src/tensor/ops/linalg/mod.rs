//! Products, systems and decompositions of vectors and matrices.

pub mod added;
pub mod contract;
pub mod matmul;
pub mod solve;

pub use added::*;
pub use contract::*;
pub use matmul::*;
pub use solve::*;

use crate::tensor::ops::spec::Op;

/// The family's ops.
pub(super) static OPS: &[&Op] = &[
    &added::ADDBMM,
    &added::ADDMM,
    &added::ADDMV,
    &added::ADDR,
    &added::BADDBMM,
    &matmul::BMM,
    &contract::CDIST,
    &added::CHAIN_MATMUL,
    &contract::CROSS,
    &solve::DET,
    &matmul::DOT,
    &contract::EINSUM,
    &matmul::INNER,
    &solve::INVERSE,
    &contract::KRON,
    &contract::LINALG_CROSS,
    &solve::LINALG_DET,
    &solve::LINALG_INV,
    &solve::LINALG_SLOGDET,
    &solve::LINALG_SOLVE,
    &matmul::MATMUL,
    &solve::MATRIX_POWER,
    &matmul::MM,
    &matmul::MV,
    &matmul::OUTER,
    &solve::SLOGDET,
    &contract::TENSORDOT,
    &contract::TRACE,
];
