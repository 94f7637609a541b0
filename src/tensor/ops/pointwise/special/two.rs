//! Special functions of two numbers.

use super::{gamma, pairs_by_f64};
use crate::tensor::array::error::{bail, ensure};
use crate::tensor::array::kernels::{math::Math, rounded};
use crate::tensor::array::{Array, DType, Error, Result};
use crate::tensor::core::{Operand, Saved, Tensor, record};
use crate::tensor::ops::args::Args;
use crate::tensor::ops::pointwise::arithmetic::{keep, kept_tensor, with_kept};
use crate::tensor::ops::pointwise::{
    add, div, eq, exp, exp2, float_result_type, le, log, log1p, logical_and, map2, masked_fill,
    mul, ne, neg, pow, result_type, sub, unsupported,
};
use crate::tensor::ops::samples::{self, Make, Sample, sample};
use crate::tensor::ops::spec::{FUNCTION, IN_PLACE, METHOD, Op, SPECIAL};
use crate::tensor::ops::{in_place, to_dtype, zeros_like};

const FACES: u16 = FUNCTION | METHOD | IN_PLACE;

fn pairs(m: &Make) -> Vec<Sample> {
    let mut all = Vec::new();
    if m.floating() {
        all.push(sample([m.tensor(&[2, 3]).into(), m.tensor(&[3]).into()]));
        all.push(sample([
            m.positive(&[2]).into(),
            m.positive(&[3, 2]).into(),
        ]));
        all.push(sample([m.positive(&[0]).into(), m.positive(&[1]).into()]));
    }
    all
}

fn rough_pairs(m: &Make) -> Vec<Sample> {
    pairs(m).into_iter().map(Sample::rough).collect()
}

fn positive_pairs(m: &Make) -> Vec<Sample> {
    if !m.floating() {
        return Vec::new();
    }
    vec![
        sample([m.positive(&[2, 3]).into(), m.positive(&[3]).into()]).rough(),
        sample([m.positive(&[]).into(), m.between(&[2], 2.0, 9.0).into()]).rough(),
    ]
}

fn integers(m: &Make) -> Vec<Sample> {
    if m.dtype.is_integer() {
        samples::binary_rough(m).into_iter().take(5).collect()
    } else {
        Vec::new()
    }
}

/// Both operands as tensors.
fn two(a: &Args) -> Result<(Tensor, Tensor)> {
    Ok((a.tensor("input")?.clone(), a.tensor("other")?.clone()))
}

/// A function of two tensors of a float dtype, in double precision.
fn compute_pairs(name: &str, x: &Tensor, y: &Tensor, f: fn(f64, f64) -> f64) -> Result<Array> {
    let (x, y) = (x.into(), y.into());
    pairs_by_f64(name, result_type(&x, &y), &x, &y, f)
}

/// `torch.hypot`
pub static HYPOT: Op = Op {
    signature: "hypot(input, other, *, out=None) -> Tensor",
    faces: FACES,
    doc: "The length of the hypotenuse, `sqrt(input² + other²)`.",
    examples: &[(
        "torch.hypot(torch.tensor([3.]), torch.tensor([4.]))",
        "tensor([5.])",
    )],
    samples: pairs,
    call: |a| {
        let (x, y) = two(a)?;
        Ok(hypot(&x, &y)?.into())
    },
    ..Op::BASE
};

/// `torch.hypot`
pub fn hypot(x: &Tensor, y: &Tensor) -> Result<Tensor> {
    let out = if result_type(&x.into(), &y.into()) == DType::Float32 {
        map2::<f32, f32>(&x.into(), &y.into(), rounded::hypot)?
    } else {
        compute_pairs("hypot_cpu", x, y, f64::hypot)?
    };
    let kept = [Saved::input(x), Saved::input(y), Saved::result(&out)];
    Ok(record(
        "HypotBackward0",
        [x, y],
        out,
        kept,
        |g, [x, y, r], c| {
            let r = c.get(r)?;
            Ok([
                c.when(0, || mul(g, &div(&c.get(x)?, &r)?))?,
                c.when(1, || mul(g, &div(&c.get(y)?, &r)?))?,
            ])
        },
    ))
}

