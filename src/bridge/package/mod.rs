//! The modules of `torch` outside of `nn`, `optim` and `autograd`.

mod devices;
mod functions;
mod native;
mod root;
mod utils;
mod written;

pub(super) use devices::MODULES as DEVICES;
pub(super) use native::NATIVE;
pub(super) use root::{FFT, LINALG, SPECIAL, TORCH};
pub(super) use utils::MODULES as UTILS;
pub(super) use written::{SIGNAL, functional as written_functional, methods as written_methods};
