//! The methods of `object`.

use super::dict::{attribute_dict, set_class, set_dict};
use super::directory::directory;
use crate::lang::object::native::{ClassSpec, GetSetSpec, NativeSpec};
use crate::lang::object::protocol::{
    self, allocate, attribute_missing, generic_delete_attr, generic_get_attr, generic_set_attr,
    truth,
};
use crate::lang::object::{
    Args, Caller, Class, Dict, List, Name, Native, Result, Special, Str, Tuple, Value, foreign,
    type_error, types,
};

/// `object`
pub static OBJECT: ClassSpec = ClassSpec {
    name: "object",
    doc: "The base class of the class hierarchy.\n\nWhen called, it accepts no arguments and returns a new featureless instance that has no instance attributes and cannot be given any.",
    methods: METHODS,
    groups: &[COMPARISON],
    class_methods: &[
        NativeSpec::new(
            "__init_subclass__(cls, /, **kwargs)",
            "This method is called when a class is subclassed.",
            init_subclass,
        ),
        NativeSpec::new(
            "__subclasshook__(cls, subclass, /)",
            "Abstract classes can override this to customize issubclass().",
            |_, _| Ok(Value::NotImplemented),
        ),
    ],
    static_methods: &[NativeSpec::new(
        "__new__(cls, /, *args, **kwargs)",
        "Create and return a new object.",
        new,
    )],
    attributes: &[
        GetSetSpec::new("__class__", "The object's class.", |_, v| {
            Ok(Value::from(v.class()))
        })
        .set(set_class),
        GetSetSpec::new("__dict__", "The object's attributes.", attribute_dict).set(set_dict),
    ],
    ..ClassSpec::EMPTY
};

static METHODS: &[NativeSpec] = &[
    NativeSpec::new(
        "__init__(self, /, *args, **kwargs)",
        "Initialize self.  See help(type(self)) for accurate signature.",
        init,
    ),
    NativeSpec::new("__repr__(self, /)", "Return repr(self).", |_, a| {
        Ok(Value::from(default_repr(&a[0])))
    }),
    NativeSpec::new("__str__(self, /)", "Return str(self).", |c, a| {
        crate::lang::object::protocol::default_str(c, &a[0])
    }),
    NativeSpec::new(
        "__format__(self, format_spec, /)",
        "Default object formatter.",
        format,
    ),
    NativeSpec::new("__hash__(self, /)", "Return hash(self).", |_, a| {
        Ok(Value::Int(identity_hash(&a[0])))
    }),
    NativeSpec::new(
        "__getattribute__(self, name, /)",
        "Return getattr(self, name).",
        |c, a| {
            let name = name_arg(&a[1])?;
            match generic_get_attr(c, &a[0], &name)? {
                Some(value) => Ok(value),
                None => Err(attribute_missing(c, &a[0], &name)),
            }
        },
    ),
    NativeSpec::new(
        "__setattr__(self, name, value, /)",
        "Implement setattr(self, name, value).",
        |c, a| {
            let name = name_arg(&a[1])?;
            generic_set_attr(c, &a[0], &name, a[2].clone())?;
            Ok(Value::None)
        },
    ),
    NativeSpec::new(
        "__delattr__(self, name, /)",
        "Implement delattr(self, name).",
        |c, a| {
            let name = name_arg(&a[1])?;
            generic_delete_attr(c, &a[0], &name)?;
            Ok(Value::None)
        },
    ),
    NativeSpec::new(
        "__dir__(self, /)",
        "Default dir() implementation.",
        |_, a| {
            Ok(Value::list(
                directory(&a[0]).iter().map(Value::from).collect(),
            ))
        },
    ),
    NativeSpec::new("__reduce__(self, /)", "Helper for pickle.", |c, a| {
        reduce(c, &a[0], Value::Int(0))
    }),
    NativeSpec::new(
        "__reduce_ex__(self, protocol, /)",
        "Helper for pickle.",
        |c, a| match protocol::special_by_name(&a[0], "__reduce__") {
            Some(own) if !protocol::is_object_method(&own) => {
                protocol::call_method(c, &a[0], "__reduce__", &[])
            }
            _ => reduce(c, &a[0], a[1].clone()),
        },
    ),
    NativeSpec::new("__getstate__(self, /)", "Helper for pickle.", |c, a| {
        library_call(c, "_getstate", &[a[0].clone()])
    }),
    NativeSpec::new(
        "__sizeof__(self, /)",
        "Size of object in memory, in bytes.",
        |_, a| Ok(Value::Int(size(&a[0]))),
    ),
];

fn reduce(caller: &mut dyn Caller, value: &Value, protocol: Value) -> Result<Value> {
    library_call(caller, "_reduce", &[value.clone(), protocol])
}

/// Calls a function of `copyreg`.
fn library_call(caller: &mut dyn Caller, function: &str, args: &[Value]) -> Result<Value> {
    let Some(import) = caller.session().importer.get() else {
        return Err(type_error("no modules can be imported"));
    };
    let module = Value::from(import(caller, "copyreg")?);
    protocol::call_method(caller, &module, function, args)
}

/// The name of an attribute, given as a string.
pub fn name_arg(value: &Value) -> Result<Name> {
    match value.get::<Str>() {
        Some(text) => Ok(text.interned()),
        None => Err(type_error(format!(
            "attribute name must be string, not '{}'",
            value.class_name()
        ))),
    }
}

