//! Where names live: scopes and their symbols, found before any code is made.

use hashbrown::{HashMap, HashSet};

use super::unit::deeply;
use crate::base::span::Span;
use crate::lang::syntax::SyntaxError;
use crate::lang::syntax::ast::*;

// Scopes are known by the addresses of their nodes; a comprehension that is a lambda's body must not share the lambda's.
const _: () = assert!(std::mem::offset_of!(Lambda, body) != 0);

/// What a scope is the body of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ScopeKind {
    /// A module, cell or expression.
    Module,
    /// A function, lambda or generator expression.
    Function,
    /// A class.
    Class,
    /// A comprehension whose code becomes part of the code around it.
    Inline,
}

/// Where a name of a scope lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Home {
    /// In a register.
    Local,
    /// In a cell that this scope makes.
    Cell,
    /// In a cell of a scope around it.
    Free,
    /// Among the globals, or the builtins.
    Global,
}

/// The symbols of a scope.
#[derive(Debug, Default)]
pub(super) struct Scope {
    pub(super) kind: Option<ScopeKind>,
    /// Names in the order in which they turned up.
    pub(super) names: Vec<Name>,
    uses: HashMap<Name, Use>,
    /// Where the names of this scope live.
    pub(super) homes: HashMap<Name, Home>,
    /// Free variables, in order.
    pub(super) free: Vec<Name>,
    /// Whether it has `yield`.
    pub(super) generator: bool,
    /// Whether an assignment expression may change a local while an expression is evaluated.
    pub(super) walrus: bool,
    /// For comprehensions: the targets of assignment expressions so far.
    named: Vec<Name>,
    /// Names that are deleted somewhere, and so may be unbound after having been bound.
    pub(super) deleted: HashSet<Name>,
    /// For classes: whether a method asks for `__class__`.
    pub(super) class_cell: bool,
    /// What a comprehension is called.
    what: &'static str,
    /// At the top: the names that functions in it declare global, which makes them global there too.
    global_elsewhere: HashSet<Name>,
    children: Vec<Key>,
    /// The class whose private names are mangled.
    class: Option<Name>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Use {
    bound: bool,
    parameter: bool,
    global: bool,
    nonlocal: bool,
    used: bool,
    annotated: bool,
}

/// A scope's key: the address of its node in the tree.
pub(super) type Key = usize;

/// The key of a node.
pub(super) fn key<T>(node: &T) -> Key {
    std::ptr::from_ref(node) as Key
}

/// All scopes of a tree.
pub(super) struct Scopes {
    all: HashMap<Key, Scope>,
}

/// The key of the outermost scope.
pub(super) const TOP: Key = 0;

impl Scopes {
    /// Finds the scopes of a module. With `separate`, the names at the top live in a namespace of their own.
    pub(super) fn of_module(body: &[Stmt], separate: bool) -> Result<Scopes, SyntaxError> {
        let mut finder = Finder::new(separate);
        finder.stmts(body)?;
        finder.finish()
    }

    /// Finds the scopes of an expression.
    pub(super) fn of_expression(expr: &Expr, separate: bool) -> Result<Scopes, SyntaxError> {
        let mut finder = Finder::new(separate);
        finder.expr(expr)?;
        finder.finish()
    }

