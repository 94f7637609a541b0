//! Attention block by block: the scores of some queries at a time, never all of them. The gradients compute the scores
//! once more (Dao, *FlashAttention-2*, 2023).

use crate::tensor::array::kernels::matmul::{How, Matrix, multiply};
use crate::tensor::array::kernels::{vectorize, vectorize_wide};
use crate::tensor::array::{Array, Element, Layout, Result, threads};
use crate::tensor::ops::activation::exp::Exp;
use crate::tensor::ops::activation::softmax::{largest, sum};

/// Queries whose scores are computed at once.
const BLOCK: usize = 64;

/// Queries, keys and values of shape (batch, heads, length, features), and what is added to the scores.
pub(super) struct Inputs<'a> {
    pub(super) q: &'a Array,
    pub(super) k: &'a Array,
    pub(super) v: &'a Array,
    /// Broadcast to (batch, heads, queries, keys).
    pub(super) mask: Option<Array>,
    /// Whether a query sees only the keys up to its own place.
    pub(super) causal: bool,
    pub(super) scale: f64,
}

/// The values of a tensor and where they lie.
struct Part<'a, T> {
    values: &'a [T],
    layout: &'a Layout,
}

impl<'a, T> Part<'a, T> {
    fn of(values: &'a [T], array: &'a Array) -> Part<'a, T> {
        Part {
            values,
            layout: array.layout(),
        }
    }

    /// One head of one sequence.
    fn head(&self, b: usize, h: usize) -> Matrix {
        let l = self.layout;
        Matrix {
            start: l.offset + b * l.strides[0] + h * l.strides[1],
            row: l.strides[2],
            column: l.strides[3],
        }
    }
}

/// [`Inputs`] as slices, which threads can share.
struct Parts<'a, T> {
    q: Part<'a, T>,
    k: Part<'a, T>,
    v: Part<'a, T>,
    mask: Option<Part<'a, T>>,
    causal: bool,
    scale: f64,
    /// Heads, queries, keys, features of queries, features of values.
    sizes: [usize; 5],
}

fn turned(m: Matrix) -> Matrix {
    Matrix {
        row: m.column,
        column: m.row,
        ..m
    }
}

fn below(m: Matrix, rows: usize) -> Matrix {
    Matrix {
        start: m.start + rows * m.row,
        ..m
    }
}

fn packed(row: usize) -> Matrix {
    Matrix {
        start: 0,
        row,
        column: 1,
    }
}

/// How one sequence of (heads, length, features) lies in memory.
#[derive(Clone, Copy)]
struct Order {
    head: usize,
    row: usize,
}

/// The order of the queries for `heads` heads of `n` rows of `d` features: heads outside of rows, or inside.
fn order(q: &Layout, heads: usize, n: usize, d: usize) -> Order {
    if q.strides[1] >= q.strides[2] {
        return Order {
            head: n * d,
            row: d,
        };
    }
    Order {
        head: d,
        row: heads * d,
    }
}

/// Sequences that lie `batch` apart in memory.
fn laid_out(shape: [usize; 4], start: usize, batch: usize, order: Order) -> Layout {
    let mut layout = Layout::contiguous(&shape);
    layout.offset = start;
    layout
        .strides
        .copy_from_slice(&[batch, order.head, order.row, 1]);
    layout
}

impl Inputs<'_> {
    /// Calls the function with the parts as slices.
    fn with<T: Exp, R>(&self, f: impl FnOnce(&Parts<T>) -> R) -> R {
        let (q, k, v) = (self.q.read::<T>(), self.k.read::<T>(), self.v.read::<T>());
        let mask = self.mask.as_ref().map(|m| (m.read::<T>(), m.layout()));
        let (sq, sk) = (self.q.shape(), self.k.shape());
        f(&Parts {
            q: Part::of(&q, self.q),
            k: Part::of(&k, self.k),
            v: Part::of(&v, self.v),
            mask: mask
                .as_ref()
                .map(|(values, layout)| Part { values, layout }),
            causal: self.causal,
            scale: self.scale,
            sizes: [sq[1], sq[2], sk[2], sq[3], self.v.shape()[3]],
        })
    }

    fn work(&self) -> usize {
        let (q, k) = (self.q.shape(), self.k.shape());
        q.iter().product::<usize>() * k[2] / 4
    }
}

