//! How many threads kernels may use, and the splitting of slices among them.
//!
//! Splits never change results: pointwise work is independent, and reductions combine fixed pieces in a fixed order.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::Element;

static WANTED: AtomicUsize = AtomicUsize::new(0);
static POOL: OnceLock<Option<(usize, rayon::ThreadPool)>> = OnceLock::new();

/// Elements of light work below which one thread does it all.
pub const GRAIN: usize = 1 << 16;

/// `torch.get_num_threads`.
pub fn num_threads() -> usize {
    match WANTED.load(Ordering::Relaxed) {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        n => n,
    }
}

/// `torch.set_num_threads`. The pool is made at its first use; later larger numbers are capped to its size.
pub fn set_num_threads(n: usize) {
    WANTED.store(n.max(1), Ordering::Relaxed);
}

/// Runs the function inside the pool, if more than one thread is wanted; passes how many to use.
pub fn in_pool<R: Send>(f: impl FnOnce(usize) -> R + Send) -> R {
    let n = num_threads();
    if n == 1 {
        return f(1);
    }
    let build = |n: usize| {
        rayon::ThreadPoolBuilder::new()
            .num_threads(n)
            .build()
            .ok()
            .map(|pool| (n, pool))
    };
    match POOL.get_or_init(|| build(n)) {
        Some((size, pool)) => pool.install(|| f(n.min(*size))),
        None => f(1),
    }
}

/// Splits an output slice into pieces and fills each; the function gets the piece's start.
pub fn fill<T: Element>(out: &mut [T], grain: usize, f: impl Fn(usize, &mut [T]) + Sync + Send) {
    let len = out.len();
    if len < 2 * grain || num_threads() == 1 {
        return f(0, out);
    }
    in_pool(|n| {
        use rayon::prelude::*;
        let piece = len.div_ceil(n).next_multiple_of(64).max(grain);
        out.par_chunks_mut(piece)
            .enumerate()
            .for_each(|(i, part)| f(i * piece, part));
    });
}

/// [`fill`] on whole rows of an output: pieces are multiples of `row`, and the function gets the first row's number.
pub fn fill_rows<T: Element>(
    out: &mut [T],
    row: usize,
    work: usize,
    f: impl Fn(usize, &mut [T]) + Sync + Send,
) {
    let rows = out.len() / row.max(1);
    if work < 2 * GRAIN || rows < 2 || num_threads() == 1 {
        return f(0, out);
    }
    in_pool(|n| {
        use rayon::prelude::*;
        let piece = rows.div_ceil(n);
        out.par_chunks_mut(piece * row)
            .enumerate()
            .for_each(|(i, part)| f(i * piece, part));
    });
}
