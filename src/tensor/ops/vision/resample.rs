//! `interpolate`: other sizes of sequences, images and volumes.
//!
//! Every mode works on one dimension after the other: each output is a weighted sum of a few inputs.

use std::rc::Rc;

use crate::tensor::array::error::{bail, ensure};
use crate::tensor::array::kernels::pointwise as kernels;
use crate::tensor::array::layout::show;
use crate::tensor::array::{Array, DType, Dims, Element, Number, Result};
use crate::tensor::core::{Tensor, record};
use crate::tensor::ops::adaptive_mean;
use crate::tensor::ops::args::{Arg, Args, Out};
use crate::tensor::ops::complex::call::rounded;
use crate::tensor::ops::samples::sample;
use crate::tensor::ops::spec::{FUNCTIONAL, Op};

/// `torch.nn.functional.interpolate`
pub static INTERPOLATE: Op = Op {
    signature: "interpolate(input, size=None, scale_factor=None, mode='nearest', align_corners=None, recompute_scale_factor=None, antialias=False) -> Tensor",
    faces: FUNCTIONAL,
    doc: "Another size for the dimensions after batch and channels: 'nearest', 'linear', 'bilinear', 'bicubic', 'trilinear', 'area' or 'nearest-exact'.",
    examples: &[(
        "F.interpolate(torch.tensor([[[1., 2.]]]), scale_factor=2)",
        "tensor([[[1., 1., 2., 2.]]])",
    )],
    samples: |m| {
        if !m.dtype.is_floating_point() {
            return Vec::new();
        }
        let scaled = |shape: &[usize], mode: &str| {
            sample([m.tensor(shape).into()])
                .with("scale_factor", 2i64)
                .with("mode", mode)
        };
        vec![
            scaled(&[1, 2, 3], "nearest"),
            scaled(&[1, 1, 3], "linear"),
            scaled(&[1, 1, 3, 2], "bilinear"),
            scaled(&[1, 1, 2, 3], "bilinear").with("align_corners", true),
            scaled(&[1, 1, 4, 3], "bicubic"),
            scaled(&[1, 1, 2, 2, 2], "trilinear"),
            scaled(&[1, 1, 3, 2], "nearest-exact"),
            sample([m.tensor(&[1, 1, 4, 4]).into(), Arg::Int(2)]).with("mode", "area"),
        ]
    },
    call: interpolate,
    ..Op::BASE
};

/// For each output of a dimension: the inputs that it is made of, with their weights.
type Taps = Vec<Vec<(usize, f64)>>;

fn sizes(a: &Args, shape: &[usize], dims: usize) -> Result<(Vec<usize>, Vec<Option<f64>>)> {
    let (size, factor) = (a.arg("size"), a.arg("scale_factor"));
    let spatial = &shape[2..];
    match (&size, &factor) {
        (Arg::None, Arg::None) => bail!(Value, "either size or scale_factor should be defined"),
        (Arg::None, _) => {}
        (_, Arg::None) => {}
        _ => bail!(Value, "only one of size or scale_factor should be defined"),
    }
    if let Arg::None = factor {
        let given: Vec<i64> = match size.items() {
            Some(items) => {
                ensure!(
                    items.len() == dims,
                    Value,
                    "Input and output must have the same number of spatial dimensions, but got input with spatial dimensions of {} and output size of {}. Please provide input tensor in (N, C, d1, d2, ...,dK) format and output size in (o1, o2, ...,oK) format.",
                    show(spatial),
                    text(items)
                );
                items.iter().filter_map(Arg::as_int).collect()
            }
            None => size.as_int().into_iter().cycle().take(dims).collect(),
        };
        ensure!(
            given.len() == dims,
            Type,
            "size must be int or tuple of ints"
        );
        ensure!(
            given.iter().all(|n| *n > 0) && spatial.iter().all(|n| *n > 0),
            "Input and output sizes should be greater than 0, but got input (H: {}, W: {}) output (H: {}, W: {})",
            spatial[0],
            spatial[dims - 1],
            given[0],
            given[dims - 1]
        );
        return Ok((
            given.iter().map(|n| *n as usize).collect(),
            vec![None; dims],
        ));
    }
    let factors: Vec<f64> = match factor.items() {
        Some(items) => {
            ensure!(
                items.len() == dims,
                Value,
                "Input and scale_factor must have the same number of spatial dimensions, but got input with spatial dimensions of {} and scale_factor of shape {}. Please provide input tensor in (N, C, d1, d2, ...,dK) format and scale_factor in (s1, s2, ...,sK) format.",
                show(spatial),
                text(items)
            );
            items
                .iter()
                .filter_map(Arg::as_scalar)
                .map(|s| s.to_f64())
                .collect()
        }
        None => factor
            .as_scalar()
            .map(|s| s.to_f64())
            .into_iter()
            .cycle()
            .take(dims)
            .collect(),
    };
    ensure!(
        factors.len() == dims,
        Type,
        "scale_factor must be a number or a tuple of numbers"
    );
    let out: Vec<usize> = spatial
        .iter()
        .zip(&factors)
        .map(|(n, f)| (*n as f64 * f).floor().max(0.0) as usize)
        .collect();
    let keep = !a.bool("recompute_scale_factor")?;
    Ok((out, factors.iter().map(|f| keep.then_some(*f)).collect()))
}

