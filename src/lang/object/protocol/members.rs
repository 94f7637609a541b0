//! The elements of sets, found with the script's `__hash__` and `__eq__`.

use std::cell::RefCell;

use crate::lang::object::dict::Found;
use crate::lang::object::set::SetTable;
use crate::lang::object::{Caller, Dict, Exc, FrozenSet, Ref, Result, Set, Value};

/// The place of a key whose hash is known.
pub fn set_find(
    caller: &mut dyn Caller,
    table: &RefCell<SetTable>,
    hash: u64,
    key: &Value,
) -> Result<Option<usize>> {
    let found = table.borrow().find(hash, key);
    match found {
        Found::At(place) => Ok(Some(place)),
        Found::Nowhere => Ok(None),
        Found::Ask => super::hash::ask(caller, table, hash, key),
    }
}

/// `key in set`
pub fn set_contains(
    caller: &mut dyn Caller,
    table: &RefCell<SetTable>,
    key: &Value,
) -> Result<bool> {
    let (hash, key) = hash_of_member(caller, key)?;
    Ok(set_find(caller, table, hash, &key)?.is_some())
}

/// The hash of a value that is looked up in a set, where a set stands for the frozen one of its elements.
fn hash_of_member(caller: &mut dyn Caller, key: &Value) -> Result<(u64, Value)> {
    let error = match super::hash(caller, key) {
        Ok(hash) => return Ok((hash as u64, key.clone())),
        Err(error) => error,
    };
    match key.get::<Set>() {
        Some(set) if error.is(Exc::TypeError) => {
            let table = RefCell::new(set.table.borrow().clone());
            let frozen = Value::from(Ref::new(FrozenSet { table }));
            Ok((super::hash(caller, &frozen)? as u64, frozen))
        }
        _ => Err(error),
    }
}

/// `set.add(key)`
pub fn set_add(caller: &mut dyn Caller, table: &RefCell<SetTable>, key: Value) -> Result<()> {
    let hash = super::hash(caller, &key)? as u64;
    set_insert(caller, table, hash, key)
}

/// `set.add(key)` for a key whose hash is known.
pub fn set_insert(
    caller: &mut dyn Caller,
    table: &RefCell<SetTable>,
    hash: u64,
    key: Value,
) -> Result<()> {
    if set_find(caller, table, hash, &key)?.is_none() {
        table.borrow_mut().push(hash, key);
    }
    Ok(())
}

/// Takes a key out; false if it was not there.
pub fn set_remove(caller: &mut dyn Caller, table: &RefCell<SetTable>, key: &Value) -> Result<bool> {
    let (hash, key) = hash_of_member(caller, key)?;
    let place = set_find(caller, table, hash, &key)?;
    let old = place.map(|place| table.borrow_mut().remove(place));
    Ok(old.is_some())
}

/// Adds all elements of an iterable, in the steps of CPython's `set_update_internal`.
pub fn set_update(
    caller: &mut dyn Caller,
    table: &RefCell<SetTable>,
    iterable: &Value,
) -> Result<()> {
    if let Some(other) = iterable.as_set() {
        if std::ptr::eq(other, table) || other.borrow().is_empty() {
            return Ok(());
        }
        table.borrow_mut().make_room(other.borrow().len());
        if table.borrow_mut().copy_into_empty(&other.borrow()) {
            return Ok(());
        }
        let elements: Vec<_> = other.borrow().iter().cloned().collect();
        for element in elements {
            set_insert(caller, table, element.hash, element.key)?;
        }
        return Ok(());
    }
    if let Some(dict) = iterable.exact::<Dict>() {
        table.borrow_mut().make_room(dict.len());
        let entries: Vec<_> = dict
            .table
            .borrow()
            .iter()
            .map(|e| (e.hash, e.key.clone()))
            .collect();
        for (hash, key) in entries {
            set_insert(caller, table, hash, key)?;
        }
        return Ok(());
    }
    super::for_each(caller, iterable, |caller, item| {
        set_add(caller, table, item)?;
        Ok(true)
    })
}
