//! Draws from continuous distributions.

use crate::tensor::array::error::{bail, ensure};
use crate::tensor::array::kernels::normal;
use crate::tensor::array::{Array, DType, Element, Layout, Result, threads};
use crate::tensor::core::generator::Draw;
use crate::tensor::core::record::Context;
use crate::tensor::core::{Generator, Operand, Saved, Tensor, record};
use crate::tensor::ops::args::{Arg, Args};
use crate::tensor::ops::samples::{Make, Sample, sample};
use crate::tensor::ops::spec::{IN_PLACE, Op};
use crate::tensor::ops::{add, broadcast_tensor_shapes, mul, overwrite};

fn sizes(_: &Make) -> Vec<Sample> {
    vec![
        sample([Arg::Int(2), Arg::Int(3)]).rough(),
        sample([vec![20i64].into()]).rough(),
    ]
}

fn floats(m: &Make) -> Vec<Sample> {
    if m.floating() {
        vec![sample([m.tensor(&[3, 7]).into()]).rough()]
    } else {
        Vec::new()
    }
}

/// `torch.rand`
pub static RAND: Op = Op {
    signature: "rand(*size, generator=None, out=None, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False, names=None) -> Tensor",
    doc: "Numbers drawn evenly from 0 up to, but not including, 1.",
    examples: &[("torch.rand(2, 3).shape", "torch.Size([2, 3])")],
    samples: sizes,
    call: |a| {
        a.created(rand(
            &a.sizes("size")?,
            a.dtype_or_default()?,
            &a.generator()?,
        )?)
    },
    ..Op::BASE
};

/// `torch.randn`
pub static RANDN: Op = Op {
    signature: "randn(*size, generator=None, out=None, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False, names=None) -> Tensor",
    doc: "Numbers drawn from the normal distribution with mean 0 and standard deviation 1.",
    examples: &[("torch.randn(2, 3).shape", "torch.Size([2, 3])")],
    samples: sizes,
    call: |a| {
        a.created(randn(
            &a.sizes("size")?,
            a.dtype_or_default()?,
            &a.generator()?,
        )?)
    },
    ..Op::BASE
};

/// Memory for what a function named `*_like` fills in its order: in the strides of the input, unless another format is asked for.
pub(super) fn blank_like(a: &Args, x: &Tensor) -> Result<Array> {
    let dtype = a.dtype("dtype")?.unwrap_or(x.dtype());
    if a.get("memory_format").is_some() {
        return Array::zeros(&x.shape(), dtype);
    }
    let like = crate::tensor::ops::full_like_dtype(&x.detach(), 0i64.into(), dtype)?;
    Ok(like.to_array())
}

/// `torch.rand_like`
pub static RAND_LIKE: Op = Op {
    signature: "rand_like(input, *, generator=None, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False, memory_format=None) -> Tensor",
    doc: "Like `rand`, in the shape and dtype of `input`.",
    examples: &[("torch.rand_like(torch.zeros(2)).shape", "torch.Size([2])")],
    samples: floats,
    call: |a| {
        let x = a.tensor("input")?;
        let out = blank_like(a, x)?;
        fill_uniform(&out, 0.0, 1.0, &a.generator()?)?;
        a.created(Tensor::from_array(out))
    },
    ..Op::BASE
};

/// `torch.randn_like`
pub static RANDN_LIKE: Op = Op {
    signature: "randn_like(input, *, generator=None, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False, memory_format=None) -> Tensor",
    doc: "Like `randn`, in the shape and dtype of `input`.",
    examples: &[("torch.randn_like(torch.zeros(2)).shape", "torch.Size([2])")],
    samples: floats,
    call: |a| {
        let x = a.tensor("input")?;
        let out = blank_like(a, x)?;
        fill_normal(&out, 0.0, 1.0, &a.generator()?)?;
        a.created(Tensor::from_array(out))
    },
    ..Op::BASE
};

/// `torch.normal`
pub static NORMAL: Op = Op {
    signature: "normal(mean, std=1.0, size=None, *, generator=None, out=None, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False) -> Tensor",
    doc: "Numbers drawn from normal distributions; mean and standard deviation may be tensors.",
    examples: &[("torch.normal(0., 1., (2,)).shape", "torch.Size([2])")],
    samples: |m| {
        let mut all = vec![sample([Arg::Float(0.5), Arg::Float(2.0), vec![4i64].into()]).rough()];
        if m.floating() {
            all.push(sample([m.tensor(&[2, 3]).into(), m.positive(&[3]).into()]).rough());
        }
        all
    },
    call: |a| {
        let (mean, std) = (a.operand("mean")?, a.operand("std")?);
        if let Some(size) = a.opt_ints("size")? {
            let shape: Vec<usize> = size.iter().map(|s| (*s).max(0) as usize).collect();
            let out = Array::zeros(&shape, a.dtype_or_default()?)?;
            fill_normal(&out, a.float("mean")?, a.float("std")?, &a.generator()?)?;
            return a.created(Tensor::from_array(out));
        }
        Ok(normal_tensors(mean, std, &a.generator()?)?.into())
    },
    ..Op::BASE
};

