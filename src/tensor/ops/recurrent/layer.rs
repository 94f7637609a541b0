//! One layer of a recurrent network in one direction.

use super::Mode;
use super::cell::{Hidden, step};
use super::gradients;
use super::kernel::{self, Done, Steps};
use crate::tensor::array::{Array, Result};
use crate::tensor::core::{Saved, Tensor, is_grad_enabled, record_many, rederive};
use crate::tensor::ops::{cat, linear, narrow, reshape_to};

/// The parameters of one layer and direction.
pub(super) struct Weights<'a> {
    pub(super) input: &'a Tensor,
    pub(super) hidden: &'a Tensor,
    pub(super) input_bias: Option<&'a Tensor>,
    pub(super) hidden_bias: Option<&'a Tensor>,
    pub(super) projection: Option<&'a Tensor>,
}

/// The hidden state after each row of `x` (in which the features come last), and the last states.
pub(super) fn run(
    mode: Mode,
    name: &'static str,
    steps: &Steps,
    x: &Tensor,
    w: &Weights,
    (h, c): (&Tensor, Option<&Tensor>),
) -> Result<(Tensor, Tensor, Option<Tensor>)> {
    let inputs = [
        Some(x),
        Some(w.input),
        Some(w.hidden),
        w.input_bias,
        w.hidden_bias,
        Some(h),
        c,
    ];
    let mut outs = if w.projection.is_none() && can_be_fused(mode, &inputs) {
        fused(mode, name, steps, &inputs)?
    } else {
        let inputs = inputs.map(|x| x.cloned());
        composed(mode, steps, &inputs, w.projection)?
    };
    let c = (mode == Mode::Lstm).then(|| outs.pop()).flatten();
    let h = outs.pop().expect("there is a hidden state");
    Ok((outs.pop().expect("there are rows"), h, c))
}

/// Whether the loops know the dtype, and all sizes fit; what does not fit is refused by the composed form.
fn can_be_fused(mode: Mode, inputs: &[Option<&Tensor>; 7]) -> bool {
    let [Some(x), Some(w), Some(u), b, d, Some(h), c] = inputs else {
        return false;
    };
    let dtype = x.dtype();
    let (sw, su) = (w.shape(), u.shape());
    let known = dtype.is_floating_point() && !dtype.is_small();
    let [rows, hidden] = su[..] else { return false };
    known
        && inputs.iter().flatten().all(|t| t.dtype() == dtype)
        && x.ndim() >= 2
        && x.shape().last() == sw.get(1)
        && sw[0] == rows
        && rows == mode.gates() * hidden
        && hidden > 0
        && [b, d]
            .into_iter()
            .flatten()
            .all(|b| b.shape()[..] == [rows])
        && h.ndim() == 2
        && h.shape()[1] == hidden
        && c.is_none_or(|c| c.shape() == h.shape())
        && c.is_some() == (mode == Mode::Lstm)
}

fn matrix(x: &Array) -> Result<Array> {
    let shape = x.shape();
    let features = shape[shape.len() - 1];
    let rows = shape[..shape.len() - 1].iter().product();
    x.contiguous()?.reshape(&[rows, features])
}

fn weights<'a>(arrays: &'a [Option<Array>]) -> kernel::Weights<'a> {
    kernel::Weights {
        input: arrays[1].as_ref().expect("checked"),
        hidden: arrays[2].as_ref().expect("checked"),
        input_bias: arrays[3].as_ref(),
        hidden_bias: arrays[4].as_ref(),
    }
}

