//! Warnings from native code: by way of the script's `warnings` if it is loaded, else to standard error directly.

use std::cell::RefCell;
use std::collections::HashSet;

use crate::lang::object::{Caller, Result, Value, intern};

thread_local! {
    static SEEN: RefCell<HashSet<(String, usize, String)>> = RefCell::default();
}

/// A warning of a built-in class at the place that is running; the same one is shown once a place.
#[cold]
pub fn warn(caller: &mut dyn Caller, category: &str, message: &str) -> Result<()> {
    warn_with_help(caller, category, message, None)
}

/// A warning, and what may be done about it: shown below, no part of the message.
pub fn warn_with_help(
    caller: &mut dyn Caller,
    category: &str,
    message: &str,
    help: Option<&str>,
) -> Result<()> {
    let wanted = |_: &&str| std::env::var_os("NN_HINTS").is_none_or(|value| value != "0");
    let help = help.filter(wanted);
    if let Some(module) = caller.session().modules.get_str("warnings")
        && let Some(function) = super::find_attr(caller, &module, &intern("warn"))?
    {
        let class = caller.session().builtins.get_str(category);
        let class = class.unwrap_or(Value::None);
        let mut text = Value::str(message);
        if let Some(help) = help {
            text = caller.call_positional(&class, &[text])?;
            super::set_attr(caller, &text, &intern("_help"), Value::str(help))?;
        }
        let args = [text, class];
        return caller.call_positional(&function, &args).map(drop);
    }
    let place = caller.frame(0).map(|frame| {
        let source = frame.code.source.clone();
        let (line, _) = source.line_column(frame.span.start as usize);
        let text = source.line_text(line).trim().to_string();
        (source.name.clone(), line, text)
    });
    let (file, line, text) = place.unwrap_or_else(|| ("<unknown>".into(), 0, String::new()));
    let first = SEEN.with_borrow_mut(|seen| seen.insert((file.clone(), line, message.to_string())));
    if first {
        eprintln!("{file}:{line}: {category}: {message}");
        if !text.is_empty() {
            eprintln!("  {text}");
        }
        if let Some(help) = help {
            eprintln!("help: {help}");
        }
    }
    Ok(())
}

/// A `DeprecationWarning`: unless filters say otherwise, one in a library is not shown.
#[cold]
pub fn deprecated(caller: &mut dyn Caller, message: &str) -> Result<()> {
    let loaded = caller.session().modules.get_str("warnings").is_some();
    let globals = caller.frame(0).map(|frame| frame.globals);
    let module = globals.and_then(|globals| globals.get_str("__name__"));
    if loaded || module.is_some_and(|name| name.as_str() == Some("__main__")) {
        warn(caller, "DeprecationWarning", message)?;
    }
    Ok(())
}

/// Warns where a conversion answers with a subclass of what it should.
pub(in crate::lang::object) fn check_exact(
    caller: &mut dyn Caller,
    answer: &Value,
    method: &str,
    kind: &str,
) -> Result<()> {
    let class = answer.class_name();
    if class.as_str() == kind {
        return Ok(());
    }
    deprecated(
        caller,
        &format!(
            "{method} returned non-{kind} (type {class}).  The ability to return an instance of a strict \
             subclass of {kind} is deprecated, and may be removed in a future version of Python."
        ),
    )
}
