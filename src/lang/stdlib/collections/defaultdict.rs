//! `defaultdict`

use crate::lang::object::native::ClassSpec;
use crate::lang::object::{
    Args, Caller, Class, Dict, Instance, NativeSpec, Ref, Result, Value, intern, key_error,
    protocol, type_error, types,
};
use crate::lang::stdlib::arguments::{double_star, star};
use crate::lang::stdlib::define::{class_of, def};

class_of! {
    /// `collections.defaultdict`
    defaultdict_class DEFAULTDICT, base types().dict.clone();
}

static DEFAULTDICT: ClassSpec = ClassSpec {
    name: "defaultdict",
    module: "collections",
    doc: "A dict that makes the values of missing keys by a function.",
    methods: METHODS,
    make: Some(make),
    ..ClassSpec::EMPTY
};

fn make(caller: &mut dyn Caller, class: &Ref<Class>, args: Args) -> Result<Value> {
    let this = Value::from(Instance::with_payload(class, Value::from(Dict::new())));
    if class.native {
        let keywords: Vec<(Value, Value)> = args
            .keywords
            .iter()
            .map(|(name, value)| (Value::from(name), value.clone()))
            .collect();
        fill(caller, &this, args.positional, keywords)?;
    } else {
        set_factory(&this, Value::None);
    }
    Ok(this)
}

fn set_factory(this: &Value, factory: Value) {
    if let Some(instance) = this.exact::<Instance>() {
        instance.set(&intern("default_factory"), factory);
    }
}

fn factory(this: &Value) -> Value {
    this.exact::<Instance>()
        .and_then(|i| i.get(&intern("default_factory")))
        .unwrap_or(Value::None)
}

fn dict(this: &Value) -> Result<Ref<Dict>> {
    this.get::<Dict>()
        .cloned()
        .ok_or_else(|| type_error("a defaultdict is required"))
}

/// What `__init__` does.
fn fill(
    caller: &mut dyn Caller,
    this: &Value,
    args: &[Value],
    keywords: Vec<(Value, Value)>,
) -> Result<()> {
    let (factory, rest) = match args.split_first() {
        Some((factory, rest)) => (factory.clone(), rest),
        None => (Value::None, args),
    };
    if !factory.is_none() && !protocol::is_callable(&factory) {
        return Err(type_error("first argument must be callable or None"));
    }
    set_factory(this, factory);
    let dict = dict(this)?;
    match rest {
        [] => {}
        [source] => {
            for (key, value) in protocol::collect_pairs(caller, source)? {
                protocol::dict_set(caller, &dict, key, value)?;
            }
        }
        more => {
            return Err(type_error(format!(
                "dict expected at most 1 argument, got {}",
                more.len()
            )));
        }
    }
    for (key, value) in keywords {
        protocol::dict_set(caller, &dict, key, value)?;
    }
    Ok(())
}

/// A `defaultdict` with the factory of another.
fn made(factory: Value) -> (Value, Ref<Dict>) {
    let dict = Dict::new();
    let made = Value::from(Instance::with_payload(
        &defaultdict_class(),
        Value::from(&dict),
    ));
    set_factory(&made, factory);
    (made, dict)
}

fn copy(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let class = args[0].class();
    if !class.native {
        let parts = [factory(&args[0]), args[0].clone()];
        return caller.call_positional(&Value::from(class), &parts);
    }
    let (copy, dict_of_copy) = made(factory(&args[0]));
    for (key, value) in dict(&args[0])?.entries() {
        protocol::dict_set(caller, &dict_of_copy, key, value)?;
    }
    Ok(copy)
}

static METHODS: &[NativeSpec] = &[
    def(
        "__init__(self, /, *args, **kwargs)",
        "Sets the factory and the first entries.",
        |caller, args| {
            fill(caller, &args[0], &star(&args[1]), double_star(&args[2])).map(|()| Value::None)
        },
    ),
    def(
        "__missing__(self, key, /)",
        "Makes and keeps the value of a missing key.",
        |caller, args| {
            let factory = factory(&args[0]);
            if factory.is_none() {
                return Err(key_error(&args[1]));
            }
            let value = caller.call_positional(&factory, &[])?;
            protocol::dict_set(caller, &*dict(&args[0])?, args[1].clone(), value.clone())?;
            Ok(value)
        },
    ),
    def(
        "__repr__(self, /)",
        "The text that stands for it.",
        |caller, args| {
            let factory = protocol::repr(caller, &factory(&args[0]))?;
            let entries = protocol::repr(caller, &Value::from(dict(&args[0])?))?;
            Ok(Value::str(format!(
                "{}({factory}, {entries})",
                args[0].class().name()
            )))
        },
    ),
    def("__copy__(self)", "A shallow copy.", copy),
    def(
        "__or__(self, other, /)",
        "A defaultdict with the entries of both.",
        |caller, args| {
            if args[1].get::<Dict>().is_none() {
                return Ok(Value::NotImplemented);
            }
            let copied = copy(caller, args)?;
            for (key, value) in protocol::collect_pairs(caller, &args[1])? {
                protocol::dict_set(caller, &*dict(&copied)?, key, value)?;
            }
            Ok(copied)
        },
    ),
    def("__reduce__(self, /)", "How it is made anew.", |_, args| {
        let items = Value::from(dict(&args[0])?);
        Ok(Value::tuple([
            Value::from(args[0].class()),
            Value::tuple([factory(&args[0]), items]),
        ]))
    }),
    def("copy(self)", "A shallow copy.", copy),
];
