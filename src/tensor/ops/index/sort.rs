//! Elements in order: sort, topk.

use super::scatter::{gather_array, scatter_value};
use super::select;
use crate::tensor::array::error::ensure;
use crate::tensor::array::layout::wrap_dim;
use crate::tensor::array::{Array, Element, Result};
use crate::tensor::core::{Saved, Tensor, record};
use crate::tensor::ops::args::{Arg, Out};
use crate::tensor::ops::samples::{Make, Sample, sample};
use crate::tensor::ops::scan;
use crate::tensor::ops::spec::{FUNCTION, METHOD, Op};

const FIELDS: &[&str] = &["values", "indices"];

fn lines(m: &Make) -> Vec<Sample> {
    vec![
        sample([m.distinct(&[3, 4]).into()]),
        sample([m.distinct(&[3, 4]).into(), Arg::Int(0), Arg::Bool(true)]),
        sample([m.distinct(&[]).into()]),
    ]
}

/// `torch.sort`
pub static SORT: Op = Op {
    signature: "sort(input, dim=-1, descending=False, stable=False, *, out=None) -> (values, indices)",
    faces: FUNCTION | METHOD,
    doc: "The elements along a dimension in order, and where each came from.",
    examples: &[(
        "torch.sort(torch.tensor([3, 1, 2])).values",
        "tensor([1, 2, 3])",
    )],
    samples: lines,
    call: |a| {
        let (x, dim) = (a.tensor("input")?, a.int("dim")?);
        let (values, indices) = sort(x, dim, a.bool("descending")?)?;
        Ok(Out::Named {
            name: "sort",
            fields: FIELDS,
            values: vec![values, indices],
        })
    },
    ..Op::BASE
};

/// `torch.argsort`
pub static ARGSORT: Op = Op {
    signature: "argsort(input, dim=-1, descending=False, stable=False) -> Tensor",
    faces: FUNCTION | METHOD,
    doc: "The places of the elements along a dimension, in the elements' order.",
    examples: &[(
        "torch.argsort(torch.tensor([3, 1, 2]))",
        "tensor([1, 2, 0])",
    )],
    samples: |m| lines(m).into_iter().map(Sample::rough).collect(),
    call: |a| {
        Ok(
            sort(a.tensor("input")?, a.int("dim")?, a.bool("descending")?)?
                .1
                .into(),
        )
    },
    ..Op::BASE
};

/// `torch.msort`
pub static MSORT: Op = Op {
    signature: "msort(input, *, out=None) -> Tensor",
    faces: FUNCTION | METHOD,
    doc: "The elements along the first dimension in order.",
    examples: &[("torch.msort(torch.tensor([3, 1, 2]))", "tensor([1, 2, 3])")],
    samples: |m| vec![sample([m.distinct(&[3, 2]).into()])],
    call: |a| Ok(sort(a.tensor("input")?, 0, false)?.0.into()),
    ..Op::BASE
};

/// A number that is in the order of the elements, NaN last and -0 like 0.
#[inline]
pub(super) fn key<T: Element>(v: T) -> u64 {
    if !T::FLOATING {
        return (v.to_i64() as u64) ^ 1 << 63;
    }
    if v.is_nan() {
        return u64::MAX;
    }
    // Negative numbers with all bits turned, others with the sign: without a branch, which would often be mispredicted.
    let bits = (v.to_f64() + 0.0).to_bits();
    bits ^ (((bits as i64) >> 63) as u64 | 1 << 63)
}

/// The keys of a row, turned round for descending order.
pub fn keys<T: Element>(row: &[T], descending: bool) -> Vec<(u64, u32)> {
    let turn = if descending { u64::MAX } else { 0 };
    row.iter()
        .enumerate()
        .map(|(i, v)| (key(*v) ^ turn, i as u32))
        .collect()
}

/// The places of a row's elements in order; equal elements keep their order. Sorting is compiled once for all types.
pub fn order<T: Element>(row: &[T], descending: bool) -> Vec<u32> {
    let mut keys = keys(row, descending);
    if keys.len() < MANY {
        keys.sort_unstable();
    } else {
        by_digits(&mut keys);
    }
    keys.into_iter().map(|(_, i)| i).collect()
}

/// The place of the `k`-th element of a row in order, from 1.
pub fn kth<T: Element>(row: &[T], k: usize) -> u32 {
    let mut keys = keys(row, false);
    match keys.get(k.wrapping_sub(1)) {
        None => 0,
        Some(_) => keys.select_nth_unstable(k - 1).1.1,
    }
}

