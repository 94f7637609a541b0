//! `input` and `breakpoint`.

use std::io::BufRead;

use crate::lang::object::exception::system_error;
use crate::lang::object::protocol::{self, call_method};
use crate::lang::object::{
    Caller, Exc, Module, NativeSpec, Raised, Result, Value, not_implemented_error,
};

pub(super) static FUNCTIONS: &[NativeSpec] = &[
    NativeSpec::new(
        "breakpoint(*args, **kws)",
        "Call the debugger: there is none.",
        |_, _| Err(not_implemented_error("breakpoint")),
    ),
    NativeSpec::new(
        "input(prompt='', /)",
        "Read a string from standard input.  The trailing newline is stripped.\n\nThe prompt string, if given, is printed to standard output without a trailing newline before reading input.",
        input,
    ),
];

/// A standard stream that the script has put another object in the place of.
pub(super) fn replaced(caller: &mut dyn Caller, name: &str, original: &str) -> Option<Value> {
    let sys = caller.session().modules.get_str("sys")?;
    let sys = sys.exact::<Module>()?;
    let now = sys.dict.get_str(name)?;
    let before = sys.dict.get_str(original)?;
    (!now.is(&before)).then_some(now)
}

fn input(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let prompt = protocol::str(caller, &args[0])?;
    match replaced(caller, "stdout", "__stdout__") {
        Some(out) => _ = call_method(caller, &out, "write", &[Value::from(prompt)])?,
        None => {
            let mut output = caller.session().output.borrow_mut();
            output.write(&prompt)?;
            output.flush();
        }
    }
    let mut line = String::new();
    if let Some(stdin) = replaced(caller, "stdin", "__stdin__") {
        let answer = call_method(caller, &stdin, "readline", &[])?;
        line.push_str(answer.as_str().unwrap_or_default());
    } else if let Err(error) = std::io::stdin().lock().read_line(&mut line) {
        caller.poll()?;
        return Err(system_error(&error, None));
    }
    if line.is_empty() {
        return Err(Raised::new(Exc::EOFError, "EOF when reading a line"));
    }
    let line = line.strip_suffix('\n').unwrap_or(&line);
    Ok(Value::from(line.strip_suffix('\r').unwrap_or(line)))
}