macro_rules! log_sums {
    ($( $STATIC:ident $name:ident $node:literal $doc:literal $prints:literal $f:expr, $power:ident $(, singles $single:expr)?; )*) => {$(
        #[doc = concat!("`torch.", stringify!($name), "`")]
        pub static $STATIC: Op = Op {
            signature: concat!(stringify!($name), "(input, other, *, out=None) -> Tensor"),
            faces: FUNCTION | METHOD,
            doc: $doc,
            examples: &[(concat!("torch.", stringify!($name), "(torch.tensor([1.]), torch.tensor([2.]))"), $prints)],
            samples: pairs,
            call: |a| {
                let (x, y) = two(a)?;
                Ok($name(&x, &y)?.into())
            },
            ..Op::BASE
        };

        #[doc = concat!("`torch.", stringify!($name), "`")]
        pub fn $name(x: &Tensor, y: &Tensor) -> Result<Tensor> {
            let out = match result_type(&x.into(), &y.into()) {
                $(DType::Float32 => map2::<f32, f32>(&x.into(), &y.into(), $single)?,)?
                _ => compute_pairs(concat!(stringify!($name), "_cpu"), x, y, $f)?,
            };
            let kept = [Saved::input(x), Saved::input(y)];
            Ok(record($node, [x, y], out, kept, |g, [x, y], c| {
                let (x, y) = (c.get(x)?, c.get(y)?);
                let share = |a: &Tensor, b: &Tensor| div(g, &add(&$power(&sub(b, a)?)?, 1i64)?);
                Ok([c.when(0, || share(&x, &y))?, c.when(1, || share(&y, &x))?])
            }))
        }
    )*};
}

log_sums! {
    LOGADDEXP logaddexp "LogaddexpBackward0" "`log(exp(input) + exp(other))`, without overflow." "tensor([2.3133])"
        |x, y| if x == y && x.is_infinite() { x } else { x.max(y) + nan_or(x, y, (-(x - y).abs()).exp().ln_1p()) },
        exp, singles #[inline(always)] |x, y| {
            let larger = if x > y || x.is_nan() { x } else { y };
            let sum = larger + (-(x - y).abs()).exp_().ln_1p_();
            if x == y && x.is_infinite() { x } else { sum }
        };
    LOGADDEXP2 logaddexp2 "Logaddexp2Backward0" "`log2(2 ** input + 2 ** other)`, without overflow." "tensor([2.5850])"
        |x, y| if x == y && x.is_infinite() { x } else {
            x.max(y) + nan_or(x, y, (-(x - y).abs()).exp2().ln_1p() * std::f64::consts::LOG2_E)
        }, exp2;
}

/// NaN if one of the numbers is one, which `max` would drop.
fn nan_or(x: f64, y: f64, value: f64) -> f64 {
    if x.is_nan() || y.is_nan() {
        f64::NAN
    } else {
        value
    }
}

macro_rules! incomplete_gammas {
    ($( $STATIC:ident $name:ident $node:literal $doc:literal $prints:literal $sign:expr; )*) => {$(
        #[doc = concat!("`torch.", stringify!($name), "`")]
        pub static $STATIC: Op = Op {
            signature: concat!(stringify!($name), "(input, other, *, out=None) -> Tensor"),
            faces: FACES,
            doc: $doc,
            examples: &[(concat!("torch.", stringify!($name), "(torch.tensor([4.]), torch.tensor([3.]))"), $prints)],
            samples: positive_pairs,
            call: |a| {
                let (x, y) = two(a)?;
                Ok($name(&x, &y)?.into())
            },
            ..Op::BASE
        };

        #[doc = concat!("`torch.", stringify!($name), "`")]
        pub fn $name(a: &Tensor, x: &Tensor) -> Result<Tensor> {
            let out = compute_pairs(concat!(stringify!($name), "_cpu"), a, x, gamma::$name)?;
            let kept = [Saved::input(a), Saved::input(x)];
            Ok(record($node, [a, x], out, kept, |g, [a, x], c| {
                let (a, x) = (c.get(a)?, c.get(x)?);
                let slope = || density(&a, &x).and_then(|d| mul(&mul(g, &d)?, $sign));
                let no = || Err(no_derivative(concat!(stringify!($name), ": input")));
                Ok([c.when(0, no)?, c.when(1, slope)?])
            }))
        }
    )*};
}

