//! `_pickle`: values as bytes and back, in the format of CPython's `pickle`. Reading runs no code: it makes plain data,
//! the library's own containers, and instances of the program's classes without calling them.

mod read;
mod write;

use super::arguments::{self, new_bytes};
use super::define::def;
use super::record::{exception_class, exception_class_of};
use crate::lang::object::{Class, Exc, ModuleSpec, NativeSpec, Raised, Ref, Value};

/// `_pickle`
pub(super) static PICKLE: ModuleSpec = ModuleSpec {
    name: "_pickle",
    doc: "Values as bytes.",
    functions: FUNCTIONS,
    setup: |_, module| {
        let [base, writing, reading] = error_classes();
        module.set("PickleError", Value::from(base));
        module.set("PicklingError", Value::from(writing));
        module.set("UnpicklingError", Value::from(reading));
        Ok(())
    },
};

static FUNCTIONS: &[NativeSpec] = &[
    def(
        "dumps(obj, protocol, /)",
        "The bytes of a value.",
        |caller, args| {
            let protocol = args[1].as_int().unwrap_or(4);
            write::dumps(caller, &args[0], protocol).map(new_bytes)
        },
    ),
    def(
        "loads(data, /)",
        "The value of bytes, and how many of them it took.",
        |caller, args| {
            let data = arguments::bytes(&args[0])?;
            let (value, used) = read::loads(caller, &data)?;
            Ok(Value::tuple([value, Value::from(used)]))
        },
    ),
];

/// `PickleError`, `PicklingError`, `UnpicklingError`
fn error_classes() -> [Ref<Class>; 3] {
    thread_local! {
        static CLASSES: std::cell::OnceCell<[Ref<Class>; 3]> = const { std::cell::OnceCell::new() };
    }
    let make = || {
        let base = exception_class("_pickle", "PickleError", Exc::Exception);
        let derived = |name| exception_class_of("_pickle", name, std::slice::from_ref(&base));
        [
            base.clone(),
            derived("PicklingError"),
            derived("UnpicklingError"),
        ]
    };
    CLASSES.with(|classes| classes.get_or_init(make).clone())
}

fn pickling_error(message: impl Into<String>) -> Raised {
    Raised::of_class(&error_classes()[1], [Value::str(message)])
}

fn unpickling_error(message: impl Into<String>) -> Raised {
    Raised::of_class(&error_classes()[2], [Value::str(message)])
}
