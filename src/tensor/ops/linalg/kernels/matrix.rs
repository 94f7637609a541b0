//! A matrix and its Householder reflections.

use std::ops::{Add, AddAssign, Div, DivAssign, Index, IndexMut, Mul, Neg, Sub, SubAssign};

use crate::tensor::array::{Complex, Element};

/// What matrices are made of: real or complex numbers in double precision.
pub trait Field:
    Element
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + AddAssign
    + SubAssign
    + DivAssign
{
    /// The number with these parts; a real one has no second.
    fn of_parts(re: f64, im: f64) -> Self;
    /// The real part.
    fn re(self) -> f64;
    /// The imaginary part.
    fn im(self) -> f64;

    /// The conjugate.
    #[inline]
    fn conj(self) -> Self {
        Self::of_parts(self.re(), -self.im())
    }

    /// A real number.
    #[inline]
    fn real(x: f64) -> Self {
        Self::of_parts(x, 0.0)
    }

    /// The sum of the parts' absolute values, by which LAPACK compares numbers.
    #[inline]
    fn weight(self) -> f64 {
        self.re().abs() + self.im().abs()
    }

    /// Whether it is neither infinite nor NaN.
    fn is_finite(self) -> bool {
        self.re().is_finite() && self.im().is_finite()
    }
}

impl Field for f64 {
    #[inline]
    fn of_parts(re: f64, _: f64) -> f64 {
        re
    }
    #[inline]
    fn re(self) -> f64 {
        self
    }
    #[inline]
    fn im(self) -> f64 {
        0.0
    }
}

impl Field for Complex<f64> {
    #[inline]
    fn of_parts(re: f64, im: f64) -> Self {
        Complex::new(re, im)
    }
    #[inline]
    fn re(self) -> f64 {
        self.re
    }
    #[inline]
    fn im(self) -> f64 {
        self.im
    }
}

/// A matrix in double precision, row by row.
#[derive(Clone)]
pub struct Matrix<S = f64> {
    /// How many rows.
    pub rows: usize,
    /// How many columns.
    pub columns: usize,
    /// The elements.
    pub data: Vec<S>,
}

impl<S> Index<(usize, usize)> for Matrix<S> {
    type Output = S;
    #[inline]
    fn index(&self, (i, j): (usize, usize)) -> &S {
        &self.data[i * self.columns + j]
    }
}

impl<S> IndexMut<(usize, usize)> for Matrix<S> {
    #[inline]
    fn index_mut(&mut self, (i, j): (usize, usize)) -> &mut S {
        &mut self.data[i * self.columns + j]
    }
}

impl<S: Field> Matrix<S> {
    /// Zeros.
    pub fn zeros(rows: usize, columns: usize) -> Matrix<S> {
        Matrix {
            rows,
            columns,
            data: vec![S::ZERO; rows * columns],
        }
    }

    /// Ones on the diagonal, zeros elsewhere.
    pub fn eye(rows: usize, columns: usize) -> Matrix<S> {
        let mut out = Matrix::zeros(rows, columns);
        (0..rows.min(columns)).for_each(|i| out[(i, i)] = S::ONE);
        out
    }

    /// The transpose.
    pub fn transposed(&self) -> Matrix<S> {
        self.turned(|v| v)
    }

    /// The conjugate transpose.
    pub fn adjoint(&self) -> Matrix<S> {
        self.turned(S::conj)
    }

    fn turned(&self, f: impl Fn(S) -> S) -> Matrix<S> {
        let mut out = Matrix::zeros(self.columns, self.rows);
        for i in 0..self.rows {
            for j in 0..self.columns {
                out[(j, i)] = f(self[(i, j)]);
            }
        }
        out
    }

    /// The first rows and columns.
    pub fn corner(&self, rows: usize, columns: usize) -> Matrix<S> {
        let mut out = Matrix::zeros(rows, columns);
        for i in 0..rows {
            let from = i * self.columns;
            out.data[i * columns..(i + 1) * columns]
                .copy_from_slice(&self.data[from..from + columns]);
        }
        out
    }

