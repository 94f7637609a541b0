//! Attributes read: Python's lookup order with descriptors.

use super::missing::attribute_missing;
use crate::lang::object::class::Special;
use crate::lang::object::exception::Exc;
use crate::lang::object::{
    Args, Caller, Class, ClassMethod, Function, GetSet, Instance, Kind, Method, Module, Name,
    Native, Property, Ref, Result, StaticMethod, Super, Value, intern, slot_member, types,
};

/// `obj.name`
pub fn get_attr(caller: &mut dyn Caller, obj: &Value, name: &Name) -> Result<Value> {
    match find_attr(caller, obj, name)? {
        Some(value) => Ok(value),
        None => Err(attribute_missing(caller, obj, name)),
    }
}

/// `obj.name`, or nothing where that raises AttributeError.
pub fn find_attr(caller: &mut dyn Caller, obj: &Value, name: &Name) -> Result<Option<Value>> {
    if let Some(instance) = obj.exact::<Instance>() {
        let class = &instance.class();
        if let Some(hook) = class.special(Special::Getattribute)
            && hook.exact::<Native>().is_none()
        {
            let found = call_bound(caller, &hook, obj, &[Value::from(name)]);
            return or_getattr(caller, obj, name, class, found.map(Some));
        }
    }
    let found = generic_get_attr(caller, obj, name);
    if let Ok(Some(_)) = found {
        return found;
    }
    let class = obj.class();
    or_getattr(caller, obj, name, &class, found)
}

/// The result of the ordinary lookup, or that of the class's `__getattr__`.
fn or_getattr(
    caller: &mut dyn Caller,
    obj: &Value,
    name: &Name,
    class: &Ref<Class>,
    found: Result<Option<Value>>,
) -> Result<Option<Value>> {
    let missing = match &found {
        Ok(None) => true,
        Err(raised) => raised.is(Exc::AttributeError),
        Ok(Some(_)) => false,
    };
    if !missing {
        return found;
    }
    match class.special(Special::Getattr) {
        Some(hook) => call_bound(caller, &hook, obj, &[Value::from(name)]).map(Some),
        None => found,
    }
}

/// Calls what was found on a class with `obj` as receiver.
fn call_bound(
    caller: &mut dyn Caller,
    function: &Value,
    obj: &Value,
    args: &[Value],
) -> Result<Value> {
    if !matches!(function.kind(), Some(Kind::Function | Kind::Native)) {
        let class = obj.class();
        let bound = bind(caller, function, obj, &class)?;
        return caller.call(&bound, Args::positional(args));
    }
    let mut all = Vec::with_capacity(args.len() + 1);
    all.push(obj.clone());
    all.extend_from_slice(args);
    caller.call(function, Args::positional(&all))
}

/// The lookup of `object.__getattribute__`: data descriptors of the class, the instance, the rest of the class.
pub fn generic_get_attr(
    caller: &mut dyn Caller,
    obj: &Value,
    name: &Name,
) -> Result<Option<Value>> {
    match obj.kind() {
        Some(Kind::Class) => return class_attr(caller, obj, name),
        Some(Kind::Super) => return super_attr(caller, obj, name),
        _ => {}
    }
    let (class, found) = obj.with_class(|class| (class.clone(), class.lookup(name)));
    if let Some(found) = &found
        && is_data_descriptor(found)
    {
        if let Some(property) = found.exact::<Property>().filter(|p| p.get.is_none()) {
            return Err(property.refusal(obj, "getter"));
        }
        // A descriptor that can be written only gives way to the instance's own attribute.
        let readable = found.kind() != Some(Kind::Instance)
            || found.with_class(|class| class.special(Special::Get).is_some());
        if readable {
            return bind(caller, found, obj, &class).map(Some);
        }
    }
    if let Some(own) = own_attr(caller, obj, name)? {
        return Ok(Some(own));
    }
    found
        .map(|found| bind(caller, &found, obj, &class))
        .transpose()
}

/// An attribute that the value holds itself.
fn own_attr(caller: &mut dyn Caller, obj: &Value, name: &Name) -> Result<Option<Value>> {
    Ok(match obj.kind() {
        Some(Kind::Instance) => obj
            .exact::<Instance>()
            .and_then(|instance| instance.get(name)),
        Some(Kind::Module) => return module_attr(caller, obj, name),
        Some(Kind::Function) => obj.exact::<Function>().and_then(|f| f.attr(name)),
        Some(Kind::Method) => match obj.exact::<Method>() {
            Some(method) => return own_attr(caller, &method.function.clone(), name),
            None => None,
        },
        _ => None,
    })
}

fn module_attr(caller: &mut dyn Caller, obj: &Value, name: &Name) -> Result<Option<Value>> {
    let Some(module) = obj.exact::<Module>() else {
        return Ok(None);
    };
    if let Some(found) = module.dict.get_name(name) {
        return Ok(Some(found));
    }
    let lazy = *module.lazy.borrow();
    if let Some(lazy) = lazy
        && let Some(value) = lazy(caller, module, name.as_str())?
    {
        module.dict.set_name(name, value.clone());
        return Ok(Some(value));
    }
    match module.dict.get_str("__getattr__") {
        Some(hook) => caller
            .call(&hook, Args::positional(&[Value::from(name)]))
            .map(Some),
        None => Ok(None),
    }
}