fn text(items: &[Arg]) -> String {
    let parts: Vec<String> = items
        .iter()
        .map(|i| {
            i.as_scalar()
                .map(crate::tensor::core::number::repr)
                .unwrap_or_default()
        })
        .collect();
    crate::tensor::core::number::tuple_repr(&parts)
}

fn interpolate(a: &Args) -> Result<Out> {
    let (x, mode) = (a.tensor("input")?, a.str("mode")?);
    let shape = x.shape();
    let corners = match a.arg("align_corners") {
        Arg::None => None,
        given => Some(given.as_scalar().is_some_and(|s| s.to_bool())),
    };
    let smooth = matches!(mode, "linear" | "bilinear" | "bicubic" | "trilinear");
    ensure!(
        smooth || corners.is_none(),
        Value,
        "align_corners option can only be set with the interpolating modes: linear | bilinear | bicubic | trilinear"
    );
    let dims = shape.len().saturating_sub(2);
    let known = smooth || matches!(mode, "nearest" | "area" | "nearest-exact");
    ensure!(
        (1..=3).contains(&dims) && known,
        NotImplemented,
        "Input Error: Only 3D, 4D and 5D input Tensors supported (got {}D) for the modes: nearest | linear | bilinear | bicubic | trilinear | lanczos | area | nearest-exact (got {mode})",
        shape.len()
    );
    let (out, factors) = sizes(a, &shape, dims)?;
    let needs = match mode {
        "linear" => Some(1),
        "bilinear" | "bicubic" => Some(2),
        "trilinear" => Some(3),
        _ => None,
    };
    if let Some(needs) = needs {
        ensure!(
            dims == needs,
            NotImplemented,
            "Got {}D input, but {mode} mode needs {}D input",
            shape.len(),
            needs + 2
        );
    }
    let wide = a.bool("antialias")?;
    ensure!(
        !wide || matches!(mode, "bilinear" | "bicubic") && dims == 2,
        Value,
        "Anti-alias option is restricted to bilinear and bicubic modes and requires a 4-D tensor as input"
    );
    if mode == "area" {
        return Ok(rounded(x, |x| adaptive_mean(x, &out))?.into());
    }
    let corners = corners.unwrap_or(false);
    let mut taps: Vec<Taps> = (0..dims)
        .map(|d| match wide {
            true => wide_taps(mode, shape[2 + d], out[d], factors[d], corners),
            false => taps(mode, shape[2 + d], out[d], factors[d], corners),
        })
        .collect();
    if !wide && x.dtype().is_small() {
        in_small_floats(mode, &mut taps, x.dtype());
    }
    let name = match (mode, dims) {
        ("nearest", 1) => "UpsampleNearest1DBackward0",
        ("nearest", 2) => "UpsampleNearest2DBackward0",
        ("nearest", _) => "UpsampleNearest3DBackward0",
        ("nearest-exact", 1) => "UpsampleNearestExact1DBackward0",
        ("nearest-exact", 2) => "UpsampleNearestExact2DBackward0",
        ("nearest-exact", _) => "UpsampleNearestExact3DBackward0",
        ("linear", _) => "UpsampleLinear1DBackward0",
        ("bilinear", _) => "UpsampleBilinear2DBackward0",
        ("bicubic", _) => "UpsampleBicubic2DBackward0",
        _ => "UpsampleTrilinear3DBackward0",
    };
    let inputs = shape[2..].to_vec();
    let plan = Rc::new(Plan { taps, inputs });
    Ok(rounded(x, |x| resample(name, x, &plan, false))?.into())
}

