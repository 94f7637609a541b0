//! Warnings: PyTorch's go through Python's `warnings` if the script has imported it, else to standard error directly.

use std::cell::{Cell, RefCell};
use std::collections::HashSet;

use crate::lang::object::{Caller, Result, Value, intern, protocol};
use crate::tensor::core::warning::{self, Category};

thread_local! {
    static PENDING: Cell<bool> = const { Cell::new(false) };
    static WAITING: RefCell<Vec<(Category, String)>> = const { RefCell::new(Vec::new()) };
    static SEEN: RefCell<HashSet<(String, usize, String)>> = RefCell::default();
}

/// Takes the tensor wing's warnings in: they wait until the op that gave them has returned.
pub(super) fn install() {
    warning::set_handler(|category, message| {
        WAITING.with_borrow_mut(|all| all.push((category, message.to_string())));
        PENDING.set(true);
    });
}

/// Shows the warnings that wait.
#[inline]
pub(super) fn show_pending(caller: &mut dyn Caller) -> Result<()> {
    if PENDING.get() {
        show_all(caller)?;
    }
    Ok(())
}

#[cold]
fn show_all(caller: &mut dyn Caller) -> Result<()> {
    PENDING.set(false);
    for (category, message) in WAITING.take() {
        warn(caller, category, &message)?;
    }
    Ok(())
}

/// A `UserWarning` at the place that is running.
pub(super) fn warn_user(caller: &mut dyn Caller, message: &str) -> Result<()> {
    warn(caller, Category::User, message)
}

/// A warning at the place that is running; the same one is shown once a place.
pub(super) fn warn(caller: &mut dyn Caller, category: Category, message: &str) -> Result<()> {
    if let Some(module) = caller.session().modules.get_str("warnings")
        && let Some(function) = protocol::find_attr(caller, &module, &intern("warn"))?
    {
        let class = caller.session().builtins.get_str(category.name());
        let args = [Value::str(message), class.unwrap_or(Value::None)];
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
        eprintln!("{file}:{line}: {}: {message}", category.name());
        if !text.is_empty() {
            eprintln!("  {text}");
        }
    }
    Ok(())
}
