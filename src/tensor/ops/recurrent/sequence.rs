//! Recurrent networks of several layers over whole sequences (`ATen/native/RNN.cpp`).

use super::Mode;
use super::kernel::Steps;
use super::layer::{Weights, run};
use crate::tensor::array::error::{bail, ensure};
use crate::tensor::array::{DType, Result};
use crate::tensor::core::Tensor;
use crate::tensor::ops::args::{Arg, Args, Out};
use crate::tensor::ops::samples::{Make, Sample, sample};
use crate::tensor::ops::spec::{FUNCTION, Op};
use crate::tensor::ops::{cat, dropout, select_index, stack, transpose};

/// How the layers are stacked.
struct Plan {
    mode: Mode,
    layers: usize,
    dropout: f64,
    train: bool,
    bidirectional: bool,
    biases: bool,
}

/// The parameters in the order of layers and directions.
fn weights(all: &[Tensor], plan: &Plan) -> Result<Vec<[Option<Tensor>; 5]>> {
    let runs = plan.layers * if plan.bidirectional { 2 } else { 1 };
    let each = if plan.biases { 4 } else { 2 };
    let projected = plan.mode == Mode::Lstm && all.len() == runs * (each + 1);
    let each = each + usize::from(projected);
    ensure!(
        all.len() == runs * each,
        "Expected {} parameters for {runs} layers and directions, but got {}",
        runs * each,
        all.len()
    );
    let one = |part: &[Tensor]| {
        let at = |i: usize| part.get(i).cloned();
        let (b, d) = if plan.biases {
            (at(2), at(3))
        } else {
            (None, None)
        };
        [
            at(0),
            at(1),
            b,
            d,
            if projected {
                part.last().cloned()
            } else {
                None
            },
        ]
    };
    Ok(all.chunks(each.max(1)).map(one).collect())
}

/// Runs all layers over rows of features; `steps` says which rows belong together.
fn layers(
    plan: &Plan,
    name: &'static str,
    x: &Tensor,
    steps: &Steps,
    h: &Tensor,
    c: Option<&Tensor>,
    params: &[Tensor],
) -> Result<(Tensor, Vec<Tensor>)> {
    let weights = weights(params, plan)?;
    ensure!(
        h.ndim() == 3 && h.shape()[0] == weights.len(),
        "Expected hidden size (layers * directions, batch, hidden), got {}",
        crate::tensor::array::layout::show(&h.shape())
    );
    let back: Steps = steps.iter().rev().copied().collect();
    let directions = if plan.bidirectional { 2 } else { 1 };
    let (mut x, mut hs, mut cs) = (x.clone(), Vec::new(), Vec::new());
    for layer in 0..plan.layers {
        let mut ys = Vec::with_capacity(directions);
        for direction in 0..directions {
            let i = layer * directions + direction;
            let [Some(input), Some(hidden), b, d, r] = &weights[i] else {
                bail!("a layer needs weights for its input and its hidden state")
            };
            let w = Weights {
                input,
                hidden,
                input_bias: b.as_ref(),
                hidden_bias: d.as_ref(),
                projection: r.as_ref(),
            };
            let state = select_index(h, 0, i);
            let cell = c.map(|c| select_index(c, 0, i));
            let steps = if direction == 0 { steps } else { &back };
            let (y, h, c) = run(plan.mode, name, steps, &x, &w, (&state, cell.as_ref()))?;
            ys.push(y);
            hs.push(h);
            cs.extend(c);
        }
        x = if directions == 2 {
            cat(&ys, -1)?
        } else {
            ys.remove(0)
        };
        if plan.dropout > 0.0 && plan.train && layer + 1 < plan.layers {
            x = dropout(&x, plan.dropout, true)?;
        }
    }
    let mut states = vec![stack(&hs, 0)?];
    if !cs.is_empty() {
        states.push(stack(&cs, 0)?);
    }
    Ok((x, states))
}

