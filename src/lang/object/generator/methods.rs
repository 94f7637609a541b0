//! Methods of the classes in this folder.

use crate::lang::object::native::ClassSpec;

/// `generator`
pub static GENERATOR: ClassSpec = ClassSpec {
    name: "generator",
    ..ClassSpec::EMPTY
};
