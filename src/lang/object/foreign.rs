//! Values that other rooms put on the heap, such as tensors.

use std::any::TypeId;
use std::cell::RefCell;

use super::heap::{AnyRef, HeapType, Kind};

/// Tells whether two objects of a foreign type stand for the same thing (`is`).
pub type Same = fn(&AnyRef, &AnyRef) -> bool;
/// The number that stands for the thing (`id`).
pub type Identity = fn(&AnyRef) -> usize;

struct Handles {
    is: fn(&AnyRef) -> bool,
    same: Same,
    identity: Identity,
    type_id: TypeId,
}

thread_local! {
    static HANDLES: RefCell<Vec<Handles>> = const { RefCell::new(Vec::new()) };
}

/// Declares that objects of a foreign type are handles: two of them may stand for one thing.
pub fn declare_handles<T: HeapType>(same: Same, identity: Identity) {
    HANDLES.with_borrow_mut(|all| {
        if all.iter().all(|known| known.type_id != TypeId::of::<T>()) {
            all.push(Handles {
                is: AnyRef::is::<T>,
                same,
                identity,
                type_id: TypeId::of::<T>(),
            });
        }
    });
}

/// Whether two different objects are handles of one thing.
pub fn same(a: &AnyRef, b: &AnyRef) -> bool {
    a.kind() == Kind::Foreign
        && b.kind() == Kind::Foreign
        && HANDLES.with_borrow(|all| all.iter().any(|h| (h.is)(a) && (h.is)(b) && (h.same)(a, b)))
}

/// `id(object)`
pub fn identity(object: &AnyRef) -> usize {
    if object.kind() == Kind::Foreign {
        let found =
            HANDLES.with_borrow(|all| all.iter().find(|h| (h.is)(object)).map(|h| h.identity));
        if let Some(identity) = found {
            return identity(object);
        }
    }
    object.address()
}
