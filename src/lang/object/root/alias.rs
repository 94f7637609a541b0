//! What annotations are made of: `list[int]` and `int | None`.

use super::type_::{full_name, qualname};
use crate::lang::object::heap::{HeapType, Kind, Visit};
use crate::lang::object::iter::{Iter, ListedIter};
use crate::lang::object::native::{ClassSpec, GetSetSpec, NativeSpec, pass_on, receiver};
use crate::lang::object::protocol::{self, eq, find_attr, hash, is_instance, is_subclass, repr};
use crate::lang::object::{
    Caller, Class, Ref, Result, Tuple, Value, attribute_error, type_error, types,
};

/// A class with type arguments.
pub struct GenericAlias {
    origin: Value,
    args: Value,
}

/// Alternatives of types.
pub struct Union {
    args: Value,
}

impl HeapType for GenericAlias {
    const KIND: Kind = Kind::Foreign;
    const TRACED: bool = true;

    fn trace(&self, visit: &mut Visit) {
        self.origin.trace(visit);
        self.args.trace(visit);
    }

    fn class(&self) -> Ref<Class> {
        types().generic_alias.clone()
    }
}

impl HeapType for Union {
    const KIND: Kind = Kind::Foreign;
    const TRACED: bool = true;

    fn trace(&self, visit: &mut Visit) {
        self.args.trace(visit);
    }

    fn class(&self) -> Ref<Class> {
        types().union_type.clone()
    }
}

/// `origin[item]`
pub fn generic(origin: &Value, item: &Value) -> Value {
    let args = match item.exact::<Tuple>() {
        Some(_) => item.clone(),
        None => Value::tuple([item.clone()]),
    };
    let origin = origin.clone();
    Value::from(Ref::new(GenericAlias { origin, args }))
}

/// `a | b` for types; NotImplemented where one is none.
pub fn union(a: &Value, b: &Value) -> Value {
    let is_type = |v: &Value| {
        v.is_none()
            || v.exact::<Class>().is_some()
            || v.exact::<GenericAlias>().is_some()
            || v.exact::<Union>().is_some()
    };
    if !is_type(a) || !is_type(b) {
        return Value::NotImplemented;
    }
    let mut members: Vec<Value> = Vec::new();
    for part in [a, b] {
        let parts = match part
            .exact::<Union>()
            .and_then(|u| u.args.exact::<Tuple>().cloned())
        {
            Some(tuple) => tuple.items.to_vec(),
            None if part.is_none() => vec![Value::from(&types().none_type)],
            None => vec![part.clone()],
        };
        for member in parts {
            if !members.iter().any(|known| known.is(&member)) {
                members.push(member);
            }
        }
    }
    match <[Value; 1]>::try_from(members) {
        Ok([one]) => one,
        Err(members) => {
            let args = Value::tuple(members);
            Value::from(Ref::new(Union { args }))
        }
    }
}

/// How a type stands in the repr of an alias.
fn show(caller: &mut dyn Caller, value: &Value) -> Result<String> {
    if let Some(class) = value.exact::<Class>() {
        if class.same(&types().none_type) {
            return Ok("None".to_string());
        }
        return Ok(if class.native {
            qualname(class)
        } else {
            full_name(class)
        });
    }
    if let Some(list) = value.exact::<crate::lang::object::List>() {
        let items = list.items.borrow().clone();
        return Ok(format!("[{}]", show_all(caller, &items)?));
    }
    if matches!(value, Value::Ellipsis) {
        return Ok("...".to_string());
    }
    repr(caller, value)
}

fn show_all(caller: &mut dyn Caller, items: &[Value]) -> Result<String> {
    let mut parts = Vec::with_capacity(items.len());
    for item in items {
        parts.push(show(caller, item)?);
    }
    Ok(parts.join(", "))
}

fn items(args: &Value) -> Vec<Value> {
    args.exact::<Tuple>()
        .map_or(Vec::new(), |t| t.items.to_vec())
}

