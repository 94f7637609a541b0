//! Tensors put together and taken apart.

use super::part::{select_index, slice};
use super::rearrange::{reshape_to, unsqueeze};
use crate::tensor::array::error::{bail, ensure};
use crate::tensor::array::layout::{show, wrap_dim, wrap_own_dim};
use crate::tensor::array::promote::promote_types;
use crate::tensor::array::{Array, DType, Dims, Layout, Result};
use crate::tensor::core::{Tensor, record_many};
use crate::tensor::ops::args::{Arg, Args, Out};
use crate::tensor::ops::samples::{Make, Sample, sample};
use crate::tensor::ops::spec::{FUNCTION, METHOD, Op};
use crate::tensor::ops::view::record_views;

fn list(tensors: impl IntoIterator<Item = Tensor>) -> Arg {
    Arg::List(tensors.into_iter().map(Arg::Tensor).collect())
}

/// `torch.cat`
pub static CAT: Op = Op {
    signature: "cat(tensors, dim=0, *, out=None) -> Tensor",
    aliases: &["concat", "concatenate"],
    doc: "Tensors joined along an existing dimension.",
    examples: &[(
        "torch.cat([torch.tensor([1, 2]), torch.tensor([3])])",
        "tensor([1, 2, 3])",
    )],
    samples: |m| {
        vec![
            sample([list([m.tensor(&[2, 3]), m.tensor(&[1, 3])])]),
            sample([
                list([m.tensor(&[2, 3]), m.tensor(&[2, 2]), m.tensor(&[2, 0])]),
                Arg::Int(-1),
            ]),
            sample([list([m.tensor(&[0]), m.tensor(&[2, 2])])]),
        ]
    },
    call: |a| Ok(cat(&a.tensors("tensors")?, a.int("dim")?)?.into()),
    ..Op::BASE
};

/// `torch.stack`
pub static STACK: Op = Op {
    signature: "stack(tensors, dim=0, *, out=None) -> Tensor",
    doc: "Tensors of one shape joined along a new dimension.",
    examples: &[(
        "torch.stack([torch.tensor([1, 2]), torch.tensor([3, 4])])",
        "tensor([[1, 2],\n        [3, 4]])",
    )],
    samples: |m| {
        vec![
            sample([list([m.tensor(&[2, 3]), m.tensor(&[2, 3])]), Arg::Int(1)]),
            sample([list([m.tensor(&[]), m.tensor(&[])])]),
        ]
    },
    call: |a| Ok(stack(&a.tensors("tensors")?, a.int("dim")?)?.into()),
    ..Op::BASE
};

/// `torch.cat`
pub fn cat(tensors: &[Tensor], dim: i64) -> Result<Tensor> {
    ensure!(
        !tensors.is_empty(),
        Value,
        "torch.cat(): expected a non-empty list of Tensors"
    );
    let skipped = |t: &Tensor| t.shape().as_slice() == [0];
    for (i, t) in tensors.iter().enumerate() {
        ensure!(
            t.ndim() > 0,
            "zero-dimensional tensor (at position {i}) cannot be concatenated"
        );
    }
    let first = tensors.iter().find(|t| !skipped(t)).unwrap_or(&tensors[0]);
    let mut shape = first.shape();
    let d = wrap_dim(dim, shape.len())?;
    let mut total = 0;
    for (i, t) in tensors.iter().enumerate().filter(|(_, t)| !skipped(t)) {
        let s = t.shape();
        ensure!(
            s.len() == shape.len(),
            "Tensors must have same number of dimensions: got {} and {}",
            shape.len(),
            s.len()
        );
        for k in (0..s.len()).filter(|k| *k != d) {
            ensure!(
                s[k] == shape[k],
                "Sizes of tensors must match except in dimension {d}. Expected size {} but got size {} for tensor number {i} in the list.",
                shape[k],
                s[k]
            );
        }
        total += s[d];
    }
    shape[d] = total;
    let dtype = tensors
        .iter()
        .map(Tensor::dtype)
        .reduce(promote_types)
        .expect("not empty");
    let out = Array::scratch(&shape, dtype)?;
    let mut places = Vec::with_capacity(tensors.len());
    let mut at = 0;
    for t in tensors {
        let n = if skipped(t) { 0 } else { t.shape()[d] };
        if n > 0 {
            out.with_layout(out.layout().slice(d, at, n, 1))
                .assign(&t.array())?;
        }
        places.push((skipped(t), at, n));
        at += n;
    }
    let inputs: Vec<&Tensor> = tensors.iter().collect();
    let mut outs = record_many("CatBackward0", &inputs, vec![out], (), move |g, (), c| {
        let Some(g) = &g[0] else {
            return Ok(vec![None; places.len()]);
        };
        let part = |(i, (empty, at, n)): (usize, &(bool, usize, usize))| {
            c.when(i, || {
                if *empty {
                    Ok(Tensor::from_array(Array::zeros(&[0], g.dtype())?))
                } else {
                    Ok(slice(g, d, *at, *n, 1))
                }
            })
        };
        places.iter().enumerate().map(part).collect()
    });
    Ok(outs.remove(0))
}

