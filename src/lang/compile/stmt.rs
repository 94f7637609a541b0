//! Statements.

use super::unit::{Label, Result, Unit, deeply};
use crate::lang::object::code::{NO_REG, Op, Reg};
use crate::lang::syntax::ast::{Constant, Expr, ExprKind, Stmt, StmtKind};
use std::cell::Cell;

thread_local! {
    static NO_ASSERTS: Cell<bool> = const { Cell::new(false) };
}

/// Compiles `assert` to nothing from now on (`-O`), or to its test.
pub fn leave_out_asserts(left_out: bool) {
    NO_ASSERTS.set(left_out);
}

impl<'a> Unit<'a> {
    pub(super) fn body(&mut self, body: &'a [Stmt]) -> Result {
        body.iter().try_for_each(|stmt| self.stmt(stmt))
    }

    pub(super) fn stmt(&mut self, stmt: &'a Stmt) -> Result {
        let before = std::mem::replace(&mut self.at, stmt.span);
        let result = deeply(|| self.stmt_kind(stmt));
        self.at = before;
        result
    }

    fn stmt_kind(&mut self, stmt: &'a Stmt) -> Result {
        match &stmt.kind {
            StmtKind::FunctionDef(def) => self.function_def(def, stmt.span),
            StmtKind::ClassDef(def) => self.class_def(def, stmt.span),
            StmtKind::Return(value) => self.return_(value.as_deref(), stmt),
            StmtKind::Delete(targets) => targets.iter().try_for_each(|target| self.delete(target)),
            StmtKind::Assign { targets, value } => self.assign(targets, value),
            StmtKind::AugAssign { target, op, value } => self.aug_assign(target, *op, value),
            StmtKind::AnnAssign {
                target,
                annotation,
                value,
                simple,
            } => self.ann_assign(target, annotation, value.as_deref(), *simple),
            StmtKind::For {
                target,
                iter,
                body,
                orelse,
            } => self.for_(target, iter, body, orelse),
            StmtKind::While { test, body, orelse } => self.while_(test, body, orelse),
            StmtKind::If { test, body, orelse } => self.if_(test, body, orelse),
            StmtKind::With { items, body } => self.with(items, body),
            StmtKind::Match { subject, cases } => self.match_(subject, cases),
            StmtKind::Raise { exc, cause } => self.raise(exc.as_deref(), cause.as_deref()),
            StmtKind::Try {
                body,
                handlers,
                orelse,
                finalbody,
                star,
            } => {
                if *star {
                    return self.error("except* is not supported", stmt.span);
                }
                self.try_(body, handlers, orelse, finalbody)
            }
            StmtKind::Assert { test, msg } => self.assert(test, msg.as_deref()),
            StmtKind::Import(names) => self.import(names),
            StmtKind::ImportFrom {
                module,
                names,
                level,
            } => self.import_from(module.as_ref(), names, *level),
            StmtKind::Global(_) | StmtKind::Nonlocal(_) | StmtKind::Pass => Ok(()),
            StmtKind::Expr(expr) => self.expr_stmt(expr),
            StmtKind::Break => self.break_(stmt.span),
            StmtKind::Continue => self.continue_(stmt.span),
        }
    }

    /// Empties the temporaries that a statement has used, so that what they hold is freed as soon as in CPython.
    pub(super) fn clear_temps(&mut self, mark: usize) {
        self.release(mark);
        let used = self.used_since(mark);
        if used > 0 {
            self.emit(Op::Clear {
                base: mark as Reg,
                count: used as u16,
            });
        }
        self.cleared = self.ops.len();
    }

    /// How many temporaries above a mark the instructions since the last `Clear` may have left filled.
    fn used_since(&self, mark: usize) -> usize {
        let mut highest = mark;
        for op in self.ops[self.cleared..].iter() {
            if let Some(dst) = leaves_object(*op) {
                highest = highest.max(usize::from(dst) + 1);
            }
        }
        highest - mark
    }

    fn expr_stmt(&mut self, expr: &'a Expr) -> Result {
        if let ExprKind::Constant(constant) = &expr.kind
            && !matches!(constant, Constant::BigInt(_))
        {
            return Ok(());
        }
        let mark = self.mark();
        match &expr.kind {
            // Nobody looks at what is sent.
            ExprKind::Yield(Some(_)) if !self.flags.async_generator => {
                self.expr_to(expr, NO_REG)?;
            }
            _ => _ = self.expr_any(expr)?,
        }
        self.clear_temps(mark);
        Ok(())
    }

    fn ann_assign(
        &mut self,
        target: &'a Expr,
        annotation: &'a Expr,
        value: Option<&'a Expr>,
        simple: bool,
    ) -> Result {
        if let Some(value) = value {
            self.assign(std::slice::from_ref(target), value)?;
        }
        let in_function = !self.flags.class_body && !self.flags.module;
        if in_function {
            return Ok(());
        }
        let mark = self.mark();
        let reg = self.temp();
        self.annotation(annotation, reg)?;
        if simple && let ExprKind::Name(name) = &target.kind {
            let name = self.mangled(name);
            let parts = self.temps(2);
            let site = self.site(&"__annotations__".into());
            self.emit(Op::LoadName { dst: parts, site });
            let index = self.const_str(&name);
            self.emit(Op::Const {
                dst: parts + 1,
                index,
            });
            self.emit(Op::SetItem {
                obj: parts,
                key: parts + 1,
                src: reg,
            });
        }
        self.clear_temps(mark);
        Ok(())
    }

