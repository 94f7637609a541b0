//! The search for modules: files and packages on `sys.path`, the library, and what other rooms registered.

use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::compile::compile;
use super::source;
use crate::base::nearest;
use crate::lang::object::native::define_module;
use crate::lang::object::{Caller, Exc, List, Module, Raised, Ref, Result, Session, Value, intern};
use crate::lang::stdlib;

/// Modules that a file of the same name never hides, because the session itself needs them.
const OWN: &[&str] = &["builtins", "sys"];

/// Imports a module by its dotted name, its packages first.
pub(super) fn import(caller: &mut dyn Caller, name: &str) -> Result<Ref<Module>> {
    let session = caller.session().clone();
    if let Some(known) = session.modules.get_str(name) {
        return match known.exact::<Module>() {
            Some(module) => Ok(module.clone()),
            None => Err(missing(
                name,
                format!("import of {name} halted; None in sys.modules"),
            )),
        };
    }
    let (parent, last) = match name.rsplit_once('.') {
        Some((parent, last)) => (Some(import(caller, parent)?), last),
        None => (None, name),
    };
    // The parent may have imported it on its way.
    if let Some(module) = session
        .modules
        .get_str(name)
        .and_then(|known| known.exact::<Module>().cloned())
    {
        return Ok(module);
    }
    let module = find(caller, &session, name, last, parent.as_ref())?;
    if let Some(parent) = parent {
        parent.dict.set_str(last, Value::from(&module));
    }
    // A module may have put something else in its own place.
    let entered = session
        .modules
        .get_str(name)
        .and_then(|known| known.exact::<Module>().cloned());
    Ok(entered.unwrap_or(module))
}

fn find(
    caller: &mut dyn Caller,
    session: &Rc<Session>,
    name: &str,
    last: &str,
    parent: Option<&Ref<Module>>,
) -> Result<Ref<Module>> {
    if !OWN.contains(&name)
        && let Some(place) = on_path(session, last, parent)
    {
        return load(caller, session, name, &place);
    }
    let registered = session
        .natives
        .borrow()
        .iter()
        .find(|spec| spec.name == name)
        .copied();
    if let Some(spec) = registered {
        let module = define_module(caller, spec)?;
        session.modules.set_str(name, Value::from(&module));
        return Ok(module);
    }
    if let Some(module) = stdlib::load(caller, name)? {
        return Ok(module);
    }
    if let Some(parent) = parent
        && let Some(module) = parent
            .dict
            .get_str(last)
            .and_then(|found| found.exact::<Module>().cloned())
    {
        session.modules.set_str(name, Value::from(&module));
        return Ok(module);
    }
    Err(not_found(session, name, parent))
}

/// A module's file, or the folder of a package without one.
enum Place {
    File {
        file: PathBuf,
        package: Option<PathBuf>,
    },
    Folder(PathBuf),
}

/// Looks for a module's file in the folders of its package, or on `sys.path`.
fn on_path(session: &Session, name: &str, parent: Option<&Ref<Module>>) -> Option<Place> {
    let folders = match parent {
        Some(parent) => parent.dict.get_str("__path__")?,
        None => session.path.clone(),
    };
    let folders = folders.get::<List>()?.items.borrow().clone();
    let mut bare = None;
    for folder in folders.iter().filter_map(Value::as_str) {
        let base = Path::new(folder).join(name);
        for ending in ["nn", "py"] {
            let file = base.join("__init__").with_extension(ending);
            if file.is_file() {
                return Some(Place::File {
                    file,
                    package: Some(base),
                });
            }
        }
        for ending in ["nn", "py"] {
            let file = base.with_extension(ending);
            if file.is_file() {
                return Some(Place::File {
                    file,
                    package: None,
                });
            }
        }
        if bare.is_none() && base.is_dir() && holds_modules(&base) {
            bare = Some(base);
        }
    }
    bare.map(Place::Folder)
}

/// A folder counts as a package only if there is something in it to import.
fn holds_modules(folder: &Path) -> bool {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return false;
    };
    entries.flatten().any(|entry| {
        let path = entry.path();
        path.extension()
            .is_some_and(|ending| ending == "nn" || ending == "py")
            || path.join("__init__.py").is_file()
    })
}

