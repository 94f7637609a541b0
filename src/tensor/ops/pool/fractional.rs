//! `fractional_max_pool`: max pooling whose windows lie at irregular places, drawn for each channel.

use std::rc::Rc;

use super::places::{Planes, widen};
use super::window::each;
use crate::tensor::array::error::{bail, ensure};
use crate::tensor::array::{Array, Dims, Element, Result};
use crate::tensor::core::generator::default_generator;
use crate::tensor::core::record::flat_in;
use crate::tensor::core::{Saved, Tensor, record};
use crate::tensor::ops::args::{Arg, Args, Out};
use crate::tensor::ops::rand;
use crate::tensor::ops::samples::{Make, Sample, sample};
use crate::tensor::ops::spec::{FUNCTIONAL, spatial_ops};

fn samples(m: &Make, dims: usize) -> Vec<Sample> {
    if !m.dtype.is_floating_point() {
        return Vec::new();
    }
    let mut shape = vec![1, 2];
    shape.extend(vec![5; dims]);
    let places = m.between(&[1, 2, dims], 0.1, 0.9);
    vec![
        sample([m.distinct(&shape).into(), Arg::Int(2), Arg::Int(3)])
            .with("_random_samples", places.detach())
            .rough(),
    ]
}

const DRAWN: &str = "The largest elements of windows at places that are drawn for each channel.";

spatial_ops! {
    samples, call;
    FRACTIONAL_MAX_POOL2D 2 FUNCTIONAL, "fractional_max_pool2d(input, kernel_size, output_size=None, output_ratio=None, return_indices=False, _random_samples=None) -> Tensor"
        DRAWN "F.fractional_max_pool2d(torch.ones(1, 5, 5), 2, output_size=3).shape" "torch.Size([1, 3, 3])";
    FRACTIONAL_MAX_POOL3D 3 FUNCTIONAL, "fractional_max_pool3d(input, kernel_size, output_size=None, output_ratio=None, return_indices=False, _random_samples=None) -> Tensor"
        DRAWN "F.fractional_max_pool3d(torch.ones(1, 5, 5, 5), 2, output_size=3).shape" "torch.Size([1, 3, 3, 3])";
}

/// The sizes of the output, given or as shares of the input's.
fn output(a: &Args, op: &str, spatial: &[usize]) -> Result<Vec<usize>> {
    let dims = spatial.len();
    if let Some(sizes) = a.opt_ints("output_size")? {
        let word = ["", "one", "two", "three"][dims];
        let sizes = each(op, "output_size", &sizes, dims, word)?;
        return Ok(sizes.iter().map(|n| (*n).max(0) as usize).collect());
    }
    let ratio = a.arg("output_ratio");
    let ratios: Vec<f64> = match (&ratio, ratio.items()) {
        (Arg::None, _) => bail!(
            Value,
            "{op} requires specifying either an output_size or an output_ratio"
        ),
        (_, Some(items)) => items
            .iter()
            .filter_map(|item| item.as_scalar().map(|s| s.to_f64()))
            .collect(),
        (other, None) => bail!(Type, "object of type '{}' has no len()", other.type_name()),
    };
    ensure!(
        ratios.len() == dims,
        Value,
        "{op} requires output_ratio to either be a single Int or tuple of Ints."
    );
    let sized = spatial.iter().zip(&ratios);
    Ok(sized.map(|(n, r)| (*n as f64 * r) as usize).collect())
}

