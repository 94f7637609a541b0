//! Registration by attribute: what is assigned decides where it is kept.

use super::common_hooks::registered;
use super::state::{ModuleState, When, expect_state, instance_of, state_of};
use crate::bridge::library::optional_attr;
use crate::bridge::tensor::{extra_dict, tensor_of};
use crate::lang::object::{
    Caller, Class, Dict, Name, Ref, Result, Str, Value, attribute_error, protocol, type_error,
};
use crate::tensor::core::Tensor;

/// The name in an argument.
pub(super) fn name_of(value: &Value) -> Result<Name> {
    match value.get::<Str>() {
        Some(name) => Ok(name.interned()),
        None => Err(type_error(format!(
            "attribute name must be string, not '{}'",
            value.class_name()
        ))),
    }
}

fn not_ready(what: &str) -> crate::lang::object::Raised {
    attribute_error(format!(
        "cannot assign {what} before Module.__init__() call"
    ))
}

/// `torch.typename(value)`
pub(super) fn type_name(value: &Value) -> String {
    if let Some(tensor) = tensor_of(value) {
        return if tensor.is_parameter() {
            "torch.nn.parameter.Parameter".into()
        } else {
            format!("torch.{}Tensor", tensor.dtype().scalar_name())
        };
    }
    // A class stands for itself.
    let own = value.exact::<Class>().cloned();
    let class = own.unwrap_or_else(|| value.class());
    let module = class.lookup(&crate::lang::object::intern("__module__"));
    let name = class.name().to_string();
    match module.as_ref().and_then(Value::as_str) {
        Some("builtins") | None => name,
        Some(module) => format!("{module}.{name}"),
    }
}

/// `module.name = value`
pub(super) fn set(caller: &mut dyn Caller, this: &Value, name: &Name, value: Value) -> Result<()> {
    let state = expect_state(this)?.clone();
    if let Some(parametrized) = parametrization(&state, name) {
        return protocol::call_method(caller, &parametrized, "right_inverse", &[value]).map(drop);
    }
    let tensor = tensor_of(&value);
    if tensor.is_some_and(Tensor::is_parameter) {
        if !state.ready.get() {
            return Err(not_ready("parameters"));
        }
        take_out(this, &state, name, &state.parameters());
        return register_parameter(caller, this, name, value);
    }
    let parameters = state.parameters();
    if parameters.get_name(name).is_some() {
        if value.is_none() {
            parameters.set_name(name, value);
            return Ok(());
        }
        return Err(type_error(format!(
            "cannot assign '{}' as parameter '{name}' (torch.nn.Parameter or None expected)",
            type_name(&value)
        )));
    }
    if state_of(&value).is_some() {
        if !state.ready.get() {
            return Err(not_ready("module"));
        }
        let modules = state.modules();
        take_out(this, &state, name, &modules);
        let value = registered(caller, When::Module, this, name, value)?;
        modules.set_name(name, value);
        return Ok(());
    }
    let modules = state.modules();
    if modules.get_name(name).is_some() {
        if value.is_none() {
            modules.set_name(name, value);
            return Ok(());
        }
        return Err(type_error(format!(
            "cannot assign '{}' as child module '{name}' (torch.nn.Module or None expected)",
            type_name(&value)
        )));
    }
    let buffers = state.buffers();
    let mark = tensor
        .and_then(extra_dict)
        .filter(|d| d.get_str("_is_buffer").is_some());
    if let Some(mark) = mark {
        if !state.ready.get() {
            return Err(not_ready("buffers"));
        }
        let persistent = mark.get_str("persistent").and_then(|p| p.native_truth());
        take_out(this, &state, name, &buffers);
        keep_transient(&state, name, persistent.unwrap_or(true));
        let value = registered(caller, When::Buffer, this, name, value)?;
        buffers.set_name(name, value);
        return Ok(());
    }
    if buffers.get_name(name).is_some() {
        if value.is_none() || tensor.is_some() {
            let value = registered(caller, When::Buffer, this, name, value)?;
            buffers.set_name(name, value);
            return Ok(());
        }
        return Err(type_error(format!(
            "cannot assign '{}' as buffer '{name}' (torch.nn.Buffer, torch.Tensor or None expected)",
            type_name(&value)
        )));
    }
    protocol::generic_set_attr(caller, this, name, value)
}

