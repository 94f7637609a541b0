//! What decompositions are good for: pseudo-inverses, least squares, ranks, norms, powers, tensor equations.

use super::batch::{
    adjoint, check_float, check_matrix, check_square, rectangles, sizes, squares, with,
};
use super::decompose::{eigh, product, svd};
use super::lu::{inverse, solve};
use super::matmul::{dot, matmul};
use crate::tensor::array::error::{bail, ensure};
use crate::tensor::array::layout::{show, wrap_dim};
use crate::tensor::array::{Array, DType, Dims, Result, Scalar};
use crate::tensor::core::{Saved, Tensor, no_grad, record};
use crate::tensor::ops::args::{Arg, Args, Out};
use crate::tensor::ops::samples::{Make, Sample, sample};
use crate::tensor::ops::spec::{FUNCTION, LINALG, METHOD, Op};
use crate::tensor::ops::{
    abs, add, diagonal, div, expand_to, eye, flip, gt, maximum, mul, permute, reciprocal,
    reshape_to, select_index, sqrt, sub, sum_dims, to_dtype, unsqueeze, where_,
};

fn one(m: &Make) -> Vec<Sample> {
    rectangles(m, &[&[3, 3]])
}

/// `atol` or `rtol`: a number or a tensor of the batch's shape.
fn tolerance(a: &Args, name: &str, x: &Tensor) -> Result<Option<Tensor>> {
    if a.get(name).is_none() {
        return Ok(None);
    }
    let t = match a.operand(name)? {
        crate::tensor::core::Operand::Tensor(t) => {
            ensure!(
                !crate::tensor::core::requires_recording(&[t]),
                "The function 'linalg_pinv' is not differentiable with respect to argument '{}'. This input cannot have requires_grad True.",
                if name == "atol" { "atol" } else { "rtol" }
            );
            t.clone()
        }
        crate::tensor::core::Operand::Scalar(s) => Tensor::from_array(Array::from_scalar(
            Scalar::Float(s.to_f64()),
            DType::Float64,
        )),
    };
    to_dtype(&t.detach(), x.dtype()).map(Some)
}

/// The bound under which a singular value counts as zero: `max(atol, rtol * largest)`, without history.
fn bound(
    x: &Tensor,
    largest: &Tensor,
    atol: Option<Tensor>,
    rtol: Option<Tensor>,
) -> Result<Tensor> {
    let (_, m, n) = sizes(x);
    let eps = if x.dtype() == DType::Float64 {
        f64::EPSILON
    } else {
        f64::from(f32::EPSILON)
    };
    let zero = || Ok(Tensor::from_array(Array::zeros(&[], x.dtype())?)) as Result<Tensor>;
    let usual = Array::from_scalar(Scalar::Float(eps * m.max(n) as f64), x.dtype());
    let (atol, rtol) = match (atol, rtol) {
        (None, None) => (zero()?, Tensor::from_array(usual)),
        (Some(a), None) => {
            // Without an absolute bound the usual relative one counts.
            let none = gt(&a, 0i64)?;
            let relative = where_(&none, &zero()?, &Tensor::from_array(usual))?;
            (a, relative)
        }
        (None, Some(r)) => (zero()?, r),
        (Some(a), Some(r)) => (a, r),
    };
    let limit = mul(&rtol, &largest.detach())?;
    unsqueeze(&maximum(&expand_like(&atol, &limit)?, &limit)?, -1)
}

fn expand_like(x: &Tensor, like: &Tensor) -> Result<Tensor> {
    let shape = crate::tensor::ops::broadcast_tensor_shapes(x, like)?;
    expand_to(x, &shape)
}

/// The singular values (or sizes of eigenvalues) in descending order and the largest.
fn spectrum(x: &Tensor, hermitian: bool, name: &str) -> Result<(Tensor, Tensor)> {
    let s = if hermitian {
        abs(&eigh(x, false, name)?.0)?
    } else {
        svd(x, false, name)?[1].clone()
    };
    let largest = if s.numel() == 0 {
        let (batch, ..) = sizes(x);
        Tensor::from_array(Array::zeros(&batch, x.dtype())?)
    } else {
        crate::tensor::ops::extreme_dim(&s, -1, false, true)?.0
    };
    Ok((s, largest))
}

