//! The sizes of a convolution. One and two dimensional ones are three dimensional with sizes of 1 in front.

use crate::tensor::array::error::{bail, ensure};
use crate::tensor::array::layout::show;
use crate::tensor::array::{Dims, Result};

/// Three spatial sizes: depth, height, width.
pub(super) type Sizes = [usize; 3];

/// Everything about the shape of a convolution from `input` to `output`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Geometry {
    /// Spatial dimensions: 1, 2 or 3.
    pub(super) dims: usize,
    /// Images.
    pub(super) batch: usize,
    /// Groups that do not mix.
    pub(super) groups: usize,
    /// Channels of the input, all groups together.
    pub(super) channels_in: usize,
    /// Channels of the output, all groups together.
    pub(super) channels_out: usize,
    /// Spatial size of the input.
    pub(super) input: Sizes,
    /// Spatial size of the output.
    pub(super) output: Sizes,
    /// Size of the kernel.
    pub(super) kernel: Sizes,
    /// Steps between places of the kernel.
    pub(super) stride: Sizes,
    /// Zeros on both sides of the input.
    pub(super) padding: Sizes,
    /// Steps inside the kernel.
    pub(super) dilation: Sizes,
}

fn product(s: &Sizes) -> usize {
    s[0] * s[1] * s[2]
}

impl Geometry {
    /// Elements of a channel of the input.
    pub(super) fn input_plane(&self) -> usize {
        product(&self.input)
    }

    /// Elements of a channel of the output.
    pub(super) fn output_plane(&self) -> usize {
        product(&self.output)
    }

    /// Elements of a kernel for one channel.
    pub(super) fn taps(&self) -> usize {
        product(&self.kernel)
    }

    /// Channels of a group of the input.
    pub(super) fn group_in(&self) -> usize {
        self.channels_in / self.groups
    }

    /// Channels of a group of the output.
    pub(super) fn group_out(&self) -> usize {
        self.channels_out / self.groups
    }

    /// The shape of the input.
    pub(super) fn input_shape(&self) -> Dims {
        self.shape(self.batch, self.channels_in, &self.input)
    }

    /// The shape of the output.
    pub(super) fn output_shape(&self) -> Dims {
        self.shape(self.batch, self.channels_out, &self.output)
    }

    /// The shape of the weights.
    pub(super) fn weight_shape(&self) -> Dims {
        self.shape(self.channels_out, self.group_in(), &self.kernel)
    }

    /// The convolution with the turned kernel that makes the input's gradient from the output's; none with strides, or
    /// with more padding than the kernel reaches.
    pub(super) fn turned(&self) -> Option<Geometry> {
        let mut padding = [0; 3];
        for (d, p) in padding.iter_mut().enumerate() {
            let reach = self.kernel[d].checked_sub(1)? * self.dilation[d];
            *p = reach.checked_sub(self.padding[d])?;
        }
        (self.stride == [1; 3]).then_some(Geometry {
            channels_in: self.channels_out,
            channels_out: self.channels_in,
            input: self.output,
            output: self.input,
            padding,
            ..*self
        })
    }

    fn shape(&self, a: usize, b: usize, rest: &Sizes) -> Dims {
        let mut out = Dims::from_slice(&[a, b]);
        out.extend_from_slice(&rest[3 - self.dims..]);
        out
    }

    /// Multiply-adds of one pass.
    pub(super) fn work(&self) -> usize {
        self.batch * self.channels_out * self.output_plane() * self.group_in() * self.taps()
    }
}

/// The last spatial sizes of a shape, with ones in front.
pub(super) fn spatial(shape: &[usize], dims: usize) -> Sizes {
    let mut out = [1; 3];
    out[3 - dims..].copy_from_slice(&shape[shape.len() - dims..]);
    out
}

/// One number for each dimension, given as one for all or one each.
pub(super) fn each(name: &str, given: &[i64], dims: usize, fill: i64) -> Result<[i64; 3]> {
    ensure!(
        given.len() == 1 || given.len() == dims,
        "expected {name} to be a single integer value or a list of {dims} values to match the convolution dimensions, but got {name}={}",
        show(given)
    );
    let mut out = [fill; 3];
    for (i, o) in out[3 - dims..].iter_mut().enumerate() {
        *o = given[if given.len() == 1 { 0 } else { i }];
    }
    Ok(out)
}

/// The numbers of a call, in the spatial dimensions.
#[derive(Clone, Copy, Debug)]
pub(super) struct Options {
    pub(super) dims: usize,
    pub(super) stride: [i64; 3],
    pub(super) padding: [i64; 3],
    pub(super) dilation: [i64; 3],
    pub(super) output_padding: [i64; 3],
    pub(super) groups: i64,
}

impl Options {
    /// Refuses numbers out of range (`_convolution` in `ATen/native/Convolution.cpp`).
    pub(super) fn check(&self) -> Result<()> {
        ensure!(
            self.padding.iter().all(|p| *p >= 0),
            "negative padding is not supported"
        );
        ensure!(
            self.stride.iter().all(|s| *s > 0),
            "non-positive stride is not supported"
        );
        ensure!(
            self.dilation.iter().all(|d| *d >= 0),
            "dilation should be greater than zero"
        );
        ensure!(
            !self.dilation.contains(&0),
            "non-positive dilation is not supported"
        );
        ensure!(self.groups > 0, "non-positive groups is not supported");
        Ok(())
    }

    fn unsigned(&self, s: &[i64; 3]) -> Sizes {
        s.map(|v| v as usize)
    }
}

