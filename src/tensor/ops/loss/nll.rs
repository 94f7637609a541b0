//! `nll_loss` and `cross_entropy`.

use std::rc::Rc;

use super::reduction::Reduction;
use crate::tensor::array::error::{bail, ensure};
use crate::tensor::array::layout::show;
use crate::tensor::array::{Array, DType, Dims, Element, Real, Result, Scalar};
use crate::tensor::core::record::flat_in;
use crate::tensor::core::{Saved, Tensor, record};
use crate::tensor::ops::args::Arg;
use crate::tensor::ops::samples::{Make, Sample, sample};
use crate::tensor::ops::spec::{FUNCTIONAL, Op};
use crate::tensor::ops::{
    add, div, eq, gather, log_softmax, masked_fill, mul, neg, reshape_to, sum, sum_dims, to_dtype,
    view_as_shape,
};

fn labels(values: &[i64], shape: &[usize]) -> Arg {
    Arg::Tensor(Tensor::from_array(Array::from_vec(values.to_vec(), shape)))
}

fn classes(m: &Make) -> Vec<Sample> {
    if !m.dtype.is_floating_point() {
        return Vec::new();
    }
    let x = m.tensor(&[3, 4]);
    let target = labels(&[0, 3, 1], &[3]);
    let plain = || sample([x.clone().into(), target.clone()]);
    vec![
        plain(),
        plain()
            .with("weight", m.positive(&[4]).detach())
            .with("reduction", "sum"),
        plain().with("ignore_index", 3i64),
        plain().with("reduction", "none"),
        sample([m.tensor(&[2, 3, 2]).into(), labels(&[0, 2, 1, 1], &[2, 2])]),
        sample([m.tensor(&[3]).into(), labels(&[2], &[])]),
    ]
}

/// `torch.nn.functional.nll_loss`
pub static NLL_LOSS: Op = Op {
    signature: "nll_loss(input, target, weight=None, size_average=None, ignore_index=-100, reduce=None, reduction='mean') -> Tensor",
    faces: FUNCTIONAL,
    doc: "The mean of the negative log-probabilities in `input` that belong to the target classes.",
    examples: &[(
        "F.nll_loss(torch.tensor([[-1., -2.], [-3., -4.]]), torch.tensor([0, 1]))",
        "tensor(2.5000)",
    )],
    samples: |m| unweighted(classes(m)),
    call: |a| {
        let (x, target) = (a.tensor("input")?, a.tensor("target")?);
        let options = Options {
            weight: a.opt_tensor("weight")?,
            ignore: a.int("ignore_index")?,
            reduction: Reduction::of(a)?,
        };
        Ok(nll_loss(x, target, &options)?.into())
    },
    ..Op::BASE
};

/// Class weights have no gradient: they are not to be differentiated.
fn unweighted(samples: Vec<Sample>) -> Vec<Sample> {
    samples
        .into_iter()
        .map(|s| {
            if s.named.iter().any(|(n, _)| *n == "weight") {
                s.rough()
            } else {
                s
            }
        })
        .collect()
}

/// `torch.nn.functional.cross_entropy`
pub static CROSS_ENTROPY: Op = Op {
    signature: "cross_entropy(input, target, weight=None, size_average=None, ignore_index=-100, reduce=None, reduction='mean', label_smoothing=0.0) -> Tensor",
    faces: FUNCTIONAL,
    doc: "How badly the logits in `input` predict the target: class numbers, or probabilities of the classes.",
    examples: &[(
        "F.cross_entropy(torch.tensor([[1., 2., 3.]]), torch.tensor([2]))",
        "tensor(0.4076)",
    )],
    samples: |m| {
        let mut all = unweighted(classes(m));
        if m.dtype.is_floating_point() {
            let smooth = sample([m.tensor(&[3, 4]).into(), labels(&[0, 3, 1], &[3])]);
            all.push(smooth.with("label_smoothing", 0.1));
            let soft = sample([m.tensor(&[3, 4]).into(), m.positive(&[3, 4]).into()]);
            all.push(soft.with("label_smoothing", 0.1));
        }
        all
    },
    call: |a| {
        let (x, target) = (a.tensor("input")?, a.tensor("target")?);
        let options = Options {
            weight: a.opt_tensor("weight")?,
            ignore: a.int("ignore_index")?,
            reduction: Reduction::of(a)?,
        };
        Ok(cross_entropy(x, target, &options, a.float("label_smoothing")?)?.into())
    },
    ..Op::BASE
};

