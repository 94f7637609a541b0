//! Comprehensions and generator expressions.
//!
//! List, set and dict comprehensions become loops in the code around them, with registers of their own for their
//! targets; in class bodies, and for generator expressions, they are functions.

use hashbrown::HashMap;

use super::scope::{Home, ScopeKind, key};
use super::unit::{Label, Result, Unit};
use crate::base::span::Span;
use crate::lang::object::code::{CmpOp, Inlined, NO_REG, Op, Reg};
use crate::lang::object::intern;
use crate::lang::syntax::ast::{Comprehension, Expr, ExprKind};

/// What a comprehension does with each element.
#[derive(Clone, Copy)]
enum Element<'a> {
    List(&'a Expr),
    Set(&'a Expr),
    Dict(&'a Expr, &'a Expr),
    Yield(&'a Expr),
}

impl<'a> Unit<'a> {
    pub(super) fn comprehension(&mut self, expr: &'a Expr, dst: Reg) -> Result {
        let (element, generators, name) = match &expr.kind {
            ExprKind::ListComp { elt, generators } => {
                (Element::List(elt), generators, "<listcomp>")
            }
            ExprKind::SetComp { elt, generators } => (Element::Set(elt), generators, "<setcomp>"),
            ExprKind::DictComp {
                key,
                value,
                generators,
            } => (Element::Dict(key, value), generators, "<dictcomp>"),
            ExprKind::GeneratorExp { elt, generators } => {
                (Element::Yield(elt), generators, "<genexpr>")
            }
            _ => return self.error("not a comprehension", expr.span),
        };
        let first = self.temp();
        self.expr_to(&generators[0].iter, first)?;
        self.iterator(&generators[0], first);
        let scope = self.shared.scopes.get(key(expr));
        if scope.kind == Some(ScopeKind::Inline) {
            return self.inline(expr, name, (element, generators), first, dst);
        }
        let mut inner = Unit::new(
            self.shared,
            key(expr),
            name.into(),
            self.inner_qualname(name),
            expr.span,
        );
        inner.class = self.class.clone();
        inner.flags.generator = matches!(element, Element::Yield(_));
        inner.flags.async_generator =
            inner.flags.generator && generators.iter().any(|generator| generator.is_async);
        inner.params.positional = 1;
        let iterator = inner.declare(&".0".into());
        inner.bound[0] = true;
        inner.declare_locals();
        let result = inner.temp();
        inner.begin(element, result);
        inner.clauses(element, generators, 0, iterator, result)?;
        match element {
            Element::Yield(_) => inner.emit(Op::ReturnNone),
            _ => inner.emit(Op::Return { src: result }),
        };
        let code = inner.finish(Some(self))?;
        let callee = self.temps(2);
        self.make_function(code, callee, callee);
        self.emit(Op::Move {
            dst: callee + 1,
            src: first,
        });
        self.emit(Op::Unbind { reg: first });
        self.emit(Op::Call {
            argc: 1,
            dst,
            base: callee,
        });
        Ok(())
    }

    fn inline(
        &mut self,
        expr: &'a Expr,
        name: &str,
        (element, generators): (Element<'a>, &'a [Comprehension]),
        iterator: Reg,
        dst: Reg,
    ) -> Result {
        let start = self.here();
        let scope = self.shared.scopes.get(key(expr));
        let mut registers = HashMap::new();
        for name in &scope.names {
            let home = scope.homes[name];
            if matches!(home, Home::Local | Home::Cell) {
                let reg = self.temp();
                registers.insert(name.clone(), reg);
                if home == Home::Cell {
                    self.emit(Op::Unbind { reg });
                    self.emit(Op::MakeCell { reg });
                }
            }
        }
        let own: Vec<Reg> = registers.values().copied().collect();
        self.scopes.push((scope, registers));
        let result = self.temp();
        self.begin(element, result);
        let before = self.bound.clone();
        self.clauses(element, generators, 0, iterator, result)?;
        self.bound = before;
        self.scopes.pop();
        self.inlined.push(Inlined {
            ops: start..self.here(),
            name: intern(name),
            span: expr.span,
        });
        for reg in own.into_iter().chain([iterator]) {
            self.emit(Op::Unbind { reg });
        }
        self.emit(Op::Move { dst, src: result });
        self.emit(Op::Unbind { reg: result });
        Ok(())
    }

    fn begin(&mut self, element: Element, result: Reg) {
        let (dst, base, count) = (result, result, 0);
        match element {
            Element::List(_) => _ = self.emit(Op::BuildList { dst, base, count }),
            Element::Set(_) => _ = self.emit(Op::BuildSet { dst, base, count }),
            Element::Dict(..) => _ = self.emit(Op::BuildDict { dst, base, count }),
            Element::Yield(_) => {}
        }
    }

    fn clauses(
        &mut self,
        element: Element<'a>,
        generators: &'a [Comprehension],
        depth: usize,
        iterator: Reg,
        result: Reg,
    ) -> Result {
        let Some(generator) = generators.get(depth) else {
            return self.element(element, result);
        };
        let mark = self.mark();
        let iterator = if depth == 0 {
            iterator
        } else {
            let reg = self.temp();
            self.expr_to(&generator.iter, reg)?;
            self.iterator(generator, reg);
            reg
        };
        let (mut end, top) = (Label::default(), self.here());
        let mut next = Label::default();
        let direct = match &generator.target.kind {
            ExprKind::Name(name) => self.direct_register(name),
            _ => None,
        };
        let item = direct.unwrap_or_else(|| self.temp());
        if generator.is_async {
            self.await_next(generator.target.span, iterator, item);
        } else {
            self.emit_at(
                generator.target.span,
                Op::ForIter {
                    dst: item,
                    iter: iterator,
                },
            );
        }
        self.jump_to(&mut end);
        match (&generator.target.kind, direct) {
            (ExprKind::Name(name), Some(reg)) => self.note_bound(name, reg),
            _ => self.store(&generator.target, item)?,
        }
        for condition in &generator.ifs {
            self.jump_unless(condition, &mut next)?;
        }
        self.clauses(element, generators, depth + 1, iterator, result)?;
        self.place(&mut next);
        self.emit(Op::Loop { target: top });
        self.place(&mut end);
        if depth > 0 {
            self.emit(Op::Unbind { reg: iterator });
        }
        self.release(mark);
        Ok(())
    }

    /// Replaces the iterable of a clause by its iterator.
    fn iterator(&mut self, generator: &Comprehension, reg: Reg) {
        let span = generator.iter.span;
        match generator.is_async {
            true => self.call_hidden(".aiter", span, reg, reg),
            false => _ = self.emit_at(span, Op::GetIter { dst: reg, src: reg }),
        }
    }

    /// Awaits the next element; the instruction behind is a jump to the end, skipped unless there is none.
    fn await_next(&mut self, span: Span, iterator: Reg, item: Reg) {
        let mark = self.mark();
        let step = self.temp();
        self.call_hidden(".anext", span, iterator, step);
        self.call_hidden(".await", span, step, step);
        self.emit_at(
            span,
            Op::YieldFrom {
                dst: item,
                iter: step,
            },
        );
        let end = self.temp();
        let site = self.name_site(&".end".into());
        self.emit(Op::LoadGlobal { dst: end, site });
        self.emit(Op::SkipIf {
            op: CmpOp::IsNot,
            a: item,
            b: end,
        });
        self.release(mark);
    }

    /// `dst = name(arg)` for a function of a hidden name.
    fn call_hidden(&mut self, name: &str, span: Span, arg: Reg, dst: Reg) {
        let mark = self.mark();
        let base = self.temps(2);
        let site = self.name_site(&name.into());
        self.emit(Op::LoadGlobal { dst: base, site });
        self.emit(Op::Move {
            dst: base + 1,
            src: arg,
        });
        self.emit_at(span, Op::Call { argc: 1, dst, base });
        self.release(mark);
    }

    fn element(&mut self, element: Element<'a>, result: Reg) -> Result {
        let mark = self.mark();
        match element {
            Element::List(elt) => {
                let item = self.expr_any(elt)?;
                self.emit(Op::ListAppend { list: result, item });
            }
            Element::Set(elt) => {
                let item = self.expr_any(elt)?;
                self.emit(Op::SetAdd { set: result, item });
            }
            Element::Dict(key, value) => {
                let key = self.expr_kept(key, true)?;
                let value = self.expr_any(value)?;
                self.emit(Op::DictSet {
                    dict: result,
                    key,
                    value,
                });
            }
            Element::Yield(elt) => {
                let mut value = self.expr_any(elt)?;
                if self.flags.async_generator {
                    let wrapped = self.temp();
                    self.call_hidden(".wrap", elt.span, value, wrapped);
                    value = wrapped;
                }
                // Nobody looks at what is sent.
                self.emit(Op::Yield { dst: NO_REG, value });
            }
        }
        self.release(mark);
        Ok(())
    }
}
