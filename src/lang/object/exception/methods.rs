//! The classes of exceptions and the methods of `BaseException`.

use super::{Exc, Exception, Raised};
use crate::lang::object::class::{Make, NewClass};
use crate::lang::object::dict::Table;
use crate::lang::object::native::{ClassSpec, GetSetSpec, NativeSpec, define_class, receiver};
use crate::lang::object::protocol::{self, repr};
use crate::lang::object::{
    Args, Caller, Class, Dict, Instance, List, Ref, Result, Tuple, Value, intern, type_error,
};

pub use super::special::stored;
use super::traceback::Traceback;
pub use super::traceback::{CODE_PLACE, FRAME, TRACEBACK};
use super::{group, os, special, unicode};

/// Makes all exception classes, in the order of [`Exc::ALL`].
pub fn define(object: &Ref<Class>) -> Vec<Ref<Class>> {
    let mut classes: Vec<Ref<Class>> = Vec::with_capacity(Exc::ALL.len());
    for kind in Exc::ALL {
        let base = kind.base().map_or(object, |base| &classes[base as usize]);
        let mut bases = vec![base.clone()];
        if *kind == Exc::ExceptionGroup {
            bases.push(classes[Exc::Exception as usize].clone());
        }
        let bases = &bases[..];
        let class = match spec_of(*kind) {
            Some(spec) => define_class(spec, bases, None),
            None => plain(*kind, bases),
        };
        classes.push(class);
    }
    classes
}

fn spec_of(kind: Exc) -> Option<&'static ClassSpec> {
    Some(match kind {
        Exc::BaseException => &BASE_EXCEPTION,
        Exc::BaseExceptionGroup => &group::BASE_EXCEPTION_GROUP,
        Exc::KeyError => &special::KEY_ERROR,
        Exc::StopIteration => &special::STOP_ITERATION,
        Exc::SystemExit => &special::SYSTEM_EXIT,
        Exc::ImportError => &special::IMPORT_ERROR,
        Exc::NameError => &special::NAME_ERROR,
        Exc::AttributeError => &special::ATTRIBUTE_ERROR,
        Exc::OSError => &os::OS_ERROR,
        Exc::SyntaxError => &special::SYNTAX_ERROR,
        Exc::UnicodeDecodeError => &unicode::UNICODE_DECODE_ERROR,
        Exc::UnicodeEncodeError => &unicode::UNICODE_ENCODE_ERROR,
        _ => return None,
    })
}

fn plain(kind: Exc, bases: &[Ref<Class>]) -> Ref<Class> {
    let mut attrs = Table::default();
    attrs.set_name(&intern("__module__"), Value::from(&intern("builtins")));
    attrs.set_name(&intern("__doc__"), Value::None);
    let make: Option<Make> = None;
    let new = NewClass {
        name: intern(kind.name()),
        bases: bases.to_vec(),
        attrs,
        metaclass: None,
        make,
        native: true,
        solid: None,
    };
    Class::create(new).expect("one base always fits")
}

/// What the exception in a value holds.
pub fn data(value: &Value) -> Result<&Exception> {
    receiver::<Exception>(value).map(|exception| &**exception)
}

/// The arguments of an exception.
pub fn args_of(value: &Value) -> Result<Vec<Value>> {
    let args = data(value)?.args.borrow();
    Ok(args
        .exact::<Tuple>()
        .map_or(Vec::new(), |t| t.items.to_vec()))
}

static BASE_EXCEPTION: ClassSpec = ClassSpec {
    name: "BaseException",
    doc: "Common base class for all exceptions",
    methods: METHODS,
    attributes: ATTRIBUTES,
    make: Some(make),
    solid: true,
    ..ClassSpec::EMPTY
};

/// `BaseException.__new__`: all arguments become `args`.
pub fn make(_: &mut dyn Caller, class: &Ref<Class>, args: Args) -> Result<Value> {
    if class.native && !args.keywords.is_empty() {
        return Err(type_error(format!(
            "{}() takes no keyword arguments",
            class.name()
        )));
    }
    Ok(Raised::of_class(class, args.positional).value())
}

