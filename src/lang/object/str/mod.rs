//! `str`: immutable Unicode text, and the names interned from it.

mod case;
pub mod codec;
pub mod format;
pub mod methods;
mod name;
mod pad;
mod search;
pub mod split;
pub mod tests_of;

use std::cell::Cell;

use smallvec::SmallVec;

pub use name::{Name, intern};

use super::heap::{HeapType, Kind, Ref};
use super::{Class, types};

/// A string. Its text is UTF-8, short ones in place; length and hash are computed once.
pub struct Str {
    text: SmallVec<[u8; 16]>,
    hash: Cell<u64>,
    chars: Cell<usize>,
    interned: Cell<bool>,
}

const UNKNOWN: usize = usize::MAX;

impl Str {
    /// A string with this text.
    pub fn new(text: String) -> Str {
        Str::of_bytes(SmallVec::from_vec(text.into_bytes()))
    }

    /// A string with a copy of this text.
    #[inline]
    pub fn copied(text: &str) -> Str {
        Str::of_bytes(SmallVec::from_slice(text.as_bytes()))
    }

    #[inline]
    fn of_bytes(text: SmallVec<[u8; 16]>) -> Str {
        Str {
            text,
            hash: Cell::new(0),
            chars: Cell::new(UNKNOWN),
            interned: Cell::new(false),
        }
    }

    /// The text.
    #[inline(always)]
    pub fn as_str(&self) -> &str {
        // SAFETY: the bytes come from `str` alone.
        unsafe { std::str::from_utf8_unchecked(&self.text) }
    }

    /// Whether a string of the same hash has the same text.
    #[inline(always)]
    pub fn is_same_text(&self, other: &Str) -> bool {
        let (own, other) = (&self.text[..], &other.text[..]);
        // No two texts of one length up to a word have one hash, but for the one that 0 was made into.
        own.len() == other.len() && (own.len() <= 8 && self.hash.get() > 1 || own == other)
    }

    /// Its length in characters.
    pub fn len(&self) -> usize {
        if self.chars.get() == UNKNOWN {
            self.chars.set(self.as_str().chars().count());
        }
        self.chars.get()
    }

    /// Whether it has no characters.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Whether a character is a byte, so that indexing takes no search.
    pub fn is_ascii(&self) -> bool {
        self.len() == self.text.len()
    }

    /// The character at a place.
    pub fn char_at(&self, index: usize) -> Option<char> {
        if self.is_ascii() {
            self.text.get(index).map(|&b| char::from(b))
        } else {
            self.as_str().chars().nth(index)
        }
    }

    /// The byte offset of the character at a place; the text's length for places behind the end.
    pub fn byte_offset(&self, index: usize) -> usize {
        if self.is_ascii() {
            index.min(self.text.len())
        } else {
            self.as_str()
                .char_indices()
                .nth(index)
                .map_or(self.text.len(), |(at, _)| at)
        }
    }

    /// The hash of the text; never 0.
    #[inline]
    pub fn hash(&self) -> u64 {
        match self.hash.get() {
            0 => {
                let hash = hash_bytes(&self.text);
                self.hash.set(hash);
                hash
            }
            hash => hash,
        }
    }

    /// Appends in place; the caller holds the only reference.
    pub fn push_str(&mut self, more: &str) {
        self.text.extend_from_slice(more.as_bytes());
        self.hash.set(0);
        self.chars.set(UNKNOWN);
    }

    /// Whether this is the one interned string of its text.
    #[inline(always)]
    pub fn is_interned(&self) -> bool {
        self.interned.get()
    }
}

/// FNV-1a over eight bytes at a time, the rest as one word, with a final mix; 0 is kept for "not computed".
pub fn hash_bytes(bytes: &[u8]) -> u64 {
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    let mut hash = 0xcbf2_9ce4_8422_2325_u64 ^ bytes.len() as u64;
    let mut chunks = bytes.chunks_exact(8);
    for chunk in &mut chunks {
        let word = u64::from_le_bytes(chunk.try_into().expect("a chunk of eight"));
        hash = (hash ^ word).wrapping_mul(PRIME).rotate_left(29);
    }
    let rest = chunks.remainder();
    if !rest.is_empty() {
        hash = (hash ^ short_word(rest))
            .wrapping_mul(PRIME)
            .rotate_left(29);
    }
    hash ^= hash >> 32;
    hash = hash.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (hash ^ (hash >> 29)).max(1)
}

/// One to seven bytes as a word, the same for no two texts of one length.
#[inline(always)]
fn short_word(bytes: &[u8]) -> u64 {
    let four = |at: usize| {
        let part = bytes[at..at + 4].try_into().expect("a part of four");
        u64::from(u32::from_le_bytes(part))
    };
    let last = bytes.len() - 1;
    match bytes.len() {
        // Two parts that overlap.
        4.. => four(0) | four(bytes.len() - 4) << 32,
        _ => {
            u64::from(bytes[0])
                | u64::from(bytes[bytes.len() / 2]) << 8
                | u64::from(bytes[last]) << 16
        }
    }
}

impl HeapType for Str {
    const KIND: Kind = Kind::Str;
    const TRACED: bool = false;

    fn class(&self) -> Ref<Class> {
        types().str.clone()
    }
}

thread_local! {
    static ASCII: Vec<Ref<Str>> = (0..128_u8).map(|byte| intern(&char::from(byte).to_string())).collect();
}

/// The string of one character; those of ASCII exist once.
pub fn char_str(c: char) -> Ref<Str> {
    match u8::try_from(c) {
        Ok(byte) if byte < 128 => ASCII.with(|ascii| ascii[usize::from(byte)].clone()),
        _ => Ref::new(Str::new(c.to_string())),
    }
}

impl std::fmt::Display for Ref<Str> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
