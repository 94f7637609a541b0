//! Losses that ask for a margin: between classes, pairs or triples.

use super::reduction::{Reduction, size_text};
use crate::tensor::array::error::ensure;
use crate::tensor::array::layout::show;
use crate::tensor::array::{Array, DType, Result};
use crate::tensor::core::record::underivable;
use crate::tensor::core::{Operand, Saved, Tensor, no_grad, record};
use crate::tensor::ops::args::{Arg, Args};
use crate::tensor::ops::complex::call::rounded;
use crate::tensor::ops::samples::{Make, Sample, sample};
use crate::tensor::ops::spec::{FUNCTION, FUNCTIONAL, Op};
use crate::tensor::ops::{
    add, clamp, div, eq, exp, log1p, logsigmoid, minimum, mul, ne, neg, norm, sqrt, sub, sum_dims,
    unsqueeze, where_,
};

fn signs(m: &Make, shape: &[usize]) -> Arg {
    let n: usize = shape.iter().product();
    let array = dispatch!(m.dtype, T => {
        let sign = |i: usize| if i.is_multiple_of(3) && m.floating() { -1.0 } else { 1.0 };
        Array::from_vec((0..n).map(|i| <T as crate::tensor::array::Element>::from_f64(sign(i))).collect::<Vec<T>>(), shape)
    });
    Arg::Tensor(Tensor::from_array(array))
}

fn with_signs(m: &Make) -> Vec<Sample> {
    if !m.dtype.is_floating_point() {
        return Vec::new();
    }
    vec![sample([m.tensor(&[2, 3]).into(), signs(m, &[2, 3])]).rough()]
}

fn three(m: &Make) -> Vec<Sample> {
    if !m.dtype.is_floating_point() {
        return Vec::new();
    }
    let t = || Arg::from(m.tensor(&[2, 3]));
    vec![sample([t(), t(), t()])]
}

/// The elements that are positive, else 0.
fn positive_part(x: &Tensor) -> Result<Tensor> {
    let out = no_grad(|| clamp(x, Some(Operand::from(0i64)), None))?;
    let kept = Saved::input(x);
    Ok(record(
        "ClampMinBackward0",
        [x],
        out.to_array(),
        kept,
        |g, x, c| {
            let kept = crate::tensor::ops::gt(&c.get(x)?, 0i64)?;
            Ok([Some(where_(&kept, g, 0i64)?)])
        },
    ))
}

/// `torch.nn.functional.hinge_embedding_loss`
pub static HINGE_EMBEDDING_LOSS: Op = Op {
    signature: "hinge_embedding_loss(input, target, margin=1.0, size_average=None, reduce=None, reduction='mean') -> Tensor",
    faces: FUNCTIONAL | FUNCTION,
    doc: "The input where the target is 1; what it lacks to the margin where the target is -1.",
    examples: &[(
        "F.hinge_embedding_loss(torch.tensor([0.5, 0.2]), torch.tensor([1., -1.]))",
        "tensor(0.6500)",
    )],
    samples: with_signs,
    call: |a| {
        let reduction = Reduction::of(a)?;
        let (x, t) = (a.tensor("input")?, a.tensor("target")?);
        let far = positive_part(&sub(a.float("margin")?, x)?)?;
        let far = where_(&ne(t, 1i64)?, &far, 0i64)?;
        let near = where_(&ne(t, -1i64)?, x, 0i64)?;
        Ok(reduction.apply(&add(&far, &near)?)?.into())
    },
    ..Op::BASE
};

