//! `_literal`: the values of literals in text, for `ast.literal_eval`. Nothing of the text is run.

mod number;
mod text;

use super::define::def;
use crate::lang::object::code::{BinOp, UnaryOp};
use crate::lang::object::{
    Caller, Complex, Dict, Exc, ModuleSpec, Raised, Result, Value, protocol, type_error,
    value_error,
};

/// `_literal`
pub(super) static LITERAL: ModuleSpec = ModuleSpec {
    name: "_literal",
    doc: "The values of literals in text.",
    functions: &[def(
        "literal_eval(text, /)",
        "The value of a literal.",
        |caller, args| {
            let Some(text) = args[0].as_str() else {
                return Err(type_error("a string is required"));
            };
            let text = text.trim_start_matches([' ', '\t']);
            let mut reader = Reader {
                text,
                at: 0,
                depth: 0,
            };
            reader.blanks(false);
            let value = reader.items(caller)?;
            reader.blanks(true);
            if reader.at < text.len() {
                return Err(reader.unexpected());
            }
            Ok(value)
        },
    )],
    setup: |_, _| Ok(()),
};

struct Reader<'t> {
    text: &'t str,
    at: usize,
    /// Open brackets: inside them, line breaks are blanks.
    depth: usize,
}

fn syntax_error(message: &str) -> Raised {
    Raised::new(Exc::SyntaxError, message)
}

fn malformed(what: &str) -> Raised {
    value_error(format!("malformed node or string on line 1: {what}"))
}

impl<'t> Reader<'t> {
    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    /// Skips blanks and comments, and inside brackets (or at the end) line breaks.
    fn blanks(&mut self, lines: bool) {
        while let Some(c) = self.peek() {
            match c {
                ' ' | '\t' | '\u{c}' => self.at += 1,
                '\n' | '\r' if lines || self.depth > 0 => self.at += 1,
                '\\' if self.text[self.at..].starts_with("\\\n") => self.at += 2,
                '#' => {
                    let rest = &self.text[self.at..];
                    self.at += rest.find('\n').unwrap_or(rest.len());
                }
                _ => return,
            }
        }
    }

    fn eat(&mut self, sign: char) -> bool {
        self.blanks(false);
        let found = self.peek() == Some(sign);
        if found {
            self.at += sign.len_utf8();
        }
        found
    }

    /// What cannot be read: a name or operator is no literal, anything else no expression.
    fn unexpected(&self) -> Raised {
        match self.peek() {
            Some(c) if c.is_alphabetic() || c == '_' => malformed("<ast.Name object>"),
            Some('.' | '[' | '(' | '*' | '/' | '%' | '<' | '>' | '=' | '&' | '|' | '^') => {
                malformed("<ast.Call object>")
            }
            None => syntax_error("invalid syntax"),
            Some(_) => syntax_error("invalid syntax"),
        }
    }

    /// A value, or several with commas between them as a tuple.
    fn items(&mut self, caller: &mut dyn Caller) -> Result<Value> {
        let first = self.value(caller)?;
        if !self.eat(',') {
            return Ok(first);
        }
        let mut items = vec![first];
        loop {
            self.blanks(false);
            if matches!(self.peek(), None | Some(')' | '\n')) {
                return Ok(Value::tuple(items));
            }
            items.push(self.value(caller)?);
            if !self.eat(',') {
                return Ok(Value::tuple(items));
            }
        }
    }

    /// A value, or the sum of a real and an imaginary number.
    fn value(&mut self, caller: &mut dyn Caller) -> Result<Value> {
        caller.enter_native()?;
        let result = self.sum(caller);
        caller.leave_native();
        result
    }

    fn sum(&mut self, caller: &mut dyn Caller) -> Result<Value> {
        let left = self.signed(caller)?;
        self.blanks(false);
        let op = match self.peek() {
            Some('+') => BinOp::Add,
            Some('-') => BinOp::Sub,
            _ => return Ok(left),
        };
        self.at += 1;
        let right = self.signed(caller)?;
        let fits = left.as_number().is_some() && right.get::<Complex>().is_some();
        if !fits {
            return Err(malformed("<ast.BinOp object>"));
        }
        protocol::binary(caller, op, &left, &right)
    }

