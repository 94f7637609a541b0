//! Layers that only rearrange: `Identity`, `Flatten`, `Unflatten`, `Fold`, `Unfold`, borders.

use super::apply::{arg_repr, on_input, shown};
use super::spec::{Fields, Layer, State, attr, attrs};
use crate::tensor::array::Result;
use crate::tensor::array::error::{bail, ensure};
use crate::tensor::ops::{Arg, Args, Out, flatten, pad};

/// `nn.Identity`
pub static IDENTITY: Layer = Layer {
    signature: "Identity(*args, **kwargs)",
    doc: "Gives back its input; takes any arguments.",
    examples: &[("nn.Identity()", "Identity()")],
    forward: |_, a| match a.arg("input") {
        Arg::Tensor(t) => Ok(t.into()),
        other => match other.as_scalar() {
            Some(s) => Ok(s.into()),
            None => Ok(Out::None),
        },
    },
    ..Layer::BASE
};

/// `nn.Flatten`
pub static FLATTEN: Layer = Layer {
    signature: "Flatten(start_dim=1, end_dim=-1)",
    doc: "Joins the dimensions from `start_dim` to `end_dim`: by default all but the batch.",
    examples: &[("nn.Flatten()", "Flatten(start_dim=1, end_dim=-1)")],
    init: |a| Ok(attrs(a, &["start_dim", "end_dim"])),
    forward: |s, a| Ok(flatten(a.tensor("input")?, s.int("start_dim")?, s.int("end_dim")?)?.into()),
    extra_repr: |s| shown(s, &["start_dim", "end_dim"]),
    ..Layer::BASE
};

/// `nn.Unflatten`
pub static UNFLATTEN: Layer = Layer {
    signature: "Unflatten(dim, unflattened_size)",
    doc: "Cuts a dimension into several.",
    examples: &[(
        "nn.Unflatten(1, (2, 3))",
        "Unflatten(dim=1, unflattened_size=(2, 3))",
    )],
    init: |a| {
        let (Arg::Tuple(items) | Arg::List(items)) = a.arg("unflattened_size") else {
            bail!(
                Type,
                "unflattened_size must be a tuple of ints, but found type {}",
                a.arg("unflattened_size").type_name()
            )
        };
        if let Some((i, bad)) = items
            .iter()
            .enumerate()
            .find(|(_, item)| !matches!(item, Arg::Int(_)))
        {
            bail!(
                Type,
                "unflattened_size must be tuple of ints, but found element of type {} at pos {i}",
                bad.type_name()
            );
        }
        Ok(attrs(a, &["dim", "unflattened_size"]))
    },
    forward: |s, a| {
        let Some(op) = crate::tensor::ops::registry::method("unflatten") else {
            bail!(NotImplemented, "torch.Tensor.unflatten")
        };
        let args = [a.arg("input"), s.get("dim")?, s.get("unflattened_size")?];
        op.call(args, [])
    },
    extra_repr: |s| shown(s, &["dim", "unflattened_size"]),
    ..Layer::BASE
};

plain_layers! {
    FOLD "Fold(output_size, kernel_size, dilation=1, padding=0, stride=1)" "Module" "fold"
        ["output_size" "kernel_size" "dilation" "padding" "stride"] ["output_size" "kernel_size" "dilation" "padding" "stride"]
        "Adds patches, given as columns, up to images."
        ("nn.Fold(3, 2)", "Fold(output_size=3, kernel_size=2, dilation=1, padding=0, stride=1)");
    UNFOLD "Unfold(kernel_size, dilation=1, padding=0, stride=1)" "Module" "unfold"
        ["kernel_size" "dilation" "padding" "stride"] ["kernel_size" "dilation" "padding" "stride"]
        "The patches of images as columns."
        ("nn.Unfold(2)", "Unfold(kernel_size=2, dilation=1, padding=0, stride=1)");
    CHANNEL_SHUFFLE "ChannelShuffle(groups)" "Module" "channel_shuffle" ["groups"] ["groups"]
        "Mixes the channels of several groups." ("nn.ChannelShuffle(2)", "ChannelShuffle(groups=2)");
    PIXEL_SHUFFLE "PixelShuffle(upscale_factor)" "Module" "pixel_shuffle" ["upscale_factor"] ["upscale_factor"]
        "Turns channels into pixels: images become larger by a factor." ("nn.PixelShuffle(2)", "PixelShuffle(upscale_factor=2)");
    PIXEL_UNSHUFFLE "PixelUnshuffle(downscale_factor)" "Module" "pixel_unshuffle" ["downscale_factor"] ["downscale_factor"]
        "Turns pixels into channels: images become smaller by a factor." ("nn.PixelUnshuffle(2)", "PixelUnshuffle(downscale_factor=2)");
}

