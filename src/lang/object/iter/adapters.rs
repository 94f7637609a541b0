//! The iterators behind `enumerate`, `zip`, `map`, `filter`, `reversed` and `iter(function, sentinel)`.

use super::reduce::place;
use super::{NativeIter, Reduced, again};
use crate::lang::object::BigInt;
use crate::lang::object::heap::{Ref, Visit};
use crate::lang::object::protocol::{eq, get_item, len_hint, next, truth};
use crate::lang::object::{Args, Caller, Class, Exc, Result, Tuple, Value, types, value_error};

/// A call of the iterator's own class.
fn own(args: Vec<Value>) -> Reduced {
    Reduced {
        function: "",
        args,
        state: None,
    }
}

/// `enumerate`
pub struct EnumerateIter {
    /// The iterator.
    pub iterator: Value,
    /// The next number.
    pub count: Value,
}

impl EnumerateIter {
    fn pair(&mut self, caller: &mut dyn Caller) -> Result<Option<(Value, Value)>> {
        let Some(item) = next(caller, &self.iterator)? else {
            return Ok(None);
        };
        let next = match &self.count {
            Value::Int(i) if *i < i64::MAX => Value::Int(i + 1),
            count => BigInt::value(count.as_bigint().unwrap_or_default() + 1),
        };
        Ok(Some((std::mem::replace(&mut self.count, next), item)))
    }
}

impl NativeIter for EnumerateIter {
    fn next(&mut self, caller: &mut dyn Caller) -> Result<Option<Value>> {
        let pair = self.pair(caller)?;
        Ok(pair.map(|(count, item)| Value::tuple([count, item])))
    }

    fn next_pair(&mut self, caller: &mut dyn Caller) -> Option<Result<Option<(Value, Value)>>> {
        Some(self.pair(caller))
    }

    fn trace(&self, visit: &mut Visit) {
        self.iterator.trace(visit);
    }

    fn class(&self) -> Ref<Class> {
        types().enumerate.clone()
    }

    fn len_hint(&self) -> Option<usize> {
        Some(len_hint(&self.iterator))
    }

    fn reduce(&self) -> Option<Reduced> {
        Some(own(vec![self.iterator.clone(), self.count.clone()]))
    }
}

/// `zip`
pub struct ZipIter {
    /// The iterators.
    pub iterators: Vec<Value>,
    /// Whether they must end together.
    pub strict: bool,
    /// Whether the end was reached.
    pub done: bool,
}

impl ZipIter {
    /// The next of two iterators each.
    fn pair(&mut self, caller: &mut dyn Caller) -> Result<Option<(Value, Value)>> {
        if self.done {
            return Ok(None);
        }
        let Some(first) = next(caller, &self.iterators[0])? else {
            return self.end(caller, 0);
        };
        match next(caller, &self.iterators[1])? {
            Some(second) => Ok(Some((first, second))),
            None => self.end(caller, 1),
        }
    }

    /// Notes that an iterator has ended.
    fn end<T>(&mut self, caller: &mut dyn Caller, ended: usize) -> Result<Option<T>> {
        self.done = true;
        if self.strict {
            self.unequal(caller, ended)?;
        }
        Ok(None)
    }

    /// The error of a strict `zip` whose iterators end at different places; `ended` is the first that did.
    fn unequal(&self, caller: &mut dyn Caller, ended: usize) -> Result<()> {
        let which = |n: usize| {
            if n == 1 {
                "argument 1".to_string()
            } else {
                format!("arguments 1-{n}")
            }
        };
        if ended > 0 {
            return Err(value_error(format!(
                "zip() argument {} is shorter than {}",
                ended + 1,
                which(ended)
            )));
        }
        for i in 1..self.iterators.len() {
            if next(caller, &self.iterators[i])?.is_some() {
                return Err(value_error(format!(
                    "zip() argument {} is longer than {}",
                    i + 1,
                    which(i)
                )));
            }
        }
        Ok(())
    }
}

