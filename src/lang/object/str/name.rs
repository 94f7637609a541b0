//! Names: strings of which one copy exists, so that comparing two takes one look at their addresses.

use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use super::super::heap::Ref;
use super::Str;

/// An interned string.
pub type Name = Ref<Str>;

thread_local! {
    static NAMES: RefCell<HashMap<Box<str>, Name, BuildHasherDefault<TextHasher>>> = RefCell::default();
}

/// Hashes a text as strings do.
#[derive(Default)]
struct TextHasher(u64);

impl Hasher for TextHasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0 = super::hash_bytes(bytes) ^ self.0.rotate_left(5);
    }

    fn write_u8(&mut self, _: u8) {
        // The end mark of a `str`: its length is part of the hash already.
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// The one interned string with this text.
pub fn intern(text: &str) -> Name {
    NAMES.with_borrow_mut(|names| {
        if let Some(name) = names.get(text) {
            return name.clone();
        }
        let name = Ref::new(Str::copied(text));
        name.interned.set(true);
        name.hash();
        names.insert(text.into(), name.clone());
        name
    })
}

impl Ref<Str> {
    /// The interned string of the same text: itself, if it is interned already.
    pub fn interned(&self) -> Name {
        if self.is_interned() {
            self.clone()
        } else {
            intern(self.as_str())
        }
    }
}