/// The inputs of each output along one dimension.
fn taps(mode: &str, input: usize, output: usize, factor: Option<f64>, corners: bool) -> Taps {
    let scale = match factor {
        Some(f) if f > 0.0 => 1.0 / f,
        _ => input as f64 / output.max(1) as f64,
    };
    let last = input as i64 - 1;
    let at = |i: i64| i.clamp(0, last) as usize;
    // Single precision, as PyTorch computes places for the nearest modes.
    let single = scale as f32;
    (0..output)
        .map(|o| match mode {
            "nearest" => vec![(at((o as f32 * single).floor() as i64), 1.0)],
            "nearest-exact" => vec![(at(((o as f32 + 0.5) * single).floor() as i64), 1.0)],
            _ => {
                let place = if corners {
                    if output > 1 {
                        o as f64 * (input as f64 - 1.0) / (output as f64 - 1.0)
                    } else {
                        0.0
                    }
                } else {
                    (o as f64 + 0.5) * scale - 0.5
                };
                if mode == "bicubic" {
                    let start = place.floor();
                    let weights = cubic(place - start);
                    let taps = weights.iter().enumerate();
                    taps.map(|(k, w)| (at(start as i64 - 1 + k as i64), *w))
                        .collect()
                } else {
                    let place = place.max(0.0);
                    let start = (place.floor() as i64).min(last);
                    let share = (place - start as f64).clamp(0.0, 1.0);
                    vec![(at(start), 1.0 - share), (at(start + 1), share)]
                }
            }
        })
        .collect()
}

/// The inputs of each output where shrinking averages over all that lies between (`UpSampleKernel.cpp`).
fn wide_taps(mode: &str, input: usize, output: usize, factor: Option<f64>, corners: bool) -> Taps {
    let scale = match factor {
        _ if corners && output > 1 => (input as f64 - 1.0) / (output as f64 - 1.0),
        _ if corners => 0.0,
        Some(f) if f > 0.0 => 1.0 / f,
        _ => input as f64 / output.max(1) as f64,
    };
    let (reach, filter): (f64, fn(f64) -> f64) = if mode == "bicubic" {
        (2.0, smooth_filter)
    } else {
        (1.0, |x| (1.0 - x.abs()).max(0.0))
    };
    let (support, shrink) = (reach * scale.max(1.0), 1.0 / scale.max(1.0));
    (0..output)
        .map(|o| {
            let center = scale * (o as f64 + 0.5);
            let start = ((center - support + 0.5) as i64).max(0);
            let end = ((center + support + 0.5) as i64).min(input as i64);
            let weight = |i: i64| filter((i as f64 - center + 0.5) * shrink);
            let total: f64 = (start..end).map(weight).sum();
            (start..end)
                .map(|i| {
                    (
                        i as usize,
                        if total == 0.0 { 0.0 } else { weight(i) / total },
                    )
                })
                .collect()
        })
        .collect()
}

/// The cubic filter with a coefficient of -0.5.
fn smooth_filter(x: f64) -> f64 {
    const A: f64 = -0.5;
    let x = x.abs();
    if x < 1.0 {
        ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0
    } else if x < 2.0 {
        (((x - 5.0) * x + 8.0) * x - 4.0) * A
    } else {
        0.0
    }
}

/// The weights of four neighbours, with PyTorch's coefficient of -0.75.
fn cubic(t: f64) -> [f64; 4] {
    const A: f64 = -0.75;
    let near = |x: f64| ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0;
    let far = |x: f64| ((A * x - 5.0 * A) * x + 8.0 * A) * x - 4.0 * A;
    [far(t + 1.0), near(t), near(1.0 - t), far(2.0 - t)]
}

