//! Transforms along a dimension of arrays: rows are gathered in lanes, transformed together, and put in their places.

use std::array::from_fn;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use pulp::{Simd, f64x4};

use super::kernel::Plan;
use super::lanes::{Compute, LANES, Lanes, Math, compute};
use super::roots::{C, root};
use crate::tensor::array::{Array, DType, Real, Result, threads};

/// What is done along a dimension.
#[derive(Clone, Copy)]
pub(super) struct Job {
    /// How many numbers are transformed together. Complex numbers that stand for a real result are the first `n / 2 + 1` of
    /// them: the others are their conjugates.
    pub(super) n: usize,
    pub(super) forward: bool,
    /// A factor of the results.
    pub(super) scale: f64,
    /// Whether the results are real.
    pub(super) real: bool,
    /// Whether the first `n / 2 + 1` results are enough.
    pub(super) half: bool,
}

/// How rows become lanes.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    /// A row each.
    Rows,
    /// A row of real numbers each, in which pairs of neighbours are taken for complex numbers.
    Pairs,
    /// Every fourth number of a row.
    Quarters,
}

/// All that is made once for a length.
struct Prepared {
    n: usize,
    way: Way,
    plan: Plan,
    /// The roots of unity with which what the lanes hold is put together: one a place for pairs, and three vectors for four
    /// places of quarters.
    roots: Vec<C>,
    turns: Vec<[Lanes; 3]>,
}

/// So many results of each row are put in their places before the next: their lanes stay in the nearest cache.
const NEAR: usize = 32;

/// Lengths up to this one are kept prepared, and this many of them.
const KEPT: (usize, usize) = (1 << 17, 16);
static PREPARED: Mutex<Vec<Arc<Prepared>>> = Mutex::new(Vec::new());

impl Prepared {
    fn of(n: usize, way: Way) -> Arc<Prepared> {
        let mut kept = PREPARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = kept.iter().find(|p| p.n == n && p.way == way) {
            return found.clone();
        }
        let turns = |k: usize| from_fn(|l| Lanes::of(|i| root((l + 1) * (4 * k + i), n)));
        let (together, roots, turns) = match way {
            Way::Rows => (1, Vec::new(), Vec::new()),
            Way::Pairs => (2, (0..=n / 2).map(|k| root(k, n)).collect(), Vec::new()),
            Way::Quarters => (4, Vec::new(), (0..n / 16).map(turns).collect()),
        };
        let prepared = Arc::new(Prepared {
            n,
            way,
            plan: Plan::new(n / together),
            roots,
            turns,
        });
        if n <= KEPT.0 {
            kept.truncate(KEPT.1 - 1);
            kept.insert(0, prepared.clone());
        }
        prepared
    }
}

/// The transform of complex numbers whose parts are pairs of neighbours becomes that of the real numbers (all of it, if there
/// is room).
struct Untangle<'a> {
    pairs: &'a [Lanes],
    roots: &'a [C],
    to: &'a mut [Lanes],
}

impl Compute for Untangle<'_> {
    #[inline(always)]
    fn run<S: Simd<f64s = f64x4>>(self, m: Math<S>) {
        let (half, count) = (self.pairs.len(), self.to.len());
        for (k, w) in self.roots.iter().enumerate() {
            let a = self.pairs[if k == half { 0 } else { k }];
            let b = m.conjugate(self.pairs[if k == 0 { 0 } else { half - k }]);
            let (even, odd) = (m.add(a, b), m.turned(m.sub(a, b)));
            let y = m.scaled(m.add(even, m.times(odd, *w)), 0.5);
            self.to[k] = y;
            if (half + 1..count).contains(&(2 * half - k)) {
                self.to[2 * half - k] = m.conjugate(y);
            }
        }
    }
}

/// The last step of a transform whose quarters lie in lanes; each result holds four numbers of the row.
struct Join<'a> {
    quarters: &'a [Lanes],
    turns: &'a [[Lanes; 3]],
    to: &'a mut [Lanes],
}

