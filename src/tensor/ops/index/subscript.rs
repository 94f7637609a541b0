//! `x[...]`: what an index says, and reading and writing through it.

use super::index_put::{index, index_put_};
use super::places::nonzero_tuple;
use crate::tensor::array::error::{bail, ensure};
use crate::tensor::array::layout::show;
use crate::tensor::array::{Array, DType, Result};
use crate::tensor::core::{Operand, Tensor};
use crate::tensor::ops::{
    copy_, fill_, in_place, masked_fill, reshape_to, select_index, slice, unsqueeze,
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
                view = flagged(&view, *b, d, &mut tensors)?;
                d += 1;
            }
            // A mask without dimensions counts as its one value.
            Index::Tensor(t) if t.ndim() == 0 && is_mask(t) => {
                view = flagged(&view, t.item()?.to_bool(), d, &mut tensors)?;
                d += 1;
            }
            Index::Tensor(t) => d = parse_tensor(&view, t, d, &mut tensors)?,
        }
    }
    Ok(Parsed { view, tensors })
}

fn is_mask(t: &Tensor) -> bool {
    matches!(t.dtype(), DType::Bool | DType::UInt8)
}

/// One more dimension, of which all or nothing is picked.
fn flagged(view: &Tensor, on: bool, d: usize, tensors: &mut Vec<Option<Tensor>>) -> Result<Tensor> {
    let rows: Vec<i64> = if on { vec![0] } else { Vec::new() };
    let n = rows.len();
    put(tensors, d, Tensor::from_vec(rows, &[n])?);
    unsqueeze(view, d as i64)
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
    if !is_mask(t) {
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
    if matches!(items, [Index::Bool(false)]) {
        return Ok(());
    }
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
        && mask.ndim() > 0
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
