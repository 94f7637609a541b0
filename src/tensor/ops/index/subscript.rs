//! `x[...]` and `x[...] = y`: integers, slices, `None`, `...`, bools, masks and index tensors.

use crate::tensor::array::error::{bail, ensure};
use crate::tensor::array::kernels::stream;
use crate::tensor::array::layout::{broadcast_shapes, show};
use crate::tensor::array::{Array, DType, Dims, Element, Layout, Number, Result, threads};
use crate::tensor::core::{Operand, Tensor, record, requires_recording};
use crate::tensor::ops::args::{Arg, Args, Out};
use crate::tensor::ops::samples::{Make, Sample, sample};
use crate::tensor::ops::spec::{FUNCTION, IN_PLACE, METHOD, Op};
use crate::tensor::ops::view::positions;
use crate::tensor::ops::{
    copy_, expand_to, fill_, in_place, masked_fill, reshape_to, select_index, slice, unsqueeze,
};

/// One item of a subscript.
#[derive(Clone)]
pub enum Index {
    /// `None`: a new dimension.
    None,
    /// `...`
    Ellipsis,
    /// `True` or `False`: a new dimension of size 1 or 0.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// `start:stop:step`
    Slice(Option<i64>, Option<i64>, Option<i64>),
    /// A mask or integers.
    Tensor(Tensor),
}

/// A tensor after the view-making items, and the index tensors that are left: one for each of its dimensions.
struct Parsed {
    view: Tensor,
    tensors: Vec<Option<Tensor>>,
}

impl Parsed {
    fn has_tensors(&self) -> bool {
        self.tensors.iter().any(Option::is_some)
    }
}

fn consumed(index: &Index) -> usize {
    match index {
        Index::None | Index::Ellipsis | Index::Bool(_) => 0,
        Index::Int(_) | Index::Slice(..) => 1,
        Index::Tensor(t) if matches!(t.dtype(), DType::Bool | DType::UInt8) => t.ndim(),
        Index::Tensor(_) => 1,
    }
}

fn parse(x: &Tensor, items: &[Index]) -> Result<Parsed> {
    let ndim = x.ndim();
    let used: usize = items.iter().map(consumed).sum();
    ensure!(
        ndim > 0 || !matches!(items, [Index::Int(_)]),
        Index,
        "invalid index of a 0-dim tensor. Use `tensor.item()` in Python or `tensor.item<T>()` in C++ to convert a 0-dim tensor to a number"
    );
    ensure!(
        used <= ndim,
        Index,
        "too many indices for tensor of dimension {ndim}"
    );
    let ellipses = items
        .iter()
        .filter(|i| matches!(i, Index::Ellipsis))
        .count();
    ensure!(
        ellipses <= 1,
        Index,
        "an index can only have a single ellipsis ('...')"
    );
    let mut view = x.clone();
    let mut tensors: Vec<Option<Tensor>> = Vec::new();
    let mut d = 0;
    for (place, item) in items.iter().enumerate() {
        match item {
            Index::None => {
                view = unsqueeze(&view, d as i64)?;
                d += 1;
            }
            Index::Ellipsis => d += ndim - used,
            Index::Int(i) => {
                let n = view.shape()[d] as i64;
                if ndim == 0 {
                    bail!(
                        Index,
                        "invalid index of a 0-dim tensor. Use `tensor.item()` in Python or `tensor.item<T>()` in C++ to convert a 0-dim tensor to a number"
                    );
                }
                ensure!(
                    (-n..n).contains(i),
                    Index,
                    // PyTorch counts the items of the subscript here.
                    "index {i} is out of bounds for dimension {place} with size {n}"
                );
                view = select_index(&view, d, if *i < 0 { i + n } else { *i } as usize);
            }
            Index::Slice(start, stop, step) => {
                view = sliced(&view, d, *start, *stop, *step)?;
                d += 1;
            }
            Index::Bool(b) => {
                view = unsqueeze(&view, d as i64)?;
                let rows: Vec<i64> = if *b { vec![0] } else { Vec::new() };
                let n = rows.len();
                put(&mut tensors, d, Tensor::from_vec(rows, &[n])?);
                d += 1;
            }
            Index::Tensor(t) => d = parse_tensor(&view, t, d, &mut tensors)?,
        }
    }
    Ok(Parsed { view, tensors })
}

fn put(tensors: &mut Vec<Option<Tensor>>, d: usize, t: Tensor) {
    if tensors.len() <= d {
        tensors.resize(d + 1, None);
    }
    tensors[d] = Some(t);
}

