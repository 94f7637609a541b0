//! The functions and constants of `math`.

use num_traits::Signed;

use super::float::{Fault, checked};
use super::{float, gamma, integer, libm, vector};
use crate::lang::object::class::Special;
use crate::lang::object::{
    Caller, ModuleSpec, NativeSpec, Result, Value, protocol, type_error, value_error,
};
use crate::lang::stdlib::arguments::{self, number, star};
use crate::lang::stdlib::define::{def, def_with};

/// `math`
pub(in crate::lang::stdlib) static MATH: ModuleSpec = ModuleSpec {
    name: "math",
    doc: "Mathematical functions of integers and floats.",
    functions: FUNCTIONS,
    setup: |_, module| {
        use std::f64::consts;
        module.set("pi", consts::PI);
        module.set("e", consts::E);
        module.set("tau", consts::TAU);
        module.set("inf", f64::INFINITY);
        module.set("nan", f64::NAN);
        Ok(())
    },
};

/// A function of one float that gives a float.
macro_rules! real {
    ($name:literal, $doc:literal, $f:expr) => {
        def(concat!($name, "(x, /)"), $doc, |caller, args| {
            let x = number(caller, &args[0])?;
            let f: fn(f64) -> std::result::Result<f64, Fault> = $f;
            Ok(Value::Float(f(x)?))
        })
    };
}

/// A function of two floats that gives a float.
macro_rules! real2 {
    ($signature:literal, $doc:literal, $f:expr) => {
        def($signature, $doc, |caller, args| {
            let (x, y) = (number(caller, &args[0])?, number(caller, &args[1])?);
            let f: fn(f64, f64) -> std::result::Result<f64, Fault> = $f;
            Ok(Value::Float(f(x, y)?))
        })
    };
}

/// A question about one float.
macro_rules! question {
    ($name:literal, $doc:literal, $f:expr) => {
        def(concat!($name, "(x, /)"), $doc, |caller, args| {
            let f: fn(f64) -> bool = $f;
            Ok(Value::Bool(f(number(caller, &args[0])?)))
        })
    };
}

