//! `io.StringIO`: text in memory as a file.

use std::cell::{Cell, RefCell};

use super::unsupported_operation;
use crate::lang::object::heap::HeapType;
use crate::lang::object::native::{ClassSpec, GetSetSpec};
use crate::lang::object::{
    Args, Caller, Class, Kind, NativeSpec, Ref, Result, Value, protocol, stop_iteration,
    type_error, value_error,
};
use crate::lang::stdlib::arguments;
use crate::lang::stdlib::define::{call_spec, class_of, def};

/// Text in memory; the place is a byte, which lies behind the end after a seek there.
#[derive(Default)]
struct StringIo {
    text: RefCell<String>,
    at: Cell<usize>,
    newline: Cell<Newline>,
    closed: Cell<bool>,
}

/// What ends a line, and what becomes of ends of lines in what is written: the argument `newline`.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Newline {
    /// `\n`: nothing is changed.
    #[default]
    Plain,
    /// None: all ends become `\n`.
    Translated,
    /// The empty text: all ends are known, and stay as they are.
    Any,
    /// `\n` becomes this.
    To(&'static str),
}

class_of! {
    /// `io.StringIO`
    string_io_class STRING_IO;
}

impl HeapType for StringIo {
    const KIND: Kind = Kind::Foreign;
    const TRACED: bool = false;

    fn class(&self) -> Ref<Class> {
        string_io_class()
    }
}

static STRING_IO: ClassSpec = ClassSpec {
    name: "StringIO",
    module: "_io",
    doc: "Text in memory as a file.",
    methods: METHODS,
    attributes: ATTRIBUTES,
    make: Some(make),
    solid: true,
    ..ClassSpec::EMPTY
};

static NEW: NativeSpec = def(
    "StringIO(initial_value='', newline='\\n')",
    "Text in memory as a file.",
    |_, args| {
        let io = Ref::new(StringIo::default());
        fill(&io, &args[0], &args[1])?;
        Ok(Value::from(io))
    },
);

fn make(caller: &mut dyn Caller, class: &Ref<Class>, args: Args) -> Result<Value> {
    if class.native {
        call_spec(caller, &NEW, args)
    } else {
        Ok(protocol::wrap(
            class,
            Value::from(Ref::new(StringIo::default())),
        ))
    }
}

fn fill(io: &StringIo, text: &Value, newline: &Value) -> Result<()> {
    io.newline.set(match newline.as_str() {
        Some("\n") => Newline::Plain,
        Some("") => Newline::Any,
        Some("\r") => Newline::To("\r"),
        Some("\r\n") => Newline::To("\r\n"),
        Some(other) => {
            let other = protocol::repr_str(other);
            return Err(value_error(format!("illegal newline value: {other}")));
        }
        None if newline.is_none() => Newline::Translated,
        None => {
            return Err(type_error(format!(
                "newline must be str or None, not {}",
                newline.class_name()
            )));
        }
    });
    let text = match text.as_str() {
        Some(text) => text,
        None if text.is_none() => "",
        None => {
            return Err(type_error(format!(
                "initial_value must be str or None, not {}",
                text.class_name()
            )));
        }
    };
    io.text.replace(translated(io, text));
    io.at.set(0);
    Ok(())
}

fn translated(io: &StringIo, text: &str) -> String {
    match io.newline.get() {
        Newline::Translated => text.replace("\r\n", "\n").replace('\r', "\n"),
        Newline::To(end) => text.replace('\n', end),
        Newline::Plain | Newline::Any => text.to_string(),
    }
}

/// The open file in `self`.
fn open(value: &Value) -> Result<&Ref<StringIo>> {
    let io = value
        .get::<StringIo>()
        .ok_or_else(|| type_error("a StringIO is required"))?;
    if io.closed.get() {
        Err(value_error("I/O operation on closed file"))
    } else {
        Ok(io)
    }
}