    fn if_(&mut self, test: &'a Expr, body: &'a [Stmt], orelse: &'a [Stmt]) -> Result {
        let (mut other, mut end) = (Label::default(), Label::default());
        let mark = self.mark();
        self.jump_unless(test, &mut other)?;
        self.release(mark);
        let before = self.bound.clone();
        self.body(body)?;
        let after_body = std::mem::replace(&mut self.bound, before);
        if orelse.is_empty() {
            self.place(&mut other);
        } else {
            self.jump_to(&mut end);
            self.place(&mut other);
            self.body(orelse)?;
            self.place(&mut end);
        }
        self.meet(&after_body, ends_in_jump(body), ends_in_jump(orelse));
        Ok(())
    }

    /// After two ways have met, a local is surely bound if it is on both, or on the one that comes to an end.
    pub(super) fn meet(&mut self, other: &[bool], other_gone: bool, this_gone: bool) {
        match (other_gone, this_gone) {
            (true, _) => {}
            (false, true) => self.bound = other.to_vec(),
            (false, false) => self.bound.iter_mut().zip(other).for_each(|(a, b)| *a &= *b),
        }
    }

    fn raise(&mut self, exc: Option<&'a Expr>, cause: Option<&'a Expr>) -> Result {
        let mark = self.mark();
        match (exc, cause) {
            (None, _) => _ = self.emit(Op::RaiseCurrent),
            (Some(exc), None) => {
                let exc = self.expr_any(exc)?;
                self.emit(Op::Raise { exc });
            }
            (
                Some(exc),
                Some(Expr {
                    kind: ExprKind::Name(mark),
                    ..
                }),
            ) if &**mark == ".again" => {
                let exc = self.expr_any(exc)?;
                self.emit(Op::Reraise { exc });
            }
            (Some(exc), Some(cause)) => {
                let exc = self.expr_kept(exc, true)?;
                let cause = self.expr_any(cause)?;
                self.emit(Op::RaiseFrom { exc, cause });
            }
        }
        self.release(mark);
        Ok(())
    }

    fn assert(&mut self, test: &'a Expr, msg: Option<&'a Expr>) -> Result {
        if NO_ASSERTS.get() {
            return Ok(());
        }
        let mut holds = Label::default();
        let mark = self.mark();
        self.jump_when(test, &mut holds)?;
        let certain = self.bound_for_certain();
        let base = self.temps(2);
        self.emit(Op::LoadAssertionError { dst: base });
        if let Some(msg) = msg {
            self.expr_to(msg, base + 1)?;
            self.emit(Op::Call {
                argc: 1,
                dst: base,
                base,
            });
        }
        self.emit_at(test.span, Op::Raise { exc: base });
        self.place(&mut holds);
        self.only_certain(certain);
        self.release(mark);
        Ok(())
    }
}

/// The register in which an instruction may leave an object that outlives its use.
fn leaves_object(op: Op) -> Option<Reg> {
    match op {
        Op::Const { .. }
        | Op::Int { .. }
        | Op::None { .. }
        | Op::Bool { .. }
        | Op::Compare { .. } => None,
        Op::Move { dst, .. }
        | Op::LoadCell { dst, .. }
        | Op::LoadFree { dst, .. }
        | Op::LoadGlobal { dst, .. }
        | Op::LoadName { dst, .. }
        | Op::LoadClassFree { dst, .. }
        | Op::LoadAttr { dst, .. }
        | Op::GetItem { dst, .. }
        | Op::GetItemInt { dst, .. }
        | Op::Add { dst, .. }
        | Op::Sub { dst, .. }
        | Op::Mul { dst, .. }
        | Op::Binary { dst, .. }
        | Op::AddInt { dst, .. }
        | Op::SubInt { dst, .. }
        | Op::BinaryInt { dst, .. }
        | Op::InPlace { dst, .. }
        | Op::InPlaceInt { dst, .. }
        | Op::Unary { dst, .. }
        | Op::Call { dst, .. }
        | Op::CallKw { dst, .. }
        | Op::CallMethod { dst, .. }
        | Op::CallMethodKw { dst, .. }
        | Op::CallSpread { dst, .. }
        | Op::MakeFunction { dst, .. }
        | Op::BuildTuple { dst, .. }
        | Op::BuildList { dst, .. }
        | Op::BuildSet { dst, .. }
        | Op::BuildDict { dst, .. }
        | Op::BuildString { dst, .. }
        | Op::BuildSlice { dst, .. }
        | Op::ListToTuple { dst, .. }
        | Op::Format { dst, .. }
        | Op::GetIter { dst, .. }
        | Op::YieldFrom { dst, .. }
        | Op::Import { dst, .. }
        | Op::ImportFrom { dst, .. } => Some(dst),
        Op::Unpack { count: 0, .. } => None,
        Op::Yield { dst, .. } => (dst != NO_REG).then_some(dst),
        Op::Unpack { base, count, .. } => Some(base + count - 1),
        Op::UnpackStar {
            before,
            after,
            base,
            ..
        } => Some(base + Reg::from(before) + Reg::from(after)),
        _ => None,
    }
}

/// Whether a body never comes to its end.
pub(super) fn ends_in_jump(body: &[Stmt]) -> bool {
    body.last().is_some_and(|stmt| match &stmt.kind {
        StmtKind::Return(_) | StmtKind::Raise { .. } | StmtKind::Break | StmtKind::Continue => true,
        StmtKind::If { body, orelse, .. } => ends_in_jump(body) && ends_in_jump(orelse),
        _ => false,
    })
}
