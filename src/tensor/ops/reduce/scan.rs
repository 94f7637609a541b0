//! Running sums, products and extremes.

use super::mean::reverse_cumsum;
use crate::tensor::array::error::ensure;
use crate::tensor::array::layout::wrap_dim;
use crate::tensor::array::{Array, Complex, DType, Element, Number, Result};
use crate::tensor::core::{Saved, Tensor, record};
use crate::tensor::ops::args::{Arg, Out};
use crate::tensor::ops::complex::{both, complex_scan, conj, join};
use crate::tensor::ops::samples::{Make, Sample, sample};
use crate::tensor::ops::spec::{FUNCTION, IN_PLACE, METHOD, Op};
use crate::tensor::ops::{
    cat, div, exp, mul, ones_like, slice, stack, sum_dims, to_dtype, unsupported,
};

fn along(m: &Make) -> Vec<Sample> {
    vec![
        sample([m.positive(&[3, 4]).into(), Arg::Int(1)]),
        sample([m.positive(&[3, 4]).into(), Arg::Int(0)]),
        sample([m.positive(&[]).into(), Arg::Int(0)]),
    ]
}

/// `torch.cumsum`
pub static CUMSUM: Op = Op {
    signature: "cumsum(input, dim, *, dtype=None, out=None) -> Tensor",
    faces: FUNCTION | METHOD | IN_PLACE,
    doc: "The sums of all elements up to each one along a dimension.",
    examples: &[(
        "torch.cumsum(torch.tensor([1, 2, 3]), 0)",
        "tensor([1, 3, 6])",
    )],
    samples: along,
    call: |a| Ok(cumsum(a.tensor("input")?, a.int("dim")?, a.dtype("dtype")?)?.into()),
    ..Op::BASE
};

/// `torch.diff`
pub static DIFF: Op = Op {
    signature: "diff(input, n=1, dim=-1, prepend=None, append=None, *, out=None) -> Tensor",
    faces: FUNCTION | METHOD,
    doc: "The differences of neighbours along a dimension, `n` times over.",
    examples: &[("torch.diff(torch.tensor([1, 4, 9]))", "tensor([3, 5])")],
    samples: |m| {
        vec![
            sample([m.tensor(&[3, 4]).into()]),
            sample([m.tensor(&[4, 3]).into(), Arg::Int(2), Arg::Int(0)]),
        ]
    },
    call: |a| {
        let (n, dim) = (a.int("n")?, a.int("dim")?);
        ensure!(n >= 0, "order must be non-negative but got {n}");
        if n == 0 {
            return Ok(a.tensor("input")?.clone().into());
        }
        let around = [
            a.opt_tensor("prepend")?,
            Some(a.tensor("input")?),
            a.opt_tensor("append")?,
        ];
        let parts: Vec<Tensor> = around.into_iter().flatten().cloned().collect();
        let mut x = if let [one] = parts.as_slice() {
            one.clone()
        } else {
            crate::tensor::ops::cat(&parts, dim)?
        };
        for _ in 0..n {
            x = differences(&x, dim)?;
        }
        Ok(x.into())
    },
    ..Op::BASE
};

/// The differences of neighbours along a dimension.
fn differences(x: &Tensor, dim: i64) -> Result<Tensor> {
    let len = x.shape()[wrap_dim(dim, x.ndim())?] as i64;
    let part = |start: i64| crate::tensor::ops::narrow(x, dim, start.min(len), (len - 1).max(0));
    let (later, earlier) = (part(1)?, part(0)?);
    match x.dtype() {
        DType::Bool => crate::tensor::ops::logical_xor(&later, &earlier),
        _ => crate::tensor::ops::sub(&later, &earlier),
    }
}

