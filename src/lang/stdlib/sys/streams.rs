//! The standard streams as file objects.

use std::io::{BufRead, IsTerminal, Read, Write};

use crate::lang::object::heap::HeapType;
use crate::lang::object::native::{ClassSpec, GetSetSpec};
use crate::lang::object::{
    Caller, Class, Kind, NativeSpec, Ref, Result, Value, protocol, stop_iteration, type_error,
};
use crate::lang::stdlib::arguments;
use crate::lang::stdlib::define::{class_of, def};
use crate::lang::stdlib::failure::system_error;

/// Which stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Which {
    In,
    Out,
    Error,
}

/// `sys.stdin`, `sys.stdout` or `sys.stderr`; `bytes` for their `buffer`.
pub(super) struct Stream {
    which: Which,
    bytes: bool,
}

class_of! {
    /// The class of the standard streams.
    stream_class STREAM;
}

impl HeapType for Stream {
    const KIND: Kind = Kind::Foreign;
    const TRACED: bool = false;

    fn class(&self) -> Ref<Class> {
        stream_class()
    }
}

/// A standard stream.
pub(super) fn stream(which: Which) -> Value {
    Value::from(Ref::new(Stream {
        which,
        bytes: false,
    }))
}

static STREAM: ClassSpec = ClassSpec {
    name: "TextIOWrapper",
    module: "_io",
    doc: "A standard stream.",
    methods: METHODS,
    attributes: ATTRIBUTES,
    ..ClassSpec::EMPTY
};

fn of(value: &Value) -> Result<&Ref<Stream>> {
    value
        .get::<Stream>()
        .ok_or_else(|| type_error("a standard stream is required"))
}

macro_rules! attributes {
    ($($name:literal $get:expr;)*) => {
        static ATTRIBUTES: &[GetSetSpec] = &[$(GetSetSpec { name: $name, doc: "", get: $get, set: None },)*];
    };
}

attributes! {
    "buffer" |_, this| Ok(Value::from(Ref::new(Stream { which: of(this)?.which, bytes: true })));
    "closed" |_, _| Ok(Value::Bool(false));
    "encoding" |_, _| Ok(Value::str("utf-8"));
    "errors" |_, this| Ok(Value::str(if of(this)?.which == Which::Error { "backslashreplace" } else { "strict" }));
    "mode" |_, this| Ok(Value::str(if of(this)?.which == Which::In { "r" } else { "w" }));
    "name" |_, this| Ok(Value::str(match of(this)?.which {
        Which::In => "<stdin>",
        Which::Out => "<stdout>",
        Which::Error => "<stderr>",
    }));
    "newlines" |_, _| Ok(Value::None);
}

static METHODS: &[NativeSpec] = &[
    def("__enter__(self)", "The stream itself.", |_, args| {
        Ok(args[0].clone())
    }),
    def(
        "__exit__(self, *args)",
        "Has no effect: standard streams stay open.",
        |_, _| Ok(Value::None),
    ),
    def(
        "__iter__(self)",
        "The stream itself: it runs over its lines.",
        |_, args| Ok(args[0].clone()),
    ),
    def("__next__(self)", "The next line.", |caller, args| {
        let line = read_line(caller, &args[0])?;
        if protocol::len(caller, &line)? == 0 {
            Err(stop_iteration(Value::None))
        } else {
            Ok(line)
        }
    }),
    def(
        "__repr__(self)",
        "The text that stands for the stream.",
        |caller, args| {
            let name = protocol::get_attr(caller, &args[0], &crate::lang::object::intern("name"))?;
            let mode = if of(&args[0])?.which == Which::In {
                "r"
            } else {
                "w"
            };
            Ok(Value::str(format!(
                "<_io.TextIOWrapper name='{}' mode='{mode}' encoding='utf-8'>",
                name.as_str().unwrap_or_default()
            )))
        },
    ),
    def(
        "close(self)",
        "Has no effect: standard streams stay open.",
        |caller, args| flush(caller, &args[0]),
    ),
    def("fileno(self)", "The number of the stream.", |_, args| {
        Ok(Value::Int(match of(&args[0])?.which {
            Which::In => 0,
            Which::Out => 1,
            Which::Error => 2,
        }))
    }),
    def(
        "flush(self)",
        "Hands what is held back to the system.",
        |caller, args| flush(caller, &args[0]),
    ),
    def(
        "isatty(self)",
        "Whether the stream is a terminal.",
        |_, args| {
            Ok(Value::Bool(match of(&args[0])?.which {
                Which::In => std::io::stdin().is_terminal(),
                Which::Out => std::io::stdout().is_terminal(),
                Which::Error => std::io::stderr().is_terminal(),
            }))
        },
    ),
    def(
        "read(self, size=-1, /)",
        "All that is left, or so much of it.",
        read,
    ),
    def("readable(self)", "Whether it can be read.", |_, args| {
        Ok(Value::Bool(of(&args[0])?.which == Which::In))
    }),
    def(
        "readline(self, size=-1, /)",
        "The next line, with its end.",
        |caller, args| read_line(caller, &args[0]),
    ),
    def(
        "readlines(self, hint=-1, /)",
        "The list of the lines that are left.",
        |caller, args| {
            let mut lines = Vec::new();
            loop {
                let line = read_line(caller, &args[0])?;
                if protocol::len(caller, &line)? == 0 {
                    return Ok(Value::list(lines));
                }
                lines.push(line);
            }
        },
    ),
    def(
        "reconfigure(self, **options)",
        "Has no effect: text is UTF-8.",
        |_, _| Ok(Value::None),
    ),
    def(
        "writable(self)",
        "Whether it can be written to.",
        |_, args| Ok(Value::Bool(of(&args[0])?.which != Which::In)),
    ),
    def(
        "write(self, text, /)",
        "Writes; returns how much.",
        |caller, args| write(caller, &args[0], &args[1]),
    ),
    def(
        "writelines(self, lines, /)",
        "Writes a list of texts.",
        |caller, args| {
            for line in protocol::collect(caller, &args[1])? {
                write(caller, &args[0], &line)?;
            }
            Ok(Value::None)
        },
    ),
];

