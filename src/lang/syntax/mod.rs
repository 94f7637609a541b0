//! Source text to syntax tree: a scanner for the layout, pest for the grammar, a builder for the tree.

pub mod ast;
mod completeness;
mod diagnose;
mod error;
mod layout;
mod notice;
mod parse;
mod run;
#[cfg(test)]
mod tests;

pub use completeness::{Completeness, completeness};
pub use error::{ErrorKind, SyntaxError};
pub use notice::{Notice, take_notices};
pub use run::{parse_expression, parse_module};
