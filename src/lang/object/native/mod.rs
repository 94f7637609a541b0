//! Functions and classes written in Rust: how they are described, registered and called.

mod bind;
mod define;
mod native;

pub use bind::call_native;
pub use define::{ClassSpec, GetSetSpec, ModuleSpec, define_class, define_module};
pub use native::{Body, Native, NativeSpec, RawCall};
