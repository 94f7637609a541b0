//! Comparisons, logic and bits. None of them has a gradient.

use super::{map2, result_type, unsupported};
use crate::tensor::array::kernels::pointwise as kernels;
use crate::tensor::array::{Array, DType, Element, Result};
use crate::tensor::core::{Operand, Tensor};
use crate::tensor::ops::args::Arg;
use crate::tensor::ops::samples::{self, Make, Sample, sample};
use crate::tensor::ops::spec::{FUNCTION, IN_PLACE, METHOD, Op};

const FACES: u16 = FUNCTION | METHOD | IN_PLACE;

macro_rules! comparisons {
    ($( $STATIC:ident $name:ident $signature:literal $aliases:expr, $doc:literal ($example:literal, $prints:literal)
        |$a:ident, $b:ident| $body:expr; )*) => {$(
        #[doc = concat!("`torch.", stringify!($name), "`")]
        pub static $STATIC: Op = Op {
            signature: $signature,
            aliases: $aliases,
            faces: FACES,
            doc: $doc,
            examples: &[($example, $prints)],
            samples: |m| {
                let mut all = samples::binary_rough(m);
                if stringify!($name).starts_with("logical") {
                    all.retain(|s| matches!(s.args[1], Arg::Tensor(_)));
                }
                all
            },
            call: |a| {
                let (x, word) = (a.tensor("input")?, stringify!($name));
                Ok(match word.starts_with("logical") {
                    true => $name(x, a.tensor("other")?)?,
                    false => $name(x, a.operand("other")?)?,
                }
                .into())
            },
            ..Op::BASE
        };

        #[doc = concat!("`torch.", stringify!($name), "`")]
        #[allow(clippy::bool_comparison)] // One of the element types is bool.
        pub fn $name<'a>(x: impl Into<Operand<'a>>, y: impl Into<Operand<'a>>) -> Result<Tensor> {
            let (x, y) = (x.into(), y.into());
            let dtype = result_type(&x, &y);
            if dtype.is_complex() {
                return crate::tensor::ops::complex::complex_compare(stringify!($name), &x, &y);
            }
            let out = dispatch_wide!(dtype, T => map2::<T, bool>(&x, &y, |$a, $b| $body))?;
            Ok(Tensor::from_array(out))
        }
    )*};
}

comparisons! {
    EQ eq "eq(input, other, *, out=None) -> Tensor" &[], "Whether elements are equal."
        ("torch.eq(torch.tensor([1, 2]), 1)", "tensor([ True, False])") |a, b| a == b;
    GE ge "ge(input, other, *, out=None) -> Tensor" &["greater_equal"], "Whether `input` is at least `other`."
        ("torch.ge(torch.tensor([1, 2]), 2)", "tensor([False,  True])") |a, b| a >= b;
    GT gt "gt(input, other, *, out=None) -> Tensor" &["greater"], "Whether `input` is greater than `other`."
        ("torch.gt(torch.tensor([1, 2]), 1)", "tensor([False,  True])") |a, b| a > b;
    LE le "le(input, other, *, out=None) -> Tensor" &["less_equal"], "Whether `input` is at most `other`."
        ("torch.le(torch.tensor([1, 2]), 1)", "tensor([ True, False])") |a, b| a <= b;
    LT lt "lt(input, other, *, out=None) -> Tensor" &["less"], "Whether `input` is less than `other`."
        ("torch.lt(torch.tensor([1, 2]), 2)", "tensor([ True, False])") |a, b| a < b;
    NE ne "ne(input, other, *, out=None) -> Tensor" &["not_equal"], "Whether elements differ."
        ("torch.ne(torch.tensor([1, 2]), 1)", "tensor([False,  True])") |a, b| a != b;
    LOGICAL_AND logical_and "logical_and(input, other, *, out=None) -> Tensor" &[], "Whether both elements are not 0."
        ("torch.logical_and(torch.tensor([1, 0]), torch.tensor([2, 2]))", "tensor([ True, False])")
        |a, b| a.to_bool() & b.to_bool();
    LOGICAL_OR logical_or "logical_or(input, other, *, out=None) -> Tensor" &[], "Whether some element is not 0."
        ("torch.logical_or(torch.tensor([1, 0]), torch.tensor([0, 0]))", "tensor([ True, False])")
        |a, b| a.to_bool() | b.to_bool();
    LOGICAL_XOR logical_xor "logical_xor(input, other, *, out=None) -> Tensor" &[], "Whether exactly one element is not 0."
        ("torch.logical_xor(torch.tensor([1, 0]), torch.tensor([1, 1]))", "tensor([False,  True])")
        |a, b| a.to_bool() != b.to_bool();
}

