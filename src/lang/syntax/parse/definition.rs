//! Functions and classes with their decorators.

use super::super::ast::*;
use super::super::error::Parse;
use super::Rule;
use super::builder::{Around, Builder};

impl Builder<'_> {
    pub(super) fn decorated(&mut self) -> Parse<Stmt> {
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

    pub(super) fn function(&mut self, decorators: Vec<Expr>) -> Parse<StmtKind> {
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

    pub(super) fn class(&mut self, decorators: Vec<Expr>) -> Parse<StmtKind> {
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
