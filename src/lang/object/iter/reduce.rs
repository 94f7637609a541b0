//! Copies of iterators: the calls that make them anew (`__reduce__`, `__setstate__`).

use super::Iter;
use crate::lang::object::native::{NativeSpec, receiver};
use crate::lang::object::{Caller, Result, Value, type_error};

/// A call that makes an iterator: of which builtin, with what, and what it is told afterwards.
pub struct Reduced {
    /// The builtin; that of the iterator's own class where it is empty.
    pub function: &'static str,
    /// Its arguments.
    pub args: Vec<Value>,
    /// What `__setstate__` gets.
    pub state: Option<Value>,
}

/// `iter(value)`, with the place of the next element.
pub fn again(value: &Value, place: Option<usize>) -> Reduced {
    let ended = value.is_unbound() || value.is_none();
    Reduced {
        function: "iter",
        args: vec![if ended {
            Value::tuple([])
        } else {
            value.clone()
        }],
        state: place.filter(|_| !ended).map(Value::from),
    }
}

/// What iterators that can be copied have in common.
pub(super) static REDUCE: [NativeSpec; 2] = [
    NativeSpec::new(
        "__reduce__(self, /)",
        "Return state information for pickling.",
        reduce,
    ),
    NativeSpec::new(
        "__setstate__(self, state, /)",
        "Set state information for unpickling.",
        |_, a| {
            if let Ok(mut state) = receiver::<Iter>(&a[0])?.state.try_borrow_mut() {
                state.get_mut().set_state(&a[1]);
            }
            Ok(Value::None)
        },
    ),
];

fn reduce(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let iter = receiver::<Iter>(&args[0])?;
    let reduced = iter
        .state
        .try_borrow_mut()
        .ok()
        .and_then(|mut state| state.get_mut().reduce());
    let Some(reduced) = reduced else {
        let message = format!("cannot pickle '{}' object", args[0].class_name());
        return Err(type_error(message));
    };
    let function = match reduced.function {
        "" => Value::from(args[0].class()),
        name => caller.session().builtins.get_str(name).unwrap_or_default(),
    };
    let mut parts = vec![function, Value::tuple(reduced.args)];
    parts.extend(reduced.state);
    Ok(Value::tuple(parts))
}

/// A place that a state tells, within the sequence.
pub(super) fn place(state: &Value) -> usize {
    usize::try_from(state.as_int().unwrap_or(0).max(0)).unwrap_or(0)
}
