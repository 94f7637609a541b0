//! Complex numbers of several rows side by side, and arithmetic with them in the machine's vectors.

use std::array::from_fn;

use pulp::{Simd, cast, f64x4};

use super::roots::C;

/// How many rows are transformed together: the numbers of a vector.
pub(super) const LANES: usize = 4;

/// A complex number of each of the rows.
#[derive(Clone, Copy, Default)]
#[repr(align(64))]
pub(super) struct Lanes {
    pub(super) re: [f64; LANES],
    pub(super) im: [f64; LANES],
}

/// Arithmetic of lanes. Products are not fused with sums, so that results are the same on all machines.
#[derive(Clone, Copy)]
pub(super) struct Math<S>(S);

/// Computes with the machine's vectors.
pub(super) trait Compute {
    /// What is computed.
    fn run<S: Simd<f64s = f64x4>>(self, m: Math<S>);
}

/// Runs a computation with AVX2 instructions where the machine has them.
#[inline(always)]
pub(super) fn compute(f: impl Compute) {
    #[cfg(target_arch = "x86_64")]
    if let Some(simd) = pulp::x86::V3::try_new() {
        return simd.vectorize(
            #[inline(always)]
            || f.run(Math(simd)),
        );
    }
    f.run(Math(pulp::Scalar256b));
}

impl<S: Simd<f64s = f64x4>> Math<S> {
    #[inline(always)]
    pub(super) fn add(self, a: Lanes, b: Lanes) -> Lanes {
        Lanes {
            re: cast(self.0.add_f64s(cast(a.re), cast(b.re))),
            im: cast(self.0.add_f64s(cast(a.im), cast(b.im))),
        }
    }

    #[inline(always)]
    pub(super) fn sub(self, a: Lanes, b: Lanes) -> Lanes {
        Lanes {
            re: cast(self.0.sub_f64s(cast(a.re), cast(b.re))),
            im: cast(self.0.sub_f64s(cast(a.im), cast(b.im))),
        }
    }

    /// Each number times its own factor.
    #[inline(always)]
    pub(super) fn product(self, a: Lanes, b: Lanes) -> Lanes {
        let mul = |a, b| self.0.mul_f64s(cast(a), cast(b));
        Lanes {
            re: cast(self.0.sub_f64s(mul(a.re, b.re), mul(a.im, b.im))),
            im: cast(self.0.add_f64s(mul(a.re, b.im), mul(a.im, b.re))),
        }
    }

    /// Each number times a factor.
    #[inline(always)]
    pub(super) fn times(self, a: Lanes, w: C) -> Lanes {
        self.product(a, Lanes::all(w))
    }

    #[inline(always)]
    pub(super) fn scaled(self, a: Lanes, by: f64) -> Lanes {
        let by = self.0.splat_f64s(by);
        Lanes {
            re: cast(self.0.mul_f64s(cast(a.re), by)),
            im: cast(self.0.mul_f64s(cast(a.im), by)),
        }
    }

    #[inline(always)]
    pub(super) fn conjugate(self, a: Lanes) -> Lanes {
        Lanes {
            re: a.re,
            im: cast(self.0.neg_f64s(cast(a.im))),
        }
    }

    /// Times `-i`.
    #[inline(always)]
    pub(super) fn turned(self, a: Lanes) -> Lanes {
        Lanes {
            re: a.im,
            im: cast(self.0.neg_f64s(cast(a.re))),
        }
    }

    /// The transform of four numbers.
    #[inline(always)]
    pub(super) fn four(self, [a, b, c, d]: [Lanes; 4]) -> [Lanes; 4] {
        let (even, odd) = (self.add(a, c), self.add(b, d));
        let (rest, turned) = (self.sub(a, c), self.turned(self.sub(b, d)));
        [
            self.add(even, odd),
            self.add(rest, turned),
            self.sub(even, odd),
            self.sub(rest, turned),
        ]
    }

    /// The transform of an odd number of numbers: sums and differences of what lies opposite need real factors only.
    #[inline(always)]
    pub(super) fn odd<const R: usize>(self, x: [Lanes; R], roots: &[C]) -> [Lanes; R] {
        let sums: [Lanes; R] = from_fn(|r| self.add(x[r], x[(R - r) % R]));
        let differences: [Lanes; R] = from_fn(|r| self.turned(self.sub(x[r], x[(R - r) % R])));
        let mut y = x;
        for k in 0..=R / 2 {
            let (mut even, mut odd) = (x[0], Lanes::default());
            for r in 1..=R / 2 {
                let w = roots[r * k % R];
                even = self.add(even, self.scaled(sums[r], w.re));
                odd = self.add(odd, self.scaled(differences[r], -w.im));
            }
            y[k] = self.add(even, odd);
            if k > 0 {
                y[R - k] = self.sub(even, odd);
            }
        }
        y
    }
}

impl Lanes {
    /// The numbers of the lanes.
    #[inline(always)]
    pub(super) fn of(f: impl Fn(usize) -> C) -> Lanes {
        let [a, b, c, d] = [f(0), f(1), f(2), f(3)];
        Lanes {
            re: [a.re, b.re, c.re, d.re],
            im: [a.im, b.im, c.im, d.im],
        }
    }

    /// The number of a lane.
    #[inline(always)]
    pub(super) fn lane(&self, l: usize) -> C {
        C::new(self.re[l], self.im[l])
    }

    /// The same number in every row.
    #[inline(always)]
    pub(super) fn all(w: C) -> Lanes {
        Lanes {
            re: [w.re; LANES],
            im: [w.im; LANES],
        }
    }
}
