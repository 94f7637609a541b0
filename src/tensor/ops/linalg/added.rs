//! Products added to something: addmm and its relatives, linear.

use super::matmul::{
    bmm, in_columns, left_gradient, mm_array, mv, outer, pairs, right_gradient, same_dtype,
};
use crate::tensor::array::error::ensure;
use crate::tensor::array::kernels::pointwise::{Side, update_with};
use crate::tensor::array::layout::show;
use crate::tensor::array::{Array, DType, Element, Number, Result, Scalar};
use crate::tensor::core::record::named;
use crate::tensor::core::{Saved, Tensor, record, requires_recording};
use crate::tensor::ops::args::{Args, Out};
use crate::tensor::ops::samples::{Make, Sample, sample};
use crate::tensor::ops::spec::{FUNCTION, IN_PLACE, METHOD, Op};
use crate::tensor::ops::{
    add_scaled, expand_to, in_place, mul, select_index, sum_dims, to_dtype, unsqueeze,
};

const FACES: u16 = FUNCTION | METHOD | IN_PLACE;

fn triples(m: &Make, shapes: &[(&[usize], &[usize], &[usize])]) -> Vec<Sample> {
    if m.dtype == crate::tensor::array::DType::Bool {
        return Vec::new();
    }
    let plain = |(x, a, b): &(&[usize], &[usize], &[usize])| {
        sample([m.tensor(x).into(), m.tensor(a).into(), m.tensor(b).into()])
    };
    let mut all: Vec<Sample> = shapes.iter().map(plain).collect();
    if m.floating() {
        all.push(plain(&shapes[0]).with("beta", 0.5).with("alpha", 2.0));
    }
    all
}

fn factors(a: &Args) -> Result<(Scalar, Scalar)> {
    Ok((a.scalar("beta")?, a.scalar("alpha")?))
}

/// A factor in the dtype of the tensors: cut to an integer for integers.
fn fitting(s: Scalar, dtype: DType) -> Scalar {
    if dtype.is_differentiable() {
        s
    } else {
        Scalar::Int(s.to_i64())
    }
}

/// `x` times a number; nothing, not even a NaN, is left of it for 0.
fn scaled(x: &Tensor, s: Scalar) -> Result<Tensor> {
    let s = fitting(s, x.dtype());
    if s == Scalar::Int(1) || s == Scalar::Float(1.0) {
        Ok(x.clone())
    } else if !s.to_bool() {
        let zeros = Array::zeros(&x.shape(), x.dtype())?;
        Ok(record("MulBackward0", [x], zeros, (), |g, (), _| {
            Ok([Some(mul(g, 0i64)?)])
        }))
    } else {
        mul(x, s)
    }
}

/// `beta * x + alpha * product`.
pub(in crate::tensor::ops) fn plus_product(a: &Args, product: &Tensor) -> Result<Tensor> {
    let (beta, alpha) = factors(a)?;
    let x = a.tensor("input")?;
    let shape = product.shape();
    let start = scaled(x, beta)?;
    if start.array().layout().broadcast(&shape).is_none() {
        expand_to(&start, &shape)?;
    }
    if product.dtype() == DType::Bool {
        let any = |s: Scalar| s.to_f64() != 0.0;
        let one = if any(alpha) {
            product.clone()
        } else {
            crate::tensor::ops::zeros_like(product)?
        };
        let other = if any(beta) {
            x.clone()
        } else {
            crate::tensor::ops::zeros_like(x)?
        };
        return add_scaled((&other).into(), (&one).into(), Scalar::Bool(true));
    }
    add_scaled(
        (&start).into(),
        product.into(),
        fitting(alpha, product.dtype()),
    )
}

/// The op in place, where it has to be looked at the shapes first.
fn over(a: &Args, op: &Op) -> Result<Out> {
    let mut inner = a.copy();
    let done = in_place::apply(a.tensor("input")?, |source| {
        inner.set("input", source.clone().into());
        Ok(named(op.node, (op.call)(&inner)?.tensors().swap_remove(0)))
    })?;
    Ok(done.into())
}

