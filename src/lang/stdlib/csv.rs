//! `_csv`: rows to lines and back.

use crate::lang::object::heap::Visit;
use crate::lang::object::iter::{Iter, NativeIter};
use crate::lang::object::native::ClassSpec;
use crate::lang::object::{
    Caller, Class, Exc, ModuleSpec, NativeSpec, Raised, Ref, Result, Value, protocol, type_error,
};

use super::define::{class_of, def};
use crate::lang::object::exception::exception_class;

/// `_csv`
pub(super) static CSV: ModuleSpec = ModuleSpec {
    name: "_csv",
    doc: "Rows as lines of text.",
    functions: FUNCTIONS,
    setup: |_, module| {
        module.set("Error", Value::from(error_class()));
        for (name, number) in [
            ("QUOTE_MINIMAL", 0),
            ("QUOTE_ALL", 1),
            ("QUOTE_NONNUMERIC", 2),
            ("QUOTE_NONE", 3),
        ] {
            module.set(name, Value::Int(number));
        }
        Ok(())
    },
};

fn error_class() -> Ref<Class> {
    thread_local! {
        static CLASS: std::cell::OnceCell<Ref<Class>> = const { std::cell::OnceCell::new() };
    }
    let make = || exception_class("_csv", "Error", Exc::Exception);
    CLASS.with(|class| class.get_or_init(make).clone())
}

fn error(message: impl Into<String>) -> Raised {
    Raised::of_class(&error_class(), [Value::str(message)])
}

/// How rows are written.
#[derive(Clone)]
struct Dialect {
    delimiter: char,
    quote: Option<char>,
    escape: Option<char>,
    double_quote: bool,
    skip_space: bool,
    terminator: String,
    quoting: i64,
    strict: bool,
}

static FUNCTIONS: &[NativeSpec] = &[
    def(
        "reader(lines, delimiter, quotechar, escapechar, doublequote, skipinitialspace, lineterminator, quoting, \
         strict, /)",
        "An iterator over the rows of lines.",
        |caller, args| {
            let lines = protocol::iter(caller, &args[0])?;
            let dialect = dialect(caller, &args[1..])?;
            Ok(Iter::native(Reader {
                lines,
                dialect,
                line: 0,
            }))
        },
    ),
    def(
        "row_text(row, delimiter, quotechar, escapechar, doublequote, skipinitialspace, lineterminator, quoting, \
         strict, /)",
        "The line of a row.",
        |caller, args| {
            let dialect = dialect(caller, &args[1..])?;
            row_text(caller, &args[0], &dialect).map(Value::str)
        },
    ),
];

fn character(value: &Value, name: &str) -> Result<Option<char>> {
    if value.is_none() {
        return Ok(None);
    }
    let Some(text) = value.as_str() else {
        return Err(type_error(format!(
            "\"{name}\" must be string, not {}",
            value.class_name()
        )));
    };
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        (Some(c), None) => Ok(Some(c)),
        (None, _) if name != "delimiter" => Ok(None),
        _ => Err(type_error(format!(
            "\"{name}\" must be a 1-character string"
        ))),
    }
}

fn dialect(caller: &mut dyn Caller, args: &[Value]) -> Result<Dialect> {
    let delimiter = character(&args[0], "delimiter")?
        .ok_or_else(|| type_error("\"delimiter\" must be a 1-character string"))?;
    let quoting = args[6].as_int().unwrap_or(0);
    if !(0..=3).contains(&quoting) {
        return Err(type_error("bad \"quoting\" value"));
    }
    let quote = character(&args[1], "quotechar")?;
    if quoting != 3 && quote.is_none() {
        return Err(type_error("quotechar must be set if quoting enabled"));
    }
    Ok(Dialect {
        delimiter,
        quote,
        escape: character(&args[2], "escapechar")?,
        double_quote: protocol::truth(caller, &args[3])?,
        skip_space: protocol::truth(caller, &args[4])?,
        terminator: args[5].as_str().unwrap_or("\r\n").to_string(),
        quoting,
        strict: protocol::truth(caller, &args[7])?,
    })
}

