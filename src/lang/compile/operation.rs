//! Operators and comparisons.

use super::unit::{Label, Result, Unit};
use crate::lang::object::code::{BinOp, CmpOp, Op, Reg, UnaryOp};
use crate::lang::syntax::ast::{self, BoolOp, Constant, Expr, ExprKind};

impl<'a> Unit<'a> {
    pub(super) fn bool_op(&mut self, op: BoolOp, values: &'a [Expr], dst: Reg) -> Result {
        let scratch = self.scratch(dst);
        let mut end = Label::default();
        let mut certain = None;
        for (i, value) in values.iter().enumerate() {
            if i + 1 < values.len() {
                self.operand(op, value, scratch, &mut end)?;
            } else {
                self.expr_to(value, scratch)?;
            }
            if i == 0 {
                certain = self.bound_for_certain();
            }
        }
        self.place(&mut end);
        self.only_certain(certain);
        self.settle(scratch, dst);
        Ok(())
    }

    /// An operand that may decide `and` or `or`: then the value is there, and it goes on at `end`. Of operators within,
    /// no value is asked for its truth twice.
    fn operand(&mut self, op: BoolOp, value: &'a Expr, dst: Reg, end: &mut Label) -> Result {
        let ExprKind::BoolOp { op: inner, values } = &value.kind else {
            self.expr_to(value, dst)?;
            let cond = dst;
            match op {
                BoolOp::And => self.jump(|target| Op::JumpIfNot { cond, target }, end),
                BoolOp::Or => self.jump(|target| Op::JumpIf { cond, target }, end),
            }
            return Ok(());
        };
        let certain = self.bound_for_certain();
        let mut next = Label::default();
        for (i, value) in values.iter().enumerate() {
            if *inner == op || i + 1 == values.len() {
                self.operand(op, value, dst, end)?;
            } else {
                self.operand(*inner, value, dst, &mut next)?;
            }
        }
        self.place(&mut next);
        self.only_certain(certain);
        Ok(())
    }

    /// What is bound before operands that may be skipped, if those may bind something.
    pub(super) fn bound_for_certain(&self) -> Option<Vec<bool>> {
        let walrus = self.scopes.iter().any(|(scope, _)| scope.walrus);
        walrus.then(|| self.bound.clone())
    }

    /// After operands that may have been skipped, only that is bound which was before.
    pub(super) fn only_certain(&mut self, certain: Option<Vec<bool>>) {
        if let Some(certain) = certain {
            self.bound = certain;
        }
    }

    pub(super) fn bin_op(
        &mut self,
        left: &'a Expr,
        op: ast::Operator,
        right: &'a Expr,
        dst: Reg,
    ) -> Result {
        if let Some(value) = folded(left, op, right) {
            self.constant(&value, dst);
            return Ok(());
        }
        let op = bin_op(op);
        // A chain of operators leans to the left: it is walked in a loop, so that a long one needs no deep stack.
        let mut chain = vec![(op, right, self.at)];
        let mut first = left;
        while let ExprKind::BinOp { left, op, right } = &first.kind {
            if folded(left, *op, right).is_some() {
                break;
            }
            chain.push((bin_op(*op), &**right, first.span));
            first = left;
        }
        let mut a = match &first.kind {
            ExprKind::Name(_) => self.expr_kept(first, true)?,
            _ => {
                let scratch = self.scratch(dst);
                self.expr_to(first, scratch)?;
                scratch
            }
        };
        while let Some((op, right, span)) = chain.pop() {
            let mark = self.mark();
            let target = if chain.is_empty() {
                dst
            } else {
                self.scratch(dst)
            };
            let value = Self::small_int(right).filter(|_| {
                matches!(
                    op,
                    BinOp::Add
                        | BinOp::Sub
                        | BinOp::Mul
                        | BinOp::TrueDiv
                        | BinOp::FloorDiv
                        | BinOp::Mod
                        | BinOp::Pow
                        | BinOp::And
                        | BinOp::RShift
                        | BinOp::LShift
                )
            });
            let emitted = match value {
                Some(value) => {
                    let dst = target;
                    match op {
                        BinOp::Add => Op::AddInt { dst, a, value },
                        BinOp::Sub => Op::SubInt { dst, a, value },
                        _ => Op::BinaryInt { op, dst, a, value },
                    }
                }
                None => {
                    let b = self.expr_any(right)?;
                    match op {
                        BinOp::Add => Op::Add { dst: target, a, b },
                        BinOp::Sub => Op::Sub { dst: target, a, b },
                        BinOp::Mul => Op::Mul { dst: target, a, b },
                        _ => Op::Binary {
                            op,
                            dst: target,
                            a,
                            b,
                        },
                    }
                }
            };
            self.emit_at(span, emitted);
            self.release(mark.max(usize::from(target) + 1).max(self.locals.len()));
            a = target;
        }
        Ok(())
    }

