//! Functions of one float: exponentials, logarithms, roots, trigonometry. Integers are converted to the default float.

use super::arithmetic::{add, div, mul, neg, sub};
use super::power::pow;
use crate::tensor::array::kernels::math::fits_sine;
use crate::tensor::array::kernels::pointwise::{self as kernels, Side};
use crate::tensor::array::kernels::root::roots;
use crate::tensor::array::{DType, Error, Result, threads};
use crate::tensor::core::{Saved, Tensor, is_grad_enabled, no_grad, record};
use crate::tensor::ops::args::{Args, Out};
use crate::tensor::ops::complex::{complex_map, conj};
use crate::tensor::ops::in_place;
use crate::tensor::ops::samples;
use crate::tensor::ops::spec::{
    FUNCTION, FUNCTION_IN_PLACE, FUNCTIONAL, IN_PLACE, METHOD, Op, SPECIAL,
};

const FACES: u16 = FUNCTION | METHOD | IN_PLACE | FUNCTION_IN_PLACE;

/// One block an op: names, documentation, the function of an element, and the gradient from `g` and the kept value:
/// the input (`x`) or the result (`y`). After `singles`, the loop over slices of single precision.
macro_rules! float_functions {
    ($(
        $STATIC:ident $name:ident $signature:literal $node:literal
        $doc:literal ($example:literal, $prints:literal) $samples:ident $(aliases $aliases:expr,)? $(faces $faces:expr,)? $(in_place $direct:expr,)?
        $(registers $wide:ident,)? $(singles $loop:expr,)? $(rare |$r:ident| $fits:expr => $other:expr,)? |$v:ident| $body:expr;
        $kind:ident |$g:ident, $kept:ident| $rule:expr;
    )*) => {$(
        #[doc = concat!("`torch.", stringify!($name), "`")]
        pub static $STATIC: Op = Op {
            signature: $signature,
            $(aliases: $aliases,)?
            faces: FACES $(| $faces)?,
            doc: $doc,
            examples: &[($example, $prints)],
            samples: samples::$samples,
            call: |a| Ok($name(a.tensor("input")?)?.into()),
            $(in_place: Some($direct),)?
            ..Op::BASE
        };

        #[doc = concat!("`torch.", stringify!($name), "`")]
        pub fn $name(x: &Tensor) -> Result<Tensor> {
            let y = if x.dtype().is_complex() {
                complex_map(stringify!($name), &x.array())
            } $(else if x.dtype() == DType::Float32 {
                kernels::unary_loop::<f32, f32>(&x.array(), threads::GRAIN, &$loop)
            })? else {
                unary_float!(x, |$v| $body $(, in $wide)? $(, unless |$r| $fits => $other)?)
            }?;
            let kept = kept!($kind, x, y);
            Ok(record($node, [x], y, kept, |$g, kept, c| {
                // The gradient by a complex number is `g * conj(f'(z))`, and the rules say `g * f'`.
                let $kept = &conj(&c.get(kept)?)?;
                Ok([Some($rule?)])
            }))
        }
    )*};
}

/// A gradient in one pass, with the bits of PyTorch's kernel; the composition where it is to be differentiated itself.
macro_rules! times_slope {
    ($g:ident, $y:ident, |$a:ident, $b:ident| $body:expr, $composed:expr) => {
        match $y.dtype() {
            dtype @ (DType::Float32 | DType::Float64) if !is_grad_enabled() && $g.dtype() == dtype => {
                dispatch_float!(dtype, T => kernels::binary::<T, T>(
                    Side::Array(&$g.array()),
                    Side::Array(&$y.array()),
                    #[inline(always)] |$a: T, $b: T| -> T { $body },
                ), other => unreachable!("one of two types")).map(Tensor::from_array)
            }
            _ => $composed,
        }
    };
}

macro_rules! kept {
    (input, $x:ident, $y:ident) => {
        Saved::input($x)
    };
    (result, $x:ident, $y:ident) => {
        Saved::result(&$y)
    };
}

