//! The hash table behind dicts, sets, namespaces and classes: entries in insertion order, and an index over them.

use super::index::Index;
use crate::lang::object::heap::{AnyRef, Kind, Visit};
use crate::lang::object::{Name, Str, Tuple, Value};

/// Up to so many entries are searched one by one, without an index.
const SMALL: usize = 8;

/// A key with its hash and value; the key of a deleted entry is [`Value::Unbound`].
#[derive(Clone)]
pub struct Entry {
    /// The key's hash.
    pub hash: u64,
    /// The key.
    pub key: Value,
    /// The value; for sets, `Value::None`.
    pub value: Value,
}

/// What a search without calling the script found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// The entry at this place.
    At(usize),
    /// No entry.
    Nowhere,
    /// There are keys of the same hash that only the script's `__eq__` can compare.
    Ask,
}

/// What a search that asks the script wants to know of a table.
pub trait Keys {
    /// The places of all keys with this hash.
    fn candidates(&self, hash: u64) -> Vec<usize>;
    /// The key at a place, if there is one.
    fn key(&self, place: usize) -> Option<&Value>;
}

impl Keys for Table {
    fn candidates(&self, hash: u64) -> Vec<usize> {
        if self.entries.len() <= SMALL {
            return (0..self.entries.len())
                .filter(|&i| self.entry(i).is_some_and(|e| e.hash == hash))
                .collect();
        }
        let mut places = Vec::new();
        self.index.find(hash, |place| {
            if self.entries[place].hash == hash {
                places.push(place);
            }
            false
        });
        places
    }

    fn key(&self, place: usize) -> Option<&Value> {
        self.entry(place).map(|entry| &entry.key)
    }
}

/// A table from values to values in insertion order.
#[derive(Clone, Default)]
pub struct Table {
    entries: Vec<Entry>,
    index: Index,
    live: usize,
    version: u32,
}

impl Table {
    /// How many entries it has.
    #[inline]
    pub fn len(&self) -> usize {
        self.live
    }

    /// Whether it has no entries.
    pub fn is_empty(&self) -> bool {
        self.live == 0
    }

    /// Changes whenever a key comes or goes (not when a value is replaced).
    #[inline]
    pub fn version(&self) -> u32 {
        self.version
    }

    /// All places, deleted ones included: the range that iteration runs over.
    pub fn places(&self) -> usize {
        self.entries.len()
    }

    /// The entry at a place, unless it was deleted.
    #[inline]
    pub fn entry(&self, place: usize) -> Option<&Entry> {
        self.entries
            .get(place)
            .filter(|entry| !entry.key.is_unbound())
    }

    /// The value at a place, if its key is this very name.
    #[inline(always)]
    pub fn value_of(&self, place: usize, name: &Name) -> Option<&Value> {
        let entry = self.entries.get(place)?;
        entry.key.is_object(name.as_any()).then_some(&entry.value)
    }

