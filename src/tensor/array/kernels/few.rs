//! Products of single precision with few rows or columns. PyTorch's library has old kernels for them, of four lanes and with
//! rounded products; what comes out depends on how operands lie, and on which rows start at 16 bytes. The same here.

use super::lanes::halve;
use super::matmul::Matrix;
use super::vectorize;
use crate::tensor::array::{DType, Element};

/// Whether a product of this many rows and columns is one of those.
pub fn is_few<T: Element>(m: usize, n: usize) -> bool {
    T::DTYPE == DType::Float32 && (n < 12 || m < 4)
}

/// How many elements come before the next multiple of 16 bytes.
fn head(place: usize) -> usize {
    place.wrapping_neg() % 4
}

/// The sum of products: the first `head` in the first lane, then `whole` more in `W` lanes, the rest last.
#[inline(always)]
fn dot<const W: usize>(x: &[f32], y: &[f32], head: usize, whole: usize) -> f32 {
    let (x0, x) = x.split_at(head);
    let (y0, y) = y.split_at(head);
    let run = |start: f32, x: &[f32], y: &[f32]| x.iter().zip(y).fold(start, |s, (x, y)| s + x * y);
    let mut lanes = [0.0; W];
    lanes[0] = run(0.0, x0, y0);
    for (x, y) in x[..whole].chunks_exact(W).zip(y[..whole].chunks_exact(W)) {
        for ((l, x), y) in lanes.iter_mut().zip(x).zip(y) {
            *l += x * y;
        }
    }
    run(halve(lanes), &x[whole..], &y[whole..])
}

/// [`dot`] with as many whole vectors as there are after the head.
#[inline(always)]
fn whole_dot<const W: usize>(x: &[f32], y: &[f32], head: usize) -> f32 {
    let head = head.min(x.len());
    dot::<W>(x, y, head, (x.len() - head) / W * W)
}

/// [`whole_dot`] of four rows and one vector, in lanes of four: while one row waits for its sum, the others go on.
fn four_dots(rows: [&[f32]; 4], y: &[f32], head: usize) -> [f32; 4] {
    let head = head.min(y.len());
    let end = head + (y.len() - head) / 4 * 4;
    let run = |start: f32, x: &[f32], y: &[f32]| x.iter().zip(y).fold(start, |s, (x, y)| s + x * y);
    let first = rows.map(|x| [run(0.0, &x[..head], &y[..head]), 0.0, 0.0, 0.0]);
    let sums = add_products(first, rows.map(|x| &x[head..end]), &y[head..end]);
    std::array::from_fn(|r| run(halve(sums[r]), &rows[r][end..], &y[end..]))
}

/// Adds the products of the rows and the vector, which are whole groups of four elements, to each row's lanes.
#[cfg(target_arch = "x86_64")]
fn add_products(mut lanes: [[f32; 4]; 4], rows: [&[f32]; 4], y: &[f32]) -> [[f32; 4]; 4] {
    use std::arch::x86_64::{_mm_add_ps, _mm_loadu_ps, _mm_mul_ps, _mm_storeu_ps};
    assert!(rows.iter().all(|x| x.len() == y.len()) && y.len().is_multiple_of(4));
    // SAFETY: every processor of this kind has the instructions; arrays and slices have four elements at each place.
    unsafe {
        let mut sums = lanes.each_ref().map(|l| _mm_loadu_ps(l.as_ptr()));
        for at in (0..y.len()).step_by(4) {
            let y = _mm_loadu_ps(y.as_ptr().add(at));
            for (s, x) in sums.iter_mut().zip(&rows) {
                *s = _mm_add_ps(*s, _mm_mul_ps(_mm_loadu_ps(x.as_ptr().add(at)), y));
            }
        }
        for (l, s) in lanes.iter_mut().zip(sums) {
            _mm_storeu_ps(l.as_mut_ptr(), s);
        }
    }
    lanes
}

#[cfg(not(target_arch = "x86_64"))]
fn add_products(mut lanes: [[f32; 4]; 4], rows: [&[f32]; 4], y: &[f32]) -> [[f32; 4]; 4] {
    for (lanes, x) in lanes.iter_mut().zip(rows) {
        for (x, y) in x.chunks_exact(4).zip(y.chunks_exact(4)) {
            for ((l, x), y) in lanes.iter_mut().zip(x).zip(y) {
                *l += x * y;
            }
        }
    }
    lanes
}

/// Rows of a matrix in a slice: where the first starts, and from row to row.
type Rows<'a> = (&'a [f32], usize, usize);

