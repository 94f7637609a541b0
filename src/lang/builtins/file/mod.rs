//! Files: `open`, and the objects it gives.

mod buffer;
mod methods;
mod mode;
mod open;
mod transfer;
mod unsupported;

pub use buffer::flush_all;
pub(super) use open::FUNCTIONS;
pub use unsupported::{unsupported_class, unsupported_operation};
