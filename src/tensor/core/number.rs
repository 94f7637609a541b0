//! Python numbers and tuples as `repr` writes them.

use crate::tensor::array::Scalar;

/// `repr(x)` of a float: the shortest digits that read back as the same number.
pub fn float_repr(x: f64) -> String {
    if x.is_nan() {
        return "nan".into();
    }
    if x.is_infinite() {
        return if x > 0.0 { "inf" } else { "-inf" }.into();
    }
    if x == 0.0 {
        return if x.is_sign_negative() { "-0.0" } else { "0.0" }.into();
    }
    let scientific = format!("{x:e}");
    let (digits, exponent) = scientific
        .split_once('e')
        .expect("scientific notation has an exponent");
    let exponent: i32 = exponent.parse().expect("an exponent is an integer");
    if (-4..16).contains(&exponent) {
        let plain = format!("{x}");
        return if plain.contains('.') {
            plain
        } else {
            plain + ".0"
        };
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}

/// `repr(x)` of a complex number.
fn complex_repr(re: f64, im: f64) -> String {
    let short = |x: f64| {
        let text = float_repr(x);
        text.strip_suffix(".0").map_or(text.clone(), str::to_string)
    };
    if re == 0.0 && re.is_sign_positive() {
        return format!("{}j", short(im));
    }
    let sign = if im.is_sign_negative() && !im.is_nan() {
        ""
    } else {
        "+"
    };
    format!("({}{sign}{}j)", short(re), short(im))
}

/// `repr(x)` of a number.
pub fn repr(s: Scalar) -> String {
    match s {
        Scalar::Bool(true) => "True".into(),
        Scalar::Bool(false) => "False".into(),
        Scalar::Int(i) => i.to_string(),
        Scalar::UInt(i) => i.to_string(),
        Scalar::Float(x) => float_repr(x),
        Scalar::Complex(re, im) => complex_repr(re, im),
    }
}

/// `repr(x)` of a tuple, from the texts of its elements.
pub fn tuple_repr(items: &[String]) -> String {
    match items {
        [one] => format!("({one},)"),
        all => format!("({})", all.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_written_as_in_python() {
        let cases = [
            (1e-5, "1e-05"),
            (0.1, "0.1"),
            (1.0, "1.0"),
            (1e16, "1e+16"),
            (123_456.75, "123456.75"),
            (0.0001, "0.0001"),
            (1.5e300, "1.5e+300"),
        ];
        for (x, text) in cases {
            assert_eq!(float_repr(x), text);
        }
        assert_eq!(tuple_repr(&["1".into()]), "(1,)");
    }
}
