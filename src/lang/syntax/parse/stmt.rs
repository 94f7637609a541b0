//! Statements: which it is, and the short ones of one word.

use super::super::ast::*;
use super::super::error::{Parse, fail};
use super::super::notice;
use super::Rule;
use super::builder::Builder;
use super::target::{self, Place};
use crate::base::span::Span;

/// What is said of a `try` without clauses.
pub(in crate::lang::syntax) const MISSING_HANDLER: &str = "expected 'except' or 'finally' block";

impl Builder<'_> {
    /// Reads a whole module.
    pub(in crate::lang::syntax) fn module(&mut self) -> Parse<Module> {
        Ok(Module {
            body: self.statements()?,
        })
    }

    /// Reads an expression that is the whole input.
    pub(in crate::lang::syntax) fn eval_input(&mut self) -> Parse<Expr> {
        self.tuple_or_one()
    }

    fn statements(&mut self) -> Parse<Vec<Stmt>> {
        let mut body = Vec::new();
        while let Some(rule) = self.peek()
            && rule != Rule::EOI
        {
            body.push(self.statement(rule)?);
        }
        Ok(body)
    }

    /// Reads a `block` node.
    pub(super) fn block(&mut self) -> Parse<Vec<Stmt>> {
        let body = self.inside(|b, _| b.statements())?;
        // The node ends with marks; the statement does not.
        self.end = body.last().map_or(self.end, |s| s.span.end);
        Ok(body)
    }

    fn statement(&mut self, rule: Rule) -> Parse<Stmt> {
        self.nested(|b| match rule {
            Rule::decorated => b.inside(|b, _| b.decorated()),
            _ => b.inside(|b, node| {
                let kind = b.statement_kind(rule)?;
                if !is_compound(rule) {
                    b.end = node.span.end;
                }
                Ok(Stmt {
                    kind,
                    span: b.since(node.span.start),
                })
            }),
        })
        .inspect(|statement| self.end = statement.span.end)
    }

    fn statement_kind(&mut self, rule: Rule) -> Parse<StmtKind> {
        match rule {
            Rule::expr_stmt => self.expr_stmt(),
            Rule::return_stmt => self.return_stmt(),
            Rule::pass_stmt => Ok(StmtKind::Pass),
            Rule::break_stmt => Ok(StmtKind::Break),
            Rule::continue_stmt => Ok(StmtKind::Continue),
            Rule::del_stmt => self.del_stmt(),
            Rule::import_stmt => self.import_stmt(),
            Rule::import_from => self.import_from(),
            Rule::raise_stmt => self.raise_stmt(),
            Rule::assert_stmt => self.assert_stmt(),
            Rule::global_stmt => Ok(StmtKind::Global(self.names()?)),
            Rule::nonlocal_stmt => Ok(StmtKind::Nonlocal(self.names()?)),
            Rule::if_stmt => self.if_stmt(),
            Rule::for_stmt => self.for_stmt(),
            Rule::while_stmt => self.while_stmt(),
            Rule::with_stmt => self.with_stmt(),
            Rule::try_stmt => self.try_stmt(),
            Rule::match_stmt => self.match_stmt(),
            Rule::def_stmt => self.function(Vec::new()),
            Rule::class_stmt => self.class(Vec::new()),
            _ => fail("invalid syntax", self.node().span),
        }
    }

    // ---- simple statements ----

    fn return_stmt(&mut self) -> Parse<StmtKind> {
        if self.peek().is_none() {
            return Ok(StmtKind::Return(None));
        }
        Ok(StmtKind::Return(Some(Box::new(self.tuple_or_one()?))))
    }

    fn del_stmt(&mut self) -> Parse<StmtKind> {
        let bare = self.node().rule != Rule::group;
        let first = self.star_expressions()?;
        target::check(&first, Place::Delete)?;
        let targets = match first.kind {
            ExprKind::Tuple(parts)
                if bare || self.text.as_bytes()[first.span.start as usize] != b'(' =>
            {
                parts
            }
            ExprKind::Tuple(parts) if self.is_bare_tuple(first.span, &parts) => parts,
            _ => vec![first],
        };
        Ok(StmtKind::Delete(targets))
    }

    /// Whether a tuple that starts with a parenthesis has none of its own.
    fn is_bare_tuple(&self, span: Span, parts: &[Expr]) -> bool {
        parts.first().is_some_and(|p| p.span.start == span.start)
            || self.text.as_bytes()[span.end as usize - 1] != b')'
    }

    fn raise_stmt(&mut self) -> Parse<StmtKind> {
        if self.peek().is_none() {
            return Ok(StmtKind::Raise {
                exc: None,
                cause: None,
            });
        }
        let exc = Some(Box::new(self.expression()?));
        let cause = if self.accept(Rule::from_) {
            Some(Box::new(self.expression()?))
        } else {
            None
        };
        Ok(StmtKind::Raise { exc, cause })
    }

    fn assert_stmt(&mut self) -> Parse<StmtKind> {
        let test = Box::new(self.expression()?);
        let msg = if self.accept(Rule::comma) {
            Some(Box::new(self.expression()?))
        } else {
            None
        };
        notice::check_assertion(&test, test.span);
        Ok(StmtKind::Assert { test, msg })
    }

    fn names(&mut self) -> Parse<Vec<Ident>> {
        let mut names = Vec::new();
        while self.sees(Rule::name) {
            names.push(self.ident()?);
        }
        Ok(names)
    }

    // ---- compound statements ----

    // ---- definitions ----
}

/// Whether a statement has blocks in it.
fn is_compound(rule: Rule) -> bool {
    matches!(
        rule,
        Rule::if_stmt
            | Rule::for_stmt
            | Rule::while_stmt
            | Rule::with_stmt
            | Rule::try_stmt
            | Rule::match_stmt
            | Rule::def_stmt
            | Rule::class_stmt
    )
}
