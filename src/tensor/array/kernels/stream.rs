//! Memory that is not in the caches: results too large for them are written past them, and what is needed soon is asked
//! for early.
//!
//! A plain store first reads the line it writes to. For a result that is out of the cache again before anybody reads it
//! that is a third of the traffic, and traffic is what large pointwise work waits for.

use crate::tensor::array::Element;

/// Bytes of a result from which its writing goes past the caches.
pub const FROM: usize = 1 << 23;
/// A buffer in the cache, aligned for the widest stores.
#[repr(align(64))]
pub struct Aligned<T, const N: usize>(pub [T; N]);

/// Orders what [`copy`] has written before what this thread tells others, who can then read it. Once for many copies: it
/// waits for all of them.
#[inline]
pub fn fence() {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: every processor of this kind has the instruction.
    unsafe {
        std::arch::x86_64::_mm_sfence();
    }
}

/// Has the line of memory at a place of the slice, or behind its end, fetched while other work goes on.
#[inline(always)]
pub fn prefetch<T>(all: &[T], at: usize) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a hint: nothing is read, so that any address will do.
    unsafe {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        _mm_prefetch::<_MM_HINT_T0>(all.as_ptr().wrapping_add(at).cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (all, at);
}

/// Copies a slice past the caches; before another thread reads it, [`fence`] is due.
#[inline]
pub fn copy<T: Element>(from: &[T], to: &mut [T]) {
    assert_eq!(from.len(), to.len());
    #[cfg(target_arch = "x86_64")]
    // SAFETY: both slices have so many bytes, of numbers that are copied as they are, and do not overlap.
    unsafe {
        copy_bytes(
            from.as_ptr().cast(),
            to.as_mut_ptr().cast(),
            size_of_val(from),
        );
    }
    #[cfg(not(target_arch = "x86_64"))]
    to.copy_from_slice(from);
}

/// # Safety
/// `bytes` bytes lie at both places, and the two do not overlap.
#[cfg(target_arch = "x86_64")]
unsafe fn copy_bytes(from: *const u8, to: *mut u8, bytes: usize) {
    use std::arch::x86_64::{__m128i, _mm_loadu_si128, _mm_stream_si128};
    const STEP: usize = size_of::<__m128i>();
    let head = to.align_offset(STEP).min(bytes);
    let whole = (bytes - head) / STEP * STEP;
    // SAFETY: head, the whole steps and the rest make up the bytes; the steps are aligned for the stores.
    unsafe {
        to.copy_from_nonoverlapping(from, head);
        for at in (head..head + whole).step_by(STEP) {
            _mm_stream_si128(to.add(at).cast(), _mm_loadu_si128(from.add(at).cast()));
        }
        let done = head + whole;
        to.add(done)
            .copy_from_nonoverlapping(from.add(done), bytes - done);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_of_any_length_are_copied() {
        for start in 0..9 {
            let from: Vec<u8> = (0..100).collect();
            let mut to = [200u8; 100];
            copy(&from[start..90], &mut to[start..90]);
            assert_eq!(to[start..90], from[start..90]);
            assert!(to[..start].iter().chain(&to[90..]).all(|b| *b == 200));
        }
    }
}
