//! The views of dicts: `keys`, `values`, `items`.

use super::methods::entries_iter;
use super::{DictView, Part};
use crate::lang::object::code::CmpOp;
use crate::lang::object::iter::{Iter, ListedIter};
use crate::lang::object::native::{ClassSpec, GetSetSpec, NativeSpec, receiver};
use crate::lang::object::protocol::{
    self, collect, dict_get, enter, identical_or_equal, repr, set_update,
};
use crate::lang::object::root::MappingProxy;
use crate::lang::object::root::methods::no_instances;
use crate::lang::object::set::{Set, algebra};
use crate::lang::object::{Caller, Ref, Result, Tuple, Value, types};

/// `dict_keys`
pub static DICT_KEYS: ClassSpec = ClassSpec {
    name: "dict_keys",
    methods: METHODS,
    groups: &[SET_LIKE],
    attributes: MAPPING,
    make: Some(no_instances),
    ..ClassSpec::EMPTY
};

/// `dict_values`
pub static DICT_VALUES: ClassSpec = ClassSpec {
    name: "dict_values",
    methods: METHODS,
    attributes: MAPPING,
    make: Some(no_instances),
    ..ClassSpec::EMPTY
};

/// `dict_items`
pub static DICT_ITEMS: ClassSpec = ClassSpec {
    name: "dict_items",
    methods: METHODS,
    groups: &[SET_LIKE],
    attributes: MAPPING,
    make: Some(no_instances),
    ..ClassSpec::EMPTY
};

static MAPPING: &[GetSetSpec] = &[GetSetSpec::new(
    "mapping",
    "The dictionary that this view refers to.",
    |_, v| {
        Ok(MappingProxy::over(Value::from(
            &receiver::<DictView>(v)?.dict,
        )))
    },
)];

static METHODS: &[NativeSpec] = &[
    NativeSpec::new("__len__(self, /)", "Return len(self).", |_, a| {
        Ok(Value::from(receiver::<DictView>(&a[0])?.dict.len()))
    }),
    NativeSpec::new("__iter__(self, /)", "Implement iter(self).", |_, a| {
        let view = receiver::<DictView>(&a[0])?;
        Ok(entries_iter(&view.dict, view.part))
    }),
    NativeSpec::new(
        "__contains__(self, key, /)",
        "Return key in self.",
        |c, a| {
            let view = receiver::<DictView>(&a[0])?.clone();
            has(c, &view, &a[1]).map(Value::Bool)
        },
    ),
    NativeSpec::new(
        "__reversed__(self, /)",
        "Return a reverse iterator over the view.",
        |c, a| {
            let view = receiver::<DictView>(&a[0])?.clone();
            let left = collect(c, &entries_iter(&view.dict, view.part))?;
            let class = match view.part {
                Part::Keys => types().dict_keyiterator.clone(),
                Part::Values => types().dict_valueiterator.clone(),
                Part::Items => types().dict_itemiterator.clone(),
            };
            Ok(Iter::native(ListedIter { left, class }))
        },
    ),
    NativeSpec::new("__repr__(self, /)", "Return repr(self).", |c, a| {
        let view = receiver::<DictView>(&a[0])?.clone();
        let name = a[0].class_name();
        let Some(_shown) = enter(&a[0]) else {
            return Ok(Value::from("..."));
        };
        let items = Value::list(collect(c, &entries_iter(&view.dict, view.part))?);
        Ok(Value::from(format!("{name}({})", repr(c, &items)?)))
    }),
];

