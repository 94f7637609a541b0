//! `async`, `await` and `except*`, told by the plain statements that they stand for. What runs them are functions of hidden names
//! among the builtins; hidden variables hold what is needed for longer. No program can spell either: they have a dot.
//!
//! `async for x in xs: body` is
//! ```text
//! .for = .aiter(xs)
//! while (.next := await .anext(.for)) is not .end:
//!     x = .next
//!     body
//! ```
//! and `async with manager as x: body` is the expansion in PEP 492.

use super::super::ast::*;
use super::super::error::{Parse, fail};
use super::Rule;
use super::builder::Builder;
use crate::base::span::Span;
use std::rc::Rc;

/// The cause that marks a `raise` as one that changes nothing about the exception.
const AGAIN: &str = ".again";

impl Builder<'_> {
    /// Whether a statement begins with `async`.
    pub(super) fn asynchronous(&mut self, statement: &str) -> Parse<bool> {
        if !self.sees(Rule::async_) {
            return Ok(false);
        }
        let span = self.skip().span;
        if !self.function.is_async {
            return fail(
                format!("'async {statement}' outside async function"),
                Span {
                    end: span.start + 5,
                    ..span
                },
            );
        }
        Ok(true)
    }

    /// Refuses an asynchronous list, set or dict comprehension where nothing can be awaited.
    pub(super) fn check_asynchronous(&self, clauses: &[Comprehension], span: Span) -> Parse<()> {
        if !self.function.is_async && clauses.iter().any(|clause| clause.is_async) {
            let message = "asynchronous comprehension outside of an asynchronous function";
            return fail(message, span);
        }
        Ok(())
    }

    /// Reads an `await_expr` node.
    pub(super) fn await_expr(&mut self) -> Parse<Expr> {
        self.inside(|b, node| {
            let value = b.nested(|b| b.primary())?;
            let span = b.since(node.span.start);
            if !b.function.is_async {
                let message = match b.function.inside {
                    true => "'await' outside async function",
                    false => "'await' outside function",
                };
                return fail(message, span);
            }
            Ok(awaited(value, span))
        })
    }

    /// What `yield value` is in an `async def`: the value marked, so that it is told from what `await` hands on.
    pub(super) fn yielded(&mut self, value: Option<Box<Expr>>, span: Span) -> Expr {
        let kind = match self.function.is_async {
            false => ExprKind::Yield(value),
            true => {
                let value = value.map_or_else(|| constant(Constant::None, span), |value| *value);
                ExprKind::Yield(Some(Box::new(call(".wrap", vec![value], span))))
            }
        };
        self.function.yields = true;
        Expr { kind, span }
    }
}

fn awaited(value: Expr, span: Span) -> Expr {
    let kind = ExprKind::Await(Box::new(call(".await", vec![value], span)));
    Expr { kind, span }
}

fn name(text: &str, span: Span) -> Expr {
    let kind = ExprKind::Name(Rc::from(text));
    Expr { kind, span }
}

fn constant(value: Constant, span: Span) -> Expr {
    let kind = ExprKind::Constant(value);
    Expr { kind, span }
}

fn call(function: &str, args: Vec<Expr>, span: Span) -> Expr {
    let kind = ExprKind::Call {
        func: Box::new(name(function, span)),
        args,
        keywords: Vec::new(),
    };
    Expr { kind, span }
}

fn assign(target: Expr, value: Expr) -> Stmt {
    let span = value.span;
    let kind = StmtKind::Assign {
        targets: vec![target],
        value: Box::new(value),
    };
    Stmt { kind, span }
}

/// Statements as one: a block that is always entered.
fn together(body: Vec<Stmt>, span: Span) -> StmtKind {
    StmtKind::If {
        test: Box::new(constant(Constant::Bool(true), span)),
        body,
        orelse: Vec::new(),
    }
}

/// A hidden variable of the statement at a place.
fn hidden(what: &str, span: Span) -> String {
    format!(".{what}{}", span.start)
}

