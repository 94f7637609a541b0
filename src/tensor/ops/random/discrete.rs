//! Draws from discrete distributions: integers, permutations, coins, samples.

use super::fill::{converted, fill_each};
use crate::tensor::array::error::{bail, ensure};
use crate::tensor::array::{Array, DType, Result};
use crate::tensor::core::{Generator, Tensor};
use crate::tensor::ops::args::{Arg, Args};
use crate::tensor::ops::overwrite;
use crate::tensor::ops::samples::sample;
use crate::tensor::ops::spec::{FUNCTION, IN_PLACE, METHOD, Op};

/// `torch.randint`
pub static RANDINT: Op = Op {
    signature: "randint(low=..., high=..., size=..., *, generator=None, out=None, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False) -> Tensor",
    doc: "Integers from `low` (0 if left out) to before `high`.",
    examples: &[("torch.randint(10, (2, 3)).shape", "torch.Size([2, 3])")],
    samples: |_| vec![sample([Arg::Int(5), vec![2i64, 3].into()]).rough()],
    call: |a| {
        let (low, high, size) = match (a.get("low"), a.get("high"), a.get("size")) {
            (Some(low), Some(high), None) if high.items().is_some() => {
                (None, Some(low), Some(high))
            }
            (Some(low), None, size) => (None, Some(low), size),
            (low, high, size) => (low, high, size),
        };
        let int = |x: Option<&Arg>| x.map(|x| x.as_int());
        let low = match int(low) {
            None => 0,
            Some(Some(low)) => low,
            Some(None) => bail!(Type, "randint(): argument 'low' (position 1) must be int"),
        };
        let Some(Some(high)) = int(high) else {
            bail!(
                Type,
                "randint() missing 1 required positional arguments: \"high\""
            )
        };
        let Some(items) = size.and_then(Arg::items) else {
            bail!(
                Type,
                "randint() missing 1 required positional arguments: \"size\""
            )
        };
        let shape: Option<Vec<usize>> = items
            .iter()
            .map(|i| i.as_int().filter(|i| *i >= 0).map(|i| i as usize))
            .collect();
        let Some(shape) = shape else {
            bail!(Type, "randint(): argument 'size' must be tuple of ints")
        };
        a.created(randint(
            low,
            high,
            &shape,
            a.dtype("dtype")?.unwrap_or(DType::Int64),
            &a.generator()?,
        )?)
    },
    ..Op::BASE
};

/// `torch.randint`
pub fn randint(
    low: i64,
    high: i64,
    shape: &[usize],
    dtype: DType,
    g: &Generator,
) -> Result<Tensor> {
    let out = Array::zeros(shape, dtype)?;
    fill_integers(&out, low, high, g)?;
    Ok(Tensor::from_array(out))
}

/// `torch.randint_like`
pub static RANDINT_LIKE: Op = Op {
    signature: "randint_like(input, low=..., high=..., *, generator=None, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False, memory_format=None) -> Tensor",
    doc: "Like `randint`, in the shape and dtype of `input`.",
    examples: &[(
        "torch.randint_like(torch.zeros(2), 5).shape",
        "torch.Size([2])",
    )],
    samples: |m| {
        if m.dtype == DType::Bool {
            Vec::new()
        } else {
            vec![sample([m.tensor(&[3]).into(), Arg::Int(5)]).rough()]
        }
    },
    call: |a| {
        let x = a.tensor("input")?;
        let (low, high) = match a.opt_int("high")? {
            Some(high) => (a.int("low")?, high),
            None => (0, a.int("low")?),
        };
        let out = super::fill::blank_like(a, x)?;
        fill_integers(&out, low, high, &a.generator()?)?;
        a.created(Tensor::from_array(out))
    },
    ..Op::BASE
};