static READER: ClassSpec = ClassSpec {
    name: "reader",
    module: "_csv",
    doc: "The rows of lines.",
    methods: super::define::ITERATOR_METHODS,
    ..ClassSpec::EMPTY
};

class_of! {
    reader_class READER;
}

struct Reader {
    lines: Value,
    dialect: Dialect,
    line: usize,
}

/// Where the reading of a row stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    StartRecord,
    StartField,
    InField,
    InQuotes,
    QuoteInQuotes,
    Escape,
    EscapeInQuotes,
}

/// A row that is being read.
struct Row {
    fields: Vec<Value>,
    field: String,
    /// Whether the field is a number because it is not quoted.
    numeric: bool,
    state: State,
}

impl Row {
    fn end_field(&mut self, dialect: &Dialect) -> Result<()> {
        let field = std::mem::take(&mut self.field);
        let numeric = std::mem::take(&mut self.numeric);
        self.fields.push(if numeric && dialect.quoting == 2 {
            match field.trim().parse::<f64>() {
                Ok(number) => Value::Float(number),
                Err(_) => {
                    return Err(crate::lang::object::value_error(format!(
                        "could not convert string to float: {}",
                        protocol::repr_str(&field)
                    )));
                }
            }
        } else {
            Value::str(field)
        });
        Ok(())
    }

    /// Takes one character; `None` is the end of a line.
    fn take(&mut self, c: Option<char>, d: &Dialect) -> Result<()> {
        let newline = matches!(c, None | Some('\n' | '\r'));
        match self.state {
            State::StartRecord if newline => {}
            State::StartRecord | State::StartField => {
                self.state = State::StartField;
                match c {
                    _ if newline => {
                        self.end_field(d)?;
                        self.state = State::StartRecord;
                    }
                    Some(c) if Some(c) == d.quote && d.quoting != 3 => self.state = State::InQuotes,
                    Some(c) if Some(c) == d.escape => self.state = State::Escape,
                    Some(' ') if d.skip_space => {}
                    Some(c) if c == d.delimiter => self.end_field(d)?,
                    Some(c) => {
                        self.numeric = d.quoting == 2;
                        self.field.push(c);
                        self.state = State::InField;
                    }
                    None => {}
                }
            }
            State::InField => match c {
                _ if newline => {
                    self.end_field(d)?;
                    self.state = State::StartRecord;
                }
                Some(c) if Some(c) == d.escape => self.state = State::Escape,
                Some(c) if c == d.delimiter => {
                    self.end_field(d)?;
                    self.state = State::StartField;
                }
                Some(c) => self.field.push(c),
                None => {}
            },
            State::Escape | State::EscapeInQuotes => {
                self.field.push(c.unwrap_or('\n'));
                self.state = if self.state == State::Escape {
                    State::InField
                } else {
                    State::InQuotes
                };
            }
            State::InQuotes => match c {
                None => {}
                Some(c) if Some(c) == d.escape => self.state = State::EscapeInQuotes,
                Some(c) if Some(c) == d.quote && d.quoting != 3 => {
                    self.state = if d.double_quote {
                        State::QuoteInQuotes
                    } else {
                        State::InField
                    };
                }
                Some(c) => self.field.push(c),
            },
            State::QuoteInQuotes => match c {
                Some(c) if Some(c) == d.quote && d.quoting != 3 => {
                    self.field.push(c);
                    self.state = State::InQuotes;
                }
                Some(c) if c == d.delimiter => {
                    self.end_field(d)?;
                    self.state = State::StartField;
                }
                _ if newline => {
                    self.end_field(d)?;
                    self.state = State::StartRecord;
                }
                Some(c) if !d.strict => {
                    self.field.push(c);
                    self.state = State::InField;
                }
                _ => {
                    let (delimiter, quote) = (d.delimiter, d.quote.unwrap_or('"'));
                    return Err(error(format!("'{delimiter}' expected after '{quote}'")));
                }
            },
        }
        Ok(())
    }
}

