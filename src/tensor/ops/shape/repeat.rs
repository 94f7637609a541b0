//! Elements repeated, mirrored, moved, cut to triangles, put on diagonals, spread to grids.

use super::join::{cat, stack};
use super::part::diagonal;
use super::rearrange::{expand_to, reshape_to};
use super::transpose::transpose;
use crate::tensor::array::error::{bail, ensure};
use crate::tensor::array::layout::{wrap_dim, wrap_dims, wrap_own_dim};
use crate::tensor::array::{Array, Dims, Element, Result};
use crate::tensor::core::{Tensor, record};
use crate::tensor::ops::args::{Arg, Out};
use crate::tensor::ops::samples::{Make, Sample, sample};
use crate::tensor::ops::spec::{FUNCTION, IN_PLACE, METHOD, Op};
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

fn matrices(m: &Make) -> Vec<Sample> {
    vec![
        sample([m.tensor(&[3, 4]).into()]),
        sample([m.tensor(&[2, 3, 3]).into(), Arg::Int(1)]),
        sample([m.tensor(&[3, 2]).into(), Arg::Int(-1)]),
    ]
}

/// `torch.tril`
pub static TRIL: Op = Op {
    signature: "tril(input, diagonal=0, *, out=None) -> Tensor",
    faces: FUNCTION | METHOD | IN_PLACE,
    doc: "The lower triangle of matrices, 0 elsewhere.",
    examples: &[(
        "torch.tril(torch.ones(2, 2))",
        "tensor([[1., 0.],\n        [1., 1.]])",
    )],
    samples: matrices,
    call: |a| Ok(triangle(a.tensor("input")?, a.int("diagonal")?, false)?.into()),
    ..Op::BASE
};

/// `torch.triu`
pub static TRIU: Op = Op {
    signature: "triu(input, diagonal=0, *, out=None) -> Tensor",
    faces: FUNCTION | METHOD | IN_PLACE,
    doc: "The upper triangle of matrices, 0 elsewhere.",
    examples: &[(
        "torch.triu(torch.ones(2, 2))",
        "tensor([[1., 1.],\n        [0., 1.]])",
    )],
    samples: matrices,
    call: |a| Ok(triangle(a.tensor("input")?, a.int("diagonal")?, true)?.into()),
    ..Op::BASE
};

/// `torch.tril` or `torch.triu`
pub fn triangle(x: &Tensor, diagonal: i64, upper: bool) -> Result<Tensor> {
    let name = if upper { "triu" } else { "tril" };
    let shape = x.shape();
    ensure!(
        shape.len() >= 2,
        "{name}: input tensor must have at least 2 dimensions"
    );
    let (rows, columns) = (shape[shape.len() - 2], shape[shape.len() - 1]);
    let from = x.array().contiguous()?.as_bits();
    let out = dispatch_bits!(from.dtype(), T => {
        let all: &[T] = &from.slice::<T>();
        Array::build::<T>(&shape, |out| {
            for (r, (o, x)) in out.chunks_mut(columns.max(1)).zip(all.chunks(columns.max(1))).enumerate() {
                let first = ((r % rows.max(1)) as i64).saturating_add(diagonal);
                let first = if upper { first } else { first.saturating_add(1) };
                let cut = first.clamp(0, o.len() as i64) as usize;
                let (kept, blank) = if upper { (cut..o.len(), 0..cut) } else { (0..cut, cut..o.len()) };
                o[kept.clone()].copy_from_slice(&x[kept]);
                o[blank].fill(T::ZERO);
            }
        })
    })?
    .of_dtype(x.dtype());
    let node = if upper {
        "TriuBackward0"
    } else {
        "TrilBackward0"
    };
    Ok(record(node, [x], out, (), move |g, (), _| {
        Ok([Some(triangle(g, diagonal, upper)?)])
    }))
}

/// `torch.diag`
pub static DIAG: Op = Op {
    signature: "diag(input, diagonal=0, *, out=None) -> Tensor",
    faces: FUNCTION | METHOD,
    doc: "A matrix with the vector on its diagonal, or the diagonal of a matrix.",
    examples: &[(
        "torch.diag(torch.tensor([1, 2]))",
        "tensor([[1, 0],\n        [0, 2]])",
    )],
    samples: |m| {
        vec![
            sample([m.tensor(&[3]).into()]),
            sample([m.tensor(&[3, 3]).into(), Arg::Int(1)]),
        ]
    },
    call: |a| {
        let (x, k) = (a.tensor("input")?, a.int("diagonal")?);
        Ok(match x.ndim() {
            1 => diag_embed(x, k, -2, -1)?,
            2 => crate::tensor::ops::clone(&diagonal(x, k, 0, 1)?)?,
            n => bail!("diag(): Supports 1D or 2D tensors. Got {n}D"),
        }
        .into())
    },
    ..Op::BASE
};

