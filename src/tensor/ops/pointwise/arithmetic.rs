//! `+ - * /` and their functions.

use super::{float_result_type, map2, result_type};
use crate::tensor::array::error::{bail, ensure};
use crate::tensor::array::kernels::pointwise::{Side, update_with};
use crate::tensor::array::{Array, Complex, DType, Number, Result, Scalar};
use crate::tensor::core::record::named;
use crate::tensor::core::{Operand, Saved, Tensor, record, requires_recording};
use crate::tensor::ops::args::{Args, Out};
use crate::tensor::ops::complex::{
    complex_add, complex_div, complex_map, complex_mul, complex_pairs, complex_sub, conj,
};
use crate::tensor::ops::in_place;
use crate::tensor::ops::samples;
use crate::tensor::ops::spec::{FUNCTION, IN_PLACE, METHOD, Op};

const FACES: u16 = FUNCTION | METHOD | IN_PLACE;

/// `torch.add`
pub static ADD: Op = Op {
    signature: "add(input, other, *, alpha=1, out=None) -> Tensor",
    faces: FACES,
    doc: "Adds `other`, scaled by `alpha`, to `input`.",
    examples: &[
        ("torch.add(torch.tensor([1, 2]), 10)", "tensor([11, 12])"),
        (
            "torch.tensor([1., 2.]).add(torch.tensor([3., 4.]), alpha=2)",
            "tensor([ 7., 10.])",
        ),
    ],
    samples: samples::binary,
    call: |a| Ok(add_scaled(a.operand("input")?, a.operand("other")?, a.scalar("alpha")?)?.into()),
    in_place: Some(|a| direct(a, |x, y, alpha| add_(x, y, alpha))),
    ..Op::BASE
};

/// `torch.sub`
pub static SUB: Op = Op {
    signature: "sub(input, other, *, alpha=1, out=None) -> Tensor",
    aliases: &["subtract"],
    faces: FACES,
    node: "",
    doc: "Subtracts `other`, scaled by `alpha`, from `input`.",
    examples: &[(
        "torch.sub(torch.tensor([5, 6]), torch.tensor([1, 2]))",
        "tensor([4, 4])",
    )],
    samples: |m| {
        if m.dtype == DType::Bool {
            Vec::new()
        } else {
            samples::binary(m)
        }
    },
    call: |a| Ok(sub_scaled(a.operand("input")?, a.operand("other")?, a.scalar("alpha")?)?.into()),
    in_place: Some(|a| direct(a, |x, y, alpha| sub_(x, y, alpha))),
};

/// `torch.rsub`
pub static RSUB: Op = Op {
    signature: "rsub(input, other, *, alpha=1) -> Tensor",
    doc: "Subtracts `input`, scaled by `alpha`, from `other`.",
    examples: &[("torch.rsub(torch.tensor([1, 2]), 5)", "tensor([4, 3])")],
    samples: SUB.samples,
    call: |a| {
        let other = a.operand("other")?;
        let of_tensors = matches!(other, Operand::Tensor(_));
        let out = sub_scaled(other, a.tensor("input")?.into(), a.scalar("alpha")?)?;
        Ok(match of_tensors {
            true => named("RsubBackward0", out),
            false => out,
        }
        .into())
    },
    ..Op::BASE
};

/// `torch.mul`
pub static MUL: Op = Op {
    signature: "mul(input, other, *, out=None) -> Tensor",
    aliases: &["multiply"],
    faces: FACES,
    doc: "Multiplies `input` by `other`.",
    examples: &[("torch.mul(torch.tensor([1., 2.]), 3)", "tensor([3., 6.])")],
    samples: samples::binary,
    call: |a| Ok(mul(a.operand("input")?, a.operand("other")?)?.into()),
    in_place: Some(|a| {
        let x = a.tensor("input")?;
        mul_(x, a.operand("other")?)?;
        Ok(x.clone().into())
    }),
    ..Op::BASE
};

