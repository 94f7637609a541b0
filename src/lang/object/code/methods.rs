//! Methods of the classes in this folder.

use crate::lang::object::native::ClassSpec;

/// `cell`
pub static CELL: ClassSpec = ClassSpec {
    name: "cell",
    ..ClassSpec::EMPTY
};

/// `code`
pub static CODE: ClassSpec = ClassSpec {
    name: "code",
    ..ClassSpec::EMPTY
};

/// `function`
pub static FUNCTION: ClassSpec = ClassSpec {
    name: "function",
    ..ClassSpec::EMPTY
};

/// `builtin_function_or_method`
pub static BUILTIN_FUNCTION: ClassSpec = ClassSpec {
    name: "builtin_function_or_method",
    ..ClassSpec::EMPTY
};

/// `method_descriptor`
pub static METHOD_DESCRIPTOR: ClassSpec = ClassSpec {
    name: "method_descriptor",
    ..ClassSpec::EMPTY
};

/// `method`
pub static METHOD: ClassSpec = ClassSpec {
    name: "method",
    ..ClassSpec::EMPTY
};
