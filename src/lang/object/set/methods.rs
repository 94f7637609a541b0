//! Methods of the classes in this folder.

use crate::lang::object::native::ClassSpec;

/// `set`
pub static SET: ClassSpec = ClassSpec {
    name: "set",
    solid: true,
    ..ClassSpec::EMPTY
};

/// `frozenset`
pub static FROZENSET: ClassSpec = ClassSpec {
    name: "frozenset",
    solid: true,
    ..ClassSpec::EMPTY
};
