//! `bisect`: places in sorted lists.

use super::arguments;
use super::define::{def, def_with};
use crate::lang::object::{
    Caller, List, ModuleSpec, NativeSpec, Result, Value, protocol, value_error,
};

/// `bisect`
pub(super) static BISECT: ModuleSpec = ModuleSpec {
    name: "bisect",
    doc: "Places in sorted lists.",
    functions: FUNCTIONS,
    setup: |_, module| {
        for (alias, name) in [("bisect", "bisect_right"), ("insort", "insort_right")] {
            if let Some(function) = module.dict.get_str(name) {
                module.set(alias, function);
            }
        }
        Ok(())
    },
};

static FUNCTIONS: &[NativeSpec] = &[
    def_with(
        "bisect_left(a, x, lo=0, hi=None, *, key=None)",
        "The first place at which x can be inserted.",
        &[("import bisect; bisect.bisect_left([1, 3, 3, 5], 3)", "1")],
        |caller, args| search(caller, args, true, false).map(Value::from),
    ),
    def(
        "bisect_right(a, x, lo=0, hi=None, *, key=None)",
        "The last place at which x can be inserted.",
        |caller, args| search(caller, args, false, false).map(Value::from),
    ),
    def(
        "insort_left(a, x, lo=0, hi=None, *, key=None)",
        "Inserts x before its equals.",
        |caller, args| insert(caller, args, true),
    ),
    def(
        "insort_right(a, x, lo=0, hi=None, *, key=None)",
        "Inserts x behind its equals.",
        |caller, args| insert(caller, args, false),
    ),
];

/// The place of `x`; `keyed` if the key of `x` has to be taken too.
fn search(caller: &mut dyn Caller, args: &[Value], left: bool, keyed: bool) -> Result<usize> {
    let (sequence, key) = (&args[0], &args[4]);
    let mut low = usize::try_from(arguments::int(caller, &args[2])?)
        .map_err(|_| value_error("lo must be non-negative"))?;
    let mut high = match arguments::optional_int(caller, &args[3])? {
        Some(high) => usize::try_from(high).unwrap_or(0),
        None => protocol::len(caller, sequence)?,
    };
    let x = if keyed && !key.is_none() {
        caller.call_positional(key, &args[1..2])?
    } else {
        args[1].clone()
    };
    while low < high {
        let middle = low + (high - low) / 2;
        let mut item = protocol::get_item(caller, sequence, &Value::from(middle))?;
        if !key.is_none() {
            item = caller.call_positional(key, &[item])?;
        }
        let go_right = if left {
            protocol::less(caller, &item, &x)?
        } else {
            !protocol::less(caller, &x, &item)?
        };
        if go_right {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Ok(low)
}

fn insert(caller: &mut dyn Caller, args: &[Value], left: bool) -> Result<Value> {
    let place = search(caller, args, left, true)?;
    match args[0].exact::<List>() {
        Some(list) => {
            let mut items = list.items.borrow_mut();
            let place = place.min(items.len());
            items.insert(place, args[1].clone());
        }
        None => {
            _ = protocol::call_method(
                caller,
                &args[0],
                "insert",
                &[Value::from(place), args[1].clone()],
            )?
        }
    }
    Ok(Value::None)
}
