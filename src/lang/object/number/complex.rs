//! The methods of `complex`.

use super::parse::parse_complex;
use super::{Complex, to_float};
use crate::lang::object::native::{GetSetSpec, NativeSpec, bind_arguments, receiver};
use crate::lang::object::protocol::{call_special, special, wrap};
use crate::lang::object::str::format::{decimal, format_complex};
use crate::lang::object::{
    Args, Caller, Class, Ref, Result, Special, Value, overflow_error, type_error, value_error,
};

fn made(re: f64, im: f64) -> Value {
    Value::from(Ref::new(Complex { re, im }))
}

/// `repr` of a complex number.
pub fn complex_repr(z: Complex) -> String {
    let part = |x: f64| {
        let sign = if x.is_sign_negative() && !x.is_nan() {
            "-"
        } else {
            ""
        };
        format!("{sign}{}", decimal(x.abs(), 'r', 0, false, false))
    };
    if z.re == 0.0 && z.re.is_sign_positive() {
        return format!("{}j", part(z.im));
    }
    let plus = if z.im.is_sign_negative() && !z.im.is_nan() {
        ""
    } else {
        "+"
    };
    format!("({}{plus}{}j)", part(z.re), part(z.im))
}

pub(super) static METHODS: &[NativeSpec] = &[
    NativeSpec::new(
        "conjugate(self, /)",
        "Return the complex conjugate of its argument. (3-4j).conjugate() == 3+4j.",
        |_, a| {
            let z = **receiver::<Complex>(&a[0])?;
            Ok(made(z.re, -z.im))
        },
    ),
    NativeSpec::new("__abs__(self, /)", "abs(self)", |_, a| {
        let z = **receiver::<Complex>(&a[0])?;
        let size = z.re.hypot(z.im);
        if size.is_infinite() && z.re.is_finite() && z.im.is_finite() {
            return Err(overflow_error("absolute value too large"));
        }
        Ok(Value::Float(size))
    }),
    NativeSpec::new("__bool__(self, /)", "True if self else False", |_, a| {
        let z = **receiver::<Complex>(&a[0])?;
        Ok(Value::Bool(z.re != 0.0 || z.im != 0.0))
    }),
    NativeSpec::new(
        "__complex__(self, /)",
        "Convert this value to exact type complex.",
        |_, a| {
            let z = **receiver::<Complex>(&a[0])?;
            Ok(made(z.re, z.im))
        },
    ),
    NativeSpec::new(
        "__format__(self, format_spec, /)",
        "Convert to a string according to format_spec.",
        |_, a| {
            let z = **receiver::<Complex>(&a[0])?;
            match a[1].as_str() {
                Some("") | None => Ok(Value::from(complex_repr(z))),
                Some(spec) => format_complex(z, spec).map(Value::from),
            }
        },
    ),
    NativeSpec::new("__repr__(self, /)", "Return repr(self).", |_, a| {
        Ok(Value::from(complex_repr(**receiver::<Complex>(&a[0])?)))
    }),
    NativeSpec::new(
        "__getnewargs__(self, /)",
        "The arguments that make a copy.",
        |_, a| {
            let z = **receiver::<Complex>(&a[0])?;
            Ok(Value::tuple([Value::Float(z.re), Value::Float(z.im)]))
        },
    ),
];

pub(super) static ATTRIBUTES: &[GetSetSpec] = &[
    GetSetSpec::new("real", "the real part of a complex number", |_, v| {
        Ok(Value::Float(receiver::<Complex>(v)?.re))
    }),
    GetSetSpec::new("imag", "the imaginary part of a complex number", |_, v| {
        Ok(Value::Float(receiver::<Complex>(v)?.im))
    }),
];

/// `complex(value)` for anything but text.
pub fn to_complex(caller: &mut dyn Caller, value: &Value) -> Result<Complex> {
    if let Some(z) = value.get::<Complex>() {
        return Ok(**z);
    }
    if let Some(answer) = call_special(caller, value, Special::Complex, &[])? {
        return match answer.get::<Complex>() {
            Some(z) => Ok(**z),
            None => Err(type_error(format!(
                "__complex__ returned non-complex (type {})",
                answer.class_name()
            ))),
        };
    }
    let re = to_float(caller, value)?;
    Ok(Complex { re, im: 0.0 })
}

fn is_number(value: &Value) -> bool {
    value.is_int()
        || value.as_float().is_some()
        || value.get::<Complex>().is_some()
        || [Special::Complex, Special::Float, Special::Index]
            .into_iter()
            .any(|which| special(value, which).is_some())
}

/// `complex(...)`
pub(super) fn make(caller: &mut dyn Caller, class: &Ref<Class>, args: Args) -> Result<Value> {
    let [re, im] = bind_arguments("complex", ["real", "imag"], 0, args)?;
    if let Some(text) = re.as_str() {
        if !im.is_unbound() {
            return Err(type_error(
                "complex() can't take second arg if first is a string",
            ));
        }
        let z = parse_complex(text)
            .ok_or_else(|| value_error("complex() arg is a malformed string"))?;
        return Ok(wrap(class, made(z.re, z.im)));
    }
    if im.as_str().is_some() {
        return Err(type_error("complex() second arg can't be a string"));
    }
    for (which, part) in [("first", &re), ("second", &im)] {
        if !part.is_unbound() && !is_number(part) {
            let what = if which == "first" {
                " must be a string or a number"
            } else {
                " must be a number"
            };
            return Err(type_error(format!(
                "complex() {which} argument{what}, not '{}'",
                part.class_name()
            )));
        }
    }
    // Zeros keep their signs: parts that are not there are not added.
    let (mut real, mut imaginary) = (0.0, 0.0);
    if !im.is_unbound() {
        let z = to_complex(caller, &im)?;
        imaginary = z.re;
        if im.get::<Complex>().is_some() {
            real = -z.im;
        }
    }
    if !re.is_unbound() {
        let z = to_complex(caller, &re)?;
        real = if real == 0.0 { z.re } else { z.re + real };
        if re.get::<Complex>().is_some() || special(&re, Special::Complex).is_some() {
            imaginary = if im.is_unbound() {
                z.im
            } else {
                imaginary + z.im
            };
        }
    }
    Ok(wrap(class, made(real, imaginary)))
}
