//! The prompt: cells as in a notebook, edited as a whole.

mod editor;
mod highlight;
mod keys;
mod magic;
mod pasted;
mod session;

pub(super) use session::run;
