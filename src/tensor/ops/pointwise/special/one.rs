//! Special functions of one number.

use super::polygamma::digamma;
use super::{bessel, by_f64, erf};
use crate::tensor::array::error::ensure;
use crate::tensor::array::kernels::pointwise as kernels;
use crate::tensor::array::{DType, Result};
use crate::tensor::core::{Saved, Tensor, default_dtype, record, record_many};
use crate::tensor::ops::args::Out;
use crate::tensor::ops::complex::conj;
use crate::tensor::ops::in_place;
use crate::tensor::ops::pointwise::{
    add, as_float, cos, div, eq, erfc, exp, exp2, log, masked_fill, mul, neg, sign, sin, sub,
};
use crate::tensor::ops::samples::{self, Make, Sample, sample};
use crate::tensor::ops::spec::{FUNCTION, FUNCTION_IN_PLACE, IN_PLACE, METHOD, Op, SPECIAL};

const EVERYWHERE_BUT_SPECIAL: u16 = FUNCTION | METHOD | IN_PLACE | FUNCTION_IN_PLACE;
const EVERYWHERE: u16 = EVERYWHERE_BUT_SPECIAL | SPECIAL;

fn plain(m: &Make) -> Vec<Sample> {
    samples::pointwise(m)
}

fn positive(m: &Make) -> Vec<Sample> {
    samples::pointwise_positive(m)
}

fn rough(m: &Make) -> Vec<Sample> {
    samples::pointwise_rough(m)
}

fn unit(m: &Make) -> Vec<Sample> {
    [&[3, 4][..], &[], &[0, 2]]
        .iter()
        .map(|s| sample([m.between(s, 0.1, 0.9).into()]))
        .collect()
}

/// One block an op: its names, its node, the function of a double, and the gradient from `g`, the input `x` and the
/// result `y`; without one, no gradient flows.
macro_rules! special_functions {
    ($(
        $STATIC:ident $name:ident $faces:ident $node:literal $doc:literal $samples:ident ($example:literal, $prints:literal)
        $f:expr $(; |$g:ident, $x:ident, $y:ident| $rule:expr)?;
    )*) => {$(
        #[doc = concat!("`torch.special.", stringify!($name), "`")]
        pub static $STATIC: Op = Op {
            signature: concat!(stringify!($name), "(input, *, out=None) -> Tensor"),
            faces: $faces,
            doc: $doc,
            examples: &[($example, $prints)],
            samples: $samples,
            call: |a| Ok($name(a.tensor("input")?)?.into()),
            ..Op::BASE
        };

        #[doc = concat!("`torch.special.", stringify!($name), "`")]
        pub fn $name(x: &Tensor) -> Result<Tensor> {
            let y = by_f64(concat!(stringify!($name), "_cpu"), x, $f)?;
            special_functions!(@record $node, x, y $(, |$g, $x, $y| $rule)?)
        }
    )*};
    (@record $node:literal, $in:ident, $out:ident, |$g:ident, $x:ident, $y:ident| $rule:expr) => {{
        let kept = (Saved::input($in), Saved::result(&$out));
        Ok(record($node, [$in], $out, kept, |$g, (x, y), c| {
            let ($x, $y) = (&c.get(x)?, &c.get(y)?);
            let _ = ($x, $y); // Most rules need only one of them.
            Ok([Some($rule?)])
        }))
    }};
    (@record $node:literal, $in:ident, $out:ident) => {
        Ok(record($node, [$in], $out, (), |_, (), _| Ok([None])))
    };
}

