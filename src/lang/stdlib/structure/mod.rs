//! `struct`: values packed into bytes.

mod format;

use super::arguments::{self, star};
use super::define::{call_spec, class_of, def, def_with, iterator_class, native_iter};
use crate::lang::object::bytes::change_bytes;
use crate::lang::object::heap::HeapType;
use crate::lang::object::iter::Iter;
use crate::lang::object::native::{ClassSpec, GetSetSpec};
use crate::lang::object::{
    Caller, Class, Exc, Kind, ModuleSpec, NativeSpec, Raised, Ref, Result, Value, type_error,
};
use format::Format;

/// `struct`
pub(super) static STRUCT: ModuleSpec = ModuleSpec {
    name: "struct",
    doc: "Values packed into bytes.",
    functions: FUNCTIONS,
    setup: |_, module| {
        module.set("error", Value::from(&error_class()));
        module.set("Struct", Value::from(&struct_class()));
        Ok(())
    },
};

/// `struct.error`
fn error_class() -> Ref<Class> {
    thread_local! {
        static CLASS: std::cell::OnceCell<Ref<Class>> = const { std::cell::OnceCell::new() };
    }
    let make =
        || crate::lang::object::exception::exception_class("struct", "error", Exc::Exception);
    CLASS.with(|class| class.get_or_init(make).clone())
}

/// A `struct.error`.
fn error(message: impl Into<String>) -> Raised {
    Raised::of_class(&error_class(), [Value::str(message)])
}

static FUNCTIONS: &[NativeSpec] = &[
    def_with(
        "calcsize(format, /)",
        "How many bytes a format takes.",
        &[("import struct; struct.calcsize('<if')", "8")],
        |_, args| Ok(Value::from(Format::of(&args[0])?.size)),
    ),
    def(
        "iter_unpack(format, buffer, /)",
        "An iterator over the values of repeated structures.",
        |_, args| iter_unpack(Format::of(&args[0])?, &args[1]),
    ),
    def_with(
        "pack(format, /, *values)",
        "The bytes of values.",
        &[(
            "import struct; struct.pack('<hh', 1, 2)",
            "b'\\x01\\x00\\x02\\x00'",
        )],
        |caller, args| {
            Format::of(&args[0])?
                .pack(caller, &star(&args[1]))
                .map(arguments::new_bytes)
        },
    ),
    def(
        "pack_into(format, buffer, offset, /, *values)",
        "Writes the bytes of values into a bytearray.",
        |caller, args| {
            let format = Format::of(&args[0])?;
            pack_into(caller, &format, &args[1], &args[2], &star(&args[3]))
        },
    ),
    def_with(
        "unpack(format, buffer, /)",
        "The values in bytes.",
        &[(
            "import struct; struct.unpack('<hh', b'\\x01\\x00\\x02\\x00')",
            "(1, 2)",
        )],
        |_, args| unpack(&Format::of(&args[0])?, &args[1]),
    ),
    def(
        "unpack_from(format, /, buffer, offset=0)",
        "The values in bytes from a place on.",
        |caller, args| unpack_from(caller, &Format::of(&args[0])?, &args[1], &args[2]),
    ),
];

fn unpack(format: &Format, buffer: &Value) -> Result<Value> {
    let bytes = arguments::bytes(buffer)?;
    if bytes.len() != format.size {
        return Err(error(format!(
            "unpack requires a buffer of {} bytes",
            format.size
        )));
    }
    Ok(Value::tuple(format.unpack(&bytes)))
}

fn unpack_from(
    caller: &mut dyn Caller,
    format: &Format,
    buffer: &Value,
    offset: &Value,
) -> Result<Value> {
    let bytes = arguments::bytes(buffer)?;
    let offset = place(caller, offset, bytes.len())?;
    match bytes.get(offset..offset + format.size) {
        Some(part) => Ok(Value::tuple(format.unpack(part))),
        None => Err(error(format!(
            "unpack_from requires a buffer of at least {} bytes for unpacking {} bytes at offset {offset} (actual buffer \
             size is {})",
            offset + format.size,
            format.size,
            bytes.len()
        ))),
    }
}

/// An offset, which may count from the end.
fn place(caller: &mut dyn Caller, offset: &Value, len: usize) -> Result<usize> {
    let offset = arguments::int(caller, offset)?;
    let counted = if offset < 0 {
        offset + len as i64
    } else {
        offset
    };
    usize::try_from(counted).map_err(|_| {
        error(format!(
            "offset {offset} out of range for {len}-byte buffer"
        ))
    })
}

