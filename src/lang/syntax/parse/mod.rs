//! Marked text to nodes by the grammar, nodes to the syntax tree by the builder.

mod asynchronous;
mod builder;
mod expr;
mod fstring;
mod literal;
mod params;
mod pattern;
mod stmt;
mod strings;
mod target;

pub(super) use builder::{Builder, Node, collect};
pub(super) use stmt::MISSING_HANDLER;
pub(super) use strings::bad_number;

/// The grammar's rules, as pest reads them.
#[allow(missing_docs)] // pest writes the rules.
pub(super) mod grammar {
    /// The parser that pest writes from the grammar.
    #[allow(unreachable_pub)] // As pest writes them.
    #[derive(pest_derive::Parser)]
    #[grammar = "grammar/nn.pest"]
    pub struct Grammar;
}

pub(super) use grammar::{Grammar, Rule};
