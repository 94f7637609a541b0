//! `pad`: borders of a constant, or of the tensor's own elements.

use crate::tensor::array::error::{bail, ensure};
use crate::tensor::array::layout::show;
use crate::tensor::array::{Array, Dims, Result, Scalar, kernels};
use crate::tensor::core::record::flat_in;
use crate::tensor::core::{Saved, Tensor, record};
use crate::tensor::ops::args::{Arg, Out};
use crate::tensor::ops::samples::sample;
use crate::tensor::ops::spec::{FUNCTION, FUNCTIONAL, Op};

/// `torch.nn.functional.pad`
pub static PAD: Op = Op {
    signature: "pad(input, pad, mode='constant', value=None) -> Tensor",
    faces: FUNCTIONAL,
    doc: "Adds borders: `pad` gives (before, after) for the last dimension, then for the one before it, and so on; `mode` is 'constant', 'reflect', 'replicate' or 'circular'.",
    examples: &[
        (
            "F.pad(torch.tensor([1, 2]), (1, 2))",
            "tensor([0, 1, 2, 0, 0])",
        ),
        (
            "F.pad(torch.tensor([[1., 2., 3.]]), (1, 1), mode='reflect')",
            "tensor([[2., 1., 2., 3., 2.]])",
        ),
    ],
    samples: |m| {
        let x = m.tensor(&[2, 3, 4]);
        let both: Arg = vec![1i64, 2].into();
        let mut all = vec![
            sample([x.clone().into(), vec![1i64, 0, 2, 1].into()]),
            sample([x.clone().into(), vec![-1i64, 2].into()]),
        ];
        if m.dtype.is_floating_point() {
            for mode in ["reflect", "replicate", "circular"] {
                all.push(sample([x.clone().into(), both.clone(), Arg::from(mode)]));
            }
        }
        all
    },
    call: |a| {
        let (x, pad) = (a.tensor("input")?, a.ints("pad")?);
        let value = a.opt_scalar("value")?;
        Ok(super::pad::pad(x, &pad, a.str("mode")?, value)?.into())
    },
    ..Op::BASE
};

/// `torch.constant_pad_nd`
pub static CONSTANT_PAD_ND: Op = Op {
    signature: "constant_pad_nd(input, pad, value=0) -> Tensor",
    faces: FUNCTION,
    doc: "Adds borders of one value.",
    examples: &[(
        "torch.constant_pad_nd(torch.tensor([1]), (1, 0), 5)",
        "tensor([5, 1])",
    )],
    samples: |m| {
        vec![sample([
            m.tensor(&[2, 3]).into(),
            vec![1i64, 0, 2, 1].into(),
        ])]
    },
    call: |a| {
        let (x, pad) = (a.tensor("input")?, a.ints("pad")?);
        Ok(Out::from(constant_pad(x, &pad, a.scalar("value")?)?))
    },
    ..Op::BASE
};

/// `torch.nn.functional.pad`
pub fn pad(x: &Tensor, pad: &[i64], mode: &str, value: Option<Scalar>) -> Result<Tensor> {
    if mode == "constant" {
        return constant_pad(x, pad, value.unwrap_or(Scalar::Int(0)));
    }
    ensure!(
        pad.len().is_multiple_of(2),
        "Padding length must be divisible by 2"
    );
    ensure!(
        pad.len() <= 2 * x.ndim(),
        "Padding length should be less than or equal to two times the input dimension but got padding length {} and input of dimension {}",
        pad.len(),
        x.ndim()
    );
    ensure!(
        value.is_none_or(|v| v.to_f64() == 0.0),
        "Padding mode \"{mode}\" doesn't take in value argument"
    );
    let border = match mode {
        "reflect" => Border::Reflect,
        "replicate" => Border::Replicate,
        "circular" => Border::Circular,
        other => bail!(NotImplemented, "Unrecognised padding mode {other}"),
    };
    let (n, dims) = (pad.len(), x.ndim());
    ensure!(
        matches!((n, dims), (2, 2 | 3) | (4, 3 | 4) | (6, 4 | 5)),
        NotImplemented,
        "Padding size {n} is not supported for {dims}D input tensor.\nSupported combinations for non-constant padding:\n  - 2D or 3D input: padding size = 2 (pads last dimension)\n  - 3D or 4D input: padding size = 4 (pads last 2 dimensions)\n  - 4D or 5D input: padding size = 6 (pads last 3 dimensions)"
    );
    bordered(x, pad, border)
}

/// `torch.constant_pad_nd`
pub fn constant_pad(x: &Tensor, pad: &[i64], value: Scalar) -> Result<Tensor> {
    let shape = x.shape();
    ensure!(
        pad.len().is_multiple_of(2),
        "Padding length must be divisible by 2"
    );
    ensure!(
        pad.len() / 2 <= shape.len(),
        "Padding length should be less than or equal to two times the input dimension but got padding length {} and input of dimension {}",
        pad.len(),
        shape.len()
    );
    let mut sizes = shape.clone();
    for (i, both) in pad.chunks_exact(2).enumerate() {
        let d = shape.len() - 1 - i;
        let size = shape[d] as i64 + both[0] + both[1];
        ensure!(
            size >= 0 && shape[d] as i64 + both[0].min(0) + both[1].min(0) >= 0,
            "narrow(): length must be non-negative."
        );
        sizes[d] = size as usize;
    }
    let out = Array::full(&sizes, value, x.dtype())?;
    let (mut from, mut to) = (x.array().layout().clone(), out.layout().clone());
    for (i, both) in pad.chunks_exact(2).enumerate() {
        let d = shape.len() - 1 - i;
        let (before, after) = (both[0], both[1]);
        // A negative border cuts off.
        let cut = (-before).max(0) as usize;
        let len = (shape[d] as i64 + before.min(0) + after.min(0)).max(0) as usize;
        from = from.slice(d, cut, len, 1);
        to = to.slice(d, before.max(0) as usize, len, 1);
    }
    out.with_layout(to).assign(&x.array().with_layout(from))?;
    let back: Vec<i64> = pad.iter().map(|p| -p).collect();
    Ok(record(
        "ConstantPadNdBackward0",
        [x],
        out,
        (),
        move |g, (), _| Ok([Some(constant_pad(g, &back, Scalar::Int(0))?)]),
    ))
}

