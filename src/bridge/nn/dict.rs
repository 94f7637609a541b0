//! State dicts: `state_dict` and `load_state_dict`.

use super::state::{When, entries, expect_state};
use super::walk;
use crate::bridge::error::OrRaise;
use crate::bridge::library::alias;
use crate::bridge::tensor::{tensor_of, tensor_value};
use crate::bridge::values::size_value;
use crate::lang::object::{
    Args, Caller, Dict, List, Ref, Result, Value, intern, protocol, runtime_error, type_error,
};
use crate::tensor::core::{Tensor, no_grad};

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
    if let Ok(Some(metadata)) = protocol::find_attr(caller, &target, &intern("_metadata")) {
        let version = protocol::find_attr(caller, this, &intern("_version"))?;
        let local = Dict::new();
        local.set_str("version", version.unwrap_or(Value::Int(1)));
        let key = prefix.strip_suffix('.').unwrap_or(prefix).to_string();
        set(caller, &metadata, key, Value::from(local))?;
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
        let local = Value::from(Dict::new());
        let args = [this.clone(), target.clone(), Value::str(prefix), local];
        let answer = caller.call(&hook.function, Args::positional(&args))?;
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
        } else {
            tensor_value(tensor.detach())
        };
        set(caller, target, format!("{prefix}{name}"), saved)?;
    }
    let extra = this.with_class(|class| class.lookup(&intern("get_extra_state")));
    if extra.is_some_and(|found| found.exact::<crate::lang::object::Native>().is_none()) {
        let value = protocol::call_method(caller, this, "get_extra_state", &[])?;
        set(caller, target, format!("{prefix}_extra_state"), value)?;
    }
    Ok(())
}

/// What went wrong while a state dict was loaded.
#[derive(Default)]
struct Report {
    missing: Vec<String>,
    unexpected: Vec<String>,
    errors: Vec<String>,
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
    let mut report = Report::default();
    let pairs = pairs_of(caller, given)?;
    let versioned = protocol::find_attr(caller, given, &intern("_metadata"))
        .ok()
        .flatten()
        .is_some();
    for place in walk::modules(this, "", false) {
        load_one(caller, &place, &pairs, assign, versioned, &mut report)?;
    }
    let incompatible = incompatible_keys(caller, &report.missing, &report.unexpected)?;
    for hook in expect_state(this)?.hooks_at(When::Load) {
        let args = [this.clone(), incompatible.clone()];
        caller.call(&hook.function, Args::positional(&args))?;
    }
    let mut messages = Vec::new();
    if strict {
        let list = |names: &[String]| {
            names
                .iter()
                .map(|n| format!("\"{n}\""))
                .collect::<Vec<_>>()
                .join(", ")
        };
        if !report.missing.is_empty() {
            messages.push(format!(
                "Missing key(s) in state_dict: {}. ",
                list(&report.missing)
            ));
        }
        if !report.unexpected.is_empty() {
            messages.push(format!(
                "Unexpected key(s) in state_dict: {}. ",
                list(&report.unexpected)
            ));
        }
    }
    messages.extend(report.errors);
    if !messages.is_empty() {
        return Err(runtime_error(format!(
            "Error(s) in loading state_dict for {}:\n\t{}",
            this.class_name(),
            messages.join("\n\t")
        )));
    }
    Ok(incompatible)
}

fn pairs_of(caller: &mut dyn Caller, given: &Value) -> Result<Vec<(String, Value)>> {
    let mut pairs = Vec::new();
    for (key, value) in protocol::collect_pairs(caller, given)? {
        let key = match key.as_str() {
            Some(key) => key.to_string(),
            None => protocol::str(caller, &key)?,
        };
        pairs.push((key, value));
    }
    Ok(pairs)
}

