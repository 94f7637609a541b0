//! Methods of the classes in this folder.

use crate::lang::object::native::ClassSpec;

/// `list_iterator`
pub static LIST_ITERATOR: ClassSpec = ClassSpec {
    name: "list_iterator",
    ..ClassSpec::EMPTY
};

/// `tuple_iterator`
pub static TUPLE_ITERATOR: ClassSpec = ClassSpec {
    name: "tuple_iterator",
    ..ClassSpec::EMPTY
};

/// `range_iterator`
pub static RANGE_ITERATOR: ClassSpec = ClassSpec {
    name: "range_iterator",
    ..ClassSpec::EMPTY
};

/// `str_iterator`
pub static STR_ITERATOR: ClassSpec = ClassSpec {
    name: "str_iterator",
    ..ClassSpec::EMPTY
};

/// `bytes_iterator`
pub static BYTES_ITERATOR: ClassSpec = ClassSpec {
    name: "bytes_iterator",
    ..ClassSpec::EMPTY
};

/// `set_iterator`
pub static SET_ITERATOR: ClassSpec = ClassSpec {
    name: "set_iterator",
    ..ClassSpec::EMPTY
};

/// `dict_keyiterator`
pub static DICT_KEYITERATOR: ClassSpec = ClassSpec {
    name: "dict_keyiterator",
    ..ClassSpec::EMPTY
};

/// `dict_valueiterator`
pub static DICT_VALUEITERATOR: ClassSpec = ClassSpec {
    name: "dict_valueiterator",
    ..ClassSpec::EMPTY
};

/// `dict_itemiterator`
pub static DICT_ITEMITERATOR: ClassSpec = ClassSpec {
    name: "dict_itemiterator",
    ..ClassSpec::EMPTY
};

/// `callable_iterator`
pub static CALLABLE_ITERATOR: ClassSpec = ClassSpec {
    name: "callable_iterator",
    ..ClassSpec::EMPTY
};

/// `enumerate`
pub static ENUMERATE: ClassSpec = ClassSpec {
    name: "enumerate",
    ..ClassSpec::EMPTY
};

/// `zip`
pub static ZIP: ClassSpec = ClassSpec {
    name: "zip",
    ..ClassSpec::EMPTY
};

/// `map`
pub static MAP: ClassSpec = ClassSpec {
    name: "map",
    ..ClassSpec::EMPTY
};

/// `filter`
pub static FILTER: ClassSpec = ClassSpec {
    name: "filter",
    ..ClassSpec::EMPTY
};

/// `reversed`
pub static REVERSED: ClassSpec = ClassSpec {
    name: "reversed",
    ..ClassSpec::EMPTY
};
