//! `embedding`, `embedding_bag` and `one_hot`.

use crate::tensor::array::error::{bail, ensure};
use crate::tensor::array::{Array, DType, Dims, Number, Result};
use crate::tensor::core::{Saved, Tensor, record};
use crate::tensor::ops::args::{Arg, Args};
use crate::tensor::ops::samples::sample;
use crate::tensor::ops::spec::{FUNCTIONAL, Op};

fn places(values: &[i64], shape: &[usize]) -> Arg {
    Arg::Tensor(Tensor::from_array(Array::from_vec(values.to_vec(), shape)))
}

/// `torch.nn.functional.embedding`
pub static EMBEDDING: Op = Op {
    signature: "embedding(input, weight, padding_idx=None, max_norm=None, norm_type=2.0, scale_grad_by_freq=False, sparse=False) -> Tensor",
    faces: FUNCTIONAL,
    doc: "The rows of `weight` with the numbers in `input`.",
    examples: &[(
        "F.embedding(torch.tensor([1, 0]), torch.tensor([[1., 2.], [3., 4.]]))",
        "tensor([[3., 4.],\n        [1., 2.]])",
    )],
    samples: |m| {
        if !m.dtype.is_floating_point() {
            return Vec::new();
        }
        let at = places(&[1, 0, 1, 2], &[2, 2]);
        vec![
            sample([at.clone(), m.tensor(&[3, 2]).into()]),
            sample([at, m.tensor(&[3, 2]).into()])
                .with("padding_idx", 0i64)
                .rough(),
        ]
    },
    call: |a| {
        let (at, weight) = (a.tensor("input")?, a.tensor("weight")?);
        let padding = wrapped(a, weight)?;
        if let Some(limit) = a.opt_float("max_norm")? {
            check_places(at, "2", "embedding_renorm_")?;
            renormalize(weight, at, limit, a.float("norm_type")?)?;
        }
        Ok(embedding(at, weight, padding, a.bool("scale_grad_by_freq")?)?.into())
    },
    ..Op::BASE
};

fn wrapped(a: &Args, weight: &Tensor) -> Result<Option<usize>> {
    let rows = weight.shape().first().copied().unwrap_or(0) as i64;
    match a.opt_int("padding_idx")? {
        None => Ok(None),
        Some(p) => {
            ensure!(
                (-rows..rows).contains(&p),
                Assertion,
                "Padding_idx must be within num_embeddings"
            );
            Ok(Some(if p < 0 { p + rows } else { p } as usize))
        }
    }
}

/// Refuses row numbers of another dtype.
fn check_places(at: &Tensor, place: &str, op: &str) -> Result<()> {
    if !matches!(at.dtype(), DType::Int64 | DType::Int32) {
        let name = match at.dtype() {
            DType::Bool => "CPUBoolType".to_string(),
            DType::BFloat16 => "CPUBFloat16Type".to_string(),
            other => format!("torch.{}Tensor", other.scalar_name()),
        };
        bail!(
            "Expected tensor for argument #{place} 'indices' to have one of the following scalar types: Long, Int; but got {name} instead (while checking arguments for {op})"
        );
    }
    Ok(())
}

/// The row numbers, checked.
fn rows(at: &Tensor, weight: &Tensor) -> Result<Vec<usize>> {
    ensure!(weight.ndim() == 2, "'weight' must be 2-D");
    check_places(at, "1", "embedding")?;
    let n = weight.shape()[0] as i64;
    let at = at.to_vec::<i64>()?;
    ensure!(
        at.iter().all(|i| (0..n).contains(i)),
        Index,
        "index out of range in self"
    );
    Ok(at.iter().map(|i| *i as usize).collect())
}

/// Scales the rows that are looked up down to a norm, in place.
pub(super) fn renormalize(weight: &Tensor, at: &Tensor, limit: f64, p: f64) -> Result<()> {
    let mut at = rows(at, weight)?;
    at.sort_unstable();
    at.dedup();
    let width = weight.shape()[1];
    let mut values = weight.to_vec::<f64>()?;
    for r in at {
        let row = &mut values[r * width..(r + 1) * width];
        let length = if p.is_infinite() {
            row.iter().fold(0.0f64, |m, v| m.max(v.abs()))
        } else {
            row.iter()
                .map(|v| v.abs().powf(p))
                .sum::<f64>()
                .powf(1.0 / p)
        };
        if length > limit {
            let scale = limit / (length + 1e-7);
            row.iter_mut().for_each(|v| *v *= scale);
        }
    }
    weight
        .array()
        .assign(&Array::from_vec(values, &weight.shape()))?;
    weight.bump_version();
    Ok(())
}

