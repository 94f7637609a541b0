//! Triangular systems, and what is built from reflections.

use super::batch::{
    adjoint, check_matrix, each, gathered, matrices, over_field, rectangles, sizes, squares,
    together, with,
};
use super::decompose::{tril, triu};
use super::kernels;
use super::matmul::matmul;
use crate::tensor::array::Result;
use crate::tensor::array::error::ensure;
use crate::tensor::core::{Saved, Tensor, no_grad, record};
use crate::tensor::ops::args::{Arg, Args, Out};
use crate::tensor::ops::samples::{Make, Sample, sample};
use crate::tensor::ops::spec::{FUNCTION, LINALG, METHOD, Op};
use crate::tensor::ops::{add, expand_to, eye, mul, neg, slice, sub, unsqueeze};

/// The solution of `A X = B` (or `X A = B`) for a triangular `A`, of which one triangle is read.
pub fn solve_triangular(
    a: &Tensor,
    b: &Tensor,
    upper: bool,
    left: bool,
    unit: bool,
) -> Result<Tensor> {
    let (a, b) = together(a, b)?;
    let out = over_field!(b.dtype(), S => {
        let mut left_sides = matrices::<S>(&a)?.into_iter();
        each::<S, ()>(&b, &b.shape(), |_, mut b| {
            let a = left_sides.next().expect("one batch for both");
            if left {
                kernels::substitute(&a, &mut b, upper, unit);
                return Ok((b.data, ()));
            }
            let mut turned = b.transposed();
            kernels::substitute(&a.transposed(), &mut turned, !upper, unit);
            Ok((turned.transposed().data, ()))
        })
    })?
    .0;
    let kept = (Saved::input(&a), Saved::result(&out));
    Ok(record(
        "LinalgSolveTriangularBackward0",
        [&a, &b],
        out,
        kept,
        move |g, (a, x), c| {
            let (a, x) = (c.get(a)?, c.get(x)?);
            let for_b = solve_triangular(&adjoint(&a)?, g, !upper, left, unit)?;
            let for_a = || {
                let full = if left {
                    matmul(&for_b, &adjoint(&x)?)?
                } else {
                    matmul(&adjoint(&x)?, &for_b)?
                };
                let full = neg(&full)?;
                let away = i64::from(unit);
                if upper {
                    triu(&full, away)
                } else {
                    tril(&full, -away)
                }
            };
            Ok([c.when(0, for_a)?, c.when(1, || Ok(for_b.clone()))?])
        },
    ))
}

fn check_system(a: &Tensor, b: &Tensor, left: bool, name: &str) -> Result<()> {
    super::batch::check_square(a, name)?;
    check_matrix(b, name, "B")?;
    let ((_, n, _), (_, rows, columns)) = (sizes(a), sizes(b));
    ensure!(
        n == if left { rows } else { columns },
        "{name}: Incompatible shapes of A and B for the equation {} ({n}x{n} and {rows}x{columns})",
        if left { "AX = B" } else { "XA = B" }
    );
    Ok(())
}

fn systems(m: &Make) -> Vec<Sample> {
    if !m.floating() {
        return Vec::new();
    }
    vec![
        sample([m.tensor(&[3, 3]).into(), m.tensor(&[3, 2]).into()]).with("upper", true),
        sample([m.tensor(&[3, 3]).into(), m.tensor(&[2, 3]).into()])
            .with("upper", false)
            .with("left", false)
            .with("unitriangular", true),
    ]
}

/// `torch.linalg.solve_triangular`
pub static LINALG_SOLVE_TRIANGULAR: Op = Op {
    signature: "linalg_solve_triangular(A, B, *, upper, left=True, unitriangular=False, out=None) -> Tensor",
    faces: LINALG,
    doc: "The solution of `A X = B`, or `X A = B`, for triangular `A`.",
    examples: &[(
        "torch.linalg.solve_triangular(torch.tensor([[2.]]), torch.tensor([[4.]]), upper=True)",
        "tensor([[2.]])",
    )],
    samples: systems,
    call: |a| {
        let (x, b, left) = (a.tensor("A")?, a.tensor("B")?, a.bool("left")?);
        check_system(x, b, left, "linalg.solve_triangular")?;
        Ok(solve_triangular(x, b, a.bool("upper")?, left, a.bool("unitriangular")?)?.into())
    },
    ..Op::BASE
};

