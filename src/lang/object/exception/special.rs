//! The exception classes with attributes of their own.

use super::Exc;
use super::methods::{args_of, data, make, receiver_instance};
use crate::lang::object::native::{ClassSpec, GetSetSpec, NativeSpec};
use crate::lang::object::protocol::{repr, str};
use crate::lang::object::{
    Args, Bytes, Caller, Class, Name, Raised, Ref, Result, Tuple, Value, intern, type_error, types,
};

/// An attribute that an exception keeps besides its arguments; None where it was not given.
pub fn stored(exception: &Value, name: &str) -> Result<Value> {
    Ok(receiver_instance(exception)?
        .get(&intern(name))
        .unwrap_or(Value::None))
}

pub(super) fn set_stored(exception: &Value, name: &str, value: Value) -> Result<()> {
    let value = if value.is_unbound() {
        Value::None
    } else {
        value
    };
    receiver_instance(exception)?.set(&intern(name), value);
    Ok(())
}

/// The stored attribute, or the argument at a place.
fn stored_or_arg(exception: &Value, name: &str, place: usize) -> Result<Value> {
    if let Some(value) = receiver_instance(exception)?.get(&intern(name)) {
        return Ok(value);
    }
    Ok(args_of(exception)?
        .get(place)
        .cloned()
        .unwrap_or(Value::None))
}

macro_rules! kept {
    ($name:literal) => {
        GetSetSpec::new($name, "", |_, v| stored(v, $name)).set(|_, v, x| set_stored(v, $name, x))
    };
    ($name:literal, $place:literal) => {
        GetSetSpec::new($name, "", |_, v| stored_or_arg(v, $name, $place))
            .set(|_, v, x| set_stored(v, $name, x))
    };
}

pub(super) static KEY_ERROR: ClassSpec = ClassSpec {
    name: "KeyError",
    doc: "Mapping key not found.",
    methods: &[NativeSpec::new(
        "__str__(self, /)",
        "Return str(self).",
        |c, a| {
            let args = data(&a[0])?.args.borrow().clone();
            match args.exact::<Tuple>().map(|t| &t.items[..]) {
                Some([]) | None => Ok(Value::from("")),
                Some([one]) => repr(c, one).map(Value::from),
                Some(_) => repr(c, &args).map(Value::from),
            }
        },
    )],
    ..ClassSpec::EMPTY
};

pub(super) static STOP_ITERATION: ClassSpec = ClassSpec {
    name: "StopIteration",
    doc: "Signal the end from iterator.__next__().",
    attributes: &[kept!("value", 0)],
    ..ClassSpec::EMPTY
};

pub(super) static SYSTEM_EXIT: ClassSpec = ClassSpec {
    name: "SystemExit",
    doc: "Request to exit from the interpreter.",
    attributes: &[GetSetSpec::new("code", "", |_, v| {
        if let Some(code) = receiver_instance(v)?.get(&intern("code")) {
            return Ok(code);
        }
        let args = data(v)?.args.borrow().clone();
        Ok(match args.exact::<Tuple>().map(|t| &t.items[..]) {
            Some([]) | None => Value::None,
            Some([one]) => one.clone(),
            Some(_) => args,
        })
    })
    .set(|_, v, x| set_stored(v, "code", x))],
    ..ClassSpec::EMPTY
};

/// A constructor that keeps some named arguments as attributes.
fn make_keeping(
    caller: &mut dyn Caller,
    class: &Ref<Class>,
    args: Args,
    names: &[&str],
) -> Result<Value> {
    let (known, other): (Vec<(Name, Value)>, Vec<_>) = args
        .keywords
        .iter()
        .cloned()
        .partition(|(name, _)| names.contains(&name.as_str()));
    if let (Some((name, _)), true) = (other.first(), class.native) {
        return Err(type_error(format!(
            "'{}' is an invalid keyword argument for {}()",
            name.as_str(),
            class.name()
        )));
    }
    let value = make(caller, class, Args::positional(args.positional))?;
    for (name, kept) in known {
        set_stored(&value, name.as_str(), kept)?;
    }
    Ok(value)
}