/// `torch.nn.functional.margin_ranking_loss`
pub static MARGIN_RANKING_LOSS: Op = Op {
    signature: "margin_ranking_loss(input1, input2, target, margin=0, size_average=None, reduce=None, reduction='mean') -> Tensor",
    faces: FUNCTIONAL | FUNCTION,
    doc: "What `input1` lacks to rank above `input2` by the margin (below, where the target is -1).",
    examples: &[(
        "F.margin_ranking_loss(torch.tensor([1.]), torch.tensor([3.]), torch.tensor([1.]))",
        "tensor(2.)",
    )],
    samples: |m| {
        if !m.dtype.is_floating_point() {
            return Vec::new();
        }
        vec![
            sample([m.tensor(&[3]).into(), m.tensor(&[3]).into(), signs(m, &[3])])
                .with("margin", 0.5)
                .rough(),
        ]
    },
    call: |a| {
        let reduction = Reduction::of(a)?;
        let (x, y, t) = (
            a.tensor("input1")?,
            a.tensor("input2")?,
            a.tensor("target")?,
        );
        ensure!(
            x.ndim() == y.ndim() && x.ndim() == t.ndim(),
            "margin_ranking_loss : All input tensors should have same dimension but got sizes: input1: {}, input2: {}, target: {} ",
            size_text(x),
            size_text(y),
            size_text(t)
        );
        let gap = add(&mul(&neg(t)?, &sub(x, y)?)?, a.float("margin")?)?;
        Ok(reduction.apply(&positive_part(&gap)?)?.into())
    },
    ..Op::BASE
};

/// `torch.nn.functional.cosine_embedding_loss`
pub static COSINE_EMBEDDING_LOSS: Op = Op {
    signature: "cosine_embedding_loss(input1, input2, target, margin=0, size_average=None, reduce=None, reduction='mean') -> Tensor",
    faces: FUNCTIONAL | FUNCTION,
    doc: "One minus the cosine of the angle between two vectors where the target is 1, else what the cosine exceeds the margin.",
    examples: &[(
        "F.cosine_embedding_loss(torch.tensor([[1., 0.]]), torch.tensor([[0., 1.]]), torch.tensor([1.]))",
        "tensor(1.)",
    )],
    samples: |m| {
        if !m.dtype.is_floating_point() {
            return Vec::new();
        }
        vec![
            sample([
                m.tensor(&[2, 3]).into(),
                m.tensor(&[2, 3]).into(),
                signs(m, &[2]),
            ])
            .rough(),
        ]
    },
    call: |a| {
        let reduction = Reduction::of(a)?;
        let (x, y, t) = (
            a.tensor("input1")?,
            a.tensor("input2")?,
            a.tensor("target")?,
        );
        ensure!(
            t.ndim() <= 1,
            "0D or 1D target tensor expected, multi-target not supported"
        );
        let along = |v: Tensor| sum_dims(&v, Some(&[-1]), false, None);
        const EPS: f64 = 1e-12;
        let lengths = mul(
            &add(&along(mul(x, x)?)?, EPS)?,
            &add(&along(mul(y, y)?)?, EPS)?,
        )?;
        let cosine = div(&along(mul(x, y)?)?, &sqrt(&lengths)?)?;
        let near = where_(&eq(t, 1i64)?, &sub(1i64, &cosine)?, 0i64)?;
        let far = positive_part(&sub(&cosine, a.float("margin")?)?)?;
        let far = where_(&eq(t, -1i64)?, &far, 0i64)?;
        Ok(reduction.apply(&add(&near, &far)?)?.into())
    },
    ..Op::BASE
};

/// `torch.nn.functional.pairwise_distance`
pub static PAIRWISE_DISTANCE: Op = Op {
    signature: "pairwise_distance(x1, x2, p=2.0, eps=1e-06, keepdim=False) -> Tensor",
    faces: FUNCTIONAL | FUNCTION,
    doc: "The p-norm of the differences along the last dimension.",
    examples: &[(
        "F.pairwise_distance(torch.tensor([[3., 0.]]), torch.tensor([[0., 4.]]))",
        "tensor([5.0000])",
    )],
    samples: |m| {
        if !m.dtype.is_floating_point() {
            return Vec::new();
        }
        vec![sample([m.tensor(&[2, 3]).into(), m.tensor(&[2, 3]).into()])]
    },
    call: |a| {
        let (x, y) = (a.tensor("x1")?, a.tensor("x2")?);
        Ok(pairwise_distance(x, y, a.float("p")?, a.float("eps")?, a.bool("keepdim")?)?.into())
    },
    ..Op::BASE
};

