//! Matrix products: `gemm` for floats, plain loops for integers. Operands may have any strides.

use gemm_common::Parallelism;

use super::tile::{singles, singles_mut};
use super::{few, vectorize};
use crate::tensor::array::{Array, DType, Dims, Element, Number, Real, Result, threads};

/// Multiply-adds below which one thread does it all.
const PARALLEL_FROM: usize = 1 << 20;

/// Elements of an output up to which long sums are made in pieces.
const PIECED: usize = 1 << 18;

/// Multiply-adds below which PyTorch makes batches of products with loops of its own.
const TINY: usize = 400;

/// A matrix in a slice: its start and its two strides.
#[derive(Clone, Copy)]
pub struct Matrix {
    /// The first element.
    pub start: usize,
    /// From row to row.
    pub row: usize,
    /// From column to column.
    pub column: usize,
}

/// The products `a @ b` of `batch` matrices: `(batch, m, k) @ (batch, k, n)`. Batches may be stretched by a stride of 0.
pub fn bmm(a: &Array, b: &Array) -> Result<Array> {
    let (sa, sb) = (a.shape(), b.shape());
    let (batch, m, k, n) = (sa[0], sa[1], sa[2], sb[2]);
    let shape = Dims::from_slice(&[batch, m, n]);
    compute!(a.dtype(), T => {
        let (a, b) = (&a.to_dtype(T::DTYPE)?, &b.to_dtype(T::DTYPE)?);
        let (xs, ys): (&[T], &[T]) = (&a.read::<T>(), &b.read::<T>());
        Array::build::<T>(&shape, |out| {
            let (la, lb) = (a.layout(), b.layout());
            let piece = m * n;
            let product = |i: usize, out: &mut [T], many: bool| {
                let x = Matrix { start: la.offset + i * la.strides[0], row: la.strides[1], column: la.strides[2] };
                let y = Matrix { start: lb.offset + i * lb.strides[0], row: lb.strides[1], column: lb.strides[2] };
                if batch > 1 && m * n * k < TINY {
                    let how = How { row: n, add: false, many };
                    return plain(out, (m, n, k), xs, x, ys, y, how);
                }
                product(out, (m, n, k), xs, x, ys, y, many);
            };
            if batch == 1 {
                product(0, out, true);
            } else if piece > 0 {
                threads::fill_rows(out, piece, batch * m * n * k / 8, &|first, part| {
                    part.chunks_mut(piece).enumerate().for_each(|(i, o)| product(first + i, o, false));
                });
            }
        })
    }, bool => unreachable!("products of bools are refused above"))
}

/// `out = x @ y` for row-major `out` of `m` rows and `n` columns.
pub fn product<T: Number>(
    out: &mut [T],
    size: (usize, usize, usize),
    xs: &[T],
    x: Matrix,
    ys: &[T],
    y: Matrix,
    many: bool,
) {
    let how = How {
        row: size.1,
        add: false,
        many,
    };
    let (m, n, k) = size;
    if few::takes::<T>(m, n, k)
        && m * n * k > 0
        && let (Some(xs), Some(ys), Some(out)) = (singles(xs), singles(ys), singles_mut(out))
    {
        return few::product(out, size, xs, x, ys, y);
    }
    multiply(out, size, xs, x, ys, y, how);
}

/// How a product is stored.
#[derive(Clone, Copy)]
pub struct How {
    /// From row to row of the output, whose columns lie side by side.
    pub row: usize,
    /// Whether the product is added to what is there.
    pub add: bool,
    /// Whether several threads may share the work.
    pub many: bool,
}

