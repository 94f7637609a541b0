//! LU factors, and systems solved with them.

use super::batch::{
    adjoint, check_matrix, check_square, each, first_failure, gathered, integers, over_field,
    place, sizes, squares, together, with,
};
use super::decompose::{tril, triu};
use super::kernels::{self, Matrix};
use super::matmul::matmul;
use super::triangular::solve_triangular;
use crate::tensor::array::error::{bail, ensure};
use crate::tensor::array::{Array, DType, Result};
use crate::tensor::core::{Saved, Tensor, record};
use crate::tensor::ops::args::{Arg, Out};
use crate::tensor::ops::samples::{Make, Sample, sample};
use crate::tensor::ops::spec::{FUNCTION, LINALG, METHOD, Op};
use crate::tensor::ops::{add, cat, eye, slice, sub};

/// The packed factors, the rows exchanged (counted from 1), and the first zero on the diagonal of `U` (or 0).
pub(super) fn lu_factor(x: &Tensor, pivot: bool, name: &str) -> Result<[Tensor; 3]> {
    let (m, n) = check_matrix(x, name, "A")?;
    let (batch, ..) = sizes(x);
    let mut rows = Vec::new();
    let (out, info) = over_field!(x.dtype(), S => each::<S, i64>(x, &x.shape(), |_, mut a| {
        let (pivots, zero) = kernels::lu(&mut a, pivot);
        rows.extend(pivots.into_iter().map(|p| p as i64 + 1));
        Ok((a.data, zero as i64))
    }))?;
    let pivots = integers(rows, &with(&batch, &[m.min(n)]))?;
    let kept = (Saved::result(&out), Saved::input(&pivots));
    let lu = record(
        "LinalgLuFactorExBackward0",
        [x],
        out,
        kept,
        move |g, (lu, pivots), c| {
            let permutation = permutation(&c.get(pivots)?, m, g.dtype())?;
            let inner = lu_backward(g, &c.get(lu)?)?;
            Ok([Some(matmul(&permutation, &inner)?)])
        },
    );
    Ok([lu, pivots, integers(info, &batch)?])
}

/// The gradient for `P^T A`, from that of the packed factors: as `lu_factor_ex_backward` in PyTorch.
fn lu_backward(g: &Tensor, lu: &Tensor) -> Result<Tensor> {
    let (_, m, n) = sizes(lu);
    let k = m.min(n);
    let d = lu.ndim() - 1;
    let top = |t: &Tensor| slice(t, d - 1, 0, k, 1);
    let left = |t: &Tensor| slice(t, d, 0, k, 1);
    let square = left(&top(lu));
    let (l, u) = (unit_lower(&square)?, triu(&square, 0)?);
    let (gl, gu) = (tril(&left(g), -1)?, triu(&top(g), 0)?);
    let (gl1, gu1) = (top(&gl), left(&gu));
    let mut low = matmul(&adjoint(&l)?, &gl1)?;
    let mut high = matmul(&gu1, &adjoint(&u)?)?;
    if n > k {
        let wide = |t: &Tensor| slice(t, d, k, n - k, 1);
        low = sub(&low, &matmul(&wide(&gu), &adjoint(&wide(&top(lu)))?)?)?;
    }
    if m > k {
        let tall = |t: &Tensor| slice(t, d - 1, k, m - k, 1);
        high = sub(&high, &matmul(&adjoint(&tall(&left(lu)))?, &tall(&gl))?)?;
    }
    let inner = add(&tril(&low, -1)?, &triu(&high, 0)?)?;
    let right = |t: &Tensor| solve_triangular(&adjoint(&u)?, t, false, false, false);
    let down = |t: &Tensor| solve_triangular(&adjoint(&l)?, t, true, true, true);
    let first = right(&down(&inner)?)?;
    if n > k {
        let wide = slice(&gu, d, k, n - k, 1);
        return cat(&[first, down(&wide)?], -1);
    }
    if m > k {
        let tall = slice(&gl, d - 1, k, m - k, 1);
        return cat(&[first, right(&tall)?], -2);
    }
    Ok(first)
}

/// The lower triangle with ones on the diagonal.
fn unit_lower(lu: &Tensor) -> Result<Tensor> {
    let (_, m, k) = sizes(lu);
    add(&tril(lu, -1)?, &eye(m, k, lu.dtype())?)
}

/// The matrices `P` of the row exchanges.
fn permutation(pivots: &Tensor, m: usize, dtype: DType) -> Result<Tensor> {
    let mut batch = pivots.shape();
    let k = batch.pop().unwrap_or(0);
    let count = batch.iter().product();
    let rows = pivots.to_vec::<i64>()?;
    let one = |i: usize| -> Result<Vec<f64>> {
        let mut p = Matrix::<f64>::eye(m, m);
        for (r, other) in rows[i * k..(i + 1) * k].iter().enumerate().rev() {
            ensure!(
                (1..=m as i64).contains(other),
                "pivots passed to lu_unpack must be between 1 and LU.size(-2) inclusive. Did you properly pass the result of lu_factor?"
            );
            p.swap_rows(r, *other as usize - 1);
        }
        Ok(p.data)
    };
    let all = (0..count).map(one).collect::<Result<Vec<_>>>()?;
    Ok(Tensor::from_array(gathered(
        all,
        &with(&batch, &[m, m]),
        dtype,
    )?))
}

