//! Methods of the classes in this folder.

use crate::lang::object::native::ClassSpec;

/// `list`
pub static LIST: ClassSpec = ClassSpec {
    name: "list",
    solid: true,
    ..ClassSpec::EMPTY
};
