//! What NumPy needs that the language's own library is too slow for, and the places where torch takes its arrays.
//!
//! The package itself is written in the language: `numpy*.nn` in `library`, over tensors.
//!
//! - [`bits`], [`ziggurat`], [`layers`]: streams of random numbers.
//! - [`sum`]: sums in NumPy's order.
//! - [`native`]: the module `numpy._native`.
//! - [`data`]: arrays and NumPy's numbers as data for tensors.

mod bits;
mod data;
mod layers;
mod native;
mod sum;
mod ziggurat;

pub(super) use data::{as_data, as_data_arguments, is_data, to_numpy};
pub(super) use native::NATIVE;
