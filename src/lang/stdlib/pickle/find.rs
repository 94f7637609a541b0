//! Classes and functions by the names in a pickle, as far as its reader may have them.

use std::cell::RefCell;

use super::unpickling_error;
use crate::lang::object::{
    Caller, Class, Exc, Kind, Module, Raised, Ref, Result, Value, intern, protocol, types,
};
use crate::lang::stdlib::{self};

/// An attribute by its dotted name.
pub(super) fn dotted(caller: &mut dyn Caller, module: &Value, name: &str) -> Result<Option<Value>> {
    let mut value = module.clone();
    for part in name.split('.') {
        match protocol::find_attr(caller, &value, &intern(part))? {
            Some(found) => value = found,
            None => return Ok(None),
        }
    }
    Ok(Some(value))
}

/// The opcodes of protocol 2 that files of plain values are made of.
pub(super) const STRICT: &[u8] = b"c\x81Rbaesu(t\x85\x86\x87N\x88\x89)]}\x8fJKMGXUQhjqr\x8a\x80.";

/// The modules of the library whose classes may be called with data from a pickle.
const SAFE: &[&str] = &[
    "builtins",
    "collections",
    "datetime",
    "decimal",
    "fractions",
    "pathlib",
    "types",
    "uuid",
];

thread_local! {
    /// Functions of the library that pickles may call.
    static ALLOWED: RefCell<Vec<Value>> = const { RefCell::new(Vec::new()) };
}

/// Lets pickles call a function of the library.
pub(super) fn allow(function: &Value) {
    if !is_allowed(function) {
        ALLOWED.with_borrow_mut(|all| all.push(function.clone()));
    }
}

pub(super) fn is_allowed(function: &Value) -> bool {
    ALLOWED.with_borrow(|all| all.iter().any(|known| known.is(function)))
}

pub(super) fn refused(module: &str, name: &str) -> Raised {
    unpickling_error(format!(
        "{module}.{name} is refused: unpickling runs no code"
    ))
}

/// A module that is imported, or that belongs to the library and may be.
pub(super) fn home_of(caller: &mut dyn Caller, module: &str) -> Result<Option<Value>> {
    let session = caller.session().clone();
    if let Some(known) = session.modules.get_str(module) {
        return Ok(Some(known));
    }
    if SAFE.contains(&module) {
        return Ok(stdlib::load(caller, module)?.map(Value::from));
    }
    let root = module.split('.').next().unwrap_or_default();
    let native = session.natives.borrow().iter().any(|s| s.name == root);
    match (native, session.importer.get()) {
        (true, Some(importer)) => importer(caller, module).map(|found| Some(Value::from(found))),
        _ => Ok(None),
    }
}

/// A class by its name; functions and what is in modules that are not imported are refused.
pub(super) fn find_class(caller: &mut dyn Caller, module: &str, name: &str) -> Result<Value> {
    let found = match (module, name) {
        ("copyreg", _) => return Err(refused(module, name)),
        ("_codecs", "encode") => {
            let own = home_of(caller, "_pickle")?.unwrap_or_default();
            let encode = protocol::get_attr(caller, &own, &intern("_encode"))?;
            allow(&encode);
            return Ok(encode);
        }
        ("builtins", name) => caller.session().builtins.get_str(name),
        _ => match home_of(caller, module)?.filter(|home| home.exact::<Module>().is_some()) {
            Some(home) => dotted(caller, &home, name)?,
            None => {
                return Err(Raised::new(
                    Exc::ModuleNotFoundError,
                    format!("No module named '{module}'"),
                ));
            }
        },
    };
    match found {
        Some(found) if found.exact::<Class>().is_some() || is_allowed(&found) => Ok(found),
        Some(found) if is_own(caller, &found)? => Ok(found),
        // A function of the program is a value like others as long as it is not called.
        Some(found) if module == "builtins" && found.kind() == Some(Kind::Native) => Ok(found),
        // A value that cannot be called, such as a dtype.
        Some(found) if found.kind() != Some(Kind::Module) && !protocol::is_callable(&found) => {
            Ok(found)
        }
        Some(_) => Err(refused(module, name)),
        None => Err(crate::lang::object::attribute_error(format!(
            "Can't get attribute '{name}' on <module '{module}'>"
        ))),
    }
}

/// Whether a class may be called with data from a pickle: built-in values, exceptions, containers of the library,
/// and enumerations.
pub(super) fn is_safe(caller: &mut dyn Caller, class: &Ref<Class>) -> Result<bool> {
    if class.is_subclass(types().exception(Exc::BaseException)) {
        return Ok(class.native);
    }
    if Value::from(class).class().name().as_str() == "EnumType" {
        return Ok(true);
    }
    let module = protocol::find_attr(caller, &Value::from(class), &intern("__module__"))?;
    let module = module
        .and_then(|m| m.as_str().map(str::to_string))
        .unwrap_or_default();
    let unsafe_names = ["type", "object", "property", "super", "map", "filter"];
    Ok(SAFE.contains(&module.as_str()) && !unsafe_names.contains(&class.name().as_str()))
}

/// Whether a class or function belongs to the script, or to a module that it imported from a file of its own.
pub(super) fn is_own(caller: &mut dyn Caller, value: &Value) -> Result<bool> {
    if !matches!(value.kind(), Some(Kind::Class | Kind::Function)) {
        return Ok(false);
    }
    let module = protocol::find_attr(caller, value, &intern("__module__"))?;
    let Some(module) = module.as_ref().and_then(Value::as_str) else {
        return Ok(false);
    };
    let home = caller.session().modules.get_str(module);
    let home = home.as_ref().and_then(|home| home.exact::<Module>());
    let file = home.and_then(|home| home.dict.get_str("__file__"));
    let file = file.as_ref().and_then(Value::as_str);
    Ok(module == "__main__" || file.is_some_and(|file| !file.starts_with('<')))
}