/// `torch.div`
pub static DIV: Op = Op {
    signature: "div(input, other, *, rounding_mode=None, out=None) -> Tensor",
    aliases: &["divide", "true_divide"],
    faces: FACES,
    node: "",
    doc: "Divides `input` by `other`; `rounding_mode` is `None`, `'trunc'` or `'floor'`.",
    examples: &[
        (
            "torch.div(torch.tensor([7, -7]), 2)",
            "tensor([ 3.5000, -3.5000])",
        ),
        (
            "torch.div(torch.tensor([7, -7]), 2, rounding_mode='floor')",
            "tensor([ 3, -4])",
        ),
    ],
    samples: samples::binary,
    call: |a| {
        let (x, y) = (a.operand("input")?, a.operand("other")?);
        Ok(match a.opt_str("rounding_mode")? {
            None => div(x, y)?,
            Some("floor") => super::floor_divide(x, y)?,
            Some("trunc") => super::trunc_divide(x, y)?,
            Some(other) => bail!(
                "div expected rounding_mode to be one of None, 'trunc', or 'floor' but found '{other}'"
            ),
        }
        .into())
    },
    in_place: Some(|a| {
        let (x, y) = (a.tensor("input")?, a.operand("other")?);
        match a.opt_str("rounding_mode")? {
            None => div_(x, y)?,
            Some("floor") => drop(in_place::apply(x, |x| floor_divide(x, y))?),
            Some(_) => drop(in_place::apply(x, |x| trunc_divide(x, y))?),
        }
        Ok(x.clone().into())
    }),
};

fn direct(a: &Args, f: impl Fn(&Tensor, Operand, Scalar) -> Result<()>) -> Result<Out> {
    let x = a.tensor("input")?;
    f(x, a.operand("other")?, a.scalar("alpha")?)?;
    Ok(x.clone().into())
}

const ONE: Scalar = Scalar::Int(1);

fn is_one(s: Scalar) -> bool {
    s.to_f64() == 1.0
}

fn check_alpha(dtype: DType, alpha: Scalar) -> Result<()> {
    ensure!(
        dtype == DType::Bool || !matches!(alpha, Scalar::Bool(_)),
        "Boolean alpha only supported for Boolean results."
    );
    ensure!(
        dtype.is_differentiable() || !alpha.is_float(),
        "For integral input tensors, argument alpha must not be a floating point number."
    );
    Ok(())
}

/// `x + y`
#[inline]
pub fn add<'a>(x: impl Into<Operand<'a>>, y: impl Into<Operand<'a>>) -> Result<Tensor> {
    add_scaled(x.into(), y.into(), ONE)
}

/// `x + alpha * y`
pub fn add_scaled(x: Operand, y: Operand, alpha: Scalar) -> Result<Tensor> {
    let dtype = result_type(&x, &y);
    super::check_unsigned(dtype, &x, &y, "add_stub")?;
    let out = if dtype.is_complex() && alpha == ONE {
        complex_add(&x, &y, dtype)
    } else if dtype.is_complex() {
        let factor = <Complex<f64> as crate::tensor::array::Element>::from_scalar(alpha);
        complex_pairs(&x, &y, dtype, &move |a, b| a + factor * b)
    } else if is_one(alpha) {
        compute!(dtype, T => map2::<T, T>(&x, &y, |a, b| a.plus(b)),
            bool => map2::<bool, bool>(&x, &y, |a, b| a | b))
    } else {
        check_alpha(dtype, alpha)?;
        compute!(dtype, T => {
            let alpha = <T as crate::tensor::array::Element>::from_scalar(alpha);
            map2::<T, T>(&x, &y, move |a, b| alpha.fused(b, a))
        }, bool => {
            let alpha = alpha.to_bool();
            map2::<bool, bool>(&x, &y, move |a, b| a | (alpha & b))
        })
    }?;
    Ok(record(
        "AddBackward0",
        [&x, &y],
        out,
        (),
        move |g, (), c| {
            let scaled = || {
                if is_one(alpha) {
                    Ok(g.clone())
                } else {
                    mul(g, alpha.conj())
                }
            };
            Ok([c.when(0, || Ok(g.clone()))?, c.when(1, scaled)?])
        },
    ))
}

/// `x - y`
#[inline]
pub fn sub<'a>(x: impl Into<Operand<'a>>, y: impl Into<Operand<'a>>) -> Result<Tensor> {
    sub_scaled(x.into(), y.into(), ONE)
}

