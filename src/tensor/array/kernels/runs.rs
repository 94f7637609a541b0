//! Loops over two operands that do not lie alike: broadcast, transposed or with gaps. The output is walked in runs, along
//! which every operand's step is even.

use smallvec::SmallVec;

use super::copy::copy_out;
use super::pointwise::{CHUNK, Loop2};
use super::stream;
use crate::tensor::array::layout::Layout;
use crate::tensor::array::{Array, Dims, Element, Result, threads};

/// Elements of a run below which a buffer does not pay.
const SHORT: usize = 64;

/// The loop over the runs of two operands stretched to one shape.
pub(super) fn in_runs<T: Element, U: Element>(
    a: &Array,
    b: &Array,
    runs: &Runs,
    f: Loop2<T, U>,
) -> Result<Array> {
    let (xs, ys): (&[T], &[T]) = (&a.read::<T>(), &b.read::<T>());
    let (x0, y0) = (a.layout().offset, b.layout().offset);
    Array::build_like::<U>(&runs.output, |out| {
        // Where both operands are read whole, reading them takes longer than the stores could save.
        let repeats = [a, b].iter().any(|x| x.layout().overlaps());
        let large = repeats && size_of_val(out) >= stream::FROM && runs.length >= SHORT;
        threads::fill_rows(out, runs.length, runs.output.numel(), &|first, part| {
            let mut x = Scattered::new(xs, runs.inner[0]);
            let mut y = Scattered::new(ys, runs.inner[1]);
            let mut made = stream::Aligned([U::ZERO; CHUNK]);
            runs.each(first, part, |out, at| {
                if x.stride == 1 && y.stride == 1 && !large {
                    let n = out.len();
                    return f(
                        out,
                        &xs[x0 + at[0]..x0 + at[0] + n],
                        &ys[y0 + at[1]..y0 + at[1] + n],
                    );
                }
                let (mut i, mut j) = (x0 + at[0], y0 + at[1]);
                for out in out.chunks_mut(CHUNK) {
                    let n = out.len();
                    if large {
                        f(&mut made.0[..n], x.take(i, n), y.take(j, n));
                        stream::copy(&made.0[..n], out);
                    } else {
                        f(out, x.take(i, n), y.take(j, n));
                    }
                    i += n * x.stride;
                    j += n * y.stride;
                }
            });
            stream::fence();
        });
    })
}

/// Elements from which operands with strides are put in the output's order block by block.
pub(super) const BLOCKS_FROM: usize = 1 << 14;
/// Runs and elements of each in a block: as many as there are single floats in a line of memory, so that a transposed
/// block reads whole lines, and so long that the second cache holds it.
const BLOCK: (usize, usize) = (16, 2048);

/// The loop over blocks of runs, for operands that do not lie as the output does.
pub(super) fn in_blocks<T: Element, U: Element>(
    a: &Array,
    b: &Array,
    runs: &Runs,
    f: Loop2<T, U>,
) -> Result<Array> {
    let all: [&[T]; 2] = [&a.read::<T>(), &b.read::<T>()];
    let starts = [a.layout().offset, b.layout().offset];
    Array::build_like::<U>(&runs.output, |out| {
        threads::fill_rows(out, runs.length, runs.output.numel(), &|first, mut part| {
            let mut buffers = [(); 2].map(|()| vec![T::ZERO; BLOCK.0 * BLOCK.1]);
            let mut run = first;
            while !part.is_empty() {
                let (n, at) = runs.block(run, part.len() / runs.length);
                let (block, rest) = part.split_at_mut(n * runs.length);
                for from in (0..runs.length).step_by(BLOCK.1) {
                    let width = BLOCK.1.min(runs.length - from);
                    let sides = [0, 1].map(|i| runs.layout(i, starts[i] + at[i], (n, from, width)));
                    let lies = sides.each_ref().map(|side| side.strides[1] == 1);
                    for i in (0..2).filter(|i| !lies[*i]) {
                        copy_out(all[i], &sides[i], &mut buffers[i][..n * width]);
                    }
                    for (r, out) in block.chunks_exact_mut(runs.length).enumerate() {
                        let row = |i: usize| match lies[i] {
                            true => &all[i][sides[i].offset + r * sides[i].strides[0]..][..width],
                            false => &buffers[i][r * width..][..width],
                        };
                        f(&mut out[from..from + width], row(0), row(1));
                    }
                }
                part = rest;
                run += n;
            }
        });
    })
}

/// An operand whose values lie a stride apart, and the buffer in which they are put side by side.
struct Scattered<'a, T> {
    all: &'a [T],
    stride: usize,
    buffer: [T; CHUNK],
}

