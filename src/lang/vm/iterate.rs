//! Unpacking, and the extension of displays and calls by iterables and mappings.

use crate::lang::object::code::Reg;
use crate::lang::object::protocol;
use crate::lang::object::{
    Dict, Kind, List, Method, Result, Set, Tuple, Value, type_error, value_error,
};

use super::machine::Vm;
use super::registers::Registers;

impl Vm {
    /// Exactly `count` elements into the registers from `base` on.
    pub(super) fn unpack(
        &mut self,
        regs: Registers,
        src: &Value,
        base: Reg,
        count: usize,
    ) -> Result<()> {
        if let Some(tuple) = src.exact::<Tuple>() {
            if tuple.items.len() == count {
                let tuple = tuple.clone();
                for (i, item) in tuple.items.iter().enumerate() {
                    regs.set(base + i as Reg, item.clone());
                }
                return Ok(());
            }
            return Err(wrong_count(tuple.items.len(), count));
        }
        let items = self.some_elements(src, count)?;
        for (i, item) in items.into_iter().enumerate() {
            regs.set(base + i as Reg, item);
        }
        Ok(())
    }

    /// Exactly `count` elements of an iterable.
    fn some_elements(&mut self, src: &Value, count: usize) -> Result<Vec<Value>> {
        if let Some(list) = src.exact::<List>() {
            let items = list.items.borrow().clone();
            return if items.len() == count {
                Ok(items)
            } else {
                Err(wrong_count(items.len(), count))
            };
        }
        let iterator = match protocol::iter(self, src) {
            Ok(iterator) => iterator,
            Err(_) if !is_iterable(src) => {
                return Err(type_error(format!(
                    "cannot unpack non-iterable {} object",
                    src.class_name()
                )));
            }
            Err(raised) => return Err(raised),
        };
        let mut items = Vec::with_capacity(count);
        while let Some(item) = protocol::next(self, &iterator)? {
            if items.len() == count {
                return Err(value_error(format!(
                    "too many values to unpack (expected {count})"
                )));
            }
            items.push(item);
        }
        if items.len() == count {
            Ok(items)
        } else {
            Err(wrong_count(items.len(), count))
        }
    }

    /// `before` elements, the list of the middle, `after` elements, into the registers from `base` on.
    pub(super) fn unpack_star(
        &mut self,
        regs: Registers,
        src: &Value,
        base: Reg,
        before: usize,
        after: usize,
    ) -> Result<()> {
        if !is_iterable(src) {
            return Err(type_error(format!(
                "cannot unpack non-iterable {} object",
                src.class_name()
            )));
        }
        let mut items = protocol::collect(self, src)?;
        if items.len() < before + after {
            let (got, need) = (items.len(), before + after);
            return Err(value_error(format!(
                "not enough values to unpack (expected at least {need}, got {got})"
            )));
        }
        let last = items.split_off(items.len() - after);
        let middle = items.split_off(before);
        let all = items.into_iter().chain([Value::list(middle)]).chain(last);
        for (i, item) in all.enumerate() {
            regs.set(base + i as Reg, item);
        }
        Ok(())
    }

    /// Appends all elements of an iterable to the list of a display or call.
    pub(super) fn list_extend(&mut self, list: &Value, iterable: &Value) -> Result<()> {
        if !is_iterable(iterable) {
            let name = iterable.class_name();
            return Err(type_error(format!(
                "Value after * must be an iterable, not {name}"
            )));
        }
        let items = protocol::listed(self, iterable)?;
        if let Some(list) = list.exact::<List>() {
            list.items.borrow_mut().extend(items);
        }
        Ok(())
    }

    /// Appends all elements of an iterable to the arguments of a call.
    pub(super) fn args_extend(
        &mut self,
        callee: &Value,
        list: &Value,
        iterable: &Value,
    ) -> Result<()> {
        if !is_iterable(iterable) {
            let (shown, name) = (self.callee_name(callee), iterable.class_name());
            return Err(type_error(format!(
                "{shown} argument after * must be an iterable, not {name}"
            )));
        }
        self.list_extend(list, iterable)
    }

    /// Adds all elements of an iterable to the set of a display.
    pub(super) fn set_update(&mut self, set: &Value, iterable: &Value) -> Result<()> {
        match set.exact::<Set>().cloned() {
            Some(set) => protocol::set_update(self, &set.table, iterable),
            None => Ok(()),
        }
    }

