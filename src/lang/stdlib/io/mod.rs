//! `_io`: files in memory; the names of `io` around them are written in the language.

mod bytes;
mod string;

use crate::lang::object::{Class, Exc, ModuleSpec, Raised, Ref, Value, types};

/// `_io`
pub(super) static IO: ModuleSpec = ModuleSpec {
    name: "_io",
    doc: "Files in memory.",
    functions: &[],
    setup: |caller, module| {
        module.set("BytesIO", Value::from(&bytes::bytes_io_class()));
        module.set("StringIO", Value::from(&string::string_io_class()));
        module.set("UnsupportedOperation", Value::from(&unsupported_class()));
        module.set(
            "open",
            caller
                .session()
                .builtins
                .get_str("open")
                .unwrap_or(Value::None),
        );
        Ok(())
    },
};

/// `io.UnsupportedOperation`, an OSError and a ValueError.
pub(super) fn unsupported_class() -> Ref<Class> {
    thread_local! {
        static CLASS: std::cell::OnceCell<Ref<Class>> = const { std::cell::OnceCell::new() };
    }
    let make = || {
        let bases = [Exc::OSError, Exc::ValueError].map(|kind| types().exception(kind).clone());
        crate::lang::object::exception::exception_class_of("io", "UnsupportedOperation", &bases)
    };
    CLASS.with(|class| class.get_or_init(make).clone())
}

/// An operation that a file was not opened for.
pub(super) fn unsupported_operation(what: &str) -> Raised {
    Raised::of_class(&unsupported_class(), [Value::str(what)])
}