fn has(caller: &mut dyn Caller, view: &DictView, item: &Value) -> Result<bool> {
    match view.part {
        Part::Keys => Ok(dict_get(caller, &view.dict, item)?.is_some()),
        Part::Values => {
            for (_, value) in view.dict.entries() {
                if identical_or_equal(caller, &value, item)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        Part::Items => {
            let Some([key, value]) = item.get::<Tuple>().map(|t| &t.items[..]) else {
                return Ok(false);
            };
            match dict_get(caller, &view.dict, key)? {
                Some(found) => identical_or_equal(caller, &found, value),
                None => Ok(false),
            }
        }
    }
}

/// Keys and items behave like sets.
static SET_LIKE: &[NativeSpec] = &[
    NativeSpec::new("__and__(self, value, /)", "Return self&value.", |c, a| {
        let set = as_set(c, &a[0])?;
        algebra::intersection(c, &set, &a[1])
    }),
    NativeSpec::new("__rand__(self, value, /)", "Return value&self.", |c, a| {
        let set = as_set(c, &a[0])?;
        algebra::intersection(c, &set, &a[1])
    }),
    NativeSpec::new("__or__(self, value, /)", "Return self|value.", |c, a| {
        union(c, &a[0], &a[1])
    }),
    NativeSpec::new("__ror__(self, value, /)", "Return value|self.", |c, a| {
        union(c, &a[1], &a[0])
    }),
    NativeSpec::new("__sub__(self, value, /)", "Return self-value.", |c, a| {
        let set = as_set(c, &a[0])?;
        algebra::difference(c, &set, &a[1])
    }),
    NativeSpec::new("__rsub__(self, value, /)", "Return value-self.", |c, a| {
        let set = as_set(c, &a[1])?;
        algebra::difference(c, &set, &a[0])
    }),
    NativeSpec::new("__xor__(self, value, /)", "Return self^value.", |c, a| {
        let set = as_set(c, &a[0])?;
        algebra::symmetric_difference(c, &set, &a[1])
    }),
    NativeSpec::new("__rxor__(self, value, /)", "Return value^self.", |c, a| {
        let set = as_set(c, &a[1])?;
        algebra::symmetric_difference(c, &set, &a[0])
    }),
    NativeSpec::new(
        "isdisjoint(self, other, /)",
        "Return True if the view and the given iterable have a null intersection.",
        |c, a| {
            let view = receiver::<DictView>(&a[0])?.clone();
            for item in collect(c, &a[1])? {
                if has(c, &view, &item)? {
                    return Ok(Value::Bool(false));
                }
            }
            Ok(Value::Bool(true))
        },
    ),
    NativeSpec::new("__eq__(self, value, /)", "Return self==value.", |c, a| {
        compared(c, CmpOp::Eq, a)
    }),
    NativeSpec::new("__ne__(self, value, /)", "Return self!=value.", |c, a| {
        compared(c, CmpOp::Ne, a)
    }),
    NativeSpec::new("__le__(self, value, /)", "Return self<=value.", |c, a| {
        compared(c, CmpOp::Le, a)
    }),
    NativeSpec::new("__lt__(self, value, /)", "Return self<value.", |c, a| {
        compared(c, CmpOp::Lt, a)
    }),
    NativeSpec::new("__ge__(self, value, /)", "Return self>=value.", |c, a| {
        compared(c, CmpOp::Ge, a)
    }),
    NativeSpec::new("__gt__(self, value, /)", "Return self>value.", |c, a| {
        compared(c, CmpOp::Gt, a)
    }),
];

/// The elements of any iterable as a new set.
fn as_set(caller: &mut dyn Caller, value: &Value) -> Result<Value> {
    let set = Ref::new(Set::default());
    set_update(caller, &set.table, value)?;
    Ok(Value::from(set))
}

fn union(caller: &mut dyn Caller, a: &Value, b: &Value) -> Result<Value> {
    let set = Ref::new(Set::default());
    set_update(caller, &set.table, a)?;
    set_update(caller, &set.table, b)?;
    Ok(Value::from(set))
}

/// Compares a view with a set or another view.
pub fn compared(caller: &mut dyn Caller, op: CmpOp, args: &[Value]) -> Result<Value> {
    let is_set_like = |value: &Value| {
        value.as_set().is_some()
            || value
                .get::<DictView>()
                .is_some_and(|view| view.part != Part::Values)
    };
    if !is_set_like(&args[1]) {
        return Ok(Value::NotImplemented);
    }
    let (a, b) = (collect(caller, &args[0])?, collect(caller, &args[1])?);
    let mut within = |items: &[Value], container: &Value| -> Result<bool> {
        for item in items {
            if !protocol::contains(caller, container, item)? {
                return Ok(false);
            }
        }
        Ok(true)
    };
    Ok(Value::Bool(match op {
        CmpOp::Eq => a.len() == b.len() && within(&a, &args[1])?,
        CmpOp::Ne => a.len() != b.len() || !within(&a, &args[1])?,
        CmpOp::Le => a.len() <= b.len() && within(&a, &args[1])?,
        CmpOp::Lt => a.len() < b.len() && within(&a, &args[1])?,
        CmpOp::Ge => a.len() >= b.len() && within(&b, &args[0])?,
        CmpOp::Gt => a.len() > b.len() && within(&b, &args[0])?,
        _ => return Ok(Value::NotImplemented),
    }))
}
