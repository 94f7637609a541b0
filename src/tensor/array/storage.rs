//! Memory that arrays share: a block of bytes behind a reference count, with a counter of writes.
//!
//! The bytes are always initialised. Large blocks are kept for a while after use and handed out again, which saves the
//! system calls and page faults that a fresh block costs.

use std::alloc::{self, Layout as Memory};
use std::cell::{Cell, Ref, RefCell, RefMut};
use std::ptr::NonNull;
use std::rc::Rc;

use super::{Element, Error, Result};

/// Blocks of at least this many bytes are aligned to cache lines and recycled.
const LARGE: usize = 32 * 1024;
const LARGE_ALIGN: usize = 64;
const SMALL_ALIGN: usize = 16;
/// How many bytes the recycler keeps at most.
const KEPT: usize = 256 * 1024 * 1024;
/// How many of them stay while fresh memory is asked for: a program should not need more for what it no longer uses.
const STAYING: usize = 64 * 1024 * 1024;

/// An owned block of initialised bytes.
pub struct Buffer {
    start: NonNull<u8>,
    len: usize,
    memory: Memory,
}

impl Buffer {
    /// A block of zeros.
    pub fn zeroed(bytes: usize) -> Result<Buffer> {
        if let Some(mut old) = take_recycled(bytes) {
            old.slice_mut::<u8>().fill(0);
            return Ok(old);
        }
        Buffer::allocate(bytes)
    }

    /// A block whose contents are initialised but arbitrary. Not for `bool`, which has invalid bytes.
    pub fn scratch(bytes: usize) -> Result<Buffer> {
        match take_recycled(bytes) {
            Some(old) => Ok(old),
            None => Buffer::allocate(bytes),
        }
    }

    fn allocate(bytes: usize) -> Result<Buffer> {
        let align = if bytes >= LARGE {
            LARGE_ALIGN
        } else {
            SMALL_ALIGN
        };
        let memory = Memory::from_size_align(bytes, align).map_err(|_| out_of_memory(bytes))?;
        if bytes == 0 {
            return Ok(Buffer {
                start: NonNull::<u128>::dangling().cast(),
                len: 0,
                memory,
            });
        }
        if bytes >= LARGE {
            let _ = RECYCLER.try_with(|r| r.borrow_mut().shrink(STAYING));
        }
        // SAFETY: the layout's size is not zero.
        let start = unsafe { alloc::alloc_zeroed(memory) };
        let start = NonNull::new(start).ok_or_else(|| out_of_memory(bytes))?;
        Ok(Buffer {
            start,
            len: bytes,
            memory,
        })
    }

    /// Takes over a vector's memory.
    pub fn from_vec<T: Element>(values: Vec<T>) -> Buffer {
        let mut values = std::mem::ManuallyDrop::new(values);
        let (len, capacity) = (
            values.len() * size_of::<T>(),
            values.capacity() * size_of::<T>(),
        );
        let memory =
            Memory::from_size_align(capacity, align_of::<T>()).expect("a vector's layout is valid");
        let start = if capacity == 0 {
            // Nothing is aligned for elements of any type.
            NonNull::<u128>::dangling().cast()
        } else {
            NonNull::new(values.as_mut_ptr().cast()).expect("a vector's pointer is not null")
        };
        Buffer { start, len, memory }
    }

    /// How many bytes it holds.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether it holds nothing.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Whether the bytes can be looked at as elements of a type.
    pub fn is_aligned<T: Element>(&self) -> bool {
        self.start.as_ptr().cast::<T>().is_aligned()
    }

    /// The bytes as elements. The caller sees to it that they were written as this type (or, numbers only, as any).
    #[inline]
    pub fn slice<T: Element>(&self) -> &[T] {
        assert!(
            self.start.as_ptr().cast::<T>().is_aligned(),
            "storage is aligned for its elements"
        );
        // SAFETY: `start` is valid for `len` initialised bytes, aligned (checked), and borrowed through `self`; elements
        // are plain numbers, or bools whose bytes were written as bools.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr().cast(), self.len / size_of::<T>()) }
    }

    /// The bytes as elements to write.
    #[inline]
    pub fn slice_mut<T: Element>(&mut self) -> &mut [T] {
        assert!(
            self.start.as_ptr().cast::<T>().is_aligned(),
            "storage is aligned for its elements"
        );
        // SAFETY: as in `slice`; the borrow is unique.
        unsafe {
            std::slice::from_raw_parts_mut(self.start.as_ptr().cast(), self.len / size_of::<T>())
        }
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        if self.memory.size() >= LARGE && self.memory.align() == LARGE_ALIGN {
            let block = Buffer {
                start: self.start,
                len: self.memory.size(),
                memory: self.memory,
            };
            recycle(block);
            return;
        }
        self.free();
    }
}

