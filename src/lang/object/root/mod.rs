//! `object` and `type`, the roots of the classes; how classes are made; `list[int]` and `int | None`.

pub mod alias;
mod create;
mod dict;
mod directory;
pub mod methods;
mod object;
mod proxy;
mod type_;

pub use create::{best_metaclass, create_class};
pub use dict::attribute_dict;
pub use directory::directory;
pub use object::{default_repr, name_arg};
pub use proxy::MappingProxy;
pub use type_::{full_name, qualname};