/// Masks become the integers of the places where they hold.
fn parse_tensor(
    view: &Tensor,
    t: &Tensor,
    d: usize,
    tensors: &mut Vec<Option<Tensor>>,
) -> Result<usize> {
    if !matches!(t.dtype(), DType::Bool | DType::UInt8) {
        ensure!(
            matches!(t.dtype(), DType::Int64 | DType::Int32),
            Index,
            "tensors used as indices must be long, int, byte or bool tensors"
        );
        put(tensors, d, t.clone());
        return Ok(d + 1);
    }
    let (shape, mask) = (view.shape(), t.shape());
    for (k, n) in mask.iter().enumerate() {
        ensure!(
            shape[d + k] == *n,
            Index,
            "The shape of the mask {} at index {k} does not match the shape of the indexed tensor {} at index {}",
            show(&mask),
            show(&shape),
            d + k
        );
    }
    for (k, places) in nonzero_tuple(t)?.into_iter().enumerate() {
        put(tensors, d + k, places);
    }
    Ok(d + mask.len())
}

fn sliced(
    x: &Tensor,
    d: usize,
    start: Option<i64>,
    stop: Option<i64>,
    step: Option<i64>,
) -> Result<Tensor> {
    let n = x.shape()[d] as i64;
    let step = step.unwrap_or(1);
    ensure!(step > 0, Value, "step must be greater than zero");
    let inside = |i: i64| if i < 0 { (i + n).max(0) } else { i.min(n) };
    let start = start.map_or(0, inside);
    let stop = stop.map_or(n, inside).max(start);
    if start == 0 && stop == n && step == 1 {
        return Ok(alias(x));
    }
    Ok(slice(
        x,
        d,
        start as usize,
        ((stop - start + step - 1) / step) as usize,
        step as usize,
    ))
}

/// A view of all of a tensor: another handle, as `x[:]` gives.
fn alias(x: &Tensor) -> Tensor {
    let layout = x.array().layout().clone();
    crate::tensor::ops::view::record_view("AliasBackward0", x, layout, |g, _| Ok(g.clone()))
}

/// `x[items]`
pub fn get(x: &Tensor, items: &[Index]) -> Result<Tensor> {
    if let [Index::Int(i)] = items
        && x.ndim() > 0
    {
        let n = x.array().shape()[0] as i64;
        if (-n..n).contains(i) {
            return Ok(select_index(x, 0, if *i < 0 { i + n } else { *i } as usize));
        }
    }
    let parsed = parse(x, items)?;
    if parsed.has_tensors() {
        return index(&parsed.view, &parsed.tensors);
    }
    Ok(if parsed.view.same(x) {
        alias(x)
    } else {
        parsed.view
    })
}

/// `x[items] = value`
pub fn set(x: &Tensor, items: &[Index], value: Operand) -> Result<()> {
    let parsed = parse(x, items)?;
    if !parsed.has_tensors() {
        return match value {
            Operand::Scalar(_) => fill_(&parsed.view, value),
            Operand::Tensor(v) => copy_(&parsed.view, &without_leading_ones(v, &parsed.view)?),
        };
    }
    // A single mask and a number: a masked fill.
    if let ([Index::Tensor(mask)], Operand::Scalar(_)) = (items, &value)
        && mask.dtype() == DType::Bool
    {
        let mut shape = mask.shape();
        shape.resize(x.ndim(), 1);
        let mask = reshape_to(mask, &shape)?;
        return in_place::apply(x, |x| masked_fill(x, &mask, value)).map(drop);
    }
    let value = match value {
        Operand::Tensor(v) => v.clone(),
        Operand::Scalar(s) => Tensor::from_array(Array::from_scalar(s, x.dtype())),
    };
    index_put_(&parsed.view, &parsed.tensors, &value, false)
}

/// Leading dimensions of size 1 that the target does not have are dropped, as PyTorch does on assignment.
fn without_leading_ones(v: &Tensor, target: &Tensor) -> Result<Tensor> {
    let mut v = v.clone();
    while v.ndim() > target.ndim() && v.shape()[0] == 1 {
        v = select_index(&v, 0, 0);
    }
    Ok(v)
}

/// Index tensors worked out: where each picked block starts, and how a block lies.
struct Picks {
    /// Offsets of the blocks from the array's start.
    starts: Vec<usize>,
    /// Offsets inside a block, from its start.
    block: Vec<usize>,
    /// The shape of the result before the indexed dimensions are put in their place.
    shape: Dims,
    /// How many dimensions the index tensors broadcast to.
    picked: usize,
    /// Where the picked dimensions go.
    place: usize,
}

