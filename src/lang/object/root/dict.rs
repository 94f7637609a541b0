//! `__dict__` and `__class__` of objects, read and set.

use crate::lang::object::{
    Caller, Class, Dict, Function, Instance, Kind, List, Method, Module, Name, Ref, Result, Str,
    Tuple, Value, attribute_error, intern, slot_names, type_error, types,
};

pub(super) fn set_class(_: &mut dyn Caller, value: &Value, class: Value) -> Result<()> {
    let Some(new) = class.exact::<Class>() else {
        return Err(type_error(match class.is_unbound() {
            true => "can't delete __class__ attribute".to_string(),
            false => format!(
                "__class__ must be set to a class, not '{}' object",
                class.class_name()
            ),
        }));
    };
    let old = value.class();
    let instance = value.exact::<Instance>();
    let Some(instance) = instance.filter(|_| old.is_open() && new.is_open()) else {
        if new.same(&old) {
            return Ok(());
        }
        let message =
            "__class__ assignment only supported for mutable types or ModuleType subclasses";
        return Err(type_error(message));
    };
    if !same_layout(&old, new) {
        return Err(type_error(format!(
            "__class__ assignment: '{}' object layout differs from '{}'",
            new.name(),
            old.name()
        )));
    }
    instance.set_class(new);
    Ok(())
}

/// Whether an instance of one class can become one of the other: what it holds and where is the same.
fn same_layout(a: &Ref<Class>, b: &Ref<Class>) -> bool {
    let slots = |class: &Ref<Class>| {
        let all = class
            .mro()
            .into_iter()
            .filter_map(|class| slot_names(&class));
        let mut names: Vec<Name> = all.flatten().collect();
        names.retain(|name| !matches!(name.as_str(), "__dict__" | "__weakref__"));
        names.sort_by(|a, b| a.as_str().cmp(b.as_str()));
        names
    };
    let (own, other) = (slots(a), slots(b));
    a.solid == b.solid
        && has_dict(a) == has_dict(b)
        && own.len() == other.len()
        && own.iter().zip(&other).all(|(a, b)| a.same(b))
}

/// `obj.__dict__`
pub fn attribute_dict(_: &mut dyn Caller, value: &Value) -> Result<Value> {
    let dict = match value.kind() {
        Some(Kind::Instance) => value
            .exact::<Instance>()
            .filter(|instance| {
                has_dict(&instance.class()) && !instance.class().same(&types().object)
            })
            .map(|instance| without_slots(instance)),
        Some(Kind::Module) => value.exact::<Module>().map(|module| module.dict.clone()),
        Some(Kind::Function) => value.exact::<Function>().map(|f| f.dict()),
        Some(Kind::Method) => {
            let function = value
                .exact::<Method>()
                .and_then(|m| m.function.exact::<Function>().cloned());
            function.map(|f| f.dict())
        }
        _ => None,
    };
    match dict {
        Some(dict) => Ok(Value::from(dict)),
        None => Err(attribute_error(format!(
            "'{}' object has no attribute '__dict__'",
            value.class_name()
        ))),
    }
}

/// The attributes of an instance: a copy without those in slots, where the class has such besides.
fn without_slots(instance: &Instance) -> Ref<Dict> {
    let class = instance.class();
    if class.lookup(&intern("__slots__")).is_none() {
        return instance.dict();
    }
    let slots: Vec<Name> = class
        .mro()
        .iter()
        .filter_map(|c| slot_names(c))
        .flatten()
        .collect();
    let held = |name: &Name| instance.get(name).is_some();
    if !slots.iter().any(held) {
        return instance.dict();
    }
    let dict = Dict::new();
    for (key, value) in instance.entries() {
        if let Some(name) = key.get::<Str>().map(|name| name.interned())
            && !slots.iter().any(|slot| slot.same(&name))
        {
            dict.set_name(&name, value);
        }
    }
    dict
}

/// Whether instances of a class have a `__dict__`: not if all of it is in `__slots__`.
fn has_dict(class: &Ref<Class>) -> bool {
    let slots = intern("__slots__");
    let names_dict = |own: Value| {
        let is_dict = |v: &Value| v.as_str() == Some("__dict__");
        is_dict(&own)
            || own
                .get::<Tuple>()
                .is_some_and(|t| t.items.iter().any(is_dict))
            || own
                .get::<List>()
                .is_some_and(|l| l.items.borrow().iter().any(is_dict))
    };
    let script_classes = class.mro().into_iter().filter(|class| !class.native);
    let mut classes = script_classes.peekable();
    classes.peek().is_none() || classes.any(|class| class.own(&slots).is_none_or(names_dict))
}

pub(super) fn set_dict(_: &mut dyn Caller, value: &Value, dict: Value) -> Result<()> {
    if let (Some(function), Some(dict)) = (value.exact::<Function>(), dict.get::<Dict>()) {
        let old = function.own().attrs.borrow_mut().replace(dict.clone());
        drop(old);
        return Ok(());
    }
    if value.exact::<Function>().is_some() && dict.is_unbound() {
        return Err(type_error("cannot delete __dict__"));
    }
    match (value.exact::<Instance>(), dict.get::<Dict>()) {
        (Some(instance), Some(dict)) => {
            instance.set_dict(dict.clone());
            Ok(())
        }
        (Some(instance), None) if dict.is_unbound() => {
            instance.set_dict(Dict::new());
            Ok(())
        }
        _ if value.exact::<Function>().is_some() || value.exact::<Instance>().is_some() => {
            Err(type_error(format!(
                "__dict__ must be set to a dictionary, not a '{}'",
                dict.class_name()
            )))
        }
        _ => Err(attribute_error("attribute '__dict__' is not writable")),
    }
}
