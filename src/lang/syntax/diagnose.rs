//! Finds CPython's words for a text that the grammar refuses.

use super::error::SyntaxError;
use super::layout::Layout;
use super::parse::{Grammar, Rule};
use crate::base::span::Span;
use pest::Parser;

/// The error of a marked text that does not follow the rule.
pub(super) fn explain(rule: Rule, text: &str, layout: &Layout) -> SyntaxError {
    let at = furthest(rule, &layout.text);
    let start = layout.source_position(at);
    let _ = text;
    SyntaxError::new("invalid syntax", Span::new(start, start + 1))
}

/// The furthest position at which a token was expected in vain.
fn furthest(rule: Rule, text: &str) -> usize {
    pest::set_error_detail(true);
    let result = Grammar::parse(rule, text);
    pest::set_error_detail(false);
    match result {
        Err(error) => error.parse_attempts().map_or(0, |a| a.max_position),
        Ok(_) => text.len(),
    }
}
