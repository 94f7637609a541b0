//! Singular values and vectors.

use super::factor::qr;
use super::matrix::reflection;
use super::rotation::{Turn, rotation, sweep_columns, sweep_rows, turn_columns, turn_rows};
use super::{Field, Matrix};

const EPS: f64 = f64::EPSILON / 2.0;

/// `A = U diag(s) V^H`, the singular values in descending order.
pub struct Svd<S> {
    /// The left vectors, in columns.
    pub u: Matrix<S>,
    /// The singular values.
    pub s: Vec<f64>,
    /// The right vectors' conjugates, in rows.
    pub vh: Matrix<S>,
}

/// Singular values and vectors, all or as many as there are values. `None` if the iteration does not converge (`dgesdd`
/// of LAPACK for small matrices).
pub fn svd<S: Field>(a: &Matrix<S>, full: bool) -> Option<Svd<S>> {
    let (m, n) = (a.rows, a.columns);
    let k = m.min(n);
    let (rows, columns) = if full { (m, n) } else { (k, k) };
    // From this proportion on MKL takes the triangle of a QR first; of wide matrices only if they are complex.
    if m > n && m >= n * 8 / 5 && n > 0 {
        let first = qr(a.clone());
        let inner = bidiagonalized(first.r(n), n, n)?;
        return Some(Svd {
            u: first.apply(widened(&inner.u, m, rows)),
            s: inner.s,
            vh: inner.vh,
        });
    }
    if S::DTYPE.is_complex() && n > m && n >= m * 8 / 5 && m > 0 {
        let first = qr(a.adjoint());
        let inner = bidiagonalized(first.r(m).adjoint(), m, m)?;
        return Some(Svd {
            u: inner.u,
            s: inner.s,
            vh: first
                .apply(widened(&inner.vh.adjoint(), n, columns))
                .adjoint(),
        });
    }
    bidiagonalized(a.clone(), rows, columns)
}

/// A matrix in the corner of an identity.
fn widened<R: Field, S: Field>(x: &Matrix<R>, rows: usize, columns: usize) -> Matrix<S> {
    let mut out = Matrix::eye(rows, columns);
    for i in 0..x.rows {
        for j in 0..x.columns {
            out[(i, j)] = S::of_parts(x[(i, j)].re(), x[(i, j)].im());
        }
    }
    out
}

/// By two-sided reflections and QR steps (`dgebrd`, `dbdsdc`, `dormbr`). The bidiagonal matrix is real.
fn bidiagonalized<S: Field>(mut a: Matrix<S>, rows: usize, columns: usize) -> Option<Svd<S>> {
    let (m, n) = (a.rows, a.columns);
    let k = m.min(n);
    let upper = m >= n;
    let (mut d, mut e) = (Vec::new(), Vec::new());
    let (mut left, mut right): (Vec<Kept<S>>, Vec<Kept<S>>) = (Vec::new(), Vec::new());
    for i in 0..k {
        if upper {
            d.push(from_left(&mut a, i, i, i + 1, &mut left));
            if i + 1 < n {
                e.push(from_right(&mut a, i, i + 1, &mut right));
            }
        } else {
            d.push(from_right(&mut a, i, i, &mut right));
            if i + 1 < m {
                e.push(from_left(&mut a, i + 1, i, i + 1, &mut left));
            }
        }
    }
    let (u, vt) = real_svd(&mut d, &mut e, upper)?;
    let mut u = widened(&u, m, rows);
    for (at, v, tau) in left.iter().rev() {
        u.reflect_left(v, *tau, *at, 0);
    }
    let mut v = widened(&vt.transposed(), n, columns);
    for (at, w, tau) in right.iter().rev() {
        v.reflect_left(w, *tau, *at, 0);
    }
    Some(Svd {
        u,
        s: d,
        vh: v.adjoint(),
    })
}

/// The vectors of a bidiagonal matrix; `d` becomes the singular values.
fn real_svd(d: &mut [f64], e: &mut [f64], upper: bool) -> Option<(Matrix, Matrix)> {
    let k = d.len();
    let (mut u, mut vt) = (Matrix::eye(k, k), Matrix::eye(k, k));
    let turns = if upper { Vec::new() } else { made_upper(d, e) };
    iterate(d, e, &mut u, &mut vt)?;
    let back: Vec<Turn> = turns.iter().map(|(c, s)| (*c, -s)).collect();
    sweep_rows(&mut u, 0, &back, false);
    Some((u, vt))
}

