//! `module`: a namespace with a name.

pub mod methods;

use std::cell::RefCell;

use super::heap::{HeapType, Kind, Ref, Visit};
use super::{Class, Dict, Value, intern, types};

/// A module.
pub struct Module {
    /// Its namespace.
    pub dict: Ref<Dict>,
    /// Makes attributes that are asked for the first time; `None` where there is no such attribute.
    pub lazy: RefCell<Option<Lazy>>,
}

/// Finds an attribute of a module when it is first asked for.
pub type Lazy = fn(&mut dyn super::Caller, &Ref<Module>, &str) -> super::Result<Option<Value>>;

impl Module {
    /// An empty module.
    pub fn new(name: &str, doc: &str) -> Ref<Module> {
        let dict = Dict::new();
        dict.set_str("__name__", Value::from(&intern(name)));
        dict.set_str(
            "__doc__",
            if doc.is_empty() {
                Value::None
            } else {
                Value::str(doc)
            },
        );
        Ref::new(Module {
            dict,
            lazy: RefCell::new(None),
        })
    }

    /// `__name__`
    pub fn name(&self) -> String {
        self.dict
            .get_str("__name__")
            .and_then(|name| name.as_str().map(str::to_string))
            .unwrap_or_default()
    }

    /// Sets an attribute.
    pub fn set(&self, name: &str, value: impl Into<Value>) {
        self.dict.set_str(name, value.into());
    }
}

impl HeapType for Module {
    const KIND: Kind = Kind::Module;
    const TRACED: bool = true;

    fn trace(&self, visit: &mut Visit) {
        visit(self.dict.as_any());
    }

    fn class(&self) -> Ref<Class> {
        types().module.clone()
    }
}
