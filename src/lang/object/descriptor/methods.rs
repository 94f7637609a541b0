//! `staticmethod`, `classmethod` and native attributes; `property` and `super` have their own files.

use super::property::is_abstract;
use super::{ClassMethod, GetSet, StaticMethod};
use crate::lang::object::native::{
    ClassSpec, GetSetSpec, NativeSpec, no_keywords, pass_on, receiver,
};
use crate::lang::object::protocol::{bind, find_attr, repr, wrap};
use crate::lang::object::root::methods::no_instances;
use crate::lang::object::{
    Args, Class, Ref, Result, Str, Value, attribute_error, intern, type_error,
};

pub use super::property::PROPERTY;
pub use super::super_::SUPER;

/// The function inside a static or class method.
fn wrapped(value: &Value) -> Result<Value> {
    match value.get::<StaticMethod>() {
        Some(method) => Ok(method.function.clone()),
        None => Ok(receiver::<ClassMethod>(value)?.function.clone()),
    }
}

static WRAPPER_ATTRIBUTES: &[GetSetSpec] = &[
    GetSetSpec::new("__func__", "The function.", |_, v| wrapped(v)),
    GetSetSpec::new("__wrapped__", "The function.", |_, v| wrapped(v)),
    GetSetSpec::new("__doc__", "The documentation.", |c, v| {
        let function = wrapped(v)?;
        Ok(find_attr(c, &function, &intern("__doc__"))?.unwrap_or(Value::None))
    }),
    GetSetSpec::new("__module__", "The name of the module.", |c, v| {
        let function = wrapped(v)?;
        Ok(find_attr(c, &function, &intern("__module__"))?.unwrap_or(Value::None))
    }),
    GetSetSpec::new(
        "__isabstractmethod__",
        "Whether the function is abstract.",
        |c, v| {
            let function = wrapped(v)?;
            is_abstract(c, &function).map(Value::Bool)
        },
    ),
];

static WRAPPER_METHODS: &[NativeSpec] = &[
    NativeSpec::new(
        "__get__(self, instance, owner=None, /)",
        "Return an attribute of instance, which is of type owner.",
        |c, a| {
            let class = match a[2].exact::<Class>() {
                Some(class) => class.clone(),
                None => a[1].class(),
            };
            bind(c, a[0].unwrapped(), &a[1], &class)
        },
    ),
    NativeSpec::new(
        "__getattr__(self, name, /)",
        "The attributes of the function.",
        |c, a| {
            let function = wrapped(&a[0])?;
            let name = a[1]
                .get::<Str>()
                .map_or_else(|| intern(""), |name| name.interned());
            let class = a[0].class_name();
            find_attr(c, &function, &name)?.ok_or_else(|| {
                attribute_error(format!("'{class}' object has no attribute '{name}'"))
            })
        },
    ),
    NativeSpec::new("__repr__(self, /)", "Return repr(self).", |c, a| {
        let function = wrapped(&a[0])?;
        Ok(Value::from(format!(
            "<{}({})>",
            a[0].class_name(),
            repr(c, &function)?
        )))
    }),
];

/// `staticmethod`
pub static STATICMETHOD: ClassSpec = ClassSpec {
    name: "staticmethod",
    doc: "staticmethod(function) -> method\n\nConvert a function to be a static method.",
    methods: WRAPPER_METHODS,
    groups: &[&[NativeSpec::new(
        "__call__(self, /, *args, **kwargs)",
        "Call self as a function.",
        |c, a| {
            let function = wrapped(&a[0])?;
            pass_on(&a[1..], |args| c.call(&function, args))
        },
    )]],
    attributes: WRAPPER_ATTRIBUTES,
    make: Some(|_, class, args| {
        let function = one_function("staticmethod", args)?;
        Ok(wrap(
            class,
            Value::from(Ref::new(StaticMethod { function })),
        ))
    }),
    ..ClassSpec::EMPTY
};

/// `classmethod`
pub static CLASSMETHOD: ClassSpec = ClassSpec {
    name: "classmethod",
    doc: "classmethod(function) -> method\n\nConvert a function to be a class method.",
    methods: WRAPPER_METHODS,
    attributes: WRAPPER_ATTRIBUTES,
    make: Some(|_, class, args| {
        let function = one_function("classmethod", args)?;
        Ok(wrap(class, Value::from(Ref::new(ClassMethod { function }))))
    }),
    ..ClassSpec::EMPTY
};

fn one_function(name: &str, args: Args) -> Result<Value> {
    no_keywords(name, args)?;
    match args.positional {
        [function] => Ok(function.clone()),
        more => Err(type_error(format!(
            "{name} expected 1 argument, got {}",
            more.len()
        ))),
    }
}

/// `getset_descriptor`
pub static GETSET_DESCRIPTOR: ClassSpec = ClassSpec {
    name: "getset_descriptor",
    methods: &[
        NativeSpec::new(
            "__get__(self, instance, owner=None, /)",
            "Return an attribute of instance, which is of type owner.",
            |c, a| {
                let spec = receiver::<GetSet>(&a[0])?.spec;
                if a[1].is_none() {
                    Ok(a[0].clone())
                } else {
                    (spec.get)(c, &a[1])
                }
            },
        ),
        NativeSpec::new(
            "__set__(self, instance, value, /)",
            "Set an attribute of instance to value.",
            |c, a| {
                let spec = receiver::<GetSet>(&a[0])?.spec;
                match spec.set {
                    Some(set) => set(c, &a[1], a[2].clone()).map(|()| Value::None),
                    None => Err(attribute_error(format!(
                        "attribute '{}' of '{}' objects is not writable",
                        spec.name,
                        a[1].class_name()
                    ))),
                }
            },
        ),
        NativeSpec::new("__repr__(self, /)", "Return repr(self).", |_, a| {
            Ok(Value::from(format!(
                "<attribute '{}'>",
                receiver::<GetSet>(&a[0])?.spec.name
            )))
        }),
    ],
    attributes: &[
        GetSetSpec::new("__name__", "The name.", |_, v| {
            Ok(Value::from(receiver::<GetSet>(v)?.spec.name))
        }),
        GetSetSpec::new("__doc__", "The documentation.", |_, v| {
            Ok(Value::from(receiver::<GetSet>(v)?.spec.doc))
        }),
    ],
    make: Some(no_instances),
    ..ClassSpec::EMPTY
};
