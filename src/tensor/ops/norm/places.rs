//! The gradients of layer normalisation, with sums and products in the order of PyTorch's kernels.

use super::kernel::{Cut, Gradients, each_segment};
use crate::tensor::array::kernels::lanes::reduce;
use crate::tensor::array::kernels::vectorize;
use crate::tensor::array::{Array, Real, Result, threads};

/// The sums of `g * w` and of `g * x * w` over a row.
#[inline(always)]
fn sums<T: Real, const W: usize>(g: &[T], x: &[T], w: &[T]) -> (T, T) {
    let total = reduce::<T, W, 2>([g, w], |[g, w]| g * w, |s, [g, w]| g.mul_add(w, s));
    let last = |s: T, [g, x, w]: [T; 3]| (g * x).mul_add(w, s);
    let product = reduce::<T, W, 3>([g, x, w], |[g, x, w]| g * x * w, last);
    (total, product)
}

/// The gradients of weights and biases: rows are added up one after the other, and threads share the columns.
fn by_column<T: Real>(
    (g, x): (&[T], &[T]),
    cut: &Cut,
    (means, scales): (&[T], &[T]),
) -> (Vec<T>, Vec<T>) {
    let mut pairs = vec![T::ZERO; 2 * cut.length];
    threads::fill_rows(&mut pairs, 2, x.len(), &|first, part| {
        let n = part.len() / 2;
        let (mut weights, mut biases) = (vec![T::ZERO; n], vec![T::ZERO; n]);
        vectorize(
            #[inline(always)]
            || {
                for (c, (mean, scale)) in means.iter().zip(scales).enumerate() {
                    let start = cut.segment(0, c).start + first;
                    let shift = -*scale * *mean;
                    let (g, x) = (&g[start..start + n], &x[start..start + n]);
                    for (((w, b), g), x) in weights.iter_mut().zip(&mut biases).zip(g).zip(x) {
                        *w = g.mul_add(scale.mul_add(*x, shift), *w);
                        *b = *b + *g;
                    }
                }
            },
        );
        for (pair, (w, b)) in part.chunks_exact_mut(2).zip(weights.iter().zip(&biases)) {
            (pair[0], pair[1]) = (*w, *b);
        }
    });
    let every = |k: usize| pairs.iter().skip(k).step_by(2).copied().collect();
    (every(0), every(1))
}

/// From the output's gradient and the input.
pub(super) fn backward<T: Real>(
    (g, x): (&[T], &[T]),
    shape: &[usize],
    cut: &Cut,
    (means, scales): (&[T], &[T]),
    w: &[T],
) -> Result<Gradients> {
    let (weight, bias) = by_column((g, x), cut, (means, scales));
    let share = T::ONE / T::lit(cut.length as f64);
    let input = Array::build::<T>(shape, |out| {
        each_segment(out, cut, &|c, at, out| {
            let (g, x, mean, scale) = (&g[at.clone()], &x[at], means[c], scales[c]);
            vectorize(
                #[inline(always)]
                || {
                    let (total, product) = match size_of::<T>() {
                        8 => sums::<T, 4>(g, x, w),
                        _ => sums::<T, 8>(g, x, w),
                    };
                    let slope = total.mul_add(mean, -product) * scale * scale * scale * share;
                    let shift = (-slope).mul_add(mean, -(total * scale * share));
                    for (((o, g), x), w) in out.iter_mut().zip(g).zip(x).zip(w) {
                        *o = slope.mul_add(*x, scale * *g * *w) + shift;
                    }
                },
            );
        });
    })?;
    let places = [cut.length];
    Ok(Gradients {
        input,
        weight: Array::from_vec(weight, &places),
        bias: Array::from_vec(bias, &places),
    })
}
