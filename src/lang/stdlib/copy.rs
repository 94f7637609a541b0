//! `copy`: shallow and deep copies.

use super::define::def;
use crate::lang::object::class::Special;
use crate::lang::object::{
    Args, ByteArray, Caller, Dict, Exc, Exception, FrozenSet, Instance, Kind, List, Method,
    ModuleSpec, Name, Native, NativeSpec, Raised, Ref, Result, Set, Tuple, Value, intern, protocol,
    type_error, types,
};

/// `copy`
pub(super) static COPY: ModuleSpec = ModuleSpec {
    name: "copy",
    doc: "Shallow and deep copies.",
    functions: FUNCTIONS,
    setup: |_, module| {
        let class =
            crate::lang::object::exception::exception_class("copy", "Error", Exc::Exception);
        module.set("error", Value::from(&class));
        module.set("Error", Value::from(class));
        Ok(())
    },
};

static FUNCTIONS: &[NativeSpec] = &[
    def(
        "copy(x)",
        "A shallow copy: a new container of the same elements.",
        |caller, args| shallow(caller, &args[0]),
    ),
    def(
        "deepcopy(x, memo=None, _nil=...)",
        "A deep copy: containers and all that is in them, each copied once.",
        |caller, args| {
            let memo = match args[1].get::<Dict>() {
                Some(memo) => memo.clone(),
                None => Dict::new(),
            };
            deep(caller, &args[0], &memo)
        },
    ),
];

/// Whether a value is its own copy.
fn is_atomic(value: &Value) -> bool {
    match value.kind() {
        None => true,
        Some(kind) => matches!(
            kind,
            Kind::Str
                | Kind::Bytes
                | Kind::BigInt
                | Kind::Complex
                | Kind::Range
                | Kind::Code
                | Kind::Function
                | Kind::Native
                | Kind::Class
                | Kind::Property
                | Kind::GetSet
        ),
    }
}

/// A special method that a class has besides that of `object`.
fn own_hook(value: &Value, name: &str) -> Option<Value> {
    let found = value.with_class(|class| class.lookup(&intern(name)))?;
    let of_object = found
        .exact::<Native>()
        .and_then(|native| native.owner.get())
        .is_some_and(|owner| owner.same(&types().object));
    (!of_object).then_some(found)
}

/// What `__reduce_ex__` or `__reduce__` say, where a class defines them.
fn reduction(caller: &mut dyn Caller, value: &Value) -> Result<Option<Value>> {
    if own_hook(value, "__reduce_ex__").is_some() {
        return protocol::call_method(caller, value, "__reduce_ex__", &[Value::Int(4)]).map(Some);
    }
    if own_hook(value, "__reduce__").is_some() {
        return protocol::call_method(caller, value, "__reduce__", &[]).map(Some);
    }
    Ok(None)
}

fn shallow(caller: &mut dyn Caller, value: &Value) -> Result<Value> {
    if is_atomic(value) || value.exact::<Tuple>().is_some() || value.exact::<FrozenSet>().is_some()
    {
        return Ok(value.clone());
    }
    if let Some(list) = value.exact::<List>() {
        return Ok(Value::list(list.items.borrow().clone()));
    }
    if let Some(dict) = value.exact::<Dict>() {
        return Ok(copy_of_dict(dict));
    }
    if let Some(set) = value.exact::<Set>() {
        let table = std::cell::RefCell::new(set.table.borrow().copy());
        return Ok(Value::from(Ref::new(Set { table })));
    }
    if let Some(bytes) = value.exact::<ByteArray>() {
        return Ok(Value::from(Ref::new(ByteArray::new(
            bytes.0.borrow().clone(),
        ))));
    }
    if let Some(copied) = protocol::call_special(caller, value, Special::Copy, &[])? {
        return Ok(copied);
    }
    if let Some(parts) = reduction(caller, value)? {
        return rebuild(caller, value, &parts, None);
    }
    let Some(instance) = value.exact::<Instance>().cloned() else {
        return Err(no_copy(value));
    };
    let payload = match instance.payload.kind() {
        Some(Kind::List | Kind::Dict | Kind::Set | Kind::ByteArray) => {
            shallow(caller, &instance.payload)?
        }
        Some(Kind::Foreign) => return Err(no_copy(value)),
        _ => instance.payload.clone(),
    };
    let copied = Value::from(Instance::with_payload(&instance.class(), payload));
    let state = state_of(caller, value, &instance)?;
    set_state(caller, &copied, state)?;
    Ok(copied)
}

fn no_copy(value: &Value) -> Raised {
    type_error(format!("cannot pickle '{}' object", value.class_name()))
}

fn copy_of_dict(dict: &Dict) -> Value {
    let copied = Dict::new();
    *copied.table.borrow_mut() = dict.table.borrow().clone();
    Value::from(copied)
}

