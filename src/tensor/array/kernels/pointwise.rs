//! One value out for one value in of each operand, with broadcasting.
//!
//! The output's strides follow the operands' as in PyTorch's TensorIterator, so a transposed input gives a transposed
//! output. An operation is one loop over slices, compiled once for each element type. Broadcasting, strides, numbers,
//! threads and in-place writing only decide which slices meet: values that do not lie side by side pass through a small
//! buffer. That keeps the program small, which matters with hundreds of operations and a handful of element types.

use smallvec::SmallVec;

use super::copy::copy_out;
use super::{stream, vectorize_wide};
use crate::tensor::array::layout::{Layout, broadcast_shapes};
use crate::tensor::array::{Array, Dims, Element, Result, threads};

/// Elements of a run below which a buffer does not pay.
const SHORT: usize = 64;
/// Elements of the buffer through which scattered values pass.
const CHUNK: usize = 512;

/// A loop over one operand.
pub type Loop1<'a, T, U> = &'a (dyn Fn(&mut [U], &[T]) + Sync);
/// A loop over two operands.
pub type Loop2<'a, T, U> = &'a (dyn Fn(&mut [U], &[T], &[T]) + Sync);

/// A loop over three operands.
pub type Loop3<'a, A, B, C, U> = &'a (dyn Fn(&mut [U], &[A], &[B], &[C]) + Sync);

/// An operand: elements, or one value for all.
pub enum Side<'a, T> {
    /// An array of this element type.
    Array(&'a Array),
    /// One value.
    Scalar(T),
}

#[inline(always)]
fn run<U: Element>(out: &mut [U], f: impl FnOnce(&mut [U])) {
    // Integers and machines without the instructions share one copy of the loop.
    #[cfg(target_arch = "x86_64")]
    if U::FLOATING
        && let Some(simd) = pulp::x86::V3::try_new()
    {
        return simd.vectorize(
            #[inline(always)]
            || f(out),
        );
    }
    f(out)
}

/// `f` of each element.
#[inline]
pub fn unary<T: Element, U: Element>(x: &Array, f: impl Fn(T) -> U + Copy + Sync) -> Result<Array> {
    unary_loop(x, threads::GRAIN, &|out: &mut [U], x: &[T]| {
        run(
            out,
            #[inline(always)]
            |out| {
                let own = f; // its numbers in registers, not where `out` might lie
                for (o, x) in out.iter_mut().zip(x) {
                    *o = own(*x);
                }
            },
        );
    })
}

/// [`unary`] with the widest registers, for functions in which arithmetic outweighs memory.
pub fn unary_wide<T: Element, U: Element>(
    x: &Array,
    f: impl Fn(T) -> U + Copy + Sync,
) -> Result<Array> {
    unary_loop(x, threads::GRAIN, &|out: &mut [U], x: &[T]| {
        vectorize_wide(
            #[inline(always)]
            || out.iter_mut().zip(x).for_each(|(o, x)| *o = f(*x)),
        );
    })
}

/// [`unary`] with another function for the few elements that do not fit the first, which has no branches.
pub fn unary_unless<T: Element, U: Element>(
    x: &Array,
    f: impl Fn(T) -> U + Copy + Sync,
    fits: impl Fn(T) -> bool + Copy + Sync,
    other: impl Fn(T) -> U + Copy + Sync,
) -> Result<Array> {
    unary_loop(x, threads::GRAIN, &|out: &mut [U], x: &[T]| {
        for (out, x) in out.chunks_mut(CHUNK).zip(x.chunks(CHUNK)) {
            run(
                out,
                #[inline(always)]
                |out| {
                    let mut all = true;
                    for (o, x) in out.iter_mut().zip(x) {
                        *o = f(*x);
                        all &= fits(*x);
                    }
                    if !all {
                        let pairs = out.iter_mut().zip(x).filter(|(_, x)| !fits(**x));
                        pairs.for_each(|(o, x)| *o = other(*x));
                    }
                },
            );
        }
    })
}

