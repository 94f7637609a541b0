//! What can be done with any value: attributes, items, operators, comparison, iteration, text. Built-in values are
//! served directly; for others the special methods of their class are called.

mod attr;
mod compare;
mod construct;
mod convert;
mod hash;
mod item;
mod iterate;
mod members;
mod operator;
mod recursion;
mod text;
mod warning;

pub use attr::{
    attribute_missing, bind, call_method, delete_attr, find_attr, generic_delete_attr,
    generic_get_attr, generic_set_attr, get_attr, is_object_method, nearest_attribute, set_attr,
};
pub use compare::{builtin_compare, compare, contains, eq, identical_or_equal, less, rich_compare};
pub use construct::{allocate, construct, script_new, wrap};
pub use convert::{
    as_index, call_special, is_abstract_subclass, is_callable, is_direct_instance, is_instance,
    is_subclass, len, len_hint, special, special_by_name, truth,
};
pub use hash::{
    dict_get, dict_remove, dict_set, hash, hash_float, hash_integer, hash_tuple, native_hash,
    table_find, table_set,
};
pub use item::{
    SliceBounds, clamp_index, clamp_slice, delete_item, get_item, set_item, slice_bounds,
};
pub use iterate::{collect, collect_pairs, for_each, iter, listed, next};
pub use members::{set_add, set_contains, set_find, set_insert, set_remove, set_update};
pub use operator::{binary, inplace, methods, unary, unsupported};
pub use recursion::{Entered, enter};
pub use text::{ascii, default_str, format, is_print, repr, repr_str, str};
pub(super) use warning::check_exact;
pub use warning::{deprecated, warn, warn_with_help};
