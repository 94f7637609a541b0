//! The machine at hand while the tensor wing runs: hooks and functions of the script are called through it.
//!
//! The tensor wing knows no language, so its callbacks get no machine. Whoever starts something that may call back
//! (a backward pass) lends the machine here for as long as it runs.

use std::cell::Cell;
use std::ptr::NonNull;

use super::error::carried;
use crate::lang::object::{Args, Caller, Result, Value, runtime_error};
use crate::tensor::array;
use crate::tensor::core::watch;

thread_local! {
    static LENT: Cell<Option<NonNull<dyn Caller>>> = const { Cell::new(None) };
}

/// Gives back what was lent before, also when a panic passes.
struct Restore(Option<NonNull<dyn Caller>>);

impl Drop for Restore {
    fn drop(&mut self) {
        LENT.set(self.0);
    }
}

/// Runs `f` while callbacks can reach the machine.
pub(super) fn lend<R>(caller: &mut dyn Caller, f: impl FnOnce() -> R) -> R {
    let pointer: NonNull<dyn Caller + '_> = NonNull::from(caller);
    // SAFETY: only the lifetime changes. The pointer is taken back before `caller`'s borrow ends, by `Restore`.
    let pointer: NonNull<dyn Caller> = unsafe { std::mem::transmute(pointer) };
    let _restore = Restore(LENT.replace(Some(pointer)));
    f()
}

/// Runs an operation; callbacks can reach the machine where something is watched.
#[inline]
pub(super) fn watched<R>(caller: &mut dyn Caller, f: impl FnOnce() -> R) -> R {
    if watch::is_active() {
        lend(caller, f)
    } else {
        f()
    }
}

/// Runs `f` with the machine that was lent.
pub(super) fn with_caller<R>(f: impl FnOnce(&mut dyn Caller) -> Result<R>) -> Result<R> {
    // Taken out meanwhile, so that there is never a second mutable borrow.
    let Some(mut pointer) = LENT.take() else {
        return Err(runtime_error("a callback outside of a running script"));
    };
    let _restore = Restore(Some(pointer));
    // SAFETY: `lend` holds the mutable borrow behind the pointer and does not use it; taking the pointer out of its
    // place makes this the only use.
    f(unsafe { pointer.as_mut() })
}

/// Calls a function of the script from inside the tensor wing.
pub(super) fn call(function: &Value, args: &[Value]) -> array::Result<Value> {
    with_caller(|caller| caller.call(function, Args::positional(args))).map_err(carried)
}
