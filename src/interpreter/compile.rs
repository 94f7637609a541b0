//! Text to code, with the parser's refusals as script exceptions.

use std::rc::Rc;

use crate::base::source::Source;
use crate::lang::compile::{Mode, compile_expression, compile_module};
use crate::lang::object::{Caller, Code, Exc, Raised, Ref, Result, Value, intern, protocol, types};
use crate::lang::syntax::{
    ErrorKind, Notice, SyntaxError, parse_expression, parse_module, take_notices,
};

/// Compiles text under a file name; the mode is `exec`, `eval` or `single`.
pub(super) fn compile(
    caller: &mut dyn Caller,
    text: &str,
    name: &str,
    mode: &str,
    separate: bool,
) -> Result<Ref<Code>> {
    let _ = take_notices();
    let source = Rc::new(Source::new(name, text));
    let compiled = match mode {
        "eval" => parse_expression(&source)
            .and_then(|expr| compile_expression(&expr, source.clone(), separate)),
        _ => {
            let mode = if mode == "single" {
                Mode::Cell
            } else {
                Mode::Exec
            };
            parse_module(&source)
                .and_then(|module| compile_module(&module, source.clone(), mode, separate))
        }
    };
    let code = compiled.map_err(|error| refusal(&error, &source))?;
    for notice in take_notices() {
        warn(caller, &notice, &source)?;
    }
    Ok(code)
}

/// Shows what the parser noticed, by way of the script's `warnings` if it is loaded. What that turns into an error is
/// a SyntaxError.
#[cold]
fn warn(caller: &mut dyn Caller, notice: &Notice, source: &Rc<Source>) -> Result<()> {
    let category = if notice.deprecation {
        Exc::DeprecationWarning
    } else {
        Exc::SyntaxWarning
    };
    let (line, _) = source.line_column(notice.span.start as usize);
    let Some(module) = caller.session().modules.get_str("warnings") else {
        if !notice.deprecation {
            let text = source.line_text(line).trim().to_string();
            eprintln!(
                "{}:{line}: SyntaxWarning: {}\n  {text}",
                source.name, notice.message
            );
        }
        return Ok(());
    };
    let function = protocol::get_attr(caller, &module, &intern("warn_explicit"))?;
    let args = [
        Value::from(notice.message.as_str()),
        Value::from(types().exception(category)),
        Value::from(source.name.as_str()),
        Value::from(line),
    ];
    match caller.call_positional(&function, &args) {
        Err(raised) if raised.is(category) => {
            let error = SyntaxError::new(notice.message.as_str(), notice.span);
            Err(refusal(&error, source))
        }
        shown => shown.map(drop),
    }
}

/// A SyntaxError as the script's exception.
pub(super) fn refusal(error: &SyntaxError, source: &Rc<Source>) -> Raised {
    let kind = match error.kind {
        ErrorKind::Syntax => Exc::SyntaxError,
        ErrorKind::Indentation => Exc::IndentationError,
        ErrorKind::Tab => Exc::TabError,
        ErrorKind::Recursion => return Raised::new(Exc::RecursionError, error.message.clone()),
    };
    let (line, column) = source.line_column(error.span.start as usize);
    let (end_line, end_column) = source.line_column(error.span.end as usize);
    let text = source.line_text(line);
    let number = |n: usize| Value::from(n);
    let details = [
        Value::from(source.name.as_str()),
        number(line),
        number(column + 1),
        Value::from(format!("{text}\n")),
        number(end_line),
        number(end_column + 1),
    ];
    let message = Value::from(error.message.as_str());
    let raised = Raised::with_args(kind, [message.clone(), Value::tuple(details.clone())]);
    raised
        .data()
        .place
        .replace(Some((source.clone(), error.span)));
    let [filename, lineno, offset, text, end_lineno, end_offset] = details;
    raised
        .with_attr("msg", message)
        .with_attr("filename", filename)
        .with_attr("lineno", lineno)
        .with_attr("offset", offset)
        .with_attr("text", text)
        .with_attr("end_lineno", end_lineno)
        .with_attr("end_offset", end_offset)
}
