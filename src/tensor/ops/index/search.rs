//! Elements looked for among others.

use super::sort::key;
use crate::tensor::array::error::ensure;
use crate::tensor::array::layout::show;
use crate::tensor::array::{Array, DType, Element, Result};
use crate::tensor::core::{Operand, Tensor};
use crate::tensor::ops::args::Out;
use crate::tensor::ops::samples::{Make, Sample, sample};
use crate::tensor::ops::spec::Op;
use crate::tensor::ops::{gather, result_type, unsupported};

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
        let number = matches!(x, Operand::Scalar(_));
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
        show(&sb),
        show(&sx)
    );
    Ok(())
}

/// The boundaries in the order that a sorter gives.
fn sorted_by(bounds: &Tensor, sorter: &Tensor) -> Result<Tensor> {
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
    gather(bounds, -1, sorter)
}

/// The place of every value among the boundaries, or among those of its row.
fn search(bounds: &Tensor, x: &Tensor, right: bool, short: bool) -> Result<Out> {
    let dtype = result_type(&bounds.into(), &x.into());
    if dtype == DType::Bool {
        return Err(unsupported("searchsorted_out_cpu", dtype));
    }
    let width = |t: &Tensor| t.shape().last().copied().unwrap_or(1).max(1);
    let (n, per_row) = match bounds.ndim() {
        1 => (bounds.numel(), x.numel().max(1)),
        _ => (width(bounds), width(x)),
    };
    let places = dispatch_wide!(dtype, T => {
        let (all, values) = (bounds.to_vec::<T>()?, x.to_vec::<T>()?);
        let place = |(i, v): (usize, &T)| {
            let row = &all[i / per_row * n..(i / per_row + 1) * n];
            // A comparison with NaN is false, which sends the search on, as in PyTorch.
            row.partition_point(|e| !(if right { *e > *v } else { *e >= *v })) as i64
        };
        values.iter().enumerate().map(place).collect::<Vec<i64>>()
    });
    let array = Array::from_vec(places, &x.shape());
    Ok(Tensor::from_array(array.to_dtype(if short { DType::Int32 } else { DType::Int64 })?).into())
}

/// `torch.isin`
pub static ISIN: Op = Op {
    signature: "isin(elements, test_elements, *, assume_unique=False, invert=False, out=None) -> Tensor",
    doc: "Whether each element is one of the test elements.",
    examples: &[(
        "torch.isin(torch.tensor([1, 2]), torch.tensor([2, 3]))",
        "tensor([False,  True])",
    )],
    samples: |m| match m.dtype {
        DType::Bool => Vec::new(),
        _ => vec![sample([m.tensor(&[2, 3]).into(), m.tensor(&[2]).into()]).rough()],
    },
    call: |a| {
        let (x, tests) = (a.operand("elements")?, a.operand("test_elements")?);
        let dtype = result_type(&x, &tests);
        isin(&x.to_tensor(), &tests.to_tensor(), dtype, a.bool("invert")?)
    },
    ..Op::BASE
};

/// Whether each element, as a number of the dtype, is one of the tests; NaN never is.
fn isin(x: &Tensor, tests: &Tensor, dtype: DType, invert: bool) -> Result<Out> {
    for own in [x.dtype(), tests.dtype()] {
        ensure!(
            own != DType::Bool && !own.is_complex(),
            NotImplemented,
            "Unsupported input type encountered for isin(): {}",
            own.scalar_name()
        );
    }
    let found: Vec<bool> = dispatch_wide!(dtype, T => {
        let tests = tests.to_vec::<T>()?.into_iter().filter(|v| !v.is_nan());
        let mut keys: Vec<u64> = tests.map(key).collect();
        keys.sort_unstable();
        let among = |v: &T| !v.is_nan() && keys.binary_search(&key(*v)).is_ok();
        x.to_vec::<T>()?.iter().map(|v| among(v) != invert).collect()
    });
    Ok(Tensor::from_vec(found, &x.shape())?.into())
}
