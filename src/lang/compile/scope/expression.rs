//! Names in expressions, comprehensions and assignment expressions among them.

use super::super::unit::deeply;
use super::finder::{Done, Finder};
use super::{Key, ScopeKind, key};
use crate::base::span::Span;
use crate::lang::syntax::SyntaxError;
use crate::lang::syntax::ast::*;

impl Finder {
    pub(super) fn exprs<'a>(&mut self, exprs: impl IntoIterator<Item = &'a Expr>) -> Done {
        exprs.into_iter().try_for_each(|expr| self.expr(expr))
    }

    pub(super) fn expr(&mut self, expr: &Expr) -> Done {
        deeply(|| self.expr_here(expr))
    }

    #[allow(clippy::too_many_lines)] // One arm an expression.
    fn expr_here(&mut self, expr: &Expr) -> Done {
        match &expr.kind {
            ExprKind::Name(name) => {
                self.uses(name);
                Ok(())
            }
            ExprKind::Constant(_) => Ok(()),
            ExprKind::BoolOp { values, .. } => self.exprs(values),
            ExprKind::NamedExpr { target, value } => {
                self.expr(value)?;
                self.walrus(target, expr.span)
            }
            ExprKind::BinOp { left, right, .. } => {
                self.expr(left)?;
                self.expr(right)
            }
            ExprKind::UnaryOp { operand, .. } => self.expr(operand),
            ExprKind::Lambda(lambda) => {
                self.defaults(&lambda.args)?;
                self.enter(key(&**lambda), ScopeKind::Function, None);
                self.parameters(&lambda.args)?;
                self.expr(&lambda.body)?;
                self.leave();
                Ok(())
            }
            ExprKind::IfExp { test, body, orelse } => {
                self.expr(test)?;
                self.expr(body)?;
                self.expr(orelse)
            }
            ExprKind::Dict { keys, values } => {
                self.exprs(keys.iter().flatten())?;
                self.exprs(values)
            }
            ExprKind::Set(items) | ExprKind::List(items) | ExprKind::Tuple(items) => {
                self.exprs(items)
            }
            ExprKind::ListComp { elt, generators } => {
                self.comprehension(key(expr), &[elt], generators, "list comprehension")
            }
            ExprKind::SetComp { elt, generators } => {
                self.comprehension(key(expr), &[elt], generators, "set comprehension")
            }
            ExprKind::DictComp {
                key: k,
                value,
                generators,
            } => self.comprehension(key(expr), &[k, value], generators, "dict comprehension"),
            ExprKind::GeneratorExp { elt, generators } => {
                self.comprehension(key(expr), &[elt], generators, "generator expression")
            }
            ExprKind::Yield(value) => {
                self.yields(expr.span)?;
                self.exprs(value.as_deref())
            }
            ExprKind::YieldFrom(value) => {
                self.yields(expr.span)?;
                self.expr(value)
            }
            ExprKind::Await(value) => self.expr(value),
            ExprKind::Compare {
                left, comparators, ..
            } => {
                self.expr(left)?;
                self.exprs(comparators)
            }
            ExprKind::Call {
                func,
                args,
                keywords,
            } => {
                self.expr(func)?;
                self.exprs(args)?;
                keywords.iter().try_for_each(|k| self.expr(&k.value))
            }
            ExprKind::JoinedStr(parts) => self.fstring(parts),
            ExprKind::Attribute { value, .. } => self.expr(value),
            ExprKind::Subscript { value, slice } => {
                self.expr(value)?;
                self.expr(slice)
            }
            ExprKind::Starred(inner) => self.expr(inner),
            ExprKind::Slice { lower, upper, step } => [lower, upper, step]
                .into_iter()
                .try_for_each(|part| self.exprs(part.as_deref())),
        }
    }

    fn fstring(&mut self, parts: &[FPart]) -> Done {
        for part in parts {
            if let FPart::Field { value, spec, .. } = part {
                self.expr(value)?;
                if let Some(spec) = spec {
                    self.fstring(spec)?;
                }
            }
        }
        Ok(())
    }

    fn walrus(&mut self, target: &Ident, span: Span) -> Done {
        if self.iterables > 0 {
            let message =
                "assignment expression cannot be used in a comprehension iterable expression";
            return Err(SyntaxError::new(message, span));
        }
        for key in self.stack.iter().rev() {
            let Some(scope) = self.all.get_mut(key) else {
                break;
            };
            if !scope.is_comprehension() {
                break;
            }
            let name = &target.name;
            scope.named.push(name.clone());
            if scope.uses.get(name).is_some_and(|u| u.parameter) {
                let message = format!(
                    "assignment expression cannot rebind comprehension iteration variable '{name}'"
                );
                return Err(SyntaxError::new(message, target.span));
            }
        }
        let here = self.here().is_comprehension();
        let outside = self
            .stack
            .iter()
            .rev()
            .find(|key| !self.all[*key].is_comprehension());
        if here && outside.is_some_and(|key| self.all[key].kind == Some(ScopeKind::Class)) {
            let message =
                "assignment expression within a comprehension cannot be used in a class body";
            return Err(SyntaxError::new(message, span));
        }
        self.here().walrus = true;
        self.in_owner(|finder| {
            if finder.is_generator_expression() {
                return finder.walrus_in_generator(target, span);
            }
            finder.here().walrus = true;
            finder.binds(&target.name);
            Ok(())
        })
    }

    fn is_generator_expression(&mut self) -> bool {
        self.here().uses.contains_key(".0")
    }

    /// The target of an assignment expression in a generator expression belongs to the function around it.
    fn walrus_in_generator(&mut self, target: &Ident, span: Span) -> Done {
        let key = self
            .stack
            .pop()
            .expect("a generator expression has a scope");
        let result = self.walrus(target, span);
        let kind = self.in_owner(|finder| finder.here().kind);
        self.stack.push(key);
        result?;
        let global = kind == Some(ScopeKind::Module);
        self.touch(&target.name, |u| {
            if global {
                u.global = true
            } else {
                u.nonlocal = true
            }
        });
        Ok(())
    }

    fn yields(&mut self, span: Span) -> Done {
        if self.here().is_comprehension() {
            let message = format!("'yield' inside {}", self.here().what);
            return Err(SyntaxError::new(message, span));
        }
        if self.here().kind != Some(ScopeKind::Function) {
            return Err(SyntaxError::new("'yield' outside function", span));
        }
        self.here().generator = true;
        Ok(())
    }

    fn comprehension(
        &mut self,
        key: Key,
        elements: &[&Expr],
        generators: &[Comprehension],
        what: &'static str,
    ) -> Done {
        // The first iterable is evaluated outside.
        self.iterable(&generators[0].iter)?;
        let inline = what != "generator expression";
        let around = self.here().kind;
        let separate = self.separate && self.stack.len() == 1;
        let inline = inline && around != Some(ScopeKind::Class) && !separate;
        self.enter(
            key,
            if inline {
                ScopeKind::Inline
            } else {
                ScopeKind::Function
            },
            None,
        );
        self.here().what = what;
        if !inline {
            self.touch(&".0".into(), |u| {
                u.parameter = true;
                u.bound = true;
            });
        }
        for (i, generator) in generators.iter().enumerate() {
            if i > 0 {
                self.iterable(&generator.iter)?;
            }
            self.comprehension_target(&generator.target)?;
            self.exprs(&generator.ifs)?;
        }
        elements.iter().try_for_each(|element| self.expr(element))?;
        let walrus = self.here().walrus;
        self.leave();
        self.here().walrus |= walrus;
        Ok(())
    }

    fn iterable(&mut self, iter: &Expr) -> Done {
        self.iterables += 1;
        self.expr(iter)?;
        self.iterables -= 1;
        Ok(())
    }

    /// Targets count as parameters, so that assignment expressions cannot rebind them.
    fn comprehension_target(&mut self, target: &Expr) -> Done {
        match &target.kind {
            ExprKind::Name(name) => {
                if self.here().named.contains(name) {
                    let message = format!(
                        "comprehension inner loop cannot rebind assignment expression target '{name}'"
                    );
                    return Err(SyntaxError::new(message, target.span));
                }
                self.touch(name, |u| {
                    u.bound = true;
                    u.parameter = true;
                });
                Ok(())
            }
            ExprKind::Tuple(items) | ExprKind::List(items) => items
                .iter()
                .try_for_each(|item| self.comprehension_target(item)),
            ExprKind::Starred(inner) => self.comprehension_target(inner),
            _ => self.expr(target),
        }
    }
}
