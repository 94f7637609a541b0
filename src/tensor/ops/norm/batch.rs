//! `batch_norm` and `instance_norm`.

use super::kernel::{Cut, Weights};
use super::normalize::{Plan, Statistics, divided, exact_scales, moments, run, scales};
use crate::tensor::array::error::{bail, ensure};
use crate::tensor::array::layout::show;
use crate::tensor::array::{Array, DType, Dims, Result};
use crate::tensor::core::{Tensor, no_grad};
use crate::tensor::ops::args::Arg;
use crate::tensor::ops::loss::reduction::size_text;
use crate::tensor::ops::pointwise::unsupported;
use crate::tensor::ops::samples::{Make, Sample, sample};
use crate::tensor::ops::spec::{FUNCTIONAL, Op};
use crate::tensor::ops::{cat, copy_, mean_dims, reshape_to, view_as_shape};

fn samples(m: &Make) -> Vec<Sample> {
    if !m.dtype.is_floating_point() {
        return Vec::new();
    }
    let one = |shape: &[usize], training: bool| {
        let (mean, var) = (m.tensor(&[3]), m.positive(&[3]));
        sample([
            m.tensor(shape).into(),
            if training { Arg::None } else { mean.into() },
            if training { Arg::None } else { var.into() },
            m.positive(&[3]).into(),
            m.tensor(&[3]).into(),
        ])
        .with("training", training)
    };
    // The running statistics have no gradient.
    vec![
        one(&[4, 3], true),
        one(&[2, 3, 2, 2], true),
        one(&[4, 3], false).rough(),
    ]
}

/// `torch.nn.functional.batch_norm`
pub static BATCH_NORM: Op = Op {
    signature: "batch_norm(input, running_mean, running_var, weight=None, bias=None, training=False, momentum=0.1, eps=1e-05) -> Tensor",
    faces: FUNCTIONAL,
    doc: "Normalises each channel over batch and places: with its own statistics in training, else with the running ones.",
    examples: &[(
        "F.batch_norm(torch.tensor([[1.], [3.]]), None, None, training=True)",
        "tensor([[-1.0000],\n        [ 1.0000]])",
    )],
    samples,
    call: |a| {
        let x = a.tensor("input")?;
        let training = a.bool("training")?;
        if training {
            let shape = x.shape();
            let count: usize = shape
                .iter()
                .enumerate()
                .filter(|(d, _)| *d != 1)
                .map(|(_, n)| *n)
                .product();
            ensure!(
                count != 1,
                Value,
                "Expected more than 1 value per channel when training, got input size {}",
                size_text(x)
            );
        }
        let norm = BatchNorm {
            running_mean: a.opt_tensor("running_mean")?,
            running_var: a.opt_tensor("running_var")?,
            weight: a.opt_tensor("weight")?,
            bias: a.opt_tensor("bias")?,
            training,
            momentum: a.opt_float("momentum")?.unwrap_or(0.0),
            eps: a.float("eps")?,
        };
        norm.check_eps()?;
        Ok(batch_norm(x, &norm)?.into())
    },
    ..Op::BASE
};

/// The tensors and numbers of a batch normalisation.
pub struct BatchNorm<'a> {
    /// The running mean, updated in training.
    pub running_mean: Option<&'a Tensor>,
    /// The running variance, updated in training.
    pub running_var: Option<&'a Tensor>,
    /// A factor for each channel.
    pub weight: Option<&'a Tensor>,
    /// A summand for each channel.
    pub bias: Option<&'a Tensor>,
    /// Whether the input's own statistics are used.
    pub training: bool,
    /// The share of the new statistics in the running ones.
    pub momentum: f64,
    /// Added to variances.
    pub eps: f64,
}

