//! The making of classes: what `type.__new__` does.

use crate::lang::object::class::{NewClass, SolidBase};
use crate::lang::object::code::Cell;
use crate::lang::object::dict::Table;
use crate::lang::object::protocol::{self, bind};
use crate::lang::object::str::tests_of::is_identifier;
use crate::lang::object::{
    Args, Caller, Class, ClassMethod, Dict, Exc, Kind, List, Name, Raised, Ref, Result, Special,
    StaticMethod, Str, Tuple, Value, intern, type_error, types, value_error,
};

/// The metaclass for a class with these bases: the most derived of theirs and the one given.
pub fn best_metaclass(given: &Ref<Class>, bases: &[Value]) -> Result<Ref<Class>> {
    let mut winner = given.clone();
    for base in bases {
        let meta = base.class();
        if winner.is_subclass(&meta) {
            continue;
        }
        if !meta.is_subclass(&winner) {
            return Err(type_error(
                "metaclass conflict: the metaclass of a derived class must be a (non-strict) subclass of the metaclasses of all its bases",
            ));
        }
        winner = meta;
    }
    Ok(winner)
}

/// Makes a class of a name, bases and a namespace; `keywords` go to `__init_subclass__`.
pub fn create_class(
    caller: &mut dyn Caller,
    metaclass: &Ref<Class>,
    name: &Name,
    bases: &[Value],
    namespace: &Ref<Dict>,
    keywords: &[(Name, Value)],
) -> Result<Value> {
    let bases = checked_bases(bases)?;
    check_slots(caller, namespace, &bases)?;
    check_names(name, namespace)?;
    let base_values: Vec<Value> = bases.iter().map(Value::from).collect();
    let metaclass = best_metaclass(metaclass, &base_values)?;
    let (mut attrs, cell) = attributes(namespace);
    complete(caller, &mut attrs);
    let members: Vec<(Value, Value)> = attrs
        .iter()
        .map(|e| (e.key.clone(), e.value.clone()))
        .collect();
    if let Some(cell) = cell.as_ref().filter(|cell| cell.exact::<Cell>().is_none()) {
        return Err(type_error(format!(
            "type.__new__(): __classcell__ must be a nonlocal cell, not {}",
            protocol::repr(caller, &Value::from(cell.class()))?
        )));
    }
    let is_plain = metaclass.same(&types().type_);
    let new = NewClass {
        name: name.clone(),
        bases,
        attrs,
        metaclass: (!is_plain).then_some(metaclass),
        make: None,
        native: false,
        solid: None,
    };
    let class = Class::create(new).map_err(type_error)?;
    if let Some(cell) = cell.as_ref().and_then(|cell| cell.exact::<Cell>()) {
        cell.0.replace(Value::from(&class));
    }
    order_by_metaclass(caller, &class)?;
    set_names(caller, &class, &members)?;
    init_subclass(caller, &class, keywords)?;
    Ok(Value::from(class))
}

/// Refuses `__slots__` that are no identifiers or that the class body assigns to.
fn check_slots(caller: &mut dyn Caller, namespace: &Dict, bases: &[Ref<Class>]) -> Result<()> {
    let Some(slots) = namespace.get_str("__slots__") else {
        return Ok(());
    };
    let names: Vec<Value> = match (slots.get::<Tuple>(), slots.get::<List>()) {
        (Some(tuple), _) => tuple.items.to_vec(),
        (_, Some(list)) => list.items.borrow().clone(),
        _ if slots.as_str().is_some() => vec![slots.clone()],
        _ => protocol::collect(caller, &slots)?,
    };
    let sized = |class: &&Ref<Class>| {
        matches!(
            class.solid,
            SolidBase::Payload("int" | "tuple" | "bytes" | "type")
        )
    };
    if let (Some(base), false) = (bases.iter().find(sized), names.is_empty()) {
        return Err(type_error(format!(
            "nonempty __slots__ not supported for subtype of '{}'",
            base.name()
        )));
    }
    let is_dict = |name: &&Value| name.as_str() == Some("__dict__");
    if names.iter().filter(is_dict).count() > 1 {
        let message = "__dict__ slot disallowed: we already got one";
        return Err(type_error(message));
    }
    for name in &names {
        let Some(text) = name.as_str() else {
            return Err(type_error(format!(
                "__slots__ items must be strings, not '{}'",
                name.class_name()
            )));
        };
        if !is_identifier(text) {
            return Err(type_error("__slots__ must be identifiers"));
        }
        if !matches!(text, "__dict__" | "__weakref__" | "__qualname__")
            && namespace.get_str(text).is_some()
        {
            return Err(value_error(format!(
                "'{text}' in __slots__ conflicts with class variable"
            )));
        }
    }
    Ok(())
}

/// Refuses names that no class can have.
fn check_names(name: &Name, namespace: &Dict) -> Result<()> {
    if name.as_str().contains('\0') {
        return Err(value_error("type name must not contain null characters"));
    }
    match namespace.get_str("__qualname__") {
        Some(qualname) if qualname.as_str().is_none() => Err(type_error(format!(
            "type __qualname__ must be a str, not {}",
            qualname.class_name()
        ))),
        _ => Ok(()),
    }
}