fn fused(
    mode: Mode,
    name: &'static str,
    steps: &Steps,
    inputs: &[Option<&Tensor>; 7],
) -> Result<Vec<Tensor>> {
    let arrays: Vec<Option<Array>> = inputs.iter().map(|x| x.map(Tensor::to_array)).collect();
    let x = matrix(arrays[0].as_ref().expect("checked"))?;
    let h = arrays[5].as_ref().expect("checked");
    let Done { y, h, c, kept } =
        kernel::forward(mode, steps, &x, &weights(&arrays), h, arrays[6].as_ref())?;
    let mut shape = inputs[0].expect("checked").shape().to_vec();
    *shape.last_mut().expect("checked") = h.shape()[1];
    let mut outs = vec![y.reshape(&shape)?, h];
    if mode == Mode::Lstm {
        outs.push(c);
    }
    let saved: Vec<Saved> = inputs.iter().flatten().map(|x| Saved::input(x)).collect();
    let given = inputs.map(|x| x.is_some());
    let steps = steps.clone();
    Ok(record_many(
        name,
        inputs,
        outs,
        (saved, kept),
        move |grads, (saved, kept), ctx| {
            let mut next = saved.iter();
            let mut inputs = Vec::with_capacity(given.len());
            for there in given {
                let saved = if there { next.next() } else { None };
                inputs.push(saved.map(|s| ctx.get(s)).transpose()?);
            }
            if is_grad_enabled() {
                return rederive(&inputs, grads, ctx, |x| composed(mode, &steps, x, None));
            }
            let arrays: Vec<Option<Array>> = inputs
                .iter()
                .map(|x| x.as_ref().map(Tensor::to_array))
                .collect();
            let x = matrix(arrays[0].as_ref().expect("kept"))?;
            let gy = grads[0].as_ref().map(|g| matrix(&g.array())).transpose()?;
            let state = |i: usize| grads.get(i).and_then(Option::as_ref).map(Tensor::to_array);
            let g = gradients::backward(
                mode,
                &steps,
                kept,
                (&x, &weights(&arrays)),
                [gy, state(1), state(2)],
                |i| given[i] && ctx.needs.get(i),
            )?;
            let shape = inputs[0].as_ref().expect("kept").shape();
            let x = g.x.map(|g| g.reshape(&shape)).transpose()?;
            let [w, u] = g.weights;
            let [b, d] = g.biases;
            let state = |g: Array, i: usize| (given[i] && ctx.needs.get(i)).then_some(g);
            let all = [x, w, u, b, d, state(g.h, 5), state(g.c, 6)];
            Ok(all.map(|g| g.map(Tensor::from_array)).into())
        },
    ))
}

/// The same from recorded operations; the hidden state of an LSTM may be projected.
fn composed(
    mode: Mode,
    steps: &[(usize, usize)],
    inputs: &[Option<Tensor>],
    projection: Option<&Tensor>,
) -> Result<Vec<Tensor>> {
    let needed = |i: usize| inputs[i].as_ref().expect("given");
    let x = needed(0);
    let shape = x.shape();
    let features = shape.last().copied().unwrap_or(0);
    let rows: usize = shape[..shape.len().saturating_sub(1)].iter().product();
    let gates = linear(
        &reshape_to(x, &[rows, features])?,
        needed(1),
        inputs[3].as_ref(),
    )?;
    let hidden = Hidden {
        weight: needed(2),
        bias: inputs[4].as_ref(),
        projection,
    };
    let (mut h, mut c) = (needed(5).clone(), inputs[6].clone());
    let batch = h.shape()[0];
    let mut ys = Vec::with_capacity(steps.len());
    for &(at, n) in steps {
        let top = |t: &Tensor| {
            if n == batch {
                Ok(t.clone())
            } else {
                narrow(t, 0, 0, n as i64)
            }
        };
        let rest = |new: Tensor, old: &Tensor| {
            if n == batch {
                return Ok(new);
            }
            cat(&[new, narrow(old, 0, n as i64, (batch - n) as i64)?], 0)
        };
        let gates = narrow(&gates, 0, at as i64, n as i64)?;
        let part = c.as_ref().map(top).transpose()?;
        let (new, cell) = step(mode, &gates, &top(&h)?, part.as_ref(), &hidden)?;
        ys.push(new.clone());
        h = rest(new, &h)?;
        c = match (cell, c) {
            (Some(new), Some(old)) => Some(rest(new, &old)?),
            _ => None,
        };
    }
    if steps.first() > steps.last() {
        ys.reverse();
    }
    let mut shape = shape.to_vec();
    *shape.last_mut().expect("there are features") = h.shape()[1];
    let mut outs = vec![reshape_to(&cat(&ys, 0)?, &shape)?, h];
    outs.extend(c);
    Ok(outs)
}