/// `torch.nn.functional.pairwise_distance`
pub fn pairwise_distance(
    x: &Tensor,
    y: &Tensor,
    p: f64,
    eps: f64,
    keepdim: bool,
) -> Result<Tensor> {
    let gap = add(&sub(x, y)?, eps)?;
    if p != 2.0 {
        return norm(&gap, p, Some(&[-1]), keepdim, None);
    }
    let out = no_grad(|| norm(&gap, p, Some(&[-1]), keepdim, None))?.to_array();
    let kept = (Saved::input(&gap), Saved::result(&out));
    Ok(record(
        "NormBackward1",
        [&gap],
        out,
        kept,
        move |g, (gap, y), c| {
            let (g, y) = if keepdim {
                (g.clone(), c.get(y)?)
            } else {
                let wide = |t: &Tensor| crate::tensor::ops::unsqueeze(t, -1);
                (wide(g)?, wide(&c.get(y)?)?)
            };
            let share = where_(&eq(&y, 0i64)?, 0i64, &div(&c.get(gap)?, &y)?)?;
            Ok([Some(mul(&g, &share)?)])
        },
    ))
}

/// `torch.nn.functional.cosine_similarity`
pub static COSINE_SIMILARITY: Op = Op {
    signature: "cosine_similarity(x1, x2, dim=1, eps=1e-08) -> Tensor",
    faces: FUNCTIONAL | FUNCTION,
    doc: "The cosine of the angle between vectors along `dim`.",
    examples: &[(
        "F.cosine_similarity(torch.tensor([[1., 1.]]), torch.tensor([[0., 2.]]))",
        "tensor([0.7071])",
    )],
    samples: |m| {
        if !m.dtype.is_floating_point() {
            return Vec::new();
        }
        vec![sample([m.tensor(&[2, 3]).into(), m.tensor(&[2, 3]).into()])]
    },
    call: |a| {
        let (x, y, dim) = (a.tensor("x1")?, a.tensor("x2")?, a.int("dim")?);
        let shape = crate::tensor::array::layout::broadcast_shapes(&x.shape(), &y.shape())?;
        let (x, y) = (
            crate::tensor::ops::expand_to(x, &shape)?,
            crate::tensor::ops::expand_to(y, &shape)?,
        );
        let eps = a.float("eps")?;
        let unit = |v: &Tensor| -> Result<Tensor> {
            let length = norm(v, 2.0, Some(&[dim]), true, None)?;
            // The limit keeps the length's history where it does not bite.
            let least = no_grad(|| sub(&clamp(&length, Some(Operand::from(eps)), None)?, &length))?;
            div(v, &add(&length, &least)?)
        };
        let product = mul(&unit(&x)?, &unit(&y)?)?;
        Ok(sum_dims(&product, Some(&[dim]), false, None)?.into())
    },
    ..Op::BASE
};

/// `torch.nn.functional.triplet_margin_loss`
pub static TRIPLET_MARGIN_LOSS: Op = Op {
    signature: "triplet_margin_loss(anchor, positive, negative, margin=1.0, p=2, eps=1e-06, swap=False, size_average=None, reduce=None, reduction='mean') -> Tensor",
    faces: FUNCTIONAL | FUNCTION,
    doc: "What the distance to the negative lacks to exceed that to the positive by the margin.",
    examples: &[(
        "F.triplet_margin_loss(torch.tensor([[0.]]), torch.tensor([[1.]]), torch.tensor([[1.]]))",
        "tensor(1.)",
    )],
    samples: three,
    call: |a| {
        let reduction = Reduction::of(a)?;
        let (x, y, z) = (
            a.tensor("anchor")?,
            a.tensor("positive")?,
            a.tensor("negative")?,
        );
        let (margin, p, eps) = (a.float("margin")?, a.float("p")?, a.float("eps")?);
        ensure!(
            margin > 0.0,
            Value,
            "margin must be greater than 0, got {}",
            a.arg("margin")
                .as_scalar()
                .map(crate::tensor::core::number::repr)
                .unwrap_or_default()
        );
        ensure!(
            x.ndim() == y.ndim() && x.ndim() == z.ndim(),
            "The anchor, positive, and negative tensors are expected to have the same number of dimensions, but got: anchor {}D, positive {}D, and negative {}D inputs",
            x.ndim(),
            y.ndim(),
            z.ndim()
        );
        let near = pairwise_distance(x, y, p, eps, false)?;
        let mut far = pairwise_distance(x, z, p, eps, false)?;
        if a.bool("swap")? {
            far = minimum(&far, &pairwise_distance(y, z, p, eps, false)?)?;
        }
        let gap = sub(&add(&near, margin)?, &far)?;
        Ok(reduction.apply(&positive_part(&gap)?)?.into())
    },
    ..Op::BASE
};

