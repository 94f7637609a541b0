//! softmax and its like, in one pass over each row.

use super::exp::Exp;
use crate::tensor::array::error::ensure;
use crate::tensor::array::kernels::lanes::{halve, reduce};
use crate::tensor::array::kernels::{has_wide_vectors, vectorize_wide};
use crate::tensor::array::layout::wrap_dim;
use crate::tensor::array::{Array, DType, Real, Result, threads};
use crate::tensor::core::warning::warn_user;
use crate::tensor::core::{Saved, Tensor, is_grad_enabled, record};
use crate::tensor::ops::args::{Args, Out};
use crate::tensor::ops::pointwise::unsupported;
use crate::tensor::ops::samples::{Make, Sample, sample};
use crate::tensor::ops::spec::{FUNCTION, FUNCTIONAL, METHOD, Op};
use crate::tensor::ops::{Arg, exp, mul, neg, sub, sum_dims, to_dtype};

/// Calls `$f` with the number of elements in the widest vectors of this machine, which PyTorch uses for rows.
macro_rules! in_vectors {
    ($T:ident, $wide:ident, $f:ident($($arguments:expr),*)) => {
        match (size_of::<$T>(), $wide) {
            (4, true) => $f::<$T, 16>($($arguments),*),
            (4, false) | (_, true) => $f::<$T, 8>($($arguments),*),
            (_, false) => $f::<$T, 4>($($arguments),*),
        }
    };
}

fn along(m: &Make) -> Vec<Sample> {
    if !m.dtype.is_floating_point() {
        return Vec::new();
    }
    vec![
        sample([m.tensor(&[2, 3]).into(), Arg::Int(1)]),
        sample([m.tensor(&[3, 4, 2]).into(), Arg::Int(-2)]),
        sample([m.tensor(&[3, 2]).into(), Arg::Int(0)]),
        sample([m.tensor(&[]).into(), Arg::Int(0)]),
        sample([m.tensor(&[0, 3]).into(), Arg::Int(1)]),
    ]
}

/// `torch.softmax`
pub static SOFTMAX: Op = Op {
    signature: "softmax(input, dim, dtype=None, *, out=None) -> Tensor",
    faces: FUNCTION | METHOD,
    doc: "Positive numbers that sum to 1 along `dim`, in the ratios of `exp(input)`.",
    examples: &[(
        "torch.softmax(torch.tensor([1., 2.]), dim=0)",
        "tensor([0.2689, 0.7311])",
    )],
    samples: along,
    call: |a| call(a, a.tensor("input")?, softmax),
    ..Op::BASE
};

/// `torch.log_softmax`
pub static LOG_SOFTMAX: Op = Op {
    signature: "log_softmax(input, dim, dtype=None, *, out=None) -> Tensor",
    faces: FUNCTION | METHOD,
    doc: "The logarithm of the softmax along `dim`.",
    examples: &[(
        "torch.log_softmax(torch.tensor([1., 2.]), dim=0)",
        "tensor([-1.3133, -0.3133])",
    )],
    samples: along,
    call: |a| call(a, a.tensor("input")?, log_softmax),
    ..Op::BASE
};

/// `torch.nn.functional.softmax`
pub static SOFTMAX_FUNCTIONAL: Op = Op {
    signature: "softmax(input, dim=None, _stacklevel=3, dtype=None) -> Tensor",
    faces: FUNCTIONAL,
    doc: "Positive numbers that sum to 1 along `dim`, in the ratios of `exp(input)`.",
    examples: &[(
        "F.softmax(torch.tensor([1., 2.]), dim=0)",
        "tensor([0.2689, 0.7311])",
    )],
    samples: along,
    call: |a| call(a, a.tensor("input")?, softmax),
    ..Op::BASE
};

/// `torch.nn.functional.log_softmax`
pub static LOG_SOFTMAX_FUNCTIONAL: Op = Op {
    signature: "log_softmax(input, dim=None, _stacklevel=3, dtype=None) -> Tensor",
    faces: FUNCTIONAL,
    doc: "The logarithm of the softmax along `dim`.",
    examples: &[(
        "F.log_softmax(torch.tensor([1., 2.]), dim=0)",
        "tensor([-1.3133, -0.3133])",
    )],
    samples: along,
    call: |a| call(a, a.tensor("input")?, log_softmax),
    ..Op::BASE
};