    /// Adds to the set of a display or comprehension.
    pub(super) fn set_add(&mut self, set: &Value, item: Value) -> Result<()> {
        match set.exact::<Set>().cloned() {
            Some(set) => protocol::set_add(self, &set.table, item),
            None => Ok(()),
        }
    }

    /// Takes over the entries of a mapping into the dict of a display.
    pub(super) fn dict_update(&mut self, dict: &Value, mapping: &Value) -> Result<()> {
        let Some(dict) = dict.exact::<Dict>().cloned() else {
            return Ok(());
        };
        if !self.is_mapping_like(mapping)? {
            return Err(type_error(format!(
                "'{}' object is not a mapping",
                mapping.class_name()
            )));
        }
        for (key, value) in protocol::collect_pairs(self, mapping)? {
            protocol::dict_set(self, &dict, key, value)?;
        }
        Ok(())
    }

    /// The same for the keywords of a call.
    pub(super) fn dict_merge(
        &mut self,
        dict: &Value,
        mapping: &Value,
        callee: &Value,
    ) -> Result<()> {
        let Some(dict) = dict.exact::<Dict>().cloned() else {
            return Ok(());
        };
        let shown = self.callee_name(callee);
        if !self.is_mapping_like(mapping)? {
            let name = mapping.class_name();
            return Err(type_error(format!(
                "{shown} argument after ** must be a mapping, not {name}"
            )));
        }
        for (key, value) in protocol::collect_pairs(self, mapping)? {
            if key.as_str().is_none() {
                return Err(type_error("keywords must be strings"));
            }
            if protocol::dict_get(self, &dict, &key)?.is_some() {
                let key = key.as_str().unwrap_or_default();
                return Err(type_error(format!(
                    "{shown} got multiple values for keyword argument '{key}'"
                )));
            }
            protocol::dict_set(self, &dict, key, value)?;
        }
        Ok(())
    }

    fn is_mapping_like(&mut self, mapping: &Value) -> Result<bool> {
        if mapping.get::<Dict>().is_some() {
            return Ok(true);
        }
        Ok(protocol::find_attr(self, mapping, &crate::lang::object::intern("keys"))?.is_some())
    }

    /// How messages name what is called: `__main__.f()`.
    fn callee_name(&mut self, callee: &Value) -> String {
        match callee.kind() {
            Some(Kind::Function) => {
                let function = callee
                    .exact::<crate::lang::object::Function>()
                    .expect("the kind says so");
                let module = function.globals.get_str("__name__");
                let module = module
                    .and_then(|m| m.as_str().map(|m| format!("{m}.")))
                    .unwrap_or_default();
                format!("{module}{}()", function.qualname())
            }
            Some(Kind::Method) => {
                let function = callee
                    .exact::<Method>()
                    .map(|m| m.function.clone())
                    .unwrap_or_default();
                self.callee_name(&function)
            }
            Some(Kind::Native) => {
                let native = callee.exact::<crate::lang::object::Native>();
                format!("{}()", native.map(|n| n.qualname()).unwrap_or_default())
            }
            Some(Kind::Class) => {
                let class = callee.exact::<crate::lang::object::Class>();
                let name = class.map(|class| crate::lang::object::root::full_name(class));
                format!("{}()", name.unwrap_or_default())
            }
            _ => format!("{}()", callee.class_name()),
        }
    }
}

fn is_iterable(value: &Value) -> bool {
    use crate::lang::object::Special;
    matches!(
        value.kind(),
        Some(
            Kind::Iter
                | Kind::Generator
                | Kind::List
                | Kind::Tuple
                | Kind::Range
                | Kind::Str
                | Kind::Dict
                | Kind::DictView
        )
    ) || protocol::special(value, Special::Iter).is_some_and(|method| !method.is_none())
        || protocol::special(value, Special::Getitem).is_some()
}

fn wrong_count(got: usize, expected: usize) -> crate::lang::object::Raised {
    if got > expected {
        value_error(format!("too many values to unpack (expected {expected})"))
    } else {
        value_error(format!(
            "not enough values to unpack (expected {expected}, got {got})"
        ))
    }
}
