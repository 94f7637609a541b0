//! Classes of exceptions that modules bring with them.

use super::Exc;
use crate::lang::object::class::NewClass;
use crate::lang::object::dict::Table;
use crate::lang::object::{Class, Ref, Value, intern, types};

/// A native class of exceptions that belongs to a module.
pub fn exception_class(module: &str, name: &str, base: Exc) -> Ref<Class> {
    exception_class_of(module, name, &[types().exception(base).clone()])
}

/// A native class of exceptions with these bases.
pub fn exception_class_of(module: &str, name: &str, bases: &[Ref<Class>]) -> Ref<Class> {
    let mut attrs = Table::default();
    attrs.set_name(&intern("__module__"), Value::from(&intern(module)));
    let new = NewClass {
        name: intern(name),
        bases: bases.to_vec(),
        attrs,
        metaclass: None,
        make: None,
        native: true,
        solid: None,
    };
    let class = Class::create(new).expect("exceptions have one layout");
    class.open();
    class
}
