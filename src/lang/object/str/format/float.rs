//! Floats and complex numbers in the mini-language.

use super::Spec;
use crate::lang::object::number::{Complex, float_repr};
use crate::lang::object::{Result, value_error};

/// The decimal form of a number that is not negative: `kind` is one of `e`, `f`, `g` (also in capitals) or `r`, the
/// shortest form that reads back. `dot_zero` adds `.0` to what would look like an integer.
pub fn decimal(x: f64, kind: char, precision: usize, alternate: bool, dot_zero: bool) -> String {
    let lower = kind.to_ascii_lowercase();
    let text = if x.is_nan() {
        "nan".to_string()
    } else if x.is_infinite() {
        "inf".to_string()
    } else {
        match lower {
            'e' => scientific(x, precision, alternate),
            'f' => fixed(x, precision, alternate),
            'g' => general(x, precision, alternate, dot_zero),
            _ => shortest(x, alternate, dot_zero),
        }
    };
    if kind.is_ascii_uppercase() {
        text.to_uppercase()
    } else {
        text
    }
}

fn shortest(x: f64, alternate: bool, dot_zero: bool) -> String {
    let text = float_repr(x);
    let text = match text.strip_suffix(".0") {
        Some(whole) if !dot_zero => whole.to_string(),
        _ => text,
    };
    if !alternate || text.contains('.') {
        return text;
    }
    match text.split_once('e') {
        Some((digits, exponent)) => format!("{digits}.e{exponent}"),
        None => text + ".",
    }
}

/// No finite double has more digits than these that are not zero.
const DIGITS: usize = 1100;

/// A number with `places` digits after the point.
fn places(x: f64, places: usize) -> String {
    let exact = places.min(DIGITS);
    let mut text = format!("{x:.exact$}");
    text.extend(std::iter::repeat_n('0', places - exact));
    text
}

fn fixed(x: f64, precision: usize, alternate: bool) -> String {
    let text = places(x, precision);
    if alternate && precision == 0 {
        text + "."
    } else {
        text
    }
}

/// The digits and the exponent of a number rounded to `precision` digits after the first.
fn split(x: f64, precision: usize) -> (String, i32) {
    let exact = precision.min(DIGITS);
    let text = format!("{x:.exact$e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let zeros = std::iter::repeat_n('0', precision - exact);
    (
        digits.chars().chain(zeros).collect(),
        exponent.parse().unwrap_or(0),
    )
}

fn with_exponent(digits: &str, exponent: i32) -> String {
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}

fn scientific(x: f64, precision: usize, alternate: bool) -> String {
    let (mut digits, exponent) = split(x, precision);
    if alternate && precision == 0 {
        digits.push('.');
    }
    with_exponent(&digits, exponent)
}

fn general(x: f64, precision: usize, alternate: bool, dot_zero: bool) -> String {
    let precision = precision.max(1);
    let (digits, exponent) = split(x, precision - 1);
    let trim = |text: String| match (alternate, text.contains('.')) {
        (true, true) => text,
        (true, false) => text + ".",
        (false, true) => text.trim_end_matches('0').trim_end_matches('.').to_string(),
        (false, false) => text,
    };
    // With `.0` to come there must be room for one more digit.
    let most = precision as i32 - i32::from(dot_zero);
    if exponent < -4 || exponent >= most {
        return with_exponent(&trim(digits), exponent);
    }
    let after = usize::try_from(precision as i32 - 1 - exponent).unwrap_or(0);
    let text = trim(places(x, after));
    if dot_zero && !text.contains('.') {
        text + ".0"
    } else {
        text
    }
}

/// The presentation of a float: what `decimal` wants to know, and whether a percent sign follows.
fn presentation(spec: &Spec) -> (char, usize, bool) {
    match (spec.kind, spec.precision) {
        (None, None) => ('r', 0, true),
        (None, Some(precision)) => ('g', precision, true),
        (Some('n'), precision) => ('g', precision.unwrap_or(6), false),
        (Some('%'), precision) => ('f', precision.unwrap_or(6), false),
        (Some(kind), precision) => (kind, precision.unwrap_or(6), false),
    }
}

/// Whether all digits before the exponent are zeros.
fn is_zero(shown: &str) -> bool {
    let digits = shown.split(['e', 'E']).next().unwrap_or(shown);
    !digits.contains(|c: char| ('1'..='9').contains(&c))
}

/// `format(x, spec)`
pub fn format_float(x: f64, text: &str) -> Result<String> {
    let spec = Spec::parse(text, None, '>', "float")?;
    if !matches!(
        spec.kind,
        None | Some('e' | 'E' | 'f' | 'F' | 'g' | 'G' | 'n' | '%')
    ) {
        return Err(spec.unknown_kind("float"));
    }
    if spec
        .precision
        .is_some_and(|digits| digits > i32::MAX as usize)
    {
        return Err(value_error("precision too big"));
    }
    let percent = spec.kind == Some('%');
    let (kind, precision, dot_zero) = presentation(&spec);
    let scaled = if percent { x * 100.0 } else { x };
    let shown = decimal(scaled.abs(), kind, precision, spec.alternate, dot_zero);
    let zero = spec.no_negative_zero && is_zero(&shown) && x.is_finite();
    let negative = scaled.is_sign_negative() && !scaled.is_nan() && !zero;
    let digits = shown
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(shown.len());
    let (digits, rest) = shown.split_at(digits);
    let rest = if percent {
        format!("{rest}%")
    } else {
        rest.to_string()
    };
    Ok(spec.number(negative, "", digits, &rest))
}

/// `format(z, spec)`
pub fn format_complex(z: Complex, text: &str) -> Result<String> {
    let spec = Spec::parse(text, None, '>', "complex")?;
    if !matches!(
        spec.kind,
        None | Some('e' | 'E' | 'f' | 'F' | 'g' | 'G' | 'n')
    ) {
        return Err(spec.unknown_kind("complex"));
    }
    if spec
        .precision
        .is_some_and(|digits| digits > i32::MAX as usize)
    {
        return Err(value_error("precision too big"));
    }
    if spec.fill == '0' {
        return Err(value_error(
            "Zero padding is not allowed in complex format specifier",
        ));
    }
    if spec.align == '=' {
        return Err(value_error(
            "'=' alignment flag is not allowed in complex format specifier",
        ));
    }
    let (kind, precision, _) = presentation(&spec);
    let part = |x: f64, sign: Option<char>| {
        let bare = Spec {
            fill: ' ',
            align: '>',
            width: 0,
            sign,
            ..spec.clone()
        };
        let shown = decimal(x.abs(), kind, precision, spec.alternate, false);
        let digits = shown
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(shown.len());
        let (digits, rest) = shown.split_at(digits);
        let zero = spec.no_negative_zero && is_zero(&shown) && x.is_finite();
        bare.number(
            x.is_sign_negative() && !x.is_nan() && !zero,
            "",
            digits,
            rest,
        )
    };
    let bare = spec.kind.is_none();
    let skip_real = bare && z.re == 0.0 && z.re.is_sign_positive();
    let whole = if skip_real {
        format!("{}j", part(z.im, spec.sign))
    } else {
        let inside = format!("{}{}j", part(z.re, spec.sign), part(z.im, Some('+')));
        if bare { format!("({inside})") } else { inside }
    };
    Ok(spec.pad(&whole, whole.chars().count()))
}
