//! Optimizers: one step for a group of parameters, in loops over the raw values.
//!
//! Groups, states and the classes belong to whoever uses them; an [`Optimizer`] gets the parameters that have a
//! gradient, their states and the group's options.

mod kernel;
pub mod sgd;
pub mod spec;

pub use spec::{Optimizer, Options, ParamState, StateValue, all, find};

/// All optimizers, sorted by name.
pub static OPTIMIZERS: &[&Optimizer] = &[&sgd::SGD];
