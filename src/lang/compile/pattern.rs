//! `match` statements. Names are bound once the whole pattern has matched.

use super::unit::{Label, Result, Unit};
use crate::base::span::Span;
use crate::lang::object::code::{CmpOp, Op, Reg, Site};
use crate::lang::object::intern;
use crate::lang::syntax::ast::{Expr, MatchCase, Name, Pattern, PatternKind};

/// What a pattern has captured: names with the registers that hold their values.
type Captures = Vec<(Name, Reg)>;

impl<'a> Unit<'a> {
    pub(super) fn match_(&mut self, subject: &'a Expr, cases: &'a [MatchCase]) -> Result {
        let mark = self.mark();
        let value = self.temp();
        self.expr_to(subject, value)?;
        let mut end = Label::default();
        let before = self.bound.clone();
        let mut after: Option<Vec<bool>> = None;
        for (i, case) in cases.iter().enumerate() {
            if i + 1 < cases.len() && case.guard.is_none() {
                self.refuse_irrefutable(&case.pattern)?;
            }
            let mut next = Label::default();
            let case_mark = self.mark();
            self.bound = before.clone();
            let mut captures = Captures::new();
            self.pattern(&case.pattern, value, &mut captures, &mut next)?;
            for (name, reg) in captures {
                self.store_name(&name, reg);
            }
            if let Some(guard) = &case.guard {
                self.jump_unless(guard, &mut next)?;
            }
            self.clear_temps(case_mark);
            self.body(&case.body)?;
            self.jump_to(&mut end);
            self.place(&mut next);
            self.release(case_mark);
            match &mut after {
                None => after = Some(self.bound.clone()),
                Some(after) => after
                    .iter_mut()
                    .zip(&self.bound)
                    .for_each(|(a, b)| *a &= *b),
            }
        }
        self.place(&mut end);
        self.bound = before;
        self.emit(Op::Unbind { reg: value });
        self.release(mark);
        Ok(())
    }

    fn refuse_irrefutable(&self, pattern: &Pattern) -> Result {
        match &pattern.kind {
            PatternKind::MatchAs {
                pattern: None,
                name: Some(name),
            } => {
                let message = format!("name capture '{name}' makes remaining patterns unreachable");
                self.error(message, pattern.span)
            }
            PatternKind::MatchAs {
                pattern: None,
                name: None,
            } => self.error(
                "wildcard makes remaining patterns unreachable",
                pattern.span,
            ),
            PatternKind::MatchAs {
                pattern: Some(inner),
                ..
            } => self.refuse_irrefutable(inner),
            PatternKind::MatchOr(items) => items
                .last()
                .map_or(Ok(()), |last| self.refuse_irrefutable(last)),
            _ => Ok(()),
        }
    }

    /// Jumps to `fail` unless the value matches.
    fn pattern(
        &mut self,
        pattern: &'a Pattern,
        value: Reg,
        captures: &mut Captures,
        fail: &mut Label,
    ) -> Result {
        let before = std::mem::replace(&mut self.at, pattern.span);
        let result = self.pattern_kind(pattern, value, captures, fail);
        self.at = before;
        result
    }

    fn pattern_kind(
        &mut self,
        pattern: &'a Pattern,
        value: Reg,
        captures: &mut Captures,
        fail: &mut Label,
    ) -> Result {
        match &pattern.kind {
            PatternKind::MatchValue(expr) => {
                let b = self.expr_any(expr)?;
                self.emit(Op::SkipIf {
                    op: CmpOp::Eq,
                    a: value,
                    b,
                });
                self.jump_to(fail);
            }
            PatternKind::MatchSingleton(constant) => {
                let b = self.temp();
                self.constant(constant, b);
                self.emit(Op::SkipIf {
                    op: CmpOp::Is,
                    a: value,
                    b,
                });
                self.jump_to(fail);
            }
            PatternKind::MatchSequence(items) => {
                self.sequence(items, value, captures, fail, pattern.span)?
            }
            PatternKind::MatchMapping {
                keys,
                patterns,
                rest,
            } => {
                self.mapping(keys, patterns, rest.as_ref(), value, captures, fail)?;
            }
            PatternKind::MatchClass {
                cls,
                patterns,
                kwd_attrs,
                kwd_patterns,
            } => {
                let base = self.temps(2);
                self.emit(Op::Move {
                    dst: base,
                    src: value,
                });
                self.expr_to(cls, base + 1)?;
                let names = kwd_attrs.iter().map(|name| intern(name)).collect();
                let site = self.add_site(Site::keywords(None, names));
                let found = self.temp();
                self.emit(Op::MatchClass {
                    count: patterns.len().min(255) as u8,
                    dst: found,
                    base,
                    site,
                });
                self.parts(
                    found,
                    patterns.iter().chain(kwd_patterns).collect(),
                    captures,
                    fail,
                )?;
            }
            PatternKind::MatchStar(_) => {
                return self.error("star pattern outside a sequence", pattern.span);
            }
            PatternKind::MatchAs {
                pattern: inner,
                name,
            } => {
                if let Some(inner) = inner {
                    self.pattern(inner, value, captures, fail)?;
                }
                if let Some(name) = name {
                    self.capture_value(name, value, captures, pattern.span)?;
                }
            }
            PatternKind::MatchOr(items) => {
                self.alternatives(items, value, captures, fail, pattern.span)?
            }
        }
        Ok(())
    }

