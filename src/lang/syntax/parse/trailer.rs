//! What follows an expression: subscripts and the arguments of calls.

use super::super::ast::*;
use super::super::error::{Parse, fail};
use super::Rule;
use super::builder::Builder;
use super::expr::is_constant_name;
use super::target::{self, describe};
use crate::base::span::Span;

impl Builder<'_> {
    pub(super) fn subscript(&mut self) -> Parse<Expr> {
        let start = self.start();
        let first = self.slice()?;
        if !self.sees(Rule::comma) {
            return Ok(match first.kind {
                // `a[*b]` is `a[(*b,)]`.
                ExprKind::Starred(_) => {
                    let span = first.span;
                    Expr {
                        kind: ExprKind::Tuple(vec![first]),
                        span,
                    }
                }
                _ => first,
            });
        }
        let mut parts = vec![first];
        while self.accept(Rule::comma) && self.peek().is_some() {
            parts.push(self.slice()?);
        }
        Ok(Expr {
            kind: ExprKind::Tuple(parts),
            span: self.since(start),
        })
    }

    fn slice(&mut self) -> Parse<Expr> {
        let start = self.start();
        let lower = if self.sees(Rule::colon) {
            None
        } else {
            let first = self.item_or_starred()?;
            if !self.sees(Rule::colon) {
                return Ok(first);
            }
            if let ExprKind::Starred(_) | ExprKind::NamedExpr { .. } = first.kind {
                return fail("invalid syntax", self.node().span);
            }
            Some(Box::new(first))
        };
        self.skip();
        let upper = self.slice_part()?;
        let step = if self.accept(Rule::colon) {
            self.slice_part()?
        } else {
            None
        };
        self.grow()?;
        Ok(Expr {
            kind: ExprKind::Slice { lower, upper, step },
            span: self.since(start),
        })
    }

    fn slice_part(&mut self) -> Parse<Option<Box<Expr>>> {
        if self.at_operand() {
            Ok(Some(Box::new(self.expression()?)))
        } else {
            Ok(None)
        }
    }

    /// Reads the arguments of a call or a class; the span is that of the parentheses.
    pub(super) fn arguments(&mut self, span: Span) -> Parse<(Vec<Expr>, Vec<Keyword>)> {
        let (mut args, mut keywords) = (Vec::new(), Vec::new());
        let mut alone = true;
        while self.peek().is_some() {
            self.argument(span, alone, &mut args, &mut keywords)?;
            alone = false;
            self.accept(Rule::comma);
        }
        Ok((args, keywords))
    }

    fn argument(
        &mut self,
        call: Span,
        alone: bool,
        args: &mut Vec<Expr>,
        keywords: &mut Vec<Keyword>,
    ) -> Parse<()> {
        let first = self.node();
        if first.rule == Rule::stars {
            return self.starred_argument(args, keywords);
        }
        let mut value = self.expression()?;
        match self.peek() {
            Some(Rule::assign) => return self.keyword(value, first.rule == Rule::name, keywords),
            Some(Rule::walrus) => value = self.walrus(value, first.rule == Rule::name)?,
            _ => {}
        }
        if self.sees(Rule::comp_for) {
            let start = value.span;
            let (elt, generators) = self.comprehension(value)?;
            let mut span = start.to(self.since(start.start));
            if !alone || self.sees(Rule::comma) {
                // CPython lets a lone generator have a comma after it only in a class's bases.
                return fail("Generator expression must be parenthesized", span);
            }
            if alone {
                span = call;
            }
            value = Expr {
                kind: ExprKind::GeneratorExp { elt, generators },
                span,
            };
        }
        match keywords.last() {
            None => args.push(value),
            Some(last) => {
                let unpacks = keywords.iter().any(|k| k.name.is_none()) && last.name.is_none();
                let what = if unpacks {
                    "keyword argument unpacking"
                } else {
                    "keyword argument"
                };
                return fail(
                    format!("positional argument follows {what}"),
                    Span {
                        start: call.end - 1,
                        end: call.end,
                    },
                );
            }
        }
        Ok(())
    }

    fn starred_argument(&mut self, args: &mut Vec<Expr>, keywords: &mut Vec<Keyword>) -> Parse<()> {
        let stars = self.skip().span;
        let double = self.source(stars) == "**";
        let value = self.expression()?;
        let span = self.since(stars.start);
        if self.sees(Rule::comp_for) && !double {
            return fail("iterable unpacking cannot be used in comprehension", span);
        }
        if let Some(Rule::comp_for | Rule::assign | Rule::walrus) = self.peek() {
            return fail("invalid syntax", self.node().span);
        }
        if double {
            keywords.push(Keyword {
                name: None,
                value,
                span,
            });
            return Ok(());
        }
        if keywords.iter().any(|k| k.name.is_none()) {
            return fail(
                "iterable argument unpacking follows keyword argument unpacking",
                span,
            );
        }
        args.push(Expr {
            kind: ExprKind::Starred(Box::new(value)),
            span,
        });
        self.grow()
    }

    fn keyword(&mut self, target: Expr, bare: bool, keywords: &mut Vec<Keyword>) -> Parse<()> {
        let equals = self.skip().span;
        if is_constant_name(&target) {
            return fail(
                format!("cannot assign to {}", describe(&target)),
                target.span.to(equals),
            );
        }
        let name = match target.kind {
            ExprKind::Name(name) if target::is_forbidden(&name) => {
                return fail("cannot assign to __debug__", target.span);
            }
            ExprKind::Name(name) if bare => name,
            _ => {
                let message = "expression cannot contain assignment, perhaps you meant \"==\"?";
                return fail(message, target.span.to(equals));
            }
        };
        let value = self.expression()?;
        let span = self.since(target.span.start);
        if self.sees(Rule::comp_for) {
            let message = "invalid syntax. Maybe you meant '==' or ':=' instead of '='?";
            return fail(message, target.span.to(equals));
        }
        if keywords.iter().any(|k| k.name.as_ref() == Some(&name)) {
            return fail(format!("keyword argument repeated: {name}"), span);
        }
        keywords.push(Keyword {
            name: Some(name),
            value,
            span,
        });
        Ok(())
    }
}