impl<T: Exp> Parts<'_, T> {
    /// Keys that the queries before `end` see.
    fn seen(&self, end: usize) -> usize {
        let keys = self.sizes[2];
        if self.causal { keys.min(end) } else { keys }
    }

    /// Weights that `rows` queries from `first` on give to the first `keys` keys: the softmax of the masked scores.
    fn weights(&self, out: &mut [T], [b, h, first, rows, keys]: [usize; 5], many: bool) {
        let d = self.sizes[3];
        let (q, k) = (below(self.q.head(b, h), first), turned(self.k.head(b, h)));
        let how = How {
            row: keys,
            add: false,
            many,
        };
        multiply(
            out,
            (rows, keys, d),
            self.q.values,
            q,
            self.k.values,
            k,
            how,
        );
        let scale = T::lit(self.scale);
        let mask = self.mask.as_ref().map(|m| (m.values, m.head(b, h)));
        for (i, row) in out.chunks_exact_mut(keys).take(rows).enumerate() {
            vectorize(
                #[inline(always)]
                || row.iter_mut().for_each(|s| *s = *s * scale),
            );
            if let Some((values, at)) = &mask {
                add_mask(row, &values[at.start + (first + i) * at.row..], at.column);
            }
            if self.causal {
                row[(first + i + 1).min(keys)..].fill(T::LOWEST);
            }
            vectorize_wide(
                #[inline(always)]
                || soften(row),
            );
        }
    }
}

/// The output, laid out as the queries are.
pub(super) fn forward(x: &Inputs) -> Result<Array> {
    let (sq, dv) = (x.q.shape(), x.v.shape()[3]);
    let shape = [sq[0], sq[1], sq[2], dv];
    let [batch, heads, n, _] = shape;
    let (piece, work) = (heads * n * dv, x.work());
    let order = order(x.q.layout(), heads, n, dv);
    dispatch_float!(x.q.dtype(), T => {
        let all = Array::build::<T>(&[batch * piece], |out| {
            x.with(|x| threads::fill_rows(out, piece, work, &|first, part: &mut [T]| {
                let many = part.len() == batch * piece;
                for (i, part) in part.chunks_exact_mut(piece).enumerate() {
                    sequence(x, first + i, part, order, many);
                }
            }));
        })?;
        let out = all.with_layout(laid_out(shape, 0, piece, order));
        let wanted = x.q.layout().dense_like(&shape);
        let own = &out.layout().strides;
        if own[1..] == wanted.strides[1..] && (batch == 1 || own[0] == wanted.strides[0]) {
            return Ok(out.with_layout(wanted));
        }
        let copy = Array::build_like::<T>(&wanted, |_| {})?;
        copy.assign(&out)?;
        Ok(copy)
    }, other => unreachable!("other dtypes are composed"))
}

fn sequence<T: Exp>(x: &Parts<T>, b: usize, out: &mut [T], order: Order, many: bool) {
    let [heads, n, m, _, dv] = x.sizes;
    let mut scores = vec![T::ZERO; BLOCK.min(n) * m];
    for h in 0..heads {
        for first in (0..n).step_by(BLOCK) {
            let rows = BLOCK.min(n - first);
            let keys = x.seen(first + rows);
            let scores = &mut scores[..rows * keys];
            x.weights(scores, [b, h, first, rows, keys], many);
            let how = How {
                row: order.row,
                add: false,
                many,
            };
            let out = &mut out[first * order.row + h * order.head..];
            let (p, v) = (packed(keys), x.v.head(b, h));
            multiply(out, (rows, dv, keys), scores, p, x.v.values, v, how);
        }
    }
}

/// Adds the mask's elements, which lie `step` apart, to the scores.
fn add_mask<T: Exp>(scores: &mut [T], mask: &[T], step: usize) {
    if step != 1 {
        let each = scores.iter_mut().enumerate();
        return each.for_each(|(j, s)| *s = *s + mask[j * step]);
    }
    vectorize(
        #[inline(always)]
        || scores.iter_mut().zip(mask).for_each(|(s, m)| *s = *s + *m),
    );
}

/// The softmax in its place; a row that sees nothing becomes zeros.
#[inline(always)]
fn soften<T: Exp>(row: &mut [T]) {
    let most = largest(row);
    if most == T::LOWEST {
        return row.fill(T::ZERO);
    }
    row.iter_mut().for_each(|s| *s = (*s - most).fast_exp());
    let total = sum(row);
    let scale = T::ONE / total;
    row.iter_mut().for_each(|s| *s = *s * scale);
}

