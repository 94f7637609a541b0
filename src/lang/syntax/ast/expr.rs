//! Expressions and their parts.

use super::operator::{BoolOp, CmpOp, Operator, UnaryOp};
use super::stmt::Arguments;
use super::{Ident, Name};
use crate::base::span::Span;
use num_bigint::BigInt;
use std::rc::Rc;

/// `name=value` or `**value` in a call.
#[derive(Debug, PartialEq)]
pub struct Keyword {
    /// The name; `None` for `**value`.
    pub name: Option<Name>,
    /// The value.
    pub value: Expr,
    /// The whole argument.
    pub span: Span,
}

/// An expression and its place.
#[derive(Debug, PartialEq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Its place, without surrounding parentheses (a tuple's are its own).
    pub span: Span,
}

/// What an expression is.
#[derive(Debug, PartialEq)]
pub enum ExprKind {
    /// `a and b and c`
    BoolOp {
        /// The operator.
        op: BoolOp,
        /// Two operands or more.
        values: Vec<Expr>,
    },
    /// `target := value`
    NamedExpr {
        /// The name.
        target: Ident,
        /// The value.
        value: Box<Expr>,
    },
    /// `left op right`
    BinOp {
        /// Left operand.
        left: Box<Expr>,
        /// The operator.
        op: Operator,
        /// Right operand.
        right: Box<Expr>,
    },
    /// `op operand`
    UnaryOp {
        /// The operator.
        op: UnaryOp,
        /// The operand.
        operand: Box<Expr>,
    },
    /// `lambda args: body`
    Lambda(Box<Lambda>),
    /// `body if test else orelse`
    IfExp {
        /// The condition.
        test: Box<Expr>,
        /// The value where it holds.
        body: Box<Expr>,
        /// The value where it does not.
        orelse: Box<Expr>,
    },
    /// `{key: value, **other}`: the key of `**other` is `None`.
    Dict {
        /// Keys.
        keys: Vec<Option<Expr>>,
        /// One value for each key.
        values: Vec<Expr>,
    },
    /// `{a, b}`
    Set(Vec<Expr>),
    /// `[element for ...]`
    ListComp {
        /// The element.
        elt: Box<Expr>,
        /// One or more clauses.
        generators: Vec<Comprehension>,
    },
    /// `{element for ...}`
    SetComp {
        /// The element.
        elt: Box<Expr>,
        /// One or more clauses.
        generators: Vec<Comprehension>,
    },
    /// `{key: value for ...}`
    DictComp {
        /// The key.
        key: Box<Expr>,
        /// The value.
        value: Box<Expr>,
        /// One or more clauses.
        generators: Vec<Comprehension>,
    },
    /// `(element for ...)`
    GeneratorExp {
        /// The element.
        elt: Box<Expr>,
        /// One or more clauses.
        generators: Vec<Comprehension>,
    },
    /// `yield value`
    Yield(Option<Box<Expr>>),
    /// `yield from value`
    YieldFrom(Box<Expr>),
    /// `await value`; the operand is the call that makes an iterator of the value.
    Await(Box<Expr>),
    /// `left < b < c`
    Compare {
        /// The first operand.
        left: Box<Expr>,
        /// The operators.
        ops: Vec<CmpOp>,
        /// One operand for each operator.
        comparators: Vec<Expr>,
    },
    /// `func(args, name=value)`
    Call {
        /// What is called.
        func: Box<Expr>,
        /// Positional arguments; `*x` is a `Starred`.
        args: Vec<Expr>,
        /// Named arguments, `**x` included.
        keywords: Vec<Keyword>,
    },
    /// An f-string, joined with its neighbours.
    JoinedStr(Vec<FPart>),
    /// A literal.
    Constant(Constant),
    /// `value.attr`
    Attribute {
        /// The object.
        value: Box<Expr>,
        /// The attribute.
        attr: Name,
    },
    /// `value[slice]`
    Subscript {
        /// The object.
        value: Box<Expr>,
        /// An index, a `Slice`, or a `Tuple` of both.
        slice: Box<Expr>,
    },
    /// `*value`
    Starred(Box<Expr>),
    /// An identifier.
    Name(Name),
    /// `[a, b]`
    List(Vec<Expr>),
    /// `a, b` or `(a, b)`
    Tuple(Vec<Expr>),
    /// `lower:upper:step` within a subscript.
    Slice {
        /// Before the first colon.
        lower: Option<Box<Expr>>,
        /// After it.
        upper: Option<Box<Expr>>,
        /// After the second colon.
        step: Option<Box<Expr>>,
    },
}

/// An anonymous function.
#[derive(Debug, PartialEq)]
pub struct Lambda {
    /// Its parameters.
    pub args: Arguments,
    /// Its value.
    pub body: Expr,
}

/// `for target in iter if ifs` in a comprehension.
#[derive(Debug, PartialEq)]
pub struct Comprehension {
    /// What each element is assigned to.
    pub target: Expr,
    /// What is iterated.
    pub iter: Expr,
    /// The conditions.
    pub ifs: Vec<Expr>,
    /// `async for`
    pub is_async: bool,
}

/// A part of an f-string.
#[derive(Debug, PartialEq)]
pub enum FPart {
    /// Text, escapes resolved. The text before `=` of `{x=}` is part of it.
    Text(Rc<str>),
    /// `{value!conversion:spec}`
    Field {
        /// The expression.
        value: Box<Expr>,
        /// `!r`, `!s` or `!a`; a bare `{x=}` has `!r`.
        conversion: Conversion,
        /// The parts after the colon; `None` without a colon.
        spec: Option<Vec<FPart>>,
    },
}

/// The conversion of an f-string field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conversion {
    /// `format(value, spec)`
    None,
    /// `str(value)`
    Str,
    /// `repr(value)`
    Repr,
    /// `ascii(value)`
    Ascii,
}

/// A literal.
#[derive(Clone, Debug, PartialEq)]
pub enum Constant {
    /// `None`
    None,
    /// `True` or `False`
    Bool(bool),
    /// `...`
    Ellipsis,
    /// An integer that fits.
    Int(i64),
    /// One that does not.
    BigInt(Rc<BigInt>),
    /// A float.
    Float(f64),
    /// `2j`: the imaginary part.
    Complex(f64),
    /// A string, escapes resolved and neighbours joined.
    Str(Rc<str>),
    /// A bytes literal.
    Bytes(Rc<[u8]>),
}
