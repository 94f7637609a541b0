//! Values to JSON, as `json.dumps` writes them.

use std::fmt::Write;

use crate::lang::object::number::float_repr;
use crate::lang::object::{
    Caller, Dict, Kind, List, Result, Str, Tuple, Value, protocol, type_error, value_error,
};

/// How it is written.
struct Encoder {
    default: Value,
    skip_keys: bool,
    ascii: bool,
    check_circular: bool,
    allow_nan: bool,
    indent: Option<String>,
    item_separator: String,
    key_separator: String,
    sort_keys: bool,
    /// The containers around the value that is being written.
    open: Vec<usize>,
    out: String,
}

/// `encode(...)`
pub(super) fn encode(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let indent = match &args[6] {
        Value::None => None,
        value => match value.as_str() {
            Some(text) => Some(text.to_string()),
            None => Some(" ".repeat(usize::try_from(value.as_int().unwrap_or(0)).unwrap_or(0))),
        },
    };
    let text = |value: &Value| match value.as_str() {
        Some(text) => Ok(text.to_string()),
        None => Err(type_error(format!(
            "separator must be str, not {}",
            value.class_name()
        ))),
    };
    let mut encoder = Encoder {
        default: args[1].clone(),
        skip_keys: protocol::truth(caller, &args[2])?,
        ascii: protocol::truth(caller, &args[3])?,
        check_circular: protocol::truth(caller, &args[4])?,
        allow_nan: protocol::truth(caller, &args[5])?,
        indent,
        item_separator: text(&args[7])?,
        key_separator: text(&args[8])?,
        sort_keys: protocol::truth(caller, &args[9])?,
        open: Vec::new(),
        out: String::new(),
    };
    encoder.value(caller, &args[0])?;
    Ok(Value::str(encoder.out))
}

/// `encode_string(text, ensure_ascii)`
pub(super) fn encode_string(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let Some(text) = args[0].as_str() else {
        return Err(type_error(format!(
            "first argument must be a string, not {}",
            args[0].class_name()
        )));
    };
    let mut out = String::new();
    quote(&mut out, text, protocol::truth(caller, &args[1])?);
    Ok(Value::str(out))
}

/// Writes a string between quotes.
fn quote(out: &mut String, text: &str, ascii: bool) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            c if c < ' ' || (ascii && !(' '..='~').contains(&c)) => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

impl Encoder {
    fn value(&mut self, caller: &mut dyn Caller, value: &Value) -> Result<()> {
        if self.scalar(value)? {
            return Ok(());
        }
        let address = match value {
            Value::Obj(object) => object.address(),
            _ => 0,
        };
        if self.check_circular && self.open.contains(&address) {
            return Err(value_error("Circular reference detected"));
        }
        self.open.push(address);
        caller.enter_native()?;
        let result = self.container(caller, value);
        caller.leave_native();
        self.open.pop();
        result
    }

