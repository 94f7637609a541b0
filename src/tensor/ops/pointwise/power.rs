//! Powers.

use super::arithmetic::{div, keep, kept_tensor, mul, with_kept};
use super::compare::{eq, ge, le, logical_and};
use super::three::masked_fill;
use super::transcendental::log;
use super::{map2, result_type, select};
use crate::tensor::array::error::ensure;
use crate::tensor::array::kernels::pointwise as kernels;
use crate::tensor::array::kernels::root::roots;
use crate::tensor::array::{Array, DType, Element, Number, Result, Scalar, threads};
use crate::tensor::core::{Operand, Saved, Tensor, record};
use crate::tensor::ops::complex::{complex_powers, conj};
use crate::tensor::ops::samples::{Make, Sample, sample};
use crate::tensor::ops::spec::{FUNCTION, IN_PLACE, METHOD, Op};
use crate::tensor::ops::{samples, zeros_like};

fn powers(m: &Make) -> Vec<Sample> {
    if m.dtype == DType::Bool {
        return Vec::new();
    }
    let mut all = vec![
        sample([m.tensor(&[2, 3]).into(), 2i64.into()]),
        sample([m.tensor(&[3]).into(), 3i64.into()]),
        sample([m.positive(&[2, 3]).into(), m.positive(&[3]).into()]),
        sample([2i64.into(), m.positive(&[3]).into()]),
    ];
    if m.floating() {
        all.push(sample([m.positive(&[2, 2]).into(), 0.5.into()]));
        all.push(sample([m.positive(&[2, 2]).into(), (-1.3).into()]));
        all.push(sample([m.tensor(&[]).into(), 0i64.into()]));
    }
    all
}

/// `torch.pow`
pub static POW: Op = Op {
    signature: "pow(input, exponent, *, out=None) -> Tensor",
    faces: FUNCTION | METHOD | IN_PLACE,
    doc: "Raises `input` to the power `exponent`; either may be a number.",
    examples: &[(
        "torch.pow(torch.tensor([1., 2., 3.]), 2)",
        "tensor([1., 4., 9.])",
    )],
    samples: powers,
    call: |a| {
        let (x, y) = a.operands("input", "exponent")?;
        Ok(pow(x, y)?.into())
    },
    ..Op::BASE
};

/// `torch.square`
pub static SQUARE: Op = Op {
    signature: "square(input, *, out=None) -> Tensor",
    faces: FUNCTION | METHOD | IN_PLACE | crate::tensor::ops::spec::FUNCTION_IN_PLACE,
    doc: "The square of each element.",
    examples: &[("torch.square(torch.tensor([2., 3.]))", "tensor([4., 9.])")],
    samples: |m| {
        if m.dtype == DType::Bool {
            Vec::new()
        } else {
            samples::pointwise(m)
        }
    },
    call: |a| Ok(pow(a.tensor("input")?, 2i64)?.into()),
    ..Op::BASE
};

/// `x ** y`
pub fn pow<'a>(x: impl Into<Operand<'a>>, y: impl Into<Operand<'a>>) -> Result<Tensor> {
    match (x.into(), y.into()) {
        (Operand::Tensor(x), Operand::Scalar(s)) => pow_number(x, s),
        (x, y) => pow_tensor(x, y),
    }
}

fn pow_number(x: &Tensor, exponent: Scalar) -> Result<Tensor> {
    let dtype = result_type(&x.into(), &exponent.into());
    ensure!(
        dtype.is_differentiable() || exponent.to_i64() >= 0,
        "Integers to negative integer powers are not allowed."
    );
    let out = if dtype.is_complex() {
        complex_powers(&x.into(), &exponent.into(), dtype)?
    } else {
        power_array(&x.array().to_dtype(dtype)?, exponent)?
    };
    // The exponent is kept as PyTorch keeps it: a second pass is refused.
    let kept = Saved::input(x);
    Ok(record("PowBackward0", [x], out, kept, move |g, x, c| {
        let (x, exponent) = (conj(&c.get(x)?)?, exponent.conj());
        if !exponent.to_bool() {
            return Ok([Some(zeros_like(&x)?)]);
        }
        let less: Scalar = match exponent {
            Scalar::Float(e) => Scalar::Float(e - 1.0),
            Scalar::Complex(re, im) => Scalar::Complex(re - 1.0, im),
            other => Scalar::Int(other.to_i64() - 1),
        };
        let slope = match less {
            Scalar::Float(1.0) | Scalar::Int(1) => mul(&x, exponent)?,
            _ => mul(&pow_number(&x, less)?, exponent)?,
        };
        Ok([Some(mul(g, &slope)?)])
    }))
}

/// Powers that are products or roots are computed as such.
fn power_array(x: &Array, exponent: Scalar) -> Result<Array> {
    if x.dtype() == DType::Float32 && exponent.to_f64() == 0.5 {
        return kernels::unary_loop::<f32, f32>(x, threads::GRAIN, &roots);
    }
    compute!(x.dtype(), T => power_of::<T>(&x.to_dtype(T::DTYPE)?, exponent), bool => Ok(if exponent.to_bool() { x.copy_dense()? } else { Array::full(x.shape(), true.into(), DType::Bool)? }))
}