/// The options of a loss over classes.
#[derive(Clone, Copy)]
pub struct Options<'a> {
    /// A weight for each class.
    pub weight: Option<&'a Tensor>,
    /// A target that does not count.
    pub ignore: i64,
    /// What becomes of the losses of single elements.
    pub reduction: Reduction,
}

impl Default for Options<'_> {
    fn default() -> Self {
        Options {
            weight: None,
            ignore: -100,
            reduction: Reduction::Mean,
        }
    }
}

/// `torch.nn.functional.cross_entropy`
pub fn cross_entropy(
    x: &Tensor,
    target: &Tensor,
    options: &Options,
    smoothing: f64,
) -> Result<Tensor> {
    ensure!(
        (0.0..=1.0).contains(&smoothing),
        "label_smoothing must be between 0.0 and 1.0. Got: {smoothing}"
    );
    let class_dim = i64::from(x.ndim() > 1);
    if x.shape() == target.shape() {
        ensure!(
            target.dtype().is_differentiable(),
            "Expected floating point type for target with class probabilities, got {}",
            target.dtype().scalar_name()
        );
        ensure!(
            options.ignore < 0,
            "ignore_index is not supported for floating point target"
        );
        return of_probabilities(x, target, options, smoothing, class_dim);
    }
    let logs = log_softmax(x, class_dim)?;
    if smoothing > 0.0 {
        smoothed(&logs, target, options, smoothing, class_dim)
    } else {
        nll_loss(&logs, target, options)
    }
}

fn class_weight(w: &Tensor, x: &Tensor, class_dim: i64) -> Result<Tensor> {
    let n = x.shape().get(class_dim as usize).copied().unwrap_or(1);
    ensure!(
        w.ndim() == 1 && w.numel() == n,
        "cross_entropy: weight tensor should be defined either for all {n} classes or no classes but got weight tensor of shape: {}",
        show(&w.shape())
    );
    let mut shape = Dims::from_elem(1, x.ndim());
    shape[class_dim as usize] = n;
    view_as_shape(w, &shape)
}

fn of_probabilities(
    x: &Tensor,
    target: &Tensor,
    o: &Options,
    smoothing: f64,
    class_dim: i64,
) -> Result<Tensor> {
    let logs = log_softmax(x, class_dim)?;
    let n = x.shape().get(class_dim as usize).copied().unwrap_or(1);
    let target = if smoothing > 0.0 {
        add(&mul(target, 1.0 - smoothing)?, smoothing / n as f64)?
    } else {
        target.clone()
    };
    let mut each = mul(&logs, &target)?;
    if let Some(w) = o.weight {
        each = mul(&each, &class_weight(w, x, class_dim)?)?;
    }
    match o.reduction {
        Reduction::None => neg(&sum_dims(&each, Some(&[class_dim]), false, None)?),
        Reduction::Sum => neg(&sum(&each)?),
        Reduction::Mean => {
            let count = x.numel() as f64 / n as f64;
            renamed("DivBackward1", &neg(&sum(&each)?)?, 1.0 / count, true)
        }
    }
}

/// The product with a number, under the name of PyTorch's overload for plain numbers.
fn renamed(name: &'static str, x: &Tensor, factor: f64, divide: bool) -> Result<Tensor> {
    let out = crate::tensor::core::no_grad(|| {
        if divide {
            div(x, 1.0 / factor)
        } else {
            mul(x, factor)
        }
    })?;
    Ok(record(name, [x], out.to_array(), (), move |g, (), _| {
        Ok([Some(mul(g, factor)?)])
    }))
}

fn smoothed(
    logs: &Tensor,
    target: &Tensor,
    o: &Options,
    smoothing: f64,
    class_dim: i64,
) -> Result<Tensor> {
    let hard = nll_loss(logs, target, o)?;
    let n = logs.shape()[class_dim as usize];
    let weighted = match o.weight {
        Some(w) => mul(logs, &class_weight(w, logs, class_dim)?)?,
        None => logs.clone(),
    };
    let each = neg(&sum_dims(&weighted, Some(&[class_dim]), false, None)?)?;
    let ignored = eq(target, Scalar::Int(o.ignore))?;
    let each = masked_fill(&each, &ignored, 0i64)?;
    let soft = match o.reduction {
        Reduction::None => each,
        Reduction::Sum => sum(&each)?,
        Reduction::Mean => {
            let total = match o.weight {
                Some(w) => {
                    let safe = masked_fill(target, &ignored, 0i64)?;
                    let flat = reshape_to(&safe, &[safe.numel()])?;
                    let mask = reshape_to(&ignored, &[ignored.numel()])?;
                    sum(&masked_fill(&gather(w, 0, &flat)?, &mask, 0i64)?)?
                }
                None => {
                    let kept = crate::tensor::ops::logical_not(&ignored)?;
                    to_dtype(&sum(&kept)?, logs.dtype())?
                }
            };
            div(&sum(&each)?, &total)?
        }
    };
    let hard = renamed("MulBackward1", &hard, 1.0 - smoothing, false)?;
    add(
        &hard,
        &renamed("MulBackward1", &soft, smoothing / n as f64, false)?,
    )
}

