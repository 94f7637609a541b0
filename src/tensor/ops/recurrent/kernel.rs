//! One layer of a recurrent network over a sequence, with all gates of a step in one pass.
//!
//! The rows of all steps lie in one matrix, so that the products with the input are one product; only the product with the hidden state is done step by step. A step works on the first rows of the state:
//! sequences are sorted by length, and those that have ended (or, backwards, have not begun) keep their state.

use super::{Mode, shares};
use crate::tensor::array::kernels::math::Math;
use crate::tensor::array::kernels::vectorize_wide;
use crate::tensor::array::{Array, DType, Real, Result, threads};
use crate::tensor::core::Keep;
use crate::tensor::ops::dense::kernel::{affine, affine_into, affine_turned_into, is_large};

/// Where each step's rows start and how many there are, in the order in which the steps are taken.
pub(super) type Steps = std::rc::Rc<[(usize, usize)]>;

/// The parameters of one layer and direction.
pub(super) struct Weights<'a> {
    pub(super) input: &'a Array,
    pub(super) hidden: &'a Array,
    pub(super) input_bias: Option<&'a Array>,
    pub(super) hidden_bias: Option<&'a Array>,
}

/// What the gradients need.
pub(super) struct Kept {
    /// The gates of each row, after their activation.
    pub(super) gates: Array,
    /// LSTM: the hyperbolic tangent of the new cell. GRU: the hidden part of the new gate.
    pub(super) inner: Array,
    /// The hidden state before each row.
    pub(super) before: Array,
    /// LSTM: the cell before each row.
    pub(super) cell_before: Array,
}

impl Keep for Kept {}

/// What a run over a sequence gives.
pub(super) struct Done {
    /// The hidden state after each row.
    pub(super) y: Array,
    /// The last hidden states.
    pub(super) h: Array,
    /// The last cells; empty without cells.
    pub(super) c: Array,
    pub(super) kept: Kept,
}

/// No elements.
pub(super) fn empty(dtype: DType) -> Result<Array> {
    Array::zeros(&[0], dtype)
}

/// Runs over the rows of `x`, of shape (rows, features).
pub(super) fn forward(
    mode: Mode,
    steps: &[(usize, usize)],
    x: &Array,
    w: &Weights,
    h0: &Array,
    c0: Option<&Array>,
) -> Result<Done> {
    let dtype = x.dtype();
    let (rows, hidden) = (x.shape()[0], w.hidden.shape()[1]);
    let wide = mode.gates() * hidden;
    let gates = affine(x, w.input, w.input_bias)?;
    let weight = w.hidden.contiguous()?;
    let bias = w.hidden_bias.map(Array::contiguous).transpose()?;
    let (h, batch) = (h0.copy()?, h0.shape()[0]);
    let c = c0.map_or_else(|| empty(dtype), Array::copy)?;
    let sized = |wanted: bool| Array::zeros(&[if wanted { rows } else { 0 }, hidden], dtype);
    let (y, before) = (sized(true)?, sized(true)?);
    let inner = sized(matches!(mode, Mode::Lstm | Mode::Gru))?;
    let cell_before = sized(mode == Mode::Lstm)?;
    let part = Array::zeros(&[batch * wide], dtype)?;
    let ends = shares::ends(steps, batch, wide, hidden);
    let width = |wanted: bool| if wanted { hidden } else { 0 };
    let widths = [
        wide,
        hidden,
        hidden,
        width(inner.numel() > 0),
        width(cell_before.numel() > 0),
    ];
    dispatch_float!(dtype, T => {
        let large = is_large::<T>((batch, wide, hidden));
        let turned = large.then(|| w.hidden.permute(&[1, 0]).contiguous()).transpose()?;
        let (weight, turned) = (weight.slice::<T>(), turned.as_ref().map(|t| t.slice::<T>()));
        let bias = bias.as_ref().map(|b| b.slice::<T>());
        let step = Step {
            mode,
            hidden,
            weight: &weight,
            turned: turned.as_deref(),
            bias: bias.as_deref(),
            batches: steps.iter().map(|step| step.1).collect(),
            many: ends.len() == 1,
        };
        let mut rows = [&gates, &y, &before, &inner, &cell_before].map(|a| a.slice_mut::<T>());
        let (mut h, mut c, mut part) = (h.slice_mut::<T>(), c.slice_mut::<T>(), part.slice_mut::<T>());
        let mut cuts = rows.iter_mut().zip(widths).map(|(all, width)| shares::cut(all, steps, &ends, width));
        let mut cuts: [_; 5] = std::array::from_fn(|_| cuts.next().expect("one for each").into_iter());
        let cells = width(!c.is_empty());
        let states = shares::cut_state(&mut h, &ends, hidden).into_iter().zip(shares::cut_state(&mut c, &ends, cells));
        let mut shares: Vec<Share<T>> = states
            .zip(shares::cut_state(&mut part, &ends, wide))
            .map(|((h, c), part)| Share {
                rows: cuts.each_mut().map(|cut| cut.next().expect("one for each share")),
                h,
                c,
                part,
            })
            .collect();
        threads::each(&mut shares, &|share| share.run(&step));
    }, other => unreachable!("other dtypes are composed"));
    let kept = Kept {
        gates,
        inner,
        before,
        cell_before,
    };
    Ok(Done { y, h, c, kept })
}

