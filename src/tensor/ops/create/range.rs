//! Counted tensors: ranges, the identity, grids.

use crate::tensor::array::error::ensure;
use crate::tensor::array::kernels::reduce::vector;
use crate::tensor::array::kernels::vectorize;
use crate::tensor::array::{Array, DType, Element, Result, Scalar};
use crate::tensor::core::{Operand, Tensor, default_dtype};
use crate::tensor::ops::args::{Arg, Args};
use crate::tensor::ops::samples::sample;
use crate::tensor::ops::spec::Op;

/// `torch.arange`
pub static ARANGE: Op = Op {
    signature: "arange(start, end=..., step=1, *, out=None, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False) -> Tensor",
    doc: "Numbers from `start` (0 if only one number is given) to before `end`, `step` apart.",
    examples: &[
        ("torch.arange(5)", "tensor([0, 1, 2, 3, 4])"),
        (
            "torch.arange(1, 2.5, 0.5)",
            "tensor([1.0000, 1.5000, 2.0000])",
        ),
    ],
    samples: |_| {
        vec![
            sample([Arg::Int(5)]),
            sample([Arg::Int(1), Arg::Float(2.5), Arg::Float(0.5)]),
        ]
    },
    call: |a| {
        let (start, end) = match a.opt_scalar("end")? {
            None => (Scalar::Int(0), a.scalar("start")?),
            Some(end) => (a.scalar("start")?, end),
        };
        a.created(arange(start, end, a.scalar("step")?, a.dtype("dtype")?)?)
    },
    ..Op::BASE
};

/// `torch.arange`
pub fn arange(start: Scalar, end: Scalar, step: Scalar, dtype: Option<DType>) -> Result<Tensor> {
    let any_float = [start, end, step].iter().any(|s| s.is_float());
    let dtype = dtype.unwrap_or(if any_float {
        default_dtype()
    } else {
        DType::Int64
    });
    let (s, e, d) = (start.to_f64(), end.to_f64(), step.to_f64());
    ensure!(d != 0.0, "step must be nonzero");
    ensure!(
        s.is_finite() && e.is_finite(),
        "unsupported range: {s} -> {e}"
    );
    ensure!(
        !((d > 0.0 && s > e) || (d < 0.0 && s < e)),
        "upper bound and lower bound inconsistent with step sign"
    );
    if dtype.is_unsigned() || dtype.is_complex() {
        return Err(crate::tensor::array::Error::not_implemented(format!(
            "\"arange_cpu\" not implemented for '{}'",
            dtype.scalar_name()
        )));
    }
    if !any_float && dtype.is_integer() {
        let (s, d) = (start.to_i64(), step.to_i64());
        let span = i128::from(end.to_i64()) - i128::from(s);
        let n = (span + i128::from(d) - i128::from(d.signum())) / i128::from(d);
        return Ok(Tensor::from_array(
            Array::build::<i64>(&[n as usize], |out| {
                out.iter_mut()
                    .enumerate()
                    .for_each(|(i, o)| *o = s.wrapping_add(d.wrapping_mul(i as i64)));
            })?
            .to_dtype(dtype)?,
        ));
    }
    let n = ((e - s) / d).ceil();
    ensure!(n < 9.0e15, "invalid size, possible overflow?");
    // Integers step by integers, though their number is that of the floats.
    let (s, d) = match dtype.is_integer() {
        true => (s.trunc(), d.trunc()),
        false => (s, d),
    };
    let n = n as usize;
    let array = match dtype {
        DType::Float32 => Array::build::<f32>(&[n], |out| stepped(out, s, d))?,
        DType::Float64 => Array::build::<f64>(&[n], |out| stepped(out, s, d))?,
        _ => even(n, s, d)?.to_dtype(dtype)?,
    };
    Ok(Tensor::from_array(array))
}

/// `start`, `start + step`, ... as `float64`.
fn even(n: usize, start: f64, step: f64) -> Result<Array> {
    Array::build::<f64>(&[n], |out| {
        out.iter_mut()
            .enumerate()
            .for_each(|(i, o)| *o = start + step * i as f64);
    })
}

/// Counts as ATen does: each vector of 32 bytes from its own first element, and products are not rounded.
fn stepped<T: Element>(out: &mut [T], start: f64, step: f64) {
    let lanes = vector::<T>();
    let whole = out.len() / (2 * lanes) * (2 * lanes);
    let at = |i: usize| step.mul_add(i as f64, start);
    for (i, o) in out.iter_mut().enumerate() {
        let lane = if i < whole { i % lanes } else { 0 };
        let base = T::from_f64(at(i - lane)).to_f64();
        *o = T::from_f64(step.mul_add(lane as f64, base));
    }
}

