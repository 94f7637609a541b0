//! Limits: `clamp` and the larger or smaller of two.

use super::arithmetic::{div, mul};
use super::compare::{eq, ge, gt, le, logical_and, logical_not, logical_or, lt, ne};
use super::simple::FACES;
use super::three::{masked_fill, where_};
use super::{map2, result_type, unsupported};
use crate::tensor::array::error::ensure;
use crate::tensor::array::kernels::pointwise as kernels;
use crate::tensor::array::{DType, Element, Number, Result, Scalar};
use crate::tensor::core::{Operand, Saved, Tensor, no_grad, record};
use crate::tensor::ops::args::Arg;
use crate::tensor::ops::samples::sample;
use crate::tensor::ops::spec::{FUNCTION, FUNCTION_IN_PLACE, METHOD, Op};

/// `torch.clamp`
pub static CLAMP: Op = Op {
    signature: "clamp(input, min=None, max=None, *, out=None) -> Tensor",
    aliases: &["clip"],
    faces: FACES | FUNCTION_IN_PLACE,
    doc: "Elements limited to the range from `min` to `max`, which may be tensors.",
    examples: &[(
        "torch.clamp(torch.tensor([-2., 0.5, 3.]), 0, 1)",
        "tensor([0.0000, 0.5000, 1.0000])",
    )],
    samples: |m| {
        if m.dtype == DType::Bool {
            return Vec::new();
        }
        vec![
            sample([m.tensor(&[2, 3]).into(), Arg::Int(-1), Arg::Int(1)]),
            sample([m.tensor(&[3]).into()]).with("max", 1i64),
            sample([m.tensor(&[2, 3]).into(), m.tensor(&[3]).into()]),
            sample([
                m.tensor(&[2, 2]).into(),
                m.between(&[2, 2], 0.3, 0.5).into(),
                m.between(&[2, 2], 0.6, 0.9).into(),
            ]),
        ]
    },
    call: |a| {
        Ok(clamp(
            a.tensor("input")?,
            a.opt_operand("min")?,
            a.opt_operand("max")?,
        )?
        .into())
    },
    ..Op::BASE
};

/// `torch.clamp`
pub fn clamp(x: &Tensor, min: Option<Operand>, max: Option<Operand>) -> Result<Tensor> {
    ensure!(
        min.is_some() || max.is_some(),
        "torch.clamp: At least one of 'min' or 'max' must not be None"
    );
    match (min, max) {
        (Some(Operand::Tensor(low)), None) => return clamp_to("ClampBackward0", x, low, true),
        (None, Some(Operand::Tensor(high))) => return clamp_to("ClampBackward0", x, high, false),
        (Some(low @ Operand::Tensor(_)), Some(high))
        | (Some(low), Some(high @ Operand::Tensor(_))) => {
            return clamp_between(x, &low.to_tensor(), &high.to_tensor());
        }
        _ => {}
    }
    let number = |o: Option<Operand>| {
        if let Some(Operand::Scalar(s)) = o {
            Some(s)
        } else {
            None
        }
    };
    clamp_numbers(x, number(min), number(max))
}

/// `torch.clamp_min` or `torch.clamp_max`
fn clamp_one(x: &Tensor, limit: Operand, lower: bool) -> Result<Tensor> {
    use crate::tensor::core::record::named;
    match limit {
        Operand::Tensor(limit) if lower => clamp_to("ClampMinBackward1", x, limit, lower),
        Operand::Tensor(limit) => clamp_to("ClampMaxBackward1", x, limit, lower),
        limit if lower => Ok(named("ClampMinBackward0", clamp(x, Some(limit), None)?)),
        limit => Ok(named("ClampMaxBackward0", clamp(x, None, Some(limit))?)),
    }
}

fn clamp_numbers(x: &Tensor, min: Option<Scalar>, max: Option<Scalar>) -> Result<Tensor> {
    let mut dtype = x.dtype();
    for s in [min, max].into_iter().flatten() {
        dtype =
            crate::tensor::array::promote::promote_types(dtype, result_type(&x.into(), &s.into()));
    }
    let array = x.array().to_dtype(dtype)?;
    let out = compute!(dtype, T => {
        let low = min.map_or(<T as Number>::LOWEST, T::from_scalar);
        let high = max.map_or(T::HIGHEST, T::from_scalar);
        kernels::unary::<T, T>(&array.to_dtype(<T as crate::tensor::array::Element>::DTYPE)?, move |v| {
            let v = if v < low { low } else { v };
            if v > high { high } else { v }
        })
    }, bool => Err(unsupported("clamp_scalar_cpu", dtype)))?;
    Ok(record(
        "ClampBackward1",
        [x],
        out,
        Saved::input(x),
        move |g, x, c| {
            let x = c.get(x)?;
            // Elements that equal a limit have no gradient.
            let inside = match (min, max) {
                (Some(low), Some(high)) => logical_and(&gt(&x, low)?, &lt(&x, high)?)?,
                (Some(low), None) => gt(&x, low)?,
                (None, Some(high)) => lt(&x, high)?,
                (None, None) => return Ok([Some(g.clone())]),
            };
            Ok([Some(mul(g, &inside)?)])
        },
    ))
}