impl Compute for Join<'_> {
    #[inline(always)]
    fn run<S: Simd<f64s = f64x4>>(self, m: Math<S>) {
        let part = self.turns.len();
        let places = self.quarters.chunks_exact(LANES).zip(self.turns);
        for (k, (y, [w1, w2, w3])) in places.enumerate() {
            let [a, b, c, d] = from_fn(|l| Lanes::of(|i| C::new(y[i].re[l], y[i].im[l])));
            let x = [a, m.product(b, *w1), m.product(c, *w2), m.product(d, *w3)];
            for (q, x) in m.four(x).into_iter().enumerate() {
                self.to[k + q * part] = x;
            }
        }
    }
}

/// A job on the rows of an array.
struct Rows {
    job: Job,
    prepared: Arc<Prepared>,
    /// Whether the input is complex.
    complex: bool,
    /// Where the rows of the input start, and how far apart their numbers are.
    starts: Vec<usize>,
    stride: usize,
    /// How many numbers a row of the output has, of how many parts, and how many rows lie side by side in it.
    count: usize,
    parts: usize,
    inner: usize,
}

/// Memory for a few rows.
#[derive(Default)]
struct Room {
    rows: Vec<Lanes>,
    spare: Vec<Lanes>,
}

impl Rows {
    /// A number of the row that starts at a place.
    #[inline(always)]
    fn number<T: Real>(&self, x: &[T], start: usize, k: usize) -> C {
        if !self.complex {
            return C::new(x[start + k * self.stride].to_f64(), 0.0);
        }
        let mirrored = self.job.real && k > self.job.n / 2;
        let at = start + self.stride * if mirrored { self.job.n - k } else { k };
        let (re, im) = (x[at].to_f64(), x[at + 1].to_f64());
        C::new(re, if mirrored { -im } else { im })
    }

    fn load<T: Real>(&self, x: &[T], starts: [usize; LANES], to: &mut Vec<Lanes>) {
        let (n, stride) = (self.job.n, self.stride);
        to.clear();
        match self.prepared.way {
            Way::Rows if self.complex && !self.job.real => {
                let number = |at: usize| C::new(x[at].to_f64(), x[at + 1].to_f64());
                to.extend((0..n).map(|k| Lanes::of(|l| number(starts[l] + k * stride))));
            }
            Way::Rows => {
                to.extend((0..n).map(|k| Lanes::of(|l| self.number(x, starts[l], k))));
            }
            Way::Quarters => to.extend(
                (0..n / LANES).map(|k| Lanes::of(|l| self.number(x, starts[0], LANES * k + l))),
            ),
            Way::Pairs => {
                let at = |at: usize| x[at].to_f64();
                let pair = |start: usize| C::new(at(start), at(start + stride));
                to.extend((0..n / 2).map(|k| Lanes::of(|l| pair(starts[l] + 2 * k * stride))));
            }
        }
    }

    /// Puts some of the results of a row, given by their number, in their places.
    #[inline(always)]
    fn store<T: Real>(&self, out: &mut [T], which: Range<usize>, value: impl Fn(usize) -> C) {
        let Job { n, scale, .. } = self.job;
        // The transform backwards has the results in reverse; for real numbers these are the conjugates.
        let reverse = self.complex && !self.job.forward;
        let sign = if self.complex || self.job.forward {
            scale
        } else {
            -scale
        };
        let places = out.chunks_mut(self.inner * self.parts).skip(which.start);
        for (k, place) in which.zip(places) {
            let v = value(if reverse && k > 0 { n - k } else { k });
            place[0] = T::from_f64(v.re * scale);
            if self.parts == 2 {
                place[1] = T::from_f64(v.im * sign);
            }
        }
    }

