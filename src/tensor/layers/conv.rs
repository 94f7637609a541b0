//! Convolutions as layers.

use super::apply::arg_repr;
use super::linear::reset;
use super::spec::{Fields, Layer, State, attr, factory_dtype, parameter};
use crate::tensor::array::Result;
use crate::tensor::array::error::{bail, ensure};
use crate::tensor::array::layout::show;
use crate::tensor::core::Tensor;
use crate::tensor::ops::{Arg, Args, ConvOptions, Out, Padding, conv, conv_transpose, full, pad};

macro_rules! convolutions {
    ($($STATIC:ident $dims:literal $signature:literal $doc:literal $example:literal $prints:literal;)*) => {$(
        #[doc = concat!("`nn.", $signature, "`")]
        pub static $STATIC: Layer = Layer {
            signature: $signature,
            doc: $doc,
            examples: &[($example, $prints)],
            init: |a| make(a, $dims, false),
            forward: |s, a| forward(s, a, $dims),
            extra_repr,
            reset_parameters: Some(|s| reset(&s.needed("weight")?, s.tensor("bias")?.as_ref())),
            base: "_ConvNd",
            ..Layer::BASE
        };
    )*};
}

convolutions! {
    CONV1D 1 "Conv1d(in_channels, out_channels, kernel_size, stride=1, padding=0, dilation=1, groups=1, bias=True, padding_mode='zeros', device=None, dtype=None)"
        "Slides learned kernels over sequences of shape (batch, channels, length)."
        "nn.Conv1d(1, 2, 3)" "Conv1d(1, 2, kernel_size=(3,), stride=(1,))";
    CONV2D 2 "Conv2d(in_channels, out_channels, kernel_size, stride=1, padding=0, dilation=1, groups=1, bias=True, padding_mode='zeros', device=None, dtype=None)"
        "Slides learned kernels over images of shape (batch, channels, height, width)."
        "nn.Conv2d(1, 6, 5)" "Conv2d(1, 6, kernel_size=(5, 5), stride=(1, 1))";
    CONV3D 3 "Conv3d(in_channels, out_channels, kernel_size, stride=1, padding=0, dilation=1, groups=1, bias=True, padding_mode='zeros', device=None, dtype=None)"
        "Slides learned kernels over volumes of shape (batch, channels, depth, height, width)."
        "nn.Conv3d(1, 2, 3)" "Conv3d(1, 2, kernel_size=(3, 3, 3), stride=(1, 1, 1))";
}

macro_rules! transposed_convolutions {
    ($($STATIC:ident $dims:literal $signature:literal $doc:literal $example:literal $prints:literal;)*) => {$(
        #[doc = concat!("`nn.", $signature, "`")]
        pub static $STATIC: Layer = Layer {
            signature: $signature,
            doc: $doc,
            examples: &[($example, $prints)],
            init: |a| make(a, $dims, true),
            forward_signature: "forward(input, output_size=None)",
            forward: |s, a| forward_transposed(s, a, $dims),
            extra_repr,
            reset_parameters: Some(|s| reset(&s.needed("weight")?, s.tensor("bias")?.as_ref())),
            base: "_ConvTransposeNd",
        };
    )*};
}

transposed_convolutions! {
    CONV_TRANSPOSE1D 1 "ConvTranspose1d(in_channels, out_channels, kernel_size, stride=1, padding=0, output_padding=0, groups=1, bias=True, dilation=1, padding_mode='zeros', device=None, dtype=None)"
        "A transposed convolution, which makes sequences longer."
        "nn.ConvTranspose1d(1, 2, 3)" "ConvTranspose1d(1, 2, kernel_size=(3,), stride=(1,))";
    CONV_TRANSPOSE2D 2 "ConvTranspose2d(in_channels, out_channels, kernel_size, stride=1, padding=0, output_padding=0, groups=1, bias=True, dilation=1, padding_mode='zeros', device=None, dtype=None)"
        "A transposed convolution, which makes images larger."
        "nn.ConvTranspose2d(1, 2, 3, stride=2)" "ConvTranspose2d(1, 2, kernel_size=(3, 3), stride=(2, 2))";
    CONV_TRANSPOSE3D 3 "ConvTranspose3d(in_channels, out_channels, kernel_size, stride=1, padding=0, output_padding=0, groups=1, bias=True, dilation=1, padding_mode='zeros', device=None, dtype=None)"
        "A transposed convolution, which makes volumes larger."
        "nn.ConvTranspose3d(1, 2, 3)" "ConvTranspose3d(1, 2, kernel_size=(3, 3, 3), stride=(1, 1, 1))";
}

