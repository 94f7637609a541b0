//! Tables of rows as layers.

use super::apply::{arg_repr, call};
use super::init::size;
use super::spec::{Fields, Layer, State, attr, attrs, factory_dtype, parameter};
use crate::tensor::array::Result;
use crate::tensor::array::error::{bail, ensure};
use crate::tensor::core::Tensor;
use crate::tensor::core::generator::default_generator;
use crate::tensor::ops::random::fill_normal;
use crate::tensor::ops::{Arg, Args, full};

/// The table: given, or drawn from a normal distribution with zeros at the padding.
fn table(a: &Args, padding: Option<i64>) -> Result<Tensor> {
    let sizes = [a.int("num_embeddings")?, a.int("embedding_dim")?];
    if let Some(negative) = sizes.iter().find(|n| **n < 0) {
        bail!(
            "Trying to create tensor with negative dimension {negative}: [{}, {}]",
            sizes[0],
            sizes[1]
        );
    }
    let (n, width) = (size(a, "num_embeddings")?, size(a, "embedding_dim")?);
    if let Some(given) = a.opt_tensor("_weight")? {
        ensure!(
            given.shape()[..] == [n, width],
            Assertion,
            "Shape of weight does not match num_embeddings and embedding_dim"
        );
        return Ok(given.clone());
    }
    let weight = full(&[n, width], 0i64, factory_dtype(a)?)?;
    draw(&weight, padding)?;
    Ok(weight)
}

fn draw(weight: &Tensor, padding: Option<i64>) -> Result<()> {
    let array = weight.to_array();
    fill_normal(&array, 0.0, 1.0, &default_generator())?;
    if let Some(p) = padding {
        let row = array.layout().select(0, p as usize);
        array.with_layout(row).fill(0i64.into())?;
    }
    weight.bump_version();
    Ok(())
}

fn padding(a: &Args) -> Result<Option<i64>> {
    let n = a.int("num_embeddings")?;
    match a.opt_int("padding_idx")? {
        None => Ok(None),
        Some(p) => {
            ensure!(
                (-n..n).contains(&p),
                Assertion,
                "Padding_idx must be within num_embeddings"
            );
            Ok(Some(if p < 0 { p + n } else { p }))
        }
    }
}

fn padding_attr(padding: Option<i64>) -> Arg {
    padding.map_or(Arg::None, Arg::Int)
}

fn reset(s: &dyn State) -> Result<()> {
    draw(&s.needed("weight")?, s.opt_int("padding_idx")?)
}

/// `nn.Embedding`
pub static EMBEDDING: Layer = Layer {
    signature: "Embedding(num_embeddings, embedding_dim, padding_idx=None, max_norm=None, norm_type=2.0, scale_grad_by_freq=False, sparse=False, _weight=None, _freeze=False, device=None, dtype=None)",
    doc: "A table of learned rows, looked up by number.",
    examples: &[("nn.Embedding(10, 3)", "Embedding(10, 3)")],
    init: |a| {
        let padding = padding(a)?;
        let mut fields = attrs(a, &["num_embeddings", "embedding_dim"]);
        fields.push(attr("padding_idx", padding_attr(padding)));
        fields.extend(attrs(a, &["max_norm", "norm_type", "scale_grad_by_freq"]));
        let weight = table(a, padding)?;
        fields.push(parameter("weight", Some(weight.clone()))?);
        if a.bool("_freeze")? {
            weight.set_requires_grad(false)?;
        }
        fields.push(attr("sparse", a.arg("sparse")));
        Ok(fields)
    },
    forward: |s, a| {
        let args = [
            a.arg("input"),
            Arg::Tensor(s.needed("weight")?),
            s.get("padding_idx")?,
            s.get("max_norm")?,
            s.get("norm_type")?,
            s.get("scale_grad_by_freq")?,
            s.get("sparse")?,
        ];
        call("embedding", args, s, &[])
    },
    extra_repr: |s| {
        let mut out = sizes(s)?;
        out += &unusual(s, &["padding_idx", "max_norm"])?;
        if s.float("norm_type")? != 2.0 {
            out += &format!(", norm_type={}", arg_repr(&s.get("norm_type")?));
        }
        for name in ["scale_grad_by_freq", "sparse"] {
            if s.bool(name)? {
                out += &format!(", {name}=True");
            }
        }
        Ok(out)
    },
    reset_parameters: Some(reset),
    ..Layer::BASE
};

fn sizes(s: &dyn State) -> Result<String> {
    Ok(format!(
        "{}, {}",
        s.int("num_embeddings")?,
        s.int("embedding_dim")?
    ))
}

/// Attributes that are not `None`.
fn unusual(s: &dyn State, names: &[&str]) -> Result<String> {
    let mut out = String::new();
    for name in names {
        match s.get(name)? {
            Arg::None => {}
            value => out += &format!(", {name}={}", arg_repr(&value)),
        }
    }
    Ok(out)
}

/// `nn.EmbeddingBag`
pub static EMBEDDING_BAG: Layer = Layer {
    signature: "EmbeddingBag(num_embeddings, embedding_dim, max_norm=None, norm_type=2.0, scale_grad_by_freq=False, mode='mean', sparse=False, _weight=None, include_last_offset=False, padding_idx=None, device=None, dtype=None)",
    doc: "Sums, means or maxima of looked up rows, one for each bag of numbers.",
    examples: &[("nn.EmbeddingBag(10, 3)", "EmbeddingBag(10, 3, mode='mean')")],
    init: bag,
    forward_signature: "forward(input, offsets=None, per_sample_weights=None)",
    forward: |s, a| {
        let args = [
            a.arg("input"),
            Arg::Tensor(s.needed("weight")?),
            a.arg("offsets"),
            s.get("max_norm")?,
            s.get("norm_type")?,
            s.get("scale_grad_by_freq")?,
            s.get("mode")?,
            s.get("sparse")?,
            a.arg("per_sample_weights"),
            s.get("include_last_offset")?,
            s.get("padding_idx")?,
        ];
        call("embedding_bag", args, s, &[])
    },
    extra_repr: |s| {
        let mut out = sizes(s)?;
        out += &unusual(s, &["max_norm"])?;
        if s.float("norm_type")? != 2.0 {
            out += &format!(", norm_type={}", arg_repr(&s.get("norm_type")?));
        }
        if s.bool("scale_grad_by_freq")? {
            out += ", scale_grad_by_freq=True";
        }
        out += &format!(", mode={}", arg_repr(&s.get("mode")?));
        Ok(out + &unusual(s, &["padding_idx"])?)
    },
    reset_parameters: Some(reset),
    ..Layer::BASE
};

fn bag(a: &Args) -> Result<Fields> {
    let padding = padding(a)?;
    let mut fields = attrs(
        a,
        &[
            "num_embeddings",
            "embedding_dim",
            "max_norm",
            "norm_type",
            "scale_grad_by_freq",
        ],
    );
    fields.push(attr("padding_idx", padding_attr(padding)));
    fields.push(parameter("weight", Some(table(a, padding)?))?);
    fields.extend(attrs(a, &["mode", "sparse", "include_last_offset"]));
    Ok(fields)
}
