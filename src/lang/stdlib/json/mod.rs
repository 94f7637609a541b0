//! `_json`: reading and writing of JSON; the classes around it are written in the language.

mod decode;
mod encode;

use super::define::def;
use crate::lang::object::{ModuleSpec, NativeSpec};

/// `_json`
pub(super) static JSON: ModuleSpec = ModuleSpec {
    name: "_json",
    doc: "Reading and writing of JSON.",
    functions: FUNCTIONS,
    setup: |_, _| Ok(()),
};

static FUNCTIONS: &[NativeSpec] = &[
    def(
        "decode(text, start, whole, error, object_hook, parse_float, parse_int, parse_constant, strict, object_pairs_hook, /)",
        "The value of a JSON text, and where it ends.",
        decode::decode,
    ),
    def(
        "encode(obj, default, skipkeys, ensure_ascii, check_circular, allow_nan, indent, item_separator, \
         key_separator, sort_keys, /)",
        "The JSON text of a value.",
        encode::encode,
    ),
    def(
        "encode_string(text, ensure_ascii, /)",
        "The JSON text of a string.",
        encode::encode_string,
    ),
];
