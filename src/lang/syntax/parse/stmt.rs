//! Statements.

use super::super::ast::*;
use super::super::error::{Parse, fail};
use super::super::notice;
use super::Rule;
use super::asynchronous;
use super::builder::{Around, Builder};
use super::expr::{assignable_word, augmented, is_constant_name};
use super::target::{self, Place, describe, invalid_part};
use crate::base::span::Span;
use std::rc::Rc;

/// What is said of a `try` without clauses.
pub(in crate::lang::syntax) const MISSING_HANDLER: &str = "expected 'except' or 'finally' block";

impl Builder<'_> {
    /// Reads a whole module.
    pub(in crate::lang::syntax) fn module(&mut self) -> Parse<Module> {
        Ok(Module {
            body: self.statements()?,
        })
    }

    /// Reads an expression that is the whole input.
    pub(in crate::lang::syntax) fn eval_input(&mut self) -> Parse<Expr> {
        self.tuple_or_one()
    }

    fn statements(&mut self) -> Parse<Vec<Stmt>> {
        let mut body = Vec::new();
        while let Some(rule) = self.peek()
            && rule != Rule::EOI
        {
            body.push(self.statement(rule)?);
        }
        Ok(body)
    }

    /// Reads a `block` node.
    fn block(&mut self) -> Parse<Vec<Stmt>> {
        let body = self.inside(|b, _| b.statements())?;
        // The node ends with marks; the statement does not.
        self.end = body.last().map_or(self.end, |s| s.span.end);
        Ok(body)
    }

    fn statement(&mut self, rule: Rule) -> Parse<Stmt> {
        self.nested(|b| match rule {
            Rule::decorated => b.inside(|b, _| b.decorated()),
            _ => b.inside(|b, node| {
                let kind = b.statement_kind(rule)?;
                if !is_compound(rule) {
                    b.end = node.span.end;
                }
                Ok(Stmt {
                    kind,
                    span: b.since(node.span.start),
                })
            }),
        })
        .inspect(|statement| self.end = statement.span.end)
    }

    fn statement_kind(&mut self, rule: Rule) -> Parse<StmtKind> {
        match rule {
            Rule::expr_stmt => self.expr_stmt(),
            Rule::return_stmt => self.return_stmt(),
            Rule::pass_stmt => Ok(StmtKind::Pass),
            Rule::break_stmt => Ok(StmtKind::Break),
            Rule::continue_stmt => Ok(StmtKind::Continue),
            Rule::del_stmt => self.del_stmt(),
            Rule::import_stmt => self.import_stmt(),
            Rule::import_from => self.import_from(),
            Rule::raise_stmt => self.raise_stmt(),
            Rule::assert_stmt => self.assert_stmt(),
            Rule::global_stmt => Ok(StmtKind::Global(self.names()?)),
            Rule::nonlocal_stmt => Ok(StmtKind::Nonlocal(self.names()?)),
            Rule::if_stmt => self.if_stmt(),
            Rule::for_stmt => self.for_stmt(),
            Rule::while_stmt => self.while_stmt(),
            Rule::with_stmt => self.with_stmt(),
            Rule::try_stmt => self.try_stmt(),
            Rule::match_stmt => self.match_stmt(),
            Rule::def_stmt => self.function(Vec::new()),
            Rule::class_stmt => self.class(Vec::new()),
            _ => fail("invalid syntax", self.node().span),
        }
    }

    // ---- simple statements ----

    fn right(&mut self) -> Parse<Expr> {
        if self.sees(Rule::yield_expr) {
            self.yield_expr()
        } else {
            self.star_expressions()
        }
    }

    /// A right side where a lone starred expression is refused.
    fn value(&mut self) -> Parse<Expr> {
        if self.sees(Rule::yield_expr) {
            self.yield_expr()
        } else {
            self.tuple_or_one()
        }
    }

    fn expr_stmt(&mut self) -> Parse<StmtKind> {
        let node = self.node();
        let rule = node.rule;
        let first = self.right()?;
        match self.peek() {
            None => {
                if let ExprKind::Starred(_) = first.kind {
                    return fail("can't use starred expression here", first.span);
                }
                Ok(StmtKind::Expr(Box::new(first)))
            }
            Some(Rule::augassign) => self.aug_assign(first),
            Some(Rule::colon) => self.ann_assign(first, rule),
            _ => {
                // `(a < b) = c`: the parentheses are all there is.
                let grouped = rule == Rule::group && node.span.end >= first.span.end;
                self.assign(first, grouped)
            }
        }
    }

    fn aug_assign(&mut self, target: Expr) -> Parse<StmtKind> {
        let op = augmented(self.source(self.node().span));
        match target.kind {
            ExprKind::Name(_) | ExprKind::Attribute { .. } | ExprKind::Subscript { .. } => {}
            _ => {
                let message = format!(
                    "'{}' is an illegal expression for augmented assignment",
                    describe(&target)
                );
                return fail(message, target.span);
            }
        }
        self.skip();
        let value = Box::new(self.value()?);
        Ok(StmtKind::AugAssign {
            target: Box::new(target),
            op,
            value,
        })
    }

    fn ann_assign(&mut self, target: Expr, first: Rule) -> Parse<StmtKind> {
        match target.kind {
            ExprKind::Name(_) | ExprKind::Attribute { .. } | ExprKind::Subscript { .. } => {}
            ExprKind::List(_) | ExprKind::Tuple(_) => {
                let message = format!(
                    "only single target (not {}) can be annotated",
                    describe(&target)
                );
                return fail(message, target.span);
            }
            _ => return fail("illegal target for annotation", target.span),
        }
        self.skip();
        let simple = first == Rule::name && matches!(target.kind, ExprKind::Name(_));
        let annotation = Box::new(self.expression()?);
        let value = if self.accept(Rule::assign) {
            Some(Box::new(self.value()?))
        } else {
            None
        };
        Ok(StmtKind::AnnAssign {
            target: Box::new(target),
            annotation,
            value,
            simple,
        })
    }

    fn assign(&mut self, first: Expr, grouped: bool) -> Parse<StmtKind> {
        let mut targets = Vec::with_capacity(1);
        let mut value = first;
        while self.accept(Rule::assign) {
            let next = self.right()?;
            let target = std::mem::replace(&mut value, next);
            self.assign_target(&target, targets.is_empty(), grouped)?;
            targets.push(target);
        }
        if let ExprKind::Starred(_) = value.kind {
            return fail("can't use starred expression here", value.span);
        }
        Ok(StmtKind::Assign {
            targets,
            value: Box::new(value),
        })
    }

    fn assign_target(&mut self, target: &Expr, first: bool, grouped: bool) -> Parse<()> {
        if let (ExprKind::Yield(_) | ExprKind::YieldFrom(_), false) = (&target.kind, grouped) {
            return fail("assignment to yield expression not possible", target.span);
        }
        if let ExprKind::Starred(inner) = &target.kind
            && invalid_part(inner, Place::Store).is_none()
        {
            return fail(
                "starred assignment target must be in a list or tuple",
                target.span,
            );
        }
        if invalid_part(target, Place::Store).is_some()
            && !is_constant_name(target)
            && first
            && !self.sees(Rule::assign)
            && let Some(what) = assignable_word(target, grouped)
        {
            let message =
                format!("cannot assign to {what} here. Maybe you meant '==' instead of '='?");
            return fail(message, target.span);
        }
        target::check(target, Place::Store)
    }

    fn return_stmt(&mut self) -> Parse<StmtKind> {
        if self.peek().is_none() {
            return Ok(StmtKind::Return(None));
        }
        Ok(StmtKind::Return(Some(Box::new(self.tuple_or_one()?))))
    }

    fn del_stmt(&mut self) -> Parse<StmtKind> {
        let bare = self.node().rule != Rule::group;
        let first = self.star_expressions()?;
        target::check(&first, Place::Delete)?;
        let targets = match first.kind {
            ExprKind::Tuple(parts)
                if bare || self.text.as_bytes()[first.span.start as usize] != b'(' =>
            {
                parts
            }
            ExprKind::Tuple(parts) if self.is_bare_tuple(first.span, &parts) => parts,
            _ => vec![first],
        };
        Ok(StmtKind::Delete(targets))
    }

    /// Whether a tuple that starts with a parenthesis has none of its own.
    fn is_bare_tuple(&self, span: Span, parts: &[Expr]) -> bool {
        parts.first().is_some_and(|p| p.span.start == span.start)
            || self.text.as_bytes()[span.end as usize - 1] != b')'
    }

    fn raise_stmt(&mut self) -> Parse<StmtKind> {
        if self.peek().is_none() {
            return Ok(StmtKind::Raise {
                exc: None,
                cause: None,
            });
        }
        let exc = Some(Box::new(self.expression()?));
        let cause = if self.accept(Rule::from_) {
            Some(Box::new(self.expression()?))
        } else {
            None
        };
        Ok(StmtKind::Raise { exc, cause })
    }

    fn assert_stmt(&mut self) -> Parse<StmtKind> {
        let test = Box::new(self.expression()?);
        let msg = if self.accept(Rule::comma) {
            Some(Box::new(self.expression()?))
        } else {
            None
        };
        notice::check_assertion(&test, test.span);
        Ok(StmtKind::Assert { test, msg })
    }

    fn names(&mut self) -> Parse<Vec<Ident>> {
        let mut names = Vec::new();
        while self.sees(Rule::name) {
            names.push(self.ident()?);
        }
        Ok(names)
    }

    fn import_stmt(&mut self) -> Parse<StmtKind> {
        let mut names = Vec::new();
        while self.sees(Rule::import_as) {
            names.push(self.inside(|b, _| {
                let start = b.start();
                let name = b.dotted()?;
                b.alias(name, start)
            })?);
        }
        Ok(StmtKind::Import(names))
    }

    fn alias(&mut self, name: Name, start: u32) -> Parse<Alias> {
        let asname = if self.accept(Rule::as_) {
            Some(self.ident()?.name)
        } else {
            None
        };
        Ok(Alias {
            name,
            asname,
            span: self.since(start),
        })
    }

    fn dotted(&mut self) -> Parse<Name> {
        self.inside(|b, _| {
            let first = b.ident()?.name;
            if b.peek().is_none() {
                return Ok(first);
            }
            let mut text = first.to_string();
            while b.peek().is_some() {
                text.push('.');
                text.push_str(&b.ident()?.name);
            }
            Ok(Rc::from(text))
        })
    }

    fn import_from(&mut self) -> Parse<StmtKind> {
        let mut level = 0;
        if self.sees(Rule::dots) {
            let span = self.skip().span;
            level = self.source(span).bytes().filter(|&b| b == b'.').count() as u32;
        }
        let module = if self.sees(Rule::dotted) {
            Some(self.dotted()?)
        } else {
            None
        };
        if module.is_none() && level == 0 {
            return fail(
                "invalid syntax",
                Span {
                    start: self.start(),
                    end: self.start(),
                },
            );
        }
        let mut names = Vec::new();
        if self.sees(Rule::stars) {
            let span = self.skip().span;
            if self.source(span) != "*" {
                return fail("invalid syntax", span);
            }
            names.push(Alias {
                name: self.intern("*"),
                asname: None,
                span,
            });
        }
        while self.sees(Rule::import_name) {
            names.push(self.inside(|b, _| {
                let ident = b.ident()?;
                b.alias(ident.name, ident.span.start)
            })?);
        }
        if self.sees(Rule::comma) {
            return fail(
                "trailing comma not allowed without surrounding parentheses",
                self.node().span,
            );
        }
        Ok(StmtKind::ImportFrom {
            module,
            names,
            level,
        })
    }

    // ---- compound statements ----

    fn else_part(&mut self) -> Parse<Vec<Stmt>> {
        if !self.sees(Rule::else_part) {
            return Ok(Vec::new());
        }
        let body = self.inside(|b, _| b.block())?;
        self.end = body.last().map_or(self.end, |s| s.span.end);
        Ok(body)
    }

    fn if_stmt(&mut self) -> Parse<StmtKind> {
        let mut arms = Vec::new();
        let test = self.named()?;
        let body = self.block()?;
        let mut end = self.end;
        while self.sees(Rule::elif_part) {
            arms.push(self.inside(|b, node| {
                let test = b.named()?;
                Ok((node.span.start, test, b.block()?))
            })?);
            self.end = arms
                .last()
                .and_then(|a| a.2.last())
                .map_or(self.end, |s| s.span.end);
            end = self.end;
            self.grow()?;
        }
        let mut orelse = self.else_part()?;
        if !orelse.is_empty() {
            end = self.end;
        }
        self.end = end;
        for (start, test, body) in arms.into_iter().rev() {
            let kind = StmtKind::If {
                test: Box::new(test),
                body,
                orelse,
            };
            orelse = vec![Stmt {
                kind,
                span: Span { start, end },
            }];
        }
        Ok(StmtKind::If {
            test: Box::new(test),
            body,
            orelse,
        })
    }

    fn for_stmt(&mut self) -> Parse<StmtKind> {
        let is_async = self.asynchronous("for")?;
        let target = Box::new(self.targets()?);
        self.accept(Rule::in_);
        let iter = Box::new(self.star_expressions()?);
        if let ExprKind::Starred(_) = iter.kind {
            return fail("can't use starred expression here", iter.span);
        }
        let body = self.block()?;
        let orelse = self.else_part()?;
        if is_async {
            return Ok(asynchronous::for_loop(*target, *iter, body, orelse));
        }
        Ok(StmtKind::For {
            target,
            iter,
            body,
            orelse,
        })
    }

    fn while_stmt(&mut self) -> Parse<StmtKind> {
        let test = Box::new(self.named()?);
        let body = self.block()?;
        Ok(StmtKind::While {
            test,
            body,
            orelse: self.else_part()?,
        })
    }

    fn with_stmt(&mut self) -> Parse<StmtKind> {
        let is_async = self.asynchronous("with")?;
        let mut items = Vec::new();
        while self.sees(Rule::with_item) {
            items.push(self.inside(|b, _| {
                let context = b.expression()?;
                if !b.accept(Rule::as_) {
                    return Ok(WithItem {
                        context,
                        target: None,
                    });
                }
                let target = b.target()?;
                target::check(&target, Place::Store)?;
                Ok(WithItem {
                    context,
                    target: Some(target),
                })
            })?);
            self.accept(Rule::comma);
        }
        let body = self.block()?;
        if is_async {
            return asynchronous::with_block(items, body);
        }
        Ok(StmtKind::With { items, body })
    }

    fn try_stmt(&mut self) -> Parse<StmtKind> {
        let body = self.block()?;
        let (mut handlers, mut star): (Vec<ExceptHandler>, bool) = (Vec::new(), false);
        while self.sees(Rule::except_part) {
            let (handler, starred) = self.inside(|b, node| b.handler(node.span))?;
            if handlers.is_empty() {
                star = starred;
            } else if star != starred {
                let message = "cannot have both 'except' and 'except*' on the same 'try'";
                return fail(
                    message,
                    Span {
                        start: handler.span.start,
                        end: handler.span.start + 6,
                    },
                );
            }
            if let Some(bare) = handlers.last()
                && bare.typ.is_none()
            {
                return fail(
                    "default 'except:' must be last",
                    Span {
                        end: bare.span.start + 7,
                        ..bare.span
                    },
                );
            }
            self.end = handler.span.end;
            handlers.push(handler);
        }
        let orelse_at = self.sees(Rule::else_part).then(|| self.node().span.start);
        let orelse = self.else_part()?;
        let mut finalbody = Vec::new();
        if self.sees(Rule::finally_part) {
            finalbody = self.inside(|b, _| b.block())?;
            self.end = finalbody.last().map_or(self.end, |s| s.span.end);
        }
        if handlers.is_empty() && (finalbody.is_empty() || orelse_at.is_some()) {
            let at = orelse_at.unwrap_or_else(|| self.next_token_start());
            return fail(MISSING_HANDLER, Span { start: at, end: at });
        }
        if star && let Some(first) = handlers.first() {
            let span = first.span;
            for handler in &handlers {
                asynchronous::check_no_way_out(&handler.body, false)?;
            }
            handlers = vec![asynchronous::except_star(handlers, span)];
        }
        Ok(StmtKind::Try {
            body,
            handlers,
            orelse,
            finalbody,
            star: false,
        })
    }

    /// Where the next statement starts after a block, or the text ends.
    fn next_token_start(&self) -> u32 {
        // The text may have been cut off and completed to find out more: then the end is not to be trusted.
        let Some(rest) = self.text.get(self.end as usize..) else {
            return self.text.len() as u32;
        };
        let mut at = self.end as usize;
        for line in rest.split_inclusive('\n') {
            let code = line.trim_start();
            if at != self.end as usize && !code.is_empty() && !code.starts_with('#') {
                return (at + line.len() - code.len()) as u32;
            }
            at += line.len();
        }
        self.text.len() as u32
    }

    fn handler(&mut self, span: Span) -> Parse<(ExceptHandler, bool)> {
        let stars = if self.sees(Rule::stars) {
            Some(self.skip().span)
        } else {
            None
        };
        if let Some(stars) = stars
            && (self.source(stars) == "**" || self.sees(Rule::block))
        {
            let message = if self.sees(Rule::block) {
                "expected one or more exception types"
            } else {
                "invalid syntax"
            };
            return fail(message, stars);
        }
        let (mut typ, mut name) = (None, None);
        if !self.sees(Rule::block) {
            let first = self.expression()?;
            if self.sees(Rule::comma) {
                return fail("multiple exception types must be parenthesized", first.span);
            }
            typ = Some(Box::new(first));
        }
        if self.accept(Rule::as_) {
            name = Some(self.ident()?.name);
        }
        let body = self.block()?;
        let span = Span {
            start: span.start,
            end: self.end,
        };
        Ok((
            ExceptHandler {
                typ,
                name,
                body,
                span,
            },
            stars.is_some(),
        ))
    }

    fn match_stmt(&mut self) -> Parse<StmtKind> {
        let subject = Box::new(self.match_subject()?);
        let mut cases = Vec::new();
        while self.sees(Rule::case_part) {
            let case = self.inside(|b, _| {
                let pattern = b.patterns()?;
                let guard = if b.accept(Rule::if_) {
                    Some(Box::new(b.named()?))
                } else {
                    None
                };
                Ok(MatchCase {
                    pattern,
                    guard,
                    body: b.block()?,
                })
            })?;
            self.end = case.body.last().map_or(self.end, |s| s.span.end);
            cases.push(case);
        }
        Ok(StmtKind::Match { subject, cases })
    }

    fn match_subject(&mut self) -> Parse<Expr> {
        let start = self.start();
        let first = self.item_or_starred()?;
        if !self.sees(Rule::comma) {
            return match first.kind {
                ExprKind::Starred(_) => fail("invalid syntax", first.span),
                _ => Ok(first),
            };
        }
        let mut parts = vec![first];
        while self.accept(Rule::comma) && self.at_operand() {
            parts.push(self.item_or_starred()?);
        }
        Ok(Expr {
            kind: ExprKind::Tuple(parts),
            span: self.since(start),
        })
    }

    // ---- definitions ----

    fn decorated(&mut self) -> Parse<Stmt> {
        let mut decorators = Vec::new();
        while self.sees(Rule::decorator) {
            decorators.push(self.inside(|b, _| b.named())?);
        }
        let rule = self.node().rule;
        self.inside(|b, node| {
            let kind = if rule == Rule::def_stmt {
                b.function(decorators)?
            } else {
                b.class(decorators)?
            };
            Ok(Stmt {
                kind,
                span: b.since(node.span.start),
            })
        })
    }

    fn function(&mut self, decorators: Vec<Expr>) -> Parse<StmtKind> {
        let is_async = self.accept(Rule::async_);
        let name = self.ident()?;
        let args = self.parameters()?;
        let returns = if self.sees(Rule::block) {
            None
        } else {
            Some(Box::new(self.expression()?))
        };
        let inside = Around {
            inside: true,
            is_async,
            yields: false,
        };
        let around = std::mem::replace(&mut self.function, inside);
        let body = self.block();
        let inside = std::mem::replace(&mut self.function, around);
        let kind = match (is_async, inside.yields) {
            (false, _) => FunctionKind::Plain,
            (true, false) => FunctionKind::Coroutine,
            (true, true) => FunctionKind::AsyncGenerator,
        };
        Ok(StmtKind::FunctionDef(Box::new(FunctionDef {
            name,
            args,
            body: body?,
            decorators,
            returns,
            kind,
        })))
    }

    fn class(&mut self, decorators: Vec<Expr>) -> Parse<StmtKind> {
        let name = self.ident()?;
        let (bases, keywords) = match self.sees(Rule::call) {
            true => self.inside(|b, node| b.arguments(node.span))?,
            false => (Vec::new(), Vec::new()),
        };
        let around = std::mem::take(&mut self.function);
        let body = self.block();
        self.function = around;
        let body = body?;
        Ok(StmtKind::ClassDef(Box::new(ClassDef {
            name,
            bases,
            keywords,
            body,
            decorators,
        })))
    }
}

/// Whether a statement has blocks in it.
fn is_compound(rule: Rule) -> bool {
    matches!(
        rule,
        Rule::if_stmt
            | Rule::for_stmt
            | Rule::while_stmt
            | Rule::with_stmt
            | Rule::try_stmt
            | Rule::match_stmt
            | Rule::def_stmt
            | Rule::class_stmt
    )
}
