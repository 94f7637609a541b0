//! Normalisation as layers.

use super::apply::{arg_repr, on_input, shown};
use super::init::{size, truth};
use super::spec::{Fields, Layer, State, attr, attrs, buffer, factory_dtype, parameter};
use crate::tensor::array::error::{bail, ensure};
use crate::tensor::array::layout::show;
use crate::tensor::array::{DType, Result, Scalar};
use crate::tensor::core::Tensor;
use crate::tensor::core::warning::warn_user;
use crate::tensor::ops::{
    Arg, Args, BatchNorm, Out, add_, batch_norm, full, group_norm, instance_norm, layer_norm,
    rms_norm,
};

/// Weight of ones and bias of zeros.
fn affine(a: &Args, shape: &[usize], weight: bool, bias: bool) -> Result<Fields> {
    let dtype = factory_dtype(a)?;
    let filled = |on: bool, value: i64| -> Result<Option<Tensor>> {
        on.then(|| full(shape, value, dtype)).transpose()
    };
    Ok(vec![
        parameter("weight", filled(weight, 1)?)?,
        parameter("bias", filled(weight && bias, 0)?)?,
    ])
}

fn start_affine(s: &dyn State) -> Result<()> {
    for (name, value) in [("weight", 1i64), ("bias", 0)] {
        if let Some(t) = s.tensor(name)? {
            t.array().fill(Scalar::Int(value))?;
            t.bump_version();
        }
    }
    Ok(())
}

fn statistics(a: &Args) -> Result<Fields> {
    let n = size(a, "num_features")?;
    let mut fields = attrs(
        a,
        &[
            "num_features",
            "eps",
            "momentum",
            "affine",
            "track_running_stats",
        ],
    );
    fields.extend(affine(a, &[n], a.bool("affine")?, a.bool("bias")?)?);
    let dtype = factory_dtype(a)?;
    let track = a.bool("track_running_stats")?;
    let filled = |value: i64| track.then(|| full(&[n], value, dtype)).transpose();
    fields.push(buffer("running_mean", filled(0)?));
    fields.push(buffer("running_var", filled(1)?));
    let count = track.then(|| full(&[], 0i64, DType::Int64)).transpose()?;
    fields.push(buffer("num_batches_tracked", count));
    Ok(fields)
}

fn start_statistics(s: &dyn State) -> Result<()> {
    for (name, value) in [
        ("running_mean", 0i64),
        ("running_var", 1),
        ("num_batches_tracked", 0),
    ] {
        if let Some(t) = s.tensor(name)? {
            t.array().fill(Scalar::Int(value))?;
            t.bump_version();
        }
    }
    start_affine(s)
}

fn statistics_repr(s: &dyn State) -> Result<String> {
    let start = shown(s, &["=num_features", "eps", "momentum", "affine"])?;
    let bias = truth(s.tensor("bias")?.is_some());
    let end = shown(s, &["track_running_stats"])?;
    Ok(format!("{start}, bias={bias}, {end}"))
}

/// The number of dimensions that an input may have, and what is said of others.
fn check_dims(x: &Tensor, allowed: &[usize]) -> Result<()> {
    let n = x.ndim();
    let words: Vec<String> = allowed.iter().map(|d| format!("{d}D")).collect();
    ensure!(
        allowed.contains(&n),
        Value,
        "expected {} input (got {n}D input)",
        words.join(" or ")
    );
    Ok(())
}