/// `types.GenericAlias`
pub static GENERIC_ALIAS: ClassSpec = ClassSpec {
    name: "GenericAlias",
    module: "types",
    doc: "Represent a PEP 585 generic type\n\nE.g. for t = list[int], t.__origin__ is list and t.__args__ is (int,).",
    methods: &[
        NativeSpec::new(
            "__call__(self, /, *args, **kwargs)",
            "Call self as a function.",
            |c, a| {
                let origin = receiver::<GenericAlias>(&a[0])?.origin.clone();
                pass_on(&a[1..], |args| c.call(&origin, args))
            },
        ),
        NativeSpec::new(
            "__getitem__(self, item, /)",
            "Return self[item].",
            |_, a| Ok(generic(&receiver::<GenericAlias>(&a[0])?.origin, &a[1])),
        ),
        NativeSpec::new(
            "__iter__(self, /)",
            "Itself alone, as for unpacking.",
            |_, a| {
                receiver::<GenericAlias>(&a[0])?;
                let (left, class) = (vec![a[0].clone()], types().list_iterator.clone());
                Ok(Iter::native(ListedIter { left, class }))
            },
        ),
        NativeSpec::new(
            "__mro_entries__(self, bases, /)",
            "The classes that stand for it among the bases.",
            |_, a| {
                Ok(Value::tuple([receiver::<GenericAlias>(&a[0])?
                    .origin
                    .clone()]))
            },
        ),
        NativeSpec::new("__eq__(self, value, /)", "Return self==value.", |c, a| {
            let alias = receiver::<GenericAlias>(&a[0])?.clone();
            let Some(other) = a[1].exact::<GenericAlias>().cloned() else {
                return Ok(Value::NotImplemented);
            };
            Ok(Value::Bool(
                alias.origin.is(&other.origin) && eq(c, &alias.args, &other.args)?,
            ))
        }),
        NativeSpec::new("__hash__(self, /)", "Return hash(self).", |c, a| {
            let alias = receiver::<GenericAlias>(&a[0])?.clone();
            Ok(Value::Int(hash(c, &alias.origin)? ^ hash(c, &alias.args)?))
        }),
        NativeSpec::new("__or__(self, value, /)", "Return self|value.", |_, a| {
            Ok(union(&a[0], &a[1]))
        }),
        NativeSpec::new("__ror__(self, value, /)", "Return value|self.", |_, a| {
            Ok(union(&a[1], &a[0]))
        }),
        NativeSpec::new(
            "__instancecheck__(self, instance, /)",
            "Refuse isinstance().",
            |_, _| {
                Err(type_error(
                    "isinstance() argument 2 cannot be a parameterized generic",
                ))
            },
        ),
        NativeSpec::new(
            "__getattr__(self, name, /)",
            "The attributes of the class.",
            |c, a| {
                let origin = receiver::<GenericAlias>(&a[0])?.origin.clone();
                let name = super::object::name_arg(&a[1])?;
                let missing = || {
                    attribute_error(format!(
                        "'types.GenericAlias' object has no attribute '{name}'"
                    ))
                };
                find_attr(c, &origin, &name)?.ok_or_else(missing)
            },
        ),
        NativeSpec::new("__repr__(self, /)", "Return repr(self).", |c, a| {
            let alias = receiver::<GenericAlias>(&a[0])?.clone();
            let origin = show(c, &alias.origin)?;
            let args = items(&alias.args);
            let inside = if args.is_empty() {
                "()".to_string()
            } else {
                show_all(c, &args)?
            };
            Ok(Value::from(format!("{origin}[{inside}]")))
        }),
    ],
    attributes: &[
        GetSetSpec::new("__origin__", "The class.", |_, v| {
            Ok(receiver::<GenericAlias>(v)?.origin.clone())
        }),
        GetSetSpec::new("__args__", "The type arguments.", |_, v| {
            Ok(receiver::<GenericAlias>(v)?.args.clone())
        }),
        GetSetSpec::new("__parameters__", "The type variables.", |_, _| {
            Ok(Value::tuple([]))
        }),
    ],
    make: Some(|_, _, args| match args.positional {
        [origin, args] => Ok(generic(origin, args)),
        more => Err(type_error(format!(
            "GenericAlias expected 2 arguments, got {}",
            more.len()
        ))),
    }),
    ..ClassSpec::EMPTY
};

/// `types.UnionType`
pub static UNION_TYPE: ClassSpec = ClassSpec {
    name: "UnionType",
    module: "types",
    doc: "Represent a PEP 604 union type\n\nE.g. for int | str",
    methods: &[
        NativeSpec::new("__or__(self, value, /)", "Return self|value.", |_, a| {
            Ok(union(&a[0], &a[1]))
        }),
        NativeSpec::new("__ror__(self, value, /)", "Return value|self.", |_, a| {
            Ok(union(&a[1], &a[0]))
        }),
        NativeSpec::new(
            "__instancecheck__(self, instance, /)",
            "Check if an object is an instance.",
            |c, a| {
                let args = receiver::<Union>(&a[0])?.args.clone();
                is_instance(c, &a[1], &args).map(Value::Bool)
            },
        ),
        NativeSpec::new(
            "__subclasscheck__(self, subclass, /)",
            "Check if a class is a subclass.",
            |c, a| {
                let args = receiver::<Union>(&a[0])?.args.clone();
                is_subclass(c, &a[1], &args).map(Value::Bool)
            },
        ),
        NativeSpec::new("__eq__(self, value, /)", "Return self==value.", |c, a| {
            let own = items(&receiver::<Union>(&a[0])?.args);
            let Some(other) = a[1].exact::<Union>().map(|u| u.args.clone()) else {
                return Ok(Value::NotImplemented);
            };
            for member in &own {
                if !protocol::contains(c, &other, member)? {
                    return Ok(Value::Bool(false));
                }
            }
            Ok(Value::Bool(own.len() == items(&other).len()))
        }),
        NativeSpec::new("__hash__(self, /)", "Return hash(self).", |c, a| {
            let mut mixed = 0;
            for member in items(&receiver::<Union>(&a[0])?.args) {
                mixed ^= hash(c, &member)?;
            }
            Ok(Value::Int(mixed))
        }),
        NativeSpec::new("__repr__(self, /)", "Return repr(self).", |c, a| {
            let mut parts = Vec::new();
            for member in items(&receiver::<Union>(&a[0])?.args) {
                parts.push(show(c, &member)?);
            }
            Ok(Value::from(parts.join(" | ")))
        }),
    ],
    attributes: &[GetSetSpec::new("__args__", "The alternatives.", |_, v| {
        Ok(receiver::<Union>(v)?.args.clone())
    })],
    make: Some(super::methods::no_instances),
    ..ClassSpec::EMPTY
};