/// Products of rows and a vector, from row `first` on, of `n` in all: rows in groups of four, whose first elements up to
/// `head` come by themselves, and those left over, whose products `last` gives.
fn in_fours<'a>(
    out: &mut [f32],
    (first, n): (usize, usize),
    row: impl Fn(usize) -> &'a [f32],
    (vector, head): (&[f32], usize),
    last: impl Fn(usize) -> f32,
) {
    let mut i = first;
    for part in by_fours(out, first) {
        if let [a, b, c, d] = part
            && i + 4 <= n
        {
            let rows = [row(i), row(i + 1), row(i + 2), row(i + 3)];
            [*a, *b, *c, *d] = four_dots(rows, vector, head);
        } else {
            for (i, o) in (i..).zip(part.iter_mut()) {
                *o = if i < n / 4 * 4 {
                    whole_dot::<4>(row(i), vector, head)
                } else {
                    last(i)
                };
            }
        }
        i += part.len();
    }
}

/// Elements of a matrix times a vector, from `first` on, of `n` in all. The matrix's rows are as long as the vector, and
/// their places in the storage count.
pub fn by_vector(out: &mut [f32], range: (usize, usize), (xs, start, step): Rows, y: &[f32]) {
    let k = y.len();
    let place = |i: usize| start + i * step;
    let row = |i: usize| &xs[place(i)..place(i) + k];
    let last = |i: usize| left_over(row(i), place(i), y);
    in_fours(out, range, row, (y, k.wrapping_sub(1) % 4 + 1), last);
}

/// The elements from `first` on in groups of four that start at multiples of four, except for the ends.
fn by_fours(out: &mut [f32], first: usize) -> impl Iterator<Item = &mut [f32]> {
    let (head, rest) = out.split_at_mut(head(first).min(out.len()));
    std::iter::once(head).chain(rest.chunks_mut(4))
}

/// The product of a row, which starts at `place` in its storage and is left over by groups of four, and a vector.
fn left_over(x: &[f32], place: usize, y: &[f32]) -> f32 {
    let k = x.len();
    if k < 12 {
        return whole_dot::<4>(x, y, k);
    }
    let whole = (k - 4) / 8 * 8;
    if place.is_multiple_of(4) {
        dot::<8>(x, y, 4, whole)
    } else {
        dot::<4>(x, y, 4, whole)
    }
}

/// Elements of a row of `x @ y.T`: from `first` on, of `n` in all. `place` is where the row `x` starts in its storage, and
/// rows of `y` start `step` apart. Columns that are left over by groups of four have eight lanes.
pub fn dots(
    out: &mut [f32],
    range: (usize, usize),
    x: &[f32],
    place: usize,
    y: &[f32],
    step: usize,
) {
    let head = head(place);
    let row = |j: usize| &y[j * step..j * step + x.len()];
    let last = |j: usize| whole_dot::<8>(row(j), x, head);
    in_fours(out, range, row, (x, head), last);
}

/// The product of two vectors, in up to four vectors of four lanes.
pub fn inner(x: &[f32], y: &[f32]) -> f32 {
    let mut lanes = [[0f32; 4]; 4];
    let mut at = 0;
    for width in [16, 8, 4, 1] {
        while at + width <= x.len() {
            let pairs = x[at..at + width].iter().zip(&y[at..at + width]);
            let sums = lanes.as_flattened_mut().iter_mut();
            sums.zip(pairs).for_each(|(l, (x, y))| *l += x * y);
            at += width;
        }
    }
    let [a, b, c, d] = lanes;
    let sum: [f32; 4] = std::array::from_fn(|i| a[i] + b[i] + c[i] + d[i]);
    (sum[0] + sum[2]) + (sum[1] + sum[3])
}

/// Multiply-adds up to which a product of more rows and columns is made here too, in the order of the large ones.
const SMALL: usize = 4096;

/// Whether [`product`] knows how to make a product of this size.
pub fn takes<T: Element>(m: usize, n: usize, k: usize) -> bool {
    is_few::<T>(m, n) || T::DTYPE == DType::Float32 && m * n * k <= SMALL
}

