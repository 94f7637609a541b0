//! Normalisation of a matrix whose columns are the channels, as batches of vectors are: rows are walked in the order in
//! which they lie.

use super::kernel::{Cut, Gradients};
use crate::tensor::array::kernels::vectorize;
use crate::tensor::array::{Array, Real, Result, threads};

/// Rows that are added up before their sum joins the total in double precision.
const ROWS: usize = 16;

/// For each column the two sums over its rows of what the function makes of `(x, y)` and the column's two numbers.
fn sums<T: Real>(
    (x, y): (&[T], &[T]),
    numbers: (&[T], &[T]),
    f: impl Fn(T, T, T, T) -> (T, T) + Copy + Sync,
) -> Vec<[f64; 2]> {
    let width = numbers.0.len();
    let mut out = vec![0.0; 2 * width];
    threads::fill_rows(&mut out, 2, x.len(), &|first, part| {
        let n = part.len() / 2;
        let columns = first..first + n;
        let (m, s) = (&numbers.0[columns.clone()], &numbers.1[columns.clone()]);
        let mut low = vec![T::ZERO; 2 * n];
        let (a, b) = low.split_at_mut(n);
        vectorize(
            #[inline(always)]
            || {
                for (x, y) in x.chunks(ROWS * width).zip(y.chunks(ROWS * width)) {
                    for (x, y) in x.chunks_exact(width).zip(y.chunks_exact(width)) {
                        let pairs = x[columns.clone()].iter().zip(&y[columns.clone()]);
                        let lows = a.iter_mut().zip(&mut *b);
                        for (((a, b), (x, y)), (m, s)) in lows.zip(pairs).zip(m.iter().zip(s)) {
                            let (u, v) = f(*x, *y, *m, *s);
                            *a = *a + u;
                            *b = *b + v;
                        }
                    }
                    for ((total, a), b) in part.chunks_exact_mut(2).zip(&mut *a).zip(&mut *b) {
                        total[0] += a.to_f64();
                        total[1] += b.to_f64();
                        (*a, *b) = (T::ZERO, T::ZERO);
                    }
                }
            },
        );
    });
    out.chunks_exact(2).map(|s| [s[0], s[1]]).collect()
}

/// Mean and (biased) variance of each column.
pub(super) fn moments<T: Real>(x: &[T], cut: &Cut) -> (Vec<T>, Vec<T>) {
    let (n, blank) = (cut.count() as f64, vec![T::ZERO; cut.channels]);
    let half = |sums: Vec<[f64; 2]>| -> Vec<T> { sums.iter().map(|s| T::lit(s[0] / n)).collect() };
    let means = half(sums((x, x), (&blank, &blank), |x, _, _, _| (x, T::ZERO)));
    let square = |x: T, _, mean: T, _| ((x - mean) * (x - mean), T::ZERO);
    let variances = half(sums((x, x), (&means, &blank), square));
    (means, variances)
}

/// `(x - mean) * scale * weight + bias`
pub(super) fn normalize<T: Real>(
    x: &[T],
    (means, scales): (&[T], &[T]),
    (w, b): (&[T], &[T]),
    out: &mut [T],
) {
    let width = means.len();
    threads::fill_rows(out, width, x.len(), &|first, part| {
        let x = &x[first * width..];
        vectorize(
            #[inline(always)]
            || {
                for (out, x) in part.chunks_exact_mut(width).zip(x.chunks_exact(width)) {
                    let statistics = means.iter().zip(scales);
                    let numbers = statistics.zip(w.iter().zip(b));
                    for ((y, x), ((mean, scale), (w, b))) in out.iter_mut().zip(x).zip(numbers) {
                        *y = (*x - *mean) * *scale * *w + *b;
                    }
                }
            },
        );
    });
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
    let n = (x.len() / width) as f64;
    let to_weights = sums((g, x), (means, scales), |g, x, mean, scale| {
        (g * ((x - mean) * scale), g)
    });
    let column = |k: usize| -> Vec<T> { to_weights.iter().map(|s| T::lit(s[k])).collect() };
    // How the input moves mean and deviation, which fixed ones are not.
    let share = if fixed { 0.0 } else { 1.0 / n };
    let shares = |k: usize| -> Vec<T> {
        let sums = to_weights.iter().zip(w);
        sums.map(|(s, w)| T::lit(s[k] * share) * *w).collect()
    };
    let (products, totals) = (shares(0), shares(1));
    let input = Array::build::<T>(shape, |out| {
        threads::fill_rows(out, width, x.len(), &|first, part| {
            let (g, x) = (&g[first * width..], &x[first * width..]);
            vectorize(
                #[inline(always)]
                || {
                    let rows = g.chunks_exact(width).zip(x.chunks_exact(width));
                    for (out, (g, x)) in part.chunks_exact_mut(width).zip(rows) {
                        let own = out.iter_mut().zip(g.iter().zip(x));
                        let statistics = means.iter().zip(scales);
                        let shares = totals.iter().zip(&products).zip(w);
                        for (((o, (g, x)), (m, s)), ((total, product), w)) in
                            own.zip(statistics).zip(shares)
                        {
                            *o = (*g * *w - *total - (*x - *m) * *s * *product) * *s;
                        }
                    }
                },
            );
        });
    })?;
    Ok(Gradients {
        input,
        weight: Array::from_vec(column(0), &[width]),
        bias: Array::from_vec(column(1), &[width]),
    })
}
