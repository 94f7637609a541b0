//! Activations as layers.

use super::apply::{call, on_input, shown};
use super::spec::{Fields, Layer, attr, attrs, factory_dtype, parameter};
use crate::tensor::array::Result;
use crate::tensor::array::error::{bail, ensure};
use crate::tensor::core::number::repr;
use crate::tensor::core::warning::{Category, warn};
use crate::tensor::ops::{Arg, Args, full, in_place, relu};

/// `nn.ReLU`
pub static RELU: Layer = Layer {
    signature: "ReLU(inplace=False)",
    doc: "Each element, or 0 where it is negative.",
    examples: &[("nn.ReLU()", "ReLU()")],
    init: |a| Ok(attrs(a, &["inplace"])),
    forward: |s, a| {
        let x = a.tensor("input")?;
        Ok(if s.bool("inplace")? {
            in_place::apply(x, relu)?
        } else {
            relu(x)?
        }
        .into())
    },
    extra_repr: |s| shown(s, &["?inplace"]),
    ..Layer::BASE
};

plain_layers! {
    CELU "CELU(alpha=1.0, inplace=False)" "Module" "celu" ["alpha" "inplace"] ["alpha" "?inplace"]
        "`x` where it is positive, else `alpha * (exp(x / alpha) - 1)`." ("nn.CELU()", "CELU(alpha=1.0)");
    ELU "ELU(alpha=1.0, inplace=False)" "Module" "elu" ["alpha" "inplace"] ["alpha" "?inplace"]
        "`x` where it is positive, else `alpha * (exp(x) - 1)`." ("nn.ELU()", "ELU(alpha=1.0)");
    GELU "GELU(approximate='none')" "Module" "gelu" ["approximate"] ["approximate"]
        "`x` times the share of a standard normal distribution below `x`." ("nn.GELU()", "GELU(approximate='none')");
    GLU "GLU(dim=-1)" "Module" "glu" ["dim"] ["dim"]
        "Multiplies the first half of the input by the sigmoid of the second." ("nn.GLU()", "GLU(dim=-1)");
    HARDSHRINK "Hardshrink(lambd=0.5)" "Module" "hardshrink" ["lambd"] ["=lambd"]
        "0 between `-lambd` and `lambd`, else `x`." ("nn.Hardshrink()", "Hardshrink(0.5)");
    HARDSIGMOID "Hardsigmoid(inplace=False)" "Module" "hardsigmoid" ["inplace"] []
        "A sigmoid of three straight lines." ("nn.Hardsigmoid()", "Hardsigmoid()");
    HARDSWISH "Hardswish(inplace=False)" "Module" "hardswish" ["inplace"] []
        "`x` times its hardsigmoid." ("nn.Hardswish()", "Hardswish()");
    LEAKY_RELU "LeakyReLU(negative_slope=0.01, inplace=False)" "Module" "leaky_relu"
        ["negative_slope" "inplace"] ["negative_slope" "?inplace"]
        "`x` where it is positive, else `negative_slope * x`." ("nn.LeakyReLU()", "LeakyReLU(negative_slope=0.01)");
    LOG_SIGMOID "LogSigmoid(*args, **kwargs)" "Module" "logsigmoid" [] []
        "The logarithm of the sigmoid." ("nn.LogSigmoid()", "LogSigmoid()");
    MISH "Mish(inplace=False)" "Module" "mish" ["inplace"] ["?inplace"]
        "`x * tanh(softplus(x))`" ("nn.Mish()", "Mish()");
    SELU "SELU(inplace=False)" "Module" "selu" ["inplace"] ["?inplace"]
        "The self-normalising exponential linear unit." ("nn.SELU()", "SELU()");
    SIGMOID "Sigmoid(*args, **kwargs)" "Module" "sigmoid" [] []
        "`1 / (1 + exp(-x))`" ("nn.Sigmoid()", "Sigmoid()");
    SILU "SiLU(inplace=False)" "Module" "silu" ["inplace"] ["?inplace"]
        "`x` times its sigmoid." ("nn.SiLU()", "SiLU()");
    SOFTPLUS "Softplus(beta=1.0, threshold=20.0)" "Module" "softplus" ["beta" "threshold"] ["beta" "threshold"]
        "`log(1 + exp(beta * x)) / beta`" ("nn.Softplus()", "Softplus(beta=1.0, threshold=20.0)");
    SOFTSHRINK "Softshrink(lambd=0.5)" "Module" "softshrink" ["lambd"] ["=lambd"]
        "`x` moved towards 0 by `lambd`." ("nn.Softshrink()", "Softshrink(0.5)");
    SOFTSIGN "Softsign(*args, **kwargs)" "Module" "softsign" [] []
        "`x / (1 + |x|)`" ("nn.Softsign()", "Softsign()");
    TANH "Tanh(*args, **kwargs)" "Module" "tanh" [] []
        "The hyperbolic tangent." ("nn.Tanh()", "Tanh()");
    TANHSHRINK "Tanhshrink(*args, **kwargs)" "Module" "tanhshrink" [] []
        "`x - tanh(x)`" ("nn.Tanhshrink()", "Tanhshrink()");
    THRESHOLD "Threshold(threshold, value, inplace=False)" "Module" "threshold"
        ["threshold" "value" "inplace"] ["threshold" "value" "?inplace"]
        "`x` where it is above the threshold, else `value`." ("nn.Threshold(0.1, 20)", "Threshold(threshold=0.1, value=20)");
}

