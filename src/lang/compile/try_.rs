//! `try` and `with`: ranges of instructions with handlers, and copies of the `finally` body for every way out.

use super::unit::{Label, Result, Unit};
use crate::base::span::Span;
use crate::lang::object::code::{Handler, Op, Reg};
use crate::lang::syntax::ast::{ExceptHandler, Name, Stmt, WithItem};

/// A statement that has to do something when it is left.
pub(super) enum Block<'a> {
    /// A loop.
    Loop {
        /// Where it goes on.
        top: u32,
        /// Where it ends.
        end: Label,
        /// The register of its iterator.
        iterator: Option<Reg>,
    },
    /// The body of a `try` with `except` clauses.
    Try {
        /// Its instructions.
        range: Range,
    },
    /// What a `finally` guards.
    Finally {
        /// Its instructions.
        range: Range,
        /// The `finally` body.
        body: &'a [Stmt],
    },
    /// The body of a `with`.
    With {
        /// Its instructions.
        range: Range,
        /// The register of the bound `__exit__`.
        base: Reg,
        /// The context expression.
        span: Span,
    },
    /// The body of an `except` clause or an exceptional `finally`.
    Handler {
        /// Its instructions.
        range: Range,
        /// The name of the exception, deleted at the end.
        name: Option<Name>,
    },
    /// Nothing.
    Plain,
}

/// The instructions of a block, without those that run while it is being left.
#[derive(Default)]
pub(super) struct Range {
    closed: Vec<(u32, u32)>,
    open: u32,
}

impl<'a> Unit<'a> {
    fn range(&self) -> Range {
        Range {
            closed: Vec::new(),
            open: self.here(),
        }
    }

    /// Ends the range of a block that is being left.
    pub(super) fn close_range(&mut self, block: &mut Block<'a>) {
        let here = self.here();
        if let Block::Try { range }
        | Block::Finally { range, .. }
        | Block::With { range, .. }
        | Block::Handler { range, .. } = block
        {
            range.closed.push((range.open, here));
        }
    }

    /// Begins the range of a block again, for the code behind a way out.
    pub(super) fn open_range(&mut self, block: &mut Block<'a>) {
        let here = self.here();
        if let Block::Try { range }
        | Block::Finally { range, .. }
        | Block::With { range, .. }
        | Block::Handler { range, .. } = block
        {
            range.open = here;
        }
    }

    /// Takes the innermost block off; its instructions get a handler that begins at `target`.
    fn end_block(&mut self) -> Range {
        let mut block = self
            .blocks
            .pop()
            .expect("blocks are pushed before they are ended");
        self.close_range(&mut block);
        match block {
            Block::Try { range }
            | Block::Finally { range, .. }
            | Block::With { range, .. }
            | Block::Handler { range, .. } => range,
            Block::Loop { .. } | Block::Plain => Range::default(),
        }
    }

    fn handle(&mut self, range: Range, target: u32, exc: Reg) {
        for (start, end) in range.closed.into_iter().filter(|(start, end)| start < end) {
            self.handlers.push(Handler {
                start,
                end,
                target,
                exc,
            });
        }
    }

    pub(super) fn try_(
        &mut self,
        body: &'a [Stmt],
        handlers: &'a [ExceptHandler],
        orelse: &'a [Stmt],
        finalbody: &'a [Stmt],
    ) -> Result {
        if finalbody.is_empty() {
            return self.try_except(body, handlers, orelse);
        }
        let mark = self.mark();
        let exc = self.temp();
        let before = self.bound.clone();
        let range = self.range();
        self.push_block(Block::Finally {
            range,
            body: finalbody,
        })?;
        if handlers.is_empty() {
            self.body(body)?;
        } else {
            self.try_except(body, handlers, orelse)?;
        }
        let range = self.end_block();
        let mut end = Label::default();
        self.body(finalbody)?;
        let after = std::mem::replace(&mut self.bound, before);
        self.jump_to(&mut end);
        let target = self.here();
        self.handle(range, target, exc);
        self.exceptional(exc, None, |unit| unit.body(finalbody))?;
        self.place(&mut end);
        self.bound = after;
        self.release(mark);
        Ok(())
    }

    /// Code that runs while an exception is handled and then raises it again.
    fn exceptional(
        &mut self,
        exc: Reg,
        name: Option<Name>,
        body: impl FnOnce(&mut Self) -> Result,
    ) -> Result {
        self.handler_body(exc, name, |unit| {
            body(unit)?;
            unit.emit(Op::Reraise { exc });
            Ok(())
        })
    }

    /// Code that runs while an exception is handled; what it raises ends the handling.
    fn handler_body(
        &mut self,
        exc: Reg,
        name: Option<Name>,
        body: impl FnOnce(&mut Self) -> Result,
    ) -> Result {
        self.emit(Op::EnterHandler { exc });
        let range = self.range();
        self.push_block(Block::Handler {
            range,
            name: name.clone(),
        })?;
        body(self)?;
        let range = self.end_block();
        let mut over = Label::default();
        self.jump_to(&mut over);
        let target = self.here();
        let inner = self.temp();
        self.handle(range, target, inner);
        self.emit(Op::LeaveHandler);
        if let Some(name) = &name {
            self.forget_name(name);
        }
        self.emit(Op::Reraise { exc: inner });
        self.place(&mut over);
        Ok(())
    }

