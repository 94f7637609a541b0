//! Escapes in string and bytes literals.

use crate::base::character_names;

/// Up to three octal digits: their value and how many they are.
pub(super) fn octal(bytes: &[u8]) -> (u32, usize) {
    let digits = bytes
        .iter()
        .take(3)
        .take_while(|b| matches!(b, b'0'..=b'7'))
        .count();
    (
        bytes[..digits]
            .iter()
            .fold(0, |n, b| n * 8 + u32::from(b - b'0')),
        digits,
    )
}

/// Exactly so many hexadecimal digits.
pub(super) fn hexadecimal(bytes: &[u8], digits: usize) -> Option<u32> {
    let text = bytes
        .get(..digits)
        .filter(|t| t.iter().all(u8::is_ascii_hexdigit))?;
    u32::from_str_radix(std::str::from_utf8(text).ok()?, 16).ok()
}

/// What a one-letter escape stands for; `None` for a joined line and for no escape.
fn simple_escape(b: u8) -> Option<u8> {
    Some(match b {
        b'\\' | b'\'' | b'"' => b,
        b'n' => b'\n',
        b't' => b'\t',
        b'r' => b'\r',
        b'a' => 7,
        b'b' => 8,
        b'f' => 12,
        b'v' => 11,
        _ => return None,
    })
}

/// An octal escape beyond what a byte holds.
fn too_large(code: u32) -> Option<String> {
    (code > 0o377).then(|| format!("\\{code:o}"))
}

/// The text that one with escapes stands for, and the first of them that is none.
pub(super) fn unescape(text: &str) -> Result<(String, Option<String>), String> {
    let mut strange = None;
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let place = text.len() - rest.len() + at;
        rest = &rest[at + 1..];
        let Some(&b) = rest.as_bytes().first() else {
            out.push('\\');
            break;
        };
        if let Some(plain) = simple_escape(b) {
            out.push(plain as char);
            rest = &rest[1..];
            continue;
        }
        match b {
            b'\n' => rest = &rest[1..],
            b'0'..=b'7' => {
                let (code, digits) = octal(rest.as_bytes());
                out.push(char::from_u32(code).unwrap_or('\u{fffd}'));
                rest = &rest[digits..];
                strange = strange.or_else(|| too_large(code));
            }
            b'x' | b'u' | b'U' => {
                let (digits, shape) = match b {
                    b'x' => (2, "\\xXX"),
                    b'u' => (4, "\\uXXXX"),
                    _ => (8, "\\UXXXXXXXX"),
                };
                let found = rest.as_bytes()[1..]
                    .iter()
                    .take(digits)
                    .take_while(|b| b.is_ascii_hexdigit())
                    .count();
                let Some(code) = hexadecimal(&rest.as_bytes()[1..], digits) else {
                    return Err(cannot_decode(
                        place,
                        place + found + 1,
                        &format!("truncated {shape} escape"),
                    ));
                };
                if code > 0x10_ffff {
                    return Err(cannot_decode(
                        place,
                        place + digits + 1,
                        "illegal Unicode character",
                    ));
                }
                // A lone surrogate has no place in our strings.
                out.push(char::from_u32(code).unwrap_or('\u{fffd}'));
                rest = &rest[1 + digits..];
            }
            b'N' => {
                let name = rest[1..].strip_prefix('{').and_then(|t| t.split_once('}'));
                let Some((name, _)) = name else {
                    return Err(cannot_decode(
                        place,
                        place + 1,
                        "malformed \\N character escape",
                    ));
                };
                let Some(c) = character_names::character(name) else {
                    return Err(cannot_decode(
                        place,
                        place + name.len() + 3,
                        "unknown Unicode character name",
                    ));
                };
                out.push(c);
                rest = &rest[name.len() + 3..];
            }
            _ => {
                out.push('\\');
                let c = rest.chars().next().unwrap_or('\\');
                strange.get_or_insert_with(|| format!("\\{c}"));
            }
        }
    }
    out.push_str(rest);
    Ok((out, strange))
}

fn cannot_decode(start: usize, end: usize, why: &str) -> String {
    format!("'unicodeescape' codec can't decode bytes in position {start}-{end}: {why}")
}

pub(super) fn unescape_bytes(text: &[u8], out: &mut Vec<u8>) -> Result<Option<String>, String> {
    let mut strange = None;
    let mut at = 0;
    while at < text.len() {
        let b = text[at];
        at += 1;
        let Some(&next) = text.get(at).filter(|_| b == b'\\') else {
            out.push(b);
            continue;
        };
        if let Some(plain) = simple_escape(next) {
            out.push(plain);
            at += 1;
            continue;
        }
        match next {
            b'\n' => at += 1,
            b'0'..=b'7' => {
                let (code, digits) = octal(&text[at..]);
                out.push(code as u8);
                at += digits;
                strange = strange.or_else(|| too_large(code));
            }
            b'x' => match hexadecimal(&text[at + 1..], 2) {
                Some(code) => {
                    out.push(code as u8);
                    at += 3;
                }
                None => return Err(format!("invalid \\x escape at position {}", at - 1)),
            },
            _ => {
                out.push(b'\\');
                strange.get_or_insert_with(|| format!("\\{}", next as char));
            }
        }
    }
    Ok(strange)
}
