//! Iteration.

use crate::lang::object::class::Special;
use crate::lang::object::dict::Part;
use crate::lang::object::exception::Exc;
use crate::lang::object::generator::{GeneratorKind, Outcome, Resume};
use crate::lang::object::heap::{Ref, Visit};
use crate::lang::object::iter::{
    DictIter, Iter, IterState, NativeIter, RangeIter, Reduced, SequenceIter, StrIter, again,
};
use crate::lang::object::set::SetIter;
use crate::lang::object::{
    Caller, Class, Dict, DictView, Generator, Kind, List, Range, Result, Str, Tuple, Value,
    type_error, types, value_error,
};

/// `iter(value)`
pub fn iter(caller: &mut dyn Caller, value: &Value) -> Result<Value> {
    let state = match value.kind() {
        Some(Kind::List | Kind::Tuple) => IterState::Sequence(SequenceIter {
            sequence: value.clone(),
            next: 0,
        }),
        Some(Kind::Range) => IterState::Range(RangeIter::new(
            **value.exact::<Range>().expect("the kind says so"),
        )),
        Some(Kind::Str) => IterState::Str(StrIter {
            text: value.exact::<Str>().expect("the kind says so").clone(),
            at: 0,
        }),
        Some(Kind::Dict) => IterState::Dict(DictIter::new(
            value.exact::<Dict>().expect("the kind says so"),
            Part::Keys,
        )),
        Some(Kind::DictView) => {
            let view = value.exact::<DictView>().expect("the kind says so");
            IterState::Dict(DictIter::new(&view.dict, view.part))
        }
        Some(Kind::Iter) => return Ok(value.clone()),
        Some(Kind::Set | Kind::FrozenSet) => IterState::Set(SetIter::new(value)),
        Some(Kind::Generator) if is_plain_generator(value) => return Ok(value.clone()),
        _ => return iter_by_methods(caller, value),
    };
    Ok(Value::from(Iter::new(state)))
}

/// Whether a value is a generator of a `def`: the others are awaited, not iterated over.
fn is_plain_generator(value: &Value) -> bool {
    value
        .exact::<Generator>()
        .is_some_and(|generator| generator.kind == GeneratorKind::Generator)
}

fn iter_by_methods(caller: &mut dyn Caller, value: &Value) -> Result<Value> {
    match super::special(value, Special::Iter) {
        Some(Value::None) => {}
        Some(_) => {
            let iterator =
                super::call_special(caller, value, Special::Iter, &[])?.unwrap_or_default();
            let ok = matches!(iterator.kind(), Some(Kind::Iter | Kind::Generator))
                || super::special(&iterator, Special::Next).is_some();
            if !ok {
                return Err(type_error(format!(
                    "iter() returned non-iterator of type '{}'",
                    iterator.class_name()
                )));
            }
            return Ok(iterator);
        }
        None if super::special(value, Special::Getitem).is_some() => {
            return Ok(Iter::native(IndexIter {
                sequence: value.clone(),
                next: 0,
            }));
        }
        None => {}
    }
    Err(type_error(format!(
        "'{}' object is not iterable",
        value.class_name()
    )))
}

/// The next element of an iterator; `None` at its end.
#[inline]
pub fn next(caller: &mut dyn Caller, iterator: &Value) -> Result<Option<Value>> {
    match iterator.kind() {
        Some(Kind::Iter) => {
            let iter = iterator.exact::<Iter>().expect("the kind says so");
            match iter.step() {
                Some(step) => Ok(step),
                None => iter.clone().next(caller),
            }
        }
        Some(Kind::Generator) if is_plain_generator(iterator) => {
            let generator = iterator
                .exact::<Generator>()
                .expect("the kind says so")
                .clone();
            match caller.resume(&generator, Resume::Send(Value::None))? {
                Outcome::Yielded(value) => Ok(Some(value)),
                Outcome::Returned(_) => Ok(None),
            }
        }
        _ => match super::call_special(caller, iterator, Special::Next, &[]) {
            Ok(Some(value)) => Ok(Some(value)),
            Ok(None) => Err(type_error(format!(
                "'{}' object is not an iterator",
                iterator.class_name()
            ))),
            Err(raised) if raised.is(Exc::StopIteration) => Ok(None),
            Err(raised) => Err(raised),
        },
    }
}

/// Calls `f` with each element; `f` returns false to stop.
pub fn for_each(
    caller: &mut dyn Caller,
    value: &Value,
    mut f: impl FnMut(&mut dyn Caller, Value) -> Result<bool>,
) -> Result<()> {
    let mut rounds = 0_usize;
    // A list is gone through as an iterator does: seeing what `f` changes.
    let source = match value.kind() {
        Some(Kind::List | Kind::Tuple) => value.clone(),
        _ => iter(caller, value)?,
    };
    loop {
        let item = if let Some(list) = source.exact::<List>() {
            list.items.borrow().get(rounds).cloned()
        } else if let Some(tuple) = source.exact::<Tuple>() {
            tuple.items.get(rounds).cloned()
        } else {
            next(caller, &source)?
        };
        let Some(item) = item else { return Ok(()) };
        rounds = rounds.wrapping_add(1);
        if rounds.is_multiple_of(4096) {
            caller.poll()?;
        }
        if !f(caller, item)? {
            return Ok(());
        }
    }
}

