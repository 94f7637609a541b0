//! The heap of script objects: thin reference-counted pointers, with a cycle collector behind them.
//!
//! Reference counting frees a tensor at once, as CPython does; the collector ([`collect`]) finds the cycles that
//! counting cannot. Every object that can hold another one is registered with the collector from its birth.
//! All of it belongs to one thread. This module and its children are the language's one kernel of `unsafe` code
//! besides the register file of the virtual machine.

mod collector;
mod ending;
mod header;
mod pointer;
mod weak;

pub use collector::{
    Generation, collect, collect_if_due, is_due, is_enabled, set_enabled, tracked,
};
pub use ending::{ends_due, take_ends};
pub use header::{HeapType, Kind, Visit};
pub use pointer::{AnyRef, Ref};
pub use weak::{Weak, downgrade};
