//! `sorted`, `min` and `max`.

use crate::lang::object::list::sort::sort;
use crate::lang::object::protocol::{self, for_each, less, truth};
use crate::lang::object::{Caller, NativeSpec, Result, Tuple, Value, type_error, value_error};

pub(super) static FUNCTIONS: &[NativeSpec] = &[
    NativeSpec::new("sorted(iterable, /, *, key=None, reverse=False)", "Return a new list containing all items from the iterable in ascending order.\n\nA custom key function can be supplied to customize the sort order, and the reverse flag can be set to request the result in descending order.", |c, a| {
        let mut items = protocol::listed(c, &a[0])?;
        let reverse = is_reverse(c, &a[2])?;
        sort(c, &mut items, &a[1], reverse)?;
        Ok(Value::list(items))
    })
    .examples(&[("sorted([3, 1, 2])", "[1, 2, 3]")]),
    NativeSpec::new("min(*args, key=None, default=...)", "min(iterable, *[, default=obj, key=func]) -> value\nmin(arg1, arg2, *args, *[, key=func]) -> value\n\nWith a single iterable argument, return its smallest item. With two or more arguments, return the smallest argument.", |c, a| extreme(c, a, "min"))
        .examples(&[("min(3, 1, 2)", "1")]),
    NativeSpec::new("max(*args, key=None, default=...)", "max(iterable, *[, default=obj, key=func]) -> value\nmax(arg1, arg2, *args, *[, key=func]) -> value\n\nWith a single iterable argument, return its biggest item. With two or more arguments, return the largest argument.", |c, a| extreme(c, a, "max"))
        .examples(&[("max([3, 1, 2])", "3")]),
];

/// The flag `reverse`, which is an integer.
fn is_reverse(caller: &mut dyn Caller, flag: &Value) -> Result<bool> {
    let flag = protocol::as_index(caller, flag)?;
    truth(caller, &flag)
}

fn extreme(caller: &mut dyn Caller, args: &[Value], name: &str) -> Result<Value> {
    let given = args[0].exact::<Tuple>().cloned();
    let items = given.as_ref().map_or(&[][..], |tuple| &tuple.items[..]);
    let (key, default) = (&args[1], &args[2]);
    let mut best: Option<(Value, Value)> = None;
    let mut offer = |caller: &mut dyn Caller, item: Value| -> Result<bool> {
        let rank = if key.is_none() {
            item.clone()
        } else {
            caller.call_positional(key, std::slice::from_ref(&item))?
        };
        let better = match &best {
            None => true,
            Some((held, _)) if name == "min" => less(caller, &rank, held)?,
            Some((held, _)) => greater(caller, &rank, held)?,
        };
        if better {
            best = Some((rank, item));
        }
        Ok(true)
    };
    match items {
        [] => {
            return Err(type_error(format!(
                "{name} expected at least 1 argument, got 0"
            )));
        }
        [iterable] => for_each(caller, iterable, offer)?,
        _ if !default.is_unbound() => {
            return Err(type_error(format!(
                "Cannot specify a default for {name}() with multiple positional arguments"
            )));
        }
        items => {
            for item in items {
                offer(caller, item.clone())?;
            }
        }
    }
    match best {
        Some((_, item)) => Ok(item),
        None if default.is_unbound() => {
            Err(value_error(format!("{name}() arg is an empty sequence")))
        }
        None => Ok(default.clone()),
    }
}

fn greater(caller: &mut dyn Caller, a: &Value, b: &Value) -> Result<bool> {
    use crate::lang::object::code::CmpOp;
    match (a, b) {
        (Value::Int(x), Value::Int(y)) => return Ok(x > y),
        (Value::Float(x), Value::Float(y)) => return Ok(x > y),
        _ => {}
    }
    let answer = crate::lang::object::protocol::rich_compare(caller, CmpOp::Gt, a, b)?;
    truth(caller, &answer)
}
