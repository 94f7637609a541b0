//! `bytes` and `bytearray`.

pub mod methods;

use std::cell::RefCell;

use super::heap::{HeapType, Kind, Ref};
use super::{Class, types};

/// Immutable bytes.
pub struct Bytes(pub Box<[u8]>);

/// Bytes that can be changed.
pub struct ByteArray(pub RefCell<Vec<u8>>);

impl HeapType for Bytes {
    const KIND: Kind = Kind::Bytes;
    const TRACED: bool = false;

    fn class(&self) -> Ref<Class> {
        types().bytes.clone()
    }
}

impl HeapType for ByteArray {
    const KIND: Kind = Kind::ByteArray;
    const TRACED: bool = false;

    fn class(&self) -> Ref<Class> {
        types().bytearray.clone()
    }
}
