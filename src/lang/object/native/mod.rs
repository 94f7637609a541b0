//! Functions and classes written in Rust: how they are described, registered and called.

mod bind;
mod define;
mod function;
mod receive;
mod shared;

pub use bind::call_native;
pub use define::{ClassSpec, GetSetSpec, ModuleSpec, SetFn, define_class, define_module};
pub use function::{Body, Native, NativeSpec, RawCall};
pub use receive::{bind_arguments, clamped_arg, dict_of_names, no_keywords, receiver, size_arg};
pub use shared::{EQUALITY, GENERIC, HASH, ITERATOR, ORDER};
