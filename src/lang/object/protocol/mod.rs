//! What can be done with any value: attributes, items, operators, comparison, iteration, text. Built-in values are
//! served directly; for others the special methods of their class are called.

mod assign;
mod attr;
mod compare;
mod construct;
mod contain;
mod convert;
mod equal;
mod hash;
mod item;
mod iterate;
mod members;
mod missing;
mod operator;
mod recursion;
mod text;
mod warning;

pub use assign::{delete_attr, generic_delete_attr, generic_set_attr, is_object_method, set_attr};
pub use attr::{bind, call_method, find_attr, generic_get_attr, get_attr};
pub use compare::{compare, eq, identical_or_equal, less, rich_compare};
pub use construct::{allocate, construct, script_new, wrap};
pub use contain::contains;
pub use convert::{
    as_index, call_special, is_abstract_subclass, is_callable, is_direct_instance, is_instance,
    is_subclass, len, len_hint, special, special_by_name, truth,
};
pub use equal::builtin_compare;
pub use hash::{
    dict_get, dict_remove, dict_set, hash, hash_float, hash_integer, hash_tuple, native_hash,
    table_find, table_set,
};
pub use item::{
    SliceBounds, clamp_index, clamp_slice, delete_item, get_item, set_item, slice_bounds,
};
pub use iterate::{collect, collect_pairs, for_each, iter, listed, next};
pub use members::{set_add, set_contains, set_find, set_insert, set_remove, set_update};
pub use missing::{attribute_missing, nearest_attribute};
pub use operator::{binary, inplace, methods, unary, unsupported};
pub use recursion::{Entered, enter};
pub use text::{ascii, default_str, format, is_print, repr, repr_str, str};
pub(super) use warning::check_exact;
pub use warning::{deprecated, warn, warn_with_help};
