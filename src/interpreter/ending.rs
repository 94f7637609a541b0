//! What an exception that nothing caught means for the run.

use super::outcome::Ending;
use crate::lang::object::exception::report;
use crate::lang::object::{Caller, Exc, Module, Native, Raised, Value, intern, protocol};

/// How a run ends with an exception.
pub(super) fn of(caller: &mut dyn Caller, raised: &Raised) -> Ending {
    if raised.is(Exc::SystemExit) {
        return exit(caller, raised);
    }
    if hooked(caller, raised) {
        return Ending::Exit {
            status: 1,
            message: None,
        };
    }
    let shown = Box::new(report(caller, raised));
    if raised.is(Exc::KeyboardInterrupt) {
        Ending::Interrupted(shown)
    } else {
        Ending::Raised(shown)
    }
}

/// Calls the script's own `sys.excepthook`, if it has set one; false if that fails.
fn hooked(caller: &mut dyn Caller, raised: &Raised) -> bool {
    let sys = caller.session().modules.get_str("sys");
    let Some(hook) = sys.and_then(|sys| sys.exact::<Module>()?.dict.get_str("excepthook")) else {
        return false;
    };
    if hook.exact::<Native>().is_some() {
        return false;
    }
    let value = raised.value();
    let trace = protocol::find_attr(caller, &value, &intern("__traceback__"));
    let trace = trace.ok().flatten().unwrap_or_default();
    let args = [Value::from(value.class()), value, trace];
    caller.call_positional(&hook, &args).is_ok()
}

/// `sys.exit(code)`: a number is the status, None is 0, anything else is shown and means 1.
fn exit(caller: &mut dyn Caller, raised: &Raised) -> Ending {
    let code = protocol::find_attr(caller, &raised.value(), &intern("code"));
    let code = code
        .ok()
        .flatten()
        .or_else(|| raised.first_arg())
        .unwrap_or(Value::None);
    match (code.as_int(), code.is_none()) {
        (Some(status), _) => Ending::Exit {
            status: status as i32,
            message: None,
        },
        (_, true) => Ending::Exit {
            status: 0,
            message: None,
        },
        _ => Ending::Exit {
            status: 1,
            message: protocol::str(caller, &code).ok(),
        },
    }
}
