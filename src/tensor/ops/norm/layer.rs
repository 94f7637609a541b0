//! `layer_norm`, `group_norm`, `rms_norm`, `local_response_norm` and `normalize`.

use super::kernel::{Cut, Weights};
use super::normalize::{Plan, Statistics, divided, moments, run, scales};
use crate::tensor::array::error::{bail, ensure};
use crate::tensor::array::layout::show;
use crate::tensor::array::{DType, Dims, Result};
use crate::tensor::core::{Operand, Tensor};
use crate::tensor::ops::args::Arg;
use crate::tensor::ops::pointwise::unsupported;
use crate::tensor::ops::samples::sample;
use crate::tensor::ops::spec::{FUNCTION, FUNCTIONAL, Op};
use crate::tensor::ops::{
    add, clamp, constant_pad, div, expand_to, mean_dims, mul, norm, pow, reshape_to, rsqrt,
    squeeze_dim, unsqueeze, view_as_shape,
};

/// `torch.nn.functional.layer_norm`
pub static LAYER_NORM: Op = Op {
    signature: "layer_norm(input, normalized_shape, weight=None, bias=None, eps=1e-05) -> Tensor",
    faces: FUNCTION | FUNCTIONAL,
    doc: "Normalises over the last dimensions, whose sizes are `normalized_shape`.",
    examples: &[(
        "F.layer_norm(torch.tensor([[1., 3.]]), (2,))",
        "tensor([[-1.0000,  1.0000]])",
    )],
    samples: |m| {
        if !m.dtype.is_floating_point() {
            return Vec::new();
        }
        let (w, b) = (m.positive(&[3]), m.tensor(&[3]));
        vec![
            sample([
                m.tensor(&[4, 3]).into(),
                vec![3i64].into(),
                w.into(),
                b.into(),
            ]),
            sample([m.tensor(&[2, 2, 3]).into(), vec![2i64, 3].into()]),
        ]
    },
    call: |a| {
        let shape = a.sizes("normalized_shape")?;
        let (w, b) = (a.opt_tensor("weight")?, a.opt_tensor("bias")?);
        Ok(layer_norm(a.tensor("input")?, &shape, w, b, a.float("eps")?)?.into())
    },
    ..Op::BASE
};

fn check_shape(x: &Tensor, normalized: &[usize], star: &str) -> Result<()> {
    let shape = x.shape();
    let inner: Vec<String> = normalized.iter().map(usize::to_string).collect();
    ensure!(
        !normalized.is_empty(),
        "Expected normalized_shape to be at least 1-dimensional, i.e., containing at least one element, but got normalized_shape = []"
    );
    ensure!(
        shape.len() >= normalized.len() && shape[shape.len() - normalized.len()..] == *normalized,
        "Given normalized_shape={}, expected input with shape [*{star}{}], but got input of size{}",
        show(normalized),
        inner.join(", "),
        show(&shape)
    );
    Ok(())
}

/// `torch.nn.functional.layer_norm`
pub fn layer_norm(
    x: &Tensor,
    normalized: &[usize],
    weight: Option<&Tensor>,
    bias: Option<&Tensor>,
    eps: f64,
) -> Result<Tensor> {
    check_shape(x, normalized, ", ")?;
    for (name, t) in [("weight", weight), ("bias", bias)] {
        let Some(t) = t else { continue };
        ensure!(
            t.shape()[..] == *normalized,
            "Expected {name} to be of same shape as normalized_shape, but got {name} of shape {} and normalized_shape = {}",
            show(&t.shape()),
            show(normalized)
        );
        ensure!(
            t.dtype() == x.dtype(),
            "mixed dtype (CPU): all inputs must share same datatype."
        );
    }
    if !x.dtype().is_differentiable() {
        return Err(unsupported("LayerNormKernelImpl", x.dtype()));
    }
    let shape = x.shape();
    let length: usize = normalized.iter().product();
    let cut = Cut {
        outer: 1,
        channels: shape[..shape.len() - normalized.len()].iter().product(),
        length,
        weights: Weights::Place,
    };
    let (means, squares) = moments(x, &cut)?;
    let variance = divided(&squares, cut.count() as f64)?;
    let statistics = Statistics {
        scales: scales(&variance, eps)?,
        means,
        fixed: false,
    };
    let plan = Plan {
        name: "NativeLayerNormBackward0",
        cut,
        eps,
        wide: Dims::from_slice(&[cut.channels, length]),
        reduced: vec![1],
        weight_shape: Dims::from_slice(normalized),
    };
    run(x, weight, bias, statistics, plan)
}

