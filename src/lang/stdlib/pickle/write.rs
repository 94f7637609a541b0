//! Values to bytes.

use std::collections::HashMap;

use super::pickling_error;
use crate::lang::object::foreign;
use crate::lang::object::{
    ByteArray, Bytes, Caller, Class, Dict, FrozenSet, Instance, Kind, List, Native, Result, Set,
    Str, Tuple, Value, attribute_error, intern, protocol, type_error, types,
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

struct Writer {
    out: Vec<u8>,
    /// The numbers of the objects that have been written, by their address.
    memo: HashMap<usize, usize>,
    /// What the addresses in the memo belong to, kept alive.
    kept: Vec<Value>,
    hooks: Hooks,
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

/// The modules that had other names when the old protocols were made.
fn old_module(name: &str) -> &str {
    match name {
        "builtins" => "__builtin__",
        "copyreg" => "copy_reg",
        other => other,
    }
}

fn is_ordered_dict(class: &Value) -> bool {
    class
        .exact::<Class>()
        .is_some_and(|class| class.name().as_str() == "OrderedDict")
}

/// A special method that a class has besides that of `object`.
fn own_hook(value: &Value, name: &str) -> bool {
    let found = value.with_class(|class| class.lookup(&intern(name)));
    found.is_some_and(|found| {
        let owner = found
            .exact::<Native>()
            .and_then(|native| native.owner.get());
        !owner.is_some_and(|owner| owner.same(&types().object))
    })
}

impl Writer {
    /// Notes an object under the next number.
    fn remember(&mut self, value: &Value) {
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
    fn again(&mut self, value: &Value) -> bool {
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

    fn save(&mut self, caller: &mut dyn Caller, value: &Value) -> Result<()> {
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

    fn object(&mut self, caller: &mut dyn Caller, value: &Value) -> Result<()> {
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
            _ => Err(type_error(format!(
                "cannot pickle '{}' object",
                value.class_name()
            ))),
        }
    }

    fn tuple(&mut self, caller: &mut dyn Caller, value: &Value, items: &[Value]) -> Result<()> {
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
    fn batches(
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

    fn entries(&mut self, caller: &mut dyn Caller, entries: Vec<(Value, Value)>) -> Result<()> {
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

    /// A name in a module.
    fn global(
        &mut self,
        caller: &mut dyn Caller,
        module: &str,
        name: &str,
        value: Option<&Value>,
    ) -> Result<()> {
        // Without an object of its own, the name stands for it in the memo.
        let value = value
            .cloned()
            .unwrap_or_else(|| Value::from(&intern(&format!("{module}.{name}"))));
        if self.again(&value) {
            return Ok(());
        }
        if self.hooks.protocol >= 4 {
            self.save(caller, &Value::from(&intern(module)))?;
            self.save(caller, &Value::from(&intern(name)))?;
            self.out.push(0x93);
        } else {
            let module = match self.hooks.protocol {
                3 => module,
                _ => old_module(module),
            };
            self.out.extend(format!("c{module}\n{name}\n").as_bytes());
        }
        self.remember(&value);
        Ok(())
    }

    /// A class or function, by its name.
    fn named(&mut self, caller: &mut dyn Caller, value: &Value) -> Result<()> {
        let attribute = |caller: &mut dyn Caller, name: &str| -> Result<Option<String>> {
            let found = protocol::find_attr(caller, value, &intern(name))?;
            Ok(found.and_then(|found| found.as_str().map(str::to_string)))
        };
        let module = attribute(caller, "__module__")?.unwrap_or_else(|| "builtins".to_string());
        let name = attribute(caller, "__qualname__")?.unwrap_or_default();
        if name.contains("<locals>") {
            return Err(attribute_error(format!(
                "Can't pickle local object '{name}'"
            )));
        }
        let shown = |caller: &mut dyn Caller| protocol::repr(caller, value);
        let found = match super::read::home_of(caller, &module)? {
            Some(found) => super::read::dotted(caller, &found, &name)?,
            None if module == "builtins" => caller.session().builtins.get_str(&name),
            None => None,
        };
        match found {
            Some(found) if found.is(value) => self.global(caller, &module, &name, Some(value)),
            Some(_) => {
                let shown = shown(caller)?;
                Err(pickling_error(format!(
                    "Can't pickle {shown}: it's not the same object as {module}.{name}"
                )))
            }
            None => {
                let shown = shown(caller)?;
                Err(pickling_error(format!(
                    "Can't pickle {shown}: attribute lookup {name} on {module} failed"
                )))
            }
        }
    }

    fn instance(&mut self, caller: &mut dyn Caller, value: &Value) -> Result<()> {
        if own_hook(value, "__reduce_ex__") {
            let parts = protocol::call_method(
                caller,
                value,
                "__reduce_ex__",
                &[Value::Int(self.hooks.protocol)],
            )?;
            return self.reduced(caller, value, &parts);
        }
        if own_hook(value, "__reduce__") {
            let parts = protocol::call_method(caller, value, "__reduce__", &[])?;
            return self.reduced(caller, value, &parts);
        }
        let class = Value::from(value.class());
        let range = value.exact::<crate::lang::object::Range>();
        if let Some(range) = range {
            let parts = [range.start, range.stop, range.step].map(Value::Int);
            let parts = Value::tuple([class, Value::tuple(parts)]);
            return self.reduced(caller, value, &parts);
        }
        let Some(instance) = value.exact::<Instance>().cloned() else {
            return Err(type_error(format!(
                "cannot pickle '{}' object",
                value.class_name()
            )));
        };
        let inner = instance.payload.kind();
        let opaque = matches!(inner, Some(Kind::Foreign | Kind::Generator | Kind::Iter));
        if opaque && !own_hook(value, "__getstate__") {
            return Err(type_error(format!(
                "cannot pickle '{}' object",
                value.class_name()
            )));
        }
        self.save(caller, &class)?;
        // The built-in value inside goes along as the argument of `__new__`, or as items.
        match inner {
            _ if opaque => self.out.push(b')'),
            Some(Kind::Set | Kind::FrozenSet | Kind::ByteArray) => {
                let items = protocol::collect(caller, &instance.payload)?;
                self.tuple(caller, &Value::Unbound, &[Value::list(items)])?;
            }
            None | Some(Kind::List | Kind::Dict)
                if instance.payload.kind().is_some() || instance.payload.is_unbound() =>
            {
                self.out.push(b')');
            }
            _ => self.tuple(
                caller,
                &Value::Unbound,
                std::slice::from_ref(&instance.payload),
            )?,
        }
        // As its `__reduce__` in CPython says.
        let called = is_ordered_dict(&class)
            || matches!(inner, Some(Kind::Set | Kind::FrozenSet | Kind::ByteArray));
        self.out.push(if called { b'R' } else { 0x81 });
        self.remember(value);
        if let Some(list) = instance.payload.exact::<List>() {
            let items = list.items.borrow().clone();
            self.batches(caller, &items, b'a', b'e')?;
        }
        if let Some(dict) = instance.payload.exact::<Dict>() {
            self.entries(caller, dict.entries())?;
        }
        let state = self.state(caller, value, &instance)?;
        if !state.is_none() {
            self.save(caller, &state)?;
            self.out.push(b'b');
        }
        Ok(())
    }

    fn state(
        &mut self,
        caller: &mut dyn Caller,
        value: &Value,
        instance: &Instance,
    ) -> Result<Value> {
        if own_hook(value, "__getstate__") {
            return protocol::call_method(caller, value, "__getstate__", &[]);
        }
        let entries = instance.entries();
        if entries.is_empty() {
            return Ok(Value::None);
        }
        let state = Dict::new();
        for (name, value) in entries {
            protocol::dict_set(caller, &state, name, value)?;
        }
        Ok(Value::from(state))
    }

    /// What `__reduce__` said: a callable with its arguments, a state, and items.
    fn reduced(&mut self, caller: &mut dyn Caller, value: &Value, parts: &Value) -> Result<()> {
        if let Some(name) = parts.as_str() {
            let module = protocol::find_attr(caller, value, &intern("__module__"))?;
            let module = module.as_ref().and_then(Value::as_str);
            return self.global(caller, module.unwrap_or("__main__"), name, Some(value));
        }
        let parts = match parts.exact::<Tuple>() {
            Some(parts) if (2..=6).contains(&parts.items.len()) => parts.items.to_vec(),
            _ => return Err(pickling_error("__reduce__ must return a string or tuple")),
        };
        let part = |i: usize| parts.get(i).cloned().unwrap_or(Value::None);
        self.save(caller, &part(0))?;
        self.save(caller, &part(1))?;
        self.out.push(b'R');
        self.remember(value);
        if !part(3).is_none() {
            let items = protocol::collect(caller, &part(3))?;
            self.batches(caller, &items, b'a', b'e')?;
        }
        if !part(4).is_none() {
            let mut pairs = Vec::new();
            for pair in protocol::collect(caller, &part(4))? {
                let pair = protocol::collect(caller, &pair)?;
                if let [key, item] = &pair[..] {
                    pairs.push((key.clone(), item.clone()));
                }
            }
            self.entries(caller, pairs)?;
        }
        if !part(2).is_none() {
            self.save(caller, &part(2))?;
            self.out.push(b'b');
        }
        Ok(())
    }
}