/// `torch.stack`
pub fn stack(tensors: &[Tensor], dim: i64) -> Result<Tensor> {
    ensure!(!tensors.is_empty(), "stack expects a non-empty TensorList");
    let shape = tensors[0].shape();
    for (i, t) in tensors.iter().enumerate() {
        ensure!(
            t.shape() == shape,
            "stack expects each tensor to be equal size, but got {} at entry 0 and {} at entry {i}",
            show(&shape),
            show(&t.shape())
        );
    }
    let d = wrap_dim(dim, shape.len() + 1)?;
    let mut full = shape;
    full.insert(d, tensors.len());
    let dtype = tensors
        .iter()
        .map(Tensor::dtype)
        .reduce(promote_types)
        .expect("not empty");
    let out = Array::scratch(&full, dtype)?;
    for (i, t) in tensors.iter().enumerate() {
        out.with_layout(out.layout().select(d, i))
            .assign(&t.array())?;
    }
    let inputs: Vec<&Tensor> = tensors.iter().collect();
    let n = tensors.len();
    let mut outs = record_many("StackBackward0", &inputs, vec![out], (), move |g, (), c| {
        let Some(g) = &g[0] else {
            return Ok(vec![None; n]);
        };
        (0..n)
            .map(|i| c.when(i, || Ok(select_index(g, d, i))))
            .collect()
    });
    Ok(outs.remove(0))
}

/// Joins after making each tensor at least so many dimensions.
macro_rules! stacks {
    ($( $STATIC:ident $name:ident $signature:literal $aliases:expr, $doc:literal ($example:literal, $prints:literal) $join:expr; )*) => {$(
        #[doc = concat!("`torch.", stringify!($name), "`")]
        pub static $STATIC: Op = Op {
            signature: $signature,
            aliases: $aliases,
            doc: $doc,
            examples: &[($example, $prints)],
            samples: |m| vec![sample([list([m.tensor(&[2]), m.tensor(&[2])])]), sample([list([m.tensor(&[2, 2]), m.tensor(&[2, 2])])])],
            call: |a| joined(a, stringify!($name), $join),
            ..Op::BASE
        };
    )*};
}

fn joined(a: &Args, name: &str, join: fn(&[Tensor]) -> Result<Tensor>) -> Result<Out> {
    let tensors = a.tensors("tensors")?;
    ensure!(!tensors.is_empty(), "{name} expects a non-empty TensorList");
    Ok(join(&tensors)?.into())
}

fn all(tensors: &[Tensor], f: fn(&Tensor) -> Result<Tensor>) -> Result<Vec<Tensor>> {
    tensors.iter().map(f).collect()
}

stacks! {
    COLUMN_STACK column_stack "column_stack(tensors, *, out=None) -> Tensor" &[], "Vectors as columns of a matrix."
        ("torch.column_stack((torch.tensor([1, 2]), torch.tensor([3, 4])))", "tensor([[1, 3],\n        [2, 4]])")
        |ts| cat(&all(ts, |t| if t.ndim() <= 1 { reshape_to(t, &[t.numel(), 1]) } else { Ok(t.clone()) })?, 1);
    DSTACK dstack "dstack(tensors, *, out=None) -> Tensor" &[], "Tensors joined along the third dimension."
        ("torch.dstack((torch.tensor([1, 2]), torch.tensor([3, 4])))", "tensor([[[1, 3],\n         [2, 4]]])")
        |ts| cat(&all(ts, atleast_3d)?, 2);
    HSTACK hstack "hstack(tensors, *, out=None) -> Tensor" &[], "Tensors joined side by side."
        ("torch.hstack((torch.tensor([1, 2]), torch.tensor([3])))", "tensor([1, 2, 3])")
        |ts| {
            let ts = all(ts, atleast_1d)?;
            let dim = if ts.first().is_some_and(|t| t.ndim() == 1) { 0 } else { 1 };
            cat(&ts, dim)
        };
    VSTACK vstack "vstack(tensors, *, out=None) -> Tensor" &["row_stack"], "Tensors joined one below the other."
        ("torch.vstack((torch.tensor([1, 2]), torch.tensor([3, 4])))", "tensor([[1, 2],\n        [3, 4]])")
        |ts| cat(&all(ts, atleast_2d)?, 0);
}