    /// The living entries in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Entry> {
        self.entries.iter().filter(|entry| !entry.key.is_unbound())
    }

    /// The first living entry at or after a place, with its place.
    #[inline]
    pub fn next_from(&self, place: usize) -> Option<(usize, &Entry)> {
        let rest = self.entries.get(place..)?;
        rest.iter()
            .position(|entry| !entry.key.is_unbound())
            .map(|skip| (place + skip, &rest[skip]))
    }

    /// The value at a place, to be replaced.
    pub fn value_mut(&mut self, place: usize) -> &mut Value {
        &mut self.entries[place].value
    }

    /// Looks for a name.
    #[inline]
    pub fn find_name(&self, name: &Name) -> Option<usize> {
        let hash = name.hash();
        let same = |entry: &Entry| {
            entry.hash == hash
                && entry.key.exact::<Str>().is_some_and(|key| {
                    key.same(name) || (!key.is_interned() && key.as_str() == name.as_str())
                })
        };
        self.search(hash, same)
    }

    /// Looks for text.
    pub fn find_str(&self, text: &str) -> Option<usize> {
        let hash = super::super::str::hash_bytes(text.as_bytes());
        self.search(hash, |entry| {
            entry.hash == hash && entry.key.as_str() == Some(text)
        })
    }

    /// Looks for a key without calling the script.
    pub fn find(&self, hash: u64, key: &Value) -> Found {
        let mut ask = false;
        let same = |entry: &Entry| {
            entry.hash == hash
                && match native_eq(&entry.key, key) {
                    Some(equal) => equal,
                    None => {
                        ask = true;
                        false
                    }
                }
        };
        match self.search(hash, same) {
            Some(place) => Found::At(place),
            None if ask => Found::Ask,
            None => Found::Nowhere,
        }
    }

    /// The value of a key that is an integer or a text, by comparison with such keys alone; `None` may also mean that
    /// more has to be looked at.
    #[inline]
    pub fn get_plain(&self, key: &Value) -> Option<&Value> {
        self.find_plain(key).map(|place| &self.entries[place].value)
    }

    /// The same, to be replaced.
    #[inline]
    pub fn plain_mut(&mut self, key: &Value) -> Option<&mut Value> {
        self.find_plain(key)
            .map(|place| &mut self.entries[place].value)
    }

    #[inline]
    fn find_plain(&self, key: &Value) -> Option<usize> {
        match key {
            Value::Int(i) => {
                let hash = crate::lang::object::protocol::hash_integer(*i) as u64;
                self.search(hash, |entry| matches!(entry.key, Value::Int(k) if k == *i))
            }
            Value::Obj(object) => {
                let text = object.downcast::<Str>()?;
                let hash = text.hash();
                self.search(hash, |entry| match &entry.key {
                    Value::Obj(other) if entry.hash == hash => {
                        other.address() == object.address()
                            || other
                                .downcast::<Str>()
                                .is_some_and(|other| other.is_same_text(text))
                    }
                    _ => false,
                })
            }
            _ => None,
        }
    }

    #[inline]
    fn search(&self, hash: u64, mut same: impl FnMut(&Entry) -> bool) -> Option<usize> {
        if self.entries.len() <= SMALL {
            return self
                .entries
                .iter()
                .position(|entry| !entry.key.is_unbound() && same(entry));
        }
        self.index.find(hash, |place| same(&self.entries[place]))
    }

    /// The value of a name.
    #[inline]
    pub fn get_name(&self, name: &Name) -> Option<&Value> {
        self.find_name(name).map(|place| &self.entries[place].value)
    }

    /// The value of a text key.
    pub fn get_str(&self, text: &str) -> Option<&Value> {
        self.find_str(text).map(|place| &self.entries[place].value)
    }

    /// Sets the value of a name.
    pub fn set_name(&mut self, name: &Name, value: Value) -> Option<Value> {
        match self.find_name(name) {
            Some(place) => Some(std::mem::replace(&mut self.entries[place].value, value)),
            None => {
                self.push(name.hash(), Value::from(name), value);
                None
            }
        }
    }

    /// Adds an entry whose key is known to be new.
    pub fn push(&mut self, hash: u64, key: Value, value: Value) {
        if self.entries.len() == self.entries.capacity() && self.live < self.entries.len() / 2 {
            self.compact();
        }
        let place = self.entries.len();
        self.entries.push(Entry { hash, key, value });
        self.live += 1;
        self.version = self.version.wrapping_add(1);
        if self.entries.len() == SMALL + 1 {
            self.reindex();
        } else if self.entries.len() > SMALL {
            if self.index.is_full() {
                self.reindex();
            } else {
                self.index.insert(hash, place);
            }
        }
    }

    /// Takes out the entry at a place, which stays empty: an iteration that goes on behind it sees what is added.
    pub fn remove(&mut self, place: usize) -> Entry {
        let gone = Entry {
            hash: 0,
            key: Value::Unbound,
            value: Value::Unbound,
        };
        let entry = std::mem::replace(&mut self.entries[place], gone);
        if self.entries.len() > SMALL {
            self.index.remove(entry.hash, place);
        }
        self.live -= 1;
        self.version = self.version.wrapping_add(1);
        entry
    }

    /// Takes out the entry of a name.
    pub fn remove_name(&mut self, name: &Name) -> Option<Value> {
        self.find_name(name).map(|place| self.remove(place).value)
    }

    /// Takes out the last entry.
    pub fn pop_last(&mut self) -> Option<Entry> {
        let place = (0..self.entries.len())
            .rev()
            .find(|&place| self.entry(place).is_some())?;
        let entry = self.remove(place);
        if self.live == 0 {
            self.entries.clear();
            self.index.clear();
        } else if place + 1 == self.entries.len() && place != SMALL {
            self.entries.pop();
        }
        Some(entry)
    }

    /// Takes out all entries and returns them, so that they can be dropped when no borrow is held.
    pub fn take(&mut self) -> Table {
        let version = self.version.wrapping_add(1);
        std::mem::replace(
            self,
            Table {
                version,
                ..Table::default()
            },
        )
    }

    /// Makes room for more entries.
    pub fn reserve(&mut self, more: usize) {
        self.entries.reserve(more);
    }

    fn compact(&mut self) {
        self.entries.retain(|entry| !entry.key.is_unbound());
        self.reindex();
    }

    fn reindex(&mut self) {
        self.index.clear();
        if self.entries.len() > SMALL {
            self.index.make_room(self.live);
            let living = self.entries.iter().enumerate();
            for (place, entry) in living.filter(|(_, entry)| !entry.key.is_unbound()) {
                self.index.insert(entry.hash, place);
            }
        }
    }

    /// Shows all references to the collector.
    pub fn trace(&self, visit: &mut Visit) {
        for entry in &self.entries {
            entry.key.trace(visit);
            entry.value.trace(visit);
        }
    }
}

