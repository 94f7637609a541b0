//! `_functools`: the parts of `functools` that are worth to be native.

mod cache;
mod key;
mod partial;

use super::define::def;
use crate::lang::object::{Caller, ModuleSpec, NativeSpec, Result, Value, protocol, type_error};

/// `_functools`
pub(super) static FUNCTOOLS: ModuleSpec = ModuleSpec {
    name: "_functools",
    doc: "Functions of functions.",
    functions: FUNCTIONS,
    setup: |_, module| {
        module.set("partial", Value::from(&partial::partial_class()));
        module.set("_lru_cache_wrapper", Value::from(&cache::wrapper_class()));
        Ok(())
    },
};

static FUNCTIONS: &[NativeSpec] = &[
    def(
        "cmp_to_key(mycmp)",
        "A key function that compares as an old comparison function does.",
        key::cmp_to_key,
    ),
    def(
        "reduce(function, iterable, initial=..., /)",
        "Folds an iterable from the left: function(function(a, b), c) and so on.",
        reduce,
    ),
];

fn reduce(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let function = &args[0];
    let mut result = args[2].clone();
    protocol::for_each(caller, &args[1], |caller, item| {
        result = if result.is_unbound() {
            item
        } else {
            caller.call_positional(function, &[std::mem::take(&mut result), item])?
        };
        Ok(true)
    })?;
    if result.is_unbound() {
        return Err(type_error(
            "reduce() of empty iterable with no initial value",
        ));
    }
    Ok(result)
}