    fn capture_value(
        &mut self,
        name: &Name,
        value: Reg,
        captures: &mut Captures,
        span: Span,
    ) -> Result {
        if captures.iter().any(|(known, _)| known == name) {
            return self.error(
                format!("multiple assignments to name '{name}' in pattern"),
                span,
            );
        }
        let reg = self.temp();
        self.emit(Op::Move {
            dst: reg,
            src: value,
        });
        captures.push((name.clone(), reg));
        Ok(())
    }

    fn sequence(
        &mut self,
        items: &'a [Pattern],
        value: Reg,
        captures: &mut Captures,
        fail: &mut Label,
        span: Span,
    ) -> Result {
        let test = self.temp();
        self.emit(Op::IsSequence {
            dst: test,
            src: value,
        });
        self.jump(|target| Op::JumpIfNot { cond: test, target }, fail);
        let is_star = |item: &Pattern| matches!(item.kind, PatternKind::MatchStar(_));
        let star = items.iter().position(is_star);
        if items.iter().filter(|item| is_star(item)).count() > 1 {
            return self.error("multiple starred expressions in sequence pattern", span);
        }
        self.emit(Op::Len {
            dst: test,
            src: value,
        });
        let (op, least) = match star {
            None => (CmpOp::Eq, items.len()),
            Some(_) => (CmpOp::Ge, items.len() - 1),
        };
        self.emit(Op::SkipIfInt {
            op,
            a: test,
            value: least as i16,
        });
        self.jump_to(fail);
        let base = self.temps(items.len());
        match star {
            None => {
                _ = self.emit(Op::Unpack {
                    src: value,
                    base,
                    count: items.len() as u16,
                })
            }
            Some(at) => {
                let (before, after) = (at as u8, (items.len() - at - 1) as u8);
                self.emit(Op::UnpackStar {
                    before,
                    after,
                    src: value,
                    base,
                });
            }
        }
        for (i, item) in items.iter().enumerate() {
            let reg = base + i as Reg;
            match &item.kind {
                PatternKind::MatchStar(Some(name)) => {
                    self.capture_value(name, reg, captures, item.span)?
                }
                PatternKind::MatchStar(None) => {}
                _ => self.pattern(item, reg, captures, fail)?,
            }
        }
        Ok(())
    }

    fn mapping(
        &mut self,
        keys: &'a [Expr],
        patterns: &'a [Pattern],
        rest: Option<&'a Name>,
        value: Reg,
        captures: &mut Captures,
        fail: &mut Label,
    ) -> Result {
        let test = self.temp();
        self.emit(Op::IsMapping {
            dst: test,
            src: value,
        });
        self.jump(|target| Op::JumpIfNot { cond: test, target }, fail);
        let base = self.in_a_row(keys)?;
        let wanted = self.temp();
        self.emit(Op::BuildTuple {
            dst: wanted,
            base,
            count: keys.len() as u16,
        });
        let found = self.temp();
        self.emit(Op::MatchKeys {
            dst: found,
            src: value,
            keys: wanted,
        });
        self.parts(found, patterns.iter().collect(), captures, fail)?;
        if let Some(name) = rest {
            let others = self.temp();
            self.emit(Op::DictWithout {
                dst: others,
                src: value,
                keys: wanted,
            });
            self.capture_value(name, others, captures, self.at)?;
        }
        Ok(())
    }

    /// Matches the parts of a tuple in `found`, which is None if the whole does not match.
    fn parts(
        &mut self,
        found: Reg,
        patterns: Vec<&'a Pattern>,
        captures: &mut Captures,
        fail: &mut Label,
    ) -> Result {
        let none = self.temp();
        self.emit(Op::None { dst: none });
        self.emit(Op::SkipIf {
            op: CmpOp::IsNot,
            a: found,
            b: none,
        });
        self.jump_to(fail);
        let base = self.temps(patterns.len());
        self.emit(Op::Unpack {
            src: found,
            base,
            count: patterns.len() as u16,
        });
        for (i, pattern) in patterns.into_iter().enumerate() {
            self.pattern(pattern, base + i as Reg, captures, fail)?;
        }
        Ok(())
    }

    fn alternatives(
        &mut self,
        items: &'a [Pattern],
        value: Reg,
        captures: &mut Captures,
        fail: &mut Label,
        span: Span,
    ) -> Result {
        let mut matched = Label::default();
        let mut first: Option<Captures> = None;
        for (i, item) in items.iter().enumerate() {
            if i + 1 < items.len() {
                self.refuse_irrefutable(item)?;
            }
            let mut next = Label::default();
            let mut own = Captures::new();
            self.pattern(item, value, &mut own, &mut next)?;
            match &first {
                None => first = Some(own),
                Some(first) => {
                    let same = own.len() == first.len()
                        && own.iter().all(|(n, _)| first.iter().any(|(m, _)| m == n));
                    if !same {
                        return self.error("alternative patterns bind different names", span);
                    }
                    for (name, src) in own {
                        let known = first
                            .iter()
                            .find(|(known, _)| *known == name)
                            .map(|(_, reg)| *reg);
                        let dst = known.unwrap_or(src);
                        self.emit(Op::Move { dst, src });
                    }
                }
            }
            self.jump_to(&mut matched);
            self.place(&mut next);
        }
        self.jump_to(fail);
        self.place(&mut matched);
        for (name, reg) in first.unwrap_or_default() {
            if captures.iter().any(|(known, _)| *known == name) {
                return self.error(
                    format!("multiple assignments to name '{name}' in pattern"),
                    span,
                );
            }
            captures.push((name, reg));
        }
        Ok(())
    }
}
