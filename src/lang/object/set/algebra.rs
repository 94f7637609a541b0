//! Set operations in the steps of CPython's `setobject.c`, so that results have its order.

use std::cell::RefCell;

use super::{FrozenSet, Set, SetEntry, SetTable};
use crate::lang::object::protocol::{
    dict_get, for_each, hash, set_add, set_contains, set_find, set_insert, set_remove, set_update,
};
use crate::lang::object::{Caller, Dict, Ref, Result, Value};

/// A new set of the built-in type of `like`.
pub fn made(like: &Value, table: SetTable) -> Value {
    let table = RefCell::new(table);
    if like.get::<FrozenSet>().is_some() {
        Value::from(Ref::new(FrozenSet { table }))
    } else {
        Value::from(Ref::new(Set { table }))
    }
}

/// The table of a set.
fn table(set: &Value) -> &RefCell<SetTable> {
    set.as_set()
        .expect("the caller has checked that it is a set")
}

fn elements(set: &Value) -> Vec<SetEntry> {
    table(set).borrow().iter().cloned().collect()
}

/// `set.copy()`
pub fn copy(set: &Value) -> Value {
    made(set, table(set).borrow().copy())
}

/// `set.union(other)`
pub fn union(caller: &mut dyn Caller, set: &Value, other: &Value) -> Result<Value> {
    let result = copy(set);
    set_update(caller, table(&result), other)?;
    Ok(result)
}

/// `set.intersection(other)`
pub fn intersection(caller: &mut dyn Caller, set: &Value, other: &Value) -> Result<Value> {
    let result = RefCell::new(SetTable::default());
    if let Some(others) = other.as_set() {
        if std::ptr::eq(others, table(set)) {
            return Ok(copy(set));
        }
        let swap = others.borrow().len() > table(set).borrow().len();
        let (large, small) = if swap { (other, set) } else { (set, other) };
        for SetEntry { hash, key } in elements(small) {
            if set_find(caller, table(large), hash, &key)?.is_some() {
                set_insert(caller, &result, hash, key)?;
            }
        }
    } else {
        for_each(caller, other, |caller, key| {
            let hash = hash(caller, &key)? as u64;
            if set_find(caller, table(set), hash, &key)?.is_some() {
                set_insert(caller, &result, hash, key)?;
            }
            Ok(true)
        })?;
    }
    Ok(made(set, result.into_inner()))
}

/// `set.difference(other)`
pub fn difference(caller: &mut dyn Caller, set: &Value, other: &Value) -> Result<Value> {
    let size = match (other.as_set(), other.exact::<Dict>()) {
        (Some(table), _) => Some(table.borrow().len()),
        (_, Some(dict)) => Some(dict.len()),
        _ => None,
    };
    let walk_other = size.is_none_or(|size| table(set).borrow().len() >> 2 > size);
    if walk_other {
        let result = copy(set);
        remove_all(caller, &result, other)?;
        return Ok(result);
    }
    let result = RefCell::new(SetTable::default());
    for SetEntry { hash, key } in elements(set) {
        let found = match other.exact::<Dict>() {
            Some(dict) => dict_get(caller, dict, &key)?.is_some(),
            None => set_find(caller, table(other), hash, &key)?.is_some(),
        };
        if !found {
            set_insert(caller, &result, hash, key)?;
        }
    }
    Ok(made(set, result.into_inner()))
}

/// `set.difference_update(other)`
pub fn remove_all(caller: &mut dyn Caller, set: &Value, other: &Value) -> Result<()> {
    if let Some(others) = other.as_set() {
        if std::ptr::eq(others, table(set)) {
            let old = table(set).borrow_mut().take();
            drop(old);
            return Ok(());
        }
        let many = others.borrow().len() >> 3 > table(set).borrow().len();
        let gone = if many {
            intersection(caller, set, other)?
        } else {
            other.clone()
        };
        for SetEntry { hash, key } in elements(&gone) {
            let place = set_find(caller, table(set), hash, &key)?;
            let old = place.map(|place| table(set).borrow_mut().remove(place));
            drop(old);
        }
    } else {
        for_each(caller, other, |caller, key| {
            set_remove(caller, table(set), &key)?;
            Ok(true)
        })?;
    }
    table(set).borrow_mut().tidy();
    Ok(())
}

/// `set.symmetric_difference(other)`
pub fn symmetric_difference(caller: &mut dyn Caller, set: &Value, other: &Value) -> Result<Value> {
    let result = made(set, SetTable::default());
    set_update(caller, table(&result), other)?;
    toggle_all(caller, &result, set)?;
    Ok(result)
}

/// `set.symmetric_difference_update(other)`
pub fn toggle_all(caller: &mut dyn Caller, set: &Value, other: &Value) -> Result<()> {
    let others = match other.as_set() {
        Some(others) if std::ptr::eq(others, table(set)) => {
            let old = table(set).borrow_mut().take();
            drop(old);
            return Ok(());
        }
        Some(_) => elements(other),
        None => {
            let distinct = RefCell::new(SetTable::default());
            set_update(caller, &distinct, other)?;
            distinct.into_inner().iter().cloned().collect()
        }
    };
    for SetEntry { hash, key } in others {
        match set_find(caller, table(set), hash, &key)? {
            Some(place) => {
                let old = table(set).borrow_mut().remove(place);
                drop(old);
            }
            None => set_insert(caller, table(set), hash, key)?,
        }
    }
    Ok(())
}

/// `set.isdisjoint(other)`
pub fn is_disjoint(caller: &mut dyn Caller, set: &Value, other: &Value) -> Result<bool> {
    let mut disjoint = true;
    for_each(caller, other, |caller, key| {
        disjoint = !set_contains(caller, table(set), &key)?;
        Ok(disjoint)
    })?;
    Ok(disjoint)
}

/// Any iterable as a set: itself, if it is one.
pub fn as_set(caller: &mut dyn Caller, value: &Value) -> Result<Value> {
    if value.as_set().is_some() {
        return Ok(value.clone());
    }
    let result = RefCell::new(SetTable::default());
    for_each(caller, value, |caller, key| {
        set_add(caller, &result, key)?;
        Ok(true)
    })?;
    Ok(made(&Value::None, result.into_inner()))
}
