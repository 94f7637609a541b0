//! Weak references: a side table from the object's address to a shared mark, so that objects pay nothing for them.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::ptr::NonNull;
use std::rc::Rc;

use super::ending;
use super::header::Header;
use super::pointer::AnyRef;

thread_local! {
    static WATCHED: RefCell<HashMap<usize, Rc<Mark>>> = RefCell::new(HashMap::new());
}

/// What all weak references to an object share.
struct Mark {
    alive: Cell<bool>,
    /// Objects whose end is run when the object is gone; each stands here only while it is alive.
    watchers: RefCell<Vec<NonNull<Header>>>,
}

/// A reference that does not keep its object alive.
#[derive(Clone)]
pub struct Weak {
    pointer: NonNull<Header>,
    mark: Rc<Mark>,
}

impl Weak {
    /// The object, if it is still alive.
    pub fn upgrade(&self) -> Option<AnyRef> {
        // SAFETY: the mark is cleared before the object is freed.
        self.mark
            .alive
            .get()
            .then(|| unsafe { AnyRef::from_registered(self.pointer) })
    }

    /// Has the end of `watcher` run when the object is gone. The watcher must take itself off (`unwatch`) when it is
    /// dropped before that.
    pub fn watch(&self, watcher: &AnyRef) {
        self.mark.watchers.borrow_mut().push(watcher.pointer());
    }

    /// Takes off a watcher by its address.
    pub fn unwatch(&self, address: usize) {
        let mut watchers = self.mark.watchers.borrow_mut();
        watchers.retain(|watcher| watcher.as_ptr() as usize != address);
    }

    /// How many watchers there are.
    pub fn watchers(&self) -> usize {
        self.mark.watchers.borrow().len()
    }

    /// The address the object has or had.
    pub fn address(&self) -> usize {
        self.pointer.as_ptr() as usize
    }
}

/// A weak reference to an object.
pub fn downgrade(object: &AnyRef) -> Weak {
    object.header().watched.set(true);
    let mark = WATCHED.with_borrow_mut(|watched| {
        watched
            .entry(object.address())
            .or_insert_with(|| {
                Rc::new(Mark {
                    alive: Cell::new(true),
                    watchers: RefCell::default(),
                })
            })
            .clone()
    });
    Weak {
        pointer: object.pointer(),
        mark,
    }
}

/// Tells all weak references to an object that it is gone.
pub(super) fn forget(pointer: NonNull<Header>) {
    let mark =
        WATCHED.try_with(|watched| watched.borrow_mut().remove(&(pointer.as_ptr() as usize)));
    if let Ok(Some(mark)) = mark {
        mark.alive.set(false);
        for watcher in mark.watchers.take() {
            // SAFETY: a watcher takes itself off the list before it is freed.
            ending::put_off(unsafe { AnyRef::from_registered(watcher) });
        }
    }
}
