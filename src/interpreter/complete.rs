//! Completion: what may follow a half-typed name.

use super::outcome::Candidate;
use crate::lang::object::protocol;
use crate::lang::object::{Caller, Class, Dict, Instance, Module, Ref, Value, intern};
use std::collections::BTreeMap;

const KEYWORDS: [&str; 35] = [
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue",
    "def", "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import",
    "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while",
    "with", "yield",
];

/// Names with whether they can be called, sorted.
type Names = BTreeMap<String, bool>;

/// Completes the dotted name that ends at byte `at`: where its last part starts, and what it may become.
pub(super) fn complete(
    caller: &mut dyn Caller,
    globals: &Ref<Dict>,
    text: &str,
    at: usize,
) -> (usize, Vec<Candidate>) {
    let before = &text[..at];
    let dotted = before
        .rfind(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.'))
        .map_or(before, |i| {
            let after = before[i..].chars().next().map_or(0, char::len_utf8);
            &before[i + after..]
        });
    let (path, prefix) = match dotted.rsplit_once('.') {
        Some((path, prefix)) => (Some(path), prefix),
        None => (None, dotted),
    };
    let line = before.rsplit('\n').next().unwrap_or_default().trim_start();
    let names = match (path, imported(line)) {
        (Some(path), None) => {
            resolve(caller, globals, path).map(|value| attributes(caller, &value))
        }
        (None, None) if prefix.is_empty() => None,
        (None, None) => Some(names_in_scope(caller, globals)),
        (path, Some(Import::Module)) => Some(modules(caller, path)),
        (_, Some(Import::From(module))) => {
            module_named(caller, module).map(|m| attributes(caller, &m))
        }
    };
    let hidden = |name: &str| name.starts_with('_') && !prefix.starts_with('_');
    let fits = |name: &str| name.starts_with(prefix) && !hidden(name);
    let candidates = names
        .unwrap_or_default()
        .into_iter()
        .filter(|(name, _)| fits(name));
    (
        at - prefix.len(),
        candidates
            .map(|(name, callable)| Candidate { name, callable })
            .collect(),
    )
}

/// What an import statement is about to name.
enum Import<'a> {
    Module,
    From(&'a str),
}

fn imported(line: &str) -> Option<Import<'_>> {
    if let Some(rest) = line.strip_prefix("from ") {
        return Some(match rest.trim_start().split_once(" import ") {
            Some((module, _)) => Import::From(module.trim()),
            None => Import::Module,
        });
    }
    let rest = line.strip_prefix("import ")?;
    (!rest.contains(" as ")).then_some(Import::Module)
}

fn names_in_scope(caller: &mut dyn Caller, globals: &Ref<Dict>) -> Names {
    let mut names: Names = KEYWORDS
        .iter()
        .map(|word| (word.to_string(), false))
        .collect();
    let builtins = caller.session().builtins.clone();
    for dict in [&builtins, globals] {
        add_entries(&mut names, dict.entries());
    }
    names
}

fn add_entries(names: &mut Names, entries: Vec<(Value, Value)>) {
    for (key, value) in entries {
        if let Some(name) = key.as_str() {
            names.insert(name.to_string(), protocol::is_callable(&value));
        }
    }
}

/// The value of a dotted name; nothing where it has none, or looking it up raises.
pub(super) fn resolve(caller: &mut dyn Caller, globals: &Ref<Dict>, path: &str) -> Option<Value> {
    let mut parts = path.split('.');
    let first = parts.next()?;
    let builtins = caller.session().builtins.clone();
    let mut value = globals.get_str(first).or_else(|| builtins.get_str(first))?;
    for part in parts {
        value = protocol::find_attr(caller, &value, &intern(part)).ok()??;
    }
    Some(value)
}

/// The attributes of a value: those that its `__dir__` names if it has one, else its own and its classes'.
fn attributes(caller: &mut dyn Caller, value: &Value) -> Names {
    let mut names = Names::new();
    if let Some(module) = value.exact::<Module>() {
        add_entries(&mut names, module.dict.entries());
    }
    let classes = match value.exact::<Class>() {
        Some(class) => class.mro(),
        None => value.class().mro(),
    };
    for class in classes.iter().rev() {
        let entries = class
            .attrs
            .borrow()
            .iter()
            .map(|e| (e.key.clone(), e.value.clone()))
            .collect();
        add_entries(&mut names, entries);
    }
    if let Some(instance) = value.exact::<Instance>() {
        add_entries(&mut names, instance.entries());
    }
    for name in dir(caller, value) {
        names.entry(name).or_insert(false);
    }
    names
}

/// What the builtin `dir` says of a value.
fn dir(caller: &mut dyn Caller, value: &Value) -> Vec<String> {
    let Some(dir) = caller.session().builtins.get_str("dir") else {
        return Vec::new();
    };
    let mut names = Vec::new();
    if let Ok(list) = caller.call_positional(&dir, std::slice::from_ref(value)) {
        // An element that is no text, or an error on the way, only means fewer candidates.
        let _ = protocol::for_each(caller, &list, |_, item| {
            names.extend(item.as_str().map(str::to_string));
            Ok(true)
        });
    }
    names
}

/// The modules that can be imported: at the top, or below a package.
fn modules(caller: &mut dyn Caller, package: Option<&str>) -> Names {
    let session = caller.session().clone();
    let loaded = session
        .modules
        .entries()
        .into_iter()
        .filter_map(|(key, _)| key.as_str().map(str::to_string));
    let native = session
        .natives
        .borrow()
        .iter()
        .map(|spec| spec.name.to_string())
        .collect::<Vec<_>>();
    let mut names = Names::new();
    for name in loaded.chain(native) {
        let below = match package {
            Some(package) => name
                .strip_prefix(package)
                .and_then(|rest| rest.strip_prefix('.')),
            None => Some(name.as_str()),
        };
        if let Some(first) = below.and_then(|rest| rest.split('.').next()) {
            names.insert(first.to_string(), false);
        }
    }
    names
}

fn module_named(caller: &mut dyn Caller, name: &str) -> Option<Value> {
    if let Some(module) = caller.session().modules.get_str(name) {
        return Some(module);
    }
    let importer = caller.session().importer.get()?;
    // Only modules of the program itself: importing a script's would run it.
    let native = caller
        .session()
        .natives
        .borrow()
        .iter()
        .any(|spec| spec.name == name);
    native.then(|| importer(caller, name).ok().map(Value::from))?
}
