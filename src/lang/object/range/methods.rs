//! Methods of the classes in this folder.

use crate::lang::object::native::ClassSpec;

/// `range`
pub static RANGE: ClassSpec = ClassSpec {
    name: "range",
    ..ClassSpec::EMPTY
};
