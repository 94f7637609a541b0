//! The walk over statements that notes which scope uses and binds which names.

use hashbrown::{HashMap, HashSet};

use super::super::unit::deeply;
use super::{Key, Scope, ScopeKind, Scopes, TOP, Use, all_args, key, mangle, top_package};
use crate::base::span::Span;
use crate::lang::syntax::SyntaxError;
use crate::lang::syntax::ast::*;

/// The walk.
pub(super) struct Finder {
    pub(super) all: HashMap<Key, Scope>,
    /// The scopes around what is walked, the innermost last.
    pub(super) stack: Vec<Key>,
    /// Where `global` or `nonlocal` declares a name of a scope.
    pub(super) errors_at: HashMap<(Key, Name), Span>,
    /// In how many iterables of comprehensions the walk is: no assignment expression may stand there.
    pub(super) iterables: usize,
    /// Whether the names at the top live in a namespace of their own.
    pub(super) separate: bool,
}

pub(super) type Done = Result<(), SyntaxError>;

impl Finder {
    pub(super) fn new(separate: bool) -> Finder {
        let top = Scope {
            kind: Some(ScopeKind::Module),
            ..Scope::default()
        };
        Finder {
            all: HashMap::from([(TOP, top)]),
            stack: vec![TOP],
            errors_at: HashMap::new(),
            iterables: 0,
            separate,
        }
    }

    pub(super) fn finish(mut self) -> Result<Scopes, SyntaxError> {
        self.resolve(TOP, &HashSet::new())?;
        Ok(Scopes { all: self.all })
    }

    pub(super) fn here(&mut self) -> &mut Scope {
        let key = self.stack[self.stack.len() - 1];
        self.all
            .get_mut(&key)
            .expect("the stack holds known scopes")
    }

    pub(super) fn touch(&mut self, name: &Name, change: impl FnOnce(&mut Use)) {
        let scope = self.here();
        let name = mangle(scope.class.as_ref(), name);
        if !scope.uses.contains_key(&name) {
            scope.names.push(name.clone());
        }
        change(scope.uses.entry(name).or_default());
    }

    pub(super) fn uses(&mut self, name: &Name) {
        self.touch(name, |u| u.used = true);
        let in_function = self.here().kind == Some(ScopeKind::Function);
        if &**name == "super" && in_function {
            self.touch(&"__class__".into(), |u| u.used = true);
        }
    }

    pub(super) fn binds(&mut self, name: &Name) {
        self.touch(name, |u| u.bound = true);
    }

    pub(super) fn enter(&mut self, key: Key, kind: ScopeKind, class: Option<Name>) {
        let class = class.or_else(|| self.here().class.clone());
        self.here().children.push(key);
        self.all.insert(
            key,
            Scope {
                kind: Some(kind),
                class,
                ..Scope::default()
            },
        );
        self.stack.push(key);
    }

    pub(super) fn leave(&mut self) {
        self.stack.pop();
    }

    /// The nearest scope around that is no inlined comprehension.
    pub(super) fn in_owner<T>(&mut self, f: impl FnOnce(&mut Finder) -> T) -> T {
        let mut put_aside = Vec::new();
        while self.here().kind == Some(ScopeKind::Inline) {
            put_aside.extend(self.stack.pop());
        }
        let result = f(self);
        self.stack.extend(put_aside.into_iter().rev());
        result
    }

    pub(super) fn stmts(&mut self, body: &[Stmt]) -> Done {
        body.iter().try_for_each(|stmt| self.stmt(stmt))
    }

    fn stmt(&mut self, stmt: &Stmt) -> Done {
        deeply(|| self.stmt_here(stmt))
    }