/// `torch.nn.functional.group_norm`
pub static GROUP_NORM: Op = Op {
    signature: "group_norm(input, num_groups, weight=None, bias=None, eps=1e-05) -> Tensor",
    faces: FUNCTION | FUNCTIONAL,
    doc: "Normalises over groups of channels of each sample.",
    examples: &[(
        "F.group_norm(torch.tensor([[1., 3., 5., 9.]]), 2)",
        "tensor([[-1.0000,  1.0000, -1.0000,  1.0000]])",
    )],
    samples: |m| {
        if !m.dtype.is_floating_point() {
            return Vec::new();
        }
        let (w, b) = (m.positive(&[4]), m.tensor(&[4]));
        vec![
            sample([m.tensor(&[2, 4, 3]).into(), Arg::Int(2), w.into(), b.into()]),
            sample([m.tensor(&[2, 4]).into(), Arg::Int(2)]),
        ]
    },
    call: |a| {
        let (w, b) = (a.opt_tensor("weight")?, a.opt_tensor("bias")?);
        let groups = a.int("num_groups")?;
        Ok(group_norm(a.tensor("input")?, groups, w, b, a.float("eps")?)?.into())
    },
    ..Op::BASE
};

/// `torch.nn.functional.group_norm`
pub fn group_norm(
    x: &Tensor,
    groups: i64,
    weight: Option<&Tensor>,
    bias: Option<&Tensor>,
    eps: f64,
) -> Result<Tensor> {
    let shape = x.shape();
    ensure!(
        shape.len() >= 2,
        "Expected at least 2 dimensions for input tensor but received {}",
        shape.len()
    );
    ensure!(
        groups > 0,
        "Expected num groups to be greater than 0, got {groups}"
    );
    let (n, channels, groups) = (shape[0], shape[1], groups as usize);
    ensure!(
        channels % groups == 0,
        "Expected number of channels in input to be divisible by num_groups, but got input of shape {} and num_groups={groups}",
        show(&shape)
    );
    for (name, t) in [("weight", weight), ("bias", bias)] {
        if let Some(t) = t {
            ensure!(
                t.ndim() == 1 && t.numel() == channels,
                "Expected {name} to be a vector of size equal to the number of channels in input, but got {name} of shape {} and input of shape {}",
                show(&t.shape()),
                show(&shape)
            );
            ensure!(
                t.dtype() == x.dtype(),
                "mixed dtype (CPU): all inputs must share same datatype."
            );
        }
    }
    if !x.dtype().is_differentiable() {
        return Err(unsupported("GroupNormKernelImpl", x.dtype()));
    }
    let run_length: usize = shape[2..].iter().product();
    ensure!(
        channels > 0,
        "Expected number of channels to be greater than 0, got {channels}"
    );
    ensure!(
        run_length > 0,
        "Expected HxW to be greater than 0, got {run_length}"
    );
    let per_group = channels / groups;
    let cut = Cut {
        outer: 1,
        channels: n * groups,
        length: per_group * run_length,
        weights: Weights::Group {
            groups,
            per_group,
            run: run_length,
        },
    };
    let (means, squares) = moments(x, &cut)?;
    let variance = divided(&squares, cut.count() as f64)?;
    let statistics = Statistics {
        scales: scales(&variance, eps)?,
        means,
        fixed: false,
    };
    let mut weight_shape = Dims::from_elem(1, shape.len());
    weight_shape[1] = channels;
    let plan = Plan {
        name: "NativeGroupNormBackward0",
        cut,
        eps,
        wide: Dims::from_slice(&[cut.channels, cut.length]),
        reduced: vec![1],
        weight_shape,
    };
    run(x, weight, bias, statistics, plan)
}

/// `torch.nn.functional.rms_norm`
pub static RMS_NORM: Op = Op {
    signature: "rms_norm(input, normalized_shape, weight=None, eps=None) -> Tensor",
    faces: FUNCTION | FUNCTIONAL,
    doc: "Divides by the root of the mean square over the last dimensions.",
    examples: &[(
        "F.rms_norm(torch.tensor([[3., 3.]]), (2,))",
        "tensor([[1.0000, 1.0000]])",
    )],
    samples: |m| {
        if !m.dtype.is_floating_point() {
            return Vec::new();
        }
        vec![sample([
            m.tensor(&[4, 3]).into(),
            vec![3i64].into(),
            m.positive(&[3]).into(),
        ])]
    },
    call: |a| {
        let shape = a.sizes("normalized_shape")?;
        let eps = a.opt_float("eps")?;
        Ok(rms_norm(a.tensor("input")?, &shape, a.opt_tensor("weight")?, eps)?.into())
    },
    ..Op::BASE
};

