//! Elements in order: sort, topk, unique, searches, counts.

use std::cmp::Ordering;

use super::scatter::{gather_array, scatter_value};
use super::select;
use crate::tensor::array::error::ensure;
use crate::tensor::array::layout::{wrap_dim, wrap_own_dim};
use crate::tensor::array::{Array, BF16, DType, Element, F16, Result};
use crate::tensor::core::{Saved, Tensor, record};
use crate::tensor::ops::args::{Arg, Args, Out};
use crate::tensor::ops::samples::{Make, Sample, sample};
use crate::tensor::ops::scan;
use crate::tensor::ops::spec::{FUNCTION, METHOD, Op};

const FIELDS: &[&str] = &["values", "indices"];

/// The order of elements; NaN comes last.
#[inline]
pub fn ascending<T: Element>(a: &T, b: &T) -> Ordering {
    a.partial_cmp(b)
        .unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
}

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
fn key<T: Element>(v: T) -> u64 {
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

/// `torch.unique`
pub static UNIQUE: Op = Op {
    signature: "unique(input, sorted=True, return_inverse=False, return_counts=False, dim=None) -> Tensor or tuple",
    faces: FUNCTION | METHOD,
    doc: "The distinct elements in order; with their places and counts if asked for.",
    examples: &[("torch.unique(torch.tensor([2, 1, 2]))", "tensor([1, 2])")],
    samples: |m| vec![sample([m.tensor(&[6]).into()]).rough()],
    call: |a| {
        let x = a.tensor("input")?;
        match a.opt_int("dim")? {
            None => distinct(a, x, true),
            Some(dim) => unique_rows(a, x, dim, true),
        }
    },
    ..Op::BASE
};

/// `torch.unique_consecutive`
pub static UNIQUE_CONSECUTIVE: Op = Op {
    signature: "unique_consecutive(input, return_inverse=False, return_counts=False, dim=None) -> Tensor or tuple",
    faces: FUNCTION | METHOD,
    doc: "The elements without repetitions of neighbours.",
    examples: &[(
        "torch.unique_consecutive(torch.tensor([1, 1, 2, 1]))",
        "tensor([1, 2, 1])",
    )],
    samples: |m| vec![sample([m.tensor(&[6]).into()]).rough()],
    call: |a| {
        let x = a.tensor("input")?;
        match a.opt_int("dim")? {
            None => distinct(a, x, false),
            Some(dim) => unique_rows(a, x, dim, false),
        }
    },
    ..Op::BASE
};

fn answer(a: &Args, values: Tensor, inverse: Tensor, counts: Tensor) -> Result<Out> {
    let mut out = vec![values];
    if a.bool("return_inverse")? {
        out.push(inverse);
    }
    if a.bool("return_counts")? {
        out.push(counts);
    }
    Ok(if out.len() == 1 {
        Out::Tensor(out.remove(0))
    } else {
        Out::Tensors(out)
    })
}

fn distinct(a: &Args, x: &Tensor, sorted: bool) -> Result<Out> {
    let array = x.to_array();
    let n = array.numel();
    let (values, inverse, counts) = dispatch_wide!(array.dtype(), T => {
        let all = array.to_vec::<T>()?;
        let order: Vec<u32> = if sorted { order(&all, false) } else { (0..n as u32).collect() };
        let (mut values, mut counts, mut inverse) = (Vec::<T>::new(), Vec::<i64>::new(), vec![0i64; n]);
        for i in order {
            let v = all[i as usize];
            if values.last().is_some_and(|last| *last == v) {
                *counts.last_mut().expect("one count a value") += 1;
            } else {
                values.push(v);
                counts.push(1);
            }
            inverse[i as usize] = values.len() as i64 - 1;
        }
        let m = values.len();
        (Array::from_vec(values, &[m]).to_dtype(array.dtype())?, inverse, counts)
    });
    let m = counts.len();
    let inverse = Tensor::from_vec(inverse, &x.shape())?;
    answer(
        a,
        Tensor::from_array(values),
        inverse,
        Tensor::from_vec(counts, &[m])?,
    )
}

/// Sorting with any comparison, compiled once.
fn sort_places(order: &mut [usize], compare: &dyn Fn(&usize, &usize) -> Ordering) {
    order.sort_by(compare);
}

fn unique_rows(a: &Args, x: &Tensor, dim: i64, sorted: bool) -> Result<Out> {
    let d = wrap_own_dim(dim, x.ndim())?;
    let empty = x.shape().iter().filter(|n| **n == 0).count();
    if x.shape()[d] > 0 {
        ensure!(
            empty == 0,
            "There are 0 sized dimensions, and they aren't selected, so unique cannot be applied"
        );
    }
    ensure!(
        empty <= 1,
        "Number of zero sized dimensions is more than one, so unique cannot be applied "
    );
    let mut moved: Vec<usize> = vec![d];
    moved.extend((0..x.ndim()).filter(|k| *k != d));
    let array = x.array().permute(&moved).contiguous()?;
    let n = array.shape()[0];
    let width = array.numel() / n.max(1);
    let (keep, inverse, counts) = dispatch_wide!(array.dtype(), T => {
        let all = array.to_vec::<T>()?;
        let row = |i: usize| &all[i * width..(i + 1) * width];
        let compare = |i: &usize, j: &usize| {
            row(*i).iter().zip(row(*j)).map(|(a, b)| ascending(a, b)).find(|o| o.is_ne()).unwrap_or(Ordering::Equal)
        };
        let mut order: Vec<usize> = (0..n).collect();
        if sorted {
            sort_places(&mut order, &compare);
        }
        let (mut keep, mut counts, mut inverse) = (Vec::<i64>::new(), Vec::<i64>::new(), vec![0i64; n]);
        for i in order {
            if keep.last().is_some_and(|last| row(*last as usize) == row(i)) {
                *counts.last_mut().expect("one count a row") += 1;
            } else {
                keep.push(i as i64);
                counts.push(1);
            }
            inverse[i] = keep.len() as i64 - 1;
        }
        (keep, inverse, counts)
    });
    let m = keep.len();
    let values =
        crate::tensor::ops::index_select(&x.detach(), dim, &Tensor::from_vec(keep, &[m])?)?;
    answer(
        a,
        values,
        Tensor::from_vec(inverse, &[n])?,
        Tensor::from_vec(counts, &[m])?,
    )
}

fn searches(m: &Make) -> Vec<Sample> {
    if m.dtype == DType::Bool {
        return Vec::new();
    }
    let bounds = Tensor::from_array(
        Array::from_vec(vec![-1i64, 1, 2, 4], &[4])
            .to_dtype(m.dtype)
            .expect("a conversion"),
    );
    vec![sample([bounds.into(), m.tensor(&[2, 3]).into()]).rough()]
}

/// `torch.searchsorted`
pub static SEARCHSORTED: Op = Op {
    signature: "searchsorted(sorted_sequence, input, *, out_int32=False, right=False, side=None, sorter=None, out=None) -> Tensor",
    doc: "Where elements would have to be put to keep a sequence in order.",
    examples: &[(
        "torch.searchsorted(torch.tensor([1, 3, 5]), torch.tensor([3, 4]))",
        "tensor([1, 2])",
    )],
    samples: searches,
    call: |a| {
        let bounds = a.tensor("sorted_sequence")?;
        let x = a.operand("input")?;
        let number = matches!(x, crate::tensor::core::Operand::Scalar(_));
        let x = x.to_tensor();
        let side = a.opt_str("side")?;
        ensure!(
            matches!(side, None | Some("left" | "right")),
            "torch.searchsorted(): side can only be 'left' or 'right' but got {}",
            side.unwrap_or_default()
        );
        ensure!(
            !(a.bool("right")? && side == Some("left")),
            "torch.searchsorted(): side and right can't be set to opposites, got side of left while right was True"
        );
        check_search(bounds, &x, number)?;
        let bounds = match a.opt_tensor("sorter")? {
            Some(sorter) => &sorted_by(bounds, sorter)?,
            None => bounds,
        };
        let right = a.bool("right")? || side == Some("right");
        search(bounds, &x, right, a.bool("out_int32")?)
    },
    ..Op::BASE
};

/// `torch.bucketize`
pub static BUCKETIZE: Op = Op {
    signature: "bucketize(input, boundaries, *, out_int32=False, right=False, out=None) -> Tensor",
    doc: "The number of the interval between boundaries in which each element lies.",
    examples: &[(
        "torch.bucketize(torch.tensor([3, 6]), torch.tensor([1, 3, 5]))",
        "tensor([1, 3])",
    )],
    samples: |m| {
        searches(m)
            .into_iter()
            .map(|mut s| {
                s.args.swap(0, 1);
                s
            })
            .collect()
    },
    call: |a| {
        let x = a.operand("input")?.to_tensor();
        let bounds = a.tensor("boundaries")?;
        ensure!(
            bounds.ndim() == 1,
            "boundaries tensor must be 1 dimension, but got dim({})",
            bounds.ndim()
        );
        search(bounds, &x, a.bool("right")?, a.bool("out_int32")?)
    },
    ..Op::BASE
};

/// Refuses boundaries that do not go with the values.
fn check_search(bounds: &Tensor, x: &Tensor, number: bool) -> Result<()> {
    let (sb, sx) = (bounds.shape(), x.shape());
    ensure!(
        !(number || sx.is_empty()) || sb.len() == 1,
        "torch.searchsorted(): input value can be a scalar only when boundaries tensor dimension is 1, but we got boundaries tensor dim({}) and input value's dim({}) numel({})",
        sb.len(),
        sx.len(),
        x.numel()
    );
    ensure!(
        !sb.is_empty(),
        "torch.searchsorted(): boundaries tensor should have positive dimension, but got 0 dimension"
    );
    ensure!(
        sb.len() == 1 || sb.len() == sx.len() && sb[..sb.len() - 1] == sx[..sx.len() - 1],
        "torch.searchsorted(): boundaries tensor should be 1 dimension or the first N-1 dimensions of boundaries tensor and input value tensor must match, but we got boundaries tensor {} and input value tensor {}",
        crate::tensor::array::layout::show(&sb),
        crate::tensor::array::layout::show(&sx)
    );
    Ok(())
}

/// The boundaries in the order that a sorter gives.
fn sorted_by(bounds: &Tensor, sorter: &Tensor) -> Result<Tensor> {
    use crate::tensor::array::layout::show;
    ensure!(
        bounds.shape() == sorter.shape(),
        "torch.searchsorted(): boundary and sorter must have the same size, but got boundary tensor {}and got sorter tensor {}",
        show(&bounds.shape()),
        show(&sorter.shape())
    );
    ensure!(
        sorter.dtype() == DType::Int64,
        "torch.searchsorted(): sorter must be a tensor of long dtype but got dtype {}",
        sorter.dtype().scalar_name()
    );
    let n = bounds.shape().last().copied().unwrap_or(0) as i64;
    ensure!(
        sorter.to_vec::<i64>()?.iter().all(|i| (0..n).contains(i)),
        "torch.searchsorted(): sorter index out of range"
    );
    crate::tensor::ops::gather(bounds, -1, sorter)
}

fn search(bounds: &Tensor, x: &Tensor, right: bool, short: bool) -> Result<Out> {
    let b = bounds.to_vec::<f64>()?;
    let values = x.to_vec::<f64>()?;
    let n = bounds.shape().last().copied().unwrap_or(1);
    let many = bounds.ndim() > 1;
    let per_row = if many {
        x.shape().last().copied().unwrap_or(1).max(1)
    } else {
        values.len().max(1)
    };
    let place = |(i, v): (usize, &f64)| {
        let row = if many {
            &b[i / per_row * n..(i / per_row + 1) * n]
        } else {
            &b[..]
        };
        let before = |e: &f64| {
            if right {
                e.is_nan() || v.is_nan() || *e <= *v
            } else {
                *e < *v || v.is_nan() && !e.is_nan()
            }
        };
        row.partition_point(before) as i64
    };
    let out: Vec<i64> = values.iter().enumerate().map(place).collect();
    let array = Array::from_vec(out, &x.shape());
    Ok(Tensor::from_array(array.to_dtype(if short { DType::Int32 } else { DType::Int64 })?).into())
}

/// `torch.bincount`
pub static BINCOUNT: Op = Op {
    signature: "bincount(input, weights=None, minlength=0) -> Tensor",
    faces: FUNCTION | METHOD,
    doc: "How often each integer occurs, or the sum of its weights.",
    examples: &[(
        "torch.bincount(torch.tensor([0, 2, 2]))",
        "tensor([1, 0, 2])",
    )],
    samples: |m| vec![sample([m.index(&[6], 4).into()])],
    call: |a| {
        let x = a.tensor("input")?;
        if !x.dtype().is_integer() {
            return Err(crate::tensor::ops::unsupported("bincount_cpu", x.dtype()));
        }
        ensure!(
            x.ndim() == 1,
            "bincount only supports 1-d non-negative integral inputs."
        );
        let values = x.to_vec::<i64>()?;
        ensure!(
            values.iter().all(|v| *v >= 0),
            "bincount only supports 1-d non-negative integral inputs."
        );
        let least = a.int("minlength")?;
        ensure!(least >= 0, "minlength should be >= 0");
        let n = values.iter().max().map_or(0, |v| v + 1).max(least) as usize;
        match a.opt_tensor("weights")? {
            None => {
                let mut out = vec![0i64; n];
                values.iter().for_each(|v| out[*v as usize] += 1);
                Ok(Tensor::from_vec(out, &[n])?.into())
            }
            Some(w) => {
                let weights = w.to_vec::<f64>()?;
                ensure!(
                    weights.len() == values.len(),
                    "weights should be 1-d and have the same length as input"
                );
                let mut out = vec![0.0; n];
                values
                    .iter()
                    .zip(weights)
                    .for_each(|(v, w)| out[*v as usize] += w);
                let dtype = if w.dtype() == DType::Float32 {
                    DType::Float32
                } else {
                    DType::Float64
                };
                Ok(Tensor::from_array(Array::from_vec(out, &[n]).to_dtype(dtype)?).into())
            }
        }
    },
    ..Op::BASE
};

/// A number as near as a floating point dtype comes to it.
fn rounded(v: f64, dtype: DType) -> f64 {
    match dtype {
        DType::Float16 => F16::from_f64(v).to_f64(),
        DType::BFloat16 => BF16::from_f64(v).to_f64(),
        DType::Float32 => f64::from(v as f32),
        _ => v,
    }
}

/// `torch.histc`
pub static HISTC: Op = Op {
    signature: "histc(input, bins=100, min=0, max=0, *, out=None) -> Tensor",
    faces: FUNCTION | METHOD,
    doc: "How many elements lie in each of `bins` intervals between `min` and `max`.",
    examples: &[(
        "torch.histc(torch.tensor([1., 2., 1.]), 3, 0, 3)",
        "tensor([0., 2., 1.])",
    )],
    samples: |m| {
        if m.floating() {
            vec![sample([m.tensor(&[6]).into(), Arg::Int(3)]).rough()]
        } else {
            Vec::new()
        }
    },
    call: |a| {
        let (x, bins) = (a.tensor("input")?, a.int("bins")?);
        ensure!(bins > 0, "torch.histc(): bins must be > 0");
        let values = x.to_vec::<f64>()?;
        let (mut low, mut high) = (a.float("min")?, a.float("max")?);
        if low == high && !values.is_empty() {
            low = values.iter().fold(f64::INFINITY, |m, v| m.min(*v));
            high = values.iter().fold(f64::NEG_INFINITY, |m, v| m.max(*v));
        }
        if low == high {
            (low, high) = (low - 1.0, high + 1.0);
        }
        ensure!(
            low.is_finite() && high.is_finite(),
            "range of [{low}, {high}] is not finite"
        );
        ensure!(low < high, "max must be larger than min");
        let round = |v: f64| rounded(v, x.dtype());
        (low, high) = (round(low), round(high));
        let mut out = vec![0.0; bins as usize];
        for v in values.iter().filter(|v| (low..=high).contains(*v)) {
            let share = round(round(v - low) * bins as f64);
            let place = round(share / round(high - low)) as usize;
            out[place.min(bins as usize - 1)] += 1.0;
        }
        Ok(Tensor::from_array(Array::from_vec(out, &[bins as usize]).to_dtype(x.dtype())?).into())
    },
    ..Op::BASE
};

/// `torch.isin`
pub static ISIN: Op = Op {
    signature: "isin(elements, test_elements, *, assume_unique=False, invert=False, out=None) -> Tensor",
    doc: "Whether each element is one of the test elements.",
    examples: &[(
        "torch.isin(torch.tensor([1, 2]), torch.tensor([2, 3]))",
        "tensor([False,  True])",
    )],
    samples: |m| vec![sample([m.tensor(&[2, 3]).into(), m.tensor(&[2]).into()]).rough()],
    call: |a| {
        let (x, tests) = (
            a.operand("elements")?.to_tensor(),
            a.operand("test_elements")?.to_tensor(),
        );
        let tests = tests.to_vec::<f64>()?;
        let invert = a.bool("invert")?;
        let out: Vec<bool> = x
            .to_vec::<f64>()?
            .iter()
            .map(|v| tests.contains(v) != invert)
            .collect();
        Ok(Tensor::from_vec(out, &x.shape())?.into())
    },
    ..Op::BASE
};