fn call(a: &Args, dims: usize) -> Result<Out> {
    let x = a.tensor("input")?;
    let op = format!("fractional_max_pool{dims}d");
    let shape = x.shape();
    ensure!(
        shape.len() == dims + 1 || shape.len() == dims + 2,
        Index,
        "Dimension out of range (expected to be in range of [-{n}, {}], but got -{})",
        shape.len() as i64 - 1,
        dims + 1,
        n = shape.len()
    );
    let lead = shape.len() - dims;
    let word = ["", "one", "two", "three"][dims];
    let kernel = each(&op, "kernel_size", &a.ints("kernel_size")?, dims, word)?;
    let sizes = output(a, &op, &shape[lead..])?;
    let (batch, channels) = (if lead == 2 { shape[0] } else { 1 }, shape[lead - 1]);
    let names = if dims == 2 {
        &["height", "width"][..]
    } else {
        &["time", "height", "width"]
    };
    for (d, name) in names.iter().enumerate() {
        ensure!(
            kernel[d] > 0 && sizes[d] as i64 + kernel[d] - 1 <= shape[lead + d] as i64,
            "{op}{}(): pool {name} {} too large relative to input {name} {}",
            if dims == 3 { "_out" } else { "" },
            kernel[d],
            shape[lead + d]
        );
    }
    let places = match a.opt_tensor("_random_samples")? {
        Some(places) => places.clone(),
        None => rand(&[batch, channels, dims], x.dtype(), &default_generator())?,
    };
    ensure!(
        places.dtype() == x.dtype(),
        "Expect _random_samples to have the same dtype as input"
    );
    ensure!(
        places.numel() >= batch * channels * dims,
        "Expect _random_samples to have {dims} numbers for each of {} channels",
        batch * channels
    );
    let mut narrow = shape.clone();
    narrow[lead..].copy_from_slice(&sizes);
    let planes = Rc::new(Planes {
        wide_plane: shape[lead..].iter().product(),
        narrow_plane: sizes.iter().product(),
        wide: shape.clone(),
        narrow,
    });
    let kernel: Dims = kernel.iter().map(|k| *k as usize).collect();
    let (y, at) = largest(x, &places, &shape[lead..], &sizes, &kernel, &planes)?;
    let at = Tensor::from_array(at);
    let name = if dims == 2 {
        "FractionalMaxPool2DBackward0"
    } else {
        "FractionalMaxPool3DBackward0"
    };
    let kept = [Saved::input(&at), Saved::input(x)];
    let y = record(name, [x], y, kept, move |g, [at, x], c| {
        Ok([Some(flat_in(widen(g, &c.get(at)?, &planes)?, &c.get(x)?))])
    });
    Ok(if a.bool("return_indices")? {
        Out::Tensors(vec![y, at])
    } else {
        y.into()
    })
}

/// Where the windows of one dimension start (`FractionalMaxPooling.h`).
fn starts<T: num_traits::Float>(
    place: T,
    input: usize,
    output: usize,
    kernel: usize,
) -> Vec<usize> {
    let number = |n: usize| T::from(n).unwrap_or_else(T::zero);
    let last = input - kernel;
    let whole = |x: T| x.to_i64().unwrap_or(0);
    let step = number(last) / number(output.max(2) - 1);
    let regular = (0..output.saturating_sub(1))
        .map(|i| whole((number(i) + place) * step) - whole(place * step))
        .map(|start| start.clamp(0, last as i64) as usize);
    regular.chain((output > 0).then_some(last)).collect()
}

/// The largest element of each window and its place in its plane.
fn largest(
    x: &Tensor,
    places: &Tensor,
    input: &[usize],
    output: &[usize],
    kernel: &[usize],
    p: &Planes,
) -> Result<(Array, Array)> {
    let (x, places) = (x.array().contiguous()?, places.array().contiguous()?);
    let dims = input.len();
    let mut at = vec![0i64; p.narrow.iter().product()];
    let values = dispatch_float!(x.dtype(), T => {
        let (xs, places) = (x.slice::<T>(), places.slice::<T>());
        Array::build::<T>(&p.narrow, |out| {
            let planes = xs.chunks_exact(p.wide_plane.max(1));
            for (c, plane) in planes.enumerate() {
                // Of images the width comes first, of volumes the time.
                let place = |d: usize| places[c * dims + if dims == 2 { 1 - d } else { d }];
                let starts: Vec<Vec<usize>> = (0..dims)
                    .map(|d| starts(place(d), input[d], output[d], kernel[d]))
                    .collect();
                for i in 0..p.narrow_plane {
                    let best = best_of(plane, i, &starts, input, kernel);
                    out[c * p.narrow_plane + i] = plane[best];
                    at[c * p.narrow_plane + i] = best as i64;
                }
            }
        })
    }, other => bail!(NotImplemented, "\"fractional_max_pool{dims}d_out_frame\" not implemented for '{}'", x.dtype().scalar_name()))?;
    Ok((values, Array::from_vec(at, &p.narrow)))
}

/// The place of the largest element in the window of output `i`; the last NaN wins.
fn best_of<T: Element>(
    plane: &[T],
    i: usize,
    starts: &[Vec<usize>],
    input: &[usize],
    kernel: &[usize],
) -> usize {
    let dims = input.len();
    let (mut rest, mut corner) = (i, Dims::from_elem(0, dims));
    for d in (0..dims).rev() {
        corner[d] = starts[d][rest % starts[d].len()];
        rest /= starts[d].len();
    }
    let mut best: Option<usize> = None;
    for k in 0..kernel.iter().product() {
        let (mut rest, mut step, mut place) = (k, 1, 0);
        for d in (0..dims).rev() {
            place += (corner[d] + rest % kernel[d]) * step;
            rest /= kernel[d];
            step *= input[d];
        }
        if best.is_none_or(|b| plane[place] > plane[b] || plane[place].is_nan()) {
            best = Some(place);
        }
    }
    best.unwrap_or(0)
}
