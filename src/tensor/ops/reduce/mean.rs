//! Means, variances, norms, log-sum-exp, products.

use super::sum::{over_dims, reduced, sum_dims, unreduce};
use crate::tensor::array::error::{bail, ensure};
use crate::tensor::array::kernels::reduce as kernels;
use crate::tensor::array::layout::wrap_dim;
use crate::tensor::array::{Array, Complex, DType, Dims, Element, Number, Real, Result};
use crate::tensor::core::{Saved, Tensor, default_dtype, record};
use crate::tensor::ops::args::{Arg, Args, Out};
use crate::tensor::ops::complex::{complex_fold, conj};
use crate::tensor::ops::samples::{Make, Sample, sample};
use crate::tensor::ops::spec::{FUNCTION, LINALG, METHOD, Op, SPECIAL};
use crate::tensor::ops::{
    abs, cat, cumprod, cumsum, div, eq, exp, flip, mul, ne, ones_like, pow, reshape_to, select,
    sign, slice, sub, to_dtype, unsupported, zeros_like,
};

fn floats(m: &Make) -> Vec<Sample> {
    if m.floating() {
        over_dims(m)
    } else {
        Vec::new()
    }
}

fn keep(out: Array, shape: &[usize], dims: &[usize], keepdim: bool) -> Result<Array> {
    if keepdim {
        out.reshape(&kernels::reduced_shape(shape, dims, true))
    } else {
        Ok(out)
    }
}

/// `torch.mean`
pub static MEAN: Op = Op {
    signature: "mean(input, dim=None, keepdim=False, *, dtype=None, out=None) -> Tensor",
    faces: FUNCTION | METHOD,
    doc: "The mean of all elements, or over the dimensions `dim`.",
    examples: &[("torch.mean(torch.tensor([1., 2., 6.]))", "tensor(3.)")],
    samples: floats,
    call: |a| {
        let dims = a.opt_ints("dim")?;
        Ok(mean_dims(
            a.tensor("input")?,
            dims.as_deref(),
            a.bool("keepdim")?,
            a.dtype("dtype")?,
        )?
        .into())
    },
    ..Op::BASE
};

/// `torch.mean` of everything.
pub fn mean(x: &Tensor) -> Result<Tensor> {
    mean_dims(x, None, false, None)
}

/// `torch.mean`
pub fn mean_dims(
    x: &Tensor,
    dims: Option<&[i64]>,
    keepdim: bool,
    dtype: Option<DType>,
) -> Result<Tensor> {
    let name = if dims.is_none() {
        "MeanBackward0"
    } else {
        "MeanBackward1"
    };
    let dtype_in = dtype.unwrap_or(x.dtype());
    ensure!(
        dtype_in.is_differentiable(),
        NotImplemented,
        "mean(): could not infer output dtype. {} dtype must be either a floating point or complex dtype. Got: {}",
        if dtype.is_some() { "Optional" } else { "Input" },
        dtype_in.scalar_name()
    );
    if dtype_in.is_complex() {
        let shape = x.shape();
        let n: usize = reduced(dims, shape.len())?
            .iter()
            .map(|d| shape[*d])
            .product();
        return div(&sum_dims(x, dims, keepdim, dtype)?, n);
    }
    let array = x.array().to_dtype(dtype_in)?;
    let dims = reduced(dims, array.ndim())?;
    let n: usize = dims.iter().map(|d| array.shape()[*d]).product();
    let out = dispatch_float!(dtype_in, T => {
        let total = kernels::sum_dims::<T>(&array, &dims)?;
        let n = n as T;
        crate::tensor::array::kernels::pointwise::update::<T>(&total, move |v| v / n)?;
        total
    }, other => return Err(unsupported("mean_cpu", dtype_in)));
    let shape = array.dims();
    let out = keep(out, &shape, &dims, keepdim)?;
    Ok(record(name, [x], out, (), move |g, (), _| {
        Ok([Some(div(&unreduce(g, &shape, &dims, keepdim)?, n.max(1))?)])
    }))
}

