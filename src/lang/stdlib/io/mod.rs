//! `io`

use crate::lang::object::class::NewClass;
use crate::lang::object::dict::Table;
use crate::lang::object::{Class, Exc, Raised, Ref, Value, intern, types};

/// `io.UnsupportedOperation`, an OSError and a ValueError.
pub(super) fn unsupported_class() -> Ref<Class> {
    thread_local! {
        static CLASS: std::cell::OnceCell<Ref<Class>> = const { std::cell::OnceCell::new() };
    }
    let make = || {
        let mut attrs = Table::default();
        attrs.set_name(&intern("__module__"), Value::from(&intern("io")));
        let new = NewClass {
            name: intern("UnsupportedOperation"),
            bases: vec![
                types().exception(Exc::OSError).clone(),
                types().exception(Exc::ValueError).clone(),
            ],
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
pub(super) fn unsupported_operation(what: &str) -> Raised {
    Raised::of_class(&unsupported_class(), [Value::str(what)])
}