/// `out = x @ y` or `out += x @ y`, for `out` of `m` rows and `n` columns.
pub fn multiply<T: Number>(
    out: &mut [T],
    (m, n, k): (usize, usize, usize),
    xs: &[T],
    x: Matrix,
    ys: &[T],
    y: Matrix,
    how: How,
) {
    if m == 0 || n == 0 {
        return;
    }
    if k == 0 {
        if !how.add {
            out.chunks_mut(how.row).for_each(|r| r[..n].fill(T::ZERO));
        }
        return;
    }
    let last = |at: Matrix, rows: usize, columns: usize| {
        at.start + (rows - 1) * at.row + (columns - 1) * at.column
    };
    assert!(last(x, m, k) < xs.len() && last(y, k, n) < ys.len());
    assert!(n <= how.row && out.len() >= (m - 1) * how.row + n);
    if !matches!(T::DTYPE, DType::Float32 | DType::Float64) {
        return plain(out, (m, n, k), xs, x, ys, y, how);
    }
    let parallelism = match threads::num_threads() {
        t if how.many && t > 1 && m * n * k >= PARALLEL_FROM => Parallelism::Rayon(t),
        _ => Parallelism::None,
    };
    let single = T::DTYPE == DType::Float32;
    // As PyTorch's library does: long sums are made of pieces, which are added up in the output.
    let piece = match k {
        _ if !single || n < 12 || m < 4 || m * n > PIECED => k,
        0..=192 => k,
        193..=384 => k / 2,
        _ => 192,
    };
    let part = |from: usize, parallelism: Parallelism, out: &mut [T]| {
        let size = (m, n, piece.min(k - from));
        let add = how.add || from > 0;
        let how = How { add, ..how };
        // SAFETY: both matrices lie inside their slices and so do the rows of `out` (asserted above). T is f32 or f64, as
        // the dtype says, so the pointers are cast to their own type.
        unsafe {
            let at = (
                xs.as_ptr().add(x.start + from * x.column),
                ys.as_ptr().add(y.start + from * y.row),
            );
            let out = out.as_mut_ptr();
            if single {
                run_f32(
                    size,
                    out.cast(),
                    at.0.cast(),
                    x,
                    at.1.cast(),
                    y,
                    how,
                    parallelism,
                );
            } else {
                run_f64(
                    size,
                    out.cast(),
                    at.0.cast(),
                    x,
                    at.1.cast(),
                    y,
                    how,
                    parallelism,
                );
            }
        }
    };
    let call = |parallelism: Parallelism, out: &mut [T]| {
        (0..k)
            .step_by(piece)
            .for_each(|from| part(from, parallelism, out));
    };
    match parallelism {
        Parallelism::None => call(parallelism, out),
        Parallelism::Rayon(_) => threads::in_pool(|n| call(Parallelism::Rayon(n), out)),
    }
}

/// A product of one float type. gemm prefers column-major results, so the transposed product is computed.
macro_rules! runner {
    ($name:ident, $T:ty, $kernel:path) => {
        /// # Safety
        /// The matrices of the given sizes and strides must lie in memory that is valid to read, and to write for `out`.
        #[allow(clippy::too_many_arguments)] // A matrix is a pointer and two strides.
        unsafe fn $name(
            (m, n, k): (usize, usize, usize),
            out: *mut $T,
            xs: *const $T,
            x: Matrix,
            ys: *const $T,
            y: Matrix,
            how: How,
            parallelism: Parallelism,
        ) {
            if k <= 2 && n >= 12 {
                // gemm rounds each product of so short sums, which PyTorch's library does not.
                let row = |l: usize| -> Vec<$T> {
                    // SAFETY: the caller's promise.
                    let at = |j: usize| unsafe { *ys.add(l * y.row + j * y.column) };
                    (0..n).map(at).collect()
                };
                let (rows, step) = ([row(0), row(k - 1)], x.column);
                return vectorize(
                    #[inline(always)]
                    || {
                        for i in 0..m {
                            // SAFETY: the caller's promise.
                            let (out, factors) = unsafe {
                                let x = xs.add(i * x.row);
                                let out = std::slice::from_raw_parts_mut(out.add(i * how.row), n);
                                (out, [*x, *x.add((k - 1) * step)])
                            };
                            short_sums(out, factors, &rows[..k], how.add);
                        }
                    },
                );
            }
            let step = |s: usize| s as isize;
            let gemm = $kernel();
            // SAFETY: the caller's promise.
            unsafe {
                gemm(
                    n,
                    m,
                    k,
                    out,
                    step(how.row),
                    1,
                    how.add,
                    ys,
                    step(y.row),
                    step(y.column),
                    xs,
                    step(x.row),
                    step(x.column),
                    1.0,
                    1.0,
                    false,
                    false,
                    false,
                    parallelism,
                );
            }
        }
    };
}

