//! `ctc_loss`: connectionist temporal classification (Graves et al., 2006), computed with logarithms in double precision.

use super::reduction::Reduction;
use crate::tensor::array::error::{bail, ensure};
use crate::tensor::array::{Array, Result};
use crate::tensor::core::record::underivable;
use crate::tensor::core::{Saved, Tensor, no_grad, record};
use crate::tensor::ops::args::{Arg, Args, Out};
use crate::tensor::ops::samples::sample;
use crate::tensor::ops::spec::{FUNCTIONAL, Op};
use crate::tensor::ops::{div, eq, mean, mul, squeeze_dim, sum, unsqueeze, where_};

/// `torch.nn.functional.ctc_loss`
pub(super) static CTC_LOSS: Op = Op {
    signature: "ctc_loss(log_probs, targets, input_lengths, target_lengths, blank=0, reduction='mean', zero_infinity=False) -> Tensor",
    faces: FUNCTIONAL,
    doc: "The negative logarithm of the probability that a sequence of classes and blanks collapses to each target.",
    examples: &[(
        "F.ctc_loss(torch.zeros(3, 1, 2).log_softmax(2), torch.tensor([[1]]), torch.tensor([3]), torch.tensor([1]))",
        "tensor(0.2877)",
    )],
    samples: |m| {
        if !m.dtype.is_floating_point() {
            return Vec::new();
        }
        let targets = Tensor::from_array(Array::from_vec(vec![1i64, 2, 1, 1], &[2, 2]));
        let lengths = |all: [i64; 2]| -> Arg { all.to_vec().into() };
        vec![
            sample([
                m.tensor(&[5, 2, 3]).into(),
                targets.into(),
                lengths([5, 4]),
                lengths([2, 2]),
            ])
            .rough(),
        ]
    },
    call: ctc_loss,
    ..Op::BASE
};

/// Lengths, from a tensor or a tuple.
fn lengths(a: &Args, name: &str) -> Result<Vec<usize>> {
    let all = match a.get(name) {
        Some(Arg::Tensor(t)) => t.to_vec::<i64>()?,
        _ => a.ints(name)?.to_vec(),
    };
    ensure!(all.iter().all(|n| *n >= 0), "{name} must not be negative");
    Ok(all.iter().map(|n| *n as usize).collect())
}

const ALLOCATES: &str = "(while checking arguments for ctc_loss_allocate_outputs)";

/// The classes of each target.
fn targets(t: &Tensor, sizes: &[usize], batch: usize) -> Result<Vec<Vec<i64>>> {
    ensure!(
        sizes.len() == batch,
        "target_lengths must be of size batch_size"
    );
    let all = t.to_vec::<i64>()?;
    if t.ndim() == 1 {
        let total: usize = sizes.iter().sum();
        ensure!(
            all.len() == total,
            "Expected tensor to have size {total} at dimension 0, but got size {} for argument #2 'targets' {ALLOCATES}",
            all.len()
        );
        let mut rest = all.as_slice();
        return Ok(sizes
            .iter()
            .map(|n| {
                let (own, others) = rest.split_at(*n);
                rest = others;
                own.to_vec()
            })
            .collect());
    }
    let shape = t.shape();
    ensure!(
        shape.len() == 2 && shape[0] == batch,
        "Expected tensor to have size {batch} at dimension 0, but got size {} for argument #2 'targets' {ALLOCATES}",
        shape.first().copied().unwrap_or(0)
    );
    let most = sizes.iter().copied().max().unwrap_or(0);
    ensure!(
        shape[1] >= most,
        "Expected tensor to have size at least {most} at dimension 1, but got size {} for argument #2 'targets' {ALLOCATES}",
        shape[1]
    );
    let rows = sizes.iter().enumerate();
    Ok(rows
        .map(|(i, n)| all[i * shape[1]..i * shape[1] + n].to_vec())
        .collect())
}

