//! Determinants, inverses, linear systems, powers of matrices.

use super::batch::{adjoint, check_square, gathered, matrices, sizes, squares};
use super::decompose::product;
use super::kernels;
use super::matmul::matmul;
use super::spectral::svd;
use super::systems::inverse;
use crate::tensor::array::Result;
use crate::tensor::core::{Saved, Tensor, record};
use crate::tensor::ops::args::{Arg, Args, Out};
use crate::tensor::ops::samples::sample;
use crate::tensor::ops::spec::{FUNCTION, LINALG, METHOD, Op};
use crate::tensor::ops::{diag_embed, eq, expand_to, eye, full_like_dtype, mul, unsqueeze, where_};

macro_rules! both {
    ($( $STATIC:ident $LINALG:ident $short:literal $long:literal $aliases:expr, $doc:literal $example:literal $prints:literal $f:ident; )*) => {$(
        #[doc = concat!("`", $short, "`")]
        pub static $STATIC: Op = Op {
            signature: $short,
            aliases: $aliases,
            faces: FUNCTION | METHOD,
            doc: $doc,
            examples: &[($example, $prints)],
            samples: squares,
            call: |a| $f(a, "input"),
            ..Op::BASE
        };
        #[doc = concat!("`", $long, "`")]
        pub static $LINALG: Op = Op {
            signature: $long,
            faces: LINALG,
            doc: $doc,
            samples: squares,
            call: |a| $f(a, "A"),
            ..Op::BASE
        };
    )*};
}

both! {
    DET LINALG_DET "det(input) -> Tensor" "linalg_det(A, *, out=None) -> Tensor" &[], "The determinants of square matrices."
        "torch.det(torch.tensor([[1., 2.], [3., 4.]]))" "tensor(-2.)" call_det;
    INVERSE LINALG_INV "inverse(input, *, out=None) -> Tensor" "linalg_inv(A, *, out=None) -> Tensor" &[],
        "The inverses of square matrices."
        "torch.inverse(torch.tensor([[2., 0.], [0., 4.]]))" "tensor([[0.5000, 0.0000],\n        [0.0000, 0.2500]])" call_inverse;
    SLOGDET LINALG_SLOGDET "slogdet(input) -> (sign, logabsdet)" "linalg_slogdet(A, *, out=None) -> (sign, logabsdet)" &[],
        "The sign and the logarithm of the size of determinants."
        "torch.slogdet(torch.eye(2)).sign" "tensor(1.)" call_slogdet;
}

fn call_det(a: &Args, name: &str) -> Result<Out> {
    Ok(det(a.tensor(name)?)?.into())
}

fn call_inverse(a: &Args, name: &str) -> Result<Out> {
    Ok(inverse(a.tensor(name)?)?.into())
}

fn call_slogdet(a: &Args, name: &str) -> Result<Out> {
    let (sign, size) = slogdet(a.tensor(name)?)?;
    Ok(Out::Named {
        name: if name == "A" {
            "linalg_slogdet"
        } else {
            "slogdet"
        },
        fields: &["sign", "logabsdet"],
        values: vec![sign, size],
    })
}

/// `torch.logdet`
pub static LOGDET: Op = Op {
    signature: "logdet(input) -> Tensor",
    faces: FUNCTION | METHOD,
    doc: "The logarithms of determinants; NaN for negative ones.",
    examples: &[("torch.logdet(torch.eye(2))", "tensor(0.)")],
    samples: |m| {
        let square = |t: Tensor| {
            // One plus a small matrix: its determinant is positive.
            let one = eye(3, 3, t.dtype())?;
            crate::tensor::ops::add(&one, &mul(&t, 0.1)?)
        };
        let small = m.floating().then(|| square(m.tensor(&[3, 3])));
        small
            .into_iter()
            .map(|t| sample([t.expect("matrices of one size").into()]))
            .collect()
    },
    call: |a| {
        let (sign, size) = slogdet(a.tensor("input")?)?;
        let nan = full_like_dtype(&size, f64::NAN.into(), size.dtype())?;
        Ok(where_(&eq(&sign, -1i64)?, &nan, &size)?.into())
    },
    ..Op::BASE
};

/// For each matrix the sign of the determinant and the diagonal of `U`.
fn diagonals(x: &Tensor, name: &str) -> Result<Vec<(f64, Vec<f64>)>> {
    let n = check_square(x, name)?;
    let one = |mut a: kernels::Matrix| {
        let (pivots, _) = kernels::lu(&mut a, true);
        let exchanges = pivots.iter().enumerate().filter(|(k, p)| k != *p).count();
        let sign = if exchanges % 2 == 0 { 1.0 } else { -1.0 };
        (sign, (0..n).map(|i| a[(i, i)]).collect())
    };
    Ok(matrices(x)?.into_iter().map(one).collect())
}

/// Numbers, one a matrix, times matrices.
fn scaled(number: &Tensor, x: &Tensor) -> Result<Tensor> {
    mul(&unsqueeze(&unsqueeze(number, -1)?, -1)?, x)
}

