//! Many values in, one out: sums with error far below plain summation, and folds over rows.

use super::cascade::{columns, columns_of_all, sum_rows};
use super::vectorize;
use crate::tensor::array::layout::by_stride;
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
    by_stride(&mut inner, strides);
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
    let turned = x.permute(&order);
    let length: usize = inner.iter().map(|&d| shape[d]).product();
    if step == 1 && n >= WORTH_PLACES && !turned.is_contiguous() {
        return sum_stretches::<T>(&turned, n, length / n, &out);
    }
    let rows = turned.contiguous()?;
    let all: &[T] = &rows.slice::<T>();
    Array::build::<T>(&out, |out| {
        threads::fill_rows(out, 1, all.len(), &|first, out| {
            sum_rows(&all[first * length..], (length, n, step != 1), out);
        });
    })
}

/// Elements of a stretch from which it is summed where it lies rather than from a copy.
const WORTH_PLACES: usize = 16;

/// Sums of `many` stretches of `n` neighbours each, which the last dimensions of the array are.
fn sum_stretches<T: Number>(x: &Array, n: usize, many: usize, shape: &[usize]) -> Result<Array> {
    let (mut outer, mut places) = (x.numel() / n, vec![x.layout().offset]);
    for (&size, &stride) in x.shape().iter().zip(&x.layout().strides) {
        if outer == 1 {
            break;
        }
        outer /= size;
        let steps = |p: usize| (0..size).map(move |i| p + i * stride);
        places = places.into_iter().flat_map(steps).collect();
    }
    let all: &[T] = &x.read::<T>();
    Array::build::<T>(shape, |out| {
        threads::fill_rows(out, 1, x.numel(), &|first, out| {
            for (o, places) in out.iter_mut().zip(places[first * many..].chunks(many)) {
                let parts = places.iter().map(|p| sum(&all[*p..p + n]));
                *o = parts.fold(T::ZERO, |s, x| s.plus(x));
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
            by_stride(&mut reduced, &x.layout().strides);
            reduced.reverse();
            let n = reduced.iter().map(|&d| x.shape()[d]).product();
            order.extend(reduced);
            order.push(last);
            (x.permute(&order).contiguous()?, (outer, n, x.shape()[last]))
        }
    };
    let wide = wide && inner >= vector::<T>();
    let all: &[T] = &x.slice::<T>();
    let matrix = |i: usize| &all[i * n * inner..(i + 1) * n * inner];
    Array::build::<T>(&[outer, inner], |out| {
        if outer < threads::num_threads() {
            let sums = out.chunks_mut(inner).enumerate();
            return sums.for_each(|(i, out)| columns_of_all(matrix(i), inner, out, wide));
        }
        threads::fill_rows(out, inner, outer * n * inner, &|first, part| {
            for (i, o) in part.chunks_mut(inner).enumerate() {
                columns(matrix(first + i), inner, o, wide);
            }
        });
    })
}

/// Elements that one task folds; fixed, so that the result does not depend on the number of threads.
const PIECE: usize = 1 << 16;

/// `f` over the elements of each row, in any order; `start` changes nothing.
pub fn fold_pairs<T: Number>(
    x: &Array,
    dims: &[usize],
    start: T,
    f: impl Fn(T, T) -> T + Copy + Sync,
) -> Result<Array> {
    if let (true, Some((outer, n, inner))) = (x.is_contiguous(), three_parts(x.shape(), dims))
        && inner > 1
    {
        let most = by_columns::<T>(x, (outer, n, inner), &|x, part| {
            part.fill(start);
            vectorize(
                #[inline(always)]
                || {
                    for row in x.chunks(inner) {
                        join_rows(part, &row[..part.len()], f);
                    }
                },
            );
        })?;
        return most.reshape(&reduced_shape(x.shape(), dims, false));
    }
    let one = |row: &[T]| in_lanes(row, start, f);
    if dims.len() == x.ndim() && x.layout().is_dense() {
        let all: &[T] = &x.slice::<T>();
        let mut parts = vec![start; all.len().div_ceil(PIECE)];
        threads::fill_rows(&mut parts, 1, all.len(), &|first, parts| {
            for (i, p) in parts.iter_mut().enumerate() {
                let at = (first + i) * PIECE;
                *p = one(&all[at..all.len().min(at + PIECE)]);
            }
        });
        return Ok(Array::scalar(parts.into_iter().fold(start, f)));
    }
    fold::<T, T>(x, dims, &one)
}

/// `out = f(out, row)`, by way of a buffer: so that what does not change is not left unwritten, which costs more. It is
/// longer than loops that compilers unroll, which they then do not make vectors of.
#[inline(always)]
fn join_rows<T: Element>(out: &mut [T], row: &[T], f: impl Fn(T, T) -> T + Copy) {
    const WIDE: usize = 256;
    let mut buffer = [row[0]; WIDE];
    for (out, row) in out.chunks_mut(WIDE).zip(row.chunks(WIDE)) {
        let joined = &mut buffer[..out.len()];
        for (j, (a, b)) in joined.iter_mut().zip(out.iter().zip(row)) {
            *j = f(*a, *b);
        }
        out.copy_from_slice(joined);
    }
}

/// The sum of `f` of all elements, in double precision and in lanes.
#[inline(always)]
pub fn sum_of<T: Element>(x: &[T], f: impl Fn(T) -> f64 + Copy) -> f64 {
    const WIDE: usize = 32;
    vectorize(
        #[inline(always)]
        || {
            let mut lanes = [0.0; WIDE];
            let mut chunks = x.chunks_exact(WIDE);
            for chunk in &mut chunks {
                lanes.iter_mut().zip(chunk).for_each(|(l, v)| *l += f(*v));
            }
            let rest = chunks.remainder().iter().map(|v| f(*v));
            lanes.iter().copied().chain(rest).sum()
        },
    )
}

/// `f` over all elements, in lanes.
#[inline(always)]
pub fn in_lanes<T: Element>(x: &[T], start: T, f: impl Fn(T, T) -> T + Copy) -> T {
    const WIDE: usize = 32;
    if x.len() < WIDE {
        return x.iter().fold(start, |a, b| f(a, *b));
    }
    vectorize(
        #[inline(always)]
        || {
            let mut lanes = [start; WIDE];
            let mut chunks = x.chunks_exact(WIDE);
            for chunk in &mut chunks {
                lanes
                    .iter_mut()
                    .zip(chunk)
                    .for_each(|(l, v)| *l = f(*l, *v));
            }
            let rest = chunks.remainder().iter().chain(&lanes);
            rest.fold(start, |a, b| f(a, *b))
        },
    )
}

/// What the function makes of the columns of each of `outer` matrices of `n` rows, as `outer` rows: it gets a slice in
/// which rows lie `inner` apart, and as many columns of the output as it is to fill.
fn by_columns<T: Number>(
    x: &Array,
    (outer, n, inner): (usize, usize, usize),
    f: &(dyn Fn(&[T], &mut [T]) + Sync),
) -> Result<Array> {
    let all: &[T] = &x.slice::<T>();
    let matrix = |i: usize| &all[i * n * inner..(i + 1) * n * inner];
    Array::build::<T>(&[outer, inner], |out| {
        if outer >= threads::num_threads() {
            return threads::fill_rows(out, inner, outer * n * inner, &|first, part| {
                for (i, o) in part.chunks_exact_mut(inner).enumerate() {
                    f(matrix(first + i), o);
                }
            });
        }
        // As few pieces as there are threads: memory is read faster in long stretches.
        let share = inner.div_ceil(threads::num_threads());
        for (i, o) in out.chunks_exact_mut(inner).enumerate() {
            threads::fill_rows(o, share, n * inner, &|first, part| {
                f(matrix(i).get(first * share..).unwrap_or_default(), part)
            });
        }
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
        let most = |x: &Array, dims: &[usize]| {
            let out = fold_pairs::<i64>(x, dims, i64::MIN, i64::max).unwrap();
            out.to_vec::<i64>().unwrap()
        };
        assert_eq!(most(&x, &[0]), (12..24).collect::<Vec<_>>());
        assert_eq!(most(&x, &[1]), [8, 9, 10, 11, 20, 21, 22, 23]);
        assert_eq!(most(&x, &[0, 2]), [15, 19, 23]);
        assert_eq!(most(&x, &[0, 1, 2]), [23]);
        let long = Array::from_vec((0..100_000i64).map(|i| i % 70_001).collect(), &[100_000]);
        assert_eq!(most(&long, &[0]), [70_000]);
        assert_eq!(
            most(&Array::from_vec((0..90i64).collect(), &[2, 45]), &[1]),
            [44, 89]
        );
    }
}
