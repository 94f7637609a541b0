//! The cycle collector: trial deletion over the registered objects, in two generations.
//!
//! The method is the one that CPython documents for its own collector: count, for each candidate, the references
//! that other candidates do not explain; what is reachable from the unexplained ones lives, the rest is garbage.
//! It runs only where the virtual machine asks for it ([`collect_if_due`]), never inside an allocation.

use std::cell::{Cell, UnsafeCell};
use std::mem::ManuallyDrop;
use std::ptr::NonNull;

use super::ending;
use super::header::Header;
use super::pointer::AnyRef;
use super::weak;

/// New objects since the last collection after which the young generation is looked at: few enough that what they take
/// stays near the processor, and is used again by the next ones.
const YOUNG_LIMIT: usize = 3_000;
/// So many more old ones than half again are worth a look at all.
const OLD_LIMIT: usize = 50_000;
/// Objects freed one inside the other before the rest waits in a queue: dropping a long chain needs no deep stack.
const NESTING_LIMIT: u32 = 100;

/// Which objects a collection looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Generation {
    /// Those made since the last collection.
    Young,
    /// All of them.
    All,
}

struct Heap {
    /// All traced objects: the old ones before `old`, the young ones after.
    objects: UnsafeCell<ManuallyDrop<Vec<NonNull<Header>>>>,
    old: Cell<usize>,
    /// Size of the old generation after the last full collection.
    old_after_full: Cell<usize>,
    enabled: Cell<bool>,
    collecting: Cell<bool>,
    nesting: Cell<u32>,
    waiting: UnsafeCell<ManuallyDrop<Vec<NonNull<Header>>>>,
}

thread_local! {
    // Nothing of it is dropped: objects come and go until the very end of the thread, and an access that need not ask
    // whether it has come is quicker.
    static HEAP: Heap = const {
        Heap {
            objects: UnsafeCell::new(ManuallyDrop::new(Vec::new())),
            old: Cell::new(0),
            old_after_full: Cell::new(0),
            enabled: Cell::new(true),
            collecting: Cell::new(false),
            nesting: Cell::new(0),
            waiting: UnsafeCell::new(ManuallyDrop::new(Vec::new())),
        }
    };
}

impl Heap {
    #[allow(clippy::mut_from_ref)] // The cell hands out what lies in it.
    fn objects(&self) -> &mut Vec<NonNull<Header>> {
        // SAFETY: one thread, and no caller keeps the borrow while it runs foreign code.
        unsafe { &mut *self.objects.get() }
    }

    #[allow(clippy::mut_from_ref)] // The cell hands out what lies in it.
    fn waiting(&self) -> &mut Vec<NonNull<Header>> {
        // SAFETY: as for `objects`.
        unsafe { &mut *self.waiting.get() }
    }
}

/// Sets an object's place in the list.
fn set_place(object: NonNull<Header>, place: usize) {
    // SAFETY: registered objects are alive. Four thousand million objects do not fit into memory.
    unsafe { object.as_ref() }.place.set(place as u32);
}

#[inline]
pub(super) fn register(object: NonNull<Header>) {
    HEAP.with(|heap| {
        let objects = heap.objects();
        set_place(object, objects.len());
        objects.push(object);
    });
}

#[inline]
pub(super) fn unregister(object: NonNull<Header>) {
    HEAP.with(|heap| {
        let objects = heap.objects();
        // SAFETY: the object is about to be freed, and still whole.
        let mut hole = unsafe { object.as_ref() }.place.get() as usize;
        if hole < heap.old.get() {
            // Close the hole with the last old object, so that the young ones stay together.
            let last_old = heap.old.get() - 1;
            heap.old.set(last_old);
            objects[hole] = objects[last_old];
            set_place(objects[hole], hole);
            hole = last_old;
        }
        objects.swap_remove(hole);
        if let Some(&moved) = objects.get(hole) {
            set_place(moved, hole);
        }
    });
}

