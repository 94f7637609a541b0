//! Largest and smallest elements, their places, and questions about all elements.

use super::sum::{over_dims, reduced, sum_dims, unreduce};
use crate::tensor::array::error::{bail, ensure};
use crate::tensor::array::kernels::reduce as kernels;
use crate::tensor::array::layout::wrap_dim;
use crate::tensor::array::{Array, DType, Dims, Element, Number, Result};
use crate::tensor::core::record::named;
use crate::tensor::core::{Saved, Tensor, record, record_many};
use crate::tensor::ops::args::{Arg, Args, Out};
use crate::tensor::ops::samples::{Make, Sample, sample};
use crate::tensor::ops::spec::{FUNCTION, METHOD, Op};
use crate::tensor::ops::{div, eq, maximum, minimum, mul, reshape_to, scatter_value, unsqueeze};
use crate::tensor::ops::{select, sort};

const FIELDS: &[&str] = &["values", "indices"];

fn choices(m: &Make) -> Vec<Sample> {
    vec![
        sample([m.distinct(&[3, 4]).into()]),
        sample([m.distinct(&[3, 4]).into(), Arg::Int(1)]),
        sample([m.distinct(&[3, 4]).into(), Arg::Int(0), Arg::Bool(true)]),
        sample([m.distinct(&[2, 3]).into(), m.tensor(&[2, 3]).into()]),
    ]
}

/// `torch.max`
pub static MAX: Op = Op {
    signature: "max(input, dim=None, keepdim=False, *, other=None, out=None) -> Tensor or (values, indices)",
    faces: FUNCTION | METHOD,
    doc: "The largest element; with `dim`, the largest ones along it and their places; with a tensor, elementwise.",
    examples: &[
        ("torch.max(torch.tensor([1, 5, 2]))", "tensor(5)"),
        (
            "torch.max(torch.tensor([[1, 5], [7, 2]]), 1).indices",
            "tensor([1, 0])",
        ),
    ],
    samples: choices,
    call: |a| choose(a, true),
    ..Op::BASE
};

/// `torch.min`
pub static MIN: Op = Op {
    signature: "min(input, dim=None, keepdim=False, *, other=None, out=None) -> Tensor or (values, indices)",
    faces: FUNCTION | METHOD,
    doc: "The smallest element; with `dim`, the smallest ones along it and their places; with a tensor, elementwise.",
    examples: &[("torch.min(torch.tensor([3, 1, 2]))", "tensor(1)")],
    samples: choices,
    call: |a| choose(a, false),
    ..Op::BASE
};

fn choose(a: &Args, largest: bool) -> Result<Out> {
    let x = a.tensor("input")?;
    let other = match a.get("dim") {
        Some(Arg::Tensor(t)) => Some(t),
        _ => a.opt_tensor("other")?,
    };
    if let Some(other) = other {
        return Ok(if largest {
            maximum(x, other)?
        } else {
            minimum(x, other)?
        }
        .into());
    }
    let Some(dim) = a.opt_int("dim")? else {
        return Ok(extreme(x, largest)?.into());
    };
    let (values, indices) = extreme_dim(x, dim, a.bool("keepdim")?, largest)?;
    let name = if largest { "max" } else { "min" };
    Ok(Out::Named {
        name,
        fields: FIELDS,
        values: vec![values, indices],
    })
}

/// The first place of the largest or smallest element, or of a NaN if there is one.
fn best<T: Number>(row: &[T], largest: bool) -> usize {
    let Some(first) = row.first() else {
        return 0;
    };
    let top = if largest {
        kernels::in_lanes(row, *first, |m, v| m.larger(v))
    } else {
        kernels::in_lanes(row, *first, |m, v| m.smaller(v))
    };
    let is_top = |v: &T| *v == top || v.is_nan();
    // Found in stretches, which are looked through at once.
    let stretch = |part: &[T]| part.iter().fold(false, |any, v| any | is_top(v));
    let from = row.chunks(32).position(stretch).unwrap_or(0) * 32;
    from + row[from..].iter().position(is_top).unwrap_or(0)
}

