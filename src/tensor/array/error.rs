//! The error of the tensor wing: a kind that maps to a Python exception, and PyTorch's own words.

use std::any::Any;
use std::fmt;

/// Which Python exception an error becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// `RuntimeError`
    Runtime,
    /// `IndexError`
    Index,
    /// `ValueError`
    Value,
    /// `TypeError`
    Type,
    /// `NotImplementedError`
    NotImplemented,
    /// `AttributeError`
    Attribute,
    /// `KeyError`
    Key,
    /// `AssertionError`
    Assertion,
    /// `ZeroDivisionError`
    ZeroDivision,
    /// `OverflowError`
    Overflow,
    /// `torch.linalg.LinAlgError`
    LinAlg,
    /// `NotImplementedError`: a kernel does not know the dtype; the op may be tried in another one.
    Refused,
    /// Raised by a callback from outside the wing; the payload carries it through.
    Foreign,
}

struct Detail {
    kind: ErrorKind,
    message: String,
    payload: Option<Box<dyn Any>>,
}

/// What went wrong, one pointer wide.
pub struct Error(Box<Detail>);

/// The result of anything in this wing that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error of any kind.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Error {
        Error(Box::new(Detail {
            kind,
            message: message.into(),
            payload: None,
        }))
    }

    /// A `RuntimeError`.
    pub fn runtime(message: impl Into<String>) -> Error {
        Error::new(ErrorKind::Runtime, message)
    }

    /// An `IndexError`.
    pub fn index(message: impl Into<String>) -> Error {
        Error::new(ErrorKind::Index, message)
    }

    /// A `ValueError`.
    pub fn value(message: impl Into<String>) -> Error {
        Error::new(ErrorKind::Value, message)
    }

    /// A `TypeError`.
    pub fn type_(message: impl Into<String>) -> Error {
        Error::new(ErrorKind::Type, message)
    }

    /// A `NotImplementedError`.
    pub fn not_implemented(message: impl Into<String>) -> Error {
        Error::new(ErrorKind::NotImplemented, message)
    }

    /// An exception of the caller's own, raised inside a hook; [`Error::into_payload`] gives it back.
    pub fn foreign(message: impl Into<String>, payload: Box<dyn Any>) -> Error {
        Error(Box::new(Detail {
            kind: ErrorKind::Foreign,
            message: message.into(),
            payload: Some(payload),
        }))
    }

    /// Which exception this is.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// PyTorch's wording.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// What [`Error::foreign`] was given.
    pub fn into_payload(self) -> Option<Box<dyn Any>> {
        self.0.payload
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.0.kind, self.0.message)
    }
}

impl std::error::Error for Error {}

/// Returns early with a `RuntimeError`, or with the error of the named kind: `bail!("...")`, `bail!(Index, "...")`.
macro_rules! bail {
    ($kind:ident, $($text:tt)+) => {
        return Err($crate::tensor::array::Error::new($crate::tensor::array::ErrorKind::$kind, format!($($text)+)))
    };
    ($($text:tt)+) => {
        return Err($crate::tensor::array::Error::runtime(format!($($text)+)))
    };
}
pub(crate) use bail;

/// What a kernel says to a dtype that it is not compiled for.
#[cold]
pub fn refused(dtype: super::DType) -> Error {
    let name = dtype.scalar_name();
    Error::new(ErrorKind::Refused, format!("not implemented for '{name}'"))
}

/// [`bail!`] unless the condition holds.
macro_rules! ensure {
    ($condition:expr, $($rest:tt)+) => {{
        let holds: bool = $condition;
        if !holds {
            $crate::tensor::array::error::bail!($($rest)+)
        }
    }};
}
pub(crate) use ensure;