/// `torch.nn.functional.softmin`
pub static SOFTMIN: Op = Op {
    signature: "softmin(input, dim=None, _stacklevel=3, dtype=None) -> Tensor",
    faces: FUNCTIONAL,
    doc: "The softmax of the negative input.",
    examples: &[(
        "F.softmin(torch.tensor([1., 2.]), dim=0)",
        "tensor([0.7311, 0.2689])",
    )],
    samples: along,
    call: |a| call(a, &neg(a.tensor("input")?)?, softmax),
    ..Op::BASE
};

fn call(a: &Args, x: &Tensor, f: impl Fn(&Tensor, i64) -> Result<Tensor>) -> Result<Out> {
    let dim = match a.opt_int("dim")? {
        Some(dim) => dim,
        None => implicit_dim(a.name(), x),
    };
    Ok(match a.dtype("dtype")? {
        Some(dtype) => f(&to_dtype(x, dtype)?, dim)?,
        None => f(x, dim)?,
    }
    .into())
}

/// The dimension that PyTorch takes if none is given, with its warning.
pub fn implicit_dim(name: &str, x: &Tensor) -> i64 {
    warn_user(&format!(
        "Implicit dimension choice for {name} has been deprecated. Change the call to include dim=X as an argument."
    ));
    match x.ndim() {
        0 | 1 | 3 => 0,
        _ => 1,
    }
}

/// An array cut along a dimension: sizes before, of and after it.
fn parts(shape: &[usize], dim: usize) -> (usize, usize, usize) {
    if shape.is_empty() {
        return (1, 1, 1);
    }
    let size = |part: &[usize]| part.iter().product();
    (size(&shape[..dim]), shape[dim], size(&shape[dim + 1..]))
}

/// `torch.softmax`
pub fn softmax(x: &Tensor, dim: i64) -> Result<Tensor> {
    let dim = wrap_dim(dim, x.ndim())?;
    let y = rows(&x.array(), dim, false)?;
    let kept = Saved::result(&y);
    Ok(record("SoftmaxBackward0", [x], y, kept, move |g, y, c| {
        Ok([Some(softmax_backward(g, &c.get(y)?, dim)?)])
    }))
}

/// `torch.log_softmax`
pub fn log_softmax(x: &Tensor, dim: i64) -> Result<Tensor> {
    let dim = wrap_dim(dim, x.ndim())?;
    let y = rows(&x.array(), dim, true)?;
    let kept = Saved::result(&y);
    Ok(record(
        "LogSoftmaxBackward0",
        [x],
        y,
        kept,
        move |g, y, c| Ok([Some(log_softmax_backward(g, &c.get(y)?, dim)?)]),
    ))
}

/// The sum along the dimension, kept with size 1.
fn total(x: &Tensor, dim: usize) -> Result<Tensor> {
    if x.ndim() == 0 {
        return Ok(x.clone());
    }
    sum_dims(x, Some(&[dim as i64]), true, None)
}

/// `y * (g - sum(g * y))`
fn softmax_backward(g: &Tensor, y: &Tensor, dim: usize) -> Result<Tensor> {
    if is_grad_enabled() {
        let weighted = mul(g, y)?;
        return sub(&weighted, &mul(y, &total(&weighted, dim)?)?);
    }
    backward(g, y, dim, false).map(Tensor::from_array)
}

/// `g - exp(y) * sum(g)`
fn log_softmax_backward(g: &Tensor, y: &Tensor, dim: usize) -> Result<Tensor> {
    if is_grad_enabled() {
        return sub(g, &mul(&exp(y)?, &total(g, dim)?)?);
    }
    backward(g, y, dim, true).map(Tensor::from_array)
}

fn refuse(dtype: DType, log: bool, last: bool) -> crate::tensor::array::Error {
    unsupported(
        match (log, last) {
            (true, true) => "log_softmax_lastdim_kernel_impl",
            (true, false) => "log_softmax_kernel_impl",
            (false, true) => "softmax_lastdim_kernel_impl",
            (false, false) => "softmax_kernel_impl",
        },
        dtype,
    )
}