/// The correction of a variance: `correction=`, or `unbiased=` as 1 or 0.
fn correction(a: &Args) -> Result<f64> {
    if a.has("correction") && a.get("correction").is_some() {
        return a.float("correction");
    }
    Ok(match a.get("unbiased") {
        Some(Arg::Bool(false)) => 0.0,
        _ => 1.0,
    })
}

/// `var(x, True)` gives `unbiased` where others give `dim`.
fn var_arguments(a: &Args) -> Result<(Option<smallvec::SmallVec<[i64; 4]>>, f64)> {
    if let Some(Arg::Bool(unbiased)) = a.get("dim") {
        return Ok((None, f64::from(u8::from(*unbiased))));
    }
    Ok((a.opt_ints("dim")?, correction(a)?))
}

fn spread(m: &Make) -> Vec<Sample> {
    if !m.floating() {
        return Vec::new();
    }
    vec![
        sample([m.tensor(&[3, 4]).into()]),
        sample([m.tensor(&[3, 4]).into(), 1i64.into()]),
        sample([m.tensor(&[3, 4]).into()])
            .with("dim", 0i64)
            .with("correction", 0i64)
            .with("keepdim", true),
    ]
}

macro_rules! spreads {
    ($( $STATIC:ident $name:literal $node:literal $signature:literal $doc:literal $example:literal $prints:literal |$x:ident, $dims:ident, $c:ident, $keep:ident| $out:expr; )*) => {$(
        #[doc = concat!("`torch.", $name, "`")]
        pub static $STATIC: Op = Op {
            signature: $signature,
            faces: FUNCTION | METHOD,
            node: $node,
            doc: $doc,
            examples: &[($example, $prints)],
            samples: spread,
            call: |a| {
                let (dims, $c) = var_arguments(a)?;
                let ($x, $dims, $keep) = (a.tensor("input")?, dims.as_deref(), a.bool("keepdim")?);
                Ok($out)
            },
            ..Op::BASE
        };
    )*};
}

spreads! {
    STD "std" "" "std(input, dim=None, unbiased=True, keepdim=False, *, correction=None, out=None) -> Tensor"
        "The standard deviation." "torch.std(torch.tensor([1., 2., 3.]))" "tensor(1.)"
        |x, dims, c, keepdim| Out::Tensor(std(x, dims, c, keepdim)?);
    STD_MEAN "std_mean" "StdMeanBackward0" "std_mean(input, dim=None, unbiased=True, keepdim=False, *, correction=None) -> (Tensor, Tensor)"
        "The standard deviation and the mean." "torch.std_mean(torch.tensor([1., 2., 3.]))" "(tensor(1.), tensor(2.))"
        |x, dims, c, keepdim| Out::Tensors(vec![std(x, dims, c, keepdim)?, mean_dims(x, dims, keepdim, None)?]);
    VAR "var" "" "var(input, dim=None, unbiased=True, keepdim=False, *, correction=None, out=None) -> Tensor"
        "The variance." "torch.var(torch.tensor([1., 2., 3.]))" "tensor(1.)"
        |x, dims, c, keepdim| Out::Tensor(var(x, dims, c, keepdim)?);
    VAR_MEAN "var_mean" "VarMeanBackward0" "var_mean(input, dim=None, unbiased=True, keepdim=False, *, correction=None) -> (Tensor, Tensor)"
        "The variance and the mean." "torch.var_mean(torch.tensor([1., 2., 3.]))" "(tensor(1.), tensor(2.))"
        |x, dims, c, keepdim| Out::Tensors(vec![var(x, dims, c, keepdim)?, mean_dims(x, dims, keepdim, None)?]);
}

