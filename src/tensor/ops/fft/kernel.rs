//! Discrete Fourier transforms of several rows at once, in double precision and for any length.

use std::array::from_fn;

use pulp::{Simd, f64x4};

use super::lanes::{Compute, Lanes, Math, compute};
use super::roots::{C, root};

/// One step of a transform: what transforms of `radix` numbers, and the products with roots of unity after them, do.
struct Stage {
    radix: usize,
    /// For each place the factors of all results but the first.
    twiddles: Vec<C>,
    /// The roots of unity of order `radix`.
    roots: Vec<C>,
}

/// The step that a stage does.
struct Step<'a> {
    stage: &'a Stage,
    from: &'a [Lanes],
    to: &'a mut [Lanes],
    /// The product of the radices of the steps before.
    stride: usize,
}

impl Step<'_> {
    /// Stockham's step: the parts of `from` are transformed across, and lie beside each other in `to`, so that the results
    /// of the last step are in order.
    #[inline(always)]
    fn across<S: Simd<f64s = f64x4>, const R: usize>(
        self,
        m: Math<S>,
        butterfly: impl Fn([Lanes; R]) -> [Lanes; R],
    ) {
        let (part, stride) = (self.from.len() / R, self.stride);
        let places = self.to.chunks_exact_mut(R * stride);
        let twiddles = self.stage.twiddles.chunks_exact(R - 1);
        for (p, (to, w)) in places.zip(twiddles).enumerate() {
            let from: [&[Lanes]; R] = from_fn(|r| &self.from[r * part + p * stride..][..stride]);
            let mut to = to.chunks_exact_mut(stride);
            let to: [&mut [Lanes]; R] = from_fn(|_| to.next().unwrap_or_default());
            for q in 0..stride {
                let y = butterfly(from_fn(|r| from[r][q]));
                to[0][q] = y[0];
                for r in 1..R {
                    to[r][q] = m.times(y[r], w[r - 1]);
                }
            }
        }
    }
}

impl Compute for Step<'_> {
    #[inline(always)]
    fn run<S: Simd<f64s = f64x4>>(self, m: Math<S>) {
        let roots = &self.stage.roots[..];
        macro_rules! odd {
            ($p:literal) => {
                self.across::<S, $p>(
                    m,
                    #[inline(always)]
                    |x| m.odd(x, roots),
                )
            };
        }
        match self.stage.radix {
            2 => self.across::<S, 2>(
                m,
                #[inline(always)]
                |[a, b]| [m.add(a, b), m.sub(a, b)],
            ),
            3 => odd!(3),
            4 => self.across::<S, 4>(
                m,
                #[inline(always)]
                |x| m.four(x),
            ),
            5 => odd!(5),
            _ => odd!(7),
        }
    }
}

/// A transform of one length: its steps, or Bluestein's algorithm for a length with a large prime factor.
pub(super) struct Plan {
    n: usize,
    stages: Vec<Stage>,
    chirp: Option<Box<Chirp>>,
}

/// The chirp `exp(-pi i k^2 / n)`, the transform of its conjugate, and the plan for that.
struct Chirp {
    chirp: Vec<C>,
    conjugates: Vec<C>,
    kernel: Vec<C>,
    plan: Plan,
}

/// The factors of a length in the order of the steps, but for what is left without small ones.
fn factors(n: usize) -> (Vec<usize>, usize) {
    let (mut factors, mut rest) = (Vec::new(), n.max(1));
    for p in [4, 2, 3, 5, 7] {
        while rest.is_multiple_of(p) {
            factors.push(p);
            rest /= p;
        }
    }
    (factors, rest)
}

impl Plan {
    /// For rows of `n` numbers.
    pub(super) fn new(n: usize) -> Plan {
        let (factors, rest) = factors(n);
        let mut plan = Plan {
            n,
            stages: Vec::new(),
            chirp: None,
        };
        if rest > 1 {
            plan.chirp = Some(Box::new(Chirp::new(n)));
            return plan;
        }
        let mut length = n;
        for radix in factors {
            let places = 0..length / radix;
            let twiddles = |p| (1..radix).map(move |k| root(p * k, length));
            plan.stages.push(Stage {
                radix,
                twiddles: places.flat_map(twiddles).collect(),
                roots: (0..radix).map(|k| root(k, radix)).collect(),
            });
            length /= radix;
        }
        plan
    }

