//! `help`: signature and documentation.

use crate::lang::object::code::Function;
use crate::lang::object::protocol::{find_attr, repr};
use crate::lang::object::{
    Caller, Class, Kind, Method, Module, Native, NativeSpec, Result, Value, intern,
};

pub(super) static FUNCTIONS: &[NativeSpec] = &[NativeSpec::new(
    "help(request=..., /)",
    "Show what a value is and does.",
    |c, a| {
        let text = if a[0].is_unbound() {
            "Type help(thing) to see what a thing is and does, for example help(len).\n".to_string()
        } else {
            explain(c, &a[0])?
        };
        c.session().output.borrow_mut().write(&text)?;
        Ok(Value::None)
    },
)];

fn text_attr(caller: &mut dyn Caller, value: &Value, name: &str) -> Result<Option<String>> {
    let found = find_attr(caller, value, &intern(name))?;
    Ok(found.as_ref().and_then(Value::as_str).map(str::to_string))
}

fn indented(text: &str) -> String {
    let mut lines = text.trim().lines();
    let first = lines.next().unwrap_or_default().to_string();
    let margin = lines
        .clone()
        .filter(|line| !line.trim().is_empty())
        .map(|line| line.len() - line.trim_start().len())
        .min()
        .unwrap_or(0);
    let rest = lines.map(|line| line.get(margin..).unwrap_or("").to_string());
    let all: Vec<String> = std::iter::once(first).chain(rest).collect();
    all.iter()
        .map(|line| {
            if line.is_empty() {
                "\n".to_string()
            } else {
                format!("    {line}\n")
            }
        })
        .collect()
}

fn explain(caller: &mut dyn Caller, value: &Value) -> Result<String> {
    let name = text_attr(caller, value, "__name__")?;
    let what = match value.kind() {
        Some(Kind::Module) => "module",
        Some(Kind::Class) => "class",
        Some(Kind::Function) => "function",
        Some(Kind::Method) => "method",
        Some(Kind::Native) => "built-in function",
        _ => {
            let class = Value::from(value.class());
            return explain(caller, &class);
        }
    };
    let name = name.unwrap_or_default();
    let head = match value.exact::<Module>() {
        Some(_) => String::new(),
        None => format!("{name}{}\n", signature(caller, value)?),
    };
    let doc = text_attr(caller, value, "__doc__")?;
    let body = doc.map_or(String::new(), |doc| indented(&doc));
    let module = match value.kind() {
        Some(Kind::Module) => None,
        _ => text_attr(caller, value, "__module__")?,
    };
    let place = module.map_or(String::new(), |module| format!(" in module {module}"));
    Ok(format!("Help on {what} {name}{place}:\n\n{head}{body}\n"))
}

/// The parameters in parentheses.
fn signature(caller: &mut dyn Caller, value: &Value) -> Result<String> {
    if let Some(method) = value.exact::<Method>() {
        return signature(caller, &method.function.clone());
    }
    if let Some(native) = value.exact::<Native>() {
        let text = native.signature_text().unwrap_or("(...)");
        return Ok(text
            .find('(')
            .map_or(String::new(), |open| text[open..].to_string()));
    }
    if let Some(class) = value.exact::<Class>() {
        let init = class.lookup(&intern("__init__"));
        let function = init
            .as_ref()
            .and_then(|init| init.exact::<Function>().cloned());
        return match function {
            Some(function) => signature(caller, &Value::from(function)),
            None => {
                let native = init.as_ref().and_then(|init| init.exact::<Native>());
                let text = native.and_then(|native| native.parameters_text());
                Ok(text.unwrap_or_default())
            }
        };
    }
    match value.exact::<Function>().cloned() {
        Some(function) => parameters(caller, &function),
        None => Ok(String::new()),
    }
}

fn parameters(caller: &mut dyn Caller, function: &Function) -> Result<String> {
    let params = function.code.params;
    let names = &function.code.locals;
    let positional = usize::from(params.positional);
    let defaults = function.defaults();
    let keyword_defaults = function.own().keyword_defaults.borrow().clone();
    let mut parts = Vec::new();
    for (i, name) in names.iter().take(positional).enumerate() {
        let default = (i + defaults.len())
            .checked_sub(positional)
            .map(|at| defaults[at].clone());
        parts.push(match default {
            Some(default) => format!("{name}={}", repr(caller, &default)?),
            None => name.to_string(),
        });
        if i + 1 == usize::from(params.positional_only) {
            parts.push("/".to_string());
        }
    }
    let keyword_only = usize::from(params.keyword_only);
    let mut starred = names.iter().skip(positional + keyword_only);
    if params.star {
        parts.push(format!(
            "*{}",
            starred.next().map(ToString::to_string).unwrap_or_default()
        ));
    } else if keyword_only > 0 {
        parts.push("*".to_string());
    }
    for name in names.iter().skip(positional).take(keyword_only) {
        let default = keyword_defaults
            .as_ref()
            .and_then(|dict| dict.get_name(name));
        parts.push(match default {
            Some(default) => format!("{name}={}", repr(caller, &default)?),
            None => name.to_string(),
        });
    }
    if params.double_star {
        parts.push(format!(
            "**{}",
            starred.next().map(ToString::to_string).unwrap_or_default()
        ));
    }
    Ok(format!("({})", parts.join(", ")))
}
