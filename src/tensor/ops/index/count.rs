//! How often elements occur.

use crate::tensor::array::error::ensure;
use crate::tensor::array::{Array, BF16, DType, Element, F16, Real, Result};
use crate::tensor::core::Tensor;
use crate::tensor::ops::args::{Arg, Args, Out};
use crate::tensor::ops::samples::sample;
use crate::tensor::ops::spec::{FUNCTION, METHOD, Op};
use crate::tensor::ops::unsupported;

/// `torch.bincount`
pub static BINCOUNT: Op = Op {
    signature: "bincount(input, weights=None, minlength=0) -> Tensor",
    faces: FUNCTION | METHOD,
    doc: "How often each integer occurs, or the sum of its weights.",
    examples: &[(
        "torch.bincount(torch.tensor([0, 2, 2]))",
        "tensor([1, 0, 2])",
    )],
    samples: |m| vec![sample([m.index(&[6], 4).into()])],
    call: bincount,
    ..Op::BASE
};

fn bincount(a: &Args) -> Result<Out> {
    let x = a.tensor("input")?;
    if !x.dtype().is_integer() {
        return Err(unsupported("bincount_cpu", x.dtype()));
    }
    let wrong = "bincount only supports 1-d non-negative integral inputs.";
    ensure!(x.ndim() == 1, "{wrong}");
    let values = x.to_vec::<i64>()?;
    ensure!(values.iter().all(|v| *v >= 0), "{wrong}");
    let least = a.int("minlength")?;
    ensure!(least >= 0, "minlength should be >= 0");
    let n = values.iter().max().map_or(0, |v| v + 1).max(least) as usize;
    let Some(weights) = a.opt_tensor("weights")? else {
        let mut out = vec![0i64; n];
        values.iter().for_each(|v| out[*v as usize] += 1);
        return Ok(Tensor::from_vec(out, &[n])?.into());
    };
    ensure!(
        weights.numel() == values.len(),
        "weights should be 1-d and have the same length as input"
    );
    let sums = match weights.dtype() {
        DType::Float32 => weighted::<f32>(&values, weights, n),
        _ => weighted::<f64>(&values, weights, n),
    };
    Ok(Tensor::from_array(sums?).into())
}

/// The sums of the weights of equal numbers.
fn weighted<T: Real>(values: &[i64], weights: &Tensor, n: usize) -> Result<Array> {
    let mut out = vec![T::ZERO; n];
    for (v, w) in values.iter().zip(weights.to_vec::<T>()?) {
        out[*v as usize] = out[*v as usize] + w;
    }
    Ok(Array::from_vec(out, &[n]))
}

/// A number as near as a floating point dtype comes to it.
fn rounded(v: f64, dtype: DType) -> f64 {
    match dtype {
        DType::Float16 => F16::from_f64(v).to_f64(),
        DType::BFloat16 => BF16::from_f64(v).to_f64(),
        DType::Float32 => f64::from(v as f32),
        _ => v,
    }
}

/// `torch.histc`
pub static HISTC: Op = Op {
    signature: "histc(input, bins=100, min=0, max=0, *, out=None) -> Tensor",
    faces: FUNCTION | METHOD,
    doc: "How many elements lie in each of `bins` intervals between `min` and `max`.",
    examples: &[(
        "torch.histc(torch.tensor([1., 2., 1.]), 3, 0, 3)",
        "tensor([0., 2., 1.])",
    )],
    samples: |m| {
        if m.floating() {
            vec![sample([m.tensor(&[6]).into(), Arg::Int(3)]).rough()]
        } else {
            Vec::new()
        }
    },
    call: histc,
    ..Op::BASE
};

/// The limits of the bins: those given, or where these are equal those of the values.
fn limits(values: &[f64], low: f64, high: f64) -> Result<(f64, f64)> {
    let show = |v: f64| v.to_string().to_lowercase();
    let (mut low, mut high) = (low, high);
    if low == high && !values.is_empty() {
        let nan = values.iter().any(|v| v.is_nan());
        ensure!(!nan, "torch.histc: range of [-nan, -nan] is not finite");
        low = values.iter().fold(f64::INFINITY, |m, v| m.min(*v));
        high = values.iter().fold(f64::NEG_INFINITY, |m, v| m.max(*v));
    }
    ensure!(
        low.is_finite() && high.is_finite(),
        "torch.histc: range of [{}, {}] is not finite",
        show(low),
        show(high)
    );
    ensure!(low <= high, "torch.histc: max must be larger than min");
    Ok(match low == high {
        true => (low - 1.0, high + 1.0),
        false => (low, high),
    })
}

fn histc(a: &Args) -> Result<Out> {
    let (x, bins) = (a.tensor("input")?, a.int("bins")?);
    if !x.dtype().is_floating_point() {
        return Err(unsupported("histogram_cpu", x.dtype()));
    }
    ensure!(
        bins > 0,
        "torch.histogram(): bins must be > 0, but got {bins} for dimension 0"
    );
    let values = x.to_vec::<f64>()?;
    let (mut low, mut high) = limits(&values, a.float("min")?, a.float("max")?)?;
    let round = |v: f64| rounded(v, x.dtype());
    (low, high) = (round(low), round(high));
    let mut out = vec![0.0; bins as usize];
    for v in values.iter().filter(|v| (low..=high).contains(*v)) {
        let share = round(round(v - low) * bins as f64);
        let place = round(share / round(high - low)) as usize;
        out[place.min(bins as usize - 1)] += 1.0;
    }
    Ok(Tensor::from_array(Array::from_vec(out, &[bins as usize]).to_dtype(x.dtype())?).into())
}