/// `torch.cumprod`
pub static CUMPROD: Op = Op {
    signature: "cumprod(input, dim, *, dtype=None, out=None) -> Tensor",
    faces: FUNCTION | METHOD | IN_PLACE,
    doc: "The products of all elements up to each one along a dimension.",
    examples: &[(
        "torch.cumprod(torch.tensor([1, 2, 3]), 0)",
        "tensor([1, 2, 6])",
    )],
    samples: |m| {
        let mut all = along(m);
        if m.floating() {
            let x = m.positive(&[2, 4]);
            crate::tensor::core::no_grad(|| crate::tensor::ops::zero_(&slice(&x, 1, 1, 2, 1)))
                .expect("a plain tensor");
            all.push(sample([x.into(), Arg::Int(1)]));
        }
        all
    },
    call: |a| Ok(cumprod(a.tensor("input")?, a.int("dim")?, a.dtype("dtype")?)?.into()),
    ..Op::BASE
};

/// Runs a function over each line along a dimension, from one slice to another.
pub fn scan<T: Element, U: Element>(
    x: &Array,
    d: usize,
    f: &mut dyn FnMut(&[T], &mut [U]),
) -> Result<Array> {
    if x.ndim() == 0 {
        let one = x.reshape(&[1])?;
        return scan(&one, 0, f)?.reshape(&[]);
    }
    let mut order: Vec<usize> = (0..x.ndim()).filter(|k| *k != d).collect();
    order.push(d);
    let moved = x.permute(&order).contiguous()?;
    let n = x.shape()[d].max(1);
    let from: &[T] = &moved.slice::<T>();
    let out = Array::build::<U>(moved.shape(), |out| {
        from.chunks(n)
            .zip(out.chunks_mut(n))
            .for_each(|(x, o)| f(x, o));
    })?;
    let mut back = vec![0; order.len()];
    order.iter().enumerate().for_each(|(i, k)| back[*k] = i);
    out.permute(&back).contiguous()
}

fn wide(x: &Tensor, dtype: Option<DType>) -> Result<Tensor> {
    let dtype = dtype.unwrap_or(if x.dtype().is_differentiable() {
        x.dtype()
    } else {
        DType::Int64
    });
    to_dtype(x, dtype)
}

/// `torch.cumsum`
pub fn cumsum(x: &Tensor, dim: i64, dtype: Option<DType>) -> Result<Tensor> {
    let x = &wide(x, dtype)?;
    let d = wrap_dim(dim, x.ndim())?;
    let array = x.to_array();
    if array.dtype().is_complex() {
        let (re, im) = both(x, x.dtype())?;
        return join(&cumsum(&re, dim, None)?, &cumsum(&im, dim, None)?);
    }
    let out = compute!(array.dtype(), T => scan::<T, T>(&array.to_dtype(T::DTYPE)?, d, &mut |x, o| {
        // Floats are summed in double, as ATen does.
        if T::FLOATING {
            let mut s = 0.0;
            for (o, v) in o.iter_mut().zip(x) {
                s += v.to_f64();
                *o = T::from_f64(s);
            }
        } else {
            let mut s = T::ZERO;
            for (o, v) in o.iter_mut().zip(x) {
                s = s.plus(*v);
                *o = s;
            }
        }
    }), bool => Err(unsupported("cumsum_out_cpu", DType::Bool)))?;
    Ok(record("CumsumBackward0", [x], out, (), move |g, (), _| {
        Ok([Some(reverse_cumsum(g, dim)?)])
    }))
}

