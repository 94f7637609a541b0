//! `_pickle`: values as bytes and back, in the format of CPython's `pickle`. Reading runs no code: it makes plain data,
//! the library's own containers, and instances of the program's classes without calling them.

mod describe;
mod find;
mod read;
mod rebuild;
mod write;

use super::arguments::{self, new_bytes};
use super::define::def;
use crate::lang::object::exception::{exception_class, exception_class_of};
use crate::lang::object::{Class, Exc, ModuleSpec, NativeSpec, Raised, Ref, Value, protocol};

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
        "dumps(obj, protocol, persistent_id=None, reducer_override=None, /)",
        "The bytes of a value. `persistent_id(obj)` may name what is stored elsewhere; `reducer_override(obj)` may say how to make an object.",
        |caller, args| {
            let hooks = write::Hooks {
                protocol: args[1].as_int().unwrap_or(4),
                persistent_id: given(&args[2]),
                reducer_override: given(&args[3]),
            };
            write::dumps(caller, &args[0], hooks).map(new_bytes)
        },
    ),
    def(
        "loads(data, persistent_load=None, find_class=None, strict=False, /)",
        "The value of bytes, and how many of them it took. With `strict`, only what `find_class` gives is called, and only opcodes of protocol 2 count.",
        |caller, args| {
            let data = arguments::bytes(&args[0])?;
            let hooks = read::Hooks {
                persistent_load: given(&args[1]),
                find_class: given(&args[2]),
                strict: args[3].native_truth().unwrap_or(false),
            };
            let (value, used) = read::loads(caller, &data, hooks)?;
            Ok(Value::tuple([value, Value::from(used)]))
        },
    ),
    def(
        "find_class(module, name, /)",
        "A class by its name; functions are refused unless they were allowed.",
        |caller, args| {
            let (Some(module), Some(name)) = (args[0].as_str(), args[1].as_str()) else {
                return Err(unpickling_error("find_class() requires str"));
            };
            find::find_class(caller, module, name)
        },
    ),
    def(
        "allow(function, /)",
        "Lets pickles call a function of the library, one that only makes plain values.",
        |_, args| {
            find::allow(&args[0]);
            Ok(args[0].clone())
        },
    ),
    def(
        "_encode(text, encoding='utf-8', /)",
        "What old protocols write for bytes.",
        |caller, args| protocol::call_method(caller, &args[0], "encode", &args[1..]),
    ),
];

fn given(value: &Value) -> Option<Value> {
    (!value.is_none()).then(|| value.clone())
}

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
