//! Marked text to nodes by the grammar, nodes to the syntax tree by the builder.

mod assign;
mod asynchronous;
mod builder;
mod compound;
mod definition;
mod display;
mod escape;
mod expr;
mod fstring;
mod import;
mod literal;
mod number;
mod operation;
mod params;
mod pattern;
mod stmt;
mod strings;
mod target;
mod trailer;
mod try_;

pub(super) use builder::{Builder, Node, collect};
pub(super) use number::bad_number;
pub(super) use stmt::MISSING_HANDLER;

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
