//! Global names and the names of class bodies, with caches at the places that use them.

use crate::base::nearest;
use crate::lang::object::code::{Frame, Resolved, Site};
use crate::lang::object::protocol;
use crate::lang::object::{Dict, Module, Name, Raised, Ref, Result, Value, name_error};

use super::machine::Vm;

impl Vm {
    /// What the cache of a site knows about a global or builtin.
    #[inline(always)]
    pub(super) fn known_global(&self, frame: &Frame, site: &Site) -> Option<Value> {
        let cache = &site.cache;
        // SAFETY: nobody changes the namespaces while a value is copied.
        let globals = unsafe { frame.globals.table.try_borrow_unguarded() }.ok()?;
        match cache.kind.get() {
            Resolved::Global => {
                let place = cache.place.get() as usize;
                globals.value_of(place, site.name()).cloned()
            }
            Resolved::Builtin if globals.version() == cache.version.get() => {
                // SAFETY: as above.
                let builtins =
                    unsafe { self.session.builtins.table.try_borrow_unguarded() }.ok()?;
                let known = builtins.version() == cache.shape.get();
                let place = cache.place.get() as usize;
                let entry = known.then(|| builtins.entry(place))?;
                entry.map(|entry| entry.value.clone())
            }
            _ => None,
        }
    }

    /// A global or builtin.
    pub(super) fn load_global(&mut self, frame: &Frame, site: &Site) -> Result<Value> {
        match self.known_global(frame, site) {
            Some(value) => Ok(value),
            None => self.find_global(frame, site),
        }
    }

    #[cold]
    fn find_global(&mut self, frame: &Frame, site: &Site) -> Result<Value> {
        let (name, cache) = (site.name(), &site.cache);
        let globals = frame.globals.table.borrow();
        if let Some(place) = globals.find_name(name) {
            cache.kind.set(Resolved::Global);
            cache.place.set(place as u32);
            return Ok(globals
                .entry(place)
                .map(|entry| entry.value.clone())
                .unwrap_or_default());
        }
        // Names with a dot are hidden from scripts.
        if !name.as_str().starts_with('.')
            && let Some(own) = self.own_builtins(frame)
        {
            drop(globals);
            let found = own.get_name(name);
            return found.ok_or_else(|| self.not_defined(frame, name));
        }
        let builtins = self.session.builtins.table.borrow();
        if let Some(place) = builtins.find_name(name)
            && let Some(entry) = builtins.entry(place)
        {
            cache.kind.set(Resolved::Builtin);
            cache.version.set(globals.version());
            cache.shape.set(builtins.version());
            cache.place.set(place as u32);
            return Ok(entry.value.clone());
        }
        drop((globals, builtins));
        Err(self.not_defined(frame, name))
    }

    /// The `__builtins__` of a frame's globals, if they are others than the session's.
    #[cold]
    pub(super) fn own_builtins(&self, frame: &Frame) -> Option<Ref<Dict>> {
        let found = frame.globals.get_str("__builtins__")?;
        let dict = match found.exact::<Module>() {
            Some(module) => module.dict.clone(),
            None => found.get::<Dict>()?.clone(),
        };
        (!dict.same(&self.session.builtins)).then_some(dict)
    }

    /// `NameError: name 'x' is not defined`, with the nearest name there is.
    #[cold]
    pub(super) fn not_defined(&self, frame: &Frame, name: &Name) -> Raised {
        let mut names: Vec<String> = frame
            .code
            .locals
            .iter()
            .map(|local| local.to_string())
            .collect();
        for dict in [&*frame.globals, &self.session.builtins] {
            names.extend(
                dict.entries()
                    .iter()
                    .filter_map(|(key, _)| key.as_str().map(str::to_string)),
            );
        }
        let near = nearest::nearest(name.as_str(), names.iter().map(String::as_str));
        name_error(format!("name '{name}' is not defined"))
            .with_attr("name", Value::from(name))
            .with_near(near)
    }

    /// Deletes a global.
    pub(super) fn delete_global(&mut self, frame: &Frame, name: &Name) -> Result<()> {
        match frame.globals.remove_name(name) {
            Some(_) => Ok(()),
            None => Err(name_error(format!("name '{name}' is not defined"))),
        }
    }

    /// A name of a class body: from its namespace, if it is there.
    pub(super) fn namespace_get(&mut self, frame: &Frame, name: &Name) -> Result<Option<Value>> {
        match &frame.more().namespace {
            None => Ok(frame.globals.get_name(name)),
            Some(namespace) => match namespace.exact::<Dict>() {
                Some(dict) => Ok(dict.get_name(name)),
                None => match protocol::get_item(self, &namespace.clone(), &Value::from(name)) {
                    Ok(value) => Ok(Some(value)),
                    Err(raised) if raised.is(crate::lang::object::Exc::KeyError) => Ok(None),
                    Err(raised) => Err(raised),
                },
            },
        }
    }

    /// A name of a class body.
    pub(super) fn load_name(&mut self, frame: &Frame, site: &Site) -> Result<Value> {
        match self.namespace_get(frame, site.name())? {
            Some(value) => Ok(value),
            None => self.load_global(frame, site),
        }
    }

    /// Sets a name of a class body.
    pub(super) fn store_name(&mut self, frame: &Frame, name: &Name, value: Value) -> Result<()> {
        match &frame.more().namespace {
            None => frame.globals.set_name(name, value),
            Some(namespace) => match namespace.exact::<Dict>() {
                Some(dict) => dict.set_name(name, value),
                None => protocol::set_item(self, &namespace.clone(), &Value::from(name), value)?,
            },
        }
        Ok(())
    }

    /// Deletes a name of a class body.
    pub(super) fn delete_name(&mut self, frame: &Frame, name: &Name) -> Result<()> {
        let Some(namespace) = frame.more().namespace.clone() else {
            return self.delete_global(frame, name);
        };
        let gone = match namespace.exact::<Dict>() {
            Some(dict) => dict.remove_name(name).is_some(),
            None => protocol::delete_item(self, &namespace, &Value::from(name)).is_ok(),
        };
        if gone {
            Ok(())
        } else {
            Err(name_error(format!("name '{name}' is not defined")))
        }
    }
}
