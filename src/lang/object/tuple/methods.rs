//! Methods of the classes in this folder.

use crate::lang::object::native::ClassSpec;

/// `tuple`
pub static TUPLE: ClassSpec = ClassSpec {
    name: "tuple",
    solid: true,
    ..ClassSpec::EMPTY
};