fn forward_batch(s: &dyn State, a: &Args, dims: &[usize]) -> Result<Out> {
    let x = a.tensor("input")?;
    check_dims(x, dims)?;
    let track = s.bool("track_running_stats")?;
    let training = s.training();
    let mut momentum = s.opt_float("momentum")?;
    if training
        && track
        && let Some(count) = s.tensor("num_batches_tracked")?
    {
        add_(&count, 1i64, 1i64.into())?;
        if momentum.is_none() {
            momentum = Some(1.0 / count.item()?.to_f64());
        }
    }
    let (mean, var) = (s.tensor("running_mean")?, s.tensor("running_var")?);
    let own = training || mean.is_none() && var.is_none();
    if own {
        let count: usize = x
            .shape()
            .iter()
            .enumerate()
            .filter(|(d, _)| *d != 1)
            .map(|(_, n)| n)
            .product();
        ensure!(
            count != 1,
            Value,
            "Expected more than 1 value per channel when training, got input size torch.Size({})",
            show(&x.shape())
        );
    }
    let eps = s.float("eps")?;
    ensure!(
        !own || eps > 0.0,
        Value,
        "batch_norm eps must be positive during training, but got {}",
        crate::tensor::core::number::repr(Scalar::Float(eps))
    );
    let keeps = !training || track;
    let (w, b) = (s.tensor("weight")?, s.tensor("bias")?);
    let norm = BatchNorm {
        running_mean: mean.as_ref().filter(|_| keeps),
        running_var: var.as_ref().filter(|_| keeps),
        weight: w.as_ref(),
        bias: b.as_ref(),
        training: own,
        momentum: momentum.unwrap_or(0.0),
        eps,
    };
    norm.check_eps()?;
    Ok(batch_norm(x, &norm)?.into())
}

macro_rules! batch_norms {
    ($($STATIC:ident $dims:expr, $signature:literal $doc:literal $example:literal $prints:literal;)*) => {$(
        #[doc = concat!("`nn.", $signature, "`")]
        pub static $STATIC: Layer = Layer {
            signature: $signature,
            doc: $doc,
            examples: &[($example, $prints)],
            init: statistics,
            forward: |s, a| forward_batch(s, a, $dims),
            extra_repr: statistics_repr,
            reset_parameters: Some(start_statistics),
            base: "_BatchNorm",
            ..Layer::BASE
        };
    )*};
}

batch_norms! {
    BATCH_NORM1D &[2, 3], "BatchNorm1d(num_features, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True, device=None, dtype=None, *, bias=True)"
        "Normalises features over the batch, with running statistics for evaluation."
        "nn.BatchNorm1d(3)" "BatchNorm1d(3, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True)";
    BATCH_NORM2D &[4], "BatchNorm2d(num_features, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True, device=None, dtype=None, *, bias=True)"
        "Normalises the channels of images over the batch, with running statistics for evaluation."
        "nn.BatchNorm2d(3)" "BatchNorm2d(3, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True)";
    BATCH_NORM3D &[5], "BatchNorm3d(num_features, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True, device=None, dtype=None, *, bias=True)"
        "Normalises the channels of volumes over the batch, with running statistics for evaluation."
        "nn.BatchNorm3d(3)" "BatchNorm3d(3, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True)";
}

fn forward_instance(s: &dyn State, a: &Args, spatial: usize) -> Result<Out> {
    let x = a.tensor("input")?;
    check_dims(x, &[spatial + 1, spatial + 2])?;
    let lacks_batch = x.ndim() == spatial + 1;
    let dim = usize::from(!lacks_batch);
    let (features, found) = (s.int("num_features")?, x.shape()[dim] as i64);
    if features != found {
        ensure!(
            !s.bool("affine")?,
            Value,
            "expected input's size at dim={dim} to match num_features ({features}), but got: {found}."
        );
        warn_user(&format!(
            "input's size at dim={dim} does not match num_features. You can silence this warning by not passing in num_features, which is not used because affine=False"
        ));
    }
    let track = s.bool("track_running_stats")?;
    let own = s.training() || !track;
    let (mean, var) = (s.tensor("running_mean")?, s.tensor("running_var")?);
    let (w, b) = (s.tensor("weight")?, s.tensor("bias")?);
    let whole = if lacks_batch {
        crate::tensor::ops::unsqueeze(x, 0)?
    } else {
        x.clone()
    };
    ensure!(
        !own || whole.shape()[2..].iter().product::<usize>() != 1,
        Value,
        "Expected more than 1 spatial element when training, got input size torch.Size({})",
        show(&whole.shape())
    );
    let norm = BatchNorm {
        running_mean: mean.as_ref(),
        running_var: var.as_ref(),
        weight: w.as_ref(),
        bias: b.as_ref(),
        training: own,
        momentum: s.opt_float("momentum")?.unwrap_or(0.0),
        eps: s.float("eps")?,
    };
    let y = instance_norm(&whole, &norm)?;
    Ok(if lacks_batch {
        crate::tensor::ops::squeeze_dim(&y, 0)?
    } else {
        y
    }
    .into())
}