macro_rules! tests_of_one {
    ($( $STATIC:ident $name:ident $signature:literal $doc:literal ($example:literal, $prints:literal)
        |$v:ident| $body:expr; )*) => {$(
        #[doc = concat!("`torch.", stringify!($name), "`")]
        pub static $STATIC: Op = Op {
            signature: $signature,
            faces: FUNCTION | METHOD,
            doc: $doc,
            examples: &[($example, $prints)],
            samples: samples::pointwise_rough,
            call: |a| Ok($name(a.tensor("input")?)?.into()),
            ..Op::BASE
        };

        #[doc = concat!("`torch.", stringify!($name), "`")]
        pub fn $name(x: &Tensor) -> Result<Tensor> {
            let x = x.array();
            Ok(Tensor::from_array(dispatch_wide!(x.dtype(), T => {
                kernels::unary::<T, bool>(&x.to_dtype(T::DTYPE)?, |$v| $body)
            })?))
        }
    )*};
}

tests_of_one! {
    ISFINITE isfinite "isfinite(input) -> Tensor" "Whether each element is neither infinite nor NaN."
        ("torch.isfinite(torch.tensor([1., float('inf')]))", "tensor([ True, False])")
        |v| !T::FLOATING || v.to_f64().is_finite();
    ISINF isinf "isinf(input) -> Tensor" "Whether each element is infinite."
        ("torch.isinf(torch.tensor([1., float('inf')]))", "tensor([False,  True])")
        |v| T::FLOATING && v.to_f64().is_infinite();
    ISNAN isnan "isnan(input) -> Tensor" "Whether each element is NaN."
        ("torch.isnan(torch.tensor([1., float('nan')]))", "tensor([False,  True])") |v| v.is_nan();
    ISNEGINF isneginf "isneginf(input, *, out=None) -> Tensor" "Whether each element is negative infinity."
        ("torch.isneginf(torch.tensor([1., float('-inf')]))", "tensor([False,  True])")
        |v| T::FLOATING && v.to_f64() == f64::NEG_INFINITY;
    ISPOSINF isposinf "isposinf(input, *, out=None) -> Tensor" "Whether each element is positive infinity."
        ("torch.isposinf(torch.tensor([1., float('inf')]))", "tensor([False,  True])")
        |v| T::FLOATING && v.to_f64() == f64::INFINITY;
    ISREAL isreal "isreal(input) -> Tensor" "Whether each element is a real number."
        ("torch.isreal(torch.tensor([1.]))", "tensor([True])") |v| { let _ = v; true };
    SIGNBIT signbit "signbit(input, *, out=None) -> Tensor" "Whether each element's sign bit is set."
        ("torch.signbit(torch.tensor([1., -1.]))", "tensor([False,  True])") |v| v.to_f64().is_sign_negative();
}

/// `torch.logical_not`
pub static LOGICAL_NOT: Op = Op {
    signature: "logical_not(input, *, out=None) -> Tensor",
    faces: FACES,
    doc: "Whether each element is 0.",
    examples: &[(
        "torch.logical_not(torch.tensor([0, 2]))",
        "tensor([ True, False])",
    )],
    samples: samples::pointwise_rough,
    call: |a| Ok(logical_not(a.tensor("input")?)?.into()),
    ..Op::BASE
};

/// `torch.logical_not`
pub fn logical_not(x: &Tensor) -> Result<Tensor> {
    let x = x.array();
    Ok(Tensor::from_array(
        dispatch_wide!(x.dtype(), T => kernels::unary::<T, bool>(&x.to_dtype(T::DTYPE)?, |v| !v.to_bool()))?,
    ))
}

/// Integers and bools only.
fn discrete(m: &Make) -> Vec<Sample> {
    if m.floating() {
        Vec::new()
    } else {
        samples::binary(m)
    }
}

