//! Arguments into the parameters of a script function, or CPython's TypeError.

use crate::lang::object::code::{Frame, Function};
use crate::lang::object::{Dict, Name, Ref, Result, Str, Value, type_error};

/// Fills the parameter registers of a frame. The positional arguments are moved in.
pub(super) fn bind(
    frame: &mut Frame,
    positional: impl ExactSizeIterator<Item = Value>,
    keywords: &[(Name, Value)],
) -> Result<()> {
    let function = &frame.function().expect("calls are of functions").clone();
    let params = function.code.params;
    let (most, given) = (usize::from(params.positional), positional.len());
    let star_at = most + usize::from(params.keyword_only);
    let mut rest = Vec::new();
    for (i, value) in positional.enumerate() {
        if i < most {
            frame.regs[i] = value;
        } else {
            rest.push(value);
        }
    }
    if params.star {
        frame.regs[star_at] = Value::tuple(rest);
    } else if given > most {
        bind_keywords(frame, function, keywords)?;
        return Err(too_many(function, given, frame));
    }
    if params.double_star {
        frame.regs[star_at + usize::from(params.star)] = Value::from(Dict::new());
    }
    if !keywords.is_empty() {
        bind_keywords(frame, function, keywords)?;
    }
    if given < most {
        fill_defaults(frame, function, given.min(most))?;
    }
    if params.keyword_only > 0 {
        fill_keyword_defaults(frame, function)
    } else {
        Ok(())
    }
}

fn bind_keywords(frame: &mut Frame, function: &Function, keywords: &[(Name, Value)]) -> Result<()> {
    let params = function.code.params;
    let named = usize::from(params.positional + params.keyword_only);
    let extra = named + usize::from(params.star);
    for (name, value) in keywords {
        let places = usize::from(params.positional_only)..named;
        let place = places.clone().find(|&i| function.code.locals[i].same(name));
        match place {
            Some(place) if frame.regs[place].is_unbound() => frame.regs[place] = value.clone(),
            Some(_) => {
                return Err(type_error(format!(
                    "{}() got multiple values for argument '{name}'",
                    shown(function)
                )));
            }
            None if params.double_star => {
                if let Some(dict) = frame.regs[extra].exact::<Dict>() {
                    dict.set_name(name, value.clone());
                }
            }
            None => return Err(unexpected(function, name, keywords)),
        }
    }
    Ok(())
}

fn unexpected(
    function: &Function,
    name: &Ref<Str>,
    keywords: &[(Name, Value)],
) -> crate::lang::object::Raised {
    let positional_only = usize::from(function.code.params.positional_only);
    let shown = shown(function);
    let wrong: Vec<&str> = function.code.locals[..positional_only]
        .iter()
        .filter(|local| keywords.iter().any(|(given, _)| given.same(local)))
        .map(|local| local.as_str())
        .collect();
    if !wrong.is_empty() {
        return type_error(format!(
            "{shown}() got some positional-only arguments passed as keyword arguments: '{}'",
            wrong.join(", ")
        ));
    }
    type_error(format!(
        "{shown}() got an unexpected keyword argument '{name}'"
    ))
}

fn shown(function: &Function) -> Name {
    function.qualname()
}

fn fill_defaults(frame: &mut Frame, function: &Function, from: usize) -> Result<()> {
    let most = usize::from(function.code.params.positional);
    let defaults = function.defaults();
    let first_default = most.saturating_sub(defaults.len());
    let mut missing = Vec::new();
    for i in from..most {
        if frame.regs[i].is_unbound() {
            match i.checked_sub(first_default) {
                Some(at) => {
                    frame.regs[i] = defaults[at + defaults.len().saturating_sub(most)].clone()
                }
                None => missing.push(&function.code.locals[i]),
            }
        }
    }
    if missing.is_empty() {
        Ok(())
    } else {
        Err(left_out(function, &missing, "positional argument"))
    }
}

fn fill_keyword_defaults(frame: &mut Frame, function: &Function) -> Result<()> {
    let first = usize::from(function.code.params.positional);
    let last = first + usize::from(function.code.params.keyword_only);
    let defaults = function
        .known()
        .and_then(|own| own.keyword_defaults.borrow().clone());
    let mut missing = Vec::new();
    for i in first..last {
        if frame.regs[i].is_unbound() {
            let name = &function.code.locals[i];
            match defaults
                .as_ref()
                .and_then(|defaults| defaults.get_name(name))
            {
                Some(value) => frame.regs[i] = value,
                None => missing.push(name),
            }
        }
    }
    if missing.is_empty() {
        Ok(())
    } else {
        Err(left_out(function, &missing, "keyword-only argument"))
    }
}

/// `f() missing 2 required positional arguments: 'a' and 'b'`
fn left_out(function: &Function, names: &[&Name], what: &str) -> crate::lang::object::Raised {
    let quoted: Vec<_> = names.iter().map(|name| format!("'{name}'")).collect();
    let list = match quoted.as_slice() {
        [one] => one.clone(),
        [one, two] => format!("{one} and {two}"),
        [most @ .., last] => format!("{}, and {last}", most.join(", ")),
        [] => String::new(),
    };
    let plural = if names.len() == 1 { "" } else { "s" };
    type_error(format!(
        "{}() missing {} required {what}{plural}: {list}",
        shown(function),
        names.len()
    ))
}

/// `f() takes from 1 to 2 positional arguments but 3 were given`
fn too_many(function: &Function, given: usize, frame: &Frame) -> crate::lang::object::Raised {
    let most = usize::from(function.code.params.positional);
    let defaults = function.with_defaults(<[Value]>::len);
    let takes = if defaults == 0 {
        most.to_string()
    } else {
        format!("from {} to {most}", most - defaults)
    };
    let plural = if most == 1 && defaults == 0 { "" } else { "s" };
    let first = most;
    let last = first + usize::from(function.code.params.keyword_only);
    let named = frame.regs[first..last]
        .iter()
        .filter(|value| !value.is_unbound())
        .count();
    let (and_named, were) = match named {
        0 => (String::new(), if given == 1 { "was" } else { "were" }),
        n => {
            let (s, t) = (
                if given == 1 { "" } else { "s" },
                if n == 1 { "" } else { "s" },
            );
            (
                format!(" positional argument{s} (and {n} keyword-only argument{t})"),
                "were",
            )
        }
    };
    type_error(format!(
        "{}() takes {takes} positional argument{plural} but {given}{and_named} {were} given",
        shown(function)
    ))
}
