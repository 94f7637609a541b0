//! Values to bytes: numbers, text and containers.

use std::collections::HashMap;

use super::describe::own_hook;
use crate::lang::object::foreign;
use crate::lang::object::{
    ByteArray, Bytes, Caller, Class, Dict, FrozenSet, Kind, List, Result, Set, Str, Tuple, Value,
    intern, protocol, type_error,
};

/// How values are written, and who else takes part.
pub(super) struct Hooks {
    /// From 2 to 5.
    pub(super) protocol: i64,
    /// Names what is stored elsewhere.
    pub(super) persistent_id: Option<Value>,
    /// Says how to make an object, in the form of `__reduce__`.
    pub(super) reducer_override: Option<Value>,
}

pub(super) struct Writer {
    pub(super) out: Vec<u8>,
    /// The numbers of the objects that have been written, by their address.
    pub(super) memo: HashMap<usize, usize>,
    /// What the addresses in the memo belong to, kept alive.
    pub(super) kept: Vec<Value>,
    pub(super) hooks: Hooks,
}

/// The bytes of a value.
pub(super) fn dumps(caller: &mut dyn Caller, value: &Value, hooks: Hooks) -> Result<Vec<u8>> {
    let protocol = hooks.protocol;
    let mut writer = Writer {
        out: Vec::new(),
        memo: HashMap::new(),
        kept: Vec::new(),
        hooks,
    };
    writer.save(caller, value)?;
    writer.out.push(b'.');
    let mut whole = vec![0x80, protocol as u8];
    if writer.out.len() >= 4 && protocol >= 4 {
        whole.push(0x95);
        whole.extend((writer.out.len() as u64).to_le_bytes());
    }
    whole.extend(writer.out);
    Ok(whole)
}

/// The number that stands for an object; handles of one thing have the same.
fn address(value: &Value) -> Option<usize> {
    match value {
        Value::Obj(object) => Some(foreign::identity(object)),
        _ => None,
    }
}

pub(super) fn is_ordered_dict(class: &Value) -> bool {
    class
        .exact::<Class>()
        .is_some_and(|class| class.name().as_str() == "OrderedDict")
}

impl Writer {
    /// Notes an object under the next number.
    pub(super) fn remember(&mut self, value: &Value) {
        if let Some(address) = address(value) {
            let number = self.memo.len();
            self.memo.insert(address, number);
            self.kept.push(value.clone());
            match (self.hooks.protocol >= 4, u8::try_from(number)) {
                (true, _) => self.out.push(0x94),
                (_, Ok(number)) => self.out.extend([b'q', number]),
                _ => {
                    self.out.push(b'r');
                    self.out.extend((number as u32).to_le_bytes());
                }
            }
        }
    }

    /// Writes a reference to an object that has been written before; false if it has not.
    pub(super) fn again(&mut self, value: &Value) -> bool {
        let Some(number) = address(value).and_then(|address| self.memo.get(&address)) else {
            return false;
        };
        match u8::try_from(*number) {
            Ok(number) => self.out.extend([b'h', number]),
            Err(_) => {
                self.out.push(b'j');
                self.out.extend((*number as u32).to_le_bytes());
            }
        }
        true
    }

    /// A length after one of three opcodes, the one that is wide enough.
    fn sized(&mut self, codes: [u8; 3], bytes: &[u8]) {
        let short = codes[0] != 0;
        if let Some(len) = u8::try_from(bytes.len()).ok().filter(|_| short) {
            self.out.extend([codes[0], len]);
        } else if let Ok(len) = u32::try_from(bytes.len()) {
            self.out.push(codes[1]);
            self.out.extend(len.to_le_bytes());
        } else {
            self.out.push(codes[2]);
            self.out.extend((bytes.len() as u64).to_le_bytes());
        }
        self.out.extend_from_slice(bytes);
    }

    fn text(&mut self, text: &str) {
        let short = if self.hooks.protocol >= 4 { 0x8c } else { 0 };
        self.sized([short, b'X', 0x8d], text.as_bytes());
    }

    pub(super) fn save(&mut self, caller: &mut dyn Caller, value: &Value) -> Result<()> {
        match value {
            Value::None | Value::Unbound => self.out.push(b'N'),
            Value::Bool(b) => self.out.push(if *b { 0x88 } else { 0x89 }),
            Value::Int(i) => self.integer(*i),
            Value::Float(x) => {
                self.out.push(b'G');
                self.out.extend(x.to_be_bytes());
            }
            Value::Ellipsis => return self.global(caller, "builtins", "Ellipsis", None),
            Value::NotImplemented => {
                return self.global(caller, "builtins", "NotImplemented", None);
            }
            Value::Obj(_) => {
                if self.again(value) {
                    return Ok(());
                }
                caller.enter_native()?;
                let result = self.asked(caller, value);
                caller.leave_native();
                return result;
            }
        }
        Ok(())
    }