impl NativeIter for Reader {
    fn next(&mut self, caller: &mut dyn Caller) -> Result<Option<Value>> {
        let mut row = Row {
            fields: Vec::new(),
            field: String::new(),
            numeric: false,
            state: State::StartRecord,
        };
        loop {
            let Some(line) = protocol::next(caller, &self.lines.clone())? else {
                let open = !row.field.is_empty() || row.state == State::InQuotes;
                if !open {
                    return Ok(None);
                }
                if self.dialect.strict {
                    return Err(error("unexpected end of data"));
                }
                row.end_field(&self.dialect)?;
                return Ok(Some(Value::list(row.fields)));
            };
            let Some(text) = line.as_str() else {
                return Err(error(format!(
                    "iterator should return strings, not {} (the file should be opened in text mode)",
                    line.class_name()
                )));
            };
            self.line += 1;
            let mut ended = false;
            for c in text.chars() {
                if ended && !matches!(c, '\n' | '\r') {
                    return Err(error(
                        "new-line character seen in unquoted field - do you need to open the file with newline=''?",
                    ));
                }
                let before = row.state;
                row.take(Some(c), &self.dialect)?;
                ended |= matches!(c, '\n' | '\r')
                    && !matches!(
                        before,
                        State::InQuotes | State::EscapeInQuotes | State::Escape
                    );
            }
            row.take(None, &self.dialect)?;
            if row.state == State::StartRecord {
                return Ok(Some(Value::list(row.fields)));
            }
        }
    }

    fn trace(&self, visit: &mut Visit) {
        self.lines.trace(visit);
    }

    fn class(&self) -> Ref<Class> {
        reader_class()
    }
}

/// The text of a field, and whether it is a number.
fn field_text(caller: &mut dyn Caller, value: &Value) -> Result<(String, bool)> {
    if value.is_none() {
        return Ok((String::new(), false));
    }
    let numeric = value.as_number().is_some();
    protocol::str(caller, value).map(|text| (text, numeric))
}

fn row_text(caller: &mut dyn Caller, row: &Value, d: &Dialect) -> Result<String> {
    let fields = protocol::collect(caller, row).map_err(|raised| {
        if raised.is(Exc::TypeError) {
            error(format!("iterable expected, not {}", row.class_name()))
        } else {
            raised
        }
    })?;
    let mut line = String::new();
    for (i, field) in fields.iter().enumerate() {
        if i > 0 {
            line.push(d.delimiter);
        }
        let (text, numeric) = field_text(caller, field)?;
        let special = |c: char| {
            c == d.delimiter
                || Some(c) == d.quote
                || Some(c) == d.escape
                || c == '\n'
                || c == '\r'
                || d.terminator.contains(c)
        };
        let alone = text.is_empty() && fields.len() == 1;
        let quoted = match d.quoting {
            1 => true,
            2 => !numeric,
            3 => false,
            _ => {
                // A quote that is escaped rather than doubled does not need quotes around.
                let escaped = |c| Some(c) == d.quote && !d.double_quote && d.escape.is_some();
                alone || text.chars().any(|c| special(c) && !escaped(c))
            }
        };
        if d.quoting == 3 && alone {
            return Err(error("single empty field record must be quoted"));
        }
        let quote = d.quote.unwrap_or('"');
        if quoted {
            line.push(quote);
        }
        for c in text.chars() {
            if Some(c) == d.escape || (Some(c) == d.quote && d.quoting != 3) {
                if Some(c) == d.quote && d.double_quote && d.quoting != 3 {
                    line.push(c);
                } else if let Some(escape) = d.escape {
                    line.push(escape);
                } else {
                    return Err(error("need to escape, but no escapechar set"));
                }
            } else if d.quoting == 3 && special(c) {
                match d.escape {
                    Some(escape) => line.push(escape),
                    None => return Err(error("need to escape, but no escapechar set")),
                }
            }
            line.push(c);
        }
        if quoted {
            line.push(quote);
        }
    }
    line.push_str(&d.terminator);
    Ok(line)
}
