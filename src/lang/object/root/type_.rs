//! The methods of `type`.

use super::alias;
use super::create::{best_metaclass, create_class};
use super::directory::directory;
use super::object::name_arg;
use super::proxy::MappingProxy;
use crate::lang::object::native::{ClassSpec, GetSetSpec, NativeSpec, pass_on, receiver};
use crate::lang::object::protocol::{
    construct, is_abstract_subclass, is_direct_instance, script_new,
};
use crate::lang::object::{
    Args, Caller, Class, Dict, Ref, Result, Str, Tuple, Value, attribute_error, intern, type_error,
    types,
};

/// `type`
pub static TYPE: ClassSpec = ClassSpec {
    name: "type",
    doc: "type(object) -> the object's type\ntype(name, bases, dict, **kwds) -> a new type",
    methods: METHODS,
    class_methods: &[NativeSpec::new(
        "__prepare__(metacls, /, *args, **kwargs)",
        "__prepare__() -> dict\n\nUsed to create the namespace for the class statement.",
        |_, _| Ok(Value::from(Dict::new())),
    )],
    attributes: ATTRIBUTES,
    make: Some(make),
    solid: true,
    ..ClassSpec::EMPTY
};

static METHODS: &[NativeSpec] = &[
    NativeSpec::new(
        "__init__(self, /, *args, **kwargs)",
        "Initialize self.",
        |_, _| Ok(Value::None),
    ),
    NativeSpec::new(
        "__call__(self, /, *args, **kwargs)",
        "Call self as a function.",
        |c, a| {
            let class = receiver::<Class>(&a[0])?.clone();
            pass_on(&a[1..], |args| construct(c, &class, args))
        },
    ),
    NativeSpec::new(
        "mro(self, /)",
        "Return a type's method resolution order.",
        |_, a| {
            let order = receiver::<Class>(&a[0])?.mro();
            Ok(Value::list(order.iter().map(Value::from).collect()))
        },
    ),
    NativeSpec::new(
        "__subclasses__(self, /)",
        "Return a list of immediate subclasses.",
        |_, a| {
            let classes = receiver::<Class>(&a[0])?.subclasses();
            Ok(Value::list(classes.iter().map(Value::from).collect()))
        },
    ),
    NativeSpec::new(
        "__instancecheck__(self, instance, /)",
        "Check if an object is an instance.",
        |c, a| {
            let class = receiver::<Class>(&a[0])?.clone();
            is_direct_instance(c, &a[1], &class).map(Value::Bool)
        },
    ),
    NativeSpec::new(
        "__subclasscheck__(self, subclass, /)",
        "Check if a class is a subclass.",
        |c, a| {
            let class = receiver::<Class>(&a[0])?;
            match a[1].exact::<Class>() {
                Some(own) => Ok(Value::Bool(own.is_subclass(class))),
                None => is_abstract_subclass(c, &a[1], &a[0]).map(Value::Bool),
            }
        },
    ),
    NativeSpec::new("__or__(self, value, /)", "Return self|value.", |_, a| {
        Ok(alias::union(&a[0], &a[1]))
    }),
    NativeSpec::new("__ror__(self, value, /)", "Return value|self.", |_, a| {
        Ok(alias::union(&a[1], &a[0]))
    }),
    NativeSpec::new(
        "__dir__(self, /)",
        "Specialized __dir__ implementation for types.",
        |_, a| {
            Ok(Value::list(
                directory(&a[0]).iter().map(Value::from).collect(),
            ))
        },
    ),
    NativeSpec::new("__repr__(self, /)", "Return repr(self).", |_, a| {
        let class = receiver::<Class>(&a[0])?;
        Ok(Value::from(format!("<class '{}'>", full_name(class))))
    }),
];

