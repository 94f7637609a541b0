//! What `dir` lists.

use crate::lang::object::{Class, Function, Instance, Kind, Module, Name, Str, Value};

/// The names of `dir(value)`, sorted.
pub fn directory(value: &Value) -> Vec<Name> {
    let mut names: Vec<Name> = Vec::new();
    let mut add = |entries: Vec<(Value, Value)>| {
        names.extend(
            entries
                .iter()
                .filter_map(|(key, _)| Some(key.exact::<Str>()?.interned())),
        );
    };
    match value.kind() {
        Some(Kind::Instance) => add(value
            .exact::<Instance>()
            .map(|i| i.entries())
            .unwrap_or_default()),
        Some(Kind::Module) => {
            add(value
                .exact::<Module>()
                .map(|m| m.dict.entries())
                .unwrap_or_default());
            // Names with a dot are hidden.
            names.retain(|name| !name.as_str().starts_with('.'));
            sort(&mut names);
            return names;
        }
        Some(Kind::Function) => add(value
            .exact::<Function>()
            .and_then(|f| f.known()?.attrs.borrow().as_ref().map(|d| d.entries()))
            .unwrap_or_default()),
        _ => {}
    }
    let class = value
        .exact::<Class>()
        .cloned()
        .unwrap_or_else(|| value.class());
    for class in class.mro() {
        add(class
            .attrs
            .borrow()
            .iter()
            .map(|e| (e.key.clone(), Value::None))
            .collect());
    }
    sort(&mut names);
    names.dedup_by(|a, b| a.same(b));
    names.retain(|name| name.as_str() != "__qualname__" || value.kind() == Some(Kind::Function));
    names
}

fn sort(names: &mut [Name]) {
    names.sort_by(|a, b| a.as_str().cmp(b.as_str()));
}
