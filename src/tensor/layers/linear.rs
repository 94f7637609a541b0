//! Layers that are one product: `Linear`.

use super::apply::shown;
use super::init;
use super::spec::{Fields, Layer, State, attrs, factory_dtype, parameter};
use crate::tensor::array::Result;
use crate::tensor::array::error::{bail, ensure};
use crate::tensor::array::layout::show;
use crate::tensor::core::Tensor;
use crate::tensor::ops::{Args, full};
use crate::tensor::ops::{bilinear, linear};

/// `nn.Linear`
pub static LINEAR: Layer = Layer {
    signature: "Linear(in_features, out_features, bias=True, device=None, dtype=None)",
    doc: "Multiplies by a matrix of weights and adds a bias: `y = x @ weight.T + bias`.",
    examples: &[(
        "nn.Linear(4, 2)",
        "Linear(in_features=4, out_features=2, bias=True)",
    )],
    init: init_linear,
    forward: |s, a| {
        let (w, b) = (s.needed("weight")?, s.tensor("bias")?);
        Ok(linear(a.tensor("input")?, &w, b.as_ref())?.into())
    },
    extra_repr: |s| {
        let (i, o) = (s.int("in_features")?, s.int("out_features")?);
        let bias = init::truth(s.tensor("bias")?.is_some());
        Ok(format!("in_features={i}, out_features={o}, bias={bias}"))
    },
    reset_parameters: Some(reset_linear),
    ..Layer::BASE
};

fn init_linear(a: &Args) -> Result<Fields> {
    let [o, i] = sizes(a)?;
    let dtype = factory_dtype(a)?;
    let weight = full(&[o, i], 0i64, dtype)?;
    let bias = if a.bool("bias")? {
        Some(full(&[o], 0i64, dtype)?)
    } else {
        None
    };
    reset(&weight, bias.as_ref())?;
    let mut fields = attrs(a, &["in_features", "out_features"]);
    fields.push(parameter("weight", Some(weight))?);
    fields.push(parameter("bias", bias)?);
    Ok(fields)
}

/// Rows and columns of the weight; what is wrong with them is found where memory is asked for.
fn sizes(a: &Args) -> Result<[usize; 2]> {
    let mut found = [0i64; 2];
    for (at, name) in ["out_features", "in_features"].iter().enumerate() {
        let given = a.arg(name);
        found[at] = match given.as_int() {
            Some(n) => n,
            None => bail!(
                Type,
                "empty(): argument 'size' failed to unpack the object at pos {} with error \"type must be tuple of ints,but got {}\"",
                at + 1,
                given.type_name()
            ),
        };
    }
    if let Some(bad) = found.iter().find(|n| **n < 0) {
        bail!(
            "Trying to create tensor with negative dimension {bad}: {}",
            show(&found)
        );
    }
    Ok(found.map(|n| n as usize))
}

fn reset_linear(s: &dyn State) -> Result<()> {
    reset(&s.needed("weight")?, s.tensor("bias")?.as_ref())
}

/// Draws weights and bias as linear layers and convolutions start.
pub(super) fn reset(weight: &Tensor, bias: Option<&Tensor>) -> Result<()> {
    init::kaiming_uniform(weight, 5f64.sqrt())?;
    if let Some(b) = bias {
        let (fan_in, _) = init::fans(weight)?;
        let bound = if fan_in > 0 {
            1.0 / (fan_in as f64).sqrt()
        } else {
            0.0
        };
        init::uniform(b, -bound, bound)?;
    }
    Ok(())
}

/// `nn.Bilinear`
pub static BILINEAR: Layer = Layer {
    signature: "Bilinear(in1_features, in2_features, out_features, bias=True, device=None, dtype=None)",
    doc: "Learned products of two inputs: `x1 @ weight[k] @ x2 + bias[k]`.",
    examples: &[(
        "nn.Bilinear(2, 3, 4)",
        "Bilinear(in1_features=2, in2_features=3, out_features=4, bias=True)",
    )],
    init: |a| {
        let sizes = [
            init::size(a, "out_features")?,
            init::size(a, "in1_features")?,
            init::size(a, "in2_features")?,
        ];
        ensure!(
            sizes[1] > 0,
            Value,
            "in1_features must be > 0, but got (in1_features=0)"
        );
        let dtype = factory_dtype(a)?;
        let weight = full(&sizes, 0i64, dtype)?;
        let bias = if a.bool("bias")? {
            Some(full(&sizes[..1], 0i64, dtype)?)
        } else {
            None
        };
        reset_bilinear(&weight, bias.as_ref())?;
        let mut fields = attrs(a, &["in1_features", "in2_features", "out_features"]);
        fields.push(parameter("weight", Some(weight))?);
        fields.push(parameter("bias", bias)?);
        Ok(fields)
    },
    forward_signature: "forward(input1, input2)",
    forward: |s, a| {
        let (w, b) = (s.needed("weight")?, s.tensor("bias")?);
        Ok(bilinear(a.tensor("input1")?, a.tensor("input2")?, &w, b.as_ref())?.into())
    },
    extra_repr: |s| {
        let start = shown(s, &["in1_features", "in2_features", "out_features"])?;
        Ok(format!(
            "{start}, bias={}",
            init::truth(s.tensor("bias")?.is_some())
        ))
    },
    reset_parameters: Some(|s| reset_bilinear(&s.needed("weight")?, s.tensor("bias")?.as_ref())),
    ..Layer::BASE
};

fn reset_bilinear(weight: &Tensor, bias: Option<&Tensor>) -> Result<()> {
    let bound = 1.0 / (weight.shape()[1] as f64).sqrt();
    init::uniform(weight, -bound, bound)?;
    bias.map_or(Ok(()), |b| init::uniform(b, -bound, bound))
}
