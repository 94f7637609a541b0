//! `__torch_function__`: classes that answer for the functions that are called with their instances.

use std::cell::Cell;
use std::rc::Rc;

use super::library::{alias, optional_attr};
use super::tensor::{rewrapped, tensor_class};
use crate::lang::object::{
    Args, Caller, Class, Dict, Instance, List, Native, Ref, Result, Tuple, Value, intern, protocol,
    type_error,
};
use crate::tensor::ops::Callable;

thread_local! {
    /// Whether there are tensors of classes that answer for functions; nothing is looked up before.
    static SEEN: Cell<bool> = const { Cell::new(false) };
    /// How many contexts want functions to be called without asking classes.
    static OFF: Cell<i64> = const { Cell::new(0) };
}

const NAME: &str = "__torch_function__";

/// Whether classes are asked.
#[inline]
pub(super) fn active() -> bool {
    SEEN.get() && OFF.get() == 0
}

/// Whether results keep the class of the arguments without being asked.
pub(super) fn keeps() -> bool {
    OFF.get() == 0
}

/// Adds to the number of contexts in which no class is asked.
pub(super) fn switch(by: i64) -> i64 {
    OFF.set(OFF.get() + by);
    OFF.get()
}

/// Methods that always work on the tensor itself.
const PLAIN: &[&str] = &[
    "__class__",
    "__delattr__",
    "__dir__",
    "__getattr__",
    "__hash__",
    "__init__",
    "__new__",
    "__setattr__",
    "as_subclass",
    NAME,
];

/// Takes note of a class that tensors are made of: where it answers, it gets methods of its own that ask it, so that those
/// of other tensors need not look.
pub(super) fn note(class: &Ref<Class>) {
    if class.native || !answers(class) {
        return;
    }
    SEEN.set(true);
    let mark = intern("as_strided");
    let base = tensor_class();
    let attrs = base.attrs.borrow();
    let native = |value: Option<Value>| value.and_then(|v| v.exact::<Native>().cloned());
    let (own, known) = (
        native(class.lookup(&mark)),
        native(attrs.get_name(&mark).cloned()),
    );
    if !own.zip(known).is_some_and(|(own, known)| own.same(&known)) {
        return;
    }
    for entry in attrs.iter() {
        let (Some(name), true) = (entry.key.as_str(), entry.value.exact::<Native>().is_some())
        else {
            continue;
        };
        let key = intern(name);
        // What a class of the script has, its own or inherited, stays.
        let plain = class.lookup(&key).is_some_and(|own| own.is(&entry.value));
        if !plain || PLAIN.contains(&name) {
            continue;
        }
        let (name, method) = (name.to_string(), entry.value.clone());
        let call = move |caller: &mut dyn Caller, args: Args| {
            let answer = match active() {
                true => ask(caller, &name, true, args)?,
                false => None,
            };
            answer.map_or_else(|| caller.call(&method, args), Ok)
        };
        let native = Native::raw(key.clone(), "", None, true, Rc::new(call));
        class.attrs.borrow_mut().set_name(&key, Value::from(native));
    }
    class.touch();
}

/// What all tensors answer: the function is called without asking classes, and the result is of the class.
pub(super) fn plainly(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let given = protocol::collect(caller, &args[3])?;
    let mut named = Vec::new();
    if let Some(dict) = args[4].get::<Dict>() {
        for (key, value) in dict.entries() {
            named.push((intern(key.as_str().unwrap_or_default()), value));
        }
    }
    let function = args[1].clone();
    switch(1);
    let given_args = Args {
        positional: &given,
        keywords: &named,
    };
    let out = caller.call(&function, given_args);
    switch(-1);
    match args[0].exact::<Class>().filter(|class| !class.native) {
        Some(class) => Ok(rewrapped(class, out?)),
        None => out,
    }
}

/// Whether a class of a script has an answer of its own; what all tensors have calls the function.
fn answers(class: &Class) -> bool {
    let name = intern(NAME);
    let base = tensor_class().attrs.borrow().get_name(&name).cloned();
    match (class.lookup(&name), base) {
        (Some(own), Some(base)) => !own.is(&base) && !own.is_none(),
        (own, _) => own.is_some(),
    }
}

