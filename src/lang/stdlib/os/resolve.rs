//! Paths made absolute, relative, free of links, `~` and variables.

use std::os::unix::fs::MetadataExt;

use super::path::{join, normal};
use crate::lang::object::{Caller, Result, Value, protocol, value_error};
use crate::lang::stdlib::arguments::{self};

/// The working folder.
pub(in crate::lang::stdlib) fn working_folder() -> String {
    std::env::current_dir()
        .map(|path| path.display().to_string())
        .unwrap_or_else(|_| "/".to_string())
}

pub(in crate::lang::stdlib) fn absolute(path: &str) -> String {
    if path.starts_with('/') {
        normal(path)
    } else {
        normal(&join(&working_folder(), path))
    }
}

/// The path without symbolic links, as far as it exists.
pub(super) fn real(path: &str) -> String {
    let whole = absolute(path);
    let mut known = std::path::PathBuf::from(&whole);
    let mut rest: Vec<std::ffi::OsString> = Vec::new();
    loop {
        if let Ok(found) = known.canonicalize() {
            let mut found = found;
            found.extend(rest.iter().rev());
            return found.display().to_string();
        }
        match known.file_name() {
            Some(name) => rest.push(name.to_os_string()),
            None => return whole,
        }
        known.pop();
    }
}

pub(super) fn relative(path: &str, start: &str) -> String {
    let (path, start) = (absolute(path), absolute(start));
    let parts = |text: &str| {
        text.split('/')
            .filter(|p| !p.is_empty())
            .map(str::to_string)
            .collect::<Vec<_>>()
    };
    let (path, start) = (parts(&path), parts(&start));
    let same = path.iter().zip(&start).take_while(|(a, b)| a == b).count();
    let up = std::iter::repeat_n("..".to_string(), start.len() - same);
    let shown = up
        .chain(path[same..].iter().cloned())
        .collect::<Vec<_>>()
        .join("/");
    if shown.is_empty() {
        ".".to_string()
    } else {
        shown
    }
}

pub(super) fn common_path(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let items = protocol::collect(caller, &args[0])?;
    let mut paths = Vec::new();
    for item in &items {
        paths.push(arguments::path(caller, item)?);
    }
    let Some(first) = paths.first() else {
        return Err(value_error("commonpath() arg is an empty sequence"));
    };
    let root = first.starts_with('/');
    if paths.iter().any(|path| path.starts_with('/') != root) {
        return Err(value_error("Can't mix absolute and relative paths"));
    }
    let parts = |path: &String| {
        path.split('/')
            .filter(|p| !p.is_empty() && *p != ".")
            .map(str::to_string)
            .collect::<Vec<_>>()
    };
    let mut common = parts(first);
    for path in &paths[1..] {
        let same = common
            .iter()
            .zip(parts(path))
            .take_while(|(a, b)| *a == b)
            .count();
        common.truncate(same);
    }
    Ok(Value::str(format!(
        "{}{}",
        if root { "/" } else { "" },
        common.join("/")
    )))
}

pub(super) fn expand_user(path: &str) -> String {
    let Some(rest) = path.strip_prefix('~') else {
        return path.to_string();
    };
    if !rest.is_empty() && !rest.starts_with('/') {
        return path.to_string(); // Homes of other users are not looked up.
    }
    match std::env::var("HOME") {
        Ok(home) => format!("{}{rest}", home.trim_end_matches('/')),
        Err(_) => path.to_string(),
    }
}

pub(super) fn expand_vars(path: &str) -> String {
    let mut out = String::new();
    let mut rest = path;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let (name, length) = match after
            .strip_prefix('{')
            .and_then(|inner| inner.split_once('}'))
        {
            Some((name, _)) => (name, name.len() + 2),
            None => {
                let len = after
                    .bytes()
                    .take_while(|b| b.is_ascii_alphanumeric() || *b == b'_')
                    .count();
                (&after[..len], len)
            }
        };
        match std::env::var(name) {
            Ok(value) if !name.is_empty() => out.push_str(&value),
            _ => out.push_str(&rest[at..at + 1 + length]),
        }
        rest = &after[length..];
    }
    out + rest
}

pub(super) fn is_mount(path: &str) -> bool {
    let (Ok(own), Ok(parent)) = (
        std::fs::symlink_metadata(path),
        std::fs::symlink_metadata(join(path, "..")),
    ) else {
        return false;
    };
    own.is_dir() && (own.dev() != parent.dev() || own.ino() == parent.ino())
}
