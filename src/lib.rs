//! Torchlet: PyTorch scripts in one small binary.
//!
//! The map of the house, one line a room. A room imports only rooms above it; the two wings, [`lang`] and
//! [`tensor`], do not know each other, and only [`bridge`] sees both.

pub mod base;
#[cfg(feature = "lang")]
pub mod bridge;
#[cfg(feature = "lang")]
pub mod front;
#[cfg(feature = "lang")]
pub mod interpreter;
#[cfg(feature = "lang")]
pub mod lang;
pub mod tensor;