fn picks(x: &Layout, tensors: &[Option<Tensor>]) -> Result<Picks> {
    ensure!(
        tensors.len() <= x.ndim(),
        Index,
        "too many indices for tensor of dimension {} (got {})",
        x.ndim(),
        tensors.len()
    );
    let used: Vec<usize> = (0..tensors.len())
        .filter(|d| tensors[*d].is_some())
        .collect();
    let mut shape = Dims::new();
    for d in &used {
        let t = tensors[*d].as_ref().expect("used");
        let joined = broadcast_shapes(&shape, t.array().shape());
        shape = joined.map_err(|_| {
            let shapes: Vec<String> = tensors.iter().flatten().map(|t| show(&t.shape())).collect();
            crate::tensor::array::Error::index(format!(
                "shape mismatch: indexing tensors could not be broadcast together with shapes {}",
                shapes.join(", ")
            ))
        })?;
    }
    let n: usize = shape.iter().product();
    let mut starts = vec![0usize; n];
    for d in &used {
        let t = tensors[*d].as_ref().expect("used");
        let values = t.array().broadcast(&shape).to_vec::<i64>()?;
        let size = x.shape[*d] as i64;
        for (start, i) in starts.iter_mut().zip(values) {
            ensure!(
                (-size..size).contains(&i),
                Index,
                "index {i} is out of bounds for dimension {d} with size {size}"
            );
            *start += (if i < 0 { i + size } else { i }) as usize * x.strides[*d];
        }
    }
    let rest: Dims = (0..x.ndim()).filter(|d| !used.contains(d)).collect();
    let block = positions(&Layout {
        offset: 0,
        ..x.permute(&rest)
    });
    let adjacent = used.windows(2).all(|w| w[0] + 1 == w[1]);
    let place = match used.first() {
        Some(first) if adjacent => *first,
        _ => 0,
    };
    let picked = shape.len();
    shape.extend(rest.iter().map(|d| x.shape[*d]));
    Ok(Picks {
        starts,
        block,
        shape,
        picked,
        place,
    })
}

impl Picks {
    /// The order that moves the picked dimensions from the front to their place.
    fn order(&self) -> Vec<usize> {
        let n = self.shape.len();
        let mut order: Vec<usize> = (self.picked..n).collect();
        let at = self.place.min(order.len());
        (0..self.picked).for_each(|i| order.insert(at + i, i));
        order
    }

    fn result_shape(&self) -> Dims {
        self.order().iter().map(|d| self.shape[*d]).collect()
    }
}

/// The values of `x[tensors]`.
pub fn index_array(x: &Array, tensors: &[Option<Tensor>]) -> Result<Array> {
    let picks = picks(x.layout(), tensors)?;
    let base = x.layout().offset;
    let packed = picks.block.iter().enumerate().all(|(i, p)| i == *p);
    let n = picks.block.len();
    let out = dispatch_bits!(x.dtype(), T => {
        let bits = x.clone().of_dtype(<T as Element>::DTYPE);
        let all: &[T] = &bits.read::<T>();
        Array::build::<T>(&picks.shape, |out| {
            if n == 0 {
                return;
            }
            let large = size_of_val(out) >= stream::FROM;
            threads::fill_rows(out, n, picks.starts.len() * n, &|first, out| {
            for (o, start) in out.chunks_mut(n).zip(&picks.starts[first..]) {
                let start = base + start;
                if large && packed {
                    stream::copy(&all[start..start + n], o);
                } else if packed {
                    o.copy_from_slice(&all[start..start + n]);
                } else {
                    o.iter_mut().zip(&picks.block).for_each(|(o, p)| *o = all[start + p]);
                }
            }
            stream::fence();
            });
        })
    })?
    .of_dtype(x.dtype());
    if picks.place == 0 {
        Ok(out)
    } else {
        out.permute(&picks.order()).contiguous()
    }
}

