//! Eigenvalues and eigenvectors of general matrices.

use super::matrix::reflection;
use super::rotation::classic_rotation;
use super::{Field, Matrix};

/// Eigenvalues and, in columns, eigenvectors of length 1.
pub struct Eigen {
    /// The eigenvalues' real and imaginary parts; conjugates stand side by side, the positive one first.
    pub values: Vec<(f64, f64)>,
    /// The eigenvectors' real parts.
    pub re: Matrix,
    /// The eigenvectors' imaginary parts.
    pub im: Matrix,
}

/// Eigenvalues and eigenvectors by Hessenberg reduction and double QR steps (`hqr2` of EISPACK; lengths and phases as in
/// `dgeev` of LAPACK). `None` if the iteration does not converge.
pub fn eigen(a: Matrix) -> Option<Eigen> {
    let n = a.rows;
    let (mut h, mut v) = hessenberg(a);
    let values = schur(&mut h, &mut v)?;
    let (re, im) = vectors(&h, &values);
    let (mut re, mut im) = (v.times(&re), v.times(&im));
    for (j, value) in values.iter().enumerate() {
        normalize(&mut re, &mut im, j, value.1 != 0.0);
    }
    for j in 1..n {
        if values[j].1 < 0.0 {
            for i in 0..n {
                re[(i, j)] = re[(i, j - 1)];
                im[(i, j)] = -im[(i, j - 1)];
            }
        }
    }
    Some(Eigen { values, re, im })
}

/// Length 1; the largest element of a complex vector is real.
fn normalize(re: &mut Matrix, im: &mut Matrix, j: usize, complex: bool) {
    let n = re.rows;
    let size = |re: &Matrix, im: &Matrix, i: usize| re[(i, j)].hypot(im[(i, j)]);
    let length = (0..n).fold(0.0f64, |m, i| m.hypot(size(re, im, i)));
    if length == 0.0 {
        return;
    }
    let top = (0..n).fold(0, |k, i| {
        if size(re, im, i) > size(re, im, k) {
            i
        } else {
            k
        }
    });
    let (mut c, mut s) = (1.0, 0.0);
    if complex {
        (c, s, _) = classic_rotation(re[(top, j)], im[(top, j)]);
    }
    for i in 0..n {
        let (x, y) = (re[(i, j)], im[(i, j)]);
        re[(i, j)] = (c * x + s * y) / length;
        im[(i, j)] = (c * y - s * x) / length;
    }
    if complex {
        im[(top, j)] = 0.0;
    }
}

/// `A = V H V^H` with zeros below the first subdiagonal of `H`, which is real.
pub(super) fn hessenberg<S: Field>(mut a: Matrix<S>) -> (Matrix<S>, Matrix<S>) {
    let n = a.rows;
    let mut kept = Vec::new();
    for k in 0..n.saturating_sub(1) {
        let mut v = a.column(k, k + 1);
        let (beta, tau) = reflection(&mut v);
        a.reflect_left(&v, tau.conj(), k + 1, k + 1);
        a.reflect_right(&v, tau, 0, k + 1);
        a[(k + 1, k)] = S::real(beta);
        (k + 2..n).for_each(|i| a[(i, k)] = S::ZERO);
        kept.push((v, tau));
    }
    let mut q = Matrix::eye(n, n);
    for (k, (v, tau)) in kept.iter().enumerate().rev() {
        q.reflect_left(v, *tau, k + 1, 0);
    }
    (a, q)
}

/// Double QR steps until `h` is quasi-triangular; `v` follows. Gives the eigenvalues.
fn schur(h: &mut Matrix, v: &mut Matrix) -> Option<Vec<(f64, f64)>> {
    let n = h.rows;
    let mut values = vec![(0.0, 0.0); n];
    let mut end = n;
    let mut rounds = 0;
    while end > 0 {
        let i = end - 1;
        let start = (1..=i).rev().find(|k| negligible(h, *k)).unwrap_or(0);
        if start > 0 {
            h[(start, start - 1)] = 0.0;
        }
        if start == i {
            values[i] = (h[(i, i)], 0.0);
            end -= 1;
            rounds = 0;
        } else if start + 1 == i {
            let (first, second) = split(h, v, start);
            (values[start], values[i]) = (first, second);
            end -= 2;
            rounds = 0;
        } else {
            rounds += 1;
            if rounds > 30 * n.max(10) {
                return None;
            }
            double_step(h, v, start, i, rounds);
        }
    }
    Some(values)
}

/// Whether the element left of the diagonal in row `k` counts as zero.
fn negligible(h: &Matrix, k: usize) -> bool {
    let near = h[(k - 1, k - 1)].abs() + h[(k, k)].abs();
    let scale = if near == 0.0 {
        h.data.iter().map(|v| v.abs()).sum()
    } else {
        near
    };
    h[(k, k - 1)].abs() <= f64::EPSILON / 2.0 * scale || h[(k, k - 1)].abs() < f64::MIN_POSITIVE
}

