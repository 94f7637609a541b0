//! Plane rotations.

use super::Matrix;

/// A rotation: cosine and sine.
pub(super) type Turn = (f64, f64);

/// The rotation that turns `(f, g)` into `(r, 0)`, and `r`, which has the sign of `f` (`dlartg` of LAPACK from 3.10 on).
pub(super) fn rotation(f: f64, g: f64) -> (f64, f64, f64) {
    if g == 0.0 {
        return (1.0, 0.0, f);
    }
    if f == 0.0 {
        return (0.0, 1.0f64.copysign(g), g.abs());
    }
    let r = f.hypot(g).copysign(f);
    (f / r, g / r, r)
}

/// The same with the signs that `dlartg` gave before: the larger of `f` and `g` decides.
pub(super) fn classic_rotation(f: f64, g: f64) -> (f64, f64, f64) {
    if g == 0.0 {
        return (1.0, 0.0, f);
    }
    if f == 0.0 {
        return (0.0, 1.0, g);
    }
    let r = f.hypot(g);
    let r = if f.abs() > g.abs() { r.copysign(f) } else { r };
    (f / r, g / r, r)
}

/// Turns two columns.
pub(super) fn turn_columns(x: &mut Matrix, a: usize, b: usize, (c, s): Turn) {
    for i in 0..x.rows {
        let (p, q) = (x[(i, a)], x[(i, b)]);
        x[(i, a)] = c * p + s * q;
        x[(i, b)] = c * q - s * p;
    }
}

/// Turns two rows.
pub(super) fn turn_rows(x: &mut Matrix, a: usize, b: usize, (c, s): Turn) {
    for j in 0..x.columns {
        let (p, q) = (x[(a, j)], x[(b, j)]);
        x[(a, j)] = c * p + s * q;
        x[(b, j)] = c * q - s * p;
    }
}

/// Turns neighbouring columns from `first` on, one rotation a pair, forwards or backwards (`dlasr` of LAPACK).
pub(super) fn sweep_columns(x: &mut Matrix, first: usize, turns: &[Turn], forwards: bool) {
    let mut one = |k: usize| turn_columns(x, first + k, first + k + 1, turns[k]);
    if forwards {
        (0..turns.len()).for_each(&mut one);
    } else {
        (0..turns.len()).rev().for_each(&mut one);
    }
}

/// [`sweep_columns`] for rows.
pub(super) fn sweep_rows(x: &mut Matrix, first: usize, turns: &[Turn], forwards: bool) {
    let mut one = |k: usize| turn_rows(x, first + k, first + k + 1, turns[k]);
    if forwards {
        (0..turns.len()).for_each(&mut one);
    } else {
        (0..turns.len()).rev().for_each(&mut one);
    }
}