impl NativeIter for ZipIter {
    fn next(&mut self, caller: &mut dyn Caller) -> Result<Option<Value>> {
        if self.done || self.iterators.is_empty() {
            return Ok(None);
        }
        let mut items = Vec::with_capacity(self.iterators.len());
        for i in 0..self.iterators.len() {
            match next(caller, &self.iterators[i])? {
                Some(item) => items.push(item),
                None => return self.end(caller, i),
            }
        }
        Ok(Some(Value::tuple(items)))
    }

    fn next_pair(&mut self, caller: &mut dyn Caller) -> Option<Result<Option<(Value, Value)>>> {
        (self.iterators.len() == 2).then(|| self.pair(caller))
    }

    fn trace(&self, visit: &mut Visit) {
        self.iterators.iter().for_each(|it| it.trace(visit));
    }

    fn class(&self) -> Ref<Class> {
        types().zip.clone()
    }

    fn reduce(&self) -> Option<Reduced> {
        Some(Reduced {
            state: self.strict.then_some(Value::Bool(true)),
            ..own(self.iterators.clone())
        })
    }

    fn set_state(&mut self, state: &Value) {
        self.strict = !matches!(state, Value::None | Value::Bool(false) | Value::Int(0));
    }

    fn len_hint(&self) -> Option<usize> {
        self.iterators.iter().map(len_hint).min()
    }
}

/// `map`
pub struct MapIter {
    /// The function.
    pub function: Value,
    /// The iterators of its arguments.
    pub iterators: Vec<Value>,
}

impl NativeIter for MapIter {
    fn next(&mut self, caller: &mut dyn Caller) -> Result<Option<Value>> {
        if let [iterator] = &self.iterators[..] {
            let Some(item) = next(caller, iterator)? else {
                return Ok(None);
            };
            return caller
                .call(&self.function, Args::positional(&[item]))
                .map(Some);
        }
        let mut args = Vec::with_capacity(self.iterators.len());
        for iterator in &self.iterators {
            match next(caller, iterator)? {
                Some(item) => args.push(item),
                None => return Ok(None),
            }
        }
        caller
            .call(&self.function, Args::positional(&args))
            .map(Some)
    }

    fn trace(&self, visit: &mut Visit) {
        self.function.trace(visit);
        self.iterators.iter().for_each(|it| it.trace(visit));
    }

    fn class(&self) -> Ref<Class> {
        types().map.clone()
    }

    fn reduce(&self) -> Option<Reduced> {
        let mut args = vec![self.function.clone()];
        args.extend(self.iterators.iter().cloned());
        Some(own(args))
    }

    fn len_hint(&self) -> Option<usize> {
        self.iterators.iter().map(len_hint).min()
    }
}

/// `filter`
pub struct FilterIter {
    /// The function; None for the truth of the elements themselves.
    pub function: Value,
    /// The iterator.
    pub iterator: Value,
}

impl NativeIter for FilterIter {
    fn next(&mut self, caller: &mut dyn Caller) -> Result<Option<Value>> {
        while let Some(item) = next(caller, &self.iterator)? {
            let verdict = if self.function.is_none() {
                item.clone()
            } else {
                caller.call(
                    &self.function,
                    Args::positional(std::slice::from_ref(&item)),
                )?
            };
            if truth(caller, &verdict)? {
                return Ok(Some(item));
            }
            caller.poll()?;
        }
        Ok(None)
    }

    fn trace(&self, visit: &mut Visit) {
        self.function.trace(visit);
        self.iterator.trace(visit);
    }

    fn class(&self) -> Ref<Class> {
        types().filter.clone()
    }

    fn reduce(&self) -> Option<Reduced> {
        Some(own(vec![self.function.clone(), self.iterator.clone()]))
    }
}

/// Backwards over anything with `__getitem__`.
pub struct ReverseIter {
    sequence: Value,
    left: usize,
}