/// `torch.randperm`
pub static RANDPERM: Op = Op {
    signature: "randperm(n, *, generator=None, out=None, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False) -> Tensor",
    doc: "The numbers from 0 to `n - 1` in random order.",
    examples: &[("torch.randperm(4).sort().values", "tensor([0, 1, 2, 3])")],
    samples: |_| vec![sample([Arg::Int(6)]).rough()],
    call: |a| {
        let n = a.int("n")?;
        ensure!(n >= 0, "n must be non-negative, got {n}");
        let order = randperm(n as usize, &a.generator()?)?;
        let dtype = a.dtype("dtype")?.unwrap_or(DType::Int64);
        a.created(Tensor::from_array(order.array().to_dtype(dtype)?))
    },
    ..Op::BASE
};

/// `torch.randperm`
pub fn randperm(n: usize, g: &Generator) -> Result<Tensor> {
    let mut draw = g.draw();
    Ok(Tensor::from_array(Array::build::<i64>(&[n], |out| {
        out.iter_mut().enumerate().for_each(|(i, o)| *o = i as i64);
        for i in 0..n.saturating_sub(1) {
            out.swap(i, i + draw.u32() as usize % (n - i));
        }
    })?))
}

/// `Tensor.random_`
pub static RANDOM: Op = Op {
    signature: "random(input, from=..., to=..., *, generator=None) -> Tensor",
    faces: IN_PLACE,
    doc: "Fills the tensor with integers: of the whole range of the dtype, below `from`, or from `from` to before `to`.",
    examples: &[("torch.empty(2).random_(3).shape", "torch.Size([2])")],
    samples: |m| vec![sample([m.tensor(&[3]).into(), Arg::Int(2)]).rough()],
    call: |a| Ok(a.tensor("input")?.clone().into()),
    in_place: Some(|a| {
        let (x, g) = (a.tensor("input")?, a.generator()?);
        overwrite(x, "RandomBackward0", |array| random(array, a, &g))?;
        Ok(x.clone().into())
    }),
    ..Op::BASE
};

fn random(x: &Array, a: &Args, g: &Generator) -> Result<()> {
    let (from, to) = match (a.opt_int("from")?, a.opt_int("to")?) {
        (None, None) => return random_full(x, g),
        (Some(to), None) => (0, to),
        (from, Some(to)) => (from.unwrap_or(0), to),
    };
    fill_integers(x, from, to, g)
}

/// Integers from `from` up to, but not including, `to`.
fn fill_integers(x: &Array, from: i64, to: i64, g: &Generator) -> Result<()> {
    ensure!(
        from < to,
        "random_ expects 'from' to be less than 'to', but got from={from} >= to={to}"
    );
    let mut draw = g.draw();
    let range = to.wrapping_sub(from) as u64;
    converted::<i64>(x, &mut || draw.integer(from, range))
}

/// `random_()` without bounds: 0 up to the largest integer that the dtype holds exactly.
fn random_full(x: &Array, g: &Generator) -> Result<()> {
    let mut draw = g.draw();
    // How many integers there are to draw from; a draw of 64 bits where 32 do not reach.
    let below: u64 = match x.dtype() {
        DType::Int64 => 1 << 63,
        DType::Float64 => (1 << 53) + 1,
        DType::Float32 => (1 << 24) + 1,
        DType::Bool => 2,
        DType::UInt8 => 1 << 8,
        DType::Int8 => 1 << 7,
        DType::Int16 => 1 << 15,
        DType::Int32 => 1 << 31,
        other => return Err(crate::tensor::array::error::refused(other)),
    };
    let mut next = || match below > u64::from(u32::MAX) {
        true => draw.u64(),
        false => u64::from(draw.u32()),
    };
    converted::<i64>(x, &mut || (next() % below) as i64)
}

/// The values of `bernoulli_(p)`: 1 with probability `p`.
pub fn fill_bernoulli(x: &Array, p: f64, g: &Generator) -> Result<()> {
    ensure!(
        (0.0..=1.0).contains(&p),
        "bernoulli_ expects p to be in [0, 1], but got p={p}"
    );
    fill_each(x, g, &mut |d| f64::from(u8::from(d.uniform_f64() < p)))
}

