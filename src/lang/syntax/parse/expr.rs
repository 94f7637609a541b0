//! Expressions: operators by precedence, comprehensions, calls, displays.

use super::super::ast::*;
use super::super::error::{Parse, fail};
use super::super::notice;
use super::Rule;
use super::builder::{Around, Builder};
use super::target::{self, Place, describe};
use crate::base::span::Span;

/// How strongly an operator binds; operands of unary ones are read at their own strength.
mod strength {
    pub(super) const ANY: u8 = 0;
    pub(super) const OR: u8 = 1;
    pub(super) const AND: u8 = 2;
    pub(super) const NOT: u8 = 3;
    pub(super) const COMPARISON: u8 = 4;
    pub(super) const BIT_OR: u8 = 5;
    pub(super) const BIT_XOR: u8 = 6;
    pub(super) const BIT_AND: u8 = 7;
    pub(super) const SHIFT: u8 = 8;
    pub(super) const SUM: u8 = 9;
    pub(super) const TERM: u8 = 10;
    pub(super) const SIGN: u8 = 11;
    pub(super) const POWER: u8 = 12;
}

#[derive(Clone, Copy)]
enum Infix {
    Bool(BoolOp),
    Compare(CmpOp),
    Binary(Operator),
}

/// The operator of a `binop` node's text, and its strength.
fn infix(text: &str) -> (Infix, u8) {
    use Infix::{Binary, Bool, Compare};
    match text.as_bytes() {
        [b'+', ..] => (Binary(Operator::Add), strength::SUM),
        [b'-', ..] => (Binary(Operator::Sub), strength::SUM),
        [b'*', b'*', ..] => (Binary(Operator::Pow), strength::POWER),
        [b'*', ..] => (Binary(Operator::Mult), strength::TERM),
        [b'/', b'/', ..] => (Binary(Operator::FloorDiv), strength::TERM),
        [b'/', ..] => (Binary(Operator::Div), strength::TERM),
        [b'%', ..] => (Binary(Operator::Mod), strength::TERM),
        [b'@', ..] => (Binary(Operator::MatMult), strength::TERM),
        [b'<', b'<', ..] => (Binary(Operator::LShift), strength::SHIFT),
        [b'>', b'>', ..] => (Binary(Operator::RShift), strength::SHIFT),
        [b'&', ..] => (Binary(Operator::BitAnd), strength::BIT_AND),
        [b'|', ..] => (Binary(Operator::BitOr), strength::BIT_OR),
        [b'^', ..] => (Binary(Operator::BitXor), strength::BIT_XOR),
        [b'=', ..] => (Compare(CmpOp::Eq), strength::COMPARISON),
        [b'!', ..] => (Compare(CmpOp::NotEq), strength::COMPARISON),
        [b'<', b'=', ..] => (Compare(CmpOp::LtE), strength::COMPARISON),
        [b'>', b'=', ..] => (Compare(CmpOp::GtE), strength::COMPARISON),
        [b'<', ..] => (Compare(CmpOp::Lt), strength::COMPARISON),
        [b'>', ..] => (Compare(CmpOp::Gt), strength::COMPARISON),
        [b'a', ..] => (Bool(BoolOp::And), strength::AND),
        [b'o', ..] => (Bool(BoolOp::Or), strength::OR),
        [b'n', ..] => (Compare(CmpOp::NotIn), strength::COMPARISON),
        [b'i', b'n', ..] => (Compare(CmpOp::In), strength::COMPARISON),
        [b'i', b's', rest @ ..] if rest.contains(&b'n') => {
            (Compare(CmpOp::IsNot), strength::COMPARISON)
        }
        _ => (Compare(CmpOp::Is), strength::COMPARISON),
    }
}

