//! The place of an instance's class: one pointer, read all the time and hardly ever exchanged.

use std::cell::{RefCell, UnsafeCell};
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ops::Deref;

use crate::lang::object::{Class, Ref};

thread_local! {
    /// Classes that were taken out of a slot: they stay, since somebody may be looking at them.
    static RETIRED: RefCell<Vec<Ref<Class>>> = const { RefCell::new(Vec::new()) };
}

/// A class that can be exchanged.
pub(super) struct ClassSlot(UnsafeCell<Ref<Class>>);

/// The class in a slot, without being counted.
pub struct ClassGuard<'a>(ManuallyDrop<Ref<Class>>, PhantomData<&'a ClassSlot>);

impl ClassSlot {
    pub(super) fn new(class: Ref<Class>) -> ClassSlot {
        ClassSlot(UnsafeCell::new(class))
    }

    #[inline(always)]
    pub(super) fn get(&self) -> ClassGuard<'_> {
        // SAFETY: no reference into the cell is ever handed out, so none is written to. The copy of the pointer is not
        // dropped, and the class outlives it: in the slot, or among the retired ones.
        let class = unsafe { std::ptr::read(self.0.get()) };
        ClassGuard(ManuallyDrop::new(class), PhantomData)
    }

    pub(super) fn set(&self, class: Ref<Class>) {
        // SAFETY: as above, nobody holds a reference into the cell.
        let old = unsafe { std::ptr::replace(self.0.get(), class) };
        RETIRED.with_borrow_mut(|all| {
            if !all.iter().any(|other| other.same(&old)) {
                all.push(old);
            }
        });
    }
}

impl Deref for ClassGuard<'_> {
    type Target = Ref<Class>;

    #[inline(always)]
    fn deref(&self) -> &Ref<Class> {
        &self.0
    }
}
