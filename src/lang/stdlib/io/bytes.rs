//! `io.BytesIO`: bytes in memory as a file.

use std::cell::{Cell, RefCell};

use super::unsupported_operation;
use crate::lang::object::bytes::{change_bytes, memoryview_class};
use crate::lang::object::heap::HeapType;
use crate::lang::object::native::{ClassSpec, GetSetSpec};
use crate::lang::object::{
    Args, Caller, Class, Kind, NativeSpec, Ref, Result, Value, protocol, stop_iteration,
    type_error, value_error,
};
use crate::lang::stdlib::arguments::{self, new_bytes};
use crate::lang::stdlib::define::{call_spec, class_of, def};

/// Bytes in memory.
#[derive(Default)]
struct BytesIo {
    data: RefCell<Vec<u8>>,
    at: Cell<usize>,
    closed: Cell<bool>,
}

class_of! {
    /// `io.BytesIO`
    bytes_io_class BYTES_IO;
}

impl HeapType for BytesIo {
    const KIND: Kind = Kind::Foreign;
    const TRACED: bool = false;

    fn class(&self) -> Ref<Class> {
        bytes_io_class()
    }
}

static BYTES_IO: ClassSpec = ClassSpec {
    name: "BytesIO",
    module: "_io",
    doc: "Bytes in memory as a file.",
    methods: METHODS,
    attributes: &[GetSetSpec {
        name: "closed",
        doc: "Whether it has been closed.",
        get: |_, this| {
            Ok(Value::Bool(
                this.get::<BytesIo>().is_some_and(|io| io.closed.get()),
            ))
        },
        set: None,
    }],
    make: Some(make),
    solid: true,
    ..ClassSpec::EMPTY
};

static NEW: NativeSpec = def(
    "BytesIO(initial_bytes=None)",
    "Bytes in memory as a file.",
    |_, args| {
        let io = Ref::new(BytesIo::default());
        fill(&io, &args[0])?;
        Ok(Value::from(io))
    },
);

fn make(caller: &mut dyn Caller, class: &Ref<Class>, args: Args) -> Result<Value> {
    if class.native {
        call_spec(caller, &NEW, args)
    } else {
        Ok(protocol::wrap(
            class,
            Value::from(Ref::new(BytesIo::default())),
        ))
    }
}

fn fill(io: &BytesIo, data: &Value) -> Result<()> {
    let data = if data.is_none() {
        Vec::new()
    } else {
        arguments::bytes(data)?
    };
    io.data.replace(data);
    io.at.set(0);
    Ok(())
}

/// The open file in `self`.
fn open(value: &Value) -> Result<&Ref<BytesIo>> {
    let io = value
        .get::<BytesIo>()
        .ok_or_else(|| type_error("a BytesIO is required"))?;
    if io.closed.get() {
        Err(value_error("I/O operation on closed file."))
    } else {
        Ok(io)
    }
}

impl BytesIo {
    fn write(&self, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        let mut data = self.data.borrow_mut();
        let end = self.at.get() + bytes.len();
        if data.len() < end {
            data.resize(end, 0);
        }
        data[self.at.get()..end].copy_from_slice(bytes);
        self.at.set(end);
    }

    fn take(&self, size: Option<usize>, line: bool) -> Vec<u8> {
        let data = self.data.borrow();
        let rest = data.get(self.at.get()..).unwrap_or_default();
        let mut len = size.map_or(rest.len(), |size| size.min(rest.len()));
        if line && let Some(newline) = rest[..len].iter().position(|&b| b == b'\n') {
            len = newline + 1;
        }
        self.at.set(self.at.get() + len);
        rest[..len].to_vec()
    }
}

fn size(caller: &mut dyn Caller, value: &Value) -> Result<Option<usize>> {
    Ok(arguments::optional_int(caller, value)?.and_then(|size| usize::try_from(size).ok()))
}

fn read(caller: &mut dyn Caller, args: &[Value], line: bool) -> Result<Value> {
    let size = size(caller, &args[1])?;
    Ok(new_bytes(open(&args[0])?.take(size, line)))
}

