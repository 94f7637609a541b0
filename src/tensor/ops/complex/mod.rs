//! Complex numbers: their parts, and the kernels that functions of them share.
//!
//! PyTorch's gradient of a real number by a complex one is `d/dre + i d/dim`: what comes back through [`join`], [`real`] and
//! [`imag`]. Through a function `f` that has a complex derivative it is `g * conj(f'(z))`; as `conj(f'(z))` is `f'(conj(z))`
//! for all functions here, the rules of real numbers serve both when they are given the conjugates of what they kept.

pub mod arithmetic;
pub mod call;
pub mod functions;
pub mod math;
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
