//! Objects to bytes by what describes them: the names of classes and functions, states, `__reduce__`.

use super::pickling_error;
use super::write::{Writer, is_ordered_dict};
use crate::lang::object::{
    Caller, Dict, Instance, Kind, List, Native, Result, Tuple, Value, attribute_error, intern,
    protocol, type_error, types,
};

/// The modules that had other names when the old protocols were made.
fn old_module(name: &str) -> &str {
    match name {
        "builtins" => "__builtin__",
        "copyreg" => "copy_reg",
        other => other,
    }
}

/// A special method that a class has besides that of `object`.
pub(super) fn own_hook(value: &Value, name: &str) -> bool {
    let found = value.with_class(|class| class.lookup(&intern(name)));
    found.is_some_and(|found| {
        let owner = found
            .exact::<Native>()
            .and_then(|native| native.owner.get());
        !owner.is_some_and(|owner| owner.same(&types().object))
    })
}

impl Writer {
    /// A name in a module.
    pub(super) fn global(
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
    pub(super) fn named(&mut self, caller: &mut dyn Caller, value: &Value) -> Result<()> {
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
        let found = match super::find::home_of(caller, &module)? {
            Some(found) => super::find::dotted(caller, &found, &name)?,
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

    pub(super) fn instance(&mut self, caller: &mut dyn Caller, value: &Value) -> Result<()> {
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
    pub(super) fn reduced(
        &mut self,
        caller: &mut dyn Caller,
        value: &Value,
        parts: &Value,
    ) -> Result<()> {
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
