//! `torch.nn.modules.module`: hooks on all modules.

use super::module::{add, truth};
use super::state::{When, common};
use crate::bridge::define::def;
use crate::lang::object::{Args, Caller, Name, NativeSpec, Result, Value};

/// What is registered under a name in the end: the hooks on registrations may replace it.
pub(super) fn registered(
    caller: &mut dyn Caller,
    when: When,
    module: &Value,
    name: &Name,
    value: Value,
) -> Result<Value> {
    let mut value = value;
    if value.is_none() {
        return Ok(value);
    }
    for hook in common().hooks_at(when) {
        let args = [module.clone(), Value::from(name), value.clone()];
        let answer = caller.call(&hook.function, Args::positional(&args))?;
        if !answer.is_none() {
            value = answer;
        }
    }
    Ok(value)
}

/// Registers a hook without options.
fn add_plain(args: &[Value], when: When) -> Result<Value> {
    add(&common(), &args[0], when, false, false, false)
}

/// The functions that register them.
pub(super) static COMMON_HOOKS: &[NativeSpec] = &[
    def(
        "register_module_forward_pre_hook(hook)",
        "Calls a function before the `forward` of every module.",
        |_, args| add_plain(args, When::ForwardPre),
    ),
    def(
        "register_module_forward_hook(hook, *, with_kwargs=False, always_call=False)",
        "Calls a function after the `forward` of every module.",
        |caller, args| {
            let (with_kwargs, always) = (truth(caller, &args[1])?, truth(caller, &args[2])?);
            add(
                &common(),
                &args[0],
                When::Forward,
                false,
                with_kwargs,
                always,
            )
        },
    ),
    def(
        "register_module_full_backward_pre_hook(hook)",
        "Calls a function with the gradients of the outputs of every module.",
        |_, args| add_plain(args, When::BackwardPre),
    ),
    def(
        "register_module_full_backward_hook(hook)",
        "Calls a function with the gradients of the inputs of every module.",
        |_, args| add_plain(args, When::Backward),
    ),
    def(
        "register_module_backward_hook(hook)",
        "The way of old.",
        |_, args| add_plain(args, When::OldBackward),
    ),
    def(
        "register_module_parameter_registration_hook(hook)",
        "Calls a function with every module, name and parameter that is registered.",
        |_, args| add_plain(args, When::Parameter),
    ),
    def(
        "register_module_buffer_registration_hook(hook)",
        "Calls a function with every module, name and buffer that is registered.",
        |_, args| add_plain(args, When::Buffer),
    ),
    def(
        "register_module_module_registration_hook(hook)",
        "Calls a function with every module, name and child that is registered.",
        |_, args| add_plain(args, When::Module),
    ),
];