    /// The scope of a node.
    pub(super) fn get(&self, key: Key) -> &Scope {
        &self.all[&key]
    }
}

/// `__name` inside class `C` means `_C__name`.
pub(super) fn mangle(class: Option<&Name>, name: &Name) -> Name {
    let Some(class) = class else {
        return name.clone();
    };
    let class = class.trim_start_matches('_');
    if !name.starts_with("__") || name.ends_with("__") || name.contains('.') || class.is_empty() {
        return name.clone();
    }
    format!("_{class}{name}").into()
}

struct Finder {
    all: HashMap<Key, Scope>,
    stack: Vec<Key>,
    /// Depth of conditions that make comprehensions of class bodies functions of their own.
    errors_at: HashMap<(Key, Name), Span>,
    /// In how many iterables of comprehensions the walk is: no assignment expression may stand there.
    iterables: usize,
    separate: bool,
}

type Done = Result<(), SyntaxError>;

impl Finder {
    fn new(separate: bool) -> Finder {
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

    fn finish(mut self) -> Result<Scopes, SyntaxError> {
        self.resolve(TOP, &HashSet::new())?;
        Ok(Scopes { all: self.all })
    }

    fn here(&mut self) -> &mut Scope {
        let key = self.stack[self.stack.len() - 1];
        self.all
            .get_mut(&key)
            .expect("the stack holds known scopes")
    }

    fn touch(&mut self, name: &Name, change: impl FnOnce(&mut Use)) {
        let scope = self.here();
        let name = mangle(scope.class.as_ref(), name);
        if !scope.uses.contains_key(&name) {
            scope.names.push(name.clone());
        }
        change(scope.uses.entry(name).or_default());
    }

    fn uses(&mut self, name: &Name) {
        self.touch(name, |u| u.used = true);
        let in_function = self.here().kind == Some(ScopeKind::Function);
        if &**name == "super" && in_function {
            self.touch(&"__class__".into(), |u| u.used = true);
        }
    }

    fn binds(&mut self, name: &Name) {
        self.touch(name, |u| u.bound = true);
    }

    fn enter(&mut self, key: Key, kind: ScopeKind, class: Option<Name>) {
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

    fn leave(&mut self) {
        self.stack.pop();
    }

    /// The nearest scope around that is no inlined comprehension.
    fn in_owner<T>(&mut self, f: impl FnOnce(&mut Finder) -> T) -> T {
        let mut put_aside = Vec::new();
        while self.here().kind == Some(ScopeKind::Inline) {
            put_aside.extend(self.stack.pop());
        }
        let result = f(self);
        self.stack.extend(put_aside.into_iter().rev());
        result
    }

    fn stmts(&mut self, body: &[Stmt]) -> Done {
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

    fn target(&mut self, target: &Expr) -> Done {
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

    fn defaults(&mut self, args: &Arguments) -> Done {
        args.defaults.iter().try_for_each(|d| self.expr(d))?;
        args.kw_defaults
            .iter()
            .flatten()
            .try_for_each(|d| self.expr(d))
    }

    fn parameters(&mut self, args: &Arguments) -> Done {
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

    fn exprs<'a>(&mut self, exprs: impl IntoIterator<Item = &'a Expr>) -> Done {
        exprs.into_iter().try_for_each(|expr| self.expr(expr))
    }

    fn expr(&mut self, expr: &Expr) -> Done {
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

    /// Decides where the names of a scope live; returns what it and its children need from around, and which of
    /// those are captured by functions.
    fn resolve(&mut self, key: Key, around: &HashSet<Name>) -> Result<Needs, SyntaxError> {
        let mut scope = self.all.remove(&key).expect("scopes are resolved once");
        let kind = scope.kind.expect("every scope has a kind");
        let mut needs = Needs::default();
        let mut own = HashSet::new();
        for name in &scope.names {
            let u = scope.uses[name];
            let home = if u.global {
                Home::Global
            } else if u.nonlocal {
                if !around.contains(name) {
                    let span = self
                        .errors_at
                        .get(&(key, name.clone()))
                        .copied()
                        .unwrap_or_default();
                    return Err(SyntaxError::new(
                        format!("no binding for nonlocal '{name}' found"),
                        span,
                    ));
                }
                Home::Free
            } else if u.bound && kind != ScopeKind::Module {
                own.insert(name.clone());
                Home::Local
            } else if u.bound || !around.contains(name) {
                Home::Global
            } else {
                Home::Free
            };
            if home == Home::Free {
                needs.add(name, kind != ScopeKind::Inline);
            }
            scope.homes.insert(name.clone(), home);
        }
        let mut inner = around.clone();
        match kind {
            ScopeKind::Function | ScopeKind::Inline => inner.extend(own.iter().cloned()),
            ScopeKind::Class => _ = inner.insert("__class__".into()),
            ScopeKind::Module => {}
        }
        for name in scope
            .homes
            .iter()
            .filter(|(_, home)| **home == Home::Global)
            .map(|(name, _)| name)
        {
            if scope.uses[name].global {
                inner.remove(name);
            }
        }
        for child in scope.children.clone() {
            let child_needs = deeply(|| self.resolve(child, &inner))?;
            child_needs.settle(&mut scope, kind, &own, &mut needs);
        }
        scope.free = needs.names.iter().map(|(name, _)| name.clone()).collect();
        self.all.insert(key, scope);
        Ok(needs)
    }
}

/// What a scope needs from the scopes around it; `true` where a function captures it.
#[derive(Default)]
struct Needs {
    names: Vec<(Name, bool)>,
}

impl Needs {
    fn add(&mut self, name: &Name, captured: bool) {
        match self.names.iter_mut().find(|(known, _)| known == name) {
            Some((_, known)) => *known |= captured,
            None => self.names.push((name.clone(), captured)),
        }
    }

    /// Finds what a child needs in its parent, or passes the need on.
    fn settle(self, scope: &mut Scope, kind: ScopeKind, own: &HashSet<Name>, needs: &mut Needs) {
        for (name, captured) in self.names {
            let is_own = own.contains(&name) && kind != ScopeKind::Class;
            if is_own {
                if captured {
                    scope.homes.insert(name, Home::Cell);
                }
            } else if kind == ScopeKind::Class && &*name == "__class__" {
                scope.class_cell = true;
            } else {
                // A class's own local of the same name does not hide the outer variable from its methods.
                let hidden = kind == ScopeKind::Class && own.contains(&name);
                if !hidden {
                    scope.homes.insert(name.clone(), Home::Free);
                }
                needs.add(&name, captured || kind != ScopeKind::Inline);
            }
        }
    }
}

/// All parameters in the order of their registers.
pub(super) fn all_args(args: &Arguments) -> impl Iterator<Item = &Arg> {
    args.posonly
        .iter()
        .chain(&args.args)
        .chain(&args.kwonly)
        .chain(&args.vararg)
        .chain(&args.kwarg)
}

/// `a` of `a.b.c`.
pub(super) fn top_package(name: &Name) -> Name {
    name.split('.').next().unwrap_or(name).into()
}

impl Scope {
    fn is_comprehension(&self) -> bool {
        !self.what.is_empty()
    }

    /// Whether the scope declares the name `nonlocal`.
    pub(super) fn is_explicit_nonlocal(&self, name: &Name) -> bool {
        self.uses.get(name).is_some_and(|u| u.nonlocal)
    }

    /// Whether the scope declares the name `global`.
    pub(super) fn is_explicit_global(&self, name: &Name) -> bool {
        self.uses.get(name).is_some_and(|u| u.global) || self.global_elsewhere.contains(name)
    }
}