static METHODS: &[NativeSpec] = &[
    NativeSpec::new(
        "__init__(self, /, *args, **kwargs)",
        "Initialize self.",
        |_, a| {
            let exception = data(&a[0])?;
            if a[2].exact::<Dict>().is_some_and(|named| !named.is_empty()) {
                return Err(type_error(format!(
                    "{}() takes no keyword arguments",
                    a[0].class_name()
                )));
            }
            let old = exception.args.replace(a[1].clone());
            drop(old);
            Ok(Value::None)
        },
    ),
    NativeSpec::new("__str__(self, /)", "Return str(self).", |c, a| {
        let args = data(&a[0])?.args.borrow().clone();
        match args.exact::<Tuple>().map(|t| &t.items[..]) {
            Some([]) | None => Ok(Value::from("")),
            Some([one]) => protocol::str(c, one).map(Value::from),
            Some(_) => repr(c, &args).map(Value::from),
        }
    }),
    NativeSpec::new("__repr__(self, /)", "Return repr(self).", |c, a| {
        let args = data(&a[0])?.args.borrow().clone();
        let name = a[0].class_name();
        Ok(Value::from(
            match args.exact::<Tuple>().map(|t| &t.items[..]) {
                Some([one]) => format!("{name}({})", repr(c, one)?),
                _ => format!("{name}{}", repr(c, &args)?),
            },
        ))
    }),
    NativeSpec::new(
        "with_traceback(self, tb, /)",
        "Exception.with_traceback(tb) --\nset self.__traceback__ to tb and return self.",
        |_, a| {
            set_traceback(&a[0], &a[1])?;
            Ok(a[0].clone())
        },
    ),
    NativeSpec::new(
        "add_note(self, note, /)",
        "Exception.add_note(note) --\nadd a note to the exception",
        |_, a| {
            if a[1].as_str().is_none() {
                return Err(type_error(format!(
                    "note must be a str, not '{}'",
                    a[1].class_name()
                )));
            }
            data(&a[0])?;
            let instance = receiver_instance(&a[0])?;
            let name = intern("__notes__");
            match instance.get(&name) {
                Some(notes) => match notes.get::<List>() {
                    Some(notes) => notes.items.borrow_mut().push(a[1].clone()),
                    None => return Err(type_error("Cannot add note: __notes__ is not a list")),
                },
                None => instance.set(&name, Value::list(vec![a[1].clone()])),
            }
            Ok(Value::None)
        },
    ),
    NativeSpec::new("__reduce__(self, /)", "Helper for pickle.", |_, a| {
        let args = data(&a[0])?.args.borrow().clone();
        let state = Value::from(receiver_instance(&a[0])?.dict());
        Ok(Value::tuple([Value::from(a[0].class()), args, state]))
    }),
    NativeSpec::new(
        "__setstate__(self, state, /)",
        "Helper for pickle.",
        |c, a| {
            let instance = receiver_instance(&a[0])?.clone();
            for (name, value) in protocol::collect_pairs(c, &a[1])? {
                if let Some(name) = name.get::<crate::lang::object::Str>() {
                    instance.set(&name.interned(), value);
                }
            }
            Ok(Value::None)
        },
    ),
];

/// The instance that every exception is.
pub fn receiver_instance(value: &Value) -> Result<&Ref<Instance>> {
    match value.exact::<Instance>() {
        Some(instance) => Ok(instance),
        None => Err(type_error("an exception is wanted")),
    }
}

static ATTRIBUTES: &[GetSetSpec] = &[
    GetSetSpec::new("args", "The arguments.", |_, v| {
        Ok(data(v)?.args.borrow().clone())
    })
    .set(|c, v, args| {
        let args = Value::tuple(protocol::collect(c, &args)?);
        let old = data(v)?.args.replace(args);
        drop(old);
        Ok(())
    }),
    GetSetSpec::new(
        "__cause__",
        "The exception that is the direct cause of this one.",
        |_, v| Ok(data(v)?.cause.borrow().clone()),
    )
    .set(|_, v, cause| {
        let cause = exception_or_none(cause, "cause")?;
        let exception = data(v)?;
        exception.suppress_context.set(true);
        let old = exception.cause.replace(cause);
        drop(old);
        Ok(())
    }),
    GetSetSpec::new(
        "__context__",
        "The exception that was handled when this one was raised.",
        |_, v| Ok(data(v)?.context.borrow().clone()),
    )
    .set(|_, v, context| {
        let old = data(v)?
            .context
            .replace(exception_or_none(context, "context")?);
        drop(old);
        Ok(())
    }),
    GetSetSpec::new(
        "__suppress_context__",
        "Whether the context is not shown.",
        |_, v| Ok(Value::Bool(data(v)?.suppress_context.get())),
    )
    .set(|c, v, value| {
        let value = protocol::truth(c, &value)?;
        data(v)?.suppress_context.set(value);
        Ok(())
    }),
    GetSetSpec::new("__traceback__", "Where it was raised.", |_, v| {
        Ok(Traceback::of(data(v)?))
    })
    .set(|_, v, tb| set_traceback(v, &tb)),
];

fn exception_or_none(value: Value, what: &str) -> Result<Value> {
    if value.is_none() || value.get::<Exception>().is_some() {
        return Ok(value);
    }
    Err(type_error(format!(
        "exception {what} must be None or derive from BaseException"
    )))
}

fn set_traceback(exception: &Value, traceback: &Value) -> Result<()> {
    let exception = data(exception)?;
    if traceback.is_none() {
        exception.trace.borrow_mut().clear();
        exception.shown.replace(Value::None);
        return Ok(());
    }
    match traceback.exact::<Traceback>() {
        Some(found) => {
            exception.trace.replace(found.entries());
            exception.shown.replace(traceback.clone());
            Ok(())
        }
        None => Err(type_error("__traceback__ must be a traceback or None")),
    }
}

/// The exception that `raise what` raises: an instance, or a class to make one of with `value` as argument.
pub fn raised_from(caller: &mut dyn Caller, what: &Value, value: &Value) -> Result<Raised> {
    if let Some(raised) = Raised::from_value(what) {
        return Ok(raised);
    }
    let is_exception = |class: &Ref<Class>| {
        class.is_subclass(crate::lang::object::types().exception(Exc::BaseException))
    };
    if what.exact::<Class>().is_some_and(is_exception) {
        if let Some(raised) = Raised::from_value(value)
            && what
                .exact::<Class>()
                .is_some_and(|class| value.class().is_subclass(class))
        {
            return Ok(raised);
        }
        let args = match value.get::<Tuple>() {
            Some(tuple) => tuple.items.to_vec(),
            None if value.is_none() || value.is_unbound() => Vec::new(),
            None => vec![value.clone()],
        };
        let made = caller.call_positional(what, &args)?;
        if let Some(raised) = Raised::from_value(&made) {
            return Ok(raised);
        }
    }
    Err(type_error(format!(
        "exceptions must be classes or instances deriving from BaseException, not {}",
        what.class_name()
    )))
}
