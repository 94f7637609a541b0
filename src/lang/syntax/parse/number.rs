//! What is wrong with a number that cannot be read.

/// What is wrong with the number that starts a text, if it is followed by what no number can be followed by.
pub(in crate::lang::syntax) fn bad_number(text: &str) -> Option<(String, usize)> {
    let bytes = text.as_bytes();
    let radix = match bytes {
        [b'0', b'x' | b'X', ..] => Some(("hexadecimal", 16)),
        [b'0', b'o' | b'O', ..] => Some(("octal", 8)),
        [b'0', b'b' | b'B', ..] => Some(("binary", 2)),
        _ => None,
    };
    let mut at = if radix.is_some() { 2 } else { 0 };
    let base = radix.map_or(10, |r| r.1);
    while bytes
        .get(at)
        .is_some_and(|&b| (b as char).is_digit(base) || b == b'_' && next_is_digit(bytes, at, base))
    {
        at += 1;
    }
    // CPython has read a `_` before it sees what is missing behind it.
    let past = |at: usize| at + usize::from(bytes.get(at) == Some(&b'_'));
    let name = radix.map_or("decimal", |r| r.0);
    let rest = &bytes[at..];
    match (rest.first(), radix) {
        (Some(b'0'..=b'9'), Some(_)) => {
            return Some((
                format!("invalid digit '{}' in {name} literal", rest[0] as char),
                at + 1,
            ));
        }
        (_, Some(_)) if at == 2 => return Some((format!("invalid {name} literal"), past(at))),
        (Some(b'_'), _) => return Some((format!("invalid {name} literal"), past(at))),
        _ => {}
    }
    if radix.is_none() {
        if bytes.get(at) == Some(&b'.') {
            at += 1;
            while bytes
                .get(at)
                .is_some_and(|&b| b.is_ascii_digit() || b == b'_' && next_is_digit(bytes, at, 10))
            {
                at += 1;
            }
        }
        if let Some(b'e' | b'E') = bytes.get(at) {
            let sign = usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
            if bytes.get(at + 1 + sign).is_some_and(u8::is_ascii_digit) {
                at += 2 + sign;
                while bytes.get(at).is_some_and(|&b| {
                    b.is_ascii_digit() || b == b'_' && next_is_digit(bytes, at, 10)
                }) {
                    at += 1;
                }
            } else if sign == 1 {
                return Some(("invalid decimal literal".to_string(), at));
            }
        }
        if let Some(b'j' | b'J') = bytes.get(at) {
            at += 1;
            if continues_word(&bytes[at..]) {
                return Some(("invalid imaginary literal".to_string(), at));
            }
        }
    }
    continues_word(&bytes[at..]).then(|| (format!("invalid {name} literal"), past(at)))
}

fn next_is_digit(bytes: &[u8], at: usize, base: u32) -> bool {
    bytes
        .get(at + 1)
        .is_some_and(|&b| (b as char).is_digit(base))
}

/// Whether a word goes on here that is none of the keywords allowed after a number.
fn continues_word(rest: &[u8]) -> bool {
    let Some(&b) = rest.first() else { return false };
    let keywords: [&[u8]; 8] = [b"and", b"else", b"for", b"if", b"in", b"is", b"not", b"or"];
    (b.is_ascii_alphanumeric() || b == b'_' || b >= 0x80)
        && !keywords.iter().any(|k| rest.starts_with(k))
}
