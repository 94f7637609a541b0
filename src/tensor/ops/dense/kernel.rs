//! Products of rows and a matrix of weights. A few rows are multiplied by loops over the weights, which are read once in
//! the order in which they lie; more rows go to `gemm`.

use crate::tensor::array::kernels::few::{by_vector, dots, takes};
use crate::tensor::array::kernels::matmul::{How, Matrix, multiply, product};
use crate::tensor::array::kernels::tile::{singles, singles_mut};
use crate::tensor::array::kernels::vectorize;
use crate::tensor::array::{Array, DType, Number, Real, Result, threads};

/// Up to how many rows loops are faster than `gemm`.
const FEW: usize = 3;
const LANES: usize = 32;

#[inline(always)]
fn dot<T: Number>(x: &[T], y: &[T]) -> T {
    let mut lanes = [T::ZERO; LANES];
    let (mut xs, mut ys) = (x.chunks_exact(LANES), y.chunks_exact(LANES));
    for (x, y) in (&mut xs).zip(&mut ys) {
        for ((l, x), y) in lanes.iter_mut().zip(x).zip(y) {
            *l = l.plus(x.times(*y));
        }
    }
    let mut width = LANES / 2;
    while width > 0 {
        for i in 0..width {
            lanes[i] = lanes[i].plus(lanes[i + width]);
        }
        width /= 2;
    }
    let rest = xs.remainder().iter().zip(ys.remainder());
    rest.fold(lanes[0], |s, (x, y)| s.plus(x.times(*y)))
}

/// The product of two vectors. Stretches are added up in double precision, which keeps long ones exact.
pub(in crate::tensor::ops) fn vectors<T: Real>(x: &[T], y: &[T]) -> T {
    const STRETCH: usize = 4096;
    let stretches = x.chunks(STRETCH).zip(y.chunks(STRETCH));
    let total = vectorize(
        #[inline(always)]
        || stretches.fold(0.0, |s, (x, y)| s + dot(x, y).to_f64()),
    );
    T::lit(total)
}

fn row_major(columns: usize) -> Matrix {
    Matrix {
        start: 0,
        row: columns,
        column: 1,
    }
}

fn transposed(columns: usize) -> Matrix {
    Matrix {
        start: 0,
        row: 1,
        column: columns,
    }
}

/// `x @ w.T + b` for `x` of shape (m, k) and `w` of shape (n, k).
pub(in crate::tensor::ops) fn affine(x: &Array, w: &Array, b: Option<&Array>) -> Result<Array> {
    let (m, k, n) = (x.shape()[0], x.shape()[1], w.shape()[0]);
    let (x, w) = (x.contiguous()?, w.contiguous()?);
    let b = b.map(Array::contiguous).transpose()?;
    dispatch_number!(x.dtype(), T => {
        let (xs, ws): (&[T], &[T]) = (&x.slice::<T>(), &w.slice::<T>());
        let held = b.as_ref().map(|b| b.slice::<T>());
        let bias: Option<&[T]> = held.as_deref();
        Array::build::<T>(&[m, n], |out| affine_into(out, xs, ws, bias, (m, n, k)))
    }, bool => unreachable!("products of bools are refused before"))
}

/// [`affine`] on slices.
pub(in crate::tensor::ops) fn affine_into<T: Number>(
    out: &mut [T],
    xs: &[T],
    ws: &[T],
    bias: Option<&[T]>,
    (m, n, k): (usize, usize, usize),
) {
    let taken = takes::<T>(m, n, k);
    if m <= FEW && !(taken && n == 1) && T::DTYPE != DType::Int64 {
        few_rows(out, xs, ws, bias, n, k);
        return;
    }
    let bias = bias.filter(|_| n > 0);
    if taken {
        product(out, (m, n, k), xs, row_major(k), ws, transposed(k), true);
        let rows = out.chunks_exact_mut(n.max(1));
        rows.for_each(|row| add_biases(row, bias.unwrap_or_default()));
        return;
    }
    add_product(out, xs, (ws, transposed(k)), bias, (m, n, k), true);
}

/// [`affine_into`] for weights of shape (k, n), whose columns are read in the order in which they lie; for as many rows as
/// [`is_large`] says.
pub(in crate::tensor::ops) fn affine_turned_into<T: Number>(
    out: &mut [T],
    xs: &[T],
    ws: &[T],
    bias: Option<&[T]>,
    size: (usize, usize, usize),
    many: bool,
) {
    add_product(out, xs, (ws, row_major(size.1)), bias, size, many);
}

/// Whether `gemm` makes the product of (m, k) and (k, n) elements.
pub(in crate::tensor::ops) fn is_large<T: Number>((m, n, k): (usize, usize, usize)) -> bool {
    m > FEW && n > 0 && !takes::<T>(m, n, k)
}

fn add_product<T: Number>(
    out: &mut [T],
    xs: &[T],
    (ws, w): (&[T], Matrix),
    bias: Option<&[T]>,
    (m, n, k): (usize, usize, usize),
    many: bool,
) {
    if let Some(bias) = bias {
        // The product is added to the biases, as in PyTorch: in another order long sums would be rounded differently.
        out.chunks_exact_mut(n)
            .for_each(|row| row.copy_from_slice(bias));
    }
    let how = How {
        row: n,
        add: bias.is_some(),
        many,
    };
    multiply(out, (m, n, k), xs, row_major(k), ws, w, how);
}

