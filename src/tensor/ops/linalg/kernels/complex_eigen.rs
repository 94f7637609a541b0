//! Eigenvalues and eigenvectors of general complex matrices.

use super::eigen::hessenberg;
use super::matrix::reflection;
use super::{Field, Matrix};
use crate::tensor::array::{Complex, Element};
use crate::tensor::ops::complex::math::sqrt;

type C = Complex<f64>;

const ULP: f64 = f64::EPSILON;

/// Eigenvalues and, in columns, eigenvectors of length 1 whose largest element is real (`zgeev` of LAPACK). `None` if the
/// iteration does not converge.
pub fn complex_eigen(a: Matrix<C>) -> Option<(Vec<C>, Matrix<C>)> {
    let n = a.rows;
    let (mut h, mut z) = hessenberg(a);
    schur(&mut h, &mut z)?;
    let values = (0..n).map(|i| h[(i, i)]).collect();
    let mut x = Matrix::zeros(n, n);
    for j in 0..n {
        x.set_column(j, 0, &back_substituted(&h, j));
    }
    let mut v = z.times(&x);
    for j in 0..n {
        let mut column = v.column(j, 0);
        let length = column.iter().fold(0.0f64, |m, v| m.hypot(v.abs()));
        let size = |v: &C| v.re * v.re + v.im * v.im;
        let top = (0..n).fold(0, |k, i| {
            if size(&column[i]) > size(&column[k]) {
                i
            } else {
                k
            }
        });
        let turn = column[top].conj().scale(1.0 / column[top].abs() / length);
        column.iter_mut().for_each(|v| *v = *v * turn);
        column[top].im = 0.0;
        v.set_column(j, 0, &column);
    }
    Some((values, v))
}

/// One column of the eigenvectors of a triangle (`ztrevc`).
fn back_substituted(t: &Matrix<C>, j: usize) -> Vec<C> {
    let mut x = t.column(j, 0);
    let lambda = t[(j, j)];
    let least = (ULP * lambda.weight()).max(f64::MIN_POSITIVE / ULP);
    x[j + 1..].fill(C::ZERO);
    x[..j].iter_mut().for_each(|v| *v = -*v);
    x[j] = C::ONE;
    for k in (0..j).rev() {
        let mut away = t[(k, k)] - lambda;
        if away.weight() < least {
            away = C::real(least);
        }
        x[k] /= away;
        for i in 0..k {
            x[i] = x[i] - t[(i, k)] * x[k];
        }
    }
    x
}

/// Single QR steps until `h` is a triangle; `z` follows (`zlahqr`).
fn schur(h: &mut Matrix<C>, z: &mut Matrix<C>) -> Option<()> {
    let mut end = h.rows;
    let mut rounds = 0;
    while end > 0 {
        let i = end - 1;
        let start = (1..=i).rev().find(|k| negligible(h, *k)).unwrap_or(0);
        if start > 0 {
            h[(start, start - 1)] = C::ZERO;
        }
        if start == i {
            end -= 1;
            rounds = 0;
            continue;
        }
        rounds += 1;
        if rounds > 30 * h.rows.max(10) {
            return None;
        }
        step(h, z, start, i, rounds);
    }
    Some(())
}

/// Whether the element left of the diagonal in row `k` counts as zero (Ahues and Tisseur, 1997).
fn negligible(h: &Matrix<C>, k: usize) -> bool {
    let n = h.rows;
    let low = h[(k, k - 1)].weight();
    if low <= f64::MIN_POSITIVE * (n as f64 / ULP) {
        return true;
    }
    let mut near = h[(k - 1, k - 1)].weight() + h[(k, k)].weight();
    if near == 0.0 {
        if k >= 2 {
            near += h[(k - 1, k - 2)].re.abs();
        }
        if k + 1 < n {
            near += h[(k + 1, k)].re.abs();
        }
    }
    if h[(k, k - 1)].re.abs() > ULP * near {
        return false;
    }
    let high = h[(k - 1, k)].weight();
    let (ab, ba) = (low.max(high), low.min(high));
    let (own, apart) = (h[(k, k)].weight(), (h[(k - 1, k - 1)] - h[(k, k)]).weight());
    let (aa, bb) = (own.max(apart), own.min(apart));
    let s = aa + ab;
    ba * (ab / s) <= (ULP * (bb * (aa / s))).max(f64::MIN_POSITIVE * (n as f64 / ULP))
}

