//! Methods of the classes in this folder.

use crate::lang::object::native::ClassSpec;

/// `dict`
pub static DICT: ClassSpec = ClassSpec {
    name: "dict",
    solid: true,
    ..ClassSpec::EMPTY
};

/// `dict_keys`
pub static DICT_KEYS: ClassSpec = ClassSpec {
    name: "dict_keys",
    ..ClassSpec::EMPTY
};

/// `dict_values`
pub static DICT_VALUES: ClassSpec = ClassSpec {
    name: "dict_values",
    ..ClassSpec::EMPTY
};

/// `dict_items`
pub static DICT_ITEMS: ClassSpec = ClassSpec {
    name: "dict_items",
    ..ClassSpec::EMPTY
};
