//! Errors of the tensor wing as exceptions, and exceptions on their way through the tensor wing.

use super::hints::hint;
use crate::lang::object::exception::exception_class;
use crate::lang::object::{Class, Exc, Raised, Ref, Result, Value};
use crate::tensor::array::{self, Error, ErrorKind};

/// Which exception an error becomes.
fn exception(kind: ErrorKind) -> Exc {
    match kind {
        ErrorKind::Runtime | ErrorKind::Foreign | ErrorKind::LinAlg => Exc::RuntimeError,
        ErrorKind::Index => Exc::IndexError,
        ErrorKind::Value => Exc::ValueError,
        ErrorKind::Type => Exc::TypeError,
        ErrorKind::NotImplemented | ErrorKind::Refused => Exc::NotImplementedError,
        ErrorKind::Attribute => Exc::AttributeError,
        ErrorKind::Key => Exc::KeyError,
        ErrorKind::Assertion => Exc::AssertionError,
        ErrorKind::ZeroDivision => Exc::ZeroDivisionError,
        ErrorKind::Overflow => Exc::OverflowError,
    }
}

/// `torch.linalg.LinAlgError`
pub(super) fn lin_alg_error() -> Ref<Class> {
    thread_local! {
        static CLASS: std::cell::OnceCell<Ref<Class>> = const { std::cell::OnceCell::new() };
    }
    let make = || exception_class("torch._C", "_LinAlgError", Exc::RuntimeError);
    CLASS.with(|class| class.get_or_init(make).clone())
}

/// An error as the exception that PyTorch raises.
#[cold]
pub(super) fn raised(error: Error) -> Raised {
    let (kind, message) = (exception(error.kind()), error.message().to_string());
    if error.kind() == ErrorKind::LinAlg {
        return Raised::of_class(&lin_alg_error(), [Value::str(message)]);
    }
    match error.into_payload().map(|p| p.downcast::<Raised>()) {
        Some(Ok(raised)) => *raised,
        _ => match hint(&message) {
            Some(help) => Raised::new(kind, message).with_help(help),
            None => Raised::new(kind, message),
        },
    }
}

/// An exception as an error that carries it through the tensor wing.
#[cold]
pub(super) fn carried(raised: Raised) -> Error {
    Error::foreign("an exception in a callback", Box::new(raised))
}

/// Results of the tensor wing as results of the language.
pub(super) trait OrRaise<T> {
    /// The value, or the exception.
    fn or_raise(self) -> Result<T>;
}

impl<T> OrRaise<T> for array::Result<T> {
    #[inline]
    fn or_raise(self) -> Result<T> {
        self.map_err(raised)
    }
}