/// `torch.range`
pub static RANGE: Op = Op {
    signature: "range(start, end=..., step=1, *, out=None, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False) -> Tensor",
    doc: "Numbers from `start` up to and including `end`. Prefer `arange`.",
    examples: &[("torch.range(1, 3)", "tensor([1., 2., 3.])")],
    samples: |_| vec![sample([Arg::Int(1), Arg::Int(3)])],
    call: |a| {
        let (start, end) = match a.opt_scalar("end")? {
            None => (0.0, a.float("start")?),
            Some(end) => (a.float("start")?, end.to_f64()),
        };
        let step = a.float("step")?;
        ensure!(step != 0.0, "step must be nonzero");
        let n = ((end - start) / step).floor().max(-1.0) as usize + 1;
        let dtype = a.dtype_or_default()?;
        a.created(Tensor::from_array(even(n, start, step)?.to_dtype(dtype)?))
    },
    ..Op::BASE
};

/// `torch.linspace`
pub static LINSPACE: Op = Op {
    signature: "linspace(start, end, steps, *, out=None, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False) -> Tensor",
    doc: "`steps` numbers evenly spaced from `start` to `end`, both included.",
    examples: &[(
        "torch.linspace(0, 1, 5)",
        "tensor([0.0000, 0.2500, 0.5000, 0.7500, 1.0000])",
    )],
    samples: |_| vec![sample([Arg::Int(0), Arg::Int(1), Arg::Int(5)])],
    call: |a| a.created(linspace(a)?),
    ..Op::BASE
};

/// Tensors at both ends have no dimensions.
fn check_ends(a: &Args) -> Result<()> {
    let ndim = |name: &str| match a.get(name) {
        Some(Arg::Tensor(t)) => t.ndim(),
        _ => 0,
    };
    let tensor = |name: &&str| matches!(a.get(name), Some(Arg::Tensor(_)));
    let parts: Vec<String> = ["start", "end"]
        .iter()
        .filter(|name| tensor(name))
        .map(|name| format!("{name} with {} dimension(s)", ndim(name)))
        .collect();
    ensure!(
        ndim("start") == 0 && ndim("end") == 0,
        "{} only supports 0-dimensional start and end tensors, but got {}.",
        a.name(),
        parts.join(" and ")
    );
    Ok(())
}

fn linspace(a: &Args) -> Result<Tensor> {
    check_ends(a)?;
    let number = |name: &str| -> Result<Scalar> {
        Ok(match a.operand(name)? {
            Operand::Scalar(s) => s,
            Operand::Tensor(t) => t.array().first(),
        })
    };
    let (start, end, steps) = (number("start")?, number("end")?, a.int("steps")?);
    ensure!(steps >= 0, "number of steps must be non-negative");
    let complex = start.is_complex() || end.is_complex();
    let mut dtype = a.dtype_or_default()?;
    if complex && a.dtype("dtype")?.is_none() {
        dtype = dtype.to_complex();
    }
    ensure!(
        !complex || dtype.is_complex(),
        "torch.linspace(): inferred dtype {} can't be safely cast to passed dtype {}",
        default_dtype().to_complex().cpp_name(),
        dtype.scalar_name()
    );
    let part = |from: f64, to: f64| spaced(from, to, steps as usize, dtype.to_real());
    let out = part(start.to_f64(), end.to_f64())?;
    if !dtype.is_complex() {
        return Ok(Tensor::from_array(out));
    }
    let imaginary = part(start.imaginary(), end.imaginary())?;
    crate::tensor::ops::complex::join(&Tensor::from_array(out), &Tensor::from_array(imaginary))
}