static FUNCTIONS: &[NativeSpec] = &[
    real!("acos", "The arc cosine of x, in radians.", |x| checked(
        x,
        x.acos(),
        false
    )),
    real!("acosh", "The inverse hyperbolic cosine of x.", |x| checked(
        x,
        libm::acosh(x),
        false
    )),
    real!("asin", "The arc sine of x, in radians.", |x| checked(
        x,
        x.asin(),
        false
    )),
    real!("asinh", "The inverse hyperbolic sine of x.", |x| checked(
        x,
        libm::asinh(x),
        false
    )),
    real!("atan", "The arc tangent of x, in radians.", |x| checked(
        x,
        x.atan(),
        false
    )),
    real2!(
        "atan2(y, x, /)",
        "The arc tangent of y/x, in radians, in the right quadrant.",
        |y, x| Ok(y.atan2(x))
    ),
    real!(
        "atanh",
        "The inverse hyperbolic tangent of x.",
        |x| checked(x, libm::atanh(x), false)
    ),
    real!("cbrt", "The cube root of x.", |x| checked(
        x,
        libm::cbrt(x),
        false
    )),
    def(
        "ceil(x, /)",
        "The smallest integer >= x.",
        |caller, args| round(caller, &args[0], Special::Ceil, f64::ceil),
    ),
    def_with(
        "comb(n, k, /)",
        "The number of ways to choose k items from n without order or repetition.",
        &[("import math; math.comb(5, 2)", "10")],
        |caller, args| integer::comb(caller, &args[0], &args[1]),
    ),
    real2!(
        "copysign(x, y, /)",
        "A float with the size of x and the sign of y.",
        |x, y| Ok(x.copysign(y))
    ),
    real!("cos", "The cosine of x, in radians.", |x| checked(
        x,
        x.cos(),
        false
    )),
    real!("cosh", "The hyperbolic cosine of x.", |x| checked(
        x,
        x.cosh(),
        true
    )),
    real!("degrees", "The angle x from radians to degrees.", |x| Ok(
        x * (180.0 / std::f64::consts::PI)
    )),
    def(
        "dist(p, q, /)",
        "The Euclidean distance of two points given as sequences of coordinates.",
        dist,
    ),
    real!("erf", "The error function at x.", |x| checked(
        x,
        libm::erf(x),
        false
    )),
    real!(
        "erfc",
        "The complementary error function at x: 1 - erf(x).",
        |x| checked(x, libm::erfc(x), false)
    ),
    real!("exp", "e raised to the power x.", |x| checked(
        x,
        x.exp(),
        true
    )),
    real!("exp2", "2 raised to the power x.", |x| checked(
        x,
        x.exp2(),
        true
    )),
    real!("expm1", "exp(x) - 1, exact for small x.", |x| checked(
        x,
        x.exp_m1(),
        true
    )),
    real!("fabs", "The absolute value of x as a float.", |x| Ok(
        x.abs()
    )),
    def("factorial(n, /)", "n factorial.", |caller, args| {
        integer::factorial(caller, &args[0])
    }),
    def(
        "floor(x, /)",
        "The largest integer <= x.",
        |caller, args| round(caller, &args[0], Special::Floor, f64::floor),
    ),
    real2!(
        "fmod(x, y, /)",
        "The remainder of x / y as C has it, with the sign of x.",
        float::fmod
    ),
    def(
        "frexp(x, /)",
        "(m, e) with x == m * 2**e and 0.5 <= abs(m) < 1.",
        |caller, args| {
            let (m, e) = float::frexp(number(caller, &args[0])?);
            Ok(Value::tuple([Value::Float(m), Value::Int(i64::from(e))]))
        },
    ),
    def_with(
        "fsum(seq, /)",
        "The exact sum of the floats of an iterable, rounded once.",
        &[("import math; math.fsum([.1] * 10)", "1.0")],
        fsum,
    ),
    real!("gamma", "The gamma function at x.", gamma::gamma),
    def(
        "gcd(*integers)",
        "The greatest common divisor.",
        |caller, args| integer::gcd(caller, &star(&args[0])),
    ),
    def(
        "hypot(*coordinates)",
        "The Euclidean length of a vector.",
        |caller, args| {
            let values = star(&args[0])
                .iter()
                .map(|v| number(caller, v))
                .collect::<Result<Vec<_>>>()?;
            Ok(Value::Float(vector::norm(&values)))
        },
    ),
    def_with(
        "isclose(a, b, *, rel_tol=1e-09, abs_tol=0.0)",
        "Whether two numbers are nearly equal.",
        &[("import math; math.isclose(0.1 + 0.2, 0.3)", "True")],
        isclose,
    ),
    question!(
        "isfinite",
        "Whether x is neither infinite nor NaN.",
        f64::is_finite
    ),
    question!("isinf", "Whether x is infinite.", f64::is_infinite),
    question!("isnan", "Whether x is not a number.", f64::is_nan),
    def(
        "isqrt(n, /)",
        "The integer part of the square root of n.",
        |caller, args| integer::isqrt(caller, &args[0]),
    ),
    def(
        "lcm(*integers)",
        "The least common multiple.",
        |caller, args| integer::lcm(caller, &star(&args[0])),
    ),
    def("ldexp(x, i, /)", "x * 2**i.", |caller, args| {
        let x = number(caller, &args[0])?;
        if !args[1].is_int() {
            return Err(type_error("Expected an int as second argument to ldexp."));
        }
        let big = args[1].as_bigint().unwrap_or_default();
        let exponent = args[1].as_int().unwrap_or(if big.is_negative() {
            i64::MIN
        } else {
            i64::MAX
        });
        Ok(Value::Float(float::ldexp(x, exponent)?))
    }),
    real!(
        "lgamma",
        "The logarithm of the absolute value of the gamma function at x.",
        gamma::lgamma
    ),
    def_with(
        "log(x, base=..., /)",
        "The logarithm of x, natural or to a base.",
        &[("import math; math.log(8, 2)", "3.0")],
        log,
    ),
    def(
        "log10(x, /)",
        "The logarithm of x to base 10.",
        |caller, args| log_of(caller, &args[0], f64::log10).map(Value::Float),
    ),
    real!(
        "log1p",
        "The natural logarithm of 1 + x, exact for small x.",
        |x| checked(x, x.ln_1p(), false)
    ),
    def(
        "log2(x, /)",
        "The logarithm of x to base 2.",
        |caller, args| log_of(caller, &args[0], f64::log2).map(Value::Float),
    ),
    def(
        "modf(x, /)",
        "The fractional and the integer part of x, both with its sign.",
        |caller, args| {
            let x = number(caller, &args[0])?;
            let fraction = if x.is_infinite() {
                0.0_f64.copysign(x)
            } else {
                (x - x.trunc()).copysign(x)
            };
            Ok(Value::tuple([
                Value::Float(fraction),
                Value::Float(x.trunc()),
            ]))
        },
    ),
    real2!(
        "nextafter(x, y, /)",
        "The float next to x on the way to y.",
        |x, y| Ok(float::nextafter(x, y))
    ),
    def(
        "perm(n, k=None, /)",
        "The number of ways to choose k items from n in order without repetition.",
        |caller, args| integer::perm(caller, &args[0], &args[1]),
    ),
    real2!(
        "pow(x, y, /)",
        "x raised to the power y, as floats.",
        float::pow
    ),
    def(
        "prod(iterable, /, *, start=1)",
        "The product of the elements of an iterable.",
        |caller, args| integer::prod(caller, &args[0], &args[1]),
    ),
    real!("radians", "The angle x from degrees to radians.", |x| Ok(
        x * (std::f64::consts::PI / 180.0)
    )),
    real2!(
        "remainder(x, y, /)",
        "The difference of x and the multiple of y nearest to it.",
        float::remainder
    ),
    real!("sin", "The sine of x, in radians.", |x| checked(
        x,
        x.sin(),
        false
    )),
    real!("sinh", "The hyperbolic sine of x.", |x| checked(
        x,
        x.sinh(),
        true
    )),
    real!("sqrt", "The square root of x.", |x| checked(
        x,
        x.sqrt(),
        false
    )),
    real!("tan", "The tangent of x, in radians.", |x| checked(
        x,
        x.tan(),
        false
    )),
    real!("tanh", "The hyperbolic tangent of x.", |x| checked(
        x,
        x.tanh(),
        false
    )),
    def("trunc(x, /)", "x without its fraction.", |caller, args| {
        if let Some(x) = args[0].as_float() {
            return arguments::big_of_float(x.trunc());
        }
        if args[0].is_int() {
            return Ok(args[0].unwrapped().clone());
        }
        let answer = protocol::call_special(caller, &args[0], Special::Trunc, &[])?;
        answer.ok_or_else(|| {
            type_error(format!(
                "type {} doesn't define __trunc__ method",
                args[0].class_name()
            ))
        })
    }),
    real!("ulp", "The value of the least significant bit of x.", |x| {
        Ok(float::ulp(x))
    }),
];

