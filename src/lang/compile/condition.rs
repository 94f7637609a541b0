//! Conditions: jumps by the truth of an expression, without making the truth value.

use super::operation::cmp_op;
use super::unit::{Label, Result, Unit, deeply};
use crate::lang::object::code::{CmpOp, Op};
use crate::lang::syntax::ast::{BoolOp, Constant, Expr, ExprKind, UnaryOp};

impl<'a> Unit<'a> {
    /// Jumps to the label unless the expression is true.
    pub(super) fn jump_unless(&mut self, expr: &'a Expr, label: &mut Label) -> Result {
        deeply(|| self.jump_unless_here(expr, label))
    }

    fn jump_unless_here(&mut self, expr: &'a Expr, label: &mut Label) -> Result {
        let mark = self.mark();
        let before = std::mem::replace(&mut self.at, expr.span);
        match &expr.kind {
            ExprKind::BoolOp {
                op: BoolOp::And,
                values,
            } => self.each_operand(values, |unit, value| unit.jump_unless(value, label))?,
            ExprKind::BoolOp {
                op: BoolOp::Or,
                values,
            } => {
                let mut holds = Label::default();
                let last = values.len() - 1;
                let mut at = 0;
                self.each_operand(values, |unit, value| {
                    at += 1;
                    if at > last {
                        unit.jump_unless(value, label)
                    } else {
                        unit.jump_when(value, &mut holds)
                    }
                })?;
                self.place(&mut holds);
            }
            ExprKind::UnaryOp {
                op: UnaryOp::Not,
                operand,
            } => self.jump_when(operand, label)?,
            ExprKind::Constant(Constant::Bool(true)) => {}
            ExprKind::Constant(Constant::Bool(false)) => self.jump_to(label),
            _ if self.skip_if(expr, false)? => self.jump_to(label),
            _ => {
                let cond = self.expr_any(expr)?;
                self.jump(|target| Op::JumpIfNot { cond, target }, label);
            }
        }
        self.at = before;
        self.release(mark);
        Ok(())
    }

    /// Jumps to the label if the expression is true.
    pub(super) fn jump_when(&mut self, expr: &'a Expr, label: &mut Label) -> Result {
        deeply(|| self.jump_when_here(expr, label))
    }

    fn jump_when_here(&mut self, expr: &'a Expr, label: &mut Label) -> Result {
        let mark = self.mark();
        let before = std::mem::replace(&mut self.at, expr.span);
        match &expr.kind {
            ExprKind::BoolOp {
                op: BoolOp::Or,
                values,
            } => self.each_operand(values, |unit, value| unit.jump_when(value, label))?,
            ExprKind::BoolOp {
                op: BoolOp::And,
                values,
            } => {
                let mut fails = Label::default();
                let last = values.len() - 1;
                let mut at = 0;
                self.each_operand(values, |unit, value| {
                    at += 1;
                    if at > last {
                        unit.jump_when(value, label)
                    } else {
                        unit.jump_unless(value, &mut fails)
                    }
                })?;
                self.place(&mut fails);
            }
            ExprKind::UnaryOp {
                op: UnaryOp::Not,
                operand,
            } => self.jump_unless(operand, label)?,
            _ if self.skip_if(expr, true)? => self.jump_to(label),
            _ => {
                let cond = self.expr_any(expr)?;
                self.jump(|target| Op::JumpIf { cond, target }, label);
            }
        }
        self.at = before;
        self.release(mark);
        Ok(())
    }

    /// Goes through the operands of `and` or `or`; only the first is evaluated for certain.
    fn each_operand(
        &mut self,
        values: &'a [Expr],
        mut jump: impl FnMut(&mut Self, &'a Expr) -> Result,
    ) -> Result {
        let mut certain = None;
        for (i, value) in values.iter().enumerate() {
            jump(self, value)?;
            if i == 0 {
                certain = self.bound_for_certain();
            }
        }
        self.only_certain(certain);
        Ok(())
    }

    /// Emits a comparison that skips the next instruction if it holds (or, negated, if it does not); false where the
    /// expression is no such comparison.
    fn skip_if(&mut self, expr: &'a Expr, negated: bool) -> Result<bool> {
        let ExprKind::Compare {
            left,
            ops,
            comparators,
        } = &expr.kind
        else {
            return Ok(false);
        };
        let ([op], [right]) = (ops.as_slice(), comparators.as_slice()) else {
            return Ok(false);
        };
        let op = cmp_op(*op);
        let op = match (negated, opposite(op)) {
            (false, _) => op,
            (true, Some(opposite)) => opposite,
            (true, None) => return Ok(false),
        };
        let a = self.expr_kept(left, true)?;
        let small = Self::small_int(right)
            .filter(|_| !matches!(op, CmpOp::In | CmpOp::NotIn | CmpOp::Is | CmpOp::IsNot));
        let op = match small {
            Some(value) => Op::SkipIfInt { op, a, value },
            None => {
                let b = self.expr_any(right)?;
                Op::SkipIf { op, a, b }
            }
        };
        self.emit(op);
        Ok(true)
    }
}

/// The comparison that holds exactly when this one does not. Those by order and by `==` have none: a script's
/// methods may answer both as they like, and NaN is neither less nor greater.
fn opposite(op: CmpOp) -> Option<CmpOp> {
    match op {
        CmpOp::Is => Some(CmpOp::IsNot),
        CmpOp::IsNot => Some(CmpOp::Is),
        CmpOp::In => Some(CmpOp::NotIn),
        CmpOp::NotIn => Some(CmpOp::In),
        _ => None,
    }
}