impl BatchNorm<'_> {
    /// Refuses an `eps` that may lead to a division by 0.
    pub fn check_eps(&self) -> Result<()> {
        ensure!(
            !(self.training && self.eps <= 0.0),
            Value,
            "batch_norm eps must be positive during training, but got {:?}",
            self.eps
        );
        ensure!(
            self.eps >= 0.0 || self.eps.is_nan(),
            Value,
            "batch_norm eps must be non-negative, but got {:?}",
            self.eps
        );
        Ok(())
    }
}

/// Parameters and statistics have the dtype of the input, or float32 beside one of 16 bits.
fn check_dtypes(x: &Tensor, given: &[Option<&Tensor>]) -> Result<()> {
    let half = matches!(x.dtype(), DType::Float16 | DType::BFloat16);
    for t in given.iter().flatten() {
        if t.dtype() == x.dtype() || half && t.dtype() == DType::Float32 {
            continue;
        }
        ensure!(
            x.dtype() == DType::Float64,
            "mixed dtype (CPU): expect parameter to have scalar type of Float"
        );
        bail!("mixed dtype (CPU): all inputs must share same datatype.");
    }
    Ok(())
}

/// `torch.nn.functional.batch_norm`
pub fn batch_norm(x: &Tensor, n: &BatchNorm) -> Result<Tensor> {
    let shape = x.shape();
    if x.numel() == 0 && shape.len() < 2 {
        return crate::tensor::ops::clone(x);
    }
    ensure!(
        shape.len() >= 2,
        "batch_norm expects input with at least two dimensions, but got {}",
        show(&shape)
    );
    if !x.dtype().is_differentiable() {
        return Err(unsupported("batch_norm", x.dtype()));
    }
    let channels = shape[1];
    let given = [
        ("running_mean", n.running_mean),
        ("running_var", n.running_var),
        ("weight", n.weight),
        ("bias", n.bias),
    ];
    for (name, t) in given {
        if let Some(t) = t {
            ensure!(
                t.numel() == channels,
                "{name} should contain {channels} elements not {}",
                t.numel()
            );
        }
    }
    check_dtypes(x, &given.map(|(_, t)| t))?;
    ensure!(
        n.training || n.running_mean.is_some() && n.running_var.is_some(),
        "Expected running_mean and running_var to be defined when training=False"
    );
    let cut = Cut {
        outer: shape[0],
        channels,
        length: shape[2..].iter().product(),
        weights: Weights::Channel,
    };
    let statistics = if n.training {
        let (means, squares) = moments(x, &cut)?;
        let count = cut.count() as f64;
        if x.numel() > 0 {
            update(n, &means, &divided(&squares, count - 1.0)?)?;
        }
        Statistics {
            scales: exact_scales(&divided(&squares, count)?, n.eps)?,
            means,
            fixed: false,
        }
    } else {
        let own = |t: Option<&Tensor>| -> Result<Array> {
            let t = t.expect("checked above").array();
            t.to_dtype(x.dtype())?.contiguous()
        };
        Statistics {
            means: own(n.running_mean)?,
            scales: scales(&own(n.running_var)?, n.eps)?,
            fixed: true,
        }
    };
    let mut weight_shape = Dims::from_elem(1, shape.len());
    weight_shape[1] = channels;
    let plan = Plan {
        name: "NativeBatchNormBackward0",
        cut,
        eps: n.eps,
        reduced: (0..shape.len() as i64).filter(|d| *d != 1).collect(),
        wide: shape,
        weight_shape,
    };
    run(x, n.weight, n.bias, statistics, plan)
}