    #[allow(clippy::too_many_lines)] // One arm a statement.
    fn stmt_here(&mut self, stmt: &Stmt) -> Done {
        match &stmt.kind {
            StmtKind::FunctionDef(def) => self.function_def(def),
            StmtKind::ClassDef(def) => self.class_def(def),
            StmtKind::Return(value) => self.exprs(value.as_deref()),
            StmtKind::Delete(targets) => targets.iter().try_for_each(|target| self.delete(target)),
            StmtKind::Assign { targets, value } => {
                self.expr(value)?;
                targets.iter().try_for_each(|target| self.target(target))
            }
            StmtKind::AugAssign { target, value, .. } => {
                if let ExprKind::Name(name) = &target.kind {
                    self.uses(name);
                }
                self.expr(value)?;
                self.target(target)
            }
            StmtKind::AnnAssign {
                target,
                annotation,
                value,
                simple,
            } => {
                self.exprs(value.as_deref())?;
                let in_function = self.here().kind == Some(ScopeKind::Function);
                if !in_function {
                    self.expr(annotation)?;
                }
                match &target.kind {
                    ExprKind::Name(name) => {
                        self.global_then_annotated(name, *simple, stmt.span)?;
                        // A name in parentheses without a value is not made local.
                        if *simple || value.is_some() {
                            self.touch(name, |u| (u.bound, u.annotated) = (true, *simple));
                        }
                    }
                    _ => self.target(target)?,
                }
                Ok(())
            }
            StmtKind::For {
                target,
                iter,
                body,
                orelse,
            } => {
                self.expr(iter)?;
                self.target(target)?;
                self.stmts(body)?;
                self.stmts(orelse)
            }
            StmtKind::While { test, body, orelse } | StmtKind::If { test, body, orelse } => {
                self.expr(test)?;
                self.stmts(body)?;
                self.stmts(orelse)
            }
            StmtKind::With { items, body } => {
                for item in items {
                    self.expr(&item.context)?;
                    if let Some(target) = &item.target {
                        self.target(target)?;
                    }
                }
                self.stmts(body)
            }
            StmtKind::Match { subject, cases } => {
                self.expr(subject)?;
                for case in cases {
                    self.pattern(&case.pattern)?;
                    self.exprs(case.guard.as_deref())?;
                    self.stmts(&case.body)?;
                }
                Ok(())
            }
            StmtKind::Raise { exc, cause } => {
                self.exprs(exc.as_deref())?;
                self.exprs(cause.as_deref())
            }
            StmtKind::Try {
                body,
                handlers,
                orelse,
                finalbody,
                ..
            } => {
                self.stmts(body)?;
                for handler in handlers {
                    self.exprs(handler.typ.as_deref())?;
                    if let Some(name) = &handler.name {
                        self.binds(name);
                        let name = mangle(self.here().class.as_ref(), name);
                        self.here().deleted.insert(name);
                    }
                    self.stmts(&handler.body)?;
                }
                self.stmts(orelse)?;
                self.stmts(finalbody)
            }
            StmtKind::Assert { test, msg } => {
                self.expr(test)?;
                self.exprs(msg.as_deref())
            }
            StmtKind::Import(names) => {
                for alias in names {
                    let bound = alias
                        .asname
                        .clone()
                        .unwrap_or_else(|| top_package(&alias.name));
                    self.binds(&bound);
                }
                Ok(())
            }
            StmtKind::ImportFrom { names, .. } => {
                for alias in names.iter().filter(|alias| &*alias.name != "*") {
                    self.binds(alias.asname.as_ref().unwrap_or(&alias.name));
                }
                if names.iter().any(|alias| &*alias.name == "*")
                    && self.here().kind != Some(ScopeKind::Module)
                {
                    return Err(SyntaxError::new(
                        "import * only allowed at module level",
                        stmt.span,
                    ));
                }
                Ok(())
            }
            StmtKind::Global(names) => names
                .iter()
                .try_for_each(|ident| self.declare(ident, true, stmt.span)),
            StmtKind::Nonlocal(names) => names
                .iter()
                .try_for_each(|ident| self.declare(ident, false, stmt.span)),
            StmtKind::Expr(expr) => self.expr(expr),
            StmtKind::Pass | StmtKind::Break | StmtKind::Continue => Ok(()),
        }
    }

    fn global_then_annotated(&mut self, name: &Name, simple: bool, span: Span) -> Done {
        let scope = self.here();
        match scope.uses.get(name) {
            Some(u) if simple && u.global => Err(SyntaxError::new(
                format!("annotated name '{name}' can't be global"),
                span,
            )),
            Some(u) if simple && u.nonlocal => Err(SyntaxError::new(
                format!("annotated name '{name}' can't be nonlocal"),
                span,
            )),
            _ => Ok(()),
        }
    }

    fn declare(&mut self, ident: &Ident, global: bool, span: Span) -> Done {
        let what = if global { "global" } else { "nonlocal" };
        let refuse = |text: String| Err(SyntaxError::new(text, span));
        let top = self.here().kind == Some(ScopeKind::Module);
        if top && !global {
            return refuse("nonlocal declaration not allowed at module level".to_string());
        }
        let name = mangle(self.here().class.as_ref(), &ident.name);
        let known = self.here().uses.get(&name).copied().unwrap_or_default();
        if known.parameter {
            return refuse(format!("name '{name}' is parameter and {what}"));
        }
        if known.annotated {
            return refuse(format!("annotated name '{name}' can't be {what}"));
        }
        if known.bound {
            return refuse(format!(
                "name '{name}' is assigned to before {what} declaration"
            ));
        }
        if known.used {
            return refuse(format!("name '{name}' is used prior to {what} declaration"));
        }
        if (global && known.nonlocal) || (!global && known.global) {
            return refuse(format!("name '{name}' is nonlocal and global"));
        }
        self.touch(&ident.name, |u| {
            if global {
                u.global = true
            } else {
                u.nonlocal = true
            }
        });
        if global && let Some(top) = self.all.get_mut(&TOP) {
            top.global_elsewhere.insert(name.clone());
        }
        let here = self.stack[self.stack.len() - 1];
        self.errors_at.insert((here, name), span);
        Ok(())
    }

