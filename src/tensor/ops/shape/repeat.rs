//! Repeated, reversed and rotated elements.

use super::rearrange::reshape_to;
use super::transpose::transpose;
use crate::tensor::array::error::{bail, ensure};
use crate::tensor::array::layout::{wrap_dim, wrap_dims, wrap_own_dim};
use crate::tensor::array::{Array, Dims, Element, Result};
use crate::tensor::core::{Tensor, record};
use crate::tensor::ops::args::Arg;
use crate::tensor::ops::samples::sample;
use crate::tensor::ops::spec::{FUNCTION, METHOD, Op};
use crate::tensor::ops::sum_dims;

/// `Tensor.repeat`
pub static REPEAT: Op = Op {
    signature: "repeat(input, *repeats) -> Tensor",
    faces: METHOD,
    doc: "The tensor set side by side with itself, so many times along each dimension.",
    examples: &[("torch.tensor([1, 2]).repeat(2)", "tensor([1, 2, 1, 2])")],
    samples: |m| {
        vec![
            sample([m.tensor(&[2, 3]).into(), vec![2i64, 1, 2].into()]),
            sample([m.tensor(&[2]).into(), Arg::Int(3)]),
        ]
    },
    call: |a| Ok(repeat(a.tensor("input")?, &a.sizes("repeats")?)?.into()),
    ..Op::BASE
};

/// `torch.tile`
pub static TILE: Op = Op {
    signature: "tile(input, *dims) -> Tensor",
    faces: FUNCTION | METHOD,
    doc: "Like `repeat`; missing counts are 1.",
    examples: &[(
        "torch.tile(torch.tensor([[1, 2]]), (2,))",
        "tensor([[1, 2, 1, 2]])",
    )],
    samples: |m| vec![sample([m.tensor(&[2, 3]).into(), vec![2i64].into()])],
    call: |a| {
        let x = a.tensor("input")?;
        let mut counts = a.sizes("dims")?;
        while counts.len() < x.ndim() {
            counts.insert(0, 1);
        }
        Ok(repeat(x, &counts)?.into())
    },
    ..Op::BASE
};

/// `Tensor.repeat`
pub fn repeat(x: &Tensor, repeats: &[usize]) -> Result<Tensor> {
    let shape = x.shape();
    ensure!(
        repeats.len() >= shape.len(),
        "Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor"
    );
    let extra = repeats.len() - shape.len();
    let mut padded = Dims::from_elem(1, extra);
    padded.extend_from_slice(&shape);
    let full: Dims = padded.iter().zip(repeats).map(|(s, r)| s * r).collect();
    // Each dimension is split into (repeats, size): the copy is a broadcast.
    let mut split = Dims::new();
    let mut source = Dims::new();
    for (s, r) in padded.iter().zip(repeats) {
        split.extend([*r, *s]);
        source.extend([1, *s]);
    }
    let from = x.array().reshape(&source)?;
    let out = from.broadcast(&split).copy()?.reshape(&full)?;
    Ok(record("RepeatBackward0", [x], out, (), move |g, (), _| {
        let parts = reshape_to(g, &split)?;
        let dims: Vec<i64> = (0..split.len() as i64).step_by(2).collect();
        let folded = sum_dims(&parts, Some(&dims), false, None)?;
        Ok([Some(reshape_to(&folded, &shape)?)])
    }))
}

