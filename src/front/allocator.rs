//! An allocator for programs that make and drop many small objects: blocks of up to half a kibibyte come from lists
//! that each thread keeps for itself, by size; everything else is left to the system.
//!
//! A block freed on another thread than it was made on simply joins that thread's list. What one thread gathers beyond
//! two full lists of a size goes to a depot that all threads share, and a thread that has none takes from there before
//! it asks the system. (Bonwick and Adams, "Magazines and Vmem", describe the scheme.) The system gets small blocks
//! back at the end of the program only.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::ptr::null_mut;
use std::sync::Mutex;

/// Sizes are rounded up to a multiple of this, and blocks are aligned to it.
const STEP: usize = 16;
/// Larger blocks are the system's.
const MOST: usize = 512;
const SIZES: usize = MOST / STEP + 1;
/// A full list has so many blocks.
const FULL: i32 = 256;
/// What is asked of the system at a time, to be cut into blocks.
const CHUNK: usize = 1 << 16;

/// The allocator of the command.
pub struct Pools;

/// What stands in a free block.
struct Free {
    next: *mut Free,
    /// In the depot, in the first block of a list: the next list.
    next_list: *mut Free,
}

/// The free blocks of a thread.
struct Cache {
    /// By size, the list that is used.
    lists: [Cell<*mut Free>; SIZES],
    /// How many blocks are in each; lists from the depot may have fewer than is noted.
    counts: [Cell<i32>; SIZES],
    /// By size, a full list or none.
    spare: [Cell<*mut Free>; SIZES],
    /// The rest of the last chunk.
    rest: Cell<*mut u8>,
    left: Cell<usize>,
}

thread_local! {
    // Without a destructor, so that no access has to ask whether there is one to run: `LEAVING` does that work.
    static CACHE: Cache = const {
        Cache {
            lists: [const { Cell::new(null_mut()) }; SIZES],
            counts: [const { Cell::new(0) }; SIZES],
            spare: [const { Cell::new(null_mut()) }; SIZES],
            rest: Cell::new(null_mut()),
            left: Cell::new(0),
        }
    };
    static LEAVING: Leaving = const { Leaving };
}

/// Gives the blocks of a thread that ends to the depot.
struct Leaving;

impl Drop for Leaving {
    fn drop(&mut self) {
        CACHE.with(|cache| {
            for size in 0..SIZES {
                cache.counts[size].set(0);
                for list in [&cache.lists[size], &cache.spare[size]] {
                    put_by(size, list.replace(null_mut()));
                }
            }
        });
    }
}

/// By size, lists that no thread uses.
struct Depot([*mut Free; SIZES]);

// SAFETY: the lists in the depot belong to nobody else.
unsafe impl Send for Depot {}

static DEPOT: Mutex<Depot> = Mutex::new(Depot([null_mut(); SIZES]));

/// Puts a list into the depot.
#[cold]
fn put_by(size: usize, list: *mut Free) {
    if list.is_null() {
        return;
    }
    let mut depot = DEPOT.lock().unwrap_or_else(|broken| broken.into_inner());
    // SAFETY: the blocks of the list are free and this thread's own.
    unsafe { (*list).next_list = depot.0[size] };
    depot.0[size] = list;
}

/// Takes a list out of the depot; null if there is none.
fn fetch(size: usize) -> *mut Free {
    let mut depot = DEPOT.lock().unwrap_or_else(|broken| broken.into_inner());
    let list = depot.0[size];
    if !list.is_null() {
        // SAFETY: the first block of a list in the depot names the next list.
        depot.0[size] = unsafe { (*list).next_list };
    }
    list
}

impl Cache {
    #[inline(always)]
    fn take(&self, size: usize) -> *mut u8 {
        let block = self.lists[size].get();
        if block.is_null() {
            return self.make(size);
        }
        // SAFETY: a block in a list is free, and says which comes next.
        self.lists[size].set(unsafe { (*block).next });
        self.counts[size].set(self.counts[size].get() - 1);
        block.cast()
    }

    #[inline(always)]
    fn give(&self, size: usize, block: *mut Free) {
        if self.counts[size].get() >= FULL {
            self.put_aside(size);
        }
        // SAFETY: the caller has given the block up; it has room for two words.
        unsafe { (*block).next = self.lists[size].get() };
        self.lists[size].set(block);
        self.counts[size].set(self.counts[size].get() + 1);
    }

    #[cold]
    #[inline(never)]
    fn put_aside(&self, size: usize) {
        put_by(size, self.spare[size].get());
        self.spare[size].set(self.lists[size].replace(null_mut()));
        self.counts[size].set(0);
    }

    #[cold]
    #[inline(never)]
    fn make(&self, size: usize) -> *mut u8 {
        self.counts[size].set(0);
        let mut list = self.spare[size].replace(null_mut());
        if list.is_null() {
            if let Some(block) = self.cut(size) {
                return block;
            }
            list = fetch(size);
        }
        if !list.is_null() {
            self.lists[size].set(list);
            self.counts[size].set(FULL);
            return self.take(size);
        }
        // Has this thread's blocks given back when it ends; a thread that is ending already cannot.
        let _ = LEAVING.try_with(|_| ());
        // SAFETY: the layout is not empty.
        let chunk = unsafe { System.alloc(Layout::from_size_align_unchecked(CHUNK, STEP)) };
        if chunk.is_null() {
            return chunk;
        }
        self.rest.set(chunk);
        self.left.set(CHUNK);
        self.cut(size).unwrap_or(null_mut())
    }

