//! `embedding_bag`: looked up rows, put together bag by bag.

use crate::tensor::array::error::{bail, ensure};
use crate::tensor::array::{Array, DType, Result};
use crate::tensor::core::record::{Context, underivable};
use crate::tensor::core::{Saved, Tensor, no_grad, record};
use crate::tensor::ops::args::Args;
use crate::tensor::ops::samples::sample;
use crate::tensor::ops::spec::{FUNCTIONAL, Op};
use crate::tensor::ops::{matmul, mul, reshape_to, sum_dims, to_dtype, unsqueeze};

/// `torch.nn.functional.embedding_bag`
pub static EMBEDDING_BAG: Op = Op {
    signature: "embedding_bag(input, weight, offsets=None, max_norm=None, norm_type=2, scale_grad_by_freq=False, mode='mean', sparse=False, per_sample_weights=None, include_last_offset=False, padding_idx=None) -> Tensor",
    faces: FUNCTIONAL,
    doc: "Sums, means or maxima of looked up rows, one for each bag of numbers.",
    examples: &[(
        "F.embedding_bag(torch.tensor([[0, 1]]), torch.tensor([[1., 2.], [3., 4.]]))",
        "tensor([[2., 3.]])",
    )],
    samples: |m| {
        if !m.dtype.is_floating_point() {
            return Vec::new();
        }
        let at = Tensor::from_array(Array::from_vec(vec![1i64, 0, 1, 2], &[2, 2]));
        vec![
            sample([at.clone().into(), m.tensor(&[3, 2]).into()]),
            sample([at.into(), m.tensor(&[3, 2]).into()]).with("mode", "sum"),
        ]
    },
    call: |a| Ok(embedding_bag(a)?.into()),
    ..Op::BASE
};

/// The bags: for each the positions of its numbers.
fn bags(a: &Args, at: &Tensor) -> Result<Vec<Vec<usize>>> {
    let shape = at.shape();
    let n = at.numel();
    if shape.len() == 2 {
        ensure!(
            a.opt_tensor("offsets")?.is_none(),
            Value,
            "if input is 2D, then offsets has to be None, as input is treated is a mini-batch of fixed length sequences. However, found offsets of type <class 'torch.Tensor'>"
        );
        let width = shape[1];
        return Ok((0..shape[0])
            .map(|b| (b * width..(b + 1) * width).collect())
            .collect());
    }
    ensure!(
        shape.len() == 1,
        Value,
        "input has to be 1D or 2D Tensor, but got Tensor of dimension {}",
        shape.len()
    );
    let Some(offsets) = a.opt_tensor("offsets")? else {
        bail!(Value, "offsets has to be a 1D Tensor but got None")
    };
    let mut starts = offsets.to_vec::<i64>()?;
    ensure!(
        starts.first().is_none_or(|s| *s == 0),
        "offsets[0] has to be 0, i.e., the first sequence in the mini-batch has to start from position 0. However, got {}",
        starts.first().copied().unwrap_or(0)
    );
    if a.bool("include_last_offset")? {
        starts.pop();
    }
    ensure!(
        starts.iter().all(|s| *s <= n as i64),
        "offsets[-1] can not be greater than input's length"
    );
    let ends = starts.iter().skip(1).copied().chain([n as i64]);
    Ok(starts
        .iter()
        .zip(ends)
        .map(|(s, e)| (*s as usize..e.max(*s) as usize).collect())
        .collect())
}

