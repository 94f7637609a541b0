//! `property`.

use std::cell::RefCell;

use super::Property;
use crate::lang::object::native::{ClassSpec, GetSetSpec, NativeSpec, bind_arguments, receiver};
use crate::lang::object::protocol::{find_attr, set_attr, wrap};
use crate::lang::object::{Args, Caller, Class, Ref, Result, Str, Value, intern};

pub(super) fn part(value: &Value) -> Value {
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
pub(super) fn is_abstract(caller: &mut dyn Caller, function: &Value) -> Result<bool> {
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
                return Err(property.refusal(&a[1], "getter"));
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
                return Err(property.refusal(&a[1], "setter"));
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
                return Err(property.refusal(&a[1], "deleter"));
            }
            c.call_positional(&property.delete, &a[1..2])
                .map(|_| Value::None)
        },
    ),
    NativeSpec::new(
        "__set_name__(self, owner, name, /)",
        "Method to set name of a property.",
        |_, a| {
            let name = a[2].get::<Str>().map(|name| name.interned());
            receiver::<Property>(&a[0])?.name.replace(name);
            Ok(Value::None)
        },
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
    let made = match class.native {
        true => make_property(caller, &class, Args::positional(&args))?,
        false => caller.call_positional(&Value::from(class), &args)?,
    };
    if let (Some(old), Some(new)) = (like.get::<Property>(), made.get::<Property>()) {
        new.name.replace(old.name.borrow().clone());
    }
    Ok(made)
}

fn make_property(caller: &mut dyn Caller, class: &Ref<Class>, args: Args) -> Result<Value> {
    let names = ["fget", "fset", "fdel", "doc"];
    let bound = bind_arguments("property", names, 0, args);
    let [get, set, delete, doc] = match bound {
        Err(_) if !class.native => [const { Value::Unbound }; 4],
        bound => bound?,
    };
    let from_getter = part(&doc).is_none() && !part(&get).is_none();
    let doc = match from_getter {
        true => find_attr(caller, &get, &intern("__doc__"))?.unwrap_or(Value::None),
        false => part(&doc),
    };
    let property = Property {
        get: part(&get),
        set: part(&set),
        delete: part(&delete),
        doc: RefCell::new(doc.clone()),
        name: RefCell::default(),
    };
    let made = wrap(class, Value::from(Ref::new(property)));
    // The docstring of a class that derives from `property` does not hide that of the getter.
    if !class.native && from_getter {
        set_attr(caller, &made, &intern("__doc__"), doc)?;
    }
    Ok(made)
}
