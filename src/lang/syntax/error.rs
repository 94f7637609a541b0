//! What the parser has to say against a text, in CPython's words.

use crate::base::span::Span;

/// Which exception a syntax error is raised as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// `SyntaxError`
    Syntax,
    /// `IndentationError`
    Indentation,
    /// `TabError`
    Tab,
    /// `RecursionError`: nested too deeply to be compiled.
    Recursion,
}

/// A text that is no program.
#[derive(Clone, Debug, PartialEq)]
pub struct SyntaxError {
    /// CPython's message.
    pub message: String,
    /// The tokens it is about.
    pub span: Span,
    /// Which exception it is.
    pub kind: ErrorKind,
}

impl SyntaxError {
    /// A plain `SyntaxError`.
    pub fn new(message: impl Into<String>, span: Span) -> SyntaxError {
        SyntaxError {
            message: message.into(),
            span,
            kind: ErrorKind::Syntax,
        }
    }

    /// Nested too deeply.
    pub fn too_deep(span: Span) -> SyntaxError {
        let message = "maximum recursion depth exceeded during compilation".to_string();
        SyntaxError {
            message,
            span,
            kind: ErrorKind::Recursion,
        }
    }

    /// The name of the exception's class.
    pub fn class_name(&self) -> &'static str {
        match self.kind {
            ErrorKind::Syntax => "SyntaxError",
            ErrorKind::Indentation => "IndentationError",
            ErrorKind::Tab => "TabError",
            ErrorKind::Recursion => "RecursionError",
        }
    }
}

/// Results within the parser; the error is boxed because it is rare.
pub(super) type Parse<T> = Result<T, Box<SyntaxError>>;

/// A boxed plain `SyntaxError`.
pub(super) fn fail<T>(message: impl Into<String>, span: Span) -> Parse<T> {
    Err(Box::new(SyntaxError::new(message, span)))
}
