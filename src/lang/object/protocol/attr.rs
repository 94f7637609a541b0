//! Attributes: Python's lookup order with descriptors.

use crate::base::nearest;
use crate::lang::object::class::Special;
use crate::lang::object::exception::{Exc, Raised};
use crate::lang::object::{
    Args, Caller, Class, ClassMethod, Function, GetSet, Instance, Kind, Method, Module, Name,
    Native, Property, Ref, Result, StaticMethod, Super, Tuple, Value, attribute_error, intern,
    slot_member, slot_names, type_error, types, value_error,
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

/// The attribute of a value whose name is nearest to one that it does not have.
pub fn nearest_attribute(obj: &Value, name: &str) -> Option<String> {
    let names = attribute_names(obj);
    nearest::nearest(name, names.iter().map(String::as_str)).map(str::to_string)
}

/// The AttributeError for a missing attribute; the nearest name there is comes into the report of it.
#[cold]
pub fn attribute_missing(caller: &mut dyn Caller, obj: &Value, name: &Name) -> Raised {
    let text = name.as_str();
    let message = match obj.kind() {
        Some(Kind::Class) => {
            let class = obj.exact::<Class>().expect("the kind says so");
            format!(
                "type object '{}' has no attribute '{text}'",
                class.name().as_str()
            )
        }
        Some(Kind::Module) => {
            format!(
                "module '{}' has no attribute '{text}'",
                obj.exact::<Module>().map(|m| m.name()).unwrap_or_default()
            )
        }
        _ => format!("'{}' object has no attribute '{text}'", obj.type_name()),
    };
    let raised = attribute_error(message)
        .with_attr("name", Value::from(name))
        .with_attr("obj", obj.clone());
    let offered = offered_names(caller, obj);
    match nearest::nearest(text, offered.iter().map(String::as_str)) {
        Some(near) => raised.with_help(format!("did you mean '{near}'?")),
        None => raised,
    }
}

/// The names that a module makes when they are asked for.
fn offered_names(caller: &mut dyn Caller, obj: &Value) -> Vec<String> {
    let Some(module) = obj.exact::<Module>() else {
        return Vec::new();
    };
    let lazy = *module.lazy.borrow();
    let all = lazy.and_then(|lazy| lazy(caller, module, "__all__").ok().flatten());
    let names = all.and_then(|all| super::collect(caller, &all).ok());
    let text = |name: &Value| name.as_str().map(str::to_string);
    names.unwrap_or_default().iter().filter_map(text).collect()
}

/// The names of a value's attributes, as far as they can be told without calling the script.
fn attribute_names(obj: &Value) -> Vec<String> {
    let mut names = Vec::new();
    let mut add = |entries: Vec<(Value, Value)>| {
        names.extend(
            entries
                .iter()
                .filter_map(|(key, _)| key.as_str().map(str::to_string)),
        );
    };
    match obj.kind() {
        Some(Kind::Instance) => add(obj
            .exact::<Instance>()
            .map(|i| i.entries())
            .unwrap_or_default()),
        Some(Kind::Module) => add(obj
            .exact::<Module>()
            .map(|m| m.dict.entries())
            .unwrap_or_default()),
        _ => {}
    }
    let class = obj.exact::<Class>().cloned().unwrap_or_else(|| obj.class());
    for class in class.mro() {
        add(class
            .attrs
            .borrow()
            .iter()
            .map(|e| (e.key.clone(), Value::None))
            .collect());
    }
    names
}