/// Writes `values` to `x[tensors]`, or adds them there.
pub fn index_put_array(
    x: &Array,
    tensors: &[Option<Tensor>],
    values: &Array,
    accumulate: bool,
) -> Result<()> {
    if x.dtype().is_complex() && accumulate {
        // The parts are added up on their own, in a dimension more.
        let values = values.to_dtype(x.dtype())?.view_as_real();
        return index_put_array(&x.view_as_real(), tensors, &values, true);
    }
    let picks = picks(x.layout(), tensors)?;
    let result = picks.result_shape();
    let values = values.to_dtype(x.dtype())?;
    let fits = values.layout().broadcast(&result).is_some();
    ensure!(
        fits,
        "shape mismatch: value tensor of shape {} cannot be broadcast to indexing result of shape {}",
        show(values.shape()),
        show(&result)
    );
    // Back to the order in which blocks are counted.
    let mut back = vec![0; result.len()];
    picks
        .order()
        .iter()
        .enumerate()
        .for_each(|(i, d)| back[*d] = i);
    let values = values.broadcast(&result).permute(&back).copy()?;
    let base = x.layout().offset;
    let n = picks.block.len();
    if n == 0 {
        return Ok(());
    }
    dispatch!(x.dtype(), T => {
        let from: &[T] = &values.slice::<T>();
        let mut all = x.write::<T>();
        let packed = picks.block.iter().enumerate().all(|(i, p)| i == *p);
        for (v, start) in from.chunks(n).zip(&picks.starts) {
            if packed {
                let all = &mut all[base + start..base + start + n];
                if accumulate {
                    all.iter_mut().zip(v).for_each(|(a, v)| *a = join(*a, *v));
                } else {
                    all.copy_from_slice(v);
                }
                continue;
            }
            for (v, p) in v.iter().zip(&picks.block) {
                let at = base + start + p;
                all[at] = if accumulate { join(all[at], *v) } else { *v };
            }
        }
    });
    Ok(())
}

/// `a + b`, for bools `a or b`.
fn join<T: Element>(a: T, b: T) -> T {
    if T::DTYPE == DType::Bool {
        return T::from_i64(i64::from(a.to_bool() || b.to_bool()));
    }
    if T::FLOATING {
        // f32 sums of two values are exact enough through f64: both round once.
        return T::from_f64(a.to_f64() + b.to_f64());
    }
    T::from_i64(a.to_i64().plus(b.to_i64()))
}

/// `x[tensors]`, with history.
pub fn index(x: &Tensor, tensors: &[Option<Tensor>]) -> Result<Tensor> {
    let out = index_array(&x.array(), tensors)?;
    let shape = x.shape();
    let tensors = tensors.to_vec();
    Ok(record("IndexBackward0", [x], out, (), move |g, (), _| {
        Ok([Some(index_backward(g, &shape, &tensors)?)])
    }))
}

/// Zeros of a shape with `g` added at the indices.
pub fn index_backward(g: &Tensor, shape: &[usize], tensors: &[Option<Tensor>]) -> Result<Tensor> {
    let out = Array::zeros(shape, g.dtype())?;
    index_put_array(&out, tensors, &g.array(), true)?;
    let tensors = tensors.to_vec();
    Ok(record(
        "IndexPutBackward0",
        [g],
        out,
        (),
        move |g, (), _| Ok([Some(index(g, &tensors)?)]),
    ))
}

/// `torch.index_put`
pub fn index_put(
    x: &Tensor,
    tensors: &[Option<Tensor>],
    values: &Tensor,
    accumulate: bool,
) -> Result<Tensor> {
    ensure!(
        x.dtype() == values.dtype(),
        "Index put requires the source and destination dtypes match, got {} for the destination and {} for the source.",
        x.dtype().scalar_name(),
        values.dtype().scalar_name()
    );
    let out = x.array().copy_dense()?;
    index_put_array(&out, tensors, &values.array(), accumulate)?;
    let tensors = tensors.to_vec();
    Ok(record(
        "IndexPutBackward0",
        [x, values],
        out,
        (),
        move |g, (), c| {
            let for_x = || {
                if accumulate {
                    return Ok(g.clone());
                }
                let zero = Tensor::from_array(Array::zeros(&[], g.dtype())?);
                index_put(g, &tensors, &zero, false)
            };
            Ok([c.when(0, for_x)?, c.when(1, || index(g, &tensors))?])
        },
    ))
}

/// `x.index_put_(...)`
pub fn index_put_(
    x: &Tensor,
    tensors: &[Option<Tensor>],
    values: &Tensor,
    accumulate: bool,
) -> Result<()> {
    if requires_recording(&[x, values]) {
        return in_place::apply(x, |x| index_put(x, tensors, values, accumulate)).map(drop);
    }
    ensure!(
        x.dtype() == values.dtype(),
        "Index put requires the source and destination dtypes match, got {} for the destination and {} for the source.",
        x.dtype().scalar_name(),
        values.dtype().scalar_name()
    );
    let own = values.array().storage().same(x.array().storage());
    let values = if own {
        values.array().copy()?
    } else {
        values.to_array()
    };
    index_put_array(&x.array(), tensors, &values, accumulate)?;
    x.bump_version();
    Ok(())
}

