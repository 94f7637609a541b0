//! The methods of `list`.

use super::List;
use super::items::{assign, delete, subscript};
use super::sort::sort;
use crate::lang::object::code::BinOp;
use crate::lang::object::iter::{Iter, IterState, ReverseIter, SequenceIter};
use crate::lang::object::native::{
    ClassSpec, EQUALITY, GENERIC, NativeSpec, ORDER, bind_arguments, clamped_arg, no_keywords,
    receiver, size_arg,
};
use crate::lang::object::protocol::{
    self, clamp_index, collect, contains, enter, identical_or_equal, repr, wrap,
};
use crate::lang::object::{
    Args, Caller, Class, Ref, Result, Tuple, Value, index_error, memory_error, overflow_error,
    type_error, value_error,
};

/// `list`
pub static LIST: ClassSpec = ClassSpec {
    name: "list",
    doc: "Built-in mutable sequence.\n\nIf no argument is given, the constructor creates a new empty list.\nThe argument must be an iterable if specified.",
    methods: METHODS,
    groups: &[SPECIAL, &EQUALITY, &ORDER],
    class_methods: &GENERIC,
    make: Some(make),
    solid: true,
    unhashable: true,
    ..ClassSpec::EMPTY
};

static METHODS: &[NativeSpec] = &[
    NativeSpec::new(
        "append(self, object, /)",
        "Append object to the end of the list.",
        append,
    ),
    NativeSpec::new("clear(self, /)", "Remove all items from list.", |_, a| {
        let old = receiver::<List>(&a[0])?.items.take();
        drop(old);
        Ok(Value::None)
    }),
    NativeSpec::new(
        "copy(self, /)",
        "Return a shallow copy of the list.",
        |_, a| {
            let items = receiver::<List>(&a[0])?.items.borrow().clone();
            Ok(Value::list(items))
        },
    ),
    NativeSpec::new(
        "count(self, value, /)",
        "Return number of occurrences of value.",
        count,
    ),
    NativeSpec::new(
        "extend(self, iterable, /)",
        "Extend list by appending elements from the iterable.",
        extend,
    ),
    NativeSpec::new(
        "index(self, value, start=0, stop=9223372036854775807, /)",
        "Return first index of value.\n\nRaises ValueError if the value is not present.",
        index,
    ),
    NativeSpec::new(
        "insert(self, index, object, /)",
        "Insert object before index.",
        insert,
    ),
    NativeSpec::new(
        "pop(self, index=-1, /)",
        "Remove and return item at index (default last).\n\nRaises IndexError if list is empty or index is out of range.",
        pop,
    ),
    NativeSpec::new(
        "remove(self, value, /)",
        "Remove first occurrence of value.\n\nRaises ValueError if the value is not present.",
        remove,
    ),
    NativeSpec::new("reverse(self, /)", "Reverse *IN PLACE*.", |_, a| {
        receiver::<List>(&a[0])?.items.borrow_mut().reverse();
        Ok(Value::None)
    }),
    NativeSpec::new(
        "sort(self, /, *, key=None, reverse=False)",
        "Sort the list in ascending order and return None.\n\nThe sort is in-place and stable. If a key function is given, apply it once to each list item and sort them by its values. The reverse flag can be set to sort in descending order.",
        sort_in_place,
    ),
];