fn ctc_loss(a: &Args) -> Result<Out> {
    let (x, t) = (a.tensor("log_probs")?, a.tensor("targets")?);
    let reduction = Reduction::from_name(a.str("reduction")?)?;
    let single = x.ndim() == 2;
    let x = if single { unsqueeze(x, 1)? } else { x.clone() };
    ensure!(
        x.ndim() == 3,
        "log_probs must be a tensor of 2 or 3 dimensions, but got {}",
        x.ndim()
    );
    let shape = x.shape();
    let (steps, batch, classes) = (shape[0], shape[1], shape[2]);
    let blank = a.int("blank")?;
    ensure!(
        x.dtype().is_floating_point(),
        NotImplemented,
        "\"ctc_loss_cpu\" not implemented for '{}'",
        x.dtype().scalar_name()
    );
    ensure!(
        (0..classes as i64).contains(&blank),
        "blank must be in label range"
    );
    let inputs = lengths(a, "input_lengths")?;
    ensure!(
        inputs.len() == batch,
        "input_lengths must be of size batch_size"
    );
    if let Some(n) = inputs.iter().find(|n| **n > steps) {
        bail!(
            "Expected input_lengths to have value at most {steps}, but got value {n} {ALLOCATES}"
        );
    }
    let sizes = lengths(a, "target_lengths")?;
    let targets = targets(t, &sizes, batch)?;
    ensure!(
        targets
            .iter()
            .flatten()
            .all(|t| (0..classes as i64).contains(t)),
        "targets must be classes from 0 to {}",
        classes as i64 - 1
    );
    let forgiving = a.bool("zero_infinity")?;
    let losses = each(&x, &inputs, &targets, blank as usize, forgiving)?;
    let losses = if forgiving {
        where_(&eq(&losses, f64::INFINITY)?, 0i64, &losses)?
    } else {
        losses
    };
    let out = match reduction {
        Reduction::None if single => squeeze_dim(&losses, 0)?,
        Reduction::None => losses,
        Reduction::Sum => sum(&losses)?,
        Reduction::Mean => {
            let sizes: Vec<f64> = sizes.iter().map(|n| (*n).max(1) as f64).collect();
            let sizes = Tensor::from_array(Array::from_vec(sizes, &[batch]).to_dtype(x.dtype())?);
            mean(&div(&losses, &sizes)?)?
        }
    };
    Ok(out.into())
}

/// The loss of each sequence, with the gradients computed at once.
fn each(
    x: &Tensor,
    inputs: &[usize],
    targets: &[Vec<i64>],
    blank: usize,
    forgiving: bool,
) -> Result<Tensor> {
    let shape = x.shape();
    let (batch, classes) = (shape[1], shape[2]);
    let all = x.to_vec::<f64>()?;
    let recording = crate::tensor::core::requires_recording(&[x]);
    let mut slopes = vec![0.0; if recording { all.len() } else { 0 }];
    let mut losses = Vec::with_capacity(batch);
    for (i, target) in targets.iter().enumerate() {
        let steps: Vec<&[f64]> = (0..inputs[i])
            .map(|t| &all[(t * batch + i) * classes..][..classes])
            .collect();
        let path = Path::new(target, blank);
        let forward = path.forward(&steps);
        let loss = path.loss(forward.last());
        losses.push(loss);
        // An impossible target has no slope, unless it is forgiven.
        if recording && !(forgiving && loss == f64::INFINITY) {
            for (t, slope) in path.slopes(&steps, &forward, loss).iter().enumerate() {
                slopes[(t * batch + i) * classes..][..classes].copy_from_slice(slope);
            }
        }
    }
    let out = Array::from_vec(losses, &[batch]).to_dtype(x.dtype())?;
    if !recording {
        return Ok(Tensor::from_array(out));
    }
    let slopes = Array::from_vec(slopes, &shape).to_dtype(x.dtype())?;
    let kept = [Saved::input(&Tensor::from_array(slopes)), Saved::input(x)];
    Ok(record(
        "CtcLossBackward0",
        [x],
        out,
        kept,
        |g, [slopes, x], c| {
            let slopes = c.get(slopes)?;
            let product = no_grad(|| mul(&slopes, &unsqueeze(g, -1)?))?;
            Ok([Some(underivable(
                product,
                [g, &c.get(x)?],
                "_ctc_loss_backward",
            ))])
        },
    ))
}