incomplete_gammas! {
    IGAMMA igamma "IgammaBackward0" "The regularized lower incomplete gamma function." "tensor([0.3528])" 1.0;
    IGAMMAC igammac "IgammacBackward0" "The regularized upper incomplete gamma function." "tensor([0.6472])" -1.0;
}

/// `x ** (a - 1) * exp(-x) / gamma(a)`
fn density(a: &Tensor, x: &Tensor) -> Result<Tensor> {
    let power = mul(&sub(a, 1i64)?, &log(x)?)?;
    exp(&sub(&sub(&power, x)?, &super::lgamma(a)?)?)
}

#[cold]
fn no_derivative(of: &str) -> Error {
    Error::not_implemented(format!("the derivative for '{of}' is not implemented."))
}

/// `torch.copysign`
pub static COPYSIGN: Op = Op {
    signature: "copysign(input, other, *, out=None) -> Tensor",
    faces: FACES,
    doc: "The size of `input` with the sign of `other`.",
    examples: &[(
        "torch.copysign(torch.tensor([1., -2.]), torch.tensor([-1., -0.]))",
        "tensor([-1., -2.])",
    )],
    samples: |m| {
        let mut all = pairs(m);
        all.push(sample([m.tensor(&[2, 3]).into(), (-1i64).into()]));
        all
    },
    call: |a| Ok(copysign(a.tensor("input")?, a.operand("other")?)?.into()),
    ..Op::BASE
};

/// `torch.copysign`
pub fn copysign(x: &Tensor, other: Operand) -> Result<Tensor> {
    let dtype = float_result_type(&x.into(), &other);
    let out = pairs_by_f64("copysign_cpu", dtype, &x.into(), &other, f64::copysign)?;
    let name = match other {
        Operand::Tensor(_) => "CopysignBackward0",
        Operand::Scalar(_) => "CopysignBackward1",
    };
    let kept = [Saved::input(x), Saved::result(&out)];
    Ok(record(
        name,
        [&x.into(), &other],
        out,
        kept,
        |g, [x, y], c| {
            let for_x = || {
                let (x, y) = (c.get(x)?, c.get(y)?);
                let ratio = div(&y, &x)?;
                mul(g, &masked_fill(&ratio, &eq(&x, 0i64)?, 0i64)?)
            };
            Ok([c.when(0, for_x)?, c.when(1, || zeros_like(g))?])
        },
    ))
}

/// `torch.heaviside`
pub static HEAVISIDE: Op = Op {
    signature: "heaviside(input, values, *, out=None) -> Tensor",
    faces: FACES,
    doc: "0 for negative, 1 for positive elements, and `values` where they are 0.",
    examples: &[(
        "torch.heaviside(torch.tensor([-1., 0., 2.]), torch.tensor([0.5]))",
        "tensor([0.0000, 0.5000, 1.0000])",
    )],
    samples: |m| samples::binary_rough(m).into_iter().take(5).collect(),
    call: |a| Ok(heaviside(a.tensor("input")?, a.tensor("values")?)?.into()),
    ..Op::BASE
};