/// The shift: the eigenvalue of the last block that is nearer to its corner (Wilkinson), or now and then another.
fn shift(h: &Matrix<C>, start: usize, i: usize, round: usize) -> C {
    if round.is_multiple_of(20) {
        return h[(i, i)] + C::real(0.75 * h[(i, i - 1)].re.abs());
    }
    if round.is_multiple_of(10) {
        return h[(start, start)] + C::real(0.75 * h[(start + 1, start)].re.abs());
    }
    let t = h[(i, i)];
    let u = sqrt(h[(i - 1, i)]) * sqrt(h[(i, i - 1)]);
    if u.weight() == 0.0 {
        return t;
    }
    let x = (h[(i - 1, i - 1)] - t).scale(0.5);
    let s = u.weight().max(x.weight());
    let (p, q) = (x.scale(1.0 / s), u.scale(1.0 / s));
    let mut y = sqrt(p * p + q * q).scale(s);
    if x.re * y.re + x.im * y.im < 0.0 {
        y = -y;
    }
    t - u * (u / (x + y))
}

/// One step on the block from `start` to `i`.
fn step(h: &mut Matrix<C>, z: &mut Matrix<C>, start: usize, i: usize, round: usize) {
    let t = shift(h, start, i, round);
    let mut begin = start;
    let mut v = [C::ZERO; 2];
    for m in (start..i).rev() {
        let away = h[(m, m)] - t;
        let down = h[(m + 1, m)].re;
        let s = away.weight() + down.abs();
        v = [away.scale(1.0 / s), C::real(down / s)];
        begin = m;
        if m == start {
            break;
        }
        let near = h[(m, m)].weight() + h[(m + 1, m + 1)].weight();
        if h[(m, m - 1)].re.abs() * v[1].re.abs() <= ULP * (v[0].weight() * near) {
            break;
        }
    }
    for k in begin..i {
        if k > begin {
            v = [h[(k, k - 1)], h[(k + 1, k - 1)]];
        }
        let (beta, tau) = reflection(&mut v);
        if k > begin {
            h[(k, k - 1)] = C::real(beta);
            h[(k + 1, k - 1)] = C::ZERO;
        }
        h.reflect_left(&v, tau.conj(), k, k);
        h.reflect_right(&v, tau, 0, k);
        z.reflect_right(&v, tau, 0, k);
        if k == begin && begin > start {
            made_real(h, z, begin, i, C::ONE - tau);
        }
    }
    let low = h[(i, i - 1)];
    if low.im != 0.0 {
        let size = low.abs();
        h[(i, i - 1)] = C::real(size);
        let turn = low.scale(1.0 / size);
        scale_row(h, i, turn.conj());
        scale_column(h, i, i, turn);
        scale_column(z, i, z.rows, turn);
    }
}

/// After a step that begins inside the block, turns rows and columns so that the elements below the diagonal are real.
fn made_real(h: &mut Matrix<C>, z: &mut Matrix<C>, m: usize, i: usize, turn: C) {
    let turn = turn.scale(1.0 / turn.abs());
    h[(m + 1, m)] = h[(m + 1, m)] * turn.conj();
    if m + 2 <= i {
        h[(m + 2, m + 1)] = h[(m + 2, m + 1)] * turn;
    }
    for j in (m..=i).filter(|j| *j != m + 1) {
        scale_row(h, j, turn);
        scale_column(h, j, j, turn.conj());
        scale_column(z, j, z.rows, turn.conj());
    }
}

/// What is right of the diagonal in a row.
fn scale_row(h: &mut Matrix<C>, row: usize, by: C) {
    for j in row + 1..h.columns {
        h[(row, j)] = h[(row, j)] * by;
    }
}

/// The first rows of a column.
fn scale_column(h: &mut Matrix<C>, column: usize, rows: usize, by: C) {
    for r in 0..rows {
        h[(r, column)] = h[(r, column)] * by;
    }
}