macro_rules! bit_functions {
    ($( $STATIC:ident $name:ident $signature:literal $error:literal $doc:literal ($example:literal, $prints:literal)
        |$a:ident, $b:ident| $body:expr; )*) => {$(
        #[doc = concat!("`torch.", stringify!($name), "`")]
        pub static $STATIC: Op = Op {
            signature: $signature,
            faces: FACES,
            doc: $doc,
            examples: &[($example, $prints)],
            samples: discrete,
            call: |a| {
                let (x, y) = a.operands("input", "other")?;
                Ok($name(x, y)?.into())
            },
            ..Op::BASE
        };

        #[doc = concat!("`torch.", stringify!($name), "`")]
        pub fn $name<'a>(x: impl Into<Operand<'a>>, y: impl Into<Operand<'a>>) -> Result<Tensor> {
            let (x, y) = (x.into(), y.into());
            let dtype = result_type(&x, &y);
            if dtype == DType::Bool {
                return Ok(Tensor::from_array(map2::<bool, bool>(&x, &y, |$a, $b| $body)?));
            }
            if dtype.is_floating_point() {
                return Err(unsupported($error, dtype));
            }
            let out = map2::<i64, i64>(&x, &y, |$a, $b| $body)?.to_dtype(dtype)?;
            Ok(Tensor::from_array(out))
        }
    )*};
}

bit_functions! {
    BITWISE_AND bitwise_and "bitwise_and(input, other, *, out=None) -> Tensor" "bitwise_and_cpu" "The bits that both have."
        ("torch.bitwise_and(torch.tensor([3, 6]), 2)", "tensor([2, 2])") |a, b| a & b;
    BITWISE_OR bitwise_or "bitwise_or(input, other, *, out=None) -> Tensor" "bitwise_or_cpu" "The bits that one has."
        ("torch.bitwise_or(torch.tensor([1, 4]), 2)", "tensor([3, 6])") |a, b| a | b;
    BITWISE_XOR bitwise_xor "bitwise_xor(input, other, *, out=None) -> Tensor" "bitwise_xor_cpu" "The bits in which they differ."
        ("torch.bitwise_xor(torch.tensor([1, 3]), 2)", "tensor([3, 1])") |a, b| a ^ b;
}

/// `torch.bitwise_not`
pub static BITWISE_NOT: Op = Op {
    signature: "bitwise_not(input, *, out=None) -> Tensor",
    faces: FACES,
    doc: "Each bit turned over; for bools, not.",
    examples: &[(
        "torch.bitwise_not(torch.tensor([0, 5]))",
        "tensor([-1, -6])",
    )],
    samples: |m| {
        if m.floating() {
            Vec::new()
        } else {
            samples::pointwise(m)
        }
    },
    call: |a| Ok(bitwise_not(a.tensor("input")?)?.into()),
    ..Op::BASE
};

/// `~x`
pub fn bitwise_not(x: &Tensor) -> Result<Tensor> {
    let x = x.array();
    if x.dtype() == DType::Bool {
        return Ok(Tensor::from_array(kernels::unary::<bool, bool>(&x, |v| {
            !v
        })?));
    }
    let out = dispatch_integer!(x.dtype(), T => kernels::unary::<T, T>(&x, |v| !v),
        other => Err(unsupported("bitwise_not_cpu", x.dtype())))?;
    Ok(Tensor::from_array(out))
}

/// `torch.bitwise_left_shift`
pub static BITWISE_LEFT_SHIFT: Op = Op {
    signature: "bitwise_left_shift(input, other, *, out=None) -> Tensor",
    faces: FACES,
    doc: "Bits moved up by `other` places.",
    examples: &[(
        "torch.bitwise_left_shift(torch.tensor([1, 2]), 2)",
        "tensor([4, 8])",
    )],
    samples: |m| {
        if m.dtype == DType::Bool {
            Vec::new()
        } else {
            discrete(m)
        }
    },
    call: |a| {
        let (x, y) = a.operands("input", "other")?;
        Ok(shift(x, y, true)?.into())
    },
    ..Op::BASE
};

/// `torch.bitwise_right_shift`
pub static BITWISE_RIGHT_SHIFT: Op = Op {
    signature: "bitwise_right_shift(input, other, *, out=None) -> Tensor",
    faces: FACES,
    doc: "Bits moved down by `other` places.",
    examples: &[(
        "torch.bitwise_right_shift(torch.tensor([4, 8]), 2)",
        "tensor([1, 2])",
    )],
    samples: |m| {
        if m.dtype == DType::Bool {
            Vec::new()
        } else {
            discrete(m)
        }
    },
    call: |a| {
        let (x, y) = a.operands("input", "other")?;
        Ok(shift(x, y, false)?.into())
    },
    ..Op::BASE
};

