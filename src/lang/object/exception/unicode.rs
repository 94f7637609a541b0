//! The errors of texts that cannot be encoded and bytes that cannot be decoded.

use super::methods::{args_of, make};
use super::special::{kept, set_stored, stored_or_arg};
use crate::lang::object::native::{ClassSpec, GetSetSpec, NativeSpec};
use crate::lang::object::protocol::str;
use crate::lang::object::{Args, Bytes, Caller, Class, Ref, Result, Value, type_error};

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
