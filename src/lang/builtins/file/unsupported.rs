//! `io.UnsupportedOperation`.

use std::cell::OnceCell;

use crate::lang::object::exception::exception_class_of;
use crate::lang::object::{Class, Exc, Raised, Ref, Value, types};

thread_local! {
    static CLASS: OnceCell<Ref<Class>> = const { OnceCell::new() };
}

/// `io.UnsupportedOperation`, an OSError and a ValueError.
pub fn unsupported_class() -> Ref<Class> {
    let make = || {
        let bases = [Exc::OSError, Exc::ValueError].map(|kind| types().exception(kind).clone());
        exception_class_of("io", "UnsupportedOperation", &bases)
    };
    CLASS.with(|class| class.get_or_init(make).clone())
}

/// An operation that a file was not opened for.
pub fn unsupported_operation(what: &str) -> Raised {
    Raised::of_class(&unsupported_class(), [Value::str(what)])
}