fn rows(x: &Array, dim: usize, log: bool) -> Result<Array> {
    ensure!(x.ndim() < 64, "too many dimensions");
    let (_, n, inner) = parts(x.shape(), dim);
    let x = x.contiguous()?;
    let wide = has_wide_vectors();
    dispatch_float!(x.dtype(), T => {
        let all: &[T] = &x.slice::<T>();
        Array::build::<T>(x.shape(), |out| {
            let block = n * inner;
            threads::fill_rows(out, block, all.len() * 8, &|first, part: &mut [T]| {
                let from = &all[first * block..first * block + part.len()];
                let (own, n) = (block.max(1), n.max(1));
                vectorize_wide(#[inline(always)] || {
                    if inner == 1 {
                        for (x, y) in from.chunks_exact(n).zip(part.chunks_exact_mut(n)) {
                            in_vectors!(T, wide, row(x, y, log));
                        }
                    } else {
                        for (x, y) in from.chunks_exact(own).zip(part.chunks_exact_mut(own)) {
                            columns(x, y, inner, log);
                        }
                    }
                });
            });
        })
    }, other => Err(refuse(x.dtype(), log, dim + 1 >= x.ndim())))
}

#[inline(always)]
pub(in crate::tensor::ops) fn largest<T: Real>(x: &[T]) -> T {
    if x.len() < 64 {
        largest_in_lanes::<T, 8>(x)
    } else {
        largest_in_lanes::<T, 64>(x)
    }
}

#[inline(always)]
fn largest_in_lanes<T: Real, const W: usize>(x: &[T]) -> T {
    let larger = |a: T, b: T| if b > a { b } else { a };
    let mut lanes = [T::LOWEST; W];
    let mut chunks = x.chunks_exact(W);
    for chunk in &mut chunks {
        lanes
            .iter_mut()
            .zip(chunk)
            .for_each(|(l, v)| *l = larger(*l, *v));
    }
    let mut half = W / 2;
    while half > 0 {
        let (low, high) = lanes.split_at_mut(half);
        low.iter_mut()
            .zip(high)
            .for_each(|(l, h)| *l = larger(*l, *h));
        half /= 2;
    }
    chunks
        .remainder()
        .iter()
        .fold(lanes[0], |m, v| larger(m, *v))
}

#[inline(always)]
pub(in crate::tensor::ops) fn sum<T: Real>(x: &[T]) -> T {
    let mut lanes = [T::ZERO; 16];
    let mut chunks = x.chunks_exact(16);
    for chunk in &mut chunks {
        lanes.iter_mut().zip(chunk).for_each(|(l, v)| *l = *l + *v);
    }
    let total = lanes.iter().fold(T::ZERO, |s, v| s + *v);
    chunks.remainder().iter().fold(total, |s, v| s + *v)
}

#[inline(always)]
fn row<T: Exp, const W: usize>(x: &[T], y: &mut [T], log: bool) {
    let most = largest(x);
    let total = if x.len() < W {
        y.iter_mut().zip(x).fold(T::ZERO, |s, (y, x)| {
            *y = (*x - most).fast_exp();
            s + *y
        })
    } else {
        exponentials::<T, W>(x, y, most)
    };
    if log {
        let shift = total.ln();
        for (y, x) in y.iter_mut().zip(x) {
            *y = *x - most - shift;
        }
    } else {
        let scale = T::ONE / total;
        for y in y.iter_mut() {
            *y = *y * scale;
        }
    }
}

/// Elements whose exponentials are taken before they are added up: a multiple of all vectors, in the first cache.
const BLOCK: usize = 256;

/// `y = exp(x - most)` and the sum of it, in the order of [`reduce`]. Two loops, as compilers take one that also adds to a
/// few lanes apart before they could make vectors of it.
#[inline(always)]
fn exponentials<T: Exp, const W: usize>(x: &[T], y: &mut [T], most: T) -> T {
    let mut lanes = [T::ZERO; W];
    for (y, x) in y.chunks_mut(BLOCK).zip(x.chunks(BLOCK)) {
        for (y, x) in y.iter_mut().zip(x) {
            *y = (*x - most).fast_exp();
        }
        let mut vectors = y.chunks_exact(W);
        for y in &mut vectors {
            lanes.iter_mut().zip(y).for_each(|(l, y)| *l = *l + *y);
        }
        let rest = vectors.remainder();
        lanes.iter_mut().zip(rest).for_each(|(l, y)| *l = *l + *y);
    }
    halve(lanes)
}

/// Neighbouring columns that are worked on at once; their largest values and sums stay in the first cache.
const WIDTH: usize = 64;