/// `x - alpha * y`
pub fn sub_scaled(x: Operand, y: Operand, alpha: Scalar) -> Result<Tensor> {
    let dtype = result_type(&x, &y);
    let is_bool = |o: &Operand| match o {
        Operand::Tensor(t) => t.dtype() == DType::Bool,
        Operand::Scalar(s) => matches!(s, Scalar::Bool(_)),
    };
    ensure!(
        !(is_bool(&x) && is_bool(&y)),
        "Subtraction, the `-` operator, with two bool tensors is not supported. Use the `^` or `logical_xor()` operator instead."
    );
    ensure!(
        !(is_bool(&x) || is_bool(&y)),
        "Subtraction, the `-` operator, with a bool tensor is not supported. If you are trying to invert a mask, use the `~` or `logical_not()` operator instead."
    );
    check_alpha(dtype, alpha)?;
    super::check_unsigned(dtype, &x, &y, "add_stub")?;
    let x = match x {
        // A number on the left is rounded to a float of 16 bits, one on the right is not.
        Operand::Scalar(s) if dtype.is_small() => {
            Operand::Scalar(Array::from_scalar(s, dtype).first())
        }
        other => other,
    };
    let out = if dtype.is_complex() && alpha == ONE {
        complex_sub(&x, &y, dtype)
    } else if dtype.is_complex() {
        let factor = <Complex<f64> as crate::tensor::array::Element>::from_scalar(alpha);
        complex_pairs(&x, &y, dtype, &move |a, b| a - factor * b)
    } else {
        compute!(dtype, T => if is_one(alpha) {
            map2::<T, T>(&x, &y, |a, b| a.minus(b))
        } else {
            let alpha = <T as crate::tensor::array::Element>::from_scalar(alpha);
            map2::<T, T>(&x, &y, move |a, b| alpha.negative().fused(b, a))
        }, bool => unreachable!("refused above"))
    }?;
    let name = if matches!(x, Operand::Scalar(_)) {
        "RsubBackward1"
    } else {
        "SubBackward0"
    };
    Ok(record(name, [&x, &y], out, (), move |g, (), c| {
        let scaled = || {
            if is_one(alpha) {
                neg(g)
            } else {
                neg(&mul(g, alpha.conj())?)
            }
        };
        Ok([c.when(0, || Ok(g.clone()))?, c.when(1, scaled)?])
    }))
}

/// Keeps an operand for the backward pass, if the other one wants a gradient.
pub(super) fn keep(operand: &Operand, other: &Operand) -> Option<Saved> {
    if !requires_recording(&[other]) {
        return None;
    }
    Some(match operand {
        Operand::Tensor(t) => Saved::input(t),
        Operand::Scalar(s) => Saved::Number(*s),
    })
}

/// Calls an op with a kept operand, without making a tensor of a number. Of complex ones with the conjugate, which the rules
/// of functions of complex numbers want: `g * conj(f'(z))`.
pub(super) fn with_kept(
    saved: &Option<Saved>,
    c: &crate::tensor::core::record::Context,
    f: impl FnOnce(Operand) -> Result<Tensor>,
) -> Result<Tensor> {
    match saved.as_ref().expect("kept where a gradient is wanted") {
        Saved::Number(s) => f(Operand::Scalar(s.conj())),
        kept => f(Operand::Tensor(&conj(&c.get(kept)?)?)),
    }
}

/// A kept operand as a tensor; a number in the dtype, so that it loses no digits.
pub(super) fn kept_tensor(
    saved: &Option<Saved>,
    c: &crate::tensor::core::record::Context,
    dtype: DType,
) -> Result<Tensor> {
    with_kept(saved, c, |operand| match operand {
        Operand::Tensor(t) => Ok(t.clone()),
        Operand::Scalar(s) => Ok(Tensor::from_array(Array::from_scalar(s, dtype))),
    })
}

/// `x * y`
pub fn mul<'a>(x: impl Into<Operand<'a>>, y: impl Into<Operand<'a>>) -> Result<Tensor> {
    let (x, y) = (x.into(), y.into());
    let dtype = result_type(&x, &y);
    super::check_unsigned(dtype, &x, &y, "")?;
    let out = if dtype.is_complex() {
        complex_mul(&x, &y, dtype)
    } else {
        compute!(dtype, T => map2::<T, T>(&x, &y, |a, b| a.times(b)),
            bool => map2::<bool, bool>(&x, &y, |a, b| a & b))
    }?;
    let kept = (keep(&x, &y), keep(&y, &x));
    Ok(record(
        "MulBackward0",
        [&x, &y],
        out,
        kept,
        |g, (x, y), c| {
            Ok([
                c.when(0, || with_kept(y, c, |y| mul(g, y)))?,
                c.when(1, || with_kept(x, c, |x| mul(g, x)))?,
            ])
        },
    ))
}

