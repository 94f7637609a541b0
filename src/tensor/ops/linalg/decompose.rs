//! Decompositions into triangles: Cholesky and QR.

use super::batch::{
    adjoint, check_matrix, check_square, each, first_failure, gathered, integers, over_field,
    place, positive_definite, rectangles, sizes, with,
};
use super::kernels::{self};
use super::matmul::matmul;
use super::triangular::solve_triangular;
use crate::tensor::array::error::{bail, ensure};
use crate::tensor::array::{Dims, Result};
use crate::tensor::core::{Saved, Tensor, record, record_many};
use crate::tensor::ops::args::Out;
use crate::tensor::ops::spec::{FUNCTION, LINALG, METHOD, Op};
use crate::tensor::ops::{add, cat, mul, slice, sub, triangle};

/// The lower triangle of a matrix.
pub(super) fn tril(x: &Tensor, diagonal: i64) -> Result<Tensor> {
    triangle(x, diagonal, false)
}

/// The upper triangle of a matrix.
pub(super) fn triu(x: &Tensor, diagonal: i64) -> Result<Tensor> {
    triangle(x, diagonal, true)
}

/// The product of three.
pub(super) fn product(a: &Tensor, b: &Tensor, c: &Tensor) -> Result<Tensor> {
    matmul(&matmul(a, b)?, c)
}

/// The factor and, for each matrix, the order of the first leading minor that is not positive, or 0.
fn cholesky_ex(x: &Tensor, upper: bool, name: &str) -> Result<(Tensor, Tensor)> {
    check_square(x, name)?;
    let (batch, ..) = sizes(x);
    let (out, info) = over_field!(x.dtype(), S => each::<S, i64>(x, &x.shape(), |_, a| {
        let (l, bad) = kernels::cholesky(&if upper { a.adjoint() } else { a });
        Ok((if upper { l.adjoint() } else { l }.data, bad as i64))
    }))?;
    let kept = Saved::result(&out);
    let l = record(
        "LinalgCholeskyExBackward0",
        [x],
        out,
        kept,
        move |g, l, c| {
            let (mut l, mut g) = (c.get(l)?, g.clone());
            if upper {
                (l, g) = (adjoint(&l)?, adjoint(&g)?);
            }
            // gA = L^-H sym(tril(L^H gL)) L^-1, as in PyTorch's cholesky_backward.
            let inner = tril(&matmul(&adjoint(&l)?, &g)?, 0)?;
            let inner = mul(&add(&inner, &adjoint(&tril(&inner, -1)?)?)?, 0.5)?;
            let left = solve_triangular(&adjoint(&l)?, &inner, true, true, false)?;
            Ok([Some(solve_triangular(&l, &left, false, false, false)?)])
        },
    );
    Ok((l, integers(info, &batch)?))
}

/// `torch.linalg.cholesky`
pub fn cholesky(x: &Tensor, upper: bool) -> Result<Tensor> {
    let (l, info) = cholesky_ex(x, upper, "linalg.cholesky")?;
    check_positive(x, &info, "linalg.cholesky")?;
    Ok(l)
}

fn check_positive(x: &Tensor, info: &Tensor, name: &str) -> Result<()> {
    if let Some((i, k)) = first_failure(info)? {
        bail!(
            LinAlg,
            "{name}: {}The factorization could not be completed because the input is not positive-definite (the leading minor of order {k} is not positive-definite).",
            place(x, i)
        );
    }
    Ok(())
}

/// `torch.linalg.cholesky`
pub static LINALG_CHOLESKY: Op = Op {
    signature: "linalg_cholesky(A, *, upper=False, out=None) -> Tensor",
    faces: LINALG,
    doc: "The triangle `L` with `A = L L^T` of positive definite matrices.",
    examples: &[(
        "torch.linalg.cholesky(torch.tensor([[4., 2.], [2., 5.]]))",
        "tensor([[2., 0.],\n        [1., 2.]])",
    )],
    samples: positive_definite,
    call: |a| Ok(cholesky(a.tensor("A")?, a.bool("upper")?)?.into()),
    ..Op::BASE
};