/// `torch.addmm`
pub static ADDMM: Op = Op {
    signature: "addmm(input, mat1, mat2, *, beta=1, alpha=1, out=None) -> Tensor",
    faces: FACES,
    doc: "`beta * input + alpha * (mat1 @ mat2)`.",
    examples: &[(
        "torch.addmm(torch.tensor([1.]), torch.tensor([[2.]]), torch.tensor([[3.]]))",
        "tensor([[7.]])",
    )],
    samples: |m| triples(m, &[(&[2, 2], &[2, 3], &[3, 2]), (&[2], &[4, 3], &[3, 2])]),
    call: |a| {
        let (beta, alpha) = factors(a)?;
        Ok(addmm(
            a.tensor("input")?,
            a.tensor("mat1")?,
            a.tensor("mat2")?,
            beta,
            alpha,
        )?
        .into())
    },
    ..Op::BASE
};

/// `torch.addmm`
pub fn addmm(x: &Tensor, a: &Tensor, b: &Tensor, beta: Scalar, alpha: Scalar) -> Result<Tensor> {
    ensure!(
        a.ndim() == 2,
        "mat1 must be a matrix, got {}-D tensor",
        a.ndim()
    );
    ensure!(
        b.ndim() == 2,
        "mat2 must be a matrix, got {}-D tensor",
        b.ndim()
    );
    let (sa, sb) = (a.shape(), b.shape());
    ensure!(
        sa[1] == sb[0],
        "addmm: mat1 and mat2 shapes cannot be multiplied ({}x{} and {}x{})",
        sa[0],
        sa[1],
        sb[0],
        sb[1]
    );
    same_dtype(a, b)?;
    ensure!(
        x.dtype() == a.dtype(),
        "self and mat2 must have the same dtype, but got {} and {}",
        x.dtype().scalar_name(),
        b.dtype().scalar_name()
    );
    let shape = [sa[0], sb[1]];
    let start = x.to_array();
    if start.layout().broadcast(&shape).is_none() {
        expand_to(x, &shape)?;
    }
    let out = mm_array(&a.array(), &b.array())?;
    dispatch_number!(out.dtype(), T => {
        let (beta, alpha) = (T::from_scalar(beta), T::from_scalar(alpha));
        if beta == T::ONE && alpha == T::ONE {
            update_with(&out, Side::<T>::Array(&start), |p, x| p.plus(x))?;
        } else if beta == T::ZERO {
            crate::tensor::array::kernels::pointwise::update::<T>(&out, move |p| alpha.times(p))?;
        } else {
            update_with(&out, Side::<T>::Array(&start), move |p, x| alpha.times(p).plus(beta.times(x)))?;
        }
    }, bool => unreachable!("products of bools are refused"));
    let kept = (
        requires_recording(&[b]).then(|| Saved::input(a)),
        requires_recording(&[a]).then(|| Saved::input(b)),
    );
    let columns = (in_columns(a), in_columns(b));
    Ok(record(
        "AddmmBackward0",
        [x, a, b],
        out,
        kept,
        move |g, (a, b), c| {
            let for_a = || {
                scaled(
                    &left_gradient(g, &c.get(b.as_ref().expect("kept"))?, columns.0)?,
                    alpha,
                )
            };
            let for_b = || {
                scaled(
                    &right_gradient(g, &c.get(a.as_ref().expect("kept"))?, columns.1)?,
                    alpha,
                )
            };
            Ok([
                c.when(0, || scaled(g, beta))?,
                c.when(1, for_a)?,
                c.when(2, for_b)?,
            ])
        },
    ))
}