impl StringIo {
    fn write(&self, text: &str) {
        let text = translated(self, text);
        let mut held = self.text.borrow_mut();
        let at = self.at.get();
        if at > held.len() {
            let gap = at - held.len();
            held.extend(std::iter::repeat_n('\0', gap));
        }
        if at == held.len() {
            held.push_str(&text);
        } else {
            let count = text.chars().count();
            let end = held[at..]
                .char_indices()
                .nth(count)
                .map_or(held.len(), |(i, _)| at + i);
            held.replace_range(at..end, &text);
        }
        self.at.set(at + text.len());
    }

    /// The text from the place on: so many characters, or all.
    fn read(&self, size: Option<usize>) -> String {
        let held = self.text.borrow();
        let rest = held.get(self.at.get()..).unwrap_or_default();
        let end = size.map_or(rest.len(), |size| {
            rest.char_indices().nth(size).map_or(rest.len(), |(i, _)| i)
        });
        self.at.set(self.at.get() + end);
        rest[..end].to_string()
    }

    fn read_line(&self, size: Option<usize>) -> String {
        let held = self.text.borrow();
        let rest = held.get(self.at.get()..).unwrap_or_default();
        let end = match self.newline.get() {
            Newline::To(end) => rest.find(end).map(|i| i + end.len()),
            Newline::Any => rest.find(['\r', '\n']).map(|i| {
                let both = rest[i..].starts_with("\r\n");
                i + 1 + usize::from(both)
            }),
            Newline::Plain | Newline::Translated => rest.find('\n').map(|i| i + 1),
        };
        let line = end.map_or(rest, |end| &rest[..end]);
        let end = size.map_or(line.len(), |size| {
            line.char_indices().nth(size).map_or(line.len(), |(i, _)| i)
        });
        self.at.set(self.at.get() + end);
        line[..end].to_string()
    }

    fn chars_before(&self) -> usize {
        let held = self.text.borrow();
        let at = self.at.get();
        match held.get(..at) {
            Some(before) => before.chars().count(),
            None => held.chars().count() + (at - held.len()),
        }
    }
}

static ATTRIBUTES: &[GetSetSpec] = &[
    GetSetSpec {
        name: "closed",
        doc: "Whether it has been closed.",
        get: |_, this| {
            Ok(Value::Bool(
                this.get::<StringIo>().is_some_and(|io| io.closed.get()),
            ))
        },
        set: None,
    },
    GetSetSpec {
        name: "encoding",
        doc: "None.",
        get: |_, _| Ok(Value::None),
        set: None,
    },
    GetSetSpec {
        name: "errors",
        doc: "None.",
        get: |_, _| Ok(Value::None),
        set: None,
    },
    GetSetSpec {
        name: "line_buffering",
        doc: "False.",
        get: |_, _| Ok(Value::Bool(false)),
        set: None,
    },
    GetSetSpec {
        name: "newlines",
        doc: "None.",
        get: |_, _| Ok(Value::None),
        set: None,
    },
];

fn size(caller: &mut dyn Caller, value: &Value) -> Result<Option<usize>> {
    Ok(arguments::optional_int(caller, value)?.and_then(|size| usize::try_from(size).ok()))
}

fn write(value: &Value, text: &Value) -> Result<Value> {
    let io = open(value)?;
    match text.as_str() {
        Some(text) => {
            io.write(text);
            Ok(Value::from(text.chars().count()))
        }
        None => Err(type_error(format!(
            "string argument expected, got '{}'",
            text.class_name()
        ))),
    }
}