static SPECIAL: &[NativeSpec] = &[
    NativeSpec::new("__init__(self, iterable=..., /)", "Initialize self.", init),
    NativeSpec::new("__len__(self, /)", "Return len(self).", |_, a| {
        Ok(Value::from(receiver::<List>(&a[0])?.items.borrow().len()))
    }),
    NativeSpec::new(
        "__contains__(self, key, /)",
        "Return key in self.",
        |c, a| {
            let list = receiver::<List>(&a[0])?;
            contains(c, &Value::from(list), &a[1]).map(Value::Bool)
        },
    ),
    NativeSpec::new("__iter__(self, /)", "Implement iter(self).", |_, a| {
        let sequence = Value::from(receiver::<List>(&a[0])?);
        Ok(Value::from(Iter::new(IterState::Sequence(SequenceIter {
            sequence,
            next: 0,
        }))))
    }),
    NativeSpec::new(
        "__reversed__(self, /)",
        "Return a reverse iterator over the list.",
        |_, a| {
            let list = receiver::<List>(&a[0])?;
            Ok(Iter::native(ReverseIter::new(
                Value::from(list),
                list.items.borrow().len(),
            )))
        },
    ),
    NativeSpec::new(
        "__getitem__(self, index, /)",
        "Return self[index].",
        |c, a| subscript(c, receiver::<List>(&a[0])?, &a[1]),
    ),
    NativeSpec::new(
        "__setitem__(self, key, value, /)",
        "Set self[key] to value.",
        |c, a| assign(c, receiver::<List>(&a[0])?, &a[1], &a[2]).map(|()| Value::None),
    ),
    NativeSpec::new("__delitem__(self, key, /)", "Delete self[key].", |c, a| {
        delete(c, receiver::<List>(&a[0])?, &a[1]).map(|()| Value::None)
    }),
    NativeSpec::new("__add__(self, value, /)", "Return self+value.", add),
    NativeSpec::new(
        "__iadd__(self, value, /)",
        "Implement self+=value.",
        |c, a| {
            extend(c, a)?;
            Ok(a[0].clone())
        },
    ),
    NativeSpec::new("__mul__(self, value, /)", "Return self*value.", repeat),
    NativeSpec::new("__rmul__(self, value, /)", "Return value*self.", repeat),
    NativeSpec::new(
        "__imul__(self, value, /)",
        "Implement self*=value.",
        repeat_in_place,
    ),
    NativeSpec::new("__repr__(self, /)", "Return repr(self).", |c, a| {
        let list = receiver::<List>(&a[0])?.clone();
        let Some(_shown) = enter(&Value::from(&list)) else {
            return Ok(Value::from("[...]"));
        };
        let items = list.items.borrow().clone();
        Ok(Value::from(format!("[{}]", repr_joined(c, &items)?)))
    }),
];

/// The reprs of elements with commas between them.
pub fn repr_joined(caller: &mut dyn Caller, items: &[Value]) -> Result<String> {
    let mut out = String::new();
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            out.push_str(", ");
        }
        out.push_str(&repr(caller, item)?);
    }
    Ok(out)
}

fn make(caller: &mut dyn Caller, class: &Ref<Class>, args: Args) -> Result<Value> {
    if !class.native {
        return Ok(wrap(class, Value::list(Vec::new())));
    }
    no_keywords("list", args)?;
    let [iterable] = bind_arguments("list", ["iterable"], 0, args).map_err(|_| {
        type_error(format!(
            "list expected at most 1 argument, got {}",
            args.positional.len()
        ))
    })?;
    if iterable.is_unbound() {
        return Ok(Value::list(Vec::new()));
    }
    Ok(Value::list(protocol::listed(caller, &iterable)?))
}

fn init(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let list = receiver::<List>(&args[0])?.clone();
    let items = if args[1].is_unbound() {
        Vec::new()
    } else {
        protocol::listed(caller, &args[1])?
    };
    let old = list.items.replace(items);
    drop(old);
    Ok(Value::None)
}

fn append(_: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    receiver::<List>(&args[0])?
        .items
        .borrow_mut()
        .push(args[1].clone());
    Ok(Value::None)
}

fn extend(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let list = receiver::<List>(&args[0])?.clone();
    if args[1].exact::<List>().is_some() || args[1].exact::<Tuple>().is_some() {
        let items = collect(caller, &args[1])?;
        list.items.borrow_mut().extend(items);
        return Ok(Value::None);
    }
    protocol::for_each(caller, &args[1], |_, item| {
        list.items.borrow_mut().push(item);
        Ok(true)
    })?;
    Ok(Value::None)
}

fn count(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let list = receiver::<List>(&args[0])?.clone();
    let (mut count, mut i) = (0, 0);
    while let Some(item) = at(&list, i) {
        count += i64::from(identical_or_equal(caller, &item, &args[1])?);
        i += 1;
    }
    Ok(Value::Int(count))
}

fn at(list: &List, i: usize) -> Option<Value> {
    list.items.borrow().get(i).cloned()
}

fn index(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let list = receiver::<List>(&args[0])?.clone();
    let len = list.items.borrow().len();
    let from_end = |i: i64| {
        if i < 0 {
            i.saturating_add(len as i64).max(0)
        } else {
            i
        }
    };
    let start = from_end(clamped_arg(caller, &args[2])?);
    let stop = from_end(clamped_arg(caller, &args[3])?);
    let mut i = start;
    while i < stop {
        let Some(item) = at(&list, i as usize) else {
            break;
        };
        if identical_or_equal(caller, &item, &args[1])? {
            return Ok(Value::Int(i));
        }
        i += 1;
    }
    Err(value_error(format!(
        "{} is not in list",
        repr(caller, &args[1])?
    )))
}

