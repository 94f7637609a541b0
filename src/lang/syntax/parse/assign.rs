//! Statements that begin with an expression: assignments of all kinds.

use super::super::ast::*;
use super::super::error::{Parse, fail};
use super::Rule;
use super::builder::Builder;
use super::expr::{assignable_word, is_constant_name};
use super::operation::augmented;
use super::target::{self, Place, describe, invalid_part};

impl Builder<'_> {
    fn right(&mut self) -> Parse<Expr> {
        if self.sees(Rule::yield_expr) {
            self.yield_expr()
        } else {
            self.star_expressions()
        }
    }

    /// A right side where a lone starred expression is refused.
    fn value(&mut self) -> Parse<Expr> {
        if self.sees(Rule::yield_expr) {
            self.yield_expr()
        } else {
            self.tuple_or_one()
        }
    }

    pub(super) fn expr_stmt(&mut self) -> Parse<StmtKind> {
        let node = self.node();
        let rule = node.rule;
        let first = self.right()?;
        match self.peek() {
            None => {
                if let ExprKind::Starred(_) = first.kind {
                    return fail("can't use starred expression here", first.span);
                }
                Ok(StmtKind::Expr(Box::new(first)))
            }
            Some(Rule::augassign) => self.aug_assign(first),
            Some(Rule::colon) => self.ann_assign(first, rule),
            _ => {
                // `(a < b) = c`: the parentheses are all there is.
                let grouped = rule == Rule::group && node.span.end >= first.span.end;
                self.assign(first, grouped)
            }
        }
    }

    fn aug_assign(&mut self, target: Expr) -> Parse<StmtKind> {
        let op = augmented(self.source(self.node().span));
        match target.kind {
            ExprKind::Name(_) | ExprKind::Attribute { .. } | ExprKind::Subscript { .. } => {}
            _ => {
                let message = format!(
                    "'{}' is an illegal expression for augmented assignment",
                    describe(&target)
                );
                return fail(message, target.span);
            }
        }
        self.skip();
        let value = Box::new(self.value()?);
        Ok(StmtKind::AugAssign {
            target: Box::new(target),
            op,
            value,
        })
    }

    fn ann_assign(&mut self, target: Expr, first: Rule) -> Parse<StmtKind> {
        match target.kind {
            ExprKind::Name(_) | ExprKind::Attribute { .. } | ExprKind::Subscript { .. } => {}
            ExprKind::List(_) | ExprKind::Tuple(_) => {
                let message = format!(
                    "only single target (not {}) can be annotated",
                    describe(&target)
                );
                return fail(message, target.span);
            }
            _ => return fail("illegal target for annotation", target.span),
        }
        self.skip();
        let simple = first == Rule::name && matches!(target.kind, ExprKind::Name(_));
        let annotation = Box::new(self.expression()?);
        let value = if self.accept(Rule::assign) {
            Some(Box::new(self.value()?))
        } else {
            None
        };
        Ok(StmtKind::AnnAssign {
            target: Box::new(target),
            annotation,
            value,
            simple,
        })
    }

    fn assign(&mut self, first: Expr, grouped: bool) -> Parse<StmtKind> {
        let mut targets = Vec::with_capacity(1);
        let mut value = first;
        while self.accept(Rule::assign) {
            let next = self.right()?;
            let target = std::mem::replace(&mut value, next);
            self.assign_target(&target, targets.is_empty(), grouped)?;
            targets.push(target);
        }
        if let ExprKind::Starred(_) = value.kind {
            return fail("can't use starred expression here", value.span);
        }
        Ok(StmtKind::Assign {
            targets,
            value: Box::new(value),
        })
    }

    fn assign_target(&mut self, target: &Expr, first: bool, grouped: bool) -> Parse<()> {
        if let (ExprKind::Yield(_) | ExprKind::YieldFrom(_), false) = (&target.kind, grouped) {
            return fail("assignment to yield expression not possible", target.span);
        }
        if let ExprKind::Starred(inner) = &target.kind
            && invalid_part(inner, Place::Store).is_none()
        {
            return fail(
                "starred assignment target must be in a list or tuple",
                target.span,
            );
        }
        if invalid_part(target, Place::Store).is_some()
            && !is_constant_name(target)
            && first
            && !self.sees(Rule::assign)
            && let Some(what) = assignable_word(target, grouped)
        {
            let message =
                format!("cannot assign to {what} here. Maybe you meant '==' instead of '='?");
            return fail(message, target.span);
        }
        target::check(target, Place::Store)
    }
}
