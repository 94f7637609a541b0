//! Matrix products: `gemm` for floats, plain loops for integers. Operands may have any strides.

use gemm::Parallelism;

use crate::tensor::array::{Array, DType, Dims, Number, Result, threads};

/// Multiply-adds below which one thread does it all.
const PARALLEL_FROM: usize = 1 << 20;

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
    dispatch_number!(a.dtype(), T => {
        let (xs, ys): (&[T], &[T]) = (&a.read::<T>(), &b.read::<T>());
        Array::build::<T>(&shape, |out| {
            let (la, lb) = (a.layout(), b.layout());
            let piece = m * n;
            let product = |i: usize, out: &mut [T], many: bool| {
                let x = Matrix { start: la.offset + i * la.strides[0], row: la.strides[1], column: la.strides[2] };
                let y = Matrix { start: lb.offset + i * lb.strides[0], row: lb.strides[1], column: lb.strides[2] };
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
    let call = |parallelism: Parallelism, out: &mut [T]| {
        // SAFETY: both matrices lie inside their slices and so do the rows of `out` (asserted above); the element type
        // is f32 or f64, which gemm supports.
        unsafe {
            gemm::gemm(
                m,
                n,
                k,
                out.as_mut_ptr(),
                1,
                how.row as isize,
                how.add,
                xs.as_ptr().add(x.start),
                x.column as isize,
                x.row as isize,
                ys.as_ptr().add(y.start),
                y.column as isize,
                y.row as isize,
                T::ONE,
                T::ONE,
                false,
                false,
                false,
                parallelism,
            );
        }
    };
    match parallelism {
        Parallelism::None => call(parallelism, out),
        Parallelism::Rayon(_) => threads::in_pool(|n| call(Parallelism::Rayon(n), out)),
    }
}

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
}
