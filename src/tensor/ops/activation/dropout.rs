//! dropout and its relatives. The random stream is PyTorch's: one uniform float64 an element of the noise.

use crate::tensor::array::error::ensure;
use crate::tensor::array::{Array, Dims, Layout, Result, Scalar};
use crate::tensor::core::generator::default_generator;
use crate::tensor::core::warning::warn_user;
use crate::tensor::core::{Tensor, no_grad};
use crate::tensor::ops::args::{Arg, Args, Out};
use crate::tensor::ops::samples::{Make, Sample, sample};
use crate::tensor::ops::spec::{FUNCTION, FUNCTIONAL, Op};
use crate::tensor::ops::{add, in_place, mul, squeeze_dim, unsqueeze};

fn random(m: &Make) -> Vec<Sample> {
    if m.dtype.is_floating_point() {
        vec![
            sample([m.tensor(&[2, 3]).into(), Arg::Float(0.5), Arg::Bool(true)]).rough(),
            sample([m.tensor(&[2, 3]).into(), Arg::Float(0.5), Arg::Bool(false)]),
        ]
    } else {
        Vec::new()
    }
}

fn feature_maps(m: &Make) -> Vec<Sample> {
    if m.dtype.is_floating_point() {
        let x = m.tensor(&[2, 3, 2, 2]);
        vec![sample([x.into(), Arg::Float(0.5), Arg::Bool(true)]).rough()]
    } else {
        Vec::new()
    }
}

/// Which elements are dropped together, and by what they are replaced.
#[derive(Clone, Copy)]
struct Kind {
    /// Whole channels.
    feature: bool,
    /// Keeps mean and variance, as `SELU` wants it.
    alpha: bool,
}

const PLAIN: Kind = Kind {
    feature: false,
    alpha: false,
};
const FEATURE: Kind = Kind {
    feature: true,
    alpha: false,
};

/// `torch.dropout`
pub static DROPOUT: Op = Op {
    signature: "dropout(input, p, train) -> Tensor",
    faces: FUNCTION,
    doc: "Sets elements to 0 with probability `p` and scales the others up by `1 / (1 - p)`, if `train` is true.",
    examples: &[(
        "torch.dropout(torch.ones(2), 0.5, False)",
        "tensor([1., 1.])",
    )],
    samples: random,
    call: |a| {
        let p = a.float("p")?;
        ensure!(
            (0.0..=1.0).contains(&p),
            "dropout probability has to be between 0 and 1, but got {p}"
        );
        Ok(drop_some(a.tensor("input")?, p, a.bool("train")?, PLAIN)?.into())
    },
    ..Op::BASE
};

/// `torch.nn.functional.dropout`
pub static DROPOUT_FUNCTIONAL: Op = Op {
    signature: "dropout(input, p=0.5, training=True, inplace=False) -> Tensor",
    faces: FUNCTIONAL,
    doc: "Sets elements to 0 with probability `p` and scales the others up by `1 / (1 - p)`, if `training` is true.",
    examples: &[(
        "F.dropout(torch.ones(2), training=False)",
        "tensor([1., 1.])",
    )],
    samples: random,
    call: |a| call(a, PLAIN),
    ..Op::BASE
};

/// `torch.nn.functional.alpha_dropout`
pub static ALPHA_DROPOUT: Op = Op {
    signature: "alpha_dropout(input, p=0.5, training=False, inplace=False) -> Tensor",
    faces: FUNCTIONAL,
    doc: "Dropout that keeps mean and variance, for use with SELU.",
    examples: &[("F.alpha_dropout(torch.ones(2))", "tensor([1., 1.])")],
    samples: random,
    call: |a| {
        call(
            a,
            Kind {
                feature: false,
                alpha: true,
            },
        )
    },
    ..Op::BASE
};

/// `torch.nn.functional.feature_alpha_dropout`
pub static FEATURE_ALPHA_DROPOUT: Op = Op {
    signature: "feature_alpha_dropout(input, p=0.5, training=False, inplace=False) -> Tensor",
    faces: FUNCTIONAL,
    doc: "Alpha dropout of whole channels.",
    examples: &[(
        "F.feature_alpha_dropout(torch.ones(1, 2))",
        "tensor([[1., 1.]])",
    )],
    samples: feature_maps,
    call: |a| {
        call(
            a,
            Kind {
                feature: true,
                alpha: true,
            },
        )
    },
    ..Op::BASE
};