    pub(super) fn unary_op(&mut self, op: ast::UnaryOp, operand: &'a Expr, dst: Reg) -> Result {
        if let (ast::UnaryOp::USub, ExprKind::Constant(constant)) = (op, &operand.kind) {
            let negated = match constant {
                Constant::Int(i) => Some(Constant::Int(-*i)),
                Constant::Float(x) => Some(Constant::Float(-*x)),
                _ => None,
            };
            if let Some(negated) = negated {
                self.constant(&negated, dst);
                return Ok(());
            }
        }
        let a = self.expr_any(operand)?;
        let op = match op {
            ast::UnaryOp::Not => UnaryOp::Not,
            ast::UnaryOp::USub => UnaryOp::Neg,
            ast::UnaryOp::UAdd => UnaryOp::Pos,
            ast::UnaryOp::Invert => UnaryOp::Invert,
        };
        self.emit(Op::Unary { op, dst, a });
        Ok(())
    }

    pub(super) fn compare(
        &mut self,
        left: &'a Expr,
        ops: &[ast::CmpOp],
        comparators: &'a [Expr],
        dst: Reg,
    ) -> Result {
        if let ([op], [right]) = (ops, comparators) {
            let a = self.expr_kept(left, true)?;
            let b = self.expr_any(right)?;
            self.emit(Op::Compare {
                op: cmp_op(*op),
                dst,
                a,
                b,
            });
            return Ok(());
        }
        let scratch = self.scratch(dst);
        let mut end = Label::default();
        let mut a = self.expr_kept(left, true)?;
        let mut certain = None;
        for (i, (op, right)) in ops.iter().zip(comparators).enumerate() {
            let last = i + 1 == ops.len();
            let b = self.expr_kept(right, !last)?;
            if i == 0 {
                certain = self.bound_for_certain();
            }
            self.emit(Op::Compare {
                op: cmp_op(*op),
                dst: scratch,
                a,
                b,
            });
            if !last {
                self.jump(
                    |target| Op::JumpIfNot {
                        cond: scratch,
                        target,
                    },
                    &mut end,
                );
            }
            a = b;
        }
        self.place(&mut end);
        self.only_certain(certain);
        self.settle(scratch, dst);
        Ok(())
    }
}

/// The value of a product or sum of two small integer literals, and of what is made of such.
fn folded(left: &Expr, op: ast::Operator, right: &Expr) -> Option<Constant> {
    let literal = |expr: &Expr| match &expr.kind {
        ExprKind::Constant(Constant::Int(i)) => Some(*i),
        ExprKind::BinOp { left, op, right } => match folded(left, *op, right)? {
            Constant::Int(i) => Some(i),
            _ => None,
        },
        _ => None,
    };
    if !matches!(right.kind, ExprKind::Constant(Constant::Int(_))) {
        return None;
    }
    let (x, y) = (literal(left)?, literal(right)?);
    let value = match op {
        ast::Operator::Add => x.checked_add(y)?,
        ast::Operator::Sub => x.checked_sub(y)?,
        ast::Operator::Mult => x.checked_mul(y)?,
        ast::Operator::Pow if (0..64).contains(&y) => x.checked_pow(y as u32)?,
        _ => return None,
    };
    Some(Constant::Int(value))
}

pub(super) fn bin_op(op: ast::Operator) -> BinOp {
    match op {
        ast::Operator::Add => BinOp::Add,
        ast::Operator::Sub => BinOp::Sub,
        ast::Operator::Mult => BinOp::Mul,
        ast::Operator::MatMult => BinOp::MatMul,
        ast::Operator::Div => BinOp::TrueDiv,
        ast::Operator::Mod => BinOp::Mod,
        ast::Operator::Pow => BinOp::Pow,
        ast::Operator::LShift => BinOp::LShift,
        ast::Operator::RShift => BinOp::RShift,
        ast::Operator::BitOr => BinOp::Or,
        ast::Operator::BitXor => BinOp::Xor,
        ast::Operator::BitAnd => BinOp::And,
        ast::Operator::FloorDiv => BinOp::FloorDiv,
    }
}

pub(super) fn cmp_op(op: ast::CmpOp) -> CmpOp {
    match op {
        ast::CmpOp::Eq => CmpOp::Eq,
        ast::CmpOp::NotEq => CmpOp::Ne,
        ast::CmpOp::Lt => CmpOp::Lt,
        ast::CmpOp::LtE => CmpOp::Le,
        ast::CmpOp::Gt => CmpOp::Gt,
        ast::CmpOp::GtE => CmpOp::Ge,
        ast::CmpOp::Is => CmpOp::Is,
        ast::CmpOp::IsNot => CmpOp::IsNot,
        ast::CmpOp::In => CmpOp::In,
        ast::CmpOp::NotIn => CmpOp::NotIn,
    }
}
