//! Loops.

use super::try_::Block;
use super::unit::{Label, Result, Unit};
use crate::lang::object::code::Op;
use crate::lang::syntax::ast::{Expr, ExprKind, Stmt};

impl<'a> Unit<'a> {
    pub(super) fn while_(
        &mut self,
        test: &'a Expr,
        body: &'a [Stmt],
        orelse: &'a [Stmt],
    ) -> Result {
        let top = self.here();
        let mut exhausted = Label::default();
        self.jump_unless(test, &mut exhausted)?;
        let before = self.bound.clone();
        self.push_block(Block::Loop {
            top,
            end: Label::default(),
            iterator: None,
        })?;
        self.body(body)?;
        self.emit(Op::Loop { target: top });
        self.end_loop(&mut exhausted, before, orelse)
    }

    pub(super) fn for_(
        &mut self,
        target: &'a Expr,
        iter: &'a Expr,
        body: &'a [Stmt],
        orelse: &'a [Stmt],
    ) -> Result {
        let mark = self.mark();
        let iterator = self.temp();
        self.expr_to(iter, iterator)?;
        self.emit_at(
            iter.span,
            Op::GetIter {
                dst: iterator,
                src: iterator,
            },
        );
        // Once, not in each round.
        self.clear_temps(self.mark());
        let top = self.here();
        let mut exhausted = Label::default();
        let before = self.bound.clone();
        let direct = match &target.kind {
            ExprKind::Name(name) => self.direct_register(name),
            _ => None,
        };
        let item_mark = self.mark();
        let item = direct.unwrap_or_else(|| self.temp());
        self.emit_at(
            iter.span,
            Op::ForIter {
                dst: item,
                iter: iterator,
            },
        );
        self.jump_to(&mut exhausted);
        match (&target.kind, direct) {
            (ExprKind::Name(name), Some(reg)) => self.note_bound(name, reg),
            _ => {
                self.store(target, item)?;
                self.clear_temps(item_mark);
            }
        }
        self.push_block(Block::Loop {
            top,
            end: Label::default(),
            iterator: Some(iterator),
        })?;
        self.body(body)?;
        self.emit(Op::Loop { target: top });
        self.end_loop(&mut exhausted, before, orelse)?;
        self.emit(Op::Unbind { reg: iterator });
        self.release(mark);
        Ok(())
    }

    /// The `else` of a loop, and its end.
    fn end_loop(&mut self, exhausted: &mut Label, before: Vec<bool>, orelse: &'a [Stmt]) -> Result {
        let Some(Block::Loop { mut end, .. }) = self.blocks.pop() else {
            return Ok(());
        };
        self.place(exhausted);
        self.bound = before.clone();
        self.body(orelse)?;
        self.place(&mut end);
        self.bound = before;
        Ok(())
    }
}