/// `torch.det`
pub fn det(x: &Tensor) -> Result<Tensor> {
    let all = diagonals(x, "linalg.det")?;
    let values = all
        .into_iter()
        .map(|(sign, d)| vec![sign * d.iter().product::<f64>()]);
    let out = gathered(values, &sizes(x).0, x.dtype())?;
    let kept = (Saved::input(x), Saved::result(&out));
    Ok(record(
        "LinalgDetBackward0",
        [x],
        out,
        kept,
        |g, (x, y), c| {
            let (x, y) = (c.get(x)?, c.get(y)?);
            if y.to_vec::<f64>()?.contains(&0.0) {
                if !crate::tensor::core::is_grad_enabled() {
                    // PyTorch solves with the factors of A here, times the determinant: what is 0 stays 0.
                    return Ok([Some(scaled(&mul(g, &y)?, &near_inverse(&x)?)?)]);
                }
                return Ok([Some(scaled(g, &cofactors(&x)?)?)]);
            }
            let back = adjoint(&inverse(&x)?)?;
            Ok([Some(scaled(&mul(g, &y)?, &back)?)])
        },
    ))
}

/// The transposed inverse, with an epsilon for each zero on the diagonal of `U`.
fn near_inverse(x: &Tensor) -> Result<Tensor> {
    let n = sizes(x).2;
    let one = |mut a: kernels::Matrix| {
        let (pivots, _) = kernels::lu(&mut a, true);
        for i in 0..n {
            if a[(i, i)] == 0.0 {
                a[(i, i)] = f64::EPSILON;
            }
        }
        let mut inverse = kernels::Matrix::eye(n, n);
        kernels::solve_lu(&a, &pivots, &mut inverse);
        inverse.transposed().data
    };
    let all = matrices(x)?.into_iter().map(one);
    Ok(Tensor::from_array(gathered(all, &x.shape(), x.dtype())?))
}

/// The derivative of the determinant at singular matrices: with `A = U S V^T`, `det(U V^T) U diag(prod of the other S) V^T`.
fn cofactors(x: &Tensor) -> Result<Tensor> {
    let [u, s, vh] = svd(x, false, "linalg.det")?;
    let n = sizes(x).2;
    // Row i holds the singular values with a one in place of the i-th.
    let rows = expand_to(&unsqueeze(&s, -2)?, &x.shape())?;
    let one = expand_to(&eye(n, n, x.dtype())?, &x.shape())?;
    let others = where_(&eq(&one, 1i64)?, &one, &rows)?;
    let products = crate::tensor::ops::prod(&others, Some(-1), false, None)?;
    let sign = det(&matmul(&u, &vh)?)?;
    scaled(
        &sign,
        &product(&u, &diag_embed(&products, 0, -2, -1)?, &vh)?,
    )
}

/// `torch.slogdet`
pub fn slogdet(x: &Tensor) -> Result<(Tensor, Tensor)> {
    let all = diagonals(x, "linalg.slogdet")?;
    let batch = sizes(x).0;
    let sign = |(sign, d): &(f64, Vec<f64>)| {
        let one = |v: &f64| if *v == 0.0 { 0.0 } else { v.signum() };
        vec![sign * d.iter().map(one).product::<f64>()]
    };
    let size = |(_, d): &(f64, Vec<f64>)| vec![d.iter().map(|v| v.abs().ln()).sum()];
    let signs = gathered(all.iter().map(sign), &batch, x.dtype())?;
    let out = gathered(all.iter().map(size), &batch, x.dtype())?;
    let kept = Saved::input(x);
    let size = record("LinalgSlogdetBackward0", [x], out, kept, |g, x, c| {
        Ok([Some(scaled(g, &adjoint(&inverse(&c.get(x)?)?)?)?)])
    });
    Ok((Tensor::from_array(signs), size))
}

/// `torch.linalg.matrix_power`
pub static LINALG_MATRIX_POWER: Op = Op {
    signature: "linalg_matrix_power(A, n, *, out=None) -> Tensor",
    faces: LINALG,
    doc: "A square matrix multiplied by itself; negative powers are those of the inverse.",
    samples: |m| (MATRIX_POWER.samples)(m),
    call: |a| Ok(matrix_power(a.tensor("A")?, a.int("n")?)?.into()),
    ..Op::BASE
};

/// `torch.matrix_power`
pub static MATRIX_POWER: Op = Op {
    signature: "matrix_power(input, n, *, out=None) -> Tensor",
    faces: FUNCTION | METHOD,
    doc: "A square matrix multiplied by itself; negative powers are those of the inverse.",
    examples: &[(
        "torch.matrix_power(torch.tensor([[2.]]), 3)",
        "tensor([[8.]])",
    )],
    samples: |m| {
        if m.floating() {
            vec![sample([m.tensor(&[2, 2]).into(), Arg::Int(3)])]
        } else {
            Vec::new()
        }
    },
    call: |a| Ok(matrix_power(a.tensor("input")?, a.int("n")?)?.into()),
    ..Op::BASE
};

/// `torch.matrix_power`
pub fn matrix_power(x: &Tensor, n: i64) -> Result<Tensor> {
    let size = check_square(x, "linalg.matrix_power")?;
    let base = if n < 0 { inverse(x)? } else { x.clone() };
    let mut out: Option<Tensor> = None;
    let (mut square, mut rest) = (base, n.unsigned_abs());
    while rest > 0 {
        if rest & 1 == 1 {
            out = Some(match out {
                None => square.clone(),
                Some(o) => matmul(&o, &square)?,
            });
        }
        rest >>= 1;
        if rest > 0 {
            square = matmul(&square, &square)?;
        }
    }
    match out {
        Some(o) => Ok(o),
        None => {
            let out = crate::tensor::ops::clone(x)?;
            crate::tensor::ops::copy_(&out, &eye(size, size, x.dtype())?)?;
            Ok(out)
        }
    }
}
