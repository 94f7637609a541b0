//! What can be assigned to, and the words for what cannot.

use super::super::ast::{Constant, Expr, ExprKind};
use super::super::error::{Parse, fail};

/// CPython's name for a kind of expression.
pub(super) fn describe(expr: &Expr) -> &'static str {
    match &expr.kind {
        ExprKind::BoolOp { .. } | ExprKind::BinOp { .. } | ExprKind::UnaryOp { .. } => "expression",
        ExprKind::NamedExpr { .. } => "named expression",
        ExprKind::Lambda(_) => "lambda",
        ExprKind::IfExp { .. } => "conditional expression",
        ExprKind::Dict { .. } => "dict literal",
        ExprKind::Set(_) => "set display",
        ExprKind::ListComp { .. } => "list comprehension",
        ExprKind::SetComp { .. } => "set comprehension",
        ExprKind::DictComp { .. } => "dict comprehension",
        ExprKind::GeneratorExp { .. } => "generator expression",
        ExprKind::Yield(_) | ExprKind::YieldFrom(_) => "yield expression",
        ExprKind::Await(_) => "await expression",
        ExprKind::Compare { .. } => "comparison",
        ExprKind::Call { .. } => "function call",
        ExprKind::JoinedStr(_) => "f-string expression",
        ExprKind::Constant(constant) => match constant {
            Constant::None => "None",
            Constant::Bool(true) => "True",
            Constant::Bool(false) => "False",
            Constant::Ellipsis => "ellipsis",
            _ => "literal",
        },
        ExprKind::Attribute { .. } => "attribute",
        ExprKind::Subscript { .. } | ExprKind::Slice { .. } => "subscript",
        ExprKind::Starred(_) => "starred",
        ExprKind::Name(name) if is_forbidden(name) => "__debug__",
        ExprKind::Name(_) => "name",
        ExprKind::List(_) => "list",
        ExprKind::Tuple(_) => "tuple",
    }
}

/// Whether a name is that of a constant which the grammar takes for a name.
pub(super) fn is_forbidden(name: &str) -> bool {
    name == "__debug__"
}

/// Where a target stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Left of `=`, in a `for` or after `as`.
    Store,
    /// In a `del` statement.
    Delete,
}

/// The part of an expression that cannot be a target, if there is one.
pub(super) fn invalid_part(expr: &Expr, place: Place) -> Option<&Expr> {
    match &expr.kind {
        ExprKind::Name(name) if is_forbidden(name) => Some(expr),
        ExprKind::Name(_) | ExprKind::Attribute { .. } | ExprKind::Subscript { .. } => None,
        ExprKind::List(parts) | ExprKind::Tuple(parts) => {
            parts.iter().find_map(|e| invalid_part(e, place))
        }
        ExprKind::Starred(inner) if place == Place::Store => invalid_part(inner, place),
        _ => Some(expr),
    }
}

/// Refuses what cannot be assigned to or deleted.
pub(super) fn check(expr: &Expr, place: Place) -> Parse<()> {
    let verb = if place == Place::Store {
        "assign to"
    } else {
        "delete"
    };
    match invalid_part(expr, place) {
        Some(part) => fail(format!("cannot {verb} {}", describe(part)), part.span),
        None => Ok(()),
    }
}