special_functions! {
    AIRY_AI airy_ai SPECIAL "SpecialAiryAiBackward0" "Airy's function Ai."
        rough ("torch.special.airy_ai(torch.tensor([0., 1.]))", "tensor([0.3550, 0.1353])") bessel::airy_ai;
    BESSEL_J0 bessel_j0 SPECIAL "SpecialBesselJ0Backward0" "Bessel's function of the first kind of order 0."
        positive ("torch.special.bessel_j0(torch.tensor([0., 1.]))", "tensor([1.0000, 0.7652])") bessel::j0;
        |g, x, y| mul(g, &neg(&bessel_j1(x)?)?);
    BESSEL_J1 bessel_j1 SPECIAL "SpecialBesselJ1Backward0" "Bessel's function of the first kind of order 1."
        positive ("torch.special.bessel_j1(torch.tensor([0., 1.]))", "tensor([0.0000, 0.4401])") bessel::j1;
        |g, x, y| mul(g, &sub(&bessel_j0(x)?, &half_at_zero(x, y)?)?);
    BESSEL_Y0 bessel_y0 SPECIAL "SpecialBesselY0Backward0" "Bessel's function of the second kind of order 0."
        positive ("torch.special.bessel_y0(torch.tensor([0.5, 1.]))", "tensor([-0.4445,  0.0883])") bessel::y0;
        |g, x, y| mul(g, &neg(&bessel_y1(x)?)?);
    BESSEL_Y1 bessel_y1 SPECIAL "SpecialBesselY1Backward0" "Bessel's function of the second kind of order 1."
        positive ("torch.special.bessel_y1(torch.tensor([0.5, 1.]))", "tensor([-1.4715, -0.7812])") bessel::y1;
        |g, x, y| mul(g, &sub(&bessel_y0(x)?, &div(y, x)?)?);
    ENTR entr SPECIAL "SpecialEntrBackward0" "`-x * log(x)`; 0 at 0, negative infinity below."
        positive ("torch.special.entr(torch.tensor([0., 0.5]))", "tensor([0.0000, 0.3466])")
        |x| if x > 0.0 { -x * x.ln() } else if x == 0.0 { 0.0 } else if x.is_nan() { x } else { f64::NEG_INFINITY };
        |g, x, y| mul(g, &neg(&add(&log(x)?, 1i64)?)?);
    ERFCX erfcx SPECIAL "SpecialErfcxBackward0" "The complementary error function times `exp(x * x)`."
        plain ("torch.special.erfcx(torch.tensor([0., 1.]))", "tensor([1.0000, 0.4276])") erf::erfcx;
        |g, x, y| mul(g, &sub(&mul(&mul(x, y)?, 2i64)?, std::f64::consts::FRAC_2_SQRT_PI)?);
    I0 i0 EVERYWHERE "I0Backward0" "The modified Bessel function of the first kind of order 0."
        plain ("torch.special.i0(torch.tensor([0., 1.]))", "tensor([1.0000, 1.2661])") bessel::i0;
        |g, x, y| mul(g, &i1(x)?);
    I0E i0e SPECIAL "SpecialI0EBackward0" "[`i0`] scaled by `exp(-|x|)`."
        plain ("torch.special.i0e(torch.tensor([0., 1.]))", "tensor([1.0000, 0.4658])") bessel::i0e;
        |g, x, y| mul(g, &sub(&i1e(x)?, &mul(&sign(x)?, y)?)?);
    I1 i1 SPECIAL "SpecialI1Backward0" "The modified Bessel function of the first kind of order 1."
        plain ("torch.special.i1(torch.tensor([0., 1.]))", "tensor([0.0000, 0.5652])") bessel::i1;
        |g, x, y| mul(g, &sub(&i0(x)?, &half_at_zero(x, y)?)?);
    I1E i1e SPECIAL "SpecialI1EBackward0" "[`i1`] scaled by `exp(-|x|)`."
        plain ("torch.special.i1e(torch.tensor([0., 1.]))", "tensor([0.0000, 0.2079])") bessel::i1e;
        |g, x, y| mul(g, &sub(&sub(&i0e(x)?, &mul(&sign(x)?, y)?)?, &half_at_zero(x, y)?)?);
    LGAMMA lgamma EVERYWHERE_BUT_SPECIAL "LgammaBackward0" "The logarithm of the gamma function's absolute value."
        positive ("torch.lgamma(torch.tensor([1., 2.5]))", "tensor([0.0000, 0.2847])") libm::lgamma;
        |g, x, y| mul(g, &digamma(x)?);
    LOG_NDTR log_ndtr SPECIAL "SpecialLogNdtrBackward0" "The logarithm of the normal distribution function."
        plain ("torch.special.log_ndtr(torch.tensor([0., 1.]))", "tensor([-0.6931, -0.1728])") erf::log_ndtr;
        |g, x, y| {
            let density = exp(&neg(&add(y, &mul(&mul(x, x)?, 0.5)?)?)?)?;
            mul(g, &mul(&density, std::f64::consts::FRAC_2_SQRT_PI * std::f64::consts::SQRT_2 * 0.25)?)
        };
    MODIFIED_BESSEL_I0 modified_bessel_i0 SPECIAL "SpecialModifiedBesselI0Backward0"
        "The modified Bessel function of the first kind of order 0."
        positive ("torch.special.modified_bessel_i0(torch.tensor([0., 1.]))", "tensor([1.0000, 1.2661])") bessel::i0;
        |g, x, y| mul(g, &modified_bessel_i1(x)?);
    MODIFIED_BESSEL_I1 modified_bessel_i1 SPECIAL "SpecialModifiedBesselI1Backward0"
        "The modified Bessel function of the first kind of order 1."
        positive ("torch.special.modified_bessel_i1(torch.tensor([0., 1.]))", "tensor([0.0000, 0.5652])") bessel::i1;
        |g, x, y| mul(g, &sub(&modified_bessel_i0(x)?, &half_at_zero(x, y)?)?);
    MODIFIED_BESSEL_K0 modified_bessel_k0 SPECIAL "SpecialModifiedBesselK0Backward0"
        "The modified Bessel function of the second kind of order 0."
        positive ("torch.special.modified_bessel_k0(torch.tensor([0.5, 1.]))", "tensor([0.9244, 0.4210])") bessel::k0;
        |g, x, y| mul(g, &neg(&modified_bessel_k1(x)?)?);
    MODIFIED_BESSEL_K1 modified_bessel_k1 SPECIAL "SpecialModifiedBesselK1Backward0"
        "The modified Bessel function of the second kind of order 1."
        positive ("torch.special.modified_bessel_k1(torch.tensor([0.5, 1.]))", "tensor([1.6564, 0.6019])") bessel::k1;
        |g, x, y| mul(g, &neg(&add(&modified_bessel_k0(x)?, &div(y, x)?)?)?);
    NDTRI ndtri SPECIAL "SpecialNdtriBackward0" "The inverse of the normal distribution function."
        unit ("torch.special.ndtri(torch.tensor([0.25, 0.5]))", "tensor([-0.6745,  0.0000])") erf::ndtri;
        |g, x, y| mul(&mul(g, (2.0 * std::f64::consts::PI).sqrt())?, &exp(&div(&mul(y, y)?, 2i64)?)?);
    SCALED_MODIFIED_BESSEL_K0 scaled_modified_bessel_k0 SPECIAL "SpecialScaledModifiedBesselK0Backward0"
        "[`modified_bessel_k0`] scaled by `exp(x)`."
        rough ("torch.special.scaled_modified_bessel_k0(torch.tensor([0.5, 1.]))", "tensor([1.5241, 1.1445])") bessel::k0e;
    SCALED_MODIFIED_BESSEL_K1 scaled_modified_bessel_k1 SPECIAL "SpecialScaledModifiedBesselK1Backward0"
        "[`modified_bessel_k1`] scaled by `exp(x)`."
        rough ("torch.special.scaled_modified_bessel_k1(torch.tensor([0.5, 1.]))", "tensor([2.7310, 1.6362])") bessel::k1e;
    SINC sinc EVERYWHERE "SincBackward0" "`sin(pi * x) / (pi * x)`; 1 at 0."
        plain ("torch.sinc(torch.tensor([0., 0.5]))", "tensor([1.0000, 0.6366])")
        |x| { let angle = std::f64::consts::PI * x; if x == 0.0 { 1.0 } else { angle.sin() / angle } };
        |g, x, y| sinc_slope(&conj(x)?).and_then(|slope| mul(g, &slope));
    SPHERICAL_BESSEL_J0 spherical_bessel_j0 SPECIAL "SpecialSphericalBesselJ0Backward0" "`sin(x) / x`; 1 at 0."
        rough ("torch.special.spherical_bessel_j0(torch.tensor([0., 1.]))", "tensor([1.0000, 0.8415])") bessel::spherical_j0;
}