fn var_array(x: &Array, dims: &[usize], correction: f64, root: bool) -> Result<Array> {
    if x.dtype().is_complex() {
        // The parts vary apart from each other.
        let part = |which| var_array(&x.part(which), dims, correction, false);
        let [re, im] = [part(0)?, part(1)?].map(Tensor::from_array);
        let both = crate::tensor::ops::add(&re, &im)?;
        let out = if root { pow(&both, 0.5)? } else { both };
        return Ok(out.to_array());
    }
    dispatch_float!(x.dtype(), T => kernels::fold::<T, T>(x, dims, &move |row| {
        let n = row.len() as f64;
        let mean = kernels::sum_of(row, |v| v.to_f64()) / n;
        let squares = kernels::sum_of(row, |v| (v.to_f64() - mean).powi(2));
        let variance = squares / (n - correction).max(0.0);
        (if root { variance.sqrt() } else { variance }) as T
    }), other => bail!("std and var only support floating point and complex dtypes"))
}

/// `torch.var`
pub fn var(x: &Tensor, dims: Option<&[i64]>, correction: f64, keepdim: bool) -> Result<Tensor> {
    let shape = x.shape();
    let dims = reduced(dims, shape.len())?;
    let out = keep(
        var_array(&x.array(), &dims, correction, false)?,
        &shape,
        &dims,
        keepdim,
    )?;
    Ok(record(
        "VarBackward0",
        [x],
        out,
        Saved::input(x),
        move |g, x, c| {
            Ok([Some(var_backward(
                g,
                &c.get(x)?,
                &dims,
                correction,
                keepdim,
            )?)])
        },
    ))
}

fn var_backward(
    g: &Tensor,
    x: &Tensor,
    dims: &[usize],
    correction: f64,
    keepdim: bool,
) -> Result<Tensor> {
    let shape = x.shape();
    let n: usize = dims.iter().map(|d| shape[*d]).product();
    let signed: Vec<i64> = dims.iter().map(|d| *d as i64).collect();
    let centred = if dims.is_empty() {
        zeros_like(x)?
    } else {
        sub(x, &mean_dims(x, Some(&signed), true, None)?)?
    };
    mul(
        &mul(
            &unreduce(g, &shape, dims, keepdim)?,
            2.0 / (n as f64 - correction),
        )?,
        &centred,
    )
}

/// `torch.std`
pub fn std(x: &Tensor, dims: Option<&[i64]>, correction: f64, keepdim: bool) -> Result<Tensor> {
    let shape = x.shape();
    let dims = reduced(dims, shape.len())?;
    let out = var_array(&x.array(), &dims, correction, true)?;
    let out = keep(out, &shape, &dims, keepdim)?;
    let kept = (Saved::input(x), Saved::result(&out));
    Ok(record(
        "StdBackward0",
        [x],
        out,
        kept,
        move |g, (x, y), c| {
            let y = c.get(y)?;
            let slope = div(g, &mul(&y, 2i64)?)?;
            let slope = select(&eq(&y, 0i64)?, &zeros_like(&slope)?, &slope)?;
            Ok([Some(var_backward(
                &slope,
                &c.get(x)?,
                &dims,
                correction,
                keepdim,
            )?)])
        },
    ))
}

/// `torch.logsumexp`
pub static LOGSUMEXP: Op = Op {
    signature: "logsumexp(input, dim, keepdim=False, *, out=None) -> Tensor",
    faces: FUNCTION | METHOD | SPECIAL,
    doc: "The logarithm of the sum of e to the elements, without overflow.",
    examples: &[(
        "torch.logsumexp(torch.tensor([0., 0.]), 0)",
        "tensor(0.6931)",
    )],
    samples: |m| {
        if !m.floating() {
            return Vec::new();
        }
        vec![
            sample([m.tensor(&[2, 3]).into(), 1i64.into()]),
            sample([m.tensor(&[2, 3]).into(), vec![0i64, 1].into()]).with("keepdim", true),
        ]
    },
    call: |a| Ok(logsumexp(a.tensor("input")?, &a.ints("dim")?, a.bool("keepdim")?)?.into()),
    ..Op::BASE
};