static COMPARISON: &[NativeSpec] = &[
    NativeSpec::new("__eq__(self, value, /)", "Return self==value.", |_, a| {
        Ok(if a[0].is(&a[1]) {
            Value::Bool(true)
        } else {
            Value::NotImplemented
        })
    }),
    NativeSpec::new("__ne__(self, value, /)", "Return self!=value.", |c, a| {
        let equal = protocol::call_special(c, &a[0], Special::Eq, &a[1..])?;
        match equal {
            None | Some(Value::NotImplemented) => Ok(Value::NotImplemented),
            Some(answer) => truth(c, &answer).map(|equal| Value::Bool(!equal)),
        }
    }),
    NativeSpec::new("__lt__(self, value, /)", "Return self<value.", |_, _| {
        Ok(Value::NotImplemented)
    }),
    NativeSpec::new("__le__(self, value, /)", "Return self<=value.", |_, _| {
        Ok(Value::NotImplemented)
    }),
    NativeSpec::new("__gt__(self, value, /)", "Return self>value.", |_, _| {
        Ok(Value::NotImplemented)
    }),
    NativeSpec::new("__ge__(self, value, /)", "Return self>=value.", |_, _| {
        Ok(Value::NotImplemented)
    }),
];

fn identity_hash(value: &Value) -> i64 {
    match value {
        Value::Obj(object) => (foreign::identity(object) as u64).rotate_right(4) as i64,
        _ => 0,
    }
}

/// `<__main__.X object at 0x...>`
pub fn default_repr(value: &Value) -> String {
    let address = match value {
        Value::Obj(object) => foreign::identity(object),
        _ => 0,
    };
    value.with_class(|class| {
        format!(
            "<{} object at {address:#x}>",
            super::type_::full_name(class)
        )
    })
}

fn defined_natively(class: &Class, which: Special) -> bool {
    class.special(which).is_none_or(|found| {
        let found = match found.exact::<crate::lang::object::StaticMethod>() {
            Some(wrapped) => wrapped.function.clone(),
            None => found,
        };
        found.exact::<Native>().is_some_and(|native| {
            native
                .owner
                .get()
                .is_none_or(|owner| owner.same(&types().object))
        })
    })
}

fn init(_: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let extra = has_extra(&args[1], &args[2]);
    let class = args[0].class();
    if extra && class.make.is_none() {
        if !defined_natively(&class, Special::Init) {
            return Err(type_error(
                "object.__init__() takes exactly one argument (the instance to initialize)",
            ));
        }
        if defined_natively(&class, Special::New) {
            return Err(type_error(format!(
                "{}.__init__() takes exactly one argument (the instance to initialize)",
                class.name()
            )));
        }
    }
    Ok(Value::None)
}

fn has_extra(positional: &Value, named: &Value) -> bool {
    positional
        .exact::<Tuple>()
        .is_some_and(|t| !t.items.is_empty())
        || named.exact::<Dict>().is_some_and(|d| !d.is_empty())
}

pub(super) fn new(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let Some(class) = args[0].exact::<Class>().cloned() else {
        return Err(type_error(format!(
            "object.__new__(X): X is not a type object ({})",
            args[0].class_name()
        )));
    };
    if class.make.is_none() && has_extra(&args[1], &args[2]) {
        if !defined_natively(&class, Special::New) {
            return Err(type_error(
                "object.__new__() takes exactly one argument (the type to instantiate)",
            ));
        }
        if defined_natively(&class, Special::Init) {
            return Err(type_error(format!("{}() takes no arguments", class.name())));
        }
    }
    let positional = args[1].exact::<Tuple>().map_or(&[][..], |t| &t.items[..]);
    let keywords = names_of(&args[2]);
    let keywords = &keywords[..];
    allocate(
        caller,
        &class,
        Args {
            positional,
            keywords,
        },
    )
}

/// A dict of named arguments as a list.
pub(super) fn names_of(dict: &Value) -> Vec<(Name, Value)> {
    let entries = dict
        .exact::<Dict>()
        .map(|d| d.entries())
        .unwrap_or_default();
    let named = |(key, value): (Value, Value)| Some((key.exact::<Str>()?.interned(), value));
    entries.into_iter().filter_map(named).collect()
}

fn init_subclass(_: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    if has_extra(&Value::None, &args[1]) {
        let class = args[0].exact::<Class>().map(|c| super::type_::qualname(c));
        return Err(type_error(format!(
            "{}.__init_subclass__() takes no keyword arguments",
            class.unwrap_or_default()
        )));
    }
    Ok(Value::None)
}

pub(super) fn format(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    match args[1].as_str() {
        Some("") => protocol::str(caller, &args[0]).map(Value::from),
        Some(_) => Err(type_error(format!(
            "unsupported format string passed to {}.__format__",
            args[0].class_name()
        ))),
        None => Err(type_error(format!(
            "__format__() argument must be str, not {}",
            args[1].class_name()
        ))),
    }
}

/// About what CPython says: the header and the elements.
fn size(value: &Value) -> i64 {
    let value = value.unwrapped();
    if let Some(list) = value.exact::<List>() {
        return 40 + 8 * list.items.borrow().len() as i64;
    }
    if let Some(tuple) = value.exact::<Tuple>() {
        return 24 + 8 * tuple.items.len() as i64;
    }
    if let Some(text) = value.exact::<Str>() {
        return 49 + text.as_str().len() as i64;
    }
    if let Some(dict) = value.exact::<Dict>() {
        return 64 + 24 * dict.len() as i64;
    }
    match value {
        Value::Int(0) => 24,
        Value::Int(i) => 24 + 4 * ((64 - i64::from(i.unsigned_abs().leading_zeros()) + 29) / 30),
        Value::Bool(_) => 28,
        Value::Float(_) => 24,
        Value::Obj(_) => 56,
        _ => 16,
    }
}