/// `y / x`, which tends to a half where `x` is 0, as the slopes of I1 need it.
fn half_at_zero(x: &Tensor, y: &Tensor) -> Result<Tensor> {
    let none = eq(x, 0i64)?;
    let safe = masked_fill(x, &none, 1i64)?;
    masked_fill(&div(y, &safe)?, &none, 0.5)
}

/// `(cos(pi x) pi x - sin(pi x)) / (pi x²)`, 0 at 0.
fn sinc_slope(x: &Tensor) -> Result<Tensor> {
    let angle = mul(x, std::f64::consts::PI)?;
    let square = mul(&angle, x)?;
    let slope = div(&sub(&mul(&cos(&angle)?, &angle)?, &sin(&angle)?)?, &square)?;
    masked_fill(&slope, &eq(&square, 0i64)?, 0i64)
}

/// `torch.special.ndtr`
pub static NDTR: Op = Op {
    signature: "ndtr(input, *, out=None) -> Tensor",
    faces: SPECIAL,
    doc: "The normal distribution function.",
    examples: &[(
        "torch.special.ndtr(torch.tensor([0., 1.]))",
        "tensor([0.5000, 0.8413])",
    )],
    samples: plain,
    call: |a| {
        let scaled = mul(a.tensor("input")?, -std::f64::consts::FRAC_1_SQRT_2)?;
        Ok(mul(&erfc(&scaled)?, 0.5)?.into())
    },
    ..Op::BASE
};