/// `torch.max(x)` or `torch.min(x)` of all elements; equal ones share the gradient.
pub fn extreme(x: &Tensor, largest: bool) -> Result<Tensor> {
    let name = if largest { "max" } else { "min" };
    ensure!(
        x.numel() > 0,
        "{name}(): Expected reduction dim to be specified for input.numel() == 0. Specify the reduction dim with the 'dim' argument."
    );
    let array = x.to_array();
    let dims: Dims = (0..array.ndim()).collect();
    let out = extreme_array(&array, &dims, largest)?;
    let node = if largest {
        "MaxBackward1"
    } else {
        "MinBackward1"
    };
    Ok(record(node, [x], out, Saved::input(x), move |g, x, c| {
        let x = c.get(x)?;
        let top = eq(&x, &crate::tensor::core::no_grad(|| extreme(&x, largest))?)?;
        Ok([Some(mul(
            &top,
            &div(g, &sum_dims(&top, None, false, None)?)?,
        )?)])
    }))
}

fn extreme_array(x: &Array, dims: &[usize], largest: bool) -> Result<Array> {
    compute!(x.dtype(), T => {
        let x = x.to_dtype(T::DTYPE)?;
        if largest {
            kernels::fold_pairs::<T>(&x, dims, T::LOWEST, |m, v| m.larger(v))
        } else {
            kernels::fold_pairs::<T>(&x, dims, T::HIGHEST, |m, v| m.smaller(v))
        }
    }, bool => kernels::fold::<bool, bool>(x, dims, &move |row| if largest {
        row.iter().any(|v| *v)
    } else {
        row.iter().all(|v| *v)
    }))
}

fn nonempty_dim(x: &Tensor, d: usize, name: &str) -> Result<()> {
    let shape = x.shape();
    ensure!(
        shape.is_empty() || shape[d] > 0,
        Index,
        "{name}(): Expected reduction dim {d} to have non-zero size."
    );
    Ok(())
}

/// The places of the largest or smallest elements along a dimension.
fn places(x: &Tensor, d: usize, largest: bool) -> Result<Array> {
    let dims: Dims = if x.ndim() == 0 {
        Dims::new()
    } else {
        Dims::from_slice(&[d])
    };
    let array = x.to_array();
    dispatch_wide!(array.dtype(), T => kernels::fold::<T, i64>(&array.to_dtype(T::DTYPE)?, &dims, &move |row| best(row, largest) as i64))
}

/// `torch.max(x, dim)` or `torch.min(x, dim)`
pub fn extreme_dim(x: &Tensor, dim: i64, keepdim: bool, largest: bool) -> Result<(Tensor, Tensor)> {
    let d = wrap_dim(dim, x.ndim())?;
    let name = if largest { "max" } else { "min" };
    nonempty_dim(x, d, name)?;
    let shape = x.shape();
    let dims: Dims = if shape.is_empty() {
        Dims::new()
    } else {
        Dims::from_slice(&[d])
    };
    let indices = places(x, d, largest)?;
    let values = extreme_array(&x.array(), &dims, largest)?;
    let (values, indices) = if keepdim {
        let kept = kernels::reduced_shape(&shape, &dims, true);
        (values.reshape(&kept)?, indices.reshape(&kept)?)
    } else {
        (values, indices)
    };
    Ok(selected(
        if largest {
            "MaxBackward0"
        } else {
            "MinBackward0"
        },
        x,
        values,
        indices,
        d,
        keepdim,
    ))
}

/// Values taken from a dimension, with their places: the gradient goes to those places.
pub fn selected(
    name: &'static str,
    x: &Tensor,
    values: Array,
    indices: Array,
    d: usize,
    keepdim: bool,
) -> (Tensor, Tensor) {
    let shape = x.shape();
    let kept = Saved::input(&Tensor::from_array(indices.clone()));
    let mut outs = record_many(name, &[x], vec![values], kept, move |g, indices, c| {
        let Some(g) = &g[0] else {
            return Ok(vec![None]);
        };
        let indices = c.get(indices)?;
        let (g, indices) = if keepdim || shape.is_empty() {
            (g.clone(), indices)
        } else {
            (unsqueeze(g, d as i64)?, unsqueeze(&indices, d as i64)?)
        };
        let blank = Tensor::from_array(Array::zeros(&shape, g.dtype())?);
        Ok(vec![Some(scatter_value(&blank, d as i64, &indices, &g)?)])
    });
    (outs.remove(0), Tensor::from_array(indices))
}

