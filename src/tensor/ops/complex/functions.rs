//! Functions of complex numbers by those of their parts.

use super::arithmetic::{
    Pair, complex_abs, complex_angle, complex_div, complex_pow, complex_sqrt, exponential, joined,
    logarithm, times,
};
use super::parts::{both, check_parts, conj, imag, input, join, real};
use crate::tensor::array::{DType, Result, Scalar};
use crate::tensor::core::{Operand, Tensor, record};
use crate::tensor::ops::args::{Args, Out};
use crate::tensor::ops::samples::{self, sample};
use crate::tensor::ops::spec::{FUNCTION, IN_PLACE, METHOD, Op};
use crate::tensor::ops::{
    add, cos, cosh, div, eq, full_like_dtype, logical_and, lt, masked_fill, mean_dims, mul, neg,
    sin, sinh, to_dtype, where_, zeros_like,
};

/// `torch.angle`
pub static ANGLE: Op = Op {
    signature: "angle(input, *, out=None) -> Tensor",
    faces: FUNCTION | METHOD,
    doc: "The angle in the complex plane: of real numbers 0, or pi where they are negative.",
    examples: &[(
        "torch.angle(torch.tensor([1j, 1+1j]))",
        "tensor([1.5708, 0.7854])",
    )],
    samples: samples::pointwise,
    call: |a| {
        let x = a.tensor("input")?;
        if x.dtype().is_complex() {
            return Ok(complex_angle(x)?.into());
        }
        let x = if x.dtype().is_floating_point() {
            x.clone()
        } else {
            to_dtype(x, crate::tensor::core::default_dtype())?
        };
        let values = x.detach();
        let positive = masked_fill(&values, &eq(&values, &values)?, 0i64)?;
        let out = masked_fill(&positive, &lt(&values, 0i64)?, std::f64::consts::PI)?;
        let out = record("AngleBackward0", [&x], out.to_array(), (), |g, (), _| {
            Ok([Some(zeros_like(g)?)])
        });
        Ok(out.into())
    },
    ..Op::BASE
};

/// `torch.sgn`
pub static SGN: Op = Op {
    signature: "sgn(input, *, out=None) -> Tensor",
    faces: FUNCTION | METHOD | IN_PLACE,
    doc: "-1, 0 or 1; of complex numbers the one of length 1 with the same angle.",
    examples: &[("torch.sgn(torch.tensor([-2., 0.]))", "tensor([-1.,  0.])")],
    samples: |m| (crate::tensor::ops::pointwise::simple::SIGN.samples)(m),
    call: |a| Ok(crate::tensor::ops::sign(a.tensor("input")?)?.into()),
    ..Op::BASE
};

/// `torch.polar`
pub static POLAR: Op = Op {
    signature: "polar(abs, angle, *, out=None) -> Tensor",
    node: "PolarBackward0",
    doc: "Complex numbers from their absolute values and angles.",
    examples: &[(
        "torch.polar(torch.tensor([2.]), torch.tensor([0.]))",
        "tensor([2.+0.j])",
    )],
    samples: |m| {
        if m.floating() {
            vec![sample([m.positive(&[3]).into(), m.tensor(&[3]).into()]).rough()]
        } else {
            Vec::new()
        }
    },
    call: |a| {
        let (size, angle) = (a.tensor("abs")?, a.tensor("angle")?);
        check_parts(size, angle)?;
        Ok(join(&mul(size, &cos(angle)?)?, &mul(size, &sin(angle)?)?)?.into())
    },
    ..Op::BASE
};

fn whole(p: Pair) -> Result<Out> {
    Ok(joined(p)?.into())
}

fn quotient(a: Pair, b: Pair) -> Result<Out> {
    let (x, y) = (joined(a)?, joined(b)?);
    let dtype = x.dtype();
    Ok(complex_div(&Operand::Tensor(&x), &Operand::Tensor(&y), dtype)?.into())
}

fn sine((a, b): &Pair) -> Result<Pair> {
    Ok((mul(&sin(a)?, &cosh(b)?)?, mul(&cos(a)?, &sinh(b)?)?))
}

