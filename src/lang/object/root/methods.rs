//! Methods of the classes in this folder.

use crate::lang::object::native::ClassSpec;

/// `object`
pub static OBJECT: ClassSpec = ClassSpec {
    name: "object",
    ..ClassSpec::EMPTY
};

/// `type`
pub static TYPE: ClassSpec = ClassSpec {
    name: "type",
    solid: true,
    ..ClassSpec::EMPTY
};

/// `NoneType`
pub static NONE_TYPE: ClassSpec = ClassSpec {
    name: "NoneType",
    ..ClassSpec::EMPTY
};

/// `NotImplementedType`
pub static NOT_IMPLEMENTED_TYPE: ClassSpec = ClassSpec {
    name: "NotImplementedType",
    ..ClassSpec::EMPTY
};

/// `ellipsis`
pub static ELLIPSIS_TYPE: ClassSpec = ClassSpec {
    name: "ellipsis",
    ..ClassSpec::EMPTY
};