fn load(
    caller: &mut dyn Caller,
    session: &Rc<Session>,
    name: &str,
    place: &Place,
) -> Result<Ref<Module>> {
    let module = Module::new(name, "");
    let (file, package) = match place {
        Place::File { file, package } => (Some(file), package.as_ref()),
        Place::Folder(folder) => (None, Some(folder)),
    };
    let parent = name.rsplit_once('.').map_or("", |(parent, _)| parent);
    module.set("__package__", if package.is_some() { name } else { parent });
    module.set("__builtins__", Value::from(&session.builtins));
    if let Some(folder) = package {
        module.set(
            "__path__",
            Value::list(vec![Value::from(folder.display().to_string())]),
        );
    }
    session.modules.set_str(name, Value::from(&module));
    let Some(file) = file else { return Ok(module) };
    module.set("__file__", file.display().to_string());
    module.set("__initializing__", Value::Bool(true));
    let run = run_file(caller, &module, file);
    module.dict.remove_name(&intern("__initializing__"));
    if let Err(raised) = run {
        session.modules.remove_name(&intern(name));
        return Err(raised);
    }
    Ok(module)
}

fn run_file(caller: &mut dyn Caller, module: &Ref<Module>, file: &Path) -> Result<()> {
    let shown = file.display().to_string();
    let bytes = std::fs::read(file)
        .map_err(|error| Raised::new(Exc::ImportError, format!("{shown}: {error}")))?;
    let text =
        source::decode(&bytes, &shown).map_err(|message| Raised::new(Exc::SyntaxError, message))?;
    let code = compile(caller, &text, &shown, "exec", false)?;
    caller.run_code(&code, &module.dict, None).map(drop)
}

/// The file that `nn -m name` runs, and the package it belongs to.
pub(super) fn file_of(caller: &mut dyn Caller, name: &str) -> Result<(PathBuf, String)> {
    let session = caller.session().clone();
    let (parent, last) = match name.rsplit_once('.') {
        Some((parent, last)) => (Some(import(caller, parent)?), last),
        None => (None, name),
    };
    let package = parent
        .as_ref()
        .map(|parent| parent.name())
        .unwrap_or_default();
    match on_path(&session, last, parent.as_ref()) {
        Some(Place::File {
            file,
            package: None,
        }) => Ok((file, package)),
        Some(
            Place::File {
                package: Some(folder),
                ..
            }
            | Place::Folder(folder),
        ) => {
            import(caller, name)?;
            let candidates =
                ["nn", "py"].map(|ending| folder.join("__main__").with_extension(ending));
            match candidates.into_iter().find(|file| file.is_file()) {
                Some(file) => Ok((file, name.to_string())),
                None => Err(missing(
                    name,
                    format!(
                        "No module named {name}.__main__; '{name}' is a package and cannot be directly executed"
                    ),
                )),
            }
        }
        None => Err(not_found(&session, name, parent.as_ref())),
    }
}

fn missing(name: &str, message: String) -> Raised {
    Raised::new(Exc::ModuleNotFoundError, message).with_attr("name", Value::from(name))
}

fn not_found(session: &Session, name: &str, parent: Option<&Ref<Module>>) -> Raised {
    let message = match parent {
        Some(parent) if parent.dict.get_str("__path__").is_none() => {
            format!(
                "No module named '{name}'; '{}' is not a package",
                parent.name()
            )
        }
        _ => format!("No module named '{name}'"),
    };
    let raised = missing(name, message);
    if parent.is_some() {
        return raised;
    }
    let natives = session.natives.borrow();
    let own = natives
        .iter()
        .map(|spec| spec.name)
        .filter(|name| !name.contains('.'));
    let mut names: Vec<&str> = stdlib::names()
        .into_iter()
        .filter(|name| !name.contains('.'))
        .chain(own)
        .collect();
    names.sort_unstable();
    names.dedup();
    let near = nearest::nearest(name, names.iter().copied());
    let meant = near
        .map(|near| format!("did you mean '{near}'? "))
        .unwrap_or_default();
    raised.with_help(format!(
        "{meant}the modules there are: {}",
        names.join(", ")
    ))
}
