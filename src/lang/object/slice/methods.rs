//! Methods of the classes in this folder.

use crate::lang::object::native::ClassSpec;

/// `slice`
pub static SLICE: ClassSpec = ClassSpec {
    name: "slice",
    ..ClassSpec::EMPTY
};