/// `x << y` or `x >> y`
pub fn shift(x: Operand, y: Operand, left: bool) -> Result<Tensor> {
    let dtype = result_type(&x, &y);
    let name = if left { "lshift_cpu" } else { "rshift_cpu" };
    let out = dispatch_integer!(dtype, T => map2::<T, T>(&x, &y, move |a, b| {
        let bits = 8 * size_of::<T>() as i64;
        let n = b.to_i64();
        match (left, (0..bits).contains(&n)) {
            (true, true) => a << n as usize,
            (true, false) => 0,
            (false, true) => a >> n as usize,
            (false, false) => a >> (bits - 1) as usize,
        }
    }), other => Err(unsupported(name, dtype)))?;
    Ok(Tensor::from_array(out))
}

/// `torch.isclose`
pub static ISCLOSE: Op = Op {
    signature: "isclose(input, other, rtol=1e-05, atol=1e-08, equal_nan=False) -> Tensor",
    faces: FUNCTION | METHOD,
    doc: "Whether elements are equal within `atol + rtol * |other|`.",
    examples: &[(
        "torch.isclose(torch.tensor([1., 2.]), torch.tensor([1., 2.1]))",
        "tensor([ True, False])",
    )],
    samples: tensors,
    call: |a| Ok(Tensor::from_array(close(a)?).into()),
    ..Op::BASE
};

/// `torch.allclose`
pub static ALLCLOSE: Op = Op {
    signature: "allclose(input, other, rtol=1e-05, atol=1e-08, equal_nan=False) -> bool",
    faces: FUNCTION | METHOD,
    doc: "Whether all elements are equal within `atol + rtol * |other|`.",
    examples: &[(
        "torch.allclose(torch.tensor([1.]), torch.tensor([1.0000001]))",
        "True",
    )],
    samples: tensors,
    call: |a| Ok(close(a)?.to_vec::<bool>()?.iter().all(|v| *v).into()),
    ..Op::BASE
};

/// `torch.equal`
pub static EQUAL: Op = Op {
    signature: "equal(input, other) -> bool",
    faces: FUNCTION | METHOD,
    doc: "Whether both have the same shape and elements.",
    examples: &[(
        "torch.equal(torch.tensor([1, 2]), torch.tensor([1, 2]))",
        "True",
    )],
    samples: tensors,
    call: |a| Ok(equal(a.tensor("input")?, a.tensor("other")?)?.into()),
    ..Op::BASE
};

fn tensors(m: &Make) -> Vec<Sample> {
    let x = m.tensor(&[2, 3]);
    let arg: Arg = x.into();
    vec![
        sample([arg.clone(), arg]).rough(),
        sample([m.tensor(&[2]).into(), m.tensor(&[2]).into()]).rough(),
    ]
}

/// `torch.equal`
pub fn equal(x: &Tensor, y: &Tensor) -> Result<bool> {
    if x.shape() != y.shape() {
        return Ok(false);
    }
    let same = eq(x, y)?;
    let all = same.array().to_vec::<bool>()?;
    Ok(all.iter().all(|v| *v))
}

fn close(a: &crate::tensor::ops::args::Args) -> Result<Array> {
    for name in ["rtol", "atol"] {
        let tolerance = a.float(name)?;
        crate::tensor::array::error::ensure!(
            tolerance >= 0.0,
            "{name} must be greater than or equal to zero, but got {tolerance}"
        );
    }
    let (x, y) = (a.tensor("input")?, a.tensor("other")?);
    let (rtol, atol, equal_nan) = (a.float("rtol")?, a.float("atol")?, a.bool("equal_nan")?);
    if x.dtype() != y.dtype() {
        return Err(crate::tensor::array::Error::runtime(format!(
            "{} did not match {}",
            x.dtype().scalar_name(),
            y.dtype().scalar_name()
        )));
    }
    dispatch_wide!(x.dtype(), T => map2::<T, bool>(&x.into(), &y.into(), move |a, b| {
        let (a, b) = (a.to_f64(), b.to_f64());
        a == b || equal_nan && a.is_nan() && b.is_nan() || b.is_finite() && (a - b).abs() <= atol + rtol * b.abs()
    }))
}
