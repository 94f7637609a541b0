//! Objects made again from what a pickle says of them.

use super::find::{is_allowed, is_own, is_safe};
use super::unpickling_error;
use crate::lang::object::{
    Args, Bytes, Caller, Class, Dict, Instance, Kind, List, Ref, Result, Str, Tuple, Value, intern,
    protocol, types,
};

pub(super) fn append(caller: &mut dyn Caller, target: &Value, items: Vec<Value>) -> Result<()> {
    if let Some(list) = target.get::<List>() {
        list.items.borrow_mut().extend(items);
        return Ok(());
    }
    // Other containers of the library, such as deques.
    let native = target.kind() == Some(Kind::Foreign);
    if !native {
        return Err(unpickling_error("a list is required"));
    }
    for item in items {
        protocol::call_method(caller, target, "append", &[item])?;
    }
    Ok(())
}

/// Enters keys and values that stand one behind the other.
pub(super) fn fill(caller: &mut dyn Caller, target: &Value, items: &[Value]) -> Result<()> {
    let Some(dict) = target.get::<Dict>().cloned() else {
        return Err(unpickling_error("a dict is required"));
    };
    for pair in items.chunks(2) {
        if let [key, value] = pair {
            protocol::dict_set(caller, &dict, key.clone(), value.clone())?;
        }
    }
    Ok(())
}

/// A call that `__reduce__` asked for.
pub(super) fn reduce(caller: &mut dyn Caller, callee: &Value, args: &Value) -> Result<Value> {
    if is_allowed(callee) || is_own(caller, callee)? {
        return call(caller, callee, args);
    }
    if iterates_data(caller, callee, args) {
        return call(caller, callee, args);
    }
    let Some(class) = callee.exact::<Class>().cloned() else {
        return Err(unpickling_error("unpickling runs no code"));
    };
    let of_set = [&types().set, &types().frozenset, &types().bytearray];
    if !class.native && of_set.into_iter().any(|base| class.is_subclass(base)) {
        return new_object(caller, callee, args, true);
    }
    if !is_safe(caller, &class)? {
        return Err(unpickling_error(format!(
            "the call of class '{}' is refused: unpickling runs no code",
            class.name()
        )));
    }
    call(caller, callee, args)
}

/// Whether a call is `iter` of a built-in value.
fn iterates_data(caller: &mut dyn Caller, callee: &Value, args: &Value) -> bool {
    let iter = caller.session().builtins.get_str("iter");
    let of_data = args.exact::<Tuple>().is_some_and(|args| {
        matches!(&*args.items, [of] if !matches!(of.kind(), Some(Kind::Instance | Kind::Foreign)))
    });
    of_data && iter.is_some_and(|iter| iter.is(callee))
}

pub(super) fn call(caller: &mut dyn Caller, callee: &Value, args: &Value) -> Result<Value> {
    match args.exact::<Tuple>() {
        Some(args) => caller.call(callee, Args::positional(&args.items)),
        None => Err(unpickling_error("argument list must be a tuple")),
    }
}

/// The way of a native class to make an instance without `__init__`.
fn bare(class: &Ref<Class>) -> bool {
    let found = class.lookup(&intern("_bare"));
    let method = found
        .as_ref()
        .and_then(|f| f.exact::<crate::lang::object::ClassMethod>());
    method.is_some_and(|m| m.function.kind() == Some(Kind::Native))
}

/// A new instance of a class, which is not called: the built-in value inside comes from the arguments.
pub(super) fn new_object(
    caller: &mut dyn Caller,
    class: &Value,
    args: &Value,
    strict: bool,
) -> Result<Value> {
    let Some(class) = class.exact::<Class>().cloned() else {
        return Err(unpickling_error(
            "NEWOBJ class argument isn't a type object",
        ));
    };
    let args = args
        .exact::<Tuple>()
        .map(|args| args.items.to_vec())
        .unwrap_or_default();
    if bare(&class) {
        return protocol::call_method(caller, &Value::from(class), "_bare", &[]);
    }
    if class.native {
        let (class, args) = (Value::from(class), Value::tuple(args));
        return match strict {
            true => call(caller, &class, &args),
            false => reduce(caller, &class, &args),
        };
    }
    let payload = if class.is_subclass(&types().list) {
        Value::list(Vec::new())
    } else if class.is_subclass(&types().dict) {
        Value::from(Dict::new())
    } else if let Some(base) = [&types().set, &types().frozenset, &types().bytearray]
        .into_iter()
        .find(|base| class.is_subclass(base))
    {
        // Of plain elements, which run no code.
        caller.call_positional(&Value::from(base), &args)?
    } else if class.make.is_some() {
        let fits = args.first().is_some_and(|value| {
            let kinds = [
                value.exact::<Str>().is_some(),
                value.exact::<Tuple>().is_some(),
                value.exact::<Bytes>().is_some(),
            ];
            value.as_number().is_some() || kinds.contains(&true)
        });
        match args.into_iter().next().filter(|_| fits) {
            Some(value) => value,
            None => {
                return Err(unpickling_error(format!(
                    "instances of '{}' cannot be made without running code",
                    class.name()
                )));
            }
        }
    } else {
        Value::Unbound
    };
    Ok(Value::from(Instance::with_payload(&class, payload)))
}

/// Gives an instance its attributes.
pub(super) fn build(caller: &mut dyn Caller, target: &Value, state: &Value) -> Result<()> {
    let Some(instance) = target.exact::<Instance>().cloned() else {
        let native = matches!(target.kind(), Some(Kind::Foreign | Kind::Iter));
        if native {
            return protocol::call_method(
                caller,
                target,
                "__setstate__",
                std::slice::from_ref(state),
            )
            .map(drop);
        }
        return Err(unpickling_error("BUILD requires an instance"));
    };
    let hook = instance.class().lookup(&intern("__setstate__"));
    if hook.is_some() {
        let state = std::slice::from_ref(state);
        return protocol::call_method(caller, target, "__setstate__", state).map(drop);
    }
    let parts = match state.exact::<Tuple>() {
        Some(pair) if pair.items.len() == 2 => pair.items.to_vec(),
        _ => vec![state.clone()],
    };
    for part in parts.iter().filter(|part| !part.is_none()) {
        let Some(dict) = part.exact::<Dict>() else {
            return Err(unpickling_error("state is not a dictionary"));
        };
        for (name, value) in dict.entries() {
            if let Some(name) = name.as_str() {
                instance.set(&intern(name), value);
            }
        }
    }
    Ok(())
}