fn power_of<T: Number>(x: &Array, exponent: Scalar) -> Result<Array> {
    let e = exponent.to_f64();
    if e == 2.0 {
        return kernels::unary::<T, T>(x, |v| v.times(v));
    }
    if e == 3.0 {
        return kernels::unary::<T, T>(x, |v| v.times(v).times(v));
    }
    if e == 1.0 {
        return x.copy_dense();
    }
    if T::FLOATING && e == 0.5 {
        return dispatch_float!(x.dtype(), F => kernels::unary::<F, F>(x, |v| v.sqrt()), other => unreachable!());
    }
    let y = T::from_scalar(exponent);
    kernels::unary::<T, T>(x, move |v| v.power(y))
}

fn pow_tensor(x: Operand, y: Operand) -> Result<Tensor> {
    let dtype = result_type(&x, &y);
    let out = if dtype.is_complex() {
        complex_powers(&x, &y, dtype)
    } else {
        compute!(dtype, T => map2::<T, T>(&x, &y, |a, b| a.power(b)),
            bool => map2::<bool, bool>(&x, &y, |a, b| a | !b))
    }?;
    let name = if matches!(x, Operand::Scalar(_)) {
        "PowBackward2"
    } else {
        "PowBackward1"
    };
    let base = keep(&x, &x).or_else(|| keep(&x, &y));
    let exponent = keep(&y, &x).or_else(|| keep(&y, &y));
    let result = Saved::result(&out);
    Ok(record(
        name,
        [&x, &y],
        out,
        (base, exponent, result),
        |g, (x, y, result), c| {
            let for_base = || with_kept(x, c, |x| with_kept(y, c, |y| base_slope(g, x, y)));
            let for_exponent = || {
                with_kept(x, c, |x| {
                    with_kept(y, c, |y| exponent_slope(g, x, y, &conj(&c.get(result)?)?))
                })
            };
            Ok([c.when(0, for_base)?, c.when(1, for_exponent)?])
        },
    ))
}

/// `g * y * x ** (y - 1)`, 0 where `y` is 0.
fn base_slope(g: &Tensor, x: Operand, y: Operand) -> Result<Tensor> {
    let y = y.to_tensor();
    let slope = mul(&y, &pow(x, &super::arithmetic::sub(&y, 1i64)?)?)?;
    let none = eq(&y, 0i64)?;
    mul(g, &select(&none, &zeros_like(&slope)?, &slope)?)
}

/// `g * x ** y * log(x)`, 0 where `x` is 0 and `y` is not negative.
fn exponent_slope(g: &Tensor, x: Operand, y: Operand, result: &Tensor) -> Result<Tensor> {
    let slope = match x {
        Operand::Scalar(s) if s.is_complex() => mul(result, &log(&x.to_tensor())?)?,
        Operand::Scalar(s) if result.dtype().is_complex() && s.to_f64() < 0.0 => mul(
            result,
            Scalar::Complex((-s.to_f64()).ln(), std::f64::consts::PI),
        )?,
        Operand::Scalar(s) => mul(result, s.to_f64().ln())?,
        Operand::Tensor(x) => mul(result, &log(x)?)?,
    };
    let (x, slope) = (x.to_tensor(), mul(g, &slope)?);
    let y = crate::tensor::ops::real(&y.to_tensor())?;
    let flat = logical_and(&eq(&x, 0i64)?, &ge(&y, 0i64)?)?;
    select(&flat, &zeros_like(&slope)?, &slope)
}

/// `torch.xlogy`
pub static XLOGY: Op = Op {
    signature: "xlogy(input, other, *, out=None) -> Tensor",
    faces: FUNCTION
        | METHOD
        | IN_PLACE
        | crate::tensor::ops::spec::SPECIAL
        | crate::tensor::ops::spec::FUNCTION_IN_PLACE,
    doc: "`input * log(other)`, 0 where `input` is 0.",
    examples: &[(
        "torch.xlogy(torch.tensor([0., 2.]), torch.tensor([0., 1.]))",
        "tensor([0., 0.])",
    )],
    samples: |m| {
        if m.floating() {
            samples::binary(m)
        } else {
            Vec::new()
        }
    },
    call: |a| {
        let (x, y) = a.operands("input", "other")?;
        Ok(xlogy(x, y)?.into())
    },
    ..Op::BASE
};

/// `torch.xlogy`
pub fn xlogy(x: Operand, y: Operand) -> Result<Tensor> {
    let dtype = super::float_result_type(&x, &y);
    let out = compute_float!(dtype, T => map2::<T, T>(&x, &y, |a, b| {
        if b.is_nan() { T::NAN } else if a == 0.0 { 0.0 } else { a * b.ln() }
    }), other => Err(super::unsupported("xlogy_cpu", dtype)))?;
    let name = match (&x, &y) {
        (Operand::Scalar(_), _) => "XlogyBackward1",
        (_, Operand::Scalar(_)) => "XlogyBackward2",
        _ => "XlogyBackward0",
    };
    let keeps = |operand: &Operand| keep(operand, &x).or_else(|| keep(operand, &y));
    let kept = (keeps(&x), keeps(&y));
    Ok(record(name, [&x, &y], out, kept, |g, (x, y), c| {
        let operands =
            || -> Result<_> { Ok((kept_tensor(x, c, g.dtype())?, kept_tensor(y, c, g.dtype())?)) };
        let for_x = || {
            let (x, y) = operands()?;
            let flat = logical_and(&eq(&x, 0i64)?, &le(&y, 0i64)?)?;
            mul(g, &masked_fill(&log(&y)?, &flat, 0i64)?)
        };
        let for_y = || {
            let (x, y) = operands()?;
            mul(g, &div(&x, &y)?)
        };
        Ok([c.when(0, for_x)?, c.when(1, for_y)?])
    }))
}
