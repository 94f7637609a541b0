//! What stands before every heap object, and what a type must say to live on the heap.

use std::any::TypeId;
use std::cell::Cell;
use std::ptr::NonNull;

use super::pointer::AnyRef;
use crate::lang::object::{Class, Ref};

/// Called with each reference that an object holds.
pub type Visit<'a> = dyn FnMut(&AnyRef) + 'a;

/// The built-in kinds of heap objects; everything that other rooms add is [`Kind::Foreign`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
#[allow(missing_docs)] // The names are the types'.
pub enum Kind {
    Str,
    Bytes,
    ByteArray,
    BigInt,
    Complex,
    List,
    Tuple,
    Dict,
    DictView,
    Set,
    FrozenSet,
    Range,
    Slice,
    Cell,
    Code,
    Function,
    Native,
    Method,
    Class,
    Instance,
    Module,
    Generator,
    Iter,
    Property,
    StaticMethod,
    ClassMethod,
    GetSet,
    Super,
    Exception,
    Foreign,
}

/// A Rust type whose values can be script objects.
pub trait HeapType: Sized + 'static {
    /// Its kind; `Kind::Foreign` outside the language's own types.
    const KIND: Kind;
    /// Whether it can hold references to other objects, and so be part of a cycle.
    const TRACED: bool;

    /// Calls `visit` with each reference it holds. A part that is borrowed at the moment may be skipped: what it
    /// refers to is then taken for reachable.
    fn trace(&self, _visit: &mut Visit) {}

    /// Lets go of the references it holds, to break a cycle that is garbage.
    fn clear(&self) {}

    /// The script class of this value.
    fn class(&self) -> Ref<Class>;

    /// Whether some values want the script to run before they are freed.
    const ENDS: bool = false;

    /// Whether this value does: it has a `__del__`, or is a generator that waits inside a `try`.
    fn wants_end(&self) -> bool {
        false
    }
}

/// The per-type functions behind a header.
pub(super) struct VTable {
    pub(super) traced: bool,
    pub(super) type_id: fn() -> TypeId,
    pub(super) free: unsafe fn(NonNull<Header>),
    pub(super) trace: unsafe fn(NonNull<Header>, &mut Visit),
    pub(super) clear: unsafe fn(NonNull<Header>),
    pub(super) class: unsafe fn(NonNull<Header>) -> Ref<Class>,
    pub(super) wants_end: Option<unsafe fn(NonNull<Header>) -> bool>,
}

/// Stands before every object.
#[repr(C)]
pub(super) struct Header {
    /// Number of references.
    pub(super) count: Cell<u32>,
    /// Scratch of the collector: references not yet explained by other objects.
    pub(super) unexplained: Cell<u32>,
    /// Place in the collector's list.
    pub(super) place: Cell<u32>,
    pub(super) kind: Kind,
    /// Whether weak references to it exist.
    pub(super) watched: Cell<bool>,
    /// Whether the script was told of its end.
    pub(super) ended: Cell<bool>,
    /// Scratch of the collector: whether it is part of the running collection.
    pub(super) candidate: Cell<bool>,
    pub(super) vtable: &'static VTable,
}

/// A header with its object.
#[repr(C)]
pub(super) struct HeapBox<T> {
    pub(super) header: Header,
    pub(super) value: T,
}

/// Carries the constant table of a type.
pub(super) struct TableOf<T>(std::marker::PhantomData<T>);

impl<T: HeapType> TableOf<T> {
    pub(super) const VTABLE: &'static VTable = &VTable {
        traced: T::TRACED,
        type_id: TypeId::of::<T>,
        free: free::<T>,
        trace: trace::<T>,
        clear: clear::<T>,
        class: class::<T>,
        wants_end: if T::ENDS { Some(wants_end::<T>) } else { None },
    };
}

/// # Safety
/// `header` must begin a `HeapBox<T>` made by `Box`, to which no reference is left.
unsafe fn free<T: HeapType>(header: NonNull<Header>) {
    // SAFETY: the caller vouches that this is the last use of a boxed `HeapBox<T>`.
    drop(unsafe { Box::from_raw(header.cast::<HeapBox<T>>().as_ptr()) });
}

/// # Safety
/// `header` must begin a live `HeapBox<T>`.
unsafe fn trace<T: HeapType>(header: NonNull<Header>, visit: &mut Visit) {
    // SAFETY: the caller vouches for type and life.
    unsafe { header.cast::<HeapBox<T>>().as_ref() }
        .value
        .trace(visit);
}

/// # Safety
/// `header` must begin a live `HeapBox<T>`.
unsafe fn clear<T: HeapType>(header: NonNull<Header>) {
    // SAFETY: the caller vouches for type and life.
    unsafe { header.cast::<HeapBox<T>>().as_ref() }
        .value
        .clear();
}

/// # Safety
/// `header` must begin a live `HeapBox<T>`.
unsafe fn class<T: HeapType>(header: NonNull<Header>) -> Ref<Class> {
    // SAFETY: the caller vouches for type and life.
    unsafe { header.cast::<HeapBox<T>>().as_ref() }
        .value
        .class()
}

/// # Safety
/// `header` must begin a live `HeapBox<T>`.
unsafe fn wants_end<T: HeapType>(header: NonNull<Header>) -> bool {
    // SAFETY: the caller vouches for type and life.
    unsafe { header.cast::<HeapBox<T>>().as_ref() }
        .value
        .wants_end()
}
