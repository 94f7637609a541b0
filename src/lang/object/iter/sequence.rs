//! Iterators over the built-in containers.

use super::reduce::place;
use super::{NativeIter, Reduced, again};
use crate::lang::object::dict::{Entry, Part};
use crate::lang::object::heap::{Ref, Visit};
use crate::lang::object::range::Range;
use crate::lang::object::{
    Caller, Class, Dict, List, Result, Str, Tuple, Value, runtime_error, types,
};

/// Over a list (seeing its changes) or a tuple; exhausted, it lets go of it.
pub struct SequenceIter {
    /// The list or tuple; unbound at the end.
    pub sequence: Value,
    /// The next place.
    pub next: usize,
}

impl SequenceIter {
    /// The next element.
    #[inline(always)]
    pub fn step(&mut self) -> Option<Value> {
        let item = if let Some(list) = self.sequence.exact::<List>() {
            list.items.borrow().get(self.next).cloned()
        } else {
            self.sequence
                .exact::<Tuple>()
                .and_then(|tuple| tuple.items.get(self.next).cloned())
        };
        match item {
            Some(item) => {
                self.next += 1;
                Some(item)
            }
            None => {
                self.sequence = Value::Unbound;
                None
            }
        }
    }
}

impl NativeIter for SequenceIter {
    fn next(&mut self, _: &mut dyn Caller) -> Result<Option<Value>> {
        Ok(self.step())
    }

    fn trace(&self, visit: &mut Visit) {
        self.sequence.trace(visit);
    }

    fn class(&self) -> Ref<Class> {
        let is_list = self.sequence.exact::<List>().is_some();
        if is_list {
            types().list_iterator.clone()
        } else {
            types().tuple_iterator.clone()
        }
    }

    fn len_hint(&self) -> Option<usize> {
        let len = match self.sequence.exact::<List>() {
            Some(list) => list.items.borrow().len(),
            None => self
                .sequence
                .exact::<Tuple>()
                .map_or(0, |tuple| tuple.items.len()),
        };
        Some(len.saturating_sub(self.next))
    }

    fn reduce(&self) -> Option<Reduced> {
        Some(again(&self.sequence, Some(self.next)))
    }

    fn set_state(&mut self, state: &Value) {
        self.next = place(state);
    }
}

/// Over a range.
pub struct RangeIter {
    /// The next number.
    pub next: i64,
    /// The distance of neighbours.
    pub step: i64,
    /// How many are left.
    pub left: u64,
}

impl RangeIter {
    /// An iterator over a range.
    pub fn new(range: Range) -> RangeIter {
        RangeIter {
            next: range.start,
            step: range.step,
            left: range.len(),
        }
    }

    /// The next number.
    #[inline]
    pub fn step(&mut self) -> Option<Value> {
        if self.left == 0 {
            return None;
        }
        self.left -= 1;
        let now = self.next;
        self.next = now.wrapping_add(self.step);
        Some(Value::Int(now))
    }
}

impl NativeIter for RangeIter {
    fn next(&mut self, _: &mut dyn Caller) -> Result<Option<Value>> {
        Ok(self.step())
    }

    fn trace(&self, _: &mut Visit) {}

    fn class(&self) -> Ref<Class> {
        types().range_iterator.clone()
    }

    fn len_hint(&self) -> Option<usize> {
        usize::try_from(self.left).ok()
    }

    fn reduce(&self) -> Option<Reduced> {
        let stop = i128::from(self.next) + i128::from(self.step) * i128::from(self.left);
        let range = Range {
            start: self.next,
            stop: stop.clamp(i64::MIN.into(), i64::MAX.into()) as i64,
            step: self.step,
        };
        Some(again(&Value::from(Ref::new(range)), None))
    }
}

/// Over the characters of a string.
pub struct StrIter {
    /// The string.
    pub text: Ref<Str>,
    /// The byte offset of the next character.
    pub at: usize,
}

