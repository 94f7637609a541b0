//! Names: strings of which one copy exists, so that comparing two takes one look at their addresses.

use std::cell::RefCell;
use std::collections::HashMap;

use super::super::heap::Ref;
use super::Str;

/// An interned string.
pub type Name = Ref<Str>;

thread_local! {
    static NAMES: RefCell<HashMap<Box<str>, Name>> = RefCell::new(HashMap::new());
}

/// The one interned string with this text.
pub fn intern(text: &str) -> Name {
    NAMES.with_borrow_mut(|names| {
        if let Some(name) = names.get(text) {
            return name.clone();
        }
        let name = Ref::new(Str::new(text.to_string()));
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
