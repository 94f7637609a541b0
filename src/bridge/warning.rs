//! Warnings: PyTorch's go through Python's `warnings` if the script has imported it, else to standard error directly.

use std::cell::{Cell, RefCell};

use super::hints::hint;
use crate::lang::object::{Caller, Result, protocol};
use crate::tensor::core::warning::{self, Category};

thread_local! {
    static PENDING: Cell<bool> = const { Cell::new(false) };
    static WAITING: RefCell<Vec<(Category, String)>> = const { RefCell::new(Vec::new()) };
}

/// Takes the tensor wing's warnings in: they wait until the op that gave them has returned.
pub(super) fn install() {
    warning::set_handler(|category, message| {
        WAITING.with_borrow_mut(|all| all.push((category, message.to_string())));
        PENDING.set(true);
    });
}

/// Shows the warnings that wait.
#[inline]
pub(super) fn show_pending(caller: &mut dyn Caller) -> Result<()> {
    if PENDING.get() {
        show_all(caller)?;
    }
    Ok(())
}

#[cold]
fn show_all(caller: &mut dyn Caller) -> Result<()> {
    PENDING.set(false);
    for (category, message) in WAITING.take() {
        warn(caller, category, &message)?;
    }
    Ok(())
}

/// A `UserWarning` at the place that is running.
pub(super) fn warn_user(caller: &mut dyn Caller, message: &str) -> Result<()> {
    warn(caller, Category::User, message)
}

/// A warning at the place that is running; the same one is shown once a place.
pub(super) fn warn(caller: &mut dyn Caller, category: Category, message: &str) -> Result<()> {
    protocol::warn_with_help(caller, category.name(), message, hint(message))
}
