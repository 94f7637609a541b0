//! What `async def` makes: coroutines and asynchronous generators.

use super::awaitable::{Awaitable, Way, stepping};
use super::methods::{close, code, frame, resume, waits_for};
use super::{Generator, GeneratorKind, Resume};
use crate::lang::object::exception::methods::raised_from;
use crate::lang::object::native::{ClassSpec, GetSetSpec, NativeSpec, receiver};
use crate::lang::object::protocol::{self, bind};
use crate::lang::object::root::methods::no_instances;
use crate::lang::object::{
    Args, Caller, Exc, Kind, Raised, Result, Special, Value, intern, runtime_error, type_error,
};

/// `coroutine`
pub static COROUTINE: ClassSpec = ClassSpec {
    name: "coroutine",
    methods: &[
        NativeSpec::new(
            "send(self, value, /)",
            "send(arg) -> send 'arg' into coroutine,\nreturn next yielded value or raise StopIteration.",
            |c, a| {
                still_there(&a[0])?;
                resume(c, &a[0], Resume::Send(a[1].clone()))
            },
        ),
        NativeSpec::new(
            "throw(self, type, value=None, traceback=None, /)",
            "Raise exception in coroutine, return next yielded value or raise StopIteration.",
            |c, a| {
                let raised = raised_from(c, &a[1], &a[2])?;
                still_there(&a[0])?;
                resume(c, &a[0], Resume::Throw(raised))
            },
        ),
        NativeSpec::new(
            "close(self, /)",
            "close() -> raise GeneratorExit inside coroutine.",
            close,
        ),
        NativeSpec::new(
            "__await__(self, /)",
            "Return an iterator to be used in await expression.",
            |_, a| {
                let coroutine = receiver::<Generator>(&a[0])?.clone();
                Ok(Awaitable::of(Way::Coroutine(coroutine)))
            },
        ),
        REPR,
    ],
    attributes: &[
        NAME,
        QUALNAME,
        GetSetSpec::new("cr_running", "Whether it is running.", running),
        GetSetSpec::new("cr_code", "The compiled body.", code),
        GetSetSpec::new("cr_frame", "The frame; None at the end.", frame),
        GetSetSpec::new("cr_await", "What it waits for.", waits_for),
        GetSetSpec::new("cr_suspended", "Whether it waits at an await.", suspended),
        GetSetSpec::new("cr_origin", "Nothing: it is not kept.", |_, _| {
            Ok(Value::None)
        }),
    ],
    make: Some(no_instances),
    ..ClassSpec::EMPTY
};

/// `async_generator`
pub static ASYNC_GENERATOR: ClassSpec = ClassSpec {
    name: "async_generator",
    methods: &[
        NativeSpec::new("__aiter__(self, /)", "The generator itself.", |_, a| {
            Ok(a[0].clone())
        }),
        NativeSpec::new("__anext__(self, /)", "Await the next element.", |_, a| {
            stepping(&a[0], Resume::Send(Value::None), false)
        }),
        NativeSpec::new(
            "asend(self, value, /)",
            "asend(v) -> send 'v' in generator.",
            |_, a| stepping(&a[0], Resume::Send(a[1].clone()), false),
        ),
        NativeSpec::new(
            "athrow(self, type, value=None, traceback=None, /)",
            "athrow(typ[,val[,tb]]) -> raise exception in generator.",
            |c, a| {
                let raised = raised_from(c, &a[1], &a[2])?;
                stepping(&a[0], Resume::Throw(raised), false)
            },
        ),
        NativeSpec::new(
            "aclose(self, /)",
            "aclose() -> raise GeneratorExit inside generator.",
            |_, a| {
                let exit = Raised::with_args(Exc::GeneratorExit, []);
                stepping(&a[0], Resume::Throw(exit), true)
            },
        ),
        REPR,
    ],
    attributes: &[
        NAME,
        QUALNAME,
        GetSetSpec::new("ag_running", "Whether it is running.", running),
        GetSetSpec::new("ag_code", "The compiled body.", code),
        GetSetSpec::new("ag_frame", "The frame; None at the end.", frame),
        GetSetSpec::new("ag_await", "What it waits for.", waits_for),
    ],
    make: Some(no_instances),
    ..ClassSpec::EMPTY
};