/// `torch.nn.functional.embedding`
pub fn embedding(
    at: &Tensor,
    weight: &Tensor,
    padding: Option<usize>,
    by_frequency: bool,
) -> Result<Tensor> {
    let chosen = rows(at, weight)?;
    let mut shape = at.shape();
    shape.push(weight.shape()[1]);
    look_up(
        "EmbeddingBackward0",
        weight,
        at,
        chosen,
        shape,
        padding,
        by_frequency,
    )
}

fn look_up(
    name: &'static str,
    weight: &Tensor,
    at: &Tensor,
    chosen: Vec<usize>,
    shape: Dims,
    padding: Option<usize>,
    by_frequency: bool,
) -> Result<Tensor> {
    let width = weight.shape()[1];
    let out = {
        let w = weight.array().contiguous()?.as_bits();
        dispatch_bits!(w.dtype(), T => {
            let ws: &[T] = &w.slice::<T>();
            Array::build::<T>(&shape, |out| {
                for (o, r) in out.chunks_exact_mut(width.max(1)).zip(&chosen) {
                    o.copy_from_slice(&ws[r * width..(r + 1) * width]);
                }
            })?
        })
        .of_dtype(weight.dtype())
    };
    let from = weight.shape();
    Ok(record(
        name,
        [weight],
        out,
        Saved::input(at),
        move |g, at, c| {
            let at = c.get(at)?;
            Ok([Some(spread(g, &at, &chosen, &from, padding, by_frequency)?)])
        },
    ))
}

/// Adds gradients to the rows that were looked up.
fn spread(
    g: &Tensor,
    at: &Tensor,
    chosen: &[usize],
    from: &Dims,
    padding: Option<usize>,
    by_frequency: bool,
) -> Result<Tensor> {
    let width = from[1];
    let mut counts = vec![0usize; if by_frequency { from[0] } else { 0 }];
    if by_frequency {
        chosen.iter().for_each(|r| counts[*r] += 1);
    }
    let out = Array::zeros(from, g.dtype())?;
    let g_array = g.array().contiguous()?;
    dispatch_number!(g_array.dtype(), T => {
        let (gs, mut all) = (g_array.slice::<T>(), out.slice_mut::<T>());
        for (g, r) in gs.chunks_exact(width.max(1)).zip(chosen) {
            if Some(*r) == padding {
                continue;
            }
            let row = &mut all[r * width..(r + 1) * width];
            if by_frequency {
                let n = <T as crate::tensor::array::Element>::from_f64(1.0 / counts[*r] as f64);
                row.iter_mut().zip(g).for_each(|(o, g)| *o = o.plus(g.times(n)));
            } else {
                row.iter_mut().zip(g).for_each(|(o, g)| *o = o.plus(*g));
            }
        }
    }, bool => {});
    let (chosen, shape) = (chosen.to_vec(), g.shape());
    Ok(record(
        "EmbeddingBackwardBackward0",
        [g],
        out,
        Saved::input(at),
        move |h, at, c| {
            let at = c.get(at)?;
            let name = "EmbeddingBackwardBackwardBackward0";
            let rows = chosen.clone();
            Ok([Some(look_up(
                name,
                h,
                &at,
                rows,
                shape.clone(),
                padding,
                false,
            )?)])
        },
    ))
}

/// `torch.nn.functional.one_hot`
pub static ONE_HOT: Op = Op {
    signature: "one_hot(input, num_classes=-1) -> Tensor",
    faces: FUNCTIONAL,
    doc: "A row for each class number: 1 at that place, else 0.",
    examples: &[(
        "F.one_hot(torch.tensor([0, 2]))",
        "tensor([[1, 0, 0],\n        [0, 0, 1]])",
    )],
    samples: |_| vec![sample([places(&[0, 2, 1], &[3])]).rough()],
    call: |a| {
        let (x, n) = (a.tensor("input")?, a.int("num_classes")?);
        ensure!(
            x.dtype() == DType::Int64,
            "one_hot is only applicable to index tensor of type LongTensor."
        );
        let values = x.to_vec::<i64>()?;
        ensure!(
            !values.is_empty() || n > 0,
            "{}",
            if n <= 0 {
                "Can not infer total number of classes from empty tensor."
            } else {
                ""
            }
        );
        ensure!(
            values.iter().all(|v| *v >= 0),
            "Class values must be non-negative."
        );
        let most = values.iter().max().copied().unwrap_or(-1);
        ensure!(n == -1 || n > 0, "num_classes should be positive");
        let n = if n == -1 { most + 1 } else { n };
        ensure!(most < n, "Class values must be smaller than num_classes.");
        let mut shape = x.shape();
        shape.push(n as usize);
        let out = Array::build::<i64>(&shape, |out| {
            out.fill(0);
            for (i, v) in values.iter().enumerate() {
                out[i * n as usize + *v as usize] = 1;
            }
        })?;
        Ok(Tensor::from_array(out).into())
    },
    ..Op::BASE
};