impl StrIter {
    /// The next character.
    pub fn step(&mut self) -> Option<Value> {
        let c = self.text.as_str()[self.at..].chars().next()?;
        self.at += c.len_utf8();
        Some(Value::from(super::super::str::char_str(c)))
    }
}

impl NativeIter for StrIter {
    fn next(&mut self, _: &mut dyn Caller) -> Result<Option<Value>> {
        Ok(self.step())
    }

    fn trace(&self, _: &mut Visit) {}

    fn class(&self) -> Ref<Class> {
        types().str_iterator.clone()
    }

    fn len_hint(&self) -> Option<usize> {
        Some(self.text.as_str()[self.at..].chars().count())
    }

    fn reduce(&self) -> Option<Reduced> {
        let passed = self.text.as_str()[..self.at].chars().count();
        Some(again(&Value::from(&self.text), Some(passed)))
    }

    fn set_state(&mut self, state: &Value) {
        let text = self.text.as_str();
        let mut places = text.char_indices().map(|(at, _)| at);
        self.at = places.nth(place(state)).unwrap_or(text.len());
    }
}

/// Over a dict or one of its views; a change of its size is an error.
pub struct DictIter {
    /// The dict.
    pub dict: Ref<Dict>,
    /// What is shown.
    pub part: Part,
    /// The next place.
    pub next: usize,
    /// The size at the beginning.
    pub size: usize,
    /// How many entries are to come.
    pub left: usize,
}

impl DictIter {
    /// An iterator over part of a dict.
    pub fn new(dict: &Ref<Dict>, part: Part) -> DictIter {
        DictIter {
            dict: dict.clone(),
            part,
            next: 0,
            size: dict.len(),
            left: dict.len(),
        }
    }

    /// The next key, value or pair.
    pub fn step(&mut self) -> Result<Option<Value>> {
        let part = self.part;
        self.entry(|entry| match part {
            Part::Keys => entry.key.clone(),
            Part::Values => entry.value.clone(),
            Part::Items => Value::tuple([entry.key.clone(), entry.value.clone()]),
        })
    }

    /// What is taken from the next entry.
    fn entry<T>(&mut self, take: impl FnOnce(&Entry) -> T) -> Result<Option<T>> {
        let table = self.dict.table.borrow();
        if self.next != usize::MAX && table.len() != self.size {
            return Err(runtime_error("dictionary changed size during iteration"));
        }
        let Some((place, entry)) = table.next_from(self.next) else {
            self.next = usize::MAX;
            return Ok(None);
        };
        if self.left == 0 {
            self.next = usize::MAX;
            return Err(runtime_error("dictionary keys changed during iteration"));
        }
        self.left -= 1;
        self.next = place + 1;
        Ok(Some(take(entry)))
    }
}

impl NativeIter for DictIter {
    fn next(&mut self, _: &mut dyn Caller) -> Result<Option<Value>> {
        self.step()
    }

    fn next_pair(&mut self, _: &mut dyn Caller) -> Option<Result<Option<(Value, Value)>>> {
        let pair = |entry: &Entry| (entry.key.clone(), entry.value.clone());
        (self.part == Part::Items).then(|| self.entry(pair))
    }

    fn trace(&self, visit: &mut Visit) {
        visit(self.dict.as_any());
    }

    fn class(&self) -> Ref<Class> {
        match self.part {
            Part::Keys => types().dict_keyiterator.clone(),
            Part::Values => types().dict_valueiterator.clone(),
            Part::Items => types().dict_itemiterator.clone(),
        }
    }

    fn len_hint(&self) -> Option<usize> {
        if self.next == usize::MAX || self.dict.len() != self.size {
            return Some(0);
        }
        Some(self.left)
    }

    fn reduce(&self) -> Option<Reduced> {
        let mut rest = DictIter {
            dict: self.dict.clone(),
            ..*self
        };
        let mut items = Vec::new();
        while let Ok(Some(item)) = rest.step() {
            items.push(item);
        }
        Some(again(&Value::list(items), None))
    }
}
