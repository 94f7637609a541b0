//! Means and squares around them, in the ways in which PyTorch's kernels compute them.

use smallvec::{SmallVec, smallvec};

use super::kernel::{Cut, Weights};
use crate::tensor::array::kernels::reduce::sum_of;
use crate::tensor::array::kernels::tile::singles;
use crate::tensor::array::kernels::vectorize;
use crate::tensor::array::kernels::vectors::{Plain, Vectors};
use crate::tensor::array::{Real, threads};

/// Vectors that are taken in before they are joined with those before.
const CHUNK: usize = 16;

/// The mean of each channel, and the sum of the squares around it.
pub(super) fn moments<T: Real>(x: &[T], cut: &Cut) -> (Vec<T>, Vec<T>) {
    if cut.is_matrix() {
        return columns(x, cut);
    }
    let mut both = vec![T::ZERO; 2 * cut.channels];
    threads::fill_rows(&mut both, 2, x.len(), &|first, part| {
        for (i, out) in part.chunks_exact_mut(2).enumerate() {
            (out[0], out[1]) = match cut.weights {
                Weights::Channel => channel(x, cut, first + i),
                _ => row(&x[cut.segment(0, first + i)]),
            };
        }
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
fn join_lanes<T: Real, S: Vectors<T>>(s: S, to: &mut Part<S::Vector>, part: &Part<S::Vector>) {
    let all = to.count + part.count;
    if all == 0 {
        return;
    }
    let number = |n: usize| s.splat(T::lit(n as f64));
    let share = s.splat(T::lit(part.count as f64) / T::lit(all as f64));
    let d = s.minus(part.mean, to.mean);
    let between = s.times(s.times(s.times(d, d), share), number(to.count));
    *to = Part {
        count: all,
        mean: s.fused(share, d, to.mean),
        squares: s.plus(to.squares, s.plus(part.squares, between)),
    };
}

/// Moments of a row, in vectors of 32 bytes.
fn row<T: Real>(row: &[T]) -> (T, T) {
    #[cfg(target_arch = "x86_64")]
    if let (Some(simd), Some(row)) = (pulp::x86::V3::try_new(), singles(row)) {
        let (mean, squares) = simd.vectorize(
            #[inline(always)]
            || running(simd, row),
        );
        return (T::lit(mean.into()), T::lit(squares.into()));
    }
    vectorize(
        #[inline(always)]
        || match size_of::<T>() {
            8 => running(Plain::<4>, row),
            _ => running(Plain::<8>, row),
        },
    )
}

/// The moments of a vector's lanes over `vectors`.
#[inline(always)]
fn chunk<T: Real, S: Vectors<T>>(s: S, vectors: &[T]) -> Part<S::Vector> {
    let (mut mean, mut squares) = (s.splat(T::ZERO), s.splat(T::ZERO));
    for (j, vector) in vectors.chunks_exact(S::LANES).enumerate() {
        let (x, share) = (s.load(vector), s.splat(T::ONE / T::lit((j + 1) as f64)));
        let d = s.minus(x, mean);
        mean = s.fused(d, share, mean);
        squares = s.fused(d, s.minus(x, mean), squares);
    }
    Part {
        count: vectors.len() / S::LANES,
        mean,
        squares,
    }
}

/// Moments of a row in one pass: lanes take in chunks of vectors, which are joined pairwise (`RowwiseMoments` in ATen).
#[inline(always)]
fn running<T: Real, S: Vectors<T>>(s: S, row: &[T]) -> (T, T) {
    let none = Part {
        count: 0,
        mean: s.splat(T::ZERO),
        squares: s.splat(T::ZERO),
    };
    let vectors = row.len() / S::LANES;
    let chunks = vectors.div_ceil(CHUNK);
    let depth = (chunks.next_power_of_two().trailing_zeros() as usize).max(1);
    let mut levels: SmallVec<[_; 8]> = smallvec![none; depth];
    let (whole, rest) = row.split_at(vectors * S::LANES);
    for (i, part) in whole.chunks(CHUNK * S::LANES).enumerate() {
        join_lanes(s, &mut levels[0], &chunk(s, part));
        let (mut mask, mut j) = (i + 1, 1);
        while j < depth && mask & 1 == 0 {
            let below = std::mem::replace(&mut levels[j - 1], none);
            join_lanes(s, &mut levels[j], &below);
            (mask, j) = (mask >> 1, j + 1);
        }
    }
    for j in 1..depth {
        let level = levels[j];
        join_lanes(s, &mut levels[0], &level);
    }
    let mut all = (0, T::ZERO, T::ZERO);
    for x in rest {
        let d = *x - all.1;
        let count = all.0 + 1;
        let mean = all.1 + d / T::lit(count as f64);
        all = (count, mean, d.mul_add(*x - mean, all.2));
    }
    let (means, squares) = (s.lanes(levels[0].mean), s.lanes(levels[0].squares));
    for (mean, squares) in means.as_ref().iter().zip(squares.as_ref()) {
        all = join(all, (vectors, *mean, *squares));
    }
    (all.1, all.2)
}