    /// Transforms rows of which each has its lane; nothing is scaled. The second vector is room for `n` numbers too.
    pub(super) fn run(&self, rows: &mut Vec<Lanes>, spare: &mut Vec<Lanes>) {
        if let Some(chirp) = &self.chirp {
            return chirp.run(rows);
        }
        spare.resize(self.n, Lanes::default());
        let mut stride = 1;
        for stage in &self.stages {
            let (from, to) = (&rows[..], &mut spare[..]);
            compute(Step {
                stage,
                from,
                to,
                stride,
            });
            std::mem::swap(rows, spare);
            stride *= stage.radix;
        }
    }
}

impl Chirp {
    fn new(n: usize) -> Chirp {
        let plan = Plan::new((2 * n - 1).next_power_of_two());
        let conjugate = |w: &C| C::new(w.re, -w.im);
        let chirp: Vec<C> = (0..n).map(|k| root(k * k % (2 * n), 2 * n)).collect();
        let mut kernel = vec![Lanes::default(); plan.n];
        for (k, w) in chirp.iter().enumerate() {
            let w = Lanes::all(conjugate(w));
            (kernel[k], kernel[(plan.n - k) % plan.n]) = (w, w);
        }
        plan.run(&mut kernel, &mut Vec::new());
        let scale = 1.0 / plan.n as f64;
        let first = |v: &Lanes| C::new(v.re[0] * scale, v.im[0] * scale);
        Chirp {
            conjugates: chirp.iter().map(conjugate).collect(),
            chirp,
            kernel: kernel.iter().map(first).collect(),
            plan,
        }
    }

    /// A transform as a convolution with the chirp, of a length that is a power of two. The way back is the transform with
    /// conjugates before and after.
    fn run(&self, rows: &mut [Lanes]) {
        let mut padded = rows.to_vec();
        padded.resize(self.plan.n, Lanes::default());
        compute(Products(&mut padded, &self.chirp, false));
        let mut spare = Vec::new();
        self.plan.run(&mut padded, &mut spare);
        compute(Products(&mut padded, &self.kernel, true));
        self.plan.run(&mut padded, &mut spare);
        rows.copy_from_slice(&padded[..rows.len()]);
        compute(Products(rows, &self.conjugates, true));
    }
}

/// Numbers times factors, and whether the results are conjugated.
struct Products<'a>(&'a mut [Lanes], &'a [C], bool);

impl Compute for Products<'_> {
    #[inline(always)]
    fn run<S: Simd<f64s = f64x4>>(self, m: Math<S>) {
        for (x, w) in self.0.iter_mut().zip(self.1) {
            let y = m.times(*x, *w);
            *x = if self.2 { m.conjugate(y) } else { y };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tensor::ops::fft::lanes::LANES;

    #[test]
    fn every_length_agrees_with_the_definition() {
        for n in (1..40).chain([64, 74, 97, 105, 121, 127, 143]) {
            let number = |k: usize| C::new((k as f64 * 0.7).sin(), (k as f64 * 0.3).cos());
            let mut rows: Vec<Lanes> = (0..n).map(|k| Lanes::of(|l| number(k + l))).collect();
            Plan::new(n).run(&mut rows, &mut Vec::new());
            for (q, y) in rows.iter().enumerate() {
                for l in 0..LANES {
                    let sum = |s, k| s + number(k + l) * root(k * q, n);
                    let expected = (0..n).fold(C::new(0.0, 0.0), sum);
                    let error = (y.re[l] - expected.re).hypot(y.im[l] - expected.im);
                    assert!(error < 1e-11 * n as f64, "length {n}: {error}");
                }
            }
        }
    }
}