/// `torch.logsumexp`
pub fn logsumexp(x: &Tensor, dims: &[i64], keepdim: bool) -> Result<Tensor> {
    let x = &if x.dtype().is_differentiable() {
        x.clone()
    } else {
        to_dtype(x, default_dtype())?
    };
    let shape = x.shape();
    let dims = reduced(Some(dims), shape.len())?;
    let out = if x.dtype().is_complex() {
        complex_fold(&x.array(), &dims, &Complex::log_sum_exp)?
    } else {
        dispatch_float!(x.dtype(), T => kernels::fold::<T, T>(&x.array(), &dims, &|row| {
            use crate::tensor::array::kernels::math::Math as _;
            let top = kernels::in_lanes(row, T::NEG_INFINITY, |m, v| m.larger(v));
            if top.is_infinite() || top.is_nan() {
                return top;
            }
            top + (kernels::sum_of(row, |v| (v - top).exp_().to_f64()).ln() as T)
        })?, other => unreachable!("converted to a float type"))
    };
    let out = keep(out, &shape, &dims, keepdim)?;
    let kept = (Saved::input(x), Saved::result(&out));
    Ok(record(
        "LogsumexpBackward0",
        [x],
        out,
        kept,
        move |g, (x, y), c| {
            let y = unreduce(&c.get(y)?, &shape, &dims, keepdim)?;
            Ok([Some(mul(
                &unreduce(g, &shape, &dims, keepdim)?,
                &conj(&exp(&sub(&c.get(x)?, &y)?)?)?,
            )?)])
        },
    ))
}

/// `torch.prod`
pub static PROD: Op = Op {
    signature: "prod(input, dim=None, keepdim=False, *, dtype=None, out=None) -> Tensor",
    faces: FUNCTION | METHOD,
    doc: "The product of all elements, or over one dimension.",
    examples: &[("torch.prod(torch.tensor([2, 3, 4]))", "tensor(24)")],
    samples: |m| {
        let mut all = vec![
            sample([m.tensor(&[2, 3]).into()]),
            sample([m.tensor(&[2, 3]).into(), 1i64.into()]).with("keepdim", true),
            sample([m.tensor(&[]).into()]),
        ];
        if m.floating() {
            let x = m.tensor(&[2, 3]);
            crate::tensor::core::no_grad(|| crate::tensor::ops::zero_(&slice(&x, 1, 1, 1, 1)))
                .expect("a plain tensor");
            all.push(sample([x.into(), 1i64.into()]));
        }
        all
    },
    call: |a| {
        Ok(prod(
            a.tensor("input")?,
            a.opt_int("dim")?,
            a.bool("keepdim")?,
            a.dtype("dtype")?,
        )?
        .into())
    },
    ..Op::BASE
};

