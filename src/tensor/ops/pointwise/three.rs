//! Functions of three tensors: where, lerp, addcmul, addcdiv, masked_fill.

use super::arithmetic::{add, div, mul, neg, sub};
use super::compare::logical_not;
use super::{map2, result_type};
use crate::tensor::array::error::ensure;
use crate::tensor::array::kernels::pointwise as kernels;
use crate::tensor::array::{Array, DType, Element, Result, Scalar};
use crate::tensor::core::{Operand, Saved, Tensor, record};
use crate::tensor::ops::args::{Arg, Out};
use crate::tensor::ops::in_place;
use crate::tensor::ops::samples::{Make, Sample, sample};
use crate::tensor::ops::spec::{FUNCTION, IN_PLACE, METHOD, Op};
use crate::tensor::ops::zeros_like;

const FACES: u16 = FUNCTION | METHOD | IN_PLACE;

/// `torch.where`
pub static WHERE: Op = Op {
    signature: "where(condition, input=None, other=None, *, out=None) -> Tensor",
    faces: FUNCTION,
    doc: "Elements of `input` where the condition holds, else of `other`. With the condition alone: where it holds.",
    examples: &[(
        "torch.where(torch.tensor([True, False]), torch.tensor([1, 2]), 0)",
        "tensor([1, 0])",
    )],
    samples: |m| {
        vec![
            sample([
                m.mask(&[2, 3]).into(),
                m.tensor(&[2, 3]).into(),
                m.tensor(&[3]).into(),
            ]),
            sample([
                m.mask(&[3]).into(),
                m.tensor(&[2, 3]).into(),
                m.tensor(&[]).into(),
            ]),
        ]
    },
    call: |a| {
        let condition = a.tensor("condition")?;
        if a.get("input").is_none() {
            return Ok(Out::Tensors(crate::tensor::ops::index::nonzero_tuple(
                condition,
            )?));
        }
        Ok(where_(condition, a.operand("input")?, a.operand("other")?)?.into())
    },
    ..Op::BASE
};

/// `Tensor.where`
pub static WHERE_METHOD: Op = Op {
    signature: "where(input, condition, other) -> Tensor",
    faces: METHOD,
    doc: "Elements of `input` where the condition holds, else of `other`.",
    examples: &[(
        "torch.tensor([1, 2]).where(torch.tensor([True, False]), 0)",
        "tensor([1, 0])",
    )],
    samples: |m| {
        vec![sample([
            m.tensor(&[2, 3]).into(),
            m.mask(&[2, 3]).into(),
            m.tensor(&[3]).into(),
        ])]
    },
    call: |a| {
        Ok(where_(
            a.tensor("condition")?,
            a.operand("input")?,
            a.operand("other")?,
        )?
        .into())
    },
    ..Op::BASE
};

/// `torch.where`
pub fn where_<'a>(
    condition: &Tensor,
    x: impl Into<Operand<'a>>,
    y: impl Into<Operand<'a>>,
) -> Result<Tensor> {
    let (x, y) = (x.into(), y.into());
    ensure!(
        matches!(condition.dtype(), DType::Bool | DType::UInt8),
        "where expected condition to be a boolean tensor, but got a tensor with dtype {}",
        condition.dtype().scalar_name()
    );
    let dtype = result_type(&x, &y);
    let condition = condition.array().to_dtype(DType::Bool)?;
    let array = |o: &Operand| match o {
        Operand::Tensor(t) => t.array().to_dtype(dtype),
        Operand::Scalar(s) => Ok(Array::from_scalar(*s, dtype)),
    };
    let (xa, ya) = (array(&x)?, array(&y)?);
    let (xa, ya) = (xa.as_bits(), ya.as_bits());
    let out = dispatch_bits!(dtype, T => {
        kernels::ternary::<bool, T, T, T>(&condition, &xa, &ya, |c, x, y| if c { x } else { y })
    })?
    .of_dtype(dtype);
    let kept = Saved::input(&Tensor::from_array(condition));
    Ok(record(
        "WhereBackward0",
        [&x, &y],
        out,
        kept,
        |g, condition, c| {
            let condition = c.get(condition)?;
            Ok([
                c.when(0, || where_(&condition, g, 0i64))?,
                c.when(1, || where_(&condition, 0i64, g))?,
            ])
        },
    ))
}

/// [`where_`] for tensors of one shape, as formulas use it.
pub fn select(condition: &Tensor, x: &Tensor, y: &Tensor) -> Result<Tensor> {
    where_(condition, x, y)
}

