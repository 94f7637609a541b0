//! Systems of equations and inverses.

use super::batch::{
    adjoint, check_square, each, first_failure, integers, matrices, over_field, place, sizes,
    squares, together,
};
use super::decompose::product;
use super::kernels::{self};
use super::matmul::matmul;
use crate::tensor::array::error::{bail, ensure};
use crate::tensor::array::{Array, Result};
use crate::tensor::core::{Saved, Tensor, record};
use crate::tensor::ops::args::{Args, Out};
use crate::tensor::ops::samples::{Make, Sample, sample};
use crate::tensor::ops::spec::{LINALG, Op};
use crate::tensor::ops::{eye, unsqueeze};

/// The values of `A^-1 B`, and for each matrix the first zero on the diagonal of `U` (or 0).
fn solve_array(a: &Tensor, b: &Tensor) -> Result<(Array, Vec<i64>)> {
    over_field!(a.dtype(), S => {
        let mut right = matrices::<S>(b)?.into_iter();
        let (out, info) = each::<S, i64>(a, &b.shape(), |_, mut a| {
            let mut b = right.next().expect("one batch for both");
            let (pivots, zero) = kernels::lu(&mut a, true);
            kernels::solve_lu(&a, &pivots, &mut b);
            Ok((b.data, zero as i64))
        })?;
        Ok((out, info))
    })
}

fn solved(a: &Tensor, b: &Tensor, name: &str) -> Result<(Tensor, Tensor)> {
    let n = check_square(a, name)?;
    let (sa, sb) = (a.shape(), b.shape());
    ensure!(
        a.dtype() == b.dtype(),
        "{name}: Expected A and B to have the same dtype, but found A of type {} and B of type {} instead",
        a.dtype().scalar_name(),
        b.dtype().scalar_name()
    );
    ensure!(
        b.ndim() > 0,
        "{name}: The input tensor B must have at least 2 dimensions."
    );
    if b.ndim() == 1 || b.ndim() + 1 == a.ndim() && sb[..] == sa[..sa.len() - 1] {
        let (x, info) = solved(a, &unsqueeze(b, -1)?, name)?;
        return Ok((crate::tensor::ops::squeeze_dim(&x, -1)?, info));
    }
    ensure!(
        sb[sb.len() - 2] == n,
        "{name}: Incompatible shapes of A and B for the equation AX = B ({n}x{n} and {}x{})",
        sb[sb.len() - 2],
        sb[sb.len() - 1]
    );
    let (a, b) = together(a, b)?;
    let (batch, ..) = sizes(&a);
    let (out, info) = solve_array(&a, &b)?;
    let kept = (Saved::input(&a), Saved::result(&out));
    let x = record(
        "LinalgSolveExBackward0",
        [&a, &b],
        out,
        kept,
        |g, (a, x), c| {
            let for_b = solve(&adjoint(&c.get(a)?)?, g)?;
            let for_a = || crate::tensor::ops::neg(&matmul(&for_b, &adjoint(&c.get(x)?)?)?);
            Ok([c.when(0, for_a)?, c.when(1, || Ok(for_b.clone()))?])
        },
    );
    Ok((x, integers(info, &batch)?))
}

fn check_solved(a: &Tensor, info: &Tensor, name: &str) -> Result<()> {
    let bad = info.to_vec::<i64>()?.iter().position(|k| *k > 0);
    if let Some(i) = bad {
        bail!(
            LinAlg,
            "{name}: {}The solver failed because the input matrix is singular.",
            place(a, i)
        );
    }
    Ok(())
}

/// `torch.linalg.solve`
pub fn solve(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    let (x, info) = solved(a, b, "linalg.solve")?;
    check_solved(a, &info, "torch.linalg.solve")?;
    Ok(x)
}

fn systems(m: &Make) -> Vec<Sample> {
    if !m.floating() {
        return Vec::new();
    }
    vec![
        sample([m.tensor(&[3, 3]).into(), m.tensor(&[3, 2]).into()]),
        sample([m.tensor(&[3, 3]).into(), m.tensor(&[3]).into()]),
    ]
}