macro_rules! argument_ops {
    ($( $STATIC:ident $name:literal $signature:literal $doc:literal $example:literal $prints:literal $largest:literal; )*) => {$(
        #[doc = concat!("`torch.", $name, "`")]
        pub static $STATIC: Op = Op {
            signature: $signature,
            faces: FUNCTION | METHOD,
            doc: $doc,
            examples: &[($example, $prints)],
            samples: |m| choices(m).into_iter().take(3).filter(|_| m.dtype != DType::Bool).map(Sample::rough).collect(),
            call: |a| Ok(arg_extreme(a.tensor("input")?, a.opt_int("dim")?, a.bool("keepdim")?, $largest)?.into()),
            ..Op::BASE
        };
    )*};
}

argument_ops! {
    ARGMAX "argmax" "argmax(input, dim=None, keepdim=False, *, out=None) -> Tensor"
        "The place of the largest element, counted in row-major order, or along a dimension."
        "torch.argmax(torch.tensor([1, 5, 2]))" "tensor(1)" true;
    ARGMIN "argmin" "argmin(input, dim=None, keepdim=False, *, out=None) -> Tensor"
        "The place of the smallest element, counted in row-major order, or along a dimension."
        "torch.argmin(torch.tensor([3, 1, 2]))" "tensor(1)" false;
}

/// `torch.argmax` or `torch.argmin`
pub fn arg_extreme(x: &Tensor, dim: Option<i64>, keepdim: bool, largest: bool) -> Result<Tensor> {
    let name = if largest { "argmax" } else { "argmin" };
    if x.dtype() == DType::Bool {
        return Err(crate::tensor::ops::unsupported(
            &format!("{name}_cpu"),
            DType::Bool,
        ));
    }
    let Some(dim) = dim else {
        ensure!(
            x.numel() > 0,
            Index,
            "{name}(): Expected reduction dim to be specified for input.numel() == 0."
        );
        let flat = Tensor::from_array(x.array().reshape(&[x.numel()])?);
        let out = places(&flat, 0, largest)?;
        let shape = if keepdim {
            Dims::from_elem(1, x.ndim())
        } else {
            Dims::new()
        };
        return Ok(Tensor::from_array(out.reshape(&shape)?));
    };
    let d = wrap_dim(dim, x.ndim())?;
    nonempty_dim(x, d, name)?;
    let out = places(x, d, largest)?;
    let out = if keepdim && x.ndim() > 0 {
        out.reshape(&kernels::reduced_shape(&x.shape(), &[d], true))?
    } else {
        out
    };
    Ok(Tensor::from_array(out))
}

macro_rules! amounts {
    ($( $STATIC:ident $name:literal $signature:literal $node:literal $doc:literal $example:literal $prints:literal $largest:literal; )*) => {$(
        #[doc = concat!("`torch.", $name, "`")]
        pub static $STATIC: Op = Op {
            signature: $signature,
            faces: FUNCTION | METHOD,
            doc: $doc,
            examples: &[($example, $prints)],
            samples: |m| vec![
                sample([m.distinct(&[3, 4]).into()]),
                sample([m.distinct(&[2, 3, 2]).into(), vec![0i64, 2].into()]),
                sample([m.distinct(&[3, 4]).into(), Arg::Int(1), Arg::Bool(true)]),
            ],
            call: |a| {
                let dims = match a.get("dim") {
                    Some(_) => a.opt_ints("dim")?,
                    None => None,
                };
                Ok(amount($node, a.tensor("input")?, dims.as_deref(), a.bool("keepdim")?, $largest)?.into())
            },
            ..Op::BASE
        };
    )*};
}

amounts! {
    AMAX "amax" "amax(input, dim=(), keepdim=False, *, out=None) -> Tensor" "AmaxBackward0"
        "The largest elements over dimensions; equal ones share the gradient."
        "torch.amax(torch.tensor([[1, 5], [7, 2]]), 1)" "tensor([5, 7])" true;
    AMIN "amin" "amin(input, dim=(), keepdim=False, *, out=None) -> Tensor" "AminBackward0"
        "The smallest elements over dimensions; equal ones share the gradient."
        "torch.amin(torch.tensor([[1, 5], [7, 2]]), 1)" "tensor([1, 2])" false;
}

