//! Objects that want the script to run before they are freed (`__del__`, `finally` of a generator): they wait here until
//! the virtual machine can do so.

use std::cell::{Cell, RefCell};
use std::ptr::NonNull;

use super::header::Header;
use super::pointer::AnyRef;

thread_local! {
    static WAITING: RefCell<Vec<AnyRef>> = const { RefCell::new(Vec::new()) };
    static DUE: Cell<bool> = const { Cell::new(false) };
}

/// Whether an object that nobody refers to any more wants the script to run, and was not put off before.
#[inline]
pub(super) fn wanted(header: &Header, pointer: NonNull<Header>) -> bool {
    match header.vtable.wants_end {
        // SAFETY: the table belongs to this object, which is still whole.
        Some(wants) if !header.ended.get() => unsafe { wants(pointer) },
        _ => false,
    }
}

/// Keeps an object for its end to be run.
#[cold]
pub(super) fn put_off(object: AnyRef) {
    object.header().ended.set(true);
    let kept = WAITING.try_with(|waiting| waiting.borrow_mut().push(object));
    if kept.is_ok() {
        DUE.set(true);
    }
}

/// Whether objects wait for their end.
#[inline(always)]
pub fn ends_due() -> bool {
    DUE.get()
}

/// The objects that wait for their end.
pub fn take_ends() -> Vec<AnyRef> {
    DUE.set(false);
    WAITING.take()
}
