//! Singular values that count as zero: ranks, pseudo-inverses, least squares.

use super::batch::{adjoint, check_float, check_matrix, check_square, rectangles, sizes, with};
use super::decompose::product;
use super::matmul::matmul;
use super::spectral::{eigh, svd};
use crate::tensor::array::error::{bail, ensure};
use crate::tensor::array::{Array, DType, Result, Scalar};
use crate::tensor::core::{Saved, Tensor, no_grad, record};
use crate::tensor::ops::args::{Args, Out};
use crate::tensor::ops::samples::{Make, Sample, sample};
use crate::tensor::ops::spec::{FUNCTION, LINALG, METHOD, Op};
use crate::tensor::ops::{
    abs, add, expand_to, gt, maximum, mul, reciprocal, sub, sum_dims, to_dtype, unsqueeze, where_,
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
        crate::tensor::core::Operand::Tensor(t) if t.dtype().is_complex() => bail!(
            "torch.linalg.{}: {} tensor of complex type is not supported. Got {}",
            a.name().trim_start_matches("linalg_"),
            name,
            t.dtype().scalar_name()
        ),
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
    to_dtype(&t.detach(), x.dtype().to_real()).map(Some)
}

/// The bound under which a singular value counts as zero: `max(atol, rtol * largest)`, without history.
fn bound(
    x: &Tensor,
    largest: &Tensor,
    atol: Option<Tensor>,
    rtol: Option<Tensor>,
) -> Result<Tensor> {
    let (_, m, n) = sizes(x);
    let dtype = x.dtype().to_real();
    let eps = if dtype == DType::Float64 {
        f64::EPSILON
    } else {
        f64::from(f32::EPSILON)
    };
    let zero = || Ok(Tensor::from_array(Array::zeros(&[], dtype)?)) as Result<Tensor>;
    let usual = Array::from_scalar(Scalar::Float(eps * m.max(n) as f64), dtype);
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
        Tensor::from_array(Array::zeros(&batch, x.dtype().to_real())?)
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
    Ok(Tensor::from_array(Array::zeros(&[], x.dtype().to_real())?))
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
        let rcond = Array::from_scalar(a.scalar("rcond")?, x.dtype().to_real());
        let rcond = Tensor::from_array(rcond);
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
    signature: "linalg_lstsq(A, B, rcond=None, *, driver=None, out=None) -> (solution, residuals, rank, singular_values)",
    faces: LINALG,
    node: "LinalgLstsqBackward0",
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
    ensure!(
        x.ndim() == b.ndim() || x.ndim() == b.ndim() + 1,
        "torch.linalg.lstsq: input.dim() must be greater or equal to other.dim() and (input.dim() - other.dim()) <= 1"
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
        b.ndim() == x.ndim() && b.shape()[b.ndim() - 2] == m,
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
        let mut rest = sub(&matmul(x, &solution)?, &b)?;
        if n == 0 && driver == "gels" {
            rest = crate::tensor::ops::zeros_like(&rest)?;
        }
        {
            let size = abs(&rest)?;
            sum_dims(&mul(&size, &size)?, Some(&[-2]), false, None)?
        }
    } else {
        empty(x.dtype().to_real())?
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
                empty(x.dtype().to_real())?
            },
        ],
    })
}
