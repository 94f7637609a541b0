//! `str`: its constructor, operators and special methods; the others stand in files by theme.

use super::format::{PercentKind, format_text, percent};
use super::{Str, case, char_str, codec, pad, search, split, tests_of};
use crate::lang::object::bytes::bytes_of;
use crate::lang::object::code::BinOp;
use crate::lang::object::iter::{Iter, IterState, StrIter};
use crate::lang::object::list::items::index_of;
use crate::lang::object::list::methods::repetitions;
use crate::lang::object::native::{
    ClassSpec, EQUALITY, HASH, NativeSpec, ORDER, bind_arguments, receiver,
};
use crate::lang::object::protocol::{self, contains, repr_str, slice_bounds, wrap};
use crate::lang::object::{
    Args, Caller, Class, Ref, Result, Slice, Special, Value, index_error, memory_error, type_error,
};

/// `str`
pub static STR: ClassSpec = ClassSpec {
    name: "str",
    doc: "str(object='') -> str\nstr(bytes_or_buffer[, encoding[, errors]]) -> str\n\nCreate a new string object from the given object.",
    methods: SPECIAL,
    groups: &[
        case::METHODS,
        codec::METHODS,
        pad::METHODS,
        search::METHODS,
        split::METHODS,
        tests_of::METHODS,
        &EQUALITY,
        &ORDER,
        &HASH,
    ],
    static_methods: case::STATIC_METHODS,
    make: Some(make),
    solid: true,
    ..ClassSpec::EMPTY
};

/// The receiver's text.
pub fn text(value: &Value) -> Result<&str> {
    receiver::<Str>(value).map(|text| text.as_str())
}

/// The text of an argument; `what` names it in the error.
pub fn text_arg<'a>(value: &'a Value, what: &str) -> Result<&'a str> {
    match value.as_str() {
        Some(text) => Ok(text),
        None => Err(type_error(format!(
            "{what} must be str, not {}",
            value.class_name()
        ))),
    }
}

static SPECIAL: &[NativeSpec] = &[
    NativeSpec::new("__len__(self, /)", "Return len(self).", |_, a| {
        Ok(Value::from(receiver::<Str>(&a[0])?.len()))
    }),
    NativeSpec::new(
        "__contains__(self, key, /)",
        "Return key in self.",
        |c, a| {
            let own = receiver::<Str>(&a[0])?;
            contains(c, &Value::from(own), &a[1]).map(Value::Bool)
        },
    ),
    NativeSpec::new("__iter__(self, /)", "Implement iter(self).", |_, a| {
        let text = receiver::<Str>(&a[0])?.clone();
        Ok(Value::from(Iter::new(IterState::Str(StrIter {
            text,
            at: 0,
        }))))
    }),
    NativeSpec::new("__getitem__(self, key, /)", "Return self[key].", subscript),
    NativeSpec::new("__add__(self, value, /)", "Return self+value.", |_, a| {
        let own = text(&a[0])?;
        match a[1].as_str() {
            Some(other) => Ok(Value::from(format!("{own}{other}"))),
            None => Err(protocol::unsupported(BinOp::Add, &a[0], &a[1])),
        }
    }),
    NativeSpec::new("__mul__(self, value, /)", "Return self*value.", repeat),
    NativeSpec::new("__rmul__(self, value, /)", "Return value*self.", repeat),
    NativeSpec::new("__mod__(self, value, /)", "Return self%value.", |c, a| {
        let template = text(&a[0])?.to_string();
        percent(c, &template, &a[1], PercentKind::Text).map(Value::from)
    }),
    NativeSpec::new(
        "__rmod__(self, value, /)",
        "Return value%self.",
        |c, a| match a[1].as_str() {
            Some(template) => percent(c, template, &a[0], PercentKind::Text).map(Value::from),
            None => Ok(Value::NotImplemented),
        },
    ),
    NativeSpec::new("__repr__(self, /)", "Return repr(self).", |_, a| {
        Ok(Value::from(repr_str(text(&a[0])?)))
    }),
    NativeSpec::new("__str__(self, /)", "Return str(self).", |_, a| {
        Ok(Value::from(receiver::<Str>(&a[0])?))
    }),
    NativeSpec::new(
        "__format__(self, format_spec, /)",
        "Return a formatted version of the string as described by format_spec.",
        |c, a| {
            let spec = text_arg(&a[1], "__format__() argument")?;
            if spec.is_empty() {
                return protocol::str(c, &a[0]).map(Value::from);
            }
            format_text(text(&a[0])?, spec).map(Value::from)
        },
    ),
    NativeSpec::new(
        "__getnewargs__(self, /)",
        "The arguments that make a copy.",
        |_, a| Ok(Value::tuple([Value::from(receiver::<Str>(&a[0])?)])),
    ),
];