/// What all steps have in common.
struct Step<'a, T> {
    mode: Mode,
    hidden: usize,
    /// The weights of the hidden state.
    weight: &'a [T],
    /// These turned, if products are large.
    turned: Option<&'a [T]>,
    bias: Option<&'a [T]>,
    /// How many rows each step has, in all threads.
    batches: Vec<usize>,
    /// Whether several threads may share a product.
    many: bool,
}

/// What one thread works on.
struct Share<'a, T> {
    /// For each step: the gates, the hidden state after and before it, the inner values and the cells before it.
    rows: [Vec<&'a mut [T]>; 5],
    h: &'a mut [T],
    c: &'a mut [T],
    /// The product with the hidden state.
    part: &'a mut [T],
}

impl<T: Real> Share<'_, T> {
    fn run(&mut self, step: &Step<T>) {
        let (hidden, wide) = (step.hidden, step.mode.gates() * step.hidden);
        let [gates, y, before, inner, cell_before] = &mut self.rows;
        for (i, &batch) in step.batches.iter().enumerate() {
            let n = y[i].len() / hidden.max(1);
            let (h, part) = (&mut self.h[..n * hidden], &mut self.part[..n * wide]);
            before[i].copy_from_slice(h);
            let size = (n, wide, hidden);
            match step.turned {
                Some(turned) if is_large::<T>((batch, wide, hidden)) => {
                    affine_turned_into(part, h, turned, step.bias, size, step.many);
                }
                _ => affine_into(part, h, step.weight, step.bias, size),
            }
            vectorize_wide(
                #[inline(always)]
                || match step.mode {
                    Mode::Lstm => {
                        let c = &mut self.c[..n * hidden];
                        cell_before[i].copy_from_slice(c);
                        lstm(gates[i], part, c, inner[i], h, hidden);
                    }
                    Mode::Gru => gru(gates[i], part, inner[i], h, hidden),
                    Mode::Tanh => plain(gates[i], part, h, |v| v.tanh_()),
                    Mode::Relu => plain(
                        gates[i],
                        part,
                        h,
                        |v| {
                            if v <= T::ZERO { T::ZERO } else { v }
                        },
                    ),
                },
            );
            y[i].copy_from_slice(h);
        }
    }
}

#[inline(always)]
fn lstm<T: Real + Math>(
    gates: &mut [T],
    part: &[T],
    c: &mut [T],
    inner: &mut [T],
    h: &mut [T],
    n: usize,
) {
    let rows = gates.chunks_exact_mut(4 * n).zip(part.chunks_exact(4 * n));
    let states = c.chunks_exact_mut(n).zip(inner.chunks_exact_mut(n));
    for (((a, s), (c, t)), h) in rows.zip(states).zip(h.chunks_exact_mut(n)) {
        for (k, (a, s)) in a.chunks_exact_mut(n).zip(s.chunks_exact(n)).enumerate() {
            if k == 2 {
                a.iter_mut()
                    .zip(s)
                    .for_each(|(a, s)| *a = (*a + *s).tanh_());
            } else {
                a.iter_mut()
                    .zip(s)
                    .for_each(|(a, s)| *a = (*a + *s).sigmoid_());
            }
        }
        let (i, rest) = a.split_at(n);
        let (f, rest) = rest.split_at(n);
        let (g, o) = rest.split_at(n);
        for (((c, i), f), g) in c.iter_mut().zip(i).zip(f).zip(g) {
            *c = *f * *c + *i * *g;
        }
        t.iter_mut().zip(&*c).for_each(|(t, c)| *t = c.tanh_());
        for ((h, o), t) in h.iter_mut().zip(o).zip(&*t) {
            *h = *o * *t;
        }
    }
}

#[inline(always)]
fn gru<T: Real + Math>(gates: &mut [T], part: &[T], inner: &mut [T], h: &mut [T], n: usize) {
    let rows = gates.chunks_exact_mut(3 * n).zip(part.chunks_exact(3 * n));
    let states = inner.chunks_exact_mut(n).zip(h.chunks_exact_mut(n));
    for ((a, s), (inner, h)) in rows.zip(states) {
        let (rz, new) = a.split_at_mut(2 * n);
        let (part_rz, part_new) = s.split_at(2 * n);
        rz.iter_mut()
            .zip(part_rz)
            .for_each(|(a, s)| *a = (*a + *s).sigmoid_());
        inner.copy_from_slice(part_new);
        let (r, z) = rz.split_at(n);
        for ((a, r), s) in new.iter_mut().zip(r).zip(part_new) {
            *a = (*a + *r * *s).tanh_();
        }
        for ((h, z), a) in h.iter_mut().zip(z).zip(&*new) {
            *h = (*h - *a) * *z + *a;
        }
    }
}

#[inline(always)]
fn plain<T: Real>(gates: &mut [T], part: &[T], h: &mut [T], f: impl Fn(T) -> T) {
    for ((a, s), h) in gates.iter_mut().zip(part).zip(h) {
        *a = f(*a + *s);
        *h = *a;
    }
}
