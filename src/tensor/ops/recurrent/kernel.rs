//! One layer of a recurrent network over a sequence, with all gates of a step in one pass.
//!
//! The rows of all steps lie in one matrix, so that the products with the input and the gradients of the weights are one
//! product each; only the product with the hidden state is done step by step. A step works on the first rows of the state:
//! sequences are sorted by length, and those that have ended (or, backwards, have not begun) keep their state.

use super::Mode;
use crate::tensor::array::kernels::math::Math;
use crate::tensor::array::kernels::{vectorize, vectorize_wide};
use crate::tensor::array::{Array, DType, Element, Real, Result};
use crate::tensor::core::Keep;
use crate::tensor::ops::dense::kernel::{
    affine, affine_into, back_to_input, back_to_input_into, back_to_weight,
};

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
    gates: Array,
    /// LSTM: the hyperbolic tangent of the new cell. GRU: the hidden part of the new gate.
    inner: Array,
    /// The hidden state before each row.
    before: Array,
    /// LSTM: the cell before each row.
    cell_before: Array,
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

/// Gradients of everything that goes in.
pub(super) struct Gradients {
    pub(super) x: Option<Array>,
    pub(super) weights: [Option<Array>; 2],
    pub(super) biases: [Option<Array>; 2],
    pub(super) h: Array,
    pub(super) c: Array,
}

fn empty(dtype: DType) -> Result<Array> {
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
    dispatch_float!(dtype, T => {
        let (weight, bias) = (weight.slice::<T>(), bias.as_ref().map(|b| b.slice::<T>()));
        let (mut h, mut c) = (h.slice_mut::<T>(), c.slice_mut::<T>());
        let (mut gates, mut y) = (gates.slice_mut::<T>(), y.slice_mut::<T>());
        let (mut before, mut inner) = (before.slice_mut::<T>(), inner.slice_mut::<T>());
        let (mut cell_before, mut part) = (cell_before.slice_mut::<T>(), part.slice_mut::<T>());
        for &(at, n) in steps {
            let (rows, state) = (at * hidden..(at + n) * hidden, 0..n * hidden);
            before[rows.clone()].copy_from_slice(&h[state.clone()]);
            let part = &mut part[..n * wide];
            affine_into(part, &h[state.clone()], &weight, bias.as_deref(), (n, wide, hidden));
            let gates = &mut gates[at * wide..(at + n) * wide];
            let h = &mut h[state.clone()];
            vectorize_wide(#[inline(always)] || match mode {
                Mode::Lstm => {
                    let c = &mut c[state];
                    cell_before[rows.clone()].copy_from_slice(c);
                    lstm(gates, part, c, &mut inner[rows.clone()], h, hidden);
                }
                Mode::Gru => gru(gates, part, &mut inner[rows.clone()], h, hidden),
                Mode::Tanh => plain(gates, part, h, |v| v.tanh_()),
                Mode::Relu => plain(gates, part, h, |v| if v > T::ZERO || v.is_nan() { v } else { T::ZERO }),
            });
            y[rows].copy_from_slice(h);
        }
    }, other => unreachable!("other dtypes are composed"));
    let kept = Kept {
        gates,
        inner,
        before,
        cell_before,
    };
    Ok(Done { y, h, c, kept })
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

/// The gradients from those of every row, of the last hidden states and of the last cells.
pub(super) fn backward(
    mode: Mode,
    steps: &[(usize, usize)],
    kept: &Kept,
    (x, w): (&Array, &Weights),
    [gy, gh, gc]: [Option<Array>; 3],
    wanted: impl Fn(usize) -> bool,
) -> Result<Gradients> {
    let dtype = x.dtype();
    let (rows, hidden) = (x.shape()[0], w.hidden.shape()[1]);
    let (wide, batch) = (
        mode.gates() * hidden,
        gh.as_ref().or(gc.as_ref()).map(|g| g.shape()[0]),
    );
    let batch = batch.unwrap_or_else(|| steps.iter().map(|s| s.1).max().unwrap_or(0));
    let zeros = |n: usize| Array::zeros(&[n, hidden], dtype);
    let gh = gh.map_or_else(|| zeros(batch), |g| g.copy())?;
    let cells = if mode == Mode::Lstm { batch } else { 0 };
    let gc = gc.map_or_else(|| zeros(cells), |g| g.copy())?;
    let gy = gy.map(|g| g.contiguous()).transpose()?;
    let weight = w.hidden.contiguous()?;
    let d = Array::zeros(&[rows, wide], dtype)?;
    let is_gru = mode == Mode::Gru;
    let dh = if is_gru {
        Array::zeros(&[rows, wide], dtype)?
    } else {
        empty(dtype)?
    };
    let through = zeros(batch)?;
    dispatch_float!(dtype, T => {
        let weight = weight.slice::<T>();
        let gy = gy.as_ref().map(|g| g.slice::<T>());
        let (mut gh, mut gc) = (gh.slice_mut::<T>(), gc.slice_mut::<T>());
        let (gates, inner) = (kept.gates.slice::<T>(), kept.inner.slice::<T>());
        let (before, cell_before) = (kept.before.slice::<T>(), kept.cell_before.slice::<T>());
        let (mut d, mut dh) = (d.slice_mut::<T>(), dh.slice_mut::<T>());
        let mut through = through.slice_mut::<T>();
        for &(at, n) in steps.iter().rev() {
            let (rows, state) = (at * hidden..(at + n) * hidden, 0..n * hidden);
            let all = at * wide..(at + n) * wide;
            let gh = &mut gh[state.clone()];
            let (d, gates) = (&mut d[all.clone()], &gates[all.clone()]);
            let through = &mut through[state.clone()];
            vectorize(#[inline(always)] || {
                if let Some(gy) = &gy {
                    gh.iter_mut().zip(&gy[rows.clone()]).for_each(|(h, y)| *h += *y);
                }
                match mode {
                    Mode::Lstm => lstm_back(d, gates, &inner[rows.clone()], &cell_before[rows.clone()], gh, &mut gc[state], hidden),
                    Mode::Gru => gru_back((d, &mut dh[all.clone()]), gates, &inner[rows.clone()], &before[rows.clone()], gh, through, hidden),
                    Mode::Tanh => for ((d, y), g) in d.iter_mut().zip(gates).zip(&*gh) {
                        *d = *g * (T::ONE - *y * *y);
                    },
                    Mode::Relu => for ((d, y), g) in d.iter_mut().zip(gates).zip(&*gh) {
                        *d = if *y > T::ZERO { *g } else { T::ZERO };
                    },
                }
            });
            let from = if is_gru { &dh[all] } else { &*d };
            back_to_input_into(gh, from, &weight, (n, wide, hidden));
            if is_gru {
                gh.iter_mut().zip(&*through).for_each(|(h, t)| *h += *t);
            }
        }
    }, other => unreachable!("other dtypes are composed"));
    let to_hidden = if is_gru { &dh } else { &d };
    let sum = |a: &Array| -> Result<Array> {
        dispatch_float!(dtype, T => crate::tensor::array::kernels::reduce::sum_dims::<T>(a, &[0]),
            other => unreachable!("other dtypes are composed"))
    };
    let when = |i: usize, f: &dyn Fn() -> Result<Array>| wanted(i).then(f).transpose();
    Ok(Gradients {
        x: when(0, &|| back_to_input(&d, w.input))?,
        weights: [
            when(1, &|| back_to_weight(&d, x))?,
            when(2, &|| back_to_weight(to_hidden, &kept.before))?,
        ],
        biases: [when(3, &|| sum(&d))?, when(4, &|| sum(to_hidden))?],
        h: gh,
        c: gc,
    })
}

