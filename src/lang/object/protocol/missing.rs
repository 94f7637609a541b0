//! What is said of an attribute that is not there.

use crate::base::nearest;
use crate::lang::object::exception::Raised;
use crate::lang::object::{Caller, Class, Instance, Kind, Module, Name, Value, attribute_error};

/// The attribute of a value whose name is nearest to one that it does not have.
pub fn nearest_attribute(obj: &Value, name: &str) -> Option<String> {
    let names = attribute_names(obj);
    nearest::nearest(name, names.iter().map(String::as_str)).map(str::to_string)
}

/// The AttributeError for a missing attribute; the nearest name there is comes into the report of it.
#[cold]
pub fn attribute_missing(caller: &mut dyn Caller, obj: &Value, name: &Name) -> Raised {
    let text = name.as_str();
    let message = match obj.kind() {
        Some(Kind::Class) => {
            let class = obj.exact::<Class>().expect("the kind says so");
            format!(
                "type object '{}' has no attribute '{text}'",
                class.name().as_str()
            )
        }
        Some(Kind::Module) => {
            format!(
                "module '{}' has no attribute '{text}'",
                obj.exact::<Module>().map(|m| m.name()).unwrap_or_default()
            )
        }
        _ => format!("'{}' object has no attribute '{text}'", obj.type_name()),
    };
    let raised = attribute_error(message)
        .with_attr("name", Value::from(name))
        .with_attr("obj", obj.clone());
    let offered = offered_names(caller, obj);
    match nearest::nearest(text, offered.iter().map(String::as_str)) {
        Some(near) => raised.with_help(format!("did you mean '{near}'?")),
        None => raised,
    }
}

/// The names that a module makes when they are asked for.
fn offered_names(caller: &mut dyn Caller, obj: &Value) -> Vec<String> {
    let Some(module) = obj.exact::<Module>() else {
        return Vec::new();
    };
    let lazy = *module.lazy.borrow();
    let all = lazy.and_then(|lazy| lazy(caller, module, "__all__").ok().flatten());
    let names = all.and_then(|all| super::collect(caller, &all).ok());
    let text = |name: &Value| name.as_str().map(str::to_string);
    names.unwrap_or_default().iter().filter_map(text).collect()
}

/// The names of a value's attributes, as far as they can be told without calling the script.
fn attribute_names(obj: &Value) -> Vec<String> {
    let mut names = Vec::new();
    let mut add = |entries: Vec<(Value, Value)>| {
        names.extend(
            entries
                .iter()
                .filter_map(|(key, _)| key.as_str().map(str::to_string)),
        );
    };
    match obj.kind() {
        Some(Kind::Instance) => add(obj
            .exact::<Instance>()
            .map(|i| i.entries())
            .unwrap_or_default()),
        Some(Kind::Module) => add(obj
            .exact::<Module>()
            .map(|m| m.dict.entries())
            .unwrap_or_default()),
        _ => {}
    }
    let class = obj.exact::<Class>().cloned().unwrap_or_else(|| obj.class());
    for class in class.mro() {
        add(class
            .attrs
            .borrow()
            .iter()
            .map(|e| (e.key.clone(), Value::None))
            .collect());
    }
    names
}
