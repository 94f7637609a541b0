//! `bytes` and `bytearray`: constructors, operators and special methods; the others stand in files by theme.

use std::borrow::Cow;

use super::{ByteArray, Bytes, bytes_of, bytes_repr, change, new_bytes, search, text};
use crate::lang::object::code::BinOp;
use crate::lang::object::iter::{Iter, ReverseIter};
use crate::lang::object::list::items::{index_of, picked};
use crate::lang::object::list::methods::{repeated, repetitions};
use crate::lang::object::native::{ClassSpec, EQUALITY, HASH, NativeSpec, ORDER, bind_arguments};
use crate::lang::object::protocol::{
    self, call_special, clamp_index, collect, slice_bounds, special, wrap,
};
use crate::lang::object::str::codec::encoded;
use crate::lang::object::str::format::{PercentKind, percent};
use crate::lang::object::{
    Args, Caller, Class, Exc, Instance, Ref, Result, Slice, Special, Value, index_error,
    memory_error, overflow_error, type_error, types, value_error,
};

/// `bytes`
pub static BYTES: ClassSpec = ClassSpec {
    name: "bytes",
    doc: "bytes(iterable_of_ints) -> bytes\nbytes(string, encoding[, errors]) -> bytes\nbytes(bytes_or_buffer) -> immutable copy of bytes_or_buffer\nbytes(int) -> bytes object of size given by the parameter initialized with null bytes\nbytes() -> empty bytes object",
    methods: SPECIAL,
    groups: &[search::METHODS, text::METHODS, &EQUALITY, &ORDER, &HASH],
    class_methods: text::CLASS_METHODS,
    static_methods: text::STATIC_METHODS,
    make: Some(|c, class, args| {
        if class.native
            && let [one] = args.positional
            && one.exact::<Bytes>().is_some()
            && args.keywords.is_empty()
        {
            return Ok(one.clone());
        }
        let content = content(c, "bytes", args)?;
        Ok(wrap(class, new_bytes(content)))
    }),
    solid: true,
    ..ClassSpec::EMPTY
};

/// `bytearray`
pub static BYTEARRAY: ClassSpec = ClassSpec {
    name: "bytearray",
    doc: "bytearray(iterable_of_ints) -> bytearray\nbytearray(string, encoding[, errors]) -> bytearray\nbytearray(bytes_or_buffer) -> mutable copy of bytes_or_buffer\nbytearray(int) -> bytes array of size given by the parameter initialized with null bytes\nbytearray() -> empty bytes array",
    methods: SPECIAL,
    groups: &[
        search::METHODS,
        text::METHODS,
        change::METHODS,
        &EQUALITY,
        &ORDER,
    ],
    class_methods: text::CLASS_METHODS,
    static_methods: text::STATIC_METHODS,
    make: Some(|c, class, args| {
        let content = if class.native {
            content(c, "bytearray", args)?
        } else {
            Vec::new()
        };
        Ok(wrap(class, new_array(content)))
    }),
    solid: true,
    unhashable: true,
    ..ClassSpec::EMPTY
};

/// A new `bytearray`.
pub fn new_array(bytes: Vec<u8>) -> Value {
    Value::from(Ref::new(ByteArray::new(bytes)))
}

/// The content of the receiver.
pub fn own(value: &Value) -> Result<Cow<'_, [u8]>> {
    bytes_of(value).ok_or_else(|| type_error("bytes are wanted"))
}

/// Bytes of the receiver's type.
pub fn like(value: &Value, bytes: Vec<u8>) -> Value {
    if value.get::<ByteArray>().is_some() {
        new_array(bytes)
    } else {
        new_bytes(bytes)
    }
}

/// The bytes of an argument.
pub fn bytes_arg(value: &Value) -> Result<Cow<'_, [u8]>> {
    bytes_of(value).ok_or_else(|| {
        type_error(format!(
            "a bytes-like object is required, not '{}'",
            value.class_name()
        ))
    })
}

/// A number between 0 and 255.
pub fn byte_arg(caller: &mut dyn Caller, value: &Value, what: &str) -> Result<u8> {
    let index = protocol::as_index(caller, value)?;
    index
        .as_int()
        .and_then(|i| u8::try_from(i).ok())
        .ok_or_else(|| value_error(format!("{what} must be in range(0, 256)")))
}