/// The call of both `solve` and `solve_ex`.
fn call_solve(a: &Args, name: &str) -> Result<(Tensor, Tensor)> {
    let (x, b) = (a.tensor("A")?, a.tensor("B")?);
    if a.bool("left")? {
        return solved(x, b, name);
    }
    let vector = b.ndim() == 1;
    let b = if vector { b.clone() } else { adjoint(b)? };
    let (out, info) = solved(&adjoint(x)?, &b, name)?;
    Ok((if vector { out } else { adjoint(&out)? }, info))
}

/// `torch.linalg.solve`
pub static LINALG_SOLVE: Op = Op {
    signature: "linalg_solve(A, B, *, left=True, out=None) -> Tensor",
    faces: LINALG,
    node: "LinalgSolveExBackward0",
    doc: "The solution X of A X = B.",
    examples: &[(
        "torch.linalg.solve(torch.tensor([[2.]]), torch.tensor([4.]))",
        "tensor([2.])",
    )],
    samples: systems,
    call: |a| {
        let (out, info) = call_solve(a, "linalg.solve")?;
        check_solved(a.tensor("A")?, &info, "torch.linalg.solve")?;
        Ok(out.into())
    },
    ..Op::BASE
};

/// `torch.linalg.solve_ex`
pub static LINALG_SOLVE_EX: Op = Op {
    signature: "linalg_solve_ex(A, B, *, left=True, check_errors=False, out=None) -> (result, info)",
    faces: LINALG,
    node: "LinalgSolveExBackward0",
    doc: "The solution X of A X = B, and for each matrix the first zero on the diagonal of `U` (or 0).",
    samples: systems,
    call: |a| {
        let (out, info) = call_solve(a, "linalg.solve")?;
        if a.bool("check_errors")? {
            check_solved(a.tensor("A")?, &info, "torch.linalg.solve_ex")?;
        }
        Ok(Out::Named {
            name: "linalg_solve_ex",
            fields: &["result", "info"],
            values: vec![out, info],
        })
    },
    ..Op::BASE
};

/// The inverse and, for each matrix, the first zero on the diagonal of `U` (or 0).
fn inverse_ex(x: &Tensor, name: &str) -> Result<(Tensor, Tensor)> {
    let n = check_square(x, name)?;
    let (batch, ..) = sizes(x);
    let one = crate::tensor::ops::expand_to(&eye(n, n, x.dtype())?, &x.shape())?;
    let (out, info) = solve_array(x, &one)?;
    let kept = Saved::result(&out);
    let y = record("LinalgInvExBackward0", [x], out, kept, |g, y, c| {
        let back = adjoint(&c.get(y)?)?;
        Ok([Some(crate::tensor::ops::neg(&product(&back, g, &back)?)?)])
    });
    Ok((y, integers(info, &batch)?))
}

/// `torch.inverse`
pub fn inverse(x: &Tensor) -> Result<Tensor> {
    let (y, info) = inverse_ex(x, "linalg.inv")?;
    check_inverse(x, &info, "linalg.inv")?;
    Ok(y)
}

fn check_inverse(x: &Tensor, info: &Tensor, name: &str) -> Result<()> {
    if let Some((i, k)) = first_failure(info)? {
        bail!(
            LinAlg,
            "{name}: {}The diagonal element {k} is zero, the inversion could not be completed because the input matrix is singular.",
            place(x, i)
        );
    }
    Ok(())
}

/// `torch.linalg.inv_ex`
pub static LINALG_INV_EX: Op = Op {
    signature: "linalg_inv_ex(A, *, check_errors=False, out=None) -> (inverse, info)",
    faces: LINALG,
    doc: "The inverse, and for each matrix the first zero on the diagonal of `U` (or 0).",
    samples: squares,
    call: |a| {
        let x = a.tensor("A")?;
        let (y, info) = inverse_ex(x, "linalg.inv_ex")?;
        if a.bool("check_errors")? {
            check_inverse(x, &info, "linalg.inv_ex")?;
        }
        Ok(Out::Named {
            name: "linalg_inv_ex",
            fields: &["inverse", "info"],
            values: vec![y, info],
        })
    },
    ..Op::BASE
};