struct Plan {
    taps: Vec<Taps>,
    inputs: Vec<usize>,
}

/// Applies the taps of every dimension; or, transposed, spreads gradients over them.
fn resample(name: &'static str, x: &Tensor, plan: &Rc<Plan>, back: bool) -> Result<Tensor> {
    let mut array = x.to_array();
    // Bytes are mixed as floats and rounded at the end.
    let bytes = array.dtype() == DType::UInt8;
    if bytes {
        array = array.to_dtype(DType::Float64)?;
    }
    let order: Vec<usize> = if back {
        (0..plan.taps.len()).collect()
    } else {
        (0..plan.taps.len()).rev().collect()
    };
    for d in order {
        let taps = &plan.taps[d];
        if !bytes {
            array = along(&array, 2 + d, taps, plan.inputs[d], back)?;
        } else {
            array = along(
                &array,
                2 + d,
                &in_small_integers(taps),
                plan.inputs[d],
                back,
            )?;
            let round = |v: f64| (v + 0.5).floor().clamp(0.0, 255.0);
            array = kernels::unary::<f64, f64>(&array, round)?;
        }
    }
    if bytes {
        array = array.to_dtype(DType::UInt8)?;
    }
    let plan = plan.clone();
    Ok(record(name, [x], array, (), move |g, (), _| {
        Ok([Some(resample(
            "UpsampleBackwardBackward0",
            g,
            &plan,
            !back,
        )?)])
    }))
}

/// Weights in the dtype of the input, as PyTorch has them in all modes but the bilinear one; sums are rounded at the end only.
fn in_small_floats(mode: &str, taps: &mut [Taps], dtype: DType) {
    let round = |w: f64| Array::from_scalar(w.into(), dtype).first().to_f64();
    for weights in taps.iter_mut().flatten() {
        match (mode, weights.as_mut_slice()) {
            ("linear" | "trilinear", [(_, near), (_, far)]) => {
                *far = round(*far);
                *near = round(1.0 - *far);
            }
            ("bicubic", all) => all.iter_mut().for_each(|(_, w)| *w = round(*w)),
            _ => {}
        }
    }
}

/// Bytes are mixed with weights of 16 bits: rounded to so many binary digits that the largest one just fits.
fn in_small_integers(taps: &Taps) -> Taps {
    let largest = taps.iter().flatten().fold(0.0f64, |m, (_, w)| m.max(*w));
    let mut digits = 0;
    while digits < 22 && (0.5 + largest * f64::from(1 << (digits + 1))) < 32768.0 {
        digits += 1;
    }
    let one = f64::from(1 << digits);
    let round = |taps: &Vec<(usize, f64)>| {
        taps.iter()
            .map(|(i, w)| (*i, (w * one).round() / one))
            .collect()
    };
    taps.iter().map(round).collect()
}

fn along(x: &Array, dim: usize, taps: &Taps, input: usize, back: bool) -> Result<Array> {
    let x = x.contiguous()?;
    let mut shape = Dims::from_slice(x.shape());
    let (from, to) = if back {
        (taps.len(), input)
    } else {
        (input, taps.len())
    };
    shape[dim] = to;
    let inner: usize = shape[dim + 1..].iter().product();
    dispatch_number!(x.dtype(), T => {
        let xs: &[T] = &x.slice::<T>();
        Array::build::<T>(&shape, |out| {
            out.fill(<T as Element>::ZERO);
            let blocks = xs.chunks_exact((from * inner).max(1));
            for (x, out) in blocks.zip(out.chunks_exact_mut((to * inner).max(1))) {
                for (o, taps) in taps.iter().enumerate() {
                    for (i, w) in taps {
                        let (source, target) = if back { (o, *i) } else { (*i, o) };
                        let w = T::from_f64(*w);
                        let x = &x[source * inner..(source + 1) * inner];
                        let out = &mut out[target * inner..(target + 1) * inner];
                        out.iter_mut().zip(x).for_each(|(o, x)| *o = o.plus(x.times(w)));
                    }
                }
            }
        })
    }, bool => bail!(NotImplemented, "\"upsample\" not implemented for 'Bool'"))
}
