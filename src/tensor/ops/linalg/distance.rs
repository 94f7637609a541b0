//! Distances between rows, and rows brought to a norm.

use crate::tensor::array::Result;
use crate::tensor::array::error::{bail, ensure};
use crate::tensor::array::layout::wrap_dim;
use crate::tensor::core::{Saved, Tensor, no_grad, record};
use crate::tensor::ops::args::Arg;
use crate::tensor::ops::samples::sample;
use crate::tensor::ops::spec::{FUNCTION, FUNCTIONAL, IN_PLACE, METHOD, Op};
use crate::tensor::ops::{
    add, cat, clamp, div, eq, gt, index_select, masked_fill, matmul, mul, norm, ones_like, sqrt,
    sub, sum_dims, sum_to, transpose, unsqueeze, where_,
};

/// `torch.cdist`
pub static CDIST: Op = Op {
    signature: "cdist(x1, x2, p=2.0, compute_mode='use_mm_for_euclid_dist_if_necessary') -> Tensor",
    node: "CdistBackward0",
    doc: "The `p`-norm distances between the rows of two matrices.",
    examples: &[(
        "torch.cdist(torch.tensor([[0., 0.]]), torch.tensor([[3., 4.]]))",
        "tensor([[5.]])",
    )],
    samples: |m| {
        if !m.floating() {
            return Vec::new();
        }
        vec![sample([m.tensor(&[2, 3]).into(), m.tensor(&[4, 3]).into()])]
    },
    call: |a| {
        let (x, y, p) = (a.tensor("x1")?, a.tensor("x2")?, a.float("p")?);
        for (name, t) in [("X1", x), ("X2", y)] {
            ensure!(
                t.dtype().is_floating_point(),
                "cdist only supports floating-point dtypes, {name} got: {}",
                t.dtype().scalar_name()
            );
        }
        for (name, t) in [("X1", x), ("X2", y)] {
            ensure!(
                t.ndim() >= 2,
                "cdist only supports at least 2D tensors, {name} got: {}D",
                t.ndim()
            );
        }
        let columns = |t: &Tensor| t.shape().last().copied().unwrap_or(0);
        ensure!(
            columns(x) == columns(y),
            "X1 and X2 must have the same number of columns. X1: {} X2: {}",
            columns(x),
            columns(y)
        );
        ensure!(p >= 0.0, "cdist only supports non-negative p values");
        let rows = |t: &Tensor| t.shape()[t.ndim() - 2];
        let by_product = match a.opt_str("compute_mode")? {
            Some("use_mm_for_euclid_dist") => true,
            Some("donot_use_mm_for_euclid_dist") => false,
            Some("use_mm_for_euclid_dist_if_necessary") => rows(x) > 25 || rows(y) > 25,
            other => bail!(
                Value,
                "{} is not a valid value for compute_mode",
                other.unwrap_or("None")
            ),
        };
        if by_product && p == 2.0 && columns(x) > 0 {
            return Ok(euclidean(x, y)?.into());
        }
        let difference = sub(&unsqueeze(x, -2)?, &unsqueeze(y, -3)?)?;
        if columns(x) == 0 {
            let sums = sum_dims(&difference, Some(&[-1]), false, None)?;
            return Ok(sums.into());
        }
        Ok(norm(&difference, p, Some(&[-1]), false, None)?.into())
    },
    ..Op::BASE
};

/// Distances by the product of `(-2x, |x|², 1)` and `(y, 1, |y|²)`, as `_euclidean_dist` in ATen.
fn euclidean(x: &Tensor, y: &Tensor) -> Result<Tensor> {
    let out = no_grad(|| {
        let squares = |t: &Tensor| sum_dims(&mul(t, t)?, Some(&[-1]), true, None);
        let (xx, yy) = (squares(x)?, squares(y)?);
        let left = cat(&[mul(x, -2i64)?, xx.clone(), ones_like(&xx)?], -1)?;
        let right = cat(&[y.clone(), ones_like(&yy)?, yy], -1)?;
        let squares = matmul(&left, &transpose(&right, -2, -1)?)?;
        sqrt(&clamp(&squares, Some(0i64.into()), None)?)
    })?;
    let out = out.to_array();
    let kept = [Saved::input(x), Saved::input(y), Saved::result(&out)];
    Ok(record(
        "EuclideanDistBackward0",
        [x, y],
        out,
        kept,
        |g, [x, y, d], c| {
            let (x, y, d) = (c.get(x)?, c.get(y)?, c.get(d)?);
            let ratio = masked_fill(&div(g, &d)?, &eq(&d, 0i64)?, 0i64)?;
            let pull = |ratio: &Tensor, x: &Tensor, y: &Tensor| {
                let own = mul(x, &sum_dims(ratio, Some(&[-1]), true, None)?)?;
                sum_to(&sub(&own, &matmul(ratio, y)?)?, &x.shape())
            };
            Ok([
                c.when(0, || pull(&ratio, &x, &y))?,
                c.when(1, || pull(&transpose(&ratio, -2, -1)?, &y, &x))?,
            ])
        },
    ))
}