/// log(exp(a) + exp(b))
fn log_sum(a: f64, b: f64) -> f64 {
    let high = a.max(b);
    if high == f64::NEG_INFINITY {
        return high;
    }
    high + (-(a - b).abs()).exp().ln_1p()
}

/// A target with blanks around its classes.
struct Path {
    labels: Vec<usize>,
}

impl Path {
    fn new(target: &[i64], blank: usize) -> Path {
        let mut labels = vec![blank];
        for t in target {
            labels.extend([*t as usize, blank]);
        }
        Path { labels }
    }

    /// Whether a step may leave out the blank before a label: not between equal classes.
    fn jumps(&self, s: usize) -> bool {
        s >= 2 && self.labels[s] != self.labels[s - 2] && s % 2 == 1
    }

    /// For each step the logarithms of the probabilities of all ways to each label.
    fn forward(&self, steps: &[&[f64]]) -> Vec<Vec<f64>> {
        let n = self.labels.len();
        let mut all: Vec<Vec<f64>> = Vec::with_capacity(steps.len());
        for (t, row) in steps.iter().enumerate() {
            let way = |s: usize| match t {
                0 if s < 2 => 0.0,
                0 => f64::NEG_INFINITY,
                _ => {
                    let before = &all[t - 1];
                    let mut sum = before[s];
                    if s >= 1 {
                        sum = log_sum(sum, before[s - 1]);
                    }
                    if self.jumps(s) {
                        sum = log_sum(sum, before[s - 2]);
                    }
                    sum
                }
            };
            let now = (0..n).map(|s| way(s) + row[self.labels[s]]).collect();
            all.push(now);
        }
        all
    }

    /// The other way round: of all ways from each label to the end.
    fn backward(&self, steps: &[&[f64]]) -> Vec<Vec<f64>> {
        let n = self.labels.len();
        let mut all = vec![Vec::new(); steps.len()];
        for t in (0..steps.len()).rev() {
            let last = t + 1 == steps.len();
            let way = |s: usize| {
                if last {
                    return if s + 2 >= n { 0.0 } else { f64::NEG_INFINITY };
                }
                let after: &Vec<f64> = &all[t + 1];
                let mut sum = after[s];
                if s + 1 < n {
                    sum = log_sum(sum, after[s + 1]);
                }
                if s + 2 < n && self.jumps(s + 2) {
                    sum = log_sum(sum, after[s + 2]);
                }
                sum
            };
            let now: Vec<f64> = (0..n).map(|s| way(s) + steps[t][self.labels[s]]).collect();
            all[t] = now;
        }
        all
    }

    fn loss(&self, last: Option<&Vec<f64>>) -> f64 {
        let n = self.labels.len();
        match last {
            Some(row) if n > 1 => -log_sum(row[n - 1], row[n - 2]),
            Some(row) => -row[0],
            None if n == 1 => 0.0,
            None => f64::INFINITY,
        }
    }

    /// The gradient of the loss by the logarithms of the probabilities, for a softmax before them.
    fn slopes(&self, steps: &[&[f64]], forward: &[Vec<f64>], loss: f64) -> Vec<Vec<f64>> {
        let backward = self.backward(steps);
        let mut out = Vec::with_capacity(steps.len());
        for (t, row) in steps.iter().enumerate() {
            let mut ways = vec![f64::NEG_INFINITY; row.len()];
            for (s, label) in self.labels.iter().enumerate() {
                ways[*label] = log_sum(ways[*label], forward[t][s] + backward[t][s]);
            }
            let slope = row
                .iter()
                .zip(&ways)
                .map(|(x, w)| x.exp() - (w + loss - x).exp());
            out.push(slope.collect());
        }
        out
    }
}
