//! One value out for one value in of each operand, with broadcasting.
//!
//! The output's strides follow the operands' as in PyTorch's TensorIterator, so a transposed input gives a transposed
//! output. Loops run over slices; broadcasting only decides which slices meet.

use smallvec::SmallVec;

use super::vectorize;
use crate::tensor::array::layout::{Layout, broadcast_shapes};
use crate::tensor::array::{Array, Dims, Element, Result, threads};

/// Elements below which SIMD dispatch does not pay.
const SHORT: usize = 64;

/// An operand: elements, or one value for all.
pub enum Side<'a, T> {
    /// An array of this element type.
    Array(&'a Array),
    /// One value.
    Scalar(T),
}

#[inline(always)]
fn run<U: Element>(out: &mut [U], f: impl FnOnce(&mut [U])) {
    if U::FLOATING && out.len() >= SHORT {
        vectorize(|| f(out))
    } else {
        f(out)
    }
}

/// `f` of each element.
#[inline(always)]
pub fn unary<T: Element, U: Element>(
    x: &Array,
    f: impl Fn(T) -> U + Copy + Sync + Send,
) -> Result<Array> {
    unary_grained(x, threads::GRAIN, f)
}

/// [`unary`] for a function so costly that threads pay from `grain` elements on.
#[inline(always)]
pub fn unary_grained<T: Element, U: Element>(
    x: &Array,
    grain: usize,
    f: impl Fn(T) -> U + Copy + Sync + Send,
) -> Result<Array> {
    if !x.layout().is_dense() {
        let mut order = Dims::new();
        permutation(x.shape(), &[&x.layout().strides], &mut order);
        let copy = x
            .permute(&order.iter().rev().copied().collect::<Dims>())
            .copy()?;
        let mut back = Dims::from_elem(0, order.len());
        order
            .iter()
            .rev()
            .enumerate()
            .for_each(|(i, &d)| back[d] = i);
        return unary_grained(&copy.permute(&back), grain, f);
    }
    let from: &[T] = &x.slice::<T>();
    Array::build_like::<U>(x.layout(), |out| {
        threads::fill(out, grain, |start, part| {
            map(part, &from[start..start + part.len()], f)
        });
    })
}

#[inline(always)]
fn map<T: Element, U: Element>(out: &mut [U], x: &[T], f: impl Fn(T) -> U + Copy) {
    run(out, |out| {
        for (o, x) in out.iter_mut().zip(x) {
            *o = f(*x);
        }
    });
}

/// `f` of each element, written in its place.
#[inline(always)]
pub fn update<T: Element>(x: &Array, f: impl Fn(T) -> T + Copy + Sync + Send) -> Result<()> {
    if !x.layout().is_dense() {
        return x.assign(&unary::<T, T>(x, f)?);
    }
    let mut all = x.slice_mut::<T>();
    threads::fill(&mut all, threads::GRAIN, |_, part| {
        run(part, |part| {
            for o in part.iter_mut() {
                *o = f(*o);
            }
        });
    });
    Ok(())
}

/// `f(x, y)` of each pair, written in `x`'s place; `y` must broadcast to `x`.
#[inline(always)]
pub fn update_with<T: Element>(
    x: &Array,
    y: Side<'_, T>,
    f: impl Fn(T, T) -> T + Copy + Sync + Send,
) -> Result<()> {
    let y = match y {
        Side::Scalar(v) => return update(x, move |u| f(u, v)),
        Side::Array(y) => y,
    };
    if y.numel() == 1 {
        let v = y.read::<T>()[y.layout().offset];
        return update(x, move |u| f(u, v));
    }
    let aligned =
        y.shape() == x.shape() && y.layout().strides == x.layout().strides && x.layout().is_dense();
    if !aligned {
        return x.assign(&binary::<T, T>(Side::Array(x), Side::Array(y), f)?);
    }
    if x.storage().same(y.storage()) {
        let copy = y.copy_dense()?;
        return update_with(x, Side::Array(&copy), f);
    }
    let y: &[T] = &y.slice::<T>();
    let mut all = x.slice_mut::<T>();
    threads::fill(&mut all, threads::GRAIN, |start, part| {
        let y = &y[start..start + part.len()];
        run(part, |part| {
            for (o, y) in part.iter_mut().zip(y) {
                *o = f(*o, *y);
            }
        });
    });
    Ok(())
}

/// `f` of each pair of elements, with broadcasting.
#[inline(always)]
pub fn binary<T: Element, U: Element>(
    a: Side<'_, T>,
    b: Side<'_, T>,
    f: impl Fn(T, T) -> U + Copy + Sync + Send,
) -> Result<Array> {
    match (a, b) {
        (Side::Array(a), Side::Array(b)) => binary_arrays(a, b, f),
        (Side::Array(a), Side::Scalar(y)) => unary(a, move |x| f(x, y)),
        (Side::Scalar(x), Side::Array(b)) => unary(b, move |y| f(x, y)),
        (Side::Scalar(x), Side::Scalar(y)) => Ok(Array::scalar(f(x, y))),
    }
}