/// `torch.heaviside`
pub fn heaviside(x: &Tensor, values: &Tensor) -> Result<Tensor> {
    ensure!(
        x.dtype() == values.dtype(),
        "heaviside is not yet implemented for tensors with different dtypes."
    );
    let step = |x: f64, v: f64| if x == 0.0 { v } else { f64::from(x > 0.0) };
    let out = map2::<f64, f64>(&x.into(), &values.into(), step)?.to_dtype(x.dtype())?;
    Ok(record(
        "NotImplemented",
        [x, values],
        out,
        (),
        |_, (), _| bail!("derivative for aten::heaviside is not implemented"),
    ))
}

/// `torch.nextafter`
pub static NEXTAFTER: Op = Op {
    signature: "nextafter(input, other, *, out=None) -> Tensor",
    faces: FACES,
    doc: "The floating point number next to `input` in the direction of `other`.",
    examples: &[(
        "torch.nextafter(torch.tensor([1.]), torch.tensor([2.])) > 1",
        "tensor([True])",
    )],
    samples: rough_pairs,
    call: |a| {
        let (x, y) = two(a)?;
        Ok(nextafter(&x, &y)?.into())
    },
    ..Op::BASE
};

/// `torch.nextafter`
pub fn nextafter(x: &Tensor, y: &Tensor) -> Result<Tensor> {
    let (a, b) = (x.into(), y.into());
    let out = match result_type(&a, &b) {
        DType::Float32 => map2::<f32, f32>(&a, &b, libm::nextafterf)?,
        DType::Float64 => map2::<f64, f64>(&a, &b, libm::nextafter)?,
        other => return Err(unsupported("nextafter_cpu", other)),
    };
    let kept = [Saved::input(x), Saved::input(y)];
    Ok(record(
        "NextafterBackward0",
        [x, y],
        out,
        kept,
        |g, [x, y], c| {
            let moved = || mul(g, &ne(&c.get(x)?, &c.get(y)?)?);
            Ok([c.when(0, moved)?, c.when(1, || zeros_like(&c.get(y)?))?])
        },
    ))
}

/// `torch.ldexp`
pub static LDEXP: Op = Op {
    signature: "ldexp(input, other, *, out=None) -> Tensor",
    faces: FACES | crate::tensor::ops::spec::FUNCTION_IN_PLACE,
    node: "LdexpBackward0",
    doc: "`input * 2 ** other`",
    examples: &[(
        "torch.ldexp(torch.tensor([3.]), torch.tensor([2]))",
        "tensor([12.])",
    )],
    samples: pairs,
    call: |a| {
        let (x, y) = two(a)?;
        Ok(mul(&x, &pow(2.0, &y)?)?.into())
    },
    in_place: Some(|a| {
        let (x, y) = two(a)?;
        ensure!(
            x.dtype().is_differentiable(),
            "ldexp can't be cast to the desired output type {}",
            x.dtype().scalar_name()
        );
        in_place::apply(&x, |x| mul(x, &pow(2.0, &y)?)).map(Into::into)
    }),
    ..Op::BASE
};

/// `torch.float_power`
pub static FLOAT_POWER: Op = Op {
    signature: "float_power(input, exponent, *, out=None) -> Tensor",
    faces: FACES,
    doc: "`input ** exponent` in double precision.",
    examples: &[(
        "torch.float_power(torch.tensor([2, 3]), 2)",
        "tensor([4., 9.], dtype=torch.float64)",
    )],
    samples: |m| {
        let mut all = vec![
            sample([m.positive(&[2, 3]).into(), 2i64.into()]),
            sample([2i64.into(), m.positive(&[3]).into()]),
        ];
        if m.floating() {
            all.push(sample([m.positive(&[2, 3]).into(), m.tensor(&[3]).into()]));
        }
        all
    },
    call: |a| {
        let (x, y) = a.operands("input", "exponent")?;
        Ok(float_power(x, y)?.into())
    },
    in_place: Some(|a| {
        let x = a.tensor("input")?;
        ensure!(
            matches!(x.dtype(), DType::Float64 | DType::Complex128),
            "the base given to float_power_ has dtype {} but the operation's result requires dtype {}",
            x.dtype().scalar_name(),
            if x.dtype().is_complex() {
                "ComplexDouble"
            } else {
                "Double"
            }
        );
        in_place::apply(x, |x| float_power(x.into(), a.operand("exponent")?)).map(Into::into)
    }),
    ..Op::BASE
};

