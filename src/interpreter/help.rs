//! Explanations: signature and documentation of a value, as `?name` at the prompt shows them.

use crate::lang::object::code::{Function, Method};
use crate::lang::object::protocol;
use crate::lang::object::{Caller, Class, Module, Native, Value, intern};

/// What there is to say about the value of an expression.
pub(super) fn explain(caller: &mut dyn Caller, expression: &str, value: &Value) -> String {
    let mut parts = Vec::new();
    match headline(caller, expression, value) {
        Some(headline) => parts.push(headline),
        None => {
            let kind = value.class_name();
            let shown = protocol::repr(caller, value).unwrap_or_default();
            parts.push(format!("{expression}: {kind} = {shown}"));
        }
    }
    let doc = protocol::find_attr(caller, value, &intern("__doc__"))
        .ok()
        .flatten();
    // The documentation of a plain value's class says nothing about the value.
    let own = is_documented(value);
    if let Some(text) = doc.as_ref().filter(|_| own).and_then(Value::as_str) {
        parts.push(dedented(text));
    }
    parts.join("\n\n")
}

fn is_documented(value: &Value) -> bool {
    value.exact::<Module>().is_some() || protocol::is_callable(value)
}

/// The signature of something callable, or what module it is.
fn headline(caller: &mut dyn Caller, expression: &str, value: &Value) -> Option<String> {
    if let Some(module) = value.exact::<Module>() {
        return Some(format!("module {}", module.name()));
    }
    if let Some(class) = value.exact::<Class>() {
        let init = class.lookup(&intern("__init__"))?;
        let parameters = match (init.exact::<Function>(), init.exact::<Native>()) {
            (Some(init), _) => Some(parameters(caller, init, 1)),
            (_, Some(init)) => init.parameters_text(),
            _ => None,
        };
        return Some(format!(
            "class {}{}",
            class.name().as_str(),
            parameters.unwrap_or_default()
        ));
    }
    if let Some(method) = value.exact::<Method>() {
        if let Some(function) = method.function.exact::<Function>() {
            return Some(format!("{expression}{}", parameters(caller, function, 1)));
        }
        return headline(caller, expression, &method.function);
    }
    if let Some(function) = value.exact::<Function>() {
        return Some(format!("{expression}{}", parameters(caller, function, 0)));
    }
    let native = value.exact::<Native>()?;
    Some(
        native
            .signature_text()
            .map_or_else(|| format!("{expression}(...)"), str::to_string),
    )
}

/// `(a, b=1, *args, c, **kwargs)`, without the first `skipped` parameters.
fn parameters(caller: &mut dyn Caller, function: &Function, skipped: usize) -> String {
    let params = function.code.params;
    let names = &function.code.locals;
    let defaults = function.defaults();
    let positional = usize::from(params.positional);
    let keyword_only = usize::from(params.keyword_only);
    let mut shown: Vec<String> = Vec::new();
    let mut with_default = |name: &str, default: Option<Value>| match default {
        Some(value) => format!(
            "{name}={}",
            protocol::repr(caller, &value).unwrap_or_default()
        ),
        None => name.to_string(),
    };
    let first_default = positional.saturating_sub(defaults.len());
    for (i, name) in names.iter().take(positional).enumerate().skip(skipped) {
        let default = i
            .checked_sub(first_default)
            .and_then(|k| defaults.get(k).cloned());
        shown.push(with_default(name.as_str(), default));
        if i + 1 == usize::from(params.positional_only) {
            shown.push("/".to_string());
        }
    }
    let starred = positional + keyword_only;
    let starred_name = |at: usize| names.get(at).map_or("", |name| name.as_str());
    if params.star {
        shown.push(format!("*{}", starred_name(starred)));
    } else if keyword_only > 0 {
        shown.push("*".to_string());
    }
    for name in names.iter().skip(positional).take(keyword_only) {
        let own = function.own();
        let default = own
            .keyword_defaults
            .borrow()
            .as_ref()
            .and_then(|dict| dict.get_name(name));
        shown.push(with_default(name.as_str(), default));
    }
    if params.double_star {
        shown.push(format!(
            "**{}",
            starred_name(starred + usize::from(params.star))
        ));
    }
    format!("({})", shown.join(", "))
}

/// A docstring without the indent of the code it stands in.
fn dedented(text: &str) -> String {
    let indents = text.lines().skip(1).filter(|line| !line.trim().is_empty());
    let indent = indents
        .map(|line| line.len() - line.trim_start().len())
        .min()
        .unwrap_or(0);
    let lines = text.lines().enumerate().map(|(i, line)| match i {
        0 => line.trim_start(),
        _ => line.get(indent..).unwrap_or_default(),
    });
    lines.collect::<Vec<_>>().join("\n").trim().to_string()
}
