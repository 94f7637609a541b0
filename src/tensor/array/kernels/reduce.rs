//! Many values in, one out: sums with error far below plain summation, and folds over rows.

use super::vectorize;
use crate::tensor::array::{Array, Dims, Element, Number, Result, threads};

/// Elements that one accumulator lane takes in before the lane is closed.
const BLOCK: usize = 2048;
/// Elements that one task sums; fixed, so that the result does not depend on the number of threads.
const PIECE: usize = 1 << 16;
const LANES: usize = 64;

/// The sum in lanes, blocks and pairs.
#[inline(always)]
pub fn sum<T: Number>(x: &[T]) -> T {
    if x.len() < 16 {
        return x.iter().fold(T::ZERO, |s, v| s.plus(*v));
    }
    vectorize(
        #[inline(always)]
        || pairwise(x),
    )
}

#[inline(always)]
fn pairwise<T: Number>(x: &[T]) -> T {
    // Partial sums of complete blocks, combined like a binary counter: `partial[i]` holds 2^i blocks.
    let mut partial = [T::ZERO; 48];
    let mut count = 0usize;
    let mut blocks = x.chunks_exact(BLOCK);
    for block in &mut blocks {
        let mut s = sum_block(block);
        let mut i = 0;
        while count >> i & 1 == 1 {
            s = partial[i].plus(s);
            i += 1;
        }
        partial[i] = s;
        count += 1;
    }
    let mut total = sum_block(blocks.remainder());
    for (i, p) in partial.iter().enumerate() {
        if count >> i & 1 == 1 {
            total = p.plus(total);
        }
    }
    total
}

#[inline(always)]
fn sum_block<T: Number>(x: &[T]) -> T {
    if x.len() < LANES {
        return sum_few(x);
    }
    let mut lanes = [T::ZERO; LANES];
    let mut chunks = x.chunks_exact(LANES);
    for chunk in &mut chunks {
        for (l, v) in lanes.iter_mut().zip(chunk) {
            *l = l.plus(*v);
        }
    }
    let mut width = LANES / 2;
    while width > 0 {
        for i in 0..width {
            lanes[i] = lanes[i].plus(lanes[i + width]);
        }
        width /= 2;
    }
    lanes[0].plus(sum_few(chunks.remainder()))
}

/// The sum of fewer than [`LANES`] elements, in eight lanes.
#[inline(always)]
fn sum_few<T: Number>(x: &[T]) -> T {
    let mut lanes = [T::ZERO; 8];
    for chunk in x.chunks(8) {
        for (l, v) in lanes.iter_mut().zip(chunk) {
            *l = l.plus(*v);
        }
    }
    let [a, b, c, d, e, f, g, h] = lanes;
    a.plus(e).plus(b.plus(f)).plus(c.plus(g).plus(d.plus(h)))
}

/// [`sum`] on several threads.
pub fn sum_all<T: Number>(x: &[T]) -> T {
    if x.len() <= PIECE {
        return sum(x);
    }
    let mut parts = vec![T::ZERO; x.len().div_ceil(PIECE)];
    threads::fill_rows(&mut parts, 1, x.len(), &|first, parts| {
        for (i, p) in parts.iter_mut().enumerate() {
            let start = (first + i) * PIECE;
            *p = sum(&x[start..x.len().min(start + PIECE)]);
        }
    });
    sum(&parts)
}

/// An array seen as rows to reduce: the kept dimensions outside, the reduced ones inside.
pub struct Rows {
    /// Contiguous, `rows * length` elements.
    pub array: Array,
    /// The kept dimensions.
    pub kept: Dims,
    /// How many elements each row has.
    pub length: usize,
}

/// Moves the reduced dimensions last, with a copy where needed.
pub fn rows(x: &Array, dims: &[usize]) -> Result<Rows> {
    let mut order: Dims = (0..x.ndim()).filter(|d| !dims.contains(d)).collect();
    let kept = order.iter().map(|&d| x.shape()[d]).collect();
    order.extend((0..x.ndim()).filter(|d| dims.contains(d)));
    let length = dims.iter().map(|&d| x.shape()[d]).product();
    Ok(Rows {
        array: x.permute(&order).contiguous()?,
        kept,
        length,
    })
}