impl<'a, T: Element> Scattered<'a, T> {
    fn new(all: &'a [T], stride: usize) -> Scattered<'a, T> {
        Scattered {
            all,
            stride,
            buffer: [T::ZERO; CHUNK],
        }
    }

    fn take(&mut self, start: usize, n: usize) -> &[T] {
        match self.stride {
            1 => return &self.all[start..start + n],
            0 => self.buffer[..n].fill(self.all[start]),
            s => {
                for (b, v) in self.buffer[..n]
                    .iter_mut()
                    .zip(self.all[start..].iter().step_by(s))
                {
                    *b = *v;
                }
            }
        }
        &self.buffer[..n]
    }
}

/// The runs of a broadcast: an output layout, and where each operand's run starts.
pub(super) struct Runs {
    pub(super) output: Layout,
    /// Length of a run.
    length: usize,
    /// Each operand's stride inside a run.
    pub(super) inner: SmallVec<[usize; 3]>,
    /// Sizes of the outer dimensions, fastest first.
    outer: Dims,
    /// Each operand's strides along them.
    steps: SmallVec<[Dims; 3]>,
}

/// The order of dimensions, fastest first, in which to walk operands (`TensorIteratorBase::reorder_dimensions`).
pub(super) fn permutation(shape: &[usize], strides: &[&Dims], order: &mut Dims) {
    let n = shape.len();
    order.extend((0..n).rev());
    let wrong = |d0: usize, d1: usize| -> i8 {
        for s in strides {
            let (s0, s1) = (s[d0], s[d1]);
            if s0 == 0 || s1 == 0 {
                continue;
            }
            if s0 != s1 {
                return if s0 < s1 { -1 } else { 1 };
            }
            if shape[d0] > shape[d1] {
                return 1;
            }
        }
        0
    };
    for i in 1..n {
        let mut at = i;
        for j in (0..i).rev() {
            match wrong(order[j], order[at]) {
                1 => {
                    order.swap(j, at);
                    at = j;
                }
                -1 => break,
                _ => {}
            }
        }
    }
}

impl Runs {
    #[inline(never)] // Called from loops that are compiled for many dtypes.
    pub(super) fn new(shape: &[usize], strides: &[&Dims]) -> Runs {
        let mut order = Dims::new();
        permutation(shape, strides, &mut order);
        let mut output = Layout::contiguous(shape);
        let mut step = 1;
        for &d in &order {
            output.strides[d] = step;
            step *= shape[d].max(1);
        }
        // Neighbours that every operand walks evenly are one dimension.
        let mut sizes = Dims::new();
        let mut steps: SmallVec<[Dims; 3]> = strides.iter().map(|_| Dims::new()).collect();
        for &d in order.iter().filter(|&&d| shape[d] != 1) {
            let last = sizes.len().wrapping_sub(1);
            let joins = !sizes.is_empty()
                && steps
                    .iter()
                    .zip(strides)
                    .all(|(p, s)| s[d] == p[last] * sizes[last]);
            if joins {
                sizes[last] *= shape[d];
            } else {
                sizes.push(shape[d]);
                steps
                    .iter_mut()
                    .zip(strides)
                    .for_each(|(p, s)| p.push(s[d]));
            }
        }
        if sizes.is_empty() {
            sizes.push(1);
            steps.iter_mut().for_each(|p| p.push(0));
        }
        let inner = steps.iter_mut().map(|p| p.remove(0)).collect();
        let length = sizes.remove(0);
        Runs {
            output,
            length,
            inner,
            outer: sizes,
            steps,
        }
    }

    /// How many of the next runs, at most so many, make a block, and where each operand's first one starts.
    #[inline(never)]
    fn block(&self, first: usize, most: usize) -> (usize, SmallVec<[usize; 3]>) {
        let mut at: SmallVec<[usize; 3]> = SmallVec::from_elem(0, self.steps.len());
        let mut rest = first;
        for (d, &size) in self.outer.iter().enumerate() {
            let steps = at.iter_mut().zip(&self.steps);
            steps.for_each(|(a, s)| *a += rest % size * s[d]);
            rest /= size;
        }
        let left = self.outer.first().map_or(1, |size| size - first % size);
        (left.min(most).min(BLOCK.0), at)
    }

    /// An operand's layout in a block of runs that starts at `offset`: of `n` runs, `width` elements after the first `from`.
    fn layout(
        &self,
        operand: usize,
        offset: usize,
        (n, from, width): (usize, usize, usize),
    ) -> Layout {
        let inner = self.inner[operand];
        let step = self.steps[operand].first().copied().unwrap_or(0);
        Layout {
            shape: Dims::from_slice(&[n, width]),
            strides: Dims::from_slice(&[step, inner]),
            offset: offset + from * inner,
        }
    }

    /// Calls the function for each run of a piece of the output, whose first run has the given number.
    #[inline(always)]
    fn each<U>(&self, first: usize, part: &mut [U], mut f: impl FnMut(&mut [U], &[usize])) {
        if part.is_empty() {
            return;
        }
        let mut index = Dims::from_elem(0, self.outer.len());
        let mut at: SmallVec<[usize; 3]> = SmallVec::from_elem(0, self.steps.len());
        let mut rest = first;
        for (d, &size) in self.outer.iter().enumerate() {
            index[d] = rest % size;
            rest /= size;
            at.iter_mut()
                .zip(&self.steps)
                .for_each(|(a, s)| *a += index[d] * s[d]);
        }
        for run in part.chunks_mut(self.length) {
            f(run, &at);
            for (d, &size) in self.outer.iter().enumerate() {
                index[d] += 1;
                at.iter_mut().zip(&self.steps).for_each(|(a, s)| *a += s[d]);
                if index[d] < size {
                    break;
                }
                at.iter_mut()
                    .zip(&self.steps)
                    .for_each(|(a, s)| *a -= size * s[d]);
                index[d] = 0;
            }
        }
    }
}