/// `torch.bernoulli`
pub static BERNOULLI: Op = Op {
    signature: "bernoulli(input, p=None, *, generator=None, out=None) -> Tensor",
    faces: FUNCTION | METHOD,
    doc: "1 with the probability that each element gives, else 0.",
    examples: &[(
        "torch.bernoulli(torch.tensor([0., 1.]))",
        "tensor([0., 1.])",
    )],
    samples: |m| {
        if m.floating() {
            vec![sample([m.between(&[3], 0.1, 0.9).into()]).rough()]
        } else {
            Vec::new()
        }
    },
    call: |a| {
        let (x, g) = (a.tensor("input")?, a.generator()?);
        let out = Array::zeros(&x.shape(), x.dtype())?;
        match a.opt_float("p")? {
            Some(p) => fill_bernoulli(&out, p, &g)?,
            None => coins(&out, x, &g)?,
        }
        Ok(
            crate::tensor::core::record("BernoulliBackward0", [x], out, (), |g, (), _| {
                Ok([Some(crate::tensor::ops::zeros_like(g)?)])
            })
            .into(),
        )
    },
    ..Op::BASE
};

fn coins(out: &Array, p: &Tensor, g: &Generator) -> Result<()> {
    ensure!(
        p.dtype().is_floating_point(),
        "\"bernoulli_tensor_cpu_p_\" not implemented for '{}'",
        p.dtype().scalar_name()
    );
    let single = p.dtype() == DType::Float32;
    let shape = out.shape().to_vec();
    let p = p.array().broadcast(&shape).to_vec::<f64>()?;
    ensure!(
        p.iter().all(|p| (0.0..=1.0).contains(p)),
        "Expected p_in >= 0 && p_in <= 1 to be true, but got false."
    );
    let mut at = p.iter();
    fill_each(out, g, &mut |d| {
        let p = *at.next().expect("one probability an element");
        let u = if single {
            f64::from(d.uniform_f32())
        } else {
            d.uniform_f64()
        };
        f64::from(u8::from(u < p))
    })
}

/// `Tensor.bernoulli_`
pub static BERNOULLI_IN_PLACE: Op = Op {
    signature: "bernoulli(input, p=0.5, *, generator=None) -> Tensor",
    faces: IN_PLACE,
    doc: "Fills the tensor with 1 with probability `p`, else 0.",
    examples: &[("torch.empty(2).bernoulli_(1.0)", "tensor([1., 1.])")],
    samples: |m| vec![sample([m.tensor(&[3]).into()]).rough()],
    call: |a| Ok(a.tensor("input")?.clone().into()),
    in_place: Some(|a| {
        let (x, g) = (a.tensor("input")?, a.generator()?);
        match a.get("p") {
            Some(Arg::Tensor(p)) => {
                overwrite(x, "BernoulliBackward1", |array| coins(array, p, &g))?
            }
            _ => {
                let p = a.float("p")?;
                overwrite(x, "BernoulliBackward2", |array| {
                    fill_bernoulli(array, p, &g)
                })?;
            }
        }
        Ok(x.clone().into())
    }),
    ..Op::BASE
};

/// `Tensor.geometric_`
pub static GEOMETRIC: Op = Op {
    signature: "geometric(input, p, *, generator=None) -> Tensor",
    faces: IN_PLACE,
    doc: "Fills the tensor with draws from a geometric distribution.",
    examples: &[("torch.empty(2).geometric_(0.5).shape", "torch.Size([2])")],
    samples: |m| {
        if m.floating() {
            vec![sample([m.tensor(&[3]).into(), Arg::Float(0.5)]).rough()]
        } else {
            Vec::new()
        }
    },
    call: |a| Ok(a.tensor("input")?.clone().into()),
    in_place: Some(|a| {
        let (x, p, g) = (a.tensor("input")?, a.float("p")?, a.generator()?);
        ensure!(
            0.0 < p && p < 1.0,
            "geometric_ expects p to be in (0, 1), but got p={p}"
        );
        overwrite(x, "GeometricBackward0", |array| {
            fill_each(array, &g, &mut |d| {
                (d.uniform_f64().ln() / (-p).ln_1p()).ceil()
            })
        })?;
        Ok(x.clone().into())
    }),
    ..Op::BASE
};