/// Mixes the running statistics with new ones, of which the variance is not biased.
fn update(n: &BatchNorm, means: &Array, variance: &Array) -> Result<()> {
    for (running, new) in [(n.running_mean, means), (n.running_var, variance)] {
        let Some(running) = running else { continue };
        let old = running.array().to_vec::<f64>()?;
        let new = new.to_vec::<f64>()?;
        let (kept, share) = (1.0 - n.momentum, n.momentum);
        let mix: fn(f64, f64, f64, f64) -> f64 = match running.dtype() {
            DType::Float32 => |kept, old, share, new| {
                f64::from(kept as f32 * old as f32 + share as f32 * new as f32)
            },
            _ => |kept, old, share, new| kept * old + share * new,
        };
        let pairs = old.iter().zip(&new);
        let mixed = pairs
            .map(|(old, new)| mix(kept, *old, share, *new))
            .collect();
        running
            .array()
            .assign(&Array::from_vec::<f64>(mixed, &running.shape()))?;
        running.bump_version();
    }
    Ok(())
}

/// `torch.nn.functional.instance_norm`
pub static INSTANCE_NORM: Op = Op {
    signature: "instance_norm(input, running_mean=None, running_var=None, weight=None, bias=None, use_input_stats=True, momentum=0.1, eps=1e-05) -> Tensor",
    faces: FUNCTIONAL,
    doc: "Normalises each channel of each sample over its places.",
    examples: &[(
        "F.instance_norm(torch.tensor([[[1., 3.]]]))",
        "tensor([[[-1.0000,  1.0000]]])",
    )],
    samples: |m| {
        if !m.dtype.is_floating_point() {
            return Vec::new();
        }
        let x = m.tensor(&[2, 3, 4]);
        vec![
            sample([x.clone().into()]),
            sample([x.into()])
                .with("weight", m.positive(&[3]))
                .with("bias", m.tensor(&[3])),
        ]
    },
    call: |a| {
        let x = a.tensor("input")?;
        let own = a.bool("use_input_stats")?;
        let shape = x.shape();
        ensure!(
            !own || shape[2.min(shape.len())..].iter().product::<usize>() != 1,
            Value,
            "Expected more than 1 spatial element when training, got input size {}",
            size_text(x)
        );
        let norm = BatchNorm {
            running_mean: a.opt_tensor("running_mean")?,
            running_var: a.opt_tensor("running_var")?,
            weight: a.opt_tensor("weight")?,
            bias: a.opt_tensor("bias")?,
            training: own,
            momentum: a.float("momentum")?,
            eps: a.float("eps")?,
        };
        Ok(instance_norm(x, &norm)?.into())
    },
    ..Op::BASE
};

/// Each repeated `n` times, one after the other.
fn repeated(t: Option<&Tensor>, n: usize) -> Result<Option<Tensor>> {
    t.map(|t| cat(&vec![t.clone(); n], 0)).transpose()
}

/// `torch.nn.functional.instance_norm`: a batch normalisation in which each sample's channels are channels of their own.
pub fn instance_norm(x: &Tensor, n: &BatchNorm) -> Result<Tensor> {
    let shape = x.shape();
    ensure!(
        shape.len() >= 2,
        "instance_norm expects input with at least two dimensions"
    );
    let (batch, channels) = (shape[0], shape[1]);
    let mut flat = Dims::from_slice(&[1, batch * channels]);
    flat.extend_from_slice(&shape[2..]);
    let (weight, bias) = (repeated(n.weight, batch)?, repeated(n.bias, batch)?);
    let (mean, var) = no_grad(|| -> Result<_> {
        Ok((
            repeated(n.running_mean, batch)?,
            repeated(n.running_var, batch)?,
        ))
    })?;
    let inner = BatchNorm {
        running_mean: mean.as_ref(),
        running_var: var.as_ref(),
        weight: weight.as_ref(),
        bias: bias.as_ref(),
        ..*n
    };
    let out = batch_norm(&reshape_to(x, &flat)?, &inner)?;
    if n.training {
        for (running, all) in [(n.running_mean, &mean), (n.running_var, &var)] {
            if let (Some(running), Some(all)) = (running, all) {
                let each = view_as_shape(all, &[batch, channels])?;
                no_grad(|| copy_(running, &mean_dims(&each, Some(&[0]), false, None)?))?;
            }
        }
    }
    view_as_shape(&out, &shape)
}
