//! Signs, rounding, limits, choices between two values.

use super::arithmetic::{div, mul, neg};
use super::compare::eq;
use super::three::masked_fill;
use super::{map2, result_type, unsupported};
use crate::tensor::array::error::bail;
use crate::tensor::array::kernels::{pointwise as kernels, rounded as singles};
use crate::tensor::array::{DType, Element, Number, Result};
use crate::tensor::core::{Operand, Saved, Tensor, record};
use crate::tensor::ops::complex::call::rounded;
use crate::tensor::ops::samples::{self, Make, Sample, sample};
use crate::tensor::ops::spec::{
    FUNCTION, FUNCTION_IN_PLACE, FUNCTIONAL, FUNCTIONAL_IN_PLACE, IN_PLACE, METHOD, Op,
};
use crate::tensor::ops::zeros_like;

pub(super) const FACES: u16 = FUNCTION | METHOD | IN_PLACE;

fn numbers(m: &Make) -> Vec<Sample> {
    if m.dtype == DType::Bool {
        Vec::new()
    } else {
        samples::pointwise(m)
    }
}

fn pairs(m: &Make) -> Vec<Sample> {
    if m.dtype == DType::Bool {
        Vec::new()
    } else {
        samples::binary(m)
    }
}

/// Functions whose slope is 0 wherever they have one.
macro_rules! step_functions {
    ($( $STATIC:ident $name:ident $signature:literal $node:literal $error:literal $aliases:expr,
        $doc:literal ($example:literal, $prints:literal) float |$v:ident| $body:expr; integer |$i:ident| $int:expr; )*) => {$(
        #[doc = concat!("`torch.", stringify!($name), "`")]
        pub static $STATIC: Op = Op {
            signature: $signature,
            aliases: $aliases,
            faces: FACES | FUNCTION_IN_PLACE,
            doc: $doc,
            examples: &[($example, $prints)],
            samples: numbers,
            call: |a| Ok($name(a.tensor("input")?)?.into()),
            ..Op::BASE
        };

        #[doc = concat!("`torch.", stringify!($name), "`")]
        pub fn $name(x: &Tensor) -> Result<Tensor> {
            let array = x.to_array();
            let out = dispatch_float!(array.dtype(), T => kernels::unary::<T, T>(&array, |$v: T| -> T { $body }),
                other => match array.dtype() {
                    // Truth has a sign, but nothing to round.
                    DType::Bool if $error == "sign_cpu" => array.copy_dense(),
                    DType::Bool => Err(unsupported($error, DType::Bool)),
                    dtype => kernels::unary::<i64, i64>(&array.to_dtype(DType::Int64)?, |$i: i64| -> i64 { $int })
                        .and_then(|out| out.to_dtype(dtype)),
                })?;
            Ok(record($node, [x], out, (), |g, (), _| Ok([Some(zeros_like(g)?)])))
        }
    )*};
}

step_functions! {
    CEIL ceil "ceil(input, *, out=None) -> Tensor" "CeilBackward0" "ceil" &[], "Rounds up."
        ("torch.ceil(torch.tensor([1.2, -1.2]))", "tensor([ 2., -1.])") float |v| v.ceil(); integer |v| v;
    FLOOR floor "floor(input, *, out=None) -> Tensor" "FloorBackward0" "floor" &[], "Rounds down."
        ("torch.floor(torch.tensor([1.2, -1.2]))", "tensor([ 1., -2.])") float |v| v.floor(); integer |v| v;
    SIGN sign "sign(input, *, out=None) -> Tensor" "SignBackward0" "sign_cpu" &[], "-1, 0 or 1."
        ("torch.sign(torch.tensor([2., -3., 0.]))", "tensor([ 1., -1.,  0.])")
        float |v| if v > 0.0 { 1.0 } else if v < 0.0 { -1.0 } else if v.is_nan() { 0.0 } else { v * 0.0 };
        integer |v| v.signum();
    TRUNC trunc "trunc(input, *, out=None) -> Tensor" "TruncBackward0" "trunc" &["fix"], "Rounds towards 0."
        ("torch.trunc(torch.tensor([1.7, -1.7]))", "tensor([ 1., -1.])") float |v| v.trunc(); integer |v| v;
}