/// Notes whether a buffer is part of the state dict.
pub(super) fn keep_transient(state: &ModuleState, name: &Name, persistent: bool) {
    let mut transient = state.transient.borrow_mut();
    transient.retain(|known| !known.same(name));
    if !persistent {
        transient.push(name.clone());
    }
}

/// Takes a name out of every place but the one it is about to be put into.
fn take_out(this: &Value, state: &ModuleState, name: &Name, keep: &Ref<Dict>) {
    for dict in [state.parameters(), state.buffers(), state.modules()] {
        if !dict.same(keep) && dict.get_name(name).is_some() {
            drop(dict.remove_name(name));
        }
    }
    if let Ok(instance) = instance_of(this) {
        drop(instance.remove(name));
    }
}

/// `register_parameter` without the checks of the name.
fn register_parameter(
    caller: &mut dyn Caller,
    this: &Value,
    name: &Name,
    value: Value,
) -> Result<()> {
    if let Some(tensor) = tensor_of(&value)
        && tensor.grad_fn().is_some()
    {
        return Err(crate::lang::object::value_error(format!(
            "Cannot assign non-leaf Tensor to parameter '{name}'. Model parameters must be created explicitly. To express '{name}' as a function of another Tensor, compute the value in the forward() method."
        )));
    }
    let value = registered(caller, When::Parameter, this, name, value)?;
    expect_state(this)?.parameters().set_name(name, value);
    Ok(())
}

/// The checks of a name that is registered by a method.
fn check_name(
    caller: &mut dyn Caller,
    this: &Value,
    own: &Ref<Dict>,
    what: &str,
    name: &Name,
) -> Result<()> {
    let text = name.as_str();
    let key = |message: String| {
        crate::lang::object::Raised::with_args(
            crate::lang::object::Exc::KeyError,
            [Value::str(message)],
        )
    };
    if text.contains('.') {
        let shown = match what {
            "module" => format!("module name can't contain \".\", got: {text}"),
            what => format!("{what} name can't contain \".\""),
        };
        return Err(key(shown));
    }
    if text.is_empty() {
        return Err(key(format!("{what} name can't be empty string \"\"")));
    }
    if own.get_name(name).is_none() && optional_attr(caller, this, name)?.is_some() {
        return Err(key(format!("attribute '{text}' already exists")));
    }
    Ok(())
}

/// `register_parameter(name, param)`
pub(super) fn add_parameter(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let (this, value) = (&args[0], &args[2]);
    let state = expect_state(this)?.clone();
    if !state.ready.get() {
        return Err(attribute_error(
            "cannot assign parameter before Module.__init__() call",
        ));
    }
    let name = checked_name(&args[1], "parameter")?;
    check_name(caller, this, &state.parameters(), "parameter", &name)?;
    if !value.is_none() && !tensor_of(value).is_some_and(Tensor::is_parameter) {
        return Err(type_error(format!(
            "cannot assign '{}' object to parameter '{name}' (torch.nn.Parameter or None required)",
            type_name(value)
        )));
    }
    register_parameter(caller, this, &name, value.clone())?;
    Ok(Value::None)
}

fn checked_name(value: &Value, what: &str) -> Result<Name> {
    match value.get::<Str>() {
        Some(name) => Ok(name.interned()),
        None => Err(type_error(format!(
            "{what} name should be a string. Got {}",
            value.class_name()
        ))),
    }
}

