//! Elements taken from, and put to, places along a dimension.

use super::combine::scatter_reduce;
use super::index_put::index_put;
use super::places::only;
use crate::tensor::array::error::{bail, ensure};
use crate::tensor::array::layout::{show, wrap_dim};
use crate::tensor::array::{Array, DType, Element, Layout, Result};
use crate::tensor::core::{Operand, Tensor, record};
use crate::tensor::ops::args::Arg;
use crate::tensor::ops::samples::{Make, Sample, sample};
use crate::tensor::ops::spec::{FUNCTION, IN_PLACE, METHOD, Op};
use crate::tensor::ops::view::positions;
use crate::tensor::ops::{expand_to, mul, remainder, reshape_to};

const FACES: u16 = FUNCTION | METHOD | IN_PLACE;

/// `torch.gather`
pub static GATHER: Op = Op {
    signature: "gather(input, dim, index, *, sparse_grad=False, out=None) -> Tensor",
    faces: FUNCTION | METHOD,
    doc: "For each place of `index`, the element that it names along a dimension.",
    examples: &[(
        "torch.gather(torch.tensor([[1, 2], [3, 4]]), 1, torch.tensor([[0], [1]]))",
        "tensor([[1],\n        [4]])",
    )],
    samples: |m| {
        vec![sample([
            m.tensor(&[3, 4]).into(),
            Arg::Int(1),
            m.index(&[2, 3], 4).into(),
        ])]
    },
    call: |a| Ok(gather(a.tensor("input")?, a.int("dim")?, a.tensor("index")?)?.into()),
    ..Op::BASE
};

/// `torch.take_along_dim`
pub static TAKE_ALONG_DIM: Op = Op {
    signature: "take_along_dim(input, indices, dim=None, *, out=None) -> Tensor",
    faces: FUNCTION | METHOD,
    doc: "Like `gather`, with broadcasting.",
    examples: &[(
        "torch.take_along_dim(torch.tensor([[1, 2]]), torch.tensor([[1]]), 1)",
        "tensor([[2]])",
    )],
    samples: |m| {
        vec![sample([
            m.tensor(&[3, 4]).into(),
            m.index(&[1, 2], 4).into(),
            Arg::Int(1),
        ])]
    },
    call: |a| {
        let (x, at) = (a.tensor("input")?, a.tensor("indices")?);
        let Some(dim) = a.opt_int("dim")? else {
            return Ok(gather(
                &reshape_to(x, &[x.numel()])?,
                0,
                &reshape_to(at, &[at.numel()])?,
            )?
            .into());
        };
        let d = wrap_dim(dim, x.ndim())?;
        let stretch = |t: &Tensor, other: &Tensor| {
            let mut shape = t.shape();
            let wide = other.shape();
            for (k, size) in shape.iter_mut().enumerate() {
                if k != d && *size == 1 {
                    *size = wide[k];
                }
            }
            expand_to(t, &shape)
        };
        ensure!(
            x.ndim() == at.ndim(),
            "torch.take_along_dim(): input and indices should have the same number of dimensions, but got {} dimensions for input, and {} dimensions for indices",
            x.ndim(),
            at.ndim()
        );
        let (x, at) = (stretch(x, at)?, stretch(at, x)?);
        // Indices may count from the end.
        let size = x.shape().get(d).copied().unwrap_or(1) as i64;
        Ok(gather(&x, dim, &remainder(&at, size)?)?.into())
    },
    ..Op::BASE
};

pub(super) fn scatters(m: &Make) -> Vec<Sample> {
    let places = Tensor::from_vec(vec![0i64, 2, 1, 2, 0, 1], &[3, 2]).expect("six places");
    vec![
        sample([
            m.tensor(&[3, 4]).into(),
            Arg::Int(0),
            places.clone().into(),
            m.tensor(&[3, 2]).into(),
        ]),
        sample([
            m.tensor(&[3, 4]).into(),
            Arg::Int(1),
            places.into(),
            m.tensor(&[3, 3]).into(),
        ]),
    ]
}