/// `torch.round`
pub static ROUND: Op = Op {
    signature: "round(input, *, decimals=0, out=None) -> Tensor",
    faces: FACES | FUNCTION_IN_PLACE,
    doc: "Rounds to the nearest integer, halves to the even one, or to `decimals` digits.",
    examples: &[(
        "torch.round(torch.tensor([0.5, 1.5, 2.4]))",
        "tensor([0., 2., 2.])",
    )],
    samples: numbers,
    call: |a| Ok(round(a.tensor("input")?, a.int("decimals")?)?.into()),
    ..Op::BASE
};

/// `torch.round`
pub fn round(x: &Tensor, decimals: i64) -> Result<Tensor> {
    let array = x.to_array();
    let out = dispatch_float!(array.dtype(), T => {
        let ten = (10.0 as T).powi(decimals.unsigned_abs().min(400) as i32);
        match decimals {
            0 => kernels::unary::<T, T>(&array, |v| v.round_ties_even()),
            d if d > 0 => kernels::unary::<T, T>(&array, move |v| (v * ten).round_ties_even() / ten),
            _ => kernels::unary::<T, T>(&array, move |v| (v / ten).round_ties_even() * ten),
        }
    }, other => if array.dtype() == DType::Bool { Err(unsupported("round_cpu", DType::Bool)) } else { array.copy_dense() })?;
    let node = match decimals {
        0 => "RoundBackward0",
        _ => "RoundBackward1",
    };
    Ok(record(node, [x], out, (), |g, (), _| {
        Ok([Some(zeros_like(g)?)])
    }))
}

/// `torch.frac`
pub static FRAC: Op = Op {
    signature: "frac(input, *, out=None) -> Tensor",
    faces: FACES | crate::tensor::ops::spec::FUNCTION_IN_PLACE,
    node: "FracBackward0",
    doc: "What is left after cutting towards 0.",
    examples: &[(
        "torch.frac(torch.tensor([1.25, -1.5]))",
        "tensor([ 0.2500, -0.5000])",
    )],
    samples: |m| {
        if m.floating() {
            samples::pointwise(m)
        } else {
            Vec::new()
        }
    },
    call: |a| {
        let x = a.tensor("input")?;
        Ok(super::arithmetic::sub(x, &trunc(x)?)?.into())
    },
    ..Op::BASE
};

/// `torch.abs`
pub static ABS: Op = Op {
    signature: "abs(input, *, out=None) -> Tensor",
    aliases: &["absolute"],
    faces: FACES | FUNCTION_IN_PLACE,
    doc: "The absolute value of each element.",
    examples: &[("torch.abs(torch.tensor([-1, 2]))", "tensor([1, 2])")],
    samples: numbers,
    call: |a| Ok(abs(a.tensor("input")?)?.into()),
    ..Op::BASE
};

/// `torch.abs`
pub fn abs(x: &Tensor) -> Result<Tensor> {
    if x.dtype().is_complex() {
        return crate::tensor::ops::complex::complex_abs(x);
    }
    let array = x.to_array();
    let out = compute!(array.dtype(), T => kernels::unary::<T, T>(&array.to_dtype(<T as crate::tensor::array::Element>::DTYPE)?, |v| v.absolute()),
        bool => array.copy_dense())?;
    Ok(record(
        "AbsBackward0",
        [x],
        out,
        Saved::input(x),
        |g, x, c| Ok([Some(mul(g, &rounded(&c.get(x)?, sign)?)?)]),
    ))
}

/// `torch.relu`
pub static RELU: Op = Op {
    signature: "relu(input, inplace=False) -> Tensor",
    faces: FACES | FUNCTION_IN_PLACE | FUNCTIONAL | FUNCTIONAL_IN_PLACE,
    doc: "Each element, or 0 where it is negative.",
    examples: &[("torch.relu(torch.tensor([-1., 2.]))", "tensor([0., 2.])")],
    samples: numbers,
    call: |a| {
        let x = a.tensor("input")?;
        if a.bool("inplace")? {
            return crate::tensor::ops::in_place::apply_alone(x, relu).map(Into::into);
        }
        Ok(relu(x)?.into())
    },
    ..Op::BASE
};

/// `torch.relu`
pub fn relu(x: &Tensor) -> Result<Tensor> {
    let array = x.to_array();
    let out = compute!(array.dtype(), T => kernels::unary::<T, T>(&array.to_dtype(<T as crate::tensor::array::Element>::DTYPE)?, |v| {
        if v > T::ZERO || v.is_nan() { v } else { T::ZERO }
    }), bool => bail!("Boolean inputs not supported for relu"))?;
    let kept = Saved::result(&out);
    Ok(record("ReluBackward0", [x], out, kept, |g, y, c| {
        Ok([Some(threshold_backward(g, &c.get(y)?)?)])
    }))
}

