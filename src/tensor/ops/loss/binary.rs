//! Losses of probabilities between two outcomes, and of distributions.

use super::reduction::{Reduction, reduction_name, refuse_integers, size_text};
use crate::tensor::array::error::ensure;
use crate::tensor::array::kernels::pointwise as kernels;
use crate::tensor::array::layout::broadcast_shapes;
use crate::tensor::array::{Array, Real, Result};
use crate::tensor::core::warning::warn_user;
use crate::tensor::core::{Operand, Saved, Tensor, no_grad, record};
use crate::tensor::ops::complex::call::rounded;
use crate::tensor::ops::samples::{Make, Sample, sample};
use crate::tensor::ops::spec::{FUNCTIONAL, Op};
use crate::tensor::ops::{
    add, clamp, div, exp, expand_to, log, log1p, logsigmoid, mul, neg, sigmoid, sub, xlogy,
};

fn chances(m: &Make) -> Vec<Sample> {
    if !m.dtype.is_floating_point() {
        return Vec::new();
    }
    let pair = || {
        let (x, t) = (m.between(&[2, 3], 0.1, 0.9), m.between(&[2, 3], 0.1, 0.9));
        sample([x.into(), t.into()])
    };
    vec![
        pair(),
        pair().with("reduction", "sum"),
        pair().with("reduction", "none"),
    ]
}

/// `torch.nn.functional.binary_cross_entropy`
pub static BINARY_CROSS_ENTROPY: Op = Op {
    signature: "binary_cross_entropy(input, target, weight=None, size_average=None, reduce=None, reduction='mean') -> Tensor",
    faces: FUNCTIONAL,
    doc: "How badly the probabilities in `input` predict targets between 0 and 1.",
    examples: &[(
        "F.binary_cross_entropy(torch.tensor([0.5, 0.9]), torch.tensor([0., 1.]))",
        "tensor(0.3993)",
    )],
    samples: chances,
    call: |a| {
        let reduction = Reduction::of(a)?;
        let (x, t) = (a.tensor("input")?, a.tensor("target")?);
        Ok(binary_cross_entropy(x, t, a.opt_tensor("weight")?, reduction)?.into())
    },
    ..Op::BASE
};

/// `torch.nn.functional.binary_cross_entropy_with_logits`
pub static BINARY_CROSS_ENTROPY_WITH_LOGITS: Op = Op {
    signature: "binary_cross_entropy_with_logits(input, target, weight=None, size_average=None, reduce=None, reduction='mean', pos_weight=None) -> Tensor",
    faces: FUNCTIONAL,
    doc: "`binary_cross_entropy` of the sigmoid of `input`, computed precisely; `pos_weight` weighs the targets of 1.",
    examples: &[(
        "F.binary_cross_entropy_with_logits(torch.tensor([0., 2.]), torch.tensor([0., 1.]))",
        "tensor(0.4100)",
    )],
    samples: |m| {
        let mut all = chances(m);
        if m.dtype.is_floating_point() {
            let (x, t) = (m.tensor(&[2, 3]), m.between(&[2, 3], 0.1, 0.9));
            let weighted = sample([x.into(), t.into()]);
            all.push(weighted.with("pos_weight", m.positive(&[3])).rough());
        }
        all
    },
    call: |a| {
        let reduction = Reduction::of(a)?;
        let (x, t) = (a.tensor("input")?, a.tensor("target")?);
        let (w, p) = (a.opt_tensor("weight")?, a.opt_tensor("pos_weight")?);
        Ok(binary_cross_entropy_with_logits(x, t, w, p, reduction)?.into())
    },
    ..Op::BASE
};

