//! The methods of `set` and `frozenset`.

use std::cell::RefCell;

use super::algebra::{self, made};
use super::{FrozenSet, Set, SetIter, SetTable};
use crate::lang::object::code::CmpOp;
use crate::lang::object::iter::Iter;
use crate::lang::object::list::methods::repr_joined;
use crate::lang::object::native::{
    ClassSpec, EQUALITY, GENERIC, HASH, NativeSpec, ORDER, no_keywords, receiver,
};
use crate::lang::object::protocol::{
    builtin_compare, enter, set_add, set_contains, set_remove, set_update, wrap,
};
use crate::lang::object::{
    Args, Caller, Class, Exc, Raised, Ref, Result, Tuple, Value, key_error, type_error,
};

/// `set`
pub static SET: ClassSpec = ClassSpec {
    name: "set",
    doc: "set() -> new empty set object\nset(iterable) -> new set object\n\nBuild an unordered collection of unique elements.",
    methods: SHARED,
    groups: &[CHANGING, OPERATORS, &EQUALITY, &ORDER],
    class_methods: &GENERIC,
    make: Some(make_set),
    solid: true,
    unhashable: true,
    ..ClassSpec::EMPTY
};

/// `frozenset`
pub static FROZENSET: ClassSpec = ClassSpec {
    name: "frozenset",
    doc: "frozenset() -> empty frozenset object\nfrozenset(iterable) -> frozenset object\n\nBuild an immutable unordered collection of unique elements.",
    methods: SHARED,
    groups: &[OPERATORS, &EQUALITY, &ORDER, &HASH],
    class_methods: &GENERIC,
    make: Some(make_frozen),
    solid: true,
    ..ClassSpec::EMPTY
};

/// The elements of the receiver.
fn table(value: &Value) -> Result<&RefCell<SetTable>> {
    match value.as_set() {
        Some(table) => Ok(table),
        None => Err(type_error("a set is wanted")),
    }
}

/// The sets and iterables that `*others` collected.
fn others(args: &[Value]) -> Result<Vec<Value>> {
    table(&args[0])?;
    Ok(receiver::<Tuple>(&args[1])?.items.to_vec())
}

fn union_of_all(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let others = others(args)?;
    let result = algebra::copy(&args[0]);
    for other in &others {
        set_update(caller, table(&result)?, other)?;
    }
    Ok(result)
}

fn intersection_of_all(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let others = others(args)?;
    if others.is_empty() {
        return Ok(algebra::copy(&args[0]));
    }
    let mut result = args[0].clone();
    for other in &others {
        result = algebra::intersection(caller, &result, other)?;
    }
    Ok(result)
}

fn difference_of_all(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let others = others(args)?;
    let Some((first, rest)) = others.split_first() else {
        return Ok(algebra::copy(&args[0]));
    };
    let result = algebra::difference(caller, &args[0], first)?;
    for other in rest {
        algebra::remove_all(caller, &result, other)?;
    }
    Ok(result)
}

static SHARED: &[NativeSpec] = &[
    NativeSpec::new(
        "copy(self, /)",
        "Return a shallow copy of a set.",
        |_, a| {
            table(&a[0])?;
            if a[0].exact::<FrozenSet>().is_some() {
                return Ok(a[0].clone());
            }
            Ok(algebra::copy(&a[0]))
        },
    ),
    NativeSpec::new(
        "union(self, /, *others)",
        "Return the union of sets as a new set.",
        union_of_all,
    ),
    NativeSpec::new(
        "intersection(self, /, *others)",
        "Return the intersection of two sets as a new set.",
        intersection_of_all,
    ),
    NativeSpec::new(
        "difference(self, /, *others)",
        "Return the difference of two or more sets as a new set.",
        difference_of_all,
    ),
    NativeSpec::new(
        "symmetric_difference(self, other, /)",
        "Return the symmetric difference of two sets as a new set.",
        |c, a| {
            table(&a[0])?;
            algebra::symmetric_difference(c, &a[0], &a[1])
        },
    ),
    NativeSpec::new(
        "isdisjoint(self, other, /)",
        "Return True if two sets have a null intersection.",
        |c, a| {
            table(&a[0])?;
            algebra::is_disjoint(c, &a[0], &a[1]).map(Value::Bool)
        },
    ),
    NativeSpec::new(
        "issubset(self, other, /)",
        "Report whether another set contains this set.",
        |c, a| {
            let other = algebra::as_set(c, &a[1])?;
            builtin_compare(c, CmpOp::Le, &a[0], &other)
        },
    ),
    NativeSpec::new(
        "issuperset(self, other, /)",
        "Report whether this set contains another set.",
        |c, a| {
            let other = algebra::as_set(c, &a[1])?;
            builtin_compare(c, CmpOp::Ge, &a[0], &other)
        },
    ),
    NativeSpec::new("__len__(self, /)", "Return len(self).", |_, a| {
        Ok(Value::from(table(&a[0])?.borrow().len()))
    }),
    NativeSpec::new(
        "__contains__(self, key, /)",
        "x.__contains__(y) <==> y in x.",
        |c, a| set_contains(c, table(&a[0])?, &a[1]).map(Value::Bool),
    ),
    NativeSpec::new("__iter__(self, /)", "Implement iter(self).", |_, a| {
        table(&a[0])?;
        Ok(Iter::native(SetIter::new(&a[0])))
    }),
    NativeSpec::new("__repr__(self, /)", "Return repr(self).", show),
];