/// One number for all dimensions as a tuple; a tuple stays as it is.
pub(super) fn tuple(arg: Arg, dims: usize) -> Arg {
    match arg {
        Arg::Tuple(items) | Arg::List(items) => Arg::Tuple(items),
        one => Arg::Tuple(vec![one; dims]),
    }
}

fn ints(arg: &Arg, name: &str) -> Result<Vec<i64>> {
    let found: Option<Vec<i64>> = match arg.items() {
        Some(items) => items.iter().map(Arg::as_int).collect(),
        None => arg.as_int().map(|i| vec![i]),
    };
    match found {
        Some(found) => Ok(found),
        None => bail!(
            Type,
            "{name} must be int or tuple of ints, not {}",
            arg.type_name()
        ),
    }
}

fn check(a: &Args, transposed: bool) -> Result<()> {
    let groups = a.int("groups")?;
    ensure!(groups > 0, Value, "groups must be a positive integer");
    ensure!(
        a.int("in_channels")? % groups == 0,
        Value,
        "in_channels must be divisible by groups"
    );
    ensure!(
        a.int("out_channels")? % groups == 0,
        Value,
        "out_channels must be divisible by groups"
    );
    if let Arg::Str(padding) = a.arg("padding") {
        ensure!(
            padding == "same" || padding == "valid",
            Value,
            "Invalid padding string '{padding}', should be one of {{'same', 'valid'}}"
        );
        let stride = ints(&a.arg("stride"), "stride")?;
        ensure!(
            padding == "valid" || stride.iter().all(|s| *s == 1),
            Value,
            "padding='same' is not supported for strided convolutions"
        );
    }
    let mode = a.str("padding_mode")?;
    ensure!(
        matches!(mode, "zeros" | "reflect" | "replicate" | "circular"),
        Value,
        "padding_mode must be one of {{'reflect', 'replicate', 'circular', 'zeros'}}, but got padding_mode='{mode}'"
    );
    ensure!(
        !transposed || mode == "zeros",
        Value,
        "Only \"zeros\" padding mode is supported for ConvTranspose2d"
    );
    Ok(())
}

/// What padding there is on each side, last dimension first, as `F.pad` takes it.
fn borders(padding: &Arg, kernel: &[i64], dilation: &[i64], dims: usize) -> Result<Arg> {
    if let Arg::Str(mode) = padding {
        let mut out = vec![Arg::Int(0); 2 * dims];
        if mode == "same" {
            for d in 0..dims {
                let at = |all: &[i64]| all.get(d).copied().unwrap_or(all[0]);
                let total = at(dilation) * (at(kernel) - 1);
                out[2 * (dims - 1 - d)] = Arg::Int(total / 2);
                out[2 * (dims - 1 - d) + 1] = Arg::Int(total - total / 2);
            }
        }
        return Ok(Arg::List(out));
    }
    let sizes = ints(padding, "padding")?;
    let twice = |p: &i64| [Arg::Int(*p), Arg::Int(*p)];
    Ok(Arg::Tuple(sizes.iter().rev().flat_map(twice).collect()))
}

fn make(a: &Args, dims: usize, transposed: bool) -> Result<Fields> {
    check(a, transposed)?;
    let kernel = tuple(a.arg("kernel_size"), dims);
    let dilation = tuple(a.arg("dilation"), dims);
    let padding = match a.arg("padding") {
        text @ Arg::Str(_) => text,
        sizes => tuple(sizes, dims),
    };
    let (sizes, groups) = (ints(&kernel, "kernel_size")?, a.int("groups")?);
    let (i, o) = (a.int("in_channels")?, a.int("out_channels")?);
    let mut shape = if transposed {
        vec![i, o / groups]
    } else {
        vec![o, i / groups]
    };
    shape.extend(&sizes);
    if let Some(bad) = shape.iter().find(|n| **n < 0) {
        bail!(
            "Trying to create tensor with negative dimension {bad}: {}",
            show(&shape)
        );
    }
    let shape: Vec<usize> = shape.iter().map(|n| *n as usize).collect();
    let dtype = factory_dtype(a)?;
    let weight = full(&shape, 0i64, dtype)?;
    let bias = if a.bool("bias")? {
        Some(full(&[o as usize], 0i64, dtype)?)
    } else {
        None
    };
    reset(&weight, bias.as_ref())?;
    let output_padding = if transposed {
        tuple(a.arg("output_padding"), dims)
    } else {
        tuple(Arg::Int(0), dims)
    };
    let borders = borders(&padding, &sizes, &ints(&dilation, "dilation")?, dims)?;
    Ok(vec![
        attr("in_channels", i),
        attr("out_channels", o),
        attr("kernel_size", kernel),
        attr("stride", tuple(a.arg("stride"), dims)),
        attr("padding", padding),
        attr("dilation", dilation),
        attr("transposed", transposed),
        attr("output_padding", output_padding),
        attr("groups", groups),
        attr("padding_mode", a.arg("padding_mode")),
        attr("_reversed_padding_repeated_twice", borders),
        parameter("weight", Some(weight))?,
        parameter("bias", bias)?,
    ])
}

