//! Methods of the classes in this folder.

use crate::lang::object::native::ClassSpec;

/// `bytes`
pub static BYTES: ClassSpec = ClassSpec {
    name: "bytes",
    solid: true,
    ..ClassSpec::EMPTY
};

/// `bytearray`
pub static BYTEARRAY: ClassSpec = ClassSpec {
    name: "bytearray",
    solid: true,
    ..ClassSpec::EMPTY
};
