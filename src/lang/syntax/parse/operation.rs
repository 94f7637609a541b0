//! Operators by how strongly they bind.

use super::super::ast::*;
use super::super::error::{Parse, fail};
use super::super::notice;
use super::Rule;
use super::builder::Builder;
use crate::base::span::Span;

/// How strongly an operator binds; operands of unary ones are read at their own strength.
pub(super) mod strength {
    pub(in crate::lang::syntax::parse) const ANY: u8 = 0;
    pub(in crate::lang::syntax::parse) const OR: u8 = 1;
    pub(in crate::lang::syntax::parse) const AND: u8 = 2;
    pub(in crate::lang::syntax::parse) const NOT: u8 = 3;
    pub(in crate::lang::syntax::parse) const COMPARISON: u8 = 4;
    pub(in crate::lang::syntax::parse) const BIT_OR: u8 = 5;
    pub(in crate::lang::syntax::parse) const BIT_XOR: u8 = 6;
    pub(in crate::lang::syntax::parse) const BIT_AND: u8 = 7;
    pub(in crate::lang::syntax::parse) const SHIFT: u8 = 8;
    pub(in crate::lang::syntax::parse) const SUM: u8 = 9;
    pub(in crate::lang::syntax::parse) const TERM: u8 = 10;
    pub(in crate::lang::syntax::parse) const SIGN: u8 = 11;
    pub(in crate::lang::syntax::parse) const POWER: u8 = 12;
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

    pub(super) fn unary(&mut self, least: u8) -> Parse<Expr> {
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
}
