//! Many values in, one out: sums with error far below plain summation, and folds over rows.

use super::cascade::{columns, strided};
use super::vectorize;
use crate::tensor::array::{Array, Dims, Element, Number, Result, threads};

pub use super::cascade::{sum, sum_all, vector};

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

/// The sum over some dimensions, which go away, in the order in which PyTorch's `TensorIterator` passes over them: the
/// reduced dimension whose elements lie nearest is summed first.
pub fn sum_dims<T: Number>(x: &Array, dims: &[usize]) -> Result<Array> {
    if dims.len() == x.ndim() && x.layout().is_dense() {
        let all: &[T] = &x.slice::<T>();
        return Ok(Array::scalar(sum_all(all)));
    }
    let (shape, strides) = (x.shape(), &x.layout().strides);
    let mut inner: Dims = dims.iter().copied().filter(|&d| shape[d] != 1).collect();
    inner.sort_by_key(|&d| strides[d]);
    let (n, step, whole) = nearest(shape, strides, &inner);
    let out = reduced_shape(shape, dims, false);
    if x.numel() == 0 || n == 1 {
        return fold::<T, T>(x, dims, &|row| row.iter().fold(T::ZERO, |s, v| s.plus(*v)));
    }
    let last = (0..x.ndim()).rfind(|d| shape[*d] != 1 && !dims.contains(d));
    if let (true, true, Some(last)) = (whole, step > 1, last)
        && strides[last] < step
    {
        return sum_columns::<T>(x, dims, last)?.reshape(&out);
    }
    let mut order: Dims = (0..x.ndim()).filter(|d| !inner.contains(d)).collect();
    order.extend(inner.iter().rev().copied());
    let rows = x.permute(&order).contiguous()?;
    let all: &[T] = &rows.slice::<T>();
    let length = inner.iter().map(|&d| shape[d]).product();
    let part = |x: &[T]| match step {
        1 => sum(x),
        _ => strided(x, 1, x.len()),
    };
    Array::build::<T>(&out, |out| {
        threads::fill_rows(out, 1, all.len(), &|first, out| {
            for (o, row) in out.iter_mut().zip(all[first * length..].chunks(length)) {
                let parts = row.chunks(n);
                *o = parts.fold(T::ZERO, |s, x| s.plus(part(x)));
            }
        });
    })
}

/// The nearest of dimensions sorted by stride, joined with those that continue it: size, stride and whether it is all.
fn nearest(shape: &[usize], strides: &[usize], sorted: &[usize]) -> (usize, usize, bool) {
    let Some((&first, rest)) = sorted.split_first() else {
        return (1, 1, true);
    };
    let (mut n, step) = (shape[first], strides[first]);
    for &d in rest {
        if strides[d] != n * step {
            return (n, step, false);
        }
        n *= shape[d];
    }
    (n, step, true)
}

/// [`sum_dims`] where a kept dimension lies nearer than the reduced ones: whole rows are added up.
fn sum_columns<T: Number>(x: &Array, dims: &[usize], last: usize) -> Result<Array> {
    let wide = x.layout().strides[last] == 1;
    let (x, (outer, n, inner)) = match three_parts(x.shape(), dims) {
        Some(parts) if x.is_contiguous() => (x.clone(), parts),
        _ => {
            let mut order: Dims = (0..x.ndim()).filter(|d| !dims.contains(d)).collect();
            order.retain(|d| *d != last);
            let outer: usize = order.iter().map(|&d| x.shape()[d]).product();
            let mut reduced = Dims::from_slice(dims);
            reduced.sort_by_key(|&d| std::cmp::Reverse(x.layout().strides[d]));
            let n = reduced.iter().map(|&d| x.shape()[d]).product();
            order.extend(reduced);
            order.push(last);
            (x.permute(&order).contiguous()?, (outer, n, x.shape()[last]))
        }
    };
    let wide = wide && inner >= vector::<T>();
    let all: &[T] = &x.slice::<T>();
    Array::build::<T>(&[outer, inner], |out| {
        threads::fill_rows(out, inner, outer * n * inner, &|first, part| {
            for (i, o) in part.chunks_mut(inner).enumerate() {
                let start = (first + i) * n * inner;
                vectorize(
                    #[inline(always)]
                    || columns(&all[start..start + n * inner], o, wide),
                );
            }
        });
    })
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