/// `torch.float_power`
pub fn float_power(x: Operand, y: Operand) -> Result<Tensor> {
    let (mut x, mut y) = (x, y);
    let wide = |t: &Operand| match t {
        Operand::Tensor(t) if t.dtype().is_complex() => to_dtype(t, DType::Complex128).map(Some),
        Operand::Tensor(t) => to_dtype(t, DType::Float64).map(Some),
        Operand::Scalar(_) => Ok(None),
    };
    let (a, b) = (wide(&x)?, wide(&y)?);
    if let Some(a) = &a {
        x = Operand::Tensor(a);
    }
    if let Some(b) = &b {
        y = Operand::Tensor(b);
    }
    if let Operand::Scalar(s) = x
        && !s.is_complex()
    {
        x = Operand::Scalar(s.to_f64().into());
    }
    pow(x, y)
}

fn greatest_divisor(x: i64, y: i64) -> i64 {
    let (mut a, mut b) = (x.wrapping_abs(), y.wrapping_abs());
    while b != 0 {
        (a, b) = (b, a.wrapping_rem(b));
    }
    a
}

fn least_multiple(x: i64, y: i64) -> i64 {
    match greatest_divisor(x, y) {
        0 => 0,
        d => x.wrapping_div(d).wrapping_mul(y).wrapping_abs(),
    }
}

fn whole(name: &str, x: &Tensor, y: &Tensor, f: fn(i64, i64) -> i64) -> Result<Tensor> {
    let dtype = result_type(&x.into(), &y.into());
    if !dtype.is_integer() {
        return Err(unsupported(name, dtype));
    }
    let out = map2::<i64, i64>(&x.into(), &y.into(), f)?.to_dtype(dtype)?;
    Ok(Tensor::from_array(out))
}

macro_rules! integer_functions {
    ($( $STATIC:ident $name:literal $doc:literal $prints:literal $f:expr; )*) => {$(
        #[doc = concat!("`torch.", $name, "`")]
        pub static $STATIC: Op = Op {
            signature: concat!($name, "(input, other, *, out=None) -> Tensor"),
            faces: FACES,
            doc: $doc,
            examples: &[(concat!("torch.", $name, "(torch.tensor([12, 7]), torch.tensor([18]))"), $prints)],
            samples: integers,
            call: |a| {
                let (x, y) = two(a)?;
                Ok(whole(concat!($name, "_cpu"), &x, &y, $f)?.into())
            },
            ..Op::BASE
        };
    )*};
}

integer_functions! {
    GCD "gcd" "The greatest common divisor." "tensor([6, 1])" greatest_divisor;
    LCM "lcm" "The least common multiple." "tensor([ 36, 126])" least_multiple;
}

fn scalar_or_tensor(m: &Make) -> Vec<Sample> {
    let mut all = pairs(m);
    if m.floating() {
        all.push(sample([m.positive(&[3]).into(), 2i64.into()]));
        all.push(sample([2i64.into(), m.positive(&[3]).into()]));
    }
    all.retain(|s| {
        // Logarithms want positive operands.
        !matches!(&s.args[0], crate::tensor::ops::Arg::Tensor(t) if t.shape().as_slice() == [2, 3])
    });
    all
}

