//! Layers that are one product: `Linear`.

use super::init;
use super::spec::{Fields, Layer, State, attrs, factory_dtype, parameter};
use crate::tensor::array::Result;
use crate::tensor::core::Tensor;
use crate::tensor::ops::linear;
use crate::tensor::ops::{Args, full};

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
    let (i, o) = (
        init::size(a, "in_features")?,
        init::size(a, "out_features")?,
    );
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
