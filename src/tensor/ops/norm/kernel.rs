//! Normalisation of an array seen as `(outer, channels, length)`: every channel has one mean and one deviation, over
//! all its elements in all outer parts.

use super::columns;
use crate::tensor::array::kernels::vectorize;
use crate::tensor::array::{Array, Real, Result, threads};

/// Which weight an element gets.
#[derive(Clone, Copy, Debug)]
pub(super) enum Weights {
    /// One a channel.
    Channel,
    /// One for each place in a channel.
    Place,
    /// Channels are groups of `per_group` weights, each for `run` neighbouring places; `groups` of them repeat.
    Group {
        groups: usize,
        per_group: usize,
        run: usize,
    },
}

/// An array's three parts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cut {
    pub(super) outer: usize,
    pub(super) channels: usize,
    pub(super) length: usize,
    pub(super) weights: Weights,
}

impl Cut {
    /// Elements of a channel.
    pub(super) fn count(&self) -> usize {
        self.outer * self.length
    }

    /// Whether channels are the columns of a matrix.
    pub(super) fn is_matrix(&self) -> bool {
        self.length == 1 && matches!(self.weights, Weights::Channel)
    }

    pub(super) fn segment(&self, o: usize, c: usize) -> std::ops::Range<usize> {
        let start = (o * self.channels + c) * self.length;
        start..start + self.length
    }

    /// How many weights there are.
    fn weights(&self) -> usize {
        match self.weights {
            Weights::Channel => self.channels,
            Weights::Place => self.length,
            Weights::Group {
                groups, per_group, ..
            } => groups * per_group,
        }
    }

    /// Which weights a channel has, one for each run of so many places.
    fn runs(&self, c: usize) -> (std::ops::Range<usize>, usize) {
        match self.weights {
            Weights::Channel => (c..c + 1, self.length),
            Weights::Place => (0..self.length, 1),
            Weights::Group {
                groups,
                per_group,
                run,
            } => (c % groups * per_group..(c % groups + 1) * per_group, run),
        }
    }
}

/// Sums over pairs of elements, in lanes; two at once.
#[inline(always)]
fn sums<T: Real>(x: &[T], y: &[T], f: impl Fn(T, T) -> (T, T)) -> (T, T) {
    // So many that the compiler keeps the loops over them, which it turns into SIMD code.
    const WIDE: usize = 64;
    let (mut a, mut b) = ([T::ZERO; WIDE], [T::ZERO; WIDE]);
    let (mut xs, mut ys) = (x.chunks_exact(WIDE), y.chunks_exact(WIDE));
    for (x, y) in (&mut xs).zip(&mut ys) {
        for i in 0..WIDE {
            let (u, v) = f(x[i], y[i]);
            a[i] = a[i] + u;
            b[i] = b[i] + v;
        }
    }
    for (i, (x, y)) in xs.remainder().iter().zip(ys.remainder()).enumerate() {
        let (u, v) = f(*x, *y);
        a[i] = a[i] + u;
        b[i] = b[i] + v;
    }
    for i in 0..WIDE / 2 {
        a[i] = a[i] + a[i + WIDE / 2];
        b[i] = b[i] + b[i + WIDE / 2];
    }
    for i in 0..WIDE / 4 {
        a[i] = a[i] + a[i + WIDE / 4];
        b[i] = b[i] + b[i + WIDE / 4];
    }
    for i in 0..WIDE / 8 {
        a[i] = a[i] + a[i + WIDE / 8];
        b[i] = b[i] + b[i + WIDE / 8];
    }
    let eight = |x: &[T]| (x[0] + x[4]) + (x[1] + x[5]) + ((x[2] + x[6]) + (x[3] + x[7]));
    (eight(&a), eight(&b))
}

/// What is done with a segment of an output: its channel, its range and itself.
type Segment<'a, T> = &'a (dyn Fn(usize, std::ops::Range<usize>, &mut [T]) + Sync);

/// Calls the function with each segment of an output.
pub(super) fn each_segment<T: Real>(out: &mut [T], cut: &Cut, f: Segment<T>) {
    let (length, work) = (cut.length, out.len());
    if length == 0 {
        return;
    }
    threads::fill_rows(out, length, work, &|first, part| {
        for (i, out) in part.chunks_exact_mut(length).enumerate() {
            let at = first + i;
            f(at % cut.channels, at * length..(at + 1) * length, out);
        }
    });
}

/// The weights, or as many times what stands for them.
fn or_all<'a, T: Real>(w: Option<&'a [T]>, missing: T, cut: &Cut) -> std::borrow::Cow<'a, [T]> {
    match w {
        Some(w) => std::borrow::Cow::Borrowed(w),
        None => std::borrow::Cow::Owned(vec![missing; cut.weights()]),
    }
}