macro_rules! instance_norms {
    ($($STATIC:ident $spatial:literal $signature:literal $doc:literal $example:literal $prints:literal;)*) => {$(
        #[doc = concat!("`nn.", $signature, "`")]
        pub static $STATIC: Layer = Layer {
            signature: $signature,
            doc: $doc,
            examples: &[($example, $prints)],
            init: statistics,
            forward: |s, a| forward_instance(s, a, $spatial),
            extra_repr: statistics_repr,
            reset_parameters: Some(start_statistics),
            base: "_InstanceNorm",
            ..Layer::BASE
        };
    )*};
}

instance_norms! {
    INSTANCE_NORM1D 1 "InstanceNorm1d(num_features, eps=1e-05, momentum=0.1, affine=False, track_running_stats=False, device=None, dtype=None, *, bias=True)"
        "Normalises each channel of each sequence."
        "nn.InstanceNorm1d(3)" "InstanceNorm1d(3, eps=1e-05, momentum=0.1, affine=False, bias=False, track_running_stats=False)";
    INSTANCE_NORM2D 2 "InstanceNorm2d(num_features, eps=1e-05, momentum=0.1, affine=False, track_running_stats=False, device=None, dtype=None, *, bias=True)"
        "Normalises each channel of each image."
        "nn.InstanceNorm2d(3)" "InstanceNorm2d(3, eps=1e-05, momentum=0.1, affine=False, bias=False, track_running_stats=False)";
    INSTANCE_NORM3D 3 "InstanceNorm3d(num_features, eps=1e-05, momentum=0.1, affine=False, track_running_stats=False, device=None, dtype=None, *, bias=True)"
        "Normalises each channel of each volume."
        "nn.InstanceNorm3d(3)" "InstanceNorm3d(3, eps=1e-05, momentum=0.1, affine=False, bias=False, track_running_stats=False)";
}

fn normalized_shape(a: &Args) -> Result<Vec<usize>> {
    let given = a.arg("normalized_shape");
    let ints: Option<Vec<i64>> = match given.items() {
        Some(items) => items.iter().map(Arg::as_int).collect(),
        None => given.as_int().map(|i| vec![i]),
    };
    match ints {
        Some(ints) if ints.iter().all(|i| *i >= 0) => {
            Ok(ints.iter().map(|i| *i as usize).collect())
        }
        _ => bail!(
            Type,
            "empty(): argument 'size' must be tuple of ints, not {}",
            given.type_name()
        ),
    }
}

fn shape_attr(shape: &[usize]) -> Arg {
    Arg::Tuple(shape.iter().map(|n| Arg::Int(*n as i64)).collect())
}

fn own_shape(s: &dyn State) -> Result<Vec<usize>> {
    let ints = s.ints("normalized_shape")?;
    Ok(ints.iter().map(|i| (*i).max(0) as usize).collect())
}

/// `nn.LayerNorm`
pub static LAYER_NORM: Layer = Layer {
    signature: "LayerNorm(normalized_shape, eps=1e-05, elementwise_affine=True, bias=True, device=None, dtype=None)",
    doc: "Normalises over the last dimensions, whose sizes are `normalized_shape`.",
    examples: &[(
        "nn.LayerNorm(3)",
        "LayerNorm((3,), eps=1e-05, elementwise_affine=True, bias=True)",
    )],
    init: |a| {
        let shape = normalized_shape(a)?;
        let mut fields = vec![attr("normalized_shape", shape_attr(&shape))];
        fields.extend(attrs(a, &["eps", "elementwise_affine"]));
        fields.extend(affine(
            a,
            &shape,
            a.bool("elementwise_affine")?,
            a.bool("bias")?,
        )?);
        Ok(fields)
    },
    forward: |s, a| {
        let (w, b) = (s.tensor("weight")?, s.tensor("bias")?);
        let x = a.tensor("input")?;
        Ok(layer_norm(x, &own_shape(s)?, w.as_ref(), b.as_ref(), s.float("eps")?)?.into())
    },
    extra_repr: |s| {
        let bias = truth(s.tensor("bias")?.is_some());
        let start = shown(s, &["=normalized_shape", "eps", "elementwise_affine"])?;
        Ok(format!("{start}, bias={bias}"))
    },
    reset_parameters: Some(start_affine),
    ..Layer::BASE
};

