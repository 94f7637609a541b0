//! Attributes set and deleted: descriptors, slots, classes.

use super::missing::attribute_missing;
use crate::lang::object::class::Special;
use crate::lang::object::exception::Raised;
use crate::lang::object::{
    Args, Caller, Class, Function, GetSet, Instance, Kind, Module, Name, Native, Property, Ref,
    Result, Tuple, Value, attribute_error, intern, slot_names, type_error, types, value_error,
};

/// `obj.name = value`
pub fn set_attr(caller: &mut dyn Caller, obj: &Value, name: &Name, value: Value) -> Result<()> {
    let hook = obj.with_class(|class| class.special(Special::Setattr));
    match hook {
        Some(hook) if !is_object_method(&hook) => caller
            .call(
                &hook,
                Args::positional(&[obj.clone(), Value::from(name), value]),
            )
            .map(drop),
        _ => generic_set_attr(caller, obj, name, value),
    }
}

/// Whether a special method is the one of `object` itself.
pub fn is_object_method(hook: &Value) -> bool {
    hook.exact::<Native>().is_some_and(|n| {
        n.owner
            .get()
            .is_some_and(|owner| owner.same(&crate::lang::object::types().object))
    })
}

/// What `object.__setattr__` does.
pub fn generic_set_attr(
    caller: &mut dyn Caller,
    obj: &Value,
    name: &Name,
    value: Value,
) -> Result<()> {
    if let Some(class) = obj.exact::<Class>() {
        let on_meta = class.metaclass.as_ref().and_then(|meta| meta.lookup(name));
        return match on_meta.filter(|found| found.kind() == Some(Kind::Property)) {
            Some(property) => set_property(caller, &property, obj, value),
            None => set_class_attr(class, name, Some(value)),
        };
    }
    let found = obj.with_class(|class| class.lookup(name));
    if let Some(found) = &found {
        match found.kind() {
            Some(Kind::Property) => return set_property(caller, found, obj, value),
            Some(Kind::GetSet) => return set_native(caller, found, obj, name, value),
            Some(Kind::Instance) => {
                if let Some(set) = found.with_class(|class| class.special(Special::Set)) {
                    let args = [found.clone(), obj.clone(), value];
                    return caller.call(&set, Args::positional(&args)).map(drop);
                }
            }
            _ => {}
        }
    }
    match obj.kind() {
        Some(Kind::Instance) => {
            let instance = obj.exact::<Instance>().expect("the kind says so");
            if instance.class().same(&types().object) {
                return Err(attribute_missing(caller, obj, name));
            }
            if let Some(refusal) = refused_by_slots(instance, name) {
                let class = instance.class().name();
                return Err(match found {
                    Some(_) => {
                        attribute_error(format!("'{class}' object attribute '{name}' is read-only"))
                    }
                    None => refusal,
                });
            }
            instance.set(name, value);
            Ok(())
        }
        Some(Kind::Module) => {
            obj.exact::<Module>()
                .expect("the kind says so")
                .dict
                .set_name(name, value);
            Ok(())
        }
        Some(Kind::Function) => {
            let function = obj.exact::<Function>().expect("the kind says so");
            function.dict().set_name(name, value);
            Ok(())
        }
        _ if found.is_some() => Err(attribute_error(format!(
            "'{}' object attribute '{}' is read-only",
            obj.class_name(),
            name.as_str()
        ))),
        _ => Err(attribute_missing(caller, obj, name)),
    }
}

/// The AttributeError of a class whose `__slots__` (and those of all its bases) do not have the name.
fn refused_by_slots(instance: &Instance, name: &Name) -> Option<Raised> {
    instance.class().lookup(&intern("__slots__"))?;
    let mut allowed = false;
    for class in instance.class().mro().iter().filter(|class| !class.native) {
        match slot_names(class) {
            Some(slots) => {
                allowed |= slots
                    .iter()
                    .any(|slot| slot.same(name) || slot.as_str() == "__dict__")
            }
            None => allowed = true,
        }
    }
    let message = || {
        format!(
            "'{}' object has no attribute '{}'",
            instance.class().name().as_str(),
            name.as_str()
        )
    };
    (!allowed).then(|| attribute_error(message()))
}

fn set_property(caller: &mut dyn Caller, found: &Value, obj: &Value, value: Value) -> Result<()> {
    let property = found.exact::<Property>().expect("the kind says so");
    let deleting = value.is_unbound();
    let function = if deleting {
        property.delete.clone()
    } else {
        property.set.clone()
    };
    if function.is_none() {
        let what = if deleting { "deleter" } else { "setter" };
        return Err(property.refusal(obj, what));
    }
    let args = [obj.clone(), value];
    caller
        .call(
            &function,
            Args::positional(if deleting { &args[..1] } else { &args }),
        )
        .map(drop)
}

fn set_native(
    caller: &mut dyn Caller,
    found: &Value,
    obj: &Value,
    name: &Name,
    value: Value,
) -> Result<()> {
    let attribute = found.exact::<GetSet>().expect("the kind says so");
    match attribute.spec.set {
        Some(set) => set(caller, obj, value),
        None if is_member(obj, name) => Err(attribute_error("readonly attribute")),
        None => Err(attribute_error(format!(
            "attribute '{}' of '{}' objects is not writable",
            name.as_str(),
            obj.class_name()
        ))),
    }
}