/// `async for`
pub(super) fn for_loop(
    target: Expr,
    iter: Expr,
    mut body: Vec<Stmt>,
    orelse: Vec<Stmt>,
) -> StmtKind {
    let span = iter.span;
    let (iterator, next) = (hidden("for", span), hidden("next", span));
    let begin = assign(name(&iterator, span), call(".aiter", vec![iter], span));
    let step = awaited(call(".anext", vec![name(&iterator, span)], span), span);
    let noted = Expr {
        kind: ExprKind::NamedExpr {
            target: Ident {
                name: Rc::from(next.as_str()),
                span,
            },
            value: Box::new(step),
        },
        span,
    };
    let test = Expr {
        kind: ExprKind::Compare {
            left: Box::new(noted),
            ops: vec![CmpOp::IsNot],
            comparators: vec![name(".end", span)],
        },
        span,
    };
    body.insert(0, assign(target, name(&next, span)));
    let kind = StmtKind::While {
        test: Box::new(test),
        body,
        orelse,
    };
    together(vec![begin, Stmt { kind, span }], span)
}

/// `async with`
pub(super) fn with_block(items: Vec<WithItem>, body: Vec<Stmt>) -> Parse<StmtKind> {
    let mut inner = body;
    for item in items.into_iter().rev() {
        let span = item.context.span;
        let kind = one_with(item, inner);
        inner = vec![Stmt { kind, span }];
    }
    match inner.pop() {
        Some(stmt) => Ok(stmt.kind),
        None => fail("invalid syntax", Span::default()),
    }
}

fn one_with(item: WithItem, mut body: Vec<Stmt>) -> StmtKind {
    let span = item.context.span;
    let names = ["manager", "exit", "value", "normal", "raised"].map(|what| hidden(what, span));
    let [manager, exit, value, normal, raised] = &names;
    let read = |text: &str| name(text, span);
    let set = |target: &str, value: Expr| assign(name(target, span), value);
    let truth = |value: bool| constant(Constant::Bool(value), span);
    let none = || constant(Constant::None, span);
    let before = vec![
        set(manager, item.context),
        set(exit, call(".aexit", vec![read(manager)], span)),
        set(
            value,
            awaited(call(".aenter", vec![read(manager)], span), span),
        ),
        set(normal, truth(true)),
    ];
    if let Some(target) = item.target {
        body.insert(0, assign(target, read(value)));
    }
    // The class and the traceback of the exception come from it.
    let told = awaited(call(".exit", vec![read(exit), read(raised)], span), span);
    let raise = Stmt {
        kind: StmtKind::Raise {
            exc: None,
            cause: None,
        },
        span,
    };
    let unless = |test: Expr, then: Stmt| Stmt {
        kind: StmtKind::If {
            test: Box::new(Expr {
                kind: ExprKind::UnaryOp {
                    op: UnaryOp::Not,
                    operand: Box::new(test),
                },
                span,
            }),
            body: vec![then],
            orelse: Vec::new(),
        },
        span,
    };
    let handler = ExceptHandler {
        typ: Some(Box::new(read(".BaseException"))),
        name: Some(Rc::from(raised.as_str())),
        body: vec![set(normal, truth(false)), unless(told, raise)],
        span,
    };
    let left = awaited(call(".exit", vec![read(exit), none()], span), span);
    let leave = Stmt {
        kind: StmtKind::If {
            test: Box::new(read(normal)),
            body: vec![Stmt {
                kind: StmtKind::Expr(Box::new(left)),
                span,
            }],
            orelse: Vec::new(),
        },
        span,
    };
    let block = StmtKind::Try {
        body,
        handlers: vec![handler],
        orelse: Vec::new(),
        finalbody: vec![leave],
        star: false,
    };
    let mut all = before;
    all.push(Stmt { kind: block, span });
    together(all, span)
}