fn borders(a: &Args, sides: usize) -> Result<Arg> {
    Ok(match a.arg("padding") {
        Arg::Tuple(items) | Arg::List(items) => Arg::Tuple(items),
        one => Arg::Tuple(vec![one; sides]),
    })
}

fn pad_with(s: &dyn State, a: &Args, mode: &str) -> Result<Out> {
    let value = match mode {
        "constant" => Some(s.scalar("value")?),
        _ => None,
    };
    let x = a.tensor("input")?;
    if mode == "circular" {
        let sides = s.ints("padding")?.len();
        let (low, high) = (sides / 2 + 1, sides / 2 + 2);
        ensure!(
            x.ndim() == low || x.ndim() == high,
            Value,
            "expected {low}D or {high}D input (got {}D input)",
            x.ndim()
        );
    }
    Ok(pad(x, &s.ints("padding")?, mode, value)?.into())
}

fn constant(a: &Args, sides: usize) -> Result<Fields> {
    Ok(vec![
        attr("value", a.arg("value")),
        attr("padding", borders(a, sides)?),
    ])
}

fn only_padding(s: &dyn State) -> Result<String> {
    Ok(arg_repr(&s.get("padding")?))
}

macro_rules! constant_pads {
    ($($STATIC:ident $sides:literal $signature:literal $example:literal $prints:literal;)*) => {$(
        #[doc = concat!("`nn.", $signature, "`")]
        pub static $STATIC: Layer = Layer {
            signature: $signature,
            doc: "Adds borders of one value.",
            examples: &[($example, $prints)],
            init: |a| constant(a, $sides),
            forward: |s, a| pad_with(s, a, "constant"),
            extra_repr: |s| shown(s, &["padding", "value"]),
            base: "_ConstantPadNd",
            ..Layer::BASE
        };
    )*};
}

constant_pads! {
    CONSTANT_PAD1D 2 "ConstantPad1d(padding, value)" "nn.ConstantPad1d(2, 3.5)" "ConstantPad1d(padding=(2, 2), value=3.5)";
    CONSTANT_PAD2D 4 "ConstantPad2d(padding, value)" "nn.ConstantPad2d(1, 0)" "ConstantPad2d(padding=(1, 1, 1, 1), value=0)";
    CONSTANT_PAD3D 6 "ConstantPad3d(padding, value)" "nn.ConstantPad3d(1, 0)" "ConstantPad3d(padding=(1, 1, 1, 1, 1, 1), value=0)";
}

macro_rules! pads {
    ($($STATIC:ident $sides:literal $signature:literal $base:literal $mode:literal $example:literal $prints:literal;)*) => {$(
        #[doc = concat!("`nn.", $signature, "`")]
        pub static $STATIC: Layer = Layer {
            signature: $signature,
            doc: concat!("Adds borders in mode '", $mode, "'."),
            examples: &[($example, $prints)],
            init: |a| Ok(if $mode == "constant" {
                vec![attr("value", 0.0), attr("padding", borders(a, $sides)?)]
            } else {
                vec![attr("padding", borders(a, $sides)?)]
            }),
            forward: |s, a| pad_with(s, a, $mode),
            extra_repr: only_padding,
            base: $base,
            ..Layer::BASE
        };
    )*};
}

pads! {
    CIRCULAR_PAD1D 2 "CircularPad1d(padding)" "_CircularPadNd" "circular" "nn.CircularPad1d(1)" "CircularPad1d((1, 1))";
    CIRCULAR_PAD2D 4 "CircularPad2d(padding)" "_CircularPadNd" "circular" "nn.CircularPad2d(1)" "CircularPad2d((1, 1, 1, 1))";
    CIRCULAR_PAD3D 6 "CircularPad3d(padding)" "_CircularPadNd" "circular" "nn.CircularPad3d(1)" "CircularPad3d((1, 1, 1, 1, 1, 1))";
    REFLECTION_PAD1D 2 "ReflectionPad1d(padding)" "_ReflectionPadNd" "reflect" "nn.ReflectionPad1d(1)" "ReflectionPad1d((1, 1))";
    REFLECTION_PAD2D 4 "ReflectionPad2d(padding)" "_ReflectionPadNd" "reflect" "nn.ReflectionPad2d(1)" "ReflectionPad2d((1, 1, 1, 1))";
    REFLECTION_PAD3D 6 "ReflectionPad3d(padding)" "_ReflectionPadNd" "reflect" "nn.ReflectionPad3d(1)" "ReflectionPad3d((1, 1, 1, 1, 1, 1))";
    REPLICATION_PAD1D 2 "ReplicationPad1d(padding)" "_ReplicationPadNd" "replicate" "nn.ReplicationPad1d(1)" "ReplicationPad1d((1, 1))";
    REPLICATION_PAD2D 4 "ReplicationPad2d(padding)" "_ReplicationPadNd" "replicate" "nn.ReplicationPad2d(1)" "ReplicationPad2d((1, 1, 1, 1))";
    REPLICATION_PAD3D 6 "ReplicationPad3d(padding)" "_ReplicationPadNd" "replicate" "nn.ReplicationPad3d(1)" "ReplicationPad3d((1, 1, 1, 1, 1, 1))";
    ZERO_PAD1D 2 "ZeroPad1d(padding)" "ConstantPad1d" "constant" "nn.ZeroPad1d(1)" "ZeroPad1d((1, 1))";
    ZERO_PAD2D 4 "ZeroPad2d(padding)" "ConstantPad2d" "constant" "nn.ZeroPad2d(1)" "ZeroPad2d((1, 1, 1, 1))";
    ZERO_PAD3D 6 "ZeroPad3d(padding)" "ConstantPad3d" "constant" "nn.ZeroPad3d(1)" "ZeroPad3d((1, 1, 1, 1, 1, 1))";
}