/// `torch.cumprod`
pub fn cumprod(x: &Tensor, dim: i64, dtype: Option<DType>) -> Result<Tensor> {
    let x = &wide(x, dtype)?;
    let d = wrap_dim(dim, x.ndim())?;
    let array = x.to_array();
    let out = if array.dtype().is_complex() {
        complex_scan(&array, d, &mut |p, v| p * v, Complex::ONE)
    } else {
        compute!(array.dtype(), T => scan::<T, T>(&array.to_dtype(T::DTYPE)?, d, &mut |x, o| {
            // Floats are multiplied in 64 bits, as in PyTorch.
            let (mut p, mut wide) = (T::ONE, 1f64);
            for (o, v) in o.iter_mut().zip(x) {
                wide *= v.to_f64();
                p = if T::DTYPE.is_floating_point() { T::from_f64(wide) } else { p.times(*v) };
                *o = p;
            }
        }), bool => Err(unsupported("cumprod_out_cpu", DType::Bool)))
    }?;
    let kept = (Saved::input(x), Saved::result(&out));
    Ok(record(
        "CumprodBackward0",
        [x],
        out,
        kept,
        move |g, (x, y), c| {
            let (x, y) = (conj(&c.get(x)?)?, conj(&c.get(y)?)?);
            if x.numel() <= 1 {
                return Ok([Some(g.clone())]);
            }
            let zeros = x.array().to_vec::<bool>()?.contains(&false);
            if !zeros {
                return Ok([Some(div(&reverse_cumsum(&mul(g, &y)?, dim)?, &x)?)]);
            }
            Ok([Some(cumprod_backward_slow(g, &x, d)?)])
        },
    ))
}

/// For each element the products without it, one by one: right where some elements are 0.
fn cumprod_backward_slow(g: &Tensor, x: &Tensor, d: usize) -> Result<Tensor> {
    if x.ndim() == 0 {
        return Ok(g.clone());
    }
    let n = x.shape()[d];
    let dim = d as i64;
    let mut parts = Vec::with_capacity(n);
    for k in 0..n {
        let gone = ones_like(&slice(x, d, k, 1, 1))?;
        let without = cat(
            &[slice(x, d, 0, k, 1), gone, slice(x, d, k + 1, n - k - 1, 1)],
            dim,
        )?;
        let products = cumprod(&without, dim, None)?;
        let tail = mul(&slice(g, d, k, n - k, 1), &slice(&products, d, k, n - k, 1))?;
        parts.push(sum_dims(&tail, Some(&[dim]), false, None)?);
    }
    stack(&parts, dim)
}

/// `torch.logcumsumexp`
pub static LOGCUMSUMEXP: Op = Op {
    signature: "logcumsumexp(input, dim, *, out=None) -> Tensor",
    faces: FUNCTION | METHOD,
    doc: "The logarithms of the running sums of e to the elements.",
    examples: &[(
        "torch.logcumsumexp(torch.tensor([0., 0.]), 0)",
        "tensor([0.0000, 0.6931])",
    )],
    samples: |m| if m.floating() { along(m) } else { Vec::new() },
    call: |a| Ok(logcumsumexp(a.tensor("input")?, a.int("dim")?)?.into()),
    ..Op::BASE
};

fn is_single(x: &Tensor) -> bool {
    x.ndim() == 0 || x.numel() == 0
}

