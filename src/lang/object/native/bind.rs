//! The call of a native: arguments into the order of its signature, or CPython's TypeError.

use smallvec::SmallVec;

use super::function::{Body, Native, NativeSpec};
use crate::base::spec::{BindError, Bound, Kind, Signature};
use crate::lang::object::exception::{Raised, type_error};
use crate::lang::object::{Args, Caller, Class, Dict, Result, Value, intern};

/// Calls a native. The receiver of a method is the first positional argument.
#[inline]
pub fn call_native(caller: &mut dyn Caller, native: &Native, args: Args) -> Result<Value> {
    if let Body::Spec(spec) = &native.body
        && args.keywords.is_empty()
        && native.takes.get() == args.positional.len()
    {
        return (spec.call)(caller, args.positional)
            .map_err(|raised| wrong_receiver(native, args, raised));
    }
    call_bound(caller, native, args)
}

/// The same where there is more to do than to hand on the arguments.
#[inline(never)]
fn call_bound(caller: &mut dyn Caller, native: &Native, args: Args) -> Result<Value> {
    match &native.body {
        Body::Raw { call, .. } => call(caller, args),
        Body::Spec(spec) => call_spec(caller, native, spec, args)
            .map_err(|raised| wrong_receiver(native, args, raised)),
    }
}

fn call_spec(
    caller: &mut dyn Caller,
    native: &Native,
    spec: &'static NativeSpec,
    args: Args,
) -> Result<Value> {
    let (signature, defaults) = native.parsed(spec);
    let given = args.positional.len();
    if args.keywords.is_empty() && signature.simple {
        if given == signature.positional {
            return (spec.call)(caller, args.positional);
        }
        if given < signature.positional && given >= signature.required {
            let slots = args.positional.iter().chain(&defaults[given..]);
            let slots: SmallVec<[Value; 4]> = slots.cloned().collect();
            return (spec.call)(caller, &slots);
        }
    }
    let slots = bind(native, signature, defaults, args)?;
    (spec.call)(caller, &slots)
}

/// A method called on something that is no instance of its class fails in these words, however it failed.
#[cold]
fn wrong_receiver(native: &Native, args: Args, raised: Raised) -> Raised {
    let (true, Some(owner), Some(receiver)) = (
        native.is_method,
        native.owner.get(),
        args.positional.first(),
    ) else {
        return raised;
    };
    let is_class = receiver.exact::<Class>().is_some();
    if is_class || receiver.with_class(|class| class.is_subclass(owner)) {
        return raised;
    }
    let (name, owner) = (native.name.as_str(), owner.name());
    let class = receiver.class_name();
    type_error(match name.starts_with("__") {
        true => format!("descriptor '{name}' requires a '{owner}' object but received a '{class}'"),
        false => {
            format!("descriptor '{name}' for '{owner}' objects doesn't apply to a '{class}' object")
        }
    })
}

fn bind(
    native: &Native,
    signature: &Signature,
    defaults: &[Value],
    args: Args,
) -> Result<Vec<Value>> {
    let named = args
        .keywords
        .iter()
        .map(|(name, value)| (name.as_str().to_string(), value.clone()));
    let bound = signature
        .bind(args.positional.iter().cloned(), named)
        .map_err(|e| refusal(native, signature, args, e))?;
    Ok(in_slots(signature, defaults, bound))
}

fn in_slots(signature: &Signature, defaults: &[Value], bound: Bound<Value>) -> Vec<Value> {
    let Bound { slots, star, named } = bound;
    let (mut star, mut named) = (Some(star), Some(named));
    let place = |(i, slot): (usize, Option<Value>)| match signature.params[i].kind {
        Kind::Star => Value::tuple(star.take().unwrap_or_default()),
        Kind::DoubleStar => {
            let dict = Dict::new();
            for (name, value) in named.take().unwrap_or_default() {
                dict.set_name(&intern(&name), value);
            }
            Value::from(dict)
        }
        _ => slot.unwrap_or_else(|| defaults[i].clone()),
    };
    slots.into_iter().enumerate().map(place).collect()
}

/// The TypeError in the words that CPython's argument clinic uses.
#[cold]
fn refusal(native: &Native, signature: &Signature, args: Args, error: BindError) -> Raised {
    let own = usize::from(native.is_method);
    let name = signature.name;
    let shown = if native.is_method {
        native.qualname()
    } else {
        match native.module.get().map(|module| module.as_str()) {
            Some(module) if module != "builtins" => format!("{module}.{name}"),
            _ => name.to_string(),
        }
    };
    let plural = |n: usize| if n == 1 { "argument" } else { "arguments" };
    let (least, most) = (
        signature.required.saturating_sub(own),
        signature.positional.saturating_sub(own),
    );
    let given = args.positional.len().saturating_sub(own);
    let count = |given: usize| match (least, most) {
        _ if native.is_method && args.positional.is_empty() => {
            format!("unbound method {shown}() needs an argument")
        }
        (0, 0) if signature.params.len() > signature.positional => {
            format!("{name}() takes no positional arguments")
        }
        (0, 0) => format!("{shown}() takes no arguments ({given} given)"),
        (1, 1) if signature.params.len() > signature.positional => {
            format!("{name} expected 1 argument, got {given}")
        }
        (1, 1) => format!("{shown}() takes exactly one argument ({given} given)"),
        (a, b) if a == b => format!("{name} expected {a} arguments, got {given}"),
        (a, _) if given < a => format!("{name} expected at least {a} {}, got {given}", plural(a)),
        (_, b) => format!("{name} expected at most {b} {}, got {given}", plural(b)),
    };
    type_error(match error {
        BindError::TooMany(_) => count(given),
        BindError::Missing(names) => match signature.params.iter().position(|p| p.name == names[0])
        {
            Some(i) if signature.params[i].kind == Kind::Positional => {
                format!(
                    "{name}() missing required argument '{}' (pos {})",
                    names[0],
                    i + 1 - own
                )
            }
            Some(i) if signature.params[i].kind == Kind::KeywordOnly => {
                format!(
                    "{name}() missing 1 required keyword-only argument: '{}'",
                    names[0]
                )
            }
            _ if signature.params.iter().any(|p| p.kind == Kind::Positional) => format!(
                "{name}() takes at least {least} positional {} ({given} given)",
                plural(least)
            ),
            _ => count(given),
        },
        BindError::Unexpected(keyword) => {
            let named = |p: &crate::base::spec::Param| {
                matches!(p.kind, Kind::Positional | Kind::KeywordOnly)
            };
            match signature.params.iter().any(named) {
                true => format!("'{keyword}' is an invalid keyword argument for {name}()"),
                false => format!("{shown}() takes no keyword arguments"),
            }
        }
        BindError::Multiple(keyword) => {
            let place = signature
                .params
                .iter()
                .position(|p| p.name == keyword)
                .unwrap_or(0)
                + 1
                - own;
            format!("argument for {name}() given by name ('{keyword}') and position ({place})")
        }
    })
}
