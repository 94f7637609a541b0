//! Sums in NumPy's order: what is printed with all its digits must agree in the last one.
//!
//! Source: `pairwise_sum` of NumPy's `loops_utils.h`, and the way its iterator joins axes.

use smallvec::SmallVec;

use crate::tensor::array::{Array, Real, Result};

/// The sum of `n` elements, in eight running sums a block of 128.
fn pairwise<T: Real>(x: &[T], at: usize, n: usize, stride: usize) -> T {
    let get = |i: usize| x[at + i * stride];
    if n < 8 {
        return (0..n).fold(T::ZERO, |sum, i| sum + get(i));
    }
    if n > 128 {
        let half = n / 2 / 8 * 8;
        let low = pairwise(x, at, half, stride);
        return low + pairwise(x, at + half * stride, n - half, stride);
    }
    let mut r: [T; 8] = std::array::from_fn(get);
    for i in (8..n - n % 8).step_by(8) {
        for (j, sum) in r.iter_mut().enumerate() {
            *sum = *sum + get(i + j);
        }
    }
    let whole = ((r[0] + r[1]) + (r[2] + r[3])) + ((r[4] + r[5]) + (r[6] + r[7]));
    (n - n % 8..n).fold(whole, |sum, i| sum + get(i))
}

/// An axis of the walk: its size, and its strides in the array and in the result.
#[derive(Clone, Copy)]
struct Axis {
    size: usize,
    from: usize,
    to: usize,
}

/// The axes, the one with the longest strides first; neighbours that lie as one axis would are one.
fn axes(x: &Array, summed: &[usize], kept: &[usize]) -> SmallVec<[Axis; 4]> {
    let shape = x.shape();
    let mut step: usize = kept.iter().map(|d| shape[*d]).product();
    let mut all: SmallVec<[Axis; 4]> = SmallVec::new();
    for (d, &size) in shape.iter().enumerate() {
        let to = if summed.contains(&d) {
            0
        } else {
            step /= size.max(1);
            step
        };
        let from = x.layout().strides[d];
        if size != 1 {
            all.push(Axis { size, from, to });
        }
    }
    all.sort_by_key(|axis| std::cmp::Reverse(axis.from));
    let mut joined: SmallVec<[Axis; 4]> = SmallVec::new();
    for axis in all {
        match joined.last_mut() {
            Some(last) if last.from == axis.from * axis.size && last.to == axis.to * axis.size => {
                last.size *= axis.size;
                (last.from, last.to) = (axis.from, axis.to);
            }
            _ => joined.push(axis),
        }
    }
    joined
}

/// The sum over some axes, or the product; the result has the others, in their order.
pub(super) fn fold<T: Real>(x: &Array, summed: &[usize], product: bool) -> Result<Array> {
    let kept: SmallVec<[usize; 4]> = (0..x.ndim()).filter(|d| !summed.contains(d)).collect();
    let shape: SmallVec<[usize; 4]> = kept.iter().map(|d| x.shape()[*d]).collect();
    let mut axes = axes(x, summed, &kept);
    let inner = axes.pop().unwrap_or(Axis {
        size: 1,
        from: 0,
        to: 0,
    });
    let from = x.read::<T>();
    Array::build::<T>(&shape, |out| {
        out.fill(if product { T::ONE } else { T::ZERO });
        if x.numel() > 0 {
            let walk = if product {
                walk::<T, true>
            } else {
                walk::<T, false>
            };
            walk(&from, x.layout().offset, out, 0, &axes, inner);
        }
    })
}

fn walk<T: Real, const PRODUCT: bool>(
    from: &[T],
    at: usize,
    out: &mut [T],
    to: usize,
    axes: &[Axis],
    inner: Axis,
) {
    if let Some((axis, rest)) = axes.split_first() {
        for i in 0..axis.size {
            let (at, to) = (at + i * axis.from, to + i * axis.to);
            walk::<T, PRODUCT>(from, at, out, to, rest, inner);
        }
    } else if PRODUCT {
        for i in 0..inner.size {
            let place = &mut out[to + i * inner.to];
            *place = *place * from[at + i * inner.from];
        }
    } else if inner.to == 0 {
        out[to] = out[to] + pairwise(from, at, inner.size, inner.from);
    } else {
        for i in 0..inner.size {
            let place = &mut out[to + i * inner.to];
            *place = *place + from[at + i * inner.from];
        }
    }
}