/// `torch.linalg.matrix_rank`
pub static LINALG_MATRIX_RANK: Op = Op {
    signature: "linalg_matrix_rank(A, tol=None, hermitian=False, *, atol=None, rtol=None, out=None) -> Tensor",
    faces: LINALG,
    doc: "How many singular values are greater than `max(atol, rtol * largest)`.",
    examples: &[("torch.linalg.matrix_rank(torch.ones(2, 2))", "tensor(1)")],
    samples: |m| one(m).into_iter().map(Sample::rough).collect(),
    call: |a| {
        let x = &a.tensor("A")?.detach();
        check_matrix(x, "linalg.matrix_rank", "A")?;
        let hermitian = a.bool("hermitian")?;
        if hermitian {
            check_square(x, "linalg.matrix_rank")?;
        }
        let (s, largest) = spectrum(x, hermitian, "linalg.matrix_rank")?;
        let atol = match tolerance(a, "tol", x)? {
            Some(t) => (Some(t), tolerance(a, "rtol", x)?.or(Some(zero_like(x)?))),
            None => (tolerance(a, "atol", x)?, tolerance(a, "rtol", x)?),
        };
        let limit = bound(x, &largest, atol.0, atol.1)?;
        Ok(sum_dims(&gt(&s, &limit)?, Some(&[-1]), false, Some(DType::Int64))?.into())
    },
    ..Op::BASE
};

fn zero_like(x: &Tensor) -> Result<Tensor> {
    Ok(Tensor::from_array(Array::zeros(&[], x.dtype())?))
}

/// `torch.linalg.pinv`
pub static LINALG_PINV: Op = Op {
    signature: "linalg_pinv(A, rcond=None, hermitian=False, *, atol=None, rtol=None, out=None) -> Tensor",
    faces: LINALG,
    doc: "The pseudo-inverse: inverted are the singular values greater than `max(atol, rtol * largest)`.",
    examples: &[(
        "torch.linalg.pinv(torch.tensor([[2., 0.], [0., 0.]]))",
        "tensor([[0.5000, 0.0000],\n        [0.0000, 0.0000]])",
    )],
    samples: |m| rectangles(m, &[&[3, 3], &[3, 2], &[2, 3]]),
    call: |a| {
        let x = a.tensor("A")?;
        let rtol = match tolerance(a, "rcond", x)? {
            Some(r) => Some(r),
            None => tolerance(a, "rtol", x)?,
        };
        Ok(pinv(x, tolerance(a, "atol", x)?, rtol, a.bool("hermitian")?)?.into())
    },
    ..Op::BASE
};

/// `torch.pinverse`
pub static PINVERSE: Op = Op {
    signature: "pinverse(input, rcond=1e-15) -> Tensor",
    faces: FUNCTION | METHOD,
    doc: "The pseudo-inverse.",
    samples: one,
    call: |a| {
        let x = a.tensor("input")?;
        let rcond = Tensor::from_array(Array::from_scalar(a.scalar("rcond")?, x.dtype()));
        Ok(pinv(x, None, Some(rcond), false)?.into())
    },
    ..Op::BASE
};