/// Each half is counted from its own end, as ATen does it, in the precision of the dtype; products of floats are not rounded.
fn spaced(start: f64, end: f64, n: usize, dtype: DType) -> Result<Array> {
    fn fill<T: num_traits::Float>(out: &mut [T], start: T, end: T, fused: bool) {
        let n = out.len();
        let step = (end - start) / T::from(n.max(2) - 1).unwrap_or_else(T::one);
        for (i, o) in out.iter_mut().enumerate() {
            let count = |k: usize| T::from(k).unwrap_or_else(T::zero);
            let (from, step, count) = match i < n / 2 || n == 1 {
                true => (start, step, count(i)),
                false => (end, -step, count(n - 1 - i)),
            };
            *o = match fused {
                true => step.mul_add(count, from),
                false => from + step * count,
            };
        }
    }
    dispatch_float!(dtype, T => Array::build::<T>(&[n], |out| vectorize(#[inline(always)] || fill(out, start as T, end as T, true))), other => {
        // Integers start and end at integers.
        let (start, end) = (start.trunc(), end.trunc());
        let exact = Array::build::<f64>(&[n], |out| fill(out, start, end, false))?;
        exact.to_dtype(dtype)
    })
}

/// `torch.logspace`
pub static LOGSPACE: Op = Op {
    signature: "logspace(start, end, steps, base=10.0, *, out=None, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False) -> Tensor",
    doc: "`base` to the powers evenly spaced from `start` to `end`.",
    examples: &[("torch.logspace(0, 2, 3)", "tensor([  1.,  10., 100.])")],
    samples: |_| vec![sample([Arg::Int(0), Arg::Int(2), Arg::Int(3)])],
    call: |a| {
        check_ends(a)?;
        let (start, end, steps, base) = (
            a.float("start")?,
            a.float("end")?,
            a.int("steps")?,
            a.float("base")?,
        );
        ensure!(steps >= 0, "number of steps must be non-negative");
        let dtype = a.dtype_or_default()?;
        let whole = |x: f64| if dtype.is_integer() { x.trunc() } else { x };
        let powers = spaced(whole(start), whole(end), steps as usize, DType::Float64)?;
        let values: Vec<f64> = powers
            .to_vec::<f64>()?
            .iter()
            .map(|p| base.powf(*p))
            .collect();
        let n = values.len();
        a.created(Tensor::from_array(
            Array::from_vec(values, &[n]).to_dtype(a.dtype_or_default()?)?,
        ))
    },
    ..Op::BASE
};

/// `torch.eye`
pub static EYE: Op = Op {
    signature: "eye(n, m=None, *, out=None, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False) -> Tensor",
    doc: "A matrix with 1 on the diagonal and 0 elsewhere.",
    examples: &[("torch.eye(2)", "tensor([[1., 0.],\n        [0., 1.]])")],
    samples: |_| vec![sample([Arg::Int(3)]), sample([Arg::Int(2), Arg::Int(3)])],
    call: |a| {
        let n = a.int("n")?;
        let m = a.opt_int("m")?.unwrap_or(n);
        ensure!(n >= 0, "n must be greater or equal to 0, got {n}");
        ensure!(m >= 0, "m must be greater or equal to 0, got {m}");
        a.created(eye(n as usize, m as usize, a.dtype_or_default()?)?)
    },
    ..Op::BASE
};

/// `torch.eye`
pub fn eye(n: usize, m: usize, dtype: DType) -> Result<Tensor> {
    let out = Array::zeros(&[n, m], dtype)?;
    dispatch!(dtype, T => {
        let mut all = out.slice_mut::<T>();
        (0..n.min(m)).for_each(|i| all[i * m + i] = T::ONE);
    });
    Ok(Tensor::from_array(out))
}

fn triangle(a: &Args, upper: bool) -> Result<Tensor> {
    let (rows, columns, offset) = (a.int("row")?, a.int("col")?, a.int("offset")?);
    let inside = |r: i64, c: i64| {
        if upper {
            c - r >= offset
        } else {
            c - r <= offset
        }
    };
    let (mut first, mut second) = (Vec::new(), Vec::new());
    for r in 0..rows {
        for c in (0..columns).filter(|c| inside(r, *c)) {
            first.push(r);
            second.push(c);
        }
    }
    let n = first.len();
    first.extend(second);
    let dtype = a.dtype("dtype")?.unwrap_or(DType::Int64);
    Ok(Tensor::from_array(
        Array::from_vec(first, &[2, n]).to_dtype(dtype)?,
    ))
}

/// `torch.tril_indices`
pub static TRIL_INDICES: Op = Op {
    signature: "tril_indices(row, col, offset=0, *, dtype=None, device=None, layout=None) -> Tensor",
    doc: "The row and column numbers of the lower triangle.",
    examples: &[(
        "torch.tril_indices(2, 2)",
        "tensor([[0, 1, 1],\n        [0, 0, 1]])",
    )],
    samples: |_| vec![sample([Arg::Int(3), Arg::Int(2)])],
    call: |a| Ok(triangle(a, false)?.into()),
    ..Op::BASE
};

/// `torch.triu_indices`
pub static TRIU_INDICES: Op = Op {
    signature: "triu_indices(row, col, offset=0, *, dtype=None, device=None, layout=None) -> Tensor",
    doc: "The row and column numbers of the upper triangle.",
    examples: &[(
        "torch.triu_indices(2, 2)",
        "tensor([[0, 0, 1],\n        [0, 1, 1]])",
    )],
    samples: |_| vec![sample([Arg::Int(3), Arg::Int(2)])],
    call: |a| Ok(triangle(a, true)?.into()),
    ..Op::BASE
};
