//! What stands in brackets: groups, displays and comprehensions.

use super::super::ast::*;
use super::super::error::{Parse, fail};
use super::Rule;
use super::builder::Builder;
use super::operation::strength;
use super::target::{self, Place};
use crate::base::span::Span;

impl Builder<'_> {
    /// Reads an element of a display: `*a`, `a := b` or an expression.
    pub(super) fn item_or_starred(&mut self) -> Parse<Expr> {
        if self.sees(Rule::stars) {
            self.star_expression()
        } else {
            self.named()
        }
    }

    /// Reads an element, or several with commas as a tuple; a starred one alone is refused in these words.
    pub(super) fn item_or_tuple(&mut self, refusal: &str) -> Parse<Expr> {
        let start = self.start();
        let first = self.item_or_starred()?;
        if !self.sees(Rule::comma) {
            return match first.kind {
                ExprKind::Starred(_) => fail(refusal, first.span),
                _ => Ok(first),
            };
        }
        let mut parts = vec![first];
        while self.accept(Rule::comma) && self.at_operand() {
            parts.push(self.item_or_starred()?);
        }
        Ok(Expr {
            kind: ExprKind::Tuple(parts),
            span: self.since(start),
        })
    }

    pub(super) fn group(&mut self, span: Span) -> Parse<Expr> {
        match self.peek() {
            None => {
                return Ok(Expr {
                    kind: ExprKind::Tuple(Vec::new()),
                    span,
                });
            }
            Some(Rule::yield_expr) => return self.yield_expr(),
            _ => {}
        }
        let stars = self.node();
        if stars.rule == Rule::stars && self.source(stars.span) == "**" {
            return fail("cannot use double starred expression here", stars.span);
        }
        let first = self.item_or_starred()?;
        match self.peek() {
            None => match first.kind {
                ExprKind::Starred(_) => fail("cannot use starred expression here", first.span),
                _ => Ok(first),
            },
            Some(Rule::comp_for) => {
                let (elt, generators) = self.comprehension(first)?;
                Ok(Expr {
                    kind: ExprKind::GeneratorExp { elt, generators },
                    span,
                })
            }
            _ => {
                let parts = self.items(first)?;
                Ok(Expr {
                    kind: ExprKind::Tuple(parts),
                    span,
                })
            }
        }
    }

    pub(super) fn list(&mut self, span: Span) -> Parse<Expr> {
        if self.peek().is_none() {
            return Ok(Expr {
                kind: ExprKind::List(Vec::new()),
                span,
            });
        }
        let first = self.item_or_starred()?;
        if self.sees(Rule::comp_for) {
            let (elt, generators) = self.comprehension(first)?;
            self.check_asynchronous(&generators, span)?;
            return Ok(Expr {
                kind: ExprKind::ListComp { elt, generators },
                span,
            });
        }
        let parts = self.items(first)?;
        Ok(Expr {
            kind: ExprKind::List(parts),
            span,
        })
    }

    /// Reads the rest of a display.
    fn items(&mut self, first: Expr) -> Parse<Vec<Expr>> {
        let mut parts = vec![first];
        while self.accept(Rule::comma) && self.peek().is_some() {
            parts.push(self.item_or_starred()?);
        }
        Ok(parts)
    }

    pub(super) fn braces(&mut self, span: Span) -> Parse<Expr> {
        let Some(first) = self.peek() else {
            return Ok(Expr {
                kind: ExprKind::Dict {
                    keys: Vec::new(),
                    values: Vec::new(),
                },
                span,
            });
        };
        let unpacks = first == Rule::stars && self.source(self.node().span) == "**";
        if unpacks {
            return self.dict(None, span);
        }
        let first = self.item_or_starred()?;
        match self.peek() {
            Some(Rule::colon) => self.dict(Some(first), span),
            Some(Rule::comp_for) => {
                let (elt, generators) = self.comprehension(first)?;
                self.check_asynchronous(&generators, span)?;
                Ok(Expr {
                    kind: ExprKind::SetComp { elt, generators },
                    span,
                })
            }
            _ => {
                let parts = self.items(first)?;
                if self.sees(Rule::colon) {
                    return fail("invalid syntax", self.node().span);
                }
                Ok(Expr {
                    kind: ExprKind::Set(parts),
                    span,
                })
            }
        }
    }

    /// Reads a dict, whose first key may have been read already.
    fn dict(&mut self, mut key: Option<Expr>, span: Span) -> Parse<Expr> {
        let (mut keys, mut values) = (Vec::new(), Vec::new());
        loop {
            if key.is_none() && self.sees(Rule::stars) {
                let stars = self.skip().span;
                if self.source(stars) == "*" {
                    return fail("invalid syntax", stars);
                }
                let value = self.nested(|b| b.operation(strength::BIT_OR))?;
                if self.sees(Rule::comp_for) {
                    return fail("dict unpacking cannot be used in dict comprehension", stars);
                }
                keys.push(None);
                values.push(value);
            } else {
                let one = match key.take() {
                    Some(key) => key,
                    None => self.expression()?,
                };
                let value = self.dict_value(&one)?;
                if self.sees(Rule::comp_for) && keys.is_empty() {
                    let generators = self.generators()?;
                    self.check_asynchronous(&generators, span)?;
                    let kind = ExprKind::DictComp {
                        key: Box::new(one),
                        value: Box::new(value),
                        generators,
                    };
                    return Ok(Expr { kind, span });
                }
                keys.push(Some(one));
                values.push(value);
            }
            if !self.accept(Rule::comma) || self.peek().is_none() {
                break;
            }
        }
        if self.peek().is_some() {
            return fail("invalid syntax", self.node().span);
        }
        Ok(Expr {
            kind: ExprKind::Dict { keys, values },
            span,
        })
    }

    fn dict_value(&mut self, key: &Expr) -> Parse<Expr> {
        if !self.accept(Rule::colon) {
            return fail("':' expected after dictionary key", key.span);
        }
        if self.sees(Rule::stars) {
            let stars = self.node().span;
            let value = self.star_expression()?;
            return fail(
                "cannot use a starred expression in a dictionary value",
                stars.to(value.span),
            );
        }
        self.expression()
    }

    /// Reads the clauses after the element of a comprehension.
    pub(super) fn comprehension(
        &mut self,
        element: Expr,
    ) -> Parse<(Box<Expr>, Vec<Comprehension>)> {
        if let ExprKind::Starred(_) = element.kind {
            return fail(
                "iterable unpacking cannot be used in comprehension",
                element.span,
            );
        }
        Ok((Box::new(element), self.generators()?))
    }

    fn generators(&mut self) -> Parse<Vec<Comprehension>> {
        let mut generators = Vec::with_capacity(1);
        while self.sees(Rule::comp_for) {
            generators.push(self.inside(|b, _| b.generator())?);
            self.grow()?;
        }
        Ok(generators)
    }

    fn generator(&mut self) -> Parse<Comprehension> {
        let is_async = self.accept(Rule::async_);
        let target = self.targets()?;
        self.skip();
        let iter = self.operation(strength::ANY)?;
        let mut ifs = Vec::new();
        while self.accept(Rule::if_) {
            ifs.push(self.operation(strength::ANY)?);
        }
        Ok(Comprehension {
            target,
            iter,
            ifs,
            is_async,
        })
    }

    /// Reads the targets of a loop, up to its `in`.
    pub(super) fn targets(&mut self) -> Parse<Expr> {
        let start = self.start();
        let first = self.target()?;
        let target = if self.sees(Rule::comma) {
            let mut parts = vec![first];
            while self.accept(Rule::comma) && self.at_operand() {
                parts.push(self.target()?);
            }
            Expr {
                kind: ExprKind::Tuple(parts),
                span: self.since(start),
            }
        } else {
            first
        };
        target::check(&target, Place::Store)?;
        Ok(target)
    }

    /// Reads one target, unchecked.
    pub(super) fn target(&mut self) -> Parse<Expr> {
        self.star_expression()
    }
}