/// The operator of an `augassign` node's text.
pub(super) fn augmented(text: &str) -> Operator {
    match infix(text).0 {
        Infix::Binary(op) => op,
        Infix::Bool(_) | Infix::Compare(_) => unreachable!("the grammar augments arithmetic only"),
    }
}

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

    /// Reads operators that bind at least as strongly as asked for.
    pub(super) fn operation(&mut self, least: u8) -> Parse<Expr> {
        let start = self.start();
        let outer = std::mem::replace(&mut self.height, 0);
        let mut left = match self.peek() {
            Some(Rule::unary | Rule::sign) => self.unary(least)?,
            _ => self.primary()?,
        };
        while let Some(Rule::binop | Rule::arith_op) = self.peek() {
            let node = self.node();
            let (op, binds) = infix(self.source(node.span));
            if binds < least {
                break;
            }
            left = match op {
                Infix::Bool(op) => self.bool_op(left, op, binds, start)?,
                Infix::Compare(_) => self.comparison(left, start)?,
                Infix::Binary(op) => {
                    self.skip();
                    let right = match op {
                        // `**` binds to the right, and less than a sign on its right.
                        Operator::Pow => self.nested(|b| b.operation(strength::SIGN))?,
                        _ => self.operation(binds + 1)?,
                    };
                    let kind = ExprKind::BinOp {
                        left: Box::new(left),
                        op,
                        right: Box::new(right),
                    };
                    Expr {
                        kind,
                        span: self.since(start),
                    }
                }
            };
            self.grow()?;
        }
        self.height = self.height.max(outer);
        Ok(left)
    }

    fn unary(&mut self, least: u8) -> Parse<Expr> {
        let span = self.skip().span;
        let (op, binds) = match self.text.as_bytes()[span.start as usize] {
            b'-' => (UnaryOp::USub, strength::SIGN),
            b'+' => (UnaryOp::UAdd, strength::SIGN),
            b'~' => (UnaryOp::Invert, strength::SIGN),
            _ if least > strength::NOT => {
                return fail(
                    "invalid syntax",
                    Span {
                        end: span.start + 3,
                        ..span
                    },
                );
            }
            _ => (UnaryOp::Not, strength::NOT),
        };
        let operand = Box::new(self.nested(|b| b.operation(binds))?);
        Ok(Expr {
            kind: ExprKind::UnaryOp { op, operand },
            span: self.since(span.start),
        })
    }

    fn bool_op(&mut self, first: Expr, op: BoolOp, binds: u8, start: u32) -> Parse<Expr> {
        let mut values = vec![first];
        while self.sees(Rule::binop) {
            let (next, _) = infix(self.source(self.node().span));
            if !matches!(next, Infix::Bool(next) if next == op) {
                break;
            }
            self.skip();
            values.push(self.operation(binds + 1)?);
        }
        Ok(Expr {
            kind: ExprKind::BoolOp { op, values },
            span: self.since(start),
        })
    }

    fn comparison(&mut self, first: Expr, start: u32) -> Parse<Expr> {
        let (mut ops, mut comparators) = (Vec::with_capacity(1), Vec::with_capacity(1));
        while self.sees(Rule::binop)
            && let (Infix::Compare(op), _) = infix(self.source(self.node().span))
        {
            self.skip();
            ops.push(op);
            comparators.push(self.operation(strength::COMPARISON + 1)?);
        }
        let span = self.since(start);
        let mut left = &first;
        for (op, right) in ops.iter().zip(&comparators) {
            notice::check_identity(left, *op, right, span);
            left = right;
        }
        Ok(Expr {
            kind: ExprKind::Compare {
                left: Box::new(first),
                ops,
                comparators,
            },
            span,
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

    fn star_expression(&mut self) -> Parse<Expr> {
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

    fn walrus(&mut self, target: Expr, bare: bool) -> Parse<Expr> {
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

    /// Reads an element of a display: `*a`, `a := b` or an expression.
    pub(super) fn item_or_starred(&mut self) -> Parse<Expr> {
        if self.sees(Rule::stars) {
            self.star_expression()
        } else {
            self.named()
        }
    }

    fn group(&mut self, span: Span) -> Parse<Expr> {
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

    fn list(&mut self, span: Span) -> Parse<Expr> {
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

    fn braces(&mut self, span: Span) -> Parse<Expr> {
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
    fn comprehension(&mut self, element: Expr) -> Parse<(Box<Expr>, Vec<Comprehension>)> {
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

    fn subscript(&mut self) -> Parse<Expr> {
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