fn cosine((a, b): &Pair) -> Result<Pair> {
    Ok((mul(&cos(a)?, &cosh(b)?)?, neg(&mul(&sin(a)?, &sinh(b)?)?)?))
}

/// `-i z`, with which hyperbolic functions become circular ones.
fn turned((a, b): &Pair) -> Result<Pair> {
    Ok((b.clone(), neg(a)?))
}

fn turned_back((a, b): Pair) -> Result<Pair> {
    Ok((neg(&b)?, a))
}

fn hyperbolic_sine(z: &Pair) -> Result<Pair> {
    turned_back(sine(&turned(z)?)?)
}

fn hyperbolic_cosine(z: &Pair) -> Result<Pair> {
    cosine(&turned(z)?)
}

fn scaled((a, b): &Pair, by: f64) -> Result<Pair> {
    Ok((mul(a, by)?, mul(b, by)?))
}

fn one_like(z: &Pair) -> Result<Pair> {
    Ok((crate::tensor::ops::ones_like(&z.0)?, zeros_like(&z.0)?))
}

fn logarithm_of(a: &Args, base: f64) -> Result<Out> {
    whole(scaled(&logarithm(a.tensor("input")?)?, 1.0 / base.ln())?)
}

fn root(a: &Args, power: f64) -> Result<Out> {
    whole(exponential(&scaled(
        &logarithm(a.tensor("input")?)?,
        power,
    )?)?)
}

fn mean(a: &Args) -> Result<Out> {
    let dims = a.opt_ints("dim")?;
    let (re, im) = input(a)?;
    let one = |x: &Tensor| mean_dims(x, dims.as_deref(), a.bool("keepdim")?, None);
    Ok(join(&one(&re)?, &one(&im)?)?.into())
}

/// Whether both parts agree.
fn equal(a: &Args) -> Result<Tensor> {
    let (x, y) = (
        a.operand("input")?.to_tensor(),
        a.operand("other")?.to_tensor(),
    );
    let ((p, q), (r, s)) = (both(&x, DType::Complex128)?, both(&y, DType::Complex128)?);
    logical_and(&eq(&p, &r)?, &eq(&q, &s)?)
}

fn power(a: &Args) -> Result<Out> {
    let (x, y) = (a.operand("input")?, a.operand("exponent")?);
    let dtype = crate::tensor::ops::pointwise::result_type(&x, &y);
    Ok(complex_pow(&x, &y, dtype)?.into())
}

/// `|x - y| <= atol + rtol * |y|`, or equal.
fn close(a: &Args) -> Result<Tensor> {
    let (x, y) = (a.tensor("input")?, a.tensor("other")?);
    let difference = complex_abs(&to_complex(&crate::tensor::ops::sub(x, y)?)?)?;
    let bound = add(
        &mul(&complex_abs(&to_complex(y)?)?, a.float("rtol")?)?,
        a.float("atol")?,
    )?;
    crate::tensor::ops::le(&difference, &bound)
}

fn to_complex(x: &Tensor) -> Result<Tensor> {
    to_dtype(x, x.dtype().to_complex())
}

fn sign(a: &Args) -> Result<Out> {
    let z = a.tensor("input")?;
    let size = complex_abs(z)?;
    let zero = eq(&size, 0i64)?;
    let size = where_(
        &zero,
        &full_like_dtype(&size, Scalar::Int(1), size.dtype())?,
        &size,
    )?;
    Ok(join(&div(&real(z)?, &size)?, &div(&imag(z)?, &size)?)?.into())
}

fn by_parts(a: &Args, f: impl Fn(&Tensor) -> Result<Tensor>, any: bool) -> Result<Out> {
    let (re, im) = input(a)?;
    let (p, q) = (f(&re)?, f(&im)?);
    Ok(if any {
        crate::tensor::ops::logical_or(&p, &q)?
    } else {
        logical_and(&p, &q)?
    }
    .into())
}

/// `input + value * x`
fn added(a: &Args, x: &Tensor) -> Result<Out> {
    let x = mul(x, a.scalar("value")?)?;
    Ok(add(a.tensor("input")?, &x)?.into())
}

