//! `set` and `frozenset`.

pub mod algebra;
mod iter;
pub mod methods;
mod table;

use std::cell::RefCell;

pub use iter::SetIter;
pub use table::{SetEntry, SetTable};

use super::dict::Found;
use super::heap::{HeapType, Kind, Ref, Visit};
use super::{Class, Value, types};

/// A set. Never hold a borrow of `table` while script code may run.
#[derive(Default)]
pub struct Set {
    /// The elements.
    pub table: RefCell<SetTable>,
}

/// A set that cannot be changed.
#[derive(Default)]
pub struct FrozenSet {
    /// The elements; they do not change once the set is made.
    pub table: RefCell<SetTable>,
}

impl FrozenSet {
    /// A set of plain values; nothing if one of them has no hash, or only the script knows it.
    pub fn of_plain(values: Vec<Value>) -> Option<FrozenSet> {
        let mut table = SetTable::default();
        for value in values {
            let hash = super::protocol::native_hash(&value)? as u64;
            match table.find(hash, &value) {
                Found::At(_) => {}
                Found::Nowhere => table.push(hash, value),
                Found::Ask => return None,
            }
        }
        let table = RefCell::new(table);
        Some(FrozenSet { table })
    }
}

impl Value {
    /// The elements, if this is a `set` or `frozenset`.
    pub fn as_set(&self) -> Option<&RefCell<SetTable>> {
        match self.get::<Set>() {
            Some(set) => Some(&set.table),
            None => self.get::<FrozenSet>().map(|set| &set.table),
        }
    }
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
        if let Ok(table) = self.table.try_borrow() {
            table.trace(visit);
        }
    }

    fn class(&self) -> Ref<Class> {
        types().frozenset.clone()
    }
}
