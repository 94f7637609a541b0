//! Comparison and containment.

use std::cmp::Ordering;

use num_traits::ToPrimitive;

use crate::lang::object::class::Special;
use crate::lang::object::code::CmpOp;
use crate::lang::object::dict::{compare_views, native_eq};
use crate::lang::object::range::big::BigRange;
use crate::lang::object::{
    BigInt, Caller, Class, Complex, Dict, Instance, Kind, List, Native, Range, Ref, Result, Set,
    Str, Tuple, Value, type_error,
};

/// The special method of an operator, that of the swapped operands, and the sign.
fn methods(op: CmpOp) -> (Special, Special, &'static str) {
    match op {
        CmpOp::Lt => (Special::Lt, Special::Gt, "<"),
        CmpOp::Le => (Special::Le, Special::Ge, "<="),
        CmpOp::Gt => (Special::Gt, Special::Lt, ">"),
        CmpOp::Ge => (Special::Ge, Special::Le, ">="),
        CmpOp::Ne => (Special::Ne, Special::Ne, "!="),
        _ => (Special::Eq, Special::Eq, "=="),
    }
}

fn decide(op: CmpOp, ordering: Option<Ordering>) -> bool {
    match (op, ordering) {
        (CmpOp::Ne, ordering) => ordering != Some(Ordering::Equal),
        (_, None) => false,
        (CmpOp::Lt, Some(ordering)) => ordering.is_lt(),
        (CmpOp::Le, Some(ordering)) => ordering.is_le(),
        (CmpOp::Gt, Some(ordering)) => ordering.is_gt(),
        (CmpOp::Ge, Some(ordering)) => ordering.is_ge(),
        (_, Some(ordering)) => ordering.is_eq(),
    }
}

/// `a op b` for any comparison operator.
pub fn compare(caller: &mut dyn Caller, op: CmpOp, a: &Value, b: &Value) -> Result<Value> {
    match op {
        CmpOp::Is => Ok(Value::Bool(a.is(b))),
        CmpOp::IsNot => Ok(Value::Bool(!a.is(b))),
        CmpOp::In => contains(caller, b, a).map(Value::Bool),
        CmpOp::NotIn => contains(caller, b, a).map(|found| Value::Bool(!found)),
        _ => rich_compare(caller, op, a, b),
    }
}

/// The order of two numbers; `None` where one of them is NaN. The outer `None`: not two numbers.
fn compare_numbers(a: &Value, b: &Value) -> Option<Option<Ordering>> {
    match (a, b) {
        (Value::Int(x), Value::Int(y)) => return Some(Some(x.cmp(y))),
        (Value::Float(x), Value::Float(y)) => return Some(x.partial_cmp(y)),
        _ => {}
    }
    match (a.as_int(), b.as_int(), a.as_float(), b.as_float()) {
        (Some(x), Some(y), ..) => Some(Some(x.cmp(&y))),
        (_, _, Some(x), Some(y)) => Some(x.partial_cmp(&y)),
        (_, _, Some(x), None) => compare_float_int(x, b),
        (_, _, None, Some(y)) => compare_float_int(y, a).map(|o| o.map(Ordering::reverse)),
        _ => Some(Some(a.as_bigint()?.cmp(&b.as_bigint()?))),
    }
}

/// The exact order of a float and an integer of any size.
fn compare_float_int(x: f64, integer: &Value) -> Option<Option<Ordering>> {
    let integer = integer.as_bigint()?;
    Some(if x.is_nan() {
        None
    } else if x.is_infinite() {
        Some(if x > 0.0 {
            Ordering::Greater
        } else {
            Ordering::Less
        })
    } else {
        let whole = num_bigint::BigInt::from(x.trunc() as i128);
        let whole = if x.abs() < 1e37 {
            whole
        } else {
            num_traits::FromPrimitive::from_f64(x).unwrap_or(whole)
        };
        let fraction = x.fract().partial_cmp(&0.0).unwrap_or(Ordering::Equal);
        Some(whole.cmp(&integer).then(fraction))
    })
}

