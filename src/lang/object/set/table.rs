//! The hash table of sets. It follows CPython's `setobject.c` step by step (probing, growth, tombstones), because
//! the places of the elements are the order in which a set is printed and iterated.

use crate::lang::object::Value;
use crate::lang::object::dict::{Found, Keys, native_eq};
use crate::lang::object::heap::Visit;

const SMALLEST: usize = 8;
const LINEAR_PROBES: usize = 9;
const PERTURB_SHIFT: u32 = 5;
/// The hash at the place of an element that was taken out.
const GONE: u64 = u64::MAX;

/// A place of the table; its key is unbound where it is free or its element was taken out.
#[derive(Clone, Default)]
pub struct SetEntry {
    /// The element's hash.
    pub hash: u64,
    /// The element.
    pub key: Value,
}

impl SetEntry {
    fn is_live(&self) -> bool {
        !self.key.is_unbound()
    }

    fn is_free(&self) -> bool {
        self.key.is_unbound() && self.hash != GONE
    }
}

/// The elements of a set.
#[derive(Clone, Default)]
pub struct SetTable {
    /// A power of two of places; none as long as there never was an element.
    entries: Vec<SetEntry>,
    /// Places that are not free.
    fill: usize,
    used: usize,
    /// Where `pop` looks next.
    finger: usize,
}

/// The first place in the probing order of a hash that `stop` accepts.
fn probe(hash: u64, mask: usize, mut stop: impl FnMut(usize) -> bool) -> usize {
    let mut perturb = hash;
    let mut start = hash as usize & mask;
    loop {
        let last = if start + LINEAR_PROBES <= mask {
            start + LINEAR_PROBES
        } else {
            start
        };
        if let Some(place) = (start..=last).find(|&place| stop(place)) {
            return place;
        }
        perturb >>= PERTURB_SHIFT;
        start = start
            .wrapping_mul(5)
            .wrapping_add(1)
            .wrapping_add(perturb as usize)
            & mask;
    }
}

impl Keys for SetTable {
    fn candidates(&self, hash: u64) -> Vec<usize> {
        let mut places = Vec::new();
        if self.used == 0 {
            return places;
        }
        probe(hash, self.mask(), |place| {
            let entry = &self.entries[place];
            if entry.is_live() && entry.hash == hash {
                places.push(place);
            }
            entry.is_free()
        });
        places
    }

    fn key(&self, place: usize) -> Option<&Value> {
        self.entry(place).map(|entry| &entry.key)
    }
}

impl SetTable {
    /// How many elements it has.
    #[inline]
    pub fn len(&self) -> usize {
        self.used
    }

    /// Whether it has no elements.
    pub fn is_empty(&self) -> bool {
        self.used == 0
    }

    fn mask(&self) -> usize {
        self.entries.len().max(SMALLEST) - 1
    }

    /// The elements in order.
    pub fn iter(&self) -> impl Iterator<Item = &SetEntry> {
        self.entries.iter().filter(|entry| entry.is_live())
    }

    /// Copies of the elements in order.
    pub fn keys(&self) -> Vec<Value> {
        self.iter().map(|entry| entry.key.clone()).collect()
    }

    /// The entry at a place, if it holds an element.
    pub fn entry(&self, place: usize) -> Option<&SetEntry> {
        self.entries.get(place).filter(|entry| entry.is_live())
    }

    /// The first element at or after a place, with its place.
    pub fn next_from(&self, place: usize) -> Option<(usize, &SetEntry)> {
        let rest = self.entries.get(place..)?;
        let skip = rest.iter().position(SetEntry::is_live)?;
        Some((place + skip, &rest[skip]))
    }

    /// Looks for a key without calling the script.
    pub fn find(&self, hash: u64, key: &Value) -> Found {
        if self.used == 0 {
            return Found::Nowhere;
        }
        let mut found = Found::Nowhere;
        probe(hash, self.mask(), |place| {
            let entry = &self.entries[place];
            if entry.is_free() {
                return true;
            }
            if entry.hash != hash || !entry.is_live() {
                return false;
            }
            match native_eq(&entry.key, key) {
                Some(true) => found = Found::At(place),
                Some(false) => return false,
                None => {
                    found = Found::Ask;
                    return false;
                }
            }
            true
        });
        found
    }

    /// Adds an element that is known to be new.
    pub fn push(&mut self, hash: u64, key: Value) {
        self.used += 1;
        if let Some(place) = self.last_gone(hash) {
            self.entries[place] = SetEntry { hash, key };
            return;
        }
        self.insert_clean(hash, key);
        self.fill += 1;
        if self.fill * 5 >= self.mask() * 3 {
            let wanted = self.used * if self.used > 50_000 { 2 } else { 4 };
            self.resize(wanted);
        }
    }