static CHANGING: &[NativeSpec] = &[
    NativeSpec::new(
        "__init__(self, iterable=..., /)",
        "Initialize self.",
        |c, a| {
            let set = receiver::<Set>(&a[0])?.clone();
            let old = set.table.borrow_mut().take();
            drop(old);
            if !a[1].is_unbound() {
                set_update(c, &set.table, &a[1])?;
            }
            Ok(Value::None)
        },
    ),
    NativeSpec::new(
        "add(self, object, /)",
        "Add an element to a set.\n\nThis has no effect if the element is already present.",
        |c, a| {
            let set = receiver::<Set>(&a[0])?.clone();
            set_add(c, &set.table, a[1].clone())?;
            Ok(Value::None)
        },
    ),
    NativeSpec::new(
        "clear(self, /)",
        "Remove all elements from this set.",
        |_, a| {
            let old = receiver::<Set>(&a[0])?.table.borrow_mut().take();
            drop(old);
            Ok(Value::None)
        },
    ),
    NativeSpec::new(
        "discard(self, object, /)",
        "Remove an element from a set if it is a member.\n\nUnlike set.remove(), the discard() method does not raise an exception when an element is missing from the set.",
        |c, a| {
            let set = receiver::<Set>(&a[0])?.clone();
            set_remove(c, &set.table, &a[1])?;
            Ok(Value::None)
        },
    ),
    NativeSpec::new(
        "remove(self, object, /)",
        "Remove an element from a set; it must be a member.\n\nIf the element is not a member, raise a KeyError.",
        |c, a| {
            let set = receiver::<Set>(&a[0])?.clone();
            if set_remove(c, &set.table, &a[1])? {
                Ok(Value::None)
            } else {
                Err(key_error(&a[1]))
            }
        },
    ),
    NativeSpec::new(
        "pop(self, /)",
        "Remove and return an arbitrary set element.\nRaises KeyError if the set is empty.",
        |_, a| {
            let popped = receiver::<Set>(&a[0])?.table.borrow_mut().pop();
            popped.ok_or_else(|| Raised::new(Exc::KeyError, "pop from an empty set"))
        },
    ),
    NativeSpec::new(
        "update(self, /, *others)",
        "Update a set with the union of itself and others.",
        |c, a| {
            each(c, a, |c, set, other| {
                set_update(c, &receiver::<Set>(set)?.clone().table, other)
            })
        },
    ),
    NativeSpec::new(
        "intersection_update(self, /, *others)",
        "Update a set with the intersection of itself and another.",
        |c, a| each(c, a, keep_all),
    ),
    NativeSpec::new(
        "difference_update(self, /, *others)",
        "Remove all elements of another set from this set.",
        |c, a| each(c, a, algebra::remove_all),
    ),
    NativeSpec::new(
        "symmetric_difference_update(self, other, /)",
        "Update a set with the symmetric difference of itself and another.",
        |c, a| {
            receiver::<Set>(&a[0])?;
            algebra::toggle_all(c, &a[0], &a[1])?;
            Ok(Value::None)
        },
    ),
    NativeSpec::new("__ior__(self, value, /)", "Return self|=value.", |c, a| {
        in_place(c, a, |c, set, other| {
            set_update(c, &receiver::<Set>(set)?.clone().table, other)
        })
    }),
    NativeSpec::new("__iand__(self, value, /)", "Return self&=value.", |c, a| {
        in_place(c, a, keep_all)
    }),
    NativeSpec::new("__isub__(self, value, /)", "Return self-=value.", |c, a| {
        in_place(c, a, algebra::remove_all)
    }),
    NativeSpec::new("__ixor__(self, value, /)", "Return self^=value.", |c, a| {
        in_place(c, a, algebra::toggle_all)
    }),
];