fn embedding_bag(a: &Args) -> Result<Tensor> {
    let (mut at, mut weight) = (a.tensor("input")?, a.tensor("weight")?);
    // As it once was: the weight first.
    if weight.dtype() == DType::Int64 && at.dtype().is_floating_point() {
        (at, weight) = (weight, at);
    }
    let mode = a.str("mode")?;
    ensure!(
        matches!(mode, "sum" | "mean" | "max"),
        Value,
        "mode has to be one of sum, mean or max"
    );
    if let Some(limit) = a.opt_float("max_norm")? {
        super::lookup::renormalize(weight, at, limit, a.float("norm_type")?)?;
    }
    let mut bags = bags(a, at)?;
    let flat = reshape_to(at, &[at.numel()])?;
    if let Some(padding) = a.opt_int("padding_idx")? {
        let rows = weight.shape()[0] as i64;
        let padding = if padding < 0 { padding + rows } else { padding };
        let numbers = flat.to_vec::<i64>()?;
        bags.iter_mut()
            .for_each(|b| b.retain(|i| numbers[*i] != padding));
    }
    let by_frequency = a.bool("scale_grad_by_freq")?;
    let rows = super::embedding(&flat, weight, None, by_frequency)?;
    let rows = match a.opt_tensor("per_sample_weights")? {
        Some(w) => {
            ensure!(
                mode == "sum",
                NotImplemented,
                "embedding_bag: per_sample_weights was not None. per_sample_weights is only supported for mode='sum' (got mode='{mode}'). Please open a feature request on GitHub."
            );
            weighted(&rows, &reshape_to(w, &[w.numel()])?)?
        }
        None => rows,
    };
    let out = if mode == "max" {
        largest(&rows, &bags)?
    } else {
        matmul(
            &gathering(&bags, rows.shape()[0], mode == "mean", rows.dtype())?,
            &rows,
        )?
    };
    let array = out.to_array();
    Ok(record(
        "EmbeddingBagBackward0",
        [&out],
        array,
        (),
        |g, (), _| Ok([Some(g.clone())]),
    ))
}

/// Rows times a weight each; the gradient of the weights is not differentiated again.
fn weighted(rows: &Tensor, w: &Tensor) -> Result<Tensor> {
    let out = no_grad(|| mul(rows, &unsqueeze(w, 1)?))?;
    let kept = [Saved::input(rows), Saved::input(w)];
    let rule = |g: &Tensor, [rows, w]: &[Saved; 2], c: &Context| {
        let rows = c.get(rows)?;
        let for_weights = || {
            let sums = no_grad(|| sum_dims(&mul(g, &rows)?, Some(&[1]), false, None))?;
            Ok(underivable(
                sums,
                [g, &rows],
                "_embedding_bag_per_sample_weights_backward",
            ))
        };
        Ok([
            c.when(0, || mul(g, &unsqueeze(&c.get(w)?, 1)?))?,
            c.when(1, for_weights)?,
        ])
    };
    Ok(record(
        "EmbeddingBagBackward0",
        [rows, w],
        out.to_array(),
        kept,
        rule,
    ))
}

/// The matrix that sums (or averages) the rows of each bag.
fn gathering(bags: &[Vec<usize>], rows: usize, mean: bool, dtype: DType) -> Result<Tensor> {
    let mut values = vec![0.0; bags.len() * rows];
    for (b, bag) in bags.iter().enumerate() {
        let share = if mean {
            1.0 / bag.len().max(1) as f64
        } else {
            1.0
        };
        bag.iter().for_each(|i| values[b * rows + i] += share);
    }
    let all = Tensor::from_array(Array::from_vec(values, &[bags.len(), rows]));
    no_grad(|| to_dtype(&all, dtype))
}

fn largest(rows: &Tensor, bags: &[Vec<usize>]) -> Result<Tensor> {
    let width = rows.shape()[1];
    let values = rows.to_vec::<f64>()?;
    let mut marks = Vec::new();
    for bag in bags {
        for column in 0..width {
            let better = |best: Option<usize>, i: &usize| match best {
                Some(b) if values[b * width + column] >= values[i * width + column] => Some(b),
                _ => Some(*i),
            };
            marks.push(bag.iter().fold(None, better));
        }
    }
    // The place of each maximum in the flat rows; an empty bag gives zeros.
    let flat = reshape_to(rows, &[values.len()])?;
    let at: Vec<i64> = marks
        .iter()
        .enumerate()
        .map(|(k, row)| row.map_or(0, |r| (r * width + k % width) as i64))
        .collect();
    let kept: Vec<bool> = marks.iter().map(Option::is_none).collect();
    let n = at.len();
    let picked = crate::tensor::ops::gather(&flat, 0, &Tensor::from_vec(at, &[n])?)?;
    let empty = Tensor::from_vec(kept, &[n])?;
    let picked = crate::tensor::ops::masked_fill(&picked, &empty, 0i64)?;
    reshape_to(&picked, &[bags.len(), width])
}