/// `torch.special.xlog1py`
pub static XLOG1PY: Op = Op {
    signature: "xlog1py(input, other, *, out=None) -> Tensor",
    faces: SPECIAL,
    doc: "`input * log1p(other)`, 0 where `input` is 0.",
    examples: &[(
        "torch.special.xlog1py(torch.tensor([0., 2.]), torch.tensor([3., 1.]))",
        "tensor([0.0000, 1.3863])",
    )],
    samples: scalar_or_tensor,
    call: |a| {
        let (x, y) = a.operands("input", "other")?;
        Ok(xlog1py(x, y)?.into())
    },
    ..Op::BASE
};

/// `torch.special.xlog1py`
pub fn xlog1py(x: Operand, y: Operand) -> Result<Tensor> {
    let f = |x: f64, y: f64| {
        if y.is_nan() {
            y
        } else if x == 0.0 {
            0.0
        } else {
            x * y.ln_1p()
        }
    };
    let out = pairs_by_f64("xlog1py_cpu", float_result_type(&x, &y), &x, &y, f)?;
    let name = match (&x, &y) {
        (Operand::Scalar(_), _) => "SpecialXlog1PyBackward1",
        (_, Operand::Scalar(_)) => "SpecialXlog1PyBackward2",
        _ => "SpecialXlog1PyBackward0",
    };
    let keeps = |t: &Operand| keep(t, &x).or_else(|| keep(t, &y));
    let kept = (keeps(&x), keeps(&y));
    Ok(record(name, [&x, &y], out, kept, |g, (x, y), c| {
        let operands =
            || -> Result<_> { Ok((kept_tensor(x, c, g.dtype())?, kept_tensor(y, c, g.dtype())?)) };
        let for_x = || {
            let (x, y) = operands()?;
            let flat = logical_and(&eq(&x, 0i64)?, &le(&y, -1i64)?)?;
            mul(g, &masked_fill(&log1p(&y)?, &flat, 0i64)?)
        };
        let for_y = || {
            let (x, y) = operands()?;
            mul(g, &div(&x, &add(&y, 1i64)?)?)
        };
        Ok([c.when(0, for_x)?, c.when(1, for_y)?])
    }))
}

/// `torch.special.zeta`
pub static ZETA: Op = Op {
    signature: "zeta(input, other, *, out=None) -> Tensor",
    faces: SPECIAL,
    doc: "Hurwitz's zeta function: the sum of `(other + k) ** -input` over `k` from 0.",
    examples: &[(
        "torch.special.zeta(torch.tensor([2., 4.]), 1)",
        "tensor([1.6449, 1.0823])",
    )],
    samples: |m| {
        if !m.floating() {
            return Vec::new();
        }
        let exponents = || m.between(&[3], 2.0, 5.0);
        vec![
            sample([exponents().into(), m.positive(&[2, 3]).into()]).rough(),
            sample([2i64.into(), m.positive(&[3]).into()]),
        ]
    },
    call: |a| {
        let (x, y) = a.operands("input", "other")?;
        Ok(zeta(x, y)?.into())
    },
    ..Op::BASE
};

/// `torch.special.zeta`
pub fn zeta(x: Operand, q: Operand) -> Result<Tensor> {
    let out = pairs_by_f64("zeta_cpu", float_result_type(&x, &q), &x, &q, gamma::zeta)?;
    let name = match (&x, &q) {
        (Operand::Scalar(_), _) => "SpecialZetaBackward1",
        (_, Operand::Scalar(_)) => "SpecialZetaBackward2",
        _ => "SpecialZetaBackward0",
    };
    let kept = (keep(&x, &q), keep(&q, &q));
    Ok(record(name, [&x, &q], out, kept, |g, (x, q), c| {
        let for_q = || {
            with_kept(x, c, |x| {
                let more = add(&x.to_tensor(), 1i64)?;
                let slope = with_kept(q, c, |q| zeta(Operand::Tensor(&more), q))?;
                mul(g, &neg(&mul(x, &slope)?)?)
            })
        };
        Ok([c.when(0, || Err(no_derivative("zeta")))?, c.when(1, for_q)?])
    }))
}
