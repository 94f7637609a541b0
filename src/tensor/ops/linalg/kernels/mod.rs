//! Factorisations of one matrix in double precision.
//!
//! The algorithms are LAPACK's, step by step where a step decides a sign or an order, so that what is printed is what
//! PyTorch prints. They are compiled for double precision, real and complex: other dtypes are converted.

mod bidiagonal;
mod complex_eigen;
mod eigen;
mod factor;
mod matrix;
mod rotation;
mod symmetric;

pub use bidiagonal::svd;
pub use complex_eigen::complex_eigen;
pub use eigen::{Eigen, eigen};
pub use factor::{cholesky, lu, qr, solve_lu, substitute};
pub use matrix::{Field, Matrix};
pub use symmetric::symmetric_eigen;