/// `out = x @ y`
pub fn product(
    out: &mut [f32],
    (m, n, k): (usize, usize, usize),
    xs: &[f32],
    x: Matrix,
    ys: &[f32],
    y: Matrix,
) {
    let few = is_few::<f32>(m, n);
    let along = few && (n == 1 || y.row == 1) && (m == 1 || x.column == 1) && k > 1;
    let packed = (!along && y.column != 1).then(|| pack(n, k, ys, y));
    let (ys, y) = match &packed {
        Some(packed) => (
            &packed[..],
            Matrix {
                start: 0,
                row: n,
                column: 1,
            },
        ),
        None => (ys, y),
    };
    if along && n == 1 && m > 1 {
        let vector: Vec<f32> = (0..k).map(|l| ys[y.start + l * y.row]).collect();
        return by_vector(&mut out[..m], (0, m), (xs, x.start, x.row), &vector);
    }
    if along && m == 1 && n > 1 {
        let vector: Vec<f32> = (0..k).map(|l| xs[x.start + l * x.column]).collect();
        return by_vector(&mut out[..n], (0, n), (ys, y.start, y.column), &vector);
    }
    if few && n == 1 && x.row == 1 && m > 1 {
        // The columns of the matrix lie side by side.
        let factors = (0..k).map(|l| ys[y.start + l * y.row]);
        let columns = Matrix {
            row: x.column,
            column: 1,
            ..x
        };
        return rows(&mut out[..m], factors, xs, columns, false);
    }
    for (i, row) in out.chunks_exact_mut(n).enumerate().take(m) {
        let start = x.start + i * x.row;
        let factors = (0..k).map(|l| xs[start + l * x.column]);
        if along && (m, n) != (1, 1) {
            let (x, y) = (&xs[start..start + k], (&ys[y.start..], y.column));
            dots(row, (0, n), x, start, y.0, y.1);
        } else if few && packed.is_none() && head(i * n) + 4 <= n {
            // Elements before a multiple of 16 bytes, if vectors follow, are added up in an order of their own.
            let (first, rest) = row.split_at_mut(head(i * n));
            for (j, o) in first.iter_mut().enumerate() {
                *o = in_eights(
                    factors.clone(),
                    ys[y.start + j..].iter().step_by(y.row.max(1)),
                );
            }
            let y = Matrix {
                start: y.start + first.len(),
                ..y
            };
            rows(rest, factors, ys, y, false);
        } else {
            rows(row, factors, ys, y, !few);
        }
    }
}

/// The transpose of a matrix whose columns lie apart, row by row.
fn pack(n: usize, k: usize, ys: &[f32], y: Matrix) -> Vec<f32> {
    let at = |l: usize, j: usize| ys[y.start + l * y.row + j * y.column];
    (0..k * n).map(|i| at(i / n, i % n)).collect()
}

/// The sum of products, of which the second half of every eight is added up first.
fn in_eights<'a>(x: impl Iterator<Item = f32>, y: impl Iterator<Item = &'a f32>) -> f32 {
    let products: Vec<f32> = x.zip(y).map(|(x, y)| x * y).collect();
    let mut eights = products.chunks_exact(8);
    let mut sum = 0.0;
    for p in &mut eights {
        sum = sum + p[0] + p[1] + p[2] + p[3];
        sum += p[4] + p[5] + p[6] + p[7];
    }
    eights.remainder().iter().fold(sum, |s, p| s + p)
}

/// The sum of the rows of `y`, each times its factor.
#[inline(always)]
fn rows(out: &mut [f32], factors: impl Iterator<Item = f32>, ys: &[f32], y: Matrix, fused: bool) {
    let n = out.len();
    out.fill(0.0);
    vectorize(
        #[inline(always)]
        || {
            for (l, v) in factors.enumerate() {
                let row = &ys[y.start + l * y.row..][..n];
                if fused {
                    out.iter_mut()
                        .zip(row)
                        .for_each(|(o, w)| *o = v.mul_add(*w, *o));
                } else {
                    out.iter_mut().zip(row).for_each(|(o, w)| *o += v * w);
                }
            }
        },
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lanes_give_the_sum() {
        for n in [0, 1, 3, 7, 16, 33, 100] {
            let x: Vec<f32> = (0..n).map(|i| (i % 5) as f32).collect();
            let y: Vec<f32> = (0..n).map(|i| (i % 7) as f32 - 2.0).collect();
            let exact: f32 = x.iter().zip(&y).map(|(x, y)| x * y).sum();
            for head in 0..4 {
                assert_eq!(whole_dot::<4>(&x, &y, head), exact, "{n}");
                assert_eq!(whole_dot::<8>(&x, &y, head), exact, "{n}");
                assert_eq!(left_over(&x, head, &y), exact, "{n}");
                assert_eq!(four_dots([&x; 4], &y, head), [exact; 4], "{n}");
                let mut out = [0f32; 7];
                by_vector(&mut out, (head, head + 6), (&x, 0, 0), &y);
                assert_eq!(out, [exact; 7], "{n}");
            }
            let (columns, vector) = (
                Matrix {
                    start: 0,
                    row: 1,
                    column: 3,
                },
                Matrix {
                    start: 0,
                    row: 1,
                    column: 1,
                },
            );
            let (mut out, matrix) = ([0f32; 3], x.repeat(3));
            product(&mut out, (3, 1, n), &matrix, columns, &y, vector);
            let sum = |i: usize| (0..n).fold(0.0, |s, l| s + matrix[i + 3 * l] * y[l]);
            assert_eq!(out, [sum(0), sum(1), sum(2)], "{n}");
            assert_eq!(in_eights(x.iter().copied(), y.iter()), exact, "{n}");
            assert_eq!(inner(&x, &y), exact, "{n}");
        }
    }
}
