//! LU, Cholesky and QR.

use super::matrix::reflection;
use super::{Field, Matrix};

/// LU with row exchanges in place: `L` below the diagonal, `U` on and above it. Gives the rows exchanged, and the number
/// of the first zero on the diagonal, counted from 1, or 0 (`dgetrf` of LAPACK).
pub fn lu<S: Field>(a: &mut Matrix<S>, pivot: bool) -> (Vec<usize>, usize) {
    let (m, n) = (a.rows, a.columns);
    let mut pivots = Vec::new();
    let mut singular = 0;
    for k in 0..m.min(n) {
        let mut best = k;
        if pivot {
            for i in k + 1..m {
                if a[(i, k)].weight() > a[(best, k)].weight() {
                    best = i;
                }
            }
        }
        pivots.push(best);
        if best != k {
            a.swap_rows(k, best);
        }
        let top = a[(k, k)];
        if top == S::ZERO {
            if singular == 0 {
                singular = k + 1;
            }
            if pivot {
                continue;
            }
        }
        let (done, below) = a.data.split_at_mut((k + 1) * n);
        let row = &done[k * n..];
        for other in below.chunks_mut(n) {
            let factor = other[k] / top;
            other[k] = factor;
            if factor != S::ZERO {
                let rest = other[k + 1..].iter_mut().zip(&row[k + 1..]);
                rest.for_each(|(x, y)| *x -= factor * *y);
            }
        }
    }
    (pivots, singular)
}

/// Solves a triangular system in place for all columns of `b`. Only the triangle is read.
pub fn substitute<S: Field>(a: &Matrix<S>, b: &mut Matrix<S>, upper: bool, unit: bool) {
    let (n, columns) = (a.rows, b.columns);
    for step in 0..n {
        let k = if upper { n - 1 - step } else { step };
        let known = if upper { k + 1..n } else { 0..k };
        for j in known {
            let factor = a[(k, j)];
            if factor != S::ZERO {
                for c in 0..columns {
                    let value = b[(j, c)];
                    b[(k, c)] -= factor * value;
                }
            }
        }
        if !unit {
            let diagonal = a[(k, k)];
            b.data[k * columns..(k + 1) * columns]
                .iter_mut()
                .for_each(|v| *v /= diagonal);
        }
    }
}

/// Solves with the factors of [`lu`].
pub fn solve_lu<S: Field>(lu: &Matrix<S>, pivots: &[usize], b: &mut Matrix<S>) {
    for (k, p) in pivots.iter().enumerate() {
        if k != *p {
            b.swap_rows(k, *p);
        }
    }
    substitute(lu, b, false, true);
    substitute(lu, b, true, false);
}

/// The lower triangle with `L L^H = A`, of which the lower triangle is read; and the order of the first leading minor
/// that is not positive, or 0 (`dpotrf` of LAPACK).
pub fn cholesky<S: Field>(a: &Matrix<S>) -> (Matrix<S>, usize) {
    let n = a.rows;
    let mut l = Matrix::zeros(n, n);
    for i in 0..n {
        (0..=i).for_each(|j| l[(i, j)] = a[(i, j)]);
    }
    for j in 0..n {
        let before = |l: &Matrix<S>, i: usize| {
            (0..j).fold(S::ZERO, |sum, k| sum + l[(i, k)] * l[(j, k)].conj())
        };
        let top = l[(j, j)].re() - before(&l, j).re();
        if top.is_nan() || top <= 0.0 {
            l[(j, j)] = S::real(top);
            return (l, j + 1);
        }
        let root = S::real(top.sqrt());
        l[(j, j)] = root;
        for i in j + 1..n {
            l[(i, j)] = (l[(i, j)] - before(&l, i)) / root;
        }
    }
    (l, 0)
}

/// QR by reflections.
pub struct Qr<S> {
    /// `R` on and above the diagonal, the vectors of the reflections below it.
    pub packed: Matrix<S>,
    /// The factors of the reflections.
    pub tau: Vec<S>,
}

/// QR by reflections (`dgeqrf` of LAPACK).
pub fn qr<S: Field>(mut a: Matrix<S>) -> Qr<S> {
    let count = a.rows.min(a.columns);
    let mut taus = Vec::with_capacity(count);
    for k in 0..count {
        let mut v = a.column(k, k);
        let (beta, tau) = reflection(&mut v);
        a.reflect_left(&v, tau.conj(), k, k + 1);
        v[0] = S::real(beta);
        a.set_column(k, k, &v);
        taus.push(tau);
    }
    Qr {
        packed: a,
        tau: taus,
    }
}

impl<S: Field> Qr<S> {
    fn vector(&self, k: usize) -> Vec<S> {
        let mut v = self.packed.column(k, k);
        v[0] = S::ONE;
        v
    }

    /// `Q` times a matrix of as many rows.
    pub fn apply(&self, mut x: Matrix<S>) -> Matrix<S> {
        for k in (0..self.tau.len()).rev() {
            x.reflect_left(&self.vector(k), self.tau[k], k, 0);
        }
        x
    }

    /// The first columns of `Q`.
    pub fn q(&self, columns: usize) -> Matrix<S> {
        self.apply(Matrix::eye(self.packed.rows, columns))
    }

    /// The first rows of `R`.
    pub fn r(&self, rows: usize) -> Matrix<S> {
        self.packed.corner(rows, self.packed.columns).upper()
    }
}
