//! Descriptors: properties, static and class methods, native attributes, and `super`.

mod member;
pub mod methods;
mod property;
mod super_;

use std::cell::RefCell;

pub use member::{slot_member, slot_names};

use super::heap::{HeapType, Kind, Ref, Visit};
use super::native::GetSetSpec;
use super::{Class, Name, Raised, Value, attribute_error, types};

/// A `property`; each part is `None` where it is missing.
pub struct Property {
    /// `fget`
    pub get: Value,
    /// `fset`
    pub set: Value,
    /// `fdel`
    pub delete: Value,
    /// `__doc__`
    pub doc: RefCell<Value>,
    /// The name in the class it was made for.
    pub name: RefCell<Option<Name>>,
}

impl Property {
    /// The refusal of what the property has no function for.
    pub fn refusal(&self, obj: &Value, what: &str) -> Raised {
        let class = super::root::qualname(&obj.class());
        attribute_error(match &*self.name.borrow() {
            Some(name) => format!("property '{name}' of '{class}' object has no {what}"),
            None => format!("property of '{class}' object has no {what}"),
        })
    }
}

/// A `staticmethod`.
pub struct StaticMethod {
    /// The function.
    pub function: Value,
}

/// A `classmethod`.
pub struct ClassMethod {
    /// The function.
    pub function: Value,
}

/// A native attribute of the instances of a class.
pub struct GetSet {
    /// Its specification.
    pub spec: &'static GetSetSpec,
}

/// `super(class, receiver)`: looks attributes up behind `class` in the order of the receiver's class.
pub struct Super {
    /// The class behind which the search begins.
    pub class: Ref<Class>,
    /// What methods are bound to.
    pub receiver: Value,
    /// The class whose order is followed.
    pub order: Ref<Class>,
}

impl HeapType for Property {
    const KIND: Kind = Kind::Property;
    const TRACED: bool = true;

    fn trace(&self, visit: &mut Visit) {
        [&self.get, &self.set, &self.delete]
            .into_iter()
            .for_each(|part| part.trace(visit));
        if let Ok(doc) = self.doc.try_borrow() {
            doc.trace(visit);
        }
    }

    fn class(&self) -> Ref<Class> {
        types().property.clone()
    }
}

impl HeapType for StaticMethod {
    const KIND: Kind = Kind::StaticMethod;
    const TRACED: bool = true;

    fn trace(&self, visit: &mut Visit) {
        self.function.trace(visit);
    }

    fn class(&self) -> Ref<Class> {
        types().staticmethod.clone()
    }
}

impl HeapType for ClassMethod {
    const KIND: Kind = Kind::ClassMethod;
    const TRACED: bool = true;

    fn trace(&self, visit: &mut Visit) {
        self.function.trace(visit);
    }

    fn class(&self) -> Ref<Class> {
        types().classmethod.clone()
    }
}

impl HeapType for GetSet {
    const KIND: Kind = Kind::GetSet;
    const TRACED: bool = false;

    fn class(&self) -> Ref<Class> {
        types().getset_descriptor.clone()
    }
}

impl HeapType for Super {
    const KIND: Kind = Kind::Super;
    const TRACED: bool = true;

    fn trace(&self, visit: &mut Visit) {
        visit(self.class.as_any());
        visit(self.order.as_any());
        self.receiver.trace(visit);
    }

    fn class(&self) -> Ref<Class> {
        types().super_.clone()
    }
}
