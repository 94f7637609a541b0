//! Methods of the classes in this folder.

use crate::lang::object::native::ClassSpec;

/// `int`
pub static INT: ClassSpec = ClassSpec {
    name: "int",
    solid: true,
    ..ClassSpec::EMPTY
};

/// `bool`
pub static BOOL: ClassSpec = ClassSpec {
    name: "bool",
    ..ClassSpec::EMPTY
};

/// `float`
pub static FLOAT: ClassSpec = ClassSpec {
    name: "float",
    solid: true,
    ..ClassSpec::EMPTY
};

/// `complex`
pub static COMPLEX: ClassSpec = ClassSpec {
    name: "complex",
    solid: true,
    ..ClassSpec::EMPTY
};