    /// Transforms the rows from `first` on, a lane each, and puts them in a block of the output, from row `at` on.
    fn group<T: Real>(
        &self,
        x: &[T],
        first: usize,
        out: &mut [T],
        (at, rows): (usize, usize),
        room: &mut Room,
    ) {
        let Room { rows: z, spare } = room;
        self.load(x, from_fn(|l| self.starts[first + l.min(rows - 1)]), z);
        let prepared = &*self.prepared;
        prepared.plan.run(z, spare);
        match prepared.way {
            Way::Rows => {}
            Way::Pairs => {
                spare.resize(self.count, Lanes::default());
                let (pairs, roots) = (&z[..], &prepared.roots[..]);
                compute(Untangle {
                    pairs,
                    roots,
                    to: spare,
                });
                std::mem::swap(z, spare);
            }
            Way::Quarters => {
                spare.resize(z.len(), Lanes::default());
                let (quarters, turns) = (&z[..], &prepared.turns[..]);
                compute(Join {
                    quarters,
                    turns,
                    to: spare,
                });
                std::mem::swap(z, spare);
                let lane = |k: usize| z[k / LANES].lane(k % LANES);
                return self.store(&mut out[self.start(at)..], 0..self.count, lane);
            }
        }
        for start in (0..self.count).step_by(NEAR) {
            let which = start..(start + NEAR).min(self.count);
            for l in 0..rows {
                let lane = |k: usize| z[k].lane(l);
                self.store(&mut out[self.start(at + l)..], which.clone(), lane);
            }
        }
    }

    /// Where a row of the output starts in its block.
    fn start(&self, row: usize) -> usize {
        (row / self.inner * self.inner * self.count + row % self.inner) * self.parts
    }

    fn run<T: Real>(&self, x: &[T], out: &mut [T]) {
        let together = if self.prepared.way == Way::Quarters {
            1
        } else {
            LANES
        };
        let block = if self.inner == 1 {
            together
        } else {
            self.inner
        };
        let length = block * self.count * self.parts;
        let work = out.len() * 8;
        threads::fill_rows(out, length, work, &|first, part: &mut [T]| {
            let mut room = Room::default();
            for (i, out) in part.chunks_mut(length).enumerate() {
                let rows = out.len() / (self.count * self.parts);
                for at in (0..rows).step_by(together) {
                    let these = (at, together.min(rows - at));
                    self.group(x, (first + i) * block + at, out, these, &mut room);
                }
            }
        });
    }
}

/// Transforms an array along a dimension.
pub(super) fn transform(x: &Array, dim: usize, job: Job) -> Result<Array> {
    let complex = x.dtype().is_complex();
    let dtype = if job.real {
        x.dtype().to_real()
    } else {
        x.dtype().to_complex()
    };
    let mut shape = x.dims();
    shape[dim] = if job.half { job.n / 2 + 1 } else { job.n };
    let out = Array::scratch(&shape, dtype)?;
    if out.numel() == 0 {
        return Ok(out);
    }
    let x = if complex { x.view_as_real() } else { x.clone() };
    let layout = x.layout();
    let mut starts = vec![layout.offset];
    for d in (0..shape.len()).filter(|d| *d != dim) {
        let (size, stride) = (shape[d], layout.strides[d]);
        starts = starts
            .iter()
            .flat_map(|s| (0..size).map(move |i| s + i * stride))
            .collect();
    }
    let way = if starts.len() < LANES && job.n.is_multiple_of(LANES * LANES) {
        Way::Quarters
    } else if !complex && job.n.is_multiple_of(2) {
        Way::Pairs
    } else {
        Way::Rows
    };
    let rows = Rows {
        job,
        prepared: Prepared::of(job.n, way),
        complex,
        starts,
        stride: layout.strides[dim],
        count: shape[dim],
        parts: if job.real { 1 } else { 2 },
        inner: shape[dim + 1..].iter().product(),
    };
    let parts = if job.real {
        out.clone()
    } else {
        out.view_as_real()
    };
    match dtype.to_real() {
        DType::Float32 => rows.run::<f32>(&x.read(), &mut parts.write()),
        _ => rows.run::<f64>(&x.read(), &mut parts.write()),
    }
    Ok(out)
}