/// `a op b` for `==`, `!=` and the order operators.
pub fn rich_compare(caller: &mut dyn Caller, op: CmpOp, a: &Value, b: &Value) -> Result<Value> {
    if let Some(ordering) = compare_numbers(a, b)
        && !overrides(a)
        && !overrides(b)
    {
        return Ok(Value::Bool(decide(op, ordering)));
    }
    let (own, swapped, sign) = methods(op);
    let (class_a, class_b) = (a.class(), b.class());
    let b_first = !class_a.same(&class_b) && class_b.is_subclass(&class_a) && overrides(b);
    if b_first {
        let answer = ask(caller, b, swapped, op, a)?;
        if !matches!(answer, Value::NotImplemented) {
            return Ok(answer);
        }
    }
    let answer = ask(caller, a, own, op, b)?;
    if !matches!(answer, Value::NotImplemented) {
        return Ok(answer);
    }
    if !b_first {
        let mirrored = mirror(op);
        let answer = ask(caller, b, swapped, mirrored, a)?;
        if !matches!(answer, Value::NotImplemented) {
            return Ok(answer);
        }
    }
    match op {
        CmpOp::Eq => Ok(Value::Bool(a.is(b))),
        CmpOp::Ne => Ok(Value::Bool(!a.is(b))),
        _ => Err(type_error(format!(
            "'{sign}' not supported between instances of '{}' and '{}'",
            a.type_name(),
            b.type_name()
        ))),
    }
}

fn mirror(op: CmpOp) -> CmpOp {
    match op {
        CmpOp::Lt => CmpOp::Gt,
        CmpOp::Le => CmpOp::Ge,
        CmpOp::Gt => CmpOp::Lt,
        CmpOp::Ge => CmpOp::Le,
        other => other,
    }
}

/// Whether a value is an instance of a script class, whose methods come before the built-in comparison.
fn overrides(value: &Value) -> bool {
    matches!(value.kind(), Some(Kind::Instance))
}

/// Asks one operand: its class's special method, or the comparison built in for its kind.
fn ask(caller: &mut dyn Caller, a: &Value, which: Special, op: CmpOp, b: &Value) -> Result<Value> {
    let Some(kind) = a.kind() else {
        return Ok(Value::NotImplemented);
    };
    if !matches!(
        kind,
        Kind::Instance | Kind::Foreign | Kind::Class | Kind::Module
    ) {
        return native_compare(caller, op, a, b);
    }
    let Some(method) = a.with_class(|class| class.special(which)) else {
        if op == CmpOp::Ne {
            return not_equal(caller, a, b);
        }
        return ask_payload(caller, op, a, b);
    };
    if method
        .exact::<Native>()
        .is_some_and(|n| n.owner.get().is_some_and(|o| o.same(&root())))
    {
        return if op == CmpOp::Ne {
            not_equal(caller, a, b)
        } else {
            ask_payload(caller, op, a, b)
        };
    }
    let answer = super::call_special(caller, a, which, std::slice::from_ref(b))?;
    Ok(answer.unwrap_or(Value::NotImplemented))
}

fn root() -> Ref<Class> {
    crate::lang::object::types().object.clone()
}

/// The comparison of the built-in value inside an instance.
fn ask_payload(caller: &mut dyn Caller, op: CmpOp, a: &Value, b: &Value) -> Result<Value> {
    match a.exact::<Instance>() {
        Some(instance)
            if !instance.payload.is_unbound()
                && instance.payload.kind() != Some(Kind::Exception) =>
        {
            let payload = instance.payload.clone();
            if let Some(ordering) = compare_numbers(&payload, b) {
                return Ok(Value::Bool(decide(op, ordering)));
            }
            native_compare(caller, op, &payload, b)
        }
        _ => Ok(Value::NotImplemented),
    }
}

/// `!=` of a class without `__ne__`: the opposite of its `__eq__`.
fn not_equal(caller: &mut dyn Caller, a: &Value, b: &Value) -> Result<Value> {
    match ask(caller, a, Special::Eq, CmpOp::Eq, b)? {
        Value::NotImplemented => Ok(Value::NotImplemented),
        answer => super::truth(caller, &answer).map(|equal| Value::Bool(!equal)),
    }
}

/// The comparison that a built-in class brings along: what `list.__lt__` and its like do.
pub fn builtin_compare(caller: &mut dyn Caller, op: CmpOp, a: &Value, b: &Value) -> Result<Value> {
    let (a, b) = (a.unwrapped(), b.unwrapped());
    match compare_numbers(a, b) {
        Some(ordering) => Ok(Value::Bool(decide(op, ordering))),
        None => native_compare(caller, op, a, b),
    }
}