/// `torch.diagflat`
pub static DIAGFLAT: Op = Op {
    signature: "diagflat(input, offset=0) -> Tensor",
    faces: FUNCTION | METHOD,
    doc: "A matrix with all elements on its diagonal.",
    examples: &[(
        "torch.diagflat(torch.tensor([1, 2]))",
        "tensor([[1, 0],\n        [0, 2]])",
    )],
    samples: |m| vec![sample([m.tensor(&[2, 2]).into()])],
    call: |a| {
        let x = a.tensor("input")?;
        Ok(diag_embed(&reshape_to(x, &[x.numel()])?, a.int("offset")?, -2, -1)?.into())
    },
    ..Op::BASE
};

/// `torch.diag_embed`
pub static DIAG_EMBED: Op = Op {
    signature: "diag_embed(input, offset=0, dim1=-2, dim2=-1) -> Tensor",
    faces: FUNCTION | METHOD,
    doc: "Matrices with the last dimension on their diagonal.",
    examples: &[(
        "torch.diag_embed(torch.tensor([[1, 2]])).shape",
        "torch.Size([1, 2, 2])",
    )],
    samples: |m| {
        vec![
            sample([m.tensor(&[2, 3]).into()]),
            sample([m.tensor(&[2, 3]).into(), Arg::Int(-1)]),
        ]
    },
    call: |a| {
        Ok(diag_embed(
            a.tensor("input")?,
            a.int("offset")?,
            a.int("dim1")?,
            a.int("dim2")?,
        )?
        .into())
    },
    ..Op::BASE
};

/// `torch.diag_embed`
pub fn diag_embed(x: &Tensor, offset: i64, dim1: i64, dim2: i64) -> Result<Tensor> {
    let n = x.ndim() + 1;
    let (a, b) = (wrap_dim(dim1, n)?, wrap_dim(dim2, n)?);
    ensure!(
        a != b,
        "diagonal dimensions cannot be identical {dim1}, {dim2}"
    );
    let mut shape = x.shape();
    let size = shape.pop().unwrap_or(1) + offset.unsigned_abs() as usize;
    shape.insert(a.min(b), size);
    shape.insert(a.max(b), size);
    let out = Array::zeros(&shape, x.dtype())?;
    let full = Tensor::from_array(out.clone());
    let place = crate::tensor::core::no_grad(|| diagonal(&full, offset, a as i64, b as i64))?;
    place.array().assign(&x.array())?;
    Ok(record(
        "DiagEmbedBackward0",
        [x],
        out,
        (),
        move |g, (), _| Ok([Some(diagonal(g, offset, a as i64, b as i64)?)]),
    ))
}

/// `torch.meshgrid`
pub static MESHGRID: Op = Op {
    signature: "meshgrid(*tensors, indexing=None) -> tuple of Tensors",
    doc: "The coordinates of a grid; `indexing` is 'ij' or 'xy'.",
    examples: &[(
        "torch.meshgrid(torch.arange(2), torch.arange(2), indexing='ij')[0]",
        "tensor([[0, 0],\n        [1, 1]])",
    )],
    samples: |m| vec![sample([m.tensor(&[2]).into(), m.tensor(&[3]).into()])],
    call: |a| {
        let mut tensors = a.tensors("tensors")?;
        ensure!(
            !tensors.is_empty(),
            "meshgrid expects a non-empty TensorList"
        );
        let swap = match a.opt_str("indexing")? {
            None | Some("ij") => false,
            Some("xy") => tensors.len() >= 2,
            Some(other) => bail!(
                "torch.meshgrid: indexing must be one of \"xy\" or \"ij\", but received: {other}"
            ),
        };
        if swap {
            tensors.swap(0, 1);
        }
        for t in &tensors {
            ensure!(
                t.ndim() <= 1,
                "torch.meshgrid: Expected 0D or 1D tensor in the tensor list but got: {t}"
            );
        }
        let shape: Dims = tensors.iter().map(Tensor::numel).collect();
        let mut out = Vec::new();
        for (i, t) in tensors.iter().enumerate() {
            let mut own = Dims::from_elem(1, shape.len());
            own[i] = t.numel();
            let grid = expand_to(&reshape_to(t, &own)?, &shape)?;
            out.push(grid);
        }
        if swap {
            out.swap(0, 1);
        }
        Ok(Out::Tensors(out))
    },
    ..Op::BASE
};

/// `torch.broadcast_tensors`
pub static BROADCAST_TENSORS: Op = Op {
    signature: "broadcast_tensors(*tensors) -> list of Tensors",
    doc: "Views of all tensors stretched to a common shape.",
    examples: &[(
        "torch.broadcast_tensors(torch.zeros(2, 1), torch.zeros(3))[1].shape",
        "torch.Size([2, 3])",
    )],
    samples: |m| vec![sample([m.tensor(&[2, 1]).into(), m.tensor(&[3]).into()])],
    call: |a| {
        let tensors = a.tensors("tensors")?;
        let mut shape = Dims::new();
        for t in &tensors {
            shape = crate::tensor::array::layout::broadcast_shapes(&shape, &t.shape())?;
        }
        Ok(Out::Tensors(
            tensors
                .iter()
                .map(|t| expand_to(t, &shape))
                .collect::<Result<_>>()?,
        ))
    },
    ..Op::BASE
};