fn insert(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let index = size_arg(caller, &args[1])?;
    let list = receiver::<List>(&args[0])?;
    let mut items = list.items.borrow_mut();
    let len = items.len() as i64;
    let place = if index < 0 { index + len } else { index }.clamp(0, len);
    items.insert(place as usize, args[2].clone());
    Ok(Value::None)
}

fn pop(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let index = size_arg(caller, &args[1])?;
    let list = receiver::<List>(&args[0])?;
    let mut items = list.items.borrow_mut();
    if items.is_empty() {
        return Err(index_error("pop from empty list"));
    }
    if index == -1 {
        return Ok(items.pop().unwrap_or_default());
    }
    match clamp_index(index, items.len()) {
        Some(place) => Ok(items.remove(place)),
        None => Err(index_error("pop index out of range")),
    }
}

fn remove(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let list = receiver::<List>(&args[0])?.clone();
    let mut i = 0;
    while let Some(item) = at(&list, i) {
        if identical_or_equal(caller, &item, &args[1])? {
            let mut items = list.items.borrow_mut();
            let old = (i < items.len()).then(|| items.remove(i));
            drop(items);
            drop(old);
            return Ok(Value::None);
        }
        i += 1;
    }
    Err(value_error("list.remove(x): x not in list"))
}

fn sort_in_place(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let list = receiver::<List>(&args[0])?.clone();
    let reverse = protocol::as_index(caller, &args[2])?;
    let reverse = protocol::truth(caller, &reverse)?;
    let mut items = list.items.take();
    let sorted = sort(caller, &mut items, &args[1], reverse);
    let modified = !list.items.borrow().is_empty();
    let old = list.items.replace(items);
    drop(old);
    sorted?;
    if modified {
        return Err(value_error("list modified during sort"));
    }
    Ok(Value::None)
}

fn add(_: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let list = receiver::<List>(&args[0])?;
    let Some(other) = args[1].get::<List>() else {
        return Err(protocol::unsupported(BinOp::Add, &args[0], &args[1]));
    };
    let (a, b) = (list.items.borrow(), other.items.borrow());
    let mut items = Vec::with_capacity(a.len() + b.len());
    items.extend(a.iter().cloned());
    items.extend(b.iter().cloned());
    Ok(Value::list(items))
}

/// How often a sequence is repeated; nothing where the factor is no integer.
pub fn repetitions(caller: &mut dyn Caller, value: &Value) -> Result<Option<usize>> {
    let is_index =
        value.is_int() || protocol::special(value, crate::lang::object::Special::Index).is_some();
    if !is_index {
        return Ok(None);
    }
    let count = protocol::as_index(caller, value)?
        .as_int()
        .ok_or_else(|| overflow_error("cannot fit 'int' into an index-sized integer"))?;
    Ok(Some(usize::try_from(count).unwrap_or(0)))
}

/// Elements repeated; MemoryError beyond what any memory holds.
pub fn repeated<T: Clone>(items: &[T], count: usize) -> Result<Vec<T>> {
    let total = items.len().checked_mul(count);
    let fits = total.is_some_and(|total| total.saturating_mul(size_of::<T>()) < 1 << 40);
    if !fits {
        return Err(memory_error(""));
    }
    let mut out = Vec::new();
    if out.try_reserve_exact(items.len() * count).is_err() {
        return Err(memory_error(""));
    }
    for _ in 0..count {
        out.extend_from_slice(items);
    }
    Ok(out)
}

fn repeat(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let list = receiver::<List>(&args[0])?.clone();
    match repetitions(caller, &args[1])? {
        Some(count) => Ok(Value::list(repeated(&list.items.borrow(), count)?)),
        None => Ok(Value::NotImplemented),
    }
}

fn repeat_in_place(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let list = receiver::<List>(&args[0])?.clone();
    let Some(count) = repetitions(caller, &args[1])? else {
        return Ok(Value::NotImplemented);
    };
    let items = repeated(&list.items.borrow(), count)?;
    let old = list.items.replace(items);
    drop(old);
    Ok(args[0].clone())
}
