//! Random tensors, with PyTorch's streams: the same seed gives the same numbers.

pub mod discrete;
pub mod fill;
pub mod gamma;

pub use discrete::*;
pub use fill::*;

use crate::tensor::ops::spec::Op;

/// The family's ops.
pub(super) static OPS: &[&Op] = &[
    &discrete::BERNOULLI,
    &discrete::BERNOULLI_IN_PLACE,
    &fill::CAUCHY,
    &fill::EXPONENTIAL,
    &discrete::GEOMETRIC,
    &fill::LOG_NORMAL,
    &discrete::MULTINOMIAL,
    &fill::NORMAL,
    &fill::NORMAL_IN_PLACE,
    &fill::RAND,
    &discrete::RANDINT,
    &discrete::RANDINT_LIKE,
    &fill::RANDN,
    &fill::RANDN_LIKE,
    &discrete::RANDOM,
    &discrete::RANDPERM,
    &fill::RAND_LIKE,
    &fill::UNIFORM,
];
