//! Statements and patterns as nodes.

use crate::lang::compile::constant_value;
use crate::lang::object::Value;
use crate::lang::syntax::ast::{
    Alias, Arg, Arguments, ClassDef, ExceptHandler, Expr, FunctionDef, FunctionKind, Ident,
    Keyword, MatchCase, Pattern, PatternKind, Stmt, StmtKind, WithItem,
};

use super::expr::operator;
use super::{Nodes, name};

impl Nodes<'_> {
    pub(super) fn stmts(&mut self, body: &[Stmt]) -> Value {
        self.list_of(body, Nodes::stmt)
    }

    fn stmt(&mut self, stmt: &Stmt) -> Value {
        let made = self.stmt_kind(&stmt.kind);
        self.at(made, stmt.span)
    }

    fn stmt_kind(&mut self, kind: &StmtKind) -> Value {
        match kind {
            StmtKind::FunctionDef(def) => self.function(def),
            StmtKind::ClassDef(def) => self.class(def),
            StmtKind::Return(value) => {
                let value = self.maybe(value.as_deref());
                self.node("Return", [value])
            }
            StmtKind::Delete(targets) => {
                let targets = self.targets(targets, "Del");
                self.node("Delete", [targets])
            }
            StmtKind::Assign { targets, value } => {
                let targets = self.targets(targets, "Store");
                let value = self.expr(value);
                self.node("Assign", [targets, value])
            }
            StmtKind::AugAssign { target, op, value } => {
                let (target, op) = (self.target(target, "Store"), self.single(operator(*op)));
                let value = self.expr(value);
                self.node("AugAssign", [target, op, value])
            }
            StmtKind::AnnAssign {
                target,
                annotation,
                value,
                simple,
            } => {
                let (target, annotation) = (self.target(target, "Store"), self.expr(annotation));
                let (value, simple) = (self.maybe(value.as_deref()), Value::Int((*simple).into()));
                self.node("AnnAssign", [target, annotation, value, simple])
            }
            StmtKind::For {
                target,
                iter,
                body,
                orelse,
            } => {
                let target = self.target(target, "Store");
                let iter = self.expr(iter);
                let (body, orelse) = (self.stmts(body), self.stmts(orelse));
                self.node("For", [target, iter, body, orelse])
            }
            StmtKind::While { test, body, orelse } => self.branch("While", test, body, orelse),
            StmtKind::If { test, body, orelse } => self.branch("If", test, body, orelse),
            StmtKind::With { items, body } => {
                let items = self.list_of(items, Nodes::with_item);
                let body = self.stmts(body);
                self.node("With", [items, body])
            }
            StmtKind::Match { subject, cases } => {
                let subject = self.expr(subject);
                let cases = self.list_of(cases, Nodes::match_case);
                self.node("Match", [subject, cases])
            }
            StmtKind::Raise { exc, cause } => {
                let (exc, cause) = (self.maybe(exc.as_deref()), self.maybe(cause.as_deref()));
                self.node("Raise", [exc, cause])
            }
            StmtKind::Try {
                body,
                handlers,
                orelse,
                finalbody,
                star,
            } => {
                let handlers = self.list_of(handlers, Nodes::handler);
                let [body, orelse, finalbody] = [body, orelse, finalbody].map(|b| self.stmts(b));
                let kind = if *star { "TryStar" } else { "Try" };
                self.node(kind, [body, handlers, orelse, finalbody])
            }
            StmtKind::Assert { test, msg } => {
                let (test, msg) = (self.expr(test), self.maybe(msg.as_deref()));
                self.node("Assert", [test, msg])
            }
            StmtKind::Import(names) => {
                let names = self.list_of(names, Nodes::alias);
                self.node("Import", [names])
            }
            StmtKind::ImportFrom {
                module,
                names,
                level,
            } => {
                let module = self.maybe_word(module.as_ref());
                let names = self.list_of(names, Nodes::alias);
                self.node("ImportFrom", [module, names, Value::Int((*level).into())])
            }
            StmtKind::Global(names) => self.declared("Global", names),
            StmtKind::Nonlocal(names) => self.declared("Nonlocal", names),
            StmtKind::Expr(value) => {
                let value = self.expr(value);
                self.node("Expr", [value])
            }
            StmtKind::Pass => self.node("Pass", []),
            StmtKind::Break => self.node("Break", []),
            StmtKind::Continue => self.node("Continue", []),
        }
    }

    fn function(&mut self, def: &FunctionDef) -> Value {
        let kind = match def.kind {
            FunctionKind::Plain => "FunctionDef",
            FunctionKind::Coroutine | FunctionKind::AsyncGenerator => "AsyncFunctionDef",
        };
        let args = self.arguments(&def.args);
        let body = self.stmts(&def.body);
        let decorators = self.exprs(&def.decorators);
        let returns = self.maybe(def.returns.as_deref());
        self.node(
            kind,
            [name(&def.name.name), args, body, decorators, returns],
        )
    }

    fn class(&mut self, def: &ClassDef) -> Value {
        let bases = self.exprs(&def.bases);
        let keywords = self.list_of(&def.keywords, Nodes::keyword);
        let body = self.stmts(&def.body);
        let decorators = self.exprs(&def.decorators);
        let fields = [name(&def.name.name), bases, keywords, body, decorators];
        self.node("ClassDef", fields)
    }

    fn declared(&mut self, kind: &'static str, names: &[Ident]) -> Value {
        let names = self.list_of(names, |_, ident| name(&ident.name));
        self.node(kind, [names])
    }

    fn branch(&mut self, kind: &'static str, test: &Expr, body: &[Stmt], orelse: &[Stmt]) -> Value {
        let test = self.expr(test);
        let (body, orelse) = (self.stmts(body), self.stmts(orelse));
        self.node(kind, [test, body, orelse])
    }

    pub(super) fn arguments(&mut self, args: &Arguments) -> Value {
        let posonly = self.list_of(&args.posonly, Nodes::arg);
        let plain = self.list_of(&args.args, Nodes::arg);
        let vararg = args.vararg.as_ref().map_or(Value::None, |a| self.arg(a));
        let kwonly = self.list_of(&args.kwonly, Nodes::arg);
        let kw_defaults = self.list_of(&args.kw_defaults, |nodes, d| nodes.maybe(d.as_ref()));
        let kwarg = args.kwarg.as_ref().map_or(Value::None, |a| self.arg(a));
        let defaults = self.exprs(&args.defaults);
        let fields = [posonly, plain, vararg, kwonly, kw_defaults, kwarg, defaults];
        self.node("arguments", fields)
    }

    fn arg(&mut self, arg: &Arg) -> Value {
        let annotation = self.maybe(arg.annotation.as_deref());
        let word = self.word(&arg.name);
        let made = self.node("arg", [word, annotation]);
        self.at(made, arg.span)
    }

    pub(super) fn keyword(&mut self, keyword: &Keyword) -> Value {
        let value = self.expr(&keyword.value);
        let word = self.maybe_word(keyword.name.as_ref());
        let made = self.node("keyword", [word, value]);
        self.at(made, keyword.span)
    }

    fn alias(&mut self, alias: &Alias) -> Value {
        let (word, asname) = (
            self.word(&alias.name),
            self.maybe_word(alias.asname.as_ref()),
        );
        let made = self.node("alias", [word, asname]);
        self.at(made, alias.span)
    }

    fn with_item(&mut self, item: &WithItem) -> Value {
        let context = self.expr(&item.context);
        let target = item.target.as_ref();
        let target = target.map_or(Value::None, |target| self.target(target, "Store"));
        self.node("withitem", [context, target])
    }

    fn handler(&mut self, handler: &ExceptHandler) -> Value {
        let typ = self.maybe(handler.typ.as_deref());
        let word = self.maybe_word(handler.name.as_ref());
        let body = self.stmts(&handler.body);
        let made = self.node("ExceptHandler", [typ, word, body]);
        self.at(made, handler.span)
    }

    fn match_case(&mut self, case: &MatchCase) -> Value {
        let pattern = self.pattern(&case.pattern);
        let guard = self.maybe(case.guard.as_deref());
        let body = self.stmts(&case.body);
        self.node("match_case", [pattern, guard, body])
    }

    fn patterns(&mut self, patterns: &[Pattern]) -> Value {
        self.list_of(patterns, Nodes::pattern)
    }

    fn pattern(&mut self, pattern: &Pattern) -> Value {
        let made = match &pattern.kind {
            PatternKind::MatchValue(value) => {
                let value = self.expr(value);
                self.node("MatchValue", [value])
            }
            PatternKind::MatchSingleton(constant) => {
                self.node("MatchSingleton", [constant_value(constant)])
            }
            PatternKind::MatchSequence(parts) => {
                let parts = self.patterns(parts);
                self.node("MatchSequence", [parts])
            }
            PatternKind::MatchMapping {
                keys,
                patterns,
                rest,
            } => {
                let (keys, patterns) = (self.exprs(keys), self.patterns(patterns));
                let rest = self.maybe_word(rest.as_ref());
                self.node("MatchMapping", [keys, patterns, rest])
            }
            PatternKind::MatchClass {
                cls,
                patterns,
                kwd_attrs,
                kwd_patterns,
            } => {
                let (cls, patterns) = (self.expr(cls), self.patterns(patterns));
                let attrs = self.list_of(kwd_attrs, |_, attr| name(attr));
                let kwd_patterns = self.patterns(kwd_patterns);
                self.node("MatchClass", [cls, patterns, attrs, kwd_patterns])
            }
            PatternKind::MatchStar(word) => {
                let word = self.maybe_word(word.as_ref());
                self.node("MatchStar", [word])
            }
            PatternKind::MatchAs { pattern, name } => {
                let pattern = pattern.as_ref().map_or(Value::None, |p| self.pattern(p));
                let word = self.maybe_word(name.as_ref());
                self.node("MatchAs", [pattern, word])
            }
            PatternKind::MatchOr(parts) => {
                let parts = self.patterns(parts);
                self.node("MatchOr", [parts])
            }
        };
        self.at(made, pattern.span)
    }
}
