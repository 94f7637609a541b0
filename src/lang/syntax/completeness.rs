//! Whether what was typed at the prompt can be run, or goes on.

use super::ast::StmtKind;
use super::error::{ErrorKind, SyntaxError};
use super::layout::{self, Fault};
use super::parse::MISSING_HANDLER;
use super::run::parse_module;
use crate::base::source::Source;

/// Whether a text can be run as it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Completeness {
    /// It can.
    Complete,
    /// More has to follow, indented by so many blanks.
    Incomplete {
        /// Blanks before the next line.
        indent: usize,
    },
    /// Nothing that follows can make it right.
    Invalid,
}

const STEP: usize = 4;

/// Tells whether a cell can be run, as IPython would: an open block needs a blank line after it.
pub fn completeness(text: &str) -> Completeness {
    if text.trim().is_empty() {
        return Completeness::Complete;
    }
    let layout = layout::scan(text);
    let indent = last_indent(text);
    if let Some(fault) = &layout.error {
        return match fault.kind {
            Fault::OpenString => Completeness::Incomplete { indent: 0 },
            Fault::OpenLine => Completeness::Incomplete { indent },
            Fault::OpenBracket if text.trim_end().ends_with(['(', '[', '{']) => {
                Completeness::Incomplete {
                    indent: indent + STEP,
                }
            }
            Fault::OpenBracket => Completeness::Incomplete { indent },
            Fault::Indentation if wants_block(text, &fault.error) => Completeness::Incomplete {
                indent: indent + STEP,
            },
            Fault::Indentation | Fault::Token => Completeness::Invalid,
        };
    }
    let blank_end = text
        .rsplit('\n')
        .next()
        .is_some_and(|line| line.trim().is_empty());
    match parse_module(&Source::new("<cell>", text)) {
        Ok(module) => match module.body.last() {
            Some(last) if is_block(&last.kind) && !blank_end => Completeness::Incomplete { indent },
            _ => Completeness::Complete,
        },
        Err(error) if error.message == MISSING_HANDLER && at_end(text, &error) => {
            Completeness::Incomplete { indent }
        }
        Err(error) if at_end(text, &error) && ends_with_decorator(text) => {
            Completeness::Incomplete { indent }
        }
        Err(_) => Completeness::Invalid,
    }
}

/// The blanks before the last line that has something in it.
fn last_indent(text: &str) -> usize {
    let line = text
        .lines()
        .rev()
        .find(|line| !line.trim().is_empty())
        .unwrap_or("");
    line.len() - line.trim_start().len()
}

fn at_end(text: &str, error: &SyntaxError) -> bool {
    error.span.start as usize >= text.trim_end().len()
}

/// Whether the text ends with a header that still waits for its block.
fn wants_block(text: &str, error: &SyntaxError) -> bool {
    error.kind == ErrorKind::Indentation
        && error.message.starts_with("expected an indented block")
        && at_end(text, error)
}

fn ends_with_decorator(text: &str) -> bool {
    text.trim_end()
        .lines()
        .last()
        .is_some_and(|line| line.trim_start().starts_with('@'))
}

fn is_block(kind: &StmtKind) -> bool {
    matches!(
        kind,
        StmtKind::FunctionDef(_)
            | StmtKind::ClassDef(_)
            | StmtKind::For { .. }
            | StmtKind::While { .. }
            | StmtKind::If { .. }
            | StmtKind::With { .. }
            | StmtKind::Match { .. }
            | StmtKind::Try { .. }
    )
}

#[cfg(test)]
mod tests {
    use super::Completeness::{Complete, Incomplete, Invalid};
    use super::*;

    #[test]
    fn cells_are_complete_or_go_on() {
        let cases = [
            ("", Complete),
            ("x = 1", Complete),
            ("x = 1 +", Invalid),
            ("f(", Incomplete { indent: 4 }),
            ("f(1,", Incomplete { indent: 0 }),
            ("x = '''abc", Incomplete { indent: 0 }),
            ("x = 'abc", Invalid),
            ("x = 1 + \\", Incomplete { indent: 0 }),
            ("for x in y:", Incomplete { indent: 4 }),
            ("for x in y:\n    if x:  # why", Incomplete { indent: 8 }),
            ("for x in y:\n    print(x)", Incomplete { indent: 4 }),
            ("for x in y:\n    print(x)\n", Complete),
            ("for x in y: print(x)", Incomplete { indent: 0 }),
            ("try:\n    f()", Incomplete { indent: 4 }),
            ("@decorated", Incomplete { indent: 0 }),
            ("if x:\npass", Invalid),
            ("  x", Invalid),
            ("x = )", Invalid),
            ("x 1", Invalid),
        ];
        for (text, expected) in cases {
            assert_eq!(completeness(text), expected, "{text:?}");
        }
    }
}
