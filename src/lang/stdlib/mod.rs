//! The standard library: one file or folder a module. A module is made when a program imports it: native ones from
//! their specification, the others from their source in the language itself.

mod arguments;
mod binary;
mod bisect;
mod collections;
mod copy;
mod csv;
mod define;
mod failure;
mod functools;
mod gc;
mod heapq;
mod io;
mod itertools;
mod json;
mod load;
mod math;
mod operator;
mod os;
mod pickle;
pub mod random;
mod re;
mod record;
mod sources;
mod store;
mod structure;
pub mod sys;
mod time;
mod tracing;
mod tree;
mod types;
mod unicode;
mod weakref;

pub use load::{load, names};
pub use sources::SOURCES;

use super::object::{ModuleSpec, Packed};

/// The native modules, sorted by name.
pub static MODULES: &[&ModuleSpec] = &[
    &collections::COLLECTIONS,
    &functools::FUNCTOOLS,
    &binary::HASHLIB,
    &heapq::HEAPQ,
    &tree::AST,
    &pickle::PICKLE,
    &tracing::TRACEBACK,
    &types::TYPES,
    &weakref::WEAKREF,
    &store::ARRAY,
    &binary::BINASCII,
    &bisect::BISECT,
    &copy::COPY,
    &gc::GC,
    &itertools::ITERTOOLS,
    &time::dates::CALENDAR,
    &csv::CSV,
    &io::IO,
    &json::JSON,
    &math::MATH,
    &operator::OPERATOR,
    &os::OS,
    &os::path::PATH,
    &random::RANDOM,
    &re::RE,
    &structure::STRUCT,
    &sys::SYS,
    &time::TIME,
    &unicode::UNICODEDATA,
    &binary::ZLIB,
];

/// A module written in the language itself.
pub struct SourceModule {
    /// Its dotted name.
    pub name: &'static str,
    /// Whether modules can be imported from inside it.
    pub package: bool,
    /// Its text.
    pub source: Packed,
}