fn index_list(a: &Args) -> Result<Vec<Option<Tensor>>> {
    let Some(items) = a.get("indices").and_then(Arg::items) else {
        bail!(
            Type,
            "index_put_(): argument 'indices' (position 1) must be tuple of Tensors"
        )
    };
    let mut out = Vec::new();
    for item in items {
        match item {
            Arg::Tensor(t) if matches!(t.dtype(), DType::Bool | DType::UInt8) => {
                out.extend(nonzero_tuple(t)?.into_iter().map(Some));
            }
            Arg::Tensor(t) => out.push(Some(t.clone())),
            Arg::None => out.push(None),
            other => bail!(
                Type,
                "index_put_(): indices must be tensors, not {}",
                other.type_name()
            ),
        }
    }
    Ok(out)
}

/// `torch.index_put`
pub static INDEX_PUT: Op = Op {
    signature: "index_put(input, indices, values, accumulate=False) -> Tensor",
    faces: FUNCTION | METHOD | IN_PLACE,
    doc: "The tensor with `values` written (or added) at the places that index tensors give.",
    examples: &[(
        "torch.zeros(3).index_put((torch.tensor([0, 2]),), torch.tensor([1., 2.]))",
        "tensor([1., 0., 2.])",
    )],
    samples: |m| {
        let places = Arg::Tuple(vec![m.index(&[1], 3).into()]);
        vec![sample([
            m.tensor(&[3, 2]).into(),
            places,
            m.tensor(&[2]).into(),
        ])]
    },
    call: |a| {
        Ok(index_put(
            a.tensor("input")?,
            &index_list(a)?,
            a.tensor("values")?,
            a.bool("accumulate")?,
        )?
        .into())
    },
    in_place: Some(|a| {
        let x = a.tensor("input")?;
        index_put_(
            x,
            &index_list(a)?,
            a.tensor("values")?,
            a.bool("accumulate")?,
        )?;
        Ok(x.clone().into())
    }),
    ..Op::BASE
};

/// `torch.nonzero`
pub static NONZERO: Op = Op {
    signature: "nonzero(input, *, as_tuple=False, out=None) -> Tensor or tuple",
    faces: FUNCTION | METHOD,
    doc: "The places of the elements that are not 0, one row each, or one tensor a dimension.",
    examples: &[(
        "torch.nonzero(torch.tensor([0, 3, 0, 4]))",
        "tensor([[1],\n        [3]])",
    )],
    samples: |m| vec![sample([m.mask(&[2, 3]).into()])],
    call: |a| {
        let x = a.tensor("input")?;
        if a.bool("as_tuple")? {
            let x = if x.ndim() == 0 {
                reshape_to(x, &[1])?
            } else {
                x.clone()
            };
            return Ok(nonzero_tuple(&x)?.into());
        }
        Ok(nonzero(x)?.into())
    },
    ..Op::BASE
};

/// `torch.nonzero`
pub fn nonzero(x: &Tensor) -> Result<Tensor> {
    let shape = x.shape();
    let flags = x.array().to_dtype(DType::Bool)?.to_vec::<bool>()?;
    let mut out = Vec::new();
    let mut rows = 0;
    for (i, _) in flags.iter().enumerate().filter(|(_, f)| **f) {
        let mut rest = i;
        let mut step: usize = shape.iter().product();
        for n in &shape {
            step /= n;
            out.push((rest / step) as i64);
            rest %= step;
        }
        rows += 1;
    }
    Tensor::from_vec(out, &[rows, shape.len()])
}

/// `torch.nonzero(x, as_tuple=True)`
pub fn nonzero_tuple(x: &Tensor) -> Result<Vec<Tensor>> {
    let all = nonzero(x)?;
    let rows = all.array().to_vec::<i64>()?;
    let (n, d) = (all.shape()[0], all.shape()[1]);
    if d == 0 {
        // A 0-dim mask picks the whole, once or not at all.
        return Ok(Vec::new());
    }
    (0..d)
        .map(|k| Tensor::from_vec((0..n).map(|r| rows[r * d + k]).collect(), &[n]))
        .collect()
}

/// `torch.argwhere`
pub static ARGWHERE: Op = Op {
    signature: "argwhere(input) -> Tensor",
    faces: FUNCTION | METHOD,
    doc: "The places of the elements that are not 0, one row each.",
    examples: &[("torch.argwhere(torch.tensor([0, 3]))", "tensor([[1]])")],
    samples: |m| vec![sample([m.mask(&[2, 3]).into()])],
    call: |a| Ok(nonzero(a.tensor("input")?)?.into()),
    ..Op::BASE
};

