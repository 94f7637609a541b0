//! Exceptions: the built-in classes, what an exception object holds, and the error type of everything that can raise.

mod class;
pub mod group;
mod kinds;
pub mod methods;
mod os;
mod report;
mod special;
mod traceback;
mod unicode;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

pub use class::{exception_class, exception_class_of};
pub use kinds::Exc;
pub use os::{os_error_class, system_error};
pub use report::{plain_report, report};
pub use traceback::{FrameObject, Traceback};

use super::heap::{HeapType, Kind, Ref, Visit};
use super::instance::Instance;
use super::{Class, Name, Tuple, Value, intern, types};
use crate::base::source::Source;
use crate::base::span::Span;

/// What can raise a script exception.
pub type Result<T = Value> = std::result::Result<T, Raised>;

/// A raised exception: an instance of a class that derives from `BaseException`.
#[derive(Clone)]
pub struct Raised(pub Ref<Instance>);

/// What an exception instance holds besides its attributes.
pub struct Exception {
    /// `args`
    pub args: RefCell<Value>,
    /// `__cause__`
    pub cause: RefCell<Value>,
    /// `__context__`
    pub context: RefCell<Value>,
    /// `__suppress_context__`
    pub suppress_context: Cell<bool>,
    /// The frames passed while it was raised, innermost first.
    pub trace: RefCell<Vec<TraceEntry>>,
    /// `__traceback__` as it was last looked at.
    pub shown: RefCell<Value>,
    /// What may help, shown after the exception.
    pub help: RefCell<Option<String>>,
    /// The name that may have been meant, shown after the message.
    pub near: RefCell<Option<String>>,
    /// For a SyntaxError: where.
    pub place: RefCell<Option<(Rc<Source>, Span)>>,
}

/// One line of a traceback.
#[derive(Clone)]
pub struct TraceEntry {
    /// The file.
    pub source: Rc<Source>,
    /// The part of the source that was running.
    pub span: Span,
    /// The function's name.
    pub function: Name,
}

impl Exception {
    /// What a new exception with these arguments holds.
    pub fn new(args: Value) -> Exception {
        Exception {
            args: RefCell::new(args),
            cause: RefCell::new(Value::None),
            context: RefCell::new(Value::None),
            suppress_context: Cell::new(false),
            trace: RefCell::default(),
            shown: RefCell::new(Value::None),
            help: RefCell::default(),
            near: RefCell::default(),
            place: RefCell::default(),
        }
    }
}

impl HeapType for Exception {
    const KIND: Kind = Kind::Exception;
    const TRACED: bool = true;

    fn trace(&self, visit: &mut Visit) {
        for part in [&self.args, &self.cause, &self.context, &self.shown] {
            if let Ok(value) = part.try_borrow() {
                value.trace(visit);
            }
        }
    }

    fn clear(&self) {
        drop((
            self.args.replace(Value::tuple([])),
            self.cause.take(),
            self.context.take(),
            self.shown.take(),
        ));
    }

    fn class(&self) -> Ref<Class> {
        types().exception(Exc::BaseException).clone()
    }
}

impl Raised {
    /// An exception of a built-in class with a message.
    #[cold]
    pub fn new(kind: Exc, message: impl Into<String>) -> Raised {
        Raised::with_args(kind, [Value::str(message)])
    }

    /// An exception of a built-in class with arguments.
    #[cold]
    pub fn with_args(kind: Exc, args: impl Into<Box<[Value]>>) -> Raised {
        Raised::of_class(types().exception(kind), args)
    }

    /// An exception of any class that derives from `BaseException`, without running its `__init__`.
    pub fn of_class(class: &Ref<Class>, args: impl Into<Box<[Value]>>) -> Raised {
        let payload = Value::from(Ref::new(Exception::new(Value::tuple(args))));
        Raised(Instance::with_payload(class, payload))
    }

    /// The exception in a value, if it is one.
    pub fn from_value(value: &Value) -> Option<Raised> {
        let instance = value.exact::<Instance>()?;
        instance.payload.exact::<Exception>()?;
        Some(Raised(instance.clone()))
    }

    /// The exception as a value.
    pub fn value(&self) -> Value {
        Value::from(&self.0)
    }

    /// What the exception holds.
    pub fn data(&self) -> &Exception {
        self.0
            .payload
            .exact::<Exception>()
            .expect("a raised instance holds an exception")
    }

    /// Whether it is an instance of a built-in exception class.
    pub fn is(&self, kind: Exc) -> bool {
        self.0.class().is_subclass(types().exception(kind))
    }

    /// The first argument, if there is one.
    pub fn first_arg(&self) -> Option<Value> {
        self.data()
            .args
            .borrow()
            .exact::<Tuple>()
            .and_then(|args| args.items.first().cloned())
    }

    /// Adds a line to its traceback.
    pub fn add_trace(&self, source: &Rc<Source>, span: Span, function: &Name) {
        let entry = TraceEntry {
            source: source.clone(),
            span,
            function: function.clone(),
        };
        self.data().trace.borrow_mut().push(entry);
    }

    /// The same with a help line.
    pub fn with_help(self, help: impl Into<String>) -> Raised {
        self.data().help.replace(Some(help.into()));
        self
    }

    /// The same with the name that may have been meant.
    pub fn with_near(self, near: Option<&str>) -> Raised {
        self.data().near.replace(near.map(str::to_string));
        self
    }

    /// The same with an attribute, such as the `name` of a NameError.
    pub fn with_attr(self, name: &str, value: Value) -> Raised {
        self.0.set(&intern(name), value);
        self
    }
}

impl std::fmt::Debug for Raised {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{}({:?})",
            self.0.class().name().as_str(),
            self.first_arg()
        )
    }
}

macro_rules! shorthands {
    ($($function:ident $kind:ident,)*) => {
        $(
            #[doc = concat!("A ", stringify!($kind), " with a message.")]
            #[cold]
            pub fn $function(message: impl Into<String>) -> Raised {
                Raised::new(Exc::$kind, message)
            }
        )*
    };
}

shorthands! {
    attribute_error AttributeError,
    index_error IndexError,
    memory_error MemoryError,
    name_error NameError,
    not_implemented_error NotImplementedError,
    os_error OSError,
    overflow_error OverflowError,
    recursion_error RecursionError,
    runtime_error RuntimeError,
    type_error TypeError,
    value_error ValueError,
    zero_division_error ZeroDivisionError,
}

/// A KeyError for a key.
#[cold]
pub fn key_error(key: &Value) -> Raised {
    Raised::with_args(Exc::KeyError, [key.clone()])
}

/// A StopIteration with a value; without arguments for None.
#[cold]
pub fn stop_iteration(value: Value) -> Raised {
    match value {
        Value::None | Value::Unbound => Raised::with_args(Exc::StopIteration, []),
        value => Raised::with_args(Exc::StopIteration, [value]),
    }
}