fn check_factors(x: &Tensor, info: &Tensor, name: &str) -> Result<()> {
    if let Some((i, k)) = first_failure(info)? {
        bail!(
            Runtime,
            "{name}: {}U[{k},{k}] is zero and using it on lu_solve would result in a division by zero. If you still want to perform the factorization, consider calling linalg.lu(A, pivot) or linalg.lu_factor_ex(A, pivot)",
            place(x, i)
        );
    }
    Ok(())
}

fn factors(m: &Make) -> Vec<Sample> {
    super::batch::rectangles(m, &[&[3, 3], &[4, 2], &[2, 4], &[2, 2, 2]])
}

/// `torch.linalg.lu_factor`
pub static LINALG_LU_FACTOR: Op = Op {
    signature: "linalg_lu_factor(A, *, pivot=True, out=None) -> (LU, pivots)",
    faces: LINALG,
    doc: "The packed factors of `A = P L U`, and the rows exchanged, counted from 1.",
    examples: &[(
        "torch.linalg.lu_factor(torch.tensor([[1., 2.], [2., 2.]])).pivots",
        "tensor([2, 2], dtype=torch.int32)",
    )],
    samples: factors,
    call: |a| {
        let x = a.tensor("A")?;
        let [lu, pivots, info] = lu_factor(x, a.bool("pivot")?, "torch.linalg.lu_factor")?;
        check_factors(x, &info, "torch.linalg.lu_factor")?;
        Ok(Out::Named {
            name: "linalg_lu_factor",
            fields: &["LU", "pivots"],
            values: vec![lu, pivots],
        })
    },
    ..Op::BASE
};

/// `torch.linalg.lu_factor_ex`
pub static LINALG_LU_FACTOR_EX: Op = Op {
    signature: "linalg_lu_factor_ex(A, *, pivot=True, check_errors=False, out=None) -> (LU, pivots, info)",
    faces: LINALG,
    doc: "The packed factors of `A = P L U`, the rows exchanged, and the first zero on the diagonal of `U` (or 0).",
    samples: factors,
    call: |a| {
        let x = a.tensor("A")?;
        let values = lu_factor(x, a.bool("pivot")?, "torch.linalg.lu_factor_ex")?;
        if a.bool("check_errors")? {
            check_factors(x, &values[2], "torch.linalg.lu_factor_ex")?;
        }
        Ok(Out::Named {
            name: "linalg_lu_factor_ex",
            fields: &["LU", "pivots", "info"],
            values: values.into(),
        })
    },
    ..Op::BASE
};

/// `torch.lu`
pub static LU_OF_OLD: Op = Op {
    signature: "lu(input, pivot=True, get_infos=False, out=None) -> tuple",
    faces: FUNCTION | METHOD,
    doc: "The packed factors of `A = P L U` and the rows exchanged; with `get_infos` also the first zero of the diagonal.",
    samples: factors,
    call: |a| {
        let [lu, pivots, info] = lu_factor(
            a.tensor("input")?,
            a.bool("pivot")?,
            "torch.linalg.lu_factor",
        )?;
        if a.bool("get_infos")? && a.is_method() {
            return Ok(Out::Tensors(vec![lu, pivots, info]));
        }
        if a.bool("get_infos")? {
            return Ok(Out::Named {
                name: "_lu_with_info",
                fields: &["LU", "pivots", "info"],
                values: vec![lu, pivots, info],
            });
        }
        Ok(Out::Tensors(vec![lu, pivots]))
    },
    ..Op::BASE
};

/// `P`, `L` and `U` from the packed factors.
fn unpack(lu: &Tensor, pivots: Option<&Tensor>, data: bool) -> Result<Vec<Tensor>> {
    let (_, m, n) = sizes(lu);
    let (k, d) = (m.min(n), lu.ndim() - 1);
    let none = || Ok(Tensor::from_array(Array::zeros(&[0], lu.dtype())?)) as Result<Tensor>;
    let p = match pivots {
        Some(pivots) => permutation(pivots, m, lu.dtype())?,
        None => none()?,
    };
    if !data {
        return Ok(vec![p, none()?, none()?]);
    }
    let l = unit_lower(&slice(lu, d, 0, k, 1))?;
    Ok(vec![p, l, triu(&slice(lu, d - 1, 0, k, 1), 0)?])
}

const PLU: &[&str] = &["P", "L", "U"];

