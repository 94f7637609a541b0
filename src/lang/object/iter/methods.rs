//! The classes of iterators.

use super::reduce::REDUCE;
use super::{EnumerateIter, FilterIter, Iter, MapIter, ReverseIter, ZipIter};
use crate::lang::object::native::{
    ClassSpec, GENERIC, ITERATOR, NativeSpec, bind_arguments, no_keywords,
};
use crate::lang::object::protocol::{self, iter, special, truth, wrap};
use crate::lang::object::root::methods::no_instances;
use crate::lang::object::{Args, Caller, Class, Ref, Result, Special, Value, type_error};

const GROUPS: &[&[NativeSpec]] = &[&ITERATOR, &REDUCE];

const fn iterator(name: &'static str) -> ClassSpec {
    ClassSpec {
        name,
        groups: GROUPS,
        make: Some(no_instances),
        ..ClassSpec::EMPTY
    }
}

/// `list_iterator`
pub static LIST_ITERATOR: ClassSpec = iterator("list_iterator");
/// `tuple_iterator`
pub static TUPLE_ITERATOR: ClassSpec = iterator("tuple_iterator");
/// `range_iterator`
pub static RANGE_ITERATOR: ClassSpec = iterator("range_iterator");
/// `longrange_iterator`
pub static LONGRANGE_ITERATOR: ClassSpec = iterator("longrange_iterator");
/// `str_iterator`
pub static STR_ITERATOR: ClassSpec = iterator("str_iterator");
/// `bytes_iterator`
pub static BYTES_ITERATOR: ClassSpec = iterator("bytes_iterator");
/// `set_iterator`
pub static SET_ITERATOR: ClassSpec = iterator("set_iterator");
/// `dict_keyiterator`
pub static DICT_KEYITERATOR: ClassSpec = iterator("dict_keyiterator");
/// `dict_valueiterator`
pub static DICT_VALUEITERATOR: ClassSpec = iterator("dict_valueiterator");
/// `dict_itemiterator`
pub static DICT_ITEMITERATOR: ClassSpec = iterator("dict_itemiterator");
/// `callable_iterator`
pub static CALLABLE_ITERATOR: ClassSpec = iterator("callable_iterator");

/// `iterator`: over anything with `__getitem__`
pub static SEQUENCE_ITERATOR: ClassSpec = iterator("iterator");

/// `enumerate`
pub static ENUMERATE: ClassSpec = ClassSpec {
    doc: "Return an enumerate object.\n\nThe enumerate object yields pairs containing a count (from start, which defaults to zero) and a value yielded by the iterable argument.",
    class_methods: &GENERIC,
    make: Some(make_enumerate),
    ..iterator("enumerate")
};

/// `zip`
pub static ZIP: ClassSpec = ClassSpec {
    doc: "zip(*iterables, strict=False) --> Yield tuples until an input is exhausted.\n\nIf strict is true and one of the arguments is exhausted before the others, raise a ValueError.",
    make: Some(make_zip),
    ..iterator("zip")
};

/// `map`
pub static MAP: ClassSpec = ClassSpec {
    doc: "map(func, *iterables) --> map object\n\nMake an iterator that computes the function using arguments from each of the iterables. Stops when the shortest iterable is exhausted.",
    make: Some(make_map),
    ..iterator("map")
};

/// `filter`
pub static FILTER: ClassSpec = ClassSpec {
    doc: "filter(function or None, iterable) --> filter object\n\nReturn an iterator yielding those items of iterable for which function(item) is true. If function is None, return the items that are true.",
    make: Some(make_filter),
    ..iterator("filter")
};

/// `reversed`
pub static REVERSED: ClassSpec = ClassSpec {
    doc: "Return a reverse iterator over the values of the given sequence.",
    make: Some(make_reversed),
    ..iterator("reversed")
};

fn make_enumerate(caller: &mut dyn Caller, class: &Ref<Class>, args: Args) -> Result<Value> {
    if args.positional.is_empty() && args.keyword("iterable").is_none() {
        return Err(type_error(
            "enumerate() missing required argument 'iterable'",
        ));
    }
    let [iterable, start] = bind_arguments("enumerate", ["iterable", "start"], 1, args)?;
    let iterator = iter(caller, &iterable)?;
    let count = if start.is_unbound() {
        Value::Int(0)
    } else {
        protocol::as_index(caller, &start)?
    };
    Ok(wrap(class, Iter::native(EnumerateIter { iterator, count })))
}

fn make_zip(caller: &mut dyn Caller, class: &Ref<Class>, args: Args) -> Result<Value> {
    let mut strict = false;
    for (name, value) in args.keywords {
        if name.as_str() != "strict" {
            return Err(type_error(format!(
                "'{}' is an invalid keyword argument for zip()",
                name.as_str()
            )));
        }
        strict = truth(caller, value)?;
    }
    let mut iterators = Vec::with_capacity(args.positional.len());
    for iterable in args.positional {
        iterators.push(iter(caller, iterable)?);
    }
    let done = false;
    let zip = ZipIter {
        iterators,
        strict,
        done,
    };
    Ok(wrap(class, Iter::native(zip)))
}

fn make_map(caller: &mut dyn Caller, class: &Ref<Class>, args: Args) -> Result<Value> {
    no_keywords("map", args)?;
    let [function, iterables @ ..] = args.positional else {
        return Err(type_error("map() must have at least two arguments."));
    };
    if iterables.is_empty() {
        return Err(type_error("map() must have at least two arguments."));
    }
    let mut iterators = Vec::with_capacity(iterables.len());
    for iterable in iterables {
        iterators.push(iter(caller, iterable)?);
    }
    let function = function.clone();
    Ok(wrap(
        class,
        Iter::native(MapIter {
            function,
            iterators,
        }),
    ))
}

fn make_filter(caller: &mut dyn Caller, class: &Ref<Class>, args: Args) -> Result<Value> {
    no_keywords("filter", args)?;
    let [function, iterable] = args.positional else {
        return Err(type_error(format!(
            "filter expected 2 arguments, got {}",
            args.positional.len()
        )));
    };
    let iterator = iter(caller, iterable)?;
    let function = function.clone();
    Ok(wrap(class, Iter::native(FilterIter { function, iterator })))
}

fn make_reversed(caller: &mut dyn Caller, _: &Ref<Class>, args: Args) -> Result<Value> {
    no_keywords("reversed", args)?;
    let [sequence] = args.positional else {
        return Err(type_error(format!(
            "reversed expected 1 argument, got {}",
            args.positional.len()
        )));
    };
    match special(sequence, Special::Reversed) {
        Some(Value::None) => {}
        Some(_) => {
            let answer = protocol::call_special(caller, sequence, Special::Reversed, &[])?;
            return Ok(answer.unwrap_or_default());
        }
        None if special(sequence, Special::Getitem).is_some()
            && sequence.get::<crate::lang::object::Dict>().is_none() =>
        {
            let len = protocol::len(caller, sequence)?;
            return Ok(Iter::native(ReverseIter::new(sequence.clone(), len)));
        }
        None => {}
    }
    Err(type_error(format!(
        "'{}' object is not reversible",
        sequence.class_name()
    )))
}