/// `torch.scatter`
pub static SCATTER: Op = Op {
    signature: "scatter(input, dim, index, src=..., *, value=..., reduce=None, out=None) -> Tensor",
    faces: FACES,
    doc: "The tensor with elements of `src` (or a number) written to the places that `index` names along a dimension.",
    examples: &[(
        "torch.zeros(1, 3).scatter(1, torch.tensor([[2]]), 5.)",
        "tensor([[0., 0., 5.]])",
    )],
    samples: |m| {
        let places = Tensor::from_vec(vec![0i64, 2, 1, 0], &[2, 2]).expect("four places");
        let mut all = vec![sample([
            m.tensor(&[3, 4]).into(),
            Arg::Int(0),
            places.into(),
            m.tensor(&[3, 2]).into(),
        ])];
        all.push(sample([
            m.tensor(&[3, 4]).into(),
            Arg::Int(1),
            m.index(&[3, 1], 4).into(),
            Arg::Int(1),
        ]));
        all
    },
    call: |a| {
        let (x, dim, at) = (a.tensor("input")?, a.int("dim")?, a.tensor("index")?);
        let source = match a.opt_operand("src")? {
            Some(s) => s,
            None => a.operand("value")?,
        };
        let source = match source {
            Operand::Scalar(s) => {
                Tensor::from_array(Array::from_scalar(s, x.dtype()).broadcast(&at.shape()))
            }
            Operand::Tensor(t) if a.get("src").is_none() => expand_to(t, &at.shape())?,
            Operand::Tensor(t) => t.clone(),
        };
        Ok(match a.opt_str("reduce")? {
            None => scatter_value(x, dim, at, &source)?,
            Some("add") => scatter_add(x, dim, at, &source)?,
            Some("multiply") => scatter_reduce(x, dim, at, &source, "prod", true)?,
            Some(_) => bail!("reduce argument must be either add or multiply."),
        }
        .into())
    },
    ..Op::BASE
};

/// `torch.scatter_add`
pub static SCATTER_ADD: Op = Op {
    signature: "scatter_add(input, dim, index, src, *, out=None) -> Tensor",
    faces: FACES,
    doc: "The tensor with elements of `src` added at the places that `index` names along a dimension.",
    examples: &[(
        "torch.zeros(2).scatter_add(0, torch.tensor([1, 1]), torch.tensor([1., 2.]))",
        "tensor([0., 3.])",
    )],
    samples: scatters,
    call: |a| {
        Ok(scatter_add(
            a.tensor("input")?,
            a.int("dim")?,
            a.tensor("index")?,
            a.tensor("src")?,
        )?
        .into())
    },
    ..Op::BASE
};

pub(super) fn check(x: &Tensor, d: usize, at: &Tensor, name: &str) -> Result<()> {
    let (sx, si) = (x.shape(), at.shape());
    if at.numel() == 0 {
        return Ok(());
    }
    ensure!(
        matches!(at.dtype(), DType::Int64 | DType::Int32),
        "{name}(): Expected dtype int32/int64 for index"
    );
    ensure!(
        sx.len().max(1) == si.len().max(1),
        "Index tensor must have the same number of dimensions as {} tensor",
        if name == "gather" { "input" } else { "self" }
    );
    for k in (0..si.len().min(sx.len())).filter(|k| *k != d) {
        ensure!(
            si[k] <= sx[k],
            "Size does not match at dimension {k} expected index {} to be no larger than self {} apart from dimension {d}",
            show(&si),
            show(&sx)
        );
    }
    Ok(())
}

/// Where in `x`'s storage each element of `index` points.
pub(super) fn targets(x: &Layout, d: usize, at: &Array) -> Result<Vec<usize>> {
    let values = at.to_dtype(DType::Int64)?.contiguous()?;
    let (size, stride) = (
        x.shape.get(d).copied().unwrap_or(1) as i64,
        x.strides.get(d).copied().unwrap_or(0),
    );
    let values: &[i64] = &values.slice::<i64>();
    if let Some(i) = values.iter().find(|i| !(0..size).contains(*i)) {
        bail!("index {i} is out of bounds for dimension {d} with size {size}");
    }
    let (n, many) = (size as usize, at.shape().last().copied().unwrap_or(1));
    if d + 1 == at.ndim() && x.is_contiguous() && x.shape[..d] == at.shape()[..d] && many > 0 {
        let mut out = Vec::with_capacity(values.len());
        for (r, row) in values.chunks_exact(many).enumerate() {
            let start = x.offset + r * n;
            out.extend(row.iter().map(|i| start + *i as usize));
        }
        return Ok(out);
    }
    let mut walk = Layout {
        shape: at.dims(),
        strides: x.strides.clone(),
        offset: x.offset,
    };
    walk.strides.resize(at.ndim(), 0);
    if d < at.ndim() {
        walk.strides[d] = 0;
    }
    let mut out = positions(&walk);
    for (p, i) in out.iter_mut().zip(values) {
        *p += *i as usize * stride;
    }
    Ok(out)
}