/// `torch.masked_fill`
pub static MASKED_FILL: Op = Op {
    signature: "masked_fill(input, mask, value) -> Tensor",
    faces: FACES,
    doc: "`value` where the mask holds, else the element.",
    examples: &[(
        "torch.tensor([1, 2]).masked_fill(torch.tensor([True, False]), 9)",
        "tensor([9, 2])",
    )],
    samples: |m| {
        vec![
            sample([m.tensor(&[2, 3]).into(), m.mask(&[3]).into(), Arg::Int(1)]),
            sample([
                m.tensor(&[2, 3]).into(),
                m.mask(&[2, 3]).into(),
                m.tensor(&[]).into(),
            ]),
        ]
    },
    call: |a| Ok(masked_fill(a.tensor("input")?, a.tensor("mask")?, a.operand("value")?)?.into()),
    ..Op::BASE
};

/// `torch.masked_fill`
pub fn masked_fill<'a>(x: &Tensor, mask: &Tensor, value: impl Into<Operand<'a>>) -> Result<Tensor> {
    let value = value.into();
    ensure!(
        mask.dtype() == DType::Bool,
        "masked_fill_ only supports boolean masks, but got mask with dtype {}",
        mask.dtype().cpp_name()
    );
    if let Operand::Tensor(v) = &value {
        ensure!(
            v.ndim() == 0,
            "masked_fill_ only supports a 0-dimensional value tensor, but got tensor with {} dimension(s).",
            v.ndim()
        );
    }
    if let Operand::Scalar(s) = &value {
        ensure!(
            x.dtype().is_differentiable() || !s.is_float(),
            "value cannot be converted to type {} without overflow",
            x.dtype().cpp_name()
        );
    }
    let dtype = x.dtype();
    let imaginary = match &value {
        Operand::Tensor(v) if v.dtype().is_complex() => v.item()?.imaginary(),
        Operand::Tensor(_) => 0.0,
        Operand::Scalar(s) => s.imaginary(),
    };
    ensure!(
        dtype.is_complex() || imaginary == 0.0,
        "value cannot be converted to type {} without overflow",
        match dtype {
            DType::Int64 => "int64_t",
            other => other.cpp_name(),
        }
    );
    let fill = match &value {
        Operand::Tensor(t) => t.array().to_dtype(dtype)?,
        Operand::Scalar(s) => Array::from_scalar(*s, dtype),
    };
    let (xa, ma, fill) = (x.array().as_bits(), mask.to_array(), fill.as_bits());
    let out = dispatch_bits!(dtype, T => {
        let v = fill.read::<T>()[fill.layout().offset];
        kernels::ternary::<T, bool, bool, T>(&xa, &ma, &ma, move |x, m, _| if m { v } else { x })
    })?
    .of_dtype(dtype);
    let operand = Operand::Tensor(x);
    Ok(record(
        if matches!(value, Operand::Tensor(_)) {
            "MaskedFillBackward1"
        } else {
            "MaskedFillBackward0"
        },
        [&operand, &value],
        out,
        Saved::input(mask),
        |g, mask, c| {
            let mask = c.get(mask)?;
            let for_value = || crate::tensor::ops::sum(&mul(g, &mask)?);
            Ok([
                c.when(0, || masked_fill(g, &mask, 0i64))?,
                c.when(1, for_value)?,
            ])
        },
    ))
}

fn triples(m: &Make) -> Vec<Sample> {
    if m.dtype == DType::Bool {
        return Vec::new();
    }
    vec![
        sample([
            m.tensor(&[2, 3]).into(),
            m.tensor(&[2, 3]).into(),
            m.positive(&[3]).into(),
        ]),
        sample([
            m.tensor(&[2, 3]).into(),
            m.tensor(&[]).into(),
            m.positive(&[2, 1]).into(),
        ])
        .with("value", 2i64),
    ]
}

/// `torch.addcmul`
pub static ADDCMUL: Op = Op {
    signature: "addcmul(input, tensor1, tensor2, *, value=1, out=None) -> Tensor",
    faces: FACES,
    doc: "`input + value * tensor1 * tensor2`.",
    examples: &[(
        "torch.addcmul(torch.tensor([1.]), torch.tensor([2.]), torch.tensor([3.]), value=2)",
        "tensor([13.])",
    )],
    samples: triples,
    call: |a| {
        Ok(addcmul(
            a.tensor("input")?,
            a.tensor("tensor1")?,
            a.tensor("tensor2")?,
            a.scalar("value")?,
        )?
        .into())
    },
    ..Op::BASE
};