/// Refuses what PyTorch 2 has no more, in its words; PyTorch 1 still had it.
fn removed(text: &str) -> Result<()> {
    ensure!(
        crate::tensor::core::level::level() == 1,
        "This function was deprecated since version 1.9 and is now removed. {text}"
    );
    Ok(())
}

/// `torch.cholesky`
pub static CHOLESKY: Op = Op {
    signature: "cholesky(input, upper=False, *, out=None) -> Tensor",
    faces: FUNCTION | METHOD,
    doc: "The triangle `L` with `A = L L^T` of positive definite matrices.",
    samples: |_| Vec::new(),
    call: |a| {
        removed(
            "`torch.cholesky` is deprecated in favor of `torch.linalg.cholesky`.\nL = torch.cholesky(A) should be replaced with:\nL = torch.linalg.cholesky(A)\nU = torch.cholesky(A, upper=True) should be replaced with:\nU = torch.linalg.cholesky(A).mH",
        )?;
        Ok(cholesky(a.tensor("input")?, a.bool("upper")?)?.into())
    },
    ..Op::BASE
};

/// `torch.linalg.cholesky_ex`
pub static LINALG_CHOLESKY_EX: Op = Op {
    signature: "linalg_cholesky_ex(A, *, upper=False, check_errors=False, out=None) -> (L, info)",
    faces: LINALG,
    doc: "The triangle `L`, and for each matrix the order of the first minor that is not positive, or 0.",
    samples: positive_definite,
    call: |a| {
        let x = a.tensor("A")?;
        let (l, info) = cholesky_ex(x, a.bool("upper")?, "linalg.cholesky_ex")?;
        if a.bool("check_errors")? {
            check_positive(x, &info, "linalg.cholesky_ex")?;
        }
        Ok(Out::Named {
            name: "linalg_cholesky_ex",
            fields: &["L", "info"],
            values: vec![l, info],
        })
    },
    ..Op::BASE
};

const QR: &[&str] = &["Q", "R"];

/// `torch.linalg.qr`
pub static LINALG_QR: Op = Op {
    signature: "linalg_qr(A, mode='reduced', *, out=None) -> (Q, R)",
    faces: LINALG,
    doc: "`A = Q R`: orthonormal columns and an upper triangle. `mode` is 'reduced', 'complete' or 'r'.",
    examples: &[(
        "torch.linalg.qr(torch.tensor([[3., 1.], [4., 2.]])).R",
        "tensor([[-5.0000, -2.2000],\n        [ 0.0000,  0.4000]])",
    )],
    samples: |m| rectangles(m, &[&[3, 3], &[4, 2], &[2, 4], &[2, 2, 2]]),
    call: |a| {
        let (q, r) = qr(a.tensor("A")?, a.str("mode")?)?;
        Ok(Out::Named {
            name: "linalg_qr",
            fields: QR,
            values: vec![q, r],
        })
    },
    ..Op::BASE
};

/// `torch.qr`
pub static QR_OF_OLD: Op = Op {
    signature: "qr(input, some=True, *, out=None) -> (Q, R)",
    faces: FUNCTION | METHOD,
    doc: "`A = Q R`: orthonormal columns and an upper triangle.",
    samples: |_| Vec::new(),
    call: |a| {
        removed(
            "`torch.qr` is deprecated in favor of `torch.linalg.qr` and the boolean parameter `some` has been replaced with a string parameter `mode`.\n\nQ, R = torch.qr(A) should be replaced with:\nQ, R = torch.linalg.qr(A, mode='reduced')\n\nand\n\nQ, R = torch.qr(A, some=False) should be replaced with:\nQ, R = torch.linalg.qr(A, mode='complete')\n\nSince `some` was set to True, use mode='reduced'.",
        )?;
        let mode = if a.bool("some")? {
            "reduced"
        } else {
            "complete"
        };
        let (q, r) = qr(a.tensor("input")?, mode)?;
        Ok(Out::Named {
            name: "qr",
            fields: QR,
            values: vec![q, r],
        })
    },
    ..Op::BASE
};

