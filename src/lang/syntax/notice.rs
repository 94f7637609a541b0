//! What is no error but looks like a mistake: the warnings that CPython's compiler gives, in its words.

use std::cell::RefCell;

use super::ast::{CmpOp, Constant, Expr, ExprKind, UnaryOp};
use crate::base::span::Span;

/// A warning about a part of the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Whether it is a `DeprecationWarning`; else a `SyntaxWarning`.
    pub deprecation: bool,
    /// CPython's message.
    pub message: String,
    /// The part it is about.
    pub span: Span,
}

thread_local! {
    static NOTICES: RefCell<Vec<Notice>> = const { RefCell::new(Vec::new()) };
}

/// Takes the notices of the texts that were parsed since the last time.
pub fn take_notices() -> Vec<Notice> {
    NOTICES.take()
}

fn note(deprecation: bool, message: String, span: Span) {
    let notice = Notice {
        deprecation,
        message,
        span,
    };
    NOTICES.with_borrow_mut(|all| all.push(notice));
}

/// Notes a `SyntaxWarning`.
pub(super) fn syntax_warning(message: impl Into<String>, span: Span) {
    note(false, message.into(), span);
}

/// Notes a `DeprecationWarning`.
pub(super) fn deprecation(message: String, span: Span) {
    note(true, message, span);
}

/// The class of what an expression is for sure.
fn kind_of(expr: &Expr) -> Option<&'static str> {
    Some(match &expr.kind {
        ExprKind::Constant(constant) => match constant {
            Constant::Str(_) => "str",
            Constant::Bytes(_) => "bytes",
            Constant::Int(_) | Constant::BigInt(_) => "int",
            Constant::Float(_) => "float",
            Constant::Complex(_) => "complex",
            Constant::Bool(_) => "bool",
            Constant::None => "NoneType",
            Constant::Ellipsis => "ellipsis",
        },
        ExprKind::JoinedStr(_) => "str",
        ExprKind::Tuple(_) => "tuple",
        ExprKind::List(_) | ExprKind::ListComp { .. } => "list",
        ExprKind::Set(_) | ExprKind::SetComp { .. } => "set",
        ExprKind::Dict { .. } | ExprKind::DictComp { .. } => "dict",
        ExprKind::GeneratorExp { .. } => "generator",
        ExprKind::Lambda(_) => "function",
        _ => return None,
    })
}

/// The call of something that cannot be called.
pub(super) fn check_call(function: &Expr, span: Span) {
    if let Some(kind) = kind_of(function).filter(|&kind| kind != "function") {
        let message = format!("'{kind}' object is not callable; perhaps you missed a comma?");
        syntax_warning(message, span);
    }
}

/// A subscript of what has none, or one that does not fit.
pub(super) fn check_subscript(value: &Expr, index: &Expr, span: Span) {
    let Some(kind) = kind_of(value).filter(|&kind| kind != "dict") else {
        return;
    };
    if !matches!(kind, "str" | "bytes" | "tuple" | "list") {
        let message = format!("'{kind}' object is not subscriptable; perhaps you missed a comma?");
        return syntax_warning(message, span);
    }
    if let Some(index) = kind_of(index).filter(|index| !matches!(*index, "int" | "bool")) {
        let message = format!(
            "{kind} indices must be integers or slices, not {index}; perhaps you missed a comma?"
        );
        syntax_warning(message, span);
    }
}

/// `is` with something that has no identity of its own.
pub(super) fn check_identity(left: &Expr, op: CmpOp, right: &Expr, span: Span) {
    let (name, meant) = match op {
        CmpOp::Is => ("is", "=="),
        CmpOp::IsNot => ("is not", "!="),
        _ => return,
    };
    if is_literal(left) || is_literal(right) {
        let message = format!("\"{name}\" with a literal. Did you mean \"{meant}\"?");
        syntax_warning(message, span);
    }
}

fn is_literal(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Constant(Constant::None | Constant::Bool(_) | Constant::Ellipsis) => false,
        ExprKind::Constant(_) => true,
        ExprKind::UnaryOp {
            op: UnaryOp::USub | UnaryOp::UAdd | UnaryOp::Invert,
            operand,
        } => is_literal(operand),
        ExprKind::Tuple(items) => items
            .iter()
            .all(|item| matches!(item.kind, ExprKind::Constant(_)) || is_literal(item)),
        _ => false,
    }
}

/// `assert (condition, message)`
pub(super) fn check_assertion(test: &Expr, span: Span) {
    if matches!(&test.kind, ExprKind::Tuple(items) if !items.is_empty()) {
        let message = "assertion is always true, perhaps remove parentheses?";
        syntax_warning(message, span);
    }
}

/// A number that a keyword follows without a space.
pub(super) fn check_number(text: &str, rest: &[u8], span: Span) {
    if !rest.first().is_some_and(u8::is_ascii_alphabetic) {
        return;
    }
    let kind = match text.as_bytes() {
        [b'0', b'x' | b'X', ..] => "hexadecimal",
        [b'0', b'o' | b'O', ..] => "octal",
        [b'0', b'b' | b'B', ..] => "binary",
        [.., b'j' | b'J'] => "imaginary",
        _ => "decimal",
    };
    syntax_warning(format!("invalid {kind} literal"), span);
}