/// `torch.linalg.pinv`; the gradient is that of Golub and Pereyra, 1973, as in PyTorch's pinv_backward.
fn pinv(x: &Tensor, atol: Option<Tensor>, rtol: Option<Tensor>, hermitian: bool) -> Result<Tensor> {
    check_matrix(x, "linalg.pinv", "A")?;
    if hermitian {
        check_square(x, "linalg.pinv")?;
    }
    let out = no_grad(|| pinv_values(x, atol, rtol, hermitian))?.to_array();
    let kept = (Saved::input(x), Saved::result(&out));
    Ok(record(
        "LinalgPinvBackward0",
        [x],
        out,
        kept,
        |g, (x, y), c| {
            let (x, y) = (c.get(x)?, c.get(y)?);
            let (_, m, n) = sizes(&x);
            let (yh, gh) = (adjoint(&y)?, adjoint(g)?);
            let out = if m <= n {
                let k = matmul(&gh, &y)?;
                let kyh = matmul(&k, &yh)?;
                let first = sub(&kyh, &adjoint(&matmul(&y, &k)?)?)?;
                let rest = sub(&gh, &matmul(&k, &x)?)?;
                let third = product(&yh, &y, &rest)?;
                add(&sub(&first, &product(&x, &y, &kyh)?)?, &third)
            } else {
                let k = matmul(&y, &gh)?;
                let yhk = matmul(&yh, &k)?;
                let rest = sub(&gh, &matmul(&x, &k)?)?;
                let first = sub(&product(&rest, &y, &yh)?, &adjoint(&matmul(&k, &y)?)?)?;
                sub(&add(&first, &yhk)?, &product(&yhk, &y, &x)?)
            };
            Ok([Some(out?)])
        },
    ))
}

fn pinv_values(
    x: &Tensor,
    atol: Option<Tensor>,
    rtol: Option<Tensor>,
    hermitian: bool,
) -> Result<Tensor> {
    let (batch, m, n) = sizes(x);
    if x.numel() == 0 {
        return Ok(Tensor::from_array(Array::zeros(
            &with(&batch, &[n, m]),
            x.dtype(),
        )?));
    }
    let (_, largest) = spectrum(x, hermitian, "linalg.pinv")?;
    let limit = bound(x, &largest, atol, rtol)?;
    let inverted = |s: &Tensor| -> Result<Tensor> {
        let zero = crate::tensor::ops::zeros_like(s)?;
        where_(&gt(&abs(s)?, &limit)?, &reciprocal(s)?, &zero)
    };
    if hermitian {
        let (d, v) = eigh(x, false, "linalg.pinv")?;
        let scaled = mul(&v, &unsqueeze(&inverted(&d)?, -2)?)?;
        return matmul(&scaled, &adjoint(&v)?);
    }
    let [u, s, vh] = svd(x, false, "linalg.pinv")?;
    let scaled = mul(&adjoint(&vh)?, &unsqueeze(&inverted(&s)?, -2)?)?;
    matmul(&scaled, &adjoint(&u)?)
}

/// `torch.linalg.lstsq`
pub static LINALG_LSTSQ: Op = Op {
    signature: "linalg_lstsq(A, B, rcond=None, *, driver=None) -> (solution, residuals, rank, singular_values)",
    faces: LINALG,
    doc: "The `X` for which `A X - B` has the least square norm, and what the driver finds out on the way.",
    examples: &[(
        "torch.linalg.lstsq(torch.tensor([[1.], [1.]]), torch.tensor([[1.], [3.]])).solution",
        "tensor([[2.0000]])",
    )],
    samples: |m| {
        if !m.floating() {
            return Vec::new();
        }
        vec![sample([m.tensor(&[4, 2]).into(), m.tensor(&[4, 1]).into()])]
    },
    call: lstsq,
    ..Op::BASE
};