pub(in crate::tensor::ops) fn amount(
    node: &'static str,
    x: &Tensor,
    dims: Option<&[i64]>,
    keepdim: bool,
    largest: bool,
) -> Result<Tensor> {
    let shape = x.shape();
    let all = dims.is_none_or(<[i64]>::is_empty);
    let dims = reduced(dims, shape.len())?;
    let name = if largest { "amax" } else { "amin" };
    ensure!(
        !all || x.numel() > 0,
        "{name}(): Expected reduction dim to be specified for input.numel() == 0. Specify the reduction dim with the 'dim' argument."
    );
    for d in &dims {
        ensure!(
            shape[*d] > 0,
            Index,
            "{name}(): Expected reduction dim {d} to have non-zero size."
        );
    }
    let out = extreme_array(&x.array(), &dims, largest)?;
    let out = if keepdim {
        out.reshape(&kernels::reduced_shape(&shape, &dims, true))?
    } else {
        out
    };
    let kept = (Saved::input(x), Saved::result(&out));
    Ok(record(node, [x], out, kept, move |g, (x, y), c| {
        let y = unreduce(&c.get(y)?, &shape, &dims, keepdim)?;
        let top = eq(&c.get(x)?, &y)?;
        let signed: Vec<i64> = dims.iter().map(|d| *d as i64).collect();
        let count = sum_dims(&top, Some(&signed), true, None)?;
        Ok([Some(mul(
            &div(&unreduce(g, &shape, &dims, keepdim)?, &count)?,
            &top,
        )?)])
    }))
}

/// `torch.aminmax`
pub static AMINMAX: Op = Op {
    signature: "aminmax(input, *, dim=None, keepdim=False, out=None) -> (min, max)",
    faces: FUNCTION | METHOD,
    doc: "The smallest and the largest elements.",
    examples: &[("torch.aminmax(torch.tensor([1, 5])).max", "tensor(5)")],
    samples: |m| vec![sample([m.distinct(&[3, 4]).into()])],
    call: |a| {
        let (x, keepdim) = (a.tensor("input")?, a.bool("keepdim")?);
        let dims = a.opt_ints("dim")?;
        let one = dims.as_deref().and_then(|dims| dims.first());
        if let Some(d) = one.filter(|_| x.ndim() > 0) {
            let d = wrap_dim(*d, x.ndim())?;
            ensure!(
                x.shape()[d] > 0,
                Index,
                "aminmax: Expected reduction dim {d} to have non-zero size."
            );
        }
        ensure!(
            one.is_some() || x.numel() > 0,
            "aminmax(): cannot compute aminmax over an empty dimension as the operation has no identity."
        );
        let low = amount("AminmaxBackward0", x, dims.as_deref(), keepdim, false)?;
        let high = amount("AminmaxBackward0", x, dims.as_deref(), keepdim, true)?;
        Ok(Out::Named {
            name: "aminmax",
            fields: &["min", "max"],
            values: vec![low, high],
        })
    },
    ..Op::BASE
};

macro_rules! quantors {
    ($( $STATIC:ident $name:ident $signature:literal $doc:literal $example:literal $prints:literal |$row:ident| $body:expr; )*) => {$(
        #[doc = concat!("`torch.", stringify!($name), "`")]
        pub static $STATIC: Op = Op {
            signature: $signature,
            faces: FUNCTION | METHOD,
            doc: $doc,
            examples: &[($example, $prints)],
            samples: |m| over_dims(m).into_iter().map(Sample::rough).collect(),
            call: |a| {
                let dims = a.opt_ints("dim")?;
                Ok($name(a.tensor("input")?, dims.as_deref(), a.bool("keepdim")?)?.into())
            },
            ..Op::BASE
        };

        #[doc = concat!("`torch.", stringify!($name), "`")]
        pub fn $name(x: &Tensor, dims: Option<&[i64]>, keepdim: bool) -> Result<Tensor> {
            let shape = x.shape();
            let dims = reduced(dims, shape.len())?;
            let array = x.to_array();
            let out = dispatch_wide!(array.dtype(), T => kernels::fold::<T, bool>(&array.to_dtype(T::DTYPE)?, &dims, &|$row| $body))?;
            let out = if keepdim { out.reshape(&kernels::reduced_shape(&shape, &dims, true))? } else { out };
            // Bytes stay bytes, as PyTorch keeps it from the days before bool.
            Ok(Tensor::from_array(if array.dtype() == DType::UInt8 { out.to_dtype(DType::UInt8)? } else { out }))
        }
    )*};
}