    /// Cuts a block from the rest of the last chunk.
    fn cut(&self, size: usize) -> Option<*mut u8> {
        let bytes = size * STEP;
        let left = self.left.get().checked_sub(bytes)?;
        let block = self.rest.get();
        self.left.set(left);
        // SAFETY: so many bytes are left.
        self.rest.set(unsafe { block.add(bytes) });
        Some(block)
    }
}

/// From this size on, a block is worth huge pages.
const LARGE: usize = 1 << 22;

/// Asks for huge pages under a large block: touching memory for the first time takes the system long, and it does it
/// a page at a time.
#[cold]
#[inline(never)]
fn use_huge_pages(block: *mut u8, bytes: usize) {
    #[cfg(target_os = "linux")]
    if !block.is_null() {
        const PAGE: usize = 1 << 21;
        let skipped = block.align_offset(PAGE);
        let whole = bytes.saturating_sub(skipped) / PAGE * PAGE;
        // SAFETY: the range lies within the block. It is advice: a refusal changes nothing.
        unsafe { libc::madvise(block.add(skipped).cast(), whole, libc::MADV_HUGEPAGE) };
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (block, bytes);
}

#[inline(always)]
fn is_small(layout: &Layout) -> bool {
    layout.size() <= MOST && layout.align() <= STEP
}

#[inline(always)]
fn size_of(bytes: usize) -> usize {
    bytes.div_ceil(STEP)
}

// SAFETY: a block is handed out once until it is freed, is large enough for its size, and aligned to `STEP`; whether it
// is the system's follows from its layout, which is the same when it is freed.
unsafe impl GlobalAlloc for Pools {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if is_small(&layout) {
            return CACHE.with(|cache| cache.take(size_of(layout.size())));
        }
        // SAFETY: as for this function.
        let block = unsafe { System.alloc(layout) };
        if layout.size() >= LARGE {
            use_huge_pages(block, layout.size());
        }
        block
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if is_small(&layout) {
            return CACHE.with(|cache| cache.give(size_of(layout.size()), block.cast()));
        }
        // SAFETY: as for this function.
        unsafe { System.dealloc(block, layout) }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if !is_small(&layout) {
            // SAFETY: as for this function.
            let block = unsafe { System.alloc_zeroed(layout) };
            if layout.size() >= LARGE {
                use_huge_pages(block, layout.size());
            }
            return block;
        }
        // SAFETY: as for this function; a block has as many bytes as were asked for.
        unsafe {
            let block = self.alloc(layout);
            if !block.is_null() {
                block.write_bytes(0, layout.size());
            }
            block
        }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, bytes: usize) -> *mut u8 {
        // SAFETY: the caller vouches that the new size does not overflow.
        let wanted = unsafe { Layout::from_size_align_unchecked(bytes, layout.align()) };
        match (is_small(&layout), is_small(&wanted)) {
            // SAFETY: as for this function.
            (false, false) => unsafe {
                let moved = System.realloc(block, layout, bytes);
                if bytes >= LARGE {
                    use_huge_pages(moved, bytes);
                }
                moved
            },
            (true, true) if size_of(layout.size()) == size_of(bytes) => block,
            // SAFETY: both blocks have at least the bytes that are copied.
            _ => unsafe {
                let moved = self.alloc(wanted);
                if !moved.is_null() {
                    moved.copy_from_nonoverlapping(block, layout.size().min(bytes));
                    self.dealloc(block, layout);
                }
                moved
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(bytes: usize) -> Layout {
        Layout::from_size_align(bytes, 8).unwrap()
    }

    #[test]
    fn blocks_are_apart_and_keep_what_is_written() {
        let sizes: Vec<usize> = (1..700).flat_map(|bytes| [bytes, bytes, bytes]).collect();
        // SAFETY: each block is freed once, with its own layout.
        unsafe {
            let blocks: Vec<*mut u8> = sizes
                .iter()
                .map(|&bytes| {
                    let block = Pools.alloc(layout(bytes));
                    assert_eq!(block as usize % 8, 0);
                    block.write_bytes(bytes as u8, bytes);
                    block
                })
                .collect();
            for (&block, &bytes) in blocks.iter().zip(&sizes) {
                let grown = Pools.realloc(block, layout(bytes), bytes + 100);
                let kept = std::slice::from_raw_parts(grown, bytes);
                assert!(kept.iter().all(|&byte| byte == bytes as u8));
                Pools.dealloc(grown, layout(bytes + 100));
            }
            let zeroed = Pools.alloc_zeroed(layout(40));
            assert!(
                std::slice::from_raw_parts(zeroed, 40)
                    .iter()
                    .all(|&byte| byte == 0)
            );
            Pools.dealloc(zeroed, layout(40));
        }
    }

    #[test]
    fn blocks_may_be_freed_on_another_thread() {
        for round in 0..4_usize {
            // SAFETY: each block is freed once, with its own layout.
            let made: Vec<usize> = (0..5000)
                .map(|i| unsafe {
                    let block = Pools.alloc(layout(48));
                    block.cast::<usize>().write(i + round);
                    block as usize
                })
                .collect();
            let freed = std::thread::spawn(move || {
                for (i, block) in made.into_iter().enumerate() {
                    let block = block as *mut u8;
                    // SAFETY: as above.
                    unsafe {
                        assert_eq!(block.cast::<usize>().read(), i + round);
                        Pools.dealloc(block, layout(48));
                    }
                }
            });
            freed.join().unwrap();
        }
    }
}
