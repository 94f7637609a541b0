//! The methods of `dict`.

use super::{Dict, DictView, Part};
use crate::lang::object::iter::{Iter, IterState, ListedIter};
use crate::lang::object::native::{
    ClassSpec, EQUALITY, GENERIC, NativeSpec, dict_of_names, receiver,
};
use crate::lang::object::protocol::{
    self, collect_pairs, contains, dict_get, dict_remove, dict_set, enter, for_each, repr, special,
    table_find, wrap,
};
use crate::lang::object::{
    Args, Caller, Class, Exc, Raised, Ref, Result, Special, Value, key_error, type_error, types,
};

pub use super::views::{DICT_ITEMS, DICT_KEYS, DICT_VALUES};

/// `dict`
pub static DICT: ClassSpec = ClassSpec {
    name: "dict",
    doc: "dict() -> new empty dictionary\ndict(mapping) -> new dictionary initialized from a mapping object's (key, value) pairs\ndict(iterable) -> new dictionary initialized as if via:\n    d = {}\n    for k, v in iterable:\n        d[k] = v\ndict(**kwargs) -> new dictionary initialized with the name=value pairs in the keyword argument list.  For example:  dict(one=1, two=2)",
    methods: METHODS,
    groups: &[SPECIAL, &EQUALITY],
    class_methods: &[
        NativeSpec::new(
            "fromkeys(cls, iterable, value=None, /)",
            "Create a new dictionary with keys from iterable and values set to value.",
            from_keys,
        ),
        NativeSpec::new("__class_getitem__(cls, item, /)", "See PEP 585.", |c, a| {
            (GENERIC[0].call)(c, a)
        }),
    ],
    make: Some(make),
    solid: true,
    unhashable: true,
    ..ClassSpec::EMPTY
};

fn view(args: &[Value], part: Part) -> Result<Value> {
    let dict = receiver::<Dict>(&args[0])?.clone();
    Ok(Value::from(Ref::new(DictView { dict, part })))
}

static METHODS: &[NativeSpec] = &[
    NativeSpec::new(
        "clear(self, /)",
        "Remove all items from the dictionary.",
        |_, a| {
            let old = receiver::<Dict>(&a[0])?.table.borrow_mut().take();
            drop(old);
            Ok(Value::None)
        },
    ),
    NativeSpec::new(
        "copy(self, /)",
        "Return a shallow copy of the dictionary.",
        |_, a| {
            let dict = Dict::new();
            dict.table
                .replace(receiver::<Dict>(&a[0])?.table.borrow().clone());
            Ok(Value::from(dict))
        },
    ),
    NativeSpec::new(
        "get(self, key, default=None, /)",
        "Return the value for key if key is in the dictionary, else default.",
        |c, a| {
            let dict = receiver::<Dict>(&a[0])?;
            Ok(dict_get(c, dict, &a[1])?.unwrap_or_else(|| a[2].clone()))
        },
    ),
    NativeSpec::new(
        "items(self, /)",
        "A set-like view of the dictionary's items.",
        |_, a| view(a, Part::Items),
    ),
    NativeSpec::new(
        "keys(self, /)",
        "A set-like view of the dictionary's keys.",
        |_, a| view(a, Part::Keys),
    ),
    NativeSpec::new(
        "values(self, /)",
        "A view of the dictionary's values.",
        |_, a| view(a, Part::Values),
    ),
    NativeSpec::new(
        "pop(self, key, default=..., /)",
        "Remove the specified key and return the corresponding value.\n\nIf the key is not found, return the default if given; otherwise, raise a KeyError.",
        |c, a| {
            let dict = receiver::<Dict>(&a[0])?.clone();
            match dict_remove(c, &dict, &a[1])? {
                Some(value) => Ok(value),
                None if a[2].is_unbound() => Err(key_error(&a[1])),
                None => Ok(a[2].clone()),
            }
        },
    ),
    NativeSpec::new(
        "popitem(self, /)",
        "Remove and return a (key, value) pair as a 2-tuple.\n\nPairs are returned in LIFO (last-in, first-out) order. Raises KeyError if the dict is empty.",
        |_, a| {
            let last = receiver::<Dict>(&a[0])?.table.borrow_mut().pop_last();
            match last {
                Some(entry) => Ok(Value::tuple([entry.key, entry.value])),
                None => Err(Raised::new(Exc::KeyError, "popitem(): dictionary is empty")),
            }
        },
    ),
    NativeSpec::new(
        "setdefault(self, key, default=None, /)",
        "Insert key with a value of default if key is not in the dictionary.\n\nReturn the value for key if key is in the dictionary, else default.",
        |c, a| {
            let dict = receiver::<Dict>(&a[0])?.clone();
            let (hash, place) = table_find(c, &dict.table, &a[1])?;
            let mut table = dict.table.borrow_mut();
            if let Some(entry) = place.and_then(|place| table.entry(place)) {
                return Ok(entry.value.clone());
            }
            table.push(hash, a[1].clone(), a[2].clone());
            Ok(a[2].clone())
        },
    ),
    NativeSpec::new(
        "update(self, other=..., /, **more)",
        "Update the dictionary from a mapping or an iterable of pairs, and from named arguments.",
        |c, a| {
            let dict = receiver::<Dict>(&a[0])?.clone();
            update(c, &dict, &a[1])?;
            merge(c, &dict, &a[2])?;
            Ok(Value::None)
        },
    ),
];