/// `torch.nonzero_static`
pub static NONZERO_STATIC: Op = Op {
    signature: "nonzero_static(input, *, size, fill_value=-1, out=None) -> Tensor",
    faces: FUNCTION | METHOD,
    doc: "The first `size` rows of `nonzero`, filled up with `fill_value`.",
    examples: &[(
        "torch.nonzero_static(torch.tensor([0, 3]), size=2)",
        "tensor([[ 1],\n        [-1]])",
    )],
    samples: |m| vec![sample([m.mask(&[2, 3]).into()]).with("size", 4i64)],
    call: |a| {
        let (x, size) = (a.tensor("input")?, a.int("size")?);
        ensure!(
            size >= 0,
            "nonzero_static: 'size' must be an non-negative integer"
        );
        let all = nonzero(x)?;
        let width = all.shape()[1];
        let mut rows = all.to_vec::<i64>()?;
        rows.resize(size as usize * width, a.int("fill_value")?);
        Ok(Tensor::from_vec(rows, &[size as usize, width])?.into())
    },
    ..Op::BASE
};

/// `torch.unravel_index`
pub static UNRAVEL_INDEX: Op = Op {
    signature: "unravel_index(indices, shape) -> tuple of Tensors",
    doc: "The coordinates in `shape` of places counted in row-major order, one tensor a dimension.",
    examples: &[(
        "torch.unravel_index(torch.tensor([1, 5]), (2, 3))",
        "(tensor([0, 1]), tensor([1, 2]))",
    )],
    samples: |m| vec![sample([m.index(&[4], 6).into(), vec![2i64, 3].into()])],
    call: |a| {
        let (at, shape) = (a.tensor("indices")?, a.ints("shape")?);
        ensure!(
            at.dtype().is_integer(),
            Type,
            "expected 'indices' to be integer dtype, but got torch.{}",
            at.dtype().name()
        );
        ensure!(
            shape.iter().all(|n| *n >= 0),
            Value,
            "'shape' cannot have negative values, but got {}",
            show(&shape).replace('[', "(").replace(']', ")")
        );
        let values = at.to_vec::<i64>()?;
        let mut out = Vec::new();
        for (i, n) in shape.iter().enumerate() {
            let step = shape[i + 1..].iter().product::<i64>().max(1);
            let coordinate = |v: &i64| v.div_euclid(step).rem_euclid((*n).max(1));
            let part = values.iter().map(coordinate).collect();
            out.push(Tensor::from_vec::<i64>(part, &at.shape())?);
        }
        Ok(Out::Tensors(out))
    },
    ..Op::BASE
};

fn masked(m: &Make) -> Vec<Sample> {
    vec![
        sample([m.tensor(&[2, 3]).into(), m.mask(&[2, 3]).into()]),
        sample([m.tensor(&[2, 3]).into(), m.mask(&[3]).into()]),
    ]
}

/// `torch.masked_select`
pub static MASKED_SELECT: Op = Op {
    signature: "masked_select(input, mask, *, out=None) -> Tensor",
    faces: FUNCTION | METHOD,
    node: "MaskedSelectBackward0",
    doc: "The elements where the mask holds, in one dimension.",
    examples: &[(
        "torch.masked_select(torch.tensor([1, 2]), torch.tensor([False, True]))",
        "tensor([2])",
    )],
    samples: masked,
    call: |a| {
        let (x, mask) = (a.tensor("input")?, a.tensor("mask")?);
        ensure!(
            mask.dtype() == DType::Bool,
            "masked_select: expected BoolTensor for mask"
        );
        let shape = crate::tensor::ops::broadcast_tensor_shapes(x, mask)?;
        let (x, mask) = (expand_to(x, &shape)?, expand_to(mask, &shape)?);
        let (x, mask) = if shape.is_empty() {
            (reshape_to(&x, &[1])?, reshape_to(&mask, &[1])?)
        } else {
            (x, mask)
        };
        let places: Vec<Option<Tensor>> = nonzero_tuple(&mask)?.into_iter().map(Some).collect();
        Ok(index(&x, &places)?.into())
    },
    ..Op::BASE
};

