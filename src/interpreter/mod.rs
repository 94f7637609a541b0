//! Puts the language and the bridge together: run a cell or a file, complete, help, interrupt, display.

mod engine;
mod outcome;
mod source;

pub use engine::Interpreter;
pub use outcome::{Candidate, CellOutcome, Completeness, Ending, Options};
