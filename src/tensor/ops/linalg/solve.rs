//! Determinants, inverses, linear systems, powers of matrices.

use super::batch::{adjoint, check_square, each, over_field, sizes, squares};
use super::decompose::product;
use super::kernels::{self, Field};
use super::matmul::matmul;
use super::spectral::svd;
use super::systems::inverse;
use crate::tensor::array::{Array, Complex, Element, Result};
use crate::tensor::core::{Saved, Tensor, record, record_many};
use crate::tensor::ops::args::{Arg, Args, Out};
use crate::tensor::ops::complex::{conj, imag, join, real};
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
        if sign.dtype().is_complex() {
            return Ok(crate::tensor::ops::add(&crate::tensor::ops::log(&sign)?, &size)?.into());
        }
        let nan = full_like_dtype(&size, f64::NAN.into(), size.dtype())?;
        Ok(where_(&eq(&sign, -1i64)?, &nan, &size)?.into())
    },
    ..Op::BASE
};

type C = Complex<f64>;

/// Of each matrix what `f` makes of the sign of the row exchanges and the diagonal of `U`, as numbers of the dtype.
fn of_diagonals(x: &Tensor, name: &str, f: &dyn Fn(f64, &[C]) -> C) -> Result<Array> {
    let n = check_square(x, name)?;
    over_field!(x.dtype(), S => each::<S, ()>(x, &sizes(x).0, |_, mut a| {
        let (pivots, _) = kernels::lu(&mut a, true);
        let exchanges = pivots.iter().enumerate().filter(|(k, p)| k != *p).count();
        let sign = if exchanges % 2 == 0 { 1.0 } else { -1.0 };
        let diagonal: Vec<_> = (0..n).map(|i| Complex::new(a[(i, i)].re(), a[(i, i)].im())).collect();
        let found = f(sign, &diagonal);
        Ok((vec![S::of_parts(found.re, found.im)], ()))
    }))
    .map(|(values, _)| values)
}

/// Numbers, one a matrix, times matrices.
fn scaled(number: &Tensor, x: &Tensor) -> Result<Tensor> {
    mul(&unsqueeze(&unsqueeze(number, -1)?, -1)?, x)
}

/// `torch.det`
pub fn det(x: &Tensor) -> Result<Tensor> {
    let out = of_diagonals(x, "linalg.det", &|sign, d| {
        d.iter().fold(Complex::ONE, |p, v| p * *v).scale(sign)
    })?;
    let kept = (Saved::input(x), Saved::result(&out));
    Ok(record(
        "LinalgDetBackward0",
        [x],
        out,
        kept,
        |g, (x, y), c| {
            let (x, y) = (c.get(x)?, conj(&c.get(y)?)?);
            // The derivative of a number is 1, and that of nothing is empty.
            if x.shape()[x.ndim() - 1] == 1 || x.numel() == 0 {
                let ones = full_like_dtype(&x.detach(), 1i64.into(), x.dtype())?;
                return Ok([Some(scaled(g, &ones)?)]);
            }
            if y.to_vec::<bool>()?.contains(&false) {
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
    let (out, _) = over_field!(x.dtype(), S => each::<S, ()>(x, &x.shape(), |_, mut a| {
        let (pivots, _) = kernels::lu(&mut a, true);
        for i in 0..n {
            if a[(i, i)] == S::ZERO {
                a[(i, i)] = S::real(f64::EPSILON);
            }
        }
        let mut inverse = kernels::Matrix::eye(n, n);
        kernels::solve_lu(&a, &pivots, &mut inverse);
        Ok((inverse.adjoint().data, ()))
    }))?;
    Ok(Tensor::from_array(out))
}

/// The derivative of the determinant at singular matrices: with `A = U S V^T`, `det(U V^T) U diag(prod of the other S) V^T`.
fn cofactors(x: &Tensor) -> Result<Tensor> {
    let [u, s, vh] = svd(x, false, "linalg.det")?;
    let n = sizes(x).2;
    // Row i holds the singular values with a one in place of the i-th.
    let rows = expand_to(&unsqueeze(&s, -2)?, &x.shape())?;
    let one = expand_to(&eye(n, n, s.dtype())?, &x.shape())?;
    let others = where_(&eq(&one, 1i64)?, &one, &rows)?;
    let products = crate::tensor::ops::prod(&others, Some(-1), false, None)?;
    let sign = conj(&det(&matmul(&u, &vh)?)?)?;
    scaled(
        &sign,
        &product(&u, &diag_embed(&products, 0, -2, -1)?, &vh)?,
    )
}

/// `torch.slogdet`
pub fn slogdet(x: &Tensor) -> Result<(Tensor, Tensor)> {
    let signs = of_diagonals(x, "linalg.slogdet", &|sign, d| {
        let one = |v: &Complex<f64>| match v.abs() {
            0.0 => Complex::ZERO,
            size => v.scale(1.0 / size),
        };
        d.iter().fold(Complex::ONE, |p, v| p * one(v)).scale(sign)
    })?;
    let size = of_diagonals(x, "linalg.slogdet", &|_, d| {
        Complex::new(d.iter().map(|v| v.abs().ln()).sum(), 0.0)
    })?
    .to_dtype(x.dtype().to_real())?;
    if !x.dtype().is_complex() {
        let kept = Saved::input(x);
        let size = record("LinalgSlogdetBackward0", [x], size, kept, |g, x, c| {
            Ok([Some(scaled(g, &adjoint(&inverse(&c.get(x)?)?)?)?)])
        });
        return Ok((Tensor::from_array(signs), size));
    }
    let kept = (Saved::input(x), Saved::output(&signs, 0));
    let out = record_many(
        "LinalgSlogdetBackward0",
        &[x],
        vec![signs, size],
        kept,
        |g, (x, sign), c| {
            // The logarithm of the determinant has the angle of the sign for its imaginary part.
            let sign = c.get(sign)?;
            let angle = match &g[0] {
                Some(g) => imag(&mul(g, &conj(&sign)?)?)?,
                None => crate::tensor::ops::zeros_like(&real(&sign.detach())?)?,
            };
            let size = super::decompose::or_zeros(g[1].as_ref(), &angle)?;
            let back = adjoint(&inverse(&c.get(x)?)?)?;
            Ok(vec![Some(scaled(&join(&size, &angle)?, &back)?)])
        },
    );
    let [sign, size] = <[Tensor; 2]>::try_from(out).expect("two results");
    Ok((sign, size))
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
