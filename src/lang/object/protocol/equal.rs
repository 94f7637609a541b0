//! Comparison of built-in values with each other.

use super::compare::{compare_numbers, decide, eq, identical_or_equal, rich_compare};
use crate::lang::object::code::CmpOp;
use crate::lang::object::dict::compare_views;
use crate::lang::object::range::big::BigRange;
use crate::lang::object::{
    BigInt, Caller, Complex, Dict, Kind, List, Ref, Result, Str, Tuple, Value,
};

/// The comparison that a built-in class brings along: what `list.__lt__` and its like do.
pub fn builtin_compare(caller: &mut dyn Caller, op: CmpOp, a: &Value, b: &Value) -> Result<Value> {
    let (a, b) = (a.unwrapped(), b.unwrapped());
    match compare_numbers(a, b) {
        Some(ordering) => Ok(Value::Bool(decide(op, ordering))),
        None => native_compare(caller, op, a, b),
    }
}

/// Comparison of built-in values that are no numbers.
pub(super) fn native_compare(
    caller: &mut dyn Caller,
    op: CmpOp,
    a: &Value,
    b: &Value,
) -> Result<Value> {
    if let (Some(x), Some(y)) = (a.get::<Str>(), b.get::<Str>()) {
        return Ok(Value::Bool(decide(op, Some(x.as_str().cmp(y.as_str())))));
    }
    if let (Some(x), Some(y)) = (bytes_of(a), bytes_of(b)) {
        return Ok(Value::Bool(decide(op, Some(x.cmp(&y)))));
    }
    if let (Some(x), Some(y)) = (a.get::<Tuple>(), b.get::<Tuple>()) {
        let (x, y) = (x.clone(), y.clone());
        return compare_sequences(caller, op, &mut |i| x.items.get(i).cloned(), &mut |i| {
            y.items.get(i).cloned()
        });
    }
    if let (Some(x), Some(y)) = (a.get::<List>(), b.get::<List>()) {
        let (x, y) = (x.clone(), y.clone());
        if matches!(op, CmpOp::Eq | CmpOp::Ne) && x.items.borrow().len() != y.items.borrow().len() {
            return Ok(Value::Bool(op == CmpOp::Ne));
        }
        return compare_sequences(
            caller,
            op,
            &mut |i| x.items.borrow().get(i).cloned(),
            &mut |i| y.items.borrow().get(i).cloned(),
        );
    }
    if a.as_set().is_some() && b.as_set().is_some() {
        caller.enter_native()?;
        let answer = compare_sets(caller, op, a, b);
        caller.leave_native();
        return answer;
    }
    if let (Some(x), Some(y)) = (
        a.get::<crate::lang::object::Slice>(),
        b.get::<crate::lang::object::Slice>(),
    ) && !matches!(op, CmpOp::Eq | CmpOp::Ne)
    {
        let parts = |s: &crate::lang::object::Slice| {
            Value::tuple([&s.start, &s.stop, &s.step].map(Clone::clone))
        };
        let (x, y) = (parts(x), parts(y));
        return native_compare(caller, op, &x, &y);
    }
    if let Some(Kind::DictView) = a.kind() {
        return compare_views(caller, op, &[a.clone(), b.clone()]);
    }
    if matches!(op, CmpOp::Eq | CmpOp::Ne)
        && let Some(equal) = native_equal(caller, a, b)?
    {
        return Ok(Value::Bool(equal == (op == CmpOp::Eq)));
    }
    Ok(Value::NotImplemented)
}

/// The content of a `bytes` or `bytearray`; other views of memory compare by their own method.
fn bytes_of(value: &Value) -> Option<std::borrow::Cow<'_, [u8]>> {
    let view = value.get::<crate::lang::object::bytes::MemoryView>();
    match view {
        Some(_) => None,
        None => crate::lang::object::bytes::bytes_of(value),
    }
}