/// `torch.atleast_1d`
pub fn atleast_1d(x: &Tensor) -> Result<Tensor> {
    if x.ndim() == 0 {
        reshape_to(x, &[1])
    } else {
        Ok(x.clone())
    }
}

/// `torch.atleast_2d`
pub fn atleast_2d(x: &Tensor) -> Result<Tensor> {
    match x.ndim() {
        0 => reshape_to(x, &[1, 1]),
        1 => unsqueeze(x, 0),
        _ => Ok(x.clone()),
    }
}

/// `torch.atleast_3d`
pub fn atleast_3d(x: &Tensor) -> Result<Tensor> {
    match x.ndim() {
        0 => reshape_to(x, &[1, 1, 1]),
        1 => unsqueeze(&unsqueeze(x, 0)?, -1),
        2 => unsqueeze(x, -1),
        _ => Ok(x.clone()),
    }
}

macro_rules! at_least {
    ($( $STATIC:ident $name:ident $signature:literal $doc:literal $example:literal $prints:literal; )*) => {$(
        #[doc = concat!("`torch.", stringify!($name), "`")]
        pub static $STATIC: Op = Op {
            signature: $signature,
            doc: $doc,
            examples: &[($example, $prints)],
            samples: |m| vec![sample([m.tensor(&[]).into()]), sample([m.tensor(&[2]).into()])],
            call: |a| {
                let tensors = a.tensors("tensors")?;
                let mut out = all(&tensors, $name)?;
                let single = a.star().len() == 1 && matches!(a.star()[0], Arg::Tensor(_));
                Ok(if single { Out::Tensor(out.remove(0)) } else { Out::Tensors(out) })
            },
            ..Op::BASE
        };
    )*};
}

at_least! {
    ATLEAST_1D atleast_1d "atleast_1d(*tensors) -> Tensor" "Tensors with at least one dimension."
        "torch.atleast_1d(torch.tensor(1))" "tensor([1])";
    ATLEAST_2D atleast_2d "atleast_2d(*tensors) -> Tensor" "Tensors with at least two dimensions."
        "torch.atleast_2d(torch.tensor([1]))" "tensor([[1]])";
    ATLEAST_3D atleast_3d "atleast_3d(*tensors) -> Tensor" "Tensors with at least three dimensions."
        "torch.atleast_3d(torch.tensor([1]))" "tensor([[[1]]])";
}

/// `torch.split`
pub static SPLIT: Op = Op {
    signature: "split(input, split_size_or_sections, dim=0) -> list of Tensors",
    aliases: &["split_with_sizes"],
    faces: FUNCTION | METHOD,
    doc: "Views of pieces of one size, or of the given sizes, along a dimension.",
    examples: &[(
        "torch.arange(5).split(2)",
        "(tensor([0, 1]), tensor([2, 3]), tensor([4]))",
    )],
    samples: |m| {
        vec![
            sample([m.tensor(&[5, 2]).into(), Arg::Int(2)]),
            sample([m.tensor(&[2, 5]).into(), vec![1i64, 4].into(), Arg::Int(1)]),
        ]
    },
    call: |a| {
        let (x, dim) = (a.tensor("input")?, a.int("dim")?);
        let name = "split_size_or_sections";
        let parts = match a.get(name).and_then(Arg::items) {
            Some(_) => split_sizes(x, &a.ints(name)?, dim)?,
            None => split(x, a.int(name)?, dim)?,
        };
        Ok(Out::Tensors(parts))
    },
    ..Op::BASE
};