/// What `bytes(...)` and `bytearray(...)` hold.
pub fn content(caller: &mut dyn Caller, name: &str, args: Args) -> Result<Vec<u8>> {
    let [source, encoding, errors] =
        bind_arguments(name, ["source", "encoding", "errors"], 0, args)?;
    for (argument, what) in [(&encoding, "encoding"), (&errors, "errors")] {
        if !argument.is_unbound() && argument.as_str().is_none() {
            return Err(type_error(format!(
                "{name}() argument '{what}' must be str, not {}",
                argument.class_name()
            )));
        }
    }
    if let Some(text) = source.as_str() {
        let Some(encoding) = encoding.as_str() else {
            return Err(type_error("string argument without an encoding"));
        };
        return encoded(caller, text, encoding, errors.as_str().unwrap_or("strict"));
    }
    if !encoding.is_unbound() {
        return Err(type_error("encoding without a string argument"));
    }
    if !errors.is_unbound() {
        return Err(type_error("errors without a string argument"));
    }
    if source.is_unbound() {
        return Ok(Vec::new());
    }
    if source.exact::<Instance>().is_some()
        && let Some(answer) = call_special(caller, &source, Special::Bytes, &[])?
    {
        return match bytes_of(&answer) {
            Some(bytes) => Ok(bytes.into_owned()),
            None => Err(type_error(format!(
                "__bytes__ returned non-bytes (type {})",
                answer.class_name()
            ))),
        };
    }
    if let Some(bytes) = bytes_of(&source) {
        return Ok(bytes.into_owned());
    }
    if source.is_int() || special(&source, Special::Index).is_some() {
        return zeros(caller, &source);
    }
    values(caller, &source, name)
}

fn zeros(caller: &mut dyn Caller, count: &Value) -> Result<Vec<u8>> {
    let count = protocol::as_index(caller, count)?;
    let Some(count) = count.as_int() else {
        return Err(overflow_error(
            "cannot fit 'int' into an index-sized integer",
        ));
    };
    let Ok(count) = usize::try_from(count) else {
        return Err(value_error("negative count"));
    };
    let mut out = Vec::new();
    if count > 1 << 38 || out.try_reserve_exact(count).is_err() {
        return Err(memory_error(""));
    }
    out.resize(count, 0);
    Ok(out)
}

/// The bytes of an iterable of numbers.
pub fn values(caller: &mut dyn Caller, iterable: &Value, name: &str) -> Result<Vec<u8>> {
    let items = match protocol::iter(caller, iterable) {
        Ok(iterator) => collect(caller, &iterator)?,
        Err(raised) if !raised.is(Exc::TypeError) => return Err(raised),
        Err(_) => {
            return Err(type_error(format!(
                "cannot convert '{}' object to {name}",
                iterable.class_name()
            )));
        }
    };
    let what = if name == "bytes" { "bytes" } else { "byte" };
    items
        .iter()
        .map(|item| byte_arg(caller, item, what))
        .collect()
}

