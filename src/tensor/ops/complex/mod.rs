//! Complex numbers: their parts, and functions of them composed of functions of the parts, so that derivatives follow.
//!
//! PyTorch's gradient of a real number by a complex one is `d/dre + i d/dim`: exactly what comes back through [`join`],
//! [`real`] and [`imag`].

pub mod arithmetic;
pub mod call;
pub mod functions;
pub mod parts;

pub use arithmetic::*;
pub use parts::*;

use crate::tensor::ops::spec::Op;

/// The family's ops.
pub(super) static OPS: &[&Op] = &[
    &functions::ANGLE,
    &parts::COMPLEX,
    &parts::CONJ,
    &parts::CONJ_PHYSICAL,
    &parts::IMAG,
    &parts::IMAG_PROPERTY,
    &functions::POLAR,
    &parts::REAL,
    &parts::REAL_PROPERTY,
    &parts::RESOLVE_CONJ,
    &functions::SGN,
    &parts::VIEW_AS_COMPLEX,
    &parts::VIEW_AS_REAL,
];
