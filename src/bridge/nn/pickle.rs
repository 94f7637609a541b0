//! Modules as files hold them: the class by its name, and the attributes.

use super::module::module_dict;
use super::state::{entries, expect_state, instance_of};
use crate::bridge::library::alias;
use crate::lang::object::{
    Args, Caller, Dict, Ref, Result, Value, intern, not_implemented_error, protocol, type_error,
    types,
};

/// Dicts that PyTorch keeps among a module's attributes; hooks are not saved.
const BEFORE: &[&str] = &["_backward_pre_hooks", "_backward_hooks"];
const AFTER: &[&str] = &[
    "_forward_hooks",
    "_forward_hooks_with_kwargs",
    "_forward_hooks_always_called",
    "_forward_pre_hooks",
    "_forward_pre_hooks_with_kwargs",
    "_state_dict_hooks",
    "_state_dict_pre_hooks",
    "_load_state_dict_pre_hooks",
    "_load_state_dict_post_hooks",
];

/// `__getstate__`: the attributes in PyTorch's order.
pub(super) fn get_state(caller: &mut dyn Caller, this: &Value) -> Result<Value> {
    let state = expect_state(this)?.clone();
    let Some(ordered) = alias(caller, "collections", "OrderedDict")? else {
        return Err(not_implemented_error("collections.OrderedDict"));
    };
    let out = Dict::new();
    let own = module_dict(this)?;
    let own = own.get::<Dict>().cloned().unwrap_or_else(Dict::new);
    let take = |name: &str| own.remove_name(&intern(name)).unwrap_or_default();
    for name in ["training", "_parameters", "_buffers"] {
        out.set_str(name, take(name));
    }
    let transient: Vec<Value> = state.transient.borrow().iter().map(Value::from).collect();
    let set = Value::from(&types().set);
    let transient = caller.call_positional(&set, &[Value::list(transient)])?;
    out.set_str("_non_persistent_buffers_set", transient);
    for name in BEFORE {
        out.set_str(name, caller.call(&ordered, Args::default())?);
    }
    out.set_str("_is_full_backward_hook", Value::None);
    for name in AFTER {
        out.set_str(name, caller.call(&ordered, Args::default())?);
    }
    out.set_str("_modules", take("_modules"));
    for (name, value) in own.entries() {
        protocol::dict_set(caller, &out, name, value)?;
    }
    Ok(Value::from(out))
}

/// `__setstate__`: takes the attributes over.
pub(super) fn set_state(caller: &mut dyn Caller, this: &Value, given: &Value) -> Result<()> {
    let Some(given) = given.get::<Dict>().cloned() else {
        return Err(type_error("a dict is expected"));
    };
    let state = expect_state(this)?.clone();
    let instance = instance_of(this)?.clone();
    state.ready.set(true);
    for (name, value) in entries(&given) {
        let dict = value.get::<Dict>().map(plain);
        match (name.as_str(), dict) {
            ("training", _) => state.training.set(value.native_truth().unwrap_or(true)),
            ("_parameters", Some(dict)) => drop(state.parameters.replace(dict)),
            ("_buffers", Some(dict)) => drop(state.buffers.replace(dict)),
            ("_modules", Some(dict)) => drop(state.modules.replace(dict)),
            ("_non_persistent_buffers_set", _) => {
                let names = protocol::collect(caller, &value)?;
                let names = names.iter().filter_map(Value::as_str).map(intern);
                state.transient.replace(names.collect());
            }
            ("_is_full_backward_hook", _) => {}
            (hooks, _) if BEFORE.contains(&hooks) || AFTER.contains(&hooks) => {}
            _ => instance.set(&name, value),
        }
    }
    Ok(())
}

/// Old files hold ordered dicts here.
fn plain(dict: &Ref<Dict>) -> Ref<Dict> {
    let out = Dict::new();
    for (name, value) in entries(dict) {
        out.set_name(&name, value);
    }
    out
}