fn load_one(
    caller: &mut dyn Caller,
    place: &walk::Place,
    pairs: &[(String, Value)],
    assign: bool,
    versioned: bool,
    report: &mut Report,
) -> Result<()> {
    let prefix = match place.path.as_str() {
        "" => String::new(),
        path => format!("{path}."),
    };
    let state = expect_state(&place.module)?.clone();
    let transient = state.transient.borrow().clone();
    let parameters = entries(&state.parameters());
    let buffers = entries(&state.buffers()).into_iter();
    let own: Vec<_> = parameters
        .into_iter()
        .map(|(name, value)| (name, value, true))
        .chain(
            buffers
                .filter(|(name, _)| transient.iter().all(|t| !t.same(name)))
                .map(|(name, value)| (name, value, false)),
        )
        .filter(|(_, value, _)| !value.is_none())
        .collect();
    for (name, value, is_parameter) in &own {
        let key = format!("{prefix}{name}");
        let Some(tensor) = tensor_of(value) else {
            continue;
        };
        let found = pairs.iter().rev().find(|(k, _)| *k == key);
        let Some((_, source)) = found else {
            // State dicts of old had no counter of batches.
            if versioned || name.as_str() != "num_batches_tracked" {
                report.missing.push(key);
            }
            continue;
        };
        let Some(source) = tensor_of(source) else {
            report.errors.push(format!(
                "While copying the parameter named \"{key}\", expected torch.Tensor or Tensor-like object from checkpoint but received {}",
                protocol::repr(caller, &Value::from(source.class()))?
            ));
            continue;
        };
        if let Some(message) = copy(caller, &key, tensor, source)? {
            report.errors.push(message);
            continue;
        }
        if assign {
            let dict = if *is_parameter {
                state.parameters()
            } else {
                state.buffers()
            };
            let taken = source.detach();
            taken.set_parameter(*is_parameter);
            taken.set_requires_grad(tensor.requires_grad()).or_raise()?;
            dict.set_name(name, tensor_value(taken));
        } else {
            no_grad(|| crate::tensor::ops::copy_(tensor, source)).or_raise()?;
        }
    }
    unexpected(caller, place, &prefix, pairs, &own, report)
}

/// Refuses a tensor of another shape.
fn copy(
    caller: &mut dyn Caller,
    key: &str,
    own: &Tensor,
    source: &Tensor,
) -> Result<Option<String>> {
    // A number stands for a tensor of one element.
    if own.ndim() == 0 && source.shape().as_slice() == [1] || own.shape() == source.shape() {
        return Ok(None);
    }
    Ok(Some(format!(
        "size mismatch for {key}: copying a param with shape {} from checkpoint, the shape in current model is {}.",
        protocol::repr(caller, &size_value(source.shape()))?,
        protocol::repr(caller, &size_value(own.shape()))?
    )))
}

fn unexpected(
    caller: &mut dyn Caller,
    place: &walk::Place,
    prefix: &str,
    pairs: &[(String, Value)],
    own: &[(crate::lang::object::Name, Value, bool)],
    report: &mut Report,
) -> Result<()> {
    let state = expect_state(&place.module)?.clone();
    let modules = state.modules();
    for (key, value) in pairs {
        let Some(rest) = key.strip_prefix(prefix) else {
            continue;
        };
        if rest == "_extra_state" {
            protocol::call_method(
                caller,
                &place.module,
                "set_extra_state",
                std::slice::from_ref(value),
            )?;
            continue;
        }
        let (first, deeper) = match rest.split_once('.') {
            Some((first, _)) => (first, true),
            None => (rest, false),
        };
        let is_child = deeper && modules.get_str(first).is_some_and(|m| !m.is_none());
        let is_own = !deeper && own.iter().any(|(name, ..)| name.as_str() == first);
        if !is_child && !is_own {
            report.unexpected.push(key.clone());
        }
    }
    Ok(())
}

/// The named tuple that `load_state_dict` returns.
fn incompatible_keys(
    caller: &mut dyn Caller,
    missing: &[String],
    unexpected: &[String],
) -> Result<Value> {
    let list = |names: &[String]| -> Ref<List> {
        Ref::new(List::new(
            names.iter().map(|n| Value::str(n.as_str())).collect(),
        ))
    };
    let args = [Value::from(list(missing)), Value::from(list(unexpected))];
    match alias(caller, "torch.nn._keys", "_IncompatibleKeys")? {
        Some(class) => caller.call(&class, Args::positional(&args)),
        None => Ok(Value::tuple(args)),
    }
}
