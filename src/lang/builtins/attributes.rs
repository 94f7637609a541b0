//! Attributes, identity and class tests.

use crate::lang::object::protocol::{
    self, attribute_missing, call_special, delete_attr, find_attr, hash, is_callable, is_instance,
    is_subclass, set_attr,
};
use crate::lang::object::root::name_arg;
use crate::lang::object::{
    Caller, Exc, Module, NativeSpec, Result, Special, Value, foreign, type_error,
};

pub(super) static FUNCTIONS: &[NativeSpec] = &[
    NativeSpec::new(
        "getattr(object, name, default=..., /)",
        "getattr(object, name[, default]) -> value\n\nGet a named attribute from an object; getattr(x, 'y') is equivalent to x.y.\nWhen a default argument is given, it is returned when the attribute doesn't exist; without it, an exception is raised in that case.",
        get,
    ),
    NativeSpec::new(
        "hasattr(obj, name, /)",
        "Return whether the object has an attribute with the given name.\n\nThis is done by calling getattr(obj, name) and catching AttributeError.",
        |c, a| {
            let name = name_arg(&a[1])?;
            match find_attr(c, &a[0], &name) {
                Ok(found) => Ok(Value::Bool(found.is_some())),
                Err(raised) if raised.is(Exc::AttributeError) => Ok(Value::Bool(false)),
                Err(raised) => Err(raised),
            }
        },
    ),
    NativeSpec::new(
        "setattr(obj, name, value, /)",
        "Sets the named attribute on the given object to the specified value.\n\nsetattr(x, 'y', v) is equivalent to ``x.y = v``",
        |c, a| {
            set_attr(c, &a[0], &name_arg(&a[1])?, a[2].clone())?;
            Ok(Value::None)
        },
    ),
    NativeSpec::new(
        "delattr(obj, name, /)",
        "Deletes the named attribute from the given object.\n\ndelattr(x, 'y') is equivalent to ``del x.y``",
        |c, a| {
            delete_attr(c, &a[0], &name_arg(&a[1])?)?;
            Ok(Value::None)
        },
    ),
    NativeSpec::new(
        "callable(obj, /)",
        "Return whether the object is callable (i.e., some kind of function).",
        |_, a| Ok(Value::Bool(is_callable(&a[0]))),
    ),
    NativeSpec::new(
        "id(obj, /)",
        "Return the identity of an object.\n\nThis is guaranteed to be unique among simultaneously existing objects.",
        |c, a| identity(c, &a[0]),
    ),
    NativeSpec::new(
        "hash(obj, /)",
        "Return the hash value for the given object.\n\nTwo objects that compare equal must also have the same hash value, but the reverse is not necessarily true.",
        |c, a| hash(c, &a[0]).map(Value::Int),
    ),
    NativeSpec::new(
        "isinstance(obj, class_or_tuple, /)",
        "Return whether an object is an instance of a class or of a subclass thereof.",
        |c, a| is_instance(c, &a[0], &a[1]).map(Value::Bool),
    ),
    NativeSpec::new(
        "issubclass(cls, class_or_tuple, /)",
        "Return whether 'cls' is derived from another class or is the same class.",
        |c, a| is_subclass(c, &a[0], &a[1]).map(Value::Bool),
    ),
    NativeSpec::new(
        "dir(object=..., /)",
        "Show attributes of an object.\n\nWithout arguments, the names in the current scope.",
        directory,
    ),
    NativeSpec::new(
        "vars(object=..., /)",
        "Show vars.\n\nWithout arguments, equivalent to locals(). With an argument, equivalent to object.__dict__.",
        |c, a| {
            if a[0].is_unbound() {
                return super::scope::locals(c, &[]);
            }
            let dict = crate::lang::object::intern("__dict__");
            match find_attr(c, &a[0], &dict) {
                Ok(Some(dict)) => Ok(dict),
                Err(raised) if !raised.is(Exc::AttributeError) => Err(raised),
                _ => Err(type_error("vars() argument must have __dict__ attribute")),
            }
        },
    ),
];

fn get(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let name = name_arg(&args[1])?;
    let default = &args[2];
    match find_attr(caller, &args[0], &name) {
        Ok(Some(value)) => Ok(value),
        Ok(None) if default.is_unbound() => Err(attribute_missing(caller, &args[0], &name)),
        Ok(None) => Ok(default.clone()),
        Err(raised) if raised.is(Exc::AttributeError) && !default.is_unbound() => {
            Ok(default.clone())
        }
        Err(raised) => Err(raised),
    }
}

fn identity(caller: &mut dyn Caller, value: &Value) -> Result<Value> {
    // Numbers have no place in memory: theirs is made up of their value.
    const NOWHERE: i64 = 0x7f00_0000_0000;
    Ok(match value {
        Value::Obj(object) => Value::from(foreign::identity(object)),
        Value::Int(i) => Value::Int(NOWHERE.wrapping_add(i.wrapping_mul(32)) & i64::MAX),
        other => Value::Int((NOWHERE ^ hash(caller, other)?.wrapping_mul(64)) & i64::MAX),
    })
}

fn directory(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let own = args[0].exact::<Module>();
    let own = own.and_then(|module| module.dict.get_str("__dir__"));
    let names = if let Some(own) = own {
        let names = caller.call_positional(&own, &[])?;
        protocol::collect(caller, &names)?
    } else if args[0].is_unbound() {
        let locals = super::scope::locals(caller, &[])?;
        protocol::collect(caller, &locals)?
    } else {
        let names = call_special(caller, &args[0], Special::Dir, &[])?.unwrap_or_default();
        protocol::collect(caller, &names)?
    };
    let mut names = names;
    // A module that makes its attributes when they are asked for says what it offers.
    if let Some(module) = args[0].exact::<Module>()
        && let Some(lazy) = *module.lazy.borrow()
        && let Some(all) = lazy(caller, module, "__all__")?
    {
        for name in protocol::collect(caller, &all)? {
            let known = name.as_str().and_then(|name| module.dict.get_str(name));
            if known.is_none() {
                names.push(name);
            }
        }
    }
    crate::lang::object::list::sort::sort(caller, &mut names, &Value::None, false)?;
    Ok(Value::list(names))
}