/// `torch.addmv`
pub static ADDMV: Op = Op {
    signature: "addmv(input, mat, vec, *, beta=1, alpha=1, out=None) -> Tensor",
    faces: FACES,
    node: "AddmvBackward0",
    doc: "`beta * input + alpha * (mat @ vec)`.",
    examples: &[(
        "torch.addmv(torch.tensor([1.]), torch.tensor([[2.]]), torch.tensor([3.]))",
        "tensor([7.])",
    )],
    samples: |m| triples(m, &[(&[2], &[2, 3], &[3])]),
    call: |a| {
        let product = mv(a.tensor("mat")?, a.tensor("vec")?)?;
        Ok(plus_product(a, &product)?.into())
    },
    ..Op::BASE
};

/// `torch.addr`
pub static ADDR: Op = Op {
    signature: "addr(input, vec1, vec2, *, beta=1, alpha=1, out=None) -> Tensor",
    faces: FACES,
    node: "AddrBackward0",
    doc: "`beta * input + alpha * outer(vec1, vec2)`.",
    examples: &[(
        "torch.addr(torch.zeros(1, 1), torch.tensor([2.]), torch.tensor([3.]))",
        "tensor([[6.]])",
    )],
    samples: |m| triples(m, &[(&[2, 3], &[2], &[3])]),
    call: |a| {
        let (one, two) = (a.tensor("vec1")?, a.tensor("vec2")?);
        if one.dtype() == DType::Bool || one.ndim() != 1 || two.ndim() != 1 {
            return Ok(plus_product(a, &outer(one, two)?)?.into());
        }
        // Multiplied in this order, which shows where each product is rounded.
        let (beta, alpha) = factors(a)?;
        let own = |s: Scalar| Array::from_scalar(s, one.dtype()).first();
        let product = mul(
            &unsqueeze(&scaled(one, own(alpha))?, 1)?,
            &unsqueeze(two, 0)?,
        )?;
        let mut rest = a.copy();
        if one.dtype().is_small() {
            rest.set("beta", own(beta).into());
        }
        rest.set("alpha", 1i64.into());
        Ok(plus_product(&rest, &product)?.into())
    },
    in_place: Some(|a| {
        let x = a.tensor("input")?.shape();
        let (v1, v2) = (a.tensor("vec1")?.shape(), a.tensor("vec2")?.shape());
        ensure!(
            x.len() == 2,
            "2D tensor expected, got {}D tensor for input",
            x.len()
        );
        ensure!(
            v1.len() != 1 || v2.len() != 1 || x[..] == [v1[0], v2[0]],
            "size mismatch, input: {}, v1: {}, v2: {}",
            show(&x),
            show(&v1),
            show(&v2)
        );
        over(a, &ADDR)
    }),
    ..Op::BASE
};

/// `torch.baddbmm`
pub static BADDBMM: Op = Op {
    signature: "baddbmm(input, batch1, batch2, *, beta=1, alpha=1, out=None) -> Tensor",
    faces: FACES,
    node: "BaddbmmBackward0",
    doc: "`beta * input + alpha * bmm(batch1, batch2)`.",
    examples: &[(
        "torch.baddbmm(torch.ones(1, 1, 1), torch.ones(1, 1, 2), torch.ones(1, 2, 1))",
        "tensor([[[3.]]])",
    )],
    samples: |m| triples(m, &[(&[2, 2, 2], &[2, 2, 3], &[2, 3, 2])]),
    call: |a| {
        let product = bmm(a.tensor("batch1")?, a.tensor("batch2")?)?;
        Ok(plus_product(a, &product)?.into())
    },
    ..Op::BASE
};

