//! Displays: tuples, lists, sets and dicts.

use super::expr::constant_value;
use super::unit::{Result, Unit};
use crate::lang::object::code::{Op, Reg};
use crate::lang::object::{FrozenSet, Ref, Value};
use crate::lang::syntax::ast::{self, Constant, Expr, ExprKind};

impl<'a> Unit<'a> {
    pub(super) fn tuple(&mut self, items: &'a [Expr], dst: Reg) -> Result {
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

    pub(super) fn list(&mut self, items: &'a [Expr], dst: Reg) -> Result {
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

    pub(super) fn set(&mut self, items: &'a [Expr], dst: Reg) -> Result {
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

    pub(super) fn dict(
        &mut self,
        keys: &'a [Option<Expr>],
        values: &'a [Expr],
        dst: Reg,
    ) -> Result {
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

pub(super) fn starred(items: &[Expr]) -> bool {
    items
        .iter()
        .any(|item| matches!(item.kind, ExprKind::Starred(_)))
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
