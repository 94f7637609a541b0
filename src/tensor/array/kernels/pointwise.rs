//! One value out for one value in of each operand, with broadcasting.
//!
//! The output's strides follow the operands' as in PyTorch's TensorIterator, so a transposed input gives a transposed
//! output. An operation is one loop over slices, compiled once for each element type. Broadcasting, strides, numbers,
//! threads and in-place writing only decide which slices meet: values that do not lie side by side pass through a small
//! buffer. That keeps the program small, which matters with hundreds of operations and a handful of element types.

use super::runs::{BLOCKS_FROM, Runs, in_blocks, in_runs, permutation};
use super::vectorize_wide;
use crate::tensor::array::layout::broadcast_shapes;
use crate::tensor::array::{Array, Dims, Element, Result, threads};

/// Elements of the buffer through which scattered values pass.
pub(super) const CHUNK: usize = 512;

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
    update_with_loop(x, y, &|out: &mut [T], y: &[T]| {
        run(
            out,
            #[inline(always)]
            |out| {
                let own = f;
                for (o, y) in out.iter_mut().zip(y) {
                    *o = own(*o, *y);
                }
            },
        );
    })
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

/// [`update_with`] with the loop given.
fn update_with_loop<T: Element>(x: &Array, y: Side<'_, T>, f: Loop1<T, T>) -> Result<()> {
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
        let apart = |out: &mut [T], x: &[T], y: &[T]| {
            out.copy_from_slice(x);
            f(out, y);
        };
        return x.assign(&binary_loop(Side::Array(x), Side::Array(y), &apart)?);
    }
    let y: &[T] = &y.slice::<T>();
    threads::fill(&mut x.slice_mut::<T>(), threads::GRAIN, &|start, part| {
        f(part, &y[start..start + part.len()]);
    });
    Ok(())
}

fn update_with_number<T: Element>(x: &Array, number: T, f: Loop1<T, T>) -> Result<()> {
    update_loop(x, &|part: &mut [T]| {
        let many = [number; CHUNK];
        for part in part.chunks_mut(CHUNK) {
            f(part, &many[..part.len()]);
        }
    })
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