/// `torch.repeat_interleave`
pub static REPEAT_INTERLEAVE: Op = Op {
    signature: "repeat_interleave(input, repeats=..., dim=None, *, output_size=None) -> Tensor",
    faces: FUNCTION | METHOD,
    doc: "Each element repeated; `repeats` may be a tensor with one count an element.",
    examples: &[(
        "torch.repeat_interleave(torch.tensor([1, 2]), 2)",
        "tensor([1, 1, 2, 2])",
    )],
    samples: |m| {
        vec![
            sample([m.tensor(&[2, 3]).into(), Arg::Int(2)]),
            sample([m.tensor(&[2, 3]).into(), Arg::Int(2), Arg::Int(1)]),
        ]
    },
    call: |a| {
        let x = a.tensor("input")?;
        let counts_of = |t: &Tensor| -> Result<Vec<i64>> {
            let counts = t.to_vec::<i64>()?;
            ensure!(
                counts.iter().all(|c| *c >= 0),
                "repeats can not be negative"
            );
            Ok(counts)
        };
        let index = |counts: Vec<i64>| -> Result<Tensor> {
            let all: Vec<i64> = counts
                .iter()
                .enumerate()
                .flat_map(|(i, c)| std::iter::repeat_n(i as i64, *c as usize))
                .collect();
            let n = all.len();
            Tensor::from_vec(all, &[n])
        };
        if !a.has("repeats") {
            ensure!(
                x.ndim() == 1,
                "repeat_interleave only accept 1D vector as repeat"
            );
            return Ok(index(counts_of(x)?)?.into());
        }
        let (x, d) = match a.opt_int("dim")? {
            None => (reshape_to(x, &[x.numel()])?, 0),
            // The rows that a number repeats are a dimension more.
            Some(dim) if x.ndim() == 0 && !matches!(a.get("repeats"), Some(Arg::Tensor(_))) => {
                (x.clone(), wrap_dim(wrap_dim(dim, 0)? as i64 + 1, 0)?)
            }
            Some(dim) => (x.clone(), wrap_own_dim(dim, x.ndim())?),
        };
        let n = x.shape()[d];
        let mut counts = match a.get("repeats") {
            Some(Arg::Tensor(t)) => counts_of(t)?,
            _ => vec![a.int("repeats")?],
        };
        ensure!(
            counts.iter().all(|c| *c >= 0),
            "repeats can not be negative"
        );
        if counts.len() == 1 {
            counts = vec![counts[0]; n];
        }
        ensure!(
            counts.len() == n,
            "repeats must have the same size as input along dim, but got repeats.size(0) = {} and input.size({d}) = {n}",
            counts.len()
        );
        Ok(crate::tensor::ops::index_select(&x, d as i64, &index(counts)?)?.into())
    },
    ..Op::BASE
};

/// `torch.flip`
pub static FLIP: Op = Op {
    signature: "flip(input, *dims) -> Tensor",
    faces: FUNCTION | METHOD,
    doc: "The order of elements turned round along dimensions.",
    examples: &[(
        "torch.flip(torch.tensor([1, 2, 3]), (0,))",
        "tensor([3, 2, 1])",
    )],
    samples: |m| vec![sample([m.tensor(&[2, 3]).into(), vec![0i64, 1].into()])],
    call: |a| Ok(flip(a.tensor("input")?, &a.ints("dims")?)?.into()),
    ..Op::BASE
};

/// `torch.fliplr`
pub static FLIPLR: Op = Op {
    signature: "fliplr(input) -> Tensor",
    faces: FUNCTION | METHOD,
    doc: "`flip` of the second dimension.",
    examples: &[("torch.fliplr(torch.tensor([[1, 2]]))", "tensor([[2, 1]])")],
    samples: |m| vec![sample([m.tensor(&[2, 3]).into()])],
    call: |a| {
        let x = a.tensor("input")?;
        ensure!(x.ndim() >= 2, "Input must be >= 2-d.");
        Ok(flip(x, &[1])?.into())
    },
    ..Op::BASE
};

/// `torch.flipud`
pub static FLIPUD: Op = Op {
    signature: "flipud(input) -> Tensor",
    faces: FUNCTION | METHOD,
    doc: "`flip` of the first dimension.",
    examples: &[("torch.flipud(torch.tensor([1, 2]))", "tensor([2, 1])")],
    samples: |m| vec![sample([m.tensor(&[2, 3]).into()])],
    call: |a| {
        let x = a.tensor("input")?;
        ensure!(x.ndim() >= 1, "Input must be >= 1-d.");
        Ok(flip(x, &[0])?.into())
    },
    ..Op::BASE
};

