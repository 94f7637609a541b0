//! JSON to values, as `json.loads` reads it.

use std::collections::HashMap;

use crate::lang::object::{BigInt, Caller, Dict, Raised, Result, Value, protocol, type_error};

struct Decoder<'t> {
    text: &'t str,
    at: usize,
    error: Value,
    source: Value,
    object_hook: Value,
    parse_float: Value,
    parse_int: Value,
    parse_constant: Value,
    strict: bool,
    pairs_hook: Value,
    /// Keys seen before, so that equal keys are one string.
    keys: HashMap<String, Value>,
}

/// `decode(...)`: the value, and the place behind it.
pub(super) fn decode(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let Some(text) = args[0].get::<crate::lang::object::Str>().cloned() else {
        return Err(type_error(format!(
            "first argument must be a string, not {}",
            args[0].class_name()
        )));
    };
    let start = usize::try_from(args[1].as_int().unwrap_or(0)).unwrap_or(0);
    let whole = protocol::truth(caller, &args[2])?;
    let mut decoder = Decoder {
        text: text.as_str(),
        at: text.byte_offset(start),
        error: args[3].clone(),
        source: args[0].clone(),
        object_hook: args[4].clone(),
        parse_float: args[5].clone(),
        parse_int: args[6].clone(),
        parse_constant: args[7].clone(),
        strict: protocol::truth(caller, &args[8])?,
        pairs_hook: args[9].clone(),
        keys: HashMap::new(),
    };
    if whole {
        decoder.blanks();
    }
    let value = decoder.value(caller)?;
    if whole {
        decoder.blanks();
        if decoder.at < decoder.text.len() {
            let at = decoder.at;
            return Err(decoder.fault(caller, "Extra data", at));
        }
    }
    let end = decoder.text[..decoder.at].chars().count();
    Ok(Value::tuple([value, Value::from(end)]))
}

