//! The names that every program has: functions, classes, exceptions, constants.

mod asynchronous;
mod attributes;
mod build_class;
pub mod file;
mod help;
mod input;
mod iterate;
mod numbers;
mod order;
mod print;
mod scope;
mod site;
mod text;

use super::object::bytes::memoryview_class;
use super::object::caller::Session;
use super::object::{Exc, Module, Native, NativeSpec, Ref, Value, types};

/// The functions, one group a line.
static GROUPS: &[&[NativeSpec]] = &[
    asynchronous::FUNCTIONS,
    attributes::FUNCTIONS,
    build_class::FUNCTIONS,
    file::FUNCTIONS,
    help::FUNCTIONS,
    iterate::FUNCTIONS,
    input::FUNCTIONS,
    numbers::FUNCTIONS,
    order::FUNCTIONS,
    print::FUNCTIONS,
    scope::FUNCTIONS,
    text::FUNCTIONS,
];

/// Fills the namespace of builtins.
pub fn install(session: &Session) {
    let names = &session.builtins;
    for spec in GROUPS.iter().copied().flatten() {
        let native = Native::function(spec);
        names.set_name(&native.name.clone(), Value::from(native));
    }
    let t = types();
    let classes = [
        &t.object,
        &t.type_,
        &t.int,
        &t.bool,
        &t.float,
        &t.complex,
        &t.str,
        &t.bytes,
        &t.bytearray,
        &t.list,
        &t.tuple,
        &t.dict,
        &t.set,
        &t.frozenset,
        &t.range,
        &t.slice,
        &t.property,
        &t.staticmethod,
        &t.classmethod,
        &t.super_,
        &t.enumerate,
        &t.zip,
        &t.map,
        &t.filter,
        &t.reversed,
    ];
    for class in classes {
        names.set_name(&class.name(), Value::from(class));
    }
    names.set_str("memoryview", Value::from(memoryview_class()));
    for site in site::ALL {
        names.set_str(site.name, Value::from(Ref::new(site)));
    }
    for (name, value) in [
        ("None", Value::None),
        ("True", Value::Bool(true)),
        ("False", Value::Bool(false)),
    ] {
        names.set_str(name, value);
    }
    asynchronous::install(session);
    for kind in Exc::ALL {
        names.set_str(kind.name(), Value::from(t.exception(*kind)));
    }
    for alias in ["EnvironmentError", "IOError"] {
        names.set_str(alias, Value::from(t.exception(Exc::OSError)));
    }
    names.set_str("NotImplemented", Value::NotImplemented);
    names.set_str("Ellipsis", Value::Ellipsis);
    names.set_str("__debug__", Value::Bool(session.optimize == 0));
    names.set_str("__name__", Value::from("builtins"));
    let module = Module {
        dict: names.clone(),
        lazy: Default::default(),
    };
    session
        .modules
        .set_str("builtins", Value::from(Ref::new(module)));
}