fn normal_tensors(mean: Operand, std: Operand, g: &Generator) -> Result<Tensor> {
    if let Operand::Scalar(s) = std {
        ensure!(
            s.to_f64() >= 0.0,
            "normal expects std >= 0.0, but found std {}",
            s.to_f64()
        );
    }
    let (shape, dtype) = match (&mean, &std) {
        (Operand::Tensor(m), Operand::Tensor(s)) => (broadcast_tensor_shapes(m, s)?, m.dtype()),
        (Operand::Tensor(t), _) | (_, Operand::Tensor(t)) => (t.shape(), t.dtype()),
        _ => bail!(
            Type,
            "normal() received an invalid combination of arguments - got (float, float), but expected one of:"
        ),
    };
    let out = randn(&shape, dtype, g)?;
    let out = crate::tensor::core::no_grad(|| add(&mul(&out, std)?, mean))?;
    let name = match (&mean, &std) {
        (Operand::Tensor(_), Operand::Tensor(_)) => "NormalBackward3",
        (Operand::Tensor(_), _) => "NormalBackward1",
        _ => "NormalBackward2",
    };
    let kept = [mean, std].map(|operand| match operand {
        Operand::Tensor(t) => Saved::input(t),
        Operand::Scalar(s) => Saved::Number(s),
    });
    // The draws do not depend smoothly on anything.
    let rule = |_: &Tensor, kept: &[Saved; 2], c: &Context| {
        let zeros = |i: usize| crate::tensor::ops::zeros_like(&c.get(&kept[i])?);
        Ok([c.when(0, || zeros(0))?, c.when(1, || zeros(1))?])
    };
    Ok(record(name, [&mean, &std], out.to_array(), kept, rule))
}

/// `Tensor.normal_`
pub static NORMAL_IN_PLACE: Op = Op {
    signature: "normal(input, mean=0, std=1, *, generator=None) -> Tensor",
    faces: IN_PLACE,
    doc: "Fills the tensor with draws from a normal distribution.",
    examples: &[("torch.empty(2).normal_().shape", "torch.Size([2])")],
    samples: floats,
    call: |a| Ok(a.tensor("input")?.clone().into()),
    in_place: Some(|a| {
        let (x, mean, std, g) = (
            a.tensor("input")?,
            a.float("mean")?,
            a.float("std")?,
            a.generator()?,
        );
        ensure!(std >= 0.0, "normal expects std >= 0.0, but found std {std}");
        overwrite(x, "NormalBackward0", |array| {
            fill_normal(array, mean, std, &g)
        })?;
        Ok(x.clone().into())
    }),
    ..Op::BASE
};

/// `Tensor.uniform_`
pub static UNIFORM: Op = Op {
    signature: "uniform(input, from=0, to=1, *, generator=None) -> Tensor",
    faces: IN_PLACE,
    doc: "Fills the tensor with draws between two numbers.",
    examples: &[("torch.empty(2).uniform_(0, 1).shape", "torch.Size([2])")],
    samples: floats,
    call: |a| Ok(a.tensor("input")?.clone().into()),
    in_place: Some(|a| {
        let (x, from, to, g) = (
            a.tensor("input")?,
            a.float("from")?,
            a.float("to")?,
            a.generator()?,
        );
        ensure!(
            from <= to,
            "uniform_ expects to return a [from, to) range, but found from={from} > to={to}"
        );
        overwrite(x, "UniformBackward0", |array| {
            fill_uniform(array, from, to, &g)
        })?;
        Ok(x.clone().into())
    }),
    ..Op::BASE
};

