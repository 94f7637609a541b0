//! Puts the language and the bridge together: run a cell or a file, complete, help, interrupt, display.

mod complete;
mod engine;
mod help;
mod outcome;
mod report;
mod source;

pub use crate::lang::syntax::Completeness;
pub use engine::Interpreter;
pub use outcome::{Candidate, CellOutcome, Ending, Options};