#[inline(always)]
fn lstm_back<T: Real>(
    d: &mut [T],
    gates: &[T],
    inner: &[T],
    cell_before: &[T],
    gh: &[T],
    gc: &mut [T],
    n: usize,
) {
    let rows = d.chunks_exact_mut(4 * n).zip(gates.chunks_exact(4 * n));
    let states = inner.chunks_exact(n).zip(cell_before.chunks_exact(n));
    let grads = gh.chunks_exact(n).zip(gc.chunks_exact_mut(n));
    for (((d, a), (t, before)), (gh, gc)) in rows.zip(states).zip(grads) {
        let (di, rest) = d.split_at_mut(n);
        let (df, rest) = rest.split_at_mut(n);
        let (dg, dout) = rest.split_at_mut(n);
        let (i, rest) = a.split_at(n);
        let (f, rest) = rest.split_at(n);
        let (g, o) = rest.split_at(n);
        for (((dout, o), t), (gh, gc)) in dout
            .iter_mut()
            .zip(o)
            .zip(t)
            .zip(gh.iter().zip(gc.iter_mut()))
        {
            *dout = *gh * *t * *o * (T::ONE - *o);
            *gc = *gc + *gh * *o * (T::ONE - *t * *t);
        }
        for (((di, dg), gc), (i, g)) in di.iter_mut().zip(dg).zip(&*gc).zip(i.iter().zip(g)) {
            *di = *gc * *g * *i * (T::ONE - *i);
            *dg = *gc * *i * (T::ONE - *g * *g);
        }
        for (((df, f), before), gc) in df.iter_mut().zip(f).zip(before).zip(gc) {
            *df = *gc * *before * *f * (T::ONE - *f);
            *gc = *gc * *f;
        }
    }
}

/// `d` is the gradient of what comes from the input and what comes from the hidden state; they differ in the new gate.
#[inline(always)]
fn gru_back<T: Real>(
    (d, dh): (&mut [T], &mut [T]),
    gates: &[T],
    inner: &[T],
    before: &[T],
    gh: &[T],
    through: &mut [T],
    n: usize,
) {
    let rows = d.chunks_exact_mut(3 * n).zip(gates.chunks_exact(3 * n));
    let states = inner.chunks_exact(n).zip(before.chunks_exact(n));
    let grads = gh.chunks_exact(n).zip(through.chunks_exact_mut(n));
    let hidden = dh.chunks_exact_mut(3 * n);
    for ((((d, a), (inner, before)), (gh, through)), dh) in rows.zip(states).zip(grads).zip(hidden)
    {
        let (r, rest) = a.split_at(n);
        let (z, new) = rest.split_at(n);
        let (dr, rest) = d.split_at_mut(n);
        let (dz, dnew) = rest.split_at_mut(n);
        for k in 0..n {
            let g = gh[k];
            through[k] = g * z[k];
            dz[k] = g * (before[k] - new[k]) * z[k] * (T::ONE - z[k]);
            dnew[k] = g * (T::ONE - z[k]) * (T::ONE - new[k] * new[k]);
            dr[k] = dnew[k] * inner[k] * r[k] * (T::ONE - r[k]);
        }
        dh[..n].copy_from_slice(dr);
        dh[n..2 * n].copy_from_slice(dz);
        for ((h, d), r) in dh[2 * n..].iter_mut().zip(dnew).zip(r) {
            *h = *d * *r;
        }
    }
}