/// Whether CPython keeps the attribute as a member of a struct, of which it says less.
fn is_member(obj: &Value, name: &Name) -> bool {
    let of_class = matches!(
        obj.kind(),
        Some(Kind::Property | Kind::Function | Kind::Method | Kind::Code | Kind::StaticMethod)
            | Some(Kind::ClassMethod | Kind::Super | Kind::Range | Kind::Slice | Kind::Complex)
    );
    of_class && !matches!(name.as_str(), "__doc__" | "__module__" | "__class__")
}

fn set_class_attr(class: &Ref<Class>, name: &Name, value: Option<Value>) -> Result<()> {
    if value.is_none() && matches!(name.as_str(), "__name__" | "__bases__" | "__mro__") {
        return Err(type_error(format!(
            "cannot delete '{name}' attribute of immutable type '{}'",
            class.name()
        )));
    }
    if !class.is_open() {
        return Err(type_error(format!(
            "cannot set '{}' attribute of immutable type '{}'",
            name.as_str(),
            class.type_name()
        )));
    }
    match value {
        Some(value) if name.as_str() == "__name__" => match value.get::<crate::lang::object::Str>()
        {
            Some(text) if text.as_str().contains('\0') => {
                return Err(value_error("type name must not contain null characters"));
            }
            Some(text) => class.set_name(text.interned()),
            None => {
                return Err(type_error(format!(
                    "can only assign string to {}.__name__, not '{}'",
                    class.name().as_str(),
                    value.class_name()
                )));
            }
        },
        Some(bases) if name.as_str() == "__bases__" => return set_bases(class, &bases),
        Some(value) if name.as_str() == "__qualname__" && value.as_str().is_none() => {
            return Err(type_error(format!(
                "can only assign string to {}.__qualname__, not '{}'",
                class.name(),
                value.class_name()
            )));
        }
        Some(_) if name.as_str() == "__mro__" => {
            return Err(attribute_error("readonly attribute"));
        }
        Some(_) if name.as_str() == "__dict__" => {
            return Err(attribute_error(format!(
                "attribute '{name}' of 'type' objects is not writable"
            )));
        }
        Some(value) => class.set(name, value),
        None => {
            if class.remove(name).is_none() {
                return Err(attribute_error(format!(
                    "type object '{}' has no attribute '{}'",
                    class.name().as_str(),
                    name.as_str()
                )));
            }
        }
    }
    Ok(())
}

/// `class.__bases__ = bases`
fn set_bases(class: &Ref<Class>, bases: &Value) -> Result<()> {
    let Some(tuple) = bases.get::<Tuple>().filter(|t| !t.items.is_empty()) else {
        return Err(type_error(match bases.get::<Tuple>() {
            Some(_) => format!(
                "can only assign non-empty tuple to {}.__bases__, not ()",
                class.name()
            ),
            None => format!(
                "can only assign tuple to {}.__bases__, not {}",
                class.name(),
                bases.class_name()
            ),
        }));
    };
    let mut classes = Vec::with_capacity(tuple.items.len());
    for base in &tuple.items {
        match base.exact::<Class>() {
            Some(base) if base.is_subclass(class) => {
                return Err(type_error("a __bases__ item causes an inheritance cycle"));
            }
            Some(base) => classes.push(base.clone()),
            None => {
                return Err(type_error(format!(
                    "{}.__bases__ must be tuple of classes, not '{}'",
                    class.name(),
                    base.class_name()
                )));
            }
        }
    }
    class.set_bases(classes).map_err(type_error)
}

/// `del obj.name`
pub fn delete_attr(caller: &mut dyn Caller, obj: &Value, name: &Name) -> Result<()> {
    match obj.with_class(|class| class.special(Special::Delattr)) {
        Some(hook) if !is_object_method(&hook) => caller
            .call(&hook, Args::positional(&[obj.clone(), Value::from(name)]))
            .map(drop),
        _ => generic_delete_attr(caller, obj, name),
    }
}

/// What `object.__delattr__` does.
pub fn generic_delete_attr(caller: &mut dyn Caller, obj: &Value, name: &Name) -> Result<()> {
    if let Some(class) = obj.exact::<Class>() {
        return set_class_attr(class, name, None);
    }
    if let Some(found) = obj.with_class(|class| class.lookup(name)) {
        match found.kind() {
            Some(Kind::Property) => return set_property(caller, &found, obj, Value::Unbound),
            Some(Kind::GetSet) => return set_native(caller, &found, obj, name, Value::Unbound),
            Some(Kind::Instance) => {
                if let Some(delete) = found.with_class(|class| class.special(Special::Delete)) {
                    return caller
                        .call(&delete, Args::positional(&[found.clone(), obj.clone()]))
                        .map(drop);
                }
            }
            _ => {}
        }
    }
    let removed = match obj.kind() {
        Some(Kind::Instance) => obj
            .exact::<Instance>()
            .and_then(|instance| instance.remove(name)),
        Some(Kind::Module) => obj
            .exact::<Module>()
            .and_then(|module| module.dict.remove_name(name)),
        Some(Kind::Function) => obj
            .exact::<Function>()
            .and_then(|f| f.known()?.attrs.borrow().as_ref()?.remove_name(name)),
        _ => None,
    };
    if removed.is_some() {
        Ok(())
    } else {
        Err(attribute_missing(caller, obj, name))
    }
}
