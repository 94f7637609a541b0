//! The gradients of batch normalisation, with sums and products in the order of PyTorch's kernels.

use super::kernel::{Cut, Gradients, each_segment};
use crate::tensor::array::kernels::lanes::reduce;
use crate::tensor::array::kernels::vectorize;
use crate::tensor::array::{Array, Element, Real, Result, threads};

/// The sums of the gradient, and of its product with the distance from the mean, for each channel; those of the images
/// meet in double precision.
fn sums<T: Real>((g, x): (&[T], &[T]), cut: &Cut, means: &[T]) -> Vec<f64> {
    let mut both = vec![0f64; 2 * cut.channels];
    threads::fill_rows(&mut both, 2, x.len(), &|first, part| {
        vectorize(
            #[inline(always)]
            || {
                for (i, out) in part.chunks_exact_mut(2).enumerate() {
                    let mean = means[first + i];
                    for at in (0..cut.outer).map(|o| cut.segment(o, first + i)) {
                        let (total, product) = match size_of::<T>() {
                            8 => pair::<T, 4>(&g[at.clone()], &x[at], mean),
                            _ => pair::<T, 8>(&g[at.clone()], &x[at], mean),
                        };
                        out[0] += Element::to_f64(total);
                        out[1] += Element::to_f64(product);
                    }
                }
            },
        );
    });
    both
}

/// The two sums of a segment.
#[inline(always)]
fn pair<T: Real, const W: usize>(g: &[T], x: &[T], mean: T) -> (T, T) {
    let total = reduce::<T, W, 1>([g], |[g]| g, |s, [g]| s + g);
    let last = |s: T, [g, x]: [T; 2]| (x - mean).mul_add(g, s);
    let product = reduce::<T, W, 2>([g, x], |[g, x]| (x - mean) * g, last);
    (total, product)
}

/// From the output's gradient and the input; `fixed` says that mean and deviation do not depend on the input.
pub(super) fn backward<T: Real>(
    (g, x): (&[T], &[T]),
    shape: &[usize],
    cut: &Cut,
    (means, scales): (&[T], &[T]),
    w: &[T],
    fixed: bool,
) -> Result<Gradients> {
    let sums = sums((g, x), cut, means);
    let n = T::lit(cut.count() as f64);
    let input = Array::build::<T>(shape, |out| {
        each_segment(out, cut, &|c, at, out| {
            let (g, x) = (&g[at.clone()], &x[at]);
            let (mean, scale, w) = (means[c], scales[c], w[c]);
            let total = T::lit(sums[2 * c] / cut.count() as f64);
            let factor = T::lit(sums[2 * c + 1]) * scale * scale / n;
            let own = fixed; // in a register, not where `out` might lie
            vectorize(
                #[inline(always)]
                || {
                    for ((o, g), x) in out.iter_mut().zip(g).zip(x) {
                        let d = *x - mean;
                        let inner = if own {
                            *g
                        } else {
                            (-d).mul_add(factor, *g - total)
                        };
                        *o = inner * scale * w;
                    }
                },
            );
        });
    })?;
    let every = |k: usize| sums.iter().skip(k).step_by(2).copied();
    let weight = every(1).zip(scales);
    let weight: Vec<T> = weight
        .map(|(s, scale)| T::lit(s * Element::to_f64(*scale)))
        .collect();
    Ok(Gradients {
        input,
        weight: Array::from_vec(weight, &[cut.channels]),
        bias: Array::from_vec(every(0).map(T::lit).collect::<Vec<T>>(), &[cut.channels]),
    })
}
