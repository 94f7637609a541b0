//! Branches, loops, `with` and `match`.

use super::super::ast::*;
use super::super::error::{Parse, fail};
use super::builder::Builder;
use super::target::{self, Place};
use super::{Rule, asynchronous};
use crate::base::span::Span;

impl Builder<'_> {
    pub(super) fn else_part(&mut self) -> Parse<Vec<Stmt>> {
        if !self.sees(Rule::else_part) {
            return Ok(Vec::new());
        }
        let body = self.inside(|b, _| b.block())?;
        self.end = body.last().map_or(self.end, |s| s.span.end);
        Ok(body)
    }

    pub(super) fn if_stmt(&mut self) -> Parse<StmtKind> {
        let mut arms = Vec::new();
        let test = self.named()?;
        let body = self.block()?;
        let mut end = self.end;
        while self.sees(Rule::elif_part) {
            arms.push(self.inside(|b, node| {
                let test = b.named()?;
                Ok((node.span.start, test, b.block()?))
            })?);
            self.end = arms
                .last()
                .and_then(|a| a.2.last())
                .map_or(self.end, |s| s.span.end);
            end = self.end;
            self.grow()?;
        }
        let mut orelse = self.else_part()?;
        if !orelse.is_empty() {
            end = self.end;
        }
        self.end = end;
        for (start, test, body) in arms.into_iter().rev() {
            let kind = StmtKind::If {
                test: Box::new(test),
                body,
                orelse,
            };
            orelse = vec![Stmt {
                kind,
                span: Span { start, end },
            }];
        }
        Ok(StmtKind::If {
            test: Box::new(test),
            body,
            orelse,
        })
    }

    pub(super) fn for_stmt(&mut self) -> Parse<StmtKind> {
        let is_async = self.asynchronous("for")?;
        let target = Box::new(self.targets()?);
        self.accept(Rule::in_);
        let iter = Box::new(self.star_expressions()?);
        if let ExprKind::Starred(_) = iter.kind {
            return fail("can't use starred expression here", iter.span);
        }
        let body = self.block()?;
        let orelse = self.else_part()?;
        if is_async {
            return Ok(asynchronous::for_loop(*target, *iter, body, orelse));
        }
        Ok(StmtKind::For {
            target,
            iter,
            body,
            orelse,
        })
    }

    pub(super) fn while_stmt(&mut self) -> Parse<StmtKind> {
        let test = Box::new(self.named()?);
        let body = self.block()?;
        Ok(StmtKind::While {
            test,
            body,
            orelse: self.else_part()?,
        })
    }

    pub(super) fn with_stmt(&mut self) -> Parse<StmtKind> {
        let is_async = self.asynchronous("with")?;
        let mut items = Vec::new();
        while self.sees(Rule::with_item) {
            items.push(self.inside(|b, _| {
                let context = b.expression()?;
                if !b.accept(Rule::as_) {
                    return Ok(WithItem {
                        context,
                        target: None,
                    });
                }
                let target = b.target()?;
                target::check(&target, Place::Store)?;
                Ok(WithItem {
                    context,
                    target: Some(target),
                })
            })?);
            self.accept(Rule::comma);
        }
        let body = self.block()?;
        if is_async {
            return asynchronous::with_block(items, body);
        }
        Ok(StmtKind::With { items, body })
    }

    pub(super) fn match_stmt(&mut self) -> Parse<StmtKind> {
        let subject = Box::new(self.item_or_tuple("invalid syntax")?);
        let mut cases = Vec::new();
        while self.sees(Rule::case_part) {
            let case = self.inside(|b, _| {
                let pattern = b.patterns()?;
                let guard = if b.accept(Rule::if_) {
                    Some(Box::new(b.named()?))
                } else {
                    None
                };
                Ok(MatchCase {
                    pattern,
                    guard,
                    body: b.block()?,
                })
            })?;
            self.end = case.body.last().map_or(self.end, |s| s.span.end);
            cases.push(case);
        }
        Ok(StmtKind::Match { subject, cases })
    }
}
