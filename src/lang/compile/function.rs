//! Functions, lambdas and classes.

use super::call::is_spread;
use super::scope::{ScopeKind, all_args, key};
use super::unit::{Result, Unit};
use crate::base::span::Span;
use crate::lang::object::code::{Code, Op, Params, Reg};
use crate::lang::object::{Ref, Value};
use crate::lang::syntax::ast::{
    Arg, Arguments, ClassDef, Constant, Expr, ExprKind, FunctionDef, FunctionKind, Lambda, Name,
    Stmt, StmtKind,
};

impl<'a> Unit<'a> {
    /// The qualified name of something defined here.
    pub(super) fn inner_qualname(&self, name: &str) -> String {
        match self.own_scope().kind {
            Some(ScopeKind::Module) | None => name.to_string(),
            Some(ScopeKind::Class) => format!("{}.{name}", self.qualname),
            _ => format!("{}.<locals>.{name}", self.qualname),
        }
    }

    pub(super) fn function_def(&mut self, def: &'a FunctionDef, span: Span) -> Result {
        let mark = self.mark();
        let decorators = self.in_a_row(&def.decorators)?;
        let function = self.temp();
        let name = &def.name.name;
        let mut inner = self.inner_unit(key(def), name, span);
        inner.flags.coroutine = def.kind == FunctionKind::Coroutine;
        inner.flags.async_generator = def.kind == FunctionKind::AsyncGenerator;
        inner.flags.generator = inner.own_scope().generator || def.kind != FunctionKind::Plain;
        inner.parameters(&def.args);
        inner.declare_locals();
        inner.doc = docstring(&def.body);
        inner.body(&def.body)?;
        inner.emit(Op::ReturnNone);
        self.function(inner, &def.args, Some(def), function)?;
        for i in (0..def.decorators.len()).rev() {
            let base = self.temps(2);
            self.emit(Op::Move {
                dst: base,
                src: decorators + i as Reg,
            });
            self.emit(Op::Move {
                dst: base + 1,
                src: function,
            });
            self.emit_at(
                def.decorators[i].span,
                Op::Call {
                    argc: 1,
                    dst: function,
                    base,
                },
            );
        }
        self.store_name(name, function);
        self.clear_temps(mark);
        Ok(())
    }

