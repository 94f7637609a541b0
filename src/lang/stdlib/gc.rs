//! `gc`: the cycle collector.

use super::define::def;
use crate::lang::object::heap::{Generation, collect, is_enabled, set_enabled, tracked};
use crate::lang::object::{ModuleSpec, NativeSpec, Value};

/// `gc`
pub(super) static GC: ModuleSpec = ModuleSpec {
    name: "gc",
    doc: "The collector of objects that refer to each other in a circle.",
    functions: FUNCTIONS,
    setup: |_, module| {
        module.set("callbacks", Value::list(Vec::new()));
        module.set("garbage", Value::list(Vec::new()));
        Ok(())
    },
};

static FUNCTIONS: &[NativeSpec] = &[
    def(
        "collect(generation=2)",
        "Frees circles of objects; returns how many objects they had.",
        |_, args| {
            let generation = if args[0].as_int() == Some(0) {
                Generation::Young
            } else {
                Generation::All
            };
            Ok(Value::from(collect(generation)))
        },
    ),
    def("disable()", "Switches automatic collection off.", |_, _| {
        set_enabled(false);
        Ok(Value::None)
    }),
    def("enable()", "Switches automatic collection on.", |_, _| {
        set_enabled(true);
        Ok(Value::None)
    }),
    def("freeze()", "Has no effect.", |_, _| Ok(Value::None)),
    def(
        "get_count()",
        "How many objects there are, by generation.",
        |_, _| {
            Ok(Value::tuple([
                Value::from(tracked()),
                Value::Int(0),
                Value::Int(0),
            ]))
        },
    ),
    def(
        "get_threshold()",
        "When the generations are collected.",
        |_, _| {
            Ok(Value::tuple([
                Value::Int(700),
                Value::Int(10),
                Value::Int(10),
            ]))
        },
    ),
    def(
        "isenabled()",
        "Whether collection happens by itself.",
        |_, _| Ok(Value::Bool(is_enabled())),
    ),
    def(
        "is_tracked(obj, /)",
        "Whether the collector watches an object.",
        |_, args| {
            Ok(Value::Bool(
                matches!(&args[0], Value::Obj(_))
                    && args[0].as_str().is_none()
                    && !args[0].is_int(),
            ))
        },
    ),
    def(
        "set_threshold(threshold0, threshold1=10, threshold2=10, /)",
        "Has no effect.",
        |_, _| Ok(Value::None),
    ),
];
