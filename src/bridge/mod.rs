//! The `torch` package: the one room that sees both wings.
//!
//! Ops, layers and optimizers of the tensor wing become functions, methods and classes by their specs alone; what needs
//! the language's own objects (the base class of modules, parameter groups, hooks) is here. Parts that scripts seldom
//! wait for are written in the language itself, in `library`.

mod autograd;
mod call;
mod callback;
mod convert;
mod define;
mod error;
mod handle;
mod hints;
mod library;
mod names;
mod nn;
mod numpy;
mod optim;
mod overloads;
mod overrides;
mod package;
mod tensor;
mod values;
mod warning;

use crate::lang::object::{ModuleSpec, Session};
use crate::tensor::array::threads;
use crate::tensor::core::{generator, level};

static ROOTS: &[&ModuleSpec] = &[
    &package::TORCH,
    &package::NATIVE,
    &numpy::NATIVE,
    &package::FFT,
    &package::LINALG,
    &package::SPECIAL,
    &package::SIGNAL,
    &autograd::AUTOGRAD,
    &autograd::FUNCTION,
    &autograd::FUNCTIONAL,
    &autograd::GRAD_MODE,
    &autograd::GRADCHECK,
];

/// Makes the package known to a session.
pub fn install(session: &Session) {
    warning::install();
    autograd::install();
    let all = [
        ROOTS,
        nn::MODULES,
        optim::MODULES,
        package::DEVICES,
        package::UTILS,
        library::SOURCES,
    ];
    let mut natives = session.natives.borrow_mut();
    natives.extend(all.into_iter().flatten());
    natives.sort_by_key(|spec| spec.name);
}

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