impl Decoder<'_> {
    /// A JSONDecodeError at a byte.
    fn fault(&self, caller: &mut dyn Caller, message: &str, at: usize) -> Raised {
        let place = self.text[..at].chars().count();
        let args = [Value::str(message), self.source.clone(), Value::from(place)];
        match caller.call_positional(&self.error, &args) {
            Ok(value) => Raised::from_value(&value)
                .unwrap_or_else(|| crate::lang::object::value_error(message.to_string())),
            Err(raised) => raised,
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn value(&mut self, caller: &mut dyn Caller) -> Result<Value> {
        let begin = self.at;
        match self.peek() {
            Some(b'"') => self.string(caller).map(Value::str),
            Some(b'{') => self.nested(caller, Decoder::object),
            Some(b'[') => self.nested(caller, Decoder::array),
            Some(b'-' | b'0'..=b'9') => self.number(caller, begin),
            _ => {
                let words = [
                    ("null", Value::None),
                    ("true", Value::Bool(true)),
                    ("false", Value::Bool(false)),
                    ("NaN", Value::Float(f64::NAN)),
                    ("Infinity", Value::Float(f64::INFINITY)),
                ];
                for (word, value) in words {
                    if self.text[begin..].starts_with(word) {
                        self.at += word.len();
                        return self.constant(caller, word, value);
                    }
                }
                Err(self.fault(caller, "Expecting value", begin))
            }
        }
    }

    fn constant(&self, caller: &mut dyn Caller, word: &str, value: Value) -> Result<Value> {
        if self.parse_constant.is_none() || value.as_float().is_none() {
            return Ok(value);
        }
        caller.call_positional(&self.parse_constant, &[Value::str(word)])
    }

    fn nested(
        &mut self,
        caller: &mut dyn Caller,
        read: fn(&mut Self, &mut dyn Caller) -> Result<Value>,
    ) -> Result<Value> {
        caller.enter_native()?;
        let result = read(self, caller);
        caller.leave_native();
        result
    }

    fn digits(&mut self) -> usize {
        let begin = self.at;
        while self.peek().is_some_and(|b| b.is_ascii_digit()) {
            self.at += 1;
        }
        self.at - begin
    }

    fn number(&mut self, caller: &mut dyn Caller, begin: usize) -> Result<Value> {
        if self.peek() == Some(b'-') {
            self.at += 1;
            if self.text[self.at..].starts_with("Infinity") {
                self.at += "Infinity".len();
                return self.constant(caller, "-Infinity", Value::Float(f64::NEG_INFINITY));
            }
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else if self.digits() == 0 {
            return Err(self.fault(caller, "Expecting value", begin));
        }
        let mut is_float = false;
        let before_fraction = self.at;
        if self.peek() == Some(b'.') {
            self.at += 1;
            if self.digits() == 0 {
                self.at = before_fraction
            } else {
                is_float = true
            }
        }
        let before_exponent = self.at;
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            if self.digits() == 0 {
                self.at = before_exponent
            } else {
                is_float = true
            }
        }
        let text = &self.text[begin..self.at];
        let hook = if is_float {
            &self.parse_float
        } else {
            &self.parse_int
        };
        if !hook.is_none() {
            return caller.call_positional(&hook.clone(), &[Value::str(text)]);
        }
        if is_float {
            return Ok(Value::Float(text.parse().unwrap_or(f64::NAN)));
        }
        match text.parse::<i64>() {
            Ok(small) => Ok(Value::Int(small)),
            Err(_) => Ok(BigInt::value(text.parse().unwrap_or_default())),
        }
    }

    fn string(&mut self, caller: &mut dyn Caller) -> Result<String> {
        let begin = self.at;
        self.at += 1;
        let mut out = String::new();
        loop {
            let from = self.at;
            while self
                .peek()
                .is_some_and(|b| b != b'"' && b != b'\\' && b >= b' ')
            {
                self.at += 1;
            }
            out.push_str(&self.text[from..self.at]);
            match self.peek() {
                None => return Err(self.fault(caller, "Unterminated string starting at", begin)),
                Some(b'"') => {
                    self.at += 1;
                    return Ok(out);
                }
                Some(b'\\') => self.escape(caller, begin, &mut out)?,
                Some(_) if self.strict => {
                    let at = self.at;
                    return Err(self.fault(caller, "Invalid control character at", at));
                }
                Some(control) => {
                    out.push(char::from(control));
                    self.at += 1;
                }
            }
        }
    }

    fn escape(&mut self, caller: &mut dyn Caller, begin: usize, out: &mut String) -> Result<()> {
        let at = self.at;
        self.at += 1;
        let Some(letter) = self.peek() else {
            return Err(self.fault(caller, "Unterminated string starting at", begin));
        };
        self.at += 1;
        out.push(match letter {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.unicode(caller, out),
            _ => return Err(self.fault(caller, "Invalid \\escape", at)),
        });
        Ok(())
    }

    fn unit(&mut self) -> Option<u16> {
        let digits = self.text.get(self.at..self.at + 4)?;
        if !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        self.at += 4;
        u16::from_str_radix(digits, 16).ok()
    }

    /// `\uXXXX`, or two of them for a character beyond the first plane.
    fn unicode(&mut self, caller: &mut dyn Caller, out: &mut String) -> Result<()> {
        let at = self.at - 1;
        let Some(first) = self.unit() else {
            return Err(self.fault(caller, "Invalid \\uXXXX escape", at));
        };
        let after_first = self.at;
        let mut units = vec![first];
        if (0xd800..0xdc00).contains(&first) && self.text[self.at..].starts_with("\\u") {
            self.at += 2;
            match self.unit() {
                Some(second) if (0xdc00..0xe000).contains(&second) => units.push(second),
                Some(_) => self.at = after_first,
                None => return Err(self.fault(caller, "Invalid \\uXXXX escape", after_first + 1)),
            }
        }
        out.extend(char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)));
        Ok(())
    }

    fn array(&mut self, caller: &mut dyn Caller) -> Result<Value> {
        self.at += 1;
        let mut items = Vec::new();
        self.blanks();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Value::list(items));
        }
        loop {
            items.push(self.value(caller)?);
            self.blanks();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    return Ok(Value::list(items));
                }
                _ => {
                    let at = self.at;
                    return Err(self.fault(caller, "Expecting ',' delimiter", at));
                }
            }
            self.blanks();
            if items.len() % 4096 == 0 {
                caller.poll()?;
            }
        }
    }

    fn object(&mut self, caller: &mut dyn Caller) -> Result<Value> {
        const NO_KEY: &str = "Expecting property name enclosed in double quotes";
        self.at += 1;
        let mut pairs: Vec<(Value, Value)> = Vec::new();
        self.blanks();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return self.made(caller, pairs);
        }
        loop {
            let at = self.at;
            if self.peek() != Some(b'"') {
                return Err(self.fault(caller, NO_KEY, at));
            }
            let key = self.string(caller)?;
            let key = self
                .keys
                .entry(key)
                .or_insert_with_key(|key| Value::str(key.as_str()))
                .clone();
            self.blanks();
            let at = self.at;
            if self.peek() != Some(b':') {
                return Err(self.fault(caller, "Expecting ':' delimiter", at));
            }
            self.at += 1;
            self.blanks();
            let value = self.value(caller)?;
            pairs.push((key, value));
            self.blanks();
            let at = self.at;
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    return self.made(caller, pairs);
                }
                _ => return Err(self.fault(caller, "Expecting ',' delimiter", at)),
            }
            self.blanks();
        }
    }

    /// The dict of an object, or what a hook makes of it.
    fn made(&self, caller: &mut dyn Caller, pairs: Vec<(Value, Value)>) -> Result<Value> {
        if !self.pairs_hook.is_none() {
            let pairs = pairs
                .into_iter()
                .map(|(key, value)| Value::tuple([key, value]));
            return caller.call_positional(&self.pairs_hook, &[Value::list(pairs.collect())]);
        }
        let dict = Dict::new();
        for (key, value) in pairs {
            protocol::dict_set(caller, &dict, key, value)?;
        }
        if self.object_hook.is_none() {
            return Ok(Value::from(dict));
        }
        caller.call_positional(&self.object_hook, &[Value::from(dict)])
    }
}