static ATTRIBUTES: &[GetSetSpec] = &[
    GetSetSpec::new("__name__", "The name of the class.", |_, v| {
        Ok(Value::from(&receiver::<Class>(v)?.name()))
    })
    .set(|_, v, name| {
        let class = receiver::<Class>(v)?;
        if class.native {
            return Err(immutable(class, "__name__"));
        }
        class.set_name(name_arg(&name)?);
        Ok(())
    }),
    GetSetSpec::new(
        "__qualname__",
        "The qualified name of the class.",
        |_, v| Ok(Value::str(qualname(receiver::<Class>(v)?))),
    )
    .set(|_, v, name| set_own(v, "__qualname__", name)),
    GetSetSpec::new("__module__", "The module of the class.", |_, v| {
        let class = receiver::<Class>(v)?;
        Ok(class
            .own(&intern("__module__"))
            .unwrap_or_else(|| Value::from("builtins")))
    })
    .set(|_, v, name| set_own(v, "__module__", name)),
    GetSetSpec::new("__bases__", "The base classes.", |_, v| {
        let bases = receiver::<Class>(v)?.bases();
        Ok(Value::tuple(
            bases.iter().map(Value::from).collect::<Vec<_>>(),
        ))
    }),
    GetSetSpec::new("__base__", "The first base class.", |_, v| {
        let bases = receiver::<Class>(v)?.bases();
        Ok(bases.first().map_or(Value::None, Value::from))
    }),
    GetSetSpec::new("__mro__", "The method resolution order.", |_, v| {
        let order = receiver::<Class>(v)?.mro();
        Ok(Value::tuple(
            order.iter().map(Value::from).collect::<Vec<_>>(),
        ))
    }),
    GetSetSpec::new("__dict__", "The attributes of the class itself.", |_, v| {
        let class = receiver::<Class>(v)?;
        let dict = Dict::new();
        let mut hidden = hidden_members(class);
        for entry in class.attrs.borrow().iter() {
            if entry.value.is_none() && entry.key.as_str() == Some("__doc__") {
                add_members(&dict, std::mem::take(&mut hidden));
            }
            let is_qualname = entry.key.as_str() == Some("__qualname__");
            if !is_qualname {
                dict.table
                    .borrow_mut()
                    .push(entry.hash, entry.key.clone(), entry.value.clone());
            }
        }
        add_members(&dict, hidden);
        Ok(MappingProxy::over(Value::from(dict)))
    }),
    GetSetSpec::new("__doc__", "The documentation of the class.", |c, v| {
        let class = receiver::<Class>(v)?;
        let doc = class.own(&intern("__doc__")).unwrap_or(Value::None);
        let owner = v
            .exact::<Class>()
            .cloned()
            .unwrap_or_else(|| types().object.clone());
        crate::lang::object::protocol::bind(c, &doc, &Value::Unbound, &owner)
    })
    .set(|_, v, doc| set_own(v, "__doc__", doc)),
    GetSetSpec::new(
        "__annotations__",
        "The annotations of the class.",
        |_, v| {
            let class = receiver::<Class>(v)?;
            let name = intern("__annotations__");
            if let Some(own) = class.own(&name) {
                return Ok(own);
            }
            if class.native {
                return Err(attribute_error(format!(
                    "type object '{}' has no attribute '__annotations__'",
                    class.name()
                )));
            }
            let dict = Value::from(Dict::new());
            class.set(&name, dict.clone());
            Ok(dict)
        },
    )
    .set(|_, v, value| set_own(v, "__annotations__", value)),
    GetSetSpec::new(
        "__abstractmethods__",
        "The names of the abstract methods.",
        |_, v| {
            let class = receiver::<Class>(v)?;
            class
                .own(&intern("__abstractmethods__"))
                .ok_or_else(|| attribute_error("__abstractmethods__"))
        },
    )
    .set(|_, v, value| set_own(v, "__abstractmethods__", value)),
];

/// What CPython adds to a class whose instances are the first to have a `__dict__`: it is `object`'s for us.
fn hidden_members(class: &Ref<Class>) -> Option<Value> {
    let first = class.bases().iter().all(|base| base.native);
    if class.native || !first || class.own(&intern("__slots__")).is_some() {
        return None;
    }
    types().object.own(&intern("__dict__"))
}

fn add_members(dict: &Ref<Dict>, member: Option<Value>) {
    if let Some(member) = member {
        dict.set_str("__dict__", member.clone());
        dict.set_str("__weakref__", member);
    }
}

fn immutable(class: &Ref<Class>, name: &str) -> crate::lang::object::Raised {
    type_error(format!(
        "cannot set '{name}' attribute of immutable type '{}'",
        class.type_name()
    ))
}

fn set_own(class: &Value, name: &str, value: Value) -> Result<()> {
    let class = receiver::<Class>(class)?;
    if !class.is_open() {
        return Err(immutable(class, name));
    }
    if value.is_unbound() {
        let old = class.remove(&intern(name));
        drop(old);
    } else {
        class.set(&intern(name), value);
    }
    Ok(())
}

/// `__qualname__`
pub fn qualname(class: &Class) -> String {
    let own = class.own(&intern("__qualname__"));
    match own.as_ref().and_then(Value::as_str) {
        Some(name) => name.to_string(),
        None => class.name().to_string(),
    }
}

/// The qualified name with its module before it, unless that is `builtins`.
pub fn full_name(class: &Class) -> String {
    let module = class.own(&intern("__module__"));
    match module.as_ref().and_then(Value::as_str) {
        Some(module) if module != "builtins" => format!("{module}.{}", qualname(class)),
        _ => qualname(class),
    }
}

fn make(caller: &mut dyn Caller, class: &Ref<Class>, args: Args) -> Result<Value> {
    if let ([value], true) = (args.positional, args.keywords.is_empty())
        && class.same(&types().type_)
    {
        return Ok(Value::from(value.class()));
    }
    let [name, bases, namespace] = args.positional else {
        return Err(type_error(match class.same(&types().type_) {
            true => "type() takes 1 or 3 arguments".to_string(),
            false => format!(
                "type.__new__() takes exactly 3 arguments ({} given)",
                args.positional.len()
            ),
        }));
    };
    let Some(name) = name.get::<Str>() else {
        return Err(type_error(format!(
            "type.__new__() argument 1 must be str, not {}",
            name.class_name()
        )));
    };
    let Some(bases) = bases.get::<Tuple>() else {
        return Err(type_error(format!(
            "type.__new__() argument 2 must be tuple, not {}",
            bases.class_name()
        )));
    };
    let Some(namespace) = namespace.get::<Dict>() else {
        return Err(type_error(format!(
            "type.__new__() argument 3 must be dict, not {}",
            namespace.class_name()
        )));
    };
    // The metaclass of a base may have a `__new__` of its own.
    let winner = best_metaclass(class, &bases.items)?;
    if class.same(&types().type_) && !winner.same(class) && script_new(&winner).is_some() {
        return caller.call(&Value::from(winner), args);
    }
    create_class(
        caller,
        class,
        &name.interned(),
        &bases.items.clone(),
        namespace,
        args.keywords,
    )
}