/// A gradient for one of two that are compared: equal elements get half of it, those that are `beaten` none.
fn share(g: &Tensor, x: &Tensor, y: &Tensor, beaten: &Tensor) -> Result<Tensor> {
    let halves = where_(&eq(x, y)?, &div(g, 2i64)?, g)?;
    masked_fill(&halves, beaten, 0i64)
}

/// The larger (`lower`) or smaller of `x` and a limit; equal elements share their gradient.
fn clamp_to(name: &'static str, x: &Tensor, limit: &Tensor, lower: bool) -> Result<Tensor> {
    let dtype = result_type(&x.into(), &limit.into());
    let out = compute!(dtype, T => if lower {
        map2::<T, T>(&x.into(), &limit.into(), |a, b| a.larger(b))
    } else {
        map2::<T, T>(&x.into(), &limit.into(), |a, b| a.smaller(b))
    }, bool => if lower {
        map2::<bool, bool>(&x.into(), &limit.into(), |a, b| a | b)
    } else {
        map2::<bool, bool>(&x.into(), &limit.into(), |a, b| a & b)
    })?;
    Ok(record(
        name,
        [x, limit],
        out,
        [Saved::input(x), Saved::input(limit)],
        move |g, [x, limit], c| {
            let (x, limit) = (c.get(x)?, c.get(limit)?);
            let wins = |a, b| if lower { gt(a, b) } else { lt(a, b) };
            Ok([
                c.when(0, || share(g, &x, &limit, &wins(&limit, &x)?))?,
                c.when(1, || share(g, &x, &limit, &wins(&x, &limit)?))?,
            ])
        },
    ))
}

/// `x` between two tensors. An element that equals a limit shares its gradient with it, unless there is but one value
/// between the limits; where the limits are the wrong way round, the upper one is the result and has the gradient.
fn clamp_between(x: &Tensor, low: &Tensor, high: &Tensor) -> Result<Tensor> {
    let name = "ClampBackward0";
    let out = no_grad(|| clamp_to(name, &clamp_to(name, x, low, true)?, high, false))?;
    Ok(record(
        name,
        [x, low, high],
        out.to_array(),
        [Saved::input(x), Saved::input(low), Saved::input(high)],
        move |g, [x, low, high], c| {
            let (x, low, high) = (c.get(x)?, c.get(low)?, c.get(high)?);
            let open = lt(&low, &high)?;
            let at = |limit: &Tensor| logical_and(&open, &eq(&x, limit)?);
            let (at_low, at_high, half) = (at(&low)?, at(&high)?, div(g, 2i64)?);
            let (below, above) = (lt(&x, &low)?, gt(&x, &high)?);
            let of_limit =
                |at: &Tensor, whole: &Tensor| where_(at, &half, &where_(whole, g, 0i64)?);
            Ok([
                c.when(0, || {
                    let inner = where_(&logical_or(&at_low, &at_high)?, &half, g)?;
                    masked_fill(&inner, &logical_or(&below, &above)?, 0i64)
                })?,
                c.when(1, || {
                    of_limit(&at_low, &logical_and(&below, &le(&low, &high)?)?)
                })?,
                c.when(2, || {
                    of_limit(&at_high, &logical_or(&above, &gt(&low, &high)?)?)
                })?,
            ])
        },
    ))
}

/// `torch.clamp_min`
pub static CLAMP_MIN: Op = Op {
    signature: "clamp_min(input, min, *, out=None) -> Tensor",
    faces: FACES | FUNCTION_IN_PLACE,
    doc: "Elements that are at least `min`.",
    examples: &[(
        "torch.clamp_min(torch.tensor([-1., 2.]), 0)",
        "tensor([0., 2.])",
    )],
    samples: |m| {
        if m.dtype == DType::Bool {
            Vec::new()
        } else {
            vec![sample([m.tensor(&[2, 3]).into(), Arg::Int(0)])]
        }
    },
    call: |a| Ok(clamp_one(a.tensor("input")?, a.operand("min")?, true)?.into()),
    ..Op::BASE
};

