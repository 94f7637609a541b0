//! `torch.Tensor`: the tensor as a type of the language.
//!
//! - [`object`]: the object on the heap, its classes, attributes that scripts set.
//! - [`class`]: how tensors are constructed.
//! - [`operators`]: arithmetic and comparison.
//! - [`index`]: reading and writing by subscript.
//! - [`attributes`]: `shape`, `grad` and the like.
//! - [`direct`]: the methods called most, without the translation of arguments.
//! - [`methods`]: methods that are more than an op.
//! - [`protocols`]: truth, length, iteration, text.

mod attributes;
mod class;
mod derived;
mod direct;
mod extra;
pub(super) mod index;
mod legacy;
mod methods;
mod object;
mod operators;
mod protocols;

pub(super) use class::{buffer_class, parameter_class, tensor_class};
pub(super) use derived::{keep_class, rewrapped};
pub(super) use direct::{Direct, direct};
pub(super) use extra::{extra_dict, set_extra};
pub(super) use legacy::{legacy_class, legacy_type};
pub(super) use object::{TensorObject, tensor_of, tensor_value};