/// Equality of the other built-in values; `None` where their kinds differ.
fn native_equal(caller: &mut dyn Caller, a: &Value, b: &Value) -> Result<Option<bool>> {
    if let (Some(x), Some(y)) = (a.get::<Dict>(), b.get::<Dict>()) {
        return equal_dicts(caller, &x.clone(), &y.clone()).map(Some);
    }
    if let Some(x) = a.get::<Complex>() {
        let y = b
            .get::<Complex>()
            .map(|y| (y.re, y.im))
            .or_else(|| b.as_number().map(|re| (re, 0.0)));
        return Ok(y.map(|(re, im)| x.re == re && x.im == im));
    }
    if let (Some(x), Some(y)) = (BigRange::of(a), BigRange::of(b)) {
        return Ok(Some(x.equals(&y)));
    }
    if let (Some(x), Some(y)) = (
        a.exact::<crate::lang::object::Method>(),
        b.exact::<crate::lang::object::Method>(),
    ) {
        return Ok(Some(
            x.function.is(&y.function) && x.receiver.is(&y.receiver),
        ));
    }
    if let (Some(x), Some(y)) = (
        a.get::<crate::lang::object::Slice>(),
        b.get::<crate::lang::object::Slice>(),
    ) {
        let (x, y) = (x.clone(), y.clone());
        return Ok(Some(
            eq(caller, &x.start, &y.start)?
                && eq(caller, &x.stop, &y.stop)?
                && eq(caller, &x.step, &y.step)?,
        ));
    }
    if let (Some(x), Some(y)) = (a.get::<BigInt>(), b.as_bigint()) {
        return Ok(Some(x.0 == y));
    }
    Ok(None)
}

fn compare_sequences(
    caller: &mut dyn Caller,
    op: CmpOp,
    a: &mut dyn FnMut(usize) -> Option<Value>,
    b: &mut dyn FnMut(usize) -> Option<Value>,
) -> Result<Value> {
    caller.enter_native()?;
    let result = compare_items(caller, op, a, b);
    caller.leave_native();
    result
}

fn compare_items(
    caller: &mut dyn Caller,
    op: CmpOp,
    a: &mut dyn FnMut(usize) -> Option<Value>,
    b: &mut dyn FnMut(usize) -> Option<Value>,
) -> Result<Value> {
    for i in 0.. {
        match (a(i), b(i)) {
            (Some(x), Some(y)) => {
                if !identical_or_equal(caller, &x, &y)? {
                    return match op {
                        CmpOp::Eq => Ok(Value::Bool(false)),
                        CmpOp::Ne => Ok(Value::Bool(true)),
                        _ => rich_compare(caller, op, &x, &y),
                    };
                }
            }
            (x, y) => return Ok(Value::Bool(decide(op, Some(x.is_some().cmp(&y.is_some()))))),
        }
    }
    Ok(Value::Bool(true))
}

fn equal_dicts(caller: &mut dyn Caller, a: &Ref<Dict>, b: &Ref<Dict>) -> Result<bool> {
    if a.len() != b.len() {
        return Ok(false);
    }
    caller.enter_native()?;
    let result = equal_entries(caller, a, b);
    caller.leave_native();
    result
}

fn equal_entries(caller: &mut dyn Caller, a: &Ref<Dict>, b: &Ref<Dict>) -> Result<bool> {
    for (key, value) in a.entries() {
        match super::dict_get(caller, b, &key)? {
            Some(other) if identical_or_equal(caller, &value, &other)? => {}
            _ => return Ok(false),
        }
    }
    Ok(true)
}

fn compare_sets(caller: &mut dyn Caller, op: CmpOp, a: &Value, b: &Value) -> Result<Value> {
    let size = |set: &Value| set.as_set().map_or(0, |table| table.borrow().len());
    let (x, y) = (size(a), size(b));
    Ok(Value::Bool(match op {
        CmpOp::Eq => x == y && is_subset(caller, a, b)?,
        CmpOp::Ne => x != y || !is_subset(caller, a, b)?,
        CmpOp::Le => x <= y && is_subset(caller, a, b)?,
        CmpOp::Lt => x < y && is_subset(caller, a, b)?,
        CmpOp::Ge => x >= y && is_subset(caller, b, a)?,
        CmpOp::Gt => x > y && is_subset(caller, b, a)?,
        _ => return Ok(Value::NotImplemented),
    }))
}

/// Whether all elements of one set are in another.
fn is_subset(caller: &mut dyn Caller, small: &Value, large: &Value) -> Result<bool> {
    let (Some(small), Some(large)) = (small.as_set(), large.as_set()) else {
        return Ok(false);
    };
    let elements: Vec<_> = small.borrow().iter().cloned().collect();
    for element in elements {
        if super::set_find(caller, large, element.hash, &element.key)?.is_none() {
            return Ok(false);
        }
    }
    Ok(true)
}