    /// The place of an element that was taken out, to be used again: the last one before a free place.
    fn last_gone(&self, hash: u64) -> Option<usize> {
        if self.entries.is_empty() || self.fill < self.used {
            return None;
        }
        let mut gone = None;
        probe(hash, self.mask(), |place| {
            let entry = &self.entries[place];
            if entry.key.is_unbound() && entry.hash == GONE {
                gone = Some(place);
            }
            entry.is_free()
        });
        gone
    }

    fn insert_clean(&mut self, hash: u64, key: Value) {
        if self.entries.is_empty() {
            self.entries.resize_with(SMALLEST, SetEntry::default);
        }
        let place = probe(hash, self.mask(), |place| self.entries[place].is_free());
        self.entries[place] = SetEntry { hash, key };
    }

    /// Rebuilds the table with room for more than `wanted` elements.
    fn resize(&mut self, wanted: usize) {
        let mut size = SMALLEST;
        while size <= wanted {
            size <<= 1;
        }
        let mut places = Vec::new();
        places.resize_with(size, SetEntry::default);
        let old = std::mem::replace(&mut self.entries, places);
        self.fill = self.used;
        for entry in old.into_iter().filter(SetEntry::is_live) {
            self.insert_clean(entry.hash, entry.key);
        }
    }

    /// Makes room before many elements are added.
    pub fn make_room(&mut self, more: usize) {
        if (self.fill + more) * 5 >= self.mask() * 3 {
            self.resize((self.used + more) * 2);
        }
    }

    /// Copies all elements of another table if this one never had any; false where that is not so.
    pub fn copy_into_empty(&mut self, other: &SetTable) -> bool {
        if self.fill != 0 {
            return false;
        }
        if self.mask() == other.mask() && other.fill == other.used {
            self.entries.clone_from(&other.entries);
        } else {
            for entry in other.iter() {
                self.insert_clean(entry.hash, entry.key.clone());
            }
        }
        (self.fill, self.used) = (other.used, other.used);
        true
    }

    /// A copy, laid out as `set(other)` lays it out.
    pub fn copy(&self) -> SetTable {
        let mut copy = SetTable::default();
        if self.used > 0 {
            copy.make_room(self.used);
            copy.copy_into_empty(self);
        }
        copy
    }

    /// Takes out the element at a place.
    pub fn remove(&mut self, place: usize) -> Value {
        let gone = SetEntry {
            hash: GONE,
            key: Value::Unbound,
        };
        self.used -= 1;
        std::mem::replace(&mut self.entries[place], gone).key
    }

    /// Takes out the next element in the order of `set.pop`.
    pub fn pop(&mut self) -> Option<Value> {
        if self.used == 0 {
            return None;
        }
        let mask = self.mask();
        let start = self.finger & mask;
        let place = (0..=mask)
            .map(|step| (start + step) & mask)
            .find(|&place| self.entries[place].is_live())?;
        self.finger = place + 1;
        Some(self.remove(place))
    }

    /// Shrinks the table after many elements were taken out.
    pub fn tidy(&mut self) {
        if self.fill - self.used > self.mask() / 4 {
            let wanted = self.used * if self.used > 50_000 { 2 } else { 4 };
            self.resize(wanted);
        }
    }

    /// Takes out all elements and returns them, so that they can be dropped when no borrow is held.
    pub fn take(&mut self) -> SetTable {
        std::mem::take(self)
    }

    /// Shows all references to the collector.
    pub fn trace(&self, visit: &mut Visit) {
        self.iter().for_each(|entry| entry.key.trace(visit));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(table: &mut SetTable, i: i64) {
        let hash = crate::lang::object::protocol::hash_integer(i) as u64;
        if table.find(hash, &Value::Int(i)) == Found::Nowhere {
            table.push(hash, Value::Int(i));
        }
    }

    fn order(table: &SetTable) -> Vec<i64> {
        table.iter().filter_map(|e| e.key.as_int()).collect()
    }

    #[test]
    fn small_integers_come_in_cpythons_order() {
        let mut table = SetTable::default();
        [5, 3, 9, 100, 17, -1]
            .into_iter()
            .for_each(|i| add(&mut table, i));
        assert_eq!(order(&table), [3, 100, 5, 9, 17, -1]);
        let mut table = SetTable::default();
        [30, 20, 10, 0, 40, 33, 1]
            .into_iter()
            .for_each(|i| add(&mut table, i));
        assert_eq!(order(&table), [0, 33, 1, 40, 10, 20, 30]);
    }

    #[test]
    fn elements_taken_out_leave_their_places() {
        let mut table = SetTable::default();
        (0..5).for_each(|i| add(&mut table, i * 8));
        assert_eq!(table.pop().and_then(|v| v.as_int()), Some(0));
        add(&mut table, 64);
        assert_eq!(order(&table).len(), 5);
        assert_eq!(table.len(), 5);
    }
}