/// `torch.nn.functional.soft_margin_loss`
pub static SOFT_MARGIN_LOSS: Op = Op {
    signature: "soft_margin_loss(input, target, size_average=None, reduce=None, reduction='mean') -> Tensor",
    faces: FUNCTIONAL,
    doc: "The logistic loss of signs: `log(1 + exp(-target * input))`.",
    examples: &[(
        "F.soft_margin_loss(torch.tensor([0.]), torch.tensor([1.]))",
        "tensor(0.6931)",
    )],
    samples: with_signs,
    call: |a| {
        let reduction = Reduction::of(a)?;
        let (x, t) = (a.tensor("input")?, a.tensor("target")?.detach());
        let n = crate::tensor::array::layout::broadcast_shapes(&x.shape(), &t.shape())?
            .iter()
            .product::<usize>();
        let out =
            no_grad(|| reduction.apply(&rounded(&rounded(&neg(&mul(&t, x)?)?, exp)?, log1p)?))?;
        let kept = (Saved::input(x), Saved::input(&t));
        Ok(record(
            "SoftMarginLossBackward0",
            [x],
            out.to_array(),
            kept,
            move |g, (x, t), c| {
                let (x, t) = (c.get(x)?, c.get(t)?);
                let z = crate::tensor::ops::sigmoid(&neg(&mul(&t, &x)?)?)?;
                let slope = neg(&mul(&t, &z)?)?;
                let g = if reduction == Reduction::Mean {
                    div(g, n as f64)?
                } else {
                    g.clone()
                };
                Ok([Some(mul(&g, &slope)?)])
            },
        )
        .into())
    },
    ..Op::BASE
};

/// `torch.nn.functional.multilabel_soft_margin_loss`
pub static MULTILABEL_SOFT_MARGIN_LOSS: Op = Op {
    signature: "multilabel_soft_margin_loss(input, target, weight=None, size_average=None, reduce=None, reduction='mean') -> Tensor",
    faces: FUNCTIONAL,
    doc: "The mean over classes of the binary cross entropy of logits.",
    examples: &[(
        "F.multilabel_soft_margin_loss(torch.tensor([[0., 0.]]), torch.tensor([[1., 0.]]))",
        "tensor(0.6931)",
    )],
    samples: |m| {
        if !m.dtype.is_floating_point() {
            return Vec::new();
        }
        vec![sample([
            m.tensor(&[2, 3]).into(),
            m.between(&[2, 3], 0.1, 0.9).into(),
        ])]
    },
    call: |a| {
        let reduction = Reduction::of(a)?;
        let (x, t) = (a.tensor("input")?, a.tensor("target")?);
        let yes = mul(t, &logsigmoid(x)?)?;
        let no = mul(&sub(1i64, t)?, &logsigmoid(&neg(x)?)?)?;
        let mut each = neg(&add(&yes, &no)?)?;
        if let Some(w) = a.opt_tensor("weight")? {
            each = mul(&each, w)?;
        }
        let classes = x.shape().last().copied().unwrap_or(1);
        let each = sum_dims(&each, Some(&[-1]), false, None)?;
        Ok(reduction.apply(&div(&each, classes as f64)?)?.into())
    },
    ..Op::BASE
};

