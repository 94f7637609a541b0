//! Norms of matrices, and condition numbers.

use super::batch::{check_float, check_matrix, check_square, rectangles};
use super::spectral::svd;
use super::systems::inverse;
use crate::tensor::array::error::{bail, ensure};
use crate::tensor::array::layout::{show, wrap_dim};
use crate::tensor::array::{Result, Scalar};
use crate::tensor::core::Tensor;
use crate::tensor::ops::args::{Arg, Args};
use crate::tensor::ops::samples::{Make, Sample};
use crate::tensor::ops::spec::{LINALG, Op};
use crate::tensor::ops::{div, mul, permute, select_index, sum_dims, to_dtype, unsqueeze};

fn one(m: &Make) -> Vec<Sample> {
    rectangles(m, &[&[3, 3]])
}

/// The norm of the matrices in two dimensions.
fn matrix_norm(x: &Tensor, order: &Arg, dims: [i64; 2], keepdim: bool) -> Result<Tensor> {
    check_float(x, "linalg.matrix_norm")?;
    ensure!(
        x.ndim() >= 2,
        "linalg.matrix_norm: The input tensor A must have at least 2 dimensions."
    );
    let (first, second) = (wrap_dim(dims[0], x.ndim())?, wrap_dim(dims[1], x.ndim())?);
    ensure!(
        first != second,
        "linalg.matrix_norm: dims must be different. Got ({}, {})",
        dims[0],
        dims[1]
    );
    let vector = |x: &Tensor, p: f64, d: &[i64], keep: bool| {
        crate::tensor::ops::norm(x, p, Some(d), keep, None)
    };
    let number = match order {
        Arg::Str(s) if s == "fro" => {
            return vector(x, 2.0, &[first as i64, second as i64], keepdim);
        }
        Arg::Str(s) if s == "nuc" => None,
        Arg::Str(s) => bail!("linalg.matrix_norm: Order {s} not supported."),
        other => match other.as_scalar() {
            Some(p) => Some(p.to_f64()),
            None => bail!(
                "linalg.matrix_norm: Order {} not supported.",
                other.type_name()
            ),
        },
    };
    let out = match number {
        None | Some(2.0 | -2.0) => {
            let mut order: Vec<i64> = (0..x.ndim() as i64).collect();
            order.retain(|d| *d != first as i64 && *d != second as i64);
            order.extend([first as i64, second as i64]);
            let [_, s, _] = svd(&permute(x, &order)?, false, "linalg.matrix_norm")?;
            let flat = match number {
                None => sum_dims(&s, Some(&[-1]), false, None)?,
                Some(p) => extremes(&s, -1, false, p > 0.0)?,
            };
            if !keepdim {
                return Ok(flat);
            }
            let flat = unsqueeze(&flat, first.min(second) as i64)?;
            return unsqueeze(&flat, first.max(second) as i64);
        }
        Some(p) if p.abs() == 1.0 || p.is_infinite() => {
            let (sum, over) = if p.abs() == 1.0 {
                (first, second)
            } else {
                (second, first)
            };
            let sums = vector(x, 1.0, &[sum as i64], true)?;
            extremes(&sums, over as i64, true, p > 0.0)?
        }
        Some(p) => bail!("linalg.matrix_norm: Order {p} not supported."),
    };
    if keepdim {
        return Ok(out);
    }
    crate::tensor::ops::squeeze(&out, Some(&[first as i64, second as i64]))
}

fn extremes(x: &Tensor, dim: i64, keepdim: bool, largest: bool) -> Result<Tensor> {
    let d = wrap_dim(dim, x.ndim())?;
    if largest && x.shape()[d] == 0 {
        // The largest of no sizes is 0.
        return sum_dims(x, Some(&[dim]), keepdim, None);
    }
    let name = if largest {
        "AmaxBackward0"
    } else {
        "AminBackward0"
    };
    crate::tensor::ops::reduce::extreme::amount(name, x, Some(&[dim]), keepdim, largest)
}

fn in_dtype(x: &Tensor, a: &Args) -> Result<Tensor> {
    match a.dtype("dtype")? {
        Some(dtype) => to_dtype(x, dtype),
        None => Ok(x.clone()),
    }
}

