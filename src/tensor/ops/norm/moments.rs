//! Means and squares around them, in the ways in which PyTorch's kernels compute them.

use super::kernel::{Cut, Weights};
use crate::tensor::array::kernels::reduce::sum_of;
use crate::tensor::array::kernels::vectorize;
use crate::tensor::array::{Real, threads};

/// Vectors that are taken in before they are joined with those before.
const CHUNK: usize = 16;
/// More levels of joined chunks than any row has.
const LEVELS: usize = 48;

/// The mean of each channel, and the sum of the squares around it.
pub(super) fn moments<T: Real>(x: &[T], cut: &Cut) -> (Vec<T>, Vec<T>) {
    if cut.is_matrix() {
        return columns(x, cut);
    }
    let mut both = vec![T::ZERO; 2 * cut.channels];
    threads::fill_rows(&mut both, 2, x.len(), &|first, part| {
        vectorize(
            #[inline(always)]
            || {
                for (i, out) in part.chunks_exact_mut(2).enumerate() {
                    let (mean, squares) = match (cut.weights, size_of::<T>()) {
                        (Weights::Channel, _) => channel(x, cut, first + i),
                        (_, 8) => running::<T, 4>(&x[cut.segment(0, first + i)]),
                        _ => running::<T, 8>(&x[cut.segment(0, first + i)]),
                    };
                    (out[0], out[1]) = (mean, squares);
                }
            },
        );
    });
    let every = |k: usize| both.iter().skip(k).step_by(2).copied().collect();
    (every(0), every(1))
}

/// A channel of several parts, in double precision.
#[inline(always)]
fn channel<T: Real>(x: &[T], cut: &Cut, c: usize) -> (T, T) {
    let each = || (0..cut.outer).map(|o| &x[cut.segment(o, c)]);
    let total: f64 = each().map(|x| sum_of(x, |v| v.to_f64())).sum();
    let mean = T::lit(total / cut.count() as f64);
    let square = |v: T| {
        let d = (v - mean).to_f64();
        d * d
    };
    let squares: f64 = each().map(|x| sum_of(x, square)).sum();
    (mean, T::lit(squares))
}

/// Channels whose elements are columns: added up row after row.
fn columns<T: Real>(x: &[T], cut: &Cut) -> (Vec<T>, Vec<T>) {
    let (channels, n) = (cut.channels.max(1), T::lit(cut.outer as f64));
    let (mut means, mut squares) = (vec![T::ZERO; cut.channels], vec![T::ZERO; cut.channels]);
    vectorize(
        #[inline(always)]
        || {
            for row in x.chunks_exact(channels) {
                means.iter_mut().zip(row).for_each(|(m, v)| *m = *m + *v);
            }
            means.iter_mut().for_each(|m| *m = *m / n);
            for row in x.chunks_exact(channels) {
                for ((s, m), v) in squares.iter_mut().zip(&means).zip(row) {
                    let d = *v - *m;
                    *s = d.mul_add(d, *s);
                }
            }
        },
    );
    (means, squares)
}

/// How many elements, their mean and the squares around it.
#[derive(Clone, Copy)]
struct Part<V> {
    count: usize,
    mean: V,
    squares: V,
}

/// Joins a part to those before it: T. Chan, G. Golub, R. LeVeque, "Updating formulae and a pairwise algorithm for computing
/// sample variances" (1979).
#[inline(always)]
fn join<T: Real>(to: (usize, T, T), (count, mean, squares): (usize, T, T)) -> (usize, T, T) {
    let all = to.0 + count;
    let share = if all == 0 {
        T::ZERO
    } else {
        T::lit(count as f64) / T::lit(all as f64)
    };
    let d = mean - to.1;
    let between = d * d * share * T::lit(to.0 as f64);
    (all, share.mul_add(d, to.1), to.2 + (squares + between))
}

#[inline(always)]
fn join_lanes<T: Real, const W: usize>(to: &mut Part<[T; W]>, part: &Part<[T; W]>) {
    let count = to.count;
    for i in 0..W {
        let own = (count, to.mean[i], to.squares[i]);
        (to.count, to.mean[i], to.squares[i]) =
            join(own, (part.count, part.mean[i], part.squares[i]));
    }
}

/// Moments of a row in one pass: lanes take in chunks of vectors, which are joined pairwise (`RowwiseMoments` in ATen).
#[inline(always)]
fn running<T: Real, const W: usize>(row: &[T]) -> (T, T) {
    let none = Part {
        count: 0,
        mean: [T::ZERO; W],
        squares: [T::ZERO; W],
    };
    let mut levels = [none; LEVELS];
    let vectors = row.len() / W;
    let chunks = vectors.div_ceil(CHUNK);
    let depth = (chunks.next_power_of_two().trailing_zeros() as usize).max(1);
    let (whole, rest) = row.split_at(vectors * W);
    for (i, chunk) in whole.chunks(CHUNK * W).enumerate() {
        let mut part = Part {
            count: chunk.len() / W,
            ..none
        };
        for (j, vector) in chunk.chunks_exact(W).enumerate() {
            let share = T::ONE / T::lit((j + 1) as f64);
            for (l, x) in vector.iter().enumerate() {
                let d = *x - part.mean[l];
                part.mean[l] = d.mul_add(share, part.mean[l]);
                part.squares[l] = d.mul_add(*x - part.mean[l], part.squares[l]);
            }
        }
        join_lanes(&mut levels[0], &part);
        let (mut mask, mut j) = (i + 1, 1);
        while j < depth && mask & 1 == 0 {
            let below = std::mem::replace(&mut levels[j - 1], none);
            join_lanes(&mut levels[j], &below);
            (mask, j) = (mask >> 1, j + 1);
        }
    }
    for j in 1..depth {
        let level = levels[j];
        join_lanes(&mut levels[0], &level);
    }
    let mut all = (0, T::ZERO, T::ZERO);
    for x in rest {
        let d = *x - all.1;
        let count = all.0 + 1;
        let mean = all.1 + d / T::lit(count as f64);
        all = (count, mean, d.mul_add(*x - mean, all.2));
    }
    let lanes = &levels[0];
    for i in 0..W {
        all = join(all, (vectors, lanes.mean[i], lanes.squares[i]));
    }
    (all.1, all.2)
}