static SPECIAL: &[NativeSpec] = &[
    NativeSpec::new(
        "__init__(self, source=..., encoding=..., errors=...)",
        "Initialize self.",
        |c, a| {
            let Some(array) = a[0].get::<ByteArray>().cloned() else {
                return Ok(Value::None);
            };
            let given: Vec<Value> = a[1..].iter().filter(|v| !v.is_unbound()).cloned().collect();
            let bytes = content(c, "bytearray", Args::positional(&given))?;
            array.0.replace(bytes);
            Ok(Value::None)
        },
    ),
    NativeSpec::new("__len__(self, /)", "Return len(self).", |_, a| {
        Ok(Value::from(own(&a[0])?.len()))
    }),
    NativeSpec::new(
        "__contains__(self, key, /)",
        "Return key in self.",
        |c, a| {
            if let Some(part) = bytes_of(&a[1]) {
                return Ok(Value::Bool(
                    search::find_bytes(&own(&a[0])?, &part).is_some(),
                ));
            }
            if !a[1].is_int() && special(&a[1], Special::Index).is_none() {
                return Err(type_error(format!(
                    "a bytes-like object is required, not '{}'",
                    a[1].class_name()
                )));
            }
            let byte = byte_arg(c, &a[1], "byte")?;
            Ok(Value::Bool(own(&a[0])?.contains(&byte)))
        },
    ),
    NativeSpec::new("__iter__(self, /)", "Implement iter(self).", |_, a| {
        let of = a[0].clone();
        Ok(Iter::native(super::BytesIter { of, at: 0 }))
    }),
    NativeSpec::new(
        "__reversed__(self, /)",
        "Return a reverse iterator.",
        |_, a| {
            let len = own(&a[0])?.len();
            Ok(Iter::native(ReverseIter::new(a[0].clone(), len)))
        },
    ),
    NativeSpec::new("__getitem__(self, key, /)", "Return self[key].", subscript),
    NativeSpec::new("__add__(self, value, /)", "Return self+value.", |_, a| {
        let bytes = own(&a[0])?;
        match bytes_of(&a[1]) {
            Some(other) => Ok(like(&a[0], [&bytes[..], &other[..]].concat())),
            None => Err(protocol::unsupported(BinOp::Add, &a[0], &a[1])),
        }
    }),
    NativeSpec::new("__mul__(self, value, /)", "Return self*value.", repeat),
    NativeSpec::new("__rmul__(self, value, /)", "Return value*self.", repeat),
    NativeSpec::new("__mod__(self, value, /)", "Return self%value.", |c, a| {
        let template: String = own(&a[0])?.iter().map(|&b| char::from(b)).collect();
        let text = percent(c, &template, &a[1], PercentKind::Bytes)?;
        let bytes = text
            .chars()
            .map(|c| u8::try_from(c).unwrap_or(b'?'))
            .collect();
        Ok(like(&a[0], bytes))
    }),
    NativeSpec::new(
        "__bytes__(self, /)",
        "Convert this value to exact type bytes.",
        |_, a| Ok(new_bytes(own(&a[0])?.into_owned())),
    ),
    NativeSpec::new("__repr__(self, /)", "Return repr(self).", shown_bytes),
    NativeSpec::new("__str__(self, /)", "Return str(self).", shown_bytes),
    NativeSpec::new(
        "__getnewargs__(self, /)",
        "The arguments that make a copy.",
        |_, a| Ok(Value::tuple([new_bytes(own(&a[0])?.into_owned())])),
    ),
];

fn subscript(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    if let Some(slice) = args[1].exact::<Slice>() {
        let bounds = slice_bounds(caller, slice, own(&args[0])?.len())?;
        return Ok(like(&args[0], picked(&own(&args[0])?, bounds)));
    }
    let kind = args[0].class_name();
    let kind = if kind == "bytes" {
        "byte".to_string()
    } else {
        kind
    };
    let index = index_of(caller, &args[1], &kind)?;
    let bytes = own(&args[0])?;
    match clamp_index(index, bytes.len()) {
        Some(place) => Ok(Value::Int(bytes[place].into())),
        None if kind == "byte" => Err(index_error("index out of range")),
        None => Err(index_error(format!("{kind} index out of range"))),
    }
}

fn repeat(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    match repetitions(caller, &args[1])? {
        Some(count) => Ok(like(&args[0], repeated(&own(&args[0])?, count)?)),
        None => Ok(Value::NotImplemented),
    }
}

/// The class that a value is made an instance of, for constructors called on a class.
pub fn of_class(caller: &mut dyn Caller, class: &Value, bytes: Vec<u8>) -> Result<Value> {
    let known: Option<&Ref<Class>> = class.exact::<Class>();
    match known {
        Some(class) if class.same(&types().bytes) => Ok(new_bytes(bytes)),
        Some(class) if class.same(&types().bytearray) => Ok(new_array(bytes)),
        _ => caller.call_positional(class, &[new_bytes(bytes)]),
    }
}

fn shown_bytes(_: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let bytes = own(&args[0])?;
    Ok(Value::from(match args[0].get::<ByteArray>() {
        Some(_) => format!("{}({})", args[0].class_name(), super::shown(&bytes, true)),
        None => bytes_repr(&bytes),
    }))
}