/// The eigenvalues of the block at `k`; a real pair is made triangular by a rotation, a complex one is given equal
/// diagonal elements (`dlanv2`).
fn split(h: &mut Matrix, v: &mut Matrix, k: usize) -> ((f64, f64), (f64, f64)) {
    let (a, b, c, d) = (h[(k, k)], h[(k, k + 1)], h[(k + 1, k)], h[(k + 1, k + 1)]);
    let (cs, sn) = standard_form(a, b, c, d);
    let n = h.rows;
    for j in 0..n {
        let (x, y) = (h[(k, j)], h[(k + 1, j)]);
        h[(k, j)] = cs * x + sn * y;
        h[(k + 1, j)] = cs * y - sn * x;
    }
    super::rotation::turn_columns(h, k, k + 1, (cs, sn));
    super::rotation::turn_columns(v, k, k + 1, (cs, sn));
    let (a, b, c, d) = (h[(k, k)], h[(k, k + 1)], h[(k + 1, k)], h[(k + 1, k + 1)]);
    let p = 0.5 * (a - d);
    let inside = p * p + b * c;
    if inside >= 0.0 || c.abs() <= f64::EPSILON * (a.abs() + d.abs()) {
        h[(k + 1, k)] = 0.0;
        return ((a, 0.0), (d, 0.0));
    }
    let middle = 0.5 * (a + d);
    (h[(k, k)], h[(k + 1, k + 1)]) = (middle, middle);
    let im = (-inside).sqrt();
    ((middle, im), (middle, -im))
}

/// The rotation that brings a block of two to its standard form (`dlanv2` of LAPACK).
fn standard_form(a: f64, b: f64, c: f64, d: f64) -> (f64, f64) {
    if c == 0.0 {
        return (1.0, 0.0);
    }
    if b == 0.0 {
        return (0.0, 1.0);
    }
    if a - d == 0.0 && (b < 0.0) != (c < 0.0) {
        return (1.0, 0.0);
    }
    let difference = a - d;
    let p = 0.5 * difference;
    let high = b.abs().max(c.abs());
    let low = b.abs().min(c.abs()) * 1.0f64.copysign(b) * 1.0f64.copysign(c);
    let scale = p.abs().max(high);
    let z = p / scale * p + high / scale * low;
    if z >= 4.0 * f64::EPSILON {
        let z = p + (scale.sqrt() * z.sqrt()).copysign(p);
        let tau = c.hypot(z);
        return (z / tau, c / tau);
    }
    let sigma = b + c;
    let tau = sigma.hypot(difference);
    let cs = (0.5 * (1.0 + sigma.abs() / tau)).sqrt();
    (cs, -(p / (tau * cs)) * 1.0f64.copysign(sigma))
}

/// One double step on the block from `start` to `i` (`dlahqr`).
fn double_step(h: &mut Matrix, v: &mut Matrix, start: usize, i: usize, round: usize) {
    let n = h.rows;
    let (mut h11, mut h21, mut h12, mut h22) =
        (h[(i - 1, i - 1)], h[(i, i - 1)], h[(i - 1, i)], h[(i, i)]);
    if round % 20 == 10 {
        let s = h[(start + 1, start)].abs() + h[(start + 2, start + 1)].abs();
        h11 = 0.75 * s + h[(start, start)];
        (h12, h21, h22) = (-0.4375 * s, s, h11);
    } else if round.is_multiple_of(20) {
        let s = h[(i, i - 1)].abs() + h[(i - 1, i - 2)].abs();
        h11 = 0.75 * s + h[(i, i)];
        (h12, h21, h22) = (-0.4375 * s, s, h11);
    }
    let (r1, r2) = shifts(h11, h12, h21, h22);
    let mut begin = i - 1;
    let mut v3 = [0.0; 3];
    for m in (start..i - 1).rev() {
        let below = h[(m + 1, m)].abs();
        let s = (h[(m, m)] - r2.0).abs() + r2.1.abs() + below;
        let down = h[(m + 1, m)] / s;
        v3 = [
            down * h[(m, m + 1)] + (h[(m, m)] - r1.0) * ((h[(m, m)] - r2.0) / s)
                - r1.1 * (r2.1 / s),
            down * (h[(m, m)] + h[(m + 1, m + 1)] - r1.0 - r2.0),
            down * h[(m + 2, m + 1)],
        ];
        let s: f64 = v3.iter().map(|x| x.abs()).sum();
        v3.iter_mut().for_each(|x| *x /= s);
        begin = m;
        if m == start {
            break;
        }
        let near = h[(m - 1, m - 1)].abs() + h[(m, m)].abs() + h[(m + 1, m + 1)].abs();
        let small = h[(m, m - 1)].abs() * (v3[1].abs() + v3[2].abs());
        if small <= f64::EPSILON / 2.0 * v3[0].abs() * near {
            break;
        }
    }
    for k in begin..i {
        let count = (i - k + 1).min(3);
        let mut x = v3;
        if k > begin {
            (0..count).for_each(|r| x[r] = h[(k + r, k - 1)]);
        }
        let (beta, tau) = reflection(&mut x[..count]);
        if k > begin {
            h[(k, k - 1)] = beta;
            (1..count).for_each(|r| h[(k + r, k - 1)] = 0.0);
        } else if k > start {
            h[(k, k - 1)] *= 1.0 - tau;
        }
        let x = &x[..count];
        h.reflect_left(x, tau, k, k);
        let rows = (k + 4).min(i + 1);
        let mut upper = h.corner(rows, n);
        upper.reflect_right(x, tau, 0, k);
        h.data[..rows * n].copy_from_slice(&upper.data);
        v.reflect_right(x, tau, 0, k);
    }
}