const NAME: GetSetSpec = GetSetSpec::new("__name__", "The name.", |_, v| {
    Ok(Value::from(&*receiver::<Generator>(v)?.name.borrow()))
});

const QUALNAME: GetSetSpec = GetSetSpec::new("__qualname__", "The qualified name.", |_, v| {
    Ok(Value::from(&*receiver::<Generator>(v)?.qualname.borrow()))
});

const REPR: NativeSpec = NativeSpec::new("__repr__(self, /)", "Return repr(self).", |_, a| {
    let generator = receiver::<Generator>(&a[0])?;
    Ok(Value::from(format!(
        "<{} object {} at {:#x}>",
        a[0].class_name(),
        generator.qualname.borrow(),
        generator.address()
    )))
});

/// Refuses to go on with a coroutine that has come to its end.
pub(super) fn still_there(coroutine: &Value) -> Result<()> {
    let coroutine = receiver::<Generator>(coroutine)?;
    match !coroutine.is_suspended() && !coroutine.running.get() {
        true => Err(runtime_error("cannot reuse already awaited coroutine")),
        false => Ok(()),
    }
}

fn suspended(_: &mut dyn Caller, value: &Value) -> Result<Value> {
    let coroutine = receiver::<Generator>(value)?;
    let waits = coroutine.started.get() && coroutine.is_suspended();
    Ok(Value::Bool(waits))
}

fn running(_: &mut dyn Caller, value: &Value) -> Result<Value> {
    Ok(Value::Bool(receiver::<Generator>(value)?.running.get()))
}

/// Calls a special method of a value's class; nothing where it has none.
pub fn call_on_class(
    caller: &mut dyn Caller,
    value: &Value,
    name: &str,
    args: &[Value],
) -> Result<Option<Value>> {
    let class = value.class();
    let Some(method) = class.lookup(&intern(name)).filter(|found| !found.is_none()) else {
        return Ok(None);
    };
    let bound = bind(caller, &method, value, &class)?;
    caller.call(&bound, Args::positional(args)).map(Some)
}

/// The iterator that `await value` runs through.
pub fn await_iterator(caller: &mut dyn Caller, value: &Value) -> Result<Value> {
    if let Some(coroutine) = value.exact::<Generator>()
        && coroutine.kind == GeneratorKind::Coroutine
    {
        if !coroutine.is_suspended() {
            return Err(runtime_error(match coroutine.running.get() {
                true => "coroutine is being awaited already",
                false => "cannot reuse already awaited coroutine",
            }));
        }
        return Ok(value.clone());
    }
    let Some(iterator) = call_on_class(caller, value, "__await__", &[])? else {
        return Err(type_error(format!(
            "object {} can't be used in 'await' expression",
            value.class_name()
        )));
    };
    let of_coroutine = iterator
        .exact::<Generator>()
        .is_some_and(|generator| generator.kind == GeneratorKind::Coroutine);
    if of_coroutine {
        return Err(type_error("__await__() returned a coroutine"));
    }
    let is_iterator = matches!(iterator.kind(), Some(Kind::Iter | Kind::Generator))
        || protocol::special(&iterator, Special::Next).is_some();
    match is_iterator {
        true => Ok(iterator),
        false => Err(type_error(format!(
            "__await__() returned non-iterator of type '{}'",
            iterator.class_name()
        ))),
    }
}

/// An awaitable for the next element of an asynchronous iterator; at its end, for another value.
pub fn next_or(caller: &mut dyn Caller, iterator: &Value, end: Value) -> Result<Value> {
    let Some(step) = call_on_class(caller, iterator, "__anext__", &[])? else {
        return Err(type_error(format!(
            "'async for' requires an iterator with __anext__ method, got {}",
            iterator.class_name()
        )));
    };
    let inner = match await_iterator(caller, &step) {
        Ok(inner) => inner,
        Err(cause) if cause.is(Exc::TypeError) => {
            let error = type_error(format!(
                "'async for' received an invalid object from __anext__: {}",
                step.class_name()
            ));
            error.data().cause.replace(cause.value());
            return Err(error);
        }
        Err(raised) => return Err(raised),
    };
    Ok(Awaitable::of(Way::Guarded { inner, end }))
}