fn lstsq(a: &Args) -> Result<Out> {
    let (x, b) = (a.tensor("A")?, a.tensor("B")?);
    check_float(x, "torch.linalg.lstsq")?;
    ensure!(
        x.ndim() >= 2,
        "torch.linalg.lstsq: input must have at least 2 dimensions."
    );
    ensure!(
        b.ndim() >= 1,
        "torch.linalg.lstsq: other must have at least 1 dimension."
    );
    let driver = a.opt_str("driver")?.unwrap_or("gelsy");
    ensure!(
        matches!(driver, "gels" | "gelsy" | "gelsd" | "gelss"),
        "torch.linalg.lstsq: parameter `driver` should be one of (gels, gelsy, gelsd, gelss)"
    );
    let (_, m, n) = sizes(x);
    let vector = x.ndim() == b.ndim() + 1 && b.shape()[..] == x.shape()[..x.ndim() - 1];
    let b = if vector { unsqueeze(b, -1)? } else { b.clone() };
    ensure!(
        b.shape()[b.ndim() - 2] == m,
        "torch.linalg.lstsq: input.size(-2) should match other.size(-2)"
    );
    let rcond = tolerance(a, "rcond", x)?;
    let (s, largest) = no_grad(|| spectrum(x, false, "torch.linalg.lstsq"))?;
    let limit = bound(x, &largest, None, rcond.clone())?;
    let rank = sum_dims(&gt(&s, &limit)?, Some(&[-1]), false, Some(DType::Int64))?;
    let solution = matmul(&pinv(x, None, rcond, false)?, &b)?;
    let empty = |dtype: DType| Ok(Tensor::from_array(Array::zeros(&[0], dtype)?)) as Result<Tensor>;
    let full_rank = rank.to_vec::<i64>()?.iter().all(|r| *r == n as i64);
    let residuals = if m > n && driver != "gelsy" && full_rank {
        let rest = sub(&matmul(x, &solution)?, &b)?;
        sum_dims(&mul(&rest, &rest)?, Some(&[-2]), false, None)?
    } else {
        empty(x.dtype())?
    };
    Ok(Out::Named {
        name: "linalg_lstsq",
        fields: &["solution", "residuals", "rank", "singular_values"],
        values: vec![
            if vector {
                crate::tensor::ops::squeeze_dim(&solution, -1)?
            } else {
                solution
            },
            residuals,
            if driver == "gels" {
                empty(DType::Int64)?
            } else {
                rank
            },
            if matches!(driver, "gelsd" | "gelss") {
                s
            } else {
                empty(x.dtype())?
            },
        ],
    })
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
            ensure!(k > 0, "linalg.cond: expected a matrix that is not empty");
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

/// `torch.linalg.polar`
pub static LINALG_POLAR: Op = Op {
    signature: "linalg_polar(A, *, out=None) -> (U, H)",
    faces: LINALG,
    doc: "`A = U H`: orthonormal columns and a positive semidefinite matrix.",
    samples: |m| rectangles(m, &[&[3, 3], &[3, 2]]),
    call: |a| {
        let x = a.tensor("A")?;
        let (m, n) = check_matrix(x, "linalg.polar", "A")?;
        ensure!(
            m >= n,
            "linalg.polar: expected A to have at least as many rows as columns, got {m} by {n} matrices"
        );
        let [u, s, vh] = svd(x, false, "linalg.polar")?;
        let v = adjoint(&vh)?;
        let h = matmul(&mul(&v, &unsqueeze(&s, -2)?)?, &vh)?;
        Ok(Out::Named {
            name: "linalg_polar",
            fields: &["U", "H"],
            values: vec![matmul(&u, &vh)?, h],
        })
    },
    ..Op::BASE
};

/// `torch.linalg.matrix_sqrth`
pub static LINALG_MATRIX_SQRTH: Op = Op {
    signature: "linalg_matrix_sqrth(A) -> Tensor",
    faces: LINALG,
    doc: "The positive definite square root of a positive definite matrix, of which the lower triangle is read.",
    examples: &[(
        "torch.linalg.matrix_sqrth(torch.tensor([[4., 0.], [0., 9.]]))",
        "tensor([[2., 0.],\n        [0., 3.]])",
    )],
    samples: super::batch::positive_definite,
    call: |a| {
        let (d, v) = eigh(a.tensor("A")?, false, "linalg.matrix_sqrth")?;
        let scaled = mul(&v, &unsqueeze(&sqrt(&d)?, -2)?)?;
        Ok(matmul(&scaled, &adjoint(&v)?)?.into())
    },
    ..Op::BASE
};

/// `torch.linalg.matrix_exp`
pub static LINALG_MATRIX_EXP: Op = Op {
    signature: "linalg_matrix_exp(A) -> Tensor",
    faces: LINALG,
    doc: "The exponential of square matrices.",
    samples: squares,
    call: |a| Ok(matrix_exp(a.tensor("A")?)?.into()),
    ..Op::BASE
};

/// `torch.matrix_exp`
pub static MATRIX_EXP: Op = Op {
    signature: "matrix_exp(input) -> Tensor",
    faces: FUNCTION | METHOD,
    doc: "The exponential of square matrices.",
    examples: &[(
        "torch.matrix_exp(torch.zeros(2, 2))",
        "tensor([[1., 0.],\n        [0., 1.]])",
    )],
    samples: squares,
    call: |a| Ok(matrix_exp(a.tensor("input")?)?.into()),
    ..Op::BASE
};

/// Scaling, a Pade approximant of order 13, and squaring: Higham, 2005.
fn matrix_exp(x: &Tensor) -> Result<Tensor> {
    const B: [f64; 14] = [
        64_764_752_532_480_000.0,
        32_382_376_266_240_000.0,
        7_771_770_303_897_600.0,
        1_187_353_796_428_800.0,
        129_060_195_264_000.0,
        10_559_470_521_600.0,
        670_442_572_800.0,
        33_522_128_640.0,
        1_323_241_920.0,
        40_840_800.0,
        960_960.0,
        16_380.0,
        182.0,
        1.0,
    ];
    let n = check_square(x, "linalg.matrix_exp")?;
    if x.numel() == 0 {
        return crate::tensor::ops::clone(x);
    }
    // The coefficients span seventeen decimal places: computed in double.
    let a = to_dtype(x, DType::Float64)?;
    let sums = no_grad(|| sum_dims(&abs(&a)?, Some(&[-2]), false, None))?;
    let norm = sums.to_vec::<f64>()?.into_iter().fold(0.0, f64::max);
    let squarings = if norm.is_finite() {
        (norm / 5.37).log2().ceil().max(0.0) as i32
    } else {
        0
    };
    let a = mul(&a, 0.5f64.powi(squarings))?;
    let one = eye(n, n, DType::Float64)?;
    let a2 = matmul(&a, &a)?;
    let a4 = matmul(&a2, &a2)?;
    let a6 = matmul(&a4, &a2)?;
    let sum = |c: [f64; 4], first: &Tensor| -> Result<Tensor> {
        let mut out = mul(first, c[0])?;
        for (power, c) in [&a6, &a4, &a2].into_iter().zip(&c[1..]) {
            out = add(&out, &mul(power, *c)?)?;
        }
        Ok(out)
    };
    let odd = matmul(&a6, &sum([0.0, B[13], B[11], B[9]], &one)?)?;
    let odd = matmul(&a, &add(&odd, &sum([B[1], B[7], B[5], B[3]], &one)?)?)?;
    let even = matmul(&a6, &sum([0.0, B[12], B[10], B[8]], &one)?)?;
    let even = add(&even, &sum([B[0], B[6], B[4], B[2]], &one)?)?;
    let mut out = solve(&sub(&even, &odd)?, &add(&even, &odd)?)?;
    for _ in 0..squarings {
        out = matmul(&out, &out)?;
    }
    to_dtype(&out, x.dtype())
}

/// `torch.linalg.multi_dot`
pub static LINALG_MULTI_DOT: Op = Op {
    signature: "linalg_multi_dot(tensors, *, out=None) -> Tensor",
    faces: LINALG,
    doc: "The product of several matrices, multiplied in the order that costs least.",
    examples: &[(
        "torch.linalg.multi_dot([torch.ones(1, 2), torch.ones(2, 2), torch.ones(2, 1)])",
        "tensor([[4.]])",
    )],
    samples: |m| {
        if !m.floating() {
            return Vec::new();
        }
        let all = [[2usize, 3], [3, 4], [4, 2]]
            .iter()
            .map(|s| Arg::Tensor(m.tensor(s)));
        vec![sample([Arg::List(all.collect())])]
    },
    call: |a| Ok(multi_dot(&a.tensors("tensors")?)?.into()),
    ..Op::BASE
};

fn multi_dot(tensors: &[Tensor]) -> Result<Tensor> {
    let n = tensors.len();
    ensure!(
        n >= 2,
        "multi_dot(): expected at least 2 tensors but got {n}"
    );
    let (first, last) = (&tensors[0], &tensors[n - 1]);
    for (t, place, edge) in [(first, "first", true), (last, "last", true)]
        .into_iter()
        .chain(tensors[1..n - 1].iter().map(|t| (t, "", false)))
    {
        if edge {
            ensure!(
                matches!(t.ndim(), 1 | 2),
                "multi_dot(): the {place} tensor must be 1D or 2D but got {}D",
                t.ndim()
            );
        } else {
            ensure!(
                t.ndim() == 2,
                "multi_dot(): tensor {} must be 2D but got {}D",
                tensors.iter().position(|x| x.same(t)).unwrap_or(0),
                t.ndim()
            );
        }
    }
    let mut all = tensors.to_vec();
    if first.ndim() == 1 {
        all[0] = unsqueeze(first, 0)?;
    }
    if last.ndim() == 1 {
        all[n - 1] = unsqueeze(last, -1)?;
    }
    for i in 1..n {
        let (left, right) = (all[i - 1].shape(), all[i].shape());
        ensure!(
            left[1] == right[0],
            "multi_dot(): tensors {} and {i} with shapes {} and {} cannot be multiplied",
            i - 1,
            show(&tensors[i - 1].shape()),
            show(&tensors[i].shape())
        );
    }
    let out = chain(&all)?;
    let shape: Dims = [(first, 0), (last, 1)]
        .into_iter()
        .filter(|(t, _)| t.ndim() == 2)
        .map(|(_, d)| out.shape()[d])
        .collect();
    reshape_to(&out, &shape)
}

/// The product in the cheapest order, by dynamic programming (Cormen et al., 15.2).
fn chain(all: &[Tensor]) -> Result<Tensor> {
    let n = all.len();
    let mut size: Vec<usize> = all.iter().map(|t| t.shape()[0]).collect();
    size.push(all[n - 1].shape()[1]);
    let mut cost = vec![vec![0usize; n]; n];
    let mut cut = vec![vec![0usize; n]; n];
    for length in 1..n {
        for i in 0..n - length {
            let j = i + length;
            let price = |k: usize| {
                let joined = size[i]
                    .saturating_mul(size[k + 1])
                    .saturating_mul(size[j + 1]);
                cost[i][k]
                    .saturating_add(cost[k + 1][j])
                    .saturating_add(joined)
            };
            let best = (i..j).min_by_key(|k| price(*k)).unwrap_or(i);
            let least = price(best);
            (cost[i][j], cut[i][j]) = (least, best);
        }
    }
    multiplied(all, &cut, 0, n - 1)
}

fn multiplied(all: &[Tensor], cut: &[Vec<usize>], i: usize, j: usize) -> Result<Tensor> {
    if i == j {
        return Ok(all[i].clone());
    }
    let k = cut[i][j];
    matmul(
        &multiplied(all, cut, i, k)?,
        &multiplied(all, cut, k + 1, j)?,
    )
}

/// `torch.linalg.tensorinv`
pub static LINALG_TENSORINV: Op = Op {
    signature: "linalg_tensorinv(A, ind=2, *, out=None) -> Tensor",
    faces: LINALG,
    doc: "The inverse of a tensor as a map from its last dimensions to its first `ind`.",
    samples: |m| {
        rectangles(m, &[&[2, 2, 4]])
            .into_iter()
            .map(|s| s.with("ind", 2i64))
            .collect()
    },
    call: |a| {
        let (x, ind) = (a.tensor("A")?, a.int("ind")?);
        check_float(x, "tensorinv")?;
        ensure!(ind > 0, "Expected a strictly positive integer for 'ind'");
        let shape = x.shape();
        let ind = (ind as usize).min(shape.len());
        let size = |s: &[usize]| s.iter().product::<usize>();
        let (rows, columns) = (size(&shape[..ind]), size(&shape[ind..]));
        ensure!(
            rows == columns,
            "Expected self to satisfy the requirement prod(self.shape[ind:]) == prod(self.shape[:ind]), but got {columns} != {rows}"
        );
        let turned: Dims = shape[ind..].iter().chain(&shape[..ind]).copied().collect();
        Ok(reshape_to(&inverse(&reshape_to(x, &[rows, columns])?)?, &turned)?.into())
    },
    ..Op::BASE
};

/// `torch.linalg.tensorsolve`
pub static LINALG_TENSORSOLVE: Op = Op {
    signature: "linalg_tensorsolve(A, B, dims=None, *, out=None) -> Tensor",
    faces: LINALG,
    doc: "The `X` for which `tensordot(A, X, X.ndim)` is `B`.",
    samples: |m| {
        if !m.floating() {
            return Vec::new();
        }
        vec![sample([
            m.tensor(&[2, 2, 4]).into(),
            m.tensor(&[2, 2]).into(),
        ])]
    },
    call: |a| {
        let (mut x, b) = (a.tensor("A")?.clone(), a.tensor("B")?);
        if let Some(dims) = a.opt_ints("dims")? {
            let moved = crate::tensor::array::layout::wrap_dims(&dims, x.ndim())?;
            let mut order: Vec<i64> = (0..x.ndim() as i64).collect();
            order.retain(|d| !moved.contains(&(*d as usize)));
            order.extend(moved.iter().map(|d| *d as i64));
            x = permute(&x, &order)?;
        }
        let shape = x.shape();
        let rest: Dims = shape[b.ndim().min(shape.len())..].iter().copied().collect();
        let (rows, columns) = (b.numel(), rest.iter().product::<usize>());
        ensure!(
            rows == columns,
            "Expected self to satisfy the requirement prod(self.shape[other.ndim:]) == prod(self.shape[:other.ndim]), but got {columns} != {rows}"
        );
        let flat = solve(&reshape_to(&x, &[rows, columns])?, &reshape_to(b, &[rows])?)?;
        Ok(reshape_to(&flat, &rest)?.into())
    },
    ..Op::BASE
};

/// Powers of the elements in columns.
fn vander(x: &Tensor, count: usize) -> Result<Tensor> {
    let mut powers = vec![crate::tensor::ops::ones_like(x)?];
    for k in 1..count {
        powers.push(mul(&powers[k - 1], x)?);
    }
    powers.truncate(count);
    if powers.is_empty() {
        let shape = with(&x.shape(), &[0]);
        return Ok(Tensor::from_array(Array::zeros(&shape, x.dtype())?));
    }
    crate::tensor::ops::stack(&powers, -1)
}

/// `torch.linalg.vander`
pub static LINALG_VANDER: Op = Op {
    signature: "linalg_vander(x, *, N=None) -> Tensor",
    faces: LINALG,
    doc: "The powers of each element, from 0 to `N - 1`.",
    examples: &[(
        "torch.linalg.vander(torch.tensor([1, 2, 3]))",
        "tensor([[1, 1, 1],\n        [1, 2, 4],\n        [1, 3, 9]])",
    )],
    samples: |m| {
        if m.dtype == DType::Bool {
            return Vec::new();
        }
        vec![sample([m.tensor(&[3]).into()])]
    },
    call: |a| {
        let x = a.tensor("x")?;
        let x = &crate::tensor::ops::atleast_1d(x)?;
        let own = x.shape()[x.ndim() - 1] as i64;
        let count = a.opt_int("N")?.unwrap_or(own);
        ensure!(count >= 1, "N must be greater than 1.");
        let x = if x.dtype() == DType::Bool || x.dtype().is_integer() {
            to_dtype(x, DType::Int64)?
        } else {
            x.clone()
        };
        Ok(vander(&x, count as usize)?.into())
    },
    ..Op::BASE
};

/// `torch.vander`
pub static VANDER: Op = Op {
    signature: "vander(x, N=None, increasing=False) -> Tensor",
    doc: "The powers of each element of a vector, the highest first unless `increasing`.",
    examples: &[(
        "torch.vander(torch.tensor([1, 2]), 3)",
        "tensor([[1, 1, 1],\n        [4, 2, 1]])",
    )],
    samples: |m| {
        if m.dtype == DType::Bool {
            return Vec::new();
        }
        vec![sample([m.tensor(&[3]).into()])]
    },
    call: |a| {
        let x = a.tensor("x")?;
        ensure!(x.ndim() == 1, "x must be a one-dimensional tensor.");
        let count = a.opt_int("N")?.unwrap_or(x.numel() as i64);
        ensure!(count >= 0, "N must be non-negative.");
        let out = vander(x, count as usize)?;
        Ok(if a.bool("increasing")? {
            out
        } else {
            flip(&out, &[1])?
        }
        .into())
    },
    ..Op::BASE
};

/// `torch.linalg.vecdot`
pub static LINALG_VECDOT: Op = Op {
    signature: "linalg_vecdot(x, y, *, dim=-1, out=None) -> Tensor",
    faces: LINALG,
    doc: "The dot products of vectors.",
    examples: &[(
        "torch.linalg.vecdot(torch.tensor([1., 2.]), torch.tensor([3., 4.]))",
        "tensor(11.)",
    )],
    samples: |m| super::matmul::pairs(m, &[(&[2, 3], &[2, 3]), (&[3], &[2, 3])]),
    call: |a| {
        let (x, y, dim) = (a.tensor("x")?, a.tensor("y")?, a.int("dim")?);
        Ok(sum_dims(&mul(x, y)?, Some(&[dim]), false, Some(x.dtype()))?.into())
    },
    ..Op::BASE
};

/// `torch.vdot`
pub static VDOT: Op = Op {
    signature: "vdot(input, other, *, out=None) -> Tensor",
    faces: FUNCTION | METHOD,
    node: "DotBackward0",
    doc: "The dot product, the first factor conjugated.",
    examples: &[(
        "torch.vdot(torch.tensor([1., 2.]), torch.tensor([3., 4.]))",
        "tensor(11.)",
    )],
    samples: |m| super::matmul::pairs(m, &[(&[3], &[3])]),
    call: |a| Ok(dot(a.tensor("input")?, a.tensor("other")?)?.into()),
    ..Op::BASE
};

/// `torch.linalg.diagonal`
pub static LINALG_DIAGONAL: Op = Op {
    signature: "linalg_diagonal(A, *, offset=0, dim1=-2, dim2=-1) -> Tensor",
    faces: LINALG,
    doc: "A view of the diagonal of two dimensions, which becomes the last dimension.",
    examples: &[(
        "torch.linalg.diagonal(torch.tensor([[1, 2], [3, 4]]))",
        "tensor([1, 4])",
    )],
    samples: |m| vec![sample([m.tensor(&[3, 4]).into()])],
    call: |a| {
        let x = a.tensor("A")?;
        Ok(diagonal(x, a.int("offset")?, a.int("dim1")?, a.int("dim2")?)?.into())
    },
    ..Op::BASE
};

/// `torch.linalg.matmul`
pub static LINALG_MATMUL: Op = Op {
    signature: "linalg_matmul(input, other, *, out=None) -> Tensor",
    faces: LINALG,
    doc: "The product of vectors, matrices or batches of matrices.",
    samples: |m| super::matmul::pairs(m, &[(&[2, 3], &[3, 2])]),
    call: |a| Ok(matmul(a.tensor("input")?, a.tensor("other")?)?.into()),
    ..Op::BASE
};
