//! `set` and `frozenset`.

pub mod methods;

use std::cell::RefCell;

use super::dict::Table;
use super::heap::{HeapType, Kind, Ref, Visit};
use super::{Class, types};

/// A set. Never hold a borrow of `table` while script code may run.
#[derive(Default)]
pub struct Set {
    /// The elements, as keys.
    pub table: RefCell<Table>,
}

/// A set that cannot be changed.
#[derive(Default)]
pub struct FrozenSet {
    /// The elements, as keys.
    pub table: Table,
}

impl HeapType for Set {
    const KIND: Kind = Kind::Set;
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
        types().set.clone()
    }
}

impl HeapType for FrozenSet {
    const KIND: Kind = Kind::FrozenSet;
    const TRACED: bool = true;

    fn trace(&self, visit: &mut Visit) {
        self.table.trace(visit);
    }

    fn class(&self) -> Ref<Class> {
        types().frozenset.clone()
    }
}