/// `try` with `except*`: each clause takes its part of the exception, and what is left or raised is raised in the end.
/// ```text
/// except .BaseException as .group:
///     .state = .group(.group)
///     .part = .clause(.state, classes)          for each clause
///     if .part is not None:
///         try:
///             try: raise .part from .again
///             except .BaseException as name: body
///         except .BaseException as .error: .note(.state, .part, .error)
///     .part = .finish(.state)
///     if .part is not None: raise .part from .again
/// ```
pub(super) fn except_star(handlers: Vec<ExceptHandler>, span: Span) -> ExceptHandler {
    let names = ["group", "state", "part", "error"].map(|what| hidden(what, span));
    let [group, state, matching, error] = &names;
    let effect = |value: Expr| Stmt {
        span: value.span,
        kind: StmtKind::Expr(Box::new(value)),
    };
    let catch = |name_: Option<Name>, body: Vec<Stmt>, span: Span| ExceptHandler {
        typ: Some(Box::new(name(".BaseException", span))),
        name: name_,
        body,
        span,
    };
    let attempt = |body: Vec<Stmt>, handler: ExceptHandler, span: Span| Stmt {
        kind: StmtKind::Try {
            body,
            handlers: vec![handler],
            orelse: Vec::new(),
            finalbody: Vec::new(),
            star: false,
        },
        span,
    };
    let mut all = vec![assign(
        name(state, span),
        call(".group", vec![name(group, span)], span),
    )];
    for handler in handlers {
        let at = handler.span;
        let read = |text: &str| name(text, at);
        let classes = handler
            .typ
            .map_or_else(|| read(".BaseException"), |classes| *classes);
        let clause_at = classes.span;
        all.push(assign(
            name(matching, clause_at),
            call(".clause", vec![name(state, clause_at), classes], clause_at),
        ));
        let again = raise_again(matching, clause_at);
        let inner = attempt(vec![again], catch(handler.name, handler.body, at), at);
        let noted = call(
            ".note",
            [state, matching, error].map(|n| read(n)).into(),
            at,
        );
        let kept = catch(Some(Rc::from(error.as_str())), vec![effect(noted)], at);
        all.push(unless_none(matching, attempt(vec![inner], kept, at), at));
    }
    let left = call(".finish", vec![name(state, span)], span);
    all.push(assign(name(matching, span), left));
    all.push(unless_none(matching, raise_again(matching, span), span));
    catch(Some(Rc::from(group.as_str())), all, span)
}

/// `raise variable` as at the end of a handler: nothing about the exception changes.
fn raise_again(variable: &str, span: Span) -> Stmt {
    let kind = StmtKind::Raise {
        exc: Some(Box::new(name(variable, span))),
        cause: Some(Box::new(name(AGAIN, span))),
    };
    Stmt { kind, span }
}

/// `if variable is not None: then`
fn unless_none(variable: &str, then: Stmt, span: Span) -> Stmt {
    let test = Expr {
        kind: ExprKind::Compare {
            left: Box::new(name(variable, span)),
            ops: vec![CmpOp::IsNot],
            comparators: vec![constant(Constant::None, span)],
        },
        span,
    };
    let kind = StmtKind::If {
        test: Box::new(test),
        body: vec![then],
        orelse: Vec::new(),
    };
    Stmt { kind, span }
}

/// Refuses what would leave a clause of `except*`.
pub(super) fn check_no_way_out(body: &[Stmt], in_loop: bool) -> Parse<()> {
    let check = |bodies: &[&[Stmt]]| {
        let mut bodies = bodies.iter();
        bodies.try_for_each(|body| check_no_way_out(body, in_loop))
    };
    for stmt in body {
        match &stmt.kind {
            StmtKind::Return(_) => return no_way_out(stmt.span),
            StmtKind::Break | StmtKind::Continue if !in_loop => return no_way_out(stmt.span),
            StmtKind::If { body, orelse, .. } => check(&[body, orelse])?,
            StmtKind::For { body, orelse, .. } | StmtKind::While { body, orelse, .. } => {
                check_no_way_out(body, true)?;
                check(&[orelse])?;
            }
            StmtKind::With { body, .. } => check(&[body])?,
            StmtKind::Try {
                body,
                handlers,
                orelse,
                finalbody,
                ..
            } => {
                check(&[body, orelse, finalbody])?;
                for handler in handlers {
                    check(&[&handler.body])?;
                }
            }
            StmtKind::Match { cases, .. } => {
                for case in cases {
                    check(&[&case.body])?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}

fn no_way_out(span: Span) -> Parse<()> {
    fail(
        "'break', 'continue' and 'return' cannot appear in an except* block",
        span,
    )
}
