//! Functions and classes written in Rust: how they are described, registered and called.

mod bind;
mod define;
mod function;
mod once;
mod receive;
mod shared;

pub use bind::call_native;
pub use define::{
    ClassSpec, GetSetSpec, ModuleSpec, SetFn, add_method, define_class, define_module,
};
pub use function::{Body, Native, NativeSpec, RawCall};
pub(crate) use once::class_of;
pub use once::{Family, class_once};
pub use receive::{
    bind_arguments, bounds, clamped_arg, dict_of_names, no_keywords, pass_on, receiver, size_arg,
};
pub use shared::{EQUALITY, GENERIC, HASH, ITERATOR, ORDER};