/// `torch.clamp_max`
pub static CLAMP_MAX: Op = Op {
    signature: "clamp_max(input, max, *, out=None) -> Tensor",
    faces: FACES | FUNCTION_IN_PLACE,
    doc: "Elements that are at most `max`.",
    examples: &[(
        "torch.clamp_max(torch.tensor([-1., 2.]), 0)",
        "tensor([-1.,  0.])",
    )],
    samples: |m| {
        if m.dtype == DType::Bool {
            Vec::new()
        } else {
            vec![sample([m.tensor(&[2, 3]).into(), Arg::Int(0)])]
        }
    },
    call: |a| Ok(clamp_one(a.tensor("input")?, a.operand("max")?, false)?.into()),
    ..Op::BASE
};

/// Whether `x` is more than `y`, or `y` a NaN.
fn above(x: &Tensor, y: &Tensor) -> Result<Tensor> {
    logical_or(&gt(x, y)?, &ne(y, y)?)
}

fn not_above(x: &Tensor, y: &Tensor) -> Result<Tensor> {
    logical_not(&logical_or(&ge(x, y)?, &ne(y, y)?)?)
}

/// Whether `x` is less than `y`, or `y` a NaN.
fn below(x: &Tensor, y: &Tensor) -> Result<Tensor> {
    logical_or(&lt(x, y)?, &ne(y, y)?)
}

fn not_below(x: &Tensor, y: &Tensor) -> Result<Tensor> {
    logical_not(&logical_or(&le(x, y)?, &ne(y, y)?)?)
}

macro_rules! extremes {
    ($( $STATIC:ident $name:ident $signature:literal $node:literal $doc:literal ($example:literal, $prints:literal)
        number |$a:ident, $b:ident| $body:expr; bool |$p:ident, $q:ident| $logic:expr; wins $wins:ident beaten $beaten:ident; )*) => {$(
        #[doc = concat!("`torch.", stringify!($name), "`")]
        pub static $STATIC: Op = Op {
            signature: $signature,
            faces: FUNCTION | METHOD,
            doc: $doc,
            examples: &[($example, $prints)],
            samples: |m| vec![
                sample([m.tensor(&[2, 3]).into(), m.tensor(&[3]).into()]),
                sample([m.tensor(&[0]).into(), m.tensor(&[1]).into()]),
            ],
            call: |a| Ok($name(a.tensor("input")?, a.tensor("other")?)?.into()),
            ..Op::BASE
        };

        #[doc = concat!("`torch.", stringify!($name), "`")]
        pub fn $name(x: &Tensor, y: &Tensor) -> Result<Tensor> {
            let out = compute!(result_type(&x.into(), &y.into()), T => {
                map2::<T, T>(&x.into(), &y.into(), |$a, $b| $body)
            }, bool => map2::<bool, bool>(&x.into(), &y.into(), |$p, $q| $logic))?;
            Ok(record($node, [x, y], out, [Saved::input(x), Saved::input(y)], |g, [x, y], c| {
                let (x, y) = (c.get(x)?, c.get(y)?);
                Ok([
                    c.when(0, || share(g, &x, &y, &$beaten(&x, &y)?))?,
                    c.when(1, || share(g, &x, &y, &$wins(&x, &y)?))?,
                ])
            }))
        }
    )*};
}

extremes! {
    MAXIMUM maximum "maximum(input, other, *, out=None) -> Tensor" "MaximumBackward0" "The larger of two elements."
        ("torch.maximum(torch.tensor([1, 5]), torch.tensor([3, 2]))", "tensor([3, 5])")
        number |a, b| a.larger(b); bool |a, b| a | b; wins gt beaten lt;
    MINIMUM minimum "minimum(input, other, *, out=None) -> Tensor" "MinimumBackward0" "The smaller of two elements."
        ("torch.minimum(torch.tensor([1, 5]), torch.tensor([3, 2]))", "tensor([1, 2])")
        number |a, b| a.smaller(b); bool |a, b| a & b; wins lt beaten gt;
    FMAX fmax "fmax(input, other, *, out=None) -> Tensor" "FmaxBackward0" "The larger of two elements, a NaN only if both are."
        ("torch.fmax(torch.tensor([1., float('nan')]), torch.tensor([3., 2.]))", "tensor([3., 2.])")
        number |a, b| if b.is_nan() || a > b { a } else { b }; bool |a, b| a | b; wins above beaten not_above;
    FMIN fmin "fmin(input, other, *, out=None) -> Tensor" "FminBackward0" "The smaller of two elements, a NaN only if both are."
        ("torch.fmin(torch.tensor([1., float('nan')]), torch.tensor([3., 2.]))", "tensor([1., 2.])")
        number |a, b| if b.is_nan() || a < b { a } else { b }; bool |a, b| a & b; wins below beaten not_below;
}