static SPECIAL: &[NativeSpec] = &[
    NativeSpec::new(
        "__init__(self, other=..., /, **more)",
        "Initialize self.",
        |c, a| {
            let dict = receiver::<Dict>(&a[0])?.clone();
            update(c, &dict, &a[1])?;
            merge(c, &dict, &a[2])?;
            Ok(Value::None)
        },
    ),
    NativeSpec::new("__len__(self, /)", "Return len(self).", |_, a| {
        Ok(Value::from(receiver::<Dict>(&a[0])?.len()))
    }),
    NativeSpec::new(
        "__contains__(self, key, /)",
        "True if the dictionary has the specified key, else False.",
        |c, a| {
            let dict = receiver::<Dict>(&a[0])?;
            contains(c, &Value::from(dict), &a[1]).map(Value::Bool)
        },
    ),
    NativeSpec::new("__iter__(self, /)", "Implement iter(self).", |c, a| {
        protocol::iter(c, &Value::from(receiver::<Dict>(&a[0])?))
    }),
    NativeSpec::new(
        "__reversed__(self, /)",
        "Return a reverse iterator over the dict keys.",
        |_, a| {
            let left = receiver::<Dict>(&a[0])?
                .table
                .borrow()
                .iter()
                .map(|e| e.key.clone())
                .collect();
            let class = types().dict_keyiterator.clone();
            Ok(Iter::native(ListedIter { left, class }))
        },
    ),
    NativeSpec::new("__getitem__(self, key, /)", "Return self[key].", subscript),
    NativeSpec::new(
        "__setitem__(self, key, value, /)",
        "Set self[key] to value.",
        |c, a| {
            let dict = receiver::<Dict>(&a[0])?.clone();
            dict_set(c, &dict, a[1].clone(), a[2].clone())?;
            Ok(Value::None)
        },
    ),
    NativeSpec::new("__delitem__(self, key, /)", "Delete self[key].", |c, a| {
        let dict = receiver::<Dict>(&a[0])?.clone();
        match dict_remove(c, &dict, &a[1])? {
            Some(_) => Ok(Value::None),
            None => Err(key_error(&a[1])),
        }
    }),
    NativeSpec::new("__or__(self, value, /)", "Return self|value.", |c, a| {
        join(c, &a[0], &a[1])
    }),
    NativeSpec::new("__ror__(self, value, /)", "Return value|self.", |c, a| {
        join(c, &a[1], &a[0])
    }),
    NativeSpec::new("__ior__(self, value, /)", "Return self|=value.", |c, a| {
        let dict = receiver::<Dict>(&a[0])?.clone();
        update(c, &dict, &a[1])?;
        Ok(a[0].clone())
    }),
    NativeSpec::new("__repr__(self, /)", "Return repr(self).", |c, a| {
        let dict = receiver::<Dict>(&a[0])?.clone();
        show(c, &dict).map(Value::from)
    }),
];

