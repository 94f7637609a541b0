//! Patterns of `match`.

use super::Name;
use super::expr::{Constant, Expr};
use crate::base::span::Span;

/// A pattern and its place.
#[derive(Debug, PartialEq)]
pub struct Pattern {
    /// What it is.
    pub kind: PatternKind,
    /// Its place.
    pub span: Span,
}

/// What a pattern is.
#[derive(Debug, PartialEq)]
pub enum PatternKind {
    /// A number, string or dotted name, compared with `==`.
    MatchValue(Box<Expr>),
    /// `None`, `True` or `False`, compared with `is`.
    MatchSingleton(Constant),
    /// `[a, *rest]`
    MatchSequence(Vec<Pattern>),
    /// `{key: pattern, **rest}`
    MatchMapping {
        /// The keys: values as in `MatchValue`, or singletons.
        keys: Vec<Expr>,
        /// One pattern for each key.
        patterns: Vec<Pattern>,
        /// The name after `**`.
        rest: Option<Name>,
    },
    /// `cls(patterns, name=pattern)`
    MatchClass {
        /// The class.
        cls: Box<Expr>,
        /// Patterns by position.
        patterns: Vec<Pattern>,
        /// Attribute names.
        kwd_attrs: Vec<Name>,
        /// One pattern for each attribute.
        kwd_patterns: Vec<Pattern>,
    },
    /// `*name` or `*_` in a sequence.
    MatchStar(Option<Name>),
    /// `pattern as name`, `name` (no pattern), `_` (neither).
    MatchAs {
        /// The pattern before `as`.
        pattern: Option<Box<Pattern>>,
        /// The name.
        name: Option<Name>,
    },
    /// `a | b`
    MatchOr(Vec<Pattern>),
}