type Change = fn(&mut dyn Caller, &Value, &Value) -> Result<()>;

fn each(caller: &mut dyn Caller, args: &[Value], change: Change) -> Result<Value> {
    receiver::<Set>(&args[0])?;
    let others = receiver::<Tuple>(&args[1])?.clone();
    for other in &others.items {
        change(caller, &args[0], other)?;
    }
    Ok(Value::None)
}

fn in_place(caller: &mut dyn Caller, args: &[Value], change: Change) -> Result<Value> {
    receiver::<Set>(&args[0])?;
    if args[1].as_set().is_none() {
        return Ok(Value::NotImplemented);
    }
    change(caller, &args[0], &args[1])?;
    Ok(args[0].clone())
}

fn keep_all(caller: &mut dyn Caller, set: &Value, other: &Value) -> Result<()> {
    let kept = algebra::intersection(caller, set, other)?;
    let kept = table(&kept)?.borrow_mut().take();
    let old = table(set)?.replace(kept);
    drop(old);
    Ok(())
}

macro_rules! operators {
    ($($name:literal $swapped:literal $function:path, $doc:literal;)*) => {
        &[$(
            NativeSpec::new(concat!($name, "(self, value, /)"), $doc, |c, a| both(c, &a[0], &a[1], $function)),
            NativeSpec::new(concat!($swapped, "(self, value, /)"), $doc, |c, a| both(c, &a[1], &a[0], $function)),
        )*]
    };
}

static OPERATORS: &[NativeSpec] = operators! {
    "__or__" "__ror__" algebra::union, "Return self|value.";
    "__and__" "__rand__" algebra::intersection, "Return self&value.";
    "__sub__" "__rsub__" algebra::difference, "Return self-value.";
    "__xor__" "__rxor__" algebra::symmetric_difference, "Return self^value.";
};

fn both(
    caller: &mut dyn Caller,
    a: &Value,
    b: &Value,
    operation: fn(&mut dyn Caller, &Value, &Value) -> Result<Value>,
) -> Result<Value> {
    if a.as_set().is_none() || b.as_set().is_none() {
        return Ok(Value::NotImplemented);
    }
    operation(caller, a, b)
}

fn show(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let items = table(&args[0])?.borrow().keys();
    let name = args[0].class_name();
    let exact = args[0].exact::<Set>().is_some();
    if items.is_empty() {
        return Ok(Value::from(format!("{name}()")));
    }
    let Some(_shown) = enter(&args[0]) else {
        return Ok(Value::from(format!("{name}(...)")));
    };
    let inside = repr_joined(caller, &items)?;
    Ok(Value::from(if exact {
        format!("{{{inside}}}")
    } else {
        format!("{name}({{{inside}}})")
    }))
}

fn one_iterable<'a>(name: &str, args: Args<'a>) -> Result<Option<&'a Value>> {
    if args.positional.len() > 1 {
        return Err(type_error(format!(
            "{name} expected at most 1 argument, got {}",
            args.positional.len()
        )));
    }
    Ok(args.positional.first())
}

fn make_set(caller: &mut dyn Caller, class: &Ref<Class>, args: Args) -> Result<Value> {
    let set = Ref::new(Set::default());
    if !class.native {
        return Ok(wrap(class, Value::from(set)));
    }
    no_keywords("set", args)?;
    if let Some(iterable) = one_iterable("set", args)? {
        set_update(caller, &set.table, iterable)?;
    }
    Ok(Value::from(set))
}

fn make_frozen(caller: &mut dyn Caller, class: &Ref<Class>, args: Args) -> Result<Value> {
    if class.native {
        no_keywords("frozenset", args)?;
    }
    let iterable = one_iterable("frozenset", args)?;
    if let Some(same) = iterable.filter(|v| class.native && v.exact::<FrozenSet>().is_some()) {
        return Ok(same.clone());
    }
    let table = RefCell::new(SetTable::default());
    if let Some(iterable) = iterable {
        set_update(caller, &table, iterable)?;
    }
    let like = Value::from(Ref::new(FrozenSet::default()));
    Ok(wrap(class, made(&like, table.into_inner())))
}