/// Where a reflection starts, its vector and its factor.
type Kept<S> = (usize, Vec<S>, S);

fn from_left<S: Field>(
    a: &mut Matrix<S>,
    row: usize,
    column: usize,
    rest: usize,
    kept: &mut Vec<Kept<S>>,
) -> f64 {
    let mut v = a.column(column, row);
    let (beta, tau) = reflection(&mut v);
    a.reflect_left(&v, tau.conj(), row, rest);
    kept.push((row, v, tau));
    beta
}

fn from_right<S: Field>(
    a: &mut Matrix<S>,
    row: usize,
    column: usize,
    kept: &mut Vec<Kept<S>>,
) -> f64 {
    let mut v: Vec<S> = (column..a.columns).map(|j| a[(row, j)].conj()).collect();
    let (beta, tau) = reflection(&mut v);
    a.reflect_right(&v, tau, row + 1, column);
    kept.push((column, v, tau));
    beta
}

/// Turns a lower bidiagonal matrix into an upper one by rotations from the left.
fn made_upper(d: &mut [f64], e: &mut [f64]) -> Vec<Turn> {
    let mut turns = Vec::new();
    for i in 0..e.len() {
        let (c, s, r) = rotation(d[i], e[i]);
        d[i] = r;
        e[i] = s * d[i + 1];
        d[i + 1] *= c;
        turns.push((c, s));
    }
    turns
}

/// Implicit QR steps on an upper bidiagonal matrix (`dbdsqr`), then signs and order.
fn iterate(d: &mut [f64], e: &mut [f64], u: &mut Matrix, vt: &mut Matrix) -> Option<()> {
    let n = d.len();
    if n > 1 {
        Sweep::new(d, e, u, vt).run()?;
    }
    for (i, d) in d.iter_mut().enumerate() {
        // Negative zeros are turned as well.
        if *d < 0.0 || *d == 0.0 && d.is_sign_negative() {
            *d = -*d;
            vt.data[i * n..(i + 1) * n]
                .iter_mut()
                .for_each(|v| *v = -*v);
        }
    }
    for end in (1..n).rev() {
        let least = (0..=end).fold(0, |k, j| if d[j] <= d[k] { j } else { k });
        if least != end {
            d.swap(least, end);
            vt.swap_rows(least, end);
            u.swap_columns(least, end);
        }
    }
    Some(())
}

/// The state of the iteration.
struct Sweep<'a> {
    d: &'a mut [f64],
    e: &'a mut [f64],
    u: &'a mut Matrix,
    vt: &'a mut Matrix,
    tolerance: f64,
    threshold: f64,
}

