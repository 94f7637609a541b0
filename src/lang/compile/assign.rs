//! Assignment to targets, and deletion of them.

use super::operation::bin_op;
use super::unit::{Result, Unit};
use crate::base::span::Span;
use crate::lang::object::code::{BinOp, Op, Reg};
use crate::lang::syntax::ast::{Expr, ExprKind, Operator};

impl<'a> Unit<'a> {
    /// `targets[0] = targets[1] = value`
    pub(super) fn assign(&mut self, targets: &'a [Expr], value: &'a Expr) -> Result {
        let mark = self.mark();
        if let [target] = targets {
            if let ExprKind::Name(name) = &target.kind
                && let Some(reg) = self.direct_register(name)
            {
                self.expr_to(value, reg)?;
                self.note_bound(name, reg);
                self.clear_temps(mark);
                return Ok(());
            }
            if self.swap(target, value)? {
                self.clear_temps(mark);
                return Ok(());
            }
        }
        let src = self.expr_any(value)?;
        for target in targets {
            self.store(target, src)?;
        }
        self.clear_temps(mark);
        Ok(())
    }

    /// `a, b = x, y` without a tuple: the values into temporaries, then into the targets.
    fn swap(&mut self, target: &'a Expr, value: &'a Expr) -> Result<bool> {
        let (ExprKind::Tuple(targets) | ExprKind::List(targets), ExprKind::Tuple(values)) =
            (&target.kind, &value.kind)
        else {
            return Ok(false);
        };
        let starred = |items: &[Expr]| {
            items
                .iter()
                .any(|item| matches!(item.kind, ExprKind::Starred(_)))
        };
        if targets.len() != values.len() || targets.len() > 8 || starred(targets) || starred(values)
        {
            return Ok(false);
        }
        let base = self.in_a_row(values)?;
        for (i, target) in targets.iter().enumerate() {
            self.store(target, base + i as Reg)?;
        }
        Ok(true)
    }

    /// Sets a target to a register's value.
    pub(super) fn store(&mut self, target: &'a Expr, src: Reg) -> Result {
        let mark = self.mark();
        let before = std::mem::replace(&mut self.at, target.span);
        match &target.kind {
            ExprKind::Name(name) => self.store_name(name, src),
            ExprKind::Attribute { value, attr } => {
                let obj = self.expr_any(value)?;
                let name = self.mangled(attr);
                let site = self.site(&name);
                self.emit(Op::StoreAttr { obj, src, site });
            }
            ExprKind::Subscript { value, slice } => {
                let obj = self.expr_kept(value, true)?;
                let key = self.expr_any(slice)?;
                self.emit(Op::SetItem { obj, key, src });
            }
            ExprKind::Tuple(items) | ExprKind::List(items) => {
                self.unpack(items, src, target.span)?
            }
            ExprKind::Starred(inner) => {
                return self.error(
                    "starred assignment target must be in a list or tuple",
                    inner.span,
                );
            }
            _ => return self.error("cannot assign to expression", target.span),
        }
        self.at = before;
        self.release(mark);
        Ok(())
    }

    fn unpack(&mut self, items: &'a [Expr], src: Reg, span: Span) -> Result {
        let mut stars = items
            .iter()
            .enumerate()
            .filter(|(_, item)| matches!(item.kind, ExprKind::Starred(_)));
        let star = stars.next().map(|(i, _)| i);
        if stars.next().is_some() {
            return self.error("multiple starred expressions in assignment", span);
        }
        let base = self.temps(items.len());
        match star {
            None => {
                _ = self.emit(Op::Unpack {
                    src,
                    base,
                    count: items.len() as u16,
                })
            }
            Some(at) => {
                let after = items.len() - at - 1;
                if at > 255 || after > 255 {
                    return self.error("too many expressions in star-unpacking assignment", span);
                }
                self.emit(Op::UnpackStar {
                    before: at as u8,
                    after: after as u8,
                    src,
                    base,
                });
            }
        }
        for (i, item) in items.iter().enumerate() {
            let target = match &item.kind {
                ExprKind::Starred(inner) => inner,
                _ => item,
            };
            self.store(target, base + i as Reg)?;
        }
        Ok(())
    }

    /// `target op= value`
    pub(super) fn aug_assign(&mut self, target: &'a Expr, op: Operator, value: &'a Expr) -> Result {
        let mark = self.mark();
        let op = bin_op(op);
        match &target.kind {
            ExprKind::Name(name) => {
                let a = self.expr_kept(target, true)?;
                let dst = self.direct_register(name).unwrap_or(a);
                self.in_place(op, dst, a, value)?;
                self.store_name(name, dst);
            }
            ExprKind::Attribute { value: obj, attr } => {
                let obj = self.expr_kept(obj, true)?;
                let name = self.mangled(attr);
                let (load, store) = (self.site(&name), self.site(&name));
                let old = self.temp();
                self.emit_at(
                    target.span,
                    Op::LoadAttr {
                        dst: old,
                        obj,
                        site: load,
                    },
                );
                self.in_place(op, old, old, value)?;
                self.emit_at(
                    target.span,
                    Op::StoreAttr {
                        obj,
                        src: old,
                        site: store,
                    },
                );
            }
            ExprKind::Subscript { value: obj, slice } => {
                let obj = self.expr_kept(obj, true)?;
                let key = self.expr_kept(slice, true)?;
                let old = self.temp();
                let get = match Self::small_int(slice) {
                    Some(index) => Op::GetItemInt {
                        dst: old,
                        obj,
                        index,
                    },
                    None => Op::GetItem { dst: old, obj, key },
                };
                self.emit_at(target.span, get);
                self.in_place(op, old, old, value)?;
                self.emit_at(target.span, Op::SetItem { obj, key, src: old });
            }
            _ => return self.error("illegal expression for augmented assignment", target.span),
        }
        self.clear_temps(mark);
        Ok(())
    }

    /// `dst = a op= value`
    fn in_place(&mut self, op: BinOp, dst: Reg, a: Reg, value: &'a Expr) -> Result {
        let op = match Self::small_int(value) {
            Some(value) => Op::InPlaceInt { op, dst, a, value },
            None => {
                let b = self.expr_any(value)?;
                Op::InPlace { op, dst, a, b }
            }
        };
        self.emit(op);
        Ok(())
    }

    /// `del target`
    pub(super) fn delete(&mut self, target: &'a Expr) -> Result {
        let mark = self.mark();
        let before = std::mem::replace(&mut self.at, target.span);
        match &target.kind {
            ExprKind::Name(name) => self.delete_name(name, false),
            ExprKind::Attribute { value, attr } => {
                let obj = self.expr_any(value)?;
                let name = self.mangled(attr);
                let site = self.site(&name);
                self.emit(Op::DeleteAttr { obj, site });
            }
            ExprKind::Subscript { value, slice } => {
                let obj = self.expr_kept(value, true)?;
                let key = self.expr_any(slice)?;
                self.emit(Op::DeleteItem { obj, key });
            }
            ExprKind::Tuple(items) | ExprKind::List(items) => {
                for item in items {
                    self.delete(item)?;
                }
            }
            _ => return self.error("cannot delete expression", target.span),
        }
        self.at = before;
        self.clear_temps(mark);
        Ok(())
    }
}