fn pack_into(
    caller: &mut dyn Caller,
    format: &Format,
    buffer: &Value,
    offset: &Value,
    values: &[Value],
) -> Result<Value> {
    let Some(len) = change_bytes(buffer, |bytes| bytes.len()) else {
        return Err(type_error(format!(
            "pack_into() argument must be read-write bytes-like object, not {}",
            buffer.class_name()
        )));
    };
    let packed = format.pack(caller, values)?;
    let offset = place(caller, offset, len)?;
    let written = change_bytes(buffer, |bytes| {
        let part = bytes.get_mut(offset..offset + packed.len())?;
        part.copy_from_slice(&packed);
        Some(())
    });
    match written.flatten() {
        Some(()) => {}
        None => {
            return Err(error(format!(
                "pack_into requires a buffer of at least {} bytes for packing {} bytes at offset {offset} (actual \
                 buffer size is {len})",
                offset + packed.len(),
                packed.len()
            )));
        }
    }
    Ok(Value::None)
}

fn iter_unpack(format: Format, buffer: &Value) -> Result<Value> {
    let bytes = arguments::bytes(buffer)?;
    if format.size == 0 {
        return Err(error("cannot iteratively unpack with a struct of length 0"));
    }
    if bytes.len() % format.size != 0 {
        return Err(error(format!(
            "iterative unpacking requires a buffer of a multiple of {} bytes",
            format.size
        )));
    }
    Ok(Iter::native(Unpacking {
        format,
        bytes,
        at: 0,
    }))
}

static UNPACKING: ClassSpec = iterator_class(
    "_struct",
    "unpack_iterator",
    "Values of repeated structures.",
    None,
);

class_of! {
    unpacking_class UNPACKING;
    struct_class STRUCT_TYPE;
}

struct Unpacking {
    format: Format,
    bytes: Vec<u8>,
    at: usize,
}

native_iter!(Unpacking, unpacking_class, this => []);

impl Unpacking {
    fn step(&mut self, _: &mut dyn Caller) -> Result<Option<Value>> {
        let Some(part) = self.bytes.get(self.at..self.at + self.format.size) else {
            return Ok(None);
        };
        self.at += self.format.size;
        Ok(Some(Value::tuple(self.format.unpack(part))))
    }
}

/// `struct.Struct`
struct Struct {
    format: Format,
    text: Value,
}

impl HeapType for Struct {
    const KIND: Kind = Kind::Foreign;
    const TRACED: bool = false;

    fn class(&self) -> Ref<Class> {
        struct_class()
    }
}

fn this(value: &Value) -> Result<&Ref<Struct>> {
    value
        .get::<Struct>()
        .ok_or_else(|| type_error("a Struct is required"))
}

static NEW: NativeSpec = def(
    "Struct(format)",
    "A format that is read once.",
    |_, args| {
        Ok(Value::from(Ref::new(Struct {
            format: Format::of(&args[0])?,
            text: args[0].clone(),
        })))
    },
);

static STRUCT_TYPE: ClassSpec = ClassSpec {
    name: "Struct",
    module: "struct",
    doc: "A format that is read once.",
    methods: &[
        def(
            "iter_unpack(self, buffer, /)",
            "An iterator over the values of repeated structures.",
            |_, args| iter_unpack(this(&args[0])?.format.clone(), &args[1]),
        ),
        def(
            "pack(self, *values)",
            "The bytes of values.",
            |caller, args| {
                this(&args[0])?
                    .format
                    .pack(caller, &star(&args[1]))
                    .map(arguments::new_bytes)
            },
        ),
        def(
            "pack_into(self, buffer, offset, /, *values)",
            "Writes the bytes of values into a bytearray.",
            |caller, args| {
                let format = this(&args[0])?.format.clone();
                pack_into(caller, &format, &args[1], &args[2], &star(&args[3]))
            },
        ),
        def(
            "unpack(self, buffer, /)",
            "The values in bytes.",
            |_, args| unpack(&this(&args[0])?.format, &args[1]),
        ),
        def(
            "unpack_from(self, buffer, offset=0)",
            "The values in bytes from a place on.",
            |caller, args| {
                let format = this(&args[0])?.format.clone();
                unpack_from(caller, &format, &args[1], &args[2])
            },
        ),
    ],
    attributes: &[
        GetSetSpec {
            name: "format",
            doc: "The format.",
            get: |_, s| Ok(this(s)?.text.clone()),
            set: None,
        },
        GetSetSpec {
            name: "size",
            doc: "Its size.",
            get: |_, s| Ok(Value::from(this(s)?.format.size)),
            set: None,
        },
    ],
    make: Some(|caller, _, args| call_spec(caller, &NEW, args)),
    ..ClassSpec::EMPTY
};
