//! Containment.

use num_traits::ToPrimitive;

use super::compare::identical_or_equal;
use crate::lang::object::class::Special;
use crate::lang::object::{Caller, Dict, Kind, List, Range, Result, Set, Tuple, Value, type_error};

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