    fn integer(&mut self, i: i64) {
        if let Ok(small) = u8::try_from(i) {
            self.out.extend([b'K', small]);
        } else if let Ok(small) = u16::try_from(i) {
            self.out.push(b'M');
            self.out.extend(small.to_le_bytes());
        } else if let Ok(small) = i32::try_from(i) {
            self.out.push(b'J');
            self.out.extend(small.to_le_bytes());
        } else {
            self.long(&i.into());
        }
    }

    fn long(&mut self, big: &num_bigint::BigInt) {
        let bytes = big.to_signed_bytes_le();
        match u8::try_from(bytes.len()) {
            Ok(len) => self.out.extend([0x8a, len]),
            Err(_) => {
                self.out.push(0x8b);
                self.out.extend((bytes.len() as u32).to_le_bytes());
            }
        }
        self.out.extend(bytes);
    }

    /// An object, if nobody has another name for it.
    fn asked(&mut self, caller: &mut dyn Caller, value: &Value) -> Result<()> {
        if let Some(ask) = self.hooks.persistent_id.clone() {
            let id = caller.call_positional(&ask, std::slice::from_ref(value))?;
            if !id.is_none() {
                self.save(caller, &id)?;
                self.out.push(b'Q');
                return Ok(());
            }
        }
        self.object(caller, value)
    }

    pub(super) fn object(&mut self, caller: &mut dyn Caller, value: &Value) -> Result<()> {
        if let Some(text) = value.exact::<Str>() {
            self.text(text.as_str());
            self.remember(value);
            return Ok(());
        }
        if let Some(bytes) = value.exact::<Bytes>() {
            if self.hooks.protocol < 3 {
                return self.old_bytes(caller, value);
            }
            self.sized([b'C', b'B', 0x8e], &bytes.0);
            self.remember(value);
            return Ok(());
        }
        if value.kind() == Some(Kind::BigInt) {
            self.long(&value.as_bigint().unwrap_or_default());
            return Ok(());
        }
        if let Some(list) = value.exact::<List>() {
            self.out.push(b']');
            self.remember(value);
            let items = list.items.borrow().clone();
            return self.batches(caller, &items, b'a', b'e');
        }
        if let Some(tuple) = value.exact::<Tuple>().cloned() {
            return self.tuple(caller, value, &tuple.items);
        }
        if let Some(dict) = value.exact::<Dict>() {
            self.out.push(b'}');
            self.remember(value);
            return self.entries(caller, dict.entries());
        }
        if let Some(set) = value.exact::<Set>() {
            let items = set.table.borrow().keys();
            if self.hooks.protocol < 4 {
                return self.old_set(caller, value, "set", items);
            }
            self.out.push(0x8f);
            self.remember(value);
            if !items.is_empty() {
                self.out.push(b'(');
                for item in &items {
                    self.save(caller, item)?;
                }
                self.out.push(0x90);
            }
            return Ok(());
        }
        if let Some(set) = value.exact::<FrozenSet>() {
            let items = set.table.borrow().keys();
            if self.hooks.protocol < 4 {
                return self.old_set(caller, value, "frozenset", items);
            }
            self.out.push(b'(');
            for item in &items {
                self.save(caller, item)?;
            }
            self.out.push(0x91);
            self.remember(value);
            return Ok(());
        }
        self.other(caller, value)
    }

    /// Before protocol 3, bytes are text that is encoded.
    fn old_bytes(&mut self, caller: &mut dyn Caller, value: &Value) -> Result<()> {
        let text: String = match value.exact::<Bytes>() {
            Some(bytes) => bytes.0.iter().map(|&b| char::from(b)).collect(),
            None => String::new(),
        };
        let parts = if text.is_empty() {
            self.global(caller, "builtins", "bytes", None)?;
            vec![]
        } else {
            self.global(caller, "_codecs", "encode", None)?;
            vec![Value::str(text), Value::from(&intern("latin1"))]
        };
        self.tuple(caller, &Value::Unbound, &parts)?;
        self.out.push(b'R');
        self.remember(value);
        Ok(())
    }