/// `torch.nn.functional.kl_div`
pub static KL_DIV: Op = Op {
    signature: "kl_div(input, target, size_average=None, reduce=None, reduction='mean', log_target=False) -> Tensor",
    faces: FUNCTIONAL,
    doc: "The divergence of the log-probabilities in `input` from the target distribution.",
    examples: &[(
        "F.kl_div(torch.tensor([[0.5, 0.5]]).log(), torch.tensor([[0.25, 0.75]]), reduction='batchmean')",
        "tensor(0.1308)",
    )],
    samples: chances,
    call: |a| {
        let name = reduction_name(a)?;
        let (x, t) = (a.tensor("input")?, a.tensor("target")?);
        if name == "mean" {
            warn_user(
                "reduction: 'mean' divides the total loss by both the batch size and the support size.'batchmean' divides only by the batch size, and aligns with the KL div math definition.'mean' will be changed to behave the same as 'batchmean' in the next major release.",
            );
        }
        let batch_mean = name == "batchmean";
        let reduction = if batch_mean {
            Reduction::Sum
        } else {
            Reduction::from_name(&name)?
        };
        let each = if a.bool("log_target")? {
            mul(&exp(t)?, &sub(t, x)?)?
        } else {
            sub(&xlogy(t.into(), t.into())?, &mul(t, x)?)?
        };
        let loss = reduction.apply(&each)?;
        Ok(if batch_mean && x.ndim() != 0 {
            div(&loss, x.shape()[0] as f64)?
        } else {
            loss
        }
        .into())
    },
    ..Op::BASE
};

/// The weights stretched to the losses, without history.
fn stretched(w: Option<&Tensor>, shape: &[usize]) -> Result<Option<Tensor>> {
    match w {
        None => Ok(None),
        Some(w) if w.shape().as_slice() == shape => Ok(Some(w.detach())),
        Some(w) => {
            let all = broadcast_shapes(&w.shape(), shape)?;
            Ok(Some(expand_to(&w.detach(), &all)?))
        }
    }
}

/// The factor of each element's gradient.
fn share(g: &Tensor, weight: Option<&Tensor>, reduction: Reduction, n: usize) -> Result<Tensor> {
    let g = match weight {
        Some(w) => mul(g, w)?,
        None => g.clone(),
    };
    match reduction {
        Reduction::Mean => div(&g, n as f64),
        Reduction::None | Reduction::Sum => Ok(g),
    }
}

/// `torch.nn.functional.binary_cross_entropy`
pub fn binary_cross_entropy(
    x: &Tensor,
    target: &Tensor,
    weight: Option<&Tensor>,
    reduction: Reduction,
) -> Result<Tensor> {
    ensure!(
        x.shape() == target.shape(),
        Value,
        "Using a target size ({}) that is different to the input size ({}) is deprecated. Please ensure they have the same size.",
        size_text(target),
        size_text(x)
    );
    refuse_integers(x, "binary_cross_entropy")?;
    for t in std::iter::once(target).chain(weight) {
        ensure!(
            t.dtype() == x.dtype(),
            "Found dtype {} but expected {}",
            t.dtype().scalar_name(),
            x.dtype().scalar_name()
        );
    }
    let weight = stretched(weight, &x.shape())?;
    let each = entropies(&x.array(), &target.array())?;
    let out = no_grad(|| {
        let each = Tensor::from_array(each);
        let each = match &weight {
            Some(w) => mul(&each, w)?,
            None => each,
        };
        reduction.apply(&each)
    })?;
    let (n, kept) = (x.numel(), (Saved::input(x), Saved::input(target)));
    Ok(record(
        "BinaryCrossEntropyBackward0",
        [x, target],
        out.to_array(),
        kept,
        move |g, (x, t), c| {
            let (x, t) = (c.get(x)?, c.get(t)?);
            let share = |g: &Tensor| share(g, weight.as_ref(), reduction, n);
            // The mean's divisor comes last, as in PyTorch.
            let for_input = || {
                let spread = mul(&sub(1i64, &x)?, &x)?;
                let spread = clamp(&spread, Some(Operand::from(1e-12)), None)?;
                share(&div(&mul(g, &sub(&x, &t)?)?, &spread)?)
            };
            let for_target = || {
                let low = |v: &Tensor| clamp(v, Some(Operand::from(-100.0)), None);
                mul(
                    &share(g)?,
                    &sub(&low(&log1p(&neg(&x)?)?)?, &low(&log(&x)?)?)?,
                )
            };
            Ok([c.when(0, for_input)?, c.when(1, for_target)?])
        },
    ))
}

