//! `print`.

use crate::lang::object::protocol;
use crate::lang::object::{Caller, NativeSpec, Result, Tuple, Value, type_error};

pub(super) static FUNCTIONS: &[NativeSpec] = &[NativeSpec {
    signature: "print(*args, sep=' ', end='\n', file=None, flush=False)",
    doc: "Writes the values to a stream, by default to standard output.",
    examples: &[],
    call: print,
}];

fn print(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let text = |value: &Value, name: &str, default: &str| match value.as_str() {
        Some(text) => Ok(text.to_string()),
        None if value.is_none() => Ok(default.to_string()),
        None => Err(type_error(format!(
            "{name} must be None or a string, not {}",
            value.class_name()
        ))),
    };
    let (sep, end) = (text(&args[1], "sep", " ")?, text(&args[2], "end", "\n")?);
    let mut line = String::new();
    for (i, value) in args[0]
        .exact::<Tuple>()
        .into_iter()
        .flat_map(|t| t.items.iter())
        .enumerate()
    {
        if i > 0 {
            line.push_str(&sep);
        }
        line.push_str(&protocol::str(caller, value)?);
    }
    line.push_str(&end);
    if args[3].is_none() {
        let mut output = caller.session().output.borrow_mut();
        output.write(&line)?;
        if args[4].native_truth() == Some(true) {
            output.flush();
        }
        return Ok(Value::None);
    }
    protocol::call_method(caller, &args[3], "write", &[Value::from(line)])?;
    if protocol::truth(caller, &args[4])? {
        protocol::call_method(caller, &args[3], "flush", &[])?;
    }
    Ok(Value::None)
}