/// `torch.logit`
pub static LOGIT: Op = Op {
    signature: "logit(input, eps=None, *, out=None) -> Tensor",
    faces: EVERYWHERE,
    doc: "`log(x / (1 - x))`, with `x` limited to the range from `eps` to `1 - eps` if that is given.",
    examples: &[(
        "torch.logit(torch.tensor([0.25, 0.5]))",
        "tensor([-1.0986,  0.0000])",
    )],
    samples: |m| {
        let mut all = if m.floating() { unit(m) } else { Vec::new() };
        if m.floating() {
            all.push(sample([m.between(&[3], 0.2, 0.8).into(), 0.1.into()]));
        }
        all
    },
    call: |a| Ok(logit(a.tensor("input")?, a.opt_float("eps")?)?.into()),
    ..Op::BASE
};

/// `torch.logit`
pub fn logit(x: &Tensor, eps: Option<f64>) -> Result<Tensor> {
    let wide = as_float(x)?;
    let (low, high) = match eps {
        Some(eps) => (eps, 1.0 - eps),
        None => (f64::NEG_INFINITY, f64::INFINITY),
    };
    let f = move |x: f64| {
        let x = if x < low {
            low
        } else if x > high {
            high
        } else {
            x
        };
        (x / (1.0 - x)).ln()
    };
    let y =
        kernels::unary::<f64, f64>(&wide.to_dtype(DType::Float64)?, f)?.to_dtype(wide.dtype())?;
    let kept = Saved::input(x);
    Ok(record("LogitBackward0", [x], y, kept, move |g, x, c| {
        let x = &c.get(x)?;
        let slope = div(g, &mul(x, &sub(1i64, x)?)?)?;
        let (low, high) = (eps.unwrap_or(0.0), 1.0 - eps.unwrap_or(0.0));
        let outside = crate::tensor::ops::logical_or(
            &crate::tensor::ops::lt(x, low)?,
            &crate::tensor::ops::gt(x, high)?,
        )?;
        let there = if eps.is_some() { 0.0 } else { f64::NAN };
        Ok([Some(masked_fill(&slope, &outside, there)?)])
    }))
}