/// `torch.addcdiv`
pub static ADDCDIV: Op = Op {
    signature: "addcdiv(input, tensor1, tensor2, *, value=1, out=None) -> Tensor",
    faces: FACES,
    doc: "`input + value * tensor1 / tensor2`.",
    examples: &[(
        "torch.addcdiv(torch.tensor([1.]), torch.tensor([6.]), torch.tensor([3.]), value=2)",
        "tensor([5.])",
    )],
    samples: |m| if m.floating() { triples(m) } else { Vec::new() },
    call: |a| {
        Ok(addcdiv(
            a.tensor("input")?,
            a.tensor("tensor1")?,
            a.tensor("tensor2")?,
            a.scalar("value")?,
        )?
        .into())
    },
    ..Op::BASE
};

fn three_arrays(x: &Tensor, a: &Tensor, b: &Tensor) -> Result<(DType, [Array; 3])> {
    let mut p = crate::tensor::array::promote::Promotion::default();
    [x, a, b].iter().for_each(|t| p.tensor(t.dtype(), t.ndim()));
    let dtype = p.result();
    Ok((
        dtype,
        [
            x.array().to_dtype(dtype)?,
            a.array().to_dtype(dtype)?,
            b.array().to_dtype(dtype)?,
        ],
    ))
}

/// `torch.addcmul`
pub fn addcmul(x: &Tensor, a: &Tensor, b: &Tensor, value: Scalar) -> Result<Tensor> {
    let (dtype, [xa, aa, ba]) = three_arrays(x, a, b)?;
    let out = compute!(dtype, T => {
        let v = T::from_scalar(value);
        let wide = |x: &Array| x.to_dtype(T::DTYPE);
        kernels::ternary::<T, T, T, T>(&wide(&xa)?, &wide(&aa)?, &wide(&ba)?, move |x, a, b| {
            use crate::tensor::array::Number;
            v.times(a).fused(b, x)
        })
    }, bool => Err(super::unsupported("addcmul_cpu_out", dtype)))?;
    Ok(record(
        "AddcmulBackward0",
        [x, a, b],
        out,
        [Saved::input(a), Saved::input(b)],
        move |g, [a, b], c| {
            Ok([
                c.when(0, || Ok(g.clone()))?,
                c.when(1, || mul(&mul(g, &c.get(b)?)?, value))?,
                c.when(2, || mul(&mul(g, &c.get(a)?)?, value))?,
            ])
        },
    ))
}

/// `torch.addcdiv`
pub fn addcdiv(x: &Tensor, a: &Tensor, b: &Tensor, value: Scalar) -> Result<Tensor> {
    let (dtype, [xa, aa, ba]) = three_arrays(x, a, b)?;
    ensure!(
        dtype.is_differentiable(),
        "Integer division with addcdiv is no longer supported, and in a future  release addcdiv will perform a true division of tensor1 and tensor2. The historic addcdiv behavior can be implemented as (input + value * torch.trunc(tensor1 / tensor2)).to(input.dtype) for integer inputs and as (input + value * tensor1 / tensor2) for float inputs. The future addcdiv behavior is just the latter implementation: (input + value * tensor1 / tensor2), for all dtypes."
    );
    let out = dispatch_float!(dtype, T => {
        let v = T::from_scalar(value);
        kernels::ternary::<T, T, T, T>(&xa, &aa, &ba, move |x, a, b| x + v * a / b)
    }, other => unreachable!("a float type"))?;
    Ok(record(
        "AddcdivBackward0",
        [x, a, b],
        out,
        [Saved::input(a), Saved::input(b)],
        move |g, [a, b], c| {
            let (a, b) = (c.get(a)?, c.get(b)?);
            let for_divisor = || neg(&mul(&div(&mul(g, &a)?, &mul(&b, &b)?)?, value)?);
            Ok([
                c.when(0, || Ok(g.clone()))?,
                c.when(1, || mul(&div(g, &b)?, value))?,
                c.when(2, for_divisor)?,
            ])
        },
    ))
}