/// `torch.linalg.qr`
pub fn qr(x: &Tensor, mode: &str) -> Result<(Tensor, Tensor)> {
    ensure!(
        matches!(mode, "reduced" | "complete" | "r"),
        "qr received unrecognized mode '{mode}' but expected one of 'reduced' (default), 'r', or 'complete'"
    );
    let (m, n) = check_matrix(x, "linalg.qr", "A")?;
    let (batch, ..) = sizes(x);
    let k = if mode == "complete" { m } else { m.min(n) };
    let without_q = mode == "r";
    let q_shape = if without_q {
        Dims::from_slice(&[0])
    } else {
        with(&batch, &[m, k])
    };
    let (q, r) = over_field!(x.dtype(), S => {
        let (q, rs) = each::<S, Vec<S>>(x, &q_shape, |_, a| {
            let factors = kernels::qr(a);
            let q = if without_q { Vec::new() } else { factors.q(k).data };
            Ok((q, factors.r(k).data))
        })?;
        (q, gathered(rs, &with(&batch, &[k, n]), x.dtype())?)
    });
    let kept = (Saved::output(&q, 0), Saved::output(&r, 1));
    let complete = mode == "complete" && m > n;
    let out = record_many(
        "LinalgQrBackward0",
        &[x],
        vec![q, r],
        kept,
        move |g, (q, r), c| {
            ensure!(
                !without_q,
                "The derivative of linalg.qr depends on Q, which is not computed when mode='r'. Please use linalg.qr(A, mode='reduced') if you are going to differentiate through linalg.qr."
            );
            ensure!(
                !complete,
                "The QR decomposition is not differentiable when mode='complete' and nrows > ncols"
            );
            let (q, r) = (c.get(q)?, c.get(r)?);
            Ok(vec![Some(qr_backward(
                g[0].as_ref(),
                g[1].as_ref(),
                &q,
                &r,
            )?)])
        },
    );
    let [q, r] = <[Tensor; 2]>::try_from(out).expect("two results");
    Ok((q, r))
}

/// From `dA = dQ R + Q dR`, where `Q^T dQ` is skew: Walter and Lehmann, 2018, as in PyTorch's linalg_qr_backward.
fn qr_backward(gq: Option<&Tensor>, gr: Option<&Tensor>, q: &Tensor, r: &Tensor) -> Result<Tensor> {
    let (_, m, n) = sizes(r);
    let (gq, gr) = (or_zeros(gq, q)?, or_zeros(gr, r)?);
    let inner = sub(&matmul(&gr, &adjoint(r)?)?, &matmul(&adjoint(q)?, &gq)?)?;
    if m >= n {
        let half = triu(&inner, 0)?;
        let whole = if inner.dtype().is_complex() {
            // R has a real diagonal, of whose gradient the imaginary part counts for nothing.
            let above = triu(&inner, 1)?;
            let diagonal = sub(&half, &above)?;
            let diagonal = mul(&add(&diagonal, &adjoint(&diagonal)?)?, 0.5)?;
            add(&diagonal, &add(&above, &adjoint(&above)?)?)?
        } else {
            add(&half, &adjoint(&triu(&inner, 1)?)?)?
        };
        let right = add(&gq, &matmul(q, &whole)?)?;
        return solve_triangular(&adjoint(r)?, &right, false, false, false);
    }
    let skew = sub(&adjoint(&inner)?, &inner)?;
    let mut low = tril(&skew, -1)?;
    if low.dtype().is_complex() {
        // The diagonal of R is real, that of the skew part imaginary.
        low = add(&low, &mul(&sub(&tril(&skew, 0)?, &low)?, 0.5)?)?;
    }
    let d = r.ndim() - 1;
    let square = slice(r, d, 0, m, 1);
    let first = solve_triangular(&adjoint(&square)?, &matmul(q, &low)?, false, false, false)?;
    let blank = crate::tensor::ops::zeros_like(&slice(r, d, m, n - m, 1))?;
    add(&cat(&[first, blank], -1)?, &matmul(q, &gr)?)
}

/// The gradient, or zeros for none.
pub(super) fn or_zeros(g: Option<&Tensor>, like: &Tensor) -> Result<Tensor> {
    match g {
        Some(g) => Ok(g.clone()),
        None => crate::tensor::ops::zeros_like(&like.detach()),
    }
}
