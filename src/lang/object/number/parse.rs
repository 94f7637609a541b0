//! Numbers read from text.

use num_bigint::BigInt as Big;

use super::Complex;

/// Longer decimal texts are refused, as CPython does it.
pub const MOST_DIGITS: usize = 4300;

/// An integer in a base from 2 to 36, or 0 for the base that its prefix says.
pub fn parse_int(text: &str, base: u32) -> Option<Big> {
    let text = text.trim();
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let prefix = digits.get(..2).map(str::to_ascii_lowercase);
    let named = match prefix.as_deref() {
        Some("0x") => 16,
        Some("0o") => 8,
        Some("0b") => 2,
        _ => 0,
    };
    let has_prefix = named != 0 && (base == named || base == 0);
    let (radix, digits) = match (has_prefix, base) {
        // An underscore may stand between the prefix and the digits.
        (true, _) => (named, digits[2..].strip_prefix('_').unwrap_or(&digits[2..])),
        (false, 0) => (10, digits),
        (false, base) => (base, digits),
    };
    let plain = without_underscores(digits, |c| c.is_ascii_alphanumeric() || !c.is_ascii())?;
    let plain: String = plain.chars().map(ascii_digit).collect();
    let leading_zero = base == 0 && !has_prefix && plain.starts_with('0');
    if leading_zero && plain.bytes().any(|b| b != b'0') {
        return None;
    }
    if !plain.chars().all(|c| c.is_digit(radix)) {
        return None;
    }
    let number = Big::parse_bytes(plain.as_bytes(), radix)?;
    Some(if negative { -number } else { number })
}

/// Digits of other scripts count as the ones of ours.
fn ascii_digit(c: char) -> char {
    if c.is_ascii() || !c.is_numeric() {
        return c;
    }
    // Decimal digits stand in runs of ten that begin at a multiple of ten or sixteen in most scripts.
    let code = u32::from(c);
    let zero = match code {
        0x0660..=0x0669 | 0x06f0..=0x06f9 | 0xff10..=0xff19 => code & !0xf,
        0x0966..=0x096f | 0x09e6..=0x09ef => (code & !0xf) + 6,
        _ => return c,
    };
    char::from_digit(code - zero, 10).unwrap_or(c)
}

/// The text without underscores between two characters that `joins` accepts; nothing where one stands elsewhere.
fn without_underscores(text: &str, joins: impl Fn(char) -> bool) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut before = None;
    for (at, c) in text.char_indices() {
        if c == '_' {
            let after = text[at + 1..].chars().next();
            if !before.is_some_and(&joins) || !after.is_some_and(&joins) {
                return None;
            }
        } else {
            out.push(c);
        }
        before = Some(c);
    }
    (!out.is_empty()).then_some(out)
}

/// A float, `inf` and `nan` among them.
pub fn parse_float(text: &str) -> Option<f64> {
    let digits: String = text.trim().chars().map(ascii_digit).collect();
    let plain = without_underscores(&digits, |c| c.is_ascii_digit())?;
    let body = plain.trim_start_matches(['+', '-']);
    if plain.len() - body.len() > 1 {
        return None;
    }
    let word = body.to_ascii_lowercase();
    if word.starts_with(|c: char| c.is_ascii_alphabetic())
        && !matches!(&word[..], "inf" | "infinity" | "nan")
    {
        return None;
    }
    plain.parse().ok()
}

/// A complex number such as `1+2j` or `(3j)`.
pub fn parse_complex(text: &str) -> Option<Complex> {
    let text = text.trim();
    let text = match text.strip_prefix('(') {
        Some(inner) => inner.strip_suffix(')')?.trim(),
        None => text,
    };
    let Some(body) = text.strip_suffix(['j', 'J']) else {
        return Some(Complex {
            re: parse_float(text)?,
            im: 0.0,
        });
    };
    // The sign that parts real from imaginary part: the last one that does not belong to an exponent.
    let bytes = body.as_bytes();
    let parting = (1..bytes.len())
        .rev()
        .find(|&i| matches!(bytes[i], b'+' | b'-') && !matches!(bytes[i - 1], b'e' | b'E'));
    let (re, im) = match parting {
        Some(at) if body[..at].contains(char::is_whitespace) => return None,
        Some(at) => (parse_float(&body[..at])?, &body[at..]),
        None => (0.0, body),
    };
    let im = match im {
        "" | "+" => 1.0,
        "-" => -1.0,
        im if im.contains(char::is_whitespace) => return None,
        im => parse_float(im)?,
    };
    Some(Complex { re, im })
}