    /// Writes a value that holds no others; false if it is none.
    fn scalar(&mut self, value: &Value) -> Result<bool> {
        match value.unwrapped() {
            Value::None => self.out.push_str("null"),
            Value::Bool(b) => self.out.push_str(if *b { "true" } else { "false" }),
            Value::Int(i) => _ = write!(self.out, "{i}"),
            Value::Float(x) => {
                let text = self.float(*x)?;
                self.out.push_str(&text);
            }
            Value::Obj(object) => match object.kind() {
                Kind::Str => quote(
                    &mut self.out,
                    value.as_str().unwrap_or_default(),
                    self.ascii,
                ),
                Kind::BigInt => {
                    let big = value.as_bigint().unwrap_or_default();
                    let _ = write!(self.out, "{big}");
                }
                _ => return Ok(false),
            },
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn float(&self, x: f64) -> Result<String> {
        if x.is_finite() {
            return Ok(float_repr(x));
        }
        if !self.allow_nan {
            return Err(value_error(
                "Out of range float values are not JSON compliant",
            ));
        }
        Ok(if x.is_nan() {
            "NaN"
        } else if x > 0.0 {
            "Infinity"
        } else {
            "-Infinity"
        }
        .to_string())
    }

    fn container(&mut self, caller: &mut dyn Caller, value: &Value) -> Result<()> {
        if let Some(list) = value.get::<List>() {
            let items = list.items.borrow().clone();
            return self.array(caller, &items);
        }
        if let Some(tuple) = value.get::<Tuple>().cloned() {
            return self.array(caller, &tuple.items);
        }
        if let Some(dict) = value.get::<Dict>() {
            let entries = dict.entries();
            return self.object(caller, entries);
        }
        if self.default.is_none() {
            return Err(type_error(format!(
                "Object of type {} is not JSON serializable",
                value.class_name()
            )));
        }
        let default = self.default.clone();
        let other = caller.call_positional(&default, std::slice::from_ref(value))?;
        self.value(caller, &other)
    }

    /// A new line for an element, or what separates it from the one before.
    fn separate(&mut self, first: bool) {
        if !first {
            self.out.push_str(&self.item_separator);
        }
        self.new_line(self.open.len());
    }

    fn new_line(&mut self, depth: usize) {
        if let Some(indent) = &self.indent {
            self.out.push('\n');
            (0..depth).for_each(|_| self.out.push_str(indent));
        }
    }

    fn array(&mut self, caller: &mut dyn Caller, items: &[Value]) -> Result<()> {
        if items.is_empty() {
            self.out.push_str("[]");
            return Ok(());
        }
        self.out.push('[');
        for (i, item) in items.iter().enumerate() {
            self.separate(i == 0);
            self.value(caller, item)?;
            if i % 4096 == 4095 {
                caller.poll()?;
            }
        }
        self.new_line(self.open.len() - 1);
        self.out.push(']');
        Ok(())
    }

    fn object(&mut self, caller: &mut dyn Caller, mut entries: Vec<(Value, Value)>) -> Result<()> {
        if self.sort_keys {
            sort(caller, &mut entries)?;
        }
        let mut first = true;
        self.out.push('{');
        for (key, value) in entries {
            let Some(key) = self.key(&key)? else { continue };
            self.separate(first);
            first = false;
            quote(&mut self.out, &key, self.ascii);
            self.out.push_str(&self.key_separator);
            self.value(caller, &value)?;
        }
        if !first {
            self.new_line(self.open.len() - 1);
        }
        self.out.push('}');
        Ok(())
    }

    /// The text of a key; nothing if it is to be left out.
    fn key(&self, key: &Value) -> Result<Option<String>> {
        Ok(Some(match key.unwrapped() {
            Value::None => "null".to_string(),
            Value::Bool(b) => if *b { "true" } else { "false" }.to_string(),
            Value::Int(i) => i.to_string(),
            Value::Float(x) => self.float(*x)?,
            other => match (other.exact::<Str>(), other.as_bigint()) {
                (Some(text), _) => text.as_str().to_string(),
                (None, Some(big)) => big.to_string(),
                (None, None) if self.skip_keys => return Ok(None),
                (None, None) => {
                    return Err(type_error(format!(
                        "keys must be str, int, float, bool or None, not {}",
                        key.class_name()
                    )));
                }
            },
        }))
    }
}

/// Sorts entries by their keys, which the script may compare.
fn sort(caller: &mut dyn Caller, entries: &mut Vec<(Value, Value)>) -> Result<()> {
    if entries.iter().all(|(key, _)| key.as_str().is_some()) {
        entries.sort_by(|(a, _), (b, _)| a.as_str().cmp(&b.as_str()));
        return Ok(());
    }
    let mut sorted: Vec<(Value, Value)> = Vec::with_capacity(entries.len());
    for entry in std::mem::take(entries) {
        let (mut low, mut high) = (0, sorted.len());
        while low < high {
            let middle = (low + high) / 2;
            if protocol::less(caller, &entry.0, &sorted[middle].0)? {
                high = middle
            } else {
                low = middle + 1
            }
        }
        sorted.insert(low, entry);
    }
    *entries = sorted;
    Ok(())
}