    /// The part on and above the diagonal.
    pub fn upper(mut self) -> Matrix<S> {
        for i in 0..self.rows {
            (0..i.min(self.columns)).for_each(|j| self[(i, j)] = S::ZERO);
        }
        self
    }

    /// The product.
    pub fn times(&self, other: &Matrix<S>) -> Matrix<S> {
        let mut out = Matrix::zeros(self.rows, other.columns);
        let n = other.columns;
        for i in 0..self.rows {
            for k in 0..self.columns {
                let a = self[(i, k)];
                let row = &other.data[k * n..(k + 1) * n];
                let target = &mut out.data[i * n..(i + 1) * n];
                target.iter_mut().zip(row).for_each(|(o, b)| *o += a * *b);
            }
        }
        out
    }

    /// A part of a column, from a row on.
    pub fn column(&self, j: usize, from: usize) -> Vec<S> {
        (from..self.rows).map(|i| self[(i, j)]).collect()
    }

    /// Writes a part of a column, from a row on.
    pub fn set_column(&mut self, j: usize, from: usize, values: &[S]) {
        for (i, v) in values.iter().enumerate() {
            self[(from + i, j)] = *v;
        }
    }

    /// Exchanges two columns.
    pub fn swap_columns(&mut self, a: usize, b: usize) {
        for i in 0..self.rows {
            self.data.swap(i * self.columns + a, i * self.columns + b);
        }
    }

    /// Exchanges two rows.
    pub fn swap_rows(&mut self, a: usize, b: usize) {
        for j in 0..self.columns {
            self.data.swap(a * self.columns + j, b * self.columns + j);
        }
    }

    /// `(I - tau v v^H)` times the part from row `r` and column `c` on.
    pub fn reflect_left(&mut self, v: &[S], tau: S, r: usize, c: usize) {
        if tau == S::ZERO || c >= self.columns {
            return;
        }
        let n = self.columns;
        let mut sums = vec![S::ZERO; n - c];
        for (i, x) in v.iter().enumerate() {
            let row = &self.data[(r + i) * n + c..(r + i + 1) * n];
            sums.iter_mut()
                .zip(row)
                .for_each(|(s, a)| *s += x.conj() * *a);
        }
        for (i, x) in v.iter().enumerate() {
            let row = &mut self.data[(r + i) * n + c..(r + i + 1) * n];
            row.iter_mut()
                .zip(&sums)
                .for_each(|(a, s)| *a -= tau * *x * *s);
        }
    }

    /// The part from row `r` and column `c` on times `(I - tau v v^H)`.
    pub fn reflect_right(&mut self, v: &[S], tau: S, r: usize, c: usize) {
        if tau == S::ZERO {
            return;
        }
        for i in r..self.rows {
            let from = i * self.columns + c;
            let row = &mut self.data[from..from + v.len()];
            let mut sum = S::ZERO;
            row.iter().zip(v).for_each(|(a, x)| sum += *a * *x);
            row.iter_mut()
                .zip(v)
                .for_each(|(a, x)| *a -= tau * sum * x.conj());
        }
    }
}

/// Makes the reflection whose adjoint turns `x` into a real multiple of its first direction: `x` becomes the vector of the
/// reflection, whose first element is 1. Gives the multiple and `tau` (`dlarfg` and `zlarfg` of LAPACK).
pub(super) fn reflection<S: Field>(x: &mut [S]) -> (f64, S) {
    let alpha = x[0];
    let size = |v: &S| {
        if v.im() == 0.0 {
            v.re()
        } else {
            v.re().hypot(v.im())
        }
    };
    let rest = x[1..].iter().fold(0.0f64, |m, v| m.hypot(size(v)));
    x[0] = S::ONE;
    if rest == 0.0 && alpha.im() == 0.0 {
        return (alpha.re(), S::ZERO);
    }
    let beta = -size(&alpha).hypot(rest).copysign(alpha.re());
    let away = alpha - S::real(beta);
    x[1..].iter_mut().for_each(|v| *v /= away);
    (
        beta,
        S::of_parts((beta - alpha.re()) / beta, -alpha.im() / beta),
    )
}
