//! One step of an optimizer: groups and states of the script handed to the tensor wing, and back.

use std::cell::RefCell;

use super::base::{groups, hooks, instance, kept, params, state};
use crate::bridge::convert::plain_arg;
use crate::bridge::error::OrRaise;
use crate::bridge::tensor::tensor_of;
use crate::bridge::warning;
use crate::lang::object::{
    Args, Caller, Dict, Ref, Result, Value, intern, protocol, runtime_error, type_error,
};
use crate::tensor::array::{self, Error, ErrorKind};
use crate::tensor::core::Tensor;
use crate::tensor::core::mode::GradGuard;
use crate::tensor::ops::Arg;
use crate::tensor::optim::spec::Entry;
use crate::tensor::optim::{Options, ParamState, StateValue};

/// The options of a group, read from its dict.
pub(super) struct GroupOptions<'a>(pub(super) &'a Value);

impl Options for GroupOptions<'_> {
    fn get(&self, name: &str) -> array::Result<Arg> {
        let found = self.0.get::<Dict>().and_then(|dict| dict.get_str(name));
        match found {
            Some(value) => Ok(plain_arg(&value)),
            None => Err(Error::new(ErrorKind::Key, name)),
        }
    }
}

/// `optimizer.step(closure)`
pub(super) fn step(caller: &mut dyn Caller, entry: &'static Entry, args: Args) -> Result<Value> {
    let Some(this) = args.positional.first() else {
        return Err(type_error("unbound method needs an argument"));
    };
    if args.positional.len() > 2 {
        return Err(type_error(format!(
            "{}.step() takes from 1 to 2 positional arguments but {} were given",
            this.class_name(),
            args.positional.len()
        )));
    }
    let closure = args.positional.get(1).or_else(|| args.keyword("closure"));
    for hook in hooks(this, "_step_pre_hooks") {
        let args = [this.clone(), Value::tuple([]), Value::from(Dict::new())];
        caller.call_positional(&hook, &args)?;
    }
    let mut loss = Value::None;
    if let Some(closure) = closure.filter(|c| !c.is_none()) {
        let _guard = GradGuard::new(true);
        loss = caller.call_positional(closure, &[])?;
    }
    let states = state(this)?;
    crate::bridge::autograd::note_step(caller);
    for group in groups(this)? {
        group_step(caller, entry, &states, &group)?;
    }
    let owner = instance(this)?;
    let mark = intern("_opt_called");
    if owner.get(&mark).is_some() {
        owner.set(&mark, Value::Bool(true));
    }
    for hook in hooks(this, "_step_post_hooks") {
        let args = [this.clone(), Value::tuple([]), Value::from(Dict::new())];
        caller.call_positional(&hook, &args)?;
    }
    warning::show_pending(caller)?;
    Ok(loss)
}

fn group_step(
    caller: &mut dyn Caller,
    entry: &'static Entry,
    states: &Value,
    group: &Value,
) -> Result<()> {
    let mut values = Vec::new();
    let (mut tensors, mut grads) = (Vec::new(), Vec::new());
    let mut own = Vec::new();
    for value in params(group) {
        let Some(tensor) = tensor_of(&value) else {
            continue;
        };
        let Some(grad) = tensor.grad() else {
            continue;
        };
        tensors.push(tensor.clone());
        grads.push(grad);
        own.push(load(caller, states, &value)?);
        values.push(value);
    }
    let before: Vec<ParamState> = own.clone();
    {
        let _guard = GradGuard::new(false);
        (entry.optimizer.step)(&tensors, &grads, &mut own, &GroupOptions(group)).or_raise()?;
    }
    for ((value, old), new) in values.iter().zip(&before).zip(own) {
        if !same(old, &new) {
            store(caller, states, value, new)?;
        }
    }
    Ok(())
}

/// Whether the dict of a state is up to date already: tensors are changed where they lie.
fn same(old: &ParamState, new: &ParamState) -> bool {
    let equal = |a: &StateValue, b: &StateValue| match (a, b) {
        (StateValue::Tensor(a), StateValue::Tensor(b)) => a.same(b),
        (StateValue::Int(a), StateValue::Int(b)) => a == b,
        (StateValue::Float(a), StateValue::Float(b)) => a == b,
        (StateValue::None, StateValue::None) => true,
        _ => false,
    };
    old.entries.len() == new.entries.len()
        && old
            .entries
            .iter()
            .zip(&new.entries)
            .all(|((a, x), (b, y))| a == b && equal(x, y))
}

thread_local! {
    /// Names of state entries, which live as long as the program; there are few.
    static NAMES: RefCell<Vec<&'static str>> = const { RefCell::new(Vec::new()) };
}

fn static_name(name: &str) -> &'static str {
    NAMES.with_borrow_mut(|names| {
        if let Some(known) = names.iter().find(|known| **known == name) {
            return *known;
        }
        let name: &'static str = Box::leak(name.to_string().into_boxed_str());
        names.push(name);
        name
    })
}

/// The dict of states by parameter.
fn states_dict(states: &Value) -> Result<&Ref<Dict>> {
    match states.get::<Dict>() {
        Some(dict) => Ok(dict),
        None => Err(runtime_error("the state of an optimizer must be a dict")),
    }
}

/// What is kept for a parameter.
fn load(caller: &mut dyn Caller, states: &Value, parameter: &Value) -> Result<ParamState> {
    let dict = states_dict(states)?.clone();
    let mut out = ParamState::default();
    let found = protocol::dict_get(caller, &dict, parameter)?;
    let Some(found) = found.as_ref().and_then(|f| f.get::<Dict>()) else {
        return Ok(out);
    };
    let table = found.table.borrow();
    for entry in table.iter() {
        let Some(name) = entry.key.as_str() else {
            continue;
        };
        let value = match &entry.value {
            Value::None => StateValue::None,
            Value::Int(i) => StateValue::Int(*i),
            Value::Float(x) => StateValue::Float(*x),
            value => match tensor_of(value) {
                Some(tensor) => StateValue::Tensor(tensor.clone()),
                None => continue,
            },
        };
        out.entries.push((static_name(name), value));
    }
    Ok(out)
}

/// Puts a state back into the dict of a parameter.
pub(super) fn store(
    caller: &mut dyn Caller,
    states: &Value,
    parameter: &Value,
    new: ParamState,
) -> Result<()> {
    let dict = states_dict(states)?.clone();
    let own = protocol::dict_get(caller, &dict, parameter)?;
    let own = match own.as_ref().and_then(|own| own.get::<Dict>()) {
        Some(own) => own.clone(),
        None => {
            let own = Dict::new();
            protocol::dict_set(caller, &dict, parameter.clone(), Value::from(&own))?;
            own
        }
    };
    for (name, value) in new.entries {
        own.set_str(
            name,
            match value {
                StateValue::Tensor(tensor) => kept_as_is(&own, name, tensor),
                StateValue::Int(i) => Value::Int(i),
                StateValue::Float(x) => Value::Float(x),
                StateValue::None => Value::None,
            },
        );
    }
    Ok(())
}

/// The object that stands for the tensor already, or a new one.
fn kept_as_is(own: &Dict, name: &str, tensor: Tensor) -> Value {
    match own.get_str(name) {
        Some(known) if tensor_of(&known).is_some_and(|t| t.same(&tensor)) => known,
        _ => kept(tensor),
    }
}