/// `Tensor.exponential_`
pub static EXPONENTIAL: Op = Op {
    signature: "exponential(input, lambd=1, *, generator=None) -> Tensor",
    faces: IN_PLACE,
    doc: "Fills the tensor with draws from an exponential distribution.",
    examples: &[("torch.empty(2).exponential_().shape", "torch.Size([2])")],
    samples: floats,
    call: |a| Ok(a.tensor("input")?.clone().into()),
    in_place: Some(|a| {
        let (x, lambda, g) = (a.tensor("input")?, a.float("lambd")?, a.generator()?);
        ensure!(
            lambda > 0.0,
            "exponential_ expects lambda > 0.0, but found lambda={lambda}"
        );
        overwrite(x, "ExponentialBackward0", |array| {
            fill_each(array, &g, &mut |d| d.exponential(lambda))
        })?;
        Ok(x.clone().into())
    }),
    ..Op::BASE
};

/// `Tensor.cauchy_`
pub static CAUCHY: Op = Op {
    signature: "cauchy(input, median=0, sigma=1, *, generator=None) -> Tensor",
    faces: IN_PLACE,
    doc: "Fills the tensor with draws from a Cauchy distribution.",
    examples: &[("torch.empty(2).cauchy_().shape", "torch.Size([2])")],
    samples: floats,
    call: |a| Ok(a.tensor("input")?.clone().into()),
    in_place: Some(|a| {
        let (x, median, sigma, g) = (
            a.tensor("input")?,
            a.float("median")?,
            a.float("sigma")?,
            a.generator()?,
        );
        ensure!(
            sigma > 0.0,
            "cauchy_ expects sigma > 0.0, but found sigma={sigma}"
        );
        ensure!(
            x.dtype().is_floating_point(),
            "Cauchy distribution is a continuous probability distribution. dtype must be a floating point but you specified {}",
            x.dtype().scalar_name()
        );
        overwrite(x, "CauchyBackward0", |array| {
            fill_each(array, &g, &mut |d| {
                median + sigma * (std::f64::consts::PI * (d.uniform_f64() - 0.5)).tan()
            })
        })?;
        Ok(x.clone().into())
    }),
    ..Op::BASE
};

/// `Tensor.log_normal_`
pub static LOG_NORMAL: Op = Op {
    signature: "log_normal(input, mean=1, std=2, *, generator=None) -> Tensor",
    faces: IN_PLACE,
    doc: "Fills the tensor with e to draws from a normal distribution.",
    examples: &[("torch.empty(2).log_normal_().shape", "torch.Size([2])")],
    samples: floats,
    call: |a| Ok(a.tensor("input")?.clone().into()),
    in_place: Some(|a| {
        let (x, mean, std, g) = (
            a.tensor("input")?,
            a.float("mean")?,
            a.float("std")?,
            a.generator()?,
        );
        ensure!(
            std > 0.0,
            "log_normal_ expects std > 0.0, but found std={std}"
        );
        overwrite(x, "LogNormalBackward0", |array| {
            fill_each(array, &g, &mut |d| (d.normal() * std + mean).exp())
        })?;
        Ok(x.clone().into())
    }),
    ..Op::BASE
};

/// `torch.rand`
pub fn rand(shape: &[usize], dtype: DType, g: &Generator) -> Result<Tensor> {
    let out = Array::scratch(shape, dtype)?;
    fill_uniform(&out, 0.0, 1.0, g)?;
    Ok(Tensor::from_array(out))
}

/// `torch.randn`
pub fn randn(shape: &[usize], dtype: DType, g: &Generator) -> Result<Tensor> {
    let out = Array::scratch(shape, dtype)?;
    fill_normal(&out, 0.0, 1.0, g)?;
    Ok(Tensor::from_array(out))
}

/// Fills an array in the order of memory, one draw an element.
pub fn fill_each(x: &Array, g: &Generator, f: &mut dyn FnMut(&mut Draw) -> f64) -> Result<()> {
    let mut draw = g.draw();
    match x.dtype() {
        DType::Float32 => in_order::<f32>(x, |_| f(&mut draw) as f32),
        DType::Float64 => in_order::<f64>(x, |_| f(&mut draw)),
        _ => converted::<f64>(x, &mut || f(&mut draw)),
    }
}

/// Fills an array in the order of memory with values of another type, which are converted.
pub fn converted<T: Element>(x: &Array, f: &mut dyn FnMut() -> T) -> Result<()> {
    let layout = match x.layout().is_dense() {
        true => x.layout().clone(),
        false => Layout::contiguous(x.shape()),
    };
    x.assign(&Array::build_like::<T>(&layout, |out| {
        out.iter_mut().for_each(|o| *o = f())
    })?)
}

/// Fills an array in the order of memory.
pub fn in_order<T: Element>(x: &Array, f: impl FnMut(usize) -> T) -> Result<()> {
    if x.layout().is_dense() {
        let mut f = f;
        x.slice_mut::<T>()
            .iter_mut()
            .enumerate()
            .for_each(|(i, o)| *o = f(i));
        return Ok(());
    }
    let values: Vec<T> = (0..x.numel()).map(f).collect();
    x.assign(&Array::from_vec(values, x.shape()))
}

