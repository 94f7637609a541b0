//! Normalisation of a matrix whose columns are the channels, as batches of vectors are: rows are walked in the order in
//! which they lie.

use super::kernel::Gradients;
use crate::tensor::array::kernels::vectorize;
use crate::tensor::array::{Array, Real, Result, threads};

/// The sums of each column of the gradient, and of its product with the distance from the mean: row after row, as in PyTorch.
fn sums<T: Real>((g, x): (&[T], &[T]), means: &[T]) -> (Vec<T>, Vec<T>) {
    let width = means.len();
    let mut pairs = vec![T::ZERO; 2 * width];
    threads::fill_rows(&mut pairs, 2, x.len(), &|first, part| {
        let columns = first..first + part.len() / 2;
        let means = &means[columns.clone()];
        let (mut totals, mut products) = (vec![T::ZERO; means.len()], vec![T::ZERO; means.len()]);
        vectorize(
            #[inline(always)]
            || {
                for (g, x) in g.chunks_exact(width).zip(x.chunks_exact(width)) {
                    let row = g[columns.clone()].iter().zip(&x[columns.clone()]);
                    let own = totals.iter_mut().zip(&mut products).zip(means);
                    for (((total, product), mean), (g, x)) in own.zip(row) {
                        *total = *total + *g;
                        *product = (*x - *mean).mul_add(*g, *product);
                    }
                }
            },
        );
        for (pair, (t, p)) in part.chunks_exact_mut(2).zip(totals.iter().zip(&products)) {
            (pair[0], pair[1]) = (*t, *p);
        }
    });
    let every = |k: usize| pairs.iter().skip(k).step_by(2).copied().collect();
    (every(0), every(1))
}

/// `(x - mean) * scale * weight + bias`, as one product and one sum.
pub(super) fn normalize<T: Real>(
    x: &[T],
    (means, scales): (&[T], &[T]),
    (w, b): (&[T], &[T]),
    out: &mut [T],
) {
    let width = means.len();
    let factors: Vec<T> = scales.iter().zip(w).map(|(s, w)| *s * *w).collect();
    let lines = means.iter().zip(&factors).zip(b);
    let shifts: Vec<T> = lines.map(|((m, f), b)| (-*m).mul_add(*f, *b)).collect();
    threads::fill_rows(out, width, x.len(), &|first, part| {
        let x = &x[first * width..];
        vectorize(
            #[inline(always)]
            || {
                for (out, x) in part.chunks_exact_mut(width).zip(x.chunks_exact(width)) {
                    let numbers = factors.iter().zip(&shifts);
                    for ((y, x), (factor, shift)) in out.iter_mut().zip(x).zip(numbers) {
                        *y = x.mul_add(*factor, *shift);
                    }
                }
            },
        );
    });
}

/// The input's gradient in neighbouring columns of a row. `inner` makes of the output's gradient, the distance from the mean,
/// and the column's share and slope what is scaled.
#[inline(always)]
fn slopes_of<T: Real>(
    out: &mut [T],
    [g, x]: [&[T]; 2],
    [means, scales, w, shares, slopes]: [&[T]; 5],
    inner: impl Fn(T, T, T, T) -> T,
) {
    let row = out.iter_mut().zip(g).zip(x);
    let columns = means.iter().zip(shares).zip(slopes);
    let factors = scales.iter().zip(w);
    for ((((o, g), x), ((mean, share), slope)), (scale, w)) in row.zip(columns).zip(factors) {
        *o = inner(*g, *x - *mean, *share, *slope) * *scale * *w;
    }
}

/// The gradients from that of the output; `fixed` says that mean and deviation do not depend on the input.
pub(super) fn backward<T: Real>(
    (g, x): (&[T], &[T]),
    shape: &[usize],
    (means, scales): (&[T], &[T]),
    w: &[T],
    fixed: bool,
) -> Result<Gradients> {
    let width = means.len();
    let n = T::lit((x.len() / width) as f64);
    let (totals, products) = sums((g, x), means);
    let shares: Vec<T> = totals.iter().map(|t| *t / n).collect();
    let slopes = products.iter().zip(scales);
    let slopes: Vec<T> = slopes.map(|(p, s)| *p * *s * *s / n).collect();
    let whole = width - width % (32 / size_of::<T>());
    let all = [means, scales, w, &shares, &slopes];
    let (vectors, rest) = (all.map(|x| &x[..whole]), all.map(|x| &x[whole..]));
    let input = Array::build::<T>(shape, |out| {
        threads::fill_rows(out, width, x.len(), &|first, part| {
            let (g, x) = (&g[first * width..], &x[first * width..]);
            vectorize(
                #[inline(always)]
                || {
                    let rows = g.chunks_exact(width).zip(x.chunks_exact(width));
                    for (out, (g, x)) in part.chunks_exact_mut(width).zip(rows) {
                        if fixed {
                            slopes_of(out, [g, x], all, |g, _, _, _| g);
                            continue;
                        }
                        let (first, last) = out.split_at_mut(whole);
                        let fused = |g: T, d: T, share, slope| (-d).mul_add(slope, g - share);
                        slopes_of(first, [&g[..whole], &x[..whole]], vectors, fused);
                        // Columns that fill no vector are left to scalars, whose products PyTorch's compiler does not fuse.
                        let plain = |g, d, share, slope| g - share - d * slope;
                        slopes_of(last, [&g[whole..], &x[whole..]], rest, plain);
                    }
                },
            );
        });
    })?;
    let weight: Vec<T> = products.iter().zip(scales).map(|(p, s)| *p * *s).collect();
    Ok(Gradients {
        input,
        weight: Array::from_vec(weight, &[width]),
        bias: Array::from_vec(totals, &[width]),
    })
}
