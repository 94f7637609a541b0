//! Finds CPython's words for a text that the grammar refuses.

mod rule;
mod token;

use super::error::SyntaxError;
use super::layout::{DEDENT, Fault, INDENT, Layout};
use super::parse::{Builder, Grammar, MISSING_HANDLER, Rule, collect};
use crate::base::span::Span;
use pest::Parser;
use pest::error::InputLocation;
use token::{KEYWORDS, Kind, Token, is_prefix, tokens};

/// The error of a marked text that does not follow the rule.
pub(super) fn explain(rule: Rule, source: &str, layout: &Layout) -> SyntaxError {
    let tokens = tokens(&layout.text);
    let (rules, tried) = furthest(rule, &layout.text);
    let mut at = tried;
    if layout.text.as_bytes().get(at) == Some(&b' ') {
        at += 1;
    }
    let mut index = tokens.iter().rposition(|t| t.start <= at).unwrap_or(0);
    let field = rule == Rule::field_input;
    let mut view = View {
        source,
        layout,
        tokens: &tokens,
        index,
        field,
    };
    if let Some(before) = index.checked_sub(1)
        && tokens[before].end == tried
        && rules <= tokens[before].start
        && (view.is_keyword(before)
            || view.kind(before) == Kind::Word && is_prefix(view.text(before).as_bytes()))
    {
        // Looking for a keyword or a string's prefix was the only progress: it is the word that was not expected.
        index = before;
        view.index = index;
    }
    if let Some(fault) = &layout.error
        && index + 1 == tokens.len()
    {
        return fault.error.clone();
    }
    if rule == Rule::module
        && let Some(error) = view.error_before()
    {
        return error;
    }
    let generic = view.generic();
    match &layout.error {
        Some(fault)
            if fault.kind == Fault::OpenBracket
                && view.lines_between(fault.error.span, generic.span) =>
        {
            fault.error.clone()
        }
        _ => view.specific().unwrap_or(generic),
    }
}

/// The furthest positions at which a rule and a token were expected in vain.
fn furthest(rule: Rule, text: &str) -> (usize, usize) {
    pest::set_error_detail(true);
    let result = Grammar::parse(rule, text);
    pest::set_error_detail(false);
    match result {
        Err(error) => {
            let rules = match error.location {
                InputLocation::Pos(at) | InputLocation::Span((at, _)) => at,
            };
            (rules, error.parse_attempts().map_or(0, |a| a.max_position))
        }
        Ok(_) => (text.len(), text.len()),
    }
}

/// A text, its tokens, and the token that was not expected.
struct View<'a> {
    source: &'a str,
    layout: &'a Layout,
    tokens: &'a [Token],
    index: usize,
    /// The text is the field of an f-string.
    field: bool,
}

impl View<'_> {
    fn text(&self, index: usize) -> &str {
        let token = self.tokens[index];
        &self.layout.text[token.start..token.end]
    }

    fn kind(&self, index: usize) -> Kind {
        self.tokens[index].kind
    }

    fn is_keyword(&self, index: usize) -> bool {
        self.kind(index) == Kind::Word && KEYWORDS.contains(&self.text(index))
    }

    /// The source span from one token to another.
    fn span(&self, first: usize, last: usize) -> Span {
        let start = self.layout.source_position(self.tokens[first].start);
        let end = self.tokens[last].end;
        let end = if end > self.tokens[last].start {
            self.layout.source_position(end - 1) + 1
        } else {
            start
        };
        Span::new(start, end.max(start))
    }

    fn error(&self, message: impl Into<String>, first: usize, last: usize) -> Option<SyntaxError> {
        Some(SyntaxError::new(message, self.span(first, last)))
    }

    fn lines_between(&self, first: Span, second: Span) -> bool {
        first.start < second.start
            && self.source[first.start as usize..second.start as usize].contains(['\n', '\r'])
    }

    /// The first token of the statement that holds the unexpected one: after a mark, or `;`, or a header's colon.
    fn statement(&self) -> usize {
        let mut depth = 0usize;
        for i in (0..self.index).rev() {
            match self.kind(i) {
                Kind::Close => depth += 1,
                Kind::Open => depth = depth.saturating_sub(1),
                Kind::Mark => return i + 1,
                Kind::Punctuation if depth == 0 && self.text(i) == ";" => return i + 1,
                _ => {}
            }
        }
        0
    }

    /// The first token of the logical line.
    fn line(&self) -> usize {
        (0..self.index)
            .rev()
            .find(|&i| self.kind(i) == Kind::Mark)
            .map_or(0, |i| i + 1)
    }

    /// The bracket that is open where the token stands.
    fn bracket(&self, index: usize) -> Option<usize> {
        let mut depth = 0usize;
        for i in (0..index).rev() {
            match self.kind(i) {
                Kind::Close => depth += 1,
                Kind::Open if depth == 0 => return Some(i),
                Kind::Open => depth -= 1,
                Kind::Mark => return None,
                _ => {}
            }
        }
        None
    }

    /// The token that `index` closes a bracket for, or itself.
    fn opening(&self, index: usize) -> usize {
        if self.kind(index) != Kind::Close {
            index
        } else {
            self.bracket(index).unwrap_or(index)
        }
    }

    /// An error that the builder finds in the lines before the one with the unexpected token.
    fn error_before(&self) -> Option<SyntaxError> {
        let line = self.line();
        let mut text = self.layout.text[..self.tokens[line].start].to_string();
        if text.ends_with(INDENT as char) {
            text.push_str("pass\n");
        }
        let depth = text.bytes().filter(|&b| b == INDENT).count() as isize;
        let closed = text.bytes().filter(|&b| b == DEDENT).count() as isize;
        // A string may hold the marks' characters; then the text does not parse, and nothing is found.
        text.extend(std::iter::repeat_n(
            DEDENT as char,
            (depth - closed).max(0) as usize,
        ));
        let pairs = Grammar::parse(Rule::module, &text).ok()?;
        let layout = self.layout.with_text(text.clone());
        let error = Builder::new(self.source, collect(pairs, &layout))
            .module()
            .err()?;
        // The `except` may be what the line with the unexpected token is.
        (error.message != MISSING_HANDLER).then_some(*error)
    }

    fn generic(&self) -> SyntaxError {
        SyntaxError::new("invalid syntax", self.span(self.index, self.index))
    }
}
