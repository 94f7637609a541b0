//! Bytes to values, one instruction of the format after the other.

use std::collections::HashMap;

use super::find::{STRICT, find_class};
use super::rebuild::{append, build, call, fill, new_object, reduce};
use super::unpickling_error;
use crate::lang::object::{
    BigInt, ByteArray, Caller, Dict, Exc, Raised, Ref, Result, Set, Value, intern, protocol, types,
};
use crate::lang::stdlib::arguments;

/// Who else takes part in reading.
#[derive(Default)]
pub(super) struct Hooks {
    /// Gives what is stored elsewhere.
    pub(super) persistent_load: Option<Value>,
    /// Finds classes in place of the rules here.
    pub(super) find_class: Option<Value>,
    /// Whether only what `find_class` gives is called, and only opcodes of protocol 2 count.
    pub(super) strict: bool,
}

/// The value that bytes begin with, and how many of them it took.
pub(super) fn loads(caller: &mut dyn Caller, data: &[u8], hooks: Hooks) -> Result<(Value, usize)> {
    if data.is_empty() {
        return Err(Raised::new(Exc::EOFError, "Ran out of input"));
    }
    let mut reader = Reader {
        data,
        at: 0,
        stack: Vec::new(),
        marks: Vec::new(),
        memo: HashMap::new(),
        hooks,
    };
    loop {
        if reader.at.is_multiple_of(4096) {
            caller.poll()?;
        }
        let code = reader.byte()?;
        if reader.hooks.strict && !STRICT.contains(&code) {
            return Err(unpickling_error(format!("Unsupported operand {code}")));
        }
        if code == b'.' {
            let value = reader.pop()?;
            return Ok((value, reader.at));
        }
        reader.step(caller, code)?;
    }
}

struct Reader<'d> {
    data: &'d [u8],
    at: usize,
    stack: Vec<Value>,
    marks: Vec<usize>,
    memo: HashMap<usize, Value>,
    hooks: Hooks,
}

fn truncated() -> Raised {
    unpickling_error("pickle data was truncated")
}

fn underflow() -> Raised {
    unpickling_error("unpickling stack underflow")
}

