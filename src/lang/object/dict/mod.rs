//! `dict` and its views.

mod index;
pub mod methods;
mod table;
mod views;

use std::cell::RefCell;

pub use table::{Entry, Found, Keys, Table, native_eq};
pub use views::compared as compare_views;

use super::heap::{HeapType, Kind, Ref, Visit};
use super::{Class, Name, Value, types};

/// A dict. Never hold a borrow of `table` while script code may run.
#[derive(Default)]
pub struct Dict {
    /// The entries.
    pub table: RefCell<Table>,
}

impl Dict {
    /// An empty dict on the heap.
    pub fn new() -> Ref<Dict> {
        Ref::new(Dict::default())
    }

    /// How many entries it has.
    pub fn len(&self) -> usize {
        self.table.borrow().len()
    }

    /// Whether it has no entries.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value of a name.
    pub fn get_name(&self, name: &Name) -> Option<Value> {
        self.table.borrow().get_name(name).cloned()
    }

    /// The value of a text key.
    pub fn get_str(&self, text: &str) -> Option<Value> {
        self.table.borrow().get_str(text).cloned()
    }

    /// Sets the value of a name.
    pub fn set_name(&self, name: &Name, value: Value) {
        // The old value is dropped after the borrow: dropping may free anything.
        let old = self.table.borrow_mut().set_name(name, value);
        drop(old);
    }

    /// Sets the value of a text key.
    pub fn set_str(&self, text: &str, value: Value) {
        self.set_name(&super::intern(text), value);
    }

    /// Takes out a name.
    pub fn remove_name(&self, name: &Name) -> Option<Value> {
        self.table.borrow_mut().remove_name(name)
    }

    /// Copies of all entries.
    pub fn entries(&self) -> Vec<(Value, Value)> {
        self.table
            .borrow()
            .iter()
            .map(|entry| (entry.key.clone(), entry.value.clone()))
            .collect()
    }
}

impl HeapType for Dict {
    const KIND: Kind = Kind::Dict;
    const TRACED: bool = true;

    fn trace(&self, visit: &mut Visit) {
        if let Ok(table) = self.table.try_borrow() {
            table.trace(visit);
        }
    }

    fn clear(&self) {
        let table = self.table.borrow_mut().take();
        drop(table);
    }

    fn class(&self) -> Ref<Class> {
        types().dict.clone()
    }
}

/// Which part of a dict a view shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// `keys()`
    Keys,
    /// `values()`
    Values,
    /// `items()`
    Items,
}

/// A live view of a dict.
pub struct DictView {
    /// The dict.
    pub dict: Ref<Dict>,
    /// What it shows.
    pub part: Part,
}

impl HeapType for DictView {
    const KIND: Kind = Kind::DictView;
    const TRACED: bool = true;

    fn trace(&self, visit: &mut Visit) {
        visit(self.dict.as_any());
    }

    fn class(&self) -> Ref<Class> {
        match self.part {
            Part::Keys => types().dict_keys.clone(),
            Part::Values => types().dict_values.clone(),
            Part::Items => types().dict_items.clone(),
        }
    }
}