/// `f` of each element, written in its place.
#[inline]
pub fn update<T: Element>(x: &Array, f: impl Fn(T) -> T + Copy + Sync) -> Result<()> {
    update_loop(x, &|out: &mut [T]| {
        run(
            out,
            #[inline(always)]
            |out| {
                let own = f;
                for o in out.iter_mut() {
                    *o = own(*o);
                }
            },
        );
    })
}

/// `f` of each pair of elements, with broadcasting.
#[inline]
pub fn binary<T: Element, U: Element>(
    a: Side<'_, T>,
    b: Side<'_, T>,
    f: impl Fn(T, T) -> U + Copy + Sync,
) -> Result<Array> {
    binary_loop(a, b, &|out: &mut [U], a: &[T], b: &[T]| zip(out, a, b, f))
}

/// `f(x, y)` of each pair, written in `x`'s place; `y` must broadcast to `x`.
#[inline]
pub fn update_with<T: Element>(
    x: &Array,
    y: Side<'_, T>,
    f: impl Fn(T, T) -> T + Copy + Sync,
) -> Result<()> {
    update_with_loop(x, y, &|out: &mut [T], a: &[T], b: &[T]| zip(out, a, b, f))
}

#[inline(always)]
fn zip<T: Element, U: Element>(out: &mut [U], a: &[T], b: &[T], f: impl Fn(T, T) -> U + Copy) {
    run(
        out,
        #[inline(always)]
        |out| {
            let own = f;
            for ((o, x), y) in out.iter_mut().zip(a).zip(b) {
                *o = own(*x, *y);
            }
        },
    );
}

/// [`unary`] with the loop given; threads pay from `grain` elements on.
pub fn unary_loop<T: Element, U: Element>(
    x: &Array,
    grain: usize,
    f: Loop1<T, U>,
) -> Result<Array> {
    if !x.layout().is_dense() {
        return unary_loop(&packed(x)?, grain, f);
    }
    let from: &[T] = &x.slice::<T>();
    Array::build_like::<U>(x.layout(), |out| {
        threads::fill(out, grain, &|start, part| {
            f(part, &from[start..start + part.len()])
        });
    })
}

/// A copy without gaps, in the order of the strides.
fn packed(x: &Array) -> Result<Array> {
    let mut order = Dims::new();
    permutation(x.shape(), &[&x.layout().strides], &mut order);
    order.reverse();
    let copy = x.permute(&order).copy()?;
    let mut back = Dims::from_elem(0, order.len());
    for (i, &d) in order.iter().enumerate() {
        back[d] = i;
    }
    Ok(copy.permute(&back))
}

/// [`update`] with the loop given.
pub fn update_loop<T: Element>(x: &Array, f: &(dyn Fn(&mut [T]) + Sync)) -> Result<()> {
    if x.layout().is_dense() {
        threads::fill(&mut x.slice_mut::<T>(), threads::GRAIN, &|_, part| f(part));
        return Ok(());
    }
    let copy = x.copy()?;
    f(&mut copy.slice_mut::<T>());
    x.assign(&copy)
}

/// [`binary`] with the loop given.
pub fn binary_loop<T: Element, U: Element>(
    a: Side<'_, T>,
    b: Side<'_, T>,
    f: Loop2<T, U>,
) -> Result<Array> {
    match (a, b) {
        (Side::Array(a), Side::Array(b)) => binary_arrays(a, b, f),
        (Side::Array(a), Side::Scalar(y)) => with_number(a, y, &|out, x, y| f(out, x, y)),
        (Side::Scalar(x), Side::Array(b)) => with_number(b, x, &|out, y, x| f(out, x, y)),
        (Side::Scalar(x), Side::Scalar(y)) => Array::build::<U>(&[], |out| f(out, &[x], &[y])),
    }
}

/// The loop over an array and one number, which is spread over a buffer.
fn with_number<T: Element, U: Element>(x: &Array, number: T, f: Loop2<T, U>) -> Result<Array> {
    unary_loop(x, threads::GRAIN, &|out: &mut [U], x: &[T]| {
        spread(out, x, number, f)
    })
}

