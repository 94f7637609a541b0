//! Functions of complex numbers by those of their parts.

use super::arithmetic::{complex_abs, complex_angle, complex_pairs, complex_sgn};
use super::parts::{both, check_parts, conj, imag, join, turned, view_as_complex, view_as_real};
use crate::tensor::array::error::ensure;
use crate::tensor::array::{Complex, Result};
use crate::tensor::core::{Saved, Tensor, record};
use crate::tensor::ops::args::{Args, Out};
use crate::tensor::ops::samples::{self, sample};
use crate::tensor::ops::spec::{FUNCTION, IN_PLACE, METHOD, Op};
use crate::tensor::ops::{
    add, cos, eq, exp, logical_and, lt, masked_fill, mul, sin, sub, to_dtype, zeros_like,
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
    node: "SgnBackward0",
    doc: "-1, 0 or 1; of complex numbers the one of length 1 with the same angle.",
    examples: &[("torch.sgn(torch.tensor([-2., 0.]))", "tensor([-1.,  0.])")],
    samples: |m| (crate::tensor::ops::pointwise::simple::SIGN.samples)(m),
    call: |a| {
        let x = a.tensor("input")?;
        Ok(if x.dtype().is_complex() {
            complex_sgn(x)?
        } else {
            crate::tensor::ops::sign(x)?
        }
        .into())
    },
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

fn by_parts(a: &Args, f: impl Fn(&Tensor) -> Result<Tensor>, any: bool) -> Result<Out> {
    let z = a.tensor("input")?;
    let (re, im) = both(z, z.dtype())?;
    let (p, q) = (f(&re)?, f(&im)?);
    Ok(if any {
        crate::tensor::ops::logical_or(&p, &q)?
    } else {
        logical_and(&p, &q)?
    }
    .into())
}

/// `torch.logaddexp`: each gradient is weighed with the share in the sum.
fn log_add_exp(x: &Tensor, y: &Tensor) -> Result<Tensor> {
    let dtype = crate::tensor::ops::pointwise::result_type(&x.into(), &y.into());
    let out = complex_pairs(&x.into(), &y.into(), dtype, &Complex::log_add_exp)?;
    let kept = (Saved::input(x), Saved::input(y), Saved::result(&out));
    Ok(record(
        "LogaddexpBackward0",
        [x, y],
        out,
        kept,
        |g, (x, y, out), c| {
            let share = |t: &Saved| mul(g, &conj(&exp(&sub(&c.get(t)?, &c.get(out)?)?)?)?);
            Ok([c.when(0, || share(x))?, c.when(1, || share(y))?])
        },
    ))
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
    ("equal", |a| {
        let (x, y) = (a.tensor("input")?, a.tensor("other")?);
        let same = x.shape() == y.shape() && eq(x, y)?.to_vec::<bool>()?.into_iter().all(|b| b);
        Ok(same.into())
    }),
    ("H", |a| {
        let z = a.tensor("input")?;
        ensure!(
            matches!(z.ndim(), 0 | 2),
            "tensor.H is only supported on matrices (2-D tensors). Got {}-D tensor.",
            z.ndim()
        );
        Ok(turned(&crate::tensor::ops::t(z)?, z)?.into())
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
    ("logaddexp", |a| {
        Ok(log_add_exp(a.tensor("input")?, a.tensor("other")?)?.into())
    }),
    ("mH", |a| {
        let z = a.tensor("input")?;
        Ok(turned(&crate::tensor::ops::transpose(z, -2, -1)?, z)?.into())
    }),
    ("nan_to_num", |a| {
        let mut parts = a.copy();
        parts.set("input", view_as_real(a.tensor("input")?)?.into());
        let out = (crate::tensor::ops::simple::NAN_TO_NUM.call)(&parts)?;
        Ok(view_as_complex(&out.tensors()[0])?.into())
    }),
    ("silu", |a| {
        let product = |x: &Tensor| mul(x, &crate::tensor::ops::sigmoid(x)?);
        let x = a.tensor("input")?;
        Ok(match a.bool("inplace")? {
            true => crate::tensor::ops::in_place::apply(x, product)?,
            false => product(x)?,
        }
        .into())
    }),
    ("vdot", |a| {
        let x = conj(a.tensor("input")?)?;
        Ok(crate::tensor::ops::dot(&x, a.tensor("other")?)?.into())
    }),
];
