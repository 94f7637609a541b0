//! Methods of the classes in this folder.

use crate::lang::object::native::ClassSpec;

/// `property`
pub static PROPERTY: ClassSpec = ClassSpec {
    name: "property",
    ..ClassSpec::EMPTY
};

/// `staticmethod`
pub static STATICMETHOD: ClassSpec = ClassSpec {
    name: "staticmethod",
    ..ClassSpec::EMPTY
};

/// `classmethod`
pub static CLASSMETHOD: ClassSpec = ClassSpec {
    name: "classmethod",
    ..ClassSpec::EMPTY
};

/// `getset_descriptor`
pub static GETSET_DESCRIPTOR: ClassSpec = ClassSpec {
    name: "getset_descriptor",
    ..ClassSpec::EMPTY
};

/// `super`
pub static SUPER: ClassSpec = ClassSpec {
    name: "super",
    ..ClassSpec::EMPTY
};