/// What both directions ask of weights, bias and input (`check_shape_forward`).
fn check_groups(weight: &[usize], groups: usize) -> Result<()> {
    ensure!(
        weight[0] >= groups,
        "Given groups={groups}, expected weight to be at least {groups} at dimension 0, but got weight of size {} instead",
        show(weight)
    );
    ensure!(
        weight[0].is_multiple_of(groups),
        "Given groups={groups}, expected weight to be divisible by {groups} at dimension 0, but got weight of size [{}] instead",
        show(weight)
    );
    Ok(())
}

fn by(sizes: &[i64]) -> String {
    let parts: Vec<String> = sizes.iter().map(i64::to_string).collect();
    parts.join(" x ")
}

/// The geometry of a convolution of `x` with `weight`.
pub(super) fn forward(
    x: &[usize],
    weight: &[usize],
    bias: Option<&[usize]>,
    o: &Options,
) -> Result<Geometry> {
    o.check()?;
    let groups = o.groups as usize;
    check_groups(weight, groups)?;
    ensure!(
        x[1] == weight[1] * groups,
        "Given groups={groups}, weight of size {}, expected input{} to have {} channels, but got {} channels instead",
        show(weight),
        show(x),
        weight[1] * groups,
        x[1]
    );
    check_bias(weight, bias, weight[0])?;
    let (input, kernel) = (spatial(x, o.dims), spatial(weight, o.dims));
    let mut output = [1; 3];
    let mut fits = true;
    ensure!(
        !kernel.contains(&0),
        "could not create a primitive descriptor for the convolution forward propagation primitive. Run workload with environment variable ONEDNN_VERBOSE=all to get additional diagnostic information."
    );
    for d in 0..3 {
        let padded = input[d] as i64 + 2 * o.padding[d];
        let reach = o.dilation[d] * (kernel[d] as i64 - 1) + 1;
        fits &= padded >= reach;
        output[d] = ((padded - reach) / o.stride[d] + 1).max(0) as usize;
    }
    if !fits {
        let first = 3 - o.dims;
        let padded: Vec<i64> = (first..3)
            .map(|d| input[d] as i64 + 2 * o.padding[d])
            .collect();
        let reach: Vec<i64> = (first..3)
            .map(|d| o.dilation[d] * (kernel[d] as i64 - 1) + 1)
            .collect();
        bail!(
            "Calculated padded input size per channel: ({}). Kernel size: ({}). Kernel size can't be greater than actual input size",
            by(&padded),
            by(&reach)
        );
    }
    Ok(Geometry {
        dims: o.dims,
        batch: x[0],
        groups,
        channels_in: x[1],
        channels_out: weight[0],
        input,
        output,
        kernel,
        stride: o.unsigned(&o.stride),
        padding: o.unsigned(&o.padding),
        dilation: o.unsigned(&o.dilation),
    })
}

fn check_bias(weight: &[usize], bias: Option<&[usize]>, channels: usize) -> Result<()> {
    ensure!(
        bias.is_none_or(|b| b == [channels]),
        "Given {}weight of size {}, expected bias to be 1-dimensional with {channels} elements, but got bias of size {} instead",
        if channels == weight[0] {
            ""
        } else {
            "transposed=1, "
        },
        show(weight),
        show(bias.unwrap_or_default())
    );
    Ok(())
}

/// The geometry of the convolution that a transposed one turns round: its output is `x`.
pub(super) fn transposed(
    x: &[usize],
    weight: &[usize],
    bias: Option<&[usize]>,
    o: &Options,
) -> Result<Geometry> {
    o.check()?;
    let groups = o.groups as usize;
    check_groups(weight, groups)?;
    ensure!(
        x[1] == weight[0],
        "Given transposed=1, weight of size {}, expected input{} to have {} channels, but got {} channels instead",
        show(weight),
        show(x),
        weight[0],
        x[1]
    );
    check_bias(weight, bias, weight[1] * groups)?;
    let (output, kernel) = (spatial(x, o.dims), spatial(weight, o.dims));
    let mut input = [1; 3];
    for d in 3 - o.dims..3 {
        ensure!(
            o.output_padding[d] < o.stride[d] || o.output_padding[d] < o.dilation[d],
            "{}",
            output_padding_message(o)
        );
        let size = (output[d] as i64 - 1) * o.stride[d] - 2 * o.padding[d]
            + o.dilation[d] * (kernel[d] as i64 - 1)
            + o.output_padding[d]
            + 1;
        ensure!(
            size > 0,
            "Given input size per channel: ({}). Calculated output size per channel: ({size}). Output size is too small",
            by(&output.map(|v| v as i64)[3 - o.dims..])
        );
        input[d] = size as usize;
    }
    Ok(Geometry {
        dims: o.dims,
        batch: x[0],
        groups,
        channels_in: weight[1] * groups,
        channels_out: weight[0],
        input,
        output,
        kernel,
        stride: o.unsigned(&o.stride),
        padding: o.unsigned(&o.padding),
        dilation: o.unsigned(&o.dilation),
    })
}

fn output_padding_message(o: &Options) -> String {
    let names: &[&str] = match o.dims {
        3 => &["depth", "height", "width"],
        _ => &["height", "width"],
    };
    let from = 3 - names.len();
    let part = |what: &str, s: &[i64; 3]| -> Vec<String> {
        let each = names.iter().zip(&s[from..]);
        each.map(|(n, v)| format!("{what}_{n}: {v}")).collect()
    };
    let mut all = part("output_padding", &o.output_padding);
    all.extend(part("stride", &o.stride));
    all.extend(part("dilation", &o.dilation));
    format!(
        "output padding must be smaller than either stride or dilation, but got {}",
        all.join(" ")
    )
}