/// The state of an instance: what `__getstate__` says, or its attributes as a dict.
fn state_of(caller: &mut dyn Caller, value: &Value, instance: &Instance) -> Result<Value> {
    if own_hook(value, "__getstate__").is_some() {
        return protocol::call_method(caller, value, "__getstate__", &[]);
    }
    let entries = instance.entries();
    if entries.is_empty() {
        return Ok(Value::None);
    }
    let state = Dict::new();
    for (name, value) in entries {
        protocol::dict_set(caller, &state, name, value)?;
    }
    Ok(Value::from(state))
}

/// Gives a new instance its state: by `__setstate__`, or as attributes.
fn set_state(caller: &mut dyn Caller, copied: &Value, state: Value) -> Result<()> {
    if state.is_none() {
        return Ok(());
    }
    if own_hook(copied, "__setstate__").is_some() {
        return protocol::call_method(caller, copied, "__setstate__", &[state]).map(drop);
    }
    // Slots come as a second dict beside that of the ordinary attributes.
    let parts = match state.exact::<Tuple>() {
        Some(pair) if pair.items.len() == 2 => pair.items.to_vec(),
        _ => vec![state],
    };
    for part in parts.iter().filter(|part| !part.is_none()) {
        for (name, value) in protocol::collect_pairs(caller, part)? {
            let name: Name = intern(name.as_str().unwrap_or_default());
            match copied.exact::<Instance>() {
                Some(instance) => instance.set(&name, value),
                None => protocol::set_attr(caller, copied, &name, value)?,
            }
        }
    }
    Ok(())
}

/// Makes a value of what `__reduce__` said; deeply if there is a memo.
fn rebuild(
    caller: &mut dyn Caller,
    value: &Value,
    parts: &Value,
    memo: Option<&Ref<Dict>>,
) -> Result<Value> {
    if parts.as_str().is_some() {
        return Ok(value.clone());
    }
    let Some(parts) = parts.exact::<Tuple>().map(|parts| parts.items.to_vec()) else {
        return Err(type_error("__reduce__ must return a string or tuple"));
    };
    let copy_of = |caller: &mut dyn Caller, part: &Value| match memo {
        Some(memo) => deep(caller, part, memo),
        None => Ok(part.clone()),
    };
    let part = |i: usize| parts.get(i).cloned().unwrap_or(Value::None);
    let mut args = Vec::new();
    for arg in protocol::collect(caller, &part(1))? {
        args.push(copy_of(caller, &arg)?);
    }
    let made = caller.call(&part(0), Args::positional(&args))?;
    if let Some(memo) = memo {
        remember(caller, memo, value, &made)?;
    }
    let state = copy_of(caller, &part(2))?;
    set_state(caller, &made, state)?;
    if !part(3).is_none() {
        for item in protocol::collect(caller, &part(3))? {
            let item = copy_of(caller, &item)?;
            protocol::call_method(caller, &made, "append", &[item])?;
        }
    }
    if !part(4).is_none() {
        for pair in protocol::collect(caller, &part(4))? {
            let pair = protocol::collect(caller, &pair)?;
            let [key, item] = &pair[..] else {
                return Err(type_error("__reduce__ must give pairs of key and value"));
            };
            let (key, item) = (copy_of(caller, key)?, copy_of(caller, item)?);
            protocol::set_item(caller, &made, &key, item)?;
        }
    }
    Ok(made)
}

fn identity(value: &Value) -> Value {
    match value {
        Value::Obj(object) => Value::from(crate::lang::object::foreign::identity(object)),
        _ => Value::Int(0),
    }
}

/// Notes the copy of a value, and keeps the value alive as long as the memo.
fn remember(
    caller: &mut dyn Caller,
    memo: &Ref<Dict>,
    value: &Value,
    copied: &Value,
) -> Result<()> {
    protocol::dict_set(caller, memo, identity(value), copied.clone())?;
    let kept = identity(&Value::from(memo));
    match protocol::dict_get(caller, memo, &kept)? {
        Some(list) => {
            if let Some(list) = list.exact::<List>() {
                list.items.borrow_mut().push(value.clone());
            }
        }
        None => protocol::dict_set(caller, memo, kept, Value::list(vec![value.clone()]))?,
    }
    Ok(())
}

fn deep(caller: &mut dyn Caller, value: &Value, memo: &Ref<Dict>) -> Result<Value> {
    if is_atomic(value) {
        return Ok(value.clone());
    }
    if let Some(known) = protocol::dict_get(caller, memo, &identity(value))? {
        return Ok(known);
    }
    caller.enter_native()?;
    let result = deep_object(caller, value, memo);
    caller.leave_native();
    result
}