/// The losses of single elements; logarithms end at -100, so that certainty in the wrong is not infinitely bad.
fn entropies(x: &Array, t: &Array) -> Result<Array> {
    let in_range = dispatch_float!(x.dtype(), T => {
        let a = x.contiguous()?;
        let xs: &[T] = &a.slice::<T>();
        xs.iter().all(|v| *v >= num_traits::Zero::zero() && *v <= num_traits::One::one())
    }, other => unreachable!("refused before"));
    ensure!(in_range, "all elements of input should be between 0 and 1");
    let in_range = dispatch_float!(t.dtype(), T => {
        let a = t.contiguous()?;
        let xs: &[T] = &a.slice::<T>();
        xs.iter().all(|v| *v >= num_traits::Zero::zero() && *v <= num_traits::One::one())
    }, other => unreachable!("refused before"));
    ensure!(in_range, "all elements of target should be between 0 and 1");
    dispatch_float!(x.dtype(), T => {
        let low = T::lit(-100.0);
        let one: T = num_traits::One::one();
        kernels::binary::<T, T>(kernels::Side::Array(x), kernels::Side::Array(t), move |x, t| {
            (t - one) * num_traits::Float::max((-x).ln_1p(), low) - t * num_traits::Float::max(x.ln(), low)
        })
    }, other => unreachable!("refused before"))
}

/// `torch.nn.functional.binary_cross_entropy_with_logits`
pub fn binary_cross_entropy_with_logits(
    x: &Tensor,
    target: &Tensor,
    weight: Option<&Tensor>,
    pos_weight: Option<&Tensor>,
    reduction: Reduction,
) -> Result<Tensor> {
    ensure!(
        x.shape() == target.shape(),
        Value,
        "Target size ({}) must be the same as input size ({})",
        size_text(target),
        size_text(x)
    );
    ensure!(
        target.dtype().is_differentiable() || !x.dtype().is_differentiable(),
        "result type {} can't be cast to the desired output type {}",
        x.dtype().scalar_name(),
        target.dtype().scalar_name()
    );
    let (weight, pos) = (weight.map(Tensor::detach), pos_weight.map(Tensor::detach));
    let out = no_grad(|| {
        let logs = rounded(x, logsigmoid)?;
        let logs = match &pos {
            Some(p) => mul(&add(&mul(&sub(p, 1i64)?, target)?, 1i64)?, &logs)?,
            None => logs,
        };
        let each = sub(&mul(&sub(1i64, target)?, x)?, &logs)?;
        let each = match &weight {
            Some(w) => mul(&each, w)?,
            None => each,
        };
        reduction.apply(&each)
    })?;
    let (n, kept) = (x.numel(), (Saved::input(x), Saved::input(target)));
    Ok(record(
        "BinaryCrossEntropyWithLogitsBackward0",
        [x, target],
        out.to_array(),
        kept,
        move |g, (x, t), c| {
            let (x, t) = (c.get(x)?, c.get(t)?);
            let g = share(g, weight.as_ref(), reduction, n)?;
            let for_input = || {
                let s = sigmoid(&x)?;
                let slope = match &pos {
                    Some(p) => {
                        let t1 = mul(p, &t)?;
                        sub(&mul(&sub(&add(&t1, 1i64)?, &t)?, &s)?, &t1)?
                    }
                    None => sub(&s, &t)?,
                };
                mul(&g, &slope)
            };
            let for_target = || match &pos {
                Some(p) => {
                    let (up, down) = (logsigmoid(&x)?, logsigmoid(&neg(&x)?)?);
                    mul(&g, &sub(&down, &mul(p, &up)?)?)
                }
                None => neg(&mul(&g, &x)?),
            };
            Ok([c.when(0, for_input)?, c.when(1, for_target)?])
        },
    ))
}