fn forward(s: &dyn State, a: &Args, dims: usize) -> Result<Out> {
    let x = a.tensor("input")?;
    let (w, b) = (s.needed("weight")?, s.tensor("bias")?);
    let (stride, dilation) = (s.ints("stride")?, s.ints("dilation")?);
    let mode = s.get("padding_mode")?;
    let bordered: Tensor;
    let (x, padding) = match &mode {
        Arg::Str(mode) if mode != "zeros" => {
            let borders = s.ints("_reversed_padding_repeated_twice")?;
            bordered = pad(x, &borders, mode, None)?;
            (&bordered, Padding::Valid)
        }
        _ => (x, Padding::from_arg(&s.get("padding")?)?),
    };
    let options = ConvOptions {
        stride: &stride,
        padding,
        dilation: &dilation,
        groups: s.int("groups")?,
    };
    Ok(conv(x, &w, b.as_ref(), dims, &options)?.into())
}

fn forward_transposed(s: &dyn State, a: &Args, dims: usize) -> Result<Out> {
    let x = a.tensor("input")?;
    let (w, b) = (s.needed("weight")?, s.tensor("bias")?);
    let (stride, dilation) = (s.ints("stride")?, s.ints("dilation")?);
    let padding = s.ints("padding")?;
    let output_padding = match a.arg("output_size") {
        Arg::None => s.ints("output_padding")?,
        wanted => {
            let kernel = s.ints("kernel_size")?;
            let numbers = [&stride, &padding, &kernel, &dilation];
            missing_size(x, &ints(&wanted, "output_size")?, numbers, dims)?
        }
    };
    let options = ConvOptions {
        stride: &stride,
        padding: Padding::Sizes(padding),
        dilation: &dilation,
        groups: s.int("groups")?,
    };
    Ok(conv_transpose(x, &w, b.as_ref(), &options, &output_padding)?.into())
}

/// What has to be added to reach a wanted output size (`_output_padding` in `torch/nn/modules/conv.py`).
fn missing_size(
    x: &Tensor,
    wanted: &[i64],
    [stride, padding, kernel, dilation]: [&Vec<i64>; 4],
    dims: usize,
) -> Result<Vec<i64>> {
    let shape = x.shape();
    let lead = shape.len().saturating_sub(dims);
    let wanted = match wanted.len() {
        n if n == dims => wanted,
        n if n == shape.len() => &wanted[lead..],
        n => bail!(
            Value,
            "ConvTranspose{dims}D: for {}D input, output_size must have {dims} or {} elements (got {n})",
            shape.len(),
            shape.len()
        ),
    };
    let mut out = Vec::with_capacity(dims);
    for d in 0..dims {
        let least = (shape[lead + d] as i64 - 1) * stride[d] - 2 * padding[d]
            + dilation[d] * (kernel[d] - 1)
            + 1;
        let most = least + stride[d] - 1;
        ensure!(
            (least..=most).contains(&wanted[d]),
            Value,
            "requested an output size of {}, but valid sizes range from {least} to {most} (for an input of {})",
            show(wanted),
            show(&shape[lead..])
        );
        out.push(wanted[d] - least);
    }
    Ok(out)
}

fn extra_repr(s: &dyn State) -> Result<String> {
    let text = |name: &str| -> Result<String> {
        Ok(match s.get(name)? {
            Arg::Str(text) => text,
            other => arg_repr(&other),
        })
    };
    let mut out = format!(
        "{}, {}, kernel_size={}, stride={}",
        text("in_channels")?,
        text("out_channels")?,
        text("kernel_size")?,
        text("stride")?
    );
    for (name, usual) in [("padding", 0), ("dilation", 1), ("output_padding", 0)] {
        let value = s.get(name)?;
        let plain = value
            .items()
            .is_some_and(|items| items.iter().all(|i| i.as_int() == Some(usual)));
        if !plain {
            out += &format!(", {name}={}", text(name)?);
        }
    }
    if s.int("groups")? != 1 {
        out += &format!(", groups={}", s.int("groups")?);
    }
    if s.tensor("bias")?.is_none() {
        out += ", bias=False";
    }
    let mode = text("padding_mode")?;
    if mode != "zeros" {
        out += &format!(", padding_mode={mode}");
    }
    Ok(out)
}