quantors! {
    ALL all "all(input, dim=None, keepdim=False, *, out=None) -> Tensor" "Whether no element is 0."
        "torch.all(torch.tensor([True, False]))" "tensor(False)" |row| row.iter().all(|v| v.to_bool());
    ANY any "any(input, dim=None, keepdim=False, *, out=None) -> Tensor" "Whether some element is not 0."
        "torch.any(torch.tensor([True, False]))" "tensor(True)" |row| row.iter().any(|v| v.to_bool());
}

/// `torch.count_nonzero`
pub static COUNT_NONZERO: Op = Op {
    signature: "count_nonzero(input, dim=None) -> Tensor",
    faces: FUNCTION | METHOD,
    doc: "How many elements are not 0.",
    examples: &[("torch.count_nonzero(torch.tensor([1, 0, 2]))", "tensor(2)")],
    samples: |m| {
        vec![
            sample([m.tensor(&[3, 4]).into()]).rough(),
            sample([m.tensor(&[3, 4]).into(), Arg::Int(1)]).rough(),
        ]
    },
    call: |a| {
        let dims = a.opt_ints("dim")?;
        Ok(sum_dims(
            &crate::tensor::ops::ne(a.tensor("input")?, 0i64)?,
            dims.as_deref(),
            false,
            None,
        )?
        .into())
    },
    ..Op::BASE
};

/// `torch.median`
pub static MEDIAN: Op = Op {
    signature: "median(input, dim=None, keepdim=False, *, out=None) -> Tensor or (values, indices)",
    faces: FUNCTION | METHOD,
    doc: "The middle element in order (the lower one of two).",
    examples: &[("torch.median(torch.tensor([3, 1, 2]))", "tensor(2)")],
    samples: |m| {
        if m.dtype == DType::Bool {
            return Vec::new();
        }
        vec![
            sample([m.distinct(&[3, 3]).into()]),
            sample([m.distinct(&[3, 4]).into(), Arg::Int(1)]),
        ]
    },
    call: |a| {
        let x = a.tensor("input")?;
        let Some(dim) = a.opt_int("dim")? else {
            if x.numel() == 0 && x.dtype().is_floating_point() {
                let nan = Array::from_scalar(f64::NAN.into(), x.dtype());
                return Ok(Tensor::from_array(nan).into());
            }
            let flat = reshape_to(x, &[x.numel()])?;
            let (middle, _) = median_dim(&flat, 0, false)?;
            return Ok(named("MedianBackward0", middle).into());
        };
        let (values, indices) = median_dim(x, dim, a.bool("keepdim")?)?;
        Ok(Out::Named {
            name: "median",
            fields: FIELDS,
            values: vec![values, indices],
        })
    },
    ..Op::BASE
};

fn median_dim(x: &Tensor, dim: i64, keepdim: bool) -> Result<(Tensor, Tensor)> {
    let d = wrap_dim(dim, x.ndim())?;
    nonempty_dim(x, d, "median")?;
    let n = if x.ndim() == 0 { 1 } else { x.shape()[d] };
    kth_smallest("MedianBackward1", x, n.div_ceil(2), d, keepdim, true)
}

