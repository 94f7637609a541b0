//! Modules that turn bytes into other bytes: `binascii`, `_hashlib`, `zlib`.

mod ascii;
mod hash;
mod zlib;

pub(super) use ascii::BINASCII;
pub(super) use hash::HASHLIB;
pub(super) use zlib::ZLIB;
