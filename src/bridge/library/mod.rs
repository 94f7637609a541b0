//! The parts of the package that are written in the language itself, and how modules reach one another.

use crate::lang::object::{
    Caller, Exc, Module, Name, Ref, Result, Value, intern, protocol, runtime_error,
};

/// Runs source text of the package in a module.
pub(super) fn run_source(
    caller: &mut dyn Caller,
    module: &Ref<Module>,
    path: &str,
    text: &str,
) -> Result<()> {
    let session = caller.session().clone();
    let Some(compile) = session.compiler.get() else {
        return Err(runtime_error("this session has no compiler"));
    };
    module.set("__builtins__", Value::from(&session.builtins));
    module.set("__package__", Value::str(path.replace('/', ".")));
    let code = compile(caller, text, &format!("<library>/{path}.nn"), "exec", false)?;
    caller.run_code(&code, &module.dict, None).map(drop)
}

/// An attribute, or nothing where looking it up raises AttributeError: what `getattr(obj, name, None)` does.
pub(super) fn optional_attr(
    caller: &mut dyn Caller,
    obj: &Value,
    name: &Name,
) -> Result<Option<Value>> {
    match protocol::find_attr(caller, obj, name) {
        Err(raised) if raised.is(Exc::AttributeError) => Ok(None),
        found => found,
    }
}

/// A module of the package by its dotted name.
pub(super) fn submodule(caller: &mut dyn Caller, name: &str) -> Result<Value> {
    if let Some(known) = caller.session().modules.get_str(name) {
        return Ok(known);
    }
    let Some(importer) = caller.session().importer.get() else {
        return Err(runtime_error("this session has no importer"));
    };
    importer(caller, name).map(Value::from)
}

/// An attribute of another module of the package.
pub(super) fn alias(caller: &mut dyn Caller, module: &str, name: &str) -> Result<Option<Value>> {
    let module = submodule(caller, module)?;
    protocol::find_attr(caller, &module, &intern(name))
}