/// From how many keys on they are sorted by digits.
const MANY: usize = 4096;

/// Sorts keys whose places are in order: digit by digit from the lowest, without the digits that all share.
fn by_digits(keys: &mut Vec<(u64, u32)>) {
    let first = keys[0].0;
    let differing = keys.iter().fold(0, |d, (key, _)| d | key ^ first);
    let mut sorted = keys.clone();
    for shift in (0..64).step_by(8).filter(|s| differing >> s & 0xff != 0) {
        let digit = |key: u64| (key >> shift & 0xff) as usize;
        let mut starts = [0usize; 257];
        keys.iter()
            .for_each(|(key, _)| starts[digit(*key) + 1] += 1);
        (0..256).for_each(|d| starts[d + 1] += starts[d]);
        for key in keys.iter() {
            let to = &mut starts[digit(key.0)];
            sorted[*to] = *key;
            *to += 1;
        }
        std::mem::swap(keys, &mut sorted);
    }
}

/// `torch.sort`
pub fn sort(x: &Tensor, dim: i64, descending: bool) -> Result<(Tensor, Tensor)> {
    let d = wrap_dim(dim, x.ndim())?;
    let array = x.to_array();
    let indices = dispatch_wide!(array.dtype(), T => scan::<T, i64>(&array.to_dtype(T::DTYPE)?, d, &mut |row, out| {
        order(row, descending).iter().zip(out).for_each(|(i, o)| *o = i64::from(*i));
    }))?;
    picked("SortBackward0", x, d, indices)
}

/// The elements at places along a dimension, with history.
fn picked(name: &'static str, x: &Tensor, d: usize, indices: Array) -> Result<(Tensor, Tensor)> {
    let values = gather_array(&x.array(), d, &indices)?;
    let places = Tensor::from_array(indices);
    let shape = x.shape();
    let values = record(
        name,
        [x],
        values,
        Saved::input(&places),
        move |g, places, c| {
            let blank = Tensor::from_array(Array::zeros(&shape, g.dtype())?);
            Ok([Some(scatter_value(&blank, d as i64, &c.get(places)?, g)?)])
        },
    );
    Ok((values, places))
}

/// `torch.topk`
pub static TOPK: Op = Op {
    signature: "topk(input, k, dim=None, largest=True, sorted=True, *, out=None) -> (values, indices)",
    faces: FUNCTION | METHOD,
    doc: "The `k` largest (or smallest) elements along a dimension, and their places.",
    examples: &[(
        "torch.topk(torch.tensor([3, 1, 2]), 2).values",
        "tensor([3, 2])",
    )],
    samples: |m| {
        vec![
            sample([m.distinct(&[3, 4]).into(), Arg::Int(2)]),
            sample([
                m.distinct(&[3, 4]).into(),
                Arg::Int(1),
                Arg::Int(0),
                Arg::Bool(false),
            ]),
        ]
    },
    call: |a| {
        let (x, k) = (a.tensor("input")?, a.int("k")?);
        let (values, indices) = topk(
            x,
            k,
            a.opt_int("dim")?.unwrap_or(-1),
            a.bool("largest")?,
            a.bool("sorted")?,
        )?;
        Ok(Out::Named {
            name: "topk",
            fields: FIELDS,
            values: vec![values, indices],
        })
    },
    ..Op::BASE
};

/// `torch.topk`
pub fn topk(x: &Tensor, k: i64, dim: i64, largest: bool, sorted: bool) -> Result<(Tensor, Tensor)> {
    let d = wrap_dim(dim, x.ndim())?;
    let n = if x.ndim() == 0 { 1 } else { x.shape()[d] };
    ensure!(k >= 0 && k as usize <= n, "selected index k out of range");
    let k = k as usize;
    let array = x.to_array();
    let all = dispatch_wide!(array.dtype(), T => scan::<T, i64>(&array.to_dtype(T::DTYPE)?, d, &mut |row, out| {
        let best = select::smallest(keys(row, largest), k, sorted);
        best.iter().zip(out).for_each(|(i, o)| *o = i64::from(*i));
    }))?;
    let indices = if x.ndim() == 0 {
        all
    } else {
        all.with_layout(all.layout().slice(d, 0, k, 1))
            .contiguous()?
    };
    picked("TopkBackward0", x, d, indices)
}
