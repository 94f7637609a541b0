//! Makes a module of the library when it is asked for.

use super::{MODULES, SOURCES};
use crate::lang::object::native::define_module;
use crate::lang::object::{Caller, Module, Ref, Result, Value};

/// The module of the library with this dotted name, made and entered into `sys.modules`; nothing if there is none.
pub fn load(caller: &mut dyn Caller, name: &str) -> Result<Option<Ref<Module>>> {
    let modules = caller.session().modules.clone();
    if let Some(spec) = MODULES.iter().find(|spec| spec.name == name) {
        let module = define_module(caller, spec)?;
        modules.set_str(name, Value::from(&module));
        return Ok(Some(module));
    }
    let Some(found) = SOURCES.iter().find(|source| source.name == name) else {
        return Ok(None);
    };
    let module = Module::new(name, "");
    module.set(
        "__file__",
        format!("<library>/{}.nn", name.replace('.', "/")),
    );
    module.set(
        "__package__",
        if found.package {
            name
        } else {
            name.rsplit_once('.').map_or("", |(p, _)| p)
        },
    );
    if found.package {
        module.set("__path__", Value::list(Vec::new()));
    }
    module.set(
        "__builtins__",
        Value::from(&caller.session().builtins.clone()),
    );
    modules.set_str(name, Value::from(&module));
    match run(caller, &module, name, &found.source.text()) {
        Ok(()) => Ok(Some(module)),
        Err(raised) => {
            modules.remove_name(&crate::lang::object::intern(name));
            Err(raised)
        }
    }
}

fn run(caller: &mut dyn Caller, module: &Ref<Module>, name: &str, source: &str) -> Result<()> {
    let Some(compile) = caller.session().compiler.get() else {
        return Err(crate::lang::object::runtime_error(
            "this session has no compiler",
        ));
    };
    let file = format!("<library>/{}.nn", name.replace('.', "/"));
    let code = compile(caller, source, &file, "exec", false)?;
    caller.run_code(&code, &module.dict, None)?;
    Ok(())
}

/// The names of all modules of the library that do not begin with an underscore, sorted.
pub fn names() -> Vec<&'static str> {
    let native = MODULES.iter().map(|spec| spec.name);
    let mut names: Vec<&str> = native
        .chain(SOURCES.iter().map(|source| source.name))
        .collect();
    names.retain(|name| !name.starts_with('_'));
    names.sort_unstable();
    names.dedup();
    names
}