/// `__init__` of such a class: its named arguments were kept by the constructor.
macro_rules! init_keeping {
    () => {
        NativeSpec::new(
            "__init__(self, /, *args, **kwargs)",
            "Initialize self.",
            |_, a| {
                let old = data(&a[0])?.args.replace(a[1].clone());
                drop(old);
                for (name, value) in a[2]
                    .exact::<crate::lang::object::Dict>()
                    .map(|d| d.entries())
                    .unwrap_or_default()
                {
                    set_stored(&a[0], name.as_str().unwrap_or_default(), value)?;
                }
                Ok(Value::None)
            },
        )
    };
}

pub(super) static IMPORT_ERROR: ClassSpec = ClassSpec {
    name: "ImportError",
    doc: "Import can't find module, or can't find name in module.",
    methods: &[init_keeping!()],
    attributes: &[kept!("name"), kept!("path"), kept!("msg", 0)],
    make: Some(|c, class, args| make_keeping(c, class, args, &["name", "path"])),
    ..ClassSpec::EMPTY
};

pub(super) static NAME_ERROR: ClassSpec = ClassSpec {
    name: "NameError",
    doc: "Name not found globally.",
    methods: &[init_keeping!()],
    attributes: &[kept!("name")],
    make: Some(|c, class, args| make_keeping(c, class, args, &["name"])),
    ..ClassSpec::EMPTY
};

pub(super) static ATTRIBUTE_ERROR: ClassSpec = ClassSpec {
    name: "AttributeError",
    doc: "Attribute not found.",
    methods: &[init_keeping!()],
    attributes: &[kept!("name"), kept!("obj")],
    make: Some(|c, class, args| make_keeping(c, class, args, &["name", "obj"])),
    ..ClassSpec::EMPTY
};

/// The class that `OSError(errno, ...)` makes an instance of.
pub fn os_error_class(errno: i64) -> Exc {
    match errno {
        11 | 114 | 115 => Exc::BlockingIOError,
        10 => Exc::ChildProcessError,
        32 | 108 => Exc::BrokenPipeError,
        103 => Exc::ConnectionAbortedError,
        111 => Exc::ConnectionRefusedError,
        104 => Exc::ConnectionResetError,
        17 => Exc::FileExistsError,
        2 => Exc::FileNotFoundError,
        4 => Exc::InterruptedError,
        21 => Exc::IsADirectoryError,
        20 => Exc::NotADirectoryError,
        1 | 13 => Exc::PermissionError,
        3 => Exc::ProcessLookupError,
        110 => Exc::TimeoutError,
        _ => Exc::OSError,
    }
}

fn make_os_error(caller: &mut dyn Caller, class: &Ref<Class>, args: Args) -> Result<Value> {
    let mut class = class.clone();
    if class.same(types().exception(Exc::OSError))
        && (2..=5).contains(&args.positional.len())
        && let Some(errno) = args.positional[0].as_int()
    {
        class = types().exception(os_error_class(errno)).clone();
    }
    let value = make(caller, &class, Args::positional(args.positional))?;
    keep_os_parts(&value, args.positional)?;
    Ok(value)
}

/// The file name is no part of `args`.
fn keep_os_parts(value: &Value, positional: &[Value]) -> Result<()> {
    if !(2..=5).contains(&positional.len()) {
        return Ok(());
    }
    set_stored(value, "errno", positional[0].clone())?;
    set_stored(value, "strerror", positional[1].clone())?;
    if let Some(filename) = positional.get(2) {
        set_stored(value, "filename", filename.clone())?;
        let old = data(value)?
            .args
            .replace(Value::tuple(positional[..2].to_vec()));
        drop(old);
    }
    if let Some(second) = positional.get(4) {
        set_stored(value, "filename2", second.clone())?;
    }
    Ok(())
}

pub(super) static OS_ERROR: ClassSpec = ClassSpec {
    name: "OSError",
    doc: "Base class for I/O related errors.",
    methods: &[
        NativeSpec::new(
            "__init__(self, /, *args, **kwargs)",
            "Initialize self.",
            |_, a| {
                let old = data(&a[0])?.args.replace(a[1].clone());
                drop(old);
                let args = args_of(&a[0])?;
                keep_os_parts(&a[0], &args)?;
                Ok(Value::None)
            },
        ),
        NativeSpec::new("__str__(self, /)", "Return str(self).", |c, a| {
            let args = args_of(&a[0])?;
            let errno = stored(&a[0], "errno")?;
            if args.len() < 2 || errno.is_none() {
                return match &args[..] {
                    [] => Ok(Value::from("")),
                    [one] => str(c, one).map(Value::from),
                    _ => {
                        let all = data(&a[0])?.args.borrow().clone();
                        match args.len() {
                            2 => os_text(c, &a[0], &args[0], &args[1]),
                            _ => repr(c, &all).map(Value::from),
                        }
                    }
                };
            }
            let strerror = stored(&a[0], "strerror")?;
            os_text(c, &a[0], &errno, &strerror)
        }),
    ],
    attributes: &[
        GetSetSpec::new("errno", "", |_, v| os_part(v, "errno", 0))
            .set(|_, v, x| set_stored(v, "errno", x)),
        GetSetSpec::new("strerror", "", |_, v| os_part(v, "strerror", 1))
            .set(|_, v, x| set_stored(v, "strerror", x)),
        kept!("filename"),
        kept!("filename2"),
    ],
    make: Some(make_os_error),
    ..ClassSpec::EMPTY
};

