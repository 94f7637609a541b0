//! The methods of file objects.

use std::io::SeekFrom;

use super::buffer::Buffer;
use super::open::{FileObject, descriptor};
use super::transfer::{chars_length, delivered, is_empty, is_wide, line, take, with, write};
use super::unsupported::unsupported_operation;
use crate::lang::object::bytes::{bytes_of, change_bytes};
use crate::lang::object::exception::system_error;
use crate::lang::object::native::{ClassSpec, GetSetSpec, NativeSpec, receiver, size_arg};
use crate::lang::object::protocol::{call_method, for_each, repr};
use crate::lang::object::root::methods::no_instances;
use crate::lang::object::{Caller, Ref, Result, Value, stop_iteration, type_error, value_error};

const fn class(name: &'static str) -> ClassSpec {
    ClassSpec {
        name,
        module: "_io",
        methods: METHODS,
        attributes: ATTRIBUTES,
        make: Some(no_instances),
        ..ClassSpec::EMPTY
    }
}

pub(super) static TEXT_FILE: ClassSpec = class("TextIOWrapper");
pub(super) static BINARY_READER: ClassSpec = class("BufferedReader");
pub(super) static BINARY_WRITER: ClassSpec = class("BufferedWriter");
pub(super) static BINARY_RANDOM: ClassSpec = class("BufferedRandom");

/// Refuses a closed file; binary files say what was tried.
fn check_open(file: &FileObject, tried: &str) -> Result<()> {
    let closed = file.shared.borrow().is_none();
    match (closed, &file.text) {
        (false, _) => Ok(()),
        (true, None) => Err(value_error(tried)),
        (true, Some(_)) => Err(value_error("I/O operation on closed file.")),
    }
}

fn reading(value: &Value) -> Result<&Ref<FileObject>> {
    let file = receiver::<FileObject>(value)?;
    check_open(file, "read of closed file")?;
    if file.mode.readable() {
        Ok(file)
    } else {
        Err(unsupported_operation(if file.text.is_some() {
            "not readable"
        } else {
            "read"
        }))
    }
}

fn writing(value: &Value) -> Result<&Ref<FileObject>> {
    let file = receiver::<FileObject>(value)?;
    check_open(file, "write to closed file")?;
    if file.mode.writable() {
        Ok(file)
    } else {
        Err(unsupported_operation(if file.text.is_some() {
            "not writable"
        } else {
            "write"
        }))
    }
}

fn count_arg(caller: &mut dyn Caller, value: &Value) -> Result<Option<usize>> {
    if value.is_none() {
        return Ok(None);
    }
    Ok(usize::try_from(size_arg(caller, value)?).ok())
}

fn read(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let count = count_arg(caller, &args[1])?;
    let file = reading(&args[0])?.clone();
    let bytes = match (count, &file.text) {
        (None, Some(text)) if is_wide(text.encoding) => take(&file, |bytes, _| Some(bytes.len()))?,
        (None, _) => with(&file, Buffer::read_all)?,
        (Some(count), None) => with(&file, |buffer| buffer.read(count))?,
        (Some(count), Some(text)) => {
            let universal = text.newline.is_none();
            take(&file, |bytes, last| {
                chars_length(bytes, text.encoding, count, universal, last)
            })?
        }
    };
    delivered(&file, bytes)
}

