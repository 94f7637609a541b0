//! What every room shares: files and positions, labelled messages, and the specification of anything callable.

#[cfg(feature = "lang")]
pub mod character_names;
pub mod diagnostic;
pub mod nearest;
pub mod render;
pub mod source;
pub mod span;
pub mod spec;