/// Refuses what `addbmm` cannot multiply.
fn check_batches(x: &Tensor, one: &Tensor, two: &Tensor) -> Result<()> {
    ensure!(one.ndim() == 3, "batch1 must be a 3D tensor");
    ensure!(two.ndim() == 3, "batch2 must be a 3D tensor");
    let (sa, sb) = (one.shape(), two.shape());
    ensure!(
        sa[0] == sb[0],
        "batch1 and batch2 must have same number of batches, got {} and {}",
        sa[0],
        sb[0]
    );
    ensure!(
        sa[2] == sb[1],
        "Incompatible matrix sizes for bmm ({}x{} and {}x{})",
        sa[1],
        sa[2],
        sb[1],
        sb[2]
    );
    if x.array().layout().broadcast(&[sa[1], sb[2]]).is_none() {
        expand_to(x, &[sa[1], sb[2]])?;
    }
    Ok(())
}

/// One product of a batch after the other, each sum rounded to the dtype.
fn added_in_turn(a: &Args, one: &Tensor, two: &Tensor) -> Result<Tensor> {
    let (mut beta, alpha) = factors(a)?;
    let mut sum = a.tensor("input")?.clone();
    let dtype = sum.dtype();
    for i in 0..one.shape()[0] {
        let (m, n) = (select_index(one, 0, i), select_index(two, 0, i));
        let wide = |t: &Tensor| to_dtype(t, DType::Float32);
        sum = if dtype.is_small() {
            let next = addmm(&wide(&sum)?, &wide(&m)?, &wide(&n)?, beta, alpha)?;
            to_dtype(&next, dtype)?
        } else {
            addmm(&sum, &m, &n, beta, alpha)?
        };
        beta = Scalar::Int(1);
    }
    Ok(sum)
}

/// `torch.addbmm`
pub static ADDBMM: Op = Op {
    signature: "addbmm(input, batch1, batch2, *, beta=1, alpha=1, out=None) -> Tensor",
    faces: FACES,
    node: "AddbmmBackward0",
    doc: "`beta * input + alpha * sum(bmm(batch1, batch2))`.",
    examples: &[(
        "torch.addbmm(torch.ones(1, 1), torch.ones(2, 1, 2), torch.ones(2, 2, 1))",
        "tensor([[5.]])",
    )],
    samples: |m| triples(m, &[(&[2, 2], &[3, 2, 3], &[3, 3, 2])]),
    call: |a| {
        let (one, two) = (a.tensor("batch1")?, a.tensor("batch2")?);
        check_batches(a.tensor("input")?, one, two)?;
        if one.dtype().is_floating_point() && one.shape()[0] > 0 {
            return Ok(added_in_turn(a, one, two)?.into());
        }
        let product = sum_dims(&bmm(one, two)?, Some(&[0]), false, Some(one.dtype()))?;
        Ok(plus_product(a, &product)?.into())
    },
    in_place: Some(|a| {
        let x = a.tensor("input")?;
        let (one, two) = (a.tensor("batch1")?.shape(), a.tensor("batch2")?.shape());
        if let ([_, m, _], [.., n]) = (&one[..], &two[..])
            && x.shape()[..] != [*m, *n]
        {
            let shape = &[*m, *n];
            // The one op that is stretched in place.
            in_place::relayout(x, |x| expand_to(x, shape))?;
            let own = x.array().copy_dense()?;
            x.set_array(own);
        }
        over(a, &ADDBMM)
    }),
    ..Op::BASE
};

/// `torch.chain_matmul`
pub static CHAIN_MATMUL: Op = Op {
    signature: "chain_matmul(*matrices, out=None) -> Tensor",
    doc: "The product of several matrices.",
    examples: &[(
        "torch.chain_matmul(torch.ones(1, 2), torch.ones(2, 1))",
        "tensor([[2.]])",
    )],
    samples: |m| pairs(m, &[(&[2, 3], &[3, 2])]),
    call: |a| {
        let all = a.tensors("matrices")?;
        ensure!(
            !all.is_empty(),
            "chain_matmul(): Expected one or more matrices"
        );
        let mut out = all[0].clone();
        for next in &all[1..] {
            out = super::matmul::mm(&out, next)?;
        }
        Ok(out.into())
    },
    ..Op::BASE
};