fn os_part(value: &Value, name: &str, place: usize) -> Result<Value> {
    let args = args_of(value)?;
    if args.len() < 2 {
        return stored(value, name);
    }
    stored_or_arg(value, name, place)
}

fn os_text(
    caller: &mut dyn Caller,
    value: &Value,
    errno: &Value,
    strerror: &Value,
) -> Result<Value> {
    let mut text = format!("[Errno {}] {}", str(caller, errno)?, str(caller, strerror)?);
    let filename = stored(value, "filename")?;
    if !filename.is_none() {
        text = format!("{text}: {}", repr(caller, &filename)?);
    }
    let second = stored(value, "filename2")?;
    if !second.is_none() {
        text = format!("{text} -> {}", repr(caller, &second)?);
    }
    Ok(Value::from(text))
}

/// An OSError of the class that fits an error of the system, with the file it is about.
pub fn system_error(error: &std::io::Error, filename: Option<Value>) -> Raised {
    let errno = i64::from(error.raw_os_error().unwrap_or(5));
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text).to_string();
    let class = types().exception(os_error_class(errno));
    let raised = Raised::of_class(class, [Value::Int(errno), Value::from(text)]);
    let raised = raised.with_attr("errno", Value::Int(errno));
    match filename {
        Some(name) => {
            let strerror = args_of(&raised.value())
                .ok()
                .and_then(|args| args.get(1).cloned());
            raised
                .with_attr("strerror", strerror.unwrap_or(Value::None))
                .with_attr("filename", name)
        }
        None => raised,
    }
}

pub(super) static SYNTAX_ERROR: ClassSpec = ClassSpec {
    name: "SyntaxError",
    doc: "Invalid syntax.",
    methods: &[NativeSpec::new(
        "__str__(self, /)",
        "Return str(self).",
        |c, a| {
            let message = stored_or_arg(&a[0], "msg", 0)?;
            let message = str(c, &message)?;
            let filename = syntax_part(&a[0], "filename")?;
            let line = syntax_part(&a[0], "lineno")?;
            let base = filename
                .as_str()
                .and_then(|f| f.rsplit('/').next().map(str::to_string));
            Ok(Value::from(match (base, line.as_int()) {
                (Some(file), Some(line)) => format!("{message} ({file}, line {line})"),
                (Some(file), None) => format!("{message} ({file})"),
                (None, Some(line)) => format!("{message} (line {line})"),
                (None, None) => message,
            }))
        },
    )],
    attributes: &[
        kept!("msg", 0),
        GetSetSpec::new("filename", "", |_, v| syntax_part(v, "filename"))
            .set(|_, v, x| set_stored(v, "filename", x)),
        GetSetSpec::new("lineno", "", |_, v| syntax_part(v, "lineno"))
            .set(|_, v, x| set_stored(v, "lineno", x)),
        GetSetSpec::new("offset", "", |_, v| syntax_part(v, "offset"))
            .set(|_, v, x| set_stored(v, "offset", x)),
        GetSetSpec::new("text", "", |_, v| syntax_part(v, "text"))
            .set(|_, v, x| set_stored(v, "text", x)),
        GetSetSpec::new("end_lineno", "", |_, v| syntax_part(v, "end_lineno"))
            .set(|_, v, x| set_stored(v, "end_lineno", x)),
        GetSetSpec::new("end_offset", "", |_, v| syntax_part(v, "end_offset"))
            .set(|_, v, x| set_stored(v, "end_offset", x)),
    ],
    ..ClassSpec::EMPTY
};

