//! `property`, `staticmethod`, `classmethod` and `super`.

use std::cell::RefCell;

use super::{ClassMethod, GetSet, Property, StaticMethod, Super};
use crate::lang::object::native::{
    ClassSpec, GetSetSpec, NativeSpec, bind_arguments, no_keywords, receiver,
};
use crate::lang::object::protocol::{bind, find_attr, repr, wrap};
use crate::lang::object::root::methods::no_instances;
use crate::lang::object::{
    Args, Caller, Class, Dict, Ref, Result, Str, Tuple, Value, attribute_error, intern,
    runtime_error, type_error,
};

fn part(value: &Value) -> Value {
    if value.is_unbound() {
        Value::None
    } else {
        value.clone()
    }
}

/// `property`
pub static PROPERTY: ClassSpec = ClassSpec {
    name: "property",
    doc: "Property attribute.\n\n  fget\n    function to be used for getting an attribute value\n  fset\n    function to be used for setting an attribute value\n  fdel\n    function to be used for del'ing an attribute\n  doc\n    docstring",
    methods: PROPERTY_METHODS,
    attributes: &[
        GetSetSpec::new("fget", "The getter.", |_, v| {
            Ok(receiver::<Property>(v)?.get.clone())
        }),
        GetSetSpec::new("fset", "The setter.", |_, v| {
            Ok(receiver::<Property>(v)?.set.clone())
        }),
        GetSetSpec::new("fdel", "The deleter.", |_, v| {
            Ok(receiver::<Property>(v)?.delete.clone())
        }),
        GetSetSpec::new("__doc__", "The documentation.", |_, v| {
            Ok(receiver::<Property>(v)?.doc.borrow().clone())
        })
        .set(|_, v, doc| {
            let old = receiver::<Property>(v)?.doc.replace(part(&doc));
            drop(old);
            Ok(())
        }),
        GetSetSpec::new(
            "__isabstractmethod__",
            "Whether one of its functions is abstract.",
            |c, v| {
                let property = receiver::<Property>(v)?.clone();
                for function in [&property.get, &property.set, &property.delete] {
                    if is_abstract(c, function)? {
                        return Ok(Value::Bool(true));
                    }
                }
                Ok(Value::Bool(false))
            },
        ),
    ],
    make: Some(make_property),
    ..ClassSpec::EMPTY
};

/// Whether a function is marked by `abc.abstractmethod`.
fn is_abstract(caller: &mut dyn Caller, function: &Value) -> Result<bool> {
    match find_attr(caller, function, &intern("__isabstractmethod__"))? {
        Some(mark) => crate::lang::object::protocol::truth(caller, &mark),
        None => Ok(false),
    }
}

static PROPERTY_METHODS: &[NativeSpec] = &[
    NativeSpec::new(
        "__init__(self, fget=None, fset=None, fdel=None, doc=None)",
        "Initialize self.",
        |_, _| Ok(Value::None),
    ),
    NativeSpec::new(
        "getter(self, function, /)",
        "Descriptor to obtain a copy of the property with a different getter.",
        |c, a| {
            let old = receiver::<Property>(&a[0])?.clone();
            remade(c, &a[0], &a[1], &old.set, &old.delete)
        },
    ),
    NativeSpec::new(
        "setter(self, function, /)",
        "Descriptor to obtain a copy of the property with a different setter.",
        |c, a| {
            let old = receiver::<Property>(&a[0])?.clone();
            remade(c, &a[0], &old.get, &a[1], &old.delete)
        },
    ),
    NativeSpec::new(
        "deleter(self, function, /)",
        "Descriptor to obtain a copy of the property with a different deleter.",
        |c, a| {
            let old = receiver::<Property>(&a[0])?.clone();
            remade(c, &a[0], &old.get, &old.set, &a[1])
        },
    ),
    NativeSpec::new(
        "__get__(self, instance, owner=None, /)",
        "Return an attribute of instance, which is of type owner.",
        |c, a| {
            let property = receiver::<Property>(&a[0])?.clone();
            if a[1].is_none() {
                return Ok(a[0].clone());
            }
            if property.get.is_none() {
                return Err(attribute_error("property has no getter"));
            }
            c.call_positional(&property.get, &a[1..2])
        },
    ),
    NativeSpec::new(
        "__set__(self, instance, value, /)",
        "Set an attribute of instance to value.",
        |c, a| {
            let property = receiver::<Property>(&a[0])?.clone();
            if property.set.is_none() {
                return Err(attribute_error("property has no setter"));
            }
            c.call_positional(&property.set, &a[1..3])
                .map(|_| Value::None)
        },
    ),
    NativeSpec::new(
        "__delete__(self, instance, /)",
        "Delete an attribute of instance.",
        |c, a| {
            let property = receiver::<Property>(&a[0])?.clone();
            if property.delete.is_none() {
                return Err(attribute_error("property has no deleter"));
            }
            c.call_positional(&property.delete, &a[1..2])
                .map(|_| Value::None)
        },
    ),
    NativeSpec::new(
        "__set_name__(self, owner, name, /)",
        "Method to set name of a property.",
        |_, _| Ok(Value::None),
    ),
];