static METHODS: &[NativeSpec] = &[
    NativeSpec::new(
        "read(self, size=-1, /)",
        "Read at most size characters or bytes, all of them if size is negative or omitted.",
        read,
    ),
    NativeSpec::new(
        "read1(self, size=-1, /)",
        "Read at most size bytes with few calls of the system.",
        read,
    ),
    NativeSpec::new(
        "peek(self, size=0, /)",
        "Return what comes next without advancing.",
        |c, a| {
            let at = call_method(c, &a[0], "tell", &[])?;
            let ahead = call_method(c, &a[0], "read", &[Value::Int(8192)])?;
            call_method(c, &a[0], "seek", &[at])?;
            Ok(ahead)
        },
    ),
    NativeSpec::new(
        "readline(self, size=-1, /)",
        "Read until newline or end of file.\n\nReturns an empty string at the end.",
        |c, a| {
            let most = count_arg(c, &a[1])?;
            line(&reading(&a[0])?.clone(), most)
        },
    ),
    NativeSpec::new(
        "readlines(self, hint=-1, /)",
        "Return a list of lines from the stream.",
        |c, a| {
            let hint = count_arg(c, &a[1])?
                .filter(|&hint| hint > 0)
                .unwrap_or(usize::MAX);
            let file = reading(&a[0])?.clone();
            let (mut lines, mut total) = (Vec::new(), 0);
            while total < hint {
                let next = line(&file, None)?;
                if is_empty(&next) {
                    break;
                }
                total += next
                    .as_str()
                    .map_or_else(|| bytes_of(&next).map_or(0, |b| b.len()), str::len);
                lines.push(next);
            }
            Ok(Value::list(lines))
        },
    ),
    NativeSpec::new(
        "readinto(self, buffer, /)",
        "Read bytes into a bytearray; returns how many.",
        |_, a| {
            let file = reading(&a[0])?.clone();
            let Some(count) = change_bytes(&a[1], |bytes| bytes.len()) else {
                return Err(type_error(format!(
                    "readinto() argument must be read-write bytes-like object, not {}",
                    a[1].class_name()
                )));
            };
            let bytes = with(&file, |buffer| buffer.read(count))?;
            change_bytes(&a[1], |target| {
                target[..bytes.len()].copy_from_slice(&bytes)
            });
            Ok(Value::from(bytes.len()))
        },
    ),
    NativeSpec::new(
        "write(self, data, /)",
        "Write to the stream; returns how many characters or bytes.",
        |_, a| write(&writing(&a[0])?.clone(), &a[1]),
    ),
    NativeSpec::new(
        "writelines(self, lines, /)",
        "Write a list of lines to stream.\n\nLine separators are not added.",
        |c, a| {
            let file = writing(&a[0])?.clone();
            for_each(c, &a[1], |_, item| {
                write(&file, &item)?;
                Ok(true)
            })?;
            Ok(Value::None)
        },
    ),
    NativeSpec::new(
        "seek(self, cookie, whence=0, /)",
        "Change the stream position; returns the new one.",
        seek,
    ),
    NativeSpec::new(
        "tell(self, /)",
        "Return the current stream position.",
        |_, a| {
            let file = receiver::<FileObject>(&a[0])?;
            if file.iterating.get() && file.text.is_some() {
                return Err(crate::lang::object::os_error(
                    "telling position disabled by next() call",
                ));
            }
            with(file, Buffer::tell).map(|at| Value::from(at as usize))
        },
    ),
    NativeSpec::new(
        "truncate(self, pos=None, /)",
        "Truncate the file to size bytes, by default to the current position.",
        |c, a| {
            let file = writing(&a[0])?.clone();
            let size = match count_arg(c, &a[1])? {
                Some(size) => size as u64,
                None => with(&file, Buffer::tell)?,
            };
            with(&file, |buffer| buffer.truncate(size))?;
            Ok(Value::from(size as usize))
        },
    ),
    NativeSpec::new(
        "flush(self, /)",
        "Flush write buffers, if applicable.",
        |_, a| with(receiver::<FileObject>(&a[0])?, Buffer::flush).map(|()| Value::None),
    ),
    NativeSpec::new("close(self, /)", "Flush and close the file.", |_, a| {
        close(receiver::<FileObject>(&a[0])?)
    }),
    NativeSpec::new(
        "fileno(self, /)",
        "Returns underlying file descriptor.",
        |_, a| {
            with(receiver::<FileObject>(&a[0])?, |buffer| {
                Ok(descriptor(buffer))
            })
            .map(Value::Int)
        },
    ),
    NativeSpec::new(
        "isatty(self, /)",
        "Return whether this is an interactive stream.",
        |_, a| {
            use std::io::IsTerminal;
            with(receiver::<FileObject>(&a[0])?, |buffer| {
                Ok(buffer.file().is_terminal())
            })
            .map(Value::Bool)
        },
    ),
    NativeSpec::new(
        "readable(self, /)",
        "Return whether the file was opened for reading.",
        |_, a| {
            let file = receiver::<FileObject>(&a[0])?;
            with(file, |_| Ok(Value::Bool(file.mode.readable())))
        },
    ),
    NativeSpec::new(
        "writable(self, /)",
        "Return whether the file was opened for writing.",
        |_, a| {
            let file = receiver::<FileObject>(&a[0])?;
            with(file, |_| Ok(Value::Bool(file.mode.writable())))
        },
    ),
    NativeSpec::new(
        "seekable(self, /)",
        "Return whether the file supports random access.",
        |_, a| {
            let file = receiver::<FileObject>(&a[0])?;
            with(file, |buffer| Ok(Value::Bool(buffer.tell().is_ok())))
        },
    ),
    NativeSpec::new("__enter__(self, /)", "The file itself.", |_, a| {
        with(receiver::<FileObject>(&a[0])?, |_| Ok(()))?;
        Ok(a[0].clone())
    }),
    NativeSpec::new(
        "__exit__(self, type=None, value=None, traceback=None, /)",
        "Close the file.",
        |_, a| close(receiver::<FileObject>(&a[0])?),
    ),
    NativeSpec::new("__iter__(self, /)", "Implement iter(self).", |_, a| {
        with(receiver::<FileObject>(&a[0])?, |_| Ok(()))?;
        Ok(a[0].clone())
    }),
    NativeSpec::new("__next__(self, /)", "Implement next(self).", |_, a| {
        let file = reading(&a[0])?.clone();
        file.iterating.set(true);
        let next = line(&file, None)?;
        if is_empty(&next) {
            file.iterating.set(false);
            return Err(stop_iteration(Value::None));
        }
        Ok(next)
    }),
    NativeSpec::new("__repr__(self, /)", "Return repr(self).", |c, a| {
        let file = receiver::<FileObject>(&a[0])?.clone();
        let (class, name) = (a[0].class_name(), repr(c, &file.name)?);
        Ok(Value::from(match &file.text {
            Some(text) => format!(
                "<_io.{class} name={name} mode='{}' encoding='{}'>",
                file.mode_text, text.encoding_name
            ),
            None => format!("<_io.{class} name={name}>"),
        }))
    }),
];