/// `torch.prod`
pub fn prod(x: &Tensor, dim: Option<i64>, keepdim: bool, dtype: Option<DType>) -> Result<Tensor> {
    let dtype = dtype.unwrap_or(if x.dtype().is_differentiable() {
        x.dtype()
    } else {
        DType::Int64
    });
    let x = &to_dtype(x, dtype)?;
    let shape = x.shape();
    let d = dim.map(|d| wrap_dim(d, shape.len())).transpose()?;
    let dims: Dims = match d {
        Some(d) if !shape.is_empty() => Dims::from_slice(&[d]),
        Some(_) => Dims::new(),
        None => (0..shape.len()).collect(),
    };
    let out = if dtype.is_complex() {
        complex_fold(&x.array(), &dims, &|row| {
            row.iter().fold(Complex::ONE, |p, v| p * *v)
        })
    } else {
        compute!(dtype, T => kernels::fold_pairs::<T>(&x.array().to_dtype(T::DTYPE)?, &dims, T::ONE, |p, v| p.times(v)), bool => kernels::fold::<bool, bool>(&x.array(), &dims, &|row| row.iter().all(|v| *v)))
    }?;
    let out = keep(out, &shape, &dims, keepdim)?;
    let name = if dim.is_some() {
        "ProdBackward1"
    } else {
        "ProdBackward0"
    };
    let kept = (Saved::input(x), Saved::result(&out));
    Ok(record(name, [x], out, kept, move |g, (x, y), c| {
        let (x, y) = (conj(&c.get(x)?)?, conj(&c.get(y)?)?);
        let g = unreduce(g, &shape, &dims, keepdim)?;
        if shape.is_empty() {
            return Ok([Some(g)]);
        }
        let zeros = x.array().to_vec::<bool>()?.contains(&false);
        if !zeros {
            return Ok([Some(div(
                &mul(&g, &unreduce(&y, &shape, &dims, keepdim)?)?,
                &x,
            )?)]);
        }
        if dims.iter().all(|d| shape[*d] == 1) {
            return Ok([Some(g)]);
        }
        // The product of all others: of those before times those after, with no division.
        let (flat, d) = if dims.len() == shape.len() {
            (reshape_to(&x, &[x.numel()])?, 0)
        } else {
            (x.clone(), dims[0])
        };
        let others = reshape_to(
            &mul(
                &before(&flat, d)?,
                &flip(&before(&flip(&flat, &[d as i64])?, d)?, &[d as i64])?,
            )?,
            &shape,
        )?;
        Ok([Some(mul(&g, &others)?)])
    }))
}

/// The product of all elements before each one.
fn before(x: &Tensor, d: usize) -> Result<Tensor> {
    let n = x.shape()[d];
    let first = ones_like(&slice(x, d, 0, 1, 1))?;
    let shifted = cat(&[first, slice(x, d, 0, n - 1, 1)], d as i64)?;
    cumprod(&shifted, d as i64, None)
}

/// `torch.norm`
pub static NORM: Op = Op {
    signature: "norm(input, p='fro', dim=None, keepdim=False, out=None, dtype=None) -> Tensor",
    faces: FUNCTION | METHOD,
    doc: "The `p`-norm of all elements, or over dimensions.",
    examples: &[("torch.norm(torch.tensor([3., 4.]))", "tensor(5.)")],
    samples: |m| {
        if !m.floating() {
            return Vec::new();
        }
        vec![
            sample([m.tensor(&[2, 3]).into()]),
            sample([m.tensor(&[2, 3]).into(), Arg::Int(1), Arg::Int(1)]),
            sample([m.tensor(&[2, 3]).into(), Arg::Int(3)])
                .with("dim", 0i64)
                .with("keepdim", true),
            sample([
                m.positive(&[2, 3]).into(),
                Arg::Float(f64::INFINITY),
                Arg::Int(1),
            ]),
        ]
    },
    call: |a| {
        let x = a.tensor("input")?;
        let p = match a.get("p") {
            None => 2.0,
            Some(Arg::Str(s)) if s == "fro" => 2.0,
            Some(Arg::Str(s)) if s == "inf" => f64::INFINITY,
            Some(Arg::Str(s)) if s == "nuc" => {
                let dims = a.opt_ints("dim")?;
                return Ok(crate::tensor::ops::nuclear_norm(
                    x,
                    dims.as_deref(),
                    a.bool("keepdim")?,
                )?
                .into());
            }
            Some(_) => a.float("p")?,
        };
        let dims = a.opt_ints("dim")?;
        Ok(norm(x, p, dims.as_deref(), a.bool("keepdim")?, a.dtype("dtype")?)?.into())
    },
    ..Op::BASE
};

/// `torch.linalg.vector_norm`
pub static LINALG_VECTOR_NORM: Op = Op {
    signature: "linalg_vector_norm(x, ord=2, dim=None, keepdim=False, *, dtype=None, out=None) -> Tensor",
    faces: LINALG,
    doc: "The `ord`-norm of vectors.",
    examples: &[(
        "torch.linalg.vector_norm(torch.tensor([3., 4.]))",
        "tensor(5.)",
    )],
    samples: |m| {
        if m.floating() {
            vec![sample([m.tensor(&[2, 3]).into()])]
        } else {
            Vec::new()
        }
    },
    call: |a| {
        let dims = a.opt_ints("dim")?;
        Ok(norm(
            a.tensor("x")?,
            a.float("ord")?,
            dims.as_deref(),
            a.bool("keepdim")?,
            a.dtype("dtype")?,
        )?
        .into())
    },
    ..Op::BASE
};

