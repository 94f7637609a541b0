//! Discrete Fourier transforms of rows, in double precision and for any length.

use std::f64::consts::PI;

use crate::tensor::array::Complex;

type C = Complex<f64>;

/// Prime factors from this size on are handled by Bluestein's algorithm.
const LARGE: usize = 32;

fn times(a: C, b: C) -> C {
    C {
        re: a.re * b.re - a.im * b.im,
        im: a.re * b.im + a.im * b.re,
    }
}

fn plus(a: C, b: C) -> C {
    C {
        re: a.re + b.re,
        im: a.im + b.im,
    }
}

fn conjugate(a: C) -> C {
    C {
        re: a.re,
        im: -a.im,
    }
}

/// A transform of one length, with its roots of unity.
pub(super) struct Plan {
    n: usize,
    roots: Vec<C>,
    factors: Vec<usize>,
    /// For a length with a large prime factor: the transform of its chirp, and the plan of that length.
    chirp: Option<Box<Chirp>>,
}

type Chirp = (Vec<C>, Vec<C>, Plan);

/// `exp(-2 pi i k / n)`
fn root(k: usize, n: usize) -> C {
    // By quarters, so that what should be 0 or 1 is.
    let eighths = 8 * (k % n);
    let (quarter, rest) = ((eighths + n) / (2 * n) % 4, eighths as i64);
    let inside = rest - (eighths + n) as i64 / (2 * n) as i64 * 2 * n as i64;
    let (s, c) = (2.0 * PI * inside as f64 / (8 * n) as f64).sin_cos();
    let (re, im) = match quarter {
        0 => (c, -s),
        1 => (-s, -c),
        2 => (-c, s),
        _ => (s, c),
    };
    C { re, im }
}

impl Plan {
    /// For rows of `n` numbers.
    pub(super) fn new(n: usize) -> Plan {
        let mut factors = Vec::new();
        let (mut rest, mut p) = (n, 2);
        while rest > 1 {
            if p * p > rest {
                p = rest;
            }
            while rest.is_multiple_of(p) {
                factors.push(p);
                rest /= p;
            }
            p += 1;
        }
        let large = factors.last().is_some_and(|p| *p >= LARGE);
        Plan {
            n,
            roots: if large {
                Vec::new()
            } else {
                (0..n).map(|k| root(k, n)).collect()
            },
            chirp: large.then(|| Box::new(chirp(n))),
            factors,
        }
    }

    /// Transforms a row; backwards with the conjugate roots. Nothing is scaled.
    pub(super) fn run(&self, row: &mut [C], forward: bool) {
        let turn = |row: &mut [C]| {
            if !forward {
                row.iter_mut().for_each(|v| *v = conjugate(*v));
            }
        };
        turn(row);
        match &self.chirp {
            Some(chirp) => self.bluestein(row, chirp),
            None => {
                let from = row.to_vec();
                self.split(&from, 1, row, &self.factors);
            }
        }
        turn(row);
    }

    /// Decimation in time: the transforms of every p-th number, put together.
    fn split(&self, from: &[C], stride: usize, to: &mut [C], factors: &[usize]) {
        let Some((p, rest)) = factors.split_first() else {
            if let (Some(to), Some(from)) = (to.first_mut(), from.first()) {
                *to = *from;
            }
            return;
        };
        let (p, m) = (*p, to.len() / p);
        for r in 0..p {
            self.split(
                &from[r * stride..],
                stride * p,
                &mut to[r * m..(r + 1) * m],
                rest,
            );
        }
        let mut parts = [C::default(); LARGE];
        for k in 0..m {
            for (r, part) in parts[..p].iter_mut().enumerate() {
                *part = times(to[r * m + k], self.roots[r * k * stride % self.n]);
            }
            for q in 0..p {
                let mut sum = parts[0];
                for (r, part) in parts[1..p].iter().enumerate() {
                    let turn = self.roots[(r + 1) * q * m * stride % self.n];
                    sum = plus(sum, times(*part, turn));
                }
                to[q * m + k] = sum;
            }
        }
    }

    /// A transform as a convolution with a chirp, of a length that is a power of two.
    fn bluestein(&self, row: &mut [C], (chirp, kernel, plan): &(Vec<C>, Vec<C>, Plan)) {
        let mut padded = vec![C::default(); plan.n];
        for ((p, x), w) in padded.iter_mut().zip(&*row).zip(chirp) {
            *p = times(*x, *w);
        }
        plan.run(&mut padded, true);
        padded
            .iter_mut()
            .zip(kernel)
            .for_each(|(p, k)| *p = times(*p, *k));
        plan.run(&mut padded, false);
        let scale = 1.0 / plan.n as f64;
        for ((x, p), w) in row.iter_mut().zip(&padded).zip(chirp) {
            let v = times(*p, *w);
            *x = C {
                re: v.re * scale,
                im: v.im * scale,
            };
        }
    }
}

/// The chirp `exp(-pi i k^2 / n)`, the transform of its conjugate, and the plan for that.
fn chirp(n: usize) -> (Vec<C>, Vec<C>, Plan) {
    let plan = Plan::new((2 * n - 1).next_power_of_two());
    let chirp: Vec<C> = (0..n).map(|k| root(k * k % (2 * n), 2 * n)).collect();
    let mut kernel = vec![C::default(); plan.n];
    for (k, w) in chirp.iter().enumerate() {
        kernel[k] = conjugate(*w);
        kernel[(plan.n - k) % plan.n] = conjugate(*w);
    }
    plan.run(&mut kernel, true);
    (chirp, kernel, plan)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_agrees_with_the_definition() {
        for n in (1..40).chain([64, 74, 97, 105, 121, 127]) {
            let x: Vec<C> = (0..n)
                .map(|k| C {
                    re: (k as f64 * 0.7).sin(),
                    im: (k as f64 * 0.3).cos(),
                })
                .collect();
            let mut y = x.clone();
            let plan = Plan::new(n);
            plan.run(&mut y, true);
            for (q, y) in y.iter().enumerate() {
                let sum = |s, (k, v): (usize, &C)| plus(s, times(*v, root(k * q, n)));
                let expected = x.iter().enumerate().fold(C::default(), sum);
                let error = (y.re - expected.re).hypot(y.im - expected.im);
                assert!(error < 1e-11 * n as f64, "length {n}: {error}");
            }
            plan.run(&mut y, false);
            let close = |(a, b): (&C, &C)| (a.re - b.re * n as f64).abs() < 1e-10 * n as f64;
            assert!(y.iter().zip(&x).all(close), "length {n} and back");
        }
    }
}
