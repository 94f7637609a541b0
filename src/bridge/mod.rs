//! The `torch` package: the one room that sees both wings.

use crate::lang::object::Session;
use crate::tensor::array::threads;
use crate::tensor::core::{generator, level};

/// Makes the package known to a session.
pub fn install(_: &Session) {}

/// `torch.manual_seed(seed)`
pub fn seed(seed: u64) {
    generator::manual_seed(seed);
}

/// `torch.set_num_threads(count)`
pub fn set_threads(count: usize) {
    threads::set_num_threads(count);
}

/// Chooses whose words are spoken: 1 for the PyTorch of old tutorials, 2 for today's.
pub fn set_level(number: u8) {
    level::set_level(number);
}
