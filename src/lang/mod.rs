//! The language: a Python 3.11 in small. It knows no tensor.

pub mod builtins;
pub mod compile;
pub mod object;
pub mod stdlib;
pub mod syntax;
pub mod vm;
