//! Files and folders: make, list, rename, remove, look at.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};

use super::path::join;
use crate::lang::object::{Caller, Class, Instance, Ref, Result, Value, protocol};
use crate::lang::stdlib::arguments;
use crate::lang::stdlib::failure::{system_error, system_error_between};
use crate::lang::stdlib::record;

/// Runs an operation on one path.
pub(super) fn on_path(
    caller: &mut dyn Caller,
    path: &Value,
    operation: impl FnOnce(&str) -> std::io::Result<()>,
) -> Result<Value> {
    let path = arguments::path(caller, path)?;
    match operation(&path) {
        Ok(()) => Ok(Value::None),
        Err(error) => Err(system_error(caller, &error, Some(&path))),
    }
}

/// Runs an operation on two paths.
pub(super) fn on_paths(
    caller: &mut dyn Caller,
    args: &[Value],
    operation: impl FnOnce(&str, &str) -> std::io::Result<()>,
) -> Result<Value> {
    let (from, to) = (
        arguments::path(caller, &args[0])?,
        arguments::path(caller, &args[1])?,
    );
    match operation(&from, &to) {
        Ok(()) => Ok(Value::None),
        Err(error) => Err(system_error_between(caller, &error, &from, &to)),
    }
}

/// `os.makedirs(name, mode, exist_ok)`
pub(super) fn make_folders(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let path = arguments::path(caller, &args[0])?;
    let exist_ok = protocol::truth(caller, &args[2])?;
    if std::path::Path::new(&path).is_dir() && exist_ok {
        return Ok(Value::None);
    }
    let parent = std::path::Path::new(path.trim_end_matches('/')).parent();
    let result = match parent {
        Some(parent) if !parent.as_os_str().is_empty() => fs::create_dir_all(parent),
        _ => Ok(()),
    };
    match result.and_then(|()| fs::create_dir(&path)) {
        Ok(()) => Ok(Value::None),
        Err(error) => Err(system_error(caller, &error, Some(&path))),
    }
}

/// `os.removedirs(name)`: the folder, and those above it that are empty.
pub(super) fn remove_folders(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let path = arguments::path(caller, &args[0])?;
    if let Err(error) = fs::remove_dir(&path) {
        return Err(system_error(caller, &error, Some(&path)));
    }
    let mut above = std::path::Path::new(&path).parent();
    while let Some(folder) = above {
        if fs::remove_dir(folder).is_err() {
            break;
        }
        above = folder.parent();
    }
    Ok(Value::None)
}

/// `os.rename(src, dst)`
pub(super) fn rename(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    on_paths(caller, args, |from, to| fs::rename(from, to))
}

/// `os.remove(path)`; a folder is refused as Linux does it.
pub(super) fn remove(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    on_path(caller, &args[0], |path| fs::remove_file(path))
}

/// `os.listdir(path)`
pub(super) fn list(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let path = match &args[0] {
        Value::None => ".".to_string(),
        path => arguments::path(caller, path).map_err(|_| {
            crate::lang::object::type_error(format!(
                "listdir: path should be string, bytes, os.PathLike, integer or None, not {}",
                path.class_name()
            ))
        })?,
    };
    match names(&path) {
        Ok(names) => Ok(Value::list(names.into_iter().map(Value::str).collect())),
        Err(error) => Err(system_error(caller, &error, Some(&path))),
    }
}

/// The names in a folder, in the system's order.
fn names(path: &str) -> std::io::Result<Vec<String>> {
    fs::read_dir(path)?
        .map(|entry| entry.map(|e| e.file_name().to_string_lossy().into_owned()))
        .collect()
}

/// `os.chmod(path, mode)`
pub(super) fn change_mode(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let mode = arguments::int(caller, &args[1])? as u32;
    on_path(caller, &args[0], |path| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode))
    })
}

/// `os.access(path, mode)`: by the permission bits of the file.
pub(super) fn access(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let path = arguments::path(caller, &args[0])?;
    let wanted = arguments::int(caller, &args[1])? as u32;
    let Ok(found) = fs::metadata(&path) else {
        return Ok(Value::Bool(false));
    };
    let bits = found.mode();
    let allowed = (bits >> 6 | bits >> 3 | bits) & 7;
    let allowed = if wanted & 1 == 0 {
        allowed | 4
    } else {
        allowed
    };
    Ok(Value::Bool(wanted & allowed == wanted))
}

const FIELDS: [&str; 10] = [
    "st_mode", "st_ino", "st_dev", "st_nlink", "st_uid", "st_gid", "st_size", "st_atime",
    "st_mtime", "st_ctime",
];

/// `os.stat_result`
pub(super) fn stat_class() -> Ref<Class> {
    thread_local! {
        static CLASS: std::cell::OnceCell<Ref<Class>> = const { std::cell::OnceCell::new() };
    }
    let make = || {
        let class = record::record_class(
            "os",
            "stat_result",
            "What the system knows of a file.",
            &FIELDS,
        );
        // As attributes the times are floats, which the instances hold besides the elements.
        for name in &FIELDS[7..] {
            class.remove(&crate::lang::object::intern(name));
        }
        class
    };
    CLASS.with(|class| class.get_or_init(make).clone())
}

/// What the system knows of a file.
pub(super) fn stat_of(found: &fs::Metadata) -> Ref<Instance> {
    let number = |n: u64| Value::from(usize::try_from(n).unwrap_or(usize::MAX));
    let made = record::record(
        &stat_class(),
        [
            number(found.mode().into()),
            number(found.ino()),
            number(found.dev()),
            number(found.nlink()),
            number(found.uid().into()),
            number(found.gid().into()),
            number(found.size()),
            Value::Int(found.atime()),
            Value::Int(found.mtime()),
            Value::Int(found.ctime()),
        ],
    );
    let times = [
        ("st_atime", found.atime(), found.atime_nsec()),
        ("st_mtime", found.mtime(), found.mtime_nsec()),
        ("st_ctime", found.ctime(), found.ctime_nsec()),
    ];
    for (name, seconds, nano) in times {
        record::extra(
            &made,
            name,
            Value::Float(seconds as f64 + nano as f64 * 1e-9),
        );
        record::extra(
            &made,
            &format!("{name}_ns"),
            Value::Int(seconds * 1_000_000_000 + nano),
        );
    }
    record::extra(&made, "st_blksize", number(found.blksize()));
    record::extra(&made, "st_blocks", number(found.blocks()));
    made
}

/// `os.stat(path)` and `os.lstat(path)`
pub(super) fn stat(caller: &mut dyn Caller, path: &Value, follow: bool) -> Result<Value> {
    let path = arguments::path(caller, path)?;
    let found = if follow {
        fs::metadata(&path)
    } else {
        fs::symlink_metadata(&path)
    };
    match found {
        Ok(found) => Ok(Value::from(stat_of(&found))),
        Err(error) => Err(system_error(caller, &error, Some(&path))),
    }
}

/// The path of a name in a folder.
pub(super) fn inside(folder: &str, name: &str) -> String {
    join(folder, name)
}
