//! Weak references: a side table from the object's address to a shared mark, so that objects pay nothing for them.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::ptr::NonNull;
use std::rc::Rc;

use super::header::Header;
use super::pointer::AnyRef;

thread_local! {
    static WATCHED: RefCell<HashMap<usize, Rc<Cell<bool>>>> = RefCell::new(HashMap::new());
}

/// A reference that does not keep its object alive.
#[derive(Clone)]
pub struct Weak {
    pointer: NonNull<Header>,
    alive: Rc<Cell<bool>>,
}

impl Weak {
    /// The object, if it is still alive.
    pub fn upgrade(&self) -> Option<AnyRef> {
        // SAFETY: the mark is cleared before the object is freed.
        self.alive
            .get()
            .then(|| unsafe { AnyRef::from_registered(self.pointer) })
    }

    /// The address the object has or had.
    pub fn address(&self) -> usize {
        self.pointer.as_ptr() as usize
    }
}

/// A weak reference to an object.
pub fn downgrade(object: &AnyRef) -> Weak {
    object.header().watched.set(true);
    let alive = WATCHED.with_borrow_mut(|watched| {
        watched
            .entry(object.address())
            .or_insert_with(|| Rc::new(Cell::new(true)))
            .clone()
    });
    Weak {
        pointer: object.pointer(),
        alive,
    }
}

/// Tells all weak references to an object that it is gone.
pub(super) fn forget(pointer: NonNull<Header>) {
    let mark =
        WATCHED.try_with(|watched| watched.borrow_mut().remove(&(pointer.as_ptr() as usize)));
    if let Ok(Some(mark)) = mark {
        mark.set(false);
    }
}