/// `nn.Softmax`
pub static SOFTMAX: Layer = Layer {
    signature: "Softmax(dim=None)",
    doc: "Positive numbers that sum to 1 along `dim`, in the ratios of `exp(input)`.",
    examples: &[("nn.Softmax(dim=1)", "Softmax(dim=1)")],
    init: one_dim,
    forward: |s, a| on_input("softmax", s, a, &["dim"]),
    extra_repr: |s| shown(s, &["dim"]),
    ..Layer::BASE
};

/// The dimension of a softmax, which must not be a `bool`.
fn one_dim(a: &Args) -> Result<Fields> {
    match a.arg("dim") {
        Arg::None | Arg::Int(_) => Ok(attrs(a, &["dim"])),
        other => bail!(
            Type,
            "dim must be an int or None, got <class '{}'>",
            other.type_name()
        ),
    }
}

/// `nn.LogSoftmax`
pub static LOG_SOFTMAX: Layer = Layer {
    signature: "LogSoftmax(dim=None)",
    doc: "The logarithm of the softmax along `dim`.",
    examples: &[("nn.LogSoftmax(dim=1)", "LogSoftmax(dim=1)")],
    init: one_dim,
    forward: |s, a| on_input("log_softmax", s, a, &["dim"]),
    extra_repr: |s| shown(s, &["dim"]),
    ..Layer::BASE
};

/// `nn.Softmin`
pub static SOFTMIN: Layer = Layer {
    signature: "Softmin(dim=None)",
    doc: "The softmax of the negative input.",
    examples: &[("nn.Softmin(dim=1)", "Softmin(dim=1)")],
    init: |a| Ok(attrs(a, &["dim"])),
    forward: |s, a| on_input("softmin", s, a, &["dim"]),
    extra_repr: |s| shown(s, &["dim"]),
    ..Layer::BASE
};

/// `nn.Softmax2d`
pub static SOFTMAX2D: Layer = Layer {
    signature: "Softmax2d(*args, **kwargs)",
    doc: "The softmax over the channels of images.",
    examples: &[("nn.Softmax2d()", "Softmax2d()")],
    forward: |_, a| {
        let x = a.tensor("input")?;
        ensure!(
            matches!(x.ndim(), 3 | 4),
            Value,
            "Softmax2d: expected input to be 3D or 4D, got {}D instead",
            x.ndim()
        );
        Ok(crate::tensor::ops::softmax(x, -3)?.into())
    },
    ..Layer::BASE
};