/// A part of a SyntaxError's place: set, given as argument, or known from where the parser stopped.
fn syntax_part(value: &Value, name: &str) -> Result<Value> {
    if let Some(found) = receiver_instance(value)?.get(&intern(name)) {
        return Ok(found);
    }
    let place = [
        "filename",
        "lineno",
        "offset",
        "text",
        "end_lineno",
        "end_offset",
    ]
    .iter()
    .position(|known| *known == name);
    if let Some(details) = args_of(value)?
        .get(1)
        .and_then(|d| d.get::<Tuple>().cloned())
    {
        return Ok(place
            .and_then(|i| details.items.get(i).cloned())
            .unwrap_or(Value::None));
    }
    let known = data(value)?.place.borrow();
    let Some((source, span)) = &*known else {
        return Ok(Value::None);
    };
    let (line, column) = source.line_column(span.start as usize);
    let (end_line, end_column) = source.line_column(span.end as usize);
    Ok(match name {
        "filename" => Value::from(source.name.as_str()),
        "lineno" => Value::from(line),
        "offset" => Value::from(column),
        "text" => Value::from(format!("{}\n", source.line_text(line))),
        "end_lineno" => Value::from(end_line),
        _ => Value::from(end_column),
    })
}

macro_rules! unicode_attributes {
    () => {
        &[
            kept!("encoding", 0),
            kept!("object", 1),
            kept!("start", 2),
            kept!("end", 3),
            kept!("reason", 4),
        ]
    };
}

pub(super) static UNICODE_DECODE_ERROR: ClassSpec = ClassSpec {
    name: "UnicodeDecodeError",
    doc: "Unicode decoding error.",
    methods: &[NativeSpec::new(
        "__str__(self, /)",
        "Return str(self).",
        |c, a| {
            let [encoding, object, start, end, reason] = five(&a[0])?;
            let (start, end) = (start.as_int().unwrap_or(0), end.as_int().unwrap_or(0));
            let (encoding, reason) = (str(c, &encoding)?, str(c, &reason)?);
            let byte = object
                .get::<Bytes>()
                .and_then(|b| b.0.get(start as usize).copied());
            Ok(Value::from(match byte {
                Some(byte) if end == start + 1 => {
                    format!(
                        "'{encoding}' codec can't decode byte 0x{byte:02x} in position {start}: {reason}"
                    )
                }
                _ => format!(
                    "'{encoding}' codec can't decode bytes in position {start}-{}: {reason}",
                    end - 1
                ),
            }))
        },
    )],
    attributes: unicode_attributes!(),
    make: Some(make_unicode),
    ..ClassSpec::EMPTY
};

pub(super) static UNICODE_ENCODE_ERROR: ClassSpec = ClassSpec {
    name: "UnicodeEncodeError",
    doc: "Unicode encoding error.",
    methods: &[NativeSpec::new(
        "__str__(self, /)",
        "Return str(self).",
        |c, a| {
            let [encoding, object, start, end, reason] = five(&a[0])?;
            let (start, end) = (start.as_int().unwrap_or(0), end.as_int().unwrap_or(0));
            let (encoding, reason) = (str(c, &encoding)?, str(c, &reason)?);
            let character = object
                .as_str()
                .and_then(|text| text.chars().nth(start as usize));
            Ok(Value::from(match character {
                Some(character) if end == start + 1 => {
                    let shown = match u32::from(character) {
                        code @ 0..0x100 => format!("\\x{code:02x}"),
                        code @ 0x100..0x1_0000 => format!("\\u{code:04x}"),
                        code => format!("\\U{code:08x}"),
                    };
                    format!(
                        "'{encoding}' codec can't encode character '{shown}' in position {start}: {reason}"
                    )
                }
                _ => format!(
                    "'{encoding}' codec can't encode characters in position {start}-{}: {reason}",
                    end - 1
                ),
            }))
        },
    )],
    attributes: unicode_attributes!(),
    make: Some(make_unicode),
    ..ClassSpec::EMPTY
};

fn five(value: &Value) -> Result<[Value; 5]> {
    let args = args_of(value)?;
    Ok(std::array::from_fn(|i| {
        args.get(i).cloned().unwrap_or(Value::None)
    }))
}

fn make_unicode(caller: &mut dyn Caller, class: &Ref<Class>, args: Args) -> Result<Value> {
    if args.positional.len() != 5 {
        return Err(type_error(format!(
            "function takes exactly 5 arguments ({} given)",
            args.positional.len()
        )));
    }
    make(caller, class, args)
}