/// `torch.triangular_solve`
pub static TRIANGULAR_SOLVE: Op = Op {
    signature: "triangular_solve(input, A, upper=True, transpose=False, unitriangular=False, *, out=None) -> (solution, cloned_coefficient)",
    faces: FUNCTION | METHOD,
    node: "TriangularSolveBackward0",
    doc: "The solution of `A X = b` for triangular `A`, and a copy of `A`.",
    samples: |m| {
        if !m.floating() {
            return Vec::new();
        }
        let (b, a): (Arg, Arg) = (m.tensor(&[3, 2]).into(), m.tensor(&[3, 3]).into());
        vec![sample([b, a])]
    },
    call: |a| {
        let (b, x) = (a.tensor("input")?, a.tensor("A")?);
        check_system(x, b, true, "triangular_solve")?;
        let (x, _) = together(x, b)?;
        let mut upper = a.bool("upper")?;
        let mut turned = x.clone();
        if a.bool("transpose")? {
            (upper, turned) = (!upper, adjoint(&x)?);
        }
        let solution = solve_triangular(&turned, b, upper, true, a.bool("unitriangular")?)?;
        Ok(Out::Named {
            name: "triangular_solve",
            fields: &["solution", "cloned_coefficient"],
            values: vec![solution, crate::tensor::ops::clone(&x)?],
        })
    },
    ..Op::BASE
};

/// The solution of `L L^T X = B`, or of `U^T U X = B`. The gradient for the factor is not cut to its triangle, as in
/// PyTorch's cholesky_solve_backward.
fn cholesky_solve(b: &Tensor, l: &Tensor, upper: bool) -> Result<Tensor> {
    let (l, b) = together(l, b)?;
    let out = no_grad(|| {
        let turned = adjoint(&l)?;
        let (first, second) = if upper { (&turned, &l) } else { (&l, &turned) };
        let y = solve_triangular(first, &b, false, true, false)?;
        solve_triangular(second, &y, true, true, false)
    })?
    .to_array();
    let kept = (Saved::input(&l), Saved::result(&out));
    Ok(record(
        "CholeskySolveBackward0",
        [&b, &l],
        out,
        kept,
        move |g, (l, x), c| {
            let l = c.get(l)?;
            let for_b = cholesky_solve(g, &l, upper)?;
            let for_l = || {
                let one = matmul(&for_b, &adjoint(&c.get(x)?)?)?;
                factor_slope(&l, &one, upper)
            };
            Ok([c.when(0, || Ok(for_b.clone()))?, c.when(1, for_l)?])
        },
    ))
}

/// `-(S + S^T) L`, or `-U (S + S^T)`.
fn factor_slope(l: &Tensor, one: &Tensor, upper: bool) -> Result<Tensor> {
    let both = add(one, &adjoint(one)?)?;
    neg(&if upper {
        matmul(l, &both)?
    } else {
        matmul(&both, l)?
    })
}

/// The inverse of `L L^T`, or of `U^T U`; the gradient is not cut to the triangle, as in PyTorch.
fn cholesky_inverse(l: &Tensor, upper: bool) -> Result<Tensor> {
    let n = super::batch::check_square(l, "cholesky_inverse")?;
    let one = expand_to(&eye(n, n, l.dtype())?, &l.shape())?;
    let out = no_grad(|| cholesky_solve(&one, l, upper))?.to_array();
    let kept = (Saved::input(l), Saved::result(&out));
    Ok(record(
        "CholeskyInverseBackward0",
        [l],
        out,
        kept,
        move |g, (l, y), c| {
            let y = c.get(y)?;
            let one = matmul(&matmul(&y, g)?, &y)?;
            Ok([Some(factor_slope(&c.get(l)?, &one, upper)?)])
        },
    ))
}

/// `torch.cholesky_solve`
pub static CHOLESKY_SOLVE: Op = Op {
    signature: "cholesky_solve(input, input2, upper=False, *, out=None) -> Tensor",
    faces: FUNCTION | METHOD,
    doc: "The solution of `A X = input`, where `input2` is the Cholesky factor of `A`.",
    examples: &[(
        "torch.cholesky_solve(torch.tensor([[4.]]), torch.tensor([[2.]]))",
        "tensor([[1.]])",
    )],
    samples: |m| {
        if !m.floating() {
            return Vec::new();
        }
        let (b, l): (Arg, Arg) = (m.tensor(&[3, 2]).into(), m.tensor(&[3, 3]).into());
        vec![sample([b, l]).rough()]
    },
    call: |a| {
        let (b, l) = (a.tensor("input")?, a.tensor("input2")?);
        ensure!(
            b.ndim() >= 2,
            "b should have at least 2 dimensions, but has {} dimensions instead",
            b.ndim()
        );
        ensure!(
            l.ndim() >= 2,
            "u should have at least 2 dimensions, but has {} dimensions instead",
            l.ndim()
        );
        check_system(l, b, true, "cholesky_solve")?;
        Ok(cholesky_solve(b, l, a.bool("upper")?)?.into())
    },
    ..Op::BASE
};