/// `torch.chunk`
pub static CHUNK: Op = Op {
    signature: "chunk(input, chunks, dim=0) -> list of Tensors",
    faces: FUNCTION | METHOD,
    doc: "Views of about `chunks` pieces of equal size along a dimension.",
    examples: &[(
        "torch.arange(5).chunk(2)",
        "(tensor([0, 1, 2]), tensor([3, 4]))",
    )],
    samples: |m| {
        vec![sample([
            m.tensor(&[2, 5]).into(),
            Arg::Int(3),
            Arg::Int(-1),
        ])]
    },
    call: |a| {
        let (x, chunks, dim) = (a.tensor("input")?, a.int("chunks")?, a.int("dim")?);
        Ok(Out::Tensors(chunk(x, chunks, dim)?))
    },
    ..Op::BASE
};

/// `torch.chunk`
pub fn chunk(x: &Tensor, chunks: i64, dim: i64) -> Result<Vec<Tensor>> {
    ensure!(
        x.ndim() > 0,
        "chunk expects at least a 1-dimensional tensor"
    );
    ensure!(
        chunks > 0,
        "chunk expects `chunks` to be greater than 0, got: {chunks}"
    );
    let n = x.shape()[wrap_dim(dim, x.ndim())?] as i64;
    let size = (n + chunks - 1) / chunks;
    if size == 0 {
        return split_sizes(x, &vec![0; chunks as usize], dim);
    }
    split(x, size, dim)
}

/// `torch.split` into pieces of one size.
pub fn split(x: &Tensor, size: i64, dim: i64) -> Result<Vec<Tensor>> {
    ensure!(
        x.ndim() > 0,
        "split expects at least a 1-dimensional tensor"
    );
    ensure!(
        size >= 0,
        "split expects split_size be non-negative, but got split_size={size}"
    );
    let n = x.shape()[wrap_dim(dim, x.ndim())?] as i64;
    ensure!(
        size > 0 || n == 0,
        "split_size can only be 0 if dimension size is 0, but got dimension size of {n}"
    );
    let count = if size == 0 {
        1
    } else {
        ((n + size - 1) / size).max(1)
    };
    let sizes: Vec<i64> = (0..count).map(|i| size.min(n - i * size).max(0)).collect();
    pieces(x, &sizes, dim, "SplitBackward0")
}

/// `torch.split` into pieces of the given sizes.
pub fn split_sizes(x: &Tensor, sizes: &[i64], dim: i64) -> Result<Vec<Tensor>> {
    ensure!(
        x.ndim() > 0,
        "split expects at least a 1-dimensional tensor"
    );
    let n = x.shape()[wrap_dim(dim, x.ndim())?] as i64;
    for s in sizes {
        ensure!(
            *s >= 0,
            "split_with_sizes expects split_sizes have only non-negative entries, but got split_sizes={}",
            show(sizes)
        );
    }
    ensure!(
        sizes.iter().sum::<i64>() == n,
        "split_with_sizes expects split_sizes to sum exactly to {n} (input tensor's size at dimension {dim}), but got split_sizes={}",
        show(sizes)
    );
    pieces(x, sizes, dim, "SplitWithSizesBackward0")
}

fn pieces(x: &Tensor, sizes: &[i64], dim: i64, name: &'static str) -> Result<Vec<Tensor>> {
    let d = wrap_dim(dim, x.ndim())?;
    let mut at = 0;
    let mut layouts: Vec<Layout> = Vec::with_capacity(sizes.len());
    for s in sizes {
        layouts.push(x.array().layout().slice(d, at, *s as usize, 1));
        at += *s as usize;
    }
    let shapes: Vec<Dims> = layouts.iter().map(|l| l.shape.clone()).collect();
    Ok(record_views(name, x, layouts, move |grads| {
        cat(&filled(grads, &shapes)?, d as i64)
    }))
}

/// Gradients with zeros for the missing ones.
fn filled(grads: &[Option<Tensor>], shapes: &[Dims]) -> Result<Vec<Tensor>> {
    let dtype = grads.iter().flatten().next().map(Tensor::dtype);
    let Some(dtype) = dtype else {
        bail!("an op got no gradient at all")
    };
    let fill = |(g, shape): (&Option<Tensor>, &Dims)| match g {
        Some(g) => Ok(g.clone()),
        None => Ok(Tensor::from_array(Array::zeros(shape, dtype)?)),
    };
    grads.iter().zip(shapes).map(fill).collect()
}