/// `torch.mvlgamma`
pub static MVLGAMMA: Op = Op {
    signature: "mvlgamma(input, p, *, out=None) -> Tensor",
    faces: EVERYWHERE_BUT_SPECIAL,
    node: "MvlgammaBackward0",
    doc: "The logarithm of the multivariate gamma function of dimension `p`.",
    examples: &[(
        "torch.mvlgamma(torch.tensor([2., 3.]), 2)",
        "tensor([0.4516, 1.5502])",
    )],
    samples: |m| {
        let wide = |shape: &[usize]| m.between(shape, 2.0, 4.0).into();
        vec![
            sample([wide(&[2, 3]), 1i64.into()]),
            sample([wide(&[3]), 3i64.into()]),
        ]
    },
    call: |a| Ok(mvlgamma(a.tensor("input")?, a.int("p")?)?.into()),
    in_place: Some(|a| {
        let (x, p) = (a.tensor("input")?, a.int("p")?);
        ensure!(
            x.dtype().is_floating_point(),
            "mvlgamma: result type {} can't be cast to the desired output type {}",
            x.dtype().scalar_name(),
            default_dtype().scalar_name()
        );
        in_place::apply(x, |x| mvlgamma(x, p)).map(Into::into)
    }),
    ..Op::BASE
};

/// `torch.mvlgamma`: the sum of `lgamma(x + (1 - j) / 2)` for `j` from 1 to `p`, and a constant.
pub fn mvlgamma(x: &Tensor, p: i64) -> Result<Tensor> {
    ensure!(p >= 1, "p has to be greater than or equal to 1");
    let mut sum = lgamma(x)?;
    for j in 1..p {
        sum = add(&sum, &lgamma(&add(x, -(j as f64) / 2.0)?)?)?;
    }
    let p = p as f64;
    add(&sum, p * (p - 1.0) / 4.0 * std::f64::consts::PI.ln())
}

/// `torch.frexp`
pub static FREXP: Op = Op {
    signature: "frexp(input, *, out=None) -> (Tensor, Tensor)",
    faces: FUNCTION | METHOD,
    doc: "Mantissas between a half and 1 in size, and the powers of 2 that they are multiplied by.",
    examples: &[(
        "torch.frexp(torch.tensor([3.]))[1]",
        "tensor([2], dtype=torch.int32)",
    )],
    samples: |m| if m.floating() { plain(m) } else { Vec::new() },
    call: |a| frexp(a.tensor("input")?),
    ..Op::BASE
};

/// `torch.frexp`
pub fn frexp(x: &Tensor) -> Result<Out> {
    ensure!(
        x.dtype().is_floating_point(),
        "torch.frexp() only supports floating-point dtypes"
    );
    let wide = x.array().to_dtype(DType::Float64)?;
    let mantissa = kernels::unary::<f64, f64>(&wide, |v| libm::frexp(v).0)?.to_dtype(x.dtype())?;
    let exponent =
        kernels::unary::<f64, i32>(&wide, |v| if v.is_finite() { libm::frexp(v).1 } else { 0 })?;
    let kept = Saved::input(&Tensor::from_array(exponent.clone()));
    let values = record_many(
        "FrexpBackward0",
        &[x],
        vec![mantissa, exponent],
        kept,
        |g, e, c| {
            let Some(g) = &g[0] else {
                return Ok(vec![None]);
            };
            let scale = exp2(&crate::tensor::ops::to_dtype(&c.get(e)?, g.dtype())?)?;
            Ok(vec![Some(div(g, &scale)?)])
        },
    );
    Ok(Out::Named {
        name: "frexp",
        fields: &["mantissa", "exponent"],
        values,
    })
}