/// The elements whose places along each dimension the function gives.
fn gathered(x: &Array, source: impl Fn(usize, usize) -> usize) -> Result<Array> {
    let layout = x.layout();
    // Offsets along each dimension, then all combinations but for the last one, which is walked in even stretches.
    let mut places = vec![layout.offset];
    let mut steps = vec![0];
    for (d, (n, s)) in layout.shape.iter().zip(&layout.strides).enumerate() {
        let before = std::mem::replace(&mut steps, (0..*n).map(|i| source(d, i) * s).collect());
        places = places
            .iter()
            .flat_map(|p| before.iter().map(move |s| p + s))
            .collect();
    }
    let runs = stretches(&steps);
    let bits = dispatch_bits!(x.dtype(), T => {
        let x = x.clone().of_dtype(<T as Element>::DTYPE);
        let all: &[T] = &x.read::<T>();
        Array::build::<T>(&layout.shape, |out| {
            for (out, place) in out.chunks_exact_mut(steps.len().max(1)).zip(&places) {
                for (range, up) in &runs {
                    let (out, first) = (&mut out[range.clone()], place + steps[range.start]);
                    let n = range.len();
                    if *up {
                        out.copy_from_slice(&all[first..first + n]);
                    } else {
                        let from = &all[first + 1 - n..first + 1];
                        out.iter_mut().zip(from.iter().rev()).for_each(|(o, v)| *o = *v);
                    }
                }
            }
        })
    });
    Ok(bits?.of_dtype(x.dtype()))
}

/// Offsets cut into stretches of neighbours, upwards or downwards.
fn stretches(steps: &[usize]) -> Vec<(std::ops::Range<usize>, bool)> {
    let mut out = Vec::new();
    let mut start = 0;
    while start < steps.len() {
        let up = |i: usize| steps[i] == steps[i - 1] + 1;
        let down = |i: usize| steps[i] + 1 == steps[i - 1];
        let mut end = start + 1;
        let rises = end < steps.len() && up(end);
        while end < steps.len() && if rises { up(end) } else { down(end) } {
            end += 1;
        }
        out.push((start..end, rises));
        start = end;
    }
    out
}

/// `torch.flip`
pub fn flip(x: &Tensor, dims: &[i64]) -> Result<Tensor> {
    let shape = x.shape();
    let turned = wrap_dims(dims, shape.len())?;
    let out = gathered(&x.array(), |d, i| {
        if turned.contains(&d) {
            shape[d] - 1 - i
        } else {
            i
        }
    })?;
    let dims = dims.to_vec();
    Ok(record("FlipBackward0", [x], out, (), move |g, (), _| {
        Ok([Some(flip(g, &dims)?)])
    }))
}

/// `torch.roll`
pub static ROLL: Op = Op {
    signature: "roll(input, shifts, dims=()) -> Tensor",
    faces: FUNCTION | METHOD,
    node: "RollBackward0",
    doc: "Elements moved along dimensions; those that leave at the end come in at the start.",
    examples: &[(
        "torch.roll(torch.tensor([1, 2, 3]), 1)",
        "tensor([3, 1, 2])",
    )],
    samples: |m| {
        vec![
            sample([m.tensor(&[2, 3]).into(), Arg::Int(1)]),
            sample([m.tensor(&[2, 3]).into(), Arg::Int(-1), Arg::Int(1)]),
        ]
    },
    call: |a| {
        let x = a.tensor("input")?;
        let shifts = a.ints("shifts")?;
        ensure!(!shifts.is_empty(), "`shifts` required");
        Ok(match a.get("dims").map(|_| a.ints("dims")).transpose()? {
            Some(dims) if !dims.is_empty() => roll(x, &shifts, &dims)?,
            _ => {
                ensure!(
                    shifts.len() == 1,
                    "shifts and dimensions must align. shifts: {}, dims:0",
                    shifts.len()
                );
                let flat = reshape_to(x, &[x.numel()])?;
                reshape_to(&roll(&flat, &shifts, &[0])?, &x.shape())?
            }
        }
        .into())
    },
    ..Op::BASE
};

