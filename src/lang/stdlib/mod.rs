//! The standard library: one file or folder a module. A module is made when a program imports it.

mod arguments;
mod define;
mod math;
pub mod random;

use super::object::ModuleSpec;

/// The native modules, sorted by name.
pub static MODULES: &[&ModuleSpec] = &[&math::MATH, &random::RANDOM];
