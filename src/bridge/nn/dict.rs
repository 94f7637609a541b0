//! State dicts: `state_dict` and `load_state_dict`.

use super::state::{ModuleState, When, entries, expect_state, state_of};
use crate::bridge::error::OrRaise;
use crate::bridge::library::{alias, optional_attr};
use crate::bridge::tensor::{tensor_of, tensor_value};
use crate::bridge::values::size_value;
use crate::lang::object::{
    Args, Caller, Dict, Exc, List, Name, Native, Raised, Ref, Result, Value, intern, protocol,
    runtime_error, type_error,
};
use crate::tensor::core::no_grad;

/// An `OrderedDict`.
fn ordered_dict(caller: &mut dyn Caller) -> Result<Value> {
    match alias(caller, "collections", "OrderedDict")? {
        Some(class) => caller.call(&class, Args::default()),
        None => Ok(Value::from(Dict::new())),
    }
}

fn set(caller: &mut dyn Caller, target: &Value, key: String, value: Value) -> Result<()> {
    protocol::set_item(caller, target, &Value::str(key), value)
}

/// `state_dict(destination, prefix, keep_vars)`
pub(super) fn state_dict(
    caller: &mut dyn Caller,
    this: &Value,
    destination: &Value,
    prefix: &str,
    keep: bool,
) -> Result<Value> {
    let target = if destination.is_none() || destination.is_unbound() {
        let target = ordered_dict(caller)?;
        let metadata = ordered_dict(caller)?;
        let name = intern("_metadata");
        // A plain dict has no attributes; there the versions are left out.
        let _ = protocol::set_attr(caller, &target, &name, metadata);
        target
    } else {
        destination.clone()
    };
    let state = expect_state(this)?.clone();
    let local = Dict::new();
    if let Ok(Some(metadata)) = protocol::find_attr(caller, &target, &intern("_metadata")) {
        let version = protocol::find_attr(caller, this, &intern("_version"))?;
        local.set_str("version", version.unwrap_or(Value::Int(1)));
        let key = prefix.strip_suffix('.').unwrap_or(prefix).to_string();
        set(caller, &metadata, key, Value::from(&local))?;
    }
    for hook in state.hooks_at(When::StateDictPre) {
        let args = [this.clone(), Value::str(prefix), Value::Bool(keep)];
        caller.call(&hook.function, Args::positional(&args))?;
    }
    let args = [
        this.clone(),
        target.clone(),
        Value::str(prefix),
        Value::Bool(keep),
    ];
    protocol::call_method(caller, this, "_save_to_state_dict", &args[1..])?;
    for (name, module) in entries(&state.modules()) {
        if module.is_none() {
            continue;
        }
        let below = format!("{prefix}{name}.");
        let method = protocol::get_attr(caller, &module, &intern("state_dict"))?;
        let named = [
            (intern("destination"), target.clone()),
            (intern("prefix"), Value::str(below)),
            (intern("keep_vars"), Value::Bool(keep)),
        ];
        caller.call(
            &method,
            Args {
                positional: &[],
                keywords: &named,
            },
        )?;
    }
    for hook in state.hooks_at(When::StateDict) {
        let local = Value::from(&local);
        let args = [this.clone(), target.clone(), Value::str(prefix), local];
        let answer = caller.call(&hook.function, Args::positional(&args))?;
        if !answer.is_none() && hook.with_kwargs {
            return Err(runtime_error("state_dict post-hook must return None"));
        }
        if !answer.is_none() {
            return Ok(answer);
        }
    }
    Ok(target)
}

/// `_save_to_state_dict`: what the module itself holds.
pub(super) fn save(
    caller: &mut dyn Caller,
    this: &Value,
    target: &Value,
    prefix: &str,
    keep: bool,
) -> Result<()> {
    let state = expect_state(this)?.clone();
    let transient = state.transient.borrow().clone();
    let buffers = entries(&state.buffers()).into_iter();
    let buffers = buffers.filter(|(name, _)| transient.iter().all(|t| !t.same(name)));
    for (name, value) in entries(&state.parameters()).into_iter().chain(buffers) {
        let Some(tensor) = tensor_of(&value) else {
            continue;
        };
        let saved = if keep {
            value.clone()
        } else if value.with_class(|class| class.native) {
            tensor_value(tensor.detach())
        } else {
            protocol::call_method(caller, &value, "detach", &[])?
        };
        set(caller, target, format!("{prefix}{name}"), saved)?;
    }
    let extra = this.with_class(|class| class.lookup(&intern("get_extra_state")));
    if extra.is_some_and(|found| found.exact::<Native>().is_none()) {
        let value = protocol::call_method(caller, this, "get_extra_state", &[])?;
        set(caller, target, format!("{prefix}_extra_state"), value)?;
    }
    Ok(())
}