/// `torch.lerp`
pub static LERP: Op = Op {
    signature: "lerp(input, end, weight, *, out=None) -> Tensor",
    faces: FACES,
    doc: "`input + weight * (end - input)`.",
    examples: &[(
        "torch.lerp(torch.tensor([1.]), torch.tensor([3.]), 0.5)",
        "tensor([2.])",
    )],
    samples: |m| {
        if !m.floating() {
            return Vec::new();
        }
        vec![
            sample([
                m.tensor(&[2, 3]).into(),
                m.tensor(&[3]).into(),
                Arg::Float(0.3),
            ]),
            sample([
                m.tensor(&[2, 3]).into(),
                m.tensor(&[2, 3]).into(),
                m.tensor(&[3]).into(),
            ]),
        ]
    },
    call: |a| Ok(lerp(a.tensor("input")?, a.tensor("end")?, a.operand("weight")?)?.into()),
    ..Op::BASE
};

/// `torch.lerp`
pub fn lerp<'a>(x: &Tensor, end: &Tensor, weight: impl Into<Operand<'a>>) -> Result<Tensor> {
    ensure!(
        x.dtype() == end.dtype(),
        "expected dtype {} for `end` but got dtype {}",
        x.dtype().cpp_name(),
        end.dtype().cpp_name()
    );
    let weight = weight.into();
    if x.dtype().is_complex() {
        let way = mul(&super::sub(end, x)?, weight)?;
        return super::add(x, &way);
    }
    match weight {
        Operand::Scalar(w) => {
            let out = dispatch_float!(x.dtype(), T => {
                use crate::tensor::array::Number;
                let w = T::from_scalar(w);
                // As ATen: from the nearer end, so that weight 1 gives `end` exactly.
                map2::<T, T>(&x.into(), &end.into(), move |a, b| {
                    if w.abs() < 0.5 { w.fused(b - a, a) } else { (w - 1.0).fused(b - a, b) }
                })
            }, other => Err(super::unsupported("lerp_kernel_scalar", x.dtype())))?;
            Ok(record(
                "LerpBackward0",
                [x, end],
                out,
                (),
                move |g, (), c| {
                    Ok([
                        c.when(0, || mul(g, 1.0 - w.to_f64()))?,
                        c.when(1, || mul(g, w))?,
                    ])
                },
            ))
        }
        Operand::Tensor(w) => {
            let (dtype, [xa, ea, wa]) = three_arrays(x, end, w)?;
            let out = dispatch_float!(dtype, T => {
                kernels::ternary::<T, T, T, T>(&xa, &ea, &wa, |a, b, w| {
                    if w.abs() < 0.5 { a + w * (b - a) } else { b - (b - a) * (1.0 - w) }
                })
            }, other => Err(super::unsupported("lerp_kernel_tensor", dtype)))?;
            let kept = [Saved::input(x), Saved::input(end), Saved::input(w)];
            Ok(record(
                "LerpBackward1",
                [x, end, w],
                out,
                kept,
                |g, [x, end, w], c| {
                    let w = c.get(w)?;
                    Ok([
                        c.when(0, || mul(g, &sub(1i64, &w)?))?,
                        c.when(1, || mul(g, &w))?,
                        c.when(2, || mul(g, &sub(&c.get(end)?, &c.get(x)?)?))?,
                    ])
                },
            ))
        }
    }
}

/// `Tensor.zero_`
pub static ZERO: Op = Op {
    signature: "zero(input) -> Tensor",
    faces: IN_PLACE | crate::tensor::ops::spec::FUNCTION_IN_PLACE,
    doc: "Fills the tensor with 0.",
    examples: &[("torch.tensor([1., 2.]).zero_()", "tensor([0., 0.])")],
    samples: |m| vec![sample([m.tensor(&[2, 3]).into()]).rough()],
    call: |a| Ok(zeros_like(a.tensor("input")?)?.into()),
    in_place: Some(|a| {
        let x = a.tensor("input")?;
        overwrite(x, "ZeroBackward0", |array| array.fill(Scalar::Int(0)))?;
        Ok(x.clone().into())
    }),
    ..Op::BASE
};

/// `Tensor.fill_`
pub static FILL: Op = Op {
    signature: "fill(input, value) -> Tensor",
    faces: FUNCTION | IN_PLACE | crate::tensor::ops::spec::FUNCTION_IN_PLACE,
    doc: "Fills the tensor with one value.",
    examples: &[("torch.tensor([1., 2.]).fill_(3)", "tensor([3., 3.])")],
    samples: |m| vec![sample([m.tensor(&[2, 3]).into(), Arg::Int(1)])],
    call: |a| {
        let (x, value) = (a.tensor("input")?, a.operand("value")?);
        let filled = crate::tensor::ops::full_like_dtype(x, 0i64.into(), x.dtype())?.to_array();
        let blank = record("FillBackward0", [x], filled, (), |g, (), _| {
            Ok([Some(zeros_like(g)?)])
        });
        Ok(match value {
            Operand::Scalar(_) => {
                blank.array().fill(a.scalar("value")?)?;
                blank
            }
            Operand::Tensor(v) => crate::tensor::ops::to_dtype(&add(&blank, v)?, x.dtype())?,
        }
        .into())
    },
    in_place: Some(|a| {
        let x = a.tensor("input")?;
        fill_(x, a.operand("value")?)?;
        Ok(x.clone().into())
    }),
    ..Op::BASE
};

