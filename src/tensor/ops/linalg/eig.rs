//! Eigenvalues of general matrices, which are complex.

use super::batch::{adjoint, check_square, matrices, place, sizes, squares, with};
use super::kernels::{self, Matrix};
use super::matmul::matmul;
use crate::tensor::array::error::{bail, ensure};
use crate::tensor::array::{Array, Complex, Result};
use crate::tensor::core::{Saved, Tensor, no_grad, record_many};
use crate::tensor::ops::args::Out;
use crate::tensor::ops::complex::{conj, imag, real};
use crate::tensor::ops::samples::{Make, Sample};
use crate::tensor::ops::spec::{LINALG, Op};
use crate::tensor::ops::{add, diag_embed, diagonal, div, eye, mul, sub, unsqueeze, zeros_like};

type C = Complex<f64>;

fn rough(m: &Make) -> Vec<Sample> {
    squares(m).into_iter().map(Sample::rough).collect()
}

/// `torch.linalg.eig`
pub static LINALG_EIG: Op = Op {
    signature: "linalg_eig(A, *, out=None) -> (eigenvalues, eigenvectors)",
    faces: LINALG,
    doc: "The eigenvalues of square matrices, complex and in no order, and the eigenvectors in columns.",
    examples: &[(
        "torch.linalg.eig(torch.tensor([[2., 0.], [0., 3.]])).eigenvalues",
        "tensor([2.+0.j, 3.+0.j])",
    )],
    samples: rough,
    call: |a| {
        let (values, vectors) = eig(a.tensor("A")?, "linalg.eig")?;
        Ok(Out::Named {
            name: "linalg_eig",
            fields: &["eigenvalues", "eigenvectors"],
            values: vec![values, vectors],
        })
    },
    ..Op::BASE
};

/// `torch.linalg.eigvals`
pub static LINALG_EIGVALS: Op = Op {
    signature: "linalg_eigvals(A, *, out=None) -> Tensor",
    faces: LINALG,
    doc: "The eigenvalues of square matrices, complex and in no order.",
    examples: &[(
        "torch.linalg.eigvals(torch.tensor([[0., -1.], [1., 0.]])).imag",
        "tensor([ 1., -1.])",
    )],
    samples: rough,
    call: |a| Ok(eig(a.tensor("A")?, "linalg.eigvals")?.0.into()),
    ..Op::BASE
};

/// `torch.linalg.eig`
fn eig(x: &Tensor, name: &str) -> Result<(Tensor, Tensor)> {
    let n = check_square(x, name)?;
    let (batch, ..) = sizes(x);
    let (mut values, mut vectors) = (Vec::new(), Vec::new());
    let finite = |v: &Complex<f64>| v.re.is_finite() && v.im.is_finite();
    for (i, a) in matrices::<Complex<f64>>(x)?.into_iter().enumerate() {
        ensure!(
            a.data.iter().all(finite),
            "torch.linalg.eig: input tensor should not contain infs or NaNs."
        );
        let found = if x.dtype().is_complex() {
            kernels::complex_eigen(a)
        } else {
            of_real(&a)
        };
        let Some((new_values, new_vectors)) = found else {
            bail!(
                LinAlg,
                "{name}: {}The algorithm failed to converge because the input matrix is ill-conditioned or has too many repeated eigenvalues (error code: {n}).",
                place(x, i)
            );
        };
        values.extend(new_values);
        vectors.extend(new_vectors.data);
    }
    let dtype = x.dtype().to_complex();
    let values = Array::from_vec(values, &with(&batch, &[n])).to_dtype(dtype)?;
    let vectors = Array::from_vec(vectors, &with(&batch, &[n, n])).to_dtype(dtype)?;
    let complex = x.dtype().is_complex();
    let kept = (Saved::output(&values, 0), Saved::output(&vectors, 1));
    let out = record_many(
        "LinalgEigBackward0",
        &[x],
        vec![values, vectors],
        kept,
        move |g, (l, v), c| {
            let (l, v) = (c.get(l)?, c.get(v)?);
            let full = backward(g[0].as_ref(), g[1].as_ref(), &l, &v)?;
            Ok(vec![Some(if complex { full } else { real(&full)? })])
        },
    );
    let [values, vectors] = <[Tensor; 2]>::try_from(out).expect("two results");
    Ok((values, vectors))
}

/// Of a real matrix: eigenvalues that are not real come in pairs.
fn of_real(a: &Matrix<C>) -> Option<(Vec<C>, Matrix<C>)> {
    let eigen = kernels::eigen(Matrix {
        rows: a.rows,
        columns: a.columns,
        data: a.data.iter().map(|v| v.re).collect(),
    })?;
    let of_parts = |(re, im): (&f64, &f64)| Complex::new(*re, *im);
    let values = eigen.values.iter().map(|(re, im)| of_parts((re, im)));
    let vectors = Matrix {
        rows: a.rows,
        columns: a.columns,
        data: eigen
            .re
            .data
            .iter()
            .zip(&eigen.im.data)
            .map(of_parts)
            .collect(),
    };
    Some((values.collect(), vectors))
}

/// Refuses a loss that depends on the phases of eigenvectors, which are free, given `V^H gV`.
pub(super) fn check_phases(full: &Tensor, name: &str) -> Result<()> {
    if !full.dtype().is_complex() {
        return Ok(());
    }
    let phases = no_grad(|| imag(&diagonal(full, 0, -2, -1)?))?;
    ensure!(
        phases.to_vec::<f64>()?.iter().all(|v| v.abs() <= 1e-2),
        "{name}: The eigenvectors in the complex case are specified up to multiplication by e^{{i phi}}. The specified loss function depends on this quantity, so it is ill-defined."
    );
    Ok(())
}

/// Boeddeker et al., 2017, "On the computation of complex-valued gradients": with `V^H gV` made orthogonal to the change of
/// length, `gA = V^-H (diag(gL) + (V^H gV - V^H V diag(Re(V^H gV))) / E*) V^H`, as in PyTorch's linalg_eig_backward.
fn backward(gl: Option<&Tensor>, gv: Option<&Tensor>, l: &Tensor, v: &Tensor) -> Result<Tensor> {
    let vh = adjoint(v)?;
    let gl = match gl {
        Some(g) => g.clone(),
        None => zeros_like(&l.detach())?,
    };
    let mut inner = diag_embed(&gl, 0, -2, -1)?;
    if let Some(gv) = gv {
        let full = matmul(&vh, gv)?;
        check_phases(&full, "linalg_eig_backward")?;
        let lengths = unsqueeze(&real(&diagonal(&full, 0, -2, -1)?)?, -2)?;
        let across = sub(&full, &mul(&matmul(&vh, v)?, &lengths)?)?;
        let apart = conj(&sub(&unsqueeze(l, -2)?, &unsqueeze(l, -1)?)?)?;
        let n = sizes(v).2;
        let apart = add(&apart, &eye(n, n, l.dtype())?)?;
        // The diagonal has no part in it: the eigenvalues' gradients stand there.
        let one = crate::tensor::ops::ones_like(&apart.detach())?;
        let off = sub(&one, &eye(n, n, l.dtype())?)?;
        inner = add(&inner, &mul(&div(&across, &apart)?, &off)?)?;
    }
    super::systems::solve(&vh, &matmul(&inner, &vh)?)
}