/// `torch.logcumsumexp`
pub fn logcumsumexp(x: &Tensor, dim: i64) -> Result<Tensor> {
    let d = wrap_dim(dim, x.ndim())?;
    let array = x.to_array();
    let out = if array.dtype().is_complex() {
        let nothing = Complex::new(f64::NEG_INFINITY, 0.0);
        complex_scan(&array, d, &mut Complex::log_add_exp, nothing)?
    } else {
        dispatch_float!(array.dtype(), T => scan::<T, T>(&array, d, &mut |x, o| {
            let mut s = f64::NEG_INFINITY;
            for (o, v) in o.iter_mut().zip(x) {
                let v = v.to_f64();
                let (low, high) = if s < v { (s, v) } else { (v, s) };
                s = if high.is_infinite() { high } else { high + (low - high).exp().ln_1p() };
                *o = s as T;
            }
        }), other => Err(unsupported("logcumsumexp_out_cpu", array.dtype())))?
    };
    let kept = (Saved::input(x), Saved::result(&out));
    Ok(record(
        "LogcumsumexpBackward0",
        [x],
        out,
        kept,
        move |g, (x, y), c| {
            if is_single(&c.get(x)?) {
                return Ok([Some(g.clone())]);
            }
            // Positive and negative gradients apart, each through logarithms, so that nothing overflows.
            use crate::tensor::ops::{add, flip, gt, log, neg, sub, where_};
            let (x, y) = (c.get(x)?, c.get(y)?);
            let turned = |t: &Tensor| flip(t, &[dim]);
            if g.dtype().is_complex() {
                let weights = turned(&sub(&log(&conj(g)?)?, &y)?)?;
                let sums = turned(&logcumsumexp(&weights, dim)?)?;
                return Ok([Some(conj(&exp(&add(&sums, &x)?)?)?)]);
            }
            let part = |g: &Tensor| -> Result<Tensor> {
                let logs = where_(&gt(g, 0i64)?, &log(g)?, f64::from(f32::MIN))?;
                let weights = turned(&sub(&logs, &y)?)?;
                let sums = turned(&logcumsumexp(&weights, dim)?)?;
                exp(&add(&sums, &x)?)
            };
            let (positive, negative) = (part(g)?, part(&neg(g)?)?);
            Ok([Some(sub(&positive, &negative)?)])
        },
    ))
}

macro_rules! running {
    ($( $STATIC:ident $name:literal $signature:literal $node:literal $doc:literal $example:literal $prints:literal $largest:literal; )*) => {$(
        #[doc = concat!("`torch.", $name, "`")]
        pub static $STATIC: Op = Op {
            signature: $signature,
            faces: FUNCTION | METHOD,
            doc: $doc,
            examples: &[($example, $prints)],
            samples: |m| vec![sample([m.distinct(&[3, 4]).into(), Arg::Int(1)])],
            call: |a| {
                let (x, dim) = (a.tensor("input")?, a.int("dim")?);
                let d = wrap_dim(dim, x.ndim())?;
                let array = x.to_array();
                let indices = dispatch_wide!(array.dtype(), T => scan::<T, i64>(&array.to_dtype(T::DTYPE)?, d, &mut |x, o| {
                    let mut at = 0;
                    for (i, v) in x.iter().enumerate() {
                        let better = if $largest { *v >= x[at] } else { *v <= x[at] };
                        if better && !x[at].is_nan() || v.is_nan() {
                            at = i;
                        }
                        o[i] = at as i64;
                    }
                }))?;
                let values = crate::tensor::ops::gather_array(&array, d, &indices)?;
                let (values, indices) = added($node, x, values, indices, d);
                Ok(Out::Named { name: $name, fields: &["values", "indices"], values: vec![values, indices] })
            },
            ..Op::BASE
        };
    )*};
}

/// Several values may come from one place: the gradients add up there.
fn added(
    name: &'static str,
    x: &Tensor,
    values: Array,
    indices: Array,
    d: usize,
) -> (Tensor, Tensor) {
    let shape = x.shape();
    let kept = Saved::input(&Tensor::from_array(indices.clone()));
    let values = record(name, [x], values, kept, move |g, indices, c| {
        let blank = Tensor::from_array(Array::zeros(&shape, g.dtype())?);
        Ok([Some(crate::tensor::ops::scatter_add(
            &blank,
            d as i64,
            &c.get(indices)?,
            g,
        )?)])
    });
    (values, Tensor::from_array(indices))
}

running! {
    CUMMAX "cummax" "cummax(input, dim, *, out=None) -> (values, indices)" "CummaxBackward0"
        "The largest element up to each one along a dimension, and its place."
        "torch.cummax(torch.tensor([1, 3, 2]), 0).values" "tensor([1, 3, 3])" true;
    CUMMIN "cummin" "cummin(input, dim, *, out=None) -> (values, indices)" "CumminBackward0"
        "The smallest element up to each one along a dimension, and its place."
        "torch.cummin(torch.tensor([3, 1, 2]), 0).values" "tensor([3, 1, 1])" false;
}