#[inline(always)]
fn binary_arrays<T: Element, U: Element>(
    a: &Array,
    b: &Array,
    f: impl Fn(T, T) -> U + Copy + Sync + Send,
) -> Result<Array> {
    let (la, lb) = (a.layout(), b.layout());
    if la.shape == lb.shape
        && (la.strides == lb.strides && la.is_dense() || la.is_contiguous() && lb.is_contiguous())
    {
        let (a, b): (&[T], &[T]) = (&a.slice::<T>(), &b.slice::<T>());
        return Array::build_like::<U>(la, |out| {
            threads::fill(out, threads::GRAIN, |start, part| {
                let (a, b) = (&a[start..start + part.len()], &b[start..start + part.len()]);
                zip(part, a, b, f);
            });
        });
    }
    if lb.shape.is_empty() {
        let y = b.read::<T>()[lb.offset];
        return unary(a, move |x| f(x, y));
    }
    if la.shape.is_empty() {
        let x = a.read::<T>()[la.offset];
        return unary(b, move |y| f(x, y));
    }
    let shape = broadcast_shapes(&la.shape, &lb.shape)?;
    let (a, b) = (a.broadcast(&shape), b.broadcast(&shape));
    let runs = Runs::new(&shape, &[&a.layout().strides, &b.layout().strides]);
    let (xs, ys): (&[T], &[T]) = (&a.read::<T>(), &b.read::<T>());
    let (x0, y0) = (a.layout().offset, b.layout().offset);
    Array::build_like::<U>(&runs.output, |out| {
        threads::fill_rows(out, runs.length, runs.output.numel(), |first, part| {
            let (sa, sb) = (runs.inner[0], runs.inner[1]);
            runs.each(first, part, |out, at| {
                pair(out, xs, x0 + at[0], sa, ys, y0 + at[1], sb, f)
            });
        });
    })
}

#[inline(always)]
fn zip<T: Element, U: Element>(out: &mut [U], a: &[T], b: &[T], f: impl Fn(T, T) -> U + Copy) {
    run(out, |out| {
        for ((o, x), y) in out.iter_mut().zip(a).zip(b) {
            *o = f(*x, *y);
        }
    });
}

/// One run: the operands' inner strides are 1 or 0 in the fast forms.
#[inline(always)]
#[allow(clippy::too_many_arguments)]
fn pair<T: Element, U: Element>(
    out: &mut [U],
    xs: &[T],
    x0: usize,
    sa: usize,
    ys: &[T],
    y0: usize,
    sb: usize,
    f: impl Fn(T, T) -> U + Copy,
) {
    let n = out.len();
    match (sa, sb) {
        (1, 1) => zip(out, &xs[x0..x0 + n], &ys[y0..y0 + n], f),
        (1, 0) => {
            let y = ys[y0];
            map(out, &xs[x0..x0 + n], move |x| f(x, y));
        }
        (0, 1) => {
            let x = xs[x0];
            map(out, &ys[y0..y0 + n], move |y| f(x, y));
        }
        _ => {
            for (i, o) in out.iter_mut().enumerate() {
                *o = f(xs[x0 + i * sa], ys[y0 + i * sb]);
            }
        }
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

    /// Calls the function for each run of a piece of the output, whose first run has the given number.
    #[inline(always)]
    fn each<U>(&self, first: usize, part: &mut [U], mut f: impl FnMut(&mut [U], &[usize])) {
        if self.length == 0 {
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
#[inline(always)]
pub fn ternary<A: Element, B: Element, C: Element, U: Element>(
    a: &Array,
    b: &Array,
    c: &Array,
    f: impl Fn(A, B, C) -> U + Copy + Sync + Send,
) -> Result<Array> {
    let shape = broadcast_shapes(&broadcast_shapes(a.shape(), b.shape())?, c.shape())?;
    let flat = |x: &Array| x.broadcast(&shape).contiguous();
    let (a, b, c) = (flat(a)?, flat(b)?, flat(c)?);
    let (a, b, c): (&[A], &[B], &[C]) = (&a.slice::<A>(), &b.slice::<B>(), &c.slice::<C>());
    Array::build::<U>(&shape, |out| {
        threads::fill(out, threads::GRAIN, |start, part| {
            let end = start + part.len();
            let (a, b, c) = (&a[start..end], &b[start..end], &c[start..end]);
            run(part, |part| {
                for (((o, a), b), c) in part.iter_mut().zip(a).zip(b).zip(c) {
                    *o = f(*a, *b, *c);
                }
            });
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