/// `torch.masked_scatter`
pub static MASKED_SCATTER: Op = Op {
    signature: "masked_scatter(input, mask, source) -> Tensor",
    faces: FUNCTION | METHOD | IN_PLACE,
    node: "MaskedScatterBackward0",
    doc: "The tensor with the elements of `source`, one after the other, where the mask holds.",
    examples: &[(
        "torch.zeros(2).masked_scatter(torch.tensor([False, True]), torch.tensor([5.]))",
        "tensor([0., 5.])",
    )],
    samples: |m| {
        vec![sample([
            m.tensor(&[2, 3]).into(),
            m.mask(&[2, 3]).into(),
            m.tensor(&[6]).into(),
        ])]
    },
    call: |a| {
        let (x, mask, source) = (a.tensor("input")?, a.tensor("mask")?, a.tensor("source")?);
        ensure!(
            x.dtype() == source.dtype(),
            "masked_scatter: expected self and source to have same dtypes but got {} and {}",
            x.dtype().scalar_name(),
            source.dtype().scalar_name()
        );
        ensure!(
            mask.dtype() == DType::Bool,
            "masked_scatter_ only supports boolean masks, but got mask with dtype {}",
            mask.dtype().scalar_name()
        );
        let shape = crate::tensor::ops::broadcast_tensor_shapes(x, mask)?;
        let (x, mask) = (expand_to(x, &shape)?, expand_to(mask, &shape)?);
        // A number is written to as a row of one.
        let row: &[usize] = if shape.is_empty() { &[1] } else { &shape };
        let (x, mask) = (reshape_to(&x, row)?, reshape_to(&mask, row)?);
        let places: Vec<Option<Tensor>> = nonzero_tuple(&mask)?.into_iter().map(Some).collect();
        let n = places
            .first()
            .and_then(|p| p.as_ref())
            .map_or(0, Tensor::numel);
        let flat = reshape_to(source, &[source.numel()])?;
        ensure!(
            n <= source.numel(),
            "Number of elements of source < number of ones in mask"
        );
        let out = index_put(&x, &places, &slice(&flat, 0, 0, n, 1), false)?;
        Ok(reshape_to(&out, &shape)?.into())
    },
    in_place: Some(|a| {
        let (x, mask) = (a.tensor("input")?, a.tensor("mask")?);
        ensure!(
            mask.ndim() <= x.ndim(),
            "expand(CPUBoolType{{{}}}, size={}): the number of sizes provided ({}) must be greater or equal to the number of dimensions in the tensor ({})",
            show(&mask.shape()),
            show(&x.shape()),
            x.ndim(),
            mask.ndim()
        );
        let mut inner = a.copy();
        inner.set("mask", expand_to(mask, &x.shape())?.into());
        let done = in_place::apply(x, |source| {
            inner.set("input", source.clone().into());
            Ok((MASKED_SCATTER.call)(&inner)?.tensors().swap_remove(0))
        })?;
        Ok(done.into())
    }),
    ..Op::BASE
};

/// `torch.take`
pub static TAKE: Op = Op {
    signature: "take(input, index, *, out=None) -> Tensor",
    faces: FUNCTION | METHOD,
    node: "TakeBackward0",
    doc: "The elements at places counted in row-major order.",
    examples: &[(
        "torch.take(torch.tensor([[4, 5], [6, 7]]), torch.tensor([0, 3]))",
        "tensor([4, 7])",
    )],
    samples: |m| {
        vec![sample([
            m.tensor(&[2, 3]).into(),
            m.index(&[2, 2], 6).into(),
        ])]
    },
    call: |a| {
        let (x, at) = (a.tensor("input")?, a.tensor("index")?);
        ensure!(
            at.dtype() == DType::Int64,
            "take(): Expected a long tensor for index, but got {}",
            at.dtype().scalar_name()
        );
        ensure!(
            x.numel() > 0 || at.numel() == 0,
            Index,
            "take(): tried to take from an empty tensor"
        );
        Ok(index(&reshape_to(x, &[x.numel()])?, &[Some(at.clone())])?.into())
    },
    ..Op::BASE
};

