//! Products, systems and decompositions of vectors and matrices.

pub mod added;
mod batch;
pub mod contract;
pub mod decompose;
pub mod derived;
pub mod distance;
pub mod eig;
pub mod kernels;
pub mod ldl;
pub mod lu;
pub mod matmul;
pub mod norms;
pub mod powers;
pub mod pseudo;
pub mod solve;
pub mod spectral;
pub mod systems;
pub mod triangular;

pub use added::*;
pub use contract::*;
pub use matmul::*;
pub use norms::nuclear_norm;
pub use solve::{det, matrix_power, slogdet};
pub use systems::{inverse, solve};
pub use triangular::solve_triangular;

use crate::tensor::ops::spec::Op;

/// The family's ops.
pub(super) static OPS: &[&Op] = &[
    &added::ADDBMM,
    &added::ADDMM,
    &added::ADDMV,
    &added::ADDR,
    &added::BADDBMM,
    &matmul::BMM,
    &distance::CDIST,
    &added::CHAIN_MATMUL,
    &decompose::CHOLESKY,
    &triangular::CHOLESKY_INVERSE,
    &triangular::CHOLESKY_SOLVE,
    &contract::CROSS,
    &solve::DET,
    &matmul::DOT,
    &contract::EINSUM,
    &triangular::GEQRF,
    &matmul::INNER,
    &solve::INVERSE,
    &contract::KRON,
    &decompose::LINALG_CHOLESKY,
    &decompose::LINALG_CHOLESKY_EX,
    &norms::LINALG_COND,
    &contract::LINALG_CROSS,
    &solve::LINALG_DET,
    &derived::LINALG_DIAGONAL,
    &eig::LINALG_EIG,
    &spectral::LINALG_EIGH,
    &eig::LINALG_EIGVALS,
    &spectral::LINALG_EIGVALSH,
    &triangular::LINALG_HOUSEHOLDER_PRODUCT,
    &solve::LINALG_INV,
    &systems::LINALG_INV_EX,
    &ldl::LINALG_LDL_FACTOR,
    &ldl::LINALG_LDL_FACTOR_EX,
    &ldl::LINALG_LDL_SOLVE,
    &pseudo::LINALG_LSTSQ,
    &lu::LINALG_LU,
    &lu::LINALG_LU_FACTOR,
    &lu::LINALG_LU_FACTOR_EX,
    &lu::LINALG_LU_SOLVE,
    &derived::LINALG_MATMUL,
    &powers::LINALG_MATRIX_EXP,
    &norms::LINALG_MATRIX_NORM,
    &solve::LINALG_MATRIX_POWER,
    &pseudo::LINALG_MATRIX_RANK,
    &powers::LINALG_MATRIX_SQRTH,
    &powers::LINALG_MULTI_DOT,
    &norms::LINALG_NORM,
    &pseudo::LINALG_PINV,
    &powers::LINALG_POLAR,
    &decompose::LINALG_QR,
    &solve::LINALG_SLOGDET,
    &systems::LINALG_SOLVE,
    &systems::LINALG_SOLVE_EX,
    &triangular::LINALG_SOLVE_TRIANGULAR,
    &spectral::LINALG_SVD,
    &spectral::LINALG_SVDVALS,
    &derived::LINALG_TENSORINV,
    &derived::LINALG_TENSORSOLVE,
    &derived::LINALG_VANDER,
    &derived::LINALG_VECDOT,
    &solve::LOGDET,
    &lu::LU_OF_OLD,
    &lu::LU_SOLVE,
    &lu::LU_UNPACK,
    &matmul::MATMUL,
    &powers::MATRIX_EXP,
    &solve::MATRIX_POWER,
    &matmul::MM,
    &matmul::MV,
    &triangular::ORGQR,
    &triangular::ORMQR,
    &matmul::OUTER,
    &distance::PDIST,
    &pseudo::PINVERSE,
    &decompose::QR_OF_OLD,
    &distance::RENORM,
    &solve::SLOGDET,
    &spectral::SVD_OF_OLD,
    &contract::TENSORDOT,
    &contract::TRACE,
    &triangular::TRIANGULAR_SOLVE,
    &derived::VANDER,
    &derived::VDOT,
];
