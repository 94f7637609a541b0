//! `print`.

use crate::lang::object::protocol::{self, call_method, truth};
use crate::lang::object::{Caller, Kind, NativeSpec, Result, Tuple, Value, type_error};

pub(super) static FUNCTIONS: &[NativeSpec] = &[NativeSpec::new(
    "print(*args, sep=' ', end='\\n', file=None, flush=False)",
    "Prints the values to a stream, or to sys.stdout by default.\n\nsep\n  string inserted between values, default a space.\nend\n  string appended after the last value, default a newline.\nfile\n  a file-like object (stream); defaults to the current sys.stdout.\nflush\n  whether to forcibly flush the stream.",
    print,
)];

fn separator<'a>(value: &'a Value, name: &str, default: &'static str) -> Result<&'a str> {
    match value.as_str() {
        Some(text) => Ok(text),
        None if value.is_none() => Ok(default),
        None => Err(type_error(format!(
            "{name} must be None or a string, not {}",
            value.class_name()
        ))),
    }
}

fn print(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let (sep, end) = (
        separator(&args[1], "sep", " ")?,
        separator(&args[2], "end", "\n")?,
    );
    let values = args[0]
        .exact::<Tuple>()
        .map_or(&[][..], |tuple| &tuple.items[..]);
    let file = match &args[3] {
        Value::None => super::input::replaced(caller, "stdout", "__stdout__"),
        file => Some(file.clone()),
    };
    if let Some(file) = file
        .as_ref()
        .filter(|file| file.kind() == Some(Kind::Instance))
    {
        return print_in_pieces(caller, values, [sep, end], file, &args[4]);
    }
    let mut line = String::new();
    for (i, value) in values.iter().enumerate() {
        if i > 0 {
            line.push_str(sep);
        }
        match value.exact::<crate::lang::object::Str>() {
            Some(text) => line.push_str(text.as_str()),
            None => line.push_str(&protocol::str(caller, value)?),
        }
    }
    line.push_str(end);
    let flush = truth(caller, &args[4])?;
    match file {
        // A program without standard output prints nothing.
        Some(Value::None) => {}
        Some(file) => {
            call_method(caller, &file, "write", &[Value::from(line)])?;
            if flush {
                call_method(caller, &file, "flush", &[])?;
            }
        }
        None => {
            let mut output = caller.session().output.borrow_mut();
            output.write(&line)?;
            if flush {
                output.flush();
            }
        }
    }
    Ok(Value::None)
}

/// To an object of the script: it sees every value, separator and end by itself, as with CPython.
fn print_in_pieces(
    caller: &mut dyn Caller,
    values: &[Value],
    [sep, end]: [&str; 2],
    file: &Value,
    flush: &Value,
) -> Result<Value> {
    for (i, value) in values.iter().enumerate() {
        if i > 0 {
            call_method(caller, file, "write", &[Value::from(sep)])?;
        }
        let text = protocol::str(caller, value)?;
        call_method(caller, file, "write", &[Value::from(text)])?;
    }
    call_method(caller, file, "write", &[Value::from(end)])?;
    if truth(caller, flush)? {
        call_method(caller, file, "flush", &[])?;
    }
    Ok(Value::None)
}
