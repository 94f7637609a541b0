//! Iteration over sets.

use crate::lang::object::heap::{Ref, Visit};
use crate::lang::object::iter::{NativeIter, Reduced, again};
use crate::lang::object::{Caller, Class, Result, Value, runtime_error, types};

/// Over a set; a change of its size is an error.
pub struct SetIter {
    /// The set; unbound at the end.
    set: Value,
    next: usize,
    size: usize,
    left: usize,
}

impl SetIter {
    /// An iterator over a `set` or `frozenset`.
    pub fn new(set: &Value) -> SetIter {
        let size = set.as_set().map_or(0, |table| table.borrow().len());
        SetIter {
            set: set.clone(),
            next: 0,
            size,
            left: size,
        }
    }
}

impl SetIter {
    /// The next element.
    pub fn step(&mut self) -> Result<Option<Value>> {
        let Some(table) = self.set.as_set() else {
            return Ok(None);
        };
        if table.borrow().len() != self.size {
            self.size = usize::MAX;
            return Err(runtime_error("Set changed size during iteration"));
        }
        let found = table
            .borrow()
            .next_from(self.next)
            .map(|(place, entry)| (place, entry.key.clone()));
        match found {
            Some((place, key)) => {
                self.next = place + 1;
                self.left -= 1;
                Ok(Some(key))
            }
            None => {
                (self.set, self.left) = (Value::Unbound, 0);
                Ok(None)
            }
        }
    }
}

impl NativeIter for SetIter {
    fn next(&mut self, _: &mut dyn Caller) -> Result<Option<Value>> {
        self.step()
    }

    fn trace(&self, visit: &mut Visit) {
        self.set.trace(visit);
    }

    fn class(&self) -> Ref<Class> {
        types().set_iterator.clone()
    }

    fn len_hint(&self) -> Option<usize> {
        let size = self.set.as_set().map_or(0, |table| table.borrow().len());
        Some(if size == self.size { self.left } else { 0 })
    }

    fn reduce(&self) -> Option<Reduced> {
        let table = self.set.as_set();
        let mut items = Vec::new();
        let mut next = self.next;
        while let Some(table) = &table
            && let Some((place, entry)) = table.borrow().next_from(next)
        {
            items.push(entry.key.clone());
            next = place + 1;
        }
        Some(again(&Value::list(items), None))
    }
}