/// Values of the last dimension, row by row.
fn gather_in_rows(x: &Array, at: &Array) -> Result<Array> {
    let (x, places) = (x.contiguous()?, at.to_dtype(DType::Int64)?.contiguous()?);
    let (n, many) = (x.shape()[x.ndim() - 1], at.shape()[at.ndim() - 1]);
    let places: &[i64] = &places.slice::<i64>();
    if let Some(i) = places.iter().find(|i| !(0..n as i64).contains(*i)) {
        bail!(
            "index {i} is out of bounds for dimension {} with size {n}",
            x.ndim() - 1
        );
    }
    let bits = dispatch_bits!(x.dtype(), T => {
        let x = x.as_bits();
        let all: &[T] = &x.slice::<T>();
        Array::build::<T>(at.shape(), |out| {
            let rows = out.chunks_exact_mut(many.max(1)).zip(places.chunks_exact(many.max(1)));
            for ((out, places), row) in rows.zip(all.chunks_exact(n.max(1))) {
                out.iter_mut().zip(places).for_each(|(o, i)| *o = row[*i as usize]);
            }
        })
    })?;
    Ok(bits.of_dtype(x.dtype()))
}

/// The values of `torch.gather`.
pub fn gather_array(x: &Array, d: usize, at: &Array) -> Result<Array> {
    if (d + 1, at.ndim()) == (x.ndim(), x.ndim()) && x.shape()[..d] == at.shape()[..d] {
        return gather_in_rows(x, at);
    }
    let places = targets(x.layout(), d, at)?;
    crate::tensor::array::kernels::copy::at_places(x, &places, at.shape())
}

/// `torch.gather`
pub fn gather(x: &Tensor, dim: i64, at: &Tensor) -> Result<Tensor> {
    let d = wrap_dim(dim, x.ndim())?;
    check(x, d, at, "gather")?;
    let out = gather_array(&x.array(), d, &at.array())?;
    let (shape, at) = (x.shape(), at.clone());
    Ok(record("GatherBackward0", [x], out, (), move |g, (), _| {
        let blank = Tensor::from_array(Array::zeros(&shape, g.dtype())?);
        Ok([Some(scatter_add(&blank, dim, &at, g)?)])
    }))
}

/// The part of `src` that `index` covers.
pub(super) fn covered(src: &Tensor, at: &Tensor) -> Result<Array> {
    let (ss, si) = (src.shape(), at.shape());
    ensure!(
        ss.len().max(1) == si.len().max(1),
        "Index tensor must have the same number of dimensions as src tensor"
    );
    let array = src.to_array();
    let mut layout = array.layout().clone();
    for k in 0..si.len().min(ss.len()) {
        ensure!(
            si[k] <= ss[k],
            "Expected index {} to be no larger than src {}",
            show(&si),
            show(&ss)
        );
        layout.shape[k] = si[k];
    }
    Ok(array.with_layout(layout))
}

pub(super) fn same_dtype(x: &Tensor, src: &Tensor, name: &str) -> Result<()> {
    ensure!(
        x.dtype() == src.dtype(),
        "{name}(): Expected self.dtype to be equal to src.dtype"
    );
    Ok(())
}

fn put(
    x: &Tensor,
    d: usize,
    at: &Tensor,
    src: &Tensor,
    mut f: impl FnMut(f64, f64) -> f64,
    exact: bool,
) -> Result<Array> {
    let out = x.array().copy()?;
    let places = targets(out.layout(), d, &at.array())?;
    let values = covered(src, at)?.contiguous()?;
    dispatch!(out.dtype(), T => {
        let from: &[T] = &values.slice::<T>();
        let mut all = out.slice_mut::<T>();
        for (p, v) in places.iter().zip(from) {
            all[*p] = if exact { *v } else { T::from_f64(f(all[*p].to_f64(), v.to_f64())) };
        }
    });
    Ok(out)
}

