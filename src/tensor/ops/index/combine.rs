//! Elements combined where indices send several to one place: sums, products, means, extremes.

use super::scatter::{
    check, covered, gather, same_dtype, scatter_add, scatter_value, scatters, targets,
};
use crate::tensor::array::error::{bail, ensure};
use crate::tensor::array::layout::{show, wrap_dim};
use crate::tensor::array::{Array, Number, Result};
use crate::tensor::core::{Saved, Tensor, no_grad, record};
use crate::tensor::ops::args::Arg;
use crate::tensor::ops::samples::{Make, Sample, sample};
use crate::tensor::ops::spec::{FUNCTION, IN_PLACE, METHOD, Op};
use crate::tensor::ops::{
    div, expand_to, masked_fill, mul, ones_like, reshape_to, to_dtype, where_, zeros_like,
};

const FACES: u16 = FUNCTION | METHOD | IN_PLACE;

/// `torch.scatter_reduce`
pub static SCATTER_REDUCE: Op = Op {
    signature: "scatter_reduce(input, dim, index, src, reduce, *, include_self=True, out=None) -> Tensor",
    faces: FACES,
    doc: "Elements of `src` combined at the places that `index` names: by 'sum', 'prod', 'mean', 'amax' or 'amin'.",
    examples: &[(
        "torch.zeros(2).scatter_reduce(0, torch.tensor([1, 1]), torch.tensor([1., 2.]), 'amax')",
        "tensor([0., 2.])",
    )],
    samples: |m| {
        scatters(m)
            .into_iter()
            .map(|s| {
                let mut s = s.rough();
                s.args.push("amax".into());
                s
            })
            .collect()
    },
    call: |a| {
        let (x, dim, at, src) = (
            a.tensor("input")?,
            a.int("dim")?,
            a.tensor("index")?,
            a.tensor("src")?,
        );
        Ok(scatter_reduce(x, dim, at, src, a.str("reduce")?, a.bool("include_self")?)?.into())
    },
    ..Op::BASE
};

fn reductions(m: &Make) -> Vec<Sample> {
    let places = Tensor::from_vec(vec![2i64, 0, 2], &[3]).expect("three places");
    ["amax", "amin", "mean", "prod"]
        .iter()
        .map(|how| {
            sample([
                m.distinct(&[3, 2]).into(),
                Arg::Int(0),
                places.clone().into(),
                m.tensor(&[3, 2]).into(),
                (*how).into(),
            ])
        })
        .collect()
}

/// `torch.index_reduce`
pub static INDEX_REDUCE: Op = Op {
    signature: "index_reduce(input, dim, index, source, reduce, *, include_self=True, out=None) -> Tensor",
    faces: FACES,
    node: "IndexReduceBackward0",
    doc: "`source` combined with the given indices of a dimension: by 'prod', 'mean', 'amax' or 'amin'.",
    examples: &[(
        "torch.zeros(2).index_reduce(0, torch.tensor([1, 1]), torch.tensor([1., 2.]), 'amax')",
        "tensor([0., 2.])",
    )],
    samples: |m| {
        if m.floating() {
            reductions(m)
        } else {
            Vec::new()
        }
    },
    call: |a| {
        let (x, at, source) = (a.tensor("input")?, a.tensor("index")?, a.tensor("source")?);
        let how = a.str("reduce")?;
        ensure!(
            matches!(how, "prod" | "mean" | "amax" | "amin"),
            "index_reduce(): Expected reduce to be one of prod, mean, amax or amin but got {how}."
        );
        let d = wrap_dim(a.int("dim")?, x.ndim())?;
        let without = |t: &Tensor| {
            let mut shape = t.shape();
            (d < shape.len()).then(|| shape.remove(d));
            shape
        };
        ensure!(
            x.ndim() == source.ndim() && without(x) == without(source),
            "source tensor shape must match self tensor shape, excluding the specified dimension. Got self.shape = {} source.shape = {}",
            show(&x.shape()),
            show(&source.shape())
        );
        let size = source.shape().get(d).copied().unwrap_or(1);
        ensure!(
            at.numel() == size,
            "index_reduce_(): Number of indices ({}) should be equal to source.size(dim): ({size}), for dim: {d}",
            at.numel()
        );
        let mut shape = vec![1; source.ndim()];
        if let Some(size) = shape.get_mut(d) {
            *size = at.numel();
        }
        let at = expand_to(&reshape_to(at, &shape)?, &source.shape())?;
        Ok(scatter_reduce(x, d as i64, &at, source, how, a.bool("include_self")?)?.into())
    },
    ..Op::BASE
};

/// The values of `torch.scatter_reduce`, computed in `T`.
fn combined<T: Number>(
    x: &Array,
    places: &[usize],
    values: &[T],
    how: &str,
    include_self: bool,
) -> Result<Array> {
    let out = x.to_dtype(T::DTYPE)?.copy()?;
    let mut all = out.slice_mut::<T>();
    if !include_self {
        let start = match how {
            "prod" => T::ONE,
            "amax" => T::LOWEST,
            "amin" => T::HIGHEST,
            _ => T::ZERO,
        };
        places.iter().for_each(|p| all[*p] = start);
    }
    let mut counts = vec![i64::from(include_self); if how == "mean" { all.len() } else { 0 }];
    for (p, v) in places.iter().zip(values) {
        let old = all[*p];
        all[*p] = match how {
            "prod" => old.times(*v),
            "amax" => old.larger(*v),
            "amin" => old.smaller(*v),
            _ => old.plus(*v),
        };
        if how == "mean" {
            counts[*p] += 1;
        }
    }
    for (v, n) in all.iter_mut().zip(counts).filter(|(_, n)| *n > 1) {
        *v = if T::FLOATING {
            T::from_f64(v.to_f64() / n as f64)
        } else {
            v.floor_divide(T::from_i64(n))
        };
    }
    drop(all);
    Ok(out)
}