/// `torch.nn.functional.poisson_nll_loss`
pub static POISSON_NLL_LOSS: Op = Op {
    signature: "poisson_nll_loss(input, target, log_input=True, full=False, size_average=None, eps=1e-08, reduce=None, reduction='mean') -> Tensor",
    faces: FUNCTIONAL,
    doc: "The negative log-likelihood of counts under Poisson distributions; `full` adds Stirling's approximation.",
    examples: &[(
        "F.poisson_nll_loss(torch.tensor([0.]), torch.tensor([2.]))",
        "tensor(1.)",
    )],
    samples: chances,
    call: |a| {
        let reduction = Reduction::of(a)?;
        let (x, t) = (a.tensor("input")?, a.tensor("target")?);
        let mut each = if a.bool("log_input")? {
            sub(&rounded(x, exp)?, &mul(t, x)?)?
        } else {
            sub(x, &mul(t, &rounded(&add(x, a.float("eps")?)?, log)?)?)?
        };
        if a.bool("full")? {
            let stirling = sub(&mul(t, &rounded(t, log)?)?, t)?;
            let rest = mul(&rounded(&mul(t, 2.0 * std::f64::consts::PI)?, log)?, 0.5)?;
            let small = crate::tensor::ops::le(t, 1i64)?;
            let more = crate::tensor::ops::masked_fill(&add(&stirling, &rest)?, &small, 0i64)?;
            each = add(&each, &more)?;
        }
        Ok(reduction.apply(&each)?.into())
    },
    ..Op::BASE
};

/// `torch.nn.functional.gaussian_nll_loss`
pub static GAUSSIAN_NLL_LOSS: Op = Op {
    signature: "gaussian_nll_loss(input, target, var, full=False, eps=1e-06, reduction='mean') -> Tensor",
    faces: FUNCTIONAL,
    doc: "The negative log-likelihood of targets under normal distributions with mean `input` and variance `var`.",
    examples: &[(
        "F.gaussian_nll_loss(torch.tensor([0.]), torch.tensor([2.]), torch.tensor([1.]))",
        "tensor(2.)",
    )],
    samples: |m| {
        if !m.dtype.is_floating_point() {
            return Vec::new();
        }
        let (x, t) = (m.tensor(&[2, 3]), m.tensor(&[2, 3]));
        vec![sample([x.into(), t.into(), m.positive(&[2, 3]).into()]).rough()]
    },
    call: |a| {
        let (x, t) = (a.tensor("input")?, a.tensor("target")?);
        let var = match a.operand("var")? {
            Operand::Tensor(v) => v.clone(),
            Operand::Scalar(s) => {
                ensure!(s.to_f64() >= 0.0, Value, "var has negative entry/entries");
                mul(&crate::tensor::ops::ones_like(x)?, s)?
            }
        };
        let negative = var.to_vec::<f64>()?.iter().any(|v| *v < 0.0);
        ensure!(!negative, Value, "var has negative entry/entries");
        let (sx, mut var) = (x.shape(), var);
        if var.shape() != sx {
            let last_missing = sx[..sx.len().saturating_sub(1)] == var.shape()[..];
            // One variance for a whole dimension: exactly one size differs, and is 1.
            let (sizes, ndim) = (var.shape(), sx.len());
            let differing = sx.iter().zip(&sizes).filter(|(x, y)| x != y);
            let last_single = var.ndim() == ndim && differing.map(|(_, y)| y).sum::<usize>() == 1;
            if last_missing {
                var = crate::tensor::ops::unsqueeze(&var, -1)?;
            } else {
                ensure!(last_single, Value, "var is of incorrect size");
            }
        }
        let word = a.str("reduction")?;
        ensure!(
            matches!(word, "none" | "mean" | "sum"),
            Value,
            "{word} is not valid"
        );
        let reduction = Reduction::from_name(word)?;
        let eps = a.float("eps")?;
        // The clamp keeps variances away from 0 without a gradient of its own.
        let safe = no_grad(|| {
            let low = clamp(&var, Some(Operand::from(eps)), None)?;
            sub(&low, &var)
        })?;
        let var = if safe.to_vec::<f64>()?.iter().any(|v| *v != 0.0) {
            add(&var, &safe)?
        } else {
            var
        };
        let miss = crate::tensor::ops::pow(&sub(x, t)?, 2i64)?;
        let mut each = mul(&add(&log(&var)?, &div(&miss, &var)?)?, 0.5)?;
        if a.bool("full")? {
            each = add(&each, 0.5 * (2.0 * std::f64::consts::PI).ln())?;
        }
        Ok(reduction.apply(&each)?.into())
    },
    ..Op::BASE
};
