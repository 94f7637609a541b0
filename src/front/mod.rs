//! Text in, text out: the command line and the prompt.

mod allocator;
mod arguments;
mod cli;
mod colours;
mod repl;
mod show;

pub use allocator::Pools;
pub use cli::main;