fn scale(value: Arg) -> Result<Arg> {
    Ok(match value {
        Arg::None => Arg::None,
        Arg::Tuple(items) | Arg::List(items) => {
            Arg::Tuple(items.into_iter().map(scale).collect::<Result<Vec<Arg>>>()?)
        }
        one => match one.as_scalar() {
            Some(s) => Arg::Float(s.to_f64()),
            None => bail!(
                Type,
                "float() argument must be a string or a real number, not '{}'",
                one.type_name()
            ),
        },
    })
}

/// `nn.Upsample`
pub static UPSAMPLE: Layer = Layer {
    signature: "Upsample(size=None, scale_factor=None, mode='nearest', align_corners=None, recompute_scale_factor=None)",
    doc: "Makes sequences, images or volumes larger by interpolation.",
    examples: &[(
        "nn.Upsample(scale_factor=2)",
        "Upsample(scale_factor=2.0, mode='nearest')",
    )],
    init: |a| {
        Ok(vec![
            attr("name", "Upsample"),
            attr("size", a.arg("size")),
            attr("scale_factor", scale(a.arg("scale_factor"))?),
            attr("mode", a.arg("mode")),
            attr("align_corners", a.arg("align_corners")),
            attr("recompute_scale_factor", a.arg("recompute_scale_factor")),
        ])
    },
    forward: upsample,
    extra_repr: upsample_repr,
    ..Layer::BASE
};

fn upsample(s: &dyn State, a: &Args) -> Result<Out> {
    let names = [
        "size",
        "scale_factor",
        "mode",
        "align_corners",
        "recompute_scale_factor",
    ];
    on_input("interpolate", s, a, &names)
}

fn upsample_repr(s: &dyn State) -> Result<String> {
    if let Arg::None = s.get("scale_factor")? {
        return shown(s, &["size", "mode"]);
    }
    shown(s, &["scale_factor", "mode"])
}

macro_rules! upsamplings {
    ($($STATIC:ident $signature:literal $name:literal $mode:literal $corners:expr, $example:literal $prints:literal;)*) => {$(
        #[doc = concat!("`nn.", $signature, "`")]
        pub static $STATIC: Layer = Layer {
            signature: $signature,
            doc: concat!("Makes images larger by interpolation in mode '", $mode, "'."),
            examples: &[($example, $prints)],
            init: |a| Ok(vec![
                attr("name", $name),
                attr("size", a.arg("size")),
                attr("scale_factor", scale(a.arg("scale_factor"))?),
                attr("mode", $mode),
                attr("align_corners", $corners),
                attr("recompute_scale_factor", Arg::None),
            ]),
            forward: upsample,
            extra_repr: upsample_repr,
            base: "Upsample",
            ..Layer::BASE
        };
    )*};
}

upsamplings! {
    UPSAMPLING_BILINEAR2D "UpsamplingBilinear2d(size=None, scale_factor=None)" "UpsamplingBilinear2d" "bilinear" true,
        "nn.UpsamplingBilinear2d(scale_factor=2)" "UpsamplingBilinear2d(scale_factor=2.0, mode='bilinear')";
    UPSAMPLING_NEAREST2D "UpsamplingNearest2d(size=None, scale_factor=None)" "UpsamplingNearest2d" "nearest" Arg::None,
        "nn.UpsamplingNearest2d(size=3)" "UpsamplingNearest2d(size=3, mode='nearest')";
}