/// `torch.put`
pub static PUT: Op = Op {
    signature: "put(input, index, source, accumulate=False) -> Tensor",
    faces: FUNCTION | METHOD | IN_PLACE,
    node: "PutBackward0",
    doc: "The tensor with `source` written (or added) at places counted in row-major order.",
    examples: &[(
        "torch.zeros(3).put(torch.tensor([1]), torch.tensor([5.]))",
        "tensor([0., 5., 0.])",
    )],
    samples: |m| {
        vec![sample([
            m.tensor(&[2, 3]).into(),
            m.index(&[1], 6).into(),
            m.tensor(&[1]).into(),
        ])]
    },
    call: |a| {
        let (x, at, source) = (a.tensor("input")?, a.tensor("index")?, a.tensor("source")?);
        let (n, count) = (x.numel() as i64, at.numel());
        ensure!(
            source.numel() == count,
            Index,
            "put_(): Expected source and index to have the same number of elements, but got source.numel() = {}, index.numel() = {count}",
            source.numel()
        );
        ensure!(
            n > 0 || count == 0,
            Index,
            "put_(): Tried to put elements into an empty tensor"
        );
        if at.dtype() == DType::Int64
            && let Some(i) = at.to_vec::<i64>()?.iter().find(|i| !(-n..n).contains(*i))
        {
            bail!(
                Index,
                "out of range: tried to access index {i} on a tensor of {n} elements."
            );
        }
        let flat = reshape_to(x, &[x.numel()])?;
        let values = reshape_to(source, &at.shape())?;
        let out = index_put(&flat, &[Some(at.clone())], &values, a.bool("accumulate")?)?;
        Ok(reshape_to(&out, &x.shape())?.into())
    },
    ..Op::BASE
};

/// The index tensors for one dimension.
pub(super) fn only(d: usize, places: &Tensor) -> Vec<Option<Tensor>> {
    let mut tensors = vec![None; d];
    tensors.push(Some(places.clone()));
    tensors
}

/// `torch.index_select`
pub static INDEX_SELECT: Op = Op {
    signature: "index_select(input, dim, index, *, out=None) -> Tensor",
    faces: FUNCTION | METHOD,
    doc: "The given indices of a dimension.",
    examples: &[(
        "torch.index_select(torch.tensor([4, 5, 6]), 0, torch.tensor([2, 0]))",
        "tensor([6, 4])",
    )],
    samples: |m| {
        vec![sample([
            m.tensor(&[3, 4]).into(),
            Arg::Int(1),
            m.index(&[3], 4).into(),
        ])]
    },
    call: |a| Ok(index_select(a.tensor("input")?, a.int("dim")?, a.tensor("index")?)?.into()),
    ..Op::BASE
};

/// Elements of the last dimension, of each row in turn.
fn columns(x: &Array, places: &Tensor) -> Result<Array> {
    let (x, places) = (x.contiguous()?, places.to_vec::<i64>()?);
    let mut shape = x.dims();
    let n = std::mem::replace(&mut shape[x.ndim() - 1], places.len()).max(1);
    let out = dispatch_bits!(x.dtype(), T => {
        let bits = x.clone().of_dtype(<T as Element>::DTYPE);
        let all: &[T] = &bits.slice::<T>();
        Array::build::<T>(&shape, |out| {
            for (o, row) in out.chunks_exact_mut(places.len().max(1)).zip(all.chunks_exact(n)) {
                o.iter_mut().zip(&places).for_each(|(o, p)| *o = row[*p as usize]);
            }
        })
    })?;
    Ok(out.of_dtype(x.dtype()))
}

/// `torch.index_select`
pub fn index_select(x: &Tensor, dim: i64, places: &Tensor) -> Result<Tensor> {
    let d = crate::tensor::array::layout::wrap_dim(dim, x.ndim())?;
    ensure!(
        places.ndim() <= 1,
        Index,
        "index_select(): Index is supposed to be a vector"
    );
    ensure!(
        matches!(places.dtype(), DType::Int64 | DType::Int32),
        "index_select(): Expected dtype int32 or int64 for index"
    );
    if x.ndim() == 0 {
        ensure!(
            places.numel() == 1,
            "index_select(): Index to scalar can have only 1 value, got {} value(s)",
            places.numel()
        );
        return crate::tensor::ops::clone(x);
    }
    let places = if places.ndim() == 0 {
        reshape_to(places, &[1])?
    } else {
        places.clone()
    };
    let n = x.shape()[d] as i64;
    if let Some(i) = places
        .to_vec::<i64>()?
        .iter()
        .find(|i| !(0..n).contains(*i))
    {
        bail!(Index, "index out of range in self: {i}");
    }
    let tensors = only(d, &places);
    let array = x.array();
    let out = if d + 1 == x.ndim() && d > 0 {
        columns(&array, &places)?
    } else {
        index_array(&array, &tensors)?
    };
    let shape = x.shape();
    Ok(record(
        "IndexSelectBackward0",
        [x],
        out,
        (),
        move |g, (), _| Ok([Some(index_backward(g, &shape, &tensors)?)]),
    ))
}
