//! Finds CPython's words for a text that the grammar refuses.

use super::error::{ErrorKind, SyntaxError};
use super::layout::{DEDENT, Fault, INDENT, Layout};
use super::parse::{Builder, Grammar, MISSING_HANDLER, Rule, bad_number, collect};
use crate::base::span::Span;
use pest::Parser;
use pest::error::InputLocation;

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

/// A token of the marked text; marks are tokens, blanks are not. The last one is empty, at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Token {
    kind: Kind,
    start: usize,
    end: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Word,
    Number,
    Text,
    Open,
    Close,
    Punctuation,
    Mark,
}

fn tokens(text: &str) -> Vec<Token> {
    let bytes = text.as_bytes();
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        let digit = |i: usize| bytes.get(i).is_some_and(u8::is_ascii_digit);
        let kind = match bytes[at] {
            b' ' => {
                at += 1;
                continue;
            }
            b'\n' | INDENT | DEDENT => (Kind::Mark, 1),
            b'(' | b'[' | b'{' => (Kind::Open, 1),
            b')' | b']' | b'}' => (Kind::Close, 1),
            b'"' | b'\'' => (Kind::Text, string_length(&bytes[at..])),
            b'0'..=b'9' => (Kind::Number, number_length(&text[at..])),
            b'.' if digit(at + 1) => (Kind::Number, number_length(&text[at..])),
            b if is_word(b) => {
                let length = bytes[at..].iter().take_while(|&&b| is_word(b)).count();
                match bytes.get(at + length) {
                    Some(b'"' | b'\'') if is_prefix(&bytes[at..at + length]) => {
                        (Kind::Text, length + string_length(&bytes[at + length..]))
                    }
                    _ => (Kind::Word, length),
                }
            }
            _ => (Kind::Punctuation, operator_length(&bytes[at..])),
        };
        at = (start + kind.1).min(bytes.len());
        tokens.push(Token {
            kind: kind.0,
            start,
            end: at,
        });
    }
    tokens.push(Token {
        kind: Kind::Mark,
        start: at,
        end: at,
    });
    tokens
}

fn is_word(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'_' || b >= 0x80
}

fn is_prefix(word: &[u8]) -> bool {
    word.len() <= 2 && word.iter().all(|b| b"rRbBfFuU".contains(b))
}

fn string_length(bytes: &[u8]) -> usize {
    let width = if bytes.len() >= 6 && bytes.starts_with(&[bytes[0]; 3]) {
        3
    } else {
        1
    };
    let mut at = width;
    while at < bytes.len() {
        if bytes[at..].starts_with(&[bytes[0]; 3][..width]) {
            return at + width;
        }
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    bytes.len()
}

fn number_length(text: &str) -> usize {
    match Grammar::parse(Rule::number, text) {
        Ok(pairs) => pairs.as_str().len().max(1),
        Err(_) => 1,
    }
}

fn operator_length(bytes: &[u8]) -> usize {
    let longer: [&[u8]; 24] = [
        b"**=", b"//=", b">>=", b"<<=", b"...", b"**", b"//", b">>", b"<<", b"<=", b">=", b"==",
        b"!=", b"->", b"+=", b"-=", b"*=", b"/=", b"%=", b"&=", b"|=", b"^=", b"@=", b":=",
    ];
    longer
        .iter()
        .find(|op| bytes.starts_with(op))
        .map_or(1, |op| op.len())
}

const KEYWORDS: [&str; 35] = [
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue",
    "def", "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import",
    "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while",
    "with", "yield",
];

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

    fn specific(&self) -> Option<SyntaxError> {
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
