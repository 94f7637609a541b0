//! Eigenvalues of symmetric matrices, and singular values.

use super::batch::{
    adjoint, check_matrix, check_square, each, gathered, over_field, place, positive_definite,
    rectangles, sizes, with,
};
use super::decompose::{or_zeros, product};
use super::kernels::{self, Field, Matrix};
use super::matmul::matmul;
use crate::tensor::array::error::{bail, ensure};
use crate::tensor::array::{Array, Result};
use crate::tensor::core::{Saved, Tensor, no_grad, record_many};
use crate::tensor::ops::args::{Args, Out};
use crate::tensor::ops::samples::Sample;
use crate::tensor::ops::spec::{FUNCTION, LINALG, METHOD, Op};
use crate::tensor::ops::{
    add, diag_embed, diagonal, div, imag, mul, slice, sub, to_dtype, unsqueeze,
};

/// The symmetric part's triangle that `UPLO` names: whether it is the upper one.
pub(super) fn upper(a: &Args) -> Result<bool> {
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
    doc: "The eigenvalues of symmetric or Hermitian matrices in ascending order, and the eigenvectors in columns. One triangle is read.",
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
    doc: "The eigenvalues of symmetric or Hermitian matrices in ascending order.",
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
    let (v, ds) = over_field!(x.dtype(), S => each::<S, Vec<f64>>(x, &x.shape(), |i, a| {
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
        Ok((v.data, d))
    }))?;
    let d = gathered(ds, &with(&batch, &[n]), x.dtype().to_real())?;
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
            inner = to_dtype(&inner, v.dtype())?;
            if let Some(gv) = &g[1] {
                let full = matmul(&adjoint(&v)?, gv)?;
                super::eig::check_phases(&full, "linalg_eigh_backward")?;
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
fn finite<S: Field>(a: &Matrix<S>) -> bool {
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
    let (u, s, vh) = over_field!(x.dtype(), S => {
        let (u, rest) = each::<S, (Vec<f64>, Vec<S>)>(x, &with(&batch, &[m, rows]), |i, a| {
            let Some(svd) = finite(&a).then(|| kernels::svd(&a, full)).flatten() else {
                bail!(
                    LinAlg,
                    "{name}: {}The algorithm failed to converge because the input matrix contained non-finite values.",
                    place(x, i)
                );
            };
            Ok((svd.u.data, (svd.s, svd.vh.data)))
        })?;
        let (ss, vs): (Vec<_>, Vec<_>) = rest.into_iter().unzip();
        let s = gathered(ss, &with(&batch, &[k]), x.dtype().to_real())?;
        (u, s, gathered(vs, &with(&batch, &[columns, n]), x.dtype())?)
    });
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
    // Of complex matrices the singular values are real, the products are not.
    let inner = diag_embed(&or_zeros(gs, s)?, 0, -2, -1)?;
    let mut inner = to_dtype(&inner, u.dtype())?;
    let skew = |x: &Tensor| sub(x, &adjoint(x)?);
    let apart = || differences(&mul(s, s)?);
    let left_skew = gu.as_ref().map(|gu| skew(&matmul(&adjoint(u)?, gu)?));
    let right_skew = gvh.as_ref().map(|gvh| skew(&matmul(vh, &adjoint(gvh)?)?));
    let (left_skew, right_skew) = (left_skew.transpose()?, right_skew.transpose()?);
    if u.dtype().is_complex() {
        check_phases(left_skew.as_ref(), right_skew.as_ref())?;
    }
    if let Some(turn) = &left_skew {
        inner = add(&inner, &mul(&div(turn, &apart()?)?, &row)?)?;
        if turn.dtype().is_complex() {
            // A common turn of both vectors shows in the phase of one of them.
            let phases = div(&diagonal(turn, 0, -2, -1)?, &mul(s, 2i64)?)?;
            inner = add(&inner, &diag_embed(&phases, 0, -2, -1)?)?;
        }
    }
    if let Some(turn) = &right_skew {
        inner = add(&inner, &mul(&div(turn, &apart()?)?, &column)?)?;
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

/// Refuses a loss that changes when both vectors of a complex matrix turn by one phase, which is free.
fn check_phases(left: Option<&Tensor>, right: Option<&Tensor>) -> Result<()> {
    let both = match (left, right) {
        (Some(a), Some(b)) => no_grad(|| add(a, b))?,
        (Some(one), None) | (None, Some(one)) => one.clone(),
        (None, None) => return Ok(()),
    };
    let phases = no_grad(|| imag(&diagonal(&both, 0, -2, -1)?))?;
    ensure!(
        phases.to_vec::<f64>()?.iter().all(|v| v.abs() <= 1e-2),
        "svd_backward: The singular vectors in the complex case are specified up to multiplication by e^{{i phi}}. The specified loss function depends on this phase term, making it ill-defined."
    );
    Ok(())
}