/// `x / y`
pub fn div<'a>(x: impl Into<Operand<'a>>, y: impl Into<Operand<'a>>) -> Result<Tensor> {
    let (x, y) = (x.into(), y.into());
    let dtype = float_result_type(&x, &y);
    let out = if dtype.is_complex() {
        complex_div(&x, &y, dtype)
    } else {
        compute_float!(dtype, T => map2::<T, T>(&x, &y, |a, b| a / b),
            other => unreachable!("a float type"))
    }?;
    let both = requires_recording(&[&y]).then(|| keep(&x, &y)).flatten();
    let divisor = keep(&y, &x).or_else(|| keep(&y, &y));
    Ok(record(
        "DivBackward0",
        [&x, &y],
        out,
        (both, divisor),
        |g, (x, y), c| {
            let for_divisor = || {
                let quotient = with_kept(x, c, |x| with_kept(y, c, |y| div(x, y)))?;
                neg(&mul(g, &with_kept(y, c, |y| div(&quotient, y))?)?)
            };
            Ok([
                c.when(0, || with_kept(y, c, |y| div(g, y)))?,
                c.when(1, for_divisor)?,
            ])
        },
    ))
}

/// The in-place form of a binary op: directly where nothing is recorded, else through the out-of-place form.
pub(super) fn in_place_or(
    x: &Tensor,
    y: Operand,
    dtype: DType,
    direct: impl FnOnce(&Array, &Operand) -> Result<()>,
    general: impl FnOnce(&Tensor, Operand) -> Result<Tensor>,
) -> Result<()> {
    let recording = requires_recording(&[&Operand::Tensor(x), &y]);
    let direct_dtype = matches!(
        x.dtype(),
        DType::Bool | DType::Int64 | DType::Float32 | DType::Float64
    );
    if recording || !direct_dtype {
        return in_place::apply(x, |x| general(x, y)).map(drop);
    }
    let shape = match &y {
        Operand::Tensor(t) if t.ndim() > 0 => {
            crate::tensor::array::layout::broadcast_shapes(x.array().shape(), t.array().shape())?
        }
        _ => x.shape(),
    };
    in_place::check_writable(x, false)?;
    in_place::check_result(x, &shape, dtype)?;
    direct(&x.array(), &y)?;
    x.bump_version();
    Ok(())
}

pub(super) fn with_side<T: crate::tensor::array::Element>(
    y: &Operand,
    f: impl FnOnce(Side<'_, T>) -> Result<()>,
) -> Result<()> {
    match y {
        Operand::Scalar(s) => f(Side::Scalar(T::from_scalar(*s))),
        Operand::Tensor(t) => {
            let array = t.array();
            if array.dtype() == T::DTYPE {
                f(Side::Array(&array))
            } else {
                f(Side::Array(&array.to_dtype(T::DTYPE)?))
            }
        }
    }
}

/// `x += alpha * y`
pub fn add_<'a>(x: &Tensor, y: impl Into<Operand<'a>>, alpha: Scalar) -> Result<()> {
    let y = y.into();
    let dtype = result_type(&x.into(), &y);
    check_alpha(dtype, alpha)?;
    let write = |x: &Array, y: &Operand| {
        if x.dtype() == DType::Bool {
            let scaled = alpha.to_bool();
            return with_side::<bool>(y, |y| update_with(x, y, move |a, b| a | (scaled & b)));
        }
        dispatch_wide!(x.dtype(), T => with_side::<T>(y, |y| if is_one(alpha) {
            update_with(x, y, |a, b| a.plus(b))
        } else {
            let alpha = <T as crate::tensor::array::Element>::from_scalar(alpha);
            update_with(x, y, move |a, b| alpha.fused(b, a))
        }))
    };
    in_place_or(x, y, dtype, write, |x, y| add_scaled(x.into(), y, alpha))
}

/// `x -= alpha * y`
pub fn sub_<'a>(x: &Tensor, y: impl Into<Operand<'a>>, alpha: Scalar) -> Result<()> {
    let y = y.into();
    if x.dtype() == DType::Bool {
        return in_place::apply(x, |x| sub_scaled(x.into(), y, alpha)).map(drop);
    }
    let dtype = result_type(&x.into(), &y);
    check_alpha(dtype, alpha)?;
    let write = |x: &Array, y: &Operand| {
        dispatch_wide!(x.dtype(), T => with_side::<T>(y, |y| if is_one(alpha) {
            update_with(x, y, |a, b| a.minus(b))
        } else {
            let alpha = <T as crate::tensor::array::Element>::from_scalar(alpha);
            update_with(x, y, move |a, b| alpha.negative().fused(b, a))
        }))
    };
    in_place_or(x, y, dtype, write, |x, y| sub_scaled(x.into(), y, alpha))
}