/// Uniform in `[from, to)`; scaled and shifted in one rounding, as PyTorch's compiler does it.
pub fn fill_uniform(x: &Array, from: f64, to: f64, g: &Generator) -> Result<()> {
    if x.dtype().is_complex() {
        return fill_uniform(&x.view_as_real(), from, to, g);
    }
    if x.dtype().is_small() {
        let wide = Array::zeros(x.shape(), DType::Float32)?;
        fill_uniform(&wide, from, to, g)?;
        return x.assign(&wide);
    }
    let mut draw = g.draw();
    match x.dtype() {
        DType::Float32 => {
            let (a, b) = (from as f32, to as f32);
            if (a, b) == (0.0, 1.0) && x.layout().is_dense() {
                draw.fill_uniform_f32(&mut x.slice_mut::<f32>());
                return Ok(());
            }
            in_order::<f32>(x, |_| draw.uniform_f32().mul_add(b - a, a))
        }
        DType::Float64 => in_order::<f64>(x, |_| draw.uniform_f64().mul_add(to - from, from)),
        other => Err(super::super::unsupported("check_uniform_bounds", other)),
    }
}

/// Normal with the given mean and standard deviation.
pub fn fill_normal(x: &Array, mean: f64, std: f64, g: &Generator) -> Result<()> {
    if x.dtype().is_complex() {
        // Each part has half the variance.
        return fill_normal(&x.view_as_real(), mean, std * 0.5f64.sqrt(), g);
    }
    if x.numel() < 16 || !x.is_contiguous() {
        if !x.dtype().is_floating_point() {
            return Err(super::super::unsupported("normal_kernel_cpu", x.dtype()));
        }
        return fill_each(x, g, &mut |d| d.normal() * std + mean);
    }
    if x.dtype().is_small() {
        // Drawn block by block: the last one follows on the whole ones.
        let n = x.numel();
        let wide = Array::zeros(&[n], DType::Float32)?;
        let part = |start, len| wide.with_layout(wide.layout().slice(0, start, len, 1));
        fill_normal(&part(0, n / 16 * 16), mean, std, g)?;
        if !n.is_multiple_of(16) {
            fill_normal(&part(n - 16, 16), mean, std, g)?;
        }
        return x.assign(&wide.reshape(x.shape())?);
    }
    let mut draw = g.draw();
    match x.dtype() {
        DType::Float32 => {
            let mut all = x.slice_mut::<f32>();
            blocks(
                &mut all,
                |out| draw.fill_uniform_f32(out),
                |blocks| normal::transform(blocks, mean as f32, std as f32),
            );
        }
        DType::Float64 => {
            let mut all = x.slice_mut::<f64>();
            blocks(
                &mut all,
                |out| out.iter_mut().for_each(|o| *o = draw.uniform_f64()),
                |blocks| {
                    blocks
                        .chunks_exact_mut(16)
                        .for_each(|b| normal_block_f64(b, mean, std))
                },
            );
        }
        other => return Err(super::super::unsupported("normal_kernel_cpu", other)),
    }
    Ok(())
}

/// `normal_fill` in ATen: all uniforms first, then blocks of 16; a rest is drawn afresh as the last 16 elements.
fn blocks<T: Element>(
    all: &mut [T],
    mut uniform: impl FnMut(&mut [T]),
    transform: impl Fn(&mut [T]) + Sync,
) {
    let n = all.len();
    // A piece is transformed while it is in the cache, or by all threads where that is more.
    let piece = match threads::num_threads() {
        1 => 1 << 12,
        n => n << 17,
    };
    for piece in all.chunks_mut(piece) {
        uniform(piece);
        let whole = piece.len() / 16 * 16;
        threads::fill(&mut piece[..whole], threads::GRAIN, &|_, part| {
            transform(part)
        });
    }
    if !n.is_multiple_of(16) {
        let last = &mut all[n - 16..];
        uniform(last);
        transform(last);
    }
}

fn normal_block_f64(d: &mut [f64], mean: f64, std: f64) {
    for j in 0..8 {
        let (u1, u2) = (1.0 - d[j], d[j + 8]);
        let radius = (-2.0 * u1.ln()).sqrt();
        let angle = 2.0 * std::f64::consts::PI * u2;
        d[j] = radius * angle.cos() * std + mean;
        d[j + 8] = radius * angle.sin() * std + mean;
    }
}