/// One call of `load_state_dict`.
struct Load {
    assign: bool,
    /// The versions of the modules, by their paths.
    metadata: Option<Value>,
    missing: Ref<List>,
    unexpected: Ref<List>,
    errors: Ref<List>,
}

fn note(list: &Value, text: String) {
    if let Some(list) = list.get::<List>() {
        list.items.borrow_mut().push(Value::str(text));
    }
}

/// `load_state_dict(state_dict, strict, assign)`
pub(super) fn load(
    caller: &mut dyn Caller,
    this: &Value,
    given: &Value,
    strict: bool,
    assign: bool,
) -> Result<Value> {
    let is_mapping = given.get::<Dict>().is_some()
        || protocol::find_attr(caller, given, &intern("keys"))?.is_some();
    if !is_mapping {
        return Err(type_error(format!(
            "Expected state_dict to be dict-like, got {}.",
            protocol::repr(caller, &Value::from(given.class()))?
        )));
    }
    let list = || Ref::new(List::new(Vec::new()));
    let load = Load {
        assign,
        metadata: optional_attr(caller, given, &intern("_metadata"))?,
        missing: list(),
        unexpected: list(),
        errors: list(),
    };
    let own = Dict::new();
    for (key, value) in protocol::collect_pairs(caller, given)? {
        protocol::dict_set(caller, &own, key, value)?;
    }
    load_module(caller, this, &own, "", &load)?;
    let mut messages = Vec::new();
    for (what, keys) in [("Missing", &load.missing), ("Unexpected", &load.unexpected)] {
        let keys = keys.items.borrow();
        if strict && !keys.is_empty() {
            let keys = keys.iter().filter_map(Value::as_str);
            let keys: Vec<String> = keys.map(|k| format!("\"{k}\"")).collect();
            messages.push(format!(
                "{what} key(s) in state_dict: {}. ",
                keys.join(", ")
            ));
        }
    }
    for error in load.errors.items.borrow().clone() {
        messages.push(protocol::str(caller, &error)?);
    }
    if !messages.is_empty() {
        return Err(runtime_error(format!(
            "Error(s) in loading state_dict for {}:\n\t{}",
            this.class_name(),
            messages.join("\n\t")
        )));
    }
    incompatible_keys(caller, &load)
}

/// Loads a module and those below it from the entries with its prefix.
fn load_module(
    caller: &mut dyn Caller,
    this: &Value,
    given: &Ref<Dict>,
    prefix: &str,
    load: &Load,
) -> Result<()> {
    let local = match load.metadata.as_ref().and_then(Value::get::<Dict>) {
        Some(all) => all.get_str(prefix.strip_suffix('.').unwrap_or(prefix)),
        None => None,
    };
    let local = local.unwrap_or_else(|| Value::from(Dict::new()));
    if let Some(local) = local.get::<Dict>().filter(|_| load.assign) {
        local.set_str("assign_to_params_buffers", Value::Bool(true));
    }
    let args = [
        Value::from(given),
        Value::str(prefix),
        local,
        Value::Bool(true),
        Value::from(&load.missing),
        Value::from(&load.unexpected),
        Value::from(&load.errors),
    ];
    protocol::call_method(caller, this, "_load_from_state_dict", &args)?;
    let state = expect_state(this)?.clone();
    for (name, module) in entries(&state.modules()) {
        if state_of(&module).is_none() {
            continue;
        }
        let below = format!("{prefix}{name}.");
        let part = Dict::new();
        for (key, value) in given.entries() {
            if key.as_str().is_some_and(|k| k.starts_with(&below)) {
                protocol::dict_set(caller, &part, key, value)?;
            }
        }
        load_module(caller, &module, &part, &below, load)?;
    }
    for hook in state.hooks_at(When::Load) {
        let args = [this.clone(), incompatible_keys(caller, load)?];
        let answer = caller.call(&hook.function, Args::positional(&args))?;
        if !answer.is_none() {
            return Err(Raised::new(
                Exc::AssertionError,
                "Hooks registered with ``register_load_state_dict_post_hook`` are notexpected to return new values, if incompatible_keys need to be modified,it should be done inplace.",
            ));
        }
    }
    Ok(())
}

