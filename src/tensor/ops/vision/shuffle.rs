//! `pixel_shuffle`, `pixel_unshuffle` and `channel_shuffle`: channels and pixels exchanged.

use crate::tensor::array::error::ensure;
use crate::tensor::array::layout::show;
use crate::tensor::array::{Dims, Result};
use crate::tensor::core::{Tensor, record};
use crate::tensor::ops::args::Arg;
use crate::tensor::ops::samples::sample;
use crate::tensor::ops::spec::{FUNCTION, FUNCTIONAL, Op};

/// `torch.pixel_shuffle`
pub static PIXEL_SHUFFLE: Op = Op {
    signature: "pixel_shuffle(input, upscale_factor) -> Tensor",
    faces: FUNCTION | FUNCTIONAL,
    doc: "Turns each group of channels into a square of pixels.",
    examples: &[(
        "F.pixel_shuffle(torch.arange(4.).view(1, 4, 1, 1), 2)",
        "tensor([[[[0., 1.],\n          [2., 3.]]]])",
    )],
    samples: |m| vec![sample([m.tensor(&[1, 8, 2, 3]).into(), Arg::Int(2)])],
    call: |a| {
        let (x, r) = (a.tensor("input")?, a.int("upscale_factor")?);
        let shape = x.shape();
        let n = shape.len();
        ensure!(
            n >= 3,
            "pixel_shuffle expects input to have at least 3 dimensions, but got input with {n} dimension(s)"
        );
        ensure!(
            r > 0,
            "pixel_shuffle expects a positive upscale_factor, but got {r}"
        );
        let (r, c) = (r as usize, shape[n - 3]);
        ensure!(
            c % (r * r) == 0,
            "pixel_shuffle expects its input's 'channel' dimension to be divisible by the square of upscale_factor, but input.size(-3)={c} is not divisible by {}",
            r * r
        );
        let batch: usize = shape[..n - 3].iter().product();
        let (h, w) = (shape[n - 2], shape[n - 1]);
        let mut to = Dims::from_slice(&shape[..n - 3]);
        to.extend([c / (r * r), h * r, w * r]);
        let plan = Plan {
            cut: vec![batch, c / (r * r), r, r, h, w],
            order: vec![0, 1, 4, 2, 5, 3],
            to,
        };
        Ok(rearrange("PixelShuffleBackward0", x, plan)?.into())
    },
    ..Op::BASE
};

/// `torch.pixel_unshuffle`
pub static PIXEL_UNSHUFFLE: Op = Op {
    signature: "pixel_unshuffle(input, downscale_factor) -> Tensor",
    faces: FUNCTION | FUNCTIONAL,
    doc: "Turns each square of pixels into channels.",
    examples: &[(
        "F.pixel_unshuffle(torch.arange(4.).view(1, 1, 2, 2), 2).flatten()",
        "tensor([0., 1., 2., 3.])",
    )],
    samples: |m| vec![sample([m.tensor(&[1, 2, 4, 6]).into(), Arg::Int(2)])],
    call: |a| {
        let (x, r) = (a.tensor("input")?, a.int("downscale_factor")?);
        let shape = x.shape();
        let n = shape.len();
        ensure!(
            n >= 3,
            "pixel_unshuffle expects input to have at least 3 dimensions, but got input with {n} dimension(s)"
        );
        ensure!(
            r > 0,
            "pixel_unshuffle expects a positive downscale_factor, but got {r}"
        );
        let r = r as usize;
        let (c, h, w) = (shape[n - 3], shape[n - 2], shape[n - 1]);
        ensure!(
            h % r == 0,
            "pixel_unshuffle expects height to be divisible by downscale_factor, but input.size(-2)={h} is not divisible by {r}"
        );
        ensure!(
            w % r == 0,
            "pixel_unshuffle expects width to be divisible by downscale_factor, but input.size(-1)={w} is not divisible by {r}"
        );
        let batch: usize = shape[..n - 3].iter().product();
        let mut to = Dims::from_slice(&shape[..n - 3]);
        to.extend([c * r * r, h / r, w / r]);
        let plan = Plan {
            cut: vec![batch, c, h / r, r, w / r, r],
            order: vec![0, 1, 3, 5, 2, 4],
            to,
        };
        Ok(rearrange("PixelUnshuffleBackward0", x, plan)?.into())
    },
    ..Op::BASE
};

/// `torch.channel_shuffle`
pub static CHANNEL_SHUFFLE: Op = Op {
    signature: "channel_shuffle(input, groups) -> Tensor",
    faces: FUNCTION | FUNCTIONAL,
    doc: "Deals the channels of several groups out in turn.",
    examples: &[(
        "F.channel_shuffle(torch.arange(4.).view(1, 4, 1), 2).flatten()",
        "tensor([0., 2., 1., 3.])",
    )],
    samples: |m| vec![sample([m.tensor(&[1, 4, 2, 2]).into(), Arg::Int(2)])],
    call: |a| {
        let (x, groups) = (a.tensor("input")?, a.int("groups")?);
        let shape = x.shape();
        ensure!(
            shape.len() > 2,
            "channel_shuffle expects input with > 2 dims, but got input with sizes {}",
            show(&shape)
        );
        ensure!(
            groups > 0,
            "Number of groups to divide channels in must be positive. Value of groups:{groups}"
        );
        let (groups, c) = (groups as usize, shape[1]);
        ensure!(
            c % groups == 0,
            "Number of channels must be divisible by groups. Got {c} channels and {groups} groups."
        );
        let inner = shape[2..].iter().product();
        let plan = Plan {
            cut: vec![shape[0], groups, c / groups, inner],
            order: vec![0, 2, 1, 3],
            to: shape,
        };
        Ok(rearrange("ChannelShuffleBackward0", x, plan)?.into())
    },
    ..Op::BASE
};

/// A tensor seen in the shape `cut`, with the dimensions in another order, joined to the shape `to`.
#[derive(Clone)]
struct Plan {
    cut: Vec<usize>,
    order: Vec<usize>,
    to: Dims,
}

fn rearrange(name: &'static str, x: &Tensor, plan: Plan) -> Result<Tensor> {
    let from = x.shape();
    let out = x
        .array()
        .reshape(&plan.cut)?
        .permute(&plan.order)
        .contiguous()?
        .reshape(&plan.to)?;
    Ok(record(name, [x], out, (), move |g, (), _| {
        let mut back = vec![0; plan.order.len()];
        plan.order
            .iter()
            .enumerate()
            .for_each(|(i, d)| back[*d] = i);
        let cut = plan.order.iter().map(|d| plan.cut[*d]).collect();
        let plan = Plan {
            cut,
            order: back,
            to: from.clone(),
        };
        Ok([Some(rearrange(name, g, plan)?)])
    }))
}
