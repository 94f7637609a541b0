//! Eigenvalues and eigenvectors of symmetric and Hermitian matrices.

use super::matrix::reflection;
use super::rotation::{Turn, classic_rotation, sweep_columns};
use super::{Field, Matrix};

/// The eigenvalues in ascending order and the eigenvectors in columns. Only one triangle is read. `None` if the iteration
/// does not converge (`dsyevd` of LAPACK for small matrices).
pub fn symmetric_eigen<S: Field>(a: Matrix<S>, upper: bool) -> Option<(Vec<f64>, Matrix<S>)> {
    let n = a.rows;
    let (mut d, mut e, q) = if upper {
        tridiagonal_upper(a)
    } else {
        tridiagonal_lower(a)
    };
    let z = ordered(&mut d, &mut e)?;
    let z = Matrix {
        rows: n,
        columns: n,
        data: z.data.into_iter().map(S::real).collect(),
    };
    Some((d, q.times(&z)))
}

/// The eigenvectors of a real tridiagonal matrix; `d` becomes the eigenvalues.
fn ordered(d: &mut [f64], e: &mut [f64]) -> Option<Matrix> {
    let n = d.len();
    let mut z = Matrix::eye(n, n);
    iterate(d, e, &mut z)?;
    for i in 0..n {
        let least = (i..n).fold(i, |k, j| if d[j] < d[k] { j } else { k });
        if least != i {
            d.swap(i, least);
            z.swap_columns(i, least);
        }
    }
    Some(z)
}

/// Takes `v w^H + w v^H` away from a Hermitian block that starts at `(at, at)`, where `w` follows from `v` and `tau`.
fn update<S: Field>(a: &mut Matrix<S>, v: &[S], tau: S, at: usize) {
    let n = v.len();
    let mut w: Vec<S> = (0..n)
        .map(|i| tau * (0..n).fold(S::ZERO, |sum, j| sum + a[(at + i, at + j)] * v[j]))
        .collect();
    let along = w
        .iter()
        .zip(v)
        .fold(S::ZERO, |sum, (x, y)| sum + x.conj() * *y);
    let half = S::real(0.5) * tau * along;
    w.iter_mut().zip(v).for_each(|(x, y)| *x -= half * *y);
    for i in 0..n {
        for j in 0..n {
            a[(at + i, at + j)] -= v[i] * w[j].conj() + w[i] * v[j].conj();
        }
    }
}

type Tridiagonal<S> = (Vec<f64>, Vec<f64>, Matrix<S>);

/// Diagonal, off-diagonal and the transformation, from the lower triangle (`dsytd2`, `dorgtr`).
fn tridiagonal_lower<S: Field>(mut a: Matrix<S>) -> Tridiagonal<S> {
    let n = a.rows;
    for i in 0..n {
        a[(i, i)] = S::real(a[(i, i)].re());
        (0..i).for_each(|j| a[(j, i)] = a[(i, j)].conj());
    }
    let mut e = Vec::new();
    let mut kept = Vec::new();
    for i in 0..n.saturating_sub(1) {
        let mut v = a.column(i, i + 1);
        let (beta, tau) = reflection(&mut v);
        e.push(beta);
        if tau != S::ZERO {
            update(&mut a, &v, tau, i + 1);
        }
        kept.push((v, tau));
    }
    let mut q = Matrix::eye(n, n);
    for (i, (v, tau)) in kept.iter().enumerate().rev() {
        q.reflect_left(v, *tau, i + 1, 0);
    }
    ((0..n).map(|i| a[(i, i)].re()).collect(), e, q)
}

/// The same from the upper triangle, from the last column on.
fn tridiagonal_upper<S: Field>(mut a: Matrix<S>) -> Tridiagonal<S> {
    let n = a.rows;
    for i in 0..n {
        a[(i, i)] = S::real(a[(i, i)].re());
        (0..i).for_each(|j| a[(i, j)] = a[(j, i)].conj());
    }
    let mut e = vec![0.0; n.saturating_sub(1)];
    let mut kept = Vec::new();
    for i in (0..n.saturating_sub(1)).rev() {
        let mut v: Vec<S> = (0..=i).rev().map(|k| a[(k, i + 1)]).collect();
        let (beta, tau) = reflection(&mut v);
        v.reverse();
        e[i] = beta;
        if tau != S::ZERO {
            update(&mut a, &v, tau, 0);
        }
        kept.push((v, tau));
    }
    let mut q = Matrix::eye(n, n);
    for (v, tau) in kept.iter().rev() {
        q.reflect_left(v, *tau, 0, 0);
    }
    ((0..n).map(|i| a[(i, i)].re()).collect(), e, q)
}

/// Implicit QL and QR steps on a tridiagonal matrix (`dsteqr`).
fn iterate(d: &mut [f64], e: &mut [f64], z: &mut Matrix) -> Option<()> {
    let n = d.len();
    let eps = f64::EPSILON / 2.0;
    let mut rounds = 30 * n;
    let mut start = 0;
    while start < n {
        if start > 0 {
            e[start - 1] = 0.0;
        }
        let small = |m: &usize| e[*m].abs() <= d[*m].abs().sqrt() * d[*m + 1].abs().sqrt() * eps;
        let last = (start..n - 1).find(small).unwrap_or(n - 1);
        if last < n - 1 {
            e[last] = 0.0;
        }
        let (mut from, mut to) = (start, last);
        start = last + 1;
        if d[to].abs() < d[from].abs() {
            (from, to) = (to, from);
        }
        if to > from {
            descend(d, e, z, from, to, &mut rounds)?;
        } else if to < from {
            ascend(d, e, z, from, to, &mut rounds)?;
        }
    }
    Some(())
}

