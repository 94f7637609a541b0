//! `__build_class__`: what a `class` statement calls.

use crate::lang::object::class::Special;
use crate::lang::object::code::{Cell, Function};
use crate::lang::object::protocol;
use crate::lang::object::root::{best_metaclass, create_class};
use crate::lang::object::{
    Args, Caller, Class, Dict, Name, NativeSpec, Ref, Result, Str, Tuple, Value, intern,
    runtime_error, type_error, types,
};

pub(super) static FUNCTIONS: &[NativeSpec] = &[NativeSpec {
    signature: "__build_class__(func, name, /, *bases, **kwds)",
    doc: "Makes a class of the function that holds its body.",
    examples: &[],
    call: build_class,
}];

fn build_class(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let Some(body) = args[0].exact::<Function>().cloned() else {
        return Err(type_error("__build_class__: func must be a function"));
    };
    let Some(name) = args[1].get::<Str>().map(|name| name.interned()) else {
        return Err(type_error("__build_class__: name is not a string"));
    };
    let original = args[2]
        .exact::<Tuple>()
        .map(|t| t.items.to_vec())
        .unwrap_or_default();
    let bases = resolved_bases(caller, &original)?;
    let mut keywords = keywords(&args[3]);
    let given = keywords
        .iter()
        .position(|(key, _)| key.as_str() == "metaclass")
        .map(|at| keywords.remove(at).1);
    let metaclass = match given {
        Some(given) => match given.exact::<Class>() {
            Some(class) => class.clone(),
            None => return call_factory(caller, &given, &body, &name, &bases, &keywords),
        },
        None => types().type_.clone(),
    };
    let metaclass = best_metaclass(&metaclass, &bases)?;
    let namespace = prepared(caller, &metaclass, &name, &bases, &keywords)?;
    let cell = caller.run_class_body(&body, &namespace)?;
    if cell.exact::<Cell>().is_some() {
        protocol::set_item(
            caller,
            &namespace,
            &Value::from("__classcell__"),
            cell.clone(),
        )?;
    }
    if bases.len() != original.len() || bases.iter().zip(&original).any(|(a, b)| !a.is(b)) {
        protocol::set_item(
            caller,
            &namespace,
            &Value::from("__orig_bases__"),
            Value::tuple(original),
        )?;
    }
    let own_making = !metaclass.same(&types().type_) && overrides(&metaclass);
    let class = if own_making {
        let meta = Value::from(&metaclass);
        let positional = [Value::from(&name), Value::tuple(bases), namespace];
        caller.call(
            &meta,
            Args {
                positional: &positional,
                keywords: &keywords,
            },
        )?
    } else {
        let Some(namespace) = namespace.get::<Dict>().cloned() else {
            return Err(type_error("the namespace of a class must be a dict"));
        };
        create_class(caller, &metaclass, &name, &bases, &namespace, &keywords)?
    };
    if let Some(cell) = cell.exact::<Cell>()
        && class.exact::<Class>().is_some()
    {
        let found = cell.0.borrow().clone();
        if found.is_unbound() {
            let text = protocol::repr(caller, &class)?;
            return Err(runtime_error(format!(
                "__class__ not set defining '{name}' as {text}. Was __classcell__ propagated to type.__new__?"
            )));
        }
        if !found.is(&class) {
            let text = protocol::repr(caller, &class)?;
            return Err(type_error(format!(
                "__class__ set to {} defining '{name}' as {text}",
                protocol::repr(caller, &found)?
            )));
        }
    }
    Ok(class)
}

/// Whether a metaclass takes part in the making of its classes.
fn overrides(metaclass: &Ref<Class>) -> bool {
    let is_script = |which: Special| {
        metaclass
            .special(which)
            .is_some_and(|found| found.exact::<crate::lang::object::Native>().is_none())
    };
    protocol::script_new(metaclass).is_some()
        || is_script(Special::Init)
        || is_script(Special::Call)
}

fn keywords(dict: &Value) -> Vec<(Name, Value)> {
    let entries = dict
        .exact::<Dict>()
        .map(|d| d.entries())
        .unwrap_or_default();
    entries
        .into_iter()
        .filter_map(|(key, value)| Some((key.get::<Str>()?.interned(), value)))
        .collect()
}

/// A metaclass that is no class: any callable of name, bases and namespace.
fn call_factory(
    caller: &mut dyn Caller,
    factory: &Value,
    body: &Ref<Function>,
    name: &Name,
    bases: &[Value],
    keywords: &[(Name, Value)],
) -> Result<Value> {
    let namespace = Value::from(Dict::new());
    caller.run_class_body(body, &namespace)?;
    let positional = [Value::from(name), Value::tuple(bases.to_vec()), namespace];
    caller.call(
        factory,
        Args {
            positional: &positional,
            keywords,
        },
    )
}

/// The bases, with those that stand for others (`__mro_entries__`) replaced.
fn resolved_bases(caller: &mut dyn Caller, bases: &[Value]) -> Result<Vec<Value>> {
    let mut resolved = Vec::with_capacity(bases.len());
    for base in bases {
        if base.exact::<Class>().is_some() {
            resolved.push(base.clone());
            continue;
        }
        match protocol::find_attr(caller, base, &Special::MroEntries.name())? {
            Some(entries) => {
                let entries =
                    caller.call(&entries, Args::positional(&[Value::tuple(bases.to_vec())]))?;
                resolved.extend(protocol::collect(caller, &entries)?);
            }
            None => resolved.push(base.clone()),
        }
    }
    Ok(resolved)
}

/// The namespace for the body: what the metaclass's `__prepare__` gives, or a dict.
fn prepared(
    caller: &mut dyn Caller,
    metaclass: &Ref<Class>,
    name: &Name,
    bases: &[Value],
    keywords: &[(Name, Value)],
) -> Result<Value> {
    if metaclass.same(&types().type_) {
        return Ok(Value::from(Dict::new()));
    }
    let meta = Value::from(metaclass);
    match protocol::find_attr(caller, &meta, &intern("__prepare__"))? {
        Some(prepare) => {
            let positional = [Value::from(name), Value::tuple(bases.to_vec())];
            caller.call(
                &prepare,
                Args {
                    positional: &positional,
                    keywords,
                },
            )
        }
        None => Ok(Value::from(Dict::new())),
    }
}