/// Both forms have nine arguments: `(input, hx, params, ..., bidirectional, batch_first)`, and for packed sequences
/// `(data, batch_sizes, hx, params, ..., bidirectional)`.
const PLACES: [&str; 9] = [
    "input",
    "hx",
    "params",
    "has_biases",
    "num_layers",
    "dropout",
    "train",
    "bidirectional",
    "batch_first",
];

fn call(a: &Args, mode: Mode) -> Result<Out> {
    let packed = a.arg("has_biases").items().is_some();
    let at = |i: usize| PLACES[i + usize::from(packed && i > 0)];
    let x = a.tensor("input")?;
    let states = match a.arg(at(1)) {
        Arg::Tensor(h) if mode != Mode::Lstm => vec![h],
        Arg::Tensor(_) => bail!(
            Type,
            "{}(): argument 'hx' (position 2) must be tuple of Tensors, not Tensor",
            a.name()
        ),
        _ => a.tensors(at(1))?,
    };
    ensure!(
        states.len() == if mode == Mode::Lstm { 2 } else { 1 },
        "lstm expects two hidden states"
    );
    let plan = Plan {
        mode,
        biases: a.bool(at(3))?,
        layers: a.int(at(4))?.max(0) as usize,
        dropout: a.float(at(5))?,
        train: a.bool(at(6))?,
        bidirectional: a.bool(at(7))?,
    };
    let (params, h, c) = (a.tensors(at(2))?, &states[0], states.get(1));
    if packed {
        let (y, states) = over_packed(&plan, x, a.tensor("hx")?, h, c, &params)?;
        return Ok(results(y, states));
    }
    ensure!(
        x.ndim() == 3,
        "input must have 3 dimensions, got {}",
        x.ndim()
    );
    let first = a.bool("batch_first")?;
    let x = if first {
        transpose(x, 0, 1)?
    } else {
        x.clone()
    };
    let (length, batch) = (x.shape()[0], x.shape()[1]);
    ensure!(
        length > 0,
        "Expected sequence length to be larger than 0 in RNN"
    );
    let name = match (mode, x.dtype()) {
        (Mode::Lstm, DType::Float32) => "MkldnnRnnLayerBackward0",
        _ => "StackBackward0",
    };
    let steps = (0..length).map(|t| (t * batch, batch)).collect();
    let (y, states) = layers(&plan, name, &x, &steps, h, c, &params)?;
    let y = if first { transpose(&y, 0, 1)? } else { y };
    Ok(results(y, states))
}

fn over_packed(
    plan: &Plan,
    x: &Tensor,
    sizes: &Tensor,
    h: &Tensor,
    c: Option<&Tensor>,
    params: &[Tensor],
) -> Result<(Tensor, Vec<Tensor>)> {
    let sizes: Vec<i64> = sizes.array().to_dtype(DType::Int64)?.to_vec()?;
    let mut at = 0;
    let mut steps = Vec::with_capacity(sizes.len());
    let batch = h.shape().get(1).copied().unwrap_or(0) as i64;
    for &n in &sizes {
        ensure!(
            (1..=batch).contains(&n),
            "batch sizes of a packed sequence must lie between 1 and the batch of the hidden state"
        );
        steps.push((at, n as usize));
        at += n as usize;
    }
    ensure!(
        x.ndim() == 2 && x.shape()[0] == at,
        "a packed sequence needs as many rows as its batch sizes say"
    );
    layers(plan, "CatBackward0", x, &steps.into(), h, c, params)
}

fn results(y: Tensor, mut states: Vec<Tensor>) -> Out {
    states.insert(0, y);
    Out::Tensors(states)
}