/// `floor` and `ceil`: the special method, or the float rounded.
fn round(
    caller: &mut dyn Caller,
    value: &Value,
    which: Special,
    f: fn(f64) -> f64,
) -> Result<Value> {
    if let Value::Float(x) = value {
        return arguments::big_of_float(f(*x));
    }
    if value.is_int() {
        return Ok(value.unwrapped().clone());
    }
    if value.as_float().is_none()
        && let Some(answer) = protocol::call_special(caller, value, which, &[])?
    {
        return Ok(answer);
    }
    arguments::big_of_float(f(number(caller, value)?))
}

fn log_of(caller: &mut dyn Caller, value: &Value, log: fn(f64) -> f64) -> Result<f64> {
    if let Some(big) = value.as_bigint() {
        if !big.is_positive() {
            return Err(Fault::Domain.into());
        }
        let x = value.as_number().unwrap_or(f64::INFINITY);
        return Ok(if x.is_finite() {
            log(x)
        } else {
            float::log_of_big(&big, log)
        });
    }
    let x = number(caller, value)?;
    Ok(checked(x, log(x), false)?)
}

fn log(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let numerator = log_of(caller, &args[0], f64::ln)?;
    if args[1].is_unbound() {
        return Ok(Value::Float(numerator));
    }
    let denominator = log_of(caller, &args[1], f64::ln)?;
    if denominator == 0.0 {
        return Err(crate::lang::object::zero_division_error(
            "float division by zero",
        ));
    }
    Ok(Value::Float(numerator / denominator))
}

fn fsum(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let mut sum = float::ExactSum::default();
    protocol::for_each(caller, &args[0], |caller, item| {
        let x = number(caller, &item)?;
        sum.add(x).map(|()| true)
    })?;
    sum.total().map(Value::Float)
}

fn dist(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let mut points = Vec::new();
    for point in args {
        let items = protocol::collect(caller, point)?;
        points.push(
            items
                .iter()
                .map(|v| number(caller, v))
                .collect::<Result<Vec<_>>>()?,
        );
    }
    if points[0].len() != points[1].len() {
        return Err(value_error(
            "both points must have the same number of dimensions",
        ));
    }
    let differences: Vec<f64> = points[0]
        .iter()
        .zip(&points[1])
        .map(|(p, q)| (p - q).abs())
        .collect();
    Ok(Value::Float(vector::norm(&differences)))
}

fn isclose(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let (a, b) = (number(caller, &args[0])?, number(caller, &args[1])?);
    let (relative, absolute) = (number(caller, &args[2])?, number(caller, &args[3])?);
    if relative < 0.0 || absolute < 0.0 {
        return Err(value_error("tolerances must be non-negative"));
    }
    if a == b {
        return Ok(Value::Bool(true));
    }
    if a.is_infinite() || b.is_infinite() {
        return Ok(Value::Bool(false));
    }
    let difference = (b - a).abs();
    Ok(Value::Bool(
        difference <= (relative * b).abs()
            || difference <= (relative * a).abs()
            || difference <= absolute,
    ))
}