/// `nn.PReLU`
pub static PRELU: Layer = Layer {
    signature: "PReLU(num_parameters=1, init=0.25, device=None, dtype=None)",
    doc: "`x` where it is positive, else `weight * x` with a learned weight.",
    examples: &[("nn.PReLU()", "PReLU(num_parameters=1)")],
    init: |a| {
        let mut fields = attrs(a, &["num_parameters", "init"]);
        let n = super::init::size(a, "num_parameters")?;
        let weight = full(&[n], a.float("init")?, factory_dtype(a)?)?;
        fields.push(parameter("weight", Some(weight))?);
        Ok(fields)
    },
    forward: |s, a| Ok(crate::tensor::ops::prelu(a.tensor("input")?, &s.needed("weight")?)?.into()),
    extra_repr: |s| shown(s, &["num_parameters"]),
    reset_parameters: Some(|s| {
        let w = s.needed("weight")?;
        w.array().fill(s.scalar("init")?)?;
        w.bump_version();
        Ok(())
    }),
    ..Layer::BASE
};

/// `nn.RReLU`
pub static RRELU: Layer = Layer {
    signature: "RReLU(lower=0.125, upper=0.3333333333333333, inplace=False)",
    doc: "Leaky ReLU whose slope is drawn for each element in training.",
    examples: &[("nn.RReLU()", "RReLU(lower=0.125, upper=0.3333333333333333)")],
    init: |a| Ok(attrs(a, &["lower", "upper", "inplace"])),
    forward: |s, a| {
        let args = [
            Arg::from(a.tensor("input")?),
            s.get("lower")?,
            s.get("upper")?,
            Arg::Bool(s.training()),
            s.get("inplace")?,
        ];
        call("rrelu", args, s, &[])
    },
    extra_repr: |s| shown(s, &["lower", "upper", "?inplace"]),
    ..Layer::BASE
};

/// `nn.Hardtanh`
pub static HARDTANH: Layer = Layer {
    signature: "Hardtanh(min_val=-1.0, max_val=1.0, inplace=False, min_value=None, max_value=None)",
    doc: "`x`, limited to a range.",
    examples: &[("nn.Hardtanh()", "Hardtanh(min_val=-1.0, max_val=1.0)")],
    init: hardtanh,
    forward: |s, a| on_input("hardtanh", s, a, &["min_val", "max_val", "inplace"]),
    extra_repr: |s| shown(s, &["min_val", "max_val", "?inplace"]),
    ..Layer::BASE
};

fn hardtanh(a: &Args) -> Result<Fields> {
    let mut limits = Vec::new();
    for (old, new) in [("min_value", "min_val"), ("max_value", "max_val")] {
        limits.push(match a.arg(old) {
            Arg::None => a.arg(new),
            given => {
                warn(
                    Category::Future,
                    &format!("keyword argument `{old}` is deprecated and renamed to `{new}`"),
                );
                given
            }
        });
    }
    if let (Some(low), Some(high)) = (limits[0].as_scalar(), limits[1].as_scalar()) {
        ensure!(
            high.to_f64() > low.to_f64(),
            Assertion,
            "max_val ({}) must be greater than min_val ({})",
            repr(high),
            repr(low)
        );
    }
    let [low, high] = [limits[0].clone(), limits[1].clone()];
    Ok(vec![
        attr("min_val", low),
        attr("max_val", high),
        attr("inplace", a.arg("inplace")),
    ])
}

/// `nn.ReLU6`
pub static RELU6: Layer = Layer {
    signature: "ReLU6(inplace=False)",
    doc: "`x`, limited to the range from 0 to 6.",
    examples: &[("nn.ReLU6()", "ReLU6()")],
    init: |a| {
        Ok(vec![
            attr("min_val", 0.0),
            attr("max_val", 6.0),
            attr("inplace", a.arg("inplace")),
        ])
    },
    forward: |s, a| on_input("hardtanh", s, a, &["min_val", "max_val", "inplace"]),
    extra_repr: |s| shown(s, &["?inplace"]),
    base: "Hardtanh",
    ..Layer::BASE
};