/// `torch.linalg.matrix_norm`
pub static LINALG_MATRIX_NORM: Op = Op {
    signature: "linalg_matrix_norm(A, ord='fro', dim=(-2, -1), keepdim=False, *, dtype=None, out=None) -> Tensor",
    faces: LINALG,
    doc: "A norm of matrices: 'fro', 'nuc', inf, -inf, 1, -1, 2 or -2.",
    examples: &[(
        "torch.linalg.matrix_norm(torch.tensor([[3., 0.], [0., 4.]]))",
        "tensor(5.)",
    )],
    samples: |m| {
        let mut all = one(m);
        for order in ["nuc", "fro"] {
            all.extend(one(m).into_iter().map(|s| s.with("ord", order)));
        }
        all.extend(one(m).into_iter().map(|s| s.with("ord", 2.0)));
        all
    },
    call: |a| {
        let x = in_dtype(a.tensor("A")?, a)?;
        let dims = match a.get("dim") {
            None => [-2, -1],
            Some(_) => {
                let dims = a.ints("dim")?;
                ensure!(
                    dims.len() == 2,
                    "linalg.matrix_norm: dim must be a 2-tuple. Got {}",
                    show(&dims)
                );
                [dims[0], dims[1]]
            }
        };
        Ok(matrix_norm(&x, &a.arg("ord"), dims, a.bool("keepdim")?)?.into())
    },
    ..Op::BASE
};

/// `torch.linalg.norm`
pub static LINALG_NORM: Op = Op {
    signature: "linalg_norm(A, ord=None, dim=None, keepdim=False, *, out=None, dtype=None) -> Tensor",
    faces: LINALG,
    doc: "A norm of vectors or matrices.",
    examples: &[(
        "torch.linalg.norm(torch.tensor([[3., 0.], [0., 4.]]))",
        "tensor(5.)",
    )],
    samples: one,
    call: |a| {
        let x = in_dtype(a.tensor("A")?, a)?;
        let (dims, keep) = (a.opt_ints("dim")?, a.bool("keepdim")?);
        let Some(order) = a.get("ord") else {
            let out = crate::tensor::ops::norm(&x, 2.0, dims.as_deref(), keep, None)?;
            return Ok(out.into());
        };
        let count = dims.as_ref().map_or(x.ndim(), |d| d.len());
        ensure!(
            dims.is_some() && matches!(count, 1 | 2) || dims.is_none() && matches!(count, 1 | 2),
            "{}",
            if dims.is_some() {
                format!(
                    "linalg.norm: If dim is specified, it must be of length 1 or 2. Got {}",
                    show(&dims.clone().unwrap_or_default())
                )
            } else {
                "linalg.norm: If dim is not specified but ord is, the input must be 1D or 2D. Got "
                    .to_string()
                    + &x.ndim().to_string()
                    + "D."
            }
        );
        if count == 1 {
            ensure!(
                order.as_scalar().is_some(),
                "linalg.norm: Order {} not supported for vectors",
                if let Arg::Str(s) = order { s } else { "" }
            );
            return Ok(
                crate::tensor::ops::norm(&x, a.float("ord")?, dims.as_deref(), keep, None)?.into(),
            );
        }
        let dims = dims.map_or([-2, -1], |d| [d[0], d[1]]);
        Ok(matrix_norm(&x, order, dims, keep)?.into())
    },
    ..Op::BASE
};

/// The nuclear norm, for `torch.norm`.
pub fn nuclear_norm(x: &Tensor, dims: Option<&[i64]>, keepdim: bool) -> Result<Tensor> {
    let dims = match dims {
        None => [-2, -1],
        Some([first, second]) => [*first, *second],
        Some(_) => bail!("nuclear norm requires a 'dim' argument of size 2"),
    };
    matrix_norm(x, &"nuc".into(), dims, keepdim)
}

/// `torch.linalg.cond`
pub static LINALG_COND: Op = Op {
    signature: "linalg_cond(A, p=None, *, out=None) -> Tensor",
    faces: LINALG,
    doc: "The condition number: the norm times the norm of the inverse.",
    examples: &[(
        "torch.linalg.cond(torch.tensor([[2., 0.], [0., 4.]]))",
        "tensor(2.)",
    )],
    samples: one,
    call: |a| {
        let x = a.tensor("A")?;
        check_matrix(x, "linalg.cond", "A")?;
        let order = a.get("p").cloned().unwrap_or(Arg::Int(2));
        if let Some(p) = order
            .as_scalar()
            .map(Scalar::to_f64)
            .filter(|p| p.abs() == 2.0)
        {
            let [_, s, _] = svd(x, false, "linalg.cond")?;
            let d = s.ndim() - 1;
            let k = s.shape()[d];
            if k == 0 {
                return Ok(sum_dims(&s, Some(&[-1]), false, None)?.into());
            }
            let (top, low) = (select_index(&s, d, 0), select_index(&s, d, k - 1));
            return Ok(if p > 0.0 {
                div(&top, &low)?
            } else {
                div(&low, &top)?
            }
            .into());
        }
        check_square(x, "linalg.cond")?;
        let norm = |t: &Tensor| matrix_norm(t, &order, [-2, -1], false);
        Ok(mul(&norm(x)?, &norm(&inverse(x)?)?)?.into())
    },
    ..Op::BASE
};