impl<'a> Sweep<'a> {
    fn new(d: &'a mut [f64], e: &'a mut [f64], u: &'a mut Matrix, vt: &'a mut Matrix) -> Sweep<'a> {
        let n = d.len();
        let tolerance = EPS.powf(-0.125).clamp(10.0, 100.0) * EPS;
        let mut least = d[0].abs();
        let mut mu = least;
        for i in 1..n {
            mu = d[i].abs() * (mu / (mu + e[i - 1].abs()));
            least = if mu.is_nan() { 0.0 } else { least.min(mu) };
            if least == 0.0 {
                break;
            }
        }
        let least = least / (n as f64).sqrt();
        let floor = 6.0 * (n * n) as f64 * f64::MIN_POSITIVE;
        Sweep {
            d,
            e,
            u,
            vt,
            tolerance,
            threshold: (tolerance * least).max(floor),
        }
    }

    fn run(&mut self) -> Option<()> {
        let n = self.d.len();
        let mut rounds = 6 * n * n;
        let (mut m, mut old) = (n - 1, None);
        let mut down = true;
        while m > 0 {
            // The last block that does not fall apart.
            let (mut ll, mut top) = (0, self.d[m].abs());
            let mut split = false;
            for k in (0..m).rev() {
                let (a, b) = (self.d[k].abs(), self.e[k].abs());
                if b <= self.threshold {
                    self.e[k] = 0.0;
                    (ll, split) = (k + 1, true);
                    break;
                }
                top = top.max(a).max(b);
            }
            if split && ll == m {
                m -= 1;
                continue;
            }
            if ll + 1 == m {
                self.pair(ll);
                if m < 2 {
                    break;
                }
                m -= 2;
                continue;
            }
            if old.is_none_or(|(l, k)| ll > k || m < l) {
                down = self.d[ll].abs() >= self.d[m].abs();
            }
            let Some(least) = self.converged(ll, m, down) else {
                continue;
            };
            old = Some((ll, m));
            let shift = self.shift(ll, m, down, least, top);
            rounds = rounds.checked_sub(m - ll)?;
            self.step(ll, m, down, shift);
        }
        Some(())
    }

    /// Solves a block of two.
    fn pair(&mut self, k: usize) {
        let (small, large, right, left) = two_by_two(self.d[k], self.e[k], self.d[k + 1]);
        (self.d[k], self.e[k], self.d[k + 1]) = (large, 0.0, small);
        turn_rows(self.vt, k, k + 1, right);
        turn_columns(self.u, k, k + 1, left);
    }

    /// Looks for off-diagonal elements that are small beside their neighbours; else a lower bound of the singular values.
    fn converged(&mut self, ll: usize, m: usize, down: bool) -> Option<f64> {
        let tolerance = self.tolerance;
        let (edge, end) = if down { (m - 1, m) } else { (ll, ll) };
        if self.e[edge].abs() <= tolerance * self.d[end].abs() {
            self.e[edge] = 0.0;
            return None;
        }
        let mut mu = self.d[if down { ll } else { m }].abs();
        let mut least = mu;
        for i in 0..m - ll {
            let k = if down { ll + i } else { m - 1 - i };
            if self.e[k].abs() <= tolerance * mu {
                self.e[k] = 0.0;
                return None;
            }
            let next = self.d[if down { k + 1 } else { k }].abs();
            mu = next * (mu / (mu + self.e[k].abs()));
            least = least.min(mu);
        }
        Some(least)
    }

    fn shift(&self, ll: usize, m: usize, down: bool, least: f64, top: f64) -> f64 {
        let n = self.d.len() as f64;
        if n * self.tolerance * (least / top) <= EPS.max(0.01 * self.tolerance) {
            return 0.0;
        }
        let (start, k) = if down { (ll, m - 1) } else { (m, ll) };
        let first = self.d[start].abs();
        let shift = smaller_value(self.d[k], self.e[k], self.d[k + 1]);
        if first > 0.0 && (shift / first).powi(2) < EPS {
            return 0.0;
        }
        shift
    }

    /// One chase of the bulge, with or without a shift.
    fn step(&mut self, ll: usize, m: usize, down: bool, shift: f64) {
        let n = m - ll;
        let (mut first, mut second) = (vec![(1.0, 0.0); n], vec![(1.0, 0.0); n]);
        // Upwards the same happens to the mirrored block.
        let place = |i: usize| if down { ll + i } else { m - i };
        let edge = |i: usize| if down { ll + i } else { m - 1 - i };
        let (d, e) = (&mut *self.d, &mut *self.e);
        if shift == 0.0 {
            let (mut c, mut old_c, mut old_s) = (1.0, 1.0, 0.0);
            for i in 0..n {
                let (s, r);
                (c, s, r) = rotation(d[place(i)] * c, e[edge(i)]);
                if i > 0 {
                    e[edge(i - 1)] = old_s * r;
                }
                let top;
                (old_c, old_s, top) = rotation(old_c * r, d[place(i + 1)] * s);
                d[place(i)] = top;
                first[i] = (c, s);
                second[i] = (old_c, old_s);
            }
            let h = d[place(n)] * c;
            d[place(n)] = h * old_c;
            e[edge(n - 1)] = h * old_s;
        } else {
            let start = d[place(0)];
            let mut f = (start.abs() - shift) * (1.0f64.copysign(start) + shift / start);
            let mut g = e[edge(0)];
            for i in 0..n {
                let (c, s, r) = rotation(f, g);
                if i > 0 {
                    e[edge(i - 1)] = r;
                }
                f = c * d[place(i)] + s * e[edge(i)];
                e[edge(i)] = c * e[edge(i)] - s * d[place(i)];
                g = s * d[place(i + 1)];
                d[place(i + 1)] *= c;
                first[i] = (c, s);
                let (c, s, r) = rotation(f, g);
                d[place(i)] = r;
                f = c * e[edge(i)] + s * d[place(i + 1)];
                d[place(i + 1)] = c * d[place(i + 1)] - s * e[edge(i)];
                if i + 1 < n {
                    g = s * e[edge(i + 1)];
                    e[edge(i + 1)] *= c;
                }
                second[i] = (c, s);
            }
            e[edge(n - 1)] = f;
        }
        if e[edge(n - 1)].abs() <= self.threshold {
            e[edge(n - 1)] = 0.0;
        }
        if down {
            sweep_rows(self.vt, ll, &first, true);
            sweep_columns(self.u, ll, &second, true);
        } else {
            let mirrored = |turns: Vec<Turn>| -> Vec<Turn> {
                turns.into_iter().rev().map(|(c, s)| (c, -s)).collect()
            };
            sweep_rows(self.vt, ll, &mirrored(second), false);
            sweep_columns(self.u, ll, &mirrored(first), false);
        }
    }
}