/// A row of a product whose sums have one term or two: as many as there are `rows`.
#[inline(always)]
fn short_sums<T: Real>(out: &mut [T], factors: [T; 2], rows: &[Vec<T>], add: bool) {
    let [first, second] = factors;
    let store = |o: &mut T, v: T| *o = if add { *o + v } else { v };
    match rows {
        [x, y] => {
            for ((o, x), y) in out.iter_mut().zip(x).zip(y) {
                store(o, second.mul_add(*y, first * *x));
            }
        }
        _ => {
            for (o, x) in out.iter_mut().zip(&rows[0]) {
                store(o, first * *x);
            }
        }
    }
}

runner!(run_f32, f32, gemm_f32::gemm::f32::get_gemm_fn);
runner!(run_f64, f64, gemm_f64::gemm::f64::get_gemm_fn);

fn plain<T: Number>(
    out: &mut [T],
    (m, n, k): (usize, usize, usize),
    xs: &[T],
    x: Matrix,
    ys: &[T],
    y: Matrix,
    how: How,
) {
    for i in 0..m {
        let row = &mut out[i * how.row..i * how.row + n];
        if !how.add {
            row.fill(T::ZERO);
        }
        for l in 0..k {
            let v = xs[x.start + i * x.row + l * x.column];
            let from = y.start + l * y.row;
            for (j, o) in row.iter_mut().enumerate() {
                *o = o.plus(v.times(ys[from + j * y.column]));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_are_added_to_rows_that_lie_apart() {
        let (x, y) = ([1f32, 2., 3., 4.], [1f32, 0., 0., 1.]);
        let at = Matrix {
            start: 0,
            row: 2,
            column: 1,
        };
        let mut out = [10f32; 6];
        multiply(
            &mut out,
            (2, 2, 2),
            &x,
            at,
            &y,
            at,
            How {
                row: 3,
                add: true,
                many: false,
            },
        );
        assert_eq!(out, [11., 12., 10., 13., 14., 10.]);
    }

    #[test]
    fn products_of_strided_matrices() {
        let a = Array::from_vec(vec![1f32, 2., 3., 4., 5., 6.], &[1, 2, 3]);
        let t = a.permute(&[0, 2, 1]);
        assert_eq!(
            bmm(&a, &t).unwrap().to_vec::<f32>().unwrap(),
            [14., 32., 32., 77.]
        );
        let i = a.to_dtype(DType::Int64).unwrap();
        let p = bmm(&i.permute(&[0, 2, 1]), &i).unwrap();
        assert_eq!(
            p.to_vec::<i64>().unwrap(),
            [17, 22, 27, 22, 29, 36, 27, 36, 45]
        );
    }

    #[test]
    fn products_are_added() {
        let number = |i: usize| ((i * 7 + 3) % 11) as f32 - 5.0;
        for (m, n, k) in [
            (5, 4, 9),
            (1, 4, 9),
            (5, 1, 9),
            (5, 4, 1),
            (8, 25, 100),
            (3, 2, 40),
        ] {
            for turned in [false, true] {
                let xs: Vec<f32> = (0..m * k).map(number).collect();
                let ys: Vec<f32> = (0..n * k).map(|i| number(i + 5)).collect();
                let x = Matrix {
                    start: 0,
                    row: k,
                    column: 1,
                };
                let y = if turned {
                    Matrix {
                        start: 0,
                        row: 1,
                        column: k,
                    }
                } else {
                    Matrix {
                        start: 0,
                        row: n,
                        column: 1,
                    }
                };
                let mut out: Vec<f32> = (0..m * n).map(number).collect();
                let mut expected = out.clone();
                let how = How {
                    row: n,
                    add: true,
                    many: false,
                };
                multiply(&mut out, (m, n, k), &xs, x, &ys, y, how);
                plain(&mut expected, (m, n, k), &xs, x, &ys, y, how);
                assert_eq!(out, expected, "{m} {n} {k} {turned}");
            }
        }
    }
}