fn flush(caller: &mut dyn Caller, this: &Value) -> Result<Value> {
    if of(this)?.which == Which::Out {
        caller.session().output.borrow_mut().flush();
    }
    Ok(Value::None)
}

fn write(caller: &mut dyn Caller, this: &Value, text: &Value) -> Result<Value> {
    let stream = of(this)?;
    if stream.which == Which::In {
        return Err(unsupported("not writable"));
    }
    if stream.bytes {
        let bytes = arguments::bytes(text)?;
        let result = match stream.which {
            Which::Error => std::io::stderr().write_all(&bytes),
            _ => {
                caller.session().output.borrow_mut().flush();
                std::io::stdout()
                    .write_all(&bytes)
                    .and_then(|()| std::io::stdout().flush())
            }
        };
        return match result {
            Ok(()) => Ok(Value::from(bytes.len())),
            Err(error) => Err(system_error(caller, &error, None)),
        };
    }
    let Some(shown) = text.as_str() else {
        return Err(type_error(format!(
            "write() argument must be str, not {}",
            text.class_name()
        )));
    };
    if stream.which == Which::Out {
        caller.session().output.borrow_mut().write(shown)?;
    } else {
        // Output that came before an error message is shown before it.
        caller.session().output.borrow_mut().flush();
        if let Err(error) = std::io::stderr().write_all(shown.as_bytes()) {
            return Err(system_error(caller, &error, None));
        }
    }
    Ok(Value::from(shown.chars().count()))
}

fn unsupported(what: &str) -> crate::lang::object::Raised {
    // `io.UnsupportedOperation` derives from OSError and ValueError.
    crate::lang::stdlib::io::unsupported_operation(what)
}

fn check_input(this: &Value) -> Result<bool> {
    let stream = of(this)?;
    if stream.which == Which::In {
        Ok(stream.bytes)
    } else {
        Err(unsupported("not readable"))
    }
}

fn made(caller: &mut dyn Caller, bytes: bool, result: std::io::Result<Vec<u8>>) -> Result<Value> {
    match result {
        Ok(data) if bytes => Ok(arguments::new_bytes(data)),
        Ok(data) => Ok(Value::str(String::from_utf8_lossy(&data).into_owned())),
        Err(error) => Err(system_error(caller, &error, None)),
    }
}

fn read_line(caller: &mut dyn Caller, this: &Value) -> Result<Value> {
    let bytes = check_input(this)?;
    caller.session().output.borrow_mut().flush();
    let mut line = Vec::new();
    let result = std::io::stdin()
        .lock()
        .read_until(b'\n', &mut line)
        .map(|_| line);
    made(caller, bytes, result)
}

fn read(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let bytes = check_input(&args[0])?;
    let size = arguments::optional_int(caller, &args[1])?.and_then(|size| u64::try_from(size).ok());
    let mut data = Vec::new();
    let result = match size {
        Some(size) => std::io::stdin().lock().take(size).read_to_end(&mut data),
        None => std::io::stdin().lock().read_to_end(&mut data),
    };
    made(caller, bytes, result.map(|_| data))
}