/// `x *= y`
pub fn mul_<'a>(x: &Tensor, y: impl Into<Operand<'a>>) -> Result<()> {
    let y = y.into();
    let write = |x: &Array, y: &Operand| {
        if x.dtype() == DType::Bool {
            return with_side::<bool>(y, |y| update_with(x, y, |a, b| a & b));
        }
        dispatch_wide!(x.dtype(), T => with_side::<T>(y, |y| update_with(x, y, |a, b| a.times(b))))
    };
    in_place_or(x, y, result_type(&x.into(), &y), write, |x, y| mul(x, y))
}

/// `x /= y`
pub fn div_<'a>(x: &Tensor, y: impl Into<Operand<'a>>) -> Result<()> {
    let y = y.into();
    let write = |x: &Array, y: &Operand| {
        dispatch_float!(x.dtype(), T => with_side::<T>(y, |y| update_with(x, y, |a, b| a / b)),
            other => unreachable!("the result's dtype is checked"))
    };
    in_place_or(x, y, float_result_type(&x.into(), &y), write, |x, y| {
        div(x, y)
    })
}

/// `torch.neg`
pub static NEG: Op = Op {
    signature: "neg(input, *, out=None) -> Tensor",
    aliases: &["negative"],
    faces: FACES | crate::tensor::ops::spec::FUNCTION_IN_PLACE,
    doc: "The negative of each element.",
    examples: &[("torch.neg(torch.tensor([1, -2]))", "tensor([-1,  2])")],
    samples: |m| {
        if m.dtype == DType::Bool {
            Vec::new()
        } else {
            samples::pointwise(m)
        }
    },
    call: |a| Ok(neg(a.tensor("input")?)?.into()),
    ..Op::BASE
};

/// `-x`
pub fn neg(x: &Tensor) -> Result<Tensor> {
    let array = x.array();
    let out = if array.dtype().is_complex() {
        complex_map("neg", &array)
    } else {
        compute!(array.dtype(), T => {
            crate::tensor::array::kernels::pointwise::unary::<T, T>(&array.to_dtype(<T as crate::tensor::array::Element>::DTYPE)?, |v| v.negative())
        }, bool => bail!(
            NotImplemented,
            "Negation, the `-` operator, on a bool tensor is not supported. If you are trying to invert a mask, use the `~` or `logical_not()` operator instead."
        ))
    }?;
    drop(array);
    Ok(record("NegBackward0", [x], out, (), |g, (), _| {
        Ok([Some(neg(g)?)])
    }))
}

pub(super) fn refuse_zero(y: &Operand, dtype: DType) -> Result<()> {
    if dtype.is_differentiable() {
        return Ok(());
    }
    let zero = match y {
        Operand::Scalar(s) => s.to_i64() == 0,
        Operand::Tensor(t) => {
            let array = t.array();
            dispatch!(array.dtype(), T => array.to_vec::<T>()?.iter().any(|v| !crate::tensor::array::Element::to_bool(*v)))
        }
    };
    ensure!(!zero, "ZeroDivisionError");
    Ok(())
}

/// `torch.div(x, y, rounding_mode='floor')`
pub fn floor_divide<'a>(x: impl Into<Operand<'a>>, y: impl Into<Operand<'a>>) -> Result<Tensor> {
    rounded(x.into(), y.into(), true)
}

/// `torch.div(x, y, rounding_mode='trunc')`
pub fn trunc_divide<'a>(x: impl Into<Operand<'a>>, y: impl Into<Operand<'a>>) -> Result<Tensor> {
    rounded(x.into(), y.into(), false)
}

fn rounded(x: Operand, y: Operand, floor: bool) -> Result<Tensor> {
    let dtype = result_type(&x, &y);
    refuse_zero(&y, dtype)?;
    let out = if dtype.is_small() && !floor {
        // The quotient is rounded to 16 bits before it is cut.
        let quotient = crate::tensor::core::no_grad(|| div(x, y))?;
        let wide = crate::tensor::ops::to_dtype(&quotient, DType::Float32)?;
        let cut = crate::tensor::ops::trunc(&wide)?;
        cut.array().to_dtype(dtype)
    } else {
        compute!(dtype, T => if floor {
            map2::<T, T>(&x, &y, |a, b| a.floor_divide(b))
        } else {
            map2::<T, T>(&x, &y, |a, b| a.trunc_divide(b))
        }, bool => Err(super::unsupported(if floor { "div_floor_cpu" } else { "div_trunc_cpu" }, dtype)))
    }?;
    // The quotient is constant between its jumps.
    Ok(record("DivBackward1", [&x, &y], out, (), |g, (), c| {
        let zero = || crate::tensor::ops::zeros_like(g);
        Ok([c.when(0, zero)?, c.when(1, zero)?])
    }))
}
