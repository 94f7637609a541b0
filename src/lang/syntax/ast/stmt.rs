//! Statements and their parts.

use super::expr::{Expr, Keyword};
use super::operator::Operator;
use super::pattern::Pattern;
use super::{Ident, Name};
use crate::base::span::Span;

/// A statement and its place. A decorated definition starts at `def` or `class`.
#[derive(Debug, PartialEq)]
pub struct Stmt {
    /// What it is.
    pub kind: StmtKind,
    /// From its first to its last token, the body included.
    pub span: Span,
}

/// What a statement is.
#[derive(Debug, PartialEq)]
pub enum StmtKind {
    /// `def name(args) -> returns: body`
    FunctionDef(Box<FunctionDef>),
    /// `class name(bases, keywords): body`
    ClassDef(Box<ClassDef>),
    /// `return value`
    Return(Option<Box<Expr>>),
    /// `del targets`
    Delete(Vec<Expr>),
    /// `a = b, c = value`
    Assign {
        /// One target for each `=`.
        targets: Vec<Expr>,
        /// The right side.
        value: Box<Expr>,
    },
    /// `target op= value`
    AugAssign {
        /// A name, attribute or subscript.
        target: Box<Expr>,
        /// The operator without its `=`.
        op: Operator,
        /// The right side.
        value: Box<Expr>,
    },
    /// `target: annotation = value`
    AnnAssign {
        /// A name, attribute or subscript.
        target: Box<Expr>,
        /// The annotation.
        annotation: Box<Expr>,
        /// The right side, if any.
        value: Option<Box<Expr>>,
        /// Whether the target is a name without parentheses, which makes it local and annotated.
        simple: bool,
    },
    /// `for target in iter: body else: orelse`
    For {
        /// What each element is assigned to.
        target: Box<Expr>,
        /// What is iterated.
        iter: Box<Expr>,
        /// The loop's body.
        body: Vec<Stmt>,
        /// Runs unless the loop is left by `break`.
        orelse: Vec<Stmt>,
    },
    /// `while test: body else: orelse`
    While {
        /// The condition.
        test: Box<Expr>,
        /// The loop's body.
        body: Vec<Stmt>,
        /// Runs unless the loop is left by `break`.
        orelse: Vec<Stmt>,
    },
    /// `if test: body else: orelse`; an `elif` is an `If` alone in `orelse`.
    If {
        /// The condition.
        test: Box<Expr>,
        /// Runs where it holds.
        body: Vec<Stmt>,
        /// Runs where it does not.
        orelse: Vec<Stmt>,
    },
    /// `with items: body`
    With {
        /// The context managers.
        items: Vec<WithItem>,
        /// The body.
        body: Vec<Stmt>,
    },
    /// `match subject: cases`
    Match {
        /// What is matched.
        subject: Box<Expr>,
        /// The cases in order.
        cases: Vec<MatchCase>,
    },
    /// `raise exc from cause`
    Raise {
        /// The exception; without one the current exception is raised again.
        exc: Option<Box<Expr>>,
        /// The cause.
        cause: Option<Box<Expr>>,
    },
    /// `try: body except ...: else: finally:`
    Try {
        /// The guarded statements.
        body: Vec<Stmt>,
        /// The `except` clauses.
        handlers: Vec<ExceptHandler>,
        /// The `else` block.
        orelse: Vec<Stmt>,
        /// The `finally` block.
        finalbody: Vec<Stmt>,
        /// Whether the clauses are `except*`.
        star: bool,
    },
    /// `assert test, msg`
    Assert {
        /// The condition.
        test: Box<Expr>,
        /// The message.
        msg: Option<Box<Expr>>,
    },
    /// `import a.b as c, d`
    Import(Vec<Alias>),
    /// `from ..module import a as b`; `*` is an alias of that name.
    ImportFrom {
        /// The dotted name after the dots, if any.
        module: Option<Name>,
        /// What is imported.
        names: Vec<Alias>,
        /// How many dots lead.
        level: u32,
    },
    /// `global names`
    Global(Vec<Ident>),
    /// `nonlocal names`
    Nonlocal(Vec<Ident>),
    /// An expression for its effect.
    Expr(Box<Expr>),
    /// `pass`
    Pass,
    /// `break`
    Break,
    /// `continue`
    Continue,
}

/// A function definition.
#[derive(Debug, PartialEq)]
pub struct FunctionDef {
    /// Its name.
    pub name: Ident,
    /// Its parameters.
    pub args: Arguments,
    /// Its body.
    pub body: Vec<Stmt>,
    /// Its decorators, in the order of the text.
    pub decorators: Vec<Expr>,
    /// The annotation after `->`.
    pub returns: Option<Box<Expr>>,
    /// What a call of it makes.
    pub kind: FunctionKind,
}

/// What kind of function a definition is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FunctionKind {
    /// `def`
    #[default]
    Plain,
    /// `async def`
    Coroutine,
    /// `async def` with `yield`
    AsyncGenerator,
}

/// A class definition.
#[derive(Debug, PartialEq)]
pub struct ClassDef {
    /// Its name.
    pub name: Ident,
    /// Its bases; starred ones are `Starred`.
    pub bases: Vec<Expr>,
    /// `metaclass=M` and the like.
    pub keywords: Vec<Keyword>,
    /// Its body.
    pub body: Vec<Stmt>,
    /// Its decorators, in the order of the text.
    pub decorators: Vec<Expr>,
}

/// The parameters of a function or a lambda.
#[derive(Debug, Default, PartialEq)]
pub struct Arguments {
    /// Before `/`.
    pub posonly: Vec<Arg>,
    /// By position or name.
    pub args: Vec<Arg>,
    /// Defaults of the last ones of `posonly` and `args` together.
    pub defaults: Vec<Expr>,
    /// `*args`
    pub vararg: Option<Arg>,
    /// After `*`.
    pub kwonly: Vec<Arg>,
    /// One entry for each of `kwonly`.
    pub kw_defaults: Vec<Option<Expr>>,
    /// `**kwargs`
    pub kwarg: Option<Arg>,
}

/// One parameter.
#[derive(Debug, PartialEq)]
pub struct Arg {
    /// Its name.
    pub name: Name,
    /// Its annotation.
    pub annotation: Option<Box<Expr>>,
    /// Name and annotation.
    pub span: Span,
}

/// `name as asname` in an import.
#[derive(Debug, PartialEq)]
pub struct Alias {
    /// The dotted name.
    pub name: Name,
    /// The name it is bound to.
    pub asname: Option<Name>,
    /// The whole alias.
    pub span: Span,
}

/// `context as target` in a `with` statement.
#[derive(Debug, PartialEq)]
pub struct WithItem {
    /// The context manager.
    pub context: Expr,
    /// What its value is assigned to.
    pub target: Option<Expr>,
}

/// An `except` clause.
#[derive(Debug, PartialEq)]
pub struct ExceptHandler {
    /// The exception type; `None` for a bare `except:`.
    pub typ: Option<Box<Expr>>,
    /// The name the exception is bound to.
    pub name: Option<Name>,
    /// The body.
    pub body: Vec<Stmt>,
    /// The whole clause.
    pub span: Span,
}

/// A `case` of a `match` statement.
#[derive(Debug, PartialEq)]
pub struct MatchCase {
    /// The pattern.
    pub pattern: Pattern,
    /// The condition after `if`.
    pub guard: Option<Box<Expr>>,
    /// The body.
    pub body: Vec<Stmt>,
}
