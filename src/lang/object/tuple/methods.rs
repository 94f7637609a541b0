//! The methods of `tuple`.

use super::Tuple;
use crate::lang::object::code::BinOp;
use crate::lang::object::iter::{Iter, IterState, SequenceIter};
use crate::lang::object::list::items::{index_of, picked};
use crate::lang::object::list::methods::{repeated, repetitions, repr_joined};
use crate::lang::object::native::{
    ClassSpec, EQUALITY, GENERIC, HASH, NativeSpec, ORDER, bind_arguments, clamped_arg,
    no_keywords, receiver,
};
use crate::lang::object::protocol::{
    self, clamp_index, contains, enter, identical_or_equal, slice_bounds, wrap,
};
use crate::lang::object::{
    Args, Caller, Class, Ref, Result, Slice, Value, index_error, type_error, value_error,
};

/// `tuple`
pub static TUPLE: ClassSpec = ClassSpec {
    name: "tuple",
    doc: "Built-in immutable sequence.\n\nIf no argument is given, the constructor returns an empty tuple.\nIf iterable is specified the tuple is initialized from iterable's items.\n\nIf the argument is a tuple, the return value is the same object.",
    methods: METHODS,
    groups: &[&EQUALITY, &ORDER, &HASH],
    class_methods: &GENERIC,
    make: Some(make),
    solid: true,
    ..ClassSpec::EMPTY
};

static METHODS: &[NativeSpec] = &[
    NativeSpec::new(
        "count(self, value, /)",
        "Return number of occurrences of value.",
        count,
    ),
    NativeSpec::new(
        "index(self, value, start=0, stop=9223372036854775807, /)",
        "Return first index of value.\n\nRaises ValueError if the value is not present.",
        index,
    ),
    NativeSpec::new("__len__(self, /)", "Return len(self).", |_, a| {
        Ok(Value::from(receiver::<Tuple>(&a[0])?.items.len()))
    }),
    NativeSpec::new(
        "__contains__(self, key, /)",
        "Return key in self.",
        |c, a| {
            let tuple = receiver::<Tuple>(&a[0])?;
            contains(c, &Value::from(tuple), &a[1]).map(Value::Bool)
        },
    ),
    NativeSpec::new("__iter__(self, /)", "Implement iter(self).", |_, a| {
        let sequence = Value::from(receiver::<Tuple>(&a[0])?);
        Ok(Value::from(Iter::new(IterState::Sequence(SequenceIter {
            sequence,
            next: 0,
        }))))
    }),
    NativeSpec::new("__getitem__(self, key, /)", "Return self[key].", subscript),
    NativeSpec::new("__add__(self, value, /)", "Return self+value.", add),
    NativeSpec::new("__mul__(self, value, /)", "Return self*value.", repeat),
    NativeSpec::new("__rmul__(self, value, /)", "Return value*self.", repeat),
    NativeSpec::new(
        "__getnewargs__(self, /)",
        "The arguments that make a copy.",
        |_, a| Ok(Value::tuple([Value::from(receiver::<Tuple>(&a[0])?)])),
    ),
    NativeSpec::new("__repr__(self, /)", "Return repr(self).", |c, a| {
        let tuple = receiver::<Tuple>(&a[0])?.clone();
        let Some(_shown) = enter(&Value::from(&tuple)) else {
            return Ok(Value::from("(...)"));
        };
        let comma = if tuple.items.len() == 1 { "," } else { "" };
        Ok(Value::from(format!(
            "({}{comma})",
            repr_joined(c, &tuple.items)?
        )))
    }),
];

fn make(caller: &mut dyn Caller, class: &Ref<Class>, args: Args) -> Result<Value> {
    if class.native {
        no_keywords("tuple", args)?;
    }
    let positional = Args::positional(args.positional);
    let [iterable] = bind_arguments("tuple", ["iterable"], 0, positional).map_err(|_| {
        type_error(format!(
            "tuple expected at most 1 argument, got {}",
            args.positional.len()
        ))
    })?;
    if class.native && iterable.exact::<Tuple>().is_some() {
        return Ok(iterable);
    }
    let items = if iterable.is_unbound() {
        Vec::new()
    } else {
        protocol::listed(caller, &iterable)?
    };
    Ok(wrap(class, Value::tuple(items)))
}

fn count(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let tuple = receiver::<Tuple>(&args[0])?.clone();
    let mut count = 0;
    for item in &tuple.items {
        count += i64::from(identical_or_equal(caller, item, &args[1])?);
    }
    Ok(Value::Int(count))
}

fn index(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let tuple = receiver::<Tuple>(&args[0])?.clone();
    let len = tuple.items.len() as i64;
    let from_end = |i: i64| {
        if i < 0 {
            i.saturating_add(len).max(0)
        } else {
            i.min(len)
        }
    };
    let start = from_end(clamped_arg(caller, &args[2])?) as usize;
    let stop = from_end(clamped_arg(caller, &args[3])?) as usize;
    for (i, item) in tuple.items.iter().enumerate().take(stop).skip(start) {
        if identical_or_equal(caller, item, &args[1])? {
            return Ok(Value::from(i));
        }
    }
    Err(value_error("tuple.index(x): x not in tuple"))
}

fn subscript(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let tuple = receiver::<Tuple>(&args[0])?.clone();
    if let Some(slice) = args[1].exact::<Slice>() {
        let bounds = slice_bounds(caller, slice, tuple.items.len())?;
        if bounds.count == tuple.items.len()
            && bounds.step == 1
            && args[0].exact::<Tuple>().is_some()
        {
            return Ok(args[0].clone());
        }
        return Ok(Value::tuple(picked(&tuple.items, bounds)));
    }
    let index = index_of(caller, &args[1], "tuple")?;
    clamp_index(index, tuple.items.len())
        .map(|place| tuple.items[place].clone())
        .ok_or_else(|| index_error("tuple index out of range"))
}

fn add(_: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let tuple = receiver::<Tuple>(&args[0])?;
    let Some(other) = args[1].get::<Tuple>() else {
        return Err(protocol::unsupported(BinOp::Add, &args[0], &args[1]));
    };
    let items: Vec<Value> = tuple.items.iter().chain(&other.items).cloned().collect();
    Ok(Value::tuple(items))
}

fn repeat(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let tuple = receiver::<Tuple>(&args[0])?.clone();
    match repetitions(caller, &args[1])? {
        Some(count) => Ok(Value::tuple(repeated(&tuple.items, count)?)),
        None => Ok(Value::NotImplemented),
    }
}
