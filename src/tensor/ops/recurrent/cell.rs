//! One step of a recurrent network (`ATen/native/RNN.cpp`).

use super::Mode;
use crate::tensor::array::Result;
use crate::tensor::array::error::{bail, ensure};
use crate::tensor::core::Tensor;
use crate::tensor::ops::args::{Arg, Args, Out};
use crate::tensor::ops::samples::{Make, Sample, sample};
use crate::tensor::ops::spec::{FUNCTION, Op};
use crate::tensor::ops::{add, linear, mul, relu, sigmoid, slice, sub, tanh};

/// What a step needs of the hidden side.
pub(super) struct Hidden<'a> {
    pub(super) weight: &'a Tensor,
    pub(super) bias: Option<&'a Tensor>,
    /// Shrinks the hidden state of an LSTM.
    pub(super) projection: Option<&'a Tensor>,
}

/// The next hidden state and cell, from the gates' share of the input.
pub(super) fn step(
    mode: Mode,
    from_input: &Tensor,
    h: &Tensor,
    c: Option<&Tensor>,
    hidden: &Hidden,
) -> Result<(Tensor, Option<Tensor>)> {
    let from_hidden = linear(h, hidden.weight, hidden.bias)?;
    let n = hidden.weight.shape()[0] / mode.gates();
    let part = |x: &Tensor, i: usize| slice(x, x.ndim() - 1, i * n, n, 1);
    match mode {
        Mode::Tanh => Ok((tanh(&add(from_input, &from_hidden)?)?, None)),
        Mode::Relu => Ok((relu(&add(from_input, &from_hidden)?)?, None)),
        Mode::Gru => {
            let gate = |i: usize| sigmoid(&add(&part(&from_hidden, i), &part(from_input, i))?);
            let (r, z) = (gate(0)?, gate(1)?);
            let new = tanh(&add(
                &part(from_input, 2),
                &mul(&part(&from_hidden, 2), &r)?,
            )?)?;
            Ok((add(&mul(&sub(h, &new)?, &z)?, &new)?, None))
        }
        Mode::Lstm => {
            let Some(c) = c else {
                bail!("lstm expects two hidden states")
            };
            let gates = add(from_input, &from_hidden)?;
            let (i, f) = (sigmoid(&part(&gates, 0))?, sigmoid(&part(&gates, 1))?);
            let (g, o) = (tanh(&part(&gates, 2))?, sigmoid(&part(&gates, 3))?);
            let c = add(&mul(&f, c)?, &mul(&i, &g)?)?;
            let h = mul(&o, &tanh(&c)?)?;
            let h = hidden
                .projection
                .map_or(Ok(h.clone()), |w| linear(&h, w, None))?;
            Ok((h, Some(c)))
        }
    }
}

fn call(a: &Args, mode: Mode) -> Result<Out> {
    let (x, w) = (a.tensor("input")?, a.tensor("w_ih")?);
    let (h, c) = match a.arg("hx") {
        Arg::Tensor(h) if mode != Mode::Lstm => (h, None),
        Arg::Tensor(_) => (a.tensors("hx")?.remove(0), None),
        _ => {
            let states = a.tensors("hx")?;
            ensure!(states.len() == 2, "lstm_cell expects two hidden states");
            (states[0].clone(), Some(states[1].clone()))
        }
    };
    check(x, &h, w, a.tensor("w_hh")?, mode)?;
    let from_input = linear(x, w, a.opt_tensor("b_ih")?)?;
    let hidden = Hidden {
        weight: a.tensor("w_hh")?,
        bias: a.opt_tensor("b_hh")?,
        projection: None,
    };
    let (h, c) = step(mode, &from_input, &h, c.as_ref(), &hidden)?;
    Ok(match c {
        Some(c) => Out::Tensors(vec![h, c]),
        None => Out::Tensor(h),
    })
}