/// `torch.norm` with a number `p`.
pub fn norm(
    x: &Tensor,
    p: f64,
    dims: Option<&[i64]>,
    keepdim: bool,
    dtype: Option<DType>,
) -> Result<Tensor> {
    let x = &to_dtype(x, dtype.unwrap_or(x.dtype()))?;
    if x.dtype().is_complex() {
        return norm(&abs(x)?, p, dims, keepdim, None);
    }
    ensure!(
        x.dtype().is_floating_point(),
        "linalg.vector_norm: Expected a floating point or complex tensor as input. Got {}",
        x.dtype().scalar_name()
    );
    let shape = x.shape();
    let some = dims.is_some_and(|dims| !dims.is_empty());
    let dims = reduced(dims, shape.len())?;
    if x.numel() == 0 && (p < 0.0 || p == f64::INFINITY) {
        ensure!(
            some,
            "linalg.vector_norm cannot compute the {p} norm on an empty tensor because the operation does not have an identity"
        );
        if let Some(d) = dims.iter().find(|d| shape[**d] == 0) {
            bail!(
                "linalg.vector_norm cannot compute the {p} norm on the dimension {d}because this dimension is empty and the operation does not have an identity"
            );
        }
    }
    let out = dispatch_float!(x.dtype(), T => kernels::fold::<T, T>(&x.array(), &dims, &move |row| {
        let each = row.iter().map(|v| v.abs().to_f64());
        if p == 2.0 {
            return length(row);
        }
        (if p == 1.0 {
            each.sum()
        } else if p == 0.0 {
            each.filter(|v| *v != 0.0).count() as f64
        } else if p == f64::INFINITY {
            each.fold(0.0, |m, v| if v.is_nan() { v } else { m.max(v) })
        } else if p == f64::NEG_INFINITY {
            each.fold(f64::INFINITY, |m, v| if v.is_nan() { v } else { m.min(v) })
        } else {
            each.map(|v| v.powf(p)).sum::<f64>().powf(1.0 / p)
        }) as T
    })?, other => unreachable!("a float type"));
    let out = keep(out, &shape, &dims, keepdim)?;
    let kept = (Saved::input(x), Saved::result(&out));
    Ok(record(
        "LinalgVectorNormBackward0",
        [x],
        out,
        kept,
        move |g, (x, y), c| {
            let (x, y) = (c.get(x)?, c.get(y)?);
            if p == 0.0 {
                return Ok([None]);
            }
            let g = unreduce(g, &shape, &dims, keepdim)?;
            let y = unreduce(&y, &shape, &dims, keepdim)?;
            Ok([Some(norm_backward(&g, &x, &y, p, &dims)?)])
        },
    ))
}

/// The Euclidean length with PyTorch's order of additions: vectors of 32 bytes whose lanes are added up one by one, then
/// the rest.
fn length<T: Real>(row: &[T]) -> T {
    let squares = crate::tensor::array::kernels::vectorize(
        #[inline(always)]
        || match kernels::vector::<T>() {
            4 => squares::<T, 4>(row),
            _ => squares::<T, 8>(row),
        },
    );
    squares.sqrt()
}

/// The sum of squares in so many lanes.
#[inline(always)]
fn squares<T: Real, const WIDTH: usize>(row: &[T]) -> T {
    let mut lanes = [T::ZERO; WIDTH];
    let (chunks, rest) = row.as_chunks::<WIDTH>();
    for chunk in chunks {
        for i in 0..WIDTH {
            lanes[i] = lanes[i].plus(chunk[i].times(chunk[i]));
        }
    }
    let total = lanes.iter().fold(T::ZERO, |s, v| s.plus(*v));
    rest.iter().fold(total, |s, v| s.plus(v.times(*v)))
}

