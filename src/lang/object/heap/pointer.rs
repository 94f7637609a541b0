//! Reference-counted pointers to heap objects, one word wide.

use std::any::TypeId;
use std::cell::Cell;
use std::marker::PhantomData;
use std::ops::Deref;
use std::ptr::NonNull;

use super::collector;
use super::ending;
use super::header::{Header, HeapBox, HeapType, Kind, TableOf, Visit};
use super::weak;
use crate::lang::object::Class;

/// A counted pointer to a heap object of any type.
pub struct AnyRef(NonNull<Header>);

/// A counted pointer to a heap object of type `T`.
pub struct Ref<T> {
    any: AnyRef,
    of: PhantomData<T>,
}

impl<T: HeapType> Ref<T> {
    /// Puts a value on the heap.
    pub fn new(value: T) -> Ref<T> {
        let table = TableOf::<T>::VTABLE;
        let header = Header {
            count: Cell::new(1),
            unexplained: Cell::new(0),
            place: Cell::new(0),
            kind: T::KIND,
            watched: Cell::new(false),
            ended: Cell::new(false),
            candidate: Cell::new(false),
            vtable: table,
        };
        let pointer =
            NonNull::from(Box::leak(Box::new(HeapBox { header, value }))).cast::<Header>();
        if T::TRACED {
            collector::register(pointer);
        }
        Ref {
            any: AnyRef(pointer),
            of: PhantomData,
        }
    }

    /// The value itself, if this is the only reference to it.
    pub fn get_mut(&mut self) -> Option<&mut T> {
        // SAFETY: the one reference is borrowed mutably, so nobody else can reach the value meanwhile.
        (self.any.count() == 1 && !self.any.header().watched.get())
            .then(|| unsafe { &mut self.any.0.cast::<HeapBox<T>>().as_mut().value })
    }
}

impl<T> Ref<T> {
    /// The same pointer without its type.
    pub fn as_any(&self) -> &AnyRef {
        &self.any
    }

    /// The same pointer without its type.
    pub fn into_any(self) -> AnyRef {
        self.any
    }

    /// Whether both point to one object.
    pub fn same(&self, other: &Ref<T>) -> bool {
        self.any.0 == other.any.0
    }

    /// The object's address, unique among living objects.
    pub fn address(&self) -> usize {
        self.any.address()
    }
}

impl<T> Deref for Ref<T> {
    type Target = T;

    #[inline(always)]
    fn deref(&self) -> &T {
        // SAFETY: a `Ref<T>` is made only from a `HeapBox<T>`, which lives while a reference does.
        unsafe { &self.any.0.cast::<HeapBox<T>>().as_ref().value }
    }
}

impl<T> Clone for Ref<T> {
    #[inline(always)]
    fn clone(&self) -> Ref<T> {
        Ref {
            any: self.any.clone(),
            of: PhantomData,
        }
    }
}

impl AnyRef {
    #[inline(always)]
    pub(super) fn header(&self) -> &Header {
        // SAFETY: a counted pointer keeps its object alive.
        unsafe { self.0.as_ref() }
    }

    /// The object's kind.
    #[inline(always)]
    pub fn kind(&self) -> Kind {
        self.header().kind
    }

    /// How many references there are.
    pub fn count(&self) -> u32 {
        self.header().count.get()
    }

    /// The object's address, unique among living objects.
    #[inline(always)]
    pub fn address(&self) -> usize {
        self.0.as_ptr() as usize
    }

    /// Whether the object is of type `T`.
    #[inline(always)]
    pub fn is<T: HeapType>(&self) -> bool {
        let header = self.header();
        header.kind == T::KIND
            && (!matches!(T::KIND, Kind::Foreign) || (header.vtable.type_id)() == TypeId::of::<T>())
    }

    /// The object as a `T`, if it is one.
    #[inline(always)]
    pub fn downcast<T: HeapType>(&self) -> Option<&T> {
        // SAFETY: `is` has checked the type.
        self.is::<T>()
            .then(|| unsafe { &self.0.cast::<HeapBox<T>>().as_ref().value })
    }

    /// The pointer as one to a `T`, if its object is one.
    #[inline(always)]
    pub fn downcast_ref<T: HeapType>(&self) -> Option<&Ref<T>> {
        // SAFETY: `Ref<T>` is an `AnyRef` and a phantom, and `is` has checked the type.
        self.is::<T>()
            .then(|| unsafe { &*std::ptr::from_ref(self).cast::<Ref<T>>() })
    }

    /// The pointer as one to a `T`, or itself back.
    #[inline(always)]
    pub fn downcast_into<T: HeapType>(self) -> Result<Ref<T>, AnyRef> {
        if self.is::<T>() {
            Ok(Ref {
                any: self,
                of: PhantomData,
            })
        } else {
            Err(self)
        }
    }

    /// The script class of the object.
    pub fn class(&self) -> Ref<Class> {
        // SAFETY: the table belongs to this object, which is alive.
        unsafe { (self.header().vtable.class)(self.0) }
    }

    pub(super) fn trace(&self, visit: &mut Visit) {
        // SAFETY: the table belongs to this object, which is alive.
        unsafe { (self.header().vtable.trace)(self.0, visit) }
    }

    pub(super) fn clear(&self) {
        // SAFETY: the table belongs to this object, which is alive.
        unsafe { (self.header().vtable.clear)(self.0) }
    }

    /// A new reference to the object behind a registered pointer.
    ///
    /// # Safety
    /// The object must be alive.
    pub(super) unsafe fn from_registered(pointer: NonNull<Header>) -> AnyRef {
        // SAFETY: the caller vouches for life.
        let header = unsafe { pointer.as_ref() };
        header.count.set(header.count.get() + 1);
        AnyRef(pointer)
    }

    pub(super) fn pointer(&self) -> NonNull<Header> {
        self.0
    }
}

impl Clone for AnyRef {
    #[inline(always)]
    fn clone(&self) -> AnyRef {
        let count = &self.header().count;
        count.set(count.get() + 1);
        AnyRef(self.0)
    }
}

impl Drop for AnyRef {
    #[inline(always)]
    fn drop(&mut self) {
        let count = &self.header().count;
        let left = count.get() - 1;
        count.set(left);
        if left == 0 {
            release(self.0);
        }
    }
}

/// Frees an object that nobody refers to.
#[cold]
#[inline(never)]
fn release_watched(pointer: NonNull<Header>) {
    weak::forget(pointer);
}

#[inline(never)]
fn release(pointer: NonNull<Header>) {
    // SAFETY: the count has just come to zero, so the object is still whole and nobody else can reach it.
    let header = unsafe { pointer.as_ref() };
    if ending::wanted(header, pointer) {
        header.count.set(1);
        return ending::put_off(AnyRef(pointer));
    }
    if header.watched.get() {
        release_watched(pointer);
    }
    let table = header.vtable;
    if !table.traced {
        // SAFETY: as above; `free` is the last use.
        return unsafe { (table.free)(pointer) };
    }
    collector::unregister(pointer);
    collector::free_in_turn(pointer);
}
