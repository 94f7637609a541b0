//! `aiter` and `anext`, and the functions of hidden names that the syntax tree of `async`, `await` and `except*` calls.

use crate::lang::object::caller::Session;
use crate::lang::object::exception::group;
use crate::lang::object::generator::asynchronous::{await_iterator, call_on_class, next_or};
use crate::lang::object::generator::awaitable::wrap;
use crate::lang::object::protocol::{bind, get_attr};
use crate::lang::object::{
    Args, Caller, Exc, Instance, NativeSpec, Result, Value, intern, type_error, types,
};

pub(super) static FUNCTIONS: &[NativeSpec] = &[
    NativeSpec::new(
        "aiter(async_iterable, /)",
        "Return an AsyncIterator for an AsyncIterable object.",
        |c, a| match call_on_class(c, &a[0], "__aiter__", &[])? {
            Some(iterator) => Ok(iterator),
            None => Err(type_error(format!(
                "'{}' object is not an async iterable",
                a[0].class_name()
            ))),
        },
    ),
    NativeSpec::new(
        "anext(async_iterator, default=..., /)",
        "Return the next item from the async iterator.\n\nIf default is given and the async iterator is exhausted, it is returned instead of raising StopAsyncIteration.",
        |c, a| {
            if a[0].class().lookup(&intern("__anext__")).is_none() {
                return Err(type_error(format!(
                    "'{}' object is not an async iterator",
                    a[0].class_name()
                )));
            }
            if !a[1].is_unbound() {
                return next_or(c, &a[0], a[1].clone());
            }
            Ok(call_on_class(c, &a[0], "__anext__", &[])?.unwrap_or_default())
        },
    ),
    NativeSpec::new(".group(exception, /)", "How `except*` begins.", |_, a| {
        group::begin(&a[0])
    }),
    NativeSpec::new(
        ".clause(state, classes, /)",
        "What a clause of `except*` is for.",
        |c, a| group::clause(c, &a[0], &a[1]),
    ),
    NativeSpec::new(
        ".note(state, matching, raised, /)",
        "Keeps what a clause of `except*` raised.",
        |_, a| group::note(&a[0], &a[1], &a[2]).map(|()| Value::None),
    ),
    NativeSpec::new(".finish(state, /)", "What `except*` raises.", |c, a| {
        group::finish(c, &a[0])
    }),
    NativeSpec::new(".wrap(value, /)", "Marks what is yielded.", |_, a| {
        Ok(wrap(a[0].clone()))
    }),
    NativeSpec::new(".await(value, /)", "What `await` runs through.", |c, a| {
        await_iterator(c, &a[0])
    }),
    NativeSpec::new(".aiter(value, /)", "What `async for` runs over.", aiter),
    NativeSpec::new(
        ".anext(iterator, /)",
        "The next element to await, or the mark of the end.",
        |c, a| {
            let end = c.session().builtins.get_str(".end").unwrap_or_default();
            next_or(c, &a[0], end)
        },
    ),
    NativeSpec::new(
        ".aenter(manager, /)",
        "What `async with` awaits at first.",
        |c, a| match call_on_class(c, &a[0], "__aenter__", &[])? {
            Some(value) => Ok(value),
            None => Err(no_manager(&a[0])),
        },
    ),
    NativeSpec::new(
        ".aexit(manager, /)",
        "The method that ends `async with`.",
        |c, a| {
            let class = a[0].class();
            let has = |name: &str| class.lookup(&intern(name));
            if has("__aenter__").is_none() {
                return Err(no_manager(&a[0]));
            }
            match has("__aexit__") {
                Some(method) => bind(c, &method, &a[0], &class),
                None => Err(type_error(format!(
                    "'{}' object does not support the asynchronous context manager protocol (missed __aexit__ method)",
                    a[0].class_name()
                ))),
            }
        },
    ),
    NativeSpec::new(
        ".exit(method, exception, /)",
        "What `async with` awaits in the end.",
        |c, a| {
            if a[1].is_none() {
                return c.call(&a[0], Args::positional(&[const { Value::None }; 3]));
            }
            let traceback = get_attr(c, &a[1], &intern("__traceback__"))?;
            let args = [Value::from(a[1].class()), a[1].clone(), traceback];
            c.call(&a[0], Args::positional(&args))
        },
    ),
];

fn no_manager(manager: &Value) -> crate::lang::object::Raised {
    type_error(format!(
        "'{}' object does not support the asynchronous context manager protocol",
        manager.class_name()
    ))
}

fn aiter(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let Some(iterator) = call_on_class(caller, &args[0], "__aiter__", &[])? else {
        return Err(type_error(format!(
            "'async for' requires an object with __aiter__ method, got {}",
            args[0].class_name()
        )));
    };
    if iterator.class().lookup(&intern("__anext__")).is_none() {
        return Err(type_error(format!(
            "'async for' received an object from __aiter__ that does not implement __anext__: {}",
            iterator.class_name()
        )));
    }
    Ok(iterator)
}

/// Adds the values of hidden names.
pub(super) fn install(session: &Session) {
    let end = Instance::new(&types().object);
    session.builtins.set_str(".end", Value::from(end));
    let base = types().exception(Exc::BaseException);
    session
        .builtins
        .set_str(".BaseException", Value::from(base));
}