/// `(x - mean) * scale * weight + bias`; where places share a weight, as one product and one sum.
pub(super) fn normalize<T: Real>(
    x: &[T],
    cut: &Cut,
    (means, scales): (&[T], &[T]),
    weight: Option<&[T]>,
    bias: Option<&[T]>,
    out: &mut [T],
) {
    let (w, b) = (or_all(weight, T::ONE, cut), or_all(bias, T::ZERO, cut));
    let (w, b): (&[T], &[T]) = (&w, &b);
    if cut.is_matrix() {
        return columns::normalize(x, (means, scales), (w, b), out);
    }
    let by_place = matches!(cut.weights, Weights::Place);
    each_segment(out, cut, &|c, at, out| {
        let (x, mean, scale) = (&x[at], means[c], scales[c]);
        let (places, run) = cut.runs(c);
        vectorize(
            #[inline(always)]
            || {
                if by_place {
                    let weights = w[places.clone()].iter().zip(&b[places]);
                    for ((y, x), (w, b)) in out.iter_mut().zip(x).zip(weights) {
                        *y = ((*x - mean) * scale).mul_add(*w, *b);
                    }
                    return;
                }
                let runs = out.chunks_exact_mut(run).zip(x.chunks_exact(run));
                for ((out, x), i) in runs.zip(places) {
                    let factor = scale * w[i];
                    let shift = (-mean).mul_add(factor, b[i]);
                    for (y, x) in out.iter_mut().zip(x) {
                        *y = x.mul_add(factor, shift);
                    }
                }
            },
        );
    });
}

/// The gradients of input, weight and bias; `fixed` says that mean and deviation do not depend on the input.
pub(super) struct Gradients {
    pub(super) input: Array,
    pub(super) weight: Array,
    pub(super) bias: Array,
}

/// From the output's gradient and the input.
pub(super) fn backward<T: Real>(
    (g, x): (&[T], &[T]),
    shape: &[usize],
    cut: &Cut,
    (means, scales): (&[T], &[T]),
    weight: Option<&[T]>,
    weights: usize,
    fixed: bool,
) -> Result<Gradients> {
    let w = or_all(weight, T::ONE, cut);
    let w: &[T] = &w;
    let statistics = (means, scales);
    match cut.weights {
        _ if cut.is_matrix() => {
            return columns::backward((g, x), shape, statistics, w, fixed);
        }
        Weights::Channel => {
            return super::channels::backward((g, x), shape, cut, statistics, w, fixed);
        }
        Weights::Place => return super::places::backward((g, x), shape, cut, statistics, w),
        Weights::Group { .. } => {}
    }
    let (to_weights, totals) = run_sums((g, x), cut, statistics, w);
    let n = T::lit(cut.count() as f64);
    let input = Array::build::<T>(shape, |out| {
        each_segment(out, cut, &|c, at, out| {
            let (g, x, mean, scale) = (&g[at.clone()], &x[at], means[c], scales[c]);
            vectorize(
                #[inline(always)]
                || {
                    // The means of the weighted gradient, and of its product with the normalised input.
                    let (places, run) = cut.runs(c);
                    let (total, product) = (totals[2 * c], totals[2 * c + 1]);
                    let (total, product) = (total / n, product / n);
                    let slope =
                        |g: T, x: T, w: T| (g * w - total - (x - mean) * scale * product) * scale;
                    let runs = out.chunks_exact_mut(run).zip(g.chunks_exact(run));
                    for (((out, g), x), i) in runs.zip(x.chunks_exact(run)).zip(places) {
                        let w = w[i];
                        for ((o, g), x) in out.iter_mut().zip(g).zip(x) {
                            *o = slope(*g, *x, w);
                        }
                    }
                },
            );
        });
    })?;
    let half = |k: usize| {
        Array::from_vec(
            to_weights[k * weights..(k + 1) * weights].to_vec(),
            &[weights],
        )
    };
    Ok(Gradients {
        input,
        weight: half(0),
        bias: half(1),
    })
}

/// The gradients of weights that runs of places share, then those of the biases; and each channel's sums of the weighted
/// gradient and of its product with the normalised input.
fn run_sums<T: Real>(
    (g, x): (&[T], &[T]),
    cut: &Cut,
    (means, scales): (&[T], &[T]),
    w: &[T],
) -> (Vec<T>, Vec<T>) {
    let per = cut.runs(0).0.len();
    let mut parts = vec![T::ZERO; 2 * per * cut.channels];
    threads::fill_rows(&mut parts, 2 * per, x.len(), &|first, parts| {
        vectorize(
            #[inline(always)]
            || {
                for (i, part) in parts.chunks_exact_mut(2 * per).enumerate() {
                    let c = first + i;
                    let (mean, scale, run) = (means[c], scales[c], cut.runs(c).1);
                    for o in 0..cut.outer {
                        let start = cut.segment(o, c).start;
                        for (r, sum) in part.chunks_exact_mut(2).enumerate() {
                            let at = start + r * run..start + (r + 1) * run;
                            let f = |g: T, x: T| (g * ((x - mean) * scale), g);
                            let (with, plain) = sums(&g[at.clone()], &x[at], f);
                            sum[0] = sum[0] + with;
                            sum[1] = sum[1] + plain;
                        }
                    }
                }
            },
        );
    });
    let weights = cut.weights();
    let (mut to_weights, mut totals) =
        (vec![T::ZERO; 2 * weights], vec![T::ZERO; 2 * cut.channels]);
    for c in 0..cut.channels {
        for (r, i) in cut.runs(c).0.enumerate() {
            let (with, plain) = (parts[2 * (c * per + r)], parts[2 * (c * per + r) + 1]);
            to_weights[i] = to_weights[i] + with;
            to_weights[weights + i] = to_weights[weights + i] + plain;
            totals[2 * c] = totals[2 * c] + plain * w[i];
            totals[2 * c + 1] = totals[2 * c + 1] + with * w[i];
        }
    }
    (to_weights, totals)
}
