//! The call of a module: hooks before, `forward`, hooks after.

use std::cell::RefCell;

use super::backward_hook;
use super::state::{ModuleState, When, entries, expect_state, instance_of};
use super::walk;
use crate::bridge::hints::{hint, layer_hint};
use crate::bridge::tensor::tensor_of;
use crate::lang::object::{
    Args, Caller, Dict, Kind, Name, Native, Raised, Ref, Result, Tuple, Value, intern,
    not_implemented_error, protocol, type_error,
};

thread_local! {
    static FORWARD: Name = intern("forward");
    /// Where in the tree of modules the last exception came from: the exception, the innermost module so far, its path.
    static FAILED: RefCell<Option<Failed>> = const { RefCell::new(None) };
}

struct Failed {
    raised: usize,
    module: Value,
    path: String,
    text: String,
}

/// `module(*args, **kwargs)`; the module is the first positional argument.
pub(super) fn call(caller: &mut dyn Caller, args: Args) -> Result<Value> {
    let Some(this) = args.positional.first() else {
        return Err(type_error("descriptor '__call__' needs an argument"));
    };
    let state = expect_state(this)?;
    let result = if state.is_hooked() {
        let state = state.clone();
        with_hooks(caller, &state, this, args)
    } else {
        forward(caller, this, args)
    };
    match result {
        Ok(value) => Ok(value),
        Err(raised) => Err(placed(caller, this, args, raised)),
    }
}

/// `module.forward(*args, **kwargs)`
fn forward(caller: &mut dyn Caller, this: &Value, args: Args) -> Result<Value> {
    let name = FORWARD.with(Clone::clone);
    let instance = instance_of(this)?;
    if let Some(own) = instance.get(&name) {
        let rest = Args {
            positional: &args.positional[1..],
            keywords: args.keywords,
        };
        return caller.call(&own, rest);
    }
    match instance.class().lookup(&name) {
        Some(found) if is_method(&found) => caller.call(&found, args),
        Some(found) => {
            let class = instance.class().clone();
            let bound = protocol::bind(caller, &found, this, &class)?;
            let rest = Args {
                positional: &args.positional[1..],
                keywords: args.keywords,
            };
            caller.call(&bound, rest)
        }
        None => Err(not_implemented_error("forward")),
    }
}

fn is_method(found: &Value) -> bool {
    match found.kind() {
        Some(Kind::Function) => true,
        Some(Kind::Native) => found.exact::<Native>().is_some_and(|n| n.is_method),
        _ => false,
    }
}

fn keywords_dict(keywords: &[(Name, Value)]) -> Ref<Dict> {
    let dict = Dict::new();
    for (name, value) in keywords {
        dict.set_name(name, value.clone());
    }
    dict
}

fn with_hooks(
    caller: &mut dyn Caller,
    state: &Ref<ModuleState>,
    this: &Value,
    args: Args,
) -> Result<Value> {
    let mut inputs = args.positional[1..].to_vec();
    let mut keywords = args.keywords.to_vec();
    let mut watch = backward_hook::Watch::new(state, this);
    let answer = before(caller, state, this, &mut inputs, &mut keywords).and_then(|()| {
        if let Some(watch) = &mut watch {
            watch.inputs(&mut inputs)?;
        }
        let mut all = vec![this.clone()];
        all.extend(inputs.iter().cloned());
        let args = Args {
            positional: &all,
            keywords: &keywords,
        };
        forward(caller, this, args)
    });
    let mut result = match answer {
        Ok(result) => result,
        Err(raised) => {
            for hook in state.hooks_of_call(When::Forward) {
                if hook.always {
                    let args = [this.clone(), Value::tuple(inputs.clone()), Value::None];
                    let _ = caller.call(&hook.function, Args::positional(&args));
                }
            }
            return Err(raised);
        }
    };
    for hook in state.hooks_of_call(When::Forward) {
        let mut args = vec![this.clone(), Value::tuple(inputs.clone())];
        if hook.with_kwargs {
            args.push(Value::from(keywords_dict(&keywords)));
        }
        args.push(result.clone());
        let answer = caller.call(&hook.function, Args::positional(&args))?;
        if !answer.is_none() {
            result = answer;
        }
    }
    match watch {
        Some(watch) => watch.outputs(result),
        None => Ok(result),
    }
}