    /// Deletes the name of an `except` clause, whether it is still bound or not.
    pub(super) fn forget_name(&mut self, name: &Name) {
        if self.direct_register(name).is_none() {
            let mark = self.mark();
            let none = self.temp();
            self.emit(Op::None { dst: none });
            self.store_name(name, none);
            self.release(mark);
        }
        self.delete_name(name, true);
    }

    fn try_except(
        &mut self,
        body: &'a [Stmt],
        handlers: &'a [ExceptHandler],
        orelse: &'a [Stmt],
    ) -> Result {
        let mark = self.mark();
        let exc = self.temp();
        let before = self.bound.clone();
        let range = self.range();
        self.push_block(Block::Try { range })?;
        self.body(body)?;
        let range = self.end_block();
        let mut end = Label::default();
        self.body(orelse)?;
        self.jump_to(&mut end);
        let mut after = std::mem::replace(&mut self.bound, before.clone());
        let after_gone = super::stmt::ends_in_jump(body) || super::stmt::ends_in_jump(orelse);
        if after_gone {
            after = vec![true; after.len()];
        }
        let target = self.here();
        self.handle(range, target, exc);
        for (i, handler) in handlers.iter().enumerate() {
            if handler.typ.is_none() && i + 1 < handlers.len() {
                return self.error("default 'except:' must be last", handler.span);
            }
            self.bound = before.clone();
            self.except(handler, exc, &mut end)?;
            if !super::stmt::ends_in_jump(&handler.body) {
                after
                    .iter_mut()
                    .zip(&self.bound)
                    .for_each(|(a, b)| *a &= *b);
            }
        }
        if handlers.last().is_some_and(|handler| handler.typ.is_some()) {
            self.emit(Op::Reraise { exc });
        }
        self.place(&mut end);
        self.emit(Op::Unbind { reg: exc });
        self.bound = after;
        self.release(mark);
        Ok(())
    }

    fn except(&mut self, handler: &'a ExceptHandler, exc: Reg, end: &mut Label) -> Result {
        let mut next = Label::default();
        if let Some(typ) = &handler.typ {
            // While the class is evaluated, the exception is being handled already.
            let cond = self.temp();
            self.handler_body(exc, None, |unit| {
                let mark = unit.mark();
                let class = unit.expr_any(typ)?;
                unit.emit_at(
                    typ.span,
                    Op::MatchException {
                        dst: cond,
                        exc,
                        class,
                    },
                );
                unit.emit(Op::LeaveHandler);
                unit.release(mark);
                Ok(())
            })?;
            self.jump(|target| Op::JumpIfNot { cond, target }, &mut next);
        }
        self.handler_body(exc, handler.name.clone(), |unit| {
            if let Some(name) = &handler.name {
                unit.store_name(name, exc);
            }
            unit.body(&handler.body)?;
            unit.emit(Op::LeaveHandler);
            if let Some(name) = &handler.name {
                unit.forget_name(name);
            }
            Ok(())
        })?;
        self.jump_to(end);
        self.place(&mut next);
        Ok(())
    }

    pub(super) fn with(&mut self, items: &'a [WithItem], body: &'a [Stmt]) -> Result {
        let Some((item, rest)) = items.split_first() else {
            return self.body(body);
        };
        let mark = self.mark();
        let base = self.temps(2);
        let span = item.context.span;
        self.expr_to(&item.context, base)?;
        self.emit_at(span, Op::BeforeWith { base });
        let value = self.temp();
        self.emit_at(
            span,
            Op::Call {
                argc: 0,
                dst: value,
                base: base + 1,
            },
        );
        let before = self.bound.clone();
        let range = self.range();
        self.push_block(Block::With { range, base, span })?;
        if let Some(target) = &item.target {
            self.store(target, value)?;
        }
        self.emit(Op::Unbind { reg: value });
        self.with(rest, body)?;
        let range = self.end_block();
        let after = self.bound.clone();
        let mut end = Label::default();
        self.call_exit(base, span);
        self.jump_to(&mut end);
        let target = self.here();
        let exc = value;
        self.handle(range, target, exc);
        self.bound = before;
        self.handler_body(exc, None, |unit| {
            let mark = unit.mark();
            let call = unit.temps(4);
            unit.emit(Op::Move {
                dst: call,
                src: base,
            });
            unit.emit(Op::ExceptionParts {
                base: call + 1,
                exc,
            });
            unit.emit_at(
                span,
                Op::Call {
                    argc: 3,
                    dst: call,
                    base: call,
                },
            );
            let mut swallowed = Label::default();
            unit.jump(|target| Op::JumpIf { cond: call, target }, &mut swallowed);
            unit.emit(Op::Reraise { exc });
            unit.place(&mut swallowed);
            unit.emit(Op::LeaveHandler);
            unit.release(mark);
            Ok(())
        })?;
        self.place(&mut end);
        self.bound
            .iter_mut()
            .zip(&after)
            .for_each(|(a, b)| *a &= *b);
        self.emit(Op::Clear { base, count: 3 });
        self.release(mark);
        Ok(())
    }

    /// `__exit__(None, None, None)`
    pub(super) fn call_exit(&mut self, base: Reg, span: Span) {
        let mark = self.mark();
        let call = self.temps(4);
        self.emit(Op::Move {
            dst: call,
            src: base,
        });
        for i in 1..4 {
            self.emit(Op::None { dst: call + i });
        }
        self.emit_at(
            span,
            Op::Call {
                argc: 3,
                dst: call,
                base: call,
            },
        );
        self.release(mark);
    }
}