/// Whether an off-diagonal element between two diagonal ones counts as zero.
fn negligible(e: f64, a: f64, b: f64) -> bool {
    let eps = f64::EPSILON / 2.0;
    e * e <= eps * eps * a.abs() * b.abs() + f64::MIN_POSITIVE
}

/// QL steps: eigenvalues are found from the top.
fn descend(
    d: &mut [f64],
    e: &mut [f64],
    z: &mut Matrix,
    mut l: usize,
    end: usize,
    rounds: &mut usize,
) -> Option<()> {
    while l <= end {
        let m = (l..end)
            .find(|m| negligible(e[*m], d[*m], d[*m + 1]))
            .unwrap_or(end);
        if m < end {
            e[m] = 0.0;
        }
        if m == l {
            l += 1;
            continue;
        }
        if m == l + 1 {
            let (high, low, turn) = two_by_two(d[l], e[l], d[l + 1]);
            sweep_columns(z, l, &[turn], false);
            (d[l], d[l + 1], e[l]) = (high, low, 0.0);
            l += 2;
            continue;
        }
        *rounds = rounds.checked_sub(1)?;
        let mut p = d[l];
        let mut g = (d[l + 1] - p) / (2.0 * e[l]);
        g = d[m] - p + e[l] / (g + g.hypot(1.0).copysign(g));
        let (mut s, mut c) = (1.0, 1.0);
        p = 0.0;
        let mut turns: Vec<Turn> = vec![(1.0, 0.0); m - l];
        for i in (l..m).rev() {
            let (f, b) = (s * e[i], c * e[i]);
            let r;
            (c, s, r) = classic_rotation(g, f);
            if i != m - 1 {
                e[i + 1] = r;
            }
            g = d[i + 1] - p;
            let r = (d[i] - g) * s + 2.0 * c * b;
            p = s * r;
            d[i + 1] = g + p;
            g = c * r - b;
            turns[i - l] = (c, -s);
        }
        sweep_columns(z, l, &turns, false);
        d[l] -= p;
        e[l] = g;
    }
    Some(())
}

/// QR steps: eigenvalues are found from the bottom.
fn ascend(
    d: &mut [f64],
    e: &mut [f64],
    z: &mut Matrix,
    mut l: usize,
    end: usize,
    rounds: &mut usize,
) -> Option<()> {
    loop {
        let m = (end + 1..=l)
            .rev()
            .find(|m| negligible(e[*m - 1], d[*m], d[*m - 1]))
            .unwrap_or(end);
        if m > end {
            e[m - 1] = 0.0;
        }
        let mut found = 0;
        if m == l {
            found = 1;
        } else if m + 1 == l {
            let (high, low, turn) = two_by_two(d[l - 1], e[l - 1], d[l]);
            sweep_columns(z, m, &[turn], true);
            (d[l - 1], d[l], e[l - 1]) = (high, low, 0.0);
            found = 2;
        }
        if found > 0 {
            if l < end + found {
                return Some(());
            }
            l -= found;
            continue;
        }
        *rounds = rounds.checked_sub(1)?;
        let mut p = d[l];
        let mut g = (d[l - 1] - p) / (2.0 * e[l - 1]);
        g = d[m] - p + e[l - 1] / (g + g.hypot(1.0).copysign(g));
        let (mut s, mut c) = (1.0, 1.0);
        p = 0.0;
        let mut turns: Vec<Turn> = Vec::with_capacity(l - m);
        for i in m..l {
            let (f, b) = (s * e[i], c * e[i]);
            let r;
            (c, s, r) = classic_rotation(g, f);
            if i != m {
                e[i - 1] = r;
            }
            g = d[i] - p;
            let r = (d[i + 1] - g) * s + 2.0 * c * b;
            p = s * r;
            d[i] = g + p;
            g = c * r - b;
            turns.push((c, s));
        }
        sweep_columns(z, m, &turns, true);
        d[l] -= p;
        e[l - 1] = g;
    }
}

/// The eigenvalues of `[[a, b], [b, c]]`, the larger in size first, and its eigenvector (`dlaev2`).
fn two_by_two(a: f64, b: f64, c: f64) -> (f64, f64, Turn) {
    let (sum, difference, twice) = (a + c, a - c, b + b);
    let (large, small) = if a.abs() > c.abs() { (a, c) } else { (c, a) };
    let root = difference.hypot(twice);
    let sign = if sum < 0.0 { -1.0 } else { 1.0 };
    let (first, second) = if sum == 0.0 {
        (0.5 * root, -0.5 * root)
    } else {
        let first = 0.5 * (sum + sign * root);
        (first, large / first * small - b / first * b)
    };
    let other = if difference >= 0.0 { 1.0 } else { -1.0 };
    let cs = difference + other * root;
    let (c1, s1) = if cs.abs() > twice.abs() {
        let t = -twice / cs;
        let s = 1.0 / (1.0 + t * t).sqrt();
        (t * s, s)
    } else if twice == 0.0 {
        (1.0, 0.0)
    } else {
        let t = -cs / twice;
        let c = 1.0 / (1.0 + t * t).sqrt();
        (c, t * c)
    };
    let turn = if sign == other { (-s1, c1) } else { (c1, s1) };
    (first, second, turn)
}
