//! Expressions.

use super::unit::{Label, Result, Unit, deeply};
use crate::lang::object::code::{BinOp, CmpOp, Conversion, NO_REG, Op, Reg, UnaryOp};
use crate::lang::object::{BigInt, Bytes, Complex, FrozenSet, Ref, Value, intern};
use crate::lang::syntax::ast::{self, BoolOp, Constant, Expr, ExprKind, FPart};

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
    fn scratch(&mut self, dst: Reg) -> Reg {
        if self.is_local(dst) { self.temp() } else { dst }
    }

    fn settle(&mut self, scratch: Reg, dst: Reg) {
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

    fn bool_op(&mut self, op: BoolOp, values: &'a [Expr], dst: Reg) -> Result {
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

    fn bin_op(&mut self, left: &'a Expr, op: ast::Operator, right: &'a Expr, dst: Reg) -> Result {
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

    fn unary_op(&mut self, op: ast::UnaryOp, operand: &'a Expr, dst: Reg) -> Result {
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

    fn compare(
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

    fn fstring(&mut self, parts: &'a [FPart], dst: Reg) -> Result {
        match parts {
            [] => {
                let index = self.const_str("");
                self.emit(Op::Const { dst, index });
                Ok(())
            }
            [one] => self.fstring_part(one, dst),
            parts => {
                let base = self.temps(parts.len());
                for (i, part) in parts.iter().enumerate() {
                    self.fstring_part(part, base + i as Reg)?;
                }
                self.emit(Op::BuildString {
                    dst,
                    base,
                    count: parts.len() as u16,
                });
                Ok(())
            }
        }
    }

    fn fstring_part(&mut self, part: &'a FPart, dst: Reg) -> Result {
        let mark = self.mark();
        match part {
            FPart::Text(text) => {
                let index = self.const_str(text);
                self.emit(Op::Const { dst, index });
            }
            FPart::Field {
                value,
                conversion,
                spec,
            } => {
                let src = self.expr_any(value)?;
                let spec = match spec {
                    Some(parts) => {
                        let reg = self.temp();
                        self.fstring(parts, reg)?;
                        reg
                    }
                    None => NO_REG,
                };
                let conversion = match conversion {
                    ast::Conversion::None => Conversion::None,
                    ast::Conversion::Str => Conversion::Str,
                    ast::Conversion::Repr => Conversion::Repr,
                    ast::Conversion::Ascii => Conversion::Ascii,
                };
                self.emit(Op::Format {
                    conversion,
                    dst,
                    src,
                    spec,
                });
            }
        }
        self.release(mark);
        Ok(())
    }

    fn tuple(&mut self, items: &'a [Expr], dst: Reg) -> Result {
        let constants: Option<Vec<Value>> = items.iter().map(constant_of).collect();
        if let Some(values) = constants {
            let index = self.add_const(Value::tuple(values));
            self.emit(Op::Const { dst, index });
            return Ok(());
        }
        if starred(items) || items.len() > LONGEST_DISPLAY {
            let list = self.temp();
            self.list_by_parts(items, list)?;
            self.emit(Op::ListToTuple { dst, list });
            return Ok(());
        }
        let base = self.in_a_row(items)?;
        self.emit(Op::BuildTuple {
            dst,
            base,
            count: items.len() as u16,
        });
        Ok(())
    }

    fn list(&mut self, items: &'a [Expr], dst: Reg) -> Result {
        if starred(items) || items.len() > LONGEST_DISPLAY {
            let scratch = self.scratch(dst);
            self.list_by_parts(items, scratch)?;
            self.settle(scratch, dst);
            return Ok(());
        }
        let base = self.in_a_row(items)?;
        self.emit(Op::BuildList {
            dst,
            base,
            count: items.len() as u16,
        });
        Ok(())
    }

    /// Expressions into new registers in a row.
    pub(super) fn in_a_row(&mut self, items: &'a [Expr]) -> Result<Reg> {
        let base = self.temps(items.len());
        for (i, item) in items.iter().enumerate() {
            self.expr_to(item, base + i as Reg)?;
        }
        Ok(base)
    }

    /// A list that is built piece by piece: with starred items, or too long for registers.
    pub(super) fn list_by_parts(&mut self, items: &'a [Expr], list: Reg) -> Result {
        self.emit(Op::BuildList {
            dst: list,
            base: list,
            count: 0,
        });
        for item in items {
            let mark = self.mark();
            match &item.kind {
                ExprKind::Starred(inner) => {
                    let iterable = self.expr_any(inner)?;
                    self.emit_at(inner.span, Op::ListExtend { list, iterable });
                }
                _ => {
                    let item = self.expr_any(item)?;
                    self.emit(Op::ListAppend { list, item });
                }
            }
            self.release(mark);
        }
        Ok(())
    }

    fn set(&mut self, items: &'a [Expr], dst: Reg) -> Result {
        if let Some(constant) = constant_set(items) {
            let set = self.scratch(dst);
            self.emit(Op::BuildSet {
                dst: set,
                base: set,
                count: 0,
            });
            let mark = self.mark();
            let (iterable, index) = (self.temp(), self.add_const(constant));
            self.emit(Op::Const {
                dst: iterable,
                index,
            });
            self.emit(Op::SetUpdate { set, iterable });
            self.release(mark);
            self.settle(set, dst);
            return Ok(());
        }
        if !starred(items) && items.len() <= LONGEST_DISPLAY {
            let base = self.in_a_row(items)?;
            self.emit(Op::BuildSet {
                dst,
                base,
                count: items.len() as u16,
            });
            return Ok(());
        }
        let set = self.scratch(dst);
        self.emit(Op::BuildSet {
            dst: set,
            base: set,
            count: 0,
        });
        for item in items {
            let mark = self.mark();
            match &item.kind {
                ExprKind::Starred(inner) => {
                    let iterable = self.expr_any(inner)?;
                    self.emit(Op::SetUpdate { set, iterable });
                }
                _ => {
                    let item = self.expr_any(item)?;
                    self.emit(Op::SetAdd { set, item });
                }
            }
            self.release(mark);
        }
        self.settle(set, dst);
        Ok(())
    }

    fn dict(&mut self, keys: &'a [Option<Expr>], values: &'a [Expr], dst: Reg) -> Result {
        let plain = keys.iter().all(Option::is_some) && keys.len() <= LONGEST_DISPLAY / 2;
        if plain {
            let base = self.temps(2 * keys.len());
            for (i, (key, value)) in keys.iter().flatten().zip(values).enumerate() {
                self.expr_to(key, base + 2 * i as Reg)?;
                self.expr_to(value, base + 2 * i as Reg + 1)?;
            }
            self.emit(Op::BuildDict {
                dst,
                base,
                count: keys.len() as u16,
            });
            return Ok(());
        }
        let dict = self.scratch(dst);
        self.emit(Op::BuildDict {
            dst: dict,
            base: dict,
            count: 0,
        });
        for (key, value) in keys.iter().zip(values) {
            let mark = self.mark();
            match key {
                Some(key) => {
                    let key = self.expr_kept(key, true)?;
                    let value = self.expr_any(value)?;
                    self.emit(Op::DictSet { dict, key, value });
                }
                None => {
                    let mapping = self.expr_any(value)?;
                    self.emit_at(value.span, Op::DictUpdate { dict, mapping });
                }
            }
            self.release(mark);
        }
        self.settle(dict, dst);
        Ok(())
    }
}

/// Displays with more items are built piece by piece, so that registers do not run out.
const LONGEST_DISPLAY: usize = 64;

fn starred(items: &[Expr]) -> bool {
    items
        .iter()
        .any(|item| matches!(item.kind, ExprKind::Starred(_)))
}

/// The value of a literal.
pub(super) fn constant_value(constant: &Constant) -> Value {
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

/// The elements of a set display that is made of literals, as CPython keeps them from three on: a set that grew
/// by itself and one copied from a constant are laid out, and so printed, differently.
fn constant_set(items: &[Expr]) -> Option<Value> {
    if items.len() < 3 {
        return None;
    }
    let values: Option<Vec<Value>> = items.iter().map(constant_of).collect();
    FrozenSet::of_plain(values?).map(|set| Value::from(Ref::new(set)))
}

/// The value of an expression that is a literal.
fn constant_of(expr: &Expr) -> Option<Value> {
    match &expr.kind {
        ExprKind::Constant(constant) => Some(constant_value(constant)),
        ExprKind::UnaryOp {
            op: ast::UnaryOp::USub,
            operand,
        } => match &operand.kind {
            ExprKind::Constant(Constant::Int(i)) => Some(Value::Int(-*i)),
            ExprKind::Constant(Constant::Float(x)) => Some(Value::Float(-*x)),
            _ => None,
        },
        ExprKind::Tuple(items) => items
            .iter()
            .map(constant_of)
            .collect::<Option<Vec<_>>>()
            .map(Value::tuple),
        _ => None,
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