fn close(file: &FileObject) -> Result<Value> {
    let closed = file.shared.borrow_mut().take();
    if let Some(mut buffer) = closed {
        buffer.flush().map_err(|error| system_error(&error, None))?;
    }
    Ok(Value::None)
}

fn seek(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let file = receiver::<FileObject>(&args[0])?.clone();
    let (offset, whence) = (size_arg(caller, &args[1])?, size_arg(caller, &args[2])?);
    if file.text.is_some() && whence != 0 && offset != 0 {
        return Err(unsupported_operation(match whence {
            1 => "can't do nonzero cur-relative seeks",
            _ => "can't do nonzero end-relative seeks",
        }));
    }
    let to = match (whence, u64::try_from(offset)) {
        (0, Ok(offset)) => SeekFrom::Start(offset),
        (0, Err(_)) => return Err(value_error(format!("negative seek position {offset}"))),
        (1, _) => SeekFrom::Current(offset),
        (2, _) => SeekFrom::End(offset),
        _ => {
            return Err(value_error(format!(
                "invalid whence ({whence}, should be 0, 1 or 2)"
            )));
        }
    };
    file.decoded.replace(None);
    file.iterating.set(false);
    with(&file, |buffer| buffer.seek(to)).map(|at| Value::from(at as usize))
}

static ATTRIBUTES: &[GetSetSpec] = &[
    GetSetSpec::new("closed", "Whether the file is closed.", |_, v| {
        Ok(Value::Bool(
            receiver::<FileObject>(v)?.shared.borrow().is_none(),
        ))
    }),
    GetSetSpec::new("name", "What it was opened as.", |_, v| {
        Ok(receiver::<FileObject>(v)?.name.clone())
    }),
    GetSetSpec::new("mode", "The mode.", |_, v| {
        let file = receiver::<FileObject>(v)?;
        Ok(Value::from(if file.text.is_some() {
            file.mode_text.as_str()
        } else {
            file.mode.raw_text()
        }))
    }),
    GetSetSpec::new("encoding", "The encoding.", |_, v| {
        let file = receiver::<FileObject>(v)?;
        Ok(file
            .text
            .as_ref()
            .map_or(Value::None, |text| Value::from(text.encoding_name.as_str())))
    }),
    GetSetSpec::new(
        "errors",
        "What happens with text that cannot be coded.",
        |_, v| {
            let file = receiver::<FileObject>(v)?;
            Ok(file
                .text
                .as_ref()
                .map_or(Value::None, |text| Value::from(text.errors.as_str())))
        },
    ),
    GetSetSpec::new("newlines", "The line ends seen: not kept.", |_, _| {
        Ok(Value::None)
    }),
    GetSetSpec::new(
        "line_buffering",
        "Whether lines are written at once.",
        |_, v| {
            with(receiver::<FileObject>(v)?, |buffer| {
                Ok(Value::Bool(buffer.line_by_line))
            })
        },
    ),
    GetSetSpec::new("buffer", "The same file in bytes.", |_, v| {
        let file = receiver::<FileObject>(v)?;
        Ok(Value::from(Ref::new(FileObject {
            shared: file.shared.clone(),
            name: file.name.clone(),
            mode: file.mode,
            mode_text: file.mode_text.clone(),
            text: None,
            decoded: Default::default(),
            iterating: Default::default(),
        })))
    }),
];
