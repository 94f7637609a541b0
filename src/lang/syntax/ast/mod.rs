//! The syntax tree: all of Python 3.11, under the names of CPython's `ast` module.
//! `async for` and `async with` are the plain statements that they stand for.
//!
//! The parser bounds the height of a tree ([`MAX_HEIGHT`]), so that walking and dropping one by recursion is safe.

mod expr;
mod operator;
mod pattern;
mod stmt;

use crate::base::span::Span;
pub use expr::{Comprehension, Constant, Conversion, Expr, ExprKind, FPart, Keyword, Lambda};
pub use operator::{BoolOp, CmpOp, Operator, UnaryOp};
pub use pattern::{Pattern, PatternKind};
use std::rc::Rc;
pub use stmt::{
    Alias, Arg, Arguments, ClassDef, ExceptHandler, FunctionDef, FunctionKind, MatchCase, Stmt,
    StmtKind, WithItem,
};

/// No tree is higher than this; CPython stops at the same height with a RecursionError.
pub const MAX_HEIGHT: usize = 2900;

/// An identifier; equal ones of a parse share their text.
pub type Name = Rc<str>;

/// An identifier where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Ident {
    /// The text.
    pub name: Name,
    /// Its place.
    pub span: Span,
}

/// A whole source text.
#[derive(Debug, Default, PartialEq)]
pub struct Module {
    /// Its statements.
    pub body: Vec<Stmt>,
}
