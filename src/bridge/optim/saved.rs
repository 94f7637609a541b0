//! The state dict of optimizers.

use super::base::{groups, hooks, instance, new_state, params, state};
use super::convert_state;
use crate::bridge::library::alias;
use crate::bridge::tensor::tensor_of;
use crate::lang::object::{
    Args, Caller, Dict, List, Ref, Result, Value, intern, not_implemented_error, protocol,
    type_error, value_error,
};

/// `optimizer.state_dict()`
pub(super) fn state_dict(caller: &mut dyn Caller, this: &Value) -> Result<Value> {
    let mut numbers: Vec<Value> = Vec::new();
    let mut packed = Vec::new();
    for group in groups(this)? {
        let out = Dict::new();
        let entries = group.get::<Dict>().map(|d| d.entries()).unwrap_or_default();
        for (key, value) in entries {
            if key.as_str() != Some("params") {
                protocol::dict_set(caller, &out, key, value)?;
            }
        }
        let mut own = Vec::new();
        for parameter in params(&group) {
            own.push(Value::from(number_of(&mut numbers, &parameter)));
        }
        out.set_str("params", Value::list(own));
        packed.push(Value::from(out));
    }
    let states = Dict::new();
    let all = state(this)?;
    for (key, value) in all.get::<Dict>().map(|d| d.entries()).unwrap_or_default() {
        let key = match tensor_of(&key) {
            Some(_) => Value::from(number_of(&mut numbers, &key)),
            None => key,
        };
        protocol::dict_set(caller, &states, key, value)?;
    }
    let out = Dict::new();
    out.set_str("state", Value::from(states));
    out.set_str("param_groups", Value::list(packed));
    Ok(Value::from(out))
}

fn number_of(known: &mut Vec<Value>, parameter: &Value) -> usize {
    if let Some(i) = known.iter().position(|p| p.is(parameter)) {
        return i;
    }
    known.push(parameter.clone());
    known.len() - 1
}

fn part(caller: &mut dyn Caller, dict: &Value, key: &str) -> Result<Value> {
    protocol::get_item(caller, dict, &Value::str(key))
}

fn list_of(caller: &mut dyn Caller, value: &Value) -> Result<Vec<Value>> {
    protocol::collect(caller, value)
}

/// `optimizer.load_state_dict(state_dict)`
pub(super) fn load(caller: &mut dyn Caller, this: &Value, given: &Value) -> Result<()> {
    let Some(deepcopy) = alias(caller, "copy", "deepcopy")? else {
        return Err(not_implemented_error("copy.deepcopy"));
    };
    let saved = part(caller, given, "param_groups")?;
    let saved = caller.call(&deepcopy, Args::positional(&[saved]))?;
    let saved = list_of(caller, &saved)?;
    let own = groups(this)?;
    if own.len() != saved.len() {
        return Err(value_error(
            "loaded state dict has a different number of parameter groups",
        ));
    }
    let mut by_number: Vec<(Value, Value)> = Vec::new();
    for (group, new) in own.iter().zip(&saved) {
        let numbers = part(caller, new, "params")?;
        let numbers = list_of(caller, &numbers)?;
        let parameters = params(group);
        if numbers.len() != parameters.len() {
            return Err(value_error(
                "loaded state dict contains a parameter group that doesn't match the size of optimizer's group",
            ));
        }
        by_number.extend(numbers.into_iter().zip(parameters));
    }
    let fresh = new_state(caller)?;
    let states = part(caller, given, "state")?;
    for (key, value) in protocol::collect_pairs(caller, &states)? {
        let mut target = None;
        for (number, parameter) in &by_number {
            if protocol::eq(caller, number, &key)? {
                target = Some(parameter.clone());
                break;
            }
        }
        let (key, value) = match target {
            Some(parameter) => {
                let value = converted(caller, &parameter, &value)?;
                (parameter, value)
            }
            None => (key, value),
        };
        protocol::set_item(caller, &fresh, &key, value)?;
    }
    let mut groups = Vec::new();
    for (group, new) in own.iter().zip(saved) {
        let Some(dict) = new.get::<Dict>().cloned() else {
            return Err(type_error("a parameter group must be a dict"));
        };
        dict.set_str("params", Value::list(params(group)));
        groups.push(new);
    }
    let owner = instance(this)?;
    owner.set(&intern("state"), fresh);
    owner.set(
        &intern("param_groups"),
        Value::from(Ref::new(List::new(groups))),
    );
    for hook in hooks(this, "_load_post_hooks") {
        caller.call_positional(&hook, std::slice::from_ref(this))?;
    }
    Ok(())
}

/// A copy of a parameter's state, its tensors in the parameter's dtype.
fn converted(caller: &mut dyn Caller, parameter: &Value, value: &Value) -> Result<Value> {
    let Some(dict) = value.get::<Dict>() else {
        return Ok(value.clone());
    };
    let out = Dict::new();
    for (key, value) in dict.entries() {
        let is_step = key.as_str() == Some("step");
        let value = match (tensor_of(parameter), tensor_of(&value)) {
            (Some(parameter), Some(tensor)) if !is_step => convert_state(parameter, tensor)?,
            _ => value,
        };
        protocol::dict_set(caller, &out, key, value)?;
    }
    Ok(Value::from(out))
}
