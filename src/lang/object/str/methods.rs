//! Methods of the classes in this folder.

use crate::lang::object::native::ClassSpec;

/// `str`
pub static STR: ClassSpec = ClassSpec {
    name: "str",
    solid: true,
    ..ClassSpec::EMPTY
};
