//! Expressions from the outside in: lists of them, assignment expressions, lambdas, atoms. Operators, displays and what
//! follows an atom have files of their own.

use super::super::ast::*;
use super::super::error::{Parse, fail};
use super::super::notice;
use super::Rule;
use super::builder::{Around, Builder};
use super::operation::strength;
use super::target::describe;
use crate::base::span::Span;

impl Builder<'_> {
    /// Reads an expression: a lambda or operators, with `if ... else` after it.
    pub(super) fn expression(&mut self) -> Parse<Expr> {
        self.nested(Self::expression_here)
    }

    fn expression_here(&mut self) -> Parse<Expr> {
        let start = self.start();
        if self.sees(Rule::lambda_head) {
            let args = self.inside(|b, _| b.lambda_parameters())?;
            let inside = Around {
                inside: true,
                ..Around::default()
            };
            let around = std::mem::replace(&mut self.function, inside);
            let body = self.expression();
            self.function = around;
            let body = body?;
            let kind = ExprKind::Lambda(Box::new(Lambda { args, body }));
            return Ok(Expr {
                kind,
                span: self.since(start),
            });
        }
        let body = self.operation(strength::ANY)?;
        if !self.sees(Rule::if_) {
            return Ok(body);
        }
        self.skip();
        let test = self.operation(strength::ANY)?;
        self.accept(Rule::else_);
        let orelse = Box::new(self.expression()?);
        let kind = ExprKind::IfExp {
            test: Box::new(test),
            body: Box::new(body),
            orelse,
        };
        Ok(Expr {
            kind,
            span: self.since(start),
        })
    }

    /// Reads an atom and the attributes, calls and subscripts after it.
    pub(super) fn primary(&mut self) -> Parse<Expr> {
        let start = self.start();
        let mut value = self.atom()?;
        loop {
            let kind = match self.peek() {
                Some(Rule::attr) => {
                    let span = self.skip().span;
                    let text = self.source(span);
                    if matches!(text, "None" | "True" | "False") {
                        return fail("invalid syntax", span);
                    }
                    ExprKind::Attribute {
                        value: Box::new(value),
                        attr: self.intern(text),
                    }
                }
                Some(Rule::call) => {
                    let (args, keywords) = self.inside(|b, node| b.arguments(node.span))?;
                    notice::check_call(&value, self.since(start));
                    ExprKind::Call {
                        func: Box::new(value),
                        args,
                        keywords,
                    }
                }
                Some(Rule::subscript) => {
                    let slice = Box::new(self.inside(|b, _| b.subscript())?);
                    notice::check_subscript(&value, &slice, self.since(start));
                    ExprKind::Subscript {
                        value: Box::new(value),
                        slice,
                    }
                }
                _ => return Ok(value),
            };
            value = Expr {
                kind,
                span: self.since(start),
            };
            self.grow()?;
        }
    }

    fn atom(&mut self) -> Parse<Expr> {
        let node = self.node();
        match node.rule {
            Rule::name => {
                self.skip();
                let kind = match self.source(node.span) {
                    "None" => ExprKind::Constant(Constant::None),
                    "True" => ExprKind::Constant(Constant::Bool(true)),
                    "False" => ExprKind::Constant(Constant::Bool(false)),
                    text => ExprKind::Name(self.intern(text)),
                };
                Ok(Expr {
                    kind,
                    span: node.span,
                })
            }
            Rule::number => self.number(),
            Rule::string => self.strings(),
            Rule::group => self.inside(|b, node| b.group(node.span)),
            Rule::list => self.inside(|b, node| b.list(node.span)),
            Rule::braces => self.inside(|b, node| b.braces(node.span)),
            Rule::await_expr => self.await_expr(),
            Rule::ellipsis => {
                self.skip();
                Ok(Expr {
                    kind: ExprKind::Constant(Constant::Ellipsis),
                    span: node.span,
                })
            }
            _ => fail("invalid syntax", node.span),
        }
    }

    /// Reads expressions, starred ones too, up to the end of the node or to something else: one alone, or a tuple.
    pub(super) fn tuple_or_one(&mut self) -> Parse<Expr> {
        let start = self.start();
        let first = self.star_expression()?;
        if !self.sees(Rule::comma) {
            return match first.kind {
                ExprKind::Starred(_) => fail("can't use starred expression here", first.span),
                _ => Ok(first),
            };
        }
        let mut parts = vec![first];
        while self.accept(Rule::comma) && self.at_operand() {
            parts.push(self.star_expression()?);
        }
        Ok(Expr {
            kind: ExprKind::Tuple(parts),
            span: self.since(start),
        })
    }

    /// As `tuple_or_one`, but a starred expression may stand alone, to be refused by its user.
    pub(super) fn star_expressions(&mut self) -> Parse<Expr> {
        let start = self.start();
        let first = self.star_expression()?;
        if !self.sees(Rule::comma) {
            return Ok(first);
        }
        let mut parts = vec![first];
        while self.accept(Rule::comma) && self.at_operand() {
            parts.push(self.star_expression()?);
        }
        Ok(Expr {
            kind: ExprKind::Tuple(parts),
            span: self.since(start),
        })
    }

    /// Whether an expression starts here.
    pub(super) fn at_operand(&self) -> bool {
        matches!(
            self.peek(),
            Some(
                Rule::name
                    | Rule::number
                    | Rule::string
                    | Rule::group
                    | Rule::list
                    | Rule::braces
                    | Rule::ellipsis
                    | Rule::await_expr
                    | Rule::unary
                    | Rule::sign
                    | Rule::lambda_head
                    | Rule::stars
            )
        )
    }

    /// Reads a parameter's annotation; that of `*args` may be starred.
    pub(super) fn annotation(&mut self) -> Parse<Expr> {
        let annotation = self.star_expression()?;
        let span = annotation.span;
        let ExprKind::Starred(_) = annotation.kind else {
            return Ok(annotation);
        };
        // The one element of what is unpacked.
        let first = Expr {
            kind: ExprKind::Constant(Constant::Int(0)),
            span,
        };
        let kind = ExprKind::Subscript {
            value: Box::new(Expr {
                kind: ExprKind::Tuple(vec![annotation]),
                span,
            }),
            slice: Box::new(first),
        };
        Ok(Expr { kind, span })
    }

    pub(super) fn star_expression(&mut self) -> Parse<Expr> {
        if !self.sees(Rule::stars) {
            return self.expression();
        }
        let node = self.skip();
        if self.source(node.span) == "**" {
            return fail("invalid syntax", node.span);
        }
        let value = Box::new(self.nested(|b| b.operation(strength::BIT_OR))?);
        if let Some(Rule::binop) = self.peek() {
            return fail("invalid syntax", self.node().span);
        }
        Ok(Expr {
            kind: ExprKind::Starred(value),
            span: self.since(node.span.start),
        })
    }

    /// Reads an expression that may be `name := value`.
    pub(super) fn named(&mut self) -> Parse<Expr> {
        let first = self.node();
        let value = self.expression()?;
        match self.peek() {
            Some(Rule::walrus) => self.walrus(value, first.rule == Rule::name),
            Some(Rule::assign) => self.misplaced_assignment(&value),
            _ => Ok(value),
        }
    }

    pub(super) fn walrus(&mut self, target: Expr, bare: bool) -> Parse<Expr> {
        let name = match target.kind {
            ExprKind::Name(name) if bare => name,
            _ => {
                return fail(
                    format!(
                        "cannot use assignment expressions with {}",
                        describe(&target)
                    ),
                    target.span,
                );
            }
        };
        self.skip();
        let value = Box::new(self.expression()?);
        self.grow()?;
        let kind = ExprKind::NamedExpr {
            target: Ident {
                name,
                span: target.span,
            },
            value,
        };
        Ok(Expr {
            kind,
            span: self.since(target.span.start),
        })
    }

    /// An `=` where only a condition can be.
    fn misplaced_assignment(&mut self, target: &Expr) -> Parse<Expr> {
        let equals = self.skip().span;
        let value = self.expression()?;
        if let ExprKind::Name(_) = target.kind {
            let message = "invalid syntax. Maybe you meant '==' or ':=' instead of '='?";
            return fail(message, target.span.to(value.span));
        }
        match assignable_word(target, false) {
            Some(what) => fail(
                format!("cannot assign to {what} here. Maybe you meant '==' instead of '='?"),
                target.span,
            ),
            None if is_constant_name(target) => fail(
                format!("cannot assign to {}", describe(target)),
                target.span,
            ),
            None => fail("invalid syntax", equals),
        }
    }

    /// Reads `yield`, with what it yields.
    pub(super) fn yield_expr(&mut self) -> Parse<Expr> {
        self.inside(|b, node| {
            let start = node.span.start;
            if b.accept(Rule::from_) {
                let value = Box::new(b.expression()?);
                if b.function.is_async {
                    return fail("'yield from' inside async function", b.since(start));
                }
                return Ok(Expr {
                    kind: ExprKind::YieldFrom(value),
                    span: b.since(start),
                });
            }
            if b.peek().is_none() {
                let span = Span {
                    start,
                    end: start + 5,
                };
                b.end = span.end;
                return Ok(b.yielded(None, span));
            }
            let value = Box::new(b.tuple_or_one()?);
            let span = b.since(start);
            Ok(b.yielded(Some(value), span))
        })
    }
}