/// The smaller singular value of `[[f, g], [0, h]]` (`dlas2`).
fn smaller_value(f: f64, g: f64, h: f64) -> f64 {
    let (f, g, h) = (f.abs(), g.abs(), h.abs());
    let (low, high) = (f.min(h), f.max(h));
    if low == 0.0 {
        return 0.0;
    }
    let (a, t) = (1.0 + low / high, (high - low) / high);
    if g < high {
        let u = (g / high).powi(2);
        return low * (2.0 / ((a * a + u).sqrt() + (t * t + u).sqrt()));
    }
    let u = high / g;
    if u == 0.0 {
        return low * high / g;
    }
    let c = 1.0 / ((1.0 + (a * u).powi(2)).sqrt() + (1.0 + (t * u).powi(2)).sqrt());
    low * c * u * 2.0
}

/// The singular values of `[[f, g], [0, h]]`, smaller first, and the rotations from the right and left (`dlasv2`).
fn two_by_two(f: f64, g: f64, h: f64) -> (f64, f64, Turn, Turn) {
    let (mut ft, mut ht) = (f, h);
    let swap = h.abs() > f.abs();
    if swap {
        (ft, ht) = (ht, ft);
    }
    let (fa, ha, ga) = (ft.abs(), ht.abs(), g.abs());
    let sign = |x: f64| 1.0f64.copysign(x);
    let (mut small, mut large) = (ha, fa);
    let (mut cl, mut cr, mut sl, mut sr) = (1.0, 1.0, 0.0, 0.0);
    let mut most = if swap { 3 } else { 1 };
    if ga != 0.0 {
        let huge = ga > fa && fa / ga < EPS;
        if ga > fa {
            most = 2;
        }
        if huge {
            large = ga;
            small = if ha > 1.0 {
                fa / (ga / ha)
            } else {
                fa / ga * ha
            };
            (cl, sl, sr, cr) = (1.0, ht / g, 1.0, ft / g);
        } else {
            let difference = fa - ha;
            let l = if difference == fa {
                1.0
            } else {
                difference / fa
            };
            let m = g / ft;
            let t = 2.0 - l;
            let s = (t * t + m * m).sqrt();
            let r = if l == 0.0 {
                m.abs()
            } else {
                (l * l + m * m).sqrt()
            };
            let a = 0.5 * (s + r);
            (small, large) = (ha / a, fa * a);
            let t = if m * m != 0.0 {
                (m / (s + t) + m / (r + l)) * (1.0 + a)
            } else if l == 0.0 {
                2.0f64.copysign(ft) * sign(g)
            } else {
                g / difference.copysign(ft) + m / t
            };
            let l = (t * t + 4.0).sqrt();
            (cr, sr) = (2.0 / l, t / l);
            cl = (cr + sr * m) / a;
            sl = ht / ft * sr / a;
        }
    }
    let (left, right) = if swap {
        ((sr, cr), (sl, cl))
    } else {
        ((cl, sl), (cr, sr))
    };
    let turned = match most {
        1 => sign(right.0) * sign(left.0) * sign(f),
        2 => sign(right.1) * sign(left.0) * sign(g),
        _ => sign(right.1) * sign(left.1) * sign(h),
    };
    let small = small.copysign(turned * sign(f) * sign(h));
    (small, large.copysign(turned), right, left)
}