fn samples(m: &Make, mode: Mode) -> Vec<Sample> {
    if !m.floating() {
        return Vec::new();
    }
    let rows = mode.gates();
    let state = |n: usize| -> Arg {
        match mode {
            Mode::Lstm => Arg::Tuple(vec![
                m.tensor(&[n, 2, 1]).into(),
                m.tensor(&[n, 2, 1]).into(),
            ]),
            Mode::Gru | Mode::Tanh | Mode::Relu => m.tensor(&[n, 2, 1]).into(),
        }
    };
    let params = |inputs: &[usize], biases: bool| -> Arg {
        let mut all = Vec::new();
        for n in inputs {
            all.extend([
                m.between(&[rows, *n], -0.6, 0.6),
                m.between(&[rows, 1], -0.6, 0.6),
            ]);
            if biases {
                all.extend([m.between(&[rows], -0.6, 0.6), m.between(&[rows], -0.6, 0.6)]);
            }
        }
        Arg::List(all.into_iter().map(Arg::from).collect())
    };
    let end = |biases: bool, layers: i64, both: bool| -> Vec<Arg> {
        vec![
            biases.into(),
            layers.into(),
            Arg::Float(0.0),
            true.into(),
            both.into(),
        ]
    };
    let plain =
        |x: &[usize], layers: i64, inputs: &[usize], biases: bool, both: bool, first: bool| {
            let args = vec![
                m.tensor(x).into(),
                state(inputs.len()),
                params(inputs, biases),
            ];
            let mut s = sample(
                args.into_iter()
                    .chain(end(biases, layers, both))
                    .chain([first.into()]),
            );
            s.smooth = mode != Mode::Relu;
            s
        };
    let sizes = crate::tensor::array::Array::from_vec(vec![2i64, 2, 1], &[3]);
    let mut packed = vec![m.tensor(&[5, 2]).into(), Tensor::from_array(sizes).into()];
    packed.extend([state(2), params(&[2, 2], true)]);
    packed.extend(end(true, 1, true));
    let mut packed = sample(packed);
    packed.smooth = mode != Mode::Relu;
    vec![
        plain(&[3, 2, 2], 1, &[2], true, false, false),
        plain(&[2, 2, 1], 1, &[1, 1], false, true, true),
        plain(&[2, 2, 2], 2, &[2, 1], true, false, false),
        packed,
    ]
}

macro_rules! sequences {
    ($($STATIC:ident $mode:ident $signature:literal $doc:literal;)*) => {$(
        #[doc = concat!("`torch.", $signature, "`")]
        pub static $STATIC: Op = Op {
            signature: $signature,
            faces: FUNCTION,
            doc: $doc,
            samples: |m| samples(m, Mode::$mode),
            call: |a| call(a, Mode::$mode),
            ..Op::BASE
        };
    )*};
}

sequences! {
    LSTM Lstm "lstm(input, hx, params, has_biases, num_layers, dropout, train, bidirectional, batch_first) -> (Tensor, Tensor, Tensor)"
        "Layers of LSTM cells over a sequence. For a packed sequence: `lstm(data, batch_sizes, hx, params, has_biases, num_layers, dropout, train, bidirectional)`.";
    GRU Gru "gru(input, hx, params, has_biases, num_layers, dropout, train, bidirectional, batch_first) -> (Tensor, Tensor)"
        "Layers of gated recurrent units over a sequence. For a packed sequence: `gru(data, batch_sizes, hx, params, has_biases, num_layers, dropout, train, bidirectional)`.";
    RNN_TANH Tanh "rnn_tanh(input, hx, params, has_biases, num_layers, dropout, train, bidirectional, batch_first) -> (Tensor, Tensor)"
        "Layers of an Elman network with the hyperbolic tangent over a sequence. For a packed sequence: `rnn_tanh(data, batch_sizes, hx, params, ...)`.";
    RNN_RELU Relu "rnn_relu(input, hx, params, has_biases, num_layers, dropout, train, bidirectional, batch_first) -> (Tensor, Tensor)"
        "Layers of an Elman network with ReLU over a sequence. For a packed sequence: `rnn_relu(data, batch_sizes, hx, params, ...)`.";
}
