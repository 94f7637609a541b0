//! `io.UnsupportedOperation`.

use std::cell::OnceCell;

use crate::lang::object::class::NewClass;
use crate::lang::object::dict::Table;
use crate::lang::object::{Class, Exc, Raised, Ref, Value, intern, types};

thread_local! {
    static CLASS: OnceCell<Ref<Class>> = const { OnceCell::new() };
}

/// `io.UnsupportedOperation`, an OSError and a ValueError.
pub fn unsupported_class() -> Ref<Class> {
    let make = || {
        let mut attrs = Table::default();
        attrs.set_name(&intern("__module__"), Value::from(&intern("io")));
        let bases = [Exc::OSError, Exc::ValueError].map(|kind| types().exception(kind).clone());
        let new = NewClass {
            name: intern("UnsupportedOperation"),
            bases: bases.to_vec(),
            attrs,
            metaclass: None,
            make: None,
            native: true,
            solid: None,
        };
        Class::create(new).expect("exceptions have one layout")
    };
    CLASS.with(|class| class.get_or_init(make).clone())
}

/// An operation that a file was not opened for.
pub fn unsupported_operation(what: &str) -> Raised {
    Raised::of_class(&unsupported_class(), [Value::str(what)])
}