/// `torch.cholesky_inverse`
pub static CHOLESKY_INVERSE: Op = Op {
    signature: "cholesky_inverse(input, upper=False, *, out=None) -> Tensor",
    faces: FUNCTION | METHOD,
    doc: "The inverse of `A`, where `input` is the Cholesky factor of `A`.",
    examples: &[(
        "torch.cholesky_inverse(torch.tensor([[2.]]))",
        "tensor([[0.2500]])",
    )],
    samples: |m| squares(m).into_iter().map(Sample::rough).collect(),
    call: |a| Ok(cholesky_inverse(a.tensor("input")?, a.bool("upper")?)?.into()),
    ..Op::BASE
};

/// `torch.geqrf`
pub static GEQRF: Op = Op {
    signature: "geqrf(input, *, out=None) -> (a, tau)",
    faces: FUNCTION | METHOD,
    doc: "QR by reflections: `R` and the vectors of the reflections in one matrix, and the reflections' factors.",
    samples: |m| {
        rectangles(m, &[&[3, 2], &[2, 3]])
            .into_iter()
            .map(Sample::rough)
            .collect()
    },
    call: |a| {
        let x = a.tensor("input")?;
        ensure!(
            x.ndim() >= 2,
            "torch.geqrf: input must have at least 2 dimensions."
        );
        let (m, n) = check_matrix(x, "torch.geqrf", "input")?;
        let (batch, ..) = sizes(x);
        ensure!(
            !crate::tensor::core::requires_recording(&[x]),
            NotImplemented,
            "the derivative for 'geqrf' is not implemented."
        );
        let tau_shape = with(&batch, &[m.min(n)]);
        let (packed, taus) = over_field!(x.dtype(), S => {
            let (packed, taus) = each::<S, Vec<S>>(x, &x.shape(), |_, a| {
                let qr = kernels::qr(a);
                Ok((qr.packed.data, qr.tau))
            })?;
            (packed, gathered(taus, &tau_shape, x.dtype())?)
        });
        Ok(Out::Named {
            name: "geqrf",
            fields: &["a", "tau"],
            values: vec![Tensor::from_array(packed), Tensor::from_array(taus)],
        })
    },
    ..Op::BASE
};

/// The product of reflections times `x`: `H_1 ... H_k x`, or their product's adjoint.
fn reflected(v: &Tensor, tau: &Tensor, x: &Tensor, transposed: bool) -> Result<Tensor> {
    let (_, m, n) = sizes(v);
    let d = v.ndim() - 1;
    let k = tau.shape().last().copied().unwrap_or(0);
    let vectors = add(&tril(v, -1)?, &eye(m, n, v.dtype())?)?;
    let mut x = x.clone();
    if k == 0 && tau.numel() == 0 {
        // The result does not depend on the reflections, but is tied to them.
        return add(&x, &mul(&crate::tensor::ops::sum(tau)?, 0i64)?);
    }
    for step in 0..k {
        let i = if transposed { step } else { k - 1 - step };
        let w = slice(&vectors, d, i, 1, 1);
        let mut factor = unsqueeze(&slice(tau, tau.ndim() - 1, i, 1, 1), -1)?;
        if transposed {
            factor = crate::tensor::ops::conj(&factor)?;
        }
        let along = matmul(&adjoint(&w)?, &x)?;
        x = sub(&x, &mul(&factor, &matmul(&w, &along)?)?)?;
    }
    Ok(x)
}

fn reflections(m: &Make) -> Vec<Sample> {
    if !m.floating() {
        return Vec::new();
    }
    vec![sample([m.tensor(&[3, 2]).into(), m.tensor(&[2]).into()])]
}

fn check_reflections(v: &Tensor, tau: &Tensor, name: &str) -> Result<()> {
    ensure!(
        v.ndim() >= 2,
        "{name}: input must have at least 2 dimensions."
    );
    let (_, m, n) = sizes(v);
    ensure!(
        m >= n,
        "{name}: input.shape[-2] must be greater than or equal to input.shape[-1]"
    );
    ensure!(
        n >= tau.shape().last().copied().unwrap_or(0),
        "{name}: input.shape[-1] must be greater than or equal to tau.shape[-1]"
    );
    ensure!(
        v.ndim() == tau.ndim() + 1,
        "{name}: Expected tau to have one dimension less than input, but got tau.ndim equal to {} and input.ndim is equal to {}",
        tau.ndim(),
        v.ndim()
    );
    ensure!(
        tau.dtype() == v.dtype(),
        "{name}: tau dtype {} does not match input dtype {}",
        tau.dtype().scalar_name(),
        v.dtype().scalar_name()
    );
    Ok(())
}