/// `torch.nn.functional.multi_margin_loss`
pub static MULTI_MARGIN_LOSS: Op = Op {
    signature: "multi_margin_loss(input, target, p=1, margin=1.0, weight=None, size_average=None, reduce=None, reduction='mean') -> Tensor",
    faces: FUNCTIONAL,
    doc: "The hinge loss over classes: what the target class lacks to exceed the others by the margin.",
    examples: &[(
        "F.multi_margin_loss(torch.tensor([[0.1, 0.2, 0.4, 0.8]]), torch.tensor([3]))",
        "tensor(0.3250)",
    )],
    samples: |m| {
        if !m.dtype.is_floating_point() {
            return Vec::new();
        }
        let t = Tensor::from_array(Array::from_vec(vec![1i64, 0], &[2]));
        vec![sample([m.distinct(&[2, 3]).into(), t.into()]).rough()]
    },
    call: |a| {
        let p = a.float("p")?;
        ensure!(
            p == 1.0 || p == 2.0,
            Value,
            "only p == 1 and p == 2 supported"
        );
        multi_margin(a, p).map(Into::into)
    },
    ..Op::BASE
};

/// Losses and slopes of rows, computed together: `f(row, i)` gives the loss of row `i` and the slopes of its elements.
fn by_rows(
    name: &'static str,
    of: &'static str,
    x: &Tensor,
    reduction: Reduction,
    f: impl Fn(&[f64], usize) -> (f64, Vec<f64>),
) -> Result<Tensor> {
    let shape = x.shape();
    let classes = shape.last().copied().unwrap_or(1);
    let values = x.to_vec::<f64>()?;
    let (mut losses, mut slopes) = (Vec::new(), Vec::with_capacity(values.len()));
    for (i, row) in values.chunks(classes.max(1)).enumerate() {
        let (loss, slope) = f(row, i);
        losses.push(loss);
        slopes.extend(slope);
    }
    let n = losses.len();
    let shape_each: Vec<usize> = if shape.len() > 1 { vec![n] } else { Vec::new() };
    let each = Tensor::from_array(Array::from_vec(losses, &shape_each).to_dtype(x.dtype())?);
    let out = no_grad(|| reduction.apply(&each))?;
    let slopes = Tensor::from_array(Array::from_vec(slopes, &shape).to_dtype(x.dtype())?);
    let kept = [Saved::input(&slopes), Saved::input(x)];
    Ok(record(
        name,
        [x],
        out.to_array(),
        kept,
        move |g, [s, x], c| {
            let s = c.get(s)?;
            let share = match reduction {
                Reduction::Mean => div(g, n as f64)?,
                Reduction::Sum => g.clone(),
                Reduction::None if g.ndim() == 0 => g.clone(),
                Reduction::None => crate::tensor::ops::unsqueeze(g, -1)?,
            };
            let slope = no_grad(|| mul(&share, &s))?;
            Ok([Some(underivable(slope, [g, &c.get(x)?], of))])
        },
    ))
}

/// Refuses rows without elements (`LossMulti.h`).
fn check_rows(shape: &[usize]) -> Result<()> {
    let rest = if shape.len() == 2 { &shape[1..] } else { shape };
    ensure!(
        shape.len() <= 2 && !rest.contains(&0),
        "Expected non-empty vector or matrix with optional 0-dim batch size, but got: {}",
        show(shape)
    );
    Ok(())
}