/// `list(value)` as a vector, for which an object of the script is first asked how long it is.
pub fn listed(caller: &mut dyn Caller, value: &Value) -> Result<Vec<Value>> {
    if value.kind() == Some(Kind::Instance) && value.with_class(|class| !class.native) {
        let iterator = iter(caller, value)?;
        ask_length(caller, value)?;
        return collect(caller, &iterator);
    }
    collect(caller, value)
}

/// Calls `__len__`, or `__length_hint__`, and raises what is wrong with the answer.
fn ask_length(caller: &mut dyn Caller, value: &Value) -> Result<()> {
    if super::special(value, Special::Len).is_some() {
        match super::len(caller, value) {
            Err(raised) if !raised.is(Exc::TypeError) => return Err(raised),
            Err(_) => {}
            Ok(_) => return Ok(()),
        }
    }
    let hint = match super::call_special(caller, value, Special::LengthHint, &[]) {
        Ok(Some(hint)) => hint,
        Ok(None) => return Ok(()),
        Err(raised) if raised.is(Exc::TypeError) => return Ok(()),
        Err(raised) => return Err(raised),
    };
    match hint.as_int() {
        Some(hint) if hint < 0 => Err(value_error("__length_hint__() should return >= 0")),
        None if !matches!(hint, Value::NotImplemented) && !hint.is_int() => {
            Err(type_error(format!(
                "__length_hint__ must be an integer, not {}",
                hint.class_name()
            )))
        }
        _ => Ok(()),
    }
}

/// The elements of an iterable as a vector.
pub fn collect(caller: &mut dyn Caller, value: &Value) -> Result<Vec<Value>> {
    if let Some(list) = value.exact::<List>() {
        return Ok(list.items.borrow().clone());
    }
    if let Some(tuple) = value.exact::<Tuple>() {
        return Ok(tuple.items.to_vec());
    }
    let mut items = Vec::with_capacity(super::len_hint(value).min(1 << 20));
    for_each(caller, value, |_, item| {
        items.push(item);
        Ok(true)
    })?;
    Ok(items)
}

/// Pairs of keys and values from a mapping (with `keys`) or an iterable of pairs.
pub fn collect_pairs(caller: &mut dyn Caller, value: &Value) -> Result<Vec<(Value, Value)>> {
    if let Some(dict) = value.exact::<Dict>() {
        return Ok(dict.entries());
    }
    // What derives from dict is read as one, unless it iterates in a way of its own.
    if let Some(dict) = value.get::<Dict>()
        && super::special(value, Special::Iter)
            .is_some_and(|iter| iter.kind() == Some(Kind::Native))
    {
        return Ok(dict.entries());
    }
    if let Some(keys) = super::find_attr(caller, value, &crate::lang::object::intern("keys"))? {
        let keys = caller.call_positional(&keys, &[])?;
        let mut pairs = Vec::new();
        for key in collect(caller, &keys)? {
            let item = super::get_item(caller, value, &key)?;
            pairs.push((key, item));
        }
        return Ok(pairs);
    }
    let mut pairs = Vec::new();
    for (i, item) in collect(caller, value)?.into_iter().enumerate() {
        let Ok(pair) = collect(caller, &item) else {
            return Err(type_error(format!(
                "cannot convert dictionary update sequence element #{i} to a sequence"
            )));
        };
        match <[Value; 2]>::try_from(pair) {
            Ok([key, value]) => pairs.push((key, value)),
            Err(pair) => {
                return Err(value_error(format!(
                    "dictionary update sequence element #{i} has length {}; 2 is required",
                    pair.len()
                )));
            }
        }
    }
    Ok(pairs)
}

/// Over anything with `__getitem__`, from 0 until IndexError.
struct IndexIter {
    sequence: Value,
    next: i64,
}

impl NativeIter for IndexIter {
    fn next(&mut self, caller: &mut dyn Caller) -> Result<Option<Value>> {
        if self.sequence.is_unbound() {
            return Ok(None);
        }
        match super::get_item(caller, &self.sequence.clone(), &Value::Int(self.next)) {
            Ok(item) => {
                self.next += 1;
                Ok(Some(item))
            }
            Err(raised) if raised.is(Exc::IndexError) || raised.is(Exc::StopIteration) => {
                self.sequence = Value::Unbound;
                Ok(None)
            }
            Err(raised) => Err(raised),
        }
    }

    fn trace(&self, visit: &mut Visit) {
        self.sequence.trace(visit);
    }

    fn class(&self) -> Ref<Class> {
        types().iterator.clone()
    }

    fn reduce(&self) -> Option<Reduced> {
        let place = usize::try_from(self.next).ok();
        Some(again(&self.sequence, place))
    }

    fn set_state(&mut self, state: &Value) {
        self.next = state.as_int().unwrap_or(0).max(0);
    }
}
