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

/// Element `i` of `n` of a matrix times a vector, whose row `x` starts at `place` in its storage: rows in groups of four,
/// and those left over.
#[inline(always)]
pub fn by_vector((i, n): (usize, usize), x: &[f32], place: usize, y: &[f32]) -> f32 {
    let k = x.len();
    if i < n / 4 * 4 {
        return whole_dot::<4>(x, y, k.wrapping_sub(1) % 4 + 1);
    }
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
    (first, n): (usize, usize),
    x: &[f32],
    place: usize,
    y: &[f32],
    step: usize,
) {
    let head = head(place);
    vectorize(
        #[inline(always)]
        || {
            for (j, o) in out.iter_mut().enumerate() {
                let j = first + j;
                let y = &y[j * step..j * step + x.len()];
                *o = if j < n / 4 * 4 {
                    whole_dot::<4>(x, y, head)
                } else {
                    whole_dot::<8>(x, y, head)
                };
            }
        },
    );
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
    for (i, row) in out.chunks_exact_mut(n).enumerate().take(m) {
        let start = x.start + i * x.row;
        let factors = (0..k).map(|l| xs[start + l * x.column]);
        match (along, m == 1, n == 1) {
            (true, false, false) => dots(
                row,
                (0, n),
                &xs[start..start + k],
                start,
                &ys[y.start..],
                y.column,
            ),
            (true, false, true) => {
                let vector: Vec<f32> = (0..k).map(|l| ys[y.start + l * y.row]).collect();
                row[0] = by_vector((i, m), &xs[start..start + k], start, &vector);
            }
            (true, true, false) => {
                let vector: Vec<f32> = factors.collect();
                for (j, o) in row.iter_mut().enumerate() {
                    let place = y.start + j * y.column;
                    *o = by_vector((j, n), &ys[place..place + k], place, &vector);
                }
            }
            // Elements before a multiple of 16 bytes, if vectors follow, are added up in an order of their own.
            _ if few && packed.is_none() && head(i * n) + 4 <= n => {
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
            }
            _ => rows(row, factors, ys, y, !few),
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
                assert_eq!(by_vector((head, 3), &x, head, &y), exact, "{n}");
                assert_eq!(by_vector((head, 4), &x, head, &y), exact, "{n}");
            }
            assert_eq!(in_eights(x.iter().copied(), y.iter()), exact, "{n}");
            assert_eq!(inner(&x, &y), exact, "{n}");
        }
    }
}