fn multi_margin(a: &Args, p: f64) -> Result<Tensor> {
    let reduction = Reduction::of(a)?;
    let (x, t, margin) = (a.tensor("input")?, a.tensor("target")?, a.float("margin")?);
    let shape = x.shape();
    let rows = if shape.len() > 1 { shape[0] } else { 1 };
    let classes = shape.last().copied().unwrap_or(1);
    check_rows(&shape)?;
    ensure!(
        t.ndim() <= 1 && t.numel() == rows,
        "multi_margin_loss: target tensor should be 1-D with size equal to the number of input samples (batch size). Expected target size [{rows}], but got {}. Input has shape {}.",
        show(&t.shape()),
        show(&shape)
    );
    if let Some(w) = a.opt_tensor("weight")? {
        ensure!(w.ndim() == 1, Value, "weight must be one-dimensional");
        ensure!(
            w.numel() == classes,
            "inconsistent weight size, expected {classes} but got {}",
            show(&w.shape())
        );
    }
    ensure!(
        t.dtype() == DType::Int64,
        "expected scalar type Long but found {}",
        t.dtype().scalar_name()
    );
    let weight = a
        .opt_tensor("weight")?
        .map(Tensor::to_vec::<f64>)
        .transpose()?;
    let targets = t.to_vec::<i64>()?;
    ensure!(
        targets.iter().all(|t| (0..classes as i64).contains(t)),
        "target out of range"
    );
    // One target in a vector gives one loss in a vector.
    let matrix = match (x.ndim(), t.ndim()) {
        (1, 1) => &unsqueeze(x, 0)?,
        _ => x,
    };
    by_rows(
        "MultiMarginLossBackward0",
        "multi_margin_loss_backward",
        matrix,
        reduction,
        |row, i| {
            let t = targets[i] as usize;
            let w = weight.as_ref().map_or(1.0, |w| w[t]);
            let n = row.len() as f64;
            let (mut loss, mut slope) = (0.0, vec![0.0; row.len()]);
            for (j, v) in row.iter().enumerate() {
                let z = margin - row[t] + v;
                if j != t && z > 0.0 {
                    let (value, d) = if p == 1.0 { (z, 1.0) } else { (z * z, 2.0 * z) };
                    loss += w * value;
                    slope[j] += w * d / n;
                    slope[t] -= w * d / n;
                }
            }
            (loss / n, slope)
        },
    )
}

/// `torch.nn.functional.multilabel_margin_loss`
pub static MULTILABEL_MARGIN_LOSS: Op = Op {
    signature: "multilabel_margin_loss(input, target, size_average=None, reduce=None, reduction='mean') -> Tensor",
    faces: FUNCTIONAL,
    doc: "The hinge loss between the target classes of each row (listed up to the first -1) and all others.",
    examples: &[(
        "F.multilabel_margin_loss(torch.tensor([[0.1, 0.2, 0.4, 0.8]]), torch.tensor([[3, 0, -1, 1]]))",
        "tensor(0.8500)",
    )],
    samples: |m| {
        if !m.dtype.is_floating_point() {
            return Vec::new();
        }
        let t = Tensor::from_array(Array::from_vec(vec![1i64, -1, 0, 2, 0, -1], &[2, 3]));
        vec![sample([m.distinct(&[2, 3]).into(), t.into()]).rough()]
    },
    call: |a| {
        let reduction = Reduction::of(a)?;
        let (x, t) = (a.tensor("input")?, a.tensor("target")?);
        check_rows(&x.shape())?;
        ensure!(
            x.shape() == t.shape(),
            "inconsistent target size: {} for input of size: {}",
            show(&t.shape()),
            show(&x.shape())
        );
        ensure!(
            t.dtype() == DType::Int64,
            "expected scalar type Long but found {}",
            t.dtype().scalar_name()
        );
        let classes = x.shape().last().copied().unwrap_or(1);
        let targets = t.to_vec::<i64>()?;
        ensure!(
            targets.iter().all(|t| (-1..classes as i64).contains(t)),
            "target out of range"
        );
        Ok(by_rows(
            "MultilabelMarginLossBackward0",
            "multilabel_margin_loss_backward",
            x,
            reduction,
            |row, i| {
                let listed = &targets[i * row.len()..(i + 1) * row.len()];
                let listed: Vec<usize> = listed
                    .iter()
                    .take_while(|t| **t >= 0)
                    .map(|t| *t as usize)
                    .collect();
                let n = row.len() as f64;
                let (mut loss, mut slope) = (0.0, vec![0.0; row.len()]);
                for &t in &listed {
                    for (j, v) in row.iter().enumerate().filter(|(j, _)| !listed.contains(j)) {
                        let z = 1.0 - row[t] + v;
                        if z > 0.0 {
                            loss += z;
                            slope[j] += 1.0 / n;
                            slope[t] -= 1.0 / n;
                        }
                    }
                }
                (loss / n, slope)
            },
        )?
        .into())
    },
    ..Op::BASE
};