/// The gradient where the result is positive, else 0.
pub fn threshold_backward(g: &Tensor, y: &Tensor) -> Result<Tensor> {
    let (ga, ya) = (g.to_array(), y.to_array());
    let out = dispatch_float!(ga.dtype(), T => {
        kernels::binary::<T, T>(kernels::Side::Array(&ga), kernels::Side::Array(&ya.to_dtype(ga.dtype())?),
            |g, y| if y > T::ZERO || y.is_nan() { g } else { T::ZERO })
    }, other => Err(unsupported("threshold_backward", ga.dtype())))?;
    Ok(record(
        "ThresholdBackwardBackward0",
        [g, y],
        out,
        Saved::input(y),
        |gg, y, c| {
            let y = c.get(y)?;
            Ok([
                c.when(0, || threshold_backward(gg, &y))?,
                c.when(1, || zeros_like(&y))?,
            ])
        },
    ))
}

/// `torch.remainder`
pub static REMAINDER: Op = Op {
    signature: "remainder(input, other, *, out=None) -> Tensor",
    faces: FACES,
    doc: "What is left of a division rounded down: Python's `%`.",
    examples: &[(
        "torch.remainder(torch.tensor([-3, 5]), 2)",
        "tensor([1, 1])",
    )],
    samples: pairs,
    call: |a| {
        let (x, y) = a.operands("input", "other")?;
        Ok(remainder(x, y)?.into())
    },
    ..Op::BASE
};

/// `torch.fmod`
pub static FMOD: Op = Op {
    signature: "fmod(input, other, *, out=None) -> Tensor",
    faces: FACES,
    doc: "What is left of a division cut towards 0: C's `fmod`.",
    examples: &[("torch.fmod(torch.tensor([-3, 5]), 2)", "tensor([-1,  1])")],
    samples: pairs,
    call: |a| Ok(fmod(a.tensor("input")?, a.operand("other")?)?.into()),
    ..Op::BASE
};

/// `torch.floor_divide`
pub static FLOOR_DIVIDE: Op = Op {
    signature: "floor_divide(input, other, *, out=None) -> Tensor",
    faces: FACES,
    doc: "Division rounded down: Python's `//`.",
    examples: &[(
        "torch.floor_divide(torch.tensor([-3, 5]), 2)",
        "tensor([-2,  2])",
    )],
    samples: |m| pairs(m).into_iter().map(Sample::rough).collect(),
    call: |a| Ok(super::arithmetic::floor_divide(a.operand("input")?, a.operand("other")?)?.into()),
    ..Op::BASE
};

/// `x % y`
pub fn remainder<'a>(x: impl Into<Operand<'a>>, y: impl Into<Operand<'a>>) -> Result<Tensor> {
    let (x, y) = (x.into(), y.into());
    let dtype = result_type(&x, &y);
    super::arithmetic::refuse_zero(&y, dtype)?;
    let out = compute!(dtype, T => map2::<T, T>(&x, &y, |a, b| a.remainder(b)),
        bool => Err(unsupported("remainder_cpu", dtype)))?;
    let kept = (Some(keep(&x)), Some(keep(&y)));
    Ok(record(
        if matches!(y, Operand::Tensor(_)) {
            "RemainderBackward1"
        } else {
            "RemainderBackward0"
        },
        [&x, &y],
        out,
        kept,
        |g, (x, y), c| {
            let quotient = || {
                super::arithmetic::with_kept(x, c, |x| {
                    super::arithmetic::with_kept(y, c, |y| super::arithmetic::floor_divide(x, y))
                })
            };
            Ok([
                c.when(0, || Ok(g.clone()))?,
                c.when(1, || match x {
                    Some(Saved::Number(_)) => {
                        bail!("derivative for aten::remainder is not implemented")
                    }
                    _ => neg(&mul(g, &quotient()?)?),
                })?,
            ])
        },
    ))
}

