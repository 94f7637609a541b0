//! A text in tokens, as far as it can be told apart.

use super::super::layout::{DEDENT, INDENT};
use super::super::parse::{Grammar, Rule};
use pest::Parser;

/// A token of the marked text; marks are tokens, blanks are not. The last one is empty, at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) start: usize,
    pub(super) end: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Word,
    Number,
    Text,
    Open,
    Close,
    Punctuation,
    Mark,
}

pub(super) fn tokens(text: &str) -> Vec<Token> {
    let bytes = text.as_bytes();
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        let digit = |i: usize| bytes.get(i).is_some_and(u8::is_ascii_digit);
        let kind = match bytes[at] {
            b' ' => {
                at += 1;
                continue;
            }
            b'\n' | INDENT | DEDENT => (Kind::Mark, 1),
            b'(' | b'[' | b'{' => (Kind::Open, 1),
            b')' | b']' | b'}' => (Kind::Close, 1),
            b'"' | b'\'' => (Kind::Text, string_length(&bytes[at..])),
            b'0'..=b'9' => (Kind::Number, number_length(&text[at..])),
            b'.' if digit(at + 1) => (Kind::Number, number_length(&text[at..])),
            b if is_word(b) => {
                let length = bytes[at..].iter().take_while(|&&b| is_word(b)).count();
                match bytes.get(at + length) {
                    Some(b'"' | b'\'') if is_prefix(&bytes[at..at + length]) => {
                        (Kind::Text, length + string_length(&bytes[at + length..]))
                    }
                    _ => (Kind::Word, length),
                }
            }
            _ => (Kind::Punctuation, operator_length(&bytes[at..])),
        };
        at = (start + kind.1).min(bytes.len());
        tokens.push(Token {
            kind: kind.0,
            start,
            end: at,
        });
    }
    tokens.push(Token {
        kind: Kind::Mark,
        start: at,
        end: at,
    });
    tokens
}

fn is_word(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'_' || b >= 0x80
}

pub(super) fn is_prefix(word: &[u8]) -> bool {
    word.len() <= 2 && word.iter().all(|b| b"rRbBfFuU".contains(b))
}

fn string_length(bytes: &[u8]) -> usize {
    let width = if bytes.len() >= 6 && bytes.starts_with(&[bytes[0]; 3]) {
        3
    } else {
        1
    };
    let mut at = width;
    while at < bytes.len() {
        if bytes[at..].starts_with(&[bytes[0]; 3][..width]) {
            return at + width;
        }
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    bytes.len()
}

fn number_length(text: &str) -> usize {
    match Grammar::parse(Rule::number, text) {
        Ok(pairs) => pairs.as_str().len().max(1),
        Err(_) => 1,
    }
}

fn operator_length(bytes: &[u8]) -> usize {
    let longer: [&[u8]; 25] = [
        b"**=", b"//=", b">>=", b"<<=", b"...", b"**", b"//", b">>", b"<<", b"<=", b">=", b"==",
        b"!=", b"->", b"+=", b"-=", b"*=", b"/=", b"%=", b"&=", b"|=", b"^=", b"@=", b":=", b"<>",
    ];
    longer
        .iter()
        .find(|op| bytes.starts_with(op))
        .map_or(1, |op| op.len())
}

pub(super) const KEYWORDS: [&str; 35] = [
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue",
    "def", "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import",
    "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while",
    "with", "yield",
];