/// A name and what it computes.
type Function = (&'static str, fn(&Args) -> Result<Out>);

/// Functions that have a form of their own for complex numbers.
pub(super) static FUNCTIONS: &[Function] = &[
    ("abs", |a| Ok(complex_abs(a.tensor("input")?)?.into())),
    ("addcdiv", |a| {
        let quotient = crate::tensor::ops::div(a.tensor("tensor1")?, a.tensor("tensor2")?)?;
        added(a, &quotient)
    }),
    ("addcmul", |a| {
        added(a, &mul(a.tensor("tensor1")?, a.tensor("tensor2")?)?)
    }),
    ("addmm", |a| {
        let product = crate::tensor::ops::mm(a.tensor("mat1")?, a.tensor("mat2")?)?;
        Ok(crate::tensor::ops::linalg::added::plus_product(a, &product)?.into())
    }),
    ("allclose", |a| {
        Ok(close(a)?.to_vec::<bool>()?.into_iter().all(|b| b).into())
    }),
    ("cos", |a| whole(cosine(&input(a)?)?)),
    ("cosh", |a| whole(hyperbolic_cosine(&input(a)?)?)),
    ("cumsum", |a| {
        let (re, im) = input(a)?;
        let sum = |x: &Tensor| crate::tensor::ops::cumsum(x, a.int("dim")?, None);
        Ok(join(&sum(&re)?, &sum(&im)?)?.into())
    }),
    ("eq", |a| Ok(equal(a)?.into())),
    ("equal", |a| {
        let (x, y) = (a.tensor("input")?, a.tensor("other")?);
        Ok((x.shape() == y.shape() && equal(a)?.to_vec::<bool>()?.into_iter().all(|b| b)).into())
    }),
    ("exp", |a| whole(exponential(&input(a)?)?)),
    ("H", |a| {
        Ok(conj(&crate::tensor::ops::t(a.tensor("input")?)?)?.into())
    }),
    ("isclose", |a| Ok(close(a)?.into())),
    ("isfinite", |a| {
        by_parts(a, crate::tensor::ops::isfinite, false)
    }),
    ("isinf", |a| by_parts(a, crate::tensor::ops::isinf, true)),
    ("isnan", |a| by_parts(a, crate::tensor::ops::isnan, true)),
    ("isreal", |a| {
        Ok(eq(&imag(a.tensor("input")?)?, 0i64)?.into())
    }),
    ("log", |a| whole(logarithm(a.tensor("input")?)?)),
    ("log10", |a| logarithm_of(a, 10.0)),
    ("log2", |a| logarithm_of(a, 2.0)),
    ("mean", mean),
    ("mH", |a| {
        Ok(conj(&crate::tensor::ops::transpose(a.tensor("input")?, -2, -1)?)?.into())
    }),
    ("ne", |a| Ok(crate::tensor::ops::not(&equal(a)?)?.into())),
    ("pow", power),
    ("reciprocal", |a| {
        let z = input(a)?;
        quotient(one_like(&z)?, z)
    }),
    ("rsqrt", |a| root(a, -0.5)),
    ("sgn", sign),
    ("sigmoid", |a| {
        let z = input(a)?;
        let one = one_like(&z)?;
        let (re, im) = exponential(&scaled(&z, -1.0)?)?;
        quotient(one, (add(&re, 1i64)?, im))
    }),
    ("sin", |a| whole(sine(&input(a)?)?)),
    ("sinh", |a| whole(hyperbolic_sine(&input(a)?)?)),
    ("sqrt", |a| Ok(complex_sqrt(a.tensor("input")?)?.into())),
    ("square", |a| {
        let z = input(a)?;
        whole(times(&z, &z)?)
    }),
    ("tan", |a| {
        let z = input(a)?;
        quotient(sine(&z)?, cosine(&z)?)
    }),
    ("tanh", |a| {
        let z = input(a)?;
        quotient(hyperbolic_sine(&z)?, hyperbolic_cosine(&z)?)
    }),
    ("vdot", |a| {
        let x = conj(a.tensor("input")?)?;
        Ok(crate::tensor::ops::dot(&x, a.tensor("other")?)?.into())
    }),
];
