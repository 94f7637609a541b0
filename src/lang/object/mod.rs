//! Values and their protocols: the heap, one folder a built-in type, functions and code as data, exceptions, and the
//! interface by which Rust code registers functions, classes and modules.

pub mod bytes;
pub mod caller;
pub mod class;
pub mod code;
pub mod descriptor;
pub mod dict;
pub mod exception;
pub mod foreign;
pub mod generator;
pub mod heap;
pub mod instance;
pub mod iter;
pub mod list;
pub mod module;
pub mod native;
pub mod number;
pub mod output;
pub mod packed;
pub mod protocol;
pub mod range;
pub mod root;
pub mod set;
pub mod slice;
pub mod str;
pub mod tuple;
pub mod types;
pub mod value;

pub use bytes::{ByteArray, Bytes};
pub use caller::{Args, Caller, Session};
pub use class::{Class, Special};
pub use code::{Cell, Code, Function, Method};
pub use descriptor::{ClassMethod, GetSet, Property, StaticMethod, Super, slot_member, slot_names};
pub use dict::{Dict, DictView};
pub use exception::{
    Exc, Exception, Raised, Result, attribute_error, index_error, key_error, memory_error,
    name_error, not_implemented_error, os_error, overflow_error, recursion_error, runtime_error,
    stop_iteration, type_error, value_error, zero_division_error,
};
pub use generator::Generator;
pub use heap::{AnyRef, HeapType, Kind, Ref, Visit};
pub use instance::Instance;
pub use iter::{Iter, NativeIter};
pub use list::List;
pub use module::Module;
pub use native::{ClassSpec, GetSetSpec, ModuleSpec, Native, NativeSpec, call_native};
pub use number::{BigInt, Complex};
pub use packed::Packed;
pub(crate) use packed::packed;
pub use range::Range;
pub use set::{FrozenSet, Set};
pub use slice::Slice;
pub use str::{Name, Str, intern};
pub use tuple::Tuple;
pub use types::{Types, types};
pub use value::Value;