/// The hooks before `forward`, which may replace the arguments.
fn before(
    caller: &mut dyn Caller,
    state: &ModuleState,
    this: &Value,
    inputs: &mut Vec<Value>,
    keywords: &mut Vec<(Name, Value)>,
) -> Result<()> {
    for hook in state.hooks_of_call(When::ForwardPre) {
        let mut args = vec![this.clone(), Value::tuple(inputs.clone())];
        if hook.with_kwargs {
            args.push(Value::from(keywords_dict(keywords)));
        }
        let answer = caller.call(&hook.function, Args::positional(&args))?;
        if answer.is_none() {
            continue;
        }
        let items = answer.get::<Tuple>().map(|t| t.items.to_vec());
        if !hook.with_kwargs {
            *inputs = items.unwrap_or_else(|| vec![answer]);
            continue;
        }
        let pair = items.and_then(|items| <[Value; 2]>::try_from(items).ok());
        let new = pair.and_then(|[args, kwargs]| {
            let args = args.get::<Tuple>()?.items.to_vec();
            Some((args, entries(kwargs.get::<Dict>()?)))
        });
        match new {
            Some((args, kwargs)) => (*inputs, *keywords) = (args, kwargs),
            None => {
                return Err(crate::lang::object::runtime_error(format!(
                    "forward pre-hook must return None or a tuple of (new_args, new_kwargs), but got {}.",
                    protocol::repr(caller, &answer)?
                )));
            }
        }
    }
    Ok(())
}

/// The exception with a help line that says in which layer it was raised; each module it passes adds its name.
#[cold]
fn placed(caller: &mut dyn Caller, this: &Value, args: Args, raised: Raised) -> Raised {
    let address = raised.0.address();
    let last = FAILED.take().filter(|failed| failed.raised == address);
    let failed = match last {
        Some(mut last) => {
            if let Some(name) = child_name(this, &last.module) {
                last.path = if last.path.is_empty() {
                    name
                } else {
                    format!("{name}.{}", last.path)
                };
            }
            last.module = this.clone();
            last
        }
        None if !is_layer(this) => return raised,
        None => {
            let mut text = describe(caller, this, args);
            let known = raised.data().help.borrow().clone();
            let message = protocol::str(caller, &Value::from(&raised.0)).unwrap_or_default();
            let given: Vec<Vec<usize>> = given_shapes(args).collect();
            let own = layer_hint(&this.class_name(), linear_sizes(this), &given, &message);
            let own = own.or(known);
            if let Some(help) = own.or_else(|| hint(&message).map(Into::into)) {
                text = format!("{text}; {help}");
            }
            Failed {
                raised: address,
                module: this.clone(),
                path: String::new(),
                text,
            }
        }
    };
    let place = if failed.path.is_empty() {
        String::new()
    } else {
        format!("{}: ", failed.path)
    };
    let raised = raised.with_help(format!("in {place}{}", failed.text));
    FAILED.replace(Some(failed));
    raised
}

/// The path of a module below another, which need not be its direct parent: a list may hold it.
fn child_name(parent: &Value, child: &Value) -> Option<String> {
    let places = walk::modules(parent, "", true).into_iter().skip(1);
    let mut found = places.filter(|place| place.module.is(child));
    found.next().map(|place| place.path)
}

/// `in_features` and `out_features` of a linear layer.
fn linear_sizes(this: &Value) -> Option<(i64, i64)> {
    let instance = instance_of(this).ok()?;
    let size = |name: &str| instance.get(&intern(name))?.as_int();
    Some((size("in_features")?, size("out_features")?))
}

fn given_shapes(args: Args) -> impl Iterator<Item = Vec<usize>> {
    let tensors = args.positional[1..].iter().filter_map(tensor_of);
    tensors.map(|t| t.shape().to_vec())
}

/// Whether the module is one of the library's own: the script's modules show their frames in the traceback.
fn is_layer(this: &Value) -> bool {
    let of_library = |module: Value| module.as_str().is_some_and(|m| m.starts_with("torch."));
    this.with_class(|class| {
        class.native || class.lookup(&intern("__module__")).is_some_and(of_library)
    })
}

/// The layer and what it was given.
fn describe(caller: &mut dyn Caller, this: &Value, args: Args) -> String {
    let name = this.class_name();
    let layer = match linear_sizes(this) {
        Some((takes, makes)) => format!("{name}({takes} -> {makes})"),
        None => protocol::repr(caller, this).unwrap_or_else(|_| name.clone()),
    };
    let layer = if layer.contains('\n') { name } else { layer };
    let shapes: Vec<String> = given_shapes(args)
        .map(|shape| crate::tensor::array::layout::show(&shape))
        .collect();
    match shapes.as_slice() {
        [] => layer,
        [one] => format!("{layer}, called with a tensor of shape {one}"),
        many => format!("{layer}, called with tensors of shapes {}", many.join(", ")),
    }
}
