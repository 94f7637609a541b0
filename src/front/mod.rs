//! Text in, text out: the command line and the prompt.

mod cli;
mod colours;
mod repl;
mod show;

pub use cli::main;