/// `torch.cartesian_prod`
pub static CARTESIAN_PROD: Op = Op {
    signature: "cartesian_prod(*tensors) -> Tensor",
    doc: "All combinations of the elements of vectors.",
    examples: &[(
        "torch.cartesian_prod(torch.tensor([1, 2]), torch.tensor([3]))",
        "tensor([[1, 3],\n        [2, 3]])",
    )],
    samples: |m| vec![sample([m.tensor(&[2]).into(), m.tensor(&[3]).into()])],
    call: |a| {
        let tensors = a.tensors("tensors")?;
        if let [only] = tensors.as_slice() {
            return Ok(only.clone().into());
        }
        let shape: Dims = tensors.iter().map(Tensor::numel).collect();
        let mut columns = Vec::new();
        for (i, t) in tensors.iter().enumerate() {
            let mut own = Dims::from_elem(1, shape.len());
            own[i] = t.numel();
            let grid = expand_to(&reshape_to(t, &own)?, &shape)?;
            columns.push(reshape_to(&grid, &[shape.iter().product()])?);
        }
        Ok(stack(&columns, 1)?.into())
    },
    ..Op::BASE
};

/// `torch.block_diag`
pub static BLOCK_DIAG: Op = Op {
    signature: "block_diag(*tensors) -> Tensor",
    node: "BlockDiagBackward0",
    doc: "A matrix with the given ones along its diagonal.",
    examples: &[(
        "torch.block_diag(torch.tensor([[1]]), torch.tensor([[2]]))",
        "tensor([[1, 0],\n        [0, 2]])",
    )],
    samples: |m| vec![sample([m.tensor(&[2, 2]).into(), m.tensor(&[1, 3]).into()])],
    call: |a| {
        let tensors: Vec<Tensor> = a
            .tensors("tensors")?
            .iter()
            .map(super::join::atleast_2d)
            .collect::<Result<_>>()?;
        let width: usize = tensors.iter().map(|t| t.shape()[1]).sum();
        let mut at = 0;
        let mut rows = Vec::new();
        for t in &tensors {
            let (h, w) = (t.shape()[0], t.shape()[1]);
            let blank = |n: usize| {
                Ok(Tensor::from_array(Array::zeros(&[h, n], t.dtype())?)) as Result<Tensor>
            };
            rows.push(cat(&[blank(at)?, t.clone(), blank(width - at - w)?], 1)?);
            at += w;
        }
        Ok(cat(&rows, 0)?.into())
    },
    ..Op::BASE
};

/// `torch.combinations`
pub static COMBINATIONS: Op = Op {
    signature: "combinations(input, r=2, with_replacement=False) -> Tensor",
    node: "IndexBackward0",
    doc: "All choices of `r` elements of a vector, one row each, in the order of their places.",
    examples: &[(
        "torch.combinations(torch.tensor([1, 2, 3]))",
        "tensor([[1, 2],\n        [1, 3],\n        [2, 3]])",
    )],
    samples: |m| {
        vec![
            sample([m.tensor(&[4]).into()]),
            sample([m.tensor(&[3]).into(), Arg::Int(3), Arg::Bool(true)]),
        ]
    },
    call: |a| {
        let (x, r) = (a.tensor("input")?, a.int("r")?);
        ensure!(
            x.ndim() == 1,
            "Expect a 1D vector, but got shape {}",
            crate::tensor::array::layout::show(&x.shape())
        );
        ensure!(r >= 0, "Expect a non-negative number, but got {r}");
        if r == 0 {
            return Ok(Tensor::from_array(Array::zeros(&[0], x.dtype())?).into());
        }
        let places = choices(x.numel(), r as usize, a.bool("with_replacement")?);
        let rows = places.len() / r as usize;
        let at = Tensor::from_vec(places, &[rows, r as usize])?;
        Ok(crate::tensor::ops::index(x, &[Some(at)])?.into())
    },
    ..Op::BASE
};

/// The places of all choices of `r` out of `n`, in lexicographic order, one after the other.
fn choices(n: usize, r: usize, repeated: bool) -> Vec<i64> {
    let step = usize::from(!repeated);
    let first: Vec<usize> = (0..r).map(|i| i * step).collect();
    let last = |i: usize| (n + i * step).checked_sub(1 + (r - 1) * step);
    let mut out = Vec::new();
    let mut now = first;
    if n == 0 || last(0).is_none() {
        return out;
    }
    loop {
        out.extend(now.iter().map(|i| *i as i64));
        let Some(i) = (0..r).rev().find(|i| Some(now[*i]) < last(*i)) else {
            return out;
        };
        let start = now[i] + 1;
        for (k, place) in now[i..].iter_mut().enumerate() {
            *place = start + k * step;
        }
    }
}
