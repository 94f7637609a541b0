//! The gradients of one layer of a recurrent network: the products with the weights of the hidden state are made step by
//! step, those with the input's and the gradients of the weights are one product each.

use super::kernel::{Kept, Weights, empty};
use super::{Mode, shares};
use crate::tensor::array::kernels::reduce::sum_dims;
use crate::tensor::array::kernels::vectorize;
use crate::tensor::array::{Array, Real, Result, threads};
use crate::tensor::ops::dense::kernel::{back_to_input, back_to_input_into, back_to_weight};

/// Gradients of everything that goes in.
pub(super) struct Gradients {
    pub(super) x: Option<Array>,
    pub(super) weights: [Option<Array>; 2],
    pub(super) biases: [Option<Array>; 2],
    pub(super) h: Array,
    pub(super) c: Array,
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
    let ends = shares::ends(steps, batch, wide, hidden);
    let width = |a: &Array, width: usize| if a.numel() > 0 { width } else { 0 };
    dispatch_float!(dtype, T => {
        let weight = weight.slice::<T>();
        let gy = gy.as_ref().map(|g| g.slice::<T>());
        let kept = [&kept.gates, &kept.inner, &kept.before, &kept.cell_before].map(|a| a.slice::<T>());
        let step = Step {
            mode,
            hidden,
            weight: &weight,
            gy: gy.as_deref(),
            kept: kept.each_ref().map(|a| &**a),
            starts: steps.iter().map(|step| step.0).collect(),
            many: ends.len() == 1,
        };
        let [mut d, mut hidden_d] = [&d, &dh].map(|a| a.slice_mut::<T>());
        let [mut gh, mut gc, mut through] = [&gh, &gc, &through].map(|a| a.slice_mut::<T>());
        let rows = shares::cut(&mut d, steps, &ends, wide).into_iter();
        let rows = rows.zip(shares::cut(&mut hidden_d, steps, &ends, width(&dh, wide)));
        let cells = if gc.is_empty() { 0 } else { hidden };
        let states = shares::cut_state(&mut gh, &ends, hidden).into_iter();
        let states = states.zip(shares::cut_state(&mut gc, &ends, cells));
        let states = states.zip(shares::cut_state(&mut through, &ends, hidden));
        let firsts = std::iter::once(0).chain(ends.iter().copied());
        let mut all: Vec<Share<T>> = rows
            .zip(states)
            .zip(firsts)
            .map(|(((d, dh), ((gh, gc), through)), first)| Share { first, d, dh, gh, gc, through })
            .collect();
        threads::each(&mut all, &|share| share.run(&step));
    }, other => unreachable!("other dtypes are composed"));
    let to_hidden = if is_gru { &dh } else { &d };
    let sum = |a: &Array| -> Result<Array> {
        dispatch_float!(dtype, T => sum_dims::<T>(a, &[0]),
            other => unreachable!("other dtypes are composed"))
    };
    let when = |i: usize, f: &dyn Fn() -> Result<Array>| wanted(i).then(f).transpose();
    let input_bias = when(3, &|| sum(&d))?;
    let hidden_bias = match &input_bias {
        Some(bias) if !is_gru => when(4, &|| bias.copy())?,
        _ => when(4, &|| sum(to_hidden))?,
    };
    Ok(Gradients {
        x: when(0, &|| back_to_input(&d, w.input))?,
        weights: [
            when(1, &|| back_to_weight(&d, x))?,
            when(2, &|| back_to_weight(to_hidden, &kept.before))?,
        ],
        biases: [input_bias, hidden_bias],
        h: gh,
        c: gc,
    })
}

/// What all steps have in common.
struct Step<'a, T> {
    mode: Mode,
    hidden: usize,
    /// The weights of the hidden state.
    weight: &'a [T],
    /// The gradients of all rows.
    gy: Option<&'a [T]>,
    /// The gates of all rows, the inner values, the hidden states and the cells before them.
    kept: [&'a [T]; 4],
    /// Where each step's rows start.
    starts: Vec<usize>,
    /// Whether several threads may share a product.
    many: bool,
}

/// What one thread works on.
struct Share<'a, T> {
    /// The first of its rows in each step.
    first: usize,
    /// For each step, the gradients of the gates, and of their hidden parts where these differ.
    d: Vec<&'a mut [T]>,
    dh: Vec<&'a mut [T]>,
    gh: &'a mut [T],
    gc: &'a mut [T],
    /// GRU: what reaches the state before a step past the gates.
    through: &'a mut [T],
}

impl<T: Real> Share<'_, T> {
    fn run(&mut self, step: &Step<T>) {
        let (hidden, wide) = (step.hidden, step.mode.gates() * step.hidden);
        let is_gru = step.mode == Mode::Gru;
        for (i, &start) in step.starts.iter().enumerate().rev() {
            let (at, n) = (start + self.first, self.d[i].len() / wide.max(1));
            let (rows, state) = (at * hidden..(at + n) * hidden, 0..n * hidden);
            let [gates, inner, before, cell_before] = step.kept;
            let gates = &gates[at * wide..(at + n) * wide];
            let (d, dh) = (&mut *self.d[i], &mut *self.dh[i]);
            let gh = &mut self.gh[state.clone()];
            let through = &mut self.through[state.clone()];
            vectorize(
                #[inline(always)]
                || {
                    if let Some(gy) = step.gy {
                        let own = gh.iter_mut().zip(&gy[rows.clone()]);
                        own.for_each(|(h, y)| *h = *h + *y);
                    }
                    match step.mode {
                        Mode::Lstm => {
                            let (inner, before) = (&inner[rows.clone()], &cell_before[rows]);
                            lstm_back(d, gates, inner, before, gh, &mut self.gc[state], hidden);
                        }
                        Mode::Gru => {
                            let (inner, before) = (&inner[rows.clone()], &before[rows]);
                            gru_back((d, &mut *dh), gates, inner, before, gh, through, hidden);
                        }
                        Mode::Tanh => {
                            for ((d, y), g) in d.iter_mut().zip(gates).zip(&*gh) {
                                *d = *g * (T::ONE - *y * *y);
                            }
                        }
                        Mode::Relu => {
                            for ((d, y), g) in d.iter_mut().zip(gates).zip(&*gh) {
                                *d = if *y > T::ZERO { *g } else { T::ZERO };
                            }
                        }
                    }
                },
            );
            let from = if is_gru { &*dh } else { &*d };
            back_to_input_into(gh, from, step.weight, (n, wide, hidden), step.many);
            if is_gru {
                gh.iter_mut().zip(&*through).for_each(|(h, t)| *h = *h + *t);
            }
        }
    }
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
