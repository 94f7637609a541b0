//! Puts the language and the bridge together: run a cell or a file, complete, help, interrupt, display.

mod compile;
mod complete;
mod ending;
mod engine;
mod help;
mod import;
mod outcome;
mod source;
mod tree;

pub use crate::lang::syntax::Completeness;
pub use engine::Interpreter;
pub use outcome::{Candidate, CellOutcome, Ending, Options};