fn spread<T: Element, U: Element>(out: &mut [U], x: &[T], number: T, f: Loop2<T, U>) {
    if out.len() <= 16 {
        let many = [number; 16];
        return f(out, x, &many[..x.len()]);
    }
    let many = [number; CHUNK];
    for (out, x) in out.chunks_mut(CHUNK).zip(x.chunks(CHUNK)) {
        f(out, x, &many[..x.len()]);
    }
}

fn binary_arrays<T: Element, U: Element>(a: &Array, b: &Array, f: Loop2<T, U>) -> Result<Array> {
    let (la, lb) = (a.layout(), b.layout());
    if la.shape == lb.shape
        && (la.strides == lb.strides && la.is_dense() || la.is_contiguous() && lb.is_contiguous())
    {
        let (a, b): (&[T], &[T]) = (&a.slice::<T>(), &b.slice::<T>());
        return Array::build_like::<U>(la, |out| {
            threads::fill(out, threads::GRAIN, &|start, part| {
                let end = start + part.len();
                f(part, &a[start..end], &b[start..end]);
            });
        });
    }
    if lb.shape.is_empty() {
        let y = b.read::<T>()[lb.offset];
        return with_number(a, y, f);
    }
    if la.shape.is_empty() {
        let x = a.read::<T>()[la.offset];
        return with_number(b, x, &|out, y, x| f(out, x, y));
    }
    let shape = broadcast_shapes(&la.shape, &lb.shape)?;
    let (a, b) = (a.broadcast(&shape), b.broadcast(&shape));
    let runs = Runs::new(&shape, &[&a.layout().strides, &b.layout().strides]);
    if runs.inner.iter().any(|s| *s > 1) && runs.output.numel() >= BLOCKS_FROM {
        return in_blocks(&a, &b, &runs, f);
    }
    in_runs(&a, &b, &runs, f)
}

