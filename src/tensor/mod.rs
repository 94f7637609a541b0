//! The tensor wing: a library of autograd tensors that knows no language.

#[macro_use]
pub mod array;
pub mod autograd;
pub mod core;
pub mod layers;
pub mod ops;
pub mod optim;

pub use array::{DType, Error, ErrorKind, Result, Scalar};
pub use core::Tensor;
