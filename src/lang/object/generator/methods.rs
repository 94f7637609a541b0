//! The methods of `generator`.

use super::{Generator, Outcome, Resume};
use crate::lang::object::code::{Frame, Op};
use crate::lang::object::exception::{FrameObject, methods::raised_from, stop_iteration};
use crate::lang::object::native::{ClassSpec, GetSetSpec, NativeSpec, receiver};
use crate::lang::object::root::methods::no_instances;
use crate::lang::object::{
    Caller, Exc, Name, Raised, Result, Str, Value, runtime_error, type_error,
};

fn name_of(value: &Value, attribute: &str) -> Result<Name> {
    match value.get::<Str>() {
        Some(text) => Ok(text.interned()),
        None => Err(type_error(format!(
            "{attribute} must be set to a string object"
        ))),
    }
}

/// `generator`
pub static GENERATOR: ClassSpec = ClassSpec {
    name: "generator",
    methods: METHODS,
    attributes: &[
        GetSetSpec::new("__name__", "The name.", |_, v| {
            Ok(Value::from(&*receiver::<Generator>(v)?.name.borrow()))
        })
        .set(|_, v, value| {
            let name = name_of(&value, "__name__")?;
            receiver::<Generator>(v)?.name.replace(name);
            Ok(())
        }),
        GetSetSpec::new("__qualname__", "The qualified name.", |_, v| {
            Ok(Value::from(&*receiver::<Generator>(v)?.qualname.borrow()))
        })
        .set(|_, v, value| {
            let name = name_of(&value, "__qualname__")?;
            receiver::<Generator>(v)?.qualname.replace(name);
            Ok(())
        }),
        GetSetSpec::new("gi_running", "Whether it is running.", |_, v| {
            Ok(Value::Bool(receiver::<Generator>(v)?.running.get()))
        }),
        GetSetSpec::new("gi_code", "The compiled body.", code),
        GetSetSpec::new("gi_frame", "The frame; None at the end.", frame),
        GetSetSpec::new("gi_yieldfrom", "What `yield from` waits for.", waits_for),
        GetSetSpec::new("gi_suspended", "Whether it waits at a yield.", |_, v| {
            let generator = receiver::<Generator>(v)?;
            Ok(Value::Bool(
                generator.started.get() && generator.is_suspended(),
            ))
        }),
    ],
    make: Some(no_instances),
    ..ClassSpec::EMPTY
};

static METHODS: &[NativeSpec] = &[
    NativeSpec::new("__iter__(self, /)", "Implement iter(self).", |_, a| {
        receiver::<Generator>(&a[0])?;
        Ok(a[0].clone())
    }),
    NativeSpec::new("__next__(self, /)", "Implement next(self).", |c, a| {
        resume(c, &a[0], Resume::Send(Value::None))
    }),
    NativeSpec::new(
        "send(self, value, /)",
        "send(arg) -> send 'arg' into generator,\nreturn next yielded value or raise StopIteration.",
        |c, a| resume(c, &a[0], Resume::Send(a[1].clone())),
    ),
    NativeSpec::new(
        "throw(self, type, value=None, traceback=None, /)",
        "Raise exception in generator, return next yielded value or raise StopIteration.",
        |c, a| {
            if Raised::from_value(&a[1]).is_some() && !a[2].is_none() {
                return Err(type_error(
                    "instance exception may not have a separate value",
                ));
            }
            let raised = raised_from(c, &a[1], &a[2])?;
            resume(c, &a[0], Resume::Throw(raised))
        },
    ),
    NativeSpec::new(
        "close(self, /)",
        "close() -> raise GeneratorExit inside generator.",
        close,
    ),
    NativeSpec::new("__repr__(self, /)", "Return repr(self).", |_, a| {
        let generator = receiver::<Generator>(&a[0])?;
        Ok(Value::from(format!(
            "<generator object {} at {:#x}>",
            generator.qualname.borrow(),
            generator.address()
        )))
    }),
];

/// The compiled body, while it is not at its end.
pub(super) fn code(_: &mut dyn Caller, value: &Value) -> Result<Value> {
    let generator = receiver::<Generator>(value)?;
    let code = |frame: Option<&Frame>| frame.map(|frame| Value::from(&*frame.code));
    Ok(generator.with_frame(code).unwrap_or(Value::None))
}

/// The frame while it is suspended.
pub(super) fn frame(_: &mut dyn Caller, value: &Value) -> Result<Value> {
    let generator = receiver::<Generator>(value)?;
    let shown = |frame: Option<&Frame>| frame.map(FrameObject::suspended);
    Ok(generator.with_frame(shown).unwrap_or(Value::None))
}

/// What a `yield from` or `await` waits for.
pub(super) fn waits_for(_: &mut dyn Caller, value: &Value) -> Result<Value> {
    let generator = receiver::<Generator>(value)?;
    let waits_for = generator.with_frame(|frame| {
        let frame = frame?;
        let at = frame.pc.checked_sub(1)?;
        match (generator.started.get(), frame.code.ops.get(at)) {
            (true, Some(Op::YieldFrom { iter, .. })) => frame.regs.get(usize::from(*iter)).cloned(),
            _ => None,
        }
    });
    Ok(waits_for.unwrap_or(Value::None))
}

pub(super) fn resume(caller: &mut dyn Caller, generator: &Value, how: Resume) -> Result<Value> {
    let generator = receiver::<Generator>(generator)?.clone();
    match caller.resume(&generator, how)? {
        Outcome::Yielded(value) => Ok(value),
        Outcome::Returned(value) => Err(stop_iteration(value)),
    }
}

pub(super) fn close(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let generator = receiver::<Generator>(&args[0])?.clone();
    if !generator.started.get() {
        let frame = generator.take();
        drop(frame);
        return Ok(Value::None);
    }
    let exit = Raised::with_args(Exc::GeneratorExit, []);
    match caller.resume(&generator, Resume::Throw(exit)) {
        Ok(Outcome::Yielded(_)) => Err(runtime_error(format!(
            "{} ignored GeneratorExit",
            generator.kind.name()
        ))),
        Ok(Outcome::Returned(_)) => Ok(Value::None),
        Err(raised) if raised.is(Exc::GeneratorExit) || raised.is(Exc::StopIteration) => {
            Ok(Value::None)
        }
        Err(raised) => Err(raised),
    }
}