static METHODS: &[NativeSpec] = &[
    def(
        "__init__(self, initial_value='', newline='\\n')",
        "Sets the text.",
        |_, args| fill(open(&args[0])?, &args[1], &args[2]).map(|()| Value::None),
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
        let line = open(&args[0])?.read_line(None);
        if line.is_empty() {
            Err(stop_iteration(Value::None))
        } else {
            Ok(Value::str(line))
        }
    }),
    def("close(self)", "Closes the file.", |_, args| {
        if let Some(io) = args[0].get::<StringIo>() {
            io.closed.set(true);
            drop(io.text.take());
        }
        Ok(Value::None)
    }),
    def("fileno(self)", "Not to be had.", |_, _| {
        Err(unsupported_operation("fileno"))
    }),
    def("flush(self)", "Has no effect.", |_, args| {
        open(&args[0]).map(|_| Value::None)
    }),
    def("getvalue(self)", "The whole text.", |_, args| {
        Ok(Value::str(open(&args[0])?.text.borrow().clone()))
    }),
    def("isatty(self)", "False.", |_, args| {
        open(&args[0]).map(|_| Value::Bool(false))
    }),
    def(
        "read(self, size=-1, /)",
        "So many characters, or all that is left.",
        |caller, args| {
            let size = size(caller, &args[1])?;
            Ok(Value::str(open(&args[0])?.read(size)))
        },
    ),
    def("readable(self)", "True.", |_, args| {
        open(&args[0]).map(|_| Value::Bool(true))
    }),
    def(
        "readline(self, size=-1, /)",
        "The next line, with its end.",
        |caller, args| {
            let size = size(caller, &args[1])?;
            Ok(Value::str(open(&args[0])?.read_line(size)))
        },
    ),
    def(
        "readlines(self, hint=-1, /)",
        "The list of the lines that are left.",
        |_, args| {
            let io = open(&args[0])?;
            let mut lines = Vec::new();
            loop {
                let line = io.read_line(None);
                if line.is_empty() {
                    return Ok(Value::list(lines));
                }
                lines.push(Value::str(line));
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
            if !(0..=2).contains(&whence) {
                return Err(value_error(format!(
                    "Invalid whence ({whence}, should be 0, 1 or 2)"
                )));
            }
            if whence == 0 && pos < 0 {
                return Err(value_error(format!("Negative seek position {pos}")));
            }
            if whence != 0 && pos != 0 {
                return Err(crate::lang::object::os_error(
                    "Can't do nonzero cur-relative seeks",
                ));
            }
            let held = io.text.borrow();
            let pos = usize::try_from(pos).unwrap_or(0);
            io.at.set(match whence {
                0 => held.char_indices().nth(pos).map_or_else(
                    || held.len() + pos.saturating_sub(held.chars().count()),
                    |(byte, _)| byte,
                ),
                1 => io.at.get(),
                _ => held.len(),
            });
            drop(held);
            Ok(Value::from(io.chars_before()))
        },
    ),
    def("seekable(self)", "True.", |_, args| {
        open(&args[0]).map(|_| Value::Bool(true))
    }),
    def("tell(self)", "The place.", |_, args| {
        Ok(Value::from(open(&args[0])?.chars_before()))
    }),
    def(
        "truncate(self, pos=None, /)",
        "Cuts the text off at a place.",
        |caller, args| {
            let io = open(&args[0])?;
            let pos = match arguments::optional_int(caller, &args[1])? {
                Some(pos) => usize::try_from(pos)
                    .map_err(|_| value_error(format!("Negative size value {pos}")))?,
                None => io.chars_before(),
            };
            let place = io.chars_before();
            let mut held = io.text.borrow_mut();
            if let Some((byte, _)) = held.char_indices().nth(pos) {
                held.truncate(byte);
            }
            if io.at.get() > held.len() {
                io.at
                    .set(held.len() + place.saturating_sub(held.chars().count()));
            }
            Ok(Value::from(pos))
        },
    ),
    def("writable(self)", "True.", |_, args| {
        open(&args[0]).map(|_| Value::Bool(true))
    }),
    def(
        "write(self, s, /)",
        "Writes; returns how much.",
        |_, args| write(&args[0], &args[1]),
    ),
    def(
        "writelines(self, lines, /)",
        "Writes a list of texts.",
        |caller, args| {
            for line in protocol::collect(caller, &args[1])? {
                write(&args[0], &line)?;
            }
            Ok(Value::None)
        },
    ),
];
