//! Tensors of classes that scripts derive: results of operations keep the class.

use super::class::{parameter_class, tensor_class};
use super::object::tensor_of;
use crate::lang::object::protocol::wrap;
use crate::lang::object::{Class, Instance, List, Ref, Tuple, Value};

/// The result of an operation on these arguments, in the class of the most derived of them.
#[inline]
pub(in crate::bridge) fn keep_class(args: &[Value], result: Value) -> Value {
    if args.iter().any(|v| v.exact::<Instance>().is_some()) {
        kept(args, result)
    } else {
        result
    }
}

#[cold]
fn kept(args: &[Value], result: Value) -> Value {
    if !crate::bridge::overrides::keeps() {
        return result;
    }
    let mut found: Option<Ref<Class>> = None;
    for arg in args {
        let Some(instance) = arg.exact::<Instance>().filter(|_| tensor_of(arg).is_some()) else {
            continue;
        };
        let class = &instance.class();
        // Results with parameters are plain tensors.
        let counts = !class.is_subclass(&parameter_class());
        if counts && found.as_ref().is_none_or(|known| class.is_subclass(known)) {
            found = Some(Ref::clone(class));
        }
    }
    match found {
        Some(class) => rewrapped(&class, result),
        None => result,
    }
}

/// The tensors of a result in a class.
pub(in crate::bridge) fn rewrapped(class: &Ref<Class>, value: Value) -> Value {
    let all = |items: &[Value]| -> Vec<Value> {
        let items = items.iter().cloned();
        items.map(|item| rewrapped(class, item)).collect()
    };
    if value.exact::<Instance>().is_some() {
        return value;
    }
    if tensor_of(&value).is_some() {
        return wrap(class, value);
    }
    if let Some(tuple) = value.exact::<Tuple>() {
        return Value::tuple(all(&tuple.items));
    }
    match value.exact::<List>() {
        Some(list) => Value::list(all(&list.items.borrow())),
        None => value,
    }
}

/// The text of a tensor under the name of its class.
pub(super) fn renamed(this: &Value, text: String) -> String {
    let Some(instance) = this.exact::<Instance>() else {
        return text;
    };
    let class = instance.class();
    if class.same(&tensor_class()) || class.is_subclass(&parameter_class()) {
        return text;
    }
    let name = class.name().to_string();
    let Some(rest) = text.strip_prefix("tensor(") else {
        return text;
    };
    let before = " ".repeat("tensor(".len());
    let after = " ".repeat(name.len() + 1);
    format!(
        "{name}({}",
        rest.replace(&format!("\n{before}"), &format!("\n{after}"))
    )
}
