//! The syntax tree: all of Python 3.11, under the names of CPython's `ast` module.
//! `async for` and `async with` are the plain statements that they stand for.
//!
//! The parser bounds the height of a tree ([`MAX_HEIGHT`]), so that walking and dropping one by recursion is safe.

use crate::base::span::Span;
use num_bigint::BigInt;
use std::rc::Rc;

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

/// A pattern and its place.
#[derive(Debug, PartialEq)]
pub struct Pattern {
    /// What it is.
    pub kind: PatternKind,
    /// Its place.
    pub span: Span,
}

/// What a pattern is.
#[derive(Debug, PartialEq)]
pub enum PatternKind {
    /// A number, string or dotted name, compared with `==`.
    MatchValue(Box<Expr>),
    /// `None`, `True` or `False`, compared with `is`.
    MatchSingleton(Constant),
    /// `[a, *rest]`
    MatchSequence(Vec<Pattern>),
    /// `{key: pattern, **rest}`
    MatchMapping {
        /// The keys: values as in `MatchValue`, or singletons.
        keys: Vec<Expr>,
        /// One pattern for each key.
        patterns: Vec<Pattern>,
        /// The name after `**`.
        rest: Option<Name>,
    },
    /// `cls(patterns, name=pattern)`
    MatchClass {
        /// The class.
        cls: Box<Expr>,
        /// Patterns by position.
        patterns: Vec<Pattern>,
        /// Attribute names.
        kwd_attrs: Vec<Name>,
        /// One pattern for each attribute.
        kwd_patterns: Vec<Pattern>,
    },
    /// `*name` or `*_` in a sequence.
    MatchStar(Option<Name>),
    /// `pattern as name`, `name` (no pattern), `_` (neither).
    MatchAs {
        /// The pattern before `as`.
        pattern: Option<Box<Pattern>>,
        /// The name.
        name: Option<Name>,
    },
    /// `a | b`
    MatchOr(Vec<Pattern>),
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

/// `and`, `or`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BoolOp {
    /// `and`
    And,
    /// `or`
    Or,
}

/// A binary arithmetic operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operator {
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `*`
    Mult,
    /// `@`
    MatMult,
    /// `/`
    Div,
    /// `%`
    Mod,
    /// `**`
    Pow,
    /// `<<`
    LShift,
    /// `>>`
    RShift,
    /// `|`
    BitOr,
    /// `^`
    BitXor,
    /// `&`
    BitAnd,
    /// `//`
    FloorDiv,
}

/// A unary operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnaryOp {
    /// `~`
    Invert,
    /// `not`
    Not,
    /// `+`
    UAdd,
    /// `-`
    USub,
}

/// A comparison operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CmpOp {
    /// `==`
    Eq,
    /// `!=`
    NotEq,
    /// `<`
    Lt,
    /// `<=`
    LtE,
    /// `>`
    Gt,
    /// `>=`
    GtE,
    /// `is`
    Is,
    /// `is not`
    IsNot,
    /// `in`
    In,
    /// `not in`
    NotIn,
}
