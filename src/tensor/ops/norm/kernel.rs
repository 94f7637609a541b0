//! Normalisation of an array seen as `(outer, channels, length)`: every channel has one mean and one deviation, over
//! all its elements in all outer parts.

use crate::tensor::array::kernels::vectorize;
use crate::tensor::array::{Array, Real, Result};

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

    fn segment(&self, o: usize, c: usize) -> std::ops::Range<usize> {
        let start = (o * self.channels + c) * self.length;
        start..start + self.length
    }

    /// Calls the function with stretches of a segment that share a weight, or have one each: the range of places, and
    /// where the weights start and whether they advance.
    #[inline(always)]
    fn each_run(&self, c: usize, mut f: impl FnMut(std::ops::Range<usize>, usize, bool)) {
        match self.weights {
            Weights::Channel => f(0..self.length, c, false),
            Weights::Place => f(0..self.length, 0, true),
            Weights::Group {
                groups,
                per_group,
                run,
            } => {
                let first = c % groups * per_group;
                for w in 0..per_group {
                    f(w * run..(w + 1) * run, first + w, false);
                }
            }
        }
    }
}

#[inline(always)]
fn lanes<T: Real>(x: &[T], f: impl Fn(usize, T) -> T) -> T {
    let mut sums = [T::ZERO; 16];
    let mut chunks = x.chunks_exact(16);
    let mut at = 0;
    for chunk in &mut chunks {
        for (i, (s, v)) in sums.iter_mut().zip(chunk).enumerate() {
            *s = *s + f(at + i, *v);
        }
        at += 16;
    }
    let total = sums.iter().fold(T::ZERO, |s, v| s + *v);
    let rest = chunks.remainder().iter().enumerate();
    rest.fold(total, |s, (i, v)| s + f(at + i, *v))
}

/// Mean and (biased) variance of each channel.
pub(super) fn moments<T: Real>(x: &[T], cut: &Cut) -> (Vec<T>, Vec<T>) {
    let n = T::lit(cut.count() as f64);
    let mut means = Vec::with_capacity(cut.channels);
    let mut variances = Vec::with_capacity(cut.channels);
    vectorize(
        #[inline(always)]
        || {
            for c in 0..cut.channels {
                let each = || (0..cut.outer).map(|o| &x[cut.segment(o, c)]);
                let mean = each().fold(T::ZERO, |s, part| s + lanes(part, |_, v| v)) / n;
                let square = |s: T, part: &[T]| s + lanes(part, |_, v| (v - mean) * (v - mean));
                variances.push(each().fold(T::ZERO, square) / n);
                means.push(mean);
            }
        },
    );
    (means, variances)
}

/// `(x - mean) * scale * weight + bias`
pub(super) fn normalize<T: Real>(
    x: &[T],
    cut: &Cut,
    (means, scales): (&[T], &[T]),
    weight: Option<&[T]>,
    bias: Option<&[T]>,
    out: &mut [T],
) {
    vectorize(
        #[inline(always)]
        || {
            for o in 0..cut.outer {
                for c in 0..cut.channels {
                    let (x, out) = (&x[cut.segment(o, c)], &mut out[cut.segment(o, c)]);
                    let (mean, scale) = (means[c], scales[c]);
                    cut.each_run(c, |run, first, advances| {
                        let (x, out) = (&x[run.clone()], &mut out[run]);
                        let at = |all: Option<&[T]>, i: usize, missing: T| {
                            all.map_or(missing, |w| w[if advances { first + i } else { first }])
                        };
                        if advances {
                            for (i, (y, x)) in out.iter_mut().zip(x).enumerate() {
                                *y = (*x - mean) * scale * at(weight, i, T::ONE)
                                    + at(bias, i, T::ZERO);
                            }
                        } else {
                            let (w, b) = (at(weight, 0, T::ONE), at(bias, 0, T::ZERO));
                            for (y, x) in out.iter_mut().zip(x) {
                                *y = (*x - mean) * scale * w + b;
                            }
                        }
                    });
                }
            }
        },
    );
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
    let (mut gw, mut gb) = (vec![T::ZERO; weights], vec![T::ZERO; weights]);
    let n = T::lit(cut.count() as f64);
    let at = |i: usize| weight.map_or(T::ONE, |w| w[i]);
    let input = Array::build::<T>(shape, |out| {
        vectorize(
            #[inline(always)]
            || {
                for c in 0..cut.channels {
                    let (mean, scale) = (means[c], scales[c]);
                    // The means of the weighted gradient, and of its product with the normalised input.
                    let (mut total, mut product) = (T::ZERO, T::ZERO);
                    for o in 0..cut.outer {
                        let (g, x) = (&g[cut.segment(o, c)], &x[cut.segment(o, c)]);
                        cut.each_run(c, |run, first, advances| {
                            let (g, x) = (&g[run.clone()], &x[run]);
                            if advances {
                                for (i, (g, x)) in g.iter().zip(x).enumerate() {
                                    let normal = (*x - mean) * scale;
                                    gw[first + i] = gw[first + i] + *g * normal;
                                    gb[first + i] = gb[first + i] + *g;
                                    total = total + *g * at(first + i);
                                    product = product + *g * at(first + i) * normal;
                                }
                                return;
                            }
                            let plain = lanes(g, |_, g| g);
                            let with = lanes(g, |i, g| g * ((x[i] - mean) * scale));
                            gw[first] = gw[first] + with;
                            gb[first] = gb[first] + plain;
                            total = total + plain * at(first);
                            product = product + with * at(first);
                        });
                    }
                    let (total, product) = if fixed {
                        (T::ZERO, T::ZERO)
                    } else {
                        (total / n, product / n)
                    };
                    for o in 0..cut.outer {
                        let (g, x) = (&g[cut.segment(o, c)], &x[cut.segment(o, c)]);
                        let out = &mut out[cut.segment(o, c)];
                        cut.each_run(c, |run, first, advances| {
                            let (g, x, out) = (&g[run.clone()], &x[run.clone()], &mut out[run]);
                            for (i, ((o, g), x)) in out.iter_mut().zip(g).zip(x).enumerate() {
                                let w = at(if advances { first + i } else { first });
                                let normal = (*x - mean) * scale;
                                *o = (*g * w - total - normal * product) * scale;
                            }
                        });
                    }
                }
            },
        );
    })?;
    Ok(Gradients {
        input,
        weight: Array::from_vec(gw, &[weights]),
        bias: Array::from_vec(gb, &[weights]),
    })
}