/// `torch.scatter` with a tensor.
pub fn scatter_value(x: &Tensor, dim: i64, at: &Tensor, src: &Tensor) -> Result<Tensor> {
    let d = wrap_dim(dim, x.ndim())?;
    check(x, d, at, "scatter")?;
    same_dtype(x, src, "scatter")?;
    covered(src, at)?;
    let out = put(x, d, at, src, |_, v| v, true)?;
    let (at, from) = (at.clone(), src.shape());
    Ok(record(
        "ScatterBackward0",
        [x, src],
        out,
        (),
        move |g, (), c| {
            let blank = || {
                let zeros = Array::zeros(&[], g.dtype())?.broadcast(&at.shape());
                scatter_value(g, dim, &at, &Tensor::from_array(zeros))
            };
            Ok([
                c.when(0, blank)?,
                c.when(1, || padded(&gather(g, dim, &at)?, &from))?,
            ])
        },
    ))
}

/// Zeros of a shape with `g` at the front: the gradient of a source of which only a part was used.
fn padded(g: &Tensor, shape: &[usize]) -> Result<Tensor> {
    let mut g = g.clone();
    for (k, n) in shape.iter().enumerate() {
        if g.shape()[k] < *n {
            g = crate::tensor::ops::slice_backward(&g, &grown(&g, k, *n), k, 0, 1)?;
        }
    }
    Ok(g)
}

fn grown(g: &Tensor, k: usize, n: usize) -> crate::tensor::array::Dims {
    let mut shape = g.shape();
    shape[k] = n;
    shape
}

/// `torch.scatter_add`
pub fn scatter_add(x: &Tensor, dim: i64, at: &Tensor, src: &Tensor) -> Result<Tensor> {
    let d = wrap_dim(dim, x.ndim())?;
    check(x, d, at, "scatter_add")?;
    same_dtype(x, src, "scatter")?;
    if x.dtype().is_complex() {
        let part = |f: fn(&Tensor) -> Result<Tensor>| scatter_add(&f(x)?, dim, at, &f(src)?);
        use crate::tensor::ops::complex::{imag, join, real};
        return join(&part(real)?, &part(imag)?);
    }
    covered(src, at)?;
    let out = put(x, d, at, src, |a, b| a + b, false)?;
    let (at, from) = (at.clone(), src.shape());
    Ok(record(
        "ScatterAddBackward0",
        [x, src],
        out,
        (),
        move |g, (), c| {
            Ok([
                c.when(0, || Ok(g.clone()))?,
                c.when(1, || padded(&gather(g, dim, &at)?, &from))?,
            ])
        },
    ))
}

fn rows(m: &Make) -> Vec<Sample> {
    let places = Tensor::from_vec(vec![2i64, 0], &[2]).expect("two places");
    vec![sample([
        m.tensor(&[3, 4]).into(),
        Arg::Int(0),
        places.into(),
        m.tensor(&[2, 4]).into(),
    ])]
}

/// `torch.index_add`
pub static INDEX_ADD: Op = Op {
    signature: "index_add(input, dim, index, source, *, alpha=1, out=None) -> Tensor",
    faces: FACES,
    node: "IndexAddBackward0",
    doc: "The tensor with `source` added at the given indices of a dimension.",
    examples: &[(
        "torch.zeros(3).index_add(0, torch.tensor([0, 0]), torch.tensor([1., 2.]))",
        "tensor([3., 0., 0.])",
    )],
    samples: rows,
    call: |a| {
        let (x, source) = (a.tensor("input")?, a.tensor("source")?);
        let (d, count) = (
            wrap_dim(a.int("dim")?, x.ndim())?,
            a.tensor("index")?.numel(),
        );
        let rows = source.shape().get(d).copied().unwrap_or(1);
        ensure!(
            count == rows,
            "index_add_(): Number of indices ({count}) should be equal to source.size(dim): ({rows}), for dim: {d}"
        );
        check_rows(x, a.int("dim")?, source)?;
        let alpha = a.scalar("alpha")?;
        let source = if alpha.to_f64() == 1.0 {
            source.clone()
        } else {
            mul(source, alpha)?
        };
        Ok(index_write(x, a.int("dim")?, a.tensor("index")?, &source, true)?.into())
    },
    ..Op::BASE
};

