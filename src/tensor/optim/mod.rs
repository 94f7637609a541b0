//! Optimizers: one step for a group of parameters, in loops over the raw values.
//!
//! Groups, states and the classes belong to whoever uses them; an [`Optimizer`] gets the parameters that have a
//! gradient, their states and the group's options. A step is a `Rule` for one element where it can be, in the order of
//! operations of PyTorch's plain form, so that the numbers are the same.

pub mod adafactor;
pub mod adam;
pub mod adaptive;
pub mod asgd;
mod kernel;
pub mod rectified;
pub mod rmsprop;
pub mod rprop;
pub mod sgd;
pub mod spec;

pub use spec::{Optimizer, Options, ParamState, StateValue, all, find};

/// All optimizers, sorted by name.
pub static OPTIMIZERS: &[&Optimizer] = &[
    &asgd::ASGD,
    &adaptive::ADADELTA,
    &adafactor::ADAFACTOR,
    &adaptive::ADAGRAD,
    &adam::ADAM,
    &adam::ADAMW,
    &adaptive::ADAMAX,
    &rectified::NADAM,
    &rectified::RADAM,
    &rmsprop::RMSPROP,
    &rprop::RPROP,
    &sgd::SGD,
];
