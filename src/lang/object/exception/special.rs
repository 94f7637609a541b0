//! The exception classes with attributes of their own.

use super::methods::{args_of, data, make, receiver_instance};
use crate::lang::object::native::{ClassSpec, GetSetSpec, NativeSpec};
use crate::lang::object::protocol::{repr, str};
use crate::lang::object::{
    Args, Caller, Class, Name, Ref, Result, Tuple, Value, intern, type_error,
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
pub(super) fn stored_or_arg(exception: &Value, name: &str, place: usize) -> Result<Value> {
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

pub(super) use kept;

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
        GetSetSpec::new("print_file_and_line", "", |_, v| {
            syntax_part(v, "print_file_and_line")
        })
        .set(|_, v, x| set_stored(v, "print_file_and_line", x)),
    ],
    ..ClassSpec::EMPTY
};

/// A part of a SyntaxError's place: set, given as argument, or known from where the parser stopped.
pub(super) fn syntax_part(value: &Value, name: &str) -> Result<Value> {
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
    if place.is_none() {
        return Ok(Value::None);
    }
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