/// The loop over the runs of two operands stretched to one shape.
fn in_runs<T: Element, U: Element>(
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
const BLOCKS_FROM: usize = 1 << 14;
/// Runs and elements of each in a block: as many as there are single floats in a line of memory, so that a transposed
/// block reads whole lines, and so long that the second cache holds it.
const BLOCK: (usize, usize) = (16, 2048);

/// The loop over blocks of runs, for operands that do not lie as the output does.
fn in_blocks<T: Element, U: Element>(
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

/// [`update_with`] with the loop given.
pub fn update_with_loop<T: Element>(x: &Array, y: Side<'_, T>, f: Loop2<T, T>) -> Result<()> {
    let y = match y {
        Side::Scalar(v) => return update_with_number(x, v, f),
        Side::Array(y) => y,
    };
    if y.numel() == 1 {
        let v = y.read::<T>()[y.layout().offset];
        return update_with_number(x, v, f);
    }
    let (lx, ly) = (x.layout(), y.layout());
    let aligned = lx.shape == ly.shape
        && (lx.strides == ly.strides && lx.is_dense() || lx.is_contiguous() && ly.is_contiguous());
    if !aligned || x.storage().same(y.storage()) {
        return x.assign(&binary_loop(Side::Array(x), Side::Array(y), f)?);
    }
    let y: &[T] = &y.slice::<T>();
    threads::fill(&mut x.slice_mut::<T>(), threads::GRAIN, &|start, part| {
        in_chunks(part, |out, old, at| {
            f(out, old, &y[start + at..start + at + out.len()])
        });
    });
    Ok(())
}

fn update_with_number<T: Element>(x: &Array, number: T, f: Loop2<T, T>) -> Result<()> {
    update_loop(x, &|part: &mut [T]| {
        let many = [number; CHUNK];
        in_chunks(part, |out, old, _| f(out, old, &many[..out.len()]));
    })
}

/// Pieces of a slice, each with a copy of its old values and its place.
fn in_chunks<T: Element>(part: &mut [T], mut f: impl FnMut(&mut [T], &[T], usize)) {
    let mut old = [T::ZERO; CHUNK];
    for (i, out) in part.chunks_mut(CHUNK).enumerate() {
        let n = out.len();
        old[..n].copy_from_slice(out);
        f(out, &old[..n], i * CHUNK);
    }
}

/// The runs of a broadcast: an output layout, and where each operand's run starts.
struct Runs {
    output: Layout,
    /// Length of a run.
    length: usize,
    /// Each operand's stride inside a run.
    inner: SmallVec<[usize; 3]>,
    /// Sizes of the outer dimensions, fastest first.
    outer: Dims,
    /// Each operand's strides along them.
    steps: SmallVec<[Dims; 3]>,
}

/// The order of dimensions, fastest first, in which to walk operands (`TensorIteratorBase::reorder_dimensions`).
fn permutation(shape: &[usize], strides: &[&Dims], order: &mut Dims) {
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
    fn new(shape: &[usize], strides: &[&Dims]) -> Runs {
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

/// `f` of three elements each; all operands are stretched to the common shape first.
#[inline]
pub fn ternary<A: Element, B: Element, C: Element, U: Element>(
    a: &Array,
    b: &Array,
    c: &Array,
    f: impl Fn(A, B, C) -> U + Copy + Sync,
) -> Result<Array> {
    let all = together([a, b, c])?;
    ternary_loop(&all, &|out: &mut [U], a: &[A], b: &[B], c: &[C]| {
        run(out, |out| {
            for (((o, a), b), c) in out.iter_mut().zip(a).zip(b).zip(c) {
                *o = f(*a, *b, *c);
            }
        });
    })
}

/// The operands stretched to their common shape, in row-major order.
fn together(operands: [&Array; 3]) -> Result<[Array; 3]> {
    let [a, b, c] = operands;
    let shape = broadcast_shapes(&broadcast_shapes(a.shape(), b.shape())?, c.shape())?;
    let flat = |x: &Array| x.broadcast(&shape).contiguous();
    Ok([flat(a)?, flat(b)?, flat(c)?])
}

/// [`ternary`] with the loop given, over operands of one shape.
fn ternary_loop<A: Element, B: Element, C: Element, U: Element>(
    [a, b, c]: &[Array; 3],
    f: Loop3<A, B, C, U>,
) -> Result<Array> {
    let shape = a.shape();
    let (a, b, c): (&[A], &[B], &[C]) = (&a.slice::<A>(), &b.slice::<B>(), &c.slice::<C>());
    Array::build::<U>(shape, |out| {
        threads::fill(out, threads::GRAIN, &|start, part| {
            let end = start + part.len();
            f(part, &a[start..end], &b[start..end], &c[start..end]);
        });
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(a: &Array, b: &Array) -> Array {
        binary::<i64, i64>(Side::Array(a), Side::Array(b), |x, y| x + y).unwrap()
    }

    #[test]
    fn operands_broadcast() {
        let a = Array::from_vec(vec![10i64, 20], &[2, 1]);
        let b = Array::from_vec(vec![1i64, 2, 3], &[3]);
        let c = add(&a, &b);
        assert_eq!(c.shape(), [2, 3]);
        assert_eq!(c.to_vec::<i64>().unwrap(), [11, 12, 13, 21, 22, 23]);
        let m = Array::from_vec(vec![1i64, 2, 3, 4, 5, 6], &[3, 2]);
        let d = add(&m.permute(&[1, 0]), &c);
        assert_eq!(d.to_vec::<i64>().unwrap(), [12, 15, 18, 23, 26, 29]);
        assert_eq!(d.layout().strides.as_slice(), [1, 2]);
    }

    #[test]
    fn strides_follow_the_operand() {
        let x = Array::from_vec((0..24).map(|i| i as f32).collect(), &[2, 3, 4]);
        let part = x
            .permute(&[2, 0, 1])
            .with_layout(x.permute(&[2, 0, 1]).layout().slice(0, 1, 2, 2));
        let y = unary::<f32, f32>(&part, |v| v + 1.0).unwrap();
        let expected: Vec<f32> = part
            .to_vec::<f32>()
            .unwrap()
            .iter()
            .map(|v| v + 1.0)
            .collect();
        assert_eq!(y.to_vec::<f32>().unwrap(), expected);
        assert_eq!(y.layout().strides.as_slice(), [1, 6, 2]);
    }
}