impl Buffer {
    fn free(&mut self) {
        if self.memory.size() > 0 {
            // SAFETY: allocated with this layout by `allocate`, or by a `Vec` whose layout it is; freed once.
            unsafe { alloc::dealloc(self.start.as_ptr(), self.memory) }
        }
    }
}

#[derive(Default)]
struct Recycler {
    blocks: Vec<std::mem::ManuallyDrop<Buffer>>,
    bytes: usize,
}

impl Recycler {
    /// Frees the oldest blocks until no more than so many bytes are left.
    fn shrink(&mut self, most: usize) {
        while self.bytes > most {
            let mut oldest = self.blocks.remove(0);
            self.bytes -= oldest.memory.size();
            oldest.free();
        }
    }
}

impl Drop for Recycler {
    fn drop(&mut self) {
        for block in &mut self.blocks {
            block.free();
        }
    }
}

thread_local! {
    static RECYCLER: RefCell<Recycler> = RefCell::default();
}

fn recycle(block: Buffer) {
    let mut block = std::mem::ManuallyDrop::new(block);
    let mut kept = false;
    // At thread exit the recycler may be gone already; then the block is freed.
    let _ = RECYCLER.try_with(|r| {
        let mut r = r.borrow_mut();
        if block.len <= KEPT {
            r.shrink(KEPT - block.len);
            r.bytes += block.len;
            let (start, len, memory) = (block.start, block.len, block.memory);
            r.blocks
                .push(std::mem::ManuallyDrop::new(Buffer { start, len, memory }));
            kept = true;
        }
    });
    if !kept {
        block.free();
    }
}

fn take_recycled(bytes: usize) -> Option<Buffer> {
    if bytes < LARGE {
        return None;
    }
    RECYCLER
        .try_with(|r| {
            let mut r = r.borrow_mut();
            let fits = |b: &std::mem::ManuallyDrop<Buffer>| {
                let size = b.memory.size();
                size >= bytes && size - bytes <= bytes / 4
            };
            let found = r.blocks.iter().rposition(fits)?;
            let mut block = std::mem::ManuallyDrop::into_inner(r.blocks.remove(found));
            r.bytes -= block.memory.size();
            block.len = bytes;
            Some(block)
        })
        .ok()
        .flatten()
}

fn out_of_memory(bytes: usize) -> Error {
    Error::runtime(format!(
        "[enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to allocate {bytes} bytes. Error code 12 (Cannot allocate memory)"
    ))
}

struct Shared {
    buffer: RefCell<Buffer>,
    version: Cell<u32>,
}

/// A reference-counted [`Buffer`]. Cloning shares it.
#[derive(Clone)]
pub struct Storage(Rc<Shared>);

impl Storage {
    /// Shares a buffer.
    #[inline]
    pub fn new(buffer: Buffer) -> Storage {
        Storage(Rc::new(Shared {
            buffer: RefCell::new(buffer),
            version: Cell::new(0),
        }))
    }

    /// The bytes, to read.
    #[inline]
    pub fn borrow(&self) -> Ref<'_, Buffer> {
        self.0.buffer.borrow()
    }

    /// The bytes, to write. Kernels copy operands that share the storage first, so the borrow is free.
    #[inline]
    pub fn borrow_mut(&self) -> RefMut<'_, Buffer> {
        self.0.buffer.borrow_mut()
    }

    /// Whether both are the same memory.
    #[inline]
    pub fn same(&self, other: &Storage) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }

    /// How many arrays share it.
    #[inline]
    pub fn shares(&self) -> usize {
        Rc::strong_count(&self.0)
    }

    /// How often it was written to, as the in-place operations count.
    #[inline]
    pub fn version(&self) -> u32 {
        self.0.version.get()
    }

    /// Counts one write.
    #[inline]
    pub fn bump(&self) {
        self.0.version.set(self.0.version.get().wrapping_add(1));
    }

    /// A number that tells storages apart while they live, empty ones too.
    pub fn identity(&self) -> usize {
        Rc::as_ptr(&self.0) as usize
    }

    /// Where the first byte lies.
    pub fn address(&self) -> usize {
        self.0.buffer.borrow().start.as_ptr() as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_recycled() {
        let first = Buffer::zeroed(1 << 16).unwrap();
        let address = first.start;
        drop(first);
        assert_eq!(Buffer::scratch((1 << 16) - 8).unwrap().start, address);
    }

    #[test]
    fn too_much_is_an_error() {
        let e = Buffer::zeroed(4_000_000_000_000_000).err().unwrap();
        assert!(
            e.message()
                .contains("you tried to allocate 4000000000000000 bytes")
        );
    }
}
