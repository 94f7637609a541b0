//! The classes of exceptions and their methods.

use super::Exc;
use crate::lang::object::class::NewClass;
use crate::lang::object::dict::Table;
use crate::lang::object::native::ClassSpec;
use crate::lang::object::{Class, Ref, intern};

/// `traceback`
pub static TRACEBACK: ClassSpec = ClassSpec {
    name: "traceback",
    ..ClassSpec::EMPTY
};

/// Makes all exception classes, in the order of [`Exc::ALL`].
pub fn define(object: &Ref<Class>) -> Vec<Ref<Class>> {
    let mut classes: Vec<Ref<Class>> = Vec::with_capacity(Exc::ALL.len());
    for kind in Exc::ALL {
        let base = kind.base().map_or(object, |base| &classes[base as usize]);
        let new = NewClass {
            name: intern(kind.name()),
            bases: vec![base.clone()],
            attrs: Table::default(),
            metaclass: None,
            make: None,
            native: true,
            solid: kind.base().is_none().then_some("BaseException"),
        };
        classes.push(Class::create(new).expect("one base always fits"));
    }
    classes
}
