//! Methods of the classes in this folder.

use crate::lang::object::native::ClassSpec;

/// `module`
pub static MODULE: ClassSpec = ClassSpec {
    name: "module",
    ..ClassSpec::EMPTY
};
