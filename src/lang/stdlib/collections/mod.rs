//! `_collections`: the parts of `collections` that are worth to be native.

mod defaultdict;
mod deque;
mod deque_methods;
pub(super) mod namedtuple;

use super::define::def;
use crate::lang::object::code::BinOp;
use crate::lang::object::{Caller, Dict, ModuleSpec, NativeSpec, Result, Value, protocol};

/// `_collections`
pub(super) static COLLECTIONS: ModuleSpec = ModuleSpec {
    name: "_collections",
    doc: "Containers.",
    functions: FUNCTIONS,
    setup: |_, module| {
        module.set(
            "defaultdict",
            Value::from(&defaultdict::defaultdict_class()),
        );
        module.set("deque", Value::from(&deque::deque_class()));
        Ok(())
    },
};

static FUNCTIONS: &[NativeSpec] = &[
    def(
        "_count_elements(mapping, iterable, /)",
        "Counts the elements of an iterable in a mapping.",
        count_elements,
    ),
    def(
        "namedtuple(typename, field_names, *, rename=False, defaults=None, module=None)",
        "A class of tuples whose elements have names.",
        namedtuple::namedtuple,
    ),
];

fn count_elements(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let dict = args[0].get::<Dict>().cloned();
    protocol::for_each(caller, &args[1], |caller, item| {
        let Some(dict) = &dict else {
            let old =
                protocol::call_method(caller, &args[0], "get", &[item.clone(), Value::Int(0)])?;
            let new = protocol::binary(caller, BinOp::Add, &old, &Value::Int(1))?;
            return protocol::set_item(caller, &args[0], &item, new).map(|()| true);
        };
        let (hash, place) = protocol::table_find(caller, &dict.table, &item)?;
        let Some(place) = place else {
            dict.table.borrow_mut().push(hash, item, Value::Int(1));
            return Ok(true);
        };
        let old = dict
            .table
            .borrow()
            .entry(place)
            .map(|entry| entry.value.clone())
            .unwrap_or(Value::Int(0));
        let new = match old {
            Value::Int(count) if count < i64::MAX => Value::Int(count + 1),
            old => protocol::binary(caller, BinOp::Add, &old, &Value::Int(1))?,
        };
        *dict.table.borrow_mut().value_mut(place) = new;
        Ok(true)
    })?;
    Ok(Value::None)
}
