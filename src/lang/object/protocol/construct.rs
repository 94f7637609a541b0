//! The call of a class: `__new__`, then `__init__`.

use crate::lang::object::class::{SolidBase, Special};
use crate::lang::object::{
    Args, Caller, Class, Instance, Kind, Native, Ref, Result, StaticMethod, Value, type_error,
    types,
};

/// `class(args)`, the metaclass's `__call__` aside.
pub fn construct(caller: &mut dyn Caller, class: &Ref<Class>, args: Args) -> Result<Value> {
    if class.native
        && let Some(make) = class.make
    {
        return make(caller, class, args);
    }
    let value = match script_new(class) {
        Some(new) => {
            let mut positional = Vec::with_capacity(args.positional.len() + 1);
            positional.push(Value::from(class));
            positional.extend_from_slice(args.positional);
            let made = caller.call(
                &new,
                Args {
                    positional: &positional,
                    keywords: args.keywords,
                },
            )?;
            if !made.with_class(|own| own.is_subclass(class)) {
                return Ok(made);
            }
            made
        }
        None => {
            refuse_keywords(class, args)?;
            allocate(caller, class, args)?
        }
    };
    initialize(caller, class, &value, args)?;
    Ok(value)
}

/// The values of some built-in classes take no keywords, those of classes that derive from them none either, unless
/// they have an `__init__` of their own.
fn refuse_keywords(class: &Class, args: Args) -> Result<()> {
    let SolidBase::Payload(base @ ("tuple" | "list" | "set" | "frozenset" | "float")) = class.solid
    else {
        return Ok(());
    };
    let own_init = || {
        let init = class.special(Special::Init);
        init.is_some_and(|init| init.exact::<Native>().is_none())
    };
    // A named tuple is made in a way of its own, with its fields by name.
    let own_make = || {
        let order = class.bases();
        let made = order
            .iter()
            .find_map(|base| base.native.then_some(base.make));
        made.is_none_or(|made| {
            made.map(|made| made as usize) != class.make.map(|made| made as usize)
        })
    };
    if args.keywords.is_empty() || own_init() || own_make() {
        return Ok(());
    }
    Err(type_error(format!("{base}() takes no keyword arguments")))
}

/// The `__new__` that a script class defines or inherits from one.
pub fn script_new(class: &Class) -> Option<Value> {
    let new = class.special(Special::New)?;
    let function = match new.exact::<StaticMethod>() {
        Some(wrapped) => wrapped.function.clone(),
        None => new,
    };
    let native = function.kind() == Some(Kind::Native) && function.exact::<Native>().is_some();
    (!native).then_some(function)
}

/// What `object.__new__(class, args)` does: a fresh instance, with the built-in value inside if the class derives
/// from a built-in one.
pub fn allocate(caller: &mut dyn Caller, class: &Ref<Class>, args: Args) -> Result<Value> {
    if let Some(names) = abstract_methods(caller, class)? {
        return Err(type_error(names));
    }
    match class.make {
        Some(make) => make(caller, class, args),
        None => Ok(Value::from(Instance::new(class))),
    }
}

/// The refusal to make an instance of an abstract class.
fn abstract_methods(caller: &mut dyn Caller, class: &Ref<Class>) -> Result<Option<String>> {
    if class.metaclass.is_none() {
        return Ok(None);
    }
    let Some(set) = class.lookup(&crate::lang::object::intern("__abstractmethods__")) else {
        return Ok(None);
    };
    let mut names: Vec<String> = Vec::new();
    for name in super::collect(caller, &set)? {
        names.extend(name.as_str().map(str::to_string));
    }
    if names.is_empty() {
        return Ok(None);
    }
    names.sort();
    let plural = if names.len() == 1 { "" } else { "s" };
    let class = class.name();
    Ok(Some(format!(
        "Can't instantiate abstract class {class} with abstract method{plural} {}",
        names.join(", ")
    )))
}

/// Calls `__init__` on a new instance.
fn initialize(
    caller: &mut dyn Caller,
    class: &Ref<Class>,
    value: &Value,
    args: Args,
) -> Result<()> {
    // The made value may be of a class that derives from `class`.
    let Some(init) = value.with_class(|own| own.special(Special::Init)) else {
        return no_init(class, args);
    };
    let is_native = init.exact::<Native>();
    if is_native.is_some_and(|n| {
        n.owner
            .get()
            .is_some_and(|owner| owner.same(&types().object))
    }) {
        return no_init(class, args);
    }
    let mut positional = Vec::with_capacity(args.positional.len() + 1);
    positional.push(value.clone());
    positional.extend_from_slice(args.positional);
    let plain = is_native.is_some() || init.kind() == Some(Kind::Function);
    // Keywords are for the `__new__` of a class that derives from a container without any.
    let of_container = |owner: &Ref<Class>| owner.same(&types().list) || owner.same(&types().set);
    let keywords = match is_native.and_then(|native| native.owner.get()) {
        Some(owner) if of_container(owner) && script_new(class).is_some() => &[],
        _ => args.keywords,
    };
    let answer = if plain {
        caller.call(
            &init,
            Args {
                positional: &positional,
                keywords,
            },
        )?
    } else {
        let bound = super::bind(caller, &init, value, class)?;
        caller.call(&bound, args)?
    };
    if answer.is_none() {
        return Ok(());
    }
    Err(type_error(format!(
        "__init__() should return None, not '{}'",
        answer.class_name()
    )))
}

/// A class without `__init__` takes no arguments, unless its `__new__` does.
fn no_init(class: &Ref<Class>, args: Args) -> Result<()> {
    let given = !args.positional.is_empty() || !args.keywords.is_empty();
    if given && class.make.is_none() && script_new(class).is_none() {
        return Err(type_error(format!("{}() takes no arguments", class.name())));
    }
    Ok(())
}

/// A built-in value as an instance of the class asked for: itself, unless a script class derives from its own.
pub fn wrap(class: &Ref<Class>, value: Value) -> Value {
    if class.native {
        value
    } else {
        Value::from(Instance::with_payload(class, value))
    }
}