/// The shape after a reduction.
pub fn reduced_shape(shape: &[usize], dims: &[usize], keepdim: bool) -> Dims {
    let sizes = shape.iter().enumerate();
    if keepdim {
        sizes
            .map(|(d, &s)| if dims.contains(&d) { 1 } else { s })
            .collect()
    } else {
        sizes
            .filter(|(d, _)| !dims.contains(d))
            .map(|(_, &s)| s)
            .collect()
    }
}

/// `f` of each row.
pub fn fold<T: Element, U: Element>(
    x: &Array,
    dims: &[usize],
    f: &(dyn Fn(&[T]) -> U + Sync),
) -> Result<Array> {
    let rows = rows(x, dims)?;
    let all: &[T] = &rows.array.slice::<T>();
    let n = rows.length;
    Array::build::<U>(&rows.kept, |out| {
        threads::fill_rows(out, 1, all.len(), &|first, part| {
            for (i, o) in part.iter_mut().enumerate() {
                *o = f(&all[(first + i) * n..(first + i + 1) * n]);
            }
        });
    })
}

/// The sum over some dimensions, which go away.
pub fn sum_dims<T: Number>(x: &Array, dims: &[usize]) -> Result<Array> {
    if dims.len() == x.ndim() && x.layout().is_dense() {
        let all: &[T] = &x.slice::<T>();
        return Ok(Array::scalar(sum_all(all)));
    }
    // Leading or middle dimensions of a contiguous array: whole rows are added up.
    if let (true, Some((outer, n, inner))) = (x.is_contiguous(), three_parts(x.shape(), dims))
        && inner > 1
    {
        let all: &[T] = &x.slice::<T>();
        return Array::build::<T>(&reduced_shape(x.shape(), dims, false), |out| {
            threads::fill_rows(out, inner, outer * n * inner, &|first, part| {
                for (i, o) in part.chunks_mut(inner).enumerate() {
                    let start = (first + i) * n * inner;
                    vectorize(
                        #[inline(always)]
                        || sum_columns(&all[start..start + n * inner], o),
                    );
                }
            });
        });
    }
    fold::<T, T>(x, dims, &|row| sum(row))
}

/// The sizes before, of and after a stretch of neighbouring dimensions.
fn three_parts(shape: &[usize], dims: &[usize]) -> Option<(usize, usize, usize)> {
    let first = dims.iter().copied().min()?;
    let last = dims.iter().copied().max()?;
    if last - first + 1 != dims.len() {
        return None;
    }
    let size = |part: &[usize]| part.iter().product();
    Some((
        size(&shape[..first]),
        size(&shape[first..=last]),
        size(&shape[last + 1..]),
    ))
}

/// The sum of rows as long as `out`; every 64 rows are summed apart, which keeps the error small.
#[inline(always)]
fn sum_columns<T: Number>(x: &[T], out: &mut [T]) {
    let n = out.len();
    out.fill(T::ZERO);
    if x.len() <= 64 * n {
        for row in x.chunks_exact(n) {
            for (o, v) in out.iter_mut().zip(row) {
                *o = o.plus(*v);
            }
        }
        return;
    }
    let mut part = vec![T::ZERO; n];
    for group in x.chunks(64 * n) {
        part.fill(T::ZERO);
        for row in group.chunks_exact(n) {
            for (o, v) in part.iter_mut().zip(row) {
                *o = o.plus(*v);
            }
        }
        for (o, v) in out.iter_mut().zip(&part) {
            *o = o.plus(*v);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_accurate_over_any_dimensions() {
        let ones = vec![0.1f32; 1 << 20];
        assert!((sum_all(&ones) - 104_857.6).abs() < 0.1);
        let x = Array::from_vec((0..24i64).collect(), &[2, 3, 4]);
        let s = |dims: &[usize]| sum_dims::<i64>(&x, dims).unwrap().to_vec::<i64>().unwrap();
        assert_eq!(s(&[0]), (0..12).map(|i| 2 * i + 12).collect::<Vec<_>>());
        assert_eq!(s(&[1]), [12, 15, 18, 21, 48, 51, 54, 57]);
        assert_eq!(s(&[2]), [6, 22, 38, 54, 70, 86]);
        assert_eq!(s(&[0, 2]), [60, 92, 124]);
        assert_eq!(s(&[0, 1, 2]), [276]);
    }
}
