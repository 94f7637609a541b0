//! Numbers in memory, without gradients: dtypes, layouts, shared storage and the kernels that compute on them.
//!
//! An [`Array`] is a dtype, a [`Layout`] (shape, strides, offset) and a [`Storage`] that other arrays may share.
//! A view is a new layout over the same storage. Kernels run on contiguous slices where they can; everything else goes
//! through [`ndarray`] views made from the layout. No result depends on the number of threads.

#[macro_use]
mod dispatch;
pub mod complex;
pub mod dtype;
pub mod element;
pub mod error;
mod handle;
pub mod kernels;
pub mod layout;
pub mod promote;
pub mod scalar;
pub mod small;
pub mod storage;
pub mod threads;

pub use complex::Complex;
pub use dtype::DType;
pub use element::{Element, Integer, Number, Real};
pub use error::{Error, ErrorKind, Result};
pub use handle::Array;
pub use layout::{Dims, Layout};
pub use scalar::Scalar;
pub use small::{BF16, F16};
pub use storage::Storage;
