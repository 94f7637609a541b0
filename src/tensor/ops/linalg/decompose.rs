//! Decompositions into factors: Cholesky, QR, eigenvalues and singular values.

use super::batch::{
    adjoint, check_matrix, check_square, gathered, integers, matrices, place, positive_definite,
    rectangles, sizes, with,
};
use super::kernels::{self, Matrix};
use super::matmul::matmul;
use super::triangular::solve_triangular;
use crate::tensor::array::error::{bail, ensure};
use crate::tensor::array::{Array, Dims, Result};
use crate::tensor::core::{Saved, Tensor, record, record_many};
use crate::tensor::ops::args::{Args, Out};
use crate::tensor::ops::samples::Sample;
use crate::tensor::ops::spec::{FUNCTION, LINALG, METHOD, Op};
use crate::tensor::ops::{add, cat, diag_embed, div, mul, slice, sub, triangle, unsqueeze};

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
    let n = check_square(x, name)?;
    let (batch, ..) = sizes(x);
    let mut info = Vec::new();
    let mut factors = Vec::new();
    for mut a in matrices(x)? {
        if upper {
            a = a.transposed();
        }
        let (l, bad) = kernels::cholesky(&a);
        info.push(bad as i64);
        factors.push(if upper { l.transposed().data } else { l.data });
    }
    let out = gathered(factors, &with(&batch, &[n, n]), x.dtype())?;
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
            // gA = L^-T sym(tril(L^T gL)) L^-1, as in PyTorch's cholesky_backward.
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
    let bad = info
        .to_vec::<i64>()?
        .into_iter()
        .enumerate()
        .find(|(_, k)| *k > 0);
    if let Some((i, k)) = bad {
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

/// `torch.cholesky`
pub static CHOLESKY: Op = Op {
    signature: "cholesky(input, upper=False, *, out=None) -> Tensor",
    faces: FUNCTION | METHOD,
    doc: "The triangle `L` with `A = L L^T` of positive definite matrices.",
    samples: positive_definite,
    call: |a| Ok(cholesky(a.tensor("input")?, a.bool("upper")?)?.into()),
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
    samples: |m| rectangles(m, &[&[3, 3], &[4, 2]]),
    call: |a| {
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
    let (mut qs, mut rs) = (Vec::new(), Vec::new());
    for a in matrices(x)? {
        let factors = kernels::qr(a);
        if !without_q {
            qs.push(factors.q(k).data);
        }
        rs.push(factors.r(k).data);
    }
    let q_shape = if without_q {
        Dims::from_slice(&[0])
    } else {
        with(&batch, &[m, k])
    };
    let q = gathered(qs, &q_shape, x.dtype())?;
    let r = gathered(rs, &with(&batch, &[k, n]), x.dtype())?;
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
        let whole = add(&half, &adjoint(&triu(&inner, 1)?)?)?;
        let right = add(&gq, &matmul(q, &whole)?)?;
        return solve_triangular(&adjoint(r)?, &right, false, false, false);
    }
    let skew = tril(&sub(&adjoint(&inner)?, &inner)?, -1)?;
    let d = r.ndim() - 1;
    let square = slice(r, d, 0, m, 1);
    let first = solve_triangular(&adjoint(&square)?, &matmul(q, &skew)?, false, false, false)?;
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

/// The symmetric part's triangle that `UPLO` names: whether it is the upper one.
fn upper(a: &Args) -> Result<bool> {
    let text = a.str("UPLO")?;
    match text {
        "L" | "l" => Ok(false),
        "U" | "u" => Ok(true),
        _ => bail!("Expected UPLO argument to be 'L' or 'U', but got {text}"),
    }
}

fn symmetric(m: &crate::tensor::ops::samples::Make) -> Vec<Sample> {
    positive_definite(m)
}

/// `torch.linalg.eigh`
pub static LINALG_EIGH: Op = Op {
    signature: "linalg_eigh(A, UPLO='L', *, out=None) -> (eigenvalues, eigenvectors)",
    faces: LINALG,
    doc: "The eigenvalues of symmetric matrices in ascending order, and the eigenvectors in columns. One triangle is read.",
    examples: &[(
        "torch.linalg.eigh(torch.tensor([[2., 1.], [1., 2.]])).eigenvalues",
        "tensor([1., 3.])",
    )],
    samples: symmetric,
    call: |a| {
        let (values, vectors) = eigh(a.tensor("A")?, upper(a)?, "linalg.eigh")?;
        Ok(Out::Named {
            name: "linalg_eigh",
            fields: &["eigenvalues", "eigenvectors"],
            values: vec![values, vectors],
        })
    },
    ..Op::BASE
};

/// `torch.linalg.eigvalsh`
pub static LINALG_EIGVALSH: Op = Op {
    signature: "linalg_eigvalsh(A, UPLO='L', *, out=None) -> Tensor",
    faces: LINALG,
    doc: "The eigenvalues of symmetric matrices in ascending order.",
    examples: &[(
        "torch.linalg.eigvalsh(torch.tensor([[2., 1.], [1., 2.]]))",
        "tensor([1., 3.])",
    )],
    samples: symmetric,
    call: |a| Ok(eigh(a.tensor("A")?, upper(a)?, "linalg.eigvalsh")?.0.into()),
    ..Op::BASE
};

/// `torch.linalg.eigh`
pub fn eigh(x: &Tensor, upper: bool, name: &str) -> Result<(Tensor, Tensor)> {
    let n = check_square(x, name)?;
    let (batch, ..) = sizes(x);
    let (mut ds, mut vs) = (Vec::new(), Vec::new());
    for (i, a) in matrices(x)?.into_iter().enumerate() {
        let Some((d, v)) = finite(&a)
            .then(|| kernels::symmetric_eigen(a, upper))
            .flatten()
        else {
            bail!(
                LinAlg,
                "{name}: {}The algorithm failed to converge because the input matrix is ill-conditioned or has too many repeated eigenvalues (error code: {}).",
                place(x, i),
                n.max(2) - 1
            );
        };
        ds.push(d);
        vs.push(v.data);
    }
    let d = gathered(ds, &with(&batch, &[n]), x.dtype())?;
    let v = gathered(vs, &with(&batch, &[n, n]), x.dtype())?;
    let kept = (Saved::output(&d, 0), Saved::output(&v, 1));
    let out = record_many(
        "LinalgEighBackward0",
        &[x],
        vec![d, v],
        kept,
        |g, (d, v), c| {
            let (d, v) = (c.get(d)?, c.get(v)?);
            let mut inner = match &g[0] {
                Some(gd) => diag_embed(gd, 0, -2, -1)?,
                None => diag_embed(&or_zeros(None, &d)?, 0, -2, -1)?,
            };
            if let Some(gv) = &g[1] {
                let full = matmul(&adjoint(&v)?, gv)?;
                let skew = mul(&sub(&full, &adjoint(&full)?)?, 0.5)?;
                inner = add(&inner, &div(&skew, &differences(&d)?)?)?;
            }
            // Giles, 2008: gA = V (diag(gL) + V^T gV / E) V^T, with E_ij = L_j - L_i.
            Ok(vec![Some(product(&v, &inner, &adjoint(&v)?)?)])
        },
    );
    let [d, v] = <[Tensor; 2]>::try_from(out).expect("two results");
    Ok((d, v))
}

/// Whether there is no NaN and no infinity, which no iteration gets rid of.
fn finite(a: &Matrix) -> bool {
    a.data.iter().all(|v| v.is_finite())
}

/// `E_ij = x_j - x_i`, with ones on the diagonal.
fn differences(x: &Tensor) -> Result<Tensor> {
    let all = sub(&unsqueeze(x, -2)?, &unsqueeze(x, -1)?)?;
    let n = sizes(&all).2;
    let one = crate::tensor::ops::eye(n, n, x.dtype())?;
    add(&all, &one)
}

/// `torch.linalg.svd`
pub static LINALG_SVD: Op = Op {
    signature: "linalg_svd(A, full_matrices=True, *, driver=None, out=None) -> (U, S, Vh)",
    faces: LINALG,
    doc: "`A = U diag(S) Vh`: singular values in descending order and their vectors.",
    examples: &[(
        "torch.linalg.svd(torch.tensor([[3., 0.], [0., 4.]])).S",
        "tensor([4., 3.])",
    )],
    samples: |m| {
        rectangles(m, &[&[3, 3], &[3, 2], &[2, 3], &[2, 2, 2]])
            .into_iter()
            .map(|s| s.with("full_matrices", false))
            .collect()
    },
    call: |a| {
        check_driver(a)?;
        let values = svd(a.tensor("A")?, a.bool("full_matrices")?, "linalg.svd")?;
        Ok(Out::Named {
            name: "linalg_svd",
            fields: &["U", "S", "Vh"],
            values: values.into(),
        })
    },
    ..Op::BASE
};

fn check_driver(a: &Args) -> Result<()> {
    ensure!(
        a.get("driver").is_none(),
        "torch.linalg.svd: keyword argument `driver=` is only supported on CUDA inputs with cuSOLVER backend."
    );
    Ok(())
}

/// `torch.linalg.svdvals`
pub static LINALG_SVDVALS: Op = Op {
    signature: "linalg_svdvals(A, *, driver=None, out=None) -> Tensor",
    faces: LINALG,
    doc: "The singular values in descending order.",
    examples: &[(
        "torch.linalg.svdvals(torch.tensor([[3., 0.], [0., 4.]]))",
        "tensor([4., 3.])",
    )],
    samples: |m| rectangles(m, &[&[3, 3], &[3, 2], &[2, 3]]),
    call: |a| {
        check_driver(a)?;
        let [_, s, _] = svd(a.tensor("A")?, false, "linalg.svdvals")?;
        Ok(s.into())
    },
    ..Op::BASE
};

/// `torch.svd`
pub static SVD_OF_OLD: Op = Op {
    signature: "svd(input, some=True, compute_uv=True, *, out=None) -> (U, S, V)",
    faces: FUNCTION | METHOD,
    doc: "`A = U diag(S) V^T`: singular values in descending order and their vectors in columns.",
    samples: |m| rectangles(m, &[&[3, 3], &[3, 2]]),
    call: |a| {
        let x = a.tensor("input")?;
        ensure!(
            x.ndim() >= 2,
            "linalg.svd: input should have at least 2 dimensions, but has {} dimensions instead",
            x.ndim()
        );
        let [mut u, s, vh] = svd(x, !a.bool("some")?, "linalg.svd")?;
        let mut v = adjoint(&vh)?;
        if !a.bool("compute_uv")? {
            let (batch, m, n) = sizes(x);
            u = Tensor::from_array(Array::zeros(&with(&batch, &[m, m]), x.dtype())?);
            v = Tensor::from_array(Array::zeros(&with(&batch, &[n, n]), x.dtype())?);
        }
        Ok(Out::Named {
            name: "svd",
            fields: &["U", "S", "V"],
            values: vec![u, s, v],
        })
    },
    ..Op::BASE
};

/// `torch.linalg.svd`
pub fn svd(x: &Tensor, full: bool, name: &str) -> Result<[Tensor; 3]> {
    let (m, n) = check_matrix(x, name, "A")?;
    let (batch, ..) = sizes(x);
    let k = m.min(n);
    let (rows, columns) = if full { (m, n) } else { (k, k) };
    let (mut us, mut ss, mut vs) = (Vec::new(), Vec::new(), Vec::new());
    for (i, a) in matrices(x)?.into_iter().enumerate() {
        let Some(svd) = finite(&a).then(|| kernels::svd(&a, full)).flatten() else {
            bail!(
                LinAlg,
                "{name}: {}The algorithm failed to converge because the input matrix contained non-finite values.",
                place(x, i)
            );
        };
        us.push(svd.u.data);
        ss.push(svd.s);
        vs.push(svd.vt.data);
    }
    let u = gathered(us, &with(&batch, &[m, rows]), x.dtype())?;
    let s = gathered(ss, &with(&batch, &[k]), x.dtype())?;
    let vh = gathered(vs, &with(&batch, &[columns, n]), x.dtype())?;
    let kept = (
        Saved::output(&u, 0),
        Saved::output(&s, 1),
        Saved::output(&vh, 2),
    );
    let out = record_many(
        "LinalgSvdBackward0",
        &[x],
        vec![u, s, vh],
        kept,
        move |g, (u, s, vh), c| {
            let (u, s, vh) = (c.get(u)?, c.get(s)?, c.get(vh)?);
            let d = u.ndim() - 1;
            // Of full matrices, the vectors beyond the singular values have no derivative.
            let narrow = |t: &Tensor, d: usize| slice(t, d, 0, k, 1);
            let gu = g[0].as_ref().map(|g| narrow(g, d));
            let gvh = g[2].as_ref().map(|g| narrow(g, d - 1));
            let (u, vh) = (narrow(&u, d), narrow(&vh, d - 1));
            Ok(vec![Some(svd_backward(
                gu,
                g[1].as_ref(),
                gvh,
                &u,
                &s,
                &vh,
            )?)])
        },
    );
    Ok(<[Tensor; 3]>::try_from(out).expect("three results"))
}

/// Townsend, 2016, "Differentiating the singular value decomposition", as in PyTorch's svd_backward.
fn svd_backward(
    gu: Option<Tensor>,
    gs: Option<&Tensor>,
    gvh: Option<Tensor>,
    u: &Tensor,
    s: &Tensor,
    vh: &Tensor,
) -> Result<Tensor> {
    let (_, m, k) = sizes(u);
    let n = sizes(vh).2;
    let (row, column) = (unsqueeze(s, -2)?, unsqueeze(s, -1)?);
    let mut inner = diag_embed(&or_zeros(gs, s)?, 0, -2, -1)?;
    let skew = |x: &Tensor| sub(x, &adjoint(x)?);
    let apart = || differences(&mul(s, s)?);
    if let Some(gu) = &gu {
        let part = div(&skew(&matmul(&adjoint(u)?, gu)?)?, &apart()?)?;
        inner = add(&inner, &mul(&part, &row)?)?;
    }
    if let Some(gvh) = &gvh {
        let part = div(&skew(&matmul(vh, &adjoint(gvh)?)?)?, &apart()?)?;
        inner = add(&inner, &mul(&part, &column)?)?;
    }
    let mut left = matmul(u, &inner)?;
    if let Some(gu) = gu.filter(|_| m > k) {
        let rest = sub(&gu, &product(u, &adjoint(u)?, &gu)?)?;
        left = add(&left, &div(&rest, &row)?)?;
    }
    let out = matmul(&left, vh)?;
    match gvh.filter(|_| n > k) {
        Some(gvh) => {
            let rest = sub(&gvh, &product(&gvh, &adjoint(vh)?, vh)?)?;
            add(&out, &matmul(u, &div(&rest, &column)?)?)
        }
        None => Ok(out),
    }
}