/// Gradients of queries, keys and values from that of the output.
pub(super) fn backward(x: &Inputs, out: &Array, g: &Array) -> Result<[Array; 3]> {
    let (sq, sv) = (x.q.shape(), x.v.shape());
    let [batch, heads, n, d] = [sq[0], sq[1], sq[2], sq[3]];
    let (m, dv, work) = (sv[2], sv[3], x.work());
    let piece = heads * (n * d + m * d + m * dv);
    let by = |n: usize, d: usize| order(x.q.layout(), heads, n, d);
    let orders = [by(n, d), by(m, d), by(m, dv)];
    dispatch_float!(g.dtype(), T => {
        let all = Array::build::<T>(&[batch * piece], |all| {
            all.fill(T::ZERO);
            let (outs, grads) = (out.read::<T>(), g.read::<T>());
            let of = [Part::of(&outs, out), Part::of(&grads, g)];
            x.with(|x| threads::fill_rows(all, piece, 2 * work, &|first, part: &mut [T]| {
                let many = part.len() == batch * piece;
                for (i, part) in part.chunks_exact_mut(piece).enumerate() {
                    sequence_back(x, first + i, &of, part, orders, many);
                }
            }));
        })?;
        let at = |n: usize, d: usize, start: usize, order: Order| {
            let part = all.with_layout(laid_out([batch, heads, n, d], start, piece, order));
            if batch == 1 { Ok(part) } else { part.copy() }
        };
        Ok([
            at(n, d, 0, orders[0])?,
            at(m, d, heads * n * d, orders[1])?,
            at(m, dv, heads * (n + m) * d, orders[2])?,
        ])
    }, other => unreachable!("other dtypes are composed"))
}

fn sequence_back<T: Exp>(
    x: &Parts<T>,
    b: usize,
    [out, g]: &[Part<T>; 2],
    part: &mut [T],
    orders: [Order; 3],
    many: bool,
) {
    let [heads, n, m, d, dv] = x.sizes;
    let (dq, rest) = part.split_at_mut(heads * n * d);
    let (dk, dvs) = rest.split_at_mut(heads * m * d);
    let size = BLOCK.min(n) * m;
    let (mut p, mut ds) = (vec![T::ZERO; size], vec![T::ZERO; size]);
    let scale = T::lit(x.scale);
    let how = |row: usize, add: bool| How { row, add, many };
    for h in 0..heads {
        let (q, k, v) = (x.q.head(b, h), x.k.head(b, h), x.v.head(b, h));
        for first in (0..n).step_by(BLOCK) {
            let rows = BLOCK.min(n - first);
            let keys = x.seen(first + rows);
            let (p, ds) = (&mut p[..rows * keys], &mut ds[..rows * keys]);
            x.weights(p, [b, h, first, rows, keys], many);
            let (o, grad) = (below(out.head(b, h), first), below(g.head(b, h), first));
            let size = (rows, keys, dv);
            multiply(
                ds,
                size,
                g.values,
                grad,
                x.v.values,
                turned(v),
                how(keys, false),
            );
            for (i, (p, ds)) in p
                .chunks_exact(keys)
                .zip(ds.chunks_exact_mut(keys))
                .enumerate()
            {
                let (o, grad) = (below(o, i), below(grad, i));
                let product = |j: usize| {
                    out.values[o.start + j * o.column] * g.values[grad.start + j * grad.column]
                };
                let dot = (0..dv).fold(T::ZERO, |s, j| s + product(j));
                vectorize(
                    #[inline(always)]
                    || {
                        for (p, ds) in p.iter().zip(ds) {
                            *ds = *p * (*ds - dot) * scale;
                        }
                    },
                );
            }
            let (p, ds): (&[T], &[T]) = (p, ds);
            let (own, back) = (packed(keys), turned(packed(keys)));
            let [oq, ok, ov] = orders;
            let dvs = &mut dvs[h * ov.head..];
            multiply(
                dvs,
                (keys, dv, rows),
                p,
                back,
                g.values,
                grad,
                how(ov.row, true),
            );
            let (dk, queries) = (&mut dk[h * ok.head..], below(q, first));
            multiply(
                dk,
                (keys, d, rows),
                ds,
                back,
                x.q.values,
                queries,
                how(ok.row, true),
            );
            let dq = &mut dq[first * oq.row + h * oq.head..];
            multiply(
                dq,
                (rows, d, keys),
                ds,
                own,
                x.k.values,
                k,
                how(oq.row, false),
            );
        }
    }
}