fn remade(
    caller: &mut dyn Caller,
    like: &Value,
    get: &Value,
    set: &Value,
    delete: &Value,
) -> Result<Value> {
    let class = like.class();
    let args = [get.clone(), set.clone(), delete.clone()];
    if class.native {
        return make_property(caller, &class, Args::positional(&args));
    }
    caller.call_positional(&Value::from(class), &args)
}

fn make_property(caller: &mut dyn Caller, class: &Ref<Class>, args: Args) -> Result<Value> {
    let names = ["fget", "fset", "fdel", "doc"];
    let bound = bind_arguments("property", names, 0, args);
    let [get, set, delete, doc] = match bound {
        Err(_) if !class.native => [const { Value::Unbound }; 4],
        bound => bound?,
    };
    let doc = match (part(&doc), part(&get)) {
        (Value::None, Value::None) => Value::None,
        (Value::None, get) => find_attr(caller, &get, &intern("__doc__"))?.unwrap_or(Value::None),
        (doc, _) => doc,
    };
    let property = Property {
        get: part(&get),
        set: part(&set),
        delete: part(&delete),
        doc: RefCell::new(doc),
    };
    Ok(wrap(class, Value::from(Ref::new(property))))
}

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
            let positional = a[1].exact::<Tuple>().map_or(&[][..], |t| &t.items[..]);
            let named = a[2]
                .exact::<Dict>()
                .map(|d| d.entries())
                .unwrap_or_default();
            let named = named
                .into_iter()
                .filter_map(|(k, v)| Some((k.exact::<Str>()?.interned(), v)));
            let keywords: Vec<_> = named.collect();
            c.call(
                &function,
                Args {
                    positional,
                    keywords: &keywords,
                },
            )
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

/// `super`
pub static SUPER: ClassSpec = ClassSpec {
    name: "super",
    doc: "super() -> same as super(__class__, <first argument>)\nsuper(type) -> unbound super object\nsuper(type, obj) -> bound super object; requires isinstance(obj, type)\nsuper(type, type2) -> bound super object; requires issubclass(type2, type)",
    methods: &[NativeSpec::new(
        "__repr__(self, /)",
        "Return repr(self).",
        |_, a| {
            let found = receiver::<Super>(&a[0])?;
            let class = found.class.name();
            Ok(Value::from(if found.receiver.is_unbound() {
                format!("<super: <class '{class}'>, NULL>")
            } else {
                format!(
                    "<super: <class '{class}'>, <{} object>>",
                    found.order.name()
                )
            }))
        },
    )],
    attributes: &[
        GetSetSpec::new("__thisclass__", "The class invoking super().", |_, v| {
            Ok(Value::from(&receiver::<Super>(v)?.class))
        }),
        GetSetSpec::new("__self__", "The instance invoking super().", |_, v| {
            Ok(part(&receiver::<Super>(v)?.receiver))
        }),
        GetSetSpec::new(
            "__self_class__",
            "The type of the instance invoking super().",
            |_, v| Ok(Value::from(&receiver::<Super>(v)?.order)),
        ),
    ],
    make: Some(make_super),
    ..ClassSpec::EMPTY
};

fn make_super(caller: &mut dyn Caller, _: &Ref<Class>, args: Args) -> Result<Value> {
    no_keywords("super", args)?;
    let (class, receiver) = match args.positional {
        [] => of_frame(caller)?,
        [class] => (class.clone(), Value::Unbound),
        [class, receiver] => (class.clone(), receiver.clone()),
        more => {
            return Err(type_error(format!(
                "super() takes at most 2 arguments ({} given)",
                more.len()
            )));
        }
    };
    let Some(class) = class.exact::<Class>().cloned() else {
        return Err(type_error(format!(
            "super() argument 1 must be a type, not {}",
            class.class_name()
        )));
    };
    let order = order_of(&class, &receiver).ok_or_else(|| {
        type_error("super(type, obj): obj must be an instance or subtype of type")
    })?;
    Ok(Value::from(Ref::new(Super {
        class,
        receiver,
        order,
    })))
}

/// What `super()` without arguments finds in the calling frame.
fn of_frame(caller: &mut dyn Caller) -> Result<(Value, Value)> {
    let Some(frame) = caller.frame(0) else {
        return Err(runtime_error("super(): no current frame"));
    };
    let Some(receiver) = frame.first_argument else {
        return Err(runtime_error("super(): no arguments"));
    };
    let Some(class) = frame.class_cell else {
        return Err(runtime_error("super(): __class__ cell not found"));
    };
    if class.is_unbound() {
        return Err(runtime_error("super(): empty __class__ cell"));
    }
    Ok((class, receiver))
}

/// The class whose order is followed.
fn order_of(class: &Ref<Class>, receiver: &Value) -> Option<Ref<Class>> {
    if receiver.is_unbound() {
        return Some(class.clone());
    }
    if let Some(own) = receiver.exact::<Class>()
        && own.is_subclass(class)
    {
        return Some(own.clone());
    }
    Some(receiver.class()).filter(|own| own.is_subclass(class))
}
