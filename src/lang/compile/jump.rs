//! Ways out of blocks: `return`, `break`, `continue`, and the `finally` bodies that they run on their way.

use super::try_::Block;
use super::unit::{Label, Result, Unit, deeply};
use crate::base::span::Span;
use crate::lang::object::code::Op;
use crate::lang::syntax::ast::{Expr, ExprKind, Stmt};

impl<'a> Unit<'a> {
    pub(super) fn return_(&mut self, value: Option<&'a Expr>, stmt: &Stmt) -> Result {
        if self.flags.module || self.flags.class_body {
            return self.error("'return' outside function", stmt.span);
        }
        if value.is_some() && self.flags.async_generator {
            return self.error("'return' with value in async generator", stmt.span);
        }
        let mark = self.mark();
        let blocks = self.blocks.len();
        match value {
            None => {
                self.leave_blocks(0)?;
                self.emit(Op::ReturnNone);
            }
            Some(value) if blocks == 0 => self.return_value(value)?,
            Some(value) => {
                let src = self.temp();
                self.expr_to(value, src)?;
                self.leave_blocks(0)?;
                self.emit(Op::Return { src });
            }
        }
        self.release(mark);
        Ok(())
    }

    /// Returns a value where no block has to be left.
    fn return_value(&mut self, value: &'a Expr) -> Result {
        let ExprKind::IfExp { test, body, orelse } = &value.kind else {
            // Returning moves the value out of its register: the frame ends.
            let src = self.expr_any(value)?;
            self.emit(Op::Return { src });
            return Ok(());
        };
        let mut other = Label::default();
        self.jump_unless(test, &mut other)?;
        let before = self.bound.clone();
        deeply(|| self.return_value(body))?;
        self.place(&mut other);
        self.bound = before;
        deeply(|| self.return_value(orelse))
    }

    pub(super) fn break_(&mut self, span: Span) -> Result {
        let Some(depth) = self.innermost_loop() else {
            return self.error("'break' outside loop", span);
        };
        self.leave_blocks(depth + 1)?;
        let Block::Loop {
            top,
            mut end,
            iterator,
        } = std::mem::replace(&mut self.blocks[depth], Block::Plain)
        else {
            return Ok(());
        };
        self.jump_to(&mut end);
        self.blocks[depth] = Block::Loop { top, end, iterator };
        Ok(())
    }

    pub(super) fn continue_(&mut self, span: Span) -> Result {
        let Some(depth) = self.innermost_loop() else {
            return self.error("'continue' not properly in loop", span);
        };
        self.leave_blocks(depth + 1)?;
        if let Block::Loop { top, .. } = self.blocks[depth] {
            self.emit(Op::Loop { target: top });
        }
        Ok(())
    }

    fn innermost_loop(&self) -> Option<usize> {
        self.blocks
            .iter()
            .rposition(|block| matches!(block, Block::Loop { .. }))
    }

    /// Emits what has to happen when the blocks from `keep` on are left; they stay open for the code that follows.
    fn leave_blocks(&mut self, keep: usize) -> Result {
        let mut left = Vec::new();
        while self.blocks.len() > keep {
            let mut block = self.blocks.pop().expect("there are more than are kept");
            self.close_range(&mut block);
            left.push(block);
            let bound = self.bound.clone();
            self.leave_block(left.len() - 1, &left)?;
            self.bound = bound;
        }
        for mut block in left.into_iter().rev() {
            self.open_range(&mut block);
            self.blocks.push(block);
        }
        Ok(())
    }

    fn leave_block(&mut self, index: usize, left: &[Block<'a>]) -> Result {
        match &left[index] {
            Block::Loop {
                iterator: Some(reg),
                ..
            } => _ = self.emit(Op::Unbind { reg: *reg }),
            Block::Finally { body, .. } => self.body(body)?,
            Block::With { base, span, .. } => self.call_exit(*base, *span),
            Block::Handler { name, .. } => {
                self.emit(Op::LeaveHandler);
                if let Some(name) = name.clone() {
                    self.forget_name(&name);
                }
            }
            Block::Loop { iterator: None, .. } | Block::Try { .. } | Block::Plain => {}
        }
        Ok(())
    }
}