/// `register_buffer(name, tensor, persistent)`
pub(super) fn add_buffer(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let (this, value) = (&args[0], &args[2]);
    let state = expect_state(this)?.clone();
    if !state.ready.get() {
        return Err(attribute_error(
            "cannot assign buffer before Module.__init__() call",
        ));
    }
    let name = checked_name(&args[1], "buffer")?;
    check_name(caller, this, &state.buffers(), "buffer", &name)?;
    if !value.is_none() && tensor_of(value).is_none() {
        return Err(type_error(format!(
            "cannot assign '{}' object to buffer '{name}' (torch Tensor or None required)",
            type_name(value)
        )));
    }
    let persistent = protocol::truth(caller, &args[3])?;
    keep_transient(&state, &name, persistent);
    let value = registered(caller, When::Buffer, this, &name, value.clone())?;
    state.buffers().set_name(&name, value);
    Ok(Value::None)
}

/// `add_module(name, module)`
pub(super) fn add_module(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let (this, value) = (&args[0], &args[2]);
    let state = expect_state(this)?.clone();
    if !value.is_none() && state_of(value).is_none() {
        return Err(type_error(format!(
            "{} is not a Module subclass",
            type_name(value)
        )));
    }
    let name = checked_name(&args[1], "module")?;
    check_name(caller, this, &state.modules(), "module", &name)?;
    let value = registered(caller, When::Module, this, &name, value.clone())?;
    state.modules().set_name(&name, value);
    Ok(Value::None)
}

/// The module that computes a tensor of this name, if it is parametrized.
pub(super) fn parametrization(state: &ModuleState, name: &Name) -> Option<Value> {
    let all = state.modules().get_str("parametrizations")?;
    state_of(&all)?.modules().get_name(name)
}

/// What the ordinary lookup did not find.
pub(super) fn get(caller: &mut dyn Caller, this: &Value, name: &Name) -> Result<Value> {
    let state = expect_state(this)?;
    if let Some(found) = state.find(name) {
        return Ok(found);
    }
    if let Some(compute) = parametrization(state, name) {
        return caller.call_positional(&compute, &[]);
    }
    Err(missing(this, name))
}

#[cold]
fn missing(this: &Value, name: &Name) -> crate::lang::object::Raised {
    let raised = attribute_error(format!(
        "'{}' object has no attribute '{name}'",
        this.class_name()
    ))
    .with_attr("name", Value::from(name))
    .with_attr("obj", this.clone());
    let known = names(this);
    match crate::base::nearest::nearest(name.as_str(), known.iter().map(String::as_str)) {
        Some(near) => raised.with_help(format!("did you mean '{near}'?")),
        None => raised,
    }
}

/// The names of a module's attributes, sorted.
pub(super) fn names(this: &Value) -> Vec<String> {
    let mut names = Vec::new();
    let mut add = |entries: Vec<(Value, Value)>| {
        names.extend(
            entries
                .iter()
                .filter_map(|(key, _)| key.as_str().map(str::to_string)),
        );
    };
    if let Some(state) = state_of(this) {
        for dict in [state.parameters(), state.buffers(), state.modules()] {
            add(dict.entries());
        }
    }
    if let Ok(instance) = instance_of(this) {
        add(instance.entries());
    }
    for class in this.class().mro() {
        let attrs = class.attrs.borrow();
        add(attrs.iter().map(|e| (e.key.clone(), Value::None)).collect());
    }
    names.retain(|name| !name.starts_with(|c: char| c.is_ascii_digit()));
    names.sort_unstable();
    names.dedup();
    names
}

/// `del module.name`
pub(super) fn delete(caller: &mut dyn Caller, this: &Value, name: &Name) -> Result<()> {
    let state = expect_state(this)?.clone();
    for dict in [state.parameters(), state.buffers(), state.modules()] {
        if let Some(old) = dict.remove_name(name) {
            keep_transient(&state, name, true);
            drop(old);
            return Ok(());
        }
    }
    protocol::generic_delete_attr(caller, this, name)
}
