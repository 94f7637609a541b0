//! How many threads kernels may use, and the splitting of slices among them.
//!
//! Splits never change results: pointwise work is independent, and reductions combine fixed pieces in a fixed order.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::Element;

static WANTED: AtomicUsize = AtomicUsize::new(0);
static POOL: OnceLock<Option<(usize, rayon::ThreadPool)>> = OnceLock::new();

/// Pieces of pointwise work for each thread, so that one that other programs hold up leaves work to the others.
const PIECES: usize = 4;

/// Elements of light work below which one thread does it all.
pub const GRAIN: usize = 1 << 16;

/// `torch.get_num_threads`.
pub fn num_threads() -> usize {
    match WANTED.load(Ordering::Relaxed) {
        0 => {
            // Asking the system takes longer than a small op.
            let n = wanted_by_environment()
                .unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
            WANTED.store(n, Ordering::Relaxed);
            n
        }
        n => n,
    }
}

/// What the variables say that PyTorch's libraries read.
fn wanted_by_environment() -> Option<usize> {
    let number = |name: &str| std::env::var(name).ok()?.trim().parse().ok();
    number("OMP_NUM_THREADS")
        .or_else(|| number("MKL_NUM_THREADS"))
        .filter(|n| *n > 0)
}

/// `torch.set_num_threads`. The pool is made at its first use; later larger numbers are capped to its size.
pub fn set_num_threads(n: usize) {
    WANTED.store(n.max(1), Ordering::Relaxed);
}

/// The pool, made at its first use. The thread that makes it is one of its workers: it does its share of the work where
/// its caches are warm, and no more threads are awake than are wanted.
fn pool() -> Option<&'static (usize, rayon::ThreadPool)> {
    let build = || {
        let n = num_threads();
        let pool = rayon::ThreadPoolBuilder::new().num_threads(n);
        let pool = pool.use_current_thread().build();
        pool.ok().map(|pool| (n, pool))
    };
    POOL.get_or_init(build).as_ref()
}

/// How long a worker without work looks for some before it sleeps: waking it takes longer than many an op.
const AWAKE: Duration = Duration::from_micros(200);

/// Workers that look for work, other than the thread that made the pool.
static LOOKING: AtomicUsize = AtomicUsize::new(0);

/// Has the other workers look for work for a while.
fn keep_awake((size, pool): &'static (usize, rayon::ThreadPool)) {
    let all = size - 1;
    let none = LOOKING.compare_exchange(0, all, Ordering::AcqRel, Ordering::Relaxed);
    if none.is_err() {
        return;
    }
    pool.spawn_broadcast(|worker| {
        if worker.index() == 0 {
            return;
        }
        let mut until = Instant::now() + AWAKE;
        loop {
            if rayon::yield_now() == Some(rayon::Yield::Executed) {
                until = Instant::now() + AWAKE;
            } else if Instant::now() >= until {
                break;
            }
            // Others may want the processor.
            std::thread::yield_now();
        }
        LOOKING.fetch_sub(1, Ordering::AcqRel);
    });
}

/// The pool with its workers awake, if more than one thread is wanted.
fn workers() -> Option<&'static (usize, rayon::ThreadPool)> {
    if num_threads() == 1 {
        return None;
    }
    let pool = pool().filter(|(size, _)| *size > 1)?;
    keep_awake(pool);
    Some(pool)
}

/// Runs the function inside the pool, if more than one thread is wanted; passes how many to use.
pub fn in_pool<R: Send>(f: impl FnOnce(usize) -> R + Send) -> R {
    let n = num_threads();
    match workers() {
        Some((size, pool)) => pool.install(|| f(n.min(*size))),
        None => f(1),
    }
}

/// Does `pieces` pieces of work, on as many threads as are wanted.
///
/// Not generic, so that the pool's machinery is compiled once rather than once a kernel and dtype.
fn share(pieces: usize, work: &(dyn Fn(usize) + Sync)) {
    use rayon::prelude::*;
    match workers() {
        Some((_, pool)) => pool.install(|| (0..pieces).into_par_iter().for_each(work)),
        None => (0..pieces).for_each(work),
    }
}

/// The start of a slice that is cut into pieces for several threads.
struct Start<T>(*mut T);

// SAFETY: each thread gets a piece of its own.
unsafe impl<T: Send> Sync for Start<T> {}

/// Cuts a slice into pieces of `piece` elements (the last may be shorter) and works on all of them.
fn in_pieces<T: Element>(out: &mut [T], piece: usize, f: &(impl Fn(usize, &mut [T]) + Sync)) {
    let (start, len) = (Start(out.as_mut_ptr()), out.len());
    let start = &start;
    share(len.div_ceil(piece), &|i| {
        let from = i * piece;
        // SAFETY: the pieces do not overlap and end with the slice, which is borrowed mutably throughout.
        let part =
            unsafe { std::slice::from_raw_parts_mut(start.0.add(from), piece.min(len - from)) };
        f(i, part);
    });
}

/// Works on each of some pieces.
pub fn each<P: Send>(pieces: &mut [P], f: &(dyn Fn(&mut P) + Sync)) {
    let start = &Start(pieces.as_mut_ptr());
    share(pieces.len(), &|i| {
        // SAFETY: each piece is worked on once, and they are borrowed mutably throughout.
        f(unsafe { &mut *start.0.add(i) });
    });
}

/// Splits an output slice into pieces and fills each; the function gets the piece's start.
pub fn fill<T: Element>(out: &mut [T], grain: usize, f: &(dyn Fn(usize, &mut [T]) + Sync)) {
    let len = out.len();
    if len < 2 * grain || num_threads() == 1 {
        return f(0, out);
    }
    let piece = len.div_ceil(PIECES * num_threads());
    let piece = piece.next_multiple_of(64).max(grain);
    in_pieces(out, piece, &|i, part: &mut [T]| f(i * piece, part));
}

/// Fills a piece of a slice, given its start, together with those of the others.
type FillWith<'a, T, const N: usize> = &'a (dyn Fn(usize, &mut [T], &mut [&mut [T]; N]) + Sync);

/// [`fill`] on several slices of the same length, cut at the same places.
pub fn fill_with<T: Element, const N: usize>(
    out: &mut [T],
    others: &mut [&mut [T]; N],
    grain: usize,
    f: FillWith<T, N>,
) {
    let len = out.len();
    if len < 2 * grain || num_threads() == 1 {
        return f(0, out, others);
    }
    assert!(others.iter().all(|o| o.len() == len));
    let starts = others.each_mut().map(|o| Start(o.as_mut_ptr()));
    fill(out, grain, &|start, part| {
        let n = part.len();
        let mut parts = starts.each_ref().map(|s| {
            // SAFETY: the pieces of the first slice do not overlap and lie inside it; so do those of the others, which are
            // as long and borrowed mutably throughout.
            unsafe { std::slice::from_raw_parts_mut(s.0.add(start), n) }
        });
        f(start, part, &mut parts);
    });
}

/// [`fill`] on whole rows of an output: pieces are multiples of `row`, and the function gets the first row's number.
pub fn fill_rows<T: Element>(
    out: &mut [T],
    row: usize,
    work: usize,
    f: &(dyn Fn(usize, &mut [T]) + Sync),
) {
    let (rows, n) = (out.len().div_ceil(row.max(1)), num_threads());
    if work < 2 * GRAIN || rows < 2 || n == 1 {
        return f(0, out);
    }
    let piece = (rows / (PIECES * n)).max(GRAIN * rows / work).max(1);
    in_pieces(out, piece * row, &|i, part: &mut [T]| f(i * piece, part));
}