/// `_load_from_state_dict(state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs)`: what the
/// module itself holds.
pub(super) fn load_own(caller: &mut dyn Caller, args: &[Value]) -> Result<()> {
    let this = &args[0];
    let state = expect_state(this)?.clone();
    for hook in state.hooks_at(When::LoadPre) {
        // Hooks of the public method get the module, too.
        let given = if hook.with_kwargs { args } else { &args[1..] };
        caller.call(&hook.function, Args::positional(given))?;
    }
    let Some(given) = args[1].get::<Dict>().cloned() else {
        return Err(type_error("state_dict must be a dict"));
    };
    let prefix = args[2].as_str().unwrap_or_default().to_string();
    let local = args[3].get::<Dict>().cloned().unwrap_or_else(Dict::new);
    let strict = protocol::truth(caller, &args[4])?;
    let (missing, unexpected, errors) = (&args[5], &args[6], &args[7]);
    let assign = local
        .get_str("assign_to_params_buffers")
        .is_some_and(|v| v.native_truth().unwrap_or(true));
    // State dicts of old had no counter of batches.
    let counted = local.get_str("version").and_then(|v| v.as_int()) >= Some(2);
    let transient = state.transient.borrow().clone();
    let parameters = entries(&state.parameters()).into_iter();
    let buffers = entries(&state.buffers()).into_iter();
    let buffers = buffers.filter(|(name, _)| transient.iter().all(|t| !t.same(name)));
    let own: Vec<_> = parameters
        .chain(buffers)
        .filter(|(_, value)| tensor_of(value).is_some())
        .collect();
    for (name, value) in &own {
        let key = format!("{prefix}{name}");
        match given.get_str(&key) {
            Some(source) => {
                if let Err(message) =
                    load_entry(caller, &state, name, &key, value, &source, assign)?
                {
                    note(errors, message);
                }
            }
            None if strict && (counted || name.as_str() != "num_batches_tracked") => {
                note(missing, key);
            }
            None => {}
        }
    }
    let extra = format!("{prefix}_extra_state");
    let takes_extra = this.with_class(|class| class.lookup(&intern("set_extra_state")));
    let takes_extra = takes_extra.is_some_and(|found| found.exact::<Native>().is_none());
    match given.get_str(&extra) {
        Some(value) if takes_extra => {
            protocol::call_method(caller, this, "set_extra_state", &[value])?;
        }
        Some(_) if strict => note(unexpected, extra.clone()),
        None if takes_extra && strict => note(missing, extra.clone()),
        _ => {}
    }
    if !strict {
        return Ok(());
    }
    let modules = state.modules();
    for (key, _) in given.entries() {
        let Some(rest) = key.as_str().and_then(|k| k.strip_prefix(&prefix)) else {
            continue;
        };
        let known = match rest.split_once('.') {
            Some((first, _)) => modules.get_str(first).is_some(),
            None => rest == "_extra_state" || own.iter().any(|(name, _)| name.as_str() == rest),
        };
        if !known {
            note(unexpected, format!("{prefix}{rest}"));
        }
    }
    Ok(())
}

/// One parameter or buffer takes over a value, or a message says why not.
fn load_entry(
    caller: &mut dyn Caller,
    state: &ModuleState,
    name: &Name,
    key: &str,
    own: &Value,
    source: &Value,
    assign: bool,
) -> Result<std::result::Result<(), String>> {
    let Some(tensor) = tensor_of(own) else {
        return Ok(Ok(()));
    };
    let Some(given) = tensor_of(source) else {
        return Ok(Err(format!(
            "While copying the parameter named \"{key}\", expected torch.Tensor or Tensor-like object from checkpoint but received {}",
            protocol::repr(caller, &Value::from(source.class()))?
        )));
    };
    // A number may have been kept as a tensor of one element.
    let first = tensor.ndim() == 0 && given.ndim() == 1 && given.numel() > 0;
    let fitting = match first {
        true => crate::tensor::ops::narrow(given, 0, 0, 1)
            .and_then(|x| crate::tensor::ops::reshape(&x, &[]))
            .or_raise()?,
        false => given.clone(),
    };
    if fitting.shape() != tensor.shape() {
        return Ok(Err(format!(
            "size mismatch for {key}: copying a param with shape {} from checkpoint, the shape in current model is {}.",
            protocol::repr(caller, &size_value(given.shape()))?,
            protocol::repr(caller, &size_value(tensor.shape()))?
        )));
    }
    if !assign {
        no_grad(|| crate::tensor::ops::copy_(tensor, &fitting)).or_raise()?;
        return Ok(Ok(()));
    }
    let is_parameter = tensor.is_parameter();
    let dict = if is_parameter {
        state.parameters()
    } else {
        state.buffers()
    };
    if is_parameter && !fitting.is_parameter() {
        let taken = fitting.detach();
        taken.set_parameter(true);
        taken.set_requires_grad(tensor.requires_grad()).or_raise()?;
        dict.set_name(name, tensor_value(taken));
    } else {
        if is_parameter {
            given.set_requires_grad(tensor.requires_grad()).or_raise()?;
        }
        dict.set_name(name, source.clone());
    }
    Ok(Ok(()))
}

/// The named tuple that `load_state_dict` returns.
fn incompatible_keys(caller: &mut dyn Caller, load: &Load) -> Result<Value> {
    let args = [Value::from(&load.missing), Value::from(&load.unexpected)];
    match alias(caller, "torch.nn._keys", "_IncompatibleKeys")? {
        Some(class) => caller.call(&class, Args::positional(&args)),
        None => Ok(Value::tuple(args)),
    }
}