/// `a == b` (or `a is b`) for keys, without calling the script; `None` where only the script can tell.
#[inline]
pub fn native_eq(a: &Value, b: &Value) -> Option<bool> {
    native_eq_within(a, b, DEEPEST)
}

/// Tuples nested deeper than this are left to the comparison that counts its depth.
const DEEPEST: usize = 32;

fn native_eq_within(a: &Value, b: &Value, depth: usize) -> Option<bool> {
    if a.is(b) {
        return Some(true);
    }
    match (a, b) {
        (Value::Int(x), Value::Float(y)) | (Value::Float(y), Value::Int(x)) => {
            // The conversion may round: it counts only if it goes both ways.
            Some(*x as f64 == *y && *y < 9_223_372_036_854_775_808.0 && *y as i64 == *x)
        }
        (Value::Int(x), Value::Bool(y)) | (Value::Bool(y), Value::Int(x)) => {
            Some(*x == i64::from(*y))
        }
        (Value::Float(x), Value::Bool(y)) | (Value::Bool(y), Value::Float(x)) => {
            Some(*x == f64::from(u8::from(*y)))
        }
        (Value::Float(x), Value::Float(y)) => Some(x == y),
        (Value::Obj(x), Value::Obj(y)) => match (x.downcast::<Str>(), y.downcast::<Str>()) {
            (Some(x), Some(y)) => Some(x.as_str() == y.as_str()),
            (Some(_), None) | (None, Some(_)) if is_plain(x) && is_plain(y) => Some(false),
            _ => native_tuple_eq(x.downcast::<Tuple>()?, y.downcast::<Tuple>()?, depth),
        },
        (Value::Obj(_), _) | (_, Value::Obj(_)) => None,
        _ => Some(false),
    }
}

/// Whether no script code takes part in comparing the object.
fn is_plain(object: &AnyRef) -> bool {
    !matches!(object.kind(), Kind::Instance | Kind::Foreign)
}

fn native_tuple_eq(a: &Tuple, b: &Tuple, depth: usize) -> Option<bool> {
    let depth = depth.checked_sub(1)?;
    if a.items.len() != b.items.len() {
        return Some(false);
    }
    for (x, y) in a.items.iter().zip(&b.items) {
        if !native_eq_within(x, y, depth)? {
            return Some(false);
        }
    }
    Some(true)
}