/// Comparison of built-in values that are no numbers.
fn native_compare(caller: &mut dyn Caller, op: CmpOp, a: &Value, b: &Value) -> Result<Value> {
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

/// `a == b` as a truth value.
pub fn eq(caller: &mut dyn Caller, a: &Value, b: &Value) -> Result<bool> {
    if let (Value::Obj(x), Value::Obj(y)) = (a, b)
        && let (Some(x), Some(y)) = (x.downcast::<Str>(), y.downcast::<Str>())
    {
        return Ok(x.as_str() == y.as_str());
    }
    match rich_compare(caller, CmpOp::Eq, a, b)? {
        Value::Bool(equal) => Ok(equal),
        answer => super::truth(caller, &answer),
    }
}

/// `a is b or a == b`: how containers compare their elements.
pub fn identical_or_equal(caller: &mut dyn Caller, a: &Value, b: &Value) -> Result<bool> {
    match native_eq(a, b) {
        Some(equal) => Ok(equal),
        None => eq(caller, a, b),
    }
}

/// `a < b` as a truth value: how `sorted`, `min` and `max` compare.
pub fn less(caller: &mut dyn Caller, a: &Value, b: &Value) -> Result<bool> {
    match (a, b) {
        (Value::Int(x), Value::Int(y)) => return Ok(x < y),
        (Value::Float(x), Value::Float(y)) => return Ok(x < y),
        _ => {}
    }
    match rich_compare(caller, CmpOp::Lt, a, b)? {
        Value::Bool(less) => Ok(less),
        answer => super::truth(caller, &answer),
    }
}

/// `item in container`
pub fn contains(caller: &mut dyn Caller, container: &Value, item: &Value) -> Result<bool> {
    match container.kind() {
        Some(Kind::Dict) => {
            let dict = container.exact::<Dict>().expect("the kind says so").clone();
            return Ok(super::dict_get(caller, &dict, item)?.is_some());
        }
        Some(Kind::Set) => {
            let set = container.exact::<Set>().expect("the kind says so").clone();
            return super::set_contains(caller, &set.table, item);
        }
        Some(Kind::List) => {
            let list = container.exact::<List>().expect("the kind says so").clone();
            return any_equal(caller, item, &mut |i| list.items.borrow().get(i).cloned());
        }
        Some(Kind::Tuple) => {
            let tuple = container
                .exact::<Tuple>()
                .expect("the kind says so")
                .clone();
            return any_equal(caller, item, &mut |i| tuple.items.get(i).cloned());
        }
        Some(Kind::Str) => {
            let text = container.as_str().unwrap_or_default();
            return match item.as_str() {
                Some(part) => Ok(text.contains(part)),
                None => Err(type_error(format!(
                    "'in <string>' requires string as left operand, not {}",
                    item.class_name()
                ))),
            };
        }
        Some(Kind::Range) if item.is_int() => {
            let range = container.exact::<Range>().expect("the kind says so");
            // None of these numbers is as far away as one that has no place in 128 bits.
            let i = item
                .as_bigint()
                .and_then(|i| i.to_i128())
                .unwrap_or(i128::MAX / 2);
            let distance = i - i128::from(range.start);
            let step = i128::from(range.step);
            return Ok(distance % step == 0
                && distance / step >= 0
                && distance / step < i128::from(range.len()));
        }
        _ => {}
    }
    if let Some(Value::None) = super::special(container, Special::Contains) {
        let class = container.class_name();
        return Err(type_error(format!("'{class}' object is not a container")));
    }
    if let Some(answer) = super::call_special(
        caller,
        container,
        Special::Contains,
        std::slice::from_ref(item),
    )? {
        return super::truth(caller, &answer);
    }
    let can_iterate = super::special(container, Special::Iter).is_some()
        || super::special(container, Special::Getitem).is_some();
    if !can_iterate {
        return Err(type_error(format!(
            "argument of type '{}' is not iterable",
            container.class_name()
        )));
    }
    let iterator = super::iter(caller, container)?;
    while let Some(element) = super::next(caller, &iterator)? {
        if identical_or_equal(caller, &element, item)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn any_equal(
    caller: &mut dyn Caller,
    item: &Value,
    at: &mut dyn FnMut(usize) -> Option<Value>,
) -> Result<bool> {
    let mut i = 0;
    while let Some(element) = at(i) {
        if identical_or_equal(caller, &element, item)? {
            return Ok(true);
        }
        i += 1;
    }
    Ok(false)
}