/// `torch.unbind`
pub static UNBIND: Op = Op {
    signature: "unbind(input, dim=0) -> tuple of Tensors",
    faces: FUNCTION | METHOD,
    doc: "Views of every index of a dimension.",
    examples: &[("torch.tensor([1, 2]).unbind()", "(tensor(1), tensor(2))")],
    samples: |m| {
        vec![
            sample([m.tensor(&[2, 3]).into()]),
            sample([m.tensor(&[2, 3]).into(), Arg::Int(1)]),
        ]
    },
    call: |a| Ok(Out::Tensors(unbind(a.tensor("input")?, a.int("dim")?)?)),
    ..Op::BASE
};

/// `torch.unbind`
pub fn unbind(x: &Tensor, dim: i64) -> Result<Vec<Tensor>> {
    let d = wrap_own_dim(dim, x.ndim())?;
    let layout = x.array().layout().clone();
    let layouts: Vec<Layout> = (0..layout.shape[d]).map(|i| layout.select(d, i)).collect();
    let shapes: Vec<Dims> = layouts.iter().map(|l| l.shape.clone()).collect();
    Ok(record_views("UnbindBackward0", x, layouts, move |grads| {
        stack(&filled(grads, &shapes)?, d as i64)
    }))
}

fn sections(m: &Make) -> Vec<Sample> {
    vec![
        sample([m.tensor(&[5, 2]).into(), Arg::Int(2)]),
        sample([m.tensor(&[5, 2]).into(), vec![1i64, 3].into()]),
    ]
}

/// `torch.tensor_split`
pub static TENSOR_SPLIT: Op = Op {
    signature: "tensor_split(input, indices_or_sections, dim=0) -> list of Tensors",
    faces: FUNCTION | METHOD,
    doc: "Views of so many pieces of nearly equal size, or cut at the given indices.",
    examples: &[(
        "torch.arange(5).tensor_split(2)",
        "(tensor([0, 1, 2]), tensor([3, 4]))",
    )],
    samples: sections,
    call: |a| {
        let (x, dim) = (a.tensor("input")?, a.int("dim")?);
        ensure!(
            x.ndim() > 0,
            "tensor_split expected at least a 1-dimensional tensor, but got a tensor with 0 dims"
        );
        let d = wrap_dim(dim, x.ndim())?;
        let name = "indices_or_sections";
        let given = match a.get(name) {
            Some(Arg::Tensor(t)) => {
                ensure!(
                    t.dtype() == DType::Int64 && t.ndim() <= 1,
                    "tensor_split expected tensor_indices_or_sections to be a zero-dimensional or one-dimensional tensor of dtype long"
                );
                (t.ndim() == 1).then(|| t.to_vec::<i64>()).transpose()?
            }
            Some(arg) if arg.items().is_some() => Some(a.ints(name)?.to_vec()),
            _ => None,
        };
        Ok(Out::Tensors(match given {
            Some(cuts) => tensor_split(x, Cuts::At(&cuts), d)?,
            None => tensor_split(x, Cuts::Parts(a.int(name)?), d)?,
        }))
    },
    ..Op::BASE
};

/// Where `torch.tensor_split` cuts.
pub enum Cuts<'a> {
    /// Into so many pieces of nearly equal size.
    Parts(i64),
    /// Before the given indices, which may count from the end.
    At(&'a [i64]),
}

/// `torch.tensor_split`
pub fn tensor_split(x: &Tensor, cuts: Cuts, dim: usize) -> Result<Vec<Tensor>> {
    let n = x.shape()[dim] as i64;
    let bounds: Vec<(i64, i64)> = match cuts {
        Cuts::At(places) => {
            let inside = |i: &i64| if *i < 0 { (i + n).max(0) } else { (*i).min(n) };
            let mut cuts = vec![0];
            cuts.extend(places.iter().map(inside));
            cuts.push(n);
            cuts.windows(2).map(|w| (w[0], w[1].max(w[0]))).collect()
        }
        Cuts::Parts(parts) => {
            ensure!(
                parts > 0,
                "number of sections must be larger than 0, got {parts}"
            );
            let (size, more) = (n / parts, n % parts);
            let start = |i: i64| i * size + i.min(more);
            (0..parts).map(|i| (start(i), start(i + 1))).collect()
        }
    };
    Ok(bounds
        .iter()
        .map(|(s, e)| slice(x, dim, *s as usize, (e - s) as usize, 1))
        .collect())
}