/// `torch.nn.functional.dropout1d`
pub static DROPOUT1D: Op = Op {
    signature: "dropout1d(input, p=0.5, training=True, inplace=False) -> Tensor",
    faces: FUNCTIONAL,
    doc: "Dropout of whole channels of shape (L).",
    examples: &[(
        "F.dropout1d(torch.ones(1, 2, 1), training=False)",
        "tensor([[[1.],\n         [1.]]])",
    )],
    samples: |m| {
        if m.dtype.is_floating_point() {
            vec![sample([m.tensor(&[2, 3, 2]).into()]).rough()]
        } else {
            Vec::new()
        }
    },
    call: |a| {
        let x = a.tensor("input")?;
        let n = x.ndim();
        ensure!(
            matches!(n, 2 | 3),
            "dropout1d: Expected 2D or 3D input, but received a {n}D input. Note that dropout1d exists to provide channel-wise dropout on inputs with 1 spatial dimension, a channel dimension, and an optional batch dimension (i.e. 2D or 3D inputs)."
        );
        batched(a, x, n == 2)
    },
    ..Op::BASE
};

/// `torch.nn.functional.dropout2d`
pub static DROPOUT2D: Op = Op {
    signature: "dropout2d(input, p=0.5, training=True, inplace=False) -> Tensor",
    faces: FUNCTIONAL,
    doc: "Dropout of whole channels of shape (H, W).",
    examples: &[(
        "F.dropout2d(torch.ones(1, 2, 1, 1), training=False).shape",
        "torch.Size([1, 2, 1, 1])",
    )],
    samples: feature_maps,
    call: |a| {
        let x = a.tensor("input")?;
        let n = x.ndim();
        if !matches!(n, 3 | 4) {
            warn_user(&format!(
                "dropout2d: Received a {n}-D input to dropout2d, which is deprecated and will result in an error in a future release. To retain the behavior and silence this warning, please use dropout instead. Note that dropout2d exists to provide channel-wise dropout on inputs with 2 spatial dimensions, a channel dimension, and an optional batch dimension (i.e. 3D or 4D inputs)."
            ));
        }
        if n == 3 {
            warn_user(
                "dropout2d: Received a 3D input to dropout2d and assuming that channel-wise 1D dropout behavior is desired - input is interpreted as shape (N, C, L), where C is the channel dim. This behavior will change in a future release to interpret the input as one without a batch dimension, i.e. shape (C, H, W). To maintain the 1D channel-wise dropout behavior, please switch to using dropout1d instead.",
            );
        }
        call(a, FEATURE)
    },
    ..Op::BASE
};

/// `torch.nn.functional.dropout3d`
pub static DROPOUT3D: Op = Op {
    signature: "dropout3d(input, p=0.5, training=True, inplace=False) -> Tensor",
    faces: FUNCTIONAL,
    doc: "Dropout of whole channels of shape (D, H, W).",
    examples: &[(
        "F.dropout3d(torch.ones(1, 2, 1, 1, 1), training=False).shape",
        "torch.Size([1, 2, 1, 1, 1])",
    )],
    samples: |m| {
        if m.dtype.is_floating_point() {
            vec![sample([m.tensor(&[2, 3, 1, 2, 2]).into()]).rough()]
        } else {
            Vec::new()
        }
    },
    call: |a| {
        let x = a.tensor("input")?;
        let n = x.ndim();
        if !matches!(n, 4 | 5) {
            warn_user(&format!(
                "dropout3d: Received a {n}-D input to dropout3d, which is deprecated and will result in an error in a future release. To retain the behavior and silence this warning, please use dropout instead. Note that dropout3d exists to provide channel-wise dropout on inputs with 3 spatial dimensions, a channel dimension, and an optional batch dimension (i.e. 4D or 5D inputs)."
            ));
        }
        batched(a, x, n == 4)
    },
    ..Op::BASE
};