#[derive(Clone, Copy)]
enum Border {
    Reflect,
    Replicate,
    Circular,
}

/// For each index of a bordered dimension, the index that it shows.
fn sources(size: usize, before: i64, after: i64, border: Border) -> Vec<usize> {
    let n = size as i64;
    (-before..n + after)
        .map(|i| match border {
            Border::Replicate => i.clamp(0, n - 1),
            // What a negative border cuts off does not come round again.
            Border::Circular => {
                let (low, high) = ((-before).max(0), n - (-after).max(0));
                low + (i - low).rem_euclid((high - low).max(1))
            }
            Border::Reflect if i < 0 => -i,
            Border::Reflect if i >= n => 2 * (n - 1) - i,
            Border::Reflect => i,
        } as usize)
        .collect()
}

fn check(shape: &[usize], pad: &[i64], border: Border) -> Result<()> {
    for (i, both) in pad.chunks_exact(2).enumerate() {
        let d = shape.len() - 1 - i;
        let n = shape[d] as i64;
        match border {
            Border::Reflect => ensure!(
                both[0] < n && both[1] < n,
                "Argument #{}: Padding size should be less than the corresponding input dimension, but got: padding ({}, {}) at dimension {d} of input {}",
                4 + 2 * i,
                both[0],
                both[1],
                show(shape)
            ),
            Border::Circular => ensure!(
                both[0] <= n && both[1] <= n,
                "Padding value causes wrapping around more than once."
            ),
            Border::Replicate => {}
        }
        ensure!(
            n + both[0] + both[1] > 0 && n > 0,
            "input (size: {n}) is too small for the padding ({}, {})",
            both[0],
            both[1]
        );
    }
    Ok(())
}

fn bordered(x: &Tensor, pad: &[i64], border: Border) -> Result<Tensor> {
    let shape = x.shape();
    check(&shape, pad, border)?;
    let maps: Vec<Vec<usize>> = shape
        .iter()
        .enumerate()
        .map(
            |(d, n)| match pad.chunks_exact(2).nth(shape.len() - 1 - d) {
                Some(both) => sources(*n, both[0], both[1], border),
                None => (0..*n).collect(),
            },
        )
        .collect();
    let name = match (border, pad.len()) {
        (Border::Reflect, 2) => "ReflectionPad1DBackward0",
        (Border::Reflect, 4) => "ReflectionPad2DBackward0",
        (Border::Reflect, _) => "ReflectionPad3DBackward0",
        (Border::Replicate, 2) => "ReplicationPad1DBackward0",
        (Border::Replicate, 4) => "ReplicationPad2DBackward0",
        (Border::Replicate, _) => "ReplicationPad3DBackward0",
        (Border::Circular, _) => "CopySlices",
    };
    gather(name, x, maps)
}

/// The tensor whose element at `(i, j, ...)` is `x[maps[0][i], maps[1][j], ...]`.
fn gather(name: &'static str, x: &Tensor, maps: Vec<Vec<usize>>) -> Result<Tensor> {
    let shape: Dims = maps.iter().map(Vec::len).collect();
    let from = x.shape();
    let places = places(&from, &maps);
    let array = x.array().contiguous()?;
    let start = array.layout().offset;
    let places: Vec<usize> = places.into_iter().map(|p| start + p).collect();
    let out = kernels::copy::at_places(&array, &places, &shape)?;
    // A border that goes round is a copy; the others look at the input again.
    let kept = (name.starts_with("Re")).then(|| Saved::input(x));
    Ok(record(name, [x], out, kept, move |g, x, c| {
        let back = scatter(g, &from, maps.clone())?;
        Ok([Some(match x {
            Some(x) => flat_in(back, &c.get(x)?),
            None => back,
        })])
    }))
}

/// The other way round: adds each element of `g` to the place that it came from.
fn scatter(g: &Tensor, shape: &[usize], maps: Vec<Vec<usize>>) -> Result<Tensor> {
    let places = places(shape, &maps);
    let array = g.array().contiguous()?;
    let out = Array::zeros(shape, array.dtype())?;
    dispatch_number!(array.dtype(), T => {
        let (gs, mut all) = (array.slice::<T>(), out.slice_mut::<T>());
        for (p, v) in places.iter().zip(gs.iter()) {
            all[*p] = crate::tensor::array::Number::plus(all[*p], *v);
        }
    }, bool => {});
    Ok(record(
        "PadBackwardBackward0",
        [g],
        out,
        (),
        move |h, (), _| Ok([Some(gather("PadBackward0", h, maps.clone())?)]),
    ))
}

/// The place in a contiguous tensor of this shape that each element of the result shows.
fn places(shape: &[usize], maps: &[Vec<usize>]) -> Vec<usize> {
    let strides = crate::tensor::array::layout::contiguous_strides(shape);
    let mut out = vec![0];
    for (map, stride) in maps.iter().zip(&strides) {
        out = out
            .iter()
            .flat_map(|start| map.iter().map(move |i| start + i * stride))
            .collect();
    }
    out
}