/// The `k`-th smallest element (from 1) along a dimension; a NaN comes out first if `nan_first`.
pub fn kth_smallest(
    name: &'static str,
    x: &Tensor,
    k: usize,
    d: usize,
    keepdim: bool,
    nan_first: bool,
) -> Result<(Tensor, Tensor)> {
    let shape = x.shape();
    let dims: Dims = if shape.is_empty() {
        Dims::new()
    } else {
        Dims::from_slice(&[d])
    };
    let array = x.to_array();
    let indices = dispatch_wide!(array.dtype(), T => kernels::fold::<T, i64>(&array.to_dtype(T::DTYPE)?, &dims, &move |row| {
        if !nan_first {
            return i64::from(select::kth(sort::keys(row, false), k - 1));
        }
        if let Some(i) = row.iter().position(|v| v.is_nan()) {
            return i as i64;
        }
        i64::from(sort::kth(row, k))
    }))?;
    let kept = kernels::reduced_shape(&shape, &dims, true);
    let at = indices.reshape(&kept)?;
    let values = crate::tensor::ops::gather_array(&array, d, &at)?;
    let (values, indices) = if keepdim {
        (values, at)
    } else {
        let gone = kernels::reduced_shape(&shape, &dims, false);
        (values.reshape(&gone)?, indices)
    };
    Ok(selected(name, x, values, indices, d, keepdim))
}

/// `torch.kthvalue`
pub static KTHVALUE: Op = Op {
    signature: "kthvalue(input, k, dim=-1, keepdim=False, *, out=None) -> (values, indices)",
    faces: FUNCTION | METHOD,
    doc: "The `k`-th smallest element along a dimension, counted from 1.",
    examples: &[(
        "torch.kthvalue(torch.tensor([3, 1, 2]), 2).values",
        "tensor(2)",
    )],
    samples: |m| {
        if m.dtype == DType::Bool {
            Vec::new()
        } else {
            vec![sample([m.distinct(&[3, 4]).into(), Arg::Int(2)])]
        }
    },
    call: |a| {
        let (x, k) = (a.tensor("input")?, a.int("k")?);
        let d = wrap_dim(a.int("dim")?, x.ndim())?;
        let n = if x.ndim() == 0 { 1 } else { x.shape()[d] };
        if !(1..=n as i64).contains(&k) {
            bail!("kthvalue(): selected number k out of range for dimension {d}");
        }
        let (values, indices) = kth_smallest(
            "KthvalueBackward0",
            x,
            k as usize,
            d,
            a.bool("keepdim")?,
            false,
        )?;
        Ok(Out::Named {
            name: "kthvalue",
            fields: FIELDS,
            values: vec![values, indices],
        })
    },
    ..Op::BASE
};

/// `torch.mode`
pub static MODE: Op = Op {
    signature: "mode(input, dim=-1, keepdim=False, *, out=None) -> (values, indices)",
    faces: FUNCTION | METHOD,
    doc: "The most frequent element along a dimension (the smallest of several), and its last place.",
    examples: &[("torch.mode(torch.tensor([1, 2, 2])).values", "tensor(2)")],
    samples: |m| vec![sample([m.distinct(&[3, 1]).into()])],
    call: |a| {
        let x = a.tensor("input")?;
        let d = wrap_dim(a.int("dim")?, x.ndim())?;
        nonempty_dim(x, d, "mode")?;
        let shape = x.shape();
        let dims: Dims = if shape.is_empty() {
            Dims::new()
        } else {
            Dims::from_slice(&[d])
        };
        let array = x.to_array();
        let indices = dispatch_wide!(array.dtype(), T => kernels::fold::<T, i64>(&array.to_dtype(T::DTYPE)?, &dims, &|row| {
            let order = crate::tensor::ops::sort::order(row, false);
            let (mut best, mut length) = (0u32, 0);
            let mut start = 0;
            while start < order.len() {
                let end = (start..order.len()).find(|e| row[order[*e] as usize] != row[order[start] as usize]).unwrap_or(order.len());
                if end - start > length {
                    (best, length) = (order[end - 1], end - start);
                }
                start = end.max(start + 1);
            }
            i64::from(best)
        }))?;
        let keepdim = a.bool("keepdim")?;
        let at = indices.reshape(&kernels::reduced_shape(&shape, &dims, true))?;
        let values = crate::tensor::ops::gather_array(&array, d, &at)?;
        let kept = kernels::reduced_shape(&shape, &dims, keepdim);
        let (values, indices) = selected(
            "ModeBackward0",
            x,
            values.reshape(&kept)?,
            at.reshape(&kept)?,
            d,
            keepdim,
        );
        Ok(Out::Named {
            name: "mode",
            fields: FIELDS,
            values: vec![values, indices],
        })
    },
    ..Op::BASE
};