/// `torch.roll`
pub fn roll(x: &Tensor, shifts: &[i64], dims: &[i64]) -> Result<Tensor> {
    ensure!(
        shifts.len() == dims.len(),
        "shifts and dimensions must align. shifts: {}, dims:{}",
        shifts.len(),
        dims.len()
    );
    let shape = x.shape();
    if let (Some(d), true) = (dims.first(), shape.is_empty()) {
        bail!(
            Index,
            "Dimension specified as {d} but tensor has no dimensions"
        );
    }
    if shape.contains(&0) {
        return super::clone(x);
    }
    let mut out = x.to_array();
    for (i, (shift, d)) in shifts.iter().zip(dims).enumerate() {
        let d = wrap_dim(*d, shape.len())?;
        let by = shift.rem_euclid(shape[d] as i64) as usize;
        if by != 0 || i == 0 {
            out = rolled(&out, d, by)?;
        }
    }
    let (shifts, dims): (Vec<i64>, Vec<i64>) = (shifts.iter().map(|s| -s).collect(), dims.to_vec());
    Ok(record("RollBackward0", [x], out, (), move |g, (), _| {
        Ok([Some(roll(g, &shifts, &dims)?)])
    }))
}

/// Copies bytes to a place of another alignment, where the processor's own instruction for long copies is ten times
/// slower than steps too short for it.
fn copy_in_steps(from: &[u8], to: &mut [u8]) {
    const STEP: usize = 1024;
    for (to, from) in to.chunks_mut(STEP).zip(from.chunks(STEP)) {
        to.copy_from_slice(from);
    }
}

/// A copy in which elements lie `by` places further along a dimension.
fn rolled(x: &Array, d: usize, by: usize) -> Result<Array> {
    let x = x.contiguous()?;
    let out = Array::scratch(x.shape(), x.dtype())?;
    let row = x.shape()[d..].iter().product::<usize>() * x.dtype().size();
    let cut = row - row / x.shape()[d] * by;
    let start = x.layout().offset * x.dtype().size();
    let (from, mut to) = (x.storage().borrow(), out.storage().borrow_mut());
    let rows = to.slice_mut::<u8>().chunks_exact_mut(row);
    for (to, from) in rows.zip(from.slice::<u8>()[start..].chunks_exact(row)) {
        copy_in_steps(&from[..cut], &mut to[row - cut..]);
        copy_in_steps(&from[cut..], &mut to[..row - cut]);
    }
    drop(to);
    Ok(out)
}

/// `torch.rot90`
pub static ROT90: Op = Op {
    signature: "rot90(input, k=1, dims=(0, 1)) -> Tensor",
    faces: FUNCTION | METHOD,
    node: "Rot90Backward0",
    doc: "Turned by 90 degrees `k` times, from the first of `dims` towards the second.",
    examples: &[(
        "torch.rot90(torch.tensor([[1, 2], [3, 4]]))",
        "tensor([[2, 4],\n        [1, 3]])",
    )],
    samples: |m| {
        vec![
            sample([m.tensor(&[2, 3]).into()]),
            sample([m.tensor(&[2, 3]).into(), Arg::Int(3)]),
        ]
    },
    call: |a| {
        let x = a.tensor("input")?;
        let dims = match a.get("dims") {
            Some(_) => a.ints("dims")?,
            None => smallvec::SmallVec::from_slice(&[0, 1]),
        };
        ensure!(
            dims.len() == 2,
            "expected total rotation dims == 2, but got dims = {}",
            dims.len()
        );
        ensure!(
            x.ndim() >= 2,
            "expected total dims >= 2, but got total dims = {}",
            x.ndim()
        );
        ensure!(
            dims[0] != dims[1] && (dims[0] - dims[1]).unsigned_abs() as usize != x.ndim(),
            "expected rotation dims to be different, but got dim0 = {} and dim1 = {}",
            dims[0],
            dims[1]
        );
        let (first, second) = (dims[0], dims[1]);
        Ok(match a.int("k")?.rem_euclid(4) {
            1 => transpose(&flip(x, &[second])?, first, second)?,
            2 => flip(x, &[first, second])?,
            3 => flip(&transpose(x, first, second)?, &[second])?,
            _ => crate::tensor::ops::clone(x)?,
        }
        .into())
    },
    ..Op::BASE
};