fn norm_backward(g: &Tensor, x: &Tensor, y: &Tensor, p: f64, dims: &[usize]) -> Result<Tensor> {
    let blank = |slope: &Tensor| select(&eq(y, 0i64)?, &zeros_like(slope)?, slope);
    if p == 1.0 {
        mul(g, &sign(x)?)
    } else if p == 2.0 {
        mul(g, &blank(&div(x, y)?)?)
    } else if p.is_infinite() {
        let signed: Vec<i64> = dims.iter().map(|d| *d as i64).collect();
        let top = eq(&abs(x)?, y)?;
        let count = sum_dims(&top, Some(&signed), true, None)?;
        mul(&mul(&sign(x)?, &div(g, &count)?)?, &top)
    } else {
        let size = abs(x)?;
        let slope = mul(&mul(&sign(x)?, &pow(&size, p - 1.0)?)?, &pow(y, 1.0 - p)?)?;
        mul(g, &blank(&slope)?)
    }
}

/// `torch.dist`
pub static DIST: Op = Op {
    signature: "dist(input, other, p=2) -> Tensor",
    faces: FUNCTION | METHOD,
    node: "DistBackward0",
    doc: "The `p`-norm of the difference.",
    examples: &[(
        "torch.dist(torch.tensor([1., 2.]), torch.tensor([4., 6.]))",
        "tensor(5.)",
    )],
    samples: |m| {
        if m.floating() {
            vec![sample([m.tensor(&[2, 3]).into(), m.tensor(&[3]).into()])]
        } else {
            Vec::new()
        }
    },
    call: |a| {
        let difference = sub(a.tensor("input")?, a.tensor("other")?)?;
        Ok(norm(&difference, a.float("p")?, None, false, None)?.into())
    },
    ..Op::BASE
};

/// `torch.nansum`
pub static NANSUM: Op = Op {
    signature: "nansum(input, dim=None, keepdim=False, *, dtype=None, out=None) -> Tensor",
    faces: FUNCTION | METHOD,
    node: "NansumBackward0",
    doc: "The sum of all elements that are not NaN.",
    examples: &[(
        "torch.nansum(torch.tensor([1., float('nan')]))",
        "tensor(1.)",
    )],
    samples: over_dims,
    call: |a| {
        let x = without_nan(a.tensor("input")?)?;
        let dims = a.opt_ints("dim")?;
        Ok(sum_dims(&x, dims.as_deref(), a.bool("keepdim")?, a.dtype("dtype")?)?.into())
    },
    ..Op::BASE
};

fn without_nan(x: &Tensor) -> Result<Tensor> {
    select(&ne(x, x)?, &zeros_like(x)?, x)
}

/// `torch.nanmean`
pub static NANMEAN: Op = Op {
    signature: "nanmean(input, dim=None, keepdim=False, *, dtype=None, out=None) -> Tensor",
    faces: FUNCTION | METHOD,
    doc: "The mean of all elements that are not NaN.",
    examples: &[(
        "torch.nanmean(torch.tensor([1., 3., float('nan')]))",
        "tensor(2.)",
    )],
    samples: floats,
    call: |a| {
        let x = a.tensor("input")?;
        let dims = a.opt_ints("dim")?;
        let total = sum_dims(
            &without_nan(x)?,
            dims.as_deref(),
            a.bool("keepdim")?,
            a.dtype("dtype")?,
        )?;
        let count = sum_dims(&eq(x, x)?, dims.as_deref(), a.bool("keepdim")?, None)?;
        Ok(div(&total, &count)?.into())
    },
    ..Op::BASE
};

/// Names that other files of the family use in formulas.
pub(super) fn reverse_cumsum(g: &Tensor, dim: i64) -> Result<Tensor> {
    flip(&cumsum(&flip(g, &[dim])?, dim, None)?, &[dim])
}
