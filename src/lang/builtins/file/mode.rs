//! Modes of `open`.

use std::fs::OpenOptions;

use crate::lang::object::{Result, value_error};

/// A parsed mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mode {
    pub(super) read: bool,
    pub(super) write: bool,
    pub(super) append: bool,
    pub(super) create: bool,
    pub(super) update: bool,
    pub(super) binary: bool,
}

impl Mode {
    /// Parses text such as `r`, `wb` or `r+`.
    pub(super) fn parse(text: &str) -> Result<Mode> {
        let invalid = || value_error(format!("invalid mode: '{text}'"));
        let has = |c: char| text.contains(c);
        let doubled = text.char_indices().any(|(i, c)| text[..i].contains(c));
        if doubled || text.chars().any(|c| !"rwaxbt+".contains(c)) {
            return Err(invalid());
        }
        if has('b') && has('t') {
            return Err(value_error("can't have text and binary mode at once"));
        }
        if "rwax".chars().filter(|&c| has(c)).count() != 1 {
            return Err(value_error(
                "must have exactly one of create/read/write/append mode",
            ));
        }
        Ok(Mode {
            read: has('r'),
            write: has('w'),
            append: has('a'),
            create: has('x'),
            update: has('+'),
            binary: has('b'),
        })
    }

    pub(super) fn readable(self) -> bool {
        self.read || self.update
    }

    pub(super) fn writable(self) -> bool {
        !self.read || self.update
    }

    /// What the system is asked for.
    pub(super) fn options(self) -> OpenOptions {
        let mut options = OpenOptions::new();
        options
            .read(self.readable())
            .write(self.writable() && !self.append)
            .append(self.append)
            .truncate(self.write)
            .create(self.write || self.append)
            .create_new(self.create);
        options
    }

    /// The mode as the file's `mode` shows it.
    pub(super) fn raw_text(self) -> &'static str {
        match (self.read, self.write, self.append, self.update) {
            (true, .., false) => "rb",
            (_, true, _, false) => "wb",
            (.., true, false) => "ab",
            (true, .., true) => "rb+",
            (_, true, _, true) => "rb+",
            (.., true, true) => "ab+",
            (.., false) => "xb",
            _ => "xb+",
        }
    }
}
