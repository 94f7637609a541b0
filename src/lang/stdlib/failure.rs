//! Errors of the system as OSError.

use std::io;

use crate::lang::object::{Args, Caller, Exc, Raised, Value, os_error, protocol, types};

/// The OSError (or the class under it that fits) for a failure of the system, with the file it is about.
pub(super) fn system_error(
    caller: &mut dyn Caller,
    error: &io::Error,
    path: Option<&str>,
) -> Raised {
    let mut args = code_and_text(error);
    args.extend(path.map(Value::str));
    raise(caller, error, &args)
}

/// The same for a failure that is about two files.
pub(super) fn system_error_between(
    caller: &mut dyn Caller,
    error: &io::Error,
    from: &str,
    to: &str,
) -> Raised {
    let mut args = code_and_text(error);
    args.extend([Value::str(from), Value::None, Value::str(to)]);
    raise(caller, error, &args)
}

fn code_and_text(error: &io::Error) -> Vec<Value> {
    let shown = error.to_string();
    let text = shown.split(" (os error").next().unwrap_or(&shown);
    let code = error
        .raw_os_error()
        .map_or(Value::None, |code| Value::Int(code.into()));
    vec![code, Value::str(text)]
}

fn raise(caller: &mut dyn Caller, error: &io::Error, args: &[Value]) -> Raised {
    let class = types().exception(Exc::OSError).clone();
    match protocol::construct(caller, &class, Args::positional(args)) {
        Ok(value) => Raised::from_value(&value).unwrap_or_else(|| os_error(error.to_string())),
        Err(raised) => raised,
    }
}
