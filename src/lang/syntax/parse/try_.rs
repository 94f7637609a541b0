//! `try` and its handlers.

use super::super::ast::*;
use super::super::error::{Parse, fail};
use super::builder::Builder;
use super::stmt::MISSING_HANDLER;
use super::{Rule, asynchronous};
use crate::base::span::Span;

impl Builder<'_> {
    pub(super) fn try_stmt(&mut self) -> Parse<StmtKind> {
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
}