fn make(caller: &mut dyn Caller, class: &Ref<Class>, args: Args) -> Result<Value> {
    let bound = bind_arguments("str", ["object", "encoding", "errors"], 0, args);
    let [object, encoding, errors] = match bound {
        Err(_) if !class.native => {
            let first = args.positional.first().cloned().unwrap_or_default();
            [first, Value::Unbound, Value::Unbound]
        }
        bound => bound?,
    };
    if !encoding.is_unbound() || !errors.is_unbound() {
        let encoding = if encoding.is_unbound() {
            "utf-8"
        } else {
            text_arg(&encoding, "str() argument 'encoding'")?
        };
        let errors = if errors.is_unbound() {
            "strict"
        } else {
            text_arg(&errors, "str() argument 'errors'")?
        };
        if object.is_unbound() || args.positional.is_empty() && args.keyword("object").is_none() {
            return Ok(wrap(class, Value::from("")));
        }
        if object.as_str().is_some() {
            return Err(type_error("decoding str is not supported"));
        }
        let Some(bytes) = bytes_of(&object) else {
            return Err(type_error(format!(
                "decoding to str: need a bytes-like object, {} found",
                object.class_name()
            )));
        };
        let text = codec::decoded(caller, &bytes, encoding, errors)?;
        return Ok(wrap(class, text));
    }
    if object.is_unbound() {
        return Ok(wrap(class, Value::from("")));
    }
    if class.native && object.exact::<Str>().is_some() {
        return Ok(object);
    }
    let answer = protocol::str(caller, &object)?;
    Ok(wrap(class, Value::from(answer)))
}

fn subscript(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let own = receiver::<Str>(&args[0])?.clone();
    if let Some(slice) = args[1].exact::<Slice>() {
        let bounds = slice_bounds(caller, slice, own.len())?;
        if bounds.count == own.len() && bounds.step == 1 {
            return Ok(Value::from(own));
        }
        if bounds.step == 1 {
            let start = own.byte_offset(bounds.start as usize);
            let end = own.byte_offset(bounds.start as usize + bounds.count);
            return Ok(Value::from(&own.as_str()[start..end]));
        }
        if own.is_ascii() {
            let bytes = own.as_str().as_bytes();
            let picked: String = bounds
                .places()
                .map(|place| char::from(bytes[place]))
                .collect();
            return Ok(Value::from(picked));
        }
        let chars: Vec<char> = own.as_str().chars().collect();
        let picked: String = bounds.places().map(|place| chars[place]).collect();
        return Ok(Value::from(picked));
    }
    if !args[1].is_int() && protocol::special(&args[1], Special::Index).is_none() {
        return Err(type_error(format!(
            "string indices must be integers, not '{}'",
            args[1].class_name()
        )));
    }
    let index = index_of(caller, &args[1], "string")?;
    let place = if index < 0 {
        index + own.len() as i64
    } else {
        index
    };
    let found = usize::try_from(place)
        .ok()
        .and_then(|place| own.char_at(place));
    found
        .map(|c| Value::from(char_str(c)))
        .ok_or_else(|| index_error("string index out of range"))
}

fn repeat(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let own = text(&args[0])?;
    let Some(count) = repetitions(caller, &args[1])? else {
        return Ok(Value::NotImplemented);
    };
    let fits = own
        .len()
        .checked_mul(count)
        .is_some_and(|len| len < 1 << 38);
    let mut out = String::new();
    if !fits || out.try_reserve_exact(own.len() * count).is_err() {
        return Err(memory_error(""));
    }
    (0..count).for_each(|_| out.push_str(own));
    Ok(Value::from(out))
}