/// The instances among arguments whose classes answer, one a class: derived classes before their bases.
fn overloaded(args: Args) -> Vec<Value> {
    let mut found: Vec<Value> = Vec::new();
    let mut look = |value: &Value| {
        if value.exact::<Instance>().is_none() {
            return;
        }
        let class = value.class();
        if !answers(&class) || found.iter().any(|v| v.class().same(&class)) {
            return;
        }
        let at = found.iter().position(|v| class.is_subclass(&v.class()));
        found.insert(at.unwrap_or(found.len()), value.clone());
    };
    for value in args
        .positional
        .iter()
        .chain(args.keywords.iter().map(|(_, v)| v))
    {
        if let Some(tuple) = value.exact::<Tuple>() {
            tuple.items.iter().for_each(&mut look);
        } else if let Some(list) = value.exact::<List>() {
            list.items.borrow().iter().for_each(&mut look);
        } else {
            look(value);
        }
    }
    found
}

/// The function of this name as scripts know it: the method of tensors, or what is in `torch` or its modules.
fn function(caller: &mut dyn Caller, name: &str, method: bool) -> Result<Value> {
    if method {
        let plain = match name {
            "__radd__" => Some("add"),
            "__rmul__" => Some("mul"),
            "__truediv__" => Some("div"),
            "__iadd__" => Some("add_"),
            "__isub__" => Some("sub_"),
            "__imul__" => Some("mul_"),
            "__itruediv__" => Some("div_"),
            _ => name.strip_prefix("__").and_then(|n| n.strip_suffix("__")),
        };
        let class = Value::from(&tensor_class());
        for name in plain.into_iter().chain([name]) {
            if let Some(found) = optional_attr(caller, &class, &intern(name))? {
                return Ok(found);
            }
        }
    }
    for module in [
        "torch",
        "torch.nn.functional",
        "torch.linalg",
        "torch.special",
    ] {
        if let Ok(Some(found)) = alias(caller, module, name) {
            return Ok(found);
        }
    }
    Err(type_error(format!("no function is called {name}")))
}

/// The answer of an object that is no tensor, where an op refused its arguments.
#[cold]
pub(super) fn ask_others(
    caller: &mut dyn Caller,
    callable: Callable,
    args: Args,
) -> Result<Option<Value>> {
    match OFF.get() {
        0 => ask(caller, callable.entry.op.name(), callable.method, args),
        _ => Ok(None),
    }
}

/// The answer of a class of the arguments, if one has any.
#[cold]
pub(super) fn ask(
    caller: &mut dyn Caller,
    name: &str,
    method: bool,
    args: Args,
) -> Result<Option<Value>> {
    let found = overloaded(args);
    if found.is_empty() {
        return Ok(None);
    }
    let function = function(caller, name, method)?;
    let types: Vec<Value> = found.iter().map(|v| Value::from(&v.class())).collect();
    let named = Dict::new();
    for (key, value) in args.keywords {
        named.set_name(key, value.clone());
    }
    let given = [
        function,
        Value::tuple(types),
        Value::tuple(args.positional.to_vec()),
        Value::from(named),
    ];
    for instance in &found {
        let class = Value::from(&instance.class());
        let handler = protocol::get_attr(caller, &class, &intern(NAME))?;
        let answer = caller.call(&handler, Args::positional(&given))?;
        if !matches!(answer, Value::NotImplemented) {
            return Ok(Some(answer));
        }
    }
    let mut lines = String::new();
    for instance in &found {
        let class = protocol::repr(caller, &Value::from(&instance.class()))?;
        lines.push_str(&format!("  - tensor subclass {class}\n"));
    }
    let home = if method { "torch.Tensor" } else { "torch" };
    Err(type_error(format!(
        "Multiple dispatch failed for '{home}.{name}'; all {NAME} handlers returned NotImplemented:\n\n{lines}\nFor more information, try re-running with TORCH_LOGS=not_implemented"
    )))
}