/// `torch.multinomial`
pub static MULTINOMIAL: Op = Op {
    signature: "multinomial(input, num_samples, replacement=False, *, generator=None, out=None) -> Tensor",
    faces: FUNCTION | METHOD,
    doc: "Indices drawn with the (unnormalised) probabilities of each row.",
    examples: &[(
        "torch.multinomial(torch.tensor([0., 1., 0.]), 1)",
        "tensor([1])",
    )],
    samples: |m| {
        if m.floating() {
            vec![sample([m.positive(&[2, 4]).into(), Arg::Int(2)]).rough()]
        } else {
            Vec::new()
        }
    },
    call: |a| Ok(multinomial(a)?.into()),
    ..Op::BASE
};

fn multinomial(a: &Args) -> Result<Tensor> {
    let (x, n, replacement, g) = (
        a.tensor("input")?,
        a.int("num_samples")?,
        a.bool("replacement")?,
        a.generator()?,
    );
    let shape = x.shape();
    ensure!(
        x.dtype().is_floating_point(),
        "multinomial only supports floating-point dtypes for input, got: {}",
        x.dtype().scalar_name()
    );
    ensure!(
        (1..=2).contains(&shape.len()),
        "prob_dist must be 1 or 2 dim"
    );
    ensure!(n > 0, "cannot sample n_sample <= 0 samples");
    let classes = shape[shape.len() - 1];
    let n = n as usize;
    ensure!(
        replacement || n <= classes,
        "cannot sample n_sample > prob_dist.size(-1) samples without replacement"
    );
    let p = x.to_vec::<f64>()?;
    // With replacement each row is looked at as it is summed.
    if replacement && n > 1 {
        for v in &p {
            ensure!(
                *v >= 0.0,
                "invalid multinomial distribution (encountering probability entry < 0)"
            );
            ensure!(
                v.is_finite(),
                "invalid multinomial distribution (encountering probability entry = infinity or NaN)"
            );
        }
    }
    ensure!(
        p.iter().all(|v| v.is_finite() && *v >= 0.0),
        "probability tensor contains either `inf`, `nan` or element < 0"
    );
    let rows = p.len() / classes.max(1);
    let single = x.dtype() == DType::Float32;
    let mut draw = g.draw();
    let mut out = Vec::with_capacity(rows * n);
    // Drawn for all rows before any is looked at, as in PyTorch.
    let keys: Vec<f64> = if !replacement || n == 1 {
        p.iter()
            .map(|p| {
                let q = draw.exponential(1.0);
                if single {
                    f64::from(*p as f32 / q as f32)
                } else {
                    p / q
                }
            })
            .collect()
    } else {
        Vec::new()
    };
    for r in 0..rows {
        let row = &p[r * classes..(r + 1) * classes];
        ensure!(
            row.iter().sum::<f64>() > 0.0,
            "invalid multinomial distribution (sum of probabilities <= 0)"
        );
        if keys.is_empty() {
            let total: f64 = row.iter().sum();
            for _ in 0..n {
                let u = draw.uniform_f64();
                let mut sum = 0.0;
                let hit = row.iter().position(|p| {
                    sum += p / total;
                    sum >= u
                });
                out.push(hit.unwrap_or(classes - 1) as i64);
            }
        } else {
            let keys = &keys[r * classes..(r + 1) * classes];
            let mut order: Vec<usize> = (0..classes).collect();
            order.sort_by(|i, j| keys[*j].total_cmp(&keys[*i]));
            out.extend(order[..n].iter().map(|i| *i as i64));
        }
    }
    let mut result = shape.clone();
    let last = result.len() - 1;
    result[last] = n;
    Tensor::from_vec(out, &result)
}
