//! The patterns of `case`.

use super::super::ast::{Constant, Expr, ExprKind, Operator, Pattern, PatternKind, UnaryOp};
use super::super::error::{Parse, fail};
use super::Rule;
use super::builder::Builder;
use super::target::describe;
use crate::base::span::Span;

impl Builder<'_> {
    /// Reads a `patterns` node: one pattern, or several as a sequence.
    pub(super) fn patterns(&mut self) -> Parse<Pattern> {
        self.inside(|b, _| {
            let start = b.start();
            let first = b.pattern()?;
            if !b.sees(Rule::comma) {
                return match first.kind {
                    PatternKind::MatchStar(_) => fail("invalid syntax", first.span),
                    _ => Ok(first),
                };
            }
            let parts = b.more_patterns(first)?;
            Ok(Pattern {
                kind: PatternKind::MatchSequence(parts),
                span: b.since(start),
            })
        })
    }

    fn more_patterns(&mut self, first: Pattern) -> Parse<Vec<Pattern>> {
        let mut parts = vec![first];
        while self.accept(Rule::comma) && self.sees(Rule::pattern) {
            parts.push(self.pattern()?);
        }
        let mut starred = parts
            .iter()
            .filter(|p| matches!(p.kind, PatternKind::MatchStar(_)));
        if let (Some(_), Some(second)) = (starred.next(), starred.next()) {
            return fail("multiple starred names in sequence pattern", second.span);
        }
        Ok(parts)
    }

    fn pattern(&mut self) -> Parse<Pattern> {
        self.nested(|b| b.inside(|b, node| b.pattern_here(node.span.start)))
    }

    fn pattern_here(&mut self, start: u32) -> Parse<Pattern> {
        if self.accept(Rule::stars) {
            let name = self.ident()?;
            if self.sees(Rule::as_) {
                return fail("invalid syntax", self.node().span);
            }
            let name = (&*name.name != "_").then_some(name.name);
            return Ok(Pattern {
                kind: PatternKind::MatchStar(name),
                span: self.since(start),
            });
        }
        let mut pattern = self.closed_pattern()?;
        if self.sees(Rule::bar) {
            let mut parts = vec![pattern];
            while self.accept(Rule::bar) {
                parts.push(self.closed_pattern()?);
            }
            pattern = Pattern {
                kind: PatternKind::MatchOr(parts),
                span: self.since(start),
            };
        }
        if !self.accept(Rule::as_) {
            return Ok(pattern);
        }
        let plain = self.sees(Rule::name);
        let target = self.expression()?;
        let name = match &target.kind {
            ExprKind::Name(name) if &**name == "_" => {
                return fail("cannot use '_' as a target", target.span);
            }
            ExprKind::Name(name) => name.clone(),
            _ if plain => {
                let text = self.source(target.span);
                let at = target.span.start
                    + text
                        .find(|c: char| !c.is_alphanumeric() && c != '_')
                        .unwrap_or(0) as u32;
                return fail(
                    "invalid syntax",
                    Span {
                        start: at,
                        end: at + 1,
                    },
                );
            }
            _ => return fail("invalid pattern target", target.span),
        };
        let kind = PatternKind::MatchAs {
            pattern: Some(Box::new(pattern)),
            name: Some(name),
        };
        Ok(Pattern {
            kind,
            span: self.since(start),
        })
    }

    fn closed_pattern(&mut self) -> Parse<Pattern> {
        let start = self.start();
        let kind = match self.peek() {
            Some(Rule::name_pattern) => return self.inside(|b, _| b.name_pattern()),
            Some(Rule::group_pattern) => return self.inside(|b, node| b.group_pattern(node.span)),
            Some(Rule::list_pattern) => {
                PatternKind::MatchSequence(self.inside(|b, _| b.bracketed())?)
            }
            Some(Rule::mapping_pattern) => self.inside(|b, _| b.mapping_pattern())?,
            _ => PatternKind::MatchValue(Box::new(self.literal_pattern()?)),
        };
        Ok(Pattern {
            kind,
            span: self.since(start),
        })
    }

    /// A number or a string.
    fn literal_pattern(&mut self) -> Parse<Expr> {
        if self.sees(Rule::number_pattern) {
            return self.inside(|b, node| b.number_pattern(node.span.start));
        }
        let value = self.strings()?;
        match value.kind {
            ExprKind::JoinedStr(_) => fail(
                "patterns may only match literals and attribute lookups",
                value.span,
            ),
            _ => Ok(value),
        }
    }

    fn number_pattern(&mut self, start: u32) -> Parse<Expr> {
        let minus = self.text.as_bytes()[start as usize] == b'-';
        let mut value = self.number()?;
        if minus {
            let kind = ExprKind::UnaryOp {
                op: UnaryOp::USub,
                operand: Box::new(value),
            };
            value = Expr {
                kind,
                span: self.since(start),
            };
        }
        if !self.sees(Rule::number) {
            return Ok(value);
        }
        let real = match &value.kind {
            ExprKind::UnaryOp { operand, .. } => &operand.kind,
            kind => kind,
        };
        if let ExprKind::Constant(Constant::Complex(_)) = real {
            return fail("real number required in complex literal", value.span);
        }
        let between = &self.text[self.end as usize..self.node().span.start as usize];
        let op = if between.contains('-') {
            Operator::Sub
        } else {
            Operator::Add
        };
        let right = self.number()?;
        if !matches!(right.kind, ExprKind::Constant(Constant::Complex(_))) {
            return fail("imaginary number required in complex literal", right.span);
        }
        let kind = ExprKind::BinOp {
            left: Box::new(value),
            op,
            right: Box::new(right),
        };
        Ok(Expr {
            kind,
            span: self.since(start),
        })
    }

    fn name_pattern(&mut self) -> Parse<Pattern> {
        let start = self.start();
        let first = self.node().span;
        let value = self.dotted_value()?;
        if self.sees(Rule::class_pattern) {
            if is_singleton(&value) {
                return fail("invalid syntax", first);
            }
            return self.inside(|b, node| {
                b.class_pattern(
                    value,
                    Span {
                        start,
                        end: node.span.end,
                    },
                )
            });
        }
        let span = value.span;
        let kind = match value.kind {
            ExprKind::Constant(constant) => PatternKind::MatchSingleton(constant),
            ExprKind::Name(name) => {
                let name = (&*name != "_").then_some(name);
                PatternKind::MatchAs {
                    pattern: None,
                    name,
                }
            }
            _ => PatternKind::MatchValue(Box::new(value)),
        };
        Ok(Pattern { kind, span })
    }

    /// Reads `a.b.c`, within its node.
    fn dotted_value(&mut self) -> Parse<Expr> {
        let start = self.start();
        let span = self.skip().span;
        let kind = match self.source(span) {
            "None" => ExprKind::Constant(Constant::None),
            "True" => ExprKind::Constant(Constant::Bool(true)),
            "False" => ExprKind::Constant(Constant::Bool(false)),
            text => ExprKind::Name(self.intern(text)),
        };
        let mut value = Expr { kind, span };
        while self.sees(Rule::attr) {
            let attr = self.ident()?.name;
            value = Expr {
                kind: ExprKind::Attribute {
                    value: Box::new(value),
                    attr,
                },
                span: self.since(start),
            };
            self.grow()?;
        }
        Ok(value)
    }

    fn class_pattern(&mut self, cls: Expr, span: Span) -> Parse<Pattern> {
        let (mut patterns, mut kwd_attrs, mut kwd_patterns) = (Vec::new(), Vec::new(), Vec::new());
        while self.sees(Rule::class_arg) {
            self.inside(|b, node| {
                if !b.sees(Rule::name) {
                    if !kwd_attrs.is_empty() {
                        return fail("positional patterns follow keyword patterns", node.span);
                    }
                    patterns.push(b.plain_pattern()?);
                    return Ok(());
                }
                let attr = b.ident()?;
                b.accept(Rule::assign);
                if kwd_attrs.contains(&attr.name) {
                    let message =
                        format!("attribute name repeated in class pattern: {}", attr.name);
                    return fail(message, attr.span);
                }
                kwd_attrs.push(attr.name);
                kwd_patterns.push(b.plain_pattern()?);
                Ok(())
            })?;
            self.accept(Rule::comma);
        }
        let kind = PatternKind::MatchClass {
            cls: Box::new(cls),
            patterns,
            kwd_attrs,
            kwd_patterns,
        };
        Ok(Pattern { kind, span })
    }

    /// A pattern where no star can be.
    fn plain_pattern(&mut self) -> Parse<Pattern> {
        let pattern = self.pattern()?;
        match pattern.kind {
            PatternKind::MatchStar(_) => fail("invalid syntax", pattern.span),
            _ => Ok(pattern),
        }
    }

    fn group_pattern(&mut self, span: Span) -> Parse<Pattern> {
        if !self.sees(Rule::patterns) {
            return Ok(Pattern {
                kind: PatternKind::MatchSequence(Vec::new()),
                span,
            });
        }
        let mut pattern = self.patterns()?;
        if let PatternKind::MatchSequence(_) = pattern.kind
            && self.text.as_bytes()[pattern.span.start as usize] != b'['
            && pattern.span.start > span.start
        {
            pattern.span = span;
        }
        Ok(pattern)
    }

    fn bracketed(&mut self) -> Parse<Vec<Pattern>> {
        if !self.sees(Rule::patterns) {
            return Ok(Vec::new());
        }
        self.inside(|b, _| {
            let first = b.pattern()?;
            b.more_patterns(first)
        })
    }

    fn mapping_pattern(&mut self) -> Parse<PatternKind> {
        let (mut keys, mut patterns, mut rest) = (Vec::new(), Vec::new(), None);
        while self.sees(Rule::mapping_item) {
            self.inside(|b, node| {
                if rest.is_some() {
                    return fail("invalid syntax", node.span);
                }
                if b.accept(Rule::stars) {
                    let name = b.ident()?;
                    if &*name.name == "_" {
                        return fail("invalid syntax", name.span);
                    }
                    rest = Some(name.name);
                    return Ok(());
                }
                let key = match b.sees(Rule::name_pattern) {
                    true => b.inside(|b, _| b.dotted_value())?,
                    false => b.literal_pattern()?,
                };
                if let ExprKind::Name(_) = key.kind {
                    return fail("invalid syntax", key.span);
                }
                b.accept(Rule::colon);
                keys.push(key);
                patterns.push(b.plain_pattern()?);
                Ok(())
            })?;
            self.accept(Rule::comma);
        }
        if let Some(twice) = repeated_key(&keys) {
            let text = self.source(twice.span).to_string();
            return fail(
                format!("mapping pattern checks duplicate key ({text})"),
                twice.span,
            );
        }
        Ok(PatternKind::MatchMapping {
            keys,
            patterns,
            rest,
        })
    }
}

/// A literal that is a key twice.
fn repeated_key(keys: &[Expr]) -> Option<&Expr> {
    let literal = |key: &Expr| matches!(key.kind, ExprKind::Constant(_));
    let twice =
        |(i, key): &(usize, &Expr)| literal(key) && keys[..*i].iter().any(|k| k.kind == key.kind);
    keys.iter().enumerate().find(twice).map(|(_, key)| key)
}

fn is_singleton(value: &Expr) -> bool {
    matches!(describe(value), "None" | "True" | "False")
}