/// `torch.nn.functional.rms_norm`
pub fn rms_norm(
    x: &Tensor,
    normalized: &[usize],
    weight: Option<&Tensor>,
    eps: Option<f64>,
) -> Result<Tensor> {
    check_shape(x, normalized, "")?;
    if let Some(w) = weight {
        ensure!(
            w.shape().as_slice() == normalized,
            "Expected weight to be of same shape as normalized_shape, but got weight of shape {} and normalized_shape = {}",
            show(&w.shape()),
            show(normalized)
        );
    }
    let eps = eps.unwrap_or(match x.dtype() {
        DType::Float64 => f64::EPSILON,
        _ => f64::from(f32::EPSILON),
    });
    let n = x.ndim() as i64;
    let dims: Vec<i64> = (n - normalized.len() as i64..n).collect();
    let square = mean_dims(&pow(x, 2i64)?, Some(&dims), true, None)?;
    let out = mul(x, &rsqrt(&add(&square, eps)?)?)?;
    match weight {
        Some(w) => mul(&out, w),
        None => Ok(out),
    }
}

/// `torch.nn.functional.normalize`
pub static NORMALIZE: Op = Op {
    signature: "normalize(input, p=2.0, dim=1, eps=1e-12, out=None) -> Tensor",
    faces: FUNCTIONAL,
    doc: "Divides vectors along `dim` by their p-norm.",
    examples: &[(
        "F.normalize(torch.tensor([[3., 4.]]))",
        "tensor([[0.6000, 0.8000]])",
    )],
    samples: |m| {
        if !m.dtype.is_floating_point() {
            return Vec::new();
        }
        vec![sample([m.tensor(&[2, 3]).into()])]
    },
    call: |a| {
        let (x, dim) = (a.tensor("input")?, a.int("dim")?);
        let length = norm(x, a.float("p")?, Some(&[dim]), true, None)?;
        let safe = clamp(&length, Some(Operand::from(a.float("eps")?)), None)?;
        Ok(div(x, &expand_to(&safe, &x.shape())?)?.into())
    },
    ..Op::BASE
};

/// `torch.nn.functional.local_response_norm`
pub static LOCAL_RESPONSE_NORM: Op = Op {
    signature: "local_response_norm(input, size, alpha=0.0001, beta=0.75, k=1.0) -> Tensor",
    faces: FUNCTIONAL,
    doc: "Divides each element by a power of the mean square of its neighbours in other channels.",
    examples: &[(
        "F.local_response_norm(torch.ones(1, 2, 1), 2).shape",
        "torch.Size([1, 2, 1])",
    )],
    samples: |m| {
        if !m.dtype.is_floating_point() {
            return Vec::new();
        }
        vec![
            sample([m.tensor(&[1, 3, 2]).into(), Arg::Int(2)]),
            sample([m.tensor(&[1, 3, 2, 2]).into(), Arg::Int(3)]),
        ]
    },
    call: |a| {
        let (x, size) = (a.tensor("input")?, a.int("size")?);
        let (alpha, beta, k) = (a.float("alpha")?, a.float("beta")?, a.float("k")?);
        Ok(local_response_norm(x, size, alpha, beta, k)?.into())
    },
    ..Op::BASE
};

fn local_response_norm(x: &Tensor, size: i64, alpha: f64, beta: f64, k: f64) -> Result<Tensor> {
    let shape = x.shape();
    ensure!(
        shape.len() >= 3,
        Value,
        "Expected 3D or higher dimensionality                          input (got {} dimensions)",
        shape.len()
    );
    ensure!(size > 0, "size should be greater than zero");
    if x.numel() == 0 {
        return Ok(x.clone());
    }
    let square = unsqueeze(&mul(x, x)?, 1)?;
    let inner: usize = shape[3..].iter().product();
    let folded = if shape.len() == 3 {
        square
    } else {
        view_as_shape(&square, &[shape[0], 1, shape[1], shape[2], inner])?
    };
    let borders = [size / 2, (size - 1) / 2];
    let pad: Vec<i64> = if shape.len() == 3 {
        vec![0, 0, borders[0], borders[1]]
    } else {
        vec![0, 0, 0, 0, borders[0], borders[1]]
    };
    let padded = constant_pad(&folded, &pad, 0i64.into())?;
    let name = if shape.len() == 3 {
        "avg_pool2d"
    } else {
        "avg_pool3d"
    };
    let Some(pool) = crate::tensor::ops::registry::functional(name) else {
        bail!(NotImplemented, "torch.nn.functional.{name}")
    };
    let kernel: Vec<i64> = if shape.len() == 3 {
        vec![size, 1]
    } else {
        vec![size, 1, 1]
    };
    let args = [Arg::from(&padded), Arg::from(kernel)];
    let Some(mean) = pool
        .call(args, [("stride".to_string(), Arg::Int(1))])?
        .tensor()
        .cloned()
    else {
        bail!("{name} returned no tensor")
    };
    let mean = squeeze_dim(&mean, 1)?;
    let mean = if shape.len() == 3 {
        mean
    } else {
        reshape_to(&mean, &shape)?
    };
    div(x, &pow(&add(&mul(&mean, alpha)?, k)?, beta)?)
}