fn class_attr(caller: &mut dyn Caller, obj: &Value, name: &Name) -> Result<Option<Value>> {
    let Some(class) = obj.exact::<Class>().cloned() else {
        return Ok(None);
    };
    let meta = obj.class();
    let on_meta = meta.lookup(name);
    if let Some(found) = &on_meta
        && is_data_descriptor(found)
        && class
            .own(name)
            .is_none_or(|own| own.exact::<GetSet>().is_some() || name.as_str() == "__doc__")
    {
        return bind(caller, found, obj, &meta).map(Some);
    }
    if let Some(found) = class.lookup(name) {
        return bind(caller, &found, &Value::Unbound, &class).map(Some);
    }
    if let Some(member) = slot_member(&class, name) {
        return Ok(Some(member));
    }
    on_meta
        .map(|found| bind(caller, &found, obj, &meta))
        .transpose()
}

fn super_attr(caller: &mut dyn Caller, obj: &Value, name: &Name) -> Result<Option<Value>> {
    let Some(lookup) = obj.exact::<Super>() else {
        return Ok(None);
    };
    if name.as_str() == "__class__" {
        return Ok(Some(Value::from(obj.class())));
    }
    let Some(found) = lookup.order.lookup_after(&lookup.class, name) else {
        let class = obj.class();
        let own = class.lookup(name);
        return own.map(|own| bind(caller, &own, obj, &class)).transpose();
    };
    // A classmethod's `super()` has the class itself as receiver.
    let receiver = match lookup.receiver.exact::<Class>() {
        Some(class) if class.same(&lookup.order) => Value::Unbound,
        _ => lookup.receiver.clone(),
    };
    let order = lookup.order.clone();
    bind(caller, &found, &receiver, &order).map(Some)
}

/// Whether what stands on the class goes before the instance's own attribute.
fn is_data_descriptor(value: &Value) -> bool {
    match value.kind() {
        Some(Kind::Property | Kind::GetSet) => true,
        Some(Kind::Instance) => value.with_class(|class| {
            class.special(Special::Set).is_some() || class.special(Special::Delete).is_some()
        }),
        _ => false,
    }
}

/// What an attribute found on a class becomes when it is read from `obj` (`Value::Unbound`: from the class itself).
pub fn bind(
    caller: &mut dyn Caller,
    found: &Value,
    obj: &Value,
    class: &Ref<Class>,
) -> Result<Value> {
    let from_class = obj.is_unbound();
    let method =
        |function: Value, receiver: Value| Value::from(Ref::new(Method { function, receiver }));
    Ok(match found.kind() {
        Some(Kind::Function) if !from_class => method(found.clone(), obj.clone()),
        Some(Kind::Native)
            if !from_class && found.exact::<Native>().is_some_and(|n| n.is_method) =>
        {
            method(found.clone(), obj.clone())
        }
        Some(Kind::StaticMethod) => found
            .exact::<StaticMethod>()
            .map(|s| s.function.clone())
            .unwrap_or_default(),
        Some(Kind::ClassMethod) => {
            let function = found
                .exact::<ClassMethod>()
                .map(|c| c.function.clone())
                .unwrap_or_default();
            bind(caller, &function, &Value::from(class), class)?
        }
        Some(Kind::Property) if !from_class => match found.exact::<Property>() {
            Some(property) if !property.get.is_none() => {
                let get = property.get.clone();
                caller.call(&get, Args::positional(std::slice::from_ref(obj)))?
            }
            Some(property) => return Err(property.refusal(obj, "getter")),
            None => found.clone(),
        },
        Some(Kind::GetSet) if !from_class => match found.exact::<GetSet>() {
            Some(attribute) => (attribute.spec.get)(caller, obj)?,
            None => Value::None,
        },
        Some(Kind::Super) if !from_class => super_bound(caller, found, obj)?,
        Some(Kind::Instance | Kind::Foreign) => {
            match found.with_class(|class| class.special(Special::Get)) {
                Some(get) => {
                    let receiver = if from_class { Value::None } else { obj.clone() };
                    caller.call(
                        &get,
                        Args::positional(&[found.clone(), receiver, Value::from(class)]),
                    )?
                }
                None => found.clone(),
            }
        }
        _ => found.clone(),
    })
}

/// `super(class)` becomes `super(class, obj)` when it is read from an object.
fn super_bound(caller: &mut dyn Caller, found: &Value, obj: &Value) -> Result<Value> {
    match found.exact::<Super>() {
        Some(lookup) if lookup.receiver.is_unbound() => {
            let args = [Value::from(&lookup.class), obj.clone()];
            caller.call(&Value::from(&types().super_), Args::positional(&args))
        }
        _ => Ok(found.clone()),
    }
}

/// `obj.name(args)` for native code.
pub fn call_method(
    caller: &mut dyn Caller,
    obj: &Value,
    name: &str,
    args: &[Value],
) -> Result<Value> {
    let method = get_attr(caller, obj, &intern(name))?;
    caller.call(&method, Args::positional(args))
}
