//! Pooling as layers.

use super::apply::{on_input, on_inputs, shown};
use super::conv::tuple;
use super::spec::{Fields, Layer, State, attr, attrs};
use crate::tensor::array::Result;
use crate::tensor::ops::{Arg, Args, MaxPool, Out, max_pool};

/// The arguments as attributes; a stride that was left out is the size of the window.
fn with_stride(a: &Args, names: &[&'static str]) -> Fields {
    let mut fields = attrs(a, names);
    if matches!(a.arg("stride"), Arg::None) {
        for (name, field) in &mut fields {
            if *name == "stride" {
                *field = super::spec::Field::Attr(a.arg("kernel_size"));
            }
        }
    }
    fields
}

fn max_forward(s: &dyn State, a: &Args, dims: usize) -> Result<Out> {
    let (kernel, stride) = (s.ints("kernel_size")?, s.ints("stride")?);
    let (padding, dilation) = (s.ints("padding")?, s.ints("dilation")?);
    let options = MaxPool {
        kernel: &kernel,
        stride: Some(&stride),
        padding: &padding,
        dilation: &dilation,
        ceil: s.bool("ceil_mode")?,
        indices: s.bool("return_indices")?,
    };
    max_pool(a.tensor("input")?, dims, &options)
}

macro_rules! max_pools {
    ($($STATIC:ident $dims:literal $signature:literal $doc:literal $example:literal $prints:literal;)*) => {$(
        #[doc = concat!("`nn.", $signature, "`")]
        pub static $STATIC: Layer = Layer {
            signature: $signature,
            doc: $doc,
            examples: &[($example, $prints)],
            init: |a| Ok(with_stride(a, &["kernel_size", "stride", "padding", "dilation", "return_indices", "ceil_mode"])),
            forward: |s, a| max_forward(s, a, $dims),
            extra_repr: |s| shown(s, &["kernel_size", "stride", "padding", "dilation", "ceil_mode"]),
            base: "_MaxPoolNd",
            ..Layer::BASE
        };
    )*};
}

max_pools! {
    MAX_POOL1D 1 "MaxPool1d(kernel_size, stride=None, padding=0, dilation=1, return_indices=False, ceil_mode=False)"
        "The largest element of each window of sequences."
        "nn.MaxPool1d(2)" "MaxPool1d(kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=False)";
    MAX_POOL2D 2 "MaxPool2d(kernel_size, stride=None, padding=0, dilation=1, return_indices=False, ceil_mode=False)"
        "The largest element of each window of images."
        "nn.MaxPool2d(2)" "MaxPool2d(kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=False)";
    MAX_POOL3D 3 "MaxPool3d(kernel_size, stride=None, padding=0, dilation=1, return_indices=False, ceil_mode=False)"
        "The largest element of each window of volumes."
        "nn.MaxPool3d(2)" "MaxPool3d(kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=False)";
}

/// `nn.AvgPool1d`
pub static AVG_POOL1D: Layer = Layer {
    signature: "AvgPool1d(kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True)",
    doc: "The mean of each window of sequences.",
    examples: &[(
        "nn.AvgPool1d(2)",
        "AvgPool1d(kernel_size=(2,), stride=(2,), padding=(0,))",
    )],
    init: |a| {
        let mut fields = with_stride(a, &["kernel_size", "stride", "padding"]);
        for (_, field) in &mut fields {
            if let super::spec::Field::Attr(value) = field {
                *value = tuple(value.clone(), 1);
            }
        }
        fields.extend(attrs(a, &["ceil_mode", "count_include_pad"]));
        Ok(fields)
    },
    forward: |s, a| {
        let names = [
            "kernel_size",
            "stride",
            "padding",
            "ceil_mode",
            "count_include_pad",
        ];
        on_input("avg_pool1d", s, a, &names)
    },
    extra_repr: |s| shown(s, &["kernel_size", "stride", "padding"]),
    base: "_AvgPoolNd",
    ..Layer::BASE
};

const AVERAGE: [&str; 6] = [
    "kernel_size",
    "stride",
    "padding",
    "ceil_mode",
    "count_include_pad",
    "divisor_override",
];

/// `nn.AvgPool2d`
pub static AVG_POOL2D: Layer = Layer {
    signature: "AvgPool2d(kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None)",
    doc: "The mean of each window of images.",
    examples: &[(
        "nn.AvgPool2d(2)",
        "AvgPool2d(kernel_size=2, stride=2, padding=0)",
    )],
    init: |a| Ok(with_stride(a, &AVERAGE)),
    forward: |s, a| on_input("avg_pool2d", s, a, &AVERAGE),
    extra_repr: |s| shown(s, &["kernel_size", "stride", "padding"]),
    base: "_AvgPoolNd",
    ..Layer::BASE
};

/// `nn.AvgPool3d`
pub static AVG_POOL3D: Layer = Layer {
    signature: "AvgPool3d(kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None)",
    doc: "The mean of each window of volumes.",
    examples: &[(
        "nn.AvgPool3d(2)",
        "AvgPool3d(kernel_size=2, stride=2, padding=0)",
    )],
    init: |a| Ok(with_stride(a, &AVERAGE)),
    forward: |s, a| on_input("avg_pool3d", s, a, &AVERAGE),
    extra_repr: |s| shown(s, &["kernel_size", "stride", "padding"]),
    base: "_AvgPoolNd",
    ..Layer::BASE
};

plain_layers! {
    ADAPTIVE_AVG_POOL1D "AdaptiveAvgPool1d(output_size)" "_AdaptiveAvgPoolNd" "adaptive_avg_pool1d" ["output_size"] ["output_size"]
        "The means of as many windows as the output is to have." ("nn.AdaptiveAvgPool1d(3)", "AdaptiveAvgPool1d(output_size=3)");
    ADAPTIVE_AVG_POOL2D "AdaptiveAvgPool2d(output_size)" "_AdaptiveAvgPoolNd" "adaptive_avg_pool2d" ["output_size"] ["output_size"]
        "The means of as many windows as the output is to have." ("nn.AdaptiveAvgPool2d(1)", "AdaptiveAvgPool2d(output_size=1)");
    ADAPTIVE_AVG_POOL3D "AdaptiveAvgPool3d(output_size)" "_AdaptiveAvgPoolNd" "adaptive_avg_pool3d" ["output_size"] ["output_size"]
        "The means of as many windows as the output is to have." ("nn.AdaptiveAvgPool3d(1)", "AdaptiveAvgPool3d(output_size=1)");
    ADAPTIVE_MAX_POOL1D "AdaptiveMaxPool1d(output_size, return_indices=False)" "_AdaptiveMaxPoolNd" "adaptive_max_pool1d"
        ["output_size" "return_indices"] ["output_size"]
        "The largest elements of as many windows as the output is to have." ("nn.AdaptiveMaxPool1d(3)", "AdaptiveMaxPool1d(output_size=3)");
    ADAPTIVE_MAX_POOL2D "AdaptiveMaxPool2d(output_size, return_indices=False)" "_AdaptiveMaxPoolNd" "adaptive_max_pool2d"
        ["output_size" "return_indices"] ["output_size"]
        "The largest elements of as many windows as the output is to have." ("nn.AdaptiveMaxPool2d(3)", "AdaptiveMaxPool2d(output_size=3)");
    ADAPTIVE_MAX_POOL3D "AdaptiveMaxPool3d(output_size, return_indices=False)" "_AdaptiveMaxPoolNd" "adaptive_max_pool3d"
        ["output_size" "return_indices"] ["output_size"]
        "The largest elements of as many windows as the output is to have." ("nn.AdaptiveMaxPool3d(3)", "AdaptiveMaxPool3d(output_size=3)");
    LP_POOL1D "LPPool1d(norm_type, kernel_size, stride=None, ceil_mode=False)" "_LPPoolNd" "lp_pool1d"
        ["norm_type" "kernel_size" "stride" "ceil_mode"] ["norm_type" "kernel_size" "stride" "ceil_mode"]
        "The p-norm of each window of sequences." ("nn.LPPool1d(2, 3)", "LPPool1d(norm_type=2, kernel_size=3, stride=None, ceil_mode=False)");
    LP_POOL2D "LPPool2d(norm_type, kernel_size, stride=None, ceil_mode=False)" "_LPPoolNd" "lp_pool2d"
        ["norm_type" "kernel_size" "stride" "ceil_mode"] ["norm_type" "kernel_size" "stride" "ceil_mode"]
        "The p-norm of each window of images." ("nn.LPPool2d(2, 3)", "LPPool2d(norm_type=2, kernel_size=3, stride=None, ceil_mode=False)");
    LP_POOL3D "LPPool3d(norm_type, kernel_size, stride=None, ceil_mode=False)" "_LPPoolNd" "lp_pool3d"
        ["norm_type" "kernel_size" "stride" "ceil_mode"] ["norm_type" "kernel_size" "stride" "ceil_mode"]
        "The p-norm of each window of volumes." ("nn.LPPool3d(2, 3)", "LPPool3d(norm_type=2, kernel_size=3, stride=None, ceil_mode=False)");
}

macro_rules! max_unpools {
    ($($STATIC:ident $dims:literal $signature:literal $op:literal $example:literal $prints:literal;)*) => {$(
        #[doc = concat!("`nn.", $signature, "`")]
        pub static $STATIC: Layer = Layer {
            signature: $signature,
            doc: "Puts the results of a max pooling back to their places, among zeros.",
            examples: &[($example, $prints)],
            init: |a| {
                let stride = match a.arg("stride") {
                    Arg::None => a.arg("kernel_size"),
                    given => given,
                };
                Ok(vec![
                    attr("kernel_size", tuple(a.arg("kernel_size"), $dims)),
                    attr("stride", tuple(stride, $dims)),
                    attr("padding", tuple(a.arg("padding"), $dims)),
                ])
            },
            forward_signature: "forward(input, indices, output_size=None)",
            forward: |s, a| {
                let names = ["input", "indices"];
                if let Arg::None = a.arg("output_size") {
                    return on_inputs($op, s, a, &names, &["kernel_size", "stride", "padding"]);
                }
                let args = [
                    a.arg("input"),
                    a.arg("indices"),
                    s.get("kernel_size")?,
                    s.get("stride")?,
                    s.get("padding")?,
                    a.arg("output_size"),
                ];
                super::apply::call($op, args, s, &[])
            },
            extra_repr: |s| shown(s, &["kernel_size", "stride", "padding"]),
            base: "_MaxUnpoolNd",
            ..Layer::BASE
        };
    )*};
}

max_unpools! {
    MAX_UNPOOL1D 1 "MaxUnpool1d(kernel_size, stride=None, padding=0)" "max_unpool1d"
        "nn.MaxUnpool1d(2)" "MaxUnpool1d(kernel_size=(2,), stride=(2,), padding=(0,))";
    MAX_UNPOOL2D 2 "MaxUnpool2d(kernel_size, stride=None, padding=0)" "max_unpool2d"
        "nn.MaxUnpool2d(2)" "MaxUnpool2d(kernel_size=(2, 2), stride=(2, 2), padding=(0, 0))";
    MAX_UNPOOL3D 3 "MaxUnpool3d(kernel_size, stride=None, padding=0)" "max_unpool3d"
        "nn.MaxUnpool3d(2)" "MaxUnpool3d(kernel_size=(2, 2, 2), stride=(2, 2, 2), padding=(0, 0, 0))";
}
