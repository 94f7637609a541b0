//! The instructions of `match` statements.

use crate::lang::object::code::{Reg, Site};
use crate::lang::object::protocol;
use crate::lang::object::{
    Class, Dict, Kind, Name, Result, Tuple, Value, intern, type_error, types,
};

use super::machine::Vm;
use super::registers::Registers;

impl Vm {
    /// Whether a sequence pattern can match.
    pub(super) fn is_sequence(&mut self, value: &Value) -> Result<bool> {
        match value.unwrapped().kind() {
            Some(Kind::List | Kind::Tuple | Kind::Range) => Ok(true),
            Some(Kind::Instance | Kind::Foreign) => self.is_abstract(value, "Sequence"),
            _ => Ok(false),
        }
    }

    /// Whether a mapping pattern can match.
    pub(super) fn is_mapping(&mut self, value: &Value) -> Result<bool> {
        match value.kind() {
            _ if value.get::<Dict>().is_some() => Ok(true),
            Some(Kind::Instance | Kind::Foreign) => self.is_abstract(value, "Mapping"),
            _ => Ok(false),
        }
    }

    /// Whether a value is an instance of a class of `collections.abc`.
    fn is_abstract(&mut self, value: &Value, class: &str) -> Result<bool> {
        let Some(importer) = self.session.importer.get() else {
            return Ok(false);
        };
        let module = Value::from(importer(self, "collections.abc")?);
        let class = protocol::get_attr(self, &module, &intern(class))?;
        protocol::is_instance(self, value, &class)
    }

    /// The values of a tuple of keys, or None if one is missing.
    pub(super) fn match_keys(&mut self, src: &Value, keys: &Value) -> Result<Value> {
        let Some(keys) = keys.exact::<Tuple>().cloned() else {
            return Ok(Value::None);
        };
        // What is no plain dict says by `get` what it has.
        let get = match src.exact::<Dict>() {
            Some(_) => Value::None,
            None => protocol::get_attr(self, src, &intern("get"))?,
        };
        let missing = Value::from(Dict::new());
        let mut values = Vec::with_capacity(keys.items.len());
        for key in &keys.items {
            let found = match src.exact::<Dict>().cloned() {
                Some(dict) => protocol::dict_get(self, &dict, key)?,
                None => {
                    let args = [key.clone(), missing.clone()];
                    let args = crate::lang::object::Args::positional(&args);
                    Some(self.call_directly(&get, args)?).filter(|found| !found.is(&missing))
                }
            };
            match found {
                Some(value) => values.push(value),
                None => return Ok(Value::None),
            }
        }
        Ok(Value::tuple(values))
    }

    /// A copy of a mapping without a tuple of keys.
    pub(super) fn dict_without(&mut self, src: &Value, keys: &Value) -> Result<Value> {
        let rest = Dict::new();
        for (key, value) in protocol::collect_pairs(self, src)? {
            if !protocol::contains(self, keys, &key)? {
                protocol::dict_set(self, &rest, key, value)?;
            }
        }
        Ok(Value::from(rest))
    }

    /// The attributes that a class pattern asks for, or None if it does not match.
    pub(super) fn match_class(
        &mut self,
        regs: Registers,
        base: Reg,
        count: usize,
        site: &Site,
    ) -> Result<Value> {
        let (subject, class) = (regs.get(base).clone(), regs.get(base + 1).clone());
        if class.exact::<Class>().is_none() {
            return Err(type_error("called match pattern must be a type"));
        }
        if !protocol::is_instance(self, &subject, &class)? {
            return Ok(Value::None);
        }
        let mut values = Vec::new();
        let mut named: Vec<Name> = Vec::new();
        if count > 0 {
            if matches_itself(&class) {
                if count > 1 {
                    return Err(too_many_positional(&class, 1, count));
                }
                values.push(subject.clone());
            } else {
                named = self.match_args(&class, count)?;
            }
        }
        let positional = named.len();
        named.extend(site.keywords.iter().cloned());
        for (place, name) in named.iter().enumerate() {
            if named[..place.min(positional)]
                .iter()
                .any(|own| own.same(name))
            {
                let class = class.exact::<Class>().map(|class| class.name().to_string());
                return Err(type_error(format!(
                    "{}() got multiple sub-patterns for attribute '{name}'",
                    class.unwrap_or_default()
                )));
            }
            match protocol::find_attr(self, &subject, name)? {
                Some(value) => values.push(value),
                None => return Ok(Value::None),
            }
        }
        Ok(Value::tuple(values))
    }

    /// The first names of `__match_args__`.
    fn match_args(&mut self, class: &Value, count: usize) -> Result<Vec<Name>> {
        let args = protocol::find_attr(self, class, &intern("__match_args__"))?;
        if let Some(args) = args.as_ref().filter(|args| args.get::<Tuple>().is_none()) {
            let class = class.exact::<Class>().map(|class| class.name().to_string());
            return Err(type_error(format!(
                "{}.__match_args__ must be a tuple (got {})",
                class.unwrap_or_default(),
                args.class_name()
            )));
        }
        let args = args.and_then(|args| args.get::<Tuple>().cloned());
        let known = args.as_ref().map_or(0, |args| args.items.len());
        let Some(args) = args.filter(|_| known >= count) else {
            return Err(too_many_positional(class, known, count));
        };
        let name = |value: &Value| match value.get::<crate::lang::object::Str>() {
            Some(name) => Ok(name.interned()),
            None => Err(type_error(format!(
                "__match_args__ elements must be strings (got {})",
                value.class_name()
            ))),
        };
        args.items[..count].iter().map(name).collect()
    }
}

/// Whether a positional pattern of the class matches the subject itself.
fn matches_itself(class: &Value) -> bool {
    let t = types();
    let own = [
        &t.bool,
        &t.bytearray,
        &t.bytes,
        &t.dict,
        &t.float,
        &t.frozenset,
        &t.int,
        &t.list,
        &t.set,
        &t.str,
        &t.tuple,
    ];
    class
        .exact::<Class>()
        .is_some_and(|class| own.iter().any(|known| class.is_subclass(known)))
}

fn too_many_positional(class: &Value, known: usize, given: usize) -> crate::lang::object::Raised {
    let name = class
        .exact::<Class>()
        .map(|class| class.name().to_string())
        .unwrap_or_default();
    let plural = if known == 1 { "" } else { "s" };
    type_error(format!(
        "{name}() accepts {known} positional sub-pattern{plural} ({given} given)"
    ))
}