fn make(caller: &mut dyn Caller, class: &Ref<Class>, args: Args) -> Result<Value> {
    let dict = Dict::new();
    if !class.native {
        return Ok(wrap(class, Value::from(dict)));
    }
    match args.positional {
        [] => {}
        [other] => update(caller, &dict, other)?,
        more => {
            return Err(type_error(format!(
                "dict expected at most 1 argument, got {}",
                more.len()
            )));
        }
    }
    merge(caller, &dict, &Value::from(dict_of_names(args.keywords)))?;
    Ok(Value::from(dict))
}

/// Adds the pairs of a mapping or iterable; nothing if it is unbound.
pub fn update(caller: &mut dyn Caller, dict: &Ref<Dict>, other: &Value) -> Result<()> {
    if other.is_unbound() {
        return Ok(());
    }
    let plain = other
        .get::<Dict>()
        .filter(|_| other.exact::<Dict>().is_some() || !overrides_iteration(other));
    if let Some(other) = plain {
        if other.same(dict) {
            return Ok(());
        }
        if dict.is_empty() {
            let copy = other.table.borrow().clone();
            let old = dict.table.replace(copy);
            drop(old);
            return Ok(());
        }
        return merge(caller, dict, &Value::from(other));
    }
    for (key, value) in collect_pairs(caller, other)? {
        dict_set(caller, dict, key, value)?;
    }
    Ok(())
}

/// Whether a class derived from `dict` has an iteration of its own.
fn overrides_iteration(value: &Value) -> bool {
    let native = |which: Special| {
        special(value, which).is_some_and(|m| m.exact::<crate::lang::object::Native>().is_some())
    };
    !native(Special::Iter)
}

fn merge(caller: &mut dyn Caller, dict: &Ref<Dict>, other: &Value) -> Result<()> {
    let Some(other) = other.get::<Dict>() else {
        return Ok(());
    };
    for (key, value) in other.entries() {
        dict_set(caller, dict, key, value)?;
    }
    Ok(())
}

fn join(caller: &mut dyn Caller, a: &Value, b: &Value) -> Result<Value> {
    let (Some(first), Some(_)) = (a.get::<Dict>(), b.get::<Dict>()) else {
        return Ok(Value::NotImplemented);
    };
    let dict = Dict::new();
    dict.table.replace(first.table.borrow().clone());
    merge(caller, &dict, b)?;
    Ok(Value::from(dict))
}

fn subscript(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let dict = receiver::<Dict>(&args[0])?.clone();
    if let Some(value) = dict_get(caller, &dict, &args[1])? {
        return Ok(value);
    }
    if args[0].exact::<Dict>().is_none() {
        let key = std::slice::from_ref(&args[1]);
        if let Some(value) = protocol::call_special(caller, &args[0], Special::Missing, key)? {
            return Ok(value);
        }
    }
    Err(key_error(&args[1]))
}

/// The repr of a dict.
pub fn show(caller: &mut dyn Caller, dict: &Ref<Dict>) -> Result<String> {
    let Some(_shown) = enter(&Value::from(dict)) else {
        return Ok("{...}".to_string());
    };
    let mut out = String::from("{");
    for (i, (key, value)) in dict.entries().into_iter().enumerate() {
        if i > 0 {
            out.push_str(", ");
        }
        out.push_str(&repr(caller, &key)?);
        out.push_str(": ");
        out.push_str(&repr(caller, &value)?);
    }
    out.push('}');
    Ok(out)
}

fn from_keys(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let class = args[0].exact::<Class>().cloned();
    let native = class.is_none_or(|class| class.same(&types().dict));
    let dict = if native {
        Value::from(Dict::new())
    } else {
        caller.call(&args[0], Args::default())?
    };
    for_each(caller, &args[1], |caller, key| {
        protocol::set_item(caller, &dict, &key, args[2].clone())?;
        Ok(true)
    })?;
    Ok(dict)
}

/// An iterator over a dict's part, from the first entry.
pub fn entries_iter(dict: &Ref<Dict>, part: Part) -> Value {
    Value::from(Iter::new(IterState::Dict(
        crate::lang::object::iter::DictIter::new(dict, part),
    )))
}
