//! `open`, and the file object.

use std::cell::{Cell, OnceCell, RefCell};
use std::os::fd::{AsRawFd, FromRawFd};
use std::path::Path;

use super::buffer::{Buffer, Shared};
use super::methods::{BINARY_RANDOM, BINARY_READER, BINARY_WRITER, TEXT_FILE};
use super::mode::Mode;
use crate::lang::object::bytes::bytes_of;
use crate::lang::object::exception::{os_error_class, system_error};
use crate::lang::object::heap::HeapType;
use crate::lang::object::native::{ClassSpec, define_class};
use crate::lang::object::protocol::{call_special, truth};
use crate::lang::object::str::codec::Encoding;
use crate::lang::object::{
    Caller, Class, Kind, NativeSpec, Raised, Ref, Result, Special, Value, type_error, types,
    value_error,
};

pub(crate) static FUNCTIONS: &[NativeSpec] = &[NativeSpec::new(
    "open(file, mode='r', buffering=-1, encoding=None, errors=None, newline=None, closefd=True, opener=None)",
    "Open file and return a stream.  Raise OSError upon failure.\n\nmode is 'r' (read, the default), 'w' (write, truncating first), 'x' (create exclusively) or 'a' (append), with 'b' for binary and '+' for updating.",
    open,
)];

/// How text is read and written.
#[derive(Clone, Debug)]
pub(super) struct TextMode {
    pub(super) encoding: Encoding,
    pub(super) encoding_name: String,
    pub(super) errors: String,
    pub(super) newline: Option<String>,
}

/// A file object.
pub(super) struct FileObject {
    /// The open file; nothing after it was closed.
    pub(super) shared: Shared,
    pub(super) name: Value,
    pub(super) mode: Mode,
    pub(super) mode_text: String,
    /// `None` for a binary file.
    pub(super) text: Option<TextMode>,
    /// Text of an encoding that cannot be read line by line: decoded beforehand, as UTF-8.
    pub(super) decoded: RefCell<Option<(Vec<u8>, usize)>>,
    /// Whether a text file was asked for its next line, so that `tell` is refused.
    pub(super) iterating: Cell<bool>,
}

thread_local! {
    static CLASSES: OnceCell<[Ref<Class>; 4]> = const { OnceCell::new() };
}

impl HeapType for FileObject {
    const KIND: Kind = Kind::Foreign;
    const TRACED: bool = false;

    fn class(&self) -> Ref<Class> {
        let which = match (&self.text, self.mode.readable(), self.mode.writable()) {
            (Some(_), ..) => 0,
            (None, true, true) => 3,
            (None, true, false) => 1,
            _ => 2,
        };
        CLASSES.with(|classes| {
            let define = |spec: &'static ClassSpec| {
                define_class(spec, std::slice::from_ref(&types().object), None)
            };
            let all = || [&TEXT_FILE, &BINARY_READER, &BINARY_WRITER, &BINARY_RANDOM].map(define);
            classes.get_or_init(all)[which].clone()
        })
    }
}

fn text_or_none(value: &Value, name: &str) -> Result<Option<String>> {
    match value.as_str() {
        Some(text) => Ok(Some(text.to_string())),
        None if value.is_none() => Ok(None),
        None => Err(type_error(format!(
            "open() argument '{name}' must be str or None, not {}",
            value.class_name()
        ))),
    }
}

fn open(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let Some(mode_text) = args[1].as_str() else {
        return Err(type_error(format!(
            "open() argument 'mode' must be str, not {}",
            args[1].class_name()
        )));
    };
    let mode = Mode::parse(mode_text)?;
    let text = text_mode(mode, args)?;
    let line_by_line = args[2].as_int() == Some(1);
    if args[2].as_int() == Some(0) && !mode.binary {
        return Err(value_error("can't have unbuffered text I/O"));
    }
    let mut name = args[0].clone();
    let shared = match args[0].as_int() {
        Some(descriptor) => Buffer::share(of_descriptor(descriptor, truth(caller, &args[6])?)?),
        None => {
            let path = path_text(caller, &args[0])?;
            if bytes_of(&name).is_none() {
                name = Value::str(path.as_str());
            }
            let opened = mode.options().open(Path::new(&path));
            let file = opened.map_err(|error| system_error(&error, Some(name.clone())))?;
            if file.metadata().is_ok_and(|meta| meta.is_dir()) {
                return Err(is_directory(&name));
            }
            Buffer::share(file)
        }
    };
    if let Some(buffer) = shared.borrow_mut().as_mut() {
        buffer.line_by_line = line_by_line;
    }
    Ok(Value::from(Ref::new(FileObject {
        shared,
        name,
        mode,
        mode_text: mode_text.to_string(),
        text,
        decoded: RefCell::default(),
        iterating: Cell::new(false),
    })))
}

