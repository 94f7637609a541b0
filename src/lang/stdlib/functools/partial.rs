//! `partial`: a function with some of its arguments.

use std::rc::Rc;

use crate::lang::object::native::{ClassSpec, add_method};
use crate::lang::object::{
    Args, Caller, Class, Dict, Instance, Name, NativeSpec, Ref, Result, Tuple, Value, intern,
    protocol, type_error,
};
use crate::lang::stdlib::define::{class_of, def};

class_of! {
    /// `functools.partial`
    partial_class PARTIAL, then |class| {
        add_method(class, "__call__", None, "Calls the function.", Rc::new(call));
    };
}

static PARTIAL: ClassSpec = ClassSpec {
    name: "partial",
    module: "functools",
    doc: "A function with some of its arguments filled in.",
    methods: METHODS,
    make: Some(make),
    ..ClassSpec::EMPTY
};

static METHODS: &[NativeSpec] = &[
    def(
        "__init__(self, *args, **kwargs)",
        "Has no effect.",
        |_, _| Ok(Value::None),
    ),
    def(
        "__repr__(self, /)",
        "The text that stands for it.",
        |caller, args| {
            let (function, positional, keywords) = parts(&args[0])?;
            let mut shown = vec![protocol::repr(caller, &function)?];
            for value in &positional {
                shown.push(protocol::repr(caller, value)?);
            }
            for (name, value) in &keywords {
                shown.push(format!("{name}={}", protocol::repr(caller, value)?));
            }
            let class = args[0].class();
            let name = if class.native {
                "functools.partial".to_string()
            } else {
                class.name().to_string()
            };
            Ok(Value::str(format!("{name}({})", shown.join(", "))))
        },
    ),
];

fn instance(value: &Value) -> Result<&Ref<Instance>> {
    value
        .exact::<Instance>()
        .ok_or_else(|| type_error("a partial object is required"))
}

/// Function, positional arguments and keywords.
type Parts = (Value, Vec<Value>, Vec<(Name, Value)>);

fn parts(this: &Value) -> Result<Parts> {
    let this = instance(this)?;
    let attribute = |name: &str| this.get(&intern(name)).unwrap_or_default();
    let positional = attribute("args")
        .exact::<Tuple>()
        .map(|t| t.items.to_vec())
        .unwrap_or_default();
    let keywords = attribute("keywords")
        .exact::<Dict>()
        .map(|d| d.entries())
        .unwrap_or_default();
    let keywords = keywords
        .into_iter()
        .filter_map(|(name, value)| Some((intern(name.as_str()?), value)));
    Ok((attribute("func"), positional, keywords.collect()))
}

/// Adds later keywords to earlier ones; the later value counts.
fn add_keywords(keywords: &mut Vec<(Name, Value)>, more: &[(Name, Value)]) {
    for (name, value) in more {
        match keywords.iter_mut().find(|(known, _)| known.same(name)) {
            Some((_, old)) => *old = value.clone(),
            None => keywords.push((name.clone(), value.clone())),
        }
    }
}

fn make(_: &mut dyn Caller, class: &Ref<Class>, args: Args) -> Result<Value> {
    let Some((function, rest)) = args.positional.split_first() else {
        return Err(type_error("type 'partial' takes at least one argument"));
    };
    if !protocol::is_callable(function) {
        return Err(type_error("the first argument must be callable"));
    }
    let (mut function, mut positional, mut keywords) = (function.clone(), Vec::new(), Vec::new());
    let inner = function.with_class(|own| own.same(&partial_class()));
    if inner {
        let known = function.clone();
        (function, positional, keywords) = parts(&known)?;
    }
    positional.extend_from_slice(rest);
    add_keywords(&mut keywords, args.keywords);
    let dict = Dict::new();
    keywords
        .iter()
        .for_each(|(name, value)| dict.set_name(name, value.clone()));
    let made = Instance::new(class);
    made.set(&intern("func"), function);
    made.set(&intern("args"), Value::tuple(positional));
    made.set(&intern("keywords"), Value::from(dict));
    Ok(Value::from(made))
}

fn call(caller: &mut dyn Caller, args: Args) -> Result<Value> {
    let Some((this, rest)) = args.positional.split_first() else {
        return Err(type_error("a partial object is required"));
    };
    let (function, mut positional, mut keywords) = parts(this)?;
    positional.extend_from_slice(rest);
    add_keywords(&mut keywords, args.keywords);
    caller.call(
        &function,
        Args {
            positional: &positional,
            keywords: &keywords,
        },
    )
}