impl Reader<'_> {
    fn take(&mut self, count: usize) -> Result<&[u8]> {
        let end = self.at.checked_add(count).ok_or_else(truncated)?;
        let part = self.data.get(self.at..end).ok_or_else(truncated)?;
        self.at = end;
        Ok(part)
    }

    fn byte(&mut self) -> Result<u8> {
        Ok(self.take(1)?[0])
    }

    /// A number of so many bytes, the lowest first.
    fn number(&mut self, size: usize) -> Result<usize> {
        let mut bytes = [0; 8];
        bytes[..size].copy_from_slice(self.take(size)?);
        usize::try_from(u64::from_le_bytes(bytes)).map_err(|_| truncated())
    }

    fn line(&mut self) -> Result<String> {
        let rest = &self.data[self.at..];
        let end = rest
            .iter()
            .position(|&b| b == b'\n')
            .ok_or_else(truncated)?;
        self.at += end + 1;
        Ok(String::from_utf8_lossy(&rest[..end]).into_owned())
    }

    fn pop(&mut self) -> Result<Value> {
        let floor = self.marks.last().copied().unwrap_or(0);
        if self.stack.len() <= floor {
            return Err(underflow());
        }
        self.stack.pop().ok_or_else(underflow)
    }

    fn top(&self) -> Result<&Value> {
        self.stack.last().ok_or_else(underflow)
    }

    fn since_mark(&mut self) -> Result<Vec<Value>> {
        let mark = self
            .marks
            .pop()
            .ok_or_else(|| unpickling_error("could not find MARK"))?;
        Ok(self.stack.split_off(mark.min(self.stack.len())))
    }

    fn text(&mut self, size: usize) -> Result<Value> {
        let bytes = self.take(size)?.to_vec();
        String::from_utf8(bytes)
            .map(Value::str)
            .map_err(|_| unpickling_error("invalid UTF-8 in a string"))
    }

    pub(super) fn get(&mut self, number: usize) -> Result<()> {
        let Some(value) = self.memo.get(&number).cloned() else {
            return Err(match self.hooks.strict {
                true => Raised::with_args(Exc::KeyError, [Value::from(number)]),
                false => unpickling_error(format!("Memo value not found at index {number}")),
            });
        };
        self.stack.push(value);
        Ok(())
    }

    fn put(&mut self, number: usize) -> Result<()> {
        let top = self.top()?.clone();
        self.memo.insert(number, top);
        Ok(())
    }

    fn long(&mut self, size: usize) -> Result<()> {
        let number = num_bigint::BigInt::from_signed_bytes_le(self.take(size)?);
        self.stack.push(BigInt::value(number));
        Ok(())
    }

    fn parse_error(&self) -> Raised {
        unpickling_error("invalid text in the pickle")
    }

    fn step(&mut self, caller: &mut dyn Caller, code: u8) -> Result<()> {
        match code {
            0x80 => _ = self.byte()?,
            0x95 => _ = self.take(8)?,
            b'N' => self.stack.push(Value::None),
            0x88 => self.stack.push(Value::Bool(true)),
            0x89 => self.stack.push(Value::Bool(false)),
            b'K' => {
                let n = self.number(1)?;
                self.stack.push(Value::from(n));
            }
            b'M' => {
                let n = self.number(2)?;
                self.stack.push(Value::from(n));
            }
            b'J' => {
                let n = self.number(4)? as u32 as i32;
                self.stack.push(Value::Int(n.into()));
            }
            0x8a => {
                let size = self.number(1)?;
                self.long(size)?;
            }
            0x8b => {
                let size = self.number(4)?;
                self.long(size)?;
            }
            b'G' => {
                let bytes: [u8; 8] = self.take(8)?.try_into().map_err(|_| truncated())?;
                self.stack.push(Value::Float(f64::from_be_bytes(bytes)));
            }
            b'I' | b'L' | b'F' | b'S' | b'V' | b'g' | b'p' | b'c' | b'P' => {
                self.by_line(caller, code)?
            }
            0x8c | b'U' => {
                let size = self.number(1)?;
                let text = self.text(size)?;
                self.stack.push(text);
            }
            b'X' | b'T' => {
                let size = self.number(4)?;
                let text = self.text(size)?;
                self.stack.push(text);
            }
            0x8d => {
                let size = self.number(8)?;
                let text = self.text(size)?;
                self.stack.push(text);
            }
            b'C' | b'B' | 0x8e => {
                let width = match code {
                    b'C' => 1,
                    b'B' => 4,
                    _ => 8,
                };
                let size = self.number(width)?;
                let bytes = arguments::new_bytes(self.take(size)?);
                self.stack.push(bytes);
            }
            0x96 => {
                let size = self.number(8)?;
                let made = Ref::new(ByteArray::new(self.take(size)?.to_vec()));
                self.stack.push(Value::from(made));
            }
            _ => return self.container(caller, code),
        }
        Ok(())
    }

    /// The opcodes of protocol 0, whose arguments are lines.
    fn by_line(&mut self, caller: &mut dyn Caller, code: u8) -> Result<()> {
        let line = self.line()?;
        let wrong = self.parse_error();
        match code {
            b'I' if line == "00" => self.stack.push(Value::Bool(false)),
            b'I' if line == "01" => self.stack.push(Value::Bool(true)),
            b'I' | b'L' => {
                let number = line.trim_end_matches('L').parse().map_err(|_| wrong)?;
                self.stack.push(BigInt::value(number));
            }
            b'F' => self
                .stack
                .push(Value::Float(line.parse().map_err(|_| wrong)?)),
            b'V' => self.stack.push(Value::str(line)),
            b'S' => {
                let inner = line.trim_matches(|c| c == '\'' || c == '"');
                self.stack.push(Value::str(inner));
            }
            b'g' => self.get(line.parse().map_err(|_| wrong)?)?,
            b'p' => self.put(line.parse().map_err(|_| wrong)?)?,
            b'P' => self.persistent(caller, Value::str(line))?,
            _ => {
                let name = self.line()?;
                self.global(caller, &line, &name)?;
            }
        }
        Ok(())
    }

    /// What a name in a module stands for.
    fn global(&mut self, caller: &mut dyn Caller, module: &str, name: &str) -> Result<()> {
        let module = match module {
            "__builtin__" => "builtins",
            "copy_reg" => "copyreg",
            other => other,
        };
        let found = match &self.hooks.find_class {
            Some(find) => caller.call_positional(find, &[Value::str(module), Value::str(name)])?,
            None => find_class(caller, module, name)?,
        };
        self.stack.push(found);
        Ok(())
    }

    /// What is stored elsewhere under this name.
    fn persistent(&mut self, caller: &mut dyn Caller, id: Value) -> Result<()> {
        let Some(load) = &self.hooks.persistent_load else {
            return Err(unpickling_error(
                "A load persistent id instruction was encountered,\nbut no persistent_load function was specified.",
            ));
        };
        let loaded = caller.call_positional(load, &[id])?;
        self.stack.push(loaded);
        Ok(())
    }

    #[allow(clippy::too_many_lines)] // One arm an opcode.
    fn container(&mut self, caller: &mut dyn Caller, code: u8) -> Result<()> {
        match code {
            b'(' => self.marks.push(self.stack.len()),
            b'0' => _ = self.pop()?,
            b'1' => _ = self.since_mark()?,
            b'2' => {
                let top = self.top()?.clone();
                self.stack.push(top);
            }
            b'h' => {
                let number = self.number(1)?;
                self.get(number)?;
            }
            b'j' => {
                let number = self.number(4)?;
                self.get(number)?;
            }
            b'q' => {
                let number = self.number(1)?;
                self.put(number)?;
            }
            b'r' => {
                let number = self.number(4)?;
                self.put(number)?;
            }
            0x94 => self.put(self.memo.len())?,
            b']' => self.stack.push(Value::list(Vec::new())),
            b')' => self.stack.push(Value::tuple([])),
            b'}' => self.stack.push(Value::from(Dict::new())),
            0x8f => {
                let class = Value::from(&types().set);
                let set = caller.call_positional(&class, &[])?;
                self.stack.push(set);
            }
            b't' | b'l' | 0x91 | b'd' => {
                let items = self.since_mark()?;
                let made = match code {
                    b't' => Value::tuple(items),
                    b'l' => Value::list(items),
                    b'd' => {
                        let dict = Dict::new();
                        fill(caller, &Value::from(&dict), &items)?;
                        Value::from(dict)
                    }
                    _ => {
                        let class = Value::from(&types().frozenset);
                        caller.call_positional(&class, &[Value::list(items)])?
                    }
                };
                self.stack.push(made);
            }
            0x85..=0x87 => {
                let count = usize::from(code - 0x84);
                let from = self.stack.len().checked_sub(count).ok_or_else(underflow)?;
                let items = self.stack.split_off(from);
                self.stack.push(Value::tuple(items));
            }
            b'a' => {
                let item = self.pop()?;
                append(caller, self.top()?, vec![item])?;
            }
            b'e' => {
                let items = self.since_mark()?;
                append(caller, self.top()?, items)?;
            }
            b's' => {
                let (value, key) = (self.pop()?, self.pop()?);
                let target = self.top()?.clone();
                fill(caller, &target, &[key, value])?;
            }
            b'u' => {
                let items = self.since_mark()?;
                let target = self.top()?.clone();
                fill(caller, &target, &items)?;
            }
            0x90 => {
                let items = self.since_mark()?;
                let target = self.top()?.clone();
                let Some(set) = target.get::<Set>().cloned() else {
                    return Err(unpickling_error("a set is required"));
                };
                for item in items {
                    let add = protocol::get_attr(caller, &Value::from(&set), &intern("add"))?;
                    caller.call_positional(&add, &[item])?;
                }
            }
            0x93 => {
                let (name, module) = (self.pop()?, self.pop()?);
                let (Some(module), Some(name)) = (module.as_str(), name.as_str()) else {
                    return Err(unpickling_error("STACK_GLOBAL requires str"));
                };
                self.global(caller, module, name)?;
            }
            b'Q' => {
                let id = self.pop()?;
                self.persistent(caller, id)?;
            }
            b'R' => {
                let (args, callee) = (self.pop()?, self.pop()?);
                let made = match self.hooks.strict {
                    true => call(caller, &callee, &args)?,
                    false => reduce(caller, &callee, &args)?,
                };
                self.stack.push(made);
            }
            0x81 => {
                let (args, class) = (self.pop()?, self.pop()?);
                let made = new_object(caller, &class, &args, self.hooks.strict)?;
                self.stack.push(made);
            }
            b'b' => {
                let state = self.pop()?;
                let target = self.top()?.clone();
                build(caller, &target, &state)?;
            }
            code => {
                return Err(unpickling_error(format!(
                    "invalid load key, '\\x{code:02x}'."
                )));
            }
        }
        Ok(())
    }
}
