//! Copies of modules.

use super::state::{Hook, ModuleState, expect_state, instance_of};
use crate::bridge::library::alias;
use crate::lang::object::{
    Args, Caller, Dict, Instance, Ref, Result, Value, intern, not_implemented_error, protocol,
};

/// `copy.copy(module)`: attributes of its own, among them the dicts of what was registered before.
pub(super) fn shallow(_: &mut dyn Caller, this: &Value) -> Result<Value> {
    let state = expect_state(this)?;
    let new = ModuleState::new();
    new.ready.set(state.ready.get());
    new.training.set(state.training.get());
    new.transient.replace(state.transient.borrow().clone());
    new.hooked.set(state.hooked.get());
    new.hooks.replace(state.hooks.borrow().clone());
    for (from, to) in [
        (&state.parameters, &new.parameters),
        (&state.buffers, &new.buffers),
        (&state.modules, &new.modules),
    ] {
        to.replace(from.borrow().clone());
    }
    let source = instance_of(this)?;
    let copy = Instance::with_payload(&source.class(), Value::from(Ref::new(new)));
    for (name, value) in source.entries() {
        if let Some(name) = name.as_str() {
            copy.set(&intern(name), value);
        }
    }
    Ok(Value::from(copy))
}

/// `copy.deepcopy(module)`
pub(super) fn deep(caller: &mut dyn Caller, this: &Value, memo: &Value) -> Result<Value> {
    let Some(deepcopy) = alias(caller, "copy", "deepcopy")? else {
        return Err(not_implemented_error("copy.deepcopy"));
    };
    let state = expect_state(this)?.clone();
    let new = ModuleState::new();
    new.ready.set(state.ready.get());
    new.training.set(state.training.get());
    new.transient.replace(state.transient.borrow().clone());
    new.hooked.set(state.hooked.get());
    let payload = Ref::new(new);
    let source = instance_of(this)?.clone();
    let copy = Instance::with_payload(&source.class(), Value::from(&payload));
    let value = Value::from(&copy);
    let Value::Obj(object) = this else {
        return Ok(value);
    };
    let id = Value::from(crate::lang::object::foreign::identity(object));
    protocol::set_item(caller, memo, &id, value.clone())?;
    let mut copied = |caller: &mut dyn Caller, value: &Value| {
        caller.call(&deepcopy, Args::positional(&[value.clone(), memo.clone()]))
    };
    for (from, to) in [
        (state.parameters(), payload.parameters()),
        (state.buffers(), payload.buffers()),
        (state.modules(), payload.modules()),
    ] {
        copy_entries(caller, &from, &to, &mut copied)?;
    }
    let hooks = state.hooks.borrow().clone();
    let mut new_hooks = Vec::new();
    for hook in hooks {
        let function = copied(caller, &hook.function)?;
        new_hooks.push(Hook { function, ..hook });
    }
    payload.hooks.replace(new_hooks);
    for (name, attribute) in source.entries() {
        let attribute = copied(caller, &attribute)?;
        if let Some(name) = name.as_str() {
            copy.set(&intern(name), attribute);
        }
    }
    Ok(value)
}

fn copy_entries(
    caller: &mut dyn Caller,
    from: &Ref<Dict>,
    to: &Ref<Dict>,
    copied: &mut impl FnMut(&mut dyn Caller, &Value) -> Result<Value>,
) -> Result<()> {
    for (name, value) in from.entries() {
        let value = copied(caller, &value)?;
        protocol::dict_set(caller, to, name, value)?;
    }
    Ok(())
}