/// Channel-wise dropout of an input that may lack the batch dimension.
fn batched(a: &Args, x: &Tensor, lacks_batch: bool) -> Result<Out> {
    if !lacks_batch {
        return call(a, FEATURE);
    }
    let (p, training) = (probability(a)?, a.bool("training")?);
    let out = squeeze_dim(&drop_some(&unsqueeze(x, 0)?, p, training, FEATURE)?, 0)?;
    Ok(if a.bool("inplace")? {
        in_place::apply(x, |_| Ok(out))?
    } else {
        out
    }
    .into())
}

fn probability(a: &Args) -> Result<f64> {
    let p = a.float("p")?;
    ensure!(
        (0.0..=1.0).contains(&p),
        Value,
        "dropout probability has to be between 0 and 1, but got {}",
        a.arg("p")
            .as_scalar()
            .map(crate::tensor::core::number::repr)
            .unwrap_or_default()
    );
    Ok(p)
}

fn call(a: &Args, kind: Kind) -> Result<Out> {
    let (x, p, training) = (a.tensor("input")?, probability(a)?, a.bool("training")?);
    Ok(if a.bool("inplace")? {
        if !training || p == 0.0 {
            return Ok(x.clone().into());
        }
        in_place::apply(x, |x| drop_some(x, p, training, kind))?
    } else {
        drop_some(x, p, training, kind)?
    }
    .into())
}

/// `torch.nn.functional.dropout`
pub fn dropout(x: &Tensor, p: f64, training: bool) -> Result<Tensor> {
    drop_some(x, p, training, PLAIN)
}

/// After `_dropout_impl` in `ATen/native/Dropout.cpp`.
fn drop_some(x: &Tensor, p: f64, training: bool, kind: Kind) -> Result<Tensor> {
    if p == 0.0 || !training || x.numel() == 0 {
        return Ok(x.clone());
    }
    ensure!(
        x.dtype().is_differentiable(),
        "result type Float can't be cast to the desired output type {}",
        x.dtype().scalar_name()
    );
    if p == 1.0 {
        return mul(x, &Tensor::from_array(Array::zeros(&[], x.dtype())?));
    }
    let shape = if kind.feature {
        ensure!(
            x.ndim() >= 2,
            "Feature dropout requires at least 2 dimensions in the input"
        );
        let full = x.shape();
        full.iter()
            .enumerate()
            .map(|(d, n)| if d < 2 { *n } else { 1 })
            .collect()
    } else {
        x.shape()
    };
    if !kind.alpha {
        return mul(x, &noise(x, &shape, 1.0 - p, 1.0 / (1.0 - p))?);
    }
    const ALPHA: f64 = 1.758_099_340_847_376_6;
    let a = 1.0 / ((ALPHA * ALPHA * p + 1.0) * (1.0 - p)).sqrt();
    let kept = noise(x, &shape, 1.0 - p, 1.0)?;
    let shift = no_grad(|| {
        add(
            &mul(&add(&kept, Scalar::Int(-1))?, ALPHA * a)?,
            ALPHA * a * p,
        )
    })?;
    add(&mul(x, &no_grad(|| mul(&kept, a))?)?, &shift)
}

/// `kept` with the given probability, else 0; drawn in the order of memory, which follows the input's.
fn noise(x: &Tensor, shape: &Dims, keep: f64, kept: f64) -> Result<Tensor> {
    let generator = default_generator();
    let mut draw = generator.draw();
    let layout = match x.array().layout() {
        own if own.shape == *shape => own.dense_like(shape),
        _ => Layout::contiguous(shape),
    };
    let dtype = x.dtype();
    let (kept, zero) = (
        Array::from_scalar(kept.into(), dtype).as_bits(),
        Array::from_scalar(0.0.into(), dtype).as_bits(),
    );
    let array = dispatch_bits!(dtype, T => {
        let (kept, zero) = (kept.read::<T>()[0], zero.read::<T>()[0]);
        Array::build_like::<T>(&layout, |out| {
            for o in out.iter_mut() {
                *o = if draw.uniform_f64() < keep { kept } else { zero };
            }
        })
    })?;
    Ok(Tensor::from_array(array.of_dtype(dtype)))
}
