//! Text to code, with the parser's refusals as script exceptions.

use std::rc::Rc;

use crate::base::source::Source;
use crate::lang::compile::{Mode, compile_expression, compile_module};
use crate::lang::object::{Caller, Code, Exc, Raised, Ref, Result, Value};
use crate::lang::syntax::{ErrorKind, SyntaxError, parse_expression, parse_module};

/// Compiles text under a file name; the mode is `exec`, `eval` or `single`.
pub(super) fn compile(
    _: &mut dyn Caller,
    text: &str,
    name: &str,
    mode: &str,
    separate: bool,
) -> Result<Ref<Code>> {
    compile_text(text, name, mode, separate)
}

/// The same without a machine.
pub(super) fn compile_text(
    text: &str,
    name: &str,
    mode: &str,
    separate: bool,
) -> Result<Ref<Code>> {
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
    compiled.map_err(|error| refusal(&error, &source))
}

/// A SyntaxError as the script's exception.
fn refusal(error: &SyntaxError, source: &Rc<Source>) -> Raised {
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
        Value::from(text),
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
