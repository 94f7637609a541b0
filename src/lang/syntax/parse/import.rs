//! Imports.

use super::super::ast::*;
use super::super::error::{Parse, fail};
use super::Rule;
use super::builder::Builder;
use crate::base::span::Span;
use std::rc::Rc;

impl Builder<'_> {
    pub(super) fn import_stmt(&mut self) -> Parse<StmtKind> {
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

    pub(super) fn import_from(&mut self) -> Parse<StmtKind> {
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
}