/// Frees an unregistered object now, or later if many objects are just being freed one inside the other.
pub(super) fn free_in_turn(object: NonNull<Header>) {
    // SAFETY: nobody refers to the object, and `free` is its last use.
    let free = |object: NonNull<Header>| unsafe { (object.as_ref().vtable.free)(object) };
    HEAP.with(|heap| {
        let nesting = heap.nesting.get();
        if nesting >= NESTING_LIMIT {
            heap.waiting().push(object);
            return;
        }
        heap.nesting.set(nesting + 1);
        free(object);
        if nesting == 0 {
            while let Some(next) = heap.waiting().pop() {
                free(next);
            }
        }
        heap.nesting.set(nesting);
    });
}

/// Whether enough objects have been made for a collection to be worth its time.
#[inline]
pub fn is_due() -> bool {
    HEAP.with(|heap| heap.objects().len() > heap.old.get() + YOUNG_LIMIT && heap.enabled.get())
}

/// Collects if enough objects have been made since the last time.
pub fn collect_if_due() {
    if !is_due() {
        return;
    }
    let (old, after_full) = HEAP.with(|heap| (heap.old.get(), heap.old_after_full.get()));
    let grown = old > after_full + after_full / 2 + OLD_LIMIT;
    collect(if grown {
        Generation::All
    } else {
        Generation::Young
    });
}

/// Whether collections happen by themselves.
pub fn is_enabled() -> bool {
    HEAP.with(|heap| heap.enabled.get())
}

/// Switches collections that happen by themselves on or off.
pub fn set_enabled(enabled: bool) {
    HEAP.with(|heap| heap.enabled.set(enabled));
}

/// How many objects the collector watches.
pub fn tracked() -> usize {
    HEAP.with(|heap| heap.objects().len())
}

/// Frees the cycles among a generation's objects; returns how many objects were garbage.
pub fn collect(generation: Generation) -> usize {
    HEAP.with(|heap| {
        if heap.collecting.replace(true) {
            return 0;
        }
        let start = if generation == Generation::All {
            0
        } else {
            heap.old.get()
        };
        let garbage = find_garbage(&heap.objects()[start..]);
        heap.old.set(heap.objects().len());
        let found = garbage.len();
        let ends = |object: &&AnyRef| ending::wanted(object.header(), object.pointer());
        let ending: Vec<AnyRef> = garbage.iter().filter(ends).cloned().collect();
        if !ending.is_empty() {
            // Their ends may look at anything they refer to: all of it is garbage again the next time.
            ending.into_iter().for_each(ending::put_off);
            drop(garbage);
            heap.collecting.set(false);
            return 0;
        }
        let watched = garbage
            .iter()
            .filter(|object| object.header().watched.get());
        watched.for_each(|object| weak::forget(object.pointer()));
        garbage.iter().for_each(AnyRef::clear);
        drop(garbage);
        if generation == Generation::All {
            heap.old_after_full.set(heap.old.get());
        }
        heap.collecting.set(false);
        found
    })
}

/// The candidates that no reference from outside leads to, each held by one more reference.
fn find_garbage(candidates: &[NonNull<Header>]) -> Vec<AnyRef> {
    // SAFETY: registered objects are alive, and nothing is freed while this function runs.
    let header = |object: &NonNull<Header>| unsafe { &*object.as_ptr() };
    for object in candidates {
        header(object).unexplained.set(header(object).count.get());
        header(object).candidate.set(true);
    }
    // SAFETY: as above; the extra reference is dropped at once.
    let held = |object: &NonNull<Header>| unsafe { AnyRef::from_registered(*object) };
    for object in candidates {
        held(object).trace(&mut |child| {
            let child = child.header();
            if child.candidate.get() {
                child
                    .unexplained
                    .set(child.unexplained.get().saturating_sub(1));
            }
        });
    }
    // What is held from outside, and all that it leads to, is no candidate.
    let mut reachable = Vec::new();
    for object in candidates {
        if header(object).unexplained.get() > 0 && header(object).candidate.replace(false) {
            reachable.push(*object);
            while let Some(next) = reachable.pop() {
                held(&next).trace(&mut |child| {
                    if child.header().candidate.replace(false) {
                        reachable.push(child.pointer());
                    }
                });
            }
        }
    }
    let garbage: Vec<AnyRef> = candidates
        .iter()
        .filter(|o| header(o).candidate.get())
        .map(held)
        .collect();
    garbage
        .iter()
        .for_each(|object| object.header().candidate.set(false));
    garbage
}