    fn signed(&mut self, caller: &mut dyn Caller) -> Result<Value> {
        self.blanks(false);
        let op = match self.peek() {
            Some('-') => UnaryOp::Neg,
            Some('+') => UnaryOp::Pos,
            _ => return self.atom(caller),
        };
        self.at += 1;
        let value = self.signed(caller)?;
        let number = value.as_number().is_some() || value.get::<Complex>().is_some();
        if !number || matches!(value, Value::Bool(_)) {
            return Err(malformed("<ast.UnaryOp object>"));
        }
        protocol::unary(caller, op, &value)
    }

    fn atom(&mut self, caller: &mut dyn Caller) -> Result<Value> {
        match self.peek() {
            Some('(') => self.bracketed(caller, ')'),
            Some('[') => self.bracketed(caller, ']'),
            Some('{') => self.braces(caller),
            Some(c) if c.is_ascii_digit() || c == '.' => self.number(),
            Some('\'' | '"') => self.strings(),
            Some(c) if c.is_alphabetic() || c == '_' => {
                let rest = &self.text[self.at..];
                let end = rest
                    .find(|c: char| !c.is_alphanumeric() && c != '_')
                    .unwrap_or(rest.len());
                let word = &rest[..end];
                let quoted = matches!(rest[end..].chars().next(), Some('\'' | '"'));
                let prefix = matches!(
                    word.to_ascii_lowercase().as_str(),
                    "r" | "b" | "u" | "br" | "rb"
                );
                if quoted && prefix {
                    return self.strings();
                }
                self.at += end;
                match word {
                    "None" => Ok(Value::None),
                    "True" => Ok(Value::Bool(true)),
                    "False" => Ok(Value::Bool(false)),
                    "set" if self.text[self.at..].starts_with("()") => {
                        self.at += 2;
                        let class = Value::from(&crate::lang::object::types().set);
                        caller.call_positional(&class, &[])
                    }
                    _ if self.text[self.at..].starts_with('(') => {
                        Err(malformed("<ast.Call object>"))
                    }
                    _ => Err(malformed("<ast.Name object>")),
                }
            }
            _ => Err(self.unexpected()),
        }
    }

    fn bracketed(&mut self, caller: &mut dyn Caller, end: char) -> Result<Value> {
        let open = self.text[self.at..].chars().next().unwrap_or('(');
        self.at += 1;
        self.depth += 1;
        let mut items = Vec::new();
        let mut comma = false;
        loop {
            if self.eat(end) {
                self.depth -= 1;
                break;
            }
            if !items.is_empty() && !comma {
                return Err(self.unclosed(open));
            }
            items.push(self.value(caller)?);
            comma = self.eat(',');
        }
        if end == ']' {
            return Ok(Value::list(items));
        }
        if items.len() == 1 && !comma {
            return Ok(items.remove(0));
        }
        Ok(Value::tuple(items))
    }

    fn unclosed(&self, open: char) -> Raised {
        if self.at >= self.text.len() {
            return syntax_error(&format!("'{open}' was never closed"));
        }
        match self.unexpected() {
            raised if raised.is(Exc::SyntaxError) => {
                syntax_error("invalid syntax. Perhaps you forgot a comma?")
            }
            raised => raised,
        }
    }

    fn braces(&mut self, caller: &mut dyn Caller) -> Result<Value> {
        self.at += 1;
        self.depth += 1;
        let dict = Dict::new();
        let mut items = Vec::new();
        let (mut first, mut comma) = (true, true);
        loop {
            if self.eat('}') {
                self.depth -= 1;
                break;
            }
            if !comma {
                return Err(self.unclosed('{'));
            }
            let key = self.value(caller)?;
            if (first || items.is_empty()) && self.eat(':') {
                let value = self.value(caller)?;
                protocol::dict_set(caller, &dict, key, value)?;
            } else if dict.is_empty() {
                items.push(key);
            } else {
                return Err(syntax_error("':' expected after dictionary key"));
            }
            first = false;
            comma = self.eat(',');
        }
        if items.is_empty() {
            return Ok(Value::from(dict));
        }
        let class = Value::from(&crate::lang::object::types().set);
        caller.call_positional(&class, &[Value::list(items)])
    }
}