/// `x.fill_(value)`
pub fn fill_(x: &Tensor, value: Operand) -> Result<()> {
    match value {
        Operand::Scalar(s) => overwrite(x, "FillBackward2", |array| array.fill(s)),
        Operand::Tensor(v) => {
            ensure!(
                v.ndim() == 0,
                "fill_ only supports 0-dimension value tensor but got tensor with {} dimensions.",
                v.ndim()
            );
            copy_(x, v)
        }
    }
}

/// `x.zero_()`
pub fn zero_(x: &Tensor) -> Result<()> {
    overwrite(x, "ZeroBackward0", |array| array.fill(Scalar::Int(0)))
}

/// Overwrites all of `x` with values that do not depend on any tensor; its former history gets a gradient of 0.
pub fn overwrite(
    x: &Tensor,
    name: &'static str,
    write: impl FnOnce(&Array) -> Result<()>,
) -> Result<()> {
    in_place::check_writable(x, x.requires_grad())?;
    ensure!(
        !x.array().layout().overlaps(),
        "unsupported operation: more than one element of the written-to tensor refers to a single memory location. Please clone() the tensor before performing the operation."
    );
    let recording = crate::tensor::core::requires_recording(&[x]);
    let before = recording.then(|| in_place::alias(x));
    write(&x.array())?;
    x.bump_version();
    if let Some(before) = before {
        let out = record(name, [&before], x.to_array(), (), |g, (), _| {
            Ok([Some(zeros_like(g)?)])
        });
        in_place::rebase(x, &out)?;
    }
    Ok(())
}

/// `Tensor.copy_`
pub static COPY: Op = Op {
    signature: "copy(input, src, non_blocking=False) -> Tensor",
    faces: IN_PLACE,
    doc: "Writes the elements of `src`, stretched and converted, over the tensor.",
    examples: &[(
        "torch.zeros(2).copy_(torch.tensor([1, 2]))",
        "tensor([1., 2.])",
    )],
    samples: |m| vec![sample([m.tensor(&[2, 3]).into(), m.tensor(&[3]).into()]).rough()],
    call: |a| {
        let (x, src) = (a.tensor("input")?, a.tensor("src")?);
        Ok(crate::tensor::ops::to_dtype(
            &crate::tensor::ops::expand_to(src, &x.shape())?,
            x.dtype(),
        )?
        .into())
    },
    in_place: Some(|a| {
        let (x, src) = (a.tensor("input")?, a.tensor("src")?);
        crate::tensor::array::layout::broadcast_shapes(&x.shape(), &src.shape())?;
        copy_(x, src)?;
        Ok(x.clone().into())
    }),
    ..Op::BASE
};

/// `x.copy_(src)`
pub fn copy_(x: &Tensor, src: &Tensor) -> Result<()> {
    in_place::check_writable(x, x.requires_grad() || src.requires_grad())?;
    let shape = x.shape();
    if src.array().layout().broadcast(&shape).is_none() {
        crate::tensor::ops::expand_to(src, &shape)?;
    }
    ensure!(
        !x.array().layout().overlaps(),
        "unsupported operation: more than one element of the written-to tensor refers to a single memory location. Please clone() the tensor before performing the operation."
    );
    let recording =
        crate::tensor::core::requires_recording(&[x, src]) && x.dtype().is_differentiable();
    let before = recording.then(|| in_place::alias(x));
    x.array().assign(&src.array())?;
    x.bump_version();
    if let Some(before) = before {
        let out = record(
            "CopyBackwards",
            [&before, src],
            x.to_array(),
            (),
            |g, (), c| Ok([c.when(0, || zeros_like(g))?, c.when(1, || Ok(g.clone()))?]),
        );
        in_place::rebase(x, &out)?;
    }
    Ok(())
}

/// `~mask`, for formulas.
pub fn not(mask: &Tensor) -> Result<Tensor> {
    logical_not(mask)
}