/// `torch.nn.functional.nll_loss`
pub fn nll_loss(x: &Tensor, target: &Tensor, o: &Options) -> Result<Tensor> {
    let (shape, at) = (x.shape(), target.shape());
    ensure!(
        !shape.is_empty(),
        Value,
        "Expected 1 or more dimensions (got 0)"
    );
    if shape.len() > 1 {
        ensure!(
            shape[0] == at.first().copied().unwrap_or(1),
            Value,
            "Expected input batch_size ({}) to match target batch_size ({}).",
            shape[0],
            at.first().copied().unwrap_or(1)
        );
    }
    if shape.len() <= 2 {
        ensure!(
            at.len() <= 1,
            "0D or 1D target tensor expected, multi-target not supported"
        );
        ensure!(
            shape.len() == 2 || at.iter().product::<usize>() == 1,
            Value,
            "Expected input batch_size (1) to match target batch_size ({}).",
            at.first().copied().unwrap_or(1)
        );
        return run("NllLossBackward0", x, target, o);
    }
    if shape.len() == 4 {
        ensure!(
            at.len() == 3,
            "only batches of spatial targets supported (3D tensors) but got targets of dimension: {}",
            at.len()
        );
        ensure!(
            at[1..] == shape[2..],
            "size mismatch (got input: {} , target: {}",
            show(&shape),
            show(&at)
        );
        return run("NllLoss2DBackward0", x, target, o);
    }
    let mut expected = Dims::from_slice(&[shape[0]]);
    expected.extend_from_slice(&shape[2..]);
    ensure!(
        at == expected,
        "Expected target size {}, got {}",
        show(&expected),
        show(&at)
    );
    let inner = shape[2..].iter().product();
    let flat = reshape_to(x, &[shape[0], shape[1], 1, inner])?;
    let loss = run(
        "NllLoss2DBackward0",
        &flat,
        &reshape_to(target, &[shape[0], 1, inner])?,
        o,
    )?;
    if o.reduction == Reduction::None {
        return reshape_to(&loss, &expected);
    }
    Ok(loss)
}

/// What both directions need: where the chosen elements lie, and what each counts.
struct Chosen {
    shape: Dims,
    /// The shape of the losses of single elements.
    each: Dims,
    /// For each target: the place of its element, and its weight; nothing where it is ignored.
    places: Vec<Option<(usize, f64)>>,
    /// What the sum is divided by.
    divisor: f64,
    reduction: Reduction,
}

fn choose(x: &Tensor, target: &Tensor, o: &Options) -> Result<Chosen> {
    ensure!(
        matches!(target.dtype(), DType::Int64 | DType::UInt8),
        "expected target dtype to be Long or Byte, but got {}",
        target.dtype().scalar_name()
    );
    let shape = x.shape();
    let (n, classes) = if shape.len() == 1 {
        (1, shape[0])
    } else {
        (shape[0], shape[1])
    };
    let inner: usize = shape.iter().skip(2).product();
    let weights = match o.weight {
        Some(w) => {
            ensure!(
                w.ndim() == 1 && w.numel() == classes,
                "weight tensor should be defined either for all {classes} classes or no classes but got weight tensor of shape: {}",
                show(&w.shape())
            );
            ensure!(
                w.dtype() == x.dtype(),
                "expected scalar type {} but found {}",
                x.dtype().scalar_name(),
                w.dtype().scalar_name()
            );
            Some(w.to_vec::<f64>()?)
        }
        None => None,
    };
    let targets = target.to_vec::<i64>()?;
    let mut places = Vec::with_capacity(targets.len());
    for (i, t) in targets.iter().enumerate() {
        if *t == o.ignore {
            places.push(None);
            continue;
        }
        if *t < 0 || *t >= classes as i64 {
            bail!(Index, "Target {t} is out of bounds.");
        }
        let (image, at) = (i / inner.max(1), i % inner.max(1));
        let w = weights.as_ref().map_or(1.0, |w| w[*t as usize]);
        places.push(Some(((image * classes + *t as usize) * inner + at, w)));
    }
    let each = if shape.len() == 1 {
        target.shape()
    } else {
        let mut each = Dims::from_slice(&[n]);
        each.extend_from_slice(&shape[2..]);
        each
    };
    Ok(Chosen {
        shape,
        each,
        divisor: match (o.reduction, weights) {
            (Reduction::Mean, Some(_)) => weight_of_all(&places, x.dtype())?,
            (Reduction::Mean, None) => places.iter().flatten().count() as f64,
            (Reduction::None | Reduction::Sum, _) => 1.0,
        },
        places,
        reduction: o.reduction,
    })
}