    fn delete(&mut self, target: &Expr) -> Done {
        match &target.kind {
            ExprKind::Name(name) => {
                self.binds(name);
                let name = mangle(self.here().class.as_ref(), name);
                self.here().deleted.insert(name);
                Ok(())
            }
            ExprKind::Tuple(items) | ExprKind::List(items) => {
                items.iter().try_for_each(|item| self.delete(item))
            }
            _ => self.expr(target),
        }
    }

    pub(super) fn target(&mut self, target: &Expr) -> Done {
        match &target.kind {
            ExprKind::Name(name) => {
                self.binds(name);
                Ok(())
            }
            ExprKind::Tuple(items) | ExprKind::List(items) => {
                items.iter().try_for_each(|item| self.target(item))
            }
            ExprKind::Starred(inner) => self.target(inner),
            _ => self.expr(target),
        }
    }

    fn function_def(&mut self, def: &FunctionDef) -> Done {
        def.decorators.iter().try_for_each(|d| self.expr(d))?;
        self.defaults(&def.args)?;
        for arg in all_args(&def.args) {
            self.exprs(arg.annotation.as_deref())?;
        }
        self.exprs(def.returns.as_deref())?;
        self.binds(&def.name.name);
        self.enter(key(def), ScopeKind::Function, None);
        self.parameters(&def.args)?;
        self.stmts(&def.body)?;
        self.leave();
        Ok(())
    }

    pub(super) fn defaults(&mut self, args: &Arguments) -> Done {
        args.defaults.iter().try_for_each(|d| self.expr(d))?;
        args.kw_defaults
            .iter()
            .flatten()
            .try_for_each(|d| self.expr(d))
    }

    pub(super) fn parameters(&mut self, args: &Arguments) -> Done {
        for arg in all_args(args) {
            let name = mangle(self.here().class.as_ref(), &arg.name);
            if self.here().uses.get(&name).is_some_and(|u| u.parameter) {
                let message = format!("duplicate argument '{}' in function definition", arg.name);
                return Err(SyntaxError::new(message, arg.span));
            }
            self.touch(&arg.name, |u| {
                u.parameter = true;
                u.bound = true;
            });
        }
        Ok(())
    }

    fn class_def(&mut self, def: &ClassDef) -> Done {
        def.decorators.iter().try_for_each(|d| self.expr(d))?;
        def.bases.iter().try_for_each(|b| self.expr(b))?;
        def.keywords.iter().try_for_each(|k| self.expr(&k.value))?;
        self.binds(&def.name.name);
        self.enter(key(def), ScopeKind::Class, Some(def.name.name.clone()));
        self.stmts(&def.body)?;
        self.leave();
        Ok(())
    }

    fn pattern(&mut self, pattern: &Pattern) -> Done {
        match &pattern.kind {
            PatternKind::MatchValue(value) => self.expr(value),
            PatternKind::MatchSingleton(_) => Ok(()),
            PatternKind::MatchSequence(items) | PatternKind::MatchOr(items) => {
                items.iter().try_for_each(|item| self.pattern(item))
            }
            PatternKind::MatchMapping {
                keys,
                patterns,
                rest,
            } => {
                self.exprs(keys)?;
                rest.iter().for_each(|name| self.binds(name));
                patterns.iter().try_for_each(|item| self.pattern(item))
            }
            PatternKind::MatchClass {
                cls,
                patterns,
                kwd_patterns,
                ..
            } => {
                self.expr(cls)?;
                patterns
                    .iter()
                    .chain(kwd_patterns)
                    .try_for_each(|item| self.pattern(item))
            }
            PatternKind::MatchStar(name) => {
                name.iter().for_each(|name| self.binds(name));
                Ok(())
            }
            PatternKind::MatchAs { pattern, name } => {
                name.iter().for_each(|name| self.binds(name));
                pattern.iter().try_for_each(|pattern| self.pattern(pattern))
            }
        }
    }
}