fn householder_product(v: &Tensor, tau: &Tensor) -> Result<Tensor> {
    let (batch, m, n) = sizes(v);
    let one = expand_to(&eye(m, n, v.dtype())?, &with(&batch, &[m, n]))?;
    if v.numel() == 0 || tau.numel() == 0 {
        return Ok(record(
            "LinalgHouseholderProductBackward0",
            [v, tau],
            one.array().copy()?,
            (),
            |_, (), _| Ok([None, None]),
        ));
    }
    reflected(v, tau, &one, false)
}

/// `torch.linalg.householder_product`
pub static LINALG_HOUSEHOLDER_PRODUCT: Op = Op {
    signature: "linalg_householder_product(A, tau, *, out=None) -> Tensor",
    faces: LINALG,
    node: "LinalgHouseholderProductBackward0",
    doc: "The first columns of a product of reflections, whose vectors stand below the diagonal.",
    samples: reflections,
    call: |a| {
        let (v, tau) = (a.tensor("A")?, a.tensor("tau")?);
        check_reflections(v, tau, "torch.linalg.householder_product")?;
        Ok(householder_product(v, tau)?.into())
    },
    ..Op::BASE
};

/// `torch.orgqr`
pub static ORGQR: Op = Op {
    signature: "orgqr(input, input2) -> Tensor",
    faces: FUNCTION | METHOD,
    node: "LinalgHouseholderProductBackward0",
    doc: "The first columns of a product of reflections, as `geqrf` gives them.",
    samples: reflections,
    call: |a| {
        let (v, tau) = (a.tensor("input")?, a.tensor("input2")?);
        check_reflections(v, tau, "torch.linalg.householder_product")?;
        Ok(householder_product(v, tau)?.into())
    },
    ..Op::BASE
};

/// `torch.ormqr`
pub static ORMQR: Op = Op {
    signature: "ormqr(input, input2, input3, left=True, transpose=False, *, out=None) -> Tensor",
    faces: FUNCTION | METHOD,
    node: "OrmqrBackward0",
    doc: "A product of reflections, as `geqrf` gives them, times `input3`; the factors of the reflections are in `input2`.",
    samples: |m| {
        reflections(m)
            .into_iter()
            .map(|mut s| {
                s.args.push(m.tensor(&[3, 2]).into());
                s
            })
            .collect()
    },
    call: |a| Ok(ormqr(a)?.into()),
    ..Op::BASE
};

fn ormqr(a: &Args) -> Result<Tensor> {
    let (v, tau, x) = (a.tensor("input")?, a.tensor("input2")?, a.tensor("input3")?);
    let (left, transposed) = (a.bool("left")?, a.bool("transpose")?);
    ensure!(
        v.ndim() >= 2,
        "torch.ormqr: input must have at least 2 dimensions."
    );
    ensure!(
        x.ndim() >= 2,
        "torch.ormqr: other must have at least 2 dimensions."
    );
    let (_, rows, columns) = sizes(x);
    let (along, which) = if left { (rows, "-2") } else { (columns, "-1") };
    ensure!(
        along >= tau.shape().last().copied().unwrap_or(0),
        "torch.ormqr: other.shape[{which}] must be greater than or equal to tau.shape[-1]"
    );
    let k = tau.shape().last().copied().unwrap_or(0);
    ensure!(
        k == along.min(sizes(v).2),
        "torch.ormqr: tau.shape[-1] must be equal to min(other.shape[-2], input.shape[-1])"
    );
    ensure!(
        along == sizes(v).1,
        "torch.ormqr: other.shape[{which}] must be equal to input.shape[-2]"
    );
    times_reflections(v, tau, x, left, transposed)
}

fn times_reflections(
    v: &Tensor,
    tau: &Tensor,
    x: &Tensor,
    left: bool,
    transposed: bool,
) -> Result<Tensor> {
    if v.numel() == 0 {
        let kept = (Saved::input(v), Saved::input(tau));
        return Ok(record(
            "OrmqrBackward0",
            [v, tau, x],
            x.array().copy()?,
            kept,
            move |g, (v, tau), c| {
                let back = times_reflections(&c.get(v)?, &c.get(tau)?, g, left, !transposed)?;
                Ok([None, None, Some(back)])
            },
        ));
    }
    if left {
        return reflected(v, tau, x, transposed);
    }
    adjoint(&reflected(v, tau, &adjoint(x)?, !transposed)?)
}