/// `torch.fmod`
pub fn fmod<'a>(x: impl Into<Operand<'a>>, y: impl Into<Operand<'a>>) -> Result<Tensor> {
    let (x, y) = (x.into(), y.into());
    let dtype = result_type(&x, &y);
    super::arithmetic::refuse_zero(&y, dtype)?;
    let out = compute!(dtype, T => map2::<T, T>(&x, &y, |a, b| a.fmod(b)),
        bool => Err(unsupported("fmod_cpu", dtype)))?;
    let kept = (Some(keep(&x)), Some(keep(&y)));
    Ok(record(
        if matches!(y, Operand::Tensor(_)) {
            "FmodBackward1"
        } else {
            "FmodBackward0"
        },
        [&x, &y],
        out,
        kept,
        |g, (x, y), c| {
            let quotient = || {
                super::arithmetic::with_kept(x, c, |x| {
                    super::arithmetic::with_kept(y, c, |y| super::arithmetic::trunc_divide(x, y))
                })
            };
            Ok([
                c.when(0, || Ok(g.clone()))?,
                c.when(1, || neg(&mul(g, &quotient()?)?))?,
            ])
        },
    ))
}

fn keep(x: &Operand) -> Saved {
    match x {
        Operand::Tensor(t) => Saved::input(t),
        Operand::Scalar(s) => Saved::Number(*s),
    }
}

/// `torch.atan2`
pub static ATAN2: Op = Op {
    signature: "atan2(input, other, *, out=None) -> Tensor",
    aliases: &["arctan2"],
    faces: FACES,
    doc: "The angle of the point (`other`, `input`).",
    examples: &[(
        "torch.atan2(torch.tensor([1.]), torch.tensor([1.]))",
        "tensor([0.7854])",
    )],
    samples: |m| vec![sample([m.tensor(&[2, 3]).into(), m.tensor(&[3]).into()])],
    call: |a| Ok(atan2(a.tensor("input")?, a.tensor("other")?)?.into()),
    ..Op::BASE
};

/// `torch.atan2`
pub fn atan2(y: &Tensor, x: &Tensor) -> Result<Tensor> {
    let dtype = super::float_result_type(&y.into(), &x.into());
    let out = match dtype {
        DType::Float32 => map2::<f32, f32>(&y.into(), &x.into(), singles::atan2),
        _ => map2::<f64, f64>(&y.into(), &x.into(), f64::atan2)?.to_dtype(dtype),
    }?;
    Ok(record(
        "Atan2Backward0",
        [y, x],
        out,
        [Saved::input(y), Saved::input(x)],
        |g, [y, x], c| {
            let (y, x) = (c.get(y)?, c.get(x)?);
            let square = super::arithmetic::add(&mul(&x, &x)?, &mul(&y, &y)?)?;
            // At the origin there is no slope, and 0 is given.
            let inverse = masked_fill(&div(1i64, &square)?, &eq(&square, 0i64)?, 0i64)?;
            let scaled = mul(g, &inverse)?;
            Ok([
                c.when(0, || mul(&scaled, &x))?,
                c.when(1, || neg(&mul(&scaled, &y)?))?,
            ])
        },
    ))
}

/// `torch.nan_to_num`
pub static NAN_TO_NUM: Op = Op {
    signature: "nan_to_num(input, nan=None, posinf=None, neginf=None, *, out=None) -> Tensor",
    faces: FACES | crate::tensor::ops::spec::FUNCTION_IN_PLACE,
    doc: "Replaces NaN and infinities by finite numbers.",
    examples: &[(
        "torch.nan_to_num(torch.tensor([float('nan'), 1.]))",
        "tensor([0., 1.])",
    )],
    samples: samples::pointwise,
    call: |a| {
        let x = a.tensor("input")?;
        let array = x.to_array();
        let (nan, high, low) = (
            a.opt_float("nan")?.unwrap_or(0.0),
            a.opt_float("posinf")?,
            a.opt_float("neginf")?,
        );
        let out = dispatch_float!(array.dtype(), T => {
            let (nan, high, low) = (nan as T, high.map_or(T::MAX, |v| v as T), low.map_or(T::MIN, |v| v as T));
            kernels::unary::<T, T>(&array, move |v| {
                if v.is_nan() { nan } else if v == T::INFINITY { high } else if v == T::NEG_INFINITY { low } else { v }
            })
        }, other => array.copy_dense())?;
        Ok(
            record("NanToNumBackward0", [x], out, Saved::input(x), |g, x, c| {
                Ok([Some(mul(g, &super::compare::isfinite(&c.get(x)?)?)?)])
            })
            .into(),
        )
    },
    ..Op::BASE
};