    fn inner_unit(&self, key: usize, name: &Name, span: Span) -> Unit<'a> {
        let mut inner = Unit::new(
            self.shared,
            key,
            name.clone(),
            self.inner_qualname(name),
            span,
        );
        let global = self.own_scope().is_explicit_global(name);
        if global {
            inner.qualname = name.to_string();
        }
        inner.class = self.class.clone();
        inner
    }

    pub(super) fn lambda(&mut self, lambda: &'a Lambda, span: Span, dst: Reg) -> Result {
        let mut inner = self.inner_unit(key(lambda), &"<lambda>".into(), span);
        inner.flags.generator = inner.own_scope().generator;
        inner.parameters(&lambda.args);
        inner.declare_locals();
        let src = inner.temp();
        inner.expr_to(&lambda.body, src)?;
        inner.emit(Op::Return { src });
        self.function(inner, &lambda.args, None, dst)
    }

    /// Declares the parameters in the order of their registers.
    fn parameters(&mut self, args: &Arguments) {
        for arg in all_args(args) {
            let name = self.mangled(&arg.name);
            let reg = self.declare(&name);
            self.bound[usize::from(reg)] = !self.own_scope().deleted.contains(&name);
        }
        self.params = Params {
            positional_only: args.posonly.len() as u16,
            positional: (args.posonly.len() + args.args.len()) as u16,
            keyword_only: args.kwonly.len() as u16,
            star: args.vararg.is_some(),
            double_star: args.kwarg.is_some(),
        };
    }

    /// Makes a function of a finished unit: defaults and annotations are evaluated here.
    fn function(
        &mut self,
        mut inner: Unit<'a>,
        args: &'a Arguments,
        def: Option<&'a FunctionDef>,
        dst: Reg,
    ) -> Result {
        let mark = self.mark();
        let base = self.temps(3);
        let mut next = base;
        if !args.defaults.is_empty() {
            inner.flags.defaults = true;
            let values = self.in_a_row(&args.defaults)?;
            self.emit(Op::BuildTuple {
                dst: next,
                base: values,
                count: args.defaults.len() as u16,
            });
            next += 1;
        }
        if args.kw_defaults.iter().any(Option::is_some) {
            inner.flags.keyword_defaults = true;
            self.emit(Op::BuildDict {
                dst: next,
                base: next,
                count: 0,
            });
            let named = args.kwonly.iter().zip(&args.kw_defaults);
            for (arg, value) in named.filter_map(|(arg, value)| Some((arg, value.as_ref()?))) {
                self.dict_entry(next, &arg.name, |unit, reg| unit.expr_to(value, reg))?;
            }
            next += 1;
        }
        if let Some(def) = def
            && (def.returns.is_some() || all_args(args).any(|arg| arg.annotation.is_some()))
        {
            inner.flags.annotations = true;
            self.annotations(args, def, next)?;
        }
        let code = inner.finish(Some(self))?;
        self.make_function(code, dst, base);
        self.release(mark);
        Ok(())
    }

    /// Sets an entry of a dict that is being built.
    fn dict_entry(
        &mut self,
        dict: Reg,
        name: &Name,
        value: impl FnOnce(&mut Self, Reg) -> Result,
    ) -> Result {
        let mark = self.mark();
        let pair = self.temps(2);
        let name = self.mangled(name);
        let index = self.const_str(&name);
        self.emit(Op::Const { dst: pair, index });
        value(self, pair + 1)?;
        self.emit(Op::DictSet {
            dict,
            key: pair,
            value: pair + 1,
        });
        self.release(mark);
        Ok(())
    }

    fn annotations(&mut self, args: &'a Arguments, def: &'a FunctionDef, dict: Reg) -> Result {
        self.emit(Op::BuildDict {
            dst: dict,
            base: dict,
            count: 0,
        });
        // CPython's order: positional-only, plain, *args, keyword-only, **kwargs.
        let ordered: Vec<&'a Arg> = args
            .posonly
            .iter()
            .chain(&args.args)
            .chain(&args.vararg)
            .chain(&args.kwonly)
            .chain(&args.kwarg)
            .collect();
        for arg in ordered {
            if let Some(annotation) = &arg.annotation {
                self.dict_entry(dict, &arg.name, |unit, reg| {
                    unit.annotation(annotation, reg)
                })?;
            }
        }
        if let Some(returns) = &def.returns {
            self.dict_entry(dict, &"return".into(), |unit, reg| {
                unit.annotation(returns, reg)
            })?;
        }
        Ok(())
    }

    /// An annotation's value, or its text.
    pub(super) fn annotation(&mut self, annotation: &'a Expr, dst: Reg) -> Result {
        if !self.shared.text_annotations {
            return self.expr_to(annotation, dst);
        }
        let text = self.shared.source.slice(annotation.span).to_string();
        let index = self.const_str(&text);
        self.emit(Op::Const { dst, index });
        Ok(())
    }

    pub(super) fn make_function(&mut self, code: Ref<Code>, dst: Reg, base: Reg) {
        let code = self.add_const(Value::from(code)) as u16;
        self.emit(Op::MakeFunction { dst, code, base });
    }

    pub(super) fn class_def(&mut self, def: &'a ClassDef, span: Span) -> Result {
        let mark = self.mark();
        let decorators = self.in_a_row(&def.decorators)?;
        let class = self.temp();
        let spread = is_spread(&def.bases, &def.keywords);
        let base = self.temps(
            3 + if spread {
                0
            } else {
                def.bases.len() + def.keywords.len()
            },
        );
        self.emit(Op::LoadBuildClass { dst: base });
        let name = &def.name.name;
        if spread {
            let before = self.temps(2);
            let code = self.class_body(def, span)?;
            self.make_function(code, before, before);
            let index = self.const_str(name);
            self.emit(Op::Const {
                dst: before + 1,
                index,
            });
            self.call_spread(
                base,
                &def.bases,
                &def.keywords,
                &[before, before + 1],
                class,
            )?;
        } else {
            let code = self.class_body(def, span)?;
            self.make_function(code, base + 1, base + 1);
            let index = self.const_str(name);
            self.emit(Op::Const {
                dst: base + 2,
                index,
            });
            self.call_with(base, 2, &def.bases, &def.keywords, class)?;
        }
        for i in (0..def.decorators.len()).rev() {
            let base = self.temps(2);
            self.emit(Op::Move {
                dst: base,
                src: decorators + i as Reg,
            });
            self.emit(Op::Move {
                dst: base + 1,
                src: class,
            });
            self.emit_at(
                def.decorators[i].span,
                Op::Call {
                    argc: 1,
                    dst: class,
                    base,
                },
            );
        }
        self.store_name(name, class);
        self.clear_temps(mark);
        Ok(())
    }

    fn class_body(&mut self, def: &'a ClassDef, span: Span) -> Result<Ref<Code>> {
        let mut inner = self.inner_unit(key(def), &def.name.name, span);
        inner.class = Some(def.name.name.clone());
        inner.flags.class_body = true;
        let cell = inner.own_scope().class_cell.then(|| {
            let reg = inner.declare(&"__class__".into());
            inner.cells.push(reg);
            inner.emit(Op::MakeCell { reg });
            reg
        });
        let temp = inner.temp();
        let site = inner.site(&"__name__".into());
        inner.emit(Op::LoadGlobal { dst: temp, site });
        inner.set_in_namespace("__module__", temp);
        let qualname = inner.qualname.clone();
        let index = inner.const_str(&qualname);
        inner.emit(Op::Const { dst: temp, index });
        inner.set_in_namespace("__qualname__", temp);
        if let Some(doc) = docstring(&def.body) {
            let index = inner.add_const(doc);
            inner.emit(Op::Const { dst: temp, index });
            inner.set_in_namespace("__doc__", temp);
        }
        if has_annotations(&def.body) {
            inner.emit(Op::SetupAnnotations);
        }
        inner.body(&def.body)?;
        match cell {
            Some(src) => inner.emit(Op::Return { src }),
            None => inner.emit(Op::ReturnNone),
        };
        inner.finish(Some(self))
    }

    fn set_in_namespace(&mut self, name: &str, src: Reg) {
        let site = self.site(&name.into());
        self.emit(Op::StoreName { src, site });
    }
}

/// The text of a docstring.
pub(super) fn docstring(body: &[Stmt]) -> Option<Value> {
    let StmtKind::Expr(expr) = &body.first()?.kind else {
        return None;
    };
    match &expr.kind {
        ExprKind::Constant(Constant::Str(text)) => Some(Value::str(&**text)),
        _ => None,
    }
}

/// Whether statements of this body (not of functions in it) annotate variables.
pub(super) fn has_annotations(body: &[Stmt]) -> bool {
    body.iter().any(|stmt| match &stmt.kind {
        StmtKind::AnnAssign { .. } => true,
        StmtKind::For { body, orelse, .. }
        | StmtKind::While { body, orelse, .. }
        | StmtKind::If { body, orelse, .. } => has_annotations(body) || has_annotations(orelse),
        StmtKind::With { body, .. } => has_annotations(body),
        StmtKind::Try {
            body,
            handlers,
            orelse,
            finalbody,
            ..
        } => {
            has_annotations(body)
                || handlers
                    .iter()
                    .any(|handler| has_annotations(&handler.body))
                || has_annotations(orelse)
                || has_annotations(finalbody)
        }
        StmtKind::Match { cases, .. } => cases.iter().any(|case| has_annotations(&case.body)),
        _ => false,
    })
}
