//! What awaits coroutines and asynchronous generators step by step.

use std::cell::{Cell, OnceCell, RefCell};

use super::asynchronous::still_there;
use super::methods::close;
use super::{Generator, Outcome, Resume};
use crate::lang::object::exception::{methods::raised_from, stop_iteration};
use crate::lang::object::heap::{HeapType, Visit};
use crate::lang::object::native::{ClassSpec, NativeSpec, define_class, receiver};
use crate::lang::object::protocol::{self, find_attr};
use crate::lang::object::root::methods::no_instances;
use crate::lang::object::{
    Caller, Class, Exc, Kind, Raised, Ref, Result, Special, Value, intern, runtime_error, types,
};

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
pub(super) enum Way {
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
pub(super) struct Awaitable(Way);

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

pub(super) const fn awaitable(name: &'static str) -> ClassSpec {
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
    pub(super) fn of(way: Way) -> Value {
        Value::from(Ref::new(Awaitable(way)))
    }
}

pub(super) fn stepping(generator: &Value, first: Resume, closing: bool) -> Result<Value> {
    Ok(Awaitable::of(Way::Generator {
        generator: receiver::<Generator>(generator)?.clone(),
        first: RefCell::new(Some(first)),
        closing,
        done: Cell::new(false),
    }))
}

pub(super) fn step(caller: &mut dyn Caller, awaitable: &Value, how: Resume) -> Result<Value> {
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
