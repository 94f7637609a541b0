//! The virtual machine: it runs bytecode in frames on the heap, one loop for all of them.
//!
//! `machine` holds the state, `dispatch` the loop; the instructions that do more than a few lines of work live in a
//! file per family. Calls of script functions push a frame and return to the loop; only native code that calls
//! back into the script enters the loop again.

mod attribute;
mod build;
mod cache;
mod call;
mod caller;
mod direct;
mod dispatch;
mod ending;
mod frame;
mod generator;
mod global;
mod import;
mod item;
mod iterate;
mod leave;
mod machine;
mod operator;
mod parameters;
mod pattern;
mod quick;
mod rare;
mod registers;
mod stack;
mod unwind;
mod variable;

pub use machine::Vm;