/// Columns of a block of rows, a few neighbouring ones at a time.
#[inline(always)]
fn columns<T: Exp>(x: &[T], y: &mut [T], inner: usize, log: bool) {
    for start in (0..inner).step_by(WIDTH) {
        let at = start..inner.min(start + WIDTH);
        let mut most = [T::LOWEST; WIDTH];
        let mut total = [T::ZERO; WIDTH];
        for x in x.chunks_exact(inner) {
            for (m, v) in most.iter_mut().zip(&x[at.clone()]) {
                *m = if *v > *m { *v } else { *m };
            }
        }
        for (x, y) in x.chunks_exact(inner).zip(y.chunks_exact_mut(inner)) {
            let (x, y) = (&x[at.clone()], &mut y[at.clone()]);
            for ((y, x), (m, t)) in y.iter_mut().zip(x).zip(most.iter().zip(&mut total)) {
                *y = (*x - *m).fast_exp();
                *t = *t + *y;
            }
        }
        if log {
            total.iter_mut().for_each(|t| *t = t.ln());
            for (x, y) in x.chunks_exact(inner).zip(y.chunks_exact_mut(inner)) {
                let (x, y) = (&x[at.clone()], &mut y[at.clone()]);
                for ((y, x), (m, t)) in y.iter_mut().zip(x).zip(most.iter().zip(&total)) {
                    *y = *x - *m - *t;
                }
            }
        } else {
            for y in y.chunks_exact_mut(inner) {
                let y = &mut y[at.clone()];
                y.iter_mut().zip(&total).for_each(|(y, t)| *y = *y / *t);
            }
        }
    }
}

fn backward(g: &Tensor, y: &Tensor, dim: usize, log: bool) -> Result<Array> {
    let (g, y) = (g.array().contiguous()?, y.array().contiguous()?);
    let (_, n, inner) = parts(y.shape(), dim);
    let g = g.to_dtype(y.dtype())?;
    let wide = has_wide_vectors();
    dispatch_float!(y.dtype(), T => {
        let (gs, ys): (&[T], &[T]) = (&g.slice::<T>(), &y.slice::<T>());
        Array::build::<T>(y.shape(), |out| {
            let block = (n * inner).max(1);
            threads::fill_rows(out, block, ys.len() * 4, &|first, part: &mut [T]| {
                let at = first * block..first * block + part.len();
                let (gs, ys) = (&gs[at.clone()], &ys[at]);
                vectorize_wide(#[inline(always)] || {
                    for ((g, y), o) in gs.chunks_exact(block).zip(ys.chunks_exact(block)).zip(part.chunks_exact_mut(block)) {
                        if inner == 1 {
                            in_vectors!(T, wide, backward_row(g, y, o, log));
                        } else {
                            backward_columns(g, y, o, inner, log);
                        }
                    }
                });
            });
        })
    }, other => Err(refuse(y.dtype(), log, true)))
}

// PyTorch's compiler fuses the products of the last elements with their sum, and those of columns.
#[inline(always)]
fn backward_row<T: Exp, const W: usize>(g: &[T], y: &[T], out: &mut [T], log: bool) {
    if log {
        let total = reduce::<T, W, 1>([g], |[g]| g, |s, [g]| s + g);
        for ((o, g), y) in out.iter_mut().zip(g).zip(y) {
            *o = (-y.fast_exp()).mul_add(total, *g);
        }
        return;
    }
    let total = reduce::<T, W, 2>([g, y], |[g, y]| g * y, |s, [g, y]| g.mul_add(y, s));
    for ((o, g), y) in out.iter_mut().zip(g).zip(y) {
        *o = (*g - total) * *y;
    }
}

#[inline(always)]
fn backward_columns<T: Exp>(g: &[T], y: &[T], out: &mut [T], inner: usize, log: bool) {
    let mut total = vec![T::ZERO; inner];
    for (g, y) in g.chunks_exact(inner).zip(y.chunks_exact(inner)) {
        for ((t, g), y) in total.iter_mut().zip(g).zip(y) {
            *t = if log { *t + *g } else { g.mul_add(*y, *t) };
        }
    }
    let rows = g.chunks_exact(inner).zip(y.chunks_exact(inner));
    for ((g, y), o) in rows.zip(out.chunks_exact_mut(inner)) {
        let values = g.iter().zip(y).zip(&total);
        if log {
            for (o, ((g, y), t)) in o.iter_mut().zip(values) {
                *o = (-y.fast_exp()).mul_add(*t, *g);
            }
        } else {
            for (o, ((g, y), t)) in o.iter_mut().zip(values) {
                *o = (*g - *t) * *y;
            }
        }
    }
}