/// `nn.RMSNorm`
pub static RMS_NORM: Layer = Layer {
    signature: "RMSNorm(normalized_shape, eps=None, elementwise_affine=True, device=None, dtype=None)",
    doc: "Divides by the root of the mean square over the last dimensions.",
    examples: &[(
        "nn.RMSNorm(3)",
        "RMSNorm((3,), eps=None, elementwise_affine=True)",
    )],
    init: |a| {
        let shape = normalized_shape(a)?;
        let mut fields = vec![attr("normalized_shape", shape_attr(&shape))];
        fields.extend(attrs(a, &["eps", "elementwise_affine"]));
        let weight = affine(a, &shape, a.bool("elementwise_affine")?, false)?;
        fields.extend(weight.into_iter().take(1));
        Ok(fields)
    },
    forward_signature: "forward(x)",
    forward: |s, a| {
        let w = s.tensor("weight")?;
        Ok(rms_norm(
            a.tensor("x")?,
            &own_shape(s)?,
            w.as_ref(),
            s.opt_float("eps")?,
        )?
        .into())
    },
    extra_repr: |s| shown(s, &["=normalized_shape", "eps", "elementwise_affine"]),
    reset_parameters: Some(|s| {
        if let Some(w) = s.tensor("weight")? {
            w.array().fill(Scalar::Int(1))?;
            w.bump_version();
        }
        Ok(())
    }),
    ..Layer::BASE
};

/// `nn.GroupNorm`
pub static GROUP_NORM: Layer = Layer {
    signature: "GroupNorm(num_groups, num_channels, eps=1e-05, affine=True, device=None, dtype=None, *, bias=True)",
    doc: "Normalises over groups of channels of each sample.",
    examples: &[(
        "nn.GroupNorm(2, 4)",
        "GroupNorm(2, 4, eps=1e-05, affine=True, bias=True)",
    )],
    init: |a| {
        let (groups, channels) = (a.int("num_groups")?, a.int("num_channels")?);
        ensure!(
            groups != 0 && channels % groups == 0,
            Value,
            "num_channels ({channels}) must be divisible by num_groups ({groups})"
        );
        let n = size(a, "num_channels")?;
        let mut fields = attrs(a, &["num_groups", "num_channels", "eps", "affine"]);
        fields.extend(affine(a, &[n], a.bool("affine")?, a.bool("bias")?)?);
        Ok(fields)
    },
    forward: |s, a| {
        let (w, b) = (s.tensor("weight")?, s.tensor("bias")?);
        let (x, groups) = (a.tensor("input")?, s.int("num_groups")?);
        Ok(group_norm(x, groups, w.as_ref(), b.as_ref(), s.float("eps")?)?.into())
    },
    extra_repr: |s| {
        let start = shown(s, &["=num_groups", "=num_channels", "eps", "affine"])?;
        Ok(format!(
            "{start}, bias={}",
            truth(s.tensor("bias")?.is_some())
        ))
    },
    reset_parameters: Some(start_affine),
    ..Layer::BASE
};

/// `nn.LocalResponseNorm`
pub static LOCAL_RESPONSE_NORM: Layer = Layer {
    signature: "LocalResponseNorm(size, alpha=0.0001, beta=0.75, k=1.0)",
    doc: "Divides each element by a power of the mean square of its neighbours in other channels.",
    examples: &[(
        "nn.LocalResponseNorm(2)",
        "LocalResponseNorm(2, alpha=0.0001, beta=0.75, k=1.0)",
    )],
    init: |a| Ok(attrs(a, &["size", "alpha", "beta", "k"])),
    forward: |s, a| on_input("local_response_norm", s, a, &["size", "alpha", "beta", "k"]),
    extra_repr: |s| {
        let size = arg_repr(&s.get("size")?);
        Ok(format!("{size}, {}", shown(s, &["alpha", "beta", "k"])?))
    },
    ..Layer::BASE
};