fn deep_object(caller: &mut dyn Caller, value: &Value, memo: &Ref<Dict>) -> Result<Value> {
    if let Some(list) = value.exact::<List>() {
        let copied = Value::list(Vec::new());
        remember(caller, memo, value, &copied)?;
        fill_list(caller, list, &copied, memo)?;
        return Ok(copied);
    }
    if let Some(dict) = value.exact::<Dict>() {
        let copied = Dict::new();
        remember(caller, memo, value, &Value::from(&copied))?;
        fill_dict(caller, dict, &copied, memo)?;
        return Ok(Value::from(copied));
    }
    if let Some(tuple) = value.exact::<Tuple>().cloned() {
        return deep_tuple(caller, value, &tuple, memo);
    }
    if value.exact::<Set>().is_some() || value.exact::<FrozenSet>().is_some() {
        return deep_set(caller, value, memo);
    }
    if let Some(bytes) = value.exact::<ByteArray>() {
        return Ok(Value::from(Ref::new(ByteArray::new(
            bytes.0.borrow().clone(),
        ))));
    }
    if let Some(method) = value.exact::<Method>().cloned() {
        let receiver = deep(caller, &method.receiver, memo)?;
        let function = method.function.clone();
        return Ok(Value::from(Ref::new(Method { function, receiver })));
    }
    let hook = protocol::special(value, Special::Deepcopy);
    if hook.is_some_and(|hook| !hook.is_none()) {
        let args = [Value::from(memo)];
        let answer = protocol::call_special(caller, value, Special::Deepcopy, &args)?;
        let copied = answer.unwrap_or(Value::None);
        remember(caller, memo, value, &copied)?;
        return Ok(copied);
    }
    if let Some(parts) = reduction(caller, value)? {
        return rebuild(caller, value, &parts, Some(memo));
    }
    match value.exact::<Instance>().cloned() {
        Some(instance) => deep_instance(caller, value, &instance, memo),
        None => Err(no_copy(value)),
    }
}

fn deep_instance(
    caller: &mut dyn Caller,
    value: &Value,
    instance: &Ref<Instance>,
    memo: &Ref<Dict>,
) -> Result<Value> {
    let payload = &instance.payload;
    let new = |payload: Value| Value::from(Instance::with_payload(&instance.class(), payload));
    let copied = if let Some(list) = payload.exact::<List>() {
        let inner = Value::list(Vec::new());
        let copied = new(inner.clone());
        remember(caller, memo, value, &copied)?;
        fill_list(caller, list, &inner, memo)?;
        copied
    } else if let Some(dict) = payload.exact::<Dict>() {
        let inner = Dict::new();
        let copied = new(Value::from(&inner));
        remember(caller, memo, value, &copied)?;
        fill_dict(caller, dict, &inner, memo)?;
        copied
    } else if payload.exact::<Exception>().is_some() || payload.kind() == Some(Kind::Foreign) {
        return Err(no_copy(value));
    } else {
        let inner = match payload.is_unbound() {
            true => Value::Unbound,
            false => deep(caller, payload, memo)?,
        };
        let copied = new(inner);
        remember(caller, memo, value, &copied)?;
        copied
    };
    let state = state_of(caller, value, instance)?;
    let state = deep(caller, &state, memo)?;
    set_state(caller, &copied, state)?;
    Ok(copied)
}

fn fill_list(
    caller: &mut dyn Caller,
    list: &Ref<List>,
    copied: &Value,
    memo: &Ref<Dict>,
) -> Result<()> {
    let items = list.items.borrow().clone();
    for (i, item) in items.iter().enumerate() {
        if i % 4096 == 4095 {
            caller.poll()?;
        }
        let item = deep(caller, item, memo)?;
        if let Some(target) = copied.exact::<List>() {
            target.items.borrow_mut().push(item);
        }
    }
    Ok(())
}

fn fill_dict(
    caller: &mut dyn Caller,
    dict: &Ref<Dict>,
    copied: &Ref<Dict>,
    memo: &Ref<Dict>,
) -> Result<()> {
    for (key, item) in dict.entries() {
        let (key, item) = (deep(caller, &key, memo)?, deep(caller, &item, memo)?);
        protocol::dict_set(caller, copied, key, item)?;
    }
    Ok(())
}

/// A tuple is its own copy if all its elements are.
fn deep_tuple(
    caller: &mut dyn Caller,
    value: &Value,
    tuple: &Ref<Tuple>,
    memo: &Ref<Dict>,
) -> Result<Value> {
    let mut items = Vec::with_capacity(tuple.items.len());
    for item in &tuple.items {
        items.push(deep(caller, item, memo)?);
    }
    // An element may have led back to the tuple and copied it on the way.
    if let Some(known) = protocol::dict_get(caller, memo, &identity(value))? {
        return Ok(known);
    }
    let same = items.iter().zip(&tuple.items).all(|(a, b)| a.is(b));
    let copied = if same {
        value.clone()
    } else {
        Value::tuple(items)
    };
    remember(caller, memo, value, &copied)?;
    Ok(copied)
}

fn deep_set(caller: &mut dyn Caller, value: &Value, memo: &Ref<Dict>) -> Result<Value> {
    let mut items = Vec::new();
    for item in protocol::collect(caller, value)? {
        items.push(deep(caller, &item, memo)?);
    }
    let class = Value::from(value.class());
    let copied = caller.call_positional(&class, &[Value::list(items)])?;
    remember(caller, memo, value, &copied)?;
    Ok(copied)
}