/// `check_rnn_cell_forward_input` and its like.
fn check(x: &Tensor, h: &Tensor, w_ih: &Tensor, w_hh: &Tensor, mode: Mode) -> Result<()> {
    let (sx, sh) = (x.shape(), h.shape());
    let (Some(features), Some(units)) = (sx.last(), sh.last()) else {
        bail!("recurrent cells expect tensors of at least one dimension")
    };
    let (input, hidden) = (w_ih.shape(), w_hh.shape());
    ensure!(
        input.len() == 2 && hidden.len() == 2,
        "recurrent cells expect weights of two dimensions"
    );
    ensure!(
        *features == input[1],
        "input has inconsistent input_size: got {features} expected {}",
        input[1]
    );
    ensure!(
        *units == hidden[1] && hidden[0] == mode.gates() * hidden[1],
        "hidden0 has inconsistent hidden_size: got {units}, expected {}",
        hidden[1]
    );
    ensure!(
        sx.len() < 2 || sh.len() < 2 || sx[0] == sh[0],
        "Input batch size {} doesn't match hidden0 batch size {}",
        sx[0],
        sh[0]
    );
    Ok(())
}

fn samples(m: &Make, mode: Mode) -> Vec<Sample> {
    if !m.floating() {
        return Vec::new();
    }
    let rows = mode.gates() * 2;
    let h: Arg = m.tensor(&[2, 2]).into();
    let hx = match mode {
        Mode::Lstm => Arg::Tuple(vec![h, m.tensor(&[2, 2]).into()]),
        Mode::Gru | Mode::Tanh | Mode::Relu => h,
    };
    let weights = [m.tensor(&[rows, 3]), m.tensor(&[rows, 2])];
    let biases = [m.tensor(&[rows]), m.tensor(&[rows])];
    let args = [m.tensor(&[2, 3]).into(), hx];
    let args: Vec<Arg> = args.into_iter().chain(weights.map(Arg::from)).collect();
    vec![
        sample(args.clone()),
        sample(args.into_iter().chain(biases.map(Arg::from))),
    ]
}

macro_rules! cells {
    ($($STATIC:ident $mode:ident $signature:literal $doc:literal ($example:literal, $prints:literal);)*) => {$(
        #[doc = concat!("`torch.", $signature, "`")]
        pub static $STATIC: Op = Op {
            signature: $signature,
            faces: FUNCTION,
            doc: $doc,
            examples: &[($example, $prints)],
            samples: |m| samples(m, Mode::$mode),
            call: |a| call(a, Mode::$mode),
            ..Op::BASE
        };
    )*};
}

cells! {
    LSTM_CELL Lstm "lstm_cell(input, hx, w_ih, w_hh, b_ih=None, b_hh=None) -> (Tensor, Tensor)"
        "One step of an LSTM: the next hidden state and cell."
        ("[x.shape for x in torch.lstm_cell(torch.ones(2, 3), (torch.zeros(2, 1), torch.zeros(2, 1)), torch.ones(4, 3), torch.ones(4, 1))]",
         "[torch.Size([2, 1]), torch.Size([2, 1])]");
    GRU_CELL Gru "gru_cell(input, hx, w_ih, w_hh, b_ih=None, b_hh=None) -> Tensor"
        "One step of a gated recurrent unit."
        ("torch.gru_cell(torch.ones(1, 3), torch.zeros(1, 1), torch.ones(3, 3), torch.ones(3, 1))", "tensor([[0.0472]])");
    RNN_TANH_CELL Tanh "rnn_tanh_cell(input, hx, w_ih, w_hh, b_ih=None, b_hh=None) -> Tensor"
        "One step of an Elman network with the hyperbolic tangent."
        ("torch.rnn_tanh_cell(torch.ones(1, 1), torch.zeros(1, 1), torch.ones(1, 1), torch.ones(1, 1))", "tensor([[0.7616]])");
    RNN_RELU_CELL Relu "rnn_relu_cell(input, hx, w_ih, w_hh, b_ih=None, b_hh=None) -> Tensor"
        "One step of an Elman network with ReLU."
        ("torch.rnn_relu_cell(torch.ones(1, 1), torch.ones(1, 1), torch.ones(1, 1), torch.ones(1, 1))", "tensor([[2.]])");
}