/// The sum of the weights of all places, rounded as the losses are.
fn weight_of_all(places: &[Option<(usize, f64)>], dtype: DType) -> Result<f64> {
    dispatch_float!(dtype, T => {
        let weight = |p: &Option<(usize, f64)>| p.map_or(num_traits::Zero::zero(), |(_, w)| T::lit(w));
        let each: Vec<T> = places.iter().map(weight).collect();
        Ok(total(places, &each).to_f64())
    }, other => unreachable!("refused before"))
}

fn run(name: &'static str, x: &Tensor, target: &Tensor, o: &Options) -> Result<Tensor> {
    ensure!(
        x.dtype().is_differentiable(),
        NotImplemented,
        "\"nll_loss_out_frame\" not implemented for '{}'",
        x.dtype().scalar_name()
    );
    let chosen = Rc::new(choose(x, target, o)?);
    pick(name, x, target, &chosen)
}

/// The chosen elements, negated, weighted and reduced.
fn pick(name: &'static str, x: &Tensor, target: &Tensor, chosen: &Rc<Chosen>) -> Result<Tensor> {
    let array = x.array().contiguous()?;
    let out = dispatch_float!(array.dtype(), T => {
        let xs: &[T] = &array.slice::<T>();
        let loss = |p: &Option<(usize, f64)>| match p {
            Some((at, w)) => -xs[*at] * T::lit(*w),
            None => num_traits::Zero::zero(),
        };
        match chosen.reduction {
            Reduction::None => Array::from_vec(chosen.places.iter().map(loss).collect::<Vec<T>>(), &chosen.each),
            Reduction::Mean | Reduction::Sum => {
                let each: Vec<T> = chosen.places.iter().map(loss).collect();
                let total = total(&chosen.places, &each);
                Array::scalar(total / T::lit(chosen.divisor))
            }
        }
    }, other => unreachable!("refused above"));
    let kept = [Saved::input(target), Saved::input(x)];
    let chosen = chosen.clone();
    Ok(record(name, [x], out, kept, move |g, [target, x], c| {
        let slope = put(g, &c.get(target)?, &chosen)?;
        Ok([Some(flat_in(slope, &c.get(x)?))])
    }))
}

/// The sum over all places in PyTorch's order: eight levels of running sums, and ignored places close none.
fn total<T: Real>(places: &[Option<(usize, f64)>], each: &[T]) -> T {
    let log = usize::BITS - each.len().saturating_sub(1).leading_zeros();
    let power = (log / 8).max(4);
    let mut levels = [T::ZERO; 8];
    for (i, v) in each
        .iter()
        .enumerate()
        .filter(|(i, _)| places[*i].is_some())
    {
        levels[0] = levels[0].plus(*v);
        for j in 0..7 {
            if i & (((1 << power) - 1) << (j as u32 * power)) != 0 {
                break;
            }
            levels[j + 1] = levels[j + 1].plus(std::mem::replace(&mut levels[j], T::ZERO));
        }
    }
    levels.iter().fold(T::ZERO, |s, v| s.plus(*v))
}

/// The other way round: gradients at the chosen places, among zeros.
fn put(g: &Tensor, target: &Tensor, chosen: &Rc<Chosen>) -> Result<Tensor> {
    let array = g.array().contiguous()?;
    let out = dispatch_float!(array.dtype(), T => {
        let gs: &[T] = &array.slice::<T>();
        Array::build::<T>(&chosen.shape, |out| {
            out.fill(num_traits::Zero::zero());
            for (i, place) in chosen.places.iter().enumerate() {
                if let Some((at, w)) = place {
                    let g = gs[if gs.len() == 1 { 0 } else { i }];
                    out[*at] = -(g / T::lit(chosen.divisor)) * T::lit(*w);
                }
            }
        })?
    }, other => unreachable!("gradients are floats"));
    let chosen = chosen.clone();
    Ok(record(
        "NllLossBackwardBackward0",
        [g],
        out,
        Saved::input(target),
        move |h, target, c| {
            let target = c.get(target)?;
            Ok([Some(pick(
                "NllLossBackwardBackwardBackward0",
                h,
                &target,
                &chosen,
            )?)])
        },
    ))
}
