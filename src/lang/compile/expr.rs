//! Expressions: which it is, and where its value goes.

use super::unit::{Label, Result, Unit, deeply};
use crate::lang::object::code::{Op, Reg};
use crate::lang::object::{BigInt, Bytes, Complex, Ref, Value, intern};
use crate::lang::syntax::ast::{Constant, Expr, ExprKind};

impl<'a> Unit<'a> {
    /// An expression's value in any register: that of a local if it is one, else a new temporary.
    pub(super) fn expr_any(&mut self, expr: &'a Expr) -> Result<Reg> {
        if let ExprKind::Name(name) = &expr.kind {
            let before = std::mem::replace(&mut self.at, expr.span);
            let reg = self.load_name(name, None);
            self.at = before;
            return Ok(reg);
        }
        let dst = self.temp();
        self.expr_to(expr, dst)?;
        Ok(dst)
    }

    /// Like `expr_any`, but safe to keep while `later` is evaluated, which may rebind locals.
    pub(super) fn expr_kept(&mut self, expr: &'a Expr, later: bool) -> Result<Reg> {
        if later
            && self.scopes.iter().any(|(scope, _)| scope.walrus)
            && matches!(expr.kind, ExprKind::Name(_))
        {
            let dst = self.temp();
            self.expr_to(expr, dst)?;
            return Ok(dst);
        }
        self.expr_any(expr)
    }

    /// An expression's value into a register.
    pub(super) fn expr_to(&mut self, expr: &'a Expr, dst: Reg) -> Result {
        let before = std::mem::replace(&mut self.at, expr.span);
        let mark = self.mark();
        let result = deeply(|| self.expr_kind(expr, dst));
        self.release(mark);
        self.at = before;
        result
    }

    /// Where parts of a result may be built: `dst`, unless it is a local that the parts may still read.
    pub(super) fn scratch(&mut self, dst: Reg) -> Reg {
        if self.is_local(dst) { self.temp() } else { dst }
    }

    pub(super) fn settle(&mut self, scratch: Reg, dst: Reg) {
        if scratch != dst {
            self.emit(Op::Move { dst, src: scratch });
        }
    }

    fn expr_kind(&mut self, expr: &'a Expr, dst: Reg) -> Result {
        match &expr.kind {
            ExprKind::Constant(constant) => self.constant(constant, dst),
            ExprKind::Name(name) => _ = self.load_name(name, Some(dst)),
            ExprKind::BoolOp { op, values } => return self.bool_op(*op, values, dst),
            ExprKind::NamedExpr { target, value } => {
                self.expr_to(value, dst)?;
                self.store_name(&target.name, dst);
            }
            ExprKind::BinOp { left, op, right } => return self.bin_op(left, *op, right, dst),
            ExprKind::UnaryOp { op, operand } => return self.unary_op(*op, operand, dst),
            ExprKind::Lambda(lambda) => return self.lambda(lambda, expr.span, dst),
            ExprKind::IfExp { test, body, orelse } => return self.if_exp(test, body, orelse, dst),
            ExprKind::Dict { keys, values } => return self.dict(keys, values, dst),
            ExprKind::Set(items) => return self.set(items, dst),
            ExprKind::List(items) => return self.list(items, dst),
            ExprKind::Tuple(items) => return self.tuple(items, dst),
            ExprKind::ListComp { .. }
            | ExprKind::SetComp { .. }
            | ExprKind::DictComp { .. }
            | ExprKind::GeneratorExp { .. } => return self.comprehension(expr, dst),
            ExprKind::Yield(value) => {
                let value = match value {
                    Some(value) => self.expr_any(value)?,
                    None => {
                        let none = self.temp();
                        self.emit(Op::None { dst: none });
                        none
                    }
                };
                self.emit(Op::Yield { dst, value });
            }
            ExprKind::YieldFrom(value) | ExprKind::Await(value) => {
                let iter = self.temp();
                self.expr_to(value, iter)?;
                self.emit(Op::YieldFrom { dst, iter });
                self.emit(Op::Unbind { reg: iter });
            }
            ExprKind::Compare {
                left,
                ops,
                comparators,
            } => return self.compare(left, ops, comparators, dst),
            ExprKind::Call {
                func,
                args,
                keywords,
            } => return self.call(func, args, keywords, dst),
            ExprKind::JoinedStr(parts) => return self.fstring(parts, dst),
            ExprKind::Attribute { value, attr } => {
                let obj = self.expr_any(value)?;
                let name = self.mangled(attr);
                let site = self.site(&name);
                self.emit(Op::LoadAttr { dst, obj, site });
            }
            ExprKind::Subscript { value, slice } => {
                let obj = self.expr_kept(value, true)?;
                match Self::small_int(slice) {
                    Some(index) => _ = self.emit(Op::GetItemInt { dst, obj, index }),
                    None => {
                        let key = self.expr_any(slice)?;
                        self.emit(Op::GetItem { dst, obj, key });
                    }
                }
            }
            ExprKind::Slice { lower, upper, step } => {
                let base = self.temps(3);
                for (i, part) in [lower, upper, step].into_iter().enumerate() {
                    let reg = base + i as Reg;
                    match part {
                        Some(part) => self.expr_to(part, reg)?,
                        None => _ = self.emit(Op::None { dst: reg }),
                    }
                }
                self.emit(Op::BuildSlice { dst, base });
            }
            ExprKind::Starred(_) => {
                return self.error("can't use starred expression here", expr.span);
            }
        }
        Ok(())
    }

    pub(super) fn constant(&mut self, constant: &Constant, dst: Reg) {
        let op = match constant {
            Constant::None => Op::None { dst },
            Constant::Bool(value) => Op::Bool { dst, value: *value },
            Constant::Int(i) if i32::try_from(*i).is_ok() => Op::Int {
                dst,
                value: *i as i32,
            },
            other => {
                let index = self.add_const(constant_value(other));
                Op::Const { dst, index }
            }
        };
        self.emit(op);
    }

    fn if_exp(&mut self, test: &'a Expr, body: &'a Expr, orelse: &'a Expr, dst: Reg) -> Result {
        let (mut other, mut end) = (Label::default(), Label::default());
        let scratch = self.scratch(dst);
        self.jump_unless(test, &mut other)?;
        let before = self.bound.clone();
        self.expr_to(body, scratch)?;
        self.jump_to(&mut end);
        self.place(&mut other);
        self.bound = before.clone();
        self.expr_to(orelse, scratch)?;
        self.place(&mut end);
        self.bound = before;
        self.settle(scratch, dst);
        Ok(())
    }
}

/// The value of a literal.
pub fn constant_value(constant: &Constant) -> Value {
    match constant {
        Constant::None => Value::None,
        Constant::Bool(b) => Value::Bool(*b),
        Constant::Ellipsis => Value::Ellipsis,
        Constant::Int(i) => Value::Int(*i),
        Constant::BigInt(big) => BigInt::value((**big).clone()),
        Constant::Float(x) => Value::Float(*x),
        Constant::Complex(im) => Value::from(Ref::new(Complex { re: 0.0, im: *im })),
        // Names and short texts come again and again; long ones are no names.
        Constant::Str(text) if text.len() <= 32 => Value::from(&intern(text)),
        Constant::Str(text) => Value::str(&**text),
        Constant::Bytes(bytes) => Value::from(Ref::new(Bytes((**bytes).into()))),
    }
}