static METHODS: &[NativeSpec] = &[
    def(
        "__init__(self, initial_bytes=None)",
        "Sets the bytes.",
        |_, args| fill(open(&args[0])?, &args[1]).map(|()| Value::None),
    ),
    def("__enter__(self)", "The file itself.", |_, args| {
        open(&args[0]).map(|_| args[0].clone())
    }),
    def("__exit__(self, *args)", "Closes the file.", |_, args| {
        open(&args[0])?.closed.set(true);
        Ok(Value::None)
    }),
    def(
        "__iter__(self)",
        "The file itself: it runs over its lines.",
        |_, args| open(&args[0]).map(|_| args[0].clone()),
    ),
    def("__next__(self)", "The next line.", |_, args| {
        let line = open(&args[0])?.take(None, true);
        if line.is_empty() {
            Err(stop_iteration(Value::None))
        } else {
            Ok(new_bytes(line))
        }
    }),
    def("close(self)", "Closes the file.", |_, args| {
        if let Some(io) = args[0].get::<BytesIo>() {
            io.closed.set(true);
            drop(io.data.take());
        }
        Ok(Value::None)
    }),
    def("fileno(self)", "Not to be had.", |_, _| {
        Err(unsupported_operation("fileno"))
    }),
    def("flush(self)", "Has no effect.", |_, args| {
        open(&args[0]).map(|_| Value::None)
    }),
    def(
        "getbuffer(self)",
        "A view of a copy of the bytes, which cannot be written to.",
        |caller, args| {
            let copy = new_bytes(open(&args[0])?.data.borrow().clone());
            caller.call_positional(&Value::from(memoryview_class()), &[copy])
        },
    ),
    def("getvalue(self)", "All bytes.", |_, args| {
        Ok(new_bytes(open(&args[0])?.data.borrow().clone()))
    }),
    def("isatty(self)", "False.", |_, args| {
        open(&args[0]).map(|_| Value::Bool(false))
    }),
    def(
        "read(self, size=-1, /)",
        "So many bytes, or all that are left.",
        |caller, args| read(caller, args, false),
    ),
    def(
        "read1(self, size=-1, /)",
        "So many bytes, or all that are left.",
        |caller, args| read(caller, args, false),
    ),
    def("readable(self)", "True.", |_, args| {
        open(&args[0]).map(|_| Value::Bool(true))
    }),
    def(
        "readinto(self, buffer, /)",
        "Fills a bytearray; returns how many bytes.",
        |_, args| {
            let Some(len) = change_bytes(&args[1], |bytes| bytes.len()) else {
                return Err(type_error(format!(
                    "readinto() argument must be read-write bytes-like object, not {}",
                    args[1].class_name()
                )));
            };
            let data = open(&args[0])?.take(Some(len), false);
            change_bytes(&args[1], |bytes| bytes[..data.len()].copy_from_slice(&data));
            Ok(Value::from(data.len()))
        },
    ),
    def(
        "readline(self, size=-1, /)",
        "The next line, with its end.",
        |caller, args| read(caller, args, true),
    ),
    def(
        "readlines(self, hint=-1, /)",
        "The list of the lines that are left.",
        |_, args| {
            let io = open(&args[0])?;
            let mut lines = Vec::new();
            loop {
                let line = io.take(None, true);
                if line.is_empty() {
                    return Ok(Value::list(lines));
                }
                lines.push(new_bytes(line));
            }
        },
    ),
    def(
        "seek(self, pos, whence=0, /)",
        "Goes to a place.",
        |caller, args| {
            let io = open(&args[0])?;
            let (pos, whence) = (
                arguments::int(caller, &args[1])?,
                arguments::int(caller, &args[2])?,
            );
            let base = match whence {
                0 if pos < 0 => return Err(value_error(format!("negative seek value {pos}"))),
                0 => 0,
                1 => io.at.get() as i64,
                2 => io.data.borrow().len() as i64,
                _ => {
                    return Err(value_error(format!(
                        "invalid whence ({whence}, should be 0, 1 or 2)"
                    )));
                }
            };
            io.at
                .set(usize::try_from(base.saturating_add(pos)).unwrap_or(0));
            Ok(Value::from(io.at.get()))
        },
    ),
    def("seekable(self)", "True.", |_, args| {
        open(&args[0]).map(|_| Value::Bool(true))
    }),
    def("tell(self)", "The place.", |_, args| {
        Ok(Value::from(open(&args[0])?.at.get()))
    }),
    def(
        "truncate(self, size=None, /)",
        "Cuts the bytes off at a place.",
        |caller, args| {
            let io = open(&args[0])?;
            let size = size(caller, &args[1])?.unwrap_or(io.at.get());
            io.data.borrow_mut().truncate(size);
            Ok(Value::from(size))
        },
    ),
    def("writable(self)", "True.", |_, args| {
        open(&args[0]).map(|_| Value::Bool(true))
    }),
    def(
        "write(self, b, /)",
        "Writes; returns how much.",
        |_, args| {
            let io = open(&args[0])?;
            let bytes = arguments::bytes(&args[1])?;
            io.write(&bytes);
            Ok(Value::from(bytes.len()))
        },
    ),
    def(
        "writelines(self, lines, /)",
        "Writes a list of bytes.",
        |caller, args| {
            for line in protocol::collect(caller, &args[1])? {
                let bytes = arguments::bytes(&line)?;
                open(&args[0])?.write(&bytes);
            }
            Ok(Value::None)
        },
    ),
];
