//! The mistakes that have words of their own.

use super::super::error::{ErrorKind, SyntaxError};
use super::super::parse::{Grammar, Rule, bad_number};
use super::View;
use super::token::Kind;
use crate::base::span::Span;
use pest::Parser;

impl View<'_> {
    pub(super) fn specific(&self) -> Option<SyntaxError> {
        self.bad_number()
            .or_else(|| self.missing_parentheses())
            .or_else(|| self.missing_else())
            .or_else(|| self.forgotten_comma())
            .or_else(|| self.comprehension_target())
            .or_else(|| self.missing_dict_value())
            .or_else(|| self.parenthesized_parameters())
            .or_else(|| self.missing_block())
            .or_else(|| self.missing_colon())
    }

    fn bad_number(&self) -> Option<SyntaxError> {
        let numbers =
            (self.index.saturating_sub(2)..=self.index).filter(|&i| self.kind(i) == Kind::Number);
        for number in numbers {
            if let Some((message, length)) =
                bad_number(&self.layout.text[self.tokens[number].start..])
            {
                let start = self.layout.source_position(self.tokens[number].start);
                let at = start + length.saturating_sub(1);
                return Some(SyntaxError::new(message, Span::new(at, at)));
            }
        }
        None
    }

    /// `print x`
    fn missing_parentheses(&self) -> Option<SyntaxError> {
        let first = self.index.checked_sub(1)?;
        let name = self.text(first);
        if !matches!(name, "print" | "exec") || !self.starts_statement(first) {
            return None;
        }
        let last = self.parse_ahead(Rule::exprs_ahead, self.index)?;
        self.error(
            format!("Missing parentheses in call to '{name}'. Did you mean {name}(...)?"),
            first,
            last,
        )
    }

    /// Whether a statement can start at the token.
    fn starts_statement(&self, index: usize) -> bool {
        let Some(before) = index.checked_sub(1) else {
            return true;
        };
        self.kind(before) == Kind::Mark
            || matches!(self.text(before), ";" | ":") && self.bracket(index).is_none()
    }

    /// The last token of what the rule matches from some token on.
    fn parse_ahead(&self, rule: Rule, from: usize) -> Option<usize> {
        let start = self.tokens[from].start;
        let pairs = Grammar::parse(rule, &self.layout.text[start..]).ok()?;
        let end = start + pairs.as_str().trim_end_matches(' ').len();
        if end == start {
            return None;
        }
        self.tokens
            .iter()
            .rposition(|t| t.end <= end && t.start < end)
    }

    /// Whether an expression can end with the token.
    fn ends_expression(&self, index: usize) -> bool {
        match self.kind(index) {
            Kind::Number | Kind::Text | Kind::Close => true,
            Kind::Word => {
                !self.is_keyword(index) || matches!(self.text(index), "None" | "True" | "False")
            }
            Kind::Punctuation => self.text(index) == "...",
            Kind::Open | Kind::Mark => false,
        }
    }

    /// The first token of the operators that end with the token `last`.
    fn operation_start(&self, last: usize) -> usize {
        let mut start = self.opening(last);
        while let Some(before) = start.checked_sub(1) {
            let text = self.text(before);
            let joins = match self.kind(before) {
                Kind::Number | Kind::Text | Kind::Close => true,
                Kind::Word => {
                    !self.is_keyword(before)
                        || matches!(
                            text,
                            "None" | "True" | "False" | "and" | "or" | "not" | "in" | "is"
                        )
                }
                Kind::Punctuation => {
                    !matches!(text, "," | ":" | "=" | ":=" | ";" | "->") && !is_augmented(text)
                }
                Kind::Open | Kind::Mark => false,
            };
            if !joins {
                break;
            }
            start = self.opening(before);
        }
        // A star before arguments is no operator.
        while start < last && matches!(self.text(start), "*" | "**") {
            start += 1;
        }
        start
    }

    fn forgotten_comma(&self) -> Option<SyntaxError> {
        if self.bracket(self.index).is_none() && !self.field {
            return None;
        }
        let mut before = self.index.checked_sub(1)?;
        let mut next = self.index;
        if self.text(before) == "not" && before > 0 {
            (before, next) = (before - 1, before);
        }
        if !self.ends_expression(before) {
            return None;
        }
        if self.kind(before) == Kind::Word
            && self.kind(self.index) == Kind::Text
            && !self.is_keyword(before)
        {
            return None;
        }
        let first = self.operation_start(before);
        if first == before && matches!(self.text(first), "print" | "exec" | "match" | "case" | "_")
        {
            return None;
        }
        // Only an expression of its own, not an operand of `in` or `if` in a comprehension.
        if let Some(i) = first.checked_sub(1)
            && matches!(self.text(i), "if" | "for" | "in")
            && self.kind(i) == Kind::Word
        {
            return None;
        }
        if self.in_comprehension(before, first) || self.in_parameters() {
            return None;
        }
        let last = self.parse_ahead(Rule::expr_ahead, next)?;
        self.error("invalid syntax. Perhaps you forgot a comma?", first, last)
    }

    /// Whether the operators found go back over the `in` of a comprehension.
    fn in_comprehension(&self, last: usize, first: usize) -> bool {
        first
            .checked_sub(1)
            .is_some_and(|i| self.text(i) == "for" && last > first)
    }

    fn in_parameters(&self) -> bool {
        let Some(open) = self.bracket(self.index) else {
            return false;
        };
        open >= 2 && self.text(open - 2) == "def"
    }

    /// `a if b` without `else`
    fn missing_else(&self) -> Option<SyntaxError> {
        let before = self.index.checked_sub(1)?;
        if !self.ends_expression(before) || matches!(self.text(self.index), "else" | ":") {
            return None;
        }
        let condition = self.operation_start(before);
        let if_ = condition
            .checked_sub(1)
            .filter(|&i| self.text(i) == "if" && self.kind(i) == Kind::Word)?;
        let body_end = if_.checked_sub(1)?;
        if !self.ends_expression(body_end) || self.starts_statement(if_) {
            return None;
        }
        let first = self.operation_start(body_end);
        let comprehension = first
            .checked_sub(1)
            .is_some_and(|i| matches!(self.text(i), "for" | "if" | "case"));
        if comprehension || self.text(self.line()) == "case" {
            return None;
        }
        self.error("expected 'else' after 'if' expression", first, before)
    }

    /// `[a, b for ...]`
    fn comprehension_target(&self) -> Option<SyntaxError> {
        let open = self.bracket(self.index)?;
        if self.text(self.index) != "for" || self.text(open) == "(" {
            return None;
        }
        let mut depth = 0usize;
        let mut comma = false;
        for i in open + 1..self.index {
            match self.kind(i) {
                Kind::Open => depth += 1,
                Kind::Close => depth = depth.saturating_sub(1),
                Kind::Punctuation if depth == 0 && self.text(i) == "," => comma = true,
                Kind::Punctuation if depth == 0 && self.text(i) == ":" => return None,
                _ => {}
            }
        }
        if !comma {
            return None;
        }
        self.error(
            "did you forget parentheses around the comprehension target?",
            open + 1,
            self.index - 1,
        )
    }

    /// `{a: }`
    fn missing_dict_value(&self) -> Option<SyntaxError> {
        let open = self.bracket(self.index)?;
        let colon = self.index.checked_sub(1)?;
        if self.text(open) != "{"
            || self.text(colon) != ":"
            || !matches!(self.text(self.index), "}" | ",")
        {
            return None;
        }
        self.error(
            "expression expected after dictionary key and ':'",
            colon,
            colon,
        )
    }

    fn parenthesized_parameters(&self) -> Option<SyntaxError> {
        if self.text(self.index) != "(" {
            return None;
        }
        let what = match self.bracket(self.index) {
            Some(open) if open >= 2 && self.text(open - 2) == "def" => "Function",
            _ => {
                let lambda = (self.line()..self.index)
                    .rev()
                    .find(|&i| matches!(self.text(i), "lambda" | ":"))?;
                if self.text(lambda) == "lambda" {
                    "Lambda expression"
                } else {
                    return None;
                }
            }
        };
        let close = (self.index..self.tokens.len()).find(|&i| self.kind(i) == Kind::Close)?;
        self.error(
            format!("{what} parameters cannot be parenthesized"),
            self.index,
            close,
        )
    }

    /// A header whose block is missing within a line.
    fn missing_block(&self) -> Option<SyntaxError> {
        let fault = self.layout.error.as_ref()?;
        let here = self.index.checked_sub(1)?;
        let ends = self.kind(here) == Kind::Mark && fault.error.kind == ErrorKind::Indentation;
        (ends && self.layout.text.len() <= self.tokens[self.index].start)
            .then(|| fault.error.clone())
    }

    /// A header that would be right with a colon where the unexpected token stands.
    fn missing_colon(&self) -> Option<SyntaxError> {
        if self.bracket(self.index).is_some() {
            return None;
        }
        let first = self.statement();
        let word = self.text(first);
        let always = match word {
            "else" | "try" | "finally" | "def" => true,
            "if" | "elif" | "while" | "for" | "with" | "class" | "except" | "match" | "case" => {
                false
            }
            _ => return None,
        };
        if word == "def" && self.index == first + 2 && self.kind(first + 1) == Kind::Word {
            return self.error("expected '('", self.index, self.index);
        }
        if !always && self.text(self.index) != "\n" {
            return None;
        }
        let header = &self.layout.text[self.tokens[first].start..self.tokens[self.index].start];
        let header = header.trim_end_matches(' ');
        let text = match word {
            "elif" | "else" => format!("if 1:pass\n{header}:pass\n"),
            "except" | "finally" => format!("try:pass\n{header}:pass\n"),
            "match" => format!("{header}:\n\u{1}case _:pass\n\u{2}"),
            "case" => format!("match x:\n\u{1}{header}:pass\n\u{2}"),
            _ => format!("{header}:pass\n"),
        };
        Grammar::parse(Rule::module, &text).ok()?;
        self.error("expected ':'", self.index, self.index)
    }
}

fn is_augmented(text: &str) -> bool {
    text.len() > 1 && text.ends_with('=') && !matches!(text, "==" | "!=" | "<=" | ">=")
}