/// `torch.pdist`
pub static PDIST: Op = Op {
    signature: "pdist(input, p=2) -> Tensor",
    faces: FUNCTION | FUNCTIONAL,
    node: "PdistBackward0",
    doc: "The `p`-norm distances between all pairs of rows.",
    examples: &[(
        "torch.pdist(torch.tensor([[0., 0.], [3., 4.]]))",
        "tensor([5.])",
    )],
    samples: |m| {
        if !m.floating() {
            return Vec::new();
        }
        vec![sample([m.tensor(&[4, 3]).into()])]
    },
    call: |a| {
        let (x, p) = (a.tensor("input")?, a.float("p")?);
        ensure!(
            x.ndim() == 2,
            "pdist only supports 2D tensors, got: {}D",
            x.ndim()
        );
        ensure!(
            x.dtype().is_floating_point(),
            "pdist only supports floating-point dtypes"
        );
        ensure!(p >= 0.0, "pdist only supports non-negative p values");
        let n = x.shape()[0] as i64;
        let pairs: Vec<(i64, i64)> = (0..n)
            .flat_map(|i| (i + 1..n).map(move |j| (i, j)))
            .collect();
        let place = |all: Vec<i64>| Tensor::from_vec(all, &[pairs.len()]);
        let first = index_select(x, 0, &place(pairs.iter().map(|p| p.0).collect())?)?;
        let second = index_select(x, 0, &place(pairs.iter().map(|p| p.1).collect())?)?;
        Ok(norm(&sub(&first, &second)?, p, Some(&[1]), false, None)?.into())
    },
    ..Op::BASE
};

/// `torch.renorm`
pub static RENORM: Op = Op {
    signature: "renorm(input, p, dim, maxnorm, *, out=None) -> Tensor",
    faces: FUNCTION | METHOD | IN_PLACE,
    node: "RenormBackward0",
    doc: "The parts along a dimension whose `p`-norm is greater than `maxnorm`, brought down to it.",
    examples: &[(
        "torch.renorm(torch.tensor([[3., 4.], [0., 1.]]), 2, 0, 1)",
        "tensor([[0.6000, 0.8000],\n        [0.0000, 1.0000]])",
    )],
    samples: |m| {
        if !m.floating() {
            return Vec::new();
        }
        vec![sample([
            m.tensor(&[3, 4]).into(),
            Arg::Int(2),
            Arg::Int(0),
            Arg::Float(2.0),
        ])]
    },
    call: |a| {
        let (x, p, most) = (a.tensor("input")?, a.float("p")?, a.float("maxnorm")?);
        ensure!(
            x.ndim() >= 2,
            "renorm: input needs at least 2 dimensions, got {} dimensions",
            x.ndim()
        );
        ensure!(p > 0.0, "renorm: non-positive norm not supported");
        ensure!(
            most >= 0.0,
            "renorm: expected maxnorm to be >= 0 but got {most}"
        );
        let d = wrap_dim(a.int("dim")?, x.ndim())?;
        let dims: Vec<i64> = (0..x.ndim() as i64).filter(|k| *k != d as i64).collect();
        let size = norm(x, p, Some(&dims), true, None)?;
        let factor = div(
            &crate::tensor::ops::full_like_dtype(&size, most.into(), size.dtype())?,
            &add(&size, 1e-7)?,
        )?;
        let over = no_grad(|| gt(&size, most))?;
        Ok(mul(x, &where_(&over, &factor, &ones_like(&size)?)?)?.into())
    },
    ..Op::BASE
};