    /// Before protocol 4, sets are made of lists.
    fn old_set(
        &mut self,
        caller: &mut dyn Caller,
        value: &Value,
        name: &str,
        items: Vec<Value>,
    ) -> Result<()> {
        self.global(caller, "builtins", name, None)?;
        self.tuple(caller, &Value::Unbound, &[Value::list(items)])?;
        self.out.push(b'R');
        self.remember(value);
        Ok(())
    }

    fn other(&mut self, caller: &mut dyn Caller, value: &Value) -> Result<()> {
        if let Some(bytes) = value.exact::<ByteArray>() {
            let copy = bytes.0.borrow().clone();
            if self.hooks.protocol >= 5 {
                self.out.push(0x96);
                self.out.extend((copy.len() as u64).to_le_bytes());
                self.out.extend(copy);
                self.remember(value);
                return Ok(());
            }
            self.global(caller, "builtins", "bytearray", None)?;
            let inner = crate::lang::stdlib::arguments::new_bytes(copy);
            self.tuple(caller, &Value::Unbound, &[inner])?;
            self.out.push(b'R');
            self.remember(value);
            return Ok(());
        }
        if let Some(complex) = value.exact::<crate::lang::object::Complex>() {
            let parts = [Value::Float(complex.re), Value::Float(complex.im)];
            self.global(caller, "builtins", "complex", None)?;
            self.tuple(caller, &Value::Unbound, &parts)?;
            self.out.push(b'R');
            self.remember(value);
            return Ok(());
        }
        if let Some(ask) = self.hooks.reducer_override.clone() {
            let parts = caller.call_positional(&ask, std::slice::from_ref(value))?;
            if !matches!(parts, Value::NotImplemented) {
                return self.reduced(caller, value, &parts);
            }
        }
        match value.kind() {
            Some(Kind::Class | Kind::Function | Kind::Native) => self.named(caller, value),
            Some(Kind::Instance | Kind::Foreign | Kind::Range | Kind::Slice) => {
                self.instance(caller, value)
            }
            Some(Kind::Iter) if own_hook(value, "__reduce__") => {
                let parts = protocol::call_method(caller, value, "__reduce__", &[])?;
                self.reduced(caller, value, &parts)
            }
            _ => Err(type_error(format!(
                "cannot pickle '{}' object",
                value.class_name()
            ))),
        }
    }

    pub(super) fn tuple(
        &mut self,
        caller: &mut dyn Caller,
        value: &Value,
        items: &[Value],
    ) -> Result<()> {
        if items.is_empty() {
            self.out.push(b')');
            return Ok(());
        }
        if items.len() > 3 {
            self.out.push(b'(');
        }
        for item in items {
            self.save(caller, item)?;
        }
        // An element may have led back to the tuple.
        if let Some(&number) = address(value).and_then(|address| self.memo.get(&address)) {
            let drop = if items.len() > 3 {
                vec![b'1']
            } else {
                vec![b'0'; items.len()]
            };
            self.out.extend(drop);
            let _ = number;
            self.again(value);
            return Ok(());
        }
        self.out.push(match items.len() {
            1 => 0x85,
            2 => 0x86,
            3 => 0x87,
            _ => b't',
        });
        if value.is_unbound() {
            // CPython notes this tuple too; nothing refers to its number.
            let made = Value::tuple(items.to_vec());
            self.remember(&made);
        } else {
            self.remember(value);
        }
        Ok(())
    }

    /// The elements of a list in batches of a thousand.
    pub(super) fn batches(
        &mut self,
        caller: &mut dyn Caller,
        items: &[Value],
        one: u8,
        many: u8,
    ) -> Result<()> {
        for batch in items.chunks(1000) {
            caller.poll()?;
            if let [only] = batch {
                self.save(caller, only)?;
                self.out.push(one);
                continue;
            }
            self.out.push(b'(');
            for item in batch {
                self.save(caller, item)?;
            }
            self.out.push(many);
        }
        Ok(())
    }

    pub(super) fn entries(
        &mut self,
        caller: &mut dyn Caller,
        entries: Vec<(Value, Value)>,
    ) -> Result<()> {
        for batch in entries.chunks(1000) {
            if batch.len() > 1 {
                self.out.push(b'(');
            }
            for (key, value) in batch {
                self.save(caller, key)?;
                self.save(caller, value)?;
            }
            self.out.push(if batch.len() > 1 { b'u' } else { b's' });
        }
        Ok(())
    }
}
