//! What `async def` makes: coroutines and asynchronous generators, and what awaits them step by step.

use std::cell::{Cell, OnceCell, RefCell};

use super::methods::{close, code, frame, resume, waits_for};
use super::{Generator, GeneratorKind, Outcome, Resume};
use crate::lang::object::exception::{methods::raised_from, stop_iteration};
use crate::lang::object::heap::{HeapType, Visit};
use crate::lang::object::native::{ClassSpec, GetSetSpec, NativeSpec, define_class, receiver};
use crate::lang::object::protocol::{self, bind, find_attr};
use crate::lang::object::root::methods::no_instances;
use crate::lang::object::{
    Args, Caller, Class, Exc, Kind, Raised, Ref, Result, Special, Value, intern, runtime_error,
    type_error, types,
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
fn still_there(coroutine: &Value) -> Result<()> {
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

/// What an asynchronous generator yielded, told from what it only waits for.
struct Yielded(Value);

impl HeapType for Yielded {
    const KIND: Kind = Kind::Foreign;
    const TRACED: bool = true;

    fn trace(&self, visit: &mut Visit) {
        self.0.trace(visit);
    }

    fn class(&self) -> Ref<Class> {
        types().object.clone()
    }
}

/// Marks what an asynchronous generator yields.
pub fn wrap(value: Value) -> Value {
    Value::from(Ref::new(Yielded(value)))
}

/// What is awaited step by step.
enum Way {
    /// A coroutine.
    Coroutine(Ref<Generator>),
    /// An asynchronous generator up to what it yields next.
    Generator {
        generator: Ref<Generator>,
        /// How it is resumed first.
        first: RefCell<Option<Resume>>,
        /// `aclose`
        closing: bool,
        done: Cell<bool>,
    },
    /// An iterator for which StopAsyncIteration is an ordinary end, with a value.
    Guarded { inner: Value, end: Value },
}

/// An iterator that `await` runs through.
struct Awaitable(Way);

thread_local! {
    static CLASSES: [OnceCell<Ref<Class>>; 3] = const { [const { OnceCell::new() }; 3] };
}

impl HeapType for Awaitable {
    const KIND: Kind = Kind::Foreign;
    const TRACED: bool = true;

    fn trace(&self, visit: &mut Visit) {
        match &self.0 {
            Way::Coroutine(generator) => visit(generator.as_any()),
            Way::Generator {
                generator, first, ..
            } => {
                visit(generator.as_any());
                if let Ok(first) = first.try_borrow()
                    && let Some(Resume::Send(value)) = &*first
                {
                    value.trace(visit);
                }
            }
            Way::Guarded { inner, end } => {
                inner.trace(visit);
                end.trace(visit);
            }
        }
    }

    fn class(&self) -> Ref<Class> {
        let (place, spec) = match &self.0 {
            Way::Coroutine(_) => (0, &COROUTINE_WRAPPER),
            Way::Generator { .. } => (1, &ASEND),
            Way::Guarded { .. } => (2, &ANEXT),
        };
        let define = || define_class(spec, std::slice::from_ref(&types().object), None);
        CLASSES.with(|classes| classes[place].get_or_init(define).clone())
    }
}

const fn awaitable(name: &'static str) -> ClassSpec {
    ClassSpec {
        name,
        methods: AWAITABLE,
        make: Some(no_instances),
        ..ClassSpec::EMPTY
    }
}

static COROUTINE_WRAPPER: ClassSpec = awaitable("coroutine_wrapper");
static ASEND: ClassSpec = awaitable("async_generator_asend");
static ANEXT: ClassSpec = awaitable("anext_awaitable");

static AWAITABLE: &[NativeSpec] = &[
    NativeSpec::new("__await__(self, /)", "The awaitable itself.", |_, a| {
        Ok(a[0].clone())
    }),
    NativeSpec::new("__iter__(self, /)", "Implement iter(self).", |_, a| {
        Ok(a[0].clone())
    }),
    NativeSpec::new("__next__(self, /)", "Implement next(self).", |c, a| {
        step(c, &a[0], Resume::Send(Value::None))
    }),
    NativeSpec::new("send(self, value, /)", "Send a value.", |c, a| {
        step(c, &a[0], Resume::Send(a[1].clone()))
    }),
    NativeSpec::new(
        "throw(self, type, value=None, traceback=None, /)",
        "Raise an exception.",
        |c, a| {
            let raised = raised_from(c, &a[1], &a[2])?;
            step(c, &a[0], Resume::Throw(raised))
        },
    ),
    NativeSpec::new("close(self, /)", "End it.", |c, a| {
        match &receiver::<Awaitable>(&a[0])?.clone().0 {
            Way::Coroutine(coroutine) => close(c, &[Value::from(coroutine)]),
            Way::Generator { done, .. } => {
                done.set(true);
                Ok(Value::None)
            }
            Way::Guarded { inner, .. } => match find_attr(c, inner, &intern("close"))? {
                Some(close) => c.call_positional(&close, &[]),
                None => Ok(Value::None),
            },
        }
    }),
];

impl Awaitable {
    fn of(way: Way) -> Value {
        Value::from(Ref::new(Awaitable(way)))
    }
}

fn stepping(generator: &Value, first: Resume, closing: bool) -> Result<Value> {
    Ok(Awaitable::of(Way::Generator {
        generator: receiver::<Generator>(generator)?.clone(),
        first: RefCell::new(Some(first)),
        closing,
        done: Cell::new(false),
    }))
}

fn step(caller: &mut dyn Caller, awaitable: &Value, how: Resume) -> Result<Value> {
    let awaitable = receiver::<Awaitable>(awaitable)?.clone();
    let outcome = match &awaitable.0 {
        Way::Coroutine(coroutine) => {
            still_there(&Value::from(coroutine))?;
            caller.resume(coroutine, how)?
        }
        Way::Generator {
            generator,
            first,
            closing,
            done,
        } => {
            if done.get() {
                return Err(runtime_error(
                    "cannot reuse already awaited __anext__()/asend()",
                ));
            }
            let first = first.borrow_mut().take();
            let how = match (first, how) {
                (Some(first), Resume::Send(Value::None)) => first,
                (_, how) => how,
            };
            next_of(caller, generator, how, *closing, done)?
        }
        Way::Guarded { inner, end } => match step_into(caller, inner, how) {
            Err(raised) if raised.is(Exc::StopAsyncIteration) => Outcome::Returned(end.clone()),
            other => other?,
        },
    };
    match outcome {
        Outcome::Yielded(value) => Ok(value),
        Outcome::Returned(value) => Err(stop_iteration(value)),
    }
}

/// Runs an asynchronous generator until it waits or yields.
fn next_of(
    caller: &mut dyn Caller,
    generator: &Ref<Generator>,
    how: Resume,
    closing: bool,
    done: &Cell<bool>,
) -> Result<Outcome> {
    if closing && !generator.started.get() {
        done.set(true);
        let frame = generator.take();
        drop(frame);
        return Ok(Outcome::Returned(Value::None));
    }
    match caller.resume(generator, how) {
        Ok(Outcome::Yielded(value)) => match value.exact::<Yielded>() {
            None => Ok(Outcome::Yielded(value)),
            Some(_) if closing => {
                done.set(true);
                Err(runtime_error("async generator ignored GeneratorExit"))
            }
            Some(yielded) => {
                done.set(true);
                Ok(Outcome::Returned(yielded.0.clone()))
            }
        },
        Ok(Outcome::Returned(_)) => {
            done.set(true);
            match closing {
                true => Ok(Outcome::Returned(Value::None)),
                false => Err(Raised::with_args(Exc::StopAsyncIteration, [])),
            }
        }
        Err(raised) => {
            done.set(true);
            let ended = raised.is(Exc::GeneratorExit) || raised.is(Exc::StopAsyncIteration);
            match closing && ended {
                true => Ok(Outcome::Returned(Value::None)),
                false => Err(raised),
            }
        }
    }
}

/// Resumes any iterator as `yield from` does.
fn step_into(caller: &mut dyn Caller, inner: &Value, how: Resume) -> Result<Outcome> {
    if let Some(generator) = inner.exact::<Generator>().cloned() {
        return caller.resume(&generator, how);
    }
    let answer = match how {
        Resume::Send(Value::None) => {
            protocol::call_special(caller, inner, Special::Next, &[]).map(Option::unwrap_or_default)
        }
        Resume::Send(value) => protocol::call_method(caller, inner, "send", &[value]),
        Resume::Throw(raised) => match find_attr(caller, inner, &intern("throw"))? {
            Some(throw) => caller.call_positional(&throw, &[raised.value()]),
            None => Err(raised),
        },
    };
    match answer {
        Ok(value) => Ok(Outcome::Yielded(value)),
        Err(stop) if stop.is(Exc::StopIteration) => {
            Ok(Outcome::Returned(stop.first_arg().unwrap_or(Value::None)))
        }
        Err(raised) => Err(raised),
    }
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