/// `torch.scatter_reduce`
pub fn scatter_reduce(
    x: &Tensor,
    dim: i64,
    at: &Tensor,
    src: &Tensor,
    reduce: &str,
    include_self: bool,
) -> Result<Tensor> {
    let d = wrap_dim(dim, x.ndim())?;
    check(x, d, at, "scatter_reduce")?;
    same_dtype(x, src, "scatter")?;
    let Some(how) = ["sum", "prod", "mean", "amax", "amin"]
        .iter()
        .find(|known| **known == reduce)
    else {
        bail!("reduce argument must be either sum, prod, mean, amax or amin, got {reduce}.")
    };
    let covered = covered(src, at)?;
    let whole = covered.shape() == src.shape().as_slice();
    let places = targets(
        &crate::tensor::array::Layout::contiguous(&x.shape()),
        d,
        &at.array(),
    )?;
    let dtype = x.dtype();
    let out = dispatch_wide!(dtype, T => {
        combined::<T>(&x.array(), &places, &covered.to_vec::<T>()?, how, include_self)
    })?
    .to_dtype(dtype)?;
    ensure!(
        whole || !crate::tensor::core::requires_recording(&[src]),
        NotImplemented,
        "the derivative of torch.scatter_reduce with an index smaller than src"
    );
    let kept = (Saved::input(x), Saved::input(src), Saved::result(&out));
    let at = at.clone();
    Ok(record(
        "ScatterReduceBackward0",
        [x, src],
        out,
        kept,
        move |g, (x, src, y), c| {
            let place = Place { dim, at: &at };
            let (x, src, y) = (c.get(x)?, c.get(src)?, c.get(y)?);
            let (for_x, for_src) = place.gradients(g, &x, &src, &y, how, include_self)?;
            let for_x = if include_self {
                for_x
            } else {
                let blank = Tensor::from_array(Array::zeros(&at.shape(), g.dtype())?);
                scatter_value(&for_x, dim, &at, &blank)?
            };
            Ok([Some(for_x), Some(for_src)])
        },
    ))
}

/// Where elements go.
struct Place<'a> {
    dim: i64,
    at: &'a Tensor,
}

impl Place<'_> {
    fn gather(&self, x: &Tensor) -> Result<Tensor> {
        gather(x, self.dim, self.at)
    }

    fn add(&self, x: &Tensor, src: &Tensor) -> Result<Tensor> {
        scatter_add(x, self.dim, self.at, src)
    }

    /// The gradients for the tensor and for the source, as `scatter_reduce_backward` in PyTorch's FunctionsManual.cpp.
    fn gradients(
        &self,
        g: &Tensor,
        x: &Tensor,
        src: &Tensor,
        y: &Tensor,
        how: &str,
        include_self: bool,
    ) -> Result<(Tensor, Tensor)> {
        match how {
            "sum" => Ok((g.clone(), self.gather(g)?)),
            "mean" => {
                let start = if include_self {
                    ones_like(x)?
                } else {
                    zeros_like(x)?
                };
                let counts = self.add(&start.detach(), &ones_like(src)?)?;
                let none = same(&counts, &zeros_like(&counts)?)?;
                let share = div(g, &masked_fill(&counts, &none, 1i64)?)?;
                let for_src = self.gather(&share)?;
                Ok((share, for_src))
            }
            "prod" => self.product_gradients(g, x, src, y, include_self),
            _ => {
                let is_x = to_dtype(&same(x, y)?, x.dtype())?;
                let is_src = to_dtype(&same(src, &self.gather(y)?)?, x.dtype())?;
                let share = div(g, &self.add(&is_x, &is_src)?)?;
                Ok((mul(&is_x, &share)?, mul(&is_src, &self.gather(&share)?)?))
            }
        }
    }

    /// Of products; a factor that is the only zero at its place gets the product of the others.
    fn product_gradients(
        &self,
        g: &Tensor,
        x: &Tensor,
        src: &Tensor,
        y: &Tensor,
        include_self: bool,
    ) -> Result<(Tensor, Tensor)> {
        let is_zero = |t: &Tensor| same(t, &zeros_like(t)?);
        let without = masked_fill(x, &is_zero(x)?, 1i64)?;
        let others = scatter_reduce(&without, self.dim, self.at, src, "prod", include_self)?;
        let for_x = div(&mul(g, &others)?, &without)?;
        let zero = is_zero(src)?;
        let zeros = self.add(&zeros_like(x)?, &to_dtype(&zero, x.dtype())?)?;
        let single = same(&self.gather(&zeros)?, &ones_like(src)?)?;
        let single = crate::tensor::ops::mul(&single, &zero)?;
        let rest = masked_fill(src, &single, 1i64)?;
        let rest = scatter_reduce(x, self.dim, self.at, &rest, "prod", include_self)?;
        let plain = div(&self.gather(&mul(g, y)?)?, &masked_fill(src, &zero, 1i64)?)?;
        let for_src = where_(&single, &self.gather(&mul(g, &rest)?)?, &plain)?;
        Ok((for_x, for_src))
    }
}

/// Where two tensors of one shape are equal, as bools without history.
fn same(x: &Tensor, y: &Tensor) -> Result<Tensor> {
    no_grad(|| crate::tensor::ops::eq(x, y))
}
