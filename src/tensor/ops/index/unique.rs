//! Elements and rows without repetitions.

use std::cmp::Ordering;

use super::sort::order;
use crate::tensor::array::error::ensure;
use crate::tensor::array::layout::wrap_own_dim;
use crate::tensor::array::{Array, Element, Result};
use crate::tensor::core::Tensor;
use crate::tensor::ops::args::{Args, Out};
use crate::tensor::ops::index_select;
use crate::tensor::ops::samples::sample;
use crate::tensor::ops::spec::{FUNCTION, METHOD, Op};

/// `torch.unique`
pub static UNIQUE: Op = Op {
    signature: "unique(input, sorted=True, return_inverse=False, return_counts=False, dim=None) -> Tensor or tuple",
    faces: FUNCTION | METHOD,
    doc: "The distinct elements in order; with their places and counts if asked for.",
    examples: &[("torch.unique(torch.tensor([2, 1, 2]))", "tensor([1, 2])")],
    samples: |m| vec![sample([m.tensor(&[6]).into()]).rough()],
    call: |a| unique(a, true),
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
    call: |a| unique(a, false),
    ..Op::BASE
};

fn unique(a: &Args, sorted: bool) -> Result<Out> {
    let x = a.tensor("input")?;
    match a.opt_int("dim")? {
        None => distinct(a, x, sorted),
        Some(dim) => unique_rows(a, x, dim, sorted),
    }
}

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

/// The order of elements; NaN comes last.
#[inline]
fn ascending<T: Element>(a: &T, b: &T) -> Ordering {
    a.partial_cmp(b)
        .unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
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
    let values = index_select(&x.detach(), dim, &Tensor::from_vec(keep, &[m])?)?;
    answer(
        a,
        values,
        Tensor::from_vec(inverse, &[n])?,
        Tensor::from_vec(counts, &[m])?,
    )
}
