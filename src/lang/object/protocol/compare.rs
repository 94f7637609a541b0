//! Comparison, and who is asked for it.

use std::cmp::Ordering;

use super::contain::contains;
use super::equal::native_compare;
use crate::lang::object::class::Special;
use crate::lang::object::code::CmpOp;
use crate::lang::object::dict::native_eq;
use crate::lang::object::{
    Caller, Class, Instance, Kind, Native, Ref, Result, Str, Value, type_error,
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

pub(super) fn decide(op: CmpOp, ordering: Option<Ordering>) -> bool {
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
pub(super) fn compare_numbers(a: &Value, b: &Value) -> Option<Option<Ordering>> {
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