fn add_biases<T: Number>(row: &mut [T], biases: &[T]) {
    for (o, b) in row.iter_mut().zip(biases) {
        *o = o.plus(*b);
    }
}

fn few_rows<T: Number>(out: &mut [T], xs: &[T], ws: &[T], bias: Option<&[T]>, n: usize, k: usize) {
    let several = out.len() > n;
    for (i, row) in out.chunks_exact_mut(n.max(1)).enumerate() {
        let x = &xs[i * k..(i + 1) * k];
        threads::fill_rows(row, 1, n * k, &|first, part| {
            if let (Some(out), Some(x), Some(ws)) = (singles_mut(part), singles(x), singles(ws)) {
                if several {
                    dots(out, (first, n), x, i * k, ws, k);
                } else {
                    by_vector(out, (first, n), (ws, 0, k), x);
                }
                return add_biases(part, bias.map_or(&[][..], |b| &b[first..]));
            }
            vectorize(
                #[inline(always)]
                || {
                    for (j, o) in part.iter_mut().enumerate() {
                        let j = first + j;
                        let s = dot(x, &ws[j * k..(j + 1) * k]);
                        *o = bias.map_or(s, |b| s.plus(b[j]));
                    }
                },
            );
        });
    }
}

/// `g @ w` for `g` of shape (m, n) and `w` of shape (n, k).
pub(in crate::tensor::ops) fn back_to_input(g: &Array, w: &Array) -> Result<Array> {
    let (m, n, k) = (g.shape()[0], w.shape()[0], w.shape()[1]);
    let (g, w) = (g.contiguous()?, w.contiguous()?);
    dispatch_float!(g.dtype(), T => {
        let (gs, ws): (&[T], &[T]) = (&g.slice::<T>(), &w.slice::<T>());
        Array::build::<T>(&[m, k], |out| back_to_input_into(out, gs, ws, (m, n, k), true))
    }, other => Err(crate::tensor::ops::unsupported("addmm_impl_cpu_", g.dtype())))
}

/// [`back_to_input`] on slices.
pub(in crate::tensor::ops) fn back_to_input_into<T: Number>(
    out: &mut [T],
    gs: &[T],
    ws: &[T],
    (m, n, k): (usize, usize, usize),
    many: bool,
) {
    if m > FEW || takes::<T>(m, k, n) && m > 0 {
        return product(out, (m, k, n), gs, row_major(n), ws, row_major(k), many);
    }
    for (i, row) in out.chunks_exact_mut(k.max(1)).enumerate() {
        vectorize(
            #[inline(always)]
            || combine_rows(row, &gs[i * n..(i + 1) * n], ws),
        );
    }
}

/// The sum of the rows of `ws`, each times its factor; four rows at a time.
#[inline(always)]
fn combine_rows<T: Number>(out: &mut [T], factors: &[T], ws: &[T]) {
    let k = out.len();
    out.fill(T::ZERO);
    let (mut fours, mut rows) = (factors.chunks_exact(4), ws.chunks_exact(4 * k));
    for (f, four) in (&mut fours).zip(&mut rows) {
        let (a, rest) = four.split_at(k);
        let (b, rest) = rest.split_at(k);
        let (c, d) = rest.split_at(k);
        for ((((o, a), b), c), d) in out.iter_mut().zip(a).zip(b).zip(c).zip(d) {
            let ab = f[0].times(*a).plus(f[1].times(*b));
            let cd = f[2].times(*c).plus(f[3].times(*d));
            *o = o.plus(ab.plus(cd));
        }
    }
    let rest = rows.remainder().chunks_exact(k);
    for (f, row) in fours.remainder().iter().zip(rest) {
        out.iter_mut()
            .zip(row)
            .for_each(|(o, w)| *o = o.plus(f.times(*w)));
    }
}

/// `g.T @ x` for `g` of shape (m, n) and `x` of shape (m, k).
pub(in crate::tensor::ops) fn back_to_weight(g: &Array, x: &Array) -> Result<Array> {
    let (m, n, k) = (g.shape()[0], g.shape()[1], x.shape()[1]);
    let (g, x) = (g.contiguous()?, x.contiguous()?);
    dispatch_float!(g.dtype(), T => {
        let (gs, xs): (&[T], &[T]) = (&g.slice::<T>(), &x.slice::<T>());
        Array::build::<T>(&[n, k], |out| {
            if m != 1 {
                return product(out, (n, k, m), gs, transposed(n), xs, row_major(k), true);
            }
            vectorize(#[inline(always)] || {
                for (row, f) in out.chunks_exact_mut(k.max(1)).zip(gs) {
                    row.iter_mut().zip(xs).for_each(|(o, x)| *o = f.times(*x));
                }
            });
        })
    }, other => Err(crate::tensor::ops::unsupported("addmm_impl_cpu_", g.dtype())))
}
