//! `torch.nn`: the base class of all modules, the layers, containers, and the functions around them.
//!
//! - [`state`]: what every module holds: parameters, buffers, modules, hooks.
//! - [`module`]: the class `nn.Module`.
//! - [`attributes`]: registration by attribute.
//! - [`call`]: the call of a module with its hooks.
//! - [`backward_hook`]: hooks on the gradients of a module.
//! - [`walk`]: the module tree and the names in it.
//! - [`dict`]: state dicts.
//! - [`convert`]: `to`, `float`, `train` and the like.
//! - [`text`]: what `repr` shows.
//! - [`copy`]: deep copies.
//! - [`layer`]: classes for the layers of the tensor wing.
//! - [`sequential`]: the class `nn.Sequential`.
//! - [`package`]: the modules `torch.nn`, `torch.nn.functional` and so on.

mod attributes;
mod backward_hook;
mod call;
mod common_hooks;
mod convert;
mod copy;
mod dict;
mod layer;
mod module;
mod package;
mod pickle;
mod sequential;
mod state;
mod text;
mod walk;

pub(super) use convert::zero_gradient;
pub(super) use layer::{layer_names, method_signature};
pub(super) use package::MODULES;