impl ReverseIter {
    /// Over the first `len` elements of a sequence, from behind.
    pub fn new(sequence: Value, len: usize) -> ReverseIter {
        ReverseIter {
            sequence,
            left: len,
        }
    }
}

impl NativeIter for ReverseIter {
    fn next(&mut self, caller: &mut dyn Caller) -> Result<Option<Value>> {
        if self.left == 0 {
            self.sequence = Value::Unbound;
            return Ok(None);
        }
        self.left -= 1;
        if let Some(tuple) = self.sequence.exact::<Tuple>() {
            return Ok(tuple.items.get(self.left).cloned());
        }
        match get_item(caller, &self.sequence, &Value::from(self.left)) {
            Ok(item) => Ok(Some(item)),
            Err(raised) if raised.is(Exc::IndexError) || raised.is(Exc::StopIteration) => {
                self.left = 0;
                Ok(None)
            }
            Err(raised) => Err(raised),
        }
    }

    fn trace(&self, visit: &mut Visit) {
        self.sequence.trace(visit);
    }

    fn class(&self) -> Ref<Class> {
        types().reversed.clone()
    }

    fn len_hint(&self) -> Option<usize> {
        Some(self.left)
    }

    fn reduce(&self) -> Option<Reduced> {
        if self.sequence.is_unbound() {
            return Some(own(vec![Value::tuple([])]));
        }
        let last = i64::try_from(self.left).unwrap_or(i64::MAX) - 1;
        Some(Reduced {
            state: Some(Value::Int(last)),
            ..own(vec![self.sequence.clone()])
        })
    }

    fn set_state(&mut self, state: &Value) {
        // The state is the place of the next element, -1 at the end.
        let next = state.as_int().unwrap_or(-1).saturating_add(1);
        self.left = self.left.min(place(&Value::Int(next)));
    }
}

/// Elements that are known beforehand, last one first.
pub struct ListedIter {
    /// What is left, the next element last.
    pub left: Vec<Value>,
    /// The iterator's class.
    pub class: Ref<Class>,
}

impl NativeIter for ListedIter {
    fn next(&mut self, _: &mut dyn Caller) -> Result<Option<Value>> {
        Ok(self.left.pop())
    }

    fn trace(&self, visit: &mut Visit) {
        self.left.iter().for_each(|item| item.trace(visit));
    }

    fn class(&self) -> Ref<Class> {
        self.class.clone()
    }

    fn len_hint(&self) -> Option<usize> {
        Some(self.left.len())
    }

    fn reduce(&self) -> Option<Reduced> {
        let rest = self.left.iter().rev().cloned().collect();
        Some(again(&Value::list(rest), None))
    }
}

/// `iter(function, sentinel)`
pub struct CallIter {
    /// Called for each element; unbound at the end.
    pub function: Value,
    /// What ends it.
    pub sentinel: Value,
}

impl NativeIter for CallIter {
    fn next(&mut self, caller: &mut dyn Caller) -> Result<Option<Value>> {
        if self.function.is_unbound() {
            return Ok(None);
        }
        let item = match caller.call(&self.function, Args::default()) {
            Ok(item) => item,
            Err(raised) if raised.is(Exc::StopIteration) => {
                self.function = Value::Unbound;
                return Ok(None);
            }
            Err(raised) => return Err(raised),
        };
        if eq(caller, &item, &self.sentinel)? {
            self.function = Value::Unbound;
            return Ok(None);
        }
        Ok(Some(item))
    }

    fn trace(&self, visit: &mut Visit) {
        self.function.trace(visit);
        self.sentinel.trace(visit);
    }

    fn class(&self) -> Ref<Class> {
        types().callable_iterator.clone()
    }

    fn reduce(&self) -> Option<Reduced> {
        let mut call = again(&self.function, None);
        if !self.function.is_unbound() {
            call.args.push(self.sentinel.clone());
        }
        Some(call)
    }
}