type Complex = (f64, f64);

/// The shifts of a double step: the eigenvalues of a block, or twice the real one nearer to its corner.
fn shifts(h11: f64, h12: f64, h21: f64, h22: f64) -> (Complex, Complex) {
    let s = h11.abs() + h12.abs() + h21.abs() + h22.abs();
    if s == 0.0 {
        return ((0.0, 0.0), (0.0, 0.0));
    }
    let (h11, h12, h21, h22) = (h11 / s, h12 / s, h21 / s, h22 / s);
    let half = (h11 + h22) / 2.0;
    let det = (h11 - half) * (h22 - half) - h12 * h21;
    let root = det.abs().sqrt();
    if det >= 0.0 {
        return ((half * s, root * s), (half * s, -root * s));
    }
    let (a, b) = (half + root, half - root);
    let near = if (a - h22).abs() <= (b - h22).abs() {
        a
    } else {
        b
    };
    ((near * s, 0.0), (near * s, 0.0))
}

/// The eigenvectors of a quasi-triangular matrix by back substitution (`dtrevc`), real and imaginary parts.
fn vectors(h: &Matrix, values: &[(f64, f64)]) -> (Matrix, Matrix) {
    let n = h.rows;
    let (mut re, mut im) = (Matrix::zeros(n, n), Matrix::zeros(n, n));
    let norm: f64 = h.data.iter().fold(0.0, |m, v| m.max(v.abs()));
    let least = (f64::EPSILON * norm).max(f64::MIN_POSITIVE);
    for j in 0..n {
        let lambda = values[j];
        if lambda.1 < 0.0 {
            continue;
        }
        let mut x = vec![(0.0, 0.0); n];
        let last = if lambda.1 == 0.0 {
            x[j] = (1.0, 0.0);
            j
        } else {
            let (up, low) = (h[(j, j + 1)], h[(j + 1, j)]);
            if up.abs() >= low.abs() {
                x[j] = (1.0, 0.0);
                x[j + 1] = (0.0, lambda.1 / up);
            } else {
                x[j] = (-lambda.1 / low, 0.0);
                x[j + 1] = (0.0, 1.0);
            }
            j + 1
        };
        back_substitute(h, values, lambda, j, last, &mut x, least);
        for (i, v) in x.iter().enumerate() {
            (re[(i, j)], im[(i, j)]) = *v;
        }
    }
    (re, im)
}

/// Solves the rows above `known` of `(H - lambda) x = 0`.
fn back_substitute(
    h: &Matrix,
    values: &[(f64, f64)],
    lambda: Complex,
    known: usize,
    last: usize,
    x: &mut [Complex],
    least: f64,
) {
    let rest = |x: &[Complex], i: usize, from: usize| -> Complex {
        (from..=last).fold((0.0, 0.0), |(a, b), k| {
            (a - h[(i, k)] * x[k].0, b - h[(i, k)] * x[k].1)
        })
    };
    let away = |d: Complex| {
        if d.0.abs() + d.1.abs() < least {
            (least, 0.0)
        } else {
            d
        }
    };
    let mut row = known;
    while row > 0 {
        let i = row - 1;
        if values[i].1 == 0.0 {
            let d = away((h[(i, i)] - lambda.0, -lambda.1));
            x[i] = over(rest(x, i, row), d);
            row = i;
            continue;
        }
        // Two rows at once, by Cramer's rule.
        let k = i - 1;
        let (p, q) = (rest(x, k, row), rest(x, i, row));
        let a = (h[(k, k)] - lambda.0, -lambda.1);
        let d = (h[(i, i)] - lambda.0, -lambda.1);
        let (b, c) = (h[(k, i)], h[(i, k)]);
        let ad = times(a, d);
        let det = away((ad.0 - b * c, ad.1));
        let (dp, aq) = (times(d, p), times(a, q));
        x[k] = over((dp.0 - b * q.0, dp.1 - b * q.1), det);
        x[i] = over((aq.0 - c * p.0, aq.1 - c * p.1), det);
        row = k;
    }
}

fn times(a: Complex, b: Complex) -> Complex {
    (a.0 * b.0 - a.1 * b.1, a.0 * b.1 + a.1 * b.0)
}

fn over(a: Complex, b: Complex) -> Complex {
    let size = b.0 * b.0 + b.1 * b.1;
    let product = times(a, (b.0, -b.1));
    (product.0 / size, product.1 / size)
}
