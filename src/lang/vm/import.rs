//! The import instructions.

use crate::base::nearest;
use crate::lang::object::code::Frame;
use crate::lang::object::protocol;
use crate::lang::object::{
    Exc, Module, Name, Raised, Result, Str, Tuple, Value, intern, type_error,
};

use super::machine::Vm;

impl Vm {
    /// `import name` (the top package) or `from name import ...` (the module itself).
    pub(super) fn import(
        &mut self,
        frame: &Frame,
        name: &Value,
        from: &Value,
        level: usize,
    ) -> Result<Value> {
        let name = name.as_str().unwrap_or_default();
        if let Some(own) = self.own_builtins(frame)
            && own.get_str("__import__").is_none()
        {
            return Err(Raised::new(Exc::ImportError, "__import__ not found"));
        }
        let absolute = if level == 0 {
            name.to_string()
        } else {
            self.absolute_name(frame, name, level)?
        };
        let Some(importer) = self.session.importer.get() else {
            return Err(Raised::new(
                Exc::ModuleNotFoundError,
                format!("No module named '{absolute}'"),
            ));
        };
        // A script may have put what is no module in the place of one.
        if let Some(found) = self.session.modules.get_str(&absolute)
            && !found.is_none()
            && found.exact::<Module>().is_none()
        {
            return match absolute.split_once('.') {
                Some((top, _)) if from.exact::<Tuple>().is_none() && level == 0 => {
                    importer(self, top).map(Value::from)
                }
                _ => Ok(found),
            };
        }
        let module = importer(self, &absolute)?;
        match from.exact::<Tuple>().cloned() {
            None if level == 0 => match absolute.split_once('.') {
                Some((top, _)) => importer(self, top).map(Value::from),
                None => Ok(Value::from(module)),
            },
            None => Ok(Value::from(module)),
            Some(names) => {
                self.import_submodules(&absolute, &Value::from(&module), &names)?;
                Ok(Value::from(module))
            }
        }
    }

    /// `from package import name` may mean a module of the package.
    fn import_submodules(&mut self, package: &str, module: &Value, names: &Tuple) -> Result<()> {
        let is_package = module
            .exact::<Module>()
            .is_some_and(|m| m.dict.get_str("__path__").is_some());
        let Some(importer) = self.session.importer.get().filter(|_| is_package) else {
            return Ok(());
        };
        for name in names.items.iter().filter_map(|name| name.get::<Str>()) {
            if name.as_str() != "*"
                && protocol::find_attr(self, module, &name.interned())?.is_none()
            {
                let full = format!("{package}.{name}");
                match importer(self, &full) {
                    Ok(_) => {}
                    Err(raised) if is_missing(&raised, &full) => {}
                    Err(raised) => return Err(raised),
                }
            }
        }
        Ok(())
    }

    fn absolute_name(&mut self, frame: &Frame, name: &str, level: usize) -> Result<String> {
        let package = match frame
            .globals
            .get_str("__package__")
            .filter(|p| !p.is_none())
        {
            Some(package) => package.as_str().unwrap_or_default().to_string(),
            None => String::new(),
        };
        let refusal = |text: &str| Raised::new(Exc::ImportError, text);
        if package.is_empty() {
            return Err(refusal(
                "attempted relative import with no known parent package",
            ));
        }
        let parts: Vec<&str> = package.split('.').collect();
        if level > parts.len() {
            return Err(refusal(
                "attempted relative import beyond top-level package",
            ));
        }
        let base = parts[..=parts.len() - level].join(".");
        Ok(if name.is_empty() {
            base
        } else {
            format!("{base}.{name}")
        })
    }

    /// `from module import name`
    pub(super) fn import_from(&mut self, module: &Value, name: &Name) -> Result<Value> {
        match protocol::find_attr(self, module, name) {
            Ok(Some(value)) => return Ok(value),
            Err(raised) if !raised.is(Exc::AttributeError) => return Err(raised),
            _ => {}
        }
        let (shown, names) = match module.exact::<Module>() {
            Some(module) => (module.name(), module.dict.entries()),
            None => (module.class_name(), Vec::new()),
        };
        let full = format!("{shown}.{name}");
        if let Some(value) = self.session.modules.get_str(&full) {
            return Ok(value);
        }
        let file = module
            .exact::<Module>()
            .and_then(|m| m.dict.get_str("__file__"));
        let place = file
            .and_then(|f| f.as_str().map(str::to_string))
            .unwrap_or("unknown location".to_string());
        let initializing = module
            .exact::<Module>()
            .is_some_and(|module| module.dict.get_str("__initializing__").is_some());
        let message = if initializing {
            format!(
                "cannot import name '{name}' from partially initialized module '{shown}' \
                 (most likely due to a circular import) ({place})"
            )
        } else {
            format!("cannot import name '{name}' from '{shown}' ({place})")
        };
        let names: Vec<String> = names
            .iter()
            .filter_map(|(k, _)| k.as_str().map(str::to_string))
            .collect();
        let raised = Raised::new(Exc::ImportError, message).with_attr("name", Value::str(shown));
        Err(
            match nearest::nearest(name.as_str(), names.iter().map(String::as_str)) {
                Some(near) => raised.with_help(format!("did you mean '{near}'?")),
                None => raised,
            },
        )
    }

    /// `from module import *`
    pub(super) fn import_star(&mut self, frame: &Frame, module: &Value) -> Result<()> {
        let Some(source) = module.exact::<Module>().cloned() else {
            return Err(type_error("import * needs a module"));
        };
        let all = protocol::find_attr(self, module, &intern("__all__"))?;
        let names = match all {
            Some(all) => protocol::collect(self, &all)?,
            None => {
                let keys = source.dict.entries().into_iter().map(|(key, _)| key);
                keys.filter(|key| key.as_str().is_some_and(|k| !k.starts_with('_')))
                    .collect()
            }
        };
        for name in names {
            let Some(name) = name.get::<Str>().map(|name| name.interned()) else {
                return Err(type_error("Item in __all__ must be str"));
            };
            let value = match protocol::find_attr(self, module, &name)? {
                Some(value) => value,
                // What `__all__` names may be a module of the package.
                None => match self.session.importer.get() {
                    Some(importer) if source.dict.get_str("__path__").is_some() => {
                        match importer(self, &format!("{}.{name}", source.name())) {
                            Ok(module) => Value::from(module),
                            Err(_) => protocol::get_attr(self, module, &name)?,
                        }
                    }
                    _ => protocol::get_attr(self, module, &name)?,
                },
            };
            self.store_name(frame, &name, value)?;
        }
        Ok(())
    }
}

/// Whether an exception says that this very module is missing.
fn is_missing(raised: &Raised, name: &str) -> bool {
    raised.is(Exc::ModuleNotFoundError)
        && raised
            .0
            .get(&intern("name"))
            .is_some_and(|found| found.as_str() == Some(name))
}