/// `torch.lu_unpack`
pub static LU_UNPACK: Op = Op {
    signature: "lu_unpack(LU_data, LU_pivots, unpack_data=True, unpack_pivots=True, *, out=None) -> (P, L, U)",
    doc: "The matrices `P`, `L` and `U` from the result of `lu_factor`.",
    samples: |m| {
        let pivots = Tensor::from_vec(vec![2i64, 2, 3], &[3]).expect("three pivots");
        let pivots = crate::tensor::ops::to_dtype(&pivots, DType::Int32).expect("integers");
        squares(m)
            .into_iter()
            .take(1)
            .map(|mut s| {
                s.args.push(pivots.clone().into());
                s
            })
            .collect()
    },
    call: |a| {
        let (lu, pivots) = (a.tensor("LU_data")?, a.tensor("LU_pivots")?);
        let with_pivots = a.bool("unpack_pivots")?;
        ensure!(
            !with_pivots || pivots.dtype() == DType::Int32,
            "torch.lu_unpack: LU_pivots is expected to be a contiguous tensor of torch.int32 dtype.\nNote: this function is intended to be used with the output produced by torch.linalg.lu_factor"
        );
        Ok(Out::Named {
            name: "lu_unpack",
            fields: PLU,
            values: unpack(lu, with_pivots.then_some(pivots), a.bool("unpack_data")?)?,
        })
    },
    ..Op::BASE
};

/// `torch.linalg.lu`
pub static LINALG_LU: Op = Op {
    signature: "linalg_lu(A, *, pivot=True, out=None) -> (P, L, U)",
    faces: LINALG,
    doc: "`A = P L U`: a permutation, a lower triangle with ones on the diagonal, and an upper triangle.",
    examples: &[(
        "torch.linalg.lu(torch.tensor([[1., 2.], [2., 2.]])).U",
        "tensor([[2., 2.],\n        [0., 1.]])",
    )],
    samples: factors,
    call: |a| {
        let pivot = a.bool("pivot")?;
        let [lu, pivots, _] = lu_factor(a.tensor("A")?, pivot, "linalg.lu")?;
        Ok(Out::Named {
            name: "linalg_lu",
            fields: PLU,
            values: unpack(&lu, pivot.then_some(&pivots), true)?,
        })
    },
    ..Op::BASE
};

/// The solution of `A X = B` (or `A^T X = B`) from the factors of `A`.
fn solve_factored(lu: &Tensor, pivots: &Tensor, b: &Tensor, adjoint_: bool) -> Result<Tensor> {
    let p = permutation(pivots, sizes(lu).1, lu.dtype())?;
    let (lu, b) = together(lu, b)?;
    if adjoint_ {
        let turned = adjoint(&lu)?;
        let y = solve_triangular(&turned, &b, false, true, false)?;
        return matmul(&p, &solve_triangular(&turned, &y, true, true, true)?);
    }
    let y = solve_triangular(&lu, &matmul(&adjoint(&p)?, &b)?, false, true, true)?;
    solve_triangular(&lu, &y, true, true, false)
}

/// `torch.linalg.lu_solve`
pub static LINALG_LU_SOLVE: Op = Op {
    signature: "linalg_lu_solve(LU, pivots, B, *, left=True, adjoint=False, out=None) -> Tensor",
    faces: LINALG,
    node: "LinalgLuSolveBackward0",
    doc: "The solution of `A X = B` from the result of `lu_factor`.",
    samples: |m| lu_systems(m, false),
    call: |a| {
        let (lu, pivots, b) = (a.tensor("LU")?, a.tensor("pivots")?, a.tensor("B")?);
        check_square(lu, "torch.linalg.lu_solve")?;
        let turned = a.bool("adjoint")?;
        if a.bool("left")? {
            return Ok(solve_factored(lu, pivots, b, turned)?.into());
        }
        Ok(adjoint(&solve_factored(lu, pivots, &adjoint(b)?, !turned)?)?.into())
    },
    ..Op::BASE
};

fn lu_systems(m: &Make, b_first: bool) -> Vec<Sample> {
    if !m.floating() {
        return Vec::new();
    }
    let pivots = Tensor::from_vec(vec![2i64, 2, 3], &[3]).expect("three pivots");
    let pivots = crate::tensor::ops::to_dtype(&pivots, DType::Int32).expect("integers");
    let (lu, b): (Arg, Arg) = (m.tensor(&[3, 3]).into(), m.tensor(&[3, 2]).into());
    vec![if b_first {
        sample([b, lu, pivots.into()])
    } else {
        sample([lu, pivots.into(), b])
    }]
}

/// `torch.lu_solve`
pub static LU_SOLVE: Op = Op {
    signature: "lu_solve(input, LU_data, LU_pivots, *, out=None) -> Tensor",
    faces: FUNCTION | METHOD,
    node: "LinalgLuSolveBackward0",
    doc: "The solution of `A X = input` from the result of `lu_factor`.",
    samples: |m| lu_systems(m, true),
    call: |a| {
        let (lu, b) = (a.tensor("LU_data")?, a.tensor("input")?);
        check_square(lu, "torch.linalg.lu_solve")?;
        Ok(solve_factored(lu, a.tensor("LU_pivots")?, b, false)?.into())
    },
    ..Op::BASE
};
