//! `list`: a growable sequence.

pub mod items;
pub mod methods;
pub mod sort;

use std::cell::RefCell;

use super::heap::{HeapType, Kind, Ref, Visit};
use super::{Class, Value, types};

/// A list. Never hold a borrow of `items` while script code may run.
pub struct List {
    /// The elements.
    pub items: RefCell<Vec<Value>>,
}

impl List {
    /// A list of these elements.
    pub fn new(items: Vec<Value>) -> List {
        List {
            items: RefCell::new(items),
        }
    }
}

impl HeapType for List {
    const KIND: Kind = Kind::List;
    const TRACED: bool = true;

    fn trace(&self, visit: &mut Visit) {
        if let Ok(items) = self.items.try_borrow() {
            items.iter().for_each(|item| item.trace(visit));
        }
    }

    fn clear(&self) {
        drop(self.items.take());
    }

    fn class(&self) -> Ref<Class> {
        types().list.clone()
    }
}