/// `torch.index_copy`
pub static INDEX_COPY: Op = Op {
    signature: "index_copy(input, dim, index, source, *, out=None) -> Tensor",
    faces: FACES,
    node: "IndexCopyBackward0",
    doc: "The tensor with `source` written at the given indices of a dimension.",
    examples: &[(
        "torch.zeros(3).index_copy(0, torch.tensor([2]), torch.tensor([1.]))",
        "tensor([0., 0., 1.])",
    )],
    samples: rows,
    call: |a| {
        Ok(index_write(
            a.tensor("input")?,
            a.int("dim")?,
            a.tensor("index")?,
            a.tensor("source")?,
            false,
        )?
        .into())
    },
    ..Op::BASE
};

/// `torch.index_fill`
pub static INDEX_FILL: Op = Op {
    signature: "index_fill(input, dim, index, value) -> Tensor",
    faces: FACES,
    node: "IndexFillBackward0",
    doc: "The tensor with a number at the given indices of a dimension.",
    examples: &[(
        "torch.zeros(3).index_fill(0, torch.tensor([2]), 1)",
        "tensor([0., 0., 1.])",
    )],
    samples: |m| {
        vec![sample([
            m.tensor(&[3, 4]).into(),
            Arg::Int(1),
            m.index(&[2], 4).into(),
            Arg::Int(1),
        ])]
    },
    call: |a| {
        let x = a.tensor("input")?;
        let value = match a.operand("value")? {
            Operand::Tensor(t) => t.clone(),
            Operand::Scalar(s) => Tensor::from_array(Array::from_scalar(s, x.dtype())),
        };
        // Each place once: the gradient for the number is a sum over places.
        let mut places = a.tensor("index")?.to_vec::<i64>()?;
        places.sort_unstable();
        places.dedup();
        let count = places.len();
        let places = match a.tensor("index")?.ndim() {
            0 | 1 => Tensor::from_vec(places, &[count])?,
            _ => a.tensor("index")?.clone(),
        };
        Ok(index_write(x, a.int("dim")?, &places, &value, false)?.into())
    },
    ..Op::BASE
};

/// Refuses a source that is not shaped like the tensor outside of the dimension.
fn check_rows(x: &Tensor, dim: i64, source: &Tensor) -> Result<()> {
    let (sx, ss) = (x.shape(), source.shape());
    let d = wrap_dim(dim, sx.len())?;
    let rest = |s: &[usize]| -> Vec<usize> {
        let all = s.iter().enumerate();
        all.filter(|(k, _)| *k != d).map(|(_, n)| *n).collect()
    };
    ensure!(
        sx.is_empty() || ss.is_empty() || rest(&sx) == rest(&ss),
        "source tensor shape must match self tensor shape, excluding the specified dimension. Got self.shape = {} source.shape = {}",
        show(&sx),
        show(&ss)
    );
    Ok(())
}

fn index_write(
    x: &Tensor,
    dim: i64,
    places: &Tensor,
    source: &Tensor,
    accumulate: bool,
) -> Result<Tensor> {
    let d = wrap_dim(dim, x.ndim())?;
    ensure!(
        places.ndim() <= 1,
        Index,
        "index_add_(): Index is supposed to be a vector"
    );
    ensure!(
        matches!(places.dtype(), DType::Int64 | DType::Int32),
        "index_add_(): Expected dtype int32/int64 for index"
    );
    if x.ndim() == 0 {
        let out = index_put(
            &reshape_to(x, &[1])?,
            &[Some(reshape_to(places, &[places.numel()])?)],
            &reshape_to(source, &[source.numel()])?,
            accumulate,
        )?;
        return reshape_to(&out, &[]);
    }
    let places = reshape_to(places, &[places.numel()])?;
    index_put(x, &only(d, &places), source, accumulate)
}