/// The bases as classes; `object` where there are none.
fn checked_bases(bases: &[Value]) -> Result<Vec<Ref<Class>>> {
    let mut classes = Vec::with_capacity(bases.len().max(1));
    for base in bases {
        let Some(class) = base.exact::<Class>() else {
            return Err(type_error("bases must be types"));
        };
        if is_final(class) {
            return Err(type_error(format!(
                "type '{}' is not an acceptable base type",
                class.name()
            )));
        }
        classes.push(class.clone());
    }
    if classes.is_empty() {
        classes.push(types().object.clone());
    }
    Ok(classes)
}

/// Built-in classes that cannot be derived from.
fn is_final(class: &Ref<Class>) -> bool {
    let types = types();
    let finals: [&Ref<Class>; 16] = [
        &types.bool,
        &types.none_type,
        &types.not_implemented_type,
        &types.ellipsis_type,
        &types.range,
        &types.slice,
        &types.function,
        &types.builtin_function,
        &types.method_descriptor,
        &types.method,
        &types.generator,
        &types.code,
        &types.cell,
        &types.dict_keys,
        &types.dict_values,
        &types.dict_items,
    ];
    class.native && finals.iter().any(|other| other.same(class))
}

/// The namespace with interned names, and the cell of `__class__` taken out of it.
fn attributes(namespace: &Dict) -> (Table, Option<Value>) {
    let mut attrs = Table::default();
    let mut cell = None;
    for entry in namespace.table.borrow().iter() {
        let Some(name) = entry.key.get::<Str>() else {
            attrs.push(entry.hash, entry.key.clone(), entry.value.clone());
            continue;
        };
        if name.as_str() == "__classcell__" {
            cell = Some(entry.value.clone());
        } else {
            attrs.set_name(&name.interned(), entry.value.clone());
        }
    }
    (attrs, cell)
}

/// Adds what every class has, and wraps the methods that are static or class methods by their name.
fn complete(caller: &mut dyn Caller, attrs: &mut Table) {
    let (doc, module) = (intern("__doc__"), intern("__module__"));
    if attrs.get_name(&doc).is_none() {
        attrs.set_name(&doc, Value::None);
    }
    if attrs.get_name(&module).is_none() {
        let globals = caller.frame(0).map(|frame| frame.globals);
        let name = globals.and_then(|globals| globals.get_str("__name__"));
        attrs.set_name(&module, name.unwrap_or_else(|| Value::from("builtins")));
    }
    let plain = |attrs: &Table, name: &Name| {
        attrs
            .get_name(name)
            .filter(|v| v.kind() == Some(Kind::Function))
            .cloned()
    };
    let new = Special::New.name();
    if let Some(function) = plain(attrs, &new) {
        attrs.set_name(&new, Value::from(Ref::new(StaticMethod { function })));
    }
    for name in [Special::InitSubclass.name(), Special::ClassGetitem.name()] {
        if let Some(function) = plain(attrs, &name) {
            attrs.set_name(&name, Value::from(Ref::new(ClassMethod { function })));
        }
    }
    let (eq, hash) = (Special::Eq.name(), Special::Hash.name());
    if attrs.get_name(&eq).is_some() && attrs.get_name(&hash).is_none() {
        attrs.set_name(&hash, Value::None);
    }
}

/// Takes the resolution order from the metaclass's own `mro`, if it has one.
fn order_by_metaclass(caller: &mut dyn Caller, class: &Ref<Class>) -> Result<()> {
    let Some(order) = class.metaclass.as_ref().and_then(|meta| meta.own_order()) else {
        return Ok(());
    };
    let this = Value::from(class);
    let order = bind(caller, &order, &this, &this.class())?;
    let order = caller.call(&order, Args::default())?;
    let mut classes = Vec::new();
    for item in protocol::collect(caller, &order)? {
        match item.exact::<Class>() {
            Some(item) if item.same(class) => {}
            Some(item) => classes.push(item.clone()),
            None => {
                return Err(type_error(format!(
                    "mro() returned a non-class ('{}')",
                    item.class_name()
                )));
            }
        }
    }
    class.set_order(classes);
    Ok(())
}

/// Tells descriptors the name they got.
fn set_names(
    caller: &mut dyn Caller,
    class: &Ref<Class>,
    members: &[(Value, Value)],
) -> Result<()> {
    for (name, value) in members {
        if !matches!(
            value.kind(),
            Some(Kind::Instance | Kind::Foreign | Kind::Property)
        ) {
            continue;
        }
        let args = [Value::from(class), name.clone()];
        if let Err(raised) = protocol::call_special(caller, value, Special::SetName, &args) {
            let message = format!(
                "Error calling __set_name__ on '{}' instance '{}' in '{}'",
                value.class_name(),
                name.as_str().unwrap_or_default(),
                class.name()
            );
            let error = Raised::new(Exc::RuntimeError, message);
            error.data().cause.replace(raised.value());
            error.data().suppress_context.set(true);
            return Err(error);
        }
    }
    Ok(())
}

/// `super(class, class).__init_subclass__(**keywords)`
fn init_subclass(
    caller: &mut dyn Caller,
    class: &Ref<Class>,
    keywords: &[(Name, Value)],
) -> Result<()> {
    let Some(hook) = class.lookup_after(class, &Special::InitSubclass.name()) else {
        return Ok(());
    };
    let bound = bind(caller, &hook, &Value::Unbound, class)?;
    let args = Args {
        positional: &[],
        keywords,
    };
    caller.call(&bound, args).map(drop)
}
