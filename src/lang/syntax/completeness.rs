//! Whether a cell that is being typed is complete, and how deep its next line has to be indented if not.

use super::ast::{Stmt, StmtKind};
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

/// Looks at a cell. A block of several lines goes on until a blank line ends it.
pub fn completeness(text: &str) -> Completeness {
    let last_line = text.rsplit('\n').next().unwrap_or_default();
    let ends_blank = last_line.trim().is_empty();
    let go_on = |indent| Completeness::Incomplete { indent };
    let source = Source::new("<cell>", text);
    let module = match parse_module(&source) {
        Ok(module) => module,
        Err(error) => {
            let place = error.span.start as usize;
            return match open_end(text) {
                Some((Fault::OpenBracket, at)) if place == at || place >= text.trim_end().len() => {
                    go_on(within_bracket(text, at))
                }
                // The parser's complaint is about something else: the text is wrong besides.
                Some((Fault::OpenBracket, _)) => Completeness::Invalid,
                Some((Fault::OpenString, _)) => go_on(0),
                Some((Fault::OpenLine, _)) => go_on(indent_of(last_line)),
                Some((Fault::Indentation, _)) => go_on(indent_of(last_code_line(text)) + STEP),
                None if waits(text, &error.message) => {
                    go_on(if ends_blank { 0 } else { indent_of(last_line) })
                }
                Some((Fault::Token, _)) | None => Completeness::Invalid,
            };
        }
    };
    let Some(last) = module.body.last() else {
        return Completeness::Complete;
    };
    let one_line = !source.slice(last.span).contains('\n');
    if !is_compound(last) || one_line || ends_blank {
        return Completeness::Complete;
    }
    let leaf = last_leaf(last);
    let (_, column) = source.line_column(leaf.span.start as usize);
    let leaves = matches!(
        leaf.kind,
        StmtKind::Return(_)
            | StmtKind::Raise { .. }
            | StmtKind::Pass
            | StmtKind::Break
            | StmtKind::Continue
    );
    go_on(if leaves {
        column.saturating_sub(STEP)
    } else {
        column
    })
}

/// What a text leaves open at its end and where, if that is all that is wrong with its layout.
fn open_end(text: &str) -> Option<(Fault, usize)> {
    let fault = layout::scan(text).error?;
    let at = fault.error.span.start as usize;
    let at_end = at >= text.trim_end().len();
    match fault.kind {
        Fault::OpenString | Fault::OpenLine | Fault::OpenBracket => Some((fault.kind, at)),
        Fault::Indentation => at_end.then_some((fault.kind, at)),
        Fault::Token => None,
    }
}

/// Whether the parser misses something that may still come: what a decorator is for, or the rest of a `try`.
fn waits(text: &str, message: &str) -> bool {
    let last = last_code_line(text);
    last.trim_start().starts_with('@') || message == MISSING_HANDLER
}

fn last_code_line(text: &str) -> &str {
    text.lines()
        .rev()
        .find(|line| !line.trim().is_empty())
        .unwrap_or_default()
}

fn indent_of(line: &str) -> usize {
    line.chars().take_while(|&c| c == ' ').count()
}

/// One step deeper than the line that ends with the bracket, or under what follows it.
fn within_bracket(text: &str, at: usize) -> usize {
    let start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let end = text[at..]
        .find('\n')
        .map_or(text.len(), |newline| at + newline);
    if text[at + 1..end].trim().is_empty() {
        indent_of(&text[start..end]) + STEP
    } else {
        text[start..=at].chars().count()
    }
}

fn is_compound(stmt: &Stmt) -> bool {
    !blocks(stmt).is_empty()
}

/// The statement that stands last, however deep.
fn last_leaf(stmt: &Stmt) -> &Stmt {
    let mut stmt = stmt;
    while let Some(last) = blocks(stmt)
        .into_iter()
        .rev()
        .find_map(|block| block.last())
    {
        stmt = last;
    }
    stmt
}

/// The blocks of a compound statement in the order of the text.
fn blocks(stmt: &Stmt) -> Vec<&[Stmt]> {
    match &stmt.kind {
        StmtKind::FunctionDef(def) => vec![&def.body],
        StmtKind::ClassDef(def) => vec![&def.body],
        StmtKind::For { body, orelse, .. }
        | StmtKind::While { body, orelse, .. }
        | StmtKind::If { body, orelse, .. } => vec![body, orelse],
        StmtKind::With { body, .. } => vec![body],
        StmtKind::Match { cases, .. } => cases.iter().map(|case| case.body.as_slice()).collect(),
        StmtKind::Try {
            body,
            handlers,
            orelse,
            finalbody,
            ..
        } => {
            let handlers = handlers.iter().map(|handler| handler.body.as_slice());
            std::iter::once(body.as_slice())
                .chain(handlers)
                .chain([orelse.as_slice(), finalbody])
                .collect()
        }
        StmtKind::Return(_)
        | StmtKind::Delete(_)
        | StmtKind::Assign { .. }
        | StmtKind::AugAssign { .. }
        | StmtKind::AnnAssign { .. }
        | StmtKind::Raise { .. }
        | StmtKind::Assert { .. }
        | StmtKind::Import(_)
        | StmtKind::ImportFrom { .. }
        | StmtKind::Global(_)
        | StmtKind::Nonlocal(_)
        | StmtKind::Expr(_)
        | StmtKind::Pass
        | StmtKind::Break
        | StmtKind::Continue => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::Completeness::{self, Complete, Incomplete, Invalid};
    use super::completeness;

    #[test]
    fn cells_are_complete_or_go_on() {
        let go_on = |indent| Incomplete { indent };
        let cases: &[(&str, Completeness)] = &[
            ("", Complete),
            ("x = 1", Complete),
            ("# only a comment", Complete),
            ("if x: pass", Complete),
            ("def f(x):", go_on(4)),
            ("def f(x):\n    y = 1", go_on(4)),
            ("def f(x):\n    y = 1\n", Complete),
            ("def f(x):\n    y = 1\n    ", Complete),
            ("def f(x):\n    return 1", go_on(0)),
            ("class A:\n    def f(self):\n        return 1", go_on(4)),
            ("class A:\n    def f(self):", go_on(8)),
            ("class A:\n    ", go_on(4)),
            (
                "for i in x:\n    if i:\n        print(\n            i)",
                go_on(8),
            ),
            ("def f():\n    pass\nprint(f())", Complete),
            ("print(", go_on(4)),
            ("print(1,", go_on(6)),
            ("x = {'a': [1,", go_on(11)),
            ("x = '''abc", go_on(0)),
            ("x = 1 + \\", go_on(0)),
            ("@torch.no_grad()", go_on(0)),
            ("try:\n    x", go_on(4)),
            ("try:\n    x\nexcept E:", go_on(4)),
            ("try:\n    x\nexcept E:\n    pass", go_on(0)),
            ("x = = 1", Invalid),
            ("x = 5 +", Invalid),
            ("print('abc", Invalid),
            ("x = )", Invalid),
            ("if x:\npass", Invalid),
            ("  x", Invalid),
            ("x 1", Invalid),
        ];
        for (text, expected) in cases {
            assert_eq!(completeness(text), *expected, "{text:?}");
        }
    }
}