fn text_mode(mode: Mode, args: &[Value]) -> Result<Option<TextMode>> {
    let encoding = text_or_none(&args[3], "encoding")?;
    let errors = text_or_none(&args[4], "errors")?;
    let newline = text_or_none(&args[5], "newline")?;
    if mode.binary {
        return match (encoding, errors, newline) {
            (Some(_), ..) => Err(value_error("binary mode doesn't take an encoding argument")),
            (_, Some(_), _) => Err(value_error("binary mode doesn't take an errors argument")),
            (.., Some(_)) => Err(value_error("binary mode doesn't take a newline argument")),
            _ => Ok(None),
        };
    }
    if let Some(newline) = newline
        .as_deref()
        .filter(|n| !matches!(*n, "" | "\n" | "\r" | "\r\n"))
    {
        return Err(value_error(format!("illegal newline value: {newline}")));
    }
    let encoding_name = encoding.unwrap_or_else(|| "UTF-8".to_string());
    Ok(Some(TextMode {
        encoding: Encoding::find(&encoding_name)?,
        encoding_name,
        errors: errors.unwrap_or_else(|| "strict".to_string()),
        newline,
    }))
}

/// The path that a value stands for: text, bytes, or what its `__fspath__` gives.
pub(super) fn path_text(caller: &mut dyn Caller, value: &Value) -> Result<String> {
    let plain = |value: &Value| match value.as_str() {
        Some(text) => Some(text.to_string()),
        None => bytes_of(value).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
    };
    let path = match plain(value) {
        Some(path) => path,
        None => {
            let answer = call_special(caller, value, Special::Fspath, &[])?;
            answer.as_ref().and_then(plain).ok_or_else(|| {
                let class = value.class_name();
                type_error(match &answer {
                    Some(answer) => format!(
                        "expected {class}.__fspath__() to return str or bytes, not {}",
                        answer.class_name()
                    ),
                    None => format!("expected str, bytes or os.PathLike object, not {class}"),
                })
            })?
        }
    };
    if path.contains('\0') {
        return Err(value_error("embedded null byte"));
    }
    Ok(path)
}

fn is_directory(name: &Value) -> Raised {
    let class = types().exception(os_error_class(21));
    Raised::of_class(class, [Value::Int(21), Value::from("Is a directory")])
        .with_attr("errno", Value::Int(21))
        .with_attr("strerror", Value::from("Is a directory"))
        .with_attr("filename", name.clone())
}

fn of_descriptor(descriptor: i64, close: bool) -> Result<std::fs::File> {
    let bad = || {
        let error = std::io::Error::from_raw_os_error(9);
        system_error(&error, None)
    };
    let number = i32::try_from(descriptor).map_err(|_| bad())?;
    let path = format!("/proc/self/fd/{number}");
    if !Path::new(&path).exists() {
        return Err(bad());
    }
    // SAFETY: the descriptor is open, as was just seen, and the script says that it is its own.
    let file = unsafe { std::fs::File::from_raw_fd(number) };
    if close {
        return Ok(file);
    }
    let copy = file.try_clone().map_err(|error| system_error(&error, None));
    // Not ours to close.
    let _ = std::os::fd::IntoRawFd::into_raw_fd(file);
    copy
}

/// The number of an open file.
pub(super) fn descriptor(buffer: &Buffer) -> i64 {
    buffer.file().as_raw_fd().into()
}