/// The form in place of a function whose gradient PyTorch has only out of place.
fn once(a: &Args, f: fn(&Tensor) -> Result<Tensor>, name: &'static str) -> Result<Out> {
    in_place::apply(a.tensor("input")?, |x| {
        let y = no_grad(|| f(x))?;
        Ok(record(
            "NotImplemented",
            [x],
            y.to_array(),
            (),
            move |_, (), _| {
                Err(Error::not_implemented(format!(
                    "the derivative for 'inplace version of {name}' is not implemented."
                )))
            },
        ))
    })
    .map(Into::into)
}

/// `1 - x * x`
fn one_minus_square(x: &Tensor) -> Result<Tensor> {
    sub(1i64, &mul(x, x)?)
}

/// Of complex numbers by two roots, whose product is on the right side of the cut.
fn acosh_slope(x: &Tensor) -> Result<Tensor> {
    if x.dtype().is_complex() {
        return mul(&rsqrt(&add(x, 1i64)?)?, &rsqrt(&sub(x, 1i64)?)?);
    }
    rsqrt(&sub(&mul(x, x)?, 1i64)?)
}

float_functions! {
    ACOS acos "acos(input, *, out=None) -> Tensor" "AcosBackward0"
        "The inverse cosine of each element." ("torch.acos(torch.tensor([1., 0.]))", "tensor([0.0000, 1.5708])")
        pointwise_unit aliases &["arccos"], |v| v.acos();
        input |g, x| neg(&mul(g, &rsqrt(&one_minus_square(x)?)?)?);
    ACOSH acosh "acosh(input, *, out=None) -> Tensor" "AcoshBackward0"
        "The inverse hyperbolic cosine of each element." ("torch.acosh(torch.tensor([1., 2.]))", "tensor([0.0000, 1.3170])")
        pointwise_above_one aliases &["arccosh"], in_place |a| once(a, acosh, "acosh"), |v| v.acosh();
        input |g, x| mul(g, &acosh_slope(x)?);
    ASIN asin "asin(input, *, out=None) -> Tensor" "AsinBackward0"
        "The inverse sine of each element." ("torch.asin(torch.tensor([0., 1.]))", "tensor([0.0000, 1.5708])")
        pointwise_unit aliases &["arcsin"], |v| v.asin();
        input |g, x| mul(g, &rsqrt(&one_minus_square(x)?)?);
    ASINH asinh "asinh(input, *, out=None) -> Tensor" "AsinhBackward0"
        "The inverse hyperbolic sine of each element." ("torch.asinh(torch.tensor([0., 1.]))", "tensor([0.0000, 0.8814])")
        pointwise aliases &["arcsinh"], in_place |a| once(a, asinh, "asinh"), |v| v.asinh();
        input |g, x| mul(g, &rsqrt(&add(&mul(x, x)?, 1i64)?)?);
    ATAN atan "atan(input, *, out=None) -> Tensor" "AtanBackward0"
        "The inverse tangent of each element." ("torch.atan(torch.tensor([0., 1.]))", "tensor([0.0000, 0.7854])")
        pointwise aliases &["arctan"], |v| v.atan();
        input |g, x| div(g, &add(&mul(x, x)?, 1i64)?);
    ATANH atanh "atanh(input, *, out=None) -> Tensor" "AtanhBackward0"
        "The inverse hyperbolic tangent of each element." ("torch.atanh(torch.tensor([0., 0.5]))", "tensor([0.0000, 0.5493])")
        pointwise_unit aliases &["arctanh"], in_place |a| once(a, atanh, "atanh"), |v| libm::atanh(v.to_f64()) as T;
        input |g, x| div(g, &one_minus_square(x)?);
    COS cos "cos(input, *, out=None) -> Tensor" "CosBackward0"
        "The cosine of each element." ("torch.cos(torch.tensor([0., 1.]))", "tensor([1.0000, 0.5403])")
        pointwise rare |v| fits_sine(v) => v.cos(), |v| v.cos_();
        input |g, x| neg(&mul(g, &sin(x)?)?);
    COSH cosh "cosh(input, *, out=None) -> Tensor" "CoshBackward0"
        "The hyperbolic cosine of each element." ("torch.cosh(torch.tensor([0., 1.]))", "tensor([1.0000, 1.5431])")
        pointwise |v| v.cosh();
        input |g, x| mul(g, &sinh(x)?);
    ERF erf "erf(input, *, out=None) -> Tensor" "ErfBackward0"
        "The error function of each element." ("torch.erf(torch.tensor([0., 1.]))", "tensor([0.0000, 0.8427])")
        pointwise faces SPECIAL, |v| <T as super::special::Erf>::erf(v);
        input |g, x| mul(&mul(&exp(&neg(&mul(x, x)?)?)?, std::f64::consts::FRAC_2_SQRT_PI)?, g);
    ERFC erfc "erfc(input, *, out=None) -> Tensor" "ErfcBackward0"
        "One minus the error function of each element." ("torch.erfc(torch.tensor([0., 1.]))", "tensor([1.0000, 0.1573])")
        pointwise faces SPECIAL, |v| <T as super::special::Erf>::erfc(v);
        input |g, x| mul(&mul(&exp(&neg(&mul(x, x)?)?)?, -std::f64::consts::FRAC_2_SQRT_PI)?, g);
    ERFINV erfinv "erfinv(input, *, out=None) -> Tensor" "ErfinvBackward0"
        "The inverse of the error function." ("torch.erfinv(torch.tensor([0., 0.5]))", "tensor([0.0000, 0.4769])")
        pointwise_unit faces SPECIAL, |v| <T as super::special::Erf>::erfinv(v);
        result |g, y| mul(&mul(g, &exp(&mul(y, y)?)?)?, 0.5 * std::f64::consts::PI.sqrt());
    EXP exp "exp(input, *, out=None) -> Tensor" "ExpBackward0"
        "Raises e to each element of `input`." ("torch.exp(torch.tensor([0., 1.]))", "tensor([1.0000, 2.7183])")
        pointwise registers wide, |v| v.nearest_exp();
        result |g, y| mul(g, y);
    EXP2 exp2 "exp2(input, *, out=None) -> Tensor" "Exp2Backward0"
        "Raises 2 to each element of `input`." ("torch.exp2(torch.tensor([0., 3.]))", "tensor([1., 8.])")
        pointwise faces SPECIAL, |v| v.exp2();
        result |g, y| mul(&mul(g, y)?, std::f64::consts::LN_2);
    EXPM1 expm1 "expm1(input, *, out=None) -> Tensor" "Expm1Backward0"
        "e to each element, minus 1, precise near 0." ("torch.expm1(torch.tensor([0., 1.]))", "tensor([0.0000, 1.7183])")
        pointwise faces SPECIAL, |v| v.exp_m1_();
        result |g, y| mul(g, &add(y, 1i64)?);
    LOG log "log(input, *, out=None) -> Tensor" "LogBackward0"
        "The natural logarithm of each element." ("torch.log(torch.tensor([1., 2.]))", "tensor([0.0000, 0.6931])")
        pointwise_positive |v| v.ln_();
        input |g, x| div(g, x);
    LOG10 log10 "log10(input, *, out=None) -> Tensor" "Log10Backward0"
        "The logarithm to base 10 of each element." ("torch.log10(torch.tensor([1., 100.]))", "tensor([0., 2.])")
        pointwise_positive |v| v.to_f64().log10() as T;
        input |g, x| div(g, &mul(x, std::f64::consts::LN_10)?);
    LOG1P log1p "log1p(input, *, out=None) -> Tensor" "Log1PBackward0"
        "The logarithm of 1 plus each element, precise near 0." ("torch.log1p(torch.tensor([0., 1.]))", "tensor([0.0000, 0.6931])")
        pointwise_positive faces SPECIAL, |v| v.ln_1p_();
        input |g, x| div(g, &add(x, 1i64)?);
    LOG2 log2 "log2(input, *, out=None) -> Tensor" "Log2Backward0"
        "The logarithm to base 2 of each element." ("torch.log2(torch.tensor([1., 8.]))", "tensor([0., 3.])")
        pointwise_positive |v| v.to_f64().log2() as T;
        input |g, x| div(g, &mul(x, std::f64::consts::LN_2)?);
    RECIPROCAL reciprocal "reciprocal(input, *, out=None) -> Tensor" "ReciprocalBackward0"
        "One divided by each element." ("torch.reciprocal(torch.tensor([2., 4.]))", "tensor([0.5000, 0.2500])")
        pointwise |v| 1.0 / v;
        result |g, y| neg(&mul(g, &mul(y, y)?)?);
    RSQRT rsqrt "rsqrt(input, *, out=None) -> Tensor" "RsqrtBackward0"
        "One divided by the square root of each element." ("torch.rsqrt(torch.tensor([4., 1.]))", "tensor([0.5000, 1.0000])")
        pointwise_positive |v| 1.0 / v.sqrt();
        result |g, y| mul(&mul(g, -0.5)?, &pow(y, 3i64)?);
    SIGMOID sigmoid "sigmoid(input, *, out=None) -> Tensor" "SigmoidBackward0"
        "1 / (1 + exp(-x)) of each element." ("torch.sigmoid(torch.tensor([0., 2.]))", "tensor([0.5000, 0.8808])")
        pointwise aliases &["expit"], faces FUNCTIONAL | SPECIAL, |v| v.sigmoid_();
        result |g, y| times_slope!(g, y, |g, y| g * (1.0 - y) * y, mul(&mul(g, &sub(1i64, y)?)?, y));
    SIN sin "sin(input, *, out=None) -> Tensor" "SinBackward0"
        "The sine of each element." ("torch.sin(torch.tensor([0., 1.]))", "tensor([0.0000, 0.8415])")
        pointwise rare |v| fits_sine(v) => v.sin(), |v| v.sin_();
        input |g, x| mul(g, &cos(x)?);
    SINH sinh "sinh(input, *, out=None) -> Tensor" "SinhBackward0"
        "The hyperbolic sine of each element." ("torch.sinh(torch.tensor([0., 1.]))", "tensor([0.0000, 1.1752])")
        pointwise |v| v.sinh();
        input |g, x| mul(g, &cosh(x)?);
    SQRT sqrt "sqrt(input, *, out=None) -> Tensor" "SqrtBackward0"
        "The square root of each element." ("torch.sqrt(torch.tensor([4., 2.]))", "tensor([2.0000, 1.4142])")
        pointwise_positive singles roots, |v| v.sqrt();
        result |g, y| div(g, &mul(y, 2i64)?);
    TAN tan "tan(input, *, out=None) -> Tensor" "TanBackward0"
        "The tangent of each element." ("torch.tan(torch.tensor([0., 1.]))", "tensor([0.0000, 1.5574])")
        pointwise_unit |v| v.tan();
        result |g, y| mul(g, &add(&mul(y, y)?, 1i64)?);
    TANH tanh "tanh(input, *, out=None) -> Tensor" "TanhBackward0"
        "The hyperbolic tangent of each element." ("torch.tanh(torch.tensor([0., 1.]))", "tensor([0.0000, 0.7616])")
        pointwise faces FUNCTIONAL, registers wide, |v| v.tanh_();
        result |g, y| times_slope!(g, y, |g, y| g * (-y).mul_add(y, 1.0), mul(g, &one_minus_square(y)?));
    DEG2RAD deg2rad "deg2rad(input, *, out=None) -> Tensor" "Deg2RadBackward0"
        "Degrees to radians." ("torch.deg2rad(torch.tensor([180.]))", "tensor([3.1416])")
        pointwise |v| v * (std::f64::consts::PI / 180.0) as T;
        result |g, y| { let _ = y; mul(g, std::f64::consts::PI / 180.0) };
    RAD2DEG rad2deg "rad2deg(input, *, out=None) -> Tensor" "Rad2DegBackward0"
        "Radians to degrees." ("torch.rad2deg(torch.tensor([0.5]))", "tensor([28.6479])")
        pointwise |v| v * (180.0 / std::f64::consts::PI) as T;
        result |g, y| { let _ = y; mul(g, 180.0 / std::f64::consts::PI) };
}
