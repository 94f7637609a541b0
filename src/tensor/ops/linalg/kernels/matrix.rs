//! A matrix and its Householder reflections.

use std::ops::{Index, IndexMut};

/// A matrix in double precision, row by row.
#[derive(Clone)]
pub struct Matrix {
    /// How many rows.
    pub rows: usize,
    /// How many columns.
    pub columns: usize,
    /// The elements.
    pub data: Vec<f64>,
}

impl Index<(usize, usize)> for Matrix {
    type Output = f64;
    #[inline]
    fn index(&self, (i, j): (usize, usize)) -> &f64 {
        &self.data[i * self.columns + j]
    }
}

impl IndexMut<(usize, usize)> for Matrix {
    #[inline]
    fn index_mut(&mut self, (i, j): (usize, usize)) -> &mut f64 {
        &mut self.data[i * self.columns + j]
    }
}

impl Matrix {
    /// Zeros.
    pub fn zeros(rows: usize, columns: usize) -> Matrix {
        Matrix {
            rows,
            columns,
            data: vec![0.0; rows * columns],
        }
    }

    /// Ones on the diagonal, zeros elsewhere.
    pub fn eye(rows: usize, columns: usize) -> Matrix {
        let mut out = Matrix::zeros(rows, columns);
        (0..rows.min(columns)).for_each(|i| out[(i, i)] = 1.0);
        out
    }

    /// The transpose.
    pub fn transposed(&self) -> Matrix {
        let mut out = Matrix::zeros(self.columns, self.rows);
        for i in 0..self.rows {
            for j in 0..self.columns {
                out[(j, i)] = self[(i, j)];
            }
        }
        out
    }

    /// The first rows and columns.
    pub fn corner(&self, rows: usize, columns: usize) -> Matrix {
        let mut out = Matrix::zeros(rows, columns);
        for i in 0..rows {
            let from = i * self.columns;
            out.data[i * columns..(i + 1) * columns]
                .copy_from_slice(&self.data[from..from + columns]);
        }
        out
    }

    /// The part on and above the diagonal.
    pub fn upper(mut self) -> Matrix {
        for i in 0..self.rows {
            (0..i.min(self.columns)).for_each(|j| self[(i, j)] = 0.0);
        }
        self
    }

    /// The product.
    pub fn times(&self, other: &Matrix) -> Matrix {
        let mut out = Matrix::zeros(self.rows, other.columns);
        let n = other.columns;
        for i in 0..self.rows {
            for k in 0..self.columns {
                let a = self[(i, k)];
                let row = &other.data[k * n..(k + 1) * n];
                let target = &mut out.data[i * n..(i + 1) * n];
                target.iter_mut().zip(row).for_each(|(o, b)| *o += a * b);
            }
        }
        out
    }

    /// A part of a column, from a row on.
    pub fn column(&self, j: usize, from: usize) -> Vec<f64> {
        (from..self.rows).map(|i| self[(i, j)]).collect()
    }

    /// Writes a part of a column, from a row on.
    pub fn set_column(&mut self, j: usize, from: usize, values: &[f64]) {
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

    /// `(I - tau v v^T)` times the part from row `r` and column `c` on.
    pub fn reflect_left(&mut self, v: &[f64], tau: f64, r: usize, c: usize) {
        if tau == 0.0 || c >= self.columns {
            return;
        }
        let n = self.columns;
        let mut sums = vec![0.0; n - c];
        for (i, x) in v.iter().enumerate() {
            let row = &self.data[(r + i) * n + c..(r + i + 1) * n];
            sums.iter_mut().zip(row).for_each(|(s, a)| *s += x * a);
        }
        for (i, x) in v.iter().enumerate() {
            let row = &mut self.data[(r + i) * n + c..(r + i + 1) * n];
            row.iter_mut()
                .zip(&sums)
                .for_each(|(a, s)| *a -= tau * x * s);
        }
    }

    /// The part from row `r` and column `c` on times `(I - tau v v^T)`.
    pub fn reflect_right(&mut self, v: &[f64], tau: f64, r: usize, c: usize) {
        if tau == 0.0 {
            return;
        }
        for i in r..self.rows {
            let from = i * self.columns + c;
            let row = &mut self.data[from..from + v.len()];
            let sum: f64 = row.iter().zip(v).map(|(a, x)| a * x).sum();
            row.iter_mut().zip(v).for_each(|(a, x)| *a -= tau * sum * x);
        }
    }
}

/// Makes the reflection that turns `x` into a multiple of its first direction: `x` becomes the vector of the reflection,
/// whose first element is 1. Gives the multiple and `tau` (`dlarfg` of LAPACK).
pub(super) fn reflection(x: &mut [f64]) -> (f64, f64) {
    let alpha = x[0];
    let rest = x[1..].iter().fold(0.0f64, |m, v| m.hypot(*v));
    x[0] = 1.0;
    if rest == 0.0 {
        return (alpha, 0.0);
    }
    let beta = -alpha.hypot(rest).copysign(alpha);
    x[1..].iter_mut().for_each(|v| *v /= alpha - beta);
    (beta, (beta - alpha) / beta)
}