/// Whether an expression is `None`, `True` or `False`.
pub(super) fn is_constant_name(expr: &Expr) -> bool {
    matches!(
        expr.kind,
        ExprKind::Constant(Constant::None | Constant::Bool(_))
    )
}

/// The word for what stands left of a lone `=`, where CPython suggests `==`: for all that binds more strongly than a
/// comparison, or stands in parentheses.
pub(super) fn assignable_word(target: &Expr, grouped: bool) -> Option<&'static str> {
    match target.kind {
        ExprKind::BinOp { .. }
        | ExprKind::UnaryOp {
            op: UnaryOp::Invert | UnaryOp::UAdd | UnaryOp::USub,
            ..
        } => {}
        ExprKind::Attribute { .. } | ExprKind::Subscript { .. } | ExprKind::Call { .. } => {}
        ExprKind::Dict { .. }
        | ExprKind::Set(_)
        | ExprKind::SetComp { .. }
        | ExprKind::DictComp { .. } => {}
        ExprKind::ListComp { .. } | ExprKind::JoinedStr(_) => {}
        ExprKind::Constant(Constant::None | Constant::Bool(_)) => return None,
        ExprKind::Constant(_) => {}
        ExprKind::Tuple(_) | ExprKind::List(_) | ExprKind::GeneratorExp { .. } => return None,
        _ if grouped => {}
        _ => return None,
    }
    Some(describe(target))
}
